"""Figures of a district for a month: coverage in integers, and the lines of its return in one canonical form.

PostgreSQL works them out, alike for who files a return and for who looks at what it would say. `needed` and `sealed` say the same in Python.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Interval,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.elements import KeyedColumnElement
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import HolidayRoll, Month
from domain.canonical import canonical
from domain.holidays import days_to_work
from domain.tightening import ALLOWED
from models.base import Instant, table_of
from models.checklists import Answer, AnswerValue, ChecklistItem, Finding
from models.direct import Direct
from models.dispatch import Assignment, AssignmentStatus
from models.inspections import Inspection, InspectionStatus
from models.opinions import Rectification
from models.organizations import Organization, Profile, Tier
from models.overlays import Overlay, OverlayStatus
from models.returns import MonthlyReturn
from models.sessions import RecognitionSession, RecognitionSessionStatus

HELD = (RecognitionSessionStatus.HELD, RecognitionSessionStatus.RESULTS_POSTED)
INSPECTED = (InspectionStatus.CHECKLIST_SIGNED, InspectionStatus.OPINION_SERVED, InspectionStatus.CLOSED)
WAS_THERE = (AssignmentStatus.CHECKED_IN, AssignmentStatus.DONE)

RATIO = "sampling.min_ratio"

Line = dict[str, Any]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Coverage:
    """Sessions held, how many of them were inspected, how many were needed. Counts, never a rounded percentage (A01)."""

    held: int
    inspected: int
    needed: int


@dataclass(frozen=True, slots=True)
class Composed:
    """A return before it is filed. `digest` is the SHA-256 of `document`, in hex."""

    coverage: Coverage
    lines: Sequence[Line]
    document: bytes
    digest: str


def needed(held: int, ratio: tuple[int, int] | None) -> int:
    """The ratio of the sessions held, rounded up, in integers: 10 need 3, 11 need 4, none need none (INV05). Without a ratio none is needed."""
    if ratio is None:
        return 0
    numerator, denominator = ratio
    return -(-held * numerator // denominator)


def sealed(district_id: UUID, month: Month, coverage: Coverage, *, lines: Sequence[Line]) -> Composed:
    """Coverage and lines as one document with its digest. Who files it, when, and the edition are not in it (N12)."""
    document = canonical({"district": district_id.hex, "month": str(month), **asdict(coverage), "lines": list(lines)})
    return Composed(coverage, lines, document, sha256(document).hexdigest())


def differences(before: Sequence[Line], after: Sequence[Line]) -> list[Line]:
    """What the lines of an edition say otherwise than the one before it, by inspection."""
    old, new = ({line["inspection"]: line for line in lines} for lines in (before, after))
    changed = [{"inspection": key, "change": "CHANGED"} for key in new if key in old and old[key] != new[key]]
    added = [{"inspection": key, "change": "ADDED"} for key in new if key not in old]
    removed = [{"inspection": key, "change": "REMOVED"} for key in old if key not in new]
    return sorted(changed + added + removed, key=lambda one: one["inspection"])


async def compose(session: AsyncSession, district: Organization, month: Month) -> Composed:
    """The return of a district on a month from what is stored now: the same rows give the same bytes."""
    given = {f"given_{name}": value for name, value in of_month(month).items()}
    found = await COMPOSED.row(session, {"district": district.id, **given})
    if found is None:
        raise LookupError("a return without rules")
    told = json.loads(found["document"])
    document = found["document"].encode()
    return Composed(Coverage(told["held"], told["inspected"], told["needed"]), told["lines"], document, sha256(document).hexdigest())


def of_month(month: Month) -> Mapping[str, object]:
    """What the statements below are given, by the names of their parameters."""
    period = month.bounds()
    return {"month": str(month), "since": period.start, "until": period.until, "last_day": month.last_day()}


# constants stand in the text: a statement has no other parameters than its month
MONTH, LAST_DAY = bindparam("given_month", type_=Text(), required=False), bindparam("given_last_day", type_=Date(), required=False)
SINCE, UNTIL = bindparam("given_since", type_=Instant, required=False), bindparam("given_until", type_=Instant, required=False)
DISTRICT = table_of(Organization).alias("reporting")
IN_SHANGHAI, DAY = literal_column("interval '8 hours'", Interval), literal_column("interval '24 hours'", Interval)


def number(value: int) -> ColumnElement[int]:
    return literal_column(str(value), Integer)


def word(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'", Text)


def among(column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    return column.in_([word(value) for value in values])


def hexed(id: ColumnElement[UUID]) -> ColumnElement[str]:
    return func.replace(cast(id, Text), word("-"), word(""), type_=Text())


def rule(rules: ColumnElement[Any], key: str) -> ColumnElement[str]:
    """Its value as text, null where it is off."""
    path = literal_column(f"""'$[*] ? (@.id == "{key}").value'::jsonpath""", Text)
    return type_coerce(func.jsonb_path_query_first(rules, path).op("#>>")(word("{}")), Text)


def own_ratio() -> ColumnElement[str]:
    """What the district's own implementing rules say on that day, null where they say nothing of it (003 §18)."""
    o = table_of(Overlay).alias("refining")
    mine = (o.c.organization_id == DISTRICT.c.id, among(o.c.status, [OverlayStatus.PUBLISHED]), o.c.effective_from <= LAST_DAY)
    latest = select(rule(o.c.rules, RATIO)).where(*mine).order_by(o.c.effective_from.desc()).limit(number(1))
    return latest.correlate(DISTRICT).scalar_subquery()


def judging() -> FromClause:
    """Of the rules that judge the month, which are those in force on its last day, what the figures follow."""
    p = table_of(Profile).alias("in_force")
    columns: Mapping[str, ColumnElement[Any]] = {
        "above": rule(p.c.rules, RATIO),
        "own": case((rule(p.c.rules, ALLOWED) == word("true"), own_ratio())),
        "due_day": cast(rule(p.c.rules, "monthly_return.due_day"), Integer),
        "rolls": rule(p.c.rules, "monthly_return.holiday_roll") == word(HolidayRoll.NEXT_WORKDAY),
        "whole_day": rule(p.c.rules, "monthly_return.inclusive") == word("true"),
    }
    found = select(*(value.label(name) for name, value in columns.items()))
    mine = (p.c.organization_id == DISTRICT.c.center_id, p.c.effective_from <= LAST_DAY)
    return found.where(*mine).order_by(p.c.effective_from.desc()).limit(number(1)).correlate(DISTRICT).lateral("rules")


RULES = judging()


def counted() -> FromClause:
    """The sessions held in the month, by their start, and how many of them the district inspected: its own external inspections only (A02)."""
    s, i = table_of(RecognitionSession).alias("held"), table_of(Inspection).alias("visit")
    mine = (i.c.recognition_session_id == s.c.id, i.c.dispatcher_id == s.c.district_id, i.c.internal.is_(False), among(i.c.status, INSPECTED))
    visited = select(i.c.id).where(*mine).correlate(s).exists()
    held = (s.c.district_id == DISTRICT.c.id, among(s.c.status, HELD), s.c.starts_at >= SINCE, s.c.starts_at < UNTIL)
    return select(func.count().label("held"), func.count().filter(visited).label("inspected")).where(*held).correlate(DISTRICT).lateral("counted")


COUNTED = counted()


def part(ratio: ColumnElement[str], place: int) -> ColumnElement[int]:
    return cast(func.split_part(ratio, word("/"), number(place)), Integer)


TIGHTER = part(RULES.c.own, 1) * part(RULES.c.above, 2) > part(RULES.c.above, 1) * part(RULES.c.own, 2)
"""As `domain.tightening.stricter` says it."""
OVER, UNDER = (case((TIGHTER, part(RULES.c.own, place)), else_=part(RULES.c.above, place)) for place in (1, 2))

NEEDED = func.coalesce((COUNTED.c.held * OVER + UNDER - number(1)) // UNDER, number(0), type_=Integer())
"""As `needed` says it, of the stricter of the two ratios."""


def due() -> ColumnElement[Any]:
    """As `domain.calendar.monthly_return_due` says it: so many days after the month has ended."""
    rolled = case((RULES.c.rolls, days_to_work(LAST_DAY + RULES.c.due_day, DISTRICT.c.center_id)), else_=number(0))
    return type_coerce(UNTIL + (RULES.c.due_day - number(1) + rolled + case((RULES.c.whole_day, number(1)), else_=number(0))) * DAY, Instant)


def filed() -> ColumnElement[Any]:
    """Whether the first edition was on time; null while there is none."""
    m = table_of(MonthlyReturn).alias("filed")
    first = (m.c.district_id == DISTRICT.c.id, m.c.month == MONTH, m.c.edition == number(1))
    return select(m.c.timeliness).where(*first).correlate(DISTRICT).scalar_subquery()


def lines(district: KeyedColumnElement[UUID]) -> Select[Any]:
    """One line for each inspection the district closed in the month: facts of the session and result of the inspection (A22)."""
    i, s, a = table_of(Inspection).alias("visited"), table_of(RecognitionSession).alias("recognition"), table_of(Organization).alias("agency")
    said = answers(i)
    columns: dict[str, ColumnElement[Any]] = {
        "inspection": hexed(i.c.id),
        "recognition_session": hexed(s.c.id),
        "agency": a.c.name,
        "credit_code": a.c.credit_code,
        "held_on": cast(func.timezone(IN_SHANGHAI, s.c.starts_at), Date),
        "closed_on": cast(func.timezone(IN_SHANGHAI, i.c.closed_at), Date),
        "scheduled_on": i.c.scheduled_on,
        **{name: s.c[name] for name in ("occupation", "level", "mode", "candidate_count")},
        **results(i),
        **dict(said.c),
    }
    mine = (i.c.dispatcher_id == district, i.c.internal.is_(False), i.c.closed_at >= SINCE, i.c.closed_at < UNTIL)
    visits = i.join(s, s.c.id == i.c.recognition_session_id).join(a, a.c.id == i.c.agency_id).join(said, true())
    found = select(*(value.label(name) for name, value in sorted(columns.items()))).select_from(visits).where(*mine)
    return found.correlate(district.table)


def answers(i: FromClause) -> FromClause:
    """How many lines of the form of a visit were answered by each value."""
    answer = table_of(Answer)
    counts = [func.count().filter(answer.c.value == word(value)).label(value.lower()) for value in AnswerValue]
    return select(*counts).where(answer.c.inspection_id == i.c.id).correlate(i).lateral("said")


def results(i: FromClause) -> Mapping[str, ColumnElement[Any]]:
    """What a visit found: size of the team, the items that were wrong in the order of the form, and how the rectification stands."""
    finding, item, place, asked = table_of(Finding), table_of(ChecklistItem), table_of(Assignment), table_of(Rectification)
    there = select(func.count()).where(place.c.inspection_id == i.c.id, among(place.c.status, WAS_THERE))
    codes = func.coalesce(func.array_agg(aggregate_order_by(item.c.code, item.c.position)), cast(word("{}"), ARRAY(Text)), type_=ARRAY(Text))
    wrong = select(codes).select_from(finding.join(item, item.c.id == finding.c.item_id)).where(finding.c.inspection_id == i.c.id)
    stands = select(asked.c.status).where(asked.c.inspection_id == i.c.id)
    return {name: one.correlate(i).scalar_subquery() for name, one in {"team_size": there, "findings": wrong, "rectification": stands}.items()}


def document() -> ColumnElement[str]:
    """As `sealed` says it: row_to_json writes no blanks, keeps the order of the columns and escapes as `canonical` does."""
    line = lines(DISTRICT.c.id).lateral("line")
    every = func.array_agg(aggregate_order_by(func.row_to_json(line.table_valued()), line.c.scheduled_on, line.c.inspection))
    told = select(func.coalesce(func.array_to_json(every), word("[]"))).select_from(line).correlate(DISTRICT).scalar_subquery()
    parts = {
        "district": hexed(DISTRICT.c.id),
        "month": MONTH,
        "held": COUNTED.c.held,
        "inspected": COUNTED.c.inspected,
        "needed": NEEDED,
        "lines": told,
    }
    whole = select(*(value.label(name) for name, value in sorted(parts.items()))).correlate(DISTRICT, RULES, COUNTED).subquery("whole")
    return select(cast(func.row_to_json(whole.table_valued()), Text)).select_from(whole).scalar_subquery()


def of_districts(*columns: ColumnElement[Any]) -> Select[Any]:
    """A row for each district whose month some rules judge."""
    judged = DISTRICT.join(RULES, true()).outerjoin(COUNTED, true())
    return select(*columns).select_from(judged).where(among(DISTRICT.c.tier, [Tier.DISTRICT]))


BLANK = (DISTRICT.c.id, DISTRICT.c.id.label("organization_id"), DISTRICT.c.center_id, DISTRICT.c.district_id, DISTRICT.c.agency_id)
"""What there is of a return that is not filed yet: the right to see one is asked about it."""

COVERAGE = (COUNTED.c.held, COUNTED.c.inspected, NEEDED.label("needed"))

REACHED = of_districts(*BLANK, DISTRICT.c.code, DISTRICT.c.name, *COVERAGE, filed().label("timeliness"))
"""Each district with its coverage."""

SEALED = func.encode(func.sha256(func.convert_to(document(), word("UTF8"))), word("hex"), type_=Text())
MONTHLY = RULES.c.due_day.is_not(None)
DRAFTED = of_districts(*BLANK, MONTH.label("month"), due().label("due_at"), *COVERAGE, SEALED.label("digest")).where(MONTHLY)
"""Each district with what its return would say; none where the rules know no monthly return. Its lines are `lines`."""

COMPOSED = Direct(of_districts(document().label("document")).where(MONTHLY, DISTRICT.c.id == bindparam("district", type_=Uuid())))
