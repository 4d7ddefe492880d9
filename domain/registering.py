"""Writes a roster part by part, each table of a part in one statement, so that 20,000 people are some fifty of them."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, literal, or_
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import add_months
from domain.errors import Conflict
from domain.machine import Act
from domain.numbers import last_four
from domain.profiles import Profile
from domain.registered import Registered, Unit
from domain.rosters import AgencyRow, Checked, DistrictRow, SupervisorRow
from domain.sealing import IdKeys
from domain.supervisors import role_name
from models.base import new_id, table_of
from models.memberships import Membership
from models.organizations import Organization, Tier
from models.supervisors import Appointment, AppointmentStatus, Card, CardStatus, Employment, Person, RosterStanding, Supervisor, SupervisorKind
from models.writing import Rows, write

DAY = timedelta(days=1)
Values = Mapping[str, object]
Batch = tuple[type[SQLModel], Sequence[Values]]
REASON = "IMPORT"


async def register(session: AsyncSession, parts: Iterator[Checked[Any]], registered: Registered, *, rules: Profile, keys: IdKeys, act: Act) -> int:
    """What is not registered yet; gives the number of rows that were new. What is there already stays as it is.

    While PostgreSQL writes a part, a thread checks and prepares the next. Conflict STATE at the first part with a problem, and nothing stays.
    """
    known = registered.people.values()
    employed, held = await _employed(session, known), await _held(session, known, act=act)
    clerk = Clerk(registered, rules, act, keys=keys, people=dict(registered.people), employed=employed, held=held)
    new = 0
    ahead = asyncio.create_task(asyncio.to_thread(_next, parts, clerk))
    try:
        while (ready := await ahead) is not None:
            ahead = asyncio.create_task(asyncio.to_thread(_next, parts, clerk))
            for rows in ready.rows:
                await write(session, rows)
            new += ready.new
    finally:
        await asyncio.gather(ahead, return_exceptions=True)  # a thread cannot be stopped, only awaited
    return new


@dataclass(frozen=True)
class Ready:
    """A part of the file as rows of the tables, in the order in which they are written, and how many of its lines are new."""

    rows: list[Rows]
    new: int


@dataclass
class Clerk:
    """Knows whom and what the parts before have brought."""

    registered: Registered
    rules: Profile
    act: Act
    keys: IdKeys
    people: dict[str, UUID]
    employed: set[tuple[UUID, UUID]]
    held: set[tuple[object, ...]]


def _next(parts: Iterator[Checked[Any]], clerk: Clerk) -> Ready | None:
    part = next(parts, None)
    if part is None:
        return None
    if part.problems:
        first, count = part.problems[0], len(part.problems) + sum(len(one.problems) for one in parts)
        raise Conflict("STATE", problems=count, line=first.line, column=first.column, problem=first.code.value)
    organizations = [
        *(district(row, clerk.registered) for row in part.rows if isinstance(row, DistrictRow) and not row.known),
        *(agency(row, clerk.registered) for row in part.rows if isinstance(row, AgencyRow) and not row.known),
    ]
    people = [row for row in part.rows if isinstance(row, SupervisorRow) and clerk.registered.place(row) is None]
    batches: list[Batch] = [(Organization, organizations), *prepared(people, clerk)]
    return Ready([together(model, rows) for model, rows in batches if rows], len(organizations) + len(people))


def district(row: DistrictRow, registered: Registered) -> Values:
    itself, center = new_id(), registered.center.id
    return _organization(id=itself, tier=Tier.DISTRICT, name=row.name, code=row.code, parent_id=center, center_id=center, district_id=itself)


def agency(row: AgencyRow, registered: Registered) -> Values:
    """Under its district, or under the center where there is no district tier (D01)."""
    itself, parent = new_id(), registered.organizations.get(row.district_code, registered.center)
    return _organization(
        id=itself,
        tier=Tier.AGENCY,
        name=row.name,
        code=row.credit_code,
        parent_id=parent.id,
        center_id=parent.center_id,
        district_id=parent.district_id,
        agency_id=itself,
        kind=row.kind,
        credit_code=row.credit_code,
        place=row.place or None,
    )


def _organization(**values: object) -> Values:
    return {"agency_id": None, "kind": None, "credit_code": None, "place": None, **values}


def prepared(rows: Sequence[SupervisorRow], clerk: Clerk) -> list[Batch]:
    """The rows of each table, in the order in which they refer to one another."""
    fresh = {row.id_digest: row for row in rows if row.id_digest not in clerk.people}
    clerk.people |= {digest: new_id() for digest in fresh}
    jobs = {(clerk.people[row.id_digest], clerk.registered.organizations[row.employer].id): row.term_from for row in rows if row.employer}
    jobs = {one: day for one, day in jobs.items() if one not in clerk.employed}
    clerk.employed |= jobs.keys()
    places = [supervisor(row, clerk.registered.keeper(row), clerk.people[row.id_digest], act=clerk.act) for row in rows]
    pairs = list(zip(rows, places, strict=True))
    roles = [membership(place, act=clerk.act) for place in places]
    return [
        (Person, [person(row, clerk.people[digest], keys=clerk.keys, act=clerk.act) for digest, row in fresh.items()]),
        (Employment, [employment(*one, starts_on=day) for one, day in jobs.items()]),
        (Supervisor, places),
        (Card, [card(row, place, rules=clerk.rules) for row, place in pairs if row.card_number]),
        (Appointment, [appointment(row, place, rules=clerk.rules) for row, place in pairs]),
        (Membership, [one for one in roles if (one["person_id"], one["role"], one["organization_id"]) not in clerk.held]),
    ]


def employment(person_id: UUID, agency_id: UUID, *, starts_on: date) -> Values:
    return {"id": new_id(), "person_id": person_id, "agency_id": agency_id, "starts_on": starts_on, "ends_on": None}


def person(row: SupervisorRow, id: UUID, *, keys: IdKeys, act: Act) -> Values:
    return {
        "id": id,
        "name": row.name,
        "id_digest": bytes.fromhex(row.id_digest),
        "id_sealed": keys.seal_number(row.id_number, of=id),
        "id_last_four": last_four(row.id_number),
        "sex": row.sex,
        "birth_date": row.birth,
        "phone": row.phone or None,
        "healthy": row.healthy,
        "healthy_on": None if row.healthy is None else act.at.date(),
    }


def supervisor(row: SupervisorRow, keeper: Unit, person_id: UUID, *, act: Act) -> Values:
    return {
        "id": new_id(),
        "person_id": person_id,
        "organization_id": keeper.id,
        "kind": row.kind,
        "standing": RosterStanding.ACTIVE,
        "level": row.level,
        "verified_at": act.at,
        "center_id": keeper.center_id,
        "district_id": keeper.district_id,
        "agency_id": keeper.agency_id,
    }


def card(row: SupervisorRow, place: Values, *, rules: Profile) -> Values:
    """The file tells the last day, the table keeps the first day after it."""
    if row.card_until is None:
        raise ValueError("a card without its days passed the checks")
    return {
        "id": new_id(),
        "supervisor_id": place["id"],
        "number": row.card_number,
        "title": rules.text("card.title"),
        "issuer_id": place["organization_id"],
        "status": CardStatus.ACTIVE,
        "valid_from": row.card_issued,
        "valid_until": row.card_until + DAY,
        **_of(place),
    }


def appointment(row: SupervisorRow, place: Values, *, rules: Profile) -> Values:
    """Without an end the term is the profile's, or open where it knows none (D09)."""
    months = rules.optional_integer("appointment.term_months")
    term = None if months is None else add_months(row.term_from, months)
    return {
        "id": new_id(),
        "supervisor_id": place["id"],
        "dispatcher_id": place["organization_id"],
        "status": AppointmentStatus.ACTIVE,
        "starts_on": row.term_from,
        "ends_on": row.term_until + DAY if row.term_until else term,
        **_of(place),
    }


def membership(place: Values, *, act: Act) -> Values:
    return {
        "id": new_id(),
        "role": role_name(SupervisorKind(str(place["kind"]))),
        "organization_id": place["organization_id"],
        "valid_from": act.at,
        "valid_until": None,
        "granted_by": act.by,
        "reason": REASON,
        **_of(place),
    }


def _of(place: Values) -> dict[str, object]:
    return {name: place[name] for name in ("person_id", "center_id", "district_id", "agency_id")}


async def _employed(session: AsyncSession, people: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    query = select(Employment.person_id, Employment.agency_id).where(among(Employment.person_id, people), col(Employment.ends_on).is_(None))
    return set((await session.exec(query)).all())


async def _held(session: AsyncSession, people: Iterable[UUID], *, act: Act) -> set[tuple[object, ...]]:
    live = or_(col(Membership.valid_until).is_(None), col(Membership.valid_until) > act.at)
    query = select(Membership.person_id, Membership.role, Membership.organization_id).where(among(Membership.person_id, people), live)
    return set((await session.exec(query)).all())


def among(column: UUID, ids: Iterable[UUID]) -> ColumnElement[bool]:
    """One parameter, however many they are; a list of parameters ends at 32,767."""
    return col(column) == any_(literal(list(ids), ARRAY(Uuid())))


def together(model: type[SQLModel], rows: Sequence[Values]) -> Rows:
    """The rows column by column; ids never agree, and what else is one and the same in all of them is told once."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    shared = {name: values[0] for name, values in columns.items() if name != "id" and all(value is values[0] for value in values)}
    return Rows(table_of(model), {name: values for name, values in columns.items() if name not in shared}, shared)
