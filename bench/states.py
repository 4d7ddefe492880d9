"""States that wait for one request each: a month to be returned, a visit to be signed, a month to be drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from app import clock
from bench.worlds import Hire, Rows, Town, acting, filling, put, signed_in, town
from domain.calendar import Month, shanghai_day, start_of_day
from models.base import new_id
from models.checklists import Answer, Checklist, Finding
from models.dispatch import Assignment
from models.inspections import Inspection
from models.sessions import Assessor, RecognitionSession

TEAM = 2
HELD, INSPECTED, CLOSING = 6, 2, timedelta(days=9)
"""In last month, of each district: sessions, how many of them were visited, and the time from a visit to the end of its case."""
PLANNED = 40
"""Sessions of a district in next month, which is drawn."""


@dataclass(frozen=True)
class Ready:
    """One request: who sends it, and about which row."""

    token: str
    id: UUID


@dataclass(frozen=True)
class Prepared:
    """`clerks` file the return on `past`; `signers` sign a visit of theirs; `dispatchers` draw from `coming`."""

    past: str
    coming: str
    clerks: list[Ready]
    signers: list[Ready]
    dispatchers: list[Ready]


async def prepared(owner: str, *, districts: int, people: int = 0, visits: int = 0, draws: int = 0) -> Prepared:
    """Every district has its return to file, and the first `draws` of them a month to draw; `visits` wait for the two of their teams."""
    this = Month.of(shanghai_day(clock.now()))
    async with filling(owner) as (session, driver):
        made = await town(session, driver, districts=districts, agencies=3, people=max(people, districts * TEAM))
        await month_behind(driver, made, this.previous())
        signing = await visits_open(driver, made, visits)
        await month_ahead(driver, made, this.next(), districts=draws)
        hires = [Hire(who, "supervisor_external", made.center, {"center_id": made.center}) for who in made.people[: len(signing) * TEAM or 0]]
        signers = await signed_in(driver, hires, by=made.keeper)
        clerks, dispatchers = await acting(driver, made, "district_clerk"), await acting(driver, made, "district_dispatcher")
    return Prepared(
        str(this.previous()),
        str(this.next()),
        [Ready(token, one) for token, one in zip(clerks, made.districts, strict=True)],
        [Ready(signers[seat], one) for one, seats in signing for seat in seats],
        [Ready(token, one) for token, one in zip(dispatchers[:draws], made.districts, strict=False)],
    )


async def month_behind(driver: asyncpg.Connection, town: Town, month: Month) -> None:
    """Held in every district: six sessions, the first two visited and closed, as the ratio of Beijing asks."""
    days = [month.first_day() + timedelta(days=n * 3) for n in range(HELD)]
    held = [[session_row(town.agencies_of(n)[0], day, "HELD") for day in days] for n in range(len(town.districts))]
    await put(driver, RecognitionSession, [row for rows in held for row in rows])
    visited = [(n, rows[place], days[place]) for n, rows in enumerate(held) for place in range(INSPECTED)]
    await write_visits(driver, town, [(visit_row(town, row, day, "CLOSED"), (n * TEAM, n * TEAM + 1)) for n, row, day in visited], status="DONE")


async def visits_open(driver: asyncpg.Connection, town: Town, count: int) -> list[tuple[UUID, tuple[int, int]]]:
    """Visits of today and the days after, filled in and not signed; with the places of their team on the roster. Nobody visits an employer."""
    today, teams = shanghai_day(clock.now()), len(town.people) // TEAM
    made = []
    for n in range(count):
        first = n % teams * TEAM
        day = today + timedelta(days=n // teams)
        row = session_row(town.agencies[(first + 5) % len(town.agencies)], day, "STARTED")
        made.append((row, visit_row(town, row, day, "IN_PROGRESS"), (first, first + 1)))
    await put(driver, RecognitionSession, [row for row, _, _ in made])
    await write_visits(driver, town, [(visit, seats) for _, visit, seats in made], status="CHECKED_IN")
    return [(visit["id"], seats) for _, visit, seats in made]


async def month_ahead(driver: asyncpg.Connection, town: Town, month: Month, *, districts: int) -> None:
    """Sessions that are planned, spread over the month and the agencies of the district, each with an assessor off the roster."""
    last = month.last_day().day
    rows = []
    for district in range(districts):
        homes = town.agencies_of(district)
        rows += [session_row(homes[n % len(homes)], month.day(n % last + 1), "PLANNED") for n in range(PLANNED)]
    await put(driver, RecognitionSession, rows)
    whose = [(row, town.people[n % len(town.people)]) for n, row in enumerate(rows)]
    kept = ("center_id", "district_id", "agency_id")
    same = {"name": "考评员"}
    await put(
        driver,
        Assessor,
        [{"id": new_id(), "recognition_session_id": row["id"], "person_id": who, **same, **{one: row[one] for one in kept}} for row, who in whose],
    )


def session_row(tenants: Mapping[str, UUID], day: date, status: str) -> dict[str, Any]:
    """A session of a whole day."""
    what = {"occupation": "电工", "level": "SENIOR_3", "mode": "EXAM", "candidate_count": 40, "place": "实训楼", "status": status}
    return {"id": new_id(), **what, "starts_at": hour(day, 9), "ends_at": hour(day, 17), **tenants}


def hour(day: date, hour: int) -> datetime:
    return start_of_day(day) + timedelta(hours=hour)


def visit_row(town: Town, visited: Mapping[str, Any], day: date, status: str) -> dict[str, Any]:
    tenants = {name: visited[name] for name in ("center_id", "district_id", "agency_id")}
    closed = hour(day, 16) + CLOSING if status == "CLOSED" else None
    what = {"form": "ONSITE", "venue": "ONSITE", "internal": False, "profile_id": town.profile, "scheduled_on": day, "status": status}
    whose = {"dispatcher_id": tenants["district_id"], "recognition_session_id": visited["id"]}
    return {"id": new_id(), **what, **whose, "notified_at": hour(day, 9) - timedelta(days=1), "closed_at": closed, **tenants}


def team_rows(town: Town, visit: Mapping[str, Any], seats: Sequence[int], status: str) -> Rows:
    """The places of these people of the roster, the first as leader."""
    day: date = visit["scheduled_on"]
    kept = ("dispatcher_id", "recognition_session_id", "center_id", "district_id", "agency_id")
    same = {"inspection_id": visit["id"], "duty_on": day, "internal": False, "status": status} | {name: visit[name] for name in kept}
    same |= {"starts_at": hour(day, 9), "ends_at": hour(day, 17), "reply_by": hour(day, 9) - timedelta(days=1), "checked_in_at": hour(day, 9)}
    roles = ["LEADER", *["MEMBER"] * len(seats)]
    whose = [{"supervisor_id": town.roster[n], "person_id": town.people[n], "role": role} for n, role in zip(seats, roles, strict=False)]
    return [{"id": new_id(), **one, **same} for one in whose]


def form_rows(town: Town, visit: Mapping[str, Any], by: UUID, *, signed: bool) -> tuple[dict[str, Any], Rows, Rows]:
    """The checklist with all its lines answered, one of them NO; the finding of it where it is signed."""
    tenants = {name: visit[name] for name in ("center_id", "district_id", "agency_id")}
    at = hour(visit["scheduled_on"], 17) if signed else None
    sheet = {"id": new_id(), "inspection_id": visit["id"], "template_id": town.form[0].template_id, "site_signed_at": at, "signed_at": at, **tenants}
    lines = [(one, "NO" if one.code == "F06" else "YES", "不符合要求" if one.code == "F06" else None) for one in town.form]
    same = {"checklist_id": sheet["id"], "inspection_id": visit["id"], "person_id": by, **tenants}
    answers = [{"id": new_id(), "item_id": one.id, "value": value, "remark": remark, **same} for one, value, remark in lines]
    found = {"inspection_id": visit["id"], **tenants}
    return sheet, answers, [{"id": new_id(), "item_id": one.id, "remark": remark, **found} for one, _, remark in lines if remark and signed]


async def write_visits(driver: asyncpg.Connection, town: Town, visits: Sequence[tuple[dict[str, Any], Sequence[int]]], *, status: str) -> None:
    """The visits with the places of the roster that go there, and what they have filled in."""
    await put(driver, Inspection, [one for one, _ in visits])
    await put(driver, Assignment, [row for one, seats in visits for row in team_rows(town, one, seats, status)])
    forms = [form_rows(town, one, town.people[seats[0]], signed=status == "DONE") for one, seats in visits]
    await put(driver, Checklist, [sheet for sheet, _, _ in forms])
    await put(driver, Answer, [row for _, answers, _ in forms for row in answers])
    await put(driver, Finding, [row for _, _, findings in forms for row in findings])
