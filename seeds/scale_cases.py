"""The work of the large jurisdiction: sessions, inspections, teams, checklists and findings."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import asyncpg

from models.checklists import Answer, Checklist, Finding
from models.dispatch import Assignment, AssignmentStatus
from models.inspections import Inspection, InspectionStatus
from models.sessions import RecognitionSession
from seeds.rosters.invented import TRADES
from seeds.scale_people import externals
from seeds.scale_town import (
    ANSWER,
    ASSIGNMENT,
    CANCELLED_FOR,
    CARD,
    CHECKLIST,
    CLOSING,
    INSPECTION,
    PERSON,
    RECOGNITION,
    SESSIONS_PER_INSPECTION,
    SIGNED,
    SUPERVISOR,
    TEAM,
    Record,
    Town,
    Visit,
    copied,
    identity,
    instant,
)

LEVELS = ("JUNIOR_5", "INTERMEDIATE_4", "SENIOR_3", "TECHNICIAN_2")
REMARKS = ("现场布置与备案方案不一致，未张贴考场规则", "抽查三份资料，一份缺少工作年限证明", "监考员未佩戴证件", "试卷启封时仅一人在场")
CORRECTIONS = ("当场张贴。", "三个工作日内补齐材料。", None, None)
PLACES = {
    InspectionStatus.DISPATCHED: AssignmentStatus.OFFERED,
    InspectionStatus.NOTIFIED: AssignmentStatus.ACCEPTED,
    InspectionStatus.IN_PROGRESS: AssignmentStatus.CHECKED_IN,
    InspectionStatus.CANCELLED: AssignmentStatus.WITHDRAWN,
}
UNNOTIFIED = (InspectionStatus.DISPATCHED, InspectionStatus.CANCELLED)


def subject(n: int) -> tuple[str, str, str, int]:
    """What the n-th session is about: occupation, rank, way, and how many candidates."""
    return f"{TRADES[n % len(TRADES)]}员", LEVELS[n % len(LEVELS)], "EXAM", 20 + n % 60


def sessions(town: Town, visits: Sequence[Visit]) -> Iterable[Record]:
    """For each that is inspected, one on the same day that is not, at another agency."""
    for visit in visits:
        for n in range(visit.n * SESSIONS_PER_INSPECTION, (visit.n + 1) * SESSIONS_PER_INSPECTION):
            place = town.places[(visit.agency + n % SESSIONS_PER_INSPECTION) % len(town.places)]
            yield (
                identity(RECOGNITION, n),
                *subject(n),
                "第一考场",
                instant(visit.day, 9),
                instant(visit.day, 17),
                "HELD",
                place.center,
                place.district,
                place.agency,
            )


def inspections(town: Town, visits: Sequence[Visit]) -> Iterable[Record]:
    for visit in visits:
        place = town.places[visit.agency]
        who = identity(INSPECTION, visit.n), place.center, place.district, place.agency, place.district
        what = identity(RECOGNITION, visit.n * SESSIONS_PER_INSPECTION), town.profile, visit.day, str(visit.status)
        notified = None if visit.status in UNNOTIFIED else instant(visit.day - timedelta(days=1), 10)
        closed = instant(visit.day + CLOSING, 16) if visit.status is InspectionStatus.CLOSED else None
        cancelled = CANCELLED_FOR if visit.status is InspectionStatus.CANCELLED else None
        yield *who, *what, "ONSITE", "ONSITE", False, notified, closed, cancelled


def places(town: Town, visits: Sequence[Visit]) -> Iterable[Record]:
    """Two externals each, in turn through the roster: nobody is asked again before some days have passed."""
    count = len(externals(town))
    for visit in visits:
        place, status = town.places[visit.agency], PLACES.get(visit.status, AssignmentStatus.DONE)
        recognition, day = identity(RECOGNITION, visit.n * SESSIONS_PER_INSPECTION), visit.day
        for n in range(visit.n * TEAM, (visit.n + 1) * TEAM):
            who, role = n % count, "MEMBER" if n % TEAM else "LEADER"
            came = (identity(CARD, who), instant(day, 9)) if status is AssignmentStatus.DONE else (None, None)
            asked = identity(ASSIGNMENT, n), identity(INSPECTION, visit.n), identity(SUPERVISOR, who), identity(PERSON, who), place.district
            times = instant(day, 9), instant(day, 17), instant(day - timedelta(days=1), 9)
            yield *asked, recognition, day, False, role, str(status), *times, *came, place.center, place.district, place.agency


def checklists(town: Town, visits: Sequence[Visit]) -> Iterable[Record]:
    template = town.items[0].template_id
    for visit in visits:
        if visit.status in SIGNED:
            place, signed = town.places[visit.agency], instant(visit.day, 17)
            yield identity(CHECKLIST, visit.n), identity(INSPECTION, visit.n), template, signed, signed, place.center, place.district, place.agency


def found(town: Town, visits: Sequence[Visit], *, answered: bool) -> Iterable[Record]:
    """Each NO: as the answer in the form, or as the finding that follows from it."""
    for visit in visits:
        place = town.places[visit.agency]
        for item in visit.items:
            n = visit.n * len(town.items) + item
            said = REMARKS[n % len(REMARKS)], CORRECTIONS[n % len(CORRECTIONS)], place.center, place.district, place.agency
            row = identity(ANSWER, n), identity(INSPECTION, visit.n), town.items[item].id, *said
            yield (*row, identity(CHECKLIST, visit.n), "NO", identity(PERSON, visit.n * TEAM % len(externals(town)))) if answered else row


async def write(driver: asyncpg.Connection, town: Town, visits: Sequence[Visit]) -> None:
    tenants = "center_id district_id agency_id"
    columns = f"id occupation level mode candidate_count place starts_at ends_at status {tenants}"
    await copied(driver, RecognitionSession, columns, records=sessions(town, visits))
    columns = (
        f"id {tenants} dispatcher_id recognition_session_id profile_id scheduled_on status form venue internal notified_at closed_at cancel_reason"
    )
    await copied(driver, Inspection, columns, records=inspections(town, visits))
    columns = (
        "id inspection_id supervisor_id person_id dispatcher_id recognition_session_id duty_on internal role status starts_at ends_at reply_by"
        f" card_id checked_in_at {tenants}"
    )
    await copied(driver, Assignment, columns, records=places(town, visits))
    await copied(driver, Checklist, f"id inspection_id template_id site_signed_at signed_at {tenants}", records=checklists(town, visits))
    columns = f"id inspection_id item_id remark correction {tenants}"
    await copied(driver, Answer, f"{columns} checklist_id value person_id", records=found(town, visits, answered=True))
    await copied(driver, Finding, columns, records=found(town, visits, answered=False))
