"""一致率: of the same session, line by line, what the agency's own inspection and the external one said (N11); what members entered alone (N10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import control
from domain.control import EXTERNAL, OWN, THEIRS
from domain.entries import COMPARED
from domain.errors import BadInput
from models.base import table_of
from models.entries import Entry
from models.inspections import Inspection
from models.organizations import Organization

MOST = 200


@dataclass(frozen=True)
class Readable:
    """What somebody may read, as conditions over the two aliases, and the values of their parameters."""

    external: ColumnElement[bool]
    internal: ColumnElement[bool]
    values: Mapping[str, object]


@dataclass(frozen=True)
class Agreement:
    """Of one agency: sessions inspected by both, lines that both answered by 是 or 否, how many alike, and how many only the external one found wrong."""

    agency_id: UUID
    name: str
    sessions: int
    compared: int
    agreed: int
    missed: int


async def agreements(session: AsyncSession, since: date, until: date, *, readable: Readable) -> Sequence[Agreement]:
    """One statement, by the day of the external inspection; whose own control misses most comes first. BadInput for a period that is empty."""
    if until <= since:
        raise BadInput("until", "dates_reversed")
    rows = (await (await session.connection()).execute(statement(since, until, readable), dict(readable.values))).all()
    return [Agreement(one.agency_id, one.name, one.sessions, one.compared, one.agreed, one.missed) for one in rows]


def statement(since: date, until: date, readable: Readable) -> Select[*tuple[Any, ...]]:
    e, o, missed = EXTERNAL.c, table_of(Organization), control.missed()
    counts = (
        func.count(e.recognition_session_id.distinct()).label("sessions"),
        func.count().label("compared"),
        func.count().filter(THEIRS.c.value == OWN.c.value).label("agreed"),
        missed,
    )
    joined = control.pairs().join(o, o.c.id == e.agency_id)
    query = select(e.agency_id, o.c.name, *counts).select_from(joined).where(*control.within(since, until), readable.external, readable.internal)
    return query.group_by(e.agency_id, o.c.name).order_by(missed.desc(), e.agency_id).limit(MOST)


ONE, OTHER = table_of(Entry).alias("one"), table_of(Entry).alias("other")
"""Two members' own entries of the same line (N10)."""


@dataclass(frozen=True)
class Pairs:
    """What somebody may read of the entries of two members, as conditions, and the values of their parameters."""

    one: ColumnElement[bool]
    other: ColumnElement[bool]
    values: Mapping[str, object]


@dataclass(frozen=True)
class ItemAgreement:
    """Of one line of a form: how often two members judged it, and how often alike. A line on which many differ is a vague one."""

    item_id: UUID
    compared: int
    agreed: int


@dataclass(frozen=True)
class PairAgreement:
    """Of two people: visits both entered, lines both judged, and how many alike. Who never differ over many lines do not check each other."""

    one_id: UUID
    other_id: UUID
    inspections: int
    compared: int
    agreed: int


async def by_item(session: AsyncSession, since: date, until: date, *, readable: Pairs) -> Sequence[ItemAgreement]:
    """One statement, by the day of the visit; the line with the most differences first. BadInput for a period that is empty."""
    compared, agreed = judged()
    query = both(since, until, readable, ONE.c.item_id, compared, agreed).group_by(ONE.c.item_id)
    return [ItemAgreement(*one) for one in await found(session, query.order_by((compared - agreed).desc(), ONE.c.item_id), readable)]


async def by_pair(session: AsyncSession, since: date, until: date, *, readable: Pairs) -> Sequence[PairAgreement]:
    """The same by people; who differ least over most lines come first."""
    compared, agreed = judged()
    people, visits = (ONE.c.person_id, OTHER.c.person_id), func.count(ONE.c.inspection_id.distinct()).label("inspections")
    query = both(since, until, readable, *people, visits, compared, agreed).group_by(*people)
    return [PairAgreement(*one) for one in await found(session, query.order_by(compared - agreed, compared.desc(), *people), readable)]


def judged() -> tuple[ColumnElement[int], ColumnElement[int]]:
    same = and_(*(ONE.c[name].is_not_distinct_from(OTHER.c[name]) for name in COMPARED))
    return func.count(), func.count().filter(same)


def both(since: date, until: date, readable: Pairs, *columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    if until <= since:
        raise BadInput("until", "dates_reversed")
    i, a, b = table_of(Inspection), ONE.c, OTHER.c
    shown = and_(b.double_entry_id == a.double_entry_id, b.item_id == a.item_id, a.person_id < b.person_id)
    joined = ONE.join(OTHER, shown).join(i, i.c.id == a.inspection_id)
    period = (i.c.scheduled_on >= since, i.c.scheduled_on < until, a.opened_at.is_not(None), b.opened_at.is_not(None))
    return select(*columns).select_from(joined).where(*period, readable.one, readable.other).limit(MOST)


async def found(session: AsyncSession, query: Select[*tuple[Any, ...]], readable: Pairs) -> Sequence[Any]:
    return (await (await session.connection()).execute(query, dict(readable.values))).all()
