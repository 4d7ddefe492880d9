"""The ground of the large jurisdiction: ids, the shape of its work, the tree and who acts in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random
from struct import Struct
from typing import NamedTuple
from uuid import UUID

import asyncpg
from asyncpg.pgproto import pgproto
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import organizations
from domain.machine import Act
from domain.numbers import BEIJING_DISTRICTS
from domain.profiles import Profile, parse_profile
from models.base import table_of
from models.checklists import ChecklistItem
from models.inspections import InspectionStatus
from models.memberships import Account, AccountKind, Membership
from models.organizations import AgencyKind, Organization
from models.supervisors import Person
from seeds.checklists.publish import publish_templates
from seeds.rosters.invented import AGENCIES, BRANDS, TRADES, credit_code

PROFILE = Path(__file__).parent / "profiles" / "beijing-municipal.toml"
FIRST_DAY = date(2024, 1, 1)
DAYS = 970
FOUNDED = datetime(2023, 12, 1, 2, tzinfo=UTC)
START = int(FOUNDED.timestamp() * 1000)
MOST_AGENCIES = 3_000  # and at least those of the sample rosters, so that a large roster can be imported into any size
MOST_SUPERVISORS = 20_000
EXTERNAL_IN_FIVE = 2
SESSIONS_PER_INSPECTION = 2
TEAM = 2
MOST_FINDINGS = 3
STATES = {
    InspectionStatus.CLOSED: 80,
    InspectionStatus.OPINION_SERVED: 9,
    InspectionStatus.CHECKLIST_SIGNED: 4,
    InspectionStatus.IN_PROGRESS: 1,
    InspectionStatus.NOTIFIED: 2,
    InspectionStatus.DISPATCHED: 1,
    InspectionStatus.CANCELLED: 3,
}
"""In a hundred inspections of any time."""

SIGNED = (InspectionStatus.CLOSED, InspectionStatus.OPINION_SERVED, InspectionStatus.CHECKLIST_SIGNED)

CLOSING = timedelta(days=9)
"""From the visit to the end of its case."""

SERVING = timedelta(days=2)
"""From the visit to its opinion letter."""

CANCELLED_FOR = "考试改期。"

Record = tuple[object, ...]


class Visit(NamedTuple):
    """What an inspection is, before it is spread over its tables. `agency` counts agencies, `items` lines of the form that were answered NO."""

    n: int
    agency: int
    day: date
    status: InspectionStatus
    items: tuple[int, ...]


class Place(NamedTuple):
    """An agency among its tenants."""

    center: UUID
    district: UUID
    agency: UUID
    name: str
    credit_code: str


@dataclass(frozen=True)
class Town:
    """What the rows refer to."""

    center: Organization
    places: list[Place]
    supervisors: int
    profile: UUID
    rules: Profile
    items: list[ChecklistItem]
    dispatchers: dict[UUID, UUID]
    """The person who acts for a district, by its id."""
    keeper: UUID
    """The person who acts for the center."""
    deputy: UUID


two_halves = Struct(">QQ").pack


def identity(kind: int, n: int) -> UUID:
    """The n-th id of a kind: a UUIDv7 whose time grows with n, so that newest first is largest n first, as in life.

    The driver's own UUID is made in a third of the time, and a million inspections need thirty million.
    """
    return pgproto.UUID(two_halves((START + n) << 16 | 7 << 12 | kind, 2 << 62 | n))


AGENCY, PERSON, SUPERVISOR, CARD, RECOGNITION, INSPECTION, ASSIGNMENT, CHECKLIST, CASE, ANSWER, EVENT, RETURN, LETTER, RECTIFICATION = range(1, 15)


@lru_cache(maxsize=5_000)
def instant(day: date, hour: int) -> datetime:
    """An hour of the day in Beijing, in UTC."""
    return datetime(day.year, day.month, day.day, hour - 8, tzinfo=UTC)


def visits(count: int, *, agencies: int, items: int) -> list[Visit]:
    """All inspections in the order of their days."""
    chance = Random(20_260_831)  # noqa: S311 - invention, not security
    states = chance.choices(list(STATES), list(STATES.values()), k=count)
    return [
        Visit(
            n,
            chance.randrange(agencies),
            FIRST_DAY + timedelta(days=n * DAYS // count),
            status,
            tuple(sorted(chance.sample(range(items), chance.randint(0, MOST_FINDINGS)))) if status in SIGNED else (),
        )
        for n, status in enumerate(states)
    ]


async def copied(driver: asyncpg.Connection, model: type[SQLModel], columns: str, *, records: Iterable[Record]) -> None:
    """Rows into the table of a model, all at once; `columns` are names with blanks between."""
    await driver.copy_records_to_table(table_of(model).name, records=records, columns=columns.split())


async def founded(session: AsyncSession, rules: Profile) -> tuple[Organization, list[Organization], UUID, Person]:
    """Center, districts, rules and forms, as the domain makes them; and who acted."""
    keeper = Person(name="周敏")
    session.add(keeper)
    await session.flush()
    center = await organizations.found_center(session, "北京市职业技能鉴定管理中心", code="110000")
    act = Act(keeper.id, center.id, FOUNDED)
    profile = await organizations.publish_profile(session, center, rules, act=act)
    await publish_templates(session, center, act=act)
    districts = [
        (await organizations.register_district(session, center, f"{name}职业技能鉴定管理中心", code=code, act=act))[0]
        for code, name in BEIJING_DISTRICTS.items()
    ]
    return center, districts, profile.id, keeper


async def hired(session: AsyncSession, organization: Organization, *, role: str, name: str, person: Person, by: UUID) -> None:
    """An account without a password, and the role it acts in."""
    session.add(person)
    await session.flush()
    session.add(Account(name=name, kind=AccountKind.PERSON, person_id=person.id, organization_id=organization.id))
    session.add(
        Membership(
            person_id=person.id,
            role=role,
            organization_id=organization.id,
            center_id=organization.center_id,
            district_id=organization.district_id,
            valid_from=FOUNDED,
            granted_by=by,
            reason="规模",
        )
    )
    await session.flush()


def agencies(center: Organization, districts: list[Organization], count: int) -> list[Place]:
    return [
        Place(
            center.id,
            districts[n % len(districts)].id,
            identity(AGENCY, n),
            f"北京{BRANDS[n % len(BRANDS)]}{TRADES[n // len(BRANDS) % len(TRADES)]}职业技能培训学校（{n + 1}号）",
            credit_code(n + 1),
        )
        for n in range(count)
    ]


def registered(places: list[Place], districts: list[Organization]) -> Iterable[Record]:
    kinds = list(AgencyKind)
    for n, (center, district, agency, name, code) in enumerate(places):
        where = f"北京市{districts[n % len(districts)].name[:3]}示例路{n % 90 + 1}号"
        yield agency, "AGENCY", name, code, code, district, center, district, agency, str(kinds[n % len(kinds)]), where


async def populated(session: AsyncSession, driver: asyncpg.Connection, inspections: int) -> Town:
    """The tree with its agencies, and who acts for whom. Accounts: `scale-center`, and `scale-` with the code of a district."""
    rules = parse_profile(PROFILE.read_text(encoding="utf-8"), effective_from=FOUNDED.date())
    center, districts, profile, keeper = await founded(session, rules)
    await hired(session, center, role="center_admin", name="scale-center", person=keeper, by=keeper.id)
    deputy = Person(name="吴静")
    await hired(session, center, role="center_clerk", name="scale-clerk", person=deputy, by=keeper.id)
    dispatchers: dict[UUID, UUID] = {}
    for district in districts:
        person = Person(name=f"{district.name[:1]}磊")
        await hired(session, district, role="district_dispatcher", name=f"scale-{district.code}", person=person, by=keeper.id)
        dispatchers[district.id] = person.id
    count = min(MOST_AGENCIES, max(AGENCIES, inspections // 30))
    columns = "id tier name code credit_code parent_id center_id district_id agency_id kind place"
    places = agencies(center, districts, count)
    await copied(driver, Organization, columns, records=registered(places, districts))
    items = list((await session.exec(select(ChecklistItem).order_by(ChecklistItem.template_id, ChecklistItem.position))).all())  # type: ignore[arg-type]
    form = [item for item in items if item.code.startswith("F")]
    supervisors = min(MOST_SUPERVISORS, max(60, inspections // 5))
    return Town(center, places, supervisors, profile, rules, form, dispatchers, keeper.id, deputy.id)
