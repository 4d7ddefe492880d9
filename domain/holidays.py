"""The working days of a center's jurisdiction: weekends, less the days worked instead (调休), and the holidays its administrator enters by year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, and_, cast, extract, func, literal_column, not_, or_
from sqlalchemy import select as select_columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import SATURDAY, Holidays, add_working_days, shanghai_day
from domain.errors import BadInput
from domain.machine import Act, record
from models.base import table_of
from models.events import Event
from models.holidays import HolidayCalendar

MOST_DAYS = 100
YEARS_AHEAD = 5
STEP = "SET"


@dataclass(frozen=True, slots=True)
class Days:
    """As announced for one year: whole holidays with the weekends in them, and the days of a weekend on which work is done."""

    off: Sequence[date]
    worked: Sequence[date]


async def holidays_of(session: AsyncSession, center_id: UUID, *, since: date) -> Holidays:
    """The holidays of a center from the year of a day on; weekends only where none were entered."""
    query = select(HolidayCalendar).where(col(HolidayCalendar.center_id) == center_id, col(HolidayCalendar.year) >= since.year)
    found = (await session.exec(query)).all()
    return Holidays(
        off=frozenset(date.fromisoformat(day) for one in found for day in one.days_off),
        worked=frozenset(date.fromisoformat(day) for one in found for day in one.working_days),
    )


async def working_days_on(session: AsyncSession, center_id: UUID, since: date, *, days: int) -> date:
    """The day that so many working days of the center end on."""
    return add_working_days(since, days, await holidays_of(session, center_id, since=since))


def days_to_work(day: ColumnElement[Any], center: ColumnElement[UUID]) -> ColumnElement[Any]:
    """How many days the first working day lies behind this one, as `domain.calendar.next_working_day` says it, for a statement that has both."""
    ahead = func.generate_series(literal_column("0"), literal_column("366")).table_valued("later", name="ahead").render_derived()
    later = cast(ahead.c.later, Integer)
    h, weekday = table_of(HolidayCalendar).alias("entered"), cast(extract("isodow", day + later), Integer)
    said = func.to_char(day + later, literal_column("'YYYY-MM-DD'"))
    worked, off = (
        select_columns(h.c.id).where(h.c.center_id == center, func.jsonb_exists(days, said)).correlate_except(h).exists()
        for days in (h.c.working_days, h.c.days_off)
    )
    works = or_(worked, and_(weekday <= literal_column(str(SATURDAY)), not_(off)))
    return select_columns(func.min(later)).where(works).correlate_except(ahead).scalar_subquery()


async def of_year(session: AsyncSession, year: int, *, act: Act) -> HolidayCalendar:
    """The row of the organization acted for, locked, or a new one that is not saved yet."""
    mine = (col(HolidayCalendar.center_id) == act.organization_id, col(HolidayCalendar.year) == year)
    found = (await session.exec(select(HolidayCalendar).where(*mine).with_for_update())).one_or_none()
    return found or HolidayCalendar(center_id=act.organization_id, year=year, days_off=[], working_days=[], version=0)


async def enter(session: AsyncSession, row: HolidayCalendar, days: Days, *, act: Act) -> Event:
    """Says anew which days of the year are off or worked. Limits that run already stay as they were set.

    BadInput for a year that is over, a day of another year, one that stands twice, and for a day worked that is no weekend.
    """
    today = shanghai_day(act.at)
    if not today.year <= row.year <= today.year + YEARS_AHEAD:
        raise BadInput("year", "range", least=today.year, most=today.year + YEARS_AHEAD)
    for field, several in (("daysOff", days.off), ("workingDays", days.worked)):
        of_the_year(field, several, row.year)
    both = sorted(set(days.off) & set(days.worked))
    if both:
        raise BadInput("workingDays", "day_twice", day=both[0].isoformat())
    weekday = next((day for day in days.worked if day.weekday() < SATURDAY), None)
    if weekday is not None:
        raise BadInput("workingDays", "no_weekend", day=weekday.isoformat())
    row.days_off, row.working_days = ([day.isoformat() for day in sorted(one)] for one in (days.off, days.worked))
    row.version += 1
    session.add(row)
    await session.flush()
    return await record(session, row, step=STEP, act=act, reason=told(row))


def of_the_year(field: str, days: Sequence[date], year: int) -> None:
    if len(days) > MOST_DAYS:
        raise BadInput(field, "too_many", most=MOST_DAYS)
    for day in days:
        if day.year != year:
            raise BadInput(field, "other_year", day=day.isoformat(), year=year)
        if days.count(day) > 1:
            raise BadInput(field, "day_twice", day=day.isoformat())


def told(row: HolidayCalendar) -> str:
    """For the history, which keeps what was entered before."""
    off, worked = (" ".join(day[5:] for day in one) for one in (row.days_off, row.working_days))
    return f"{row.year} off: {off or '-'}; worked: {worked or '-'}"
