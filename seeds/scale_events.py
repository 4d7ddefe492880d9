"""The log of the large jurisdiction: what an agency meets of an inspection, and each filing of a return, in the chain of the district, day by day.

An inspection has six steps or so; written are those that open it to the agency, end the visit and end the case, or the log would be half of the load.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple, cast
from uuid import UUID

import asyncpg

from domain.inspections import STEPS, Step
from domain.machine import GENESIS, digest_of
from models.events import ChainHead, Event
from models.inspections import Inspection, InspectionStatus
from models.returns import MonthlyReturn, MonthlyReturnStatus
from seeds.scale_cases import UNNOTIFIED
from seeds.scale_people import externals
from seeds.scale_returns import Filed
from seeds.scale_town import CANCELLED_FOR, CLOSING, EVENT, INSPECTION, PERSON, SIGNED, TEAM, Record, Town, Visit, copied, identity, instant


class Milestone(NamedTuple):
    """A step from a status: how long after the visit and at what hour it is taken, and where those stand now who took it."""

    step: Step
    before: InspectionStatus
    later: timedelta
    hour: int
    statuses: Collection[InspectionStatus]


MILESTONES = (
    Milestone(Step.CANCEL, InspectionStatus.DISPATCHED, timedelta(days=-3), 9, (InspectionStatus.CANCELLED,)),
    Milestone(Step.NOTIFY, InspectionStatus.DISPATCHED, timedelta(days=-1), 10, [one for one in InspectionStatus if one not in UNNOTIFIED]),
    Milestone(Step.CLOSE, InspectionStatus.OPINION_SERVED, CLOSING, 16, (InspectionStatus.CLOSED,)),
    Milestone(Step.SIGN, InspectionStatus.IN_PROGRESS, timedelta(0), 17, SIGNED),
)
"""By the hour."""


class Link(NamedTuple):
    """The columns of an event, but for its digest."""

    id: UUID
    center_id: UUID
    organization_id: UUID
    sequence: int
    profile_id: UUID
    previous: bytes
    agency_id: UUID | None
    district_id: UUID
    at: datetime
    person_id: UUID
    subject_kind: str
    subject_id: UUID
    step: str
    from_status: str | None
    to_status: str
    reason: str | None


Taken = tuple[UUID | None, UUID, datetime, UUID, str, UUID, str, str | None, str, str | None]
"""One step before it stands in a chain: the columns of a link from `agency_id` on."""


def steps(town: Town, visits: Sequence[Visit], filed: Sequence[Filed]) -> Iterator[Taken]:
    """All of them, day by day. The leader of the team signs, the district's dispatcher does all else."""
    by_day, returns = defaultdict[date, list[Visit]](list), defaultdict[date, list[Filed]](list)
    for visit in visits:
        by_day[visit.day].append(visit)
    for one in filed:
        returns[one.on].append(one)
    first, last = min(by_day), max([*by_day, *returns])
    for n in range((last - first).days + 30):
        day = first + timedelta(days=n - 15)
        for milestone in MILESTONES:
            taking = (visit for visit in by_day.get(day - milestone.later, ()) if visit.status in milestone.statuses)
            yield from (taken(town, visit, milestone, at=instant(day, milestone.hour)) for visit in taking)
        for one in returns.get(day, ()):
            submitted = MonthlyReturn.__name__, one.id, "SUBMIT", None, MonthlyReturnStatus.SUBMITTED, None
            yield None, one.district, one.at, town.dispatchers[one.district], *submitted


def taken(town: Town, visit: Visit, milestone: Milestone, *, at: datetime) -> Taken:
    place, step, before = town.places[visit.agency], milestone.step, milestone.before
    by = identity(PERSON, visit.n * TEAM % len(externals(town))) if step is Step.SIGN else town.dispatchers[place.district]
    reason = CANCELLED_FOR if step is Step.CANCEL else None
    return place.agency, place.district, at, by, Inspection.__name__, identity(INSPECTION, visit.n), step, before, STEPS[before, step], reason


def links(town: Town, all_taken: Iterable[Taken], heads: dict[UUID, tuple[int, bytes]]) -> Iterator[Record]:
    """Each step as the next link of its district's chain; `heads` ends as the newest link of each."""
    center, profile = town.center.id, town.profile
    for n, one in enumerate(all_taken):
        district = one[1]
        sequence, previous = heads.get(district, (0, GENESIS))
        link = Link(identity(EVENT, n), center, district, sequence + 1, profile, previous, *one)
        digest = digest_of(cast("Event", link))  # it has the facts of one; making the row itself takes longer than all else here
        heads[district] = (sequence + 1, digest)
        yield *link, digest


async def write(driver: asyncpg.Connection, town: Town, visits: Sequence[Visit], *, filed: Sequence[Filed]) -> None:
    heads: dict[UUID, tuple[int, bytes]] = {}
    await copied(driver, Event, f"{' '.join(Link._fields)} digest", records=links(town, steps(town, visits, filed), heads))
    await copied(driver, ChainHead, "organization_id sequence digest", records=((one, *head) for one, head in heads.items()))
