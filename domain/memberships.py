"""Who holds which role for which organization: granted, ended, delegated for a time, each with its event; and the auditors, whom two people make."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import aliased
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, Machine, advance, record
from domain.texts import checked
from models.events import Event
from models.memberships import Account, AccountKind, AuditorProposal, AuditorProposalStatus, Membership
from models.organizations import Organization, Tier

LONGEST_REASON = 500
LONGEST_DELEGATION = timedelta(days=183)
AUDITOR = "center_auditor"
BY_CARD = frozenset({"supervisor_external", "supervisor_internal"})
"""What a card brings, with its appointment."""
SEPARATION = "GB/T 22239"


class GrantedRole(StrEnum):
    """What one administrator alone gives. Auditors take two; a supervisor's role comes with the card and the appointment."""

    CENTER_ADMIN = "center_admin"
    CENTER_DISPATCHER = "center_dispatcher"
    CENTER_CLERK = "center_clerk"
    DISTRICT_ADMIN = "district_admin"
    DISTRICT_DISPATCHER = "district_dispatcher"
    DISTRICT_CLERK = "district_clerk"
    AGENCY_ADMIN = "agency_admin"
    AGENCY_CLERK = "agency_clerk"
    INTEGRATOR = "integrator"


class Step(StrEnum):
    CONFIRM = "CONFIRM"
    WITHDRAW = "WITHDRAW"


STEPS: Machine = {
    (AuditorProposalStatus.PROPOSED, Step.CONFIRM): AuditorProposalStatus.CONFIRMED,
    (AuditorProposalStatus.PROPOSED, Step.WITHDRAW): AuditorProposalStatus.WITHDRAWN,
}


@dataclass(frozen=True, kw_only=True)
class Delegation:
    """To whom a role is lent, until when, and why."""

    to: UUID
    until: datetime
    reason: str


def check_fit(role: GrantedRole, *, kind: AccountKind, tier: Tier) -> None:
    """A role belongs to a tier, and that of a machine to machines. Raises BadInput."""
    if (role is GrantedRole.INTEGRATOR) != (kind is AccountKind.MACHINE):
        raise BadInput("role", "role_of_kind")
    if role is not GrantedRole.INTEGRATOR and not role.startswith(f"{tier.lower()}_"):
        raise BadInput("role", "role_of_tier")


async def place_of(session: AsyncSession, organization_id: UUID) -> Organization:
    """An organization of the registry. Raises BadInput where there is none."""
    found = (await session.exec(select(Organization).where(col(Organization.id) == organization_id))).first()
    if found is None:
        raise BadInput("organization", "unknown")
    return found


def check_end(until: datetime | None, *, at: datetime) -> None:
    """Raises BadInput for an end that has passed, or that nobody knows without its time zone."""
    if until is not None and until.tzinfo is None:
        raise BadInput("until", "timezone")
    if until is not None and until <= at:
        raise BadInput("until", "past")


def drafted(person_id: UUID, role: str, *, organization: Organization, act: Act, reason: str, until: datetime | None = None) -> Membership:
    """The role from now on, until an instant or an end; not saved yet, to be asked about first."""
    check_end(until, at=act.at)
    return Membership(
        person_id=person_id,
        role=role,
        organization_id=organization.id,
        center_id=organization.center_id,
        district_id=organization.district_id,
        agency_id=organization.agency_id,
        valid_from=act.at,
        valid_until=until,
        granted_by=act.by,
        reason=checked("reason", reason, LONGEST_REASON),
    )


async def give(session: AsyncSession, membership: Membership, *, act: Act, step: str = "GRANT") -> Event:
    """Puts a drafted role in force. Conflict OVERLAP where the person holds it there already, or may not beside another (`AUDITOR`)."""
    if await held(session, membership.person_id, membership.role, organization_id=membership.organization_id, at=act.at) is not None:
        raise Conflict("OVERLAP")
    session.add(membership)
    await session.flush()
    return await record(session, membership, step=step, act=act, reason=membership.reason)


async def grant(
    session: AsyncSession, person_id: UUID, role: str, *, organization: Organization, act: Act, reason: str, until: datetime | None = None
) -> tuple[Membership, Event]:
    """The role from now on, until an instant or an end."""
    membership = drafted(person_id, role, organization=organization, act=act, reason=reason, until=until)
    return membership, await give(session, membership, act=act)


async def end(session: AsyncSession, membership: Membership, *, act: Act, reason: str) -> Event:
    """The role ends now, and with it what was delegated of it. Conflict STATE where it has ended already."""
    if membership.valid_from >= act.at or (membership.valid_until is not None and membership.valid_until <= act.at):
        raise Conflict("STATE")
    for lent in await lent_of(session, membership, at=act.at):
        await _ended(session, lent, act=act, reason=reason)
    return await _ended(session, membership, act=act, reason=reason)


async def end_by_one(session: AsyncSession, membership: Membership, *, act: Act, reason: str) -> Event:
    """What one administrator may end: neither an auditor's role nor one that a card gave. Unmet otherwise."""
    if membership.role == AUDITOR:
        raise Unmet("auditor.two_persons", SEPARATION)
    if membership.role in BY_CARD:
        raise Unmet("membership.by_card", "003 §9, §17; 000 §16, §21")
    return await end(session, membership, act=act, reason=checked("reason", reason, LONGEST_REASON))


async def delegate(session: AsyncSession, membership: Membership, lent: Delegation, *, act: Act) -> tuple[Membership, Event]:
    """Lends one's own role in the same organization: not longer than one holds it, not what was lent to oneself. Raises Unmet, BadInput, Conflict."""
    if membership.person_id != act.by or membership.organization_id != act.organization_id or not now_valid(membership, act.at):
        raise Unmet("delegation.own_role", "house")
    if membership.role in {*BY_CARD, AUDITOR, GrantedRole.INTEGRATOR}:
        raise Unmet("delegation.kind", "house")
    if membership.delegated_from is not None:
        raise Unmet("delegation.depth", "house")
    if lent.to == act.by:
        raise Unmet("delegation.to_oneself", "house")
    check_end(lent.until, at=act.at)
    if lent.until > act.at + LONGEST_DELEGATION:
        raise Unmet("delegation.longest", "house", days=LONGEST_DELEGATION.days)
    if membership.valid_until is not None and lent.until > membership.valid_until:
        raise Unmet("delegation.own_end", "house")
    place = await place_of(session, membership.organization_id)
    row = drafted(lent.to, membership.role, organization=place, act=act, reason=lent.reason, until=lent.until)
    row.delegated_from, row.delegator_id = membership.id, membership.person_id
    return row, await give(session, row, act=act, step="DELEGATE")


async def recall(session: AsyncSession, membership: Membership, *, act: Act, reason: str) -> Event:
    """Ends a delegation before its time, by who lent the role or by who got it. Unmet for anything else."""
    if membership.delegated_from is None or act.by not in {membership.delegator_id, membership.person_id}:
        raise Unmet("delegation.own_role", "house")
    return await end(session, membership, act=act, reason=checked("reason", reason, LONGEST_REASON))


async def colleague(session: AsyncSession, name: str, *, act: Act) -> UUID:
    """The person of an account of the own organization, or who holds a role there. BadInput for everybody else, whether they exist or not."""
    account = (await session.exec(select(Account).where(col(Account.name) == name, col(Account.disabled_at).is_(None)))).first()
    if account is not None and account.kind is AccountKind.PERSON:
        mine = (col(Membership.person_id) == account.person_id, col(Membership.organization_id) == act.organization_id)
        if account.organization_id == act.organization_id or (await session.exec(select(Membership.id).where(*mine, in_force(act.at)))).first():
            return account.person_id
    raise BadInput("colleague", "unknown")


def in_force(at: datetime) -> ColumnElement[bool]:
    """Memberships that count at an instant: a delegated one as long as the one it stands in for."""
    origin = aliased(Membership)
    stands = exists().where(col(origin.id) == col(Membership.delegated_from), _within(origin, at))
    return _within(Membership, at) & or_(col(Membership.delegated_from).is_(None), stands)


def _within(one: type[Membership], at: datetime) -> ColumnElement[bool]:
    return (col(one.valid_from) <= at) & or_(col(one.valid_until).is_(None), col(one.valid_until) > at)


def now_valid(membership: Membership, at: datetime) -> bool:
    """Begun and not ended."""
    return membership.valid_from <= at and (membership.valid_until is None or membership.valid_until > at)


async def held(session: AsyncSession, person_id: UUID, role: str, *, organization_id: UUID, at: datetime) -> Membership | None:
    """The membership in force, or the one that will be."""
    mine = (col(Membership.person_id) == person_id, col(Membership.role) == role, col(Membership.organization_id) == organization_id)
    live = or_(col(Membership.valid_until).is_(None), col(Membership.valid_until) > at)
    return (await session.exec(select(Membership).where(*mine, live))).first()


async def lent_of(session: AsyncSession, membership: Membership, *, at: datetime) -> list[Membership]:
    """What was delegated of a membership and still runs, locked."""
    mine = (col(Membership.delegated_from) == membership.id, col(Membership.valid_from) < at, col(Membership.valid_until) > at)
    return list((await session.exec(select(Membership).where(*mine).order_by(col(Membership.id)).with_for_update())).all())


async def _ended(session: AsyncSession, membership: Membership, *, act: Act, reason: str) -> Event:
    membership.valid_until = act.at
    membership.version += 1
    return await record(session, membership, step="END", act=act, reason=reason)


def check_auditor(account: Account) -> None:
    """Only a person who can sign in. Raises Conflict STATE otherwise."""
    if account.kind is not AccountKind.PERSON or account.disabled_at is not None:
        raise Conflict("STATE")


def proposed(person_id: UUID, *, organization: Organization, act: Act, reason: str, ends: Membership | None = None) -> AuditorProposal:
    """That somebody be made auditor of a center, or no longer be it; not saved yet, to be asked about first."""
    if organization.tier is not Tier.CENTER:
        raise BadInput("organization", "role_of_tier")
    if ends is not None and ends.role != AUDITOR:
        raise BadInput("membership", "unknown")
    return AuditorProposal(
        organization_id=organization.id,
        center_id=organization.center_id,
        person_id=person_id,
        ends_id=ends.id if ends else None,
        reason=checked("reason", reason, LONGEST_REASON),
        proposed_by=act.by,
    )


async def propose(session: AsyncSession, proposal: AuditorProposal, *, act: Act) -> Event:
    """Keeps the proposal for another to confirm. Conflict STATE where there is nothing to change, DUPLICATE where one is open already."""
    now = await held(session, proposal.person_id, AUDITOR, organization_id=proposal.organization_id, at=act.at)
    if (now.id if now else None) != proposal.ends_id:
        raise Conflict("STATE")
    session.add(proposal)
    await session.flush()
    return await record(session, proposal, step="PROPOSE", act=act, reason=proposal.reason)


async def confirm(session: AsyncSession, proposal: AuditorProposal, *, act: Act) -> tuple[UUID, Event]:
    """By another than who proposed it; the role begins or ends at once. Gives the membership. Raises Unmet, Conflict."""
    if act.by == proposal.proposed_by:
        raise Unmet("auditor.two_persons", SEPARATION)
    proposal.confirmed_by = act.by
    event = await advance(session, proposal, STEPS, step=Step.CONFIRM, act=act)
    place = await place_of(session, proposal.organization_id)
    if proposal.ends_id is None:
        membership, _ = await grant(session, proposal.person_id, AUDITOR, organization=place, act=act, reason=proposal.reason)
        return membership.id, event
    ending = (await session.exec(select(Membership).where(col(Membership.id) == proposal.ends_id).with_for_update())).one()
    await end(session, ending, act=act, reason=proposal.reason)
    return ending.id, event


async def withdraw(session: AsyncSession, proposal: AuditorProposal, *, act: Act) -> Event:
    """Nothing comes of it. Conflict STATE where it was confirmed or withdrawn already."""
    return await advance(session, proposal, STEPS, step=Step.WITHDRAW, act=act)
