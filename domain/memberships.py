"""Who holds which role for which organization: accounts are opened, roles granted and ended, each with its event."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import BadInput, Conflict
from domain.machine import Act, record
from models.events import Event
from models.memberships import Account, AccountKind, Membership
from models.organizations import Organization
from models.supervisors import Person

LONGEST_NAME = 60


async def open_account(
    session: AsyncSession, name: str, *, kind: AccountKind, person: Person, home: Organization | None, password_hash: str | None = None
) -> Account:
    """Something that may sign in from now on; a machine only by tokens. Raises BadInput for the name, Conflict DUPLICATE where it is taken."""
    if not 1 <= len(name) <= LONGEST_NAME or name != name.strip() or not name.isprintable():
        raise BadInput("name", "length", most=LONGEST_NAME)
    if (await session.exec(select(Account.id).where(col(Account.name) == name))).first() is not None:
        raise Conflict("DUPLICATE")
    session.add(person)
    await session.flush()
    account = Account(name=name, kind=kind, person_id=person.id, organization_id=home.id if home else None, password_hash=password_hash)
    session.add(account)
    await session.flush()
    return account


async def grant(
    session: AsyncSession, person_id: UUID, role: str, *, organization: Organization, act: Act, reason: str, until: datetime | None = None
) -> tuple[Membership, Event]:
    """The role from now on, until an instant or an end. Conflict OVERLAP where the person holds it there already."""
    if until is not None and until <= act.at:
        raise BadInput("until", "past")
    if await held(session, person_id, role, organization_id=organization.id, at=act.at) is not None:
        raise Conflict("OVERLAP")
    membership = Membership(
        person_id=person_id,
        role=role,
        organization_id=organization.id,
        center_id=organization.center_id,
        district_id=organization.district_id,
        agency_id=organization.agency_id,
        valid_from=act.at,
        valid_until=until,
        granted_by=act.by,
        reason=reason,
    )
    session.add(membership)
    await session.flush()
    return membership, await record(session, membership, step="GRANT", act=act, reason=reason)


async def end(session: AsyncSession, membership: Membership, *, act: Act, reason: str) -> Event:
    """The role ends now; it binds whatever the person does next. Conflict STATE where it has ended already."""
    if membership.valid_from >= act.at or (membership.valid_until is not None and membership.valid_until <= act.at):
        raise Conflict("STATE")
    membership.valid_until = act.at
    membership.version += 1
    return await record(session, membership, step="END", act=act, reason=reason)


async def held(session: AsyncSession, person_id: UUID, role: str, *, organization_id: UUID, at: datetime) -> Membership | None:
    """The membership in force, or the one that will be."""
    mine = (col(Membership.person_id) == person_id, col(Membership.role) == role, col(Membership.organization_id) == organization_id)
    live = or_(col(Membership.valid_until).is_(None), col(Membership.valid_until) > at)
    return (await session.exec(select(Membership).where(*mine, live))).first()
