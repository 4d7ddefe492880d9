"""The rules in force for an organization on a day, and how they are published."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

import orjson
from sqlalchemy import Text, bindparam, cast, desc, literal_column, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import Unmet
from domain.machine import Act, Within, record
from domain.profiles import Profile, from_json, to_json
from domain.tightening import dispatching, refined
from models.base import new_id, table_of
from models.direct import Direct
from models.events import Event
from models.inspections import Inspection
from models.organizations import AgencyKind, Organization, Tier
from models.organizations import Profile as ProfileRow


@dataclass(frozen=True)
class InForce:
    """A profile and the id of its row, for the events judged by it."""

    id: UUID
    rules: Profile
    code_digest: str | None = None
    """SHA-256, in hex, over the code of conduct (工作守则) that is kept with it; None where none is."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What a profile keeps in full beside its rules (000 §8(八)): 工作守则 and 考场规则."""

    code_of_conduct: str | None = None
    exam_room_rules: str | None = None


NO_TEXTS = Texts()
PROFILE = table_of(ProfileRow)
TOLD = ("slug", "title", "effective_from", "rules")
STORED = select(
    PROFILE.c.id, PROFILE.c.slug, PROFILE.c.title, PROFILE.c.effective_from, PROFILE.c.code_digest, cast(PROFILE.c.rules, Text).label("rules")
)
EFFECTIVE = STORED.where(PROFILE.c.organization_id == bindparam("center"), PROFILE.c.effective_from <= bindparam("day"))
OF_CENTER = Direct(EFFECTIVE.order_by(desc(PROFILE.c.effective_from)).limit(literal_column("1")))
OF_ID = Direct(STORED.where(PROFILE.c.id == bindparam("profile")))


async def rules_for(session: AsyncSession, center_id: UUID, *, on: date, of: Within | None = None) -> InForce:
    """What holds in the jurisdiction of a center on a day (INV15), as refined by the district and agency of `of` (B063).

    The service refuses to guess where nothing was in force (A29).
    """
    found = await OF_CENTER.row(session, {"center": center_id, "day": on})
    if found is None:
        raise Unmet("profile.effective_from", "1.7 A29", day=on.isoformat())
    return InForce(found["id"], await refined(session, parsed(**{name: found[name] for name in TOLD}), of, on=on), found["code_digest"])


async def rules_of(session: AsyncSession, profile_id: UUID) -> InForce:
    """The profile that an object was judged by when it was made, whatever is in force today."""
    found = await OF_ID.row(session, {"profile": profile_id})
    if found is None:
        raise LookupError("a profile that is not there")
    return InForce(found["id"], parsed(**{name: found[name] for name in TOLD}))


async def rules_there(session: AsyncSession, profile_id: UUID, of: Within, *, on: date) -> InForce:
    """The same, as refined by the district and agency of `of` on the day that the object is judged by."""
    force = await rules_of(session, profile_id)
    return InForce(force.id, await refined(session, force.rules, of, on=on))


async def rules_of_visit(session: AsyncSession, visit: Inspection) -> InForce:
    """What binds the dispatcher of an inspection, on its day."""
    return await rules_there(session, visit.profile_id, dispatching(visit, visit.dispatcher_id), on=visit.scheduled_on)


@lru_cache(maxsize=100)
def parsed(*, rules: str, slug: str, title: str, effective_from: date) -> Profile:
    """The profile that a row tells. Kept by what it is made of, so it cannot be out of date; reading it anew would cost each write a millisecond."""
    return from_json(orjson.loads(rules), slug=slug, title=title, effective_from=effective_from)


async def publish_profile(session: AsyncSession, center: Organization, profile: Profile, *, act: Act) -> ProfileRow:
    """Puts rules in force for a center from their day on. Published rows are never changed; a new day supersedes."""
    return (await published(session, center, profile, act=act))[0]


async def published(session: AsyncSession, center: Organization, profile: Profile, *, act: Act, texts: Texts = NO_TEXTS) -> tuple[ProfileRow, Event]:
    """The row, and the event of the center."""
    code = texts.code_of_conduct
    row = ProfileRow(
        slug=profile.slug,
        title=profile.title,
        organization_id=center.id,
        effective_from=profile.effective_from,
        rules=to_json(profile),
        code_of_conduct=code,
        exam_room_rules=texts.exam_room_rules,
        code_digest=None if code is None else sha256(code.encode()).hexdigest(),
    )
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
