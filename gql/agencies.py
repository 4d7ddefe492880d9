"""What is worked out of an agency: whether it was inspected and rated, has rules of its own, and is still one."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, or_

from authz.relations import there_is
from domain.agency_cases import last_ruling
from gql.reading.declare import Expression, Frame, source_of
from gql.reading.filters import some, visible
from gql.reading.fragments import constant
from models.base import table_of
from models.overlays import Overlay as OverlayRow
from models.overlays import OverlayStatus

CASES = "gql.agency_cases:AGENCY_CASES"


def not_inspected(frame: Frame, year: ColumnElement[int]) -> ColumnElement[bool]:
    i, seen = visible(frame, source_of("gql.inspections:INSPECTIONS"))
    return ~there_is(i).where(i.c.agency_id == frame.t.c.id, i.c.year == year, i.c.status != constant("CANCELLED"), *seen)


def not_rated(frame: Frame, year: ColumnElement[int]) -> ColumnElement[bool]:
    return ~some(frame, "gql.ratings:RATINGS", "agency_id", year=year)


NO_RULES, WITHOUT_RULES = "without_implementing_rules_on", "Without implementing rules (实施细则) of its own in force on this day (003 §18)."


def without_implementing_rules(frame: Frame, day: ColumnElement[date]) -> ColumnElement[bool]:
    """A version without rules and without a text ends those before it: from its day on there are none."""
    source = source_of("gql.overlays:OVERLAYS")
    (o, seen), later = visible(frame, source), table_of(OverlayRow).alias("later")
    published = constant(OverlayStatus.PUBLISHED.value)
    said = or_(o.c.text.is_not(None), func.jsonb_array_length(o.c.rules) > literal_column("0"))
    begun = [o.c.organization_id == frame.t.c.id, o.c.status == published, o.c.effective_from <= day, said]
    after = (later.c.effective_from > o.c.effective_from, later.c.effective_from <= day)
    ended = there_is(later).where(later.c.organization_id == frame.t.c.id, later.c.status == published, *after)
    return ~there_is(o).where(*begun, ~ended, *seen)


def disqualified(frame: Frame) -> ColumnElement[bool]:
    return some(frame, CASES, "agency_id", status="DISQUALIFIED")


def of_disqualification(column: str) -> Expression:
    """What the last case of a disqualification says, as far as the caller may read it."""

    def expression(frame: Frame) -> ColumnElement[Any]:
        case, seen = visible(frame, source_of(CASES))
        return last_ruling(case, frame.t.c.id, column, seen=seen)

    return expression
