"""The rules in force for an organization on a day, and how they are published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, desc, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import shanghai_day
from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, Within, record
from domain.profiles import BadProfile, Profile, as_json, from_json, to_json
from domain.texts import checked
from domain.tightening import Said, dispatching, read_lines, refined
from models.base import new_id
from models.events import Event
from models.inspections import Inspection
from models.organizations import AgencyKind, Organization, Tier
from models.organizations import Profile as ProfileRow

LONGEST_TITLE = 200


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


@dataclass(frozen=True, slots=True)
class Amendment:
    """A later version of the rules of a center: the lines that change or come in, and the keys that go out."""

    effective_from: date
    rules: Sequence[Said]
    removes: Sequence[str] = ()
    title: str | None = None


async def amend_profile(session: AsyncSession, center_id: UUID, said: Amendment, *, act: Act) -> tuple[ProfileRow, Event]:
    """Publishes what is in force on the day with these changes, to hold from that day on. What was judged before stays judged (INV15).

    BadInput for a day that has come, or rules that do not fit together; Conflict DUPLICATE where another version begins that day.
    """
    coming("effectiveFrom", said.effective_from, act=act)
    before = (await rules_for(session, center_id, on=said.effective_from)).rules
    lines = {str(one["id"]): one for one in to_json(before)} | {one.id: as_json(one) for one in read_lines(said.rules)}
    absent = next((key for key in said.removes if key not in lines), None)
    if absent is not None:
        raise BadInput("removes", "rule_unknown", key=absent[:60])
    kept = [line for key, line in lines.items() if key not in said.removes]
    title = before.title if said.title is None else checked("title", said.title, LONGEST_TITLE)
    try:
        profile = from_json(kept, slug=before.slug, title=title, effective_from=said.effective_from)
    except BadProfile as refused:
        raise BadInput("rules", "rule_value", key=refused.key, form=refused.reason) from refused
    if profile.rules == before.rules and title == before.title:
        raise Conflict("DUPLICATE")
    center = (await session.exec(select(Organization).where(col(Organization.id) == center_id))).one()
    return await published(session, center, profile, act=act)


def coming(field: str, day: date, *, act: Act) -> None:
    """Refuses a day that has come: rules of a day never change once it has begun, so that what it judged can be judged again (INV15)."""
    if day <= shanghai_day(act.at):
        raise BadInput(field, "past")


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
