"""Figures of a district for a month: coverage in integers, and the lines of its return in one canonical form."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import Month, shanghai_day
from domain.canonical import canonical
from models.base import table_of
from models.checklists import Answer, AnswerValue, ChecklistItem, Finding
from models.dispatch import Assignment, AssignmentStatus
from models.inspections import Inspection, InspectionStatus
from models.opinions import Rectification, RectificationStatus
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
    """Of the sessions held in the district in the month, by their start; only the district's own external inspections count (A02)."""
    period = month.bounds()
    s, i = table_of(RecognitionSession), table_of(Inspection)
    mine = (i.c.dispatcher_id == district_id, i.c.internal.is_(False), i.c.status.in_(INSPECTED))
    visited = select(i.c.id).where(i.c.recognition_session_id == s.c.id, *mine).exists()
    held = (s.c.district_id == district_id, s.c.status.in_(HELD), s.c.starts_at >= period.start, s.c.starts_at < period.until)
    query = select(func.count(), func.count().filter(visited)).select_from(s).where(*held)
    all_held, inspected = (await session.exec(query)).one()
    return Coverage(all_held, inspected, needed(all_held, ratio))


async def lines_of(session: AsyncSession, district_id: UUID, month: Month) -> list[Line]:
    """One line for each inspection the district closed in the month, by day and id: facts of the session and result of the inspection (A22)."""
    period = month.bounds()
    closed = (col(Inspection.closed_at) >= period.start, col(Inspection.closed_at) < period.until)
    query = (
        select(Inspection, RecognitionSession, Organization)
        .join(RecognitionSession, col(RecognitionSession.id) == col(Inspection.recognition_session_id))
        .join(Organization, col(Organization.id) == col(Inspection.agency_id))
        .where(col(Inspection.dispatcher_id) == district_id, col(Inspection.internal).is_(False), *closed)
        .order_by(col(Inspection.scheduled_on), col(Inspection.id))
    )
    found = (await session.exec(query)).all()
    results = await results_of(session, [inspection.id for inspection, _, _ in found])
    return [line(inspection, recognition, agency, result=results[inspection.id]) for inspection, recognition, agency in found]


def line(inspection: Inspection, recognition: RecognitionSession, agency: Organization, *, result: Line) -> Line:
    closed_on = shanghai_day(inspection.closed_at).isoformat() if inspection.closed_at else None
    return {
        "inspection": inspection.id.hex,
        "recognition_session": recognition.id.hex,
        "agency": agency.name,
        "credit_code": agency.credit_code,
        "occupation": recognition.occupation,
        "level": recognition.level.value,
        "mode": recognition.mode.value,
        "candidate_count": recognition.candidate_count,
        "held_on": shanghai_day(recognition.starts_at).isoformat(),
        "scheduled_on": inspection.scheduled_on.isoformat(),
        "closed_on": closed_on,
        **result,
    }


async def results_of(session: AsyncSession, inspections: Sequence[UUID]) -> dict[UUID, Line]:
    """What the visits found: size of the team, answers by value, the items that were wrong, and how the rectification stands."""
    values = select(Answer.inspection_id, Answer.value).where(col(Answer.inspection_id).in_(inspections))
    answers = Counter((one, AnswerValue(value)) for one, value in (await session.exec(values)).all())
    wrong = (
        select(Finding.inspection_id, ChecklistItem.code)
        .join(ChecklistItem, col(ChecklistItem.id) == col(Finding.item_id))
        .where(col(Finding.inspection_id).in_(inspections))
        .order_by(col(ChecklistItem.position))
    )
    findings = (await session.exec(wrong)).all()
    places = select(Assignment.inspection_id).where(col(Assignment.inspection_id).in_(inspections), col(Assignment.status).in_(WAS_THERE))
    team = Counter((await session.exec(places)).all())
    asked = select(Rectification.inspection_id, Rectification.status).where(col(Rectification.inspection_id).in_(inspections))
    rectifications = {one: RectificationStatus(status) for one, status in (await session.exec(asked)).all()}
    return {
        one: {
            "team_size": team[one],
            **{value.value.lower(): answers[one, value] for value in AnswerValue},
            "findings": [code for where, code in findings if where == one],
            "rectification": rectifications[one].value if one in rectifications else None,
        }
        for one in inspections
    }
