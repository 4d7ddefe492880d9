"""Whether a row meets a filter, said once more in Python; and how a stored value looks as JSON."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from domain.calendar import shanghai_day
from gql.agency_cases import AGENCY_CASES
from gql.assessments import COMMENDATIONS, TERM_EVALUATIONS, YEARLY_ASSESSMENTS
from gql.checklists import CHECKLISTS
from gql.education import EDUCATION_ATTENDANCES
from gql.inspections import INSPECTIONS
from gql.opinions import RECTIFICATIONS
from gql.overlays import OVERLAYS
from gql.ratings import RATINGS
from gql.reading.declare import source_of
from gql.reading.paging import Beside, Met, Where
from gql.reading.selection import DEFINITION
from gql.stipends import STIPEND_LINES
from tests.reading.twins import Twin, report_late, streak


def pointing(oracle: Any, source: Any, column: str, row: Any) -> list[Any]:
    return [one for one in oracle.visible(source) if getattr(one, column) == row.id]


def employed_today(_: Any, row: Any) -> bool:
    today = shanghai_day(datetime.now(UTC))
    return bool(row.starts_on <= today and (row.ends_on is None or row.ends_on > today))


def unpaid(oracle: Any, row: Any) -> bool:
    return row.status.value == "DONE" and not pointing(oracle, STIPEND_LINES, "assignment_id", row)


def assessed(column: str) -> Callable[[Any, Any, Any], bool]:
    return lambda oracle, row, year: all(one.year != year for one in pointing(oracle, YEARLY_ASSESSMENTS, column, row))


def not_educated(oracle: Any, row: Any, year: int) -> bool:
    return all((one.year, one.result.value) != (year, "PASSED") for one in pointing(oracle, EDUCATION_ATTENDANCES, "supervisor_id", row))


def corrected(oracle: Any, row: Any) -> bool:
    return any(one.inspection_id == row.inspection_id and one.status.value == "ACCEPTED" for one in oracle.visible(RECTIFICATIONS))


def implementing(oracle: Any, row: Any, day: date) -> bool:
    """Whether what an organization published last for that day says anything."""
    begun = [one for one in pointing(oracle, OVERLAYS, "organization_id", row) if one.status.value == "PUBLISHED" and one.effective_from <= day]
    last = max(begun, key=lambda one: one.effective_from, default=None)
    return last is not None and bool(last.rules or last.text)


def in_force(_: Any, row: Any, day: date) -> bool:
    day = date.fromisoformat(str(day))
    over = row.ends_on is not None and row.ends_on <= day
    ended = row.ended_at is not None and shanghai_day(row.ended_at) <= day
    return row.accepted_at is not None and row.starts_on <= day and not over and not ended


FILTERED: Mapping[str, Twin] = {
    "employer_id": employed_today,
    "refusal_streak": streak,
    "verified": lambda _, row: row.verified_at is not None,
    "evaluated": lambda oracle, row: bool(pointing(oracle, TERM_EVALUATIONS, "appointment_id", row)),
    "commended": lambda oracle, row: bool(pointing(oracle, COMMENDATIONS, "yearly_assessment_id", row)),
    "has_internal_supervisor": lambda _, row: row.internal_supervisor_id is not None,
    "internal_checked_in": lambda _, row: row.internal_checked_in_at is not None,
    "unpaid": unpaid,
    "corrected": corrected,
    "report_late": report_late,
    "late": lambda _, row: None if row.due_at is None else row.raised_at > row.due_at,
    "disqualified": lambda oracle, row: any(one.status.value == "DISQUALIFIED" for one in pointing(oracle, AGENCY_CASES, "agency_id", row)),
}
"""The twin of every test that is worked out, by its name; of rows beside, whether one counts."""
MET: Mapping[str, Callable[[Any, Any, Any], bool]] = {
    "not_assessed_in": lambda oracle, row, year: assessed("supervisor_id" if hasattr(row, "kind") else "appointment_id")(oracle, row, year),
    "not_educated_in": not_educated,
    "in_force_on": in_force,
    "not_rated_in": lambda oracle, row, year: all(one.year != year for one in pointing(oracle, RATINGS, "agency_id", row)),
    "not_inspected_in": lambda oracle, row, year: all(
        one.year != year or one.status.value == "CANCELLED" for one in pointing(oracle, INSPECTIONS, "agency_id", row)
    ),
    "without_implementing_rules_on": lambda oracle, row, day: not implementing(oracle, row, date.fromisoformat(str(day))),
    "method": lambda oracle, row, method: any(method in one.methods for one in pointing(oracle, CHECKLISTS, "inspection_id", row)),
}
YES_OR_NO = {True, False}
VALUES: Mapping[str, set[Any]] = {
    **dict.fromkeys(
        (
            *("verified", "evaluated", "commended", "has_internal_supervisor", "internal_checked_in"),
            *("unpaid", "late", "corrected", "report_late", "disqualified"),
        ),
        YES_OR_NO,
    ),
    "refusal_streak": {0, 1, 2, 3},
    "not_assessed_in": {2024, 2025, 2026},
    **{name: {2024, 2025, 2026} for name in ("not_educated_in", "not_rated_in", "not_inspected_in")},
    "without_implementing_rules_on": {"2026-08-10", "2026-09-16", "2026-10-20"},
    "method": {"BRIEFING", "SITE_OBSERVATION"},
    "in_force_on": {"2026-09-10", "2026-09-16", "2026-09-25"},
}
"""With what they are asked: no column holds it."""


def pool(rows: Iterable[Any], column: str) -> list[Any]:
    """With what a filter may be asked, in order: what stands in the column, or the values of what is worked out."""
    return sorted(VALUES[column] if column in VALUES else {getattr(row, column) for row in rows} - {None}, key=plain)


def passes(oracle: Any, row: Any, given: Mapping[str, Any], declared: Mapping[str, Any]) -> bool:
    """Whether a row meets a filter. A null test says nothing, a null value meets no test."""
    for name, test in given.items():
        if test is None:
            continue
        if name == "anyOf":
            if not any(passes(oracle, row, branch, declared) for branch in test):
                return False
            continue
        where: Where = declared[name].extensions[DEFINITION].metadata["where"]
        for operator, operand in (test if isinstance(test, Mapping) else {"eq": test}).items():
            if operand is not None and not accepted(oracle, row, where, operator, operand):
                return False
    return True


def accepted(oracle: Any, row: Any, where: Where, operator: str, operand: Any) -> bool:
    if isinstance(where.what, Met):
        return MET[where.column](oracle, row, operand)
    return any(meets(plain(one), operator, operand, where=where) for one in spoken_of(oracle, row, where))


def spoken_of(oracle: Any, row: Any, where: Where) -> Sequence[Any]:
    """The values that a test is made against: one of them must meet it."""
    match where.what:
        case Beside(source, mine, theirs, column, mask, when):
            there = [one for one in oracle.visible(source_of(source)) if getattr(one, theirs) == getattr(row, mine)]
            there = [one for one in there if when is None or FILTERED[where.column](oracle, one)]
            return [getattr(one, column) for one in there if mask is None or oracle.holds(mask, one)]
        case None:
            return [getattr(row, where.column)]
    return [FILTERED[where.column](oracle, row)]


def meets(value: Any, operator: str, operand: Any, *, where: Where) -> bool:
    if value is None:
        return False

    def read(one: Any) -> Any:
        if where.prefixes:
            return str(UUID(one.split("_")[1]))
        return canonical(one) if re.match(r"^\d{4}-\d\d-\d\dT", str(one)) else one

    match operator:
        case "in":
            return value in [read(one) for one in operand]
        case "from":
            return bool(value >= read(operand))
        case "until":
            return bool(value < read(operand))
        case "startsWith":
            return bool(value.startswith(operand))
        case "contains":
            return operand in value
        case "eq":
            return bool(value == read(operand))
    raise AssertionError(operator)


def canonical(instant: str) -> str:
    return plain(datetime.fromisoformat(instant))


def plain(value: Any) -> Any:
    """A stored value as JSON has it."""
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if value.utcoffset() is None or not value.utcoffset() else plain(utc(value))
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Decimal():
            return str(value)
        case bytes():
            return value.hex()
    return value


def utc(value: datetime) -> datetime:
    return (value - value.utcoffset()).replace(tzinfo=None)
