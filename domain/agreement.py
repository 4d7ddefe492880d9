"""内督与外督的一致率 (N11): of the same session, line by line, what the agency's own inspection and the external one said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.answers import SEEN
from domain.errors import BadInput
from domain.figures import INSPECTED
from models.base import table_of
from models.checklists import Answer, AnswerValue
from models.inspections import Inspection
from models.organizations import Organization

MOST = 200

EXTERNAL, INTERNAL = table_of(Inspection).alias("external"), table_of(Inspection).alias("internal")


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
    found = (await (await session.connection()).execute(statement(since, until, readable), dict(readable.values))).all()
    return [Agreement(one.agency_id, one.name, one.sessions, one.compared, one.agreed, one.missed) for one in found]


def statement(since: date, until: date, readable: Readable) -> Select[*tuple[Any, ...]]:
    e, i, o = EXTERNAL.c, INTERNAL.c, table_of(Organization)
    theirs, own = table_of(Answer).alias("theirs"), table_of(Answer).alias("own")
    of_both = and_(i.recognition_session_id == e.recognition_session_id, i.internal.is_(True), i.status.in_(INSPECTED))
    joined = EXTERNAL.join(INTERNAL, of_both).join(o, o.c.id == e.agency_id).join(theirs, theirs.c.inspection_id == e.id)
    joined = joined.join(own, and_(own.c.inspection_id == i.id, own.c.item_id == theirs.c.item_id))
    missed = func.count().filter(theirs.c.value == AnswerValue.NO, own.c.value == AnswerValue.YES).label("missed")
    counts = (
        func.count(e.recognition_session_id.distinct()).label("sessions"),
        func.count().label("compared"),
        func.count().filter(theirs.c.value == own.c.value).label("agreed"),
        missed,
    )
    period = (e.scheduled_on >= since, e.scheduled_on < until, e.internal.is_(False), e.status.in_(INSPECTED))
    seen = (theirs.c.value.in_(SEEN), own.c.value.in_(SEEN))
    query = select(e.agency_id, o.c.name, *counts).select_from(joined).where(*period, *seen, readable.external, readable.internal)
    return query.group_by(e.agency_id, o.c.name).order_by(missed.desc(), e.agency_id).limit(MOST)
