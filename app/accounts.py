"""Accounts, tokens and memberships as the operator's commands see them: one function a command, each a transaction of its own."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.identity import fresh_token, hash_of
from authz.actor import BASE, Role
from authz.errors import NotFound
from domain import accounts as rules
from domain import memberships
from domain.accounts import LONGEST_TOKEN
from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act
from gql import ids
from gql.organizations import PREFIXES
from models.database import Database
from models.memberships import Account, AccountKind, Login, LoginKind, Membership
from models.organizations import Organization, Tier
from models.supervisors import Person


class Mistake(Exception):  # noqa: N818 - of the one who typed
    """A command cannot be done; the sentence says why. Nothing was changed."""


@dataclass(frozen=True)
class Office:
    """A role in an organization, by its typed id and name."""

    role: str
    organization: str
    name: str
    lent_by: str | None = None
    until: datetime | None = None

    def shown(self) -> dict[str, object]:
        """For `--json`."""
        until = self.until.isoformat() if self.until else None
        return {"role": self.role, "organization": self.organization, "name": self.name, "delegated_by": self.lent_by, "until": until}

    def told(self) -> str:
        """For people."""
        lent = f" lent by {self.lent_by}" if self.lent_by else ""
        return f"{self.role} {self.name}{lent}{f' until {self.until:%Y-%m-%d %H:%M} UTC' if self.until else ''}"


@dataclass(frozen=True)
class Listed:
    """An account with the offices in force now."""

    name: str
    kind: AccountKind
    person: str
    disabled: bool
    memberships: list[Office] = field(default_factory=list)

    def shown(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "name": self.name,
            "kind": self.kind.value,
            "person": self.person,
            "disabled": self.disabled,
            "roles": [one.role for one in self.memberships],
            "organizations": [one.name for one in self.memberships],
            "memberships": [one.shown() for one in self.memberships],
        }


@dataclass(frozen=True, kw_only=True)
class New:
    """An account to create. `person` is a name, or the typed id of somebody who is registered. Without a hash it has tokens only."""

    name: str
    kind: AccountKind
    person: str
    organization: str | None
    roles: Sequence[str]
    password_hash: str | None
    by: str | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A role to give or to end. `by` is the account of who decided; without it the person's own stands there."""

    account: str
    role: str
    organization: str
    by: str | None
    reason: str
    until: datetime | None = None


async def listed(database: Database, *, now: datetime) -> list[Listed]:
    """All accounts by name."""
    lender = aliased(Person)
    offices: dict[UUID, list[Office]] = defaultdict(list)
    async with database.transaction() as session:
        joined = select(Membership, Organization, col(lender.name)).join(Organization, col(Organization.id) == Membership.organization_id)
        joined = joined.outerjoin(lender, col(lender.id) == Membership.delegator_id).where(memberships.in_force(now))
        for one, place, by in (await session.exec(joined.order_by(col(Membership.role), col(Organization.code)))).all():
            offices[one.person_id].append(Office(one.role, typed(place), place.name, by, one.valid_until))
        accounts = select(Account, Person.name).join(Person, col(Person.id) == Account.person_id).order_by(col(Account.name))
        found = (await session.exec(accounts)).all()
    return [Listed(one.name, one.kind, person, one.disabled_at is not None, offices[one.person_id]) for one, person in found]


async def create(database: Database, new: New, *, now: datetime) -> None:
    """Opens the account with its roles. Raises Mistake."""
    async with database.transaction() as session:
        home = await organization_of(session, new.organization) if new.organization else None
        if new.roles and home is None:
            raise Mistake("A role needs --organization.")
        if new.kind is AccountKind.OPERATOR and home is not None:
            raise Mistake("An operator works with these commands alone: no role, no organization.")
        person = await person_of(session, new.person)
        try:
            await rules.open_account(session, new.name, kind=new.kind, person=person, home=home, password_hash=new.password_hash)
        except Conflict:
            raise Mistake(f"There is an account {new.name!r} already.") from None
        except BadInput:
            raise Mistake(f"The name of an account has 1 to {rules.LONGEST_NAME} visible characters.") from None
        if home is not None:
            for role in new.roles:
                await _grant(session, person.id, role, place=home, by=new.by, reason=new.reason, until=None, now=now)


async def grant(database: Database, given: Grant, *, now: datetime) -> None:
    """Gives a role from now on. Raises Mistake."""
    async with database.transaction() as session:
        account, place = await account_of(session, given.account), await organization_of(session, given.organization)
        if account.kind is AccountKind.OPERATOR:
            raise Mistake(f"{given.account} is an operator, who holds no role.")
        await _grant(session, account.person_id, given.role, place=place, by=given.by, reason=given.reason, until=given.until, now=now)


async def delegate(database: Database, given: Grant, *, to: str, now: datetime) -> None:
    """Lends a role that the account holds itself to a colleague's, until a day. Raises Mistake."""
    if given.until is None:
        raise Mistake("A role is lent until a day.")
    async with database.transaction() as session:
        account, place = await account_of(session, given.account), await organization_of(session, given.organization)
        own = await memberships.held(session, account.person_id, given.role, organization_id=place.id, at=now)
        if own is None:
            raise Mistake(f"{given.account} does not hold {given.role} for {place.name}.")
        act = Act(by=account.person_id, organization_id=place.id, at=now)
        try:
            lent = memberships.Delegation(to=await memberships.colleague(session, to, act=act), until=given.until, reason=given.reason)
            await memberships.delegate(session, own, lent, act=act)
        except Unmet as refused:
            raise Mistake(f"{given.role} cannot be lent so: {refused.rule}.") from None
        except Conflict:
            raise Mistake(f"{to} holds {given.role} for {place.name} already.") from None
        except BadInput as wrong:
            raise Mistake("--until lies in the past." if wrong.field == "until" else f"{to} is no account of {place.name}.") from None
        except IntegrityError:
            raise Mistake("Administrator and auditor are never one person.") from None


async def end(database: Database, given: Grant, *, now: datetime) -> None:
    """Ends a role now. Raises Mistake where it is not held."""
    async with database.transaction() as session:
        account, place = await account_of(session, given.account), await organization_of(session, given.organization)
        held = await memberships.held(session, account.person_id, given.role, organization_id=place.id, at=now)
        if held is None:
            raise Mistake(f"{given.account} does not hold {given.role} for {place.name}.")
        await memberships.end(session, held, act=await _act(session, account.person_id, place, by=given.by, now=now), reason=given.reason)


async def disable(database: Database, name: str, *, now: datetime) -> int:
    """Nobody signs in by the account any more, and all its tokens end at once; gives their number. Raises Mistake."""
    async with database.transaction() as session:
        account = await account_of(session, name)
        account.disabled_at = now
        session.add(account)
    return await revoke_tokens(database, name, now=now)


async def set_password(database: Database, name: str, password_hash: str) -> None:
    """Raises Mistake for a machine, which has tokens only."""
    async with database.transaction() as session:
        account = await account_of(session, name)
        if account.kind is not AccountKind.PERSON:
            raise Mistake(
                f"{name} is a machine: it has tokens only." if account.kind is AccountKind.MACHINE else f"{name} is an operator, who never signs in."
            )
        account.password_hash = password_hash
        session.add(account)


async def issue_token(database: Database, name: str, *, hours: float, now: datetime) -> str:
    """A bearer token for so many hours. Raises Mistake."""
    if not 0 < hours <= LONGEST_TOKEN / timedelta(hours=1):
        raise Mistake(f"--hours is above 0 and at most {LONGEST_TOKEN // timedelta(hours=1)}.")
    token = fresh_token()
    async with database.transaction() as session:
        account = await account_of(session, name)
        if account.disabled_at is not None:
            raise Mistake(f"{name} is disabled.")
        if account.kind is AccountKind.OPERATOR:
            raise Mistake(f"{name} is an operator, who never signs in.")
        kind = LoginKind.MACHINE if account.kind is AccountKind.MACHINE else LoginKind.SESSION
        session.add(Login(account_id=account.id, kind=kind, token_hash=hash_of(token), expires_at=now + timedelta(hours=hours)))
    return token


async def revoke_tokens(database: Database, name: str, *, now: datetime) -> int:
    """Ends every token of an account at once; gives their number. Raises Mistake."""
    async with database.transaction() as session:
        account = await account_of(session, name)
        return await _ended(session, now, col(Login.account_id) == account.id)


async def revoke_token(database: Database, token: str, *, now: datetime) -> int:
    """Ends one token at once."""
    async with database.transaction() as session:
        return await _ended(session, now, col(Login.token_hash) == hash_of(token))


async def _ended(session: AsyncSession, now: datetime, which: object) -> int:
    live = (col(Login.ended_at).is_(None), col(Login.expires_at) > now)
    return (await session.exec(update(Login).where(which, *live).values(ended_at=now))).rowcount  # type: ignore[arg-type]


async def _grant(
    session: AsyncSession, person_id: UUID, role: str, *, place: Organization, by: str | None, reason: str, until: datetime | None, now: datetime
) -> None:
    check_role(role, place)
    act = await _act(session, person_id, place, by=by, now=now)
    try:
        await memberships.grant(session, person_id, role, organization=place, act=act, reason=reason, until=until)
    except Conflict:
        raise Mistake(f"{role} is held for {place.name} already.") from None
    except BadInput:
        raise Mistake("--until lies in the past.") from None
    except IntegrityError:
        raise Mistake("Administrator and auditor are never one person, and an operator is neither.") from None


async def _act(session: AsyncSession, person_id: UUID, place: Organization, *, by: str | None, now: datetime) -> Act:
    return Act(by=(await account_of(session, by)).person_id if by else person_id, organization_id=place.id, at=now)


def check_role(role: str, place: Organization) -> None:
    """A role belongs to a tier; that of a supervisor comes with the card and the appointment, never by command."""
    tiers = {one.value: tier for tier in Tier for one in Role if one not in BASE and one.value.startswith(f"{tier.value.lower()}_")}
    if role not in tiers and role != Role.INTEGRATOR:
        raise Mistake(f"{role!r} is no role that can be given; there are {', '.join(sorted(tiers))}, {Role.INTEGRATOR}.")
    if tiers.get(role, place.tier) is not place.tier:
        raise Mistake(f"{role} belongs to a {tiers[role].value.lower()}, and {place.name} is a {place.tier.value.lower()}.")


async def account_of(session: AsyncSession, name: str) -> Account:
    found = (await session.exec(select(Account).where(col(Account.name) == name).with_for_update())).first()
    if found is None:
        raise Mistake(f"There is no account {name!r}.")
    return found


async def person_of(session: AsyncSession, given: str) -> Person:
    """Somebody registered, by typed id; else a new person of that name."""
    if not given.startswith("per_"):
        return Person(name=given)
    try:
        found = (await session.exec(select(Person).where(col(Person.id) == ids.read(given, ["per"])))).first()
    except NotFound:
        found = None
    if found is None:
        raise Mistake(f"There is no person {given}.")
    return found


async def organization_of(session: AsyncSession, given: str) -> Organization:
    """By typed id, code or full name. A name that two bear is not enough."""
    try:
        which = col(Organization.id) == ids.read(given, PREFIXES.values())
    except NotFound:
        which = or_(col(Organization.code) == given, col(Organization.name) == given)
    found = (await session.exec(select(Organization).where(which))).all()
    if len(found) != 1:
        there = ", ".join(f"{typed(one)} {one.name}" for one in found) or "none"
        raise Mistake(f"{given!r} names not one organization: {there}.")
    return found[0]


def typed(place: Organization) -> str:
    return ids.shown(PREFIXES[place.tier], place.id)
