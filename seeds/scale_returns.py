"""The monthly return of each district on each month that is over, with the very lines and the digest that the domain would compose."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from domain.calendar import Month, timeliness
from domain.figures import Coverage, Line, needed, sealed
from domain.returns import due_of
from models.inspections import InspectionStatus
from models.returns import MonthlyReturn, MonthlyReturnStatus
from seeds.scale_cases import subject
from seeds.scale_letters import rectified
from seeds.scale_town import (
    CLOSING,
    DAYS,
    FIRST_DAY,
    INSPECTION,
    RECOGNITION,
    RETURN,
    SESSIONS_PER_INSPECTION,
    SIGNED,
    TEAM,
    Record,
    Town,
    Visit,
    copied,
    identity,
    instant,
)

LATE_ONE_IN = 20

Account = tuple[UUID, Month]


class Filed(NamedTuple):
    """That a return was filed."""

    id: UUID
    district: UUID
    on: date
    at: datetime


def line(town: Town, visit: Visit) -> Line:
    """As domain.figures writes it of the rows that are written beside: only a NO is answered."""
    place, n = town.places[visit.agency], visit.n * SESSIONS_PER_INSPECTION
    occupation, level, mode, candidates = subject(n)
    return {
        "inspection": identity(INSPECTION, visit.n).hex,
        "recognition_session": identity(RECOGNITION, n).hex,
        "agency": place.name,
        "credit_code": place.credit_code,
        "occupation": occupation,
        "level": level,
        "mode": mode,
        "candidate_count": candidates,
        "held_on": visit.day.isoformat(),
        "scheduled_on": visit.day.isoformat(),
        "closed_on": (visit.day + CLOSING).isoformat(),
        "team_size": TEAM,
        "yes": 0,
        "no": len(visit.items),
        "not_applicable": 0,
        "not_observed": 0,
        "findings": [town.items[item].code for item in visit.items],
        "rectification": rectified(visit),
    }


def months() -> list[Month]:
    """Those that are over on the last day."""
    found, month = [], Month.of(FIRST_DAY)
    while month.last_day() < FIRST_DAY + timedelta(days=DAYS):
        found.append(month)
        month = month.next()
    return found


class Counted:
    """What the returns say, by district and month."""

    def __init__(self, town: Town, visits: Sequence[Visit]) -> None:
        self.held, self.inspected, self.closed = Counter[Account](), Counter[Account](), defaultdict[Account, list[Visit]](list)
        for visit in visits:
            month = Month.of(visit.day)
            for n in range(SESSIONS_PER_INSPECTION):
                self.held[town.places[(visit.agency + n) % len(town.places)].district, month] += 1
            district = town.places[visit.agency].district
            self.inspected[district, month] += visit.status in SIGNED
            if visit.status is InspectionStatus.CLOSED:
                self.closed[district, Month.of(visit.day + CLOSING)].append(visit)


def submitted(n: int, month: Month) -> date:
    """On the third, or, one in twenty, on the seventh: too late."""
    return month.next().day(7 if n % LATE_ONE_IN == LATE_ONE_IN - 1 else 3)


def returns(town: Town) -> list[Filed]:
    found = enumerate(product(months(), town.dispatchers))
    days = ((n, district, submitted(n, month)) for n, (month, district) in found)
    return [Filed(identity(RETURN, n), district, day, instant(day, 10)) for n, district, day in days]


def records(town: Town, visits: Sequence[Visit]) -> Iterable[Record]:
    counted, ratio = Counted(town, visits), town.rules.optional_ratio("sampling.min_ratio")
    for one, (month, district) in zip(returns(town), product(months(), town.dispatchers), strict=True):
        held, due = counted.held[district, month], due_of(month, town.rules)
        reached = Coverage(held, counted.inspected[district, month], needed(held, ratio))
        lines = [line(town, visit) for visit in counted.closed[district, month]]
        figures = reached.held, reached.inspected, reached.needed, written(lines), sealed(district, month, reached, lines=lines).digest, "[]"
        state = str(MonthlyReturnStatus.SUBMITTED), str(timeliness(one.at, due)), due, one.at
        yield one.id, town.center.id, district, district, str(month), 1, *state, *figures


def written(lines: Sequence[dict[str, Any]]) -> str:
    return json.dumps(lines, ensure_ascii=False)


async def write(driver: asyncpg.Connection, town: Town, visits: Sequence[Visit]) -> None:
    columns = (
        "id center_id district_id organization_id month edition status timeliness due_at submitted_at"
        " sessions_held sessions_inspected sessions_needed lines digest differences"
    )
    await copied(driver, MonthlyReturn, columns, records=records(town, visits))
