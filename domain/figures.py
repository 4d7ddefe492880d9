"""Figures of a district for a month: coverage in integers, and the lines of its return in one canonical form."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, FromClause, Row, Table, Text, Uuid, any_, func, literal, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import Month, shanghai_day
from domain.canonical import canonical
from models.base import table_of
from models.checklists import Answer, AnswerValue, ChecklistItem, Finding
from models.dispatch import Assignment, AssignmentStatus
from models.inspections import Inspection, InspectionStatus
from models.opinions import Rectification
from models.organizations import Organization
from models.sessions import RecognitionSession, RecognitionSessionStatus

HELD = (RecognitionSessionStatus.HELD, RecognitionSessionStatus.RESULTS_POSTED)
INSPECTED = (InspectionStatus.CHECKLIST_SIGNED, InspectionStatus.OPINION_SERVED, InspectionStatus.CLOSED)
WAS_THERE = (AssignmentStatus.CHECKED_IN, AssignmentStatus.DONE)

Line = dict[str, Any]


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


async def compose(session: AsyncSession, district: Organization, month: Month, *, ratio: tuple[int, int] | None) -> Composed:
    """The return of a district on a month from what is stored now: the same rows give the same bytes."""
    return sealed(district.id, month, await coverage(session, district.id, month, ratio=ratio), lines=await lines_of(session, district.id, month))


async def coverage(session: AsyncSession, district_id: UUID, month: Month, *, ratio: tuple[int, int] | None) -> Coverage:
    """Of one district: the figures of its return."""
    return (await coverages(session, [district_id], month, ratio=ratio))[district_id]


async def coverages(session: AsyncSession, districts: Sequence[UUID], month: Month, *, ratio: tuple[int, int] | None) -> dict[UUID, Coverage]:
    """Of the sessions held in each district in the month, by their start; only the district's own external inspections count (A02).

    One statement, however many districts.
    """
    period = month.bounds()
    s, i = table_of(RecognitionSession), table_of(Inspection)
    mine = (i.c.dispatcher_id == s.c.district_id, i.c.internal.is_(False), i.c.status.in_(INSPECTED))
    visited = select(i.c.id).where(i.c.recognition_session_id == s.c.id, *mine).exists()
    # one array and not a list of values: a statement of one form, however many are asked about
    these = s.c.district_id == any_(literal(list(districts), ARRAY(Uuid())))
    held = (these, s.c.status.in_(HELD), s.c.starts_at >= period.start, s.c.starts_at < period.until)
    query = select(s.c.district_id, func.count(), func.count().filter(visited)).where(*held).group_by(s.c.district_id)
    found = {district: (all_held, inspected) for district, all_held, inspected in (await (await session.connection()).execute(query)).all()}
    counts = {district: found.get(district, (0, 0)) for district in districts}
    return {district: Coverage(all_held, inspected, needed(all_held, ratio)) for district, (all_held, inspected) in counts.items()}


async def lines_of(session: AsyncSession, district_id: UUID, month: Month) -> list[Line]:
    """One line for each inspection the district closed in the month, by day and id: facts of the session and result of the inspection (A22)."""
    period = month.bounds()
    i, s, a = table_of(Inspection), table_of(RecognitionSession), table_of(Organization)
    mine = (i.c.dispatcher_id == district_id, i.c.internal.is_(False), i.c.closed_at >= period.start, i.c.closed_at < period.until)
    facts = (i.c.id, s.c.id.label("recognition"), a.c.name, a.c.credit_code, s.c.occupation, s.c.level, s.c.mode, s.c.candidate_count, s.c.starts_at)
    said, found = answered(i), (i.c.scheduled_on, i.c.closed_at, *results_of(i))
    visits = i.join(s, s.c.id == i.c.recognition_session_id).join(a, a.c.id == i.c.agency_id).join(said, true())
    query = select(*facts, *found, *said.c).select_from(visits).where(*mine).order_by(i.c.scheduled_on, i.c.id)
    return [line(one) for one in (await (await session.connection()).execute(query)).all()]


def line(found: Row[*tuple[Any, ...]]) -> Line:
    """From the row of one inspection."""
    return {
        "inspection": found.id.hex,
        "recognition_session": found.recognition.hex,
        "agency": found.name,
        "credit_code": found.credit_code,
        "occupation": found.occupation,
        "level": found.level.value,
        "mode": found.mode.value,
        "candidate_count": found.candidate_count,
        "held_on": shanghai_day(found.starts_at).isoformat(),
        "scheduled_on": found.scheduled_on.isoformat(),
        "closed_on": shanghai_day(found.closed_at).isoformat(),
        "team_size": found.team_size,
        "yes": found.yes,
        "no": found.no,
        "not_applicable": found.not_applicable,
        "not_observed": found.not_observed,
        "findings": found.findings or [],
        "rectification": found.rectification and found.rectification.value,
    }


def answered(i: Table) -> FromClause:
    """How many lines of the form of a visit were answered by each value."""
    answer = table_of(Answer)
    counts = [func.count().filter(answer.c.value == value).label(value.value.lower()) for value in AnswerValue]
    return select(*counts).where(answer.c.inspection_id == i.c.id).correlate(i).lateral("said")


def results_of(i: Table) -> list[ColumnElement[Any]]:
    """What a visit found: size of the team, the items that were wrong in the order of the form, and how the rectification stands."""
    finding, item, place, asked = table_of(Finding), table_of(ChecklistItem), table_of(Assignment), table_of(Rectification)
    codes = func.array_agg(aggregate_order_by(item.c.code, item.c.position), type_=ARRAY(Text))
    wrong = select(codes).select_from(finding.join(item, item.c.id == finding.c.item_id)).where(finding.c.inspection_id == i.c.id)
    return [
        select(func.count()).where(place.c.inspection_id == i.c.id, place.c.status.in_(WAS_THERE)).scalar_subquery().label("team_size"),
        wrong.scalar_subquery().label("findings"),
        select(asked.c.status).where(asked.c.inspection_id == i.c.id).scalar_subquery().label("rectification"),
    ]
