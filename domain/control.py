"""内控 (N11): how often an agency's own inspection missed what the external one of the same session found; and what follows for the lot."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.answers import SEEN
from domain.draw import MOST_WEIGHT
from domain.figures import INSPECTED
from domain.profiles import Profile
from models.base import table_of
from models.checklists import Answer, AnswerValue
from models.inspections import Inspection

EXTERNAL, INTERNAL = table_of(Inspection).alias("external"), table_of(Inspection).alias("internal")
THEIRS, OWN = table_of(Answer).alias("theirs"), table_of(Answer).alias("own")
RULE = "selection.weight_most"
LOOKS_BACK = timedelta(days=365)
SHARE = 10
"""Each begun tenth of the compared lines that was missed adds one to the weight."""


@dataclass(frozen=True, slots=True)
class Weight:
    """Of one agency: the facts and the weight that they make, for the draw's record."""

    agency_id: UUID
    compared: int
    missed: int
    weight: int

    def shown(self) -> dict[str, object]:
        return {"agency": self.agency_id.hex, "compared": self.compared, "missed": self.missed, "weight": self.weight}


def pairs() -> FromClause:
    """Every line that both answered, of every session that both inspected."""
    e, i = EXTERNAL.c, INTERNAL.c
    of_both = and_(i.recognition_session_id == e.recognition_session_id, i.internal.is_(True), i.status.in_(INSPECTED))
    lines = EXTERNAL.join(INTERNAL, of_both).join(THEIRS, THEIRS.c.inspection_id == e.id)
    return lines.join(OWN, and_(OWN.c.inspection_id == i.id, OWN.c.item_id == THEIRS.c.item_id))


def within(since: date, until: date) -> tuple[ColumnElement[bool], ...]:
    """By the day of the external inspection, and only what was seen."""
    e = EXTERNAL.c
    period = (e.scheduled_on >= since, e.scheduled_on < until, e.internal.is_(False), e.status.in_(INSPECTED))
    return (*period, THEIRS.c.value.in_(SEEN), OWN.c.value.in_(SEEN))


def missed() -> ColumnElement[Any]:
    return func.count().filter(THEIRS.c.value == AnswerValue.NO, OWN.c.value == AnswerValue.YES).label("missed")


def weight_of(compared: int, missed: int, most: int) -> int:
    """1 where nothing was compared or missed; never above the profile's bound. In integers, rounded up."""
    return 1 if compared == 0 else min(most, 1 - (-missed * SHARE // compared))


async def weights(session: AsyncSession, agencies: Collection[UUID], *, rules: Profile, on: date) -> list[Weight]:
    """Of these agencies, those that were inspected by both in the year before the day; empty where the rules do not weigh."""
    most = rules.optional_integer(RULE)
    if most is None:
        return []
    most = min(most, MOST_WEIGHT)
    counts = select(EXTERNAL.c.agency_id, func.count().label("compared"), missed()).select_from(pairs())
    query = counts.where(*within(on - LOOKS_BACK, on), EXTERNAL.c.agency_id.in_(agencies)).group_by(EXTERNAL.c.agency_id)
    found = (await (await session.connection()).execute(query.order_by(EXTERNAL.c.agency_id))).all()
    return [Weight(one.agency_id, one.compared, one.missed, weight_of(one.compared, one.missed, most)) for one in found]
