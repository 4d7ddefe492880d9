"""What follows a visit: an opinion letter, still a draft before it is served, and a rectification wherever there was a finding."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import asyncpg

from models.inspections import InspectionStatus
from models.opinions import OpinionLetter, OpinionLetterStatus, Rectification, RectificationStatus
from seeds.scale_town import INSPECTION, LETTER, RECTIFICATION, SERVING, SIGNED, Record, Town, Visit, copied, identity, instant

GIVEN = timedelta(days=15)
OPEN = (RectificationStatus.SUBMITTED, RectificationStatus.REQUIRED, RectificationStatus.SENT_BACK)
TENANTS = "center_id district_id agency_id"


def rectified(visit: Visit) -> RectificationStatus | None:
    """How the rectification stands, where there is one: with the end of the case it is accepted, until then in turn."""
    if not visit.items or visit.status is InspectionStatus.CHECKLIST_SIGNED:
        return None
    return RectificationStatus.ACCEPTED if visit.status is InspectionStatus.CLOSED else OPEN[visit.n % len(OPEN)]


def letters(town: Town, visits: Sequence[Visit]) -> Iterable[Record]:
    for visit in visits:
        if visit.status in SIGNED:
            place, served = town.places[visit.agency], visit.status is not InspectionStatus.CHECKLIST_SIGNED
            status = OpinionLetterStatus.SERVED if served else OpinionLetterStatus.DRAFT
            what = identity(LETTER, visit.n), identity(INSPECTION, visit.n), place.district, str(status), "请按督导意见整改。", bool(visit.items)
            times = visit.day + GIVEN if visit.items else None, instant(visit.day + SERVING, 10) if served else None
            yield *what, *times, place.center, place.district, place.agency


def rectifications(town: Town, visits: Sequence[Visit]) -> Iterable[Record]:
    for visit in visits:
        status = rectified(visit)
        if status is not None:
            place, required = town.places[visit.agency], status is RectificationStatus.REQUIRED
            text, sent = (None, None) if required else ("已整改。", instant(visit.day + timedelta(days=6), 10))
            comment = "材料不全。" if status is RectificationStatus.SENT_BACK else None
            what = identity(RECTIFICATION, visit.n), identity(INSPECTION, visit.n), identity(LETTER, visit.n), place.district, str(status)
            yield *what, visit.day + GIVEN, text, comment, sent, instant(visit.day + SERVING, 10), place.center, place.district, place.agency


async def write(driver: asyncpg.Connection, town: Town, visits: Sequence[Visit]) -> None:
    columns = f"id inspection_id dispatcher_id status text requires_rectification due_on served_at {TENANTS}"
    await copied(driver, OpinionLetter, columns, records=letters(town, visits))
    columns = f"id inspection_id opinion_letter_id dispatcher_id status due_on text comment submitted_at served_at {TENANTS}"
    await copied(driver, Rectification, columns, records=rectifications(town, visits))
