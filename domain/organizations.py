"""The rules in force for an organization on a day, and how they are published."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, desc, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import Unmet
from domain.machine import Act, Within, record
from domain.profiles import Profile, from_json, to_json
from domain.tightening import dispatching, refined
from models.base import new_id
from models.events import Event
from models.inspections import Inspection
from models.organizations import AgencyKind, Organization, Tier
from models.organizations import Profile as ProfileRow

@dataclass(frozen=True)
class InForce:
    """A profile and the id of its row, for the events judged by it."""

    id: UUID
    rules: Profile


async def rules_for(session: AsyncSession, center_id: UUID, *, on: date, of: Within | None = None) -> InForce:
    """What holds in the jurisdiction of a center on a day (INV15), as refined by the district and agency of `of` (B063).

    The service refuses to guess where nothing was in force (A29).
    """
    query = (
        select(ProfileRow)
        .where(col(ProfileRow.organization_id) == center_id, col(ProfileRow.effective_from) <= on)
        .order_by(desc(col(ProfileRow.effective_from)))
        .limit(1)
    )
    found = (await session.exec(query)).first()
    if found is None:
        raise Unmet("profile.effective_from", "1.7 A29", day=on.isoformat())
    return InForce(found.id, await refined(session, read(found), of, on=on))


async def rules_of(session: AsyncSession, profile_id: UUID) -> InForce:
    """The profile that an object was judged by when it was made, whatever is in force today."""
    found = (await session.exec(select(ProfileRow).where(col(ProfileRow.id) == profile_id))).one()
    return InForce(found.id, read(found))


async def rules_there(session: AsyncSession, profile_id: UUID, of: Within, *, on: date) -> InForce:
    """The same, as refined by the district and agency of `of` on the day that the object is judged by."""
    force = await rules_of(session, profile_id)
    return InForce(force.id, await refined(session, force.rules, of, on=on))


async def rules_of_visit(session: AsyncSession, visit: Inspection) -> InForce:
    """What binds the dispatcher of an inspection, on its day."""
    return await rules_there(session, visit.profile_id, dispatching(visit, visit.dispatcher_id), on=visit.scheduled_on)


def read(row: ProfileRow) -> Profile:
    return from_json(row.rules, slug=row.slug, title=row.title, effective_from=row.effective_from)


async def publish_profile(session: AsyncSession, center: Organization, profile: Profile, *, act: Act) -> ProfileRow:
    """Puts rules in force for a center from their day on. Published rows are never changed; a new day supersedes."""
    return (await published(session, center, profile, act=act))[0]


async def published(session: AsyncSession, center: Organization, profile: Profile, *, act: Act) -> tuple[ProfileRow, Event]:
    """The row, and the event of the center."""
    row = ProfileRow(slug=profile.slug, title=profile.title, organization_id=center.id, effective_from=profile.effective_from, rules=to_json(profile))
    session.add(row)
    await session.flush()
    told = f"{profile.slug} {profile.effective_from}"
    return row, await record(session, center, step="PUBLISH_PROFILE", act=act, profile_id=row.id, reason=told)


async def found_center(session: AsyncSession, name: str, *, code: str) -> Organization:
    """The root of a jurisdiction; there is no act, since nobody can act for it yet."""
    id = new_id()
    row = Organization(id=id, tier=Tier.CENTER, name=name, code=code, center_id=id)
    session.add(row)
    await session.flush()
    return row


async def register_district(session: AsyncSession, center: Organization, name: str, *, code: str, act: Act) -> tuple[Organization, Event]:
    id = new_id()
    row = Organization(id=id, tier=Tier.DISTRICT, name=name, code=code, parent_id=center.id, center_id=center.id, district_id=id)
    session.add(row)
    await session.flush()
    return row, await record(session, row, step="REGISTER", act=act)


async def register_agency(
    session: AsyncSession, parent: Organization, name: str, *, credit_code: str, kind: AgencyKind, act: Act, place: str | None = None
) -> tuple[Organization, Event]:
    """An agency under a district, or under the center where there is no district tier (D01)."""
    id = new_id()
    row = Organization(
        id=id,
        tier=Tier.AGENCY,
        name=name,
        code=credit_code,
        credit_code=credit_code,
        kind=kind,
        place=place,
        parent_id=parent.id,
        center_id=parent.center_id,
        district_id=parent.district_id,
        agency_id=id,
    )
    session.add(row)
    await session.flush()
    return row, await record(session, row, step="REGISTER", act=act)
