"""What signs in: accounts of people and machines, opened, invited and disabled by administrators who never know a password."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, Moved, record
from domain.memberships import AUDITOR, SEPARATION, GrantedRole, in_force
from domain.texts import checked
from models.events import Event
from models.memberships import Account, AccountKind, Login, LoginKind, Membership
from models.organizations import Organization
from models.supervisors import Person

LONGEST_NAME = 60
LONGEST_PERSON = 60
LONGEST_REASON = 500
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
INVITED_FOR = timedelta(hours=24)
FRESH_FOR = timedelta(minutes=10)
"""So long after signing in one may choose a new password."""
LONGEST_TOKEN = timedelta(days=366)


@dataclass(frozen=True)
class Proof:
    """A login to be: its id, and the hash of a token that only its maker can say again."""

    id: UUID
    token_hash: bytes


async def open_account(
    session: AsyncSession, name: str, *, kind: AccountKind, person: Person, home: Organization | None, password_hash: str | None = None
) -> Account:
    """Something that may sign in from now on; a machine only by tokens. Raises BadInput for the name, Conflict DUPLICATE where it is taken."""
    account = drafted(name, kind=kind, person=person, home=home)
    account.password_hash = password_hash
    await keep(session, account, person)
    return account


def drafted(name: str, *, kind: AccountKind, person: Person, home: Organization | None) -> Account:
    """Not saved yet, to be asked about first. Raises BadInput for the name."""
    if not 1 <= len(name) <= LONGEST_NAME or name != name.strip() or not name.isprintable():
        raise BadInput("name", "length", most=LONGEST_NAME)
    account = Account(name=name, kind=kind, person_id=person.id)
    if home is not None:
        account.organization_id, account.center_id, account.district_id, account.agency_id = home.id, home.center_id, home.district_id, home.agency_id
    return account


async def keep(session: AsyncSession, account: Account, person: Person) -> None:
    """Saves a drafted account, and its person where that one is new. Conflict DUPLICATE where the name is taken."""
    if (await session.exec(select(Account.id).where(col(Account.name) == account.name))).first() is not None:
        raise Conflict("DUPLICATE")
    session.add(person)
    await session.flush()
    session.add(account)
    await session.flush()


def newcomer(field: str, name: str) -> Person:
    """Somebody who is not registered yet; `field` is the client's name for the name."""
    return Person(name=checked(field, name, LONGEST_PERSON))


async def somebody(session: AsyncSession, person_id: UUID | None, *, name: str | None, act: Act) -> Person:
    """Somebody registered by id, or somebody new by name. BadInput for both or neither."""
    if (person_id is None) is (name is None):
        raise BadInput("person", "required")
    return newcomer("personName", name or "") if person_id is None else await registered(session, person_id, act=act)


def home_of(account: Account) -> UUID:
    """Whose administrators look after it. Unmet where it has no home: then only the operator acts on it."""
    if account.organization_id is None:
        raise Unmet("account.home", "house")
    return account.organization_id


async def registered(session: AsyncSession, person_id: UUID, *, act: Act) -> Person:
    """A person who acts within the reach of the organization acted for, and nowhere else: else an account would open another's doors.

    BadInput for everybody else, whether they exist or not.
    """
    person = (await session.exec(select(Person).where(col(Person.id) == person_id))).first()
    roles = (await session.exec(select(Membership.role).where(col(Membership.person_id) == person_id, in_force(act.at)))).all()
    if person is None or not roles or {AUDITOR, GrantedRole.INTEGRATOR} & set(roles) or await acts_elsewhere(session, person_id, act=act):
        raise BadInput("person", "unknown")
    return person


async def acts_elsewhere(session: AsyncSession, person_id: UUID, *, act: Act) -> bool:
    """Whether the person holds a role outside the reach of the organization acted for, behind whatever wall."""
    return bool((await session.exec(select(func.holds_elsewhere(person_id, act.organization_id, act.at)))).one())


async def opened(session: AsyncSession, account: Account, person: Person, *, act: Act) -> Event:
    """Keeps a drafted account, with its event."""
    await keep(session, account, person)
    return await _recorded(session, account, step="OPEN", act=act)


async def invite(session: AsyncSession, account: Account, proof: Proof, *, act: Act) -> tuple[Login, Event]:
    """A token for one day, with which the person chooses a password; earlier ones end. Unmet where who invites could so become another."""
    if account.kind is not AccountKind.PERSON or account.disabled_at is not None:
        raise Conflict("STATE")
    mine = (col(Membership.person_id) == account.person_id, col(Membership.role) == AUDITOR, in_force(act.at))
    if (await session.exec(select(Membership.id).where(*mine))).first() is not None:
        raise Unmet("account.auditor", SEPARATION)
    if await acts_elsewhere(session, account.person_id, act=act):
        raise Unmet("account.elsewhere", "house")
    await _end_logins(session, account, at=act.at, only=LoginKind.INVITATION)
    login = _login(account, proof, kind=LoginKind.INVITATION, lasting=INVITED_FOR, act=act)
    session.add(login)
    return login, await _recorded(session, account, step="INVITE", act=act)


async def disable(session: AsyncSession, account: Account, *, act: Act, reason: str) -> Event:
    """Nobody signs in by it any more, and all its logins end at once. Conflict STATE where it is disabled already."""
    if account.disabled_at is not None:
        raise Conflict("STATE")
    account.disabled_at = act.at
    account.version += 1
    await _end_logins(session, account, at=act.at)
    return await _recorded(session, account, step="DISABLE", act=act, reason=checked("reason", reason, LONGEST_REASON))


def check_password(password: str) -> None:
    """Raises BadInput for one that is too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD or not password.strip():
        raise BadInput("password", "password", least=SHORTEST_PASSWORD, most=LONGEST_PASSWORD)


def fresh(login: Login, *, at: datetime) -> bool:
    """Whether one who came by this login may choose a password now: invited, or signed in a moment ago."""
    return login.kind is LoginKind.INVITATION or (login.created_at is not None and at - login.created_at <= FRESH_FOR)


def live(login: Login, *, at: datetime) -> bool:
    """Neither ended nor expired."""
    return login.ended_at is None and login.expires_at > at


async def set_password(session: AsyncSession, account: Account, login: Login, *, password_hash: str, at: datetime) -> None:
    """The person's own choice. Every other login of the account ends; an invitation is used up. Conflict STATE for a machine."""
    if account.kind is not AccountKind.PERSON:
        raise Conflict("STATE")
    account.password_hash = password_hash
    account.version += 1
    session.add(account)
    await _end_logins(session, account, at=at, but=None if login.kind is LoginKind.INVITATION else login.id)


async def password_recorded(session: AsyncSession, account: Account, *, act: Act) -> Event:
    """The event of `set_password`, of who acts for the home of the account: who comes by an invitation acts for nobody and continues no chain."""
    return await _recorded(session, account, step="SET_PASSWORD", act=act)


async def issue(session: AsyncSession, account: Account, proof: Proof, *, hours: int, act: Act) -> tuple[Login, Event]:
    """A bearer token of a machine for so many hours. Raises BadInput, and Conflict STATE for people and for what is disabled."""
    most = LONGEST_TOKEN // timedelta(hours=1)
    if not 1 <= hours <= most:
        raise BadInput("hours", "range", least=1, most=most)
    if account.kind is not AccountKind.MACHINE or account.disabled_at is not None:
        raise Conflict("STATE")
    login = _login(account, proof, kind=LoginKind.MACHINE, lasting=timedelta(hours=hours), act=act)
    session.add(login)
    await session.flush()
    return login, await _recorded(session, login, step="ISSUE", act=act, reason=f"{hours} h")


async def end_login(session: AsyncSession, login: Login, *, act: Act) -> Event:
    """The token proves nothing any more, at once. Conflict STATE where it has ended or expired."""
    if not live(login, at=act.at):
        raise Conflict("STATE")
    login.ended_at = act.at
    login.version += 1
    return await _recorded(session, login, step="END", act=act)


async def _recorded(session: AsyncSession, row: Account | Login, *, step: str, act: Act, reason: str | None = None) -> Event:
    """The event of a row that lies where its account is at home. Without a home there is no record: only the operator acts on such an account."""
    if row.center_id is None:
        raise Unmet("account.home", "house")
    return await record(session, cast("Moved", row), step=step, act=act, reason=reason)


def _login(account: Account, proof: Proof, *, kind: LoginKind, lasting: timedelta, act: Act) -> Login:
    return Login(
        id=proof.id,
        account_id=account.id,
        person_id=account.person_id,
        organization_id=account.organization_id,
        center_id=account.center_id,
        district_id=account.district_id,
        agency_id=account.agency_id,
        kind=kind,
        token_hash=proof.token_hash,
        expires_at=act.at + lasting,
    )


async def _end_logins(session: AsyncSession, account: Account, *, at: datetime, only: LoginKind | None = None, but: UUID | None = None) -> None:
    which = [col(Login.account_id) == account.id, col(Login.ended_at).is_(None)]
    which += [col(Login.kind) == only] if only else []
    which += [col(Login.id) != but] if but else []
    await session.exec(update(Login).where(*which).values(ended_at=at))
