"""The jurisdiction in which load and writes are measured: many districts with their agencies, a roster, and people with tokens.

Its center, rules and forms come from the domain's own verbs; what there is much of is written by COPY, as in seeds/scale.py.
"""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

import asyncpg
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import clock
from app.identity import fresh_token, hash_of
from domain import organizations
from domain.calendar import start_of_day
from domain.machine import Act
from domain.profiles import parse_profile
from models.base import new_id, table_of
from models.checklists import ChecklistItem
from models.database import Database, driver_of
from models.memberships import Account, Login, Membership
from models.organizations import Organization
from models.supervisors import Appointment, Card, Employment, Person, Supervisor
from seeds.checklists.publish import publish_templates
from seeds.rosters.invented import credit_code, person_name
from seeds.scale_town import PROFILE

Rows = list[dict[str, Any]]

FOUNDED = date(2023, 12, 1)
UNTIL = date(2099, 12, 31)
HOURS = 4


class Hire(NamedTuple):
    person: UUID
    role: str
    organization: UUID
    tenants: Mapping[str, UUID]


@dataclass
class Town:
    """A center, and what is known of it while it is filled."""

    center: UUID
    profile: UUID
    keeper: UUID
    form: Sequence[ChecklistItem]
    districts: list[UUID] = field(default_factory=list)
    agencies: list[dict[str, UUID]] = field(default_factory=list)
    """The tenants of each agency, the n-th being in the n-th district from the beginning again."""
    people: list[UUID] = field(default_factory=list)
    """External supervisors; `roster` are their ids on it, in the same order."""
    roster: list[UUID] = field(default_factory=list)

    def agencies_of(self, district: int) -> list[dict[str, UUID]]:
        return self.agencies[district :: len(self.districts)]


async def put(driver: asyncpg.Connection, model: type[SQLModel], rows: Rows) -> None:
    columns = list(rows[0]) if rows else []
    await driver.copy_records_to_table(table_of(model).name, records=[tuple(one.values()) for one in rows], columns=columns)


@asynccontextmanager
async def filling(owner: str) -> AsyncIterator[tuple[AsyncSession, asyncpg.Connection]]:
    """One transaction of the owner without limits of time; at its end the rows are analysed, as the service finds them in life."""
    database = Database(owner)
    try:
        async with database.transaction() as session:
            driver = cast("asyncpg.Connection", await driver_of(await session.connection()))
            await driver.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
            yield session, driver
            await driver.execute("ANALYZE")
    finally:
        await database.close()


async def town(session: AsyncSession, driver: asyncpg.Connection, *, districts: int, agencies: int, people: int) -> Town:
    """So many districts with so many agencies each, and so many external supervisors on the center's roster."""
    keeper = Person(name="周敏")
    session.add(keeper)
    await session.flush()
    center = await organizations.found_center(session, "某职业技能鉴定管理中心", code="110000")
    act = Act(keeper.id, center.id, start_of_day(FOUNDED))
    rules = parse_profile(PROFILE.read_text(encoding="utf-8"), effective_from=FOUNDED)
    profile = await organizations.publish_profile(session, center, rules, act=act)
    await publish_templates(session, center, act=act)
    items = (await session.exec(select(ChecklistItem).order_by(col(ChecklistItem.position)))).all()
    exam = next(one.template_id for one in items if one.code == "F01")
    made = Town(center.id, profile.id, keeper.id, [one for one in items if one.template_id == exam])
    await tree(driver, made, districts, agencies)
    await rostered(driver, made, people)
    return made


async def tree(driver: asyncpg.Connection, town: Town, districts: int, agencies: int) -> None:
    town.districts = [new_id() for _ in range(districts)]
    same = {"tier": "DISTRICT", "parent_id": town.center, "center_id": town.center}
    rows = [{"id": id, "name": f"第{n + 1}区鉴定中心", "code": f"{200_000 + n}", "district_id": id, **same} for n, id in enumerate(town.districts)]
    await put(driver, Organization, rows)
    below = [town.districts[n % districts] for n in range(districts * agencies)]
    town.agencies = [{"center_id": town.center, "district_id": one, "agency_id": new_id()} for one in below]
    codes = [credit_code(n + 1) for n in range(len(below))]
    rows = [
        {"id": one["agency_id"], "tier": "AGENCY", "name": f"第{n + 1}号培训学校", "code": code, "credit_code": code, "kind": "EMPLOYER"}
        | {"parent_id": one["district_id"], **one}
        for n, (one, code) in enumerate(zip(town.agencies, codes, strict=True))
    ]
    await put(driver, Organization, rows)


async def rostered(driver: asyncpg.Connection, town: Town, people: int) -> None:
    """Each with a card and a term; two of three are employed by an agency, which keeps them from its own sessions."""
    town.people, town.roster = [new_id() for _ in range(people)], [new_id() for _ in range(people)]
    names = [person_name(n) for n in range(people)]
    born = [date(1970 + n % 25, n % 12 + 1, n % 28 + 1) for n in range(people)]
    await put(driver, Person, [{"id": id, "name": name, "birth_date": day} for id, name, day in zip(town.people, names, born, strict=True)])
    both = list(zip(town.roster, town.people, strict=True))
    same = {"organization_id": town.center, "kind": "EXTERNAL", "standing": "ACTIVE", "center_id": town.center}
    await put(driver, Supervisor, [{"id": one, "person_id": who, "level": "SENIOR_3", **same} for one, who in both])
    same = {
        "issuer_id": town.center,
        "title": "质量督导员",
        "status": "ACTIVE",
        "valid_from": FOUNDED,
        "valid_until": UNTIL,
        "center_id": town.center,
    }
    await put(driver, Card, [{"id": new_id(), "supervisor_id": one, "person_id": who, "number": f"督{who.hex[-16:]}", **same} for one, who in both])
    same = {"dispatcher_id": town.center, "status": "ACTIVE", "starts_on": FOUNDED, "ends_on": UNTIL, "center_id": town.center}
    await put(driver, Appointment, [{"id": new_id(), "supervisor_id": one, "person_id": who, **same} for one, who in both])
    homes = [(who, town.agencies[n % len(town.agencies)]["agency_id"]) for n, who in enumerate(town.people) if n % 3]
    await put(driver, Employment, [{"id": new_id(), "person_id": who, "agency_id": home, "starts_on": FOUNDED} for who, home in homes])


async def signed_in(driver: asyncpg.Connection, hires: Sequence[Hire], *, by: UUID) -> list[str]:
    """A token for each, by account, membership and login; the persons are there already."""
    tokens, accounts = [fresh_token() for _ in hires], [new_id() for _ in hires]
    pairs = list(zip(hires, accounts, strict=True))
    same: dict[str, Any] = {"kind": "PERSON", "name": ""}
    rows = [
        {**same, "id": id, "name": f"load-{secrets.token_hex(8)}", "person_id": one.person, "organization_id": one.organization} for one, id in pairs
    ]
    await put(driver, Account, rows)
    same = {"valid_from": start_of_day(FOUNDED), "granted_by": by, "reason": "负荷"}
    rows = [{"id": new_id(), "person_id": one.person, "role": one.role, "organization_id": one.organization, **one.tenants, **same} for one in hires]
    await put(driver, Membership, rows)
    same = {"kind": "SESSION", "expires_at": clock.now() + timedelta(hours=HOURS)}
    rows = [{"id": new_id(), "account_id": id, "token_hash": hash_of(token), **same} for (_, id), token in zip(pairs, tokens, strict=True)]
    await put(driver, Login, rows)
    return tokens


async def acting(driver: asyncpg.Connection, town: Town, role: str) -> list[str]:
    """A new person in this role for each district; their tokens, in the order of the districts."""
    people = [new_id() for _ in town.districts]
    await put(driver, Person, [{"id": one, "name": person_name(n)} for n, one in enumerate(people)])
    hires = [Hire(who, role, home, {"center_id": town.center, "district_id": home}) for who, home in zip(people, town.districts, strict=True)]
    return await signed_in(driver, hires, by=town.keeper)


async def clerks_of_agencies(owner: str, count: int) -> list[str]:
    """Tokens for a new clerk of each of so many agencies, in a database that is there already."""
    async with filling(owner) as (session, driver):
        columns = (col(Organization.agency_id), col(Organization.center_id), col(Organization.district_id))
        found = (await session.exec(select(*columns).where(col(Organization.agency_id).is_not(None)).limit(count))).all()
        people = [new_id() for _ in found]
        await put(driver, Person, [{"id": one, "name": person_name(n)} for n, one in enumerate(people)])
        homes: list[Mapping[str, UUID]] = [dict(zip(("agency_id", "center_id", "district_id"), one, strict=True)) for one in found]  # type: ignore[arg-type]
        hires = [Hire(who, "agency_clerk", home["agency_id"], home) for who, home in zip(people, homes, strict=True)]
        return await signed_in(driver, hires, by=people[0])
