"""Shanghai days, months, half-open periods and working days. Everything is told the time; nothing here asks for it."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Self

from domain.profiles import Profile
from models.returns import Timeliness

# China has kept UTC+8 without summer time since 1992, so the offset needs no time zone files, which slim images lack.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

DECEMBER = 12
SATURDAY = 5
MONTH = re.compile(r"([1-9]\d{3})-(0[1-9]|1[0-2])", re.ASCII)


class HolidayRoll(StrEnum):
    NONE = "NONE"
    NEXT_WORKDAY = "NEXT_WORKDAY"


@dataclass(frozen=True, slots=True)
class Period:
    """From the first instant to the instant before `until`: half-open, in UTC."""

    start: datetime
    until: datetime

    def holds(self, instant: datetime) -> bool:
        return self.start <= instant < self.until

    def overlaps(self, other: Self) -> bool:
        """Two that only touch do not overlap."""
        return self.start < other.until and other.start < self.until


@dataclass(frozen=True, slots=True)
class Holidays:
    """Which days are off although they are no weekend, and on which days of a weekend work is done instead (调休)."""

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()


WEEKENDS_ONLY = Holidays()


@dataclass(frozen=True, slots=True, order=True)
class Month:
    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """From "2026-09"; ValueError for anything else."""
        match = MONTH.fullmatch(text)
        if match is None:
            raise ValueError(f"not a month (YYYY-MM): {text!r}")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Self:
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    def next(self) -> "Month":
        return Month(self.year + 1, 1) if self.number == DECEMBER else Month(self.year, self.number + 1)

    def previous(self) -> "Month":
        return Month(self.year - 1, DECEMBER) if self.number == 1 else Month(self.year, self.number - 1)

    def day(self, number: int) -> date:
        return date(self.year, self.number, number)

    def first_day(self) -> date:
        return self.day(1)

    def last_day(self) -> date:
        return self.next().first_day() - timedelta(days=1)

    def bounds(self) -> Period:
        """The month in Shanghai as instants in UTC."""
        return Period(start_of_day(self.first_day()), start_of_day(self.next().first_day()))


def shanghai_day(instant: datetime) -> date:
    """The day on the wall in Shanghai. A time without a zone is an error of ours: ValueError."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(SHANGHAI).date()


def start_of_day(day: date) -> datetime:
    return datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The first instant that is no longer this day in Shanghai: a limit to stay below."""
    return start_of_day(day + timedelta(days=1))


def is_working_day(day: date, holidays: Holidays = WEEKENDS_ONLY) -> bool:
    return day in holidays.worked or (day.weekday() < SATURDAY and day not in holidays.off)


def add_working_days(day: date, count: int, holidays: Holidays = WEEKENDS_ONLY) -> date:
    """The count-th working day after `day`, which itself does not count."""
    if count < 0:
        raise ValueError("working days are counted forward")
    for _ in range(count):
        day = next_working_day(day + timedelta(days=1), holidays)
    return day


def next_working_day(day: date, holidays: Holidays = WEEKENDS_ONLY) -> date:
    """The day itself, if work is done on it."""
    while not is_working_day(day, holidays):
        day += timedelta(days=1)
    return day


def monthly_return_due(month: Month, rules: Profile, *, holidays: Holidays = WEEKENDS_ONLY) -> datetime | None:
    """When the return on `month` is late: 每月5日前 runs to the end of the 5th of the next month in Shanghai (003 §15, A03, A04).

    None where the profile knows no monthly return (D24).
    """
    due_day = rules.optional_integer("monthly_return.due_day")
    if due_day is None:
        return None
    day = month.next().day(due_day)
    if rules.optional_text("monthly_return.holiday_roll") == HolidayRoll.NEXT_WORKDAY:
        day = next_working_day(day, holidays)
    return end_of_day(day) if rules.flag("monthly_return.inclusive") else start_of_day(day)


def timeliness(submitted_at: datetime, due: datetime) -> Timeliness:
    """Fixed by the first submission; none until then (INV14, A03). Late is never locked."""
    return Timeliness.ON_TIME if submitted_at < due else Timeliness.LATE


def add_months(day: date, count: int) -> date:
    """The same day of a later month, or its last day where there is none: 31 January and one month are 28 February."""
    total = day.year * 12 + day.month - 1 + count
    month = Month(total // 12, total % 12 + 1)
    return month.day(min(day.day, month.last_day().day))


def age_on(birth: date, day: date) -> int:
    """Completed years (周岁). Who is born on 29 February completes a year on 1 March of a common year; ValueError before birth."""
    if day < birth:
        raise ValueError("the day lies before the birth")
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def completes(birth: date, years: int) -> date:
    """The day on which somebody completes so many years: the first one on which `age_on` says so."""
    try:
        return birth.replace(year=birth.year + years)
    except ValueError:
        return date(birth.year + years, 3, 1)
