from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import (
    SHANGHAI,
    Holidays,
    Month,
    Period,
    add_months,
    add_working_days,
    age_on,
    completes,
    end_of_day,
    is_working_day,
    monthly_return_due,
    shanghai_day,
    start_of_day,
    timeliness,
)
from domain.profiles import Profile, parse_profile
from models.returns import Timeliness

PROFILES = Path(__file__).parents[2] / "seeds" / "profiles"


def profile(slug: str, **changes: str) -> Profile:
    text = (PROFILES / f"{slug}.toml").read_text(encoding="utf-8")
    for old, new in changes.items():
        text = text.replace(old, new)
    return parse_profile(text, effective_from=date(2026, 1, 1))


BEIJING = profile("beijing-municipal")


def test_a_month_is_read_and_written():
    assert str(Month.parse("2026-09")) == "2026-09"
    assert Month.parse("2026-12").next() == Month(2027, 1)
    assert Month.parse("2026-01").previous() == Month(2025, 12)
    assert Month(2024, 2).last_day() == date(2024, 2, 29)
    assert Month.of(date(2026, 9, 30)) == Month(2026, 9)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-9", "26-09", "2026/09", "2026-09-01", "", "２０２６-09", "0000-01", "2026-09\n"])
def test_what_is_no_month_is_refused(text):
    with pytest.raises(ValueError, match="not a month"):
        Month.parse(text)


def test_a_month_is_bounded_by_shanghai_days_in_utc():
    bounds = Month(2026, 9).bounds()
    assert bounds == Period(datetime(2026, 8, 31, 16, tzinfo=UTC), datetime(2026, 9, 30, 16, tzinfo=UTC))
    assert bounds.holds(bounds.start)
    assert not bounds.holds(bounds.until)
    assert bounds.until == Month(2026, 10).bounds().start


def test_periods_that_touch_do_not_overlap():
    nine, ten, eleven = (datetime(2026, 9, 1, hour, tzinfo=UTC) for hour in (9, 10, 11))
    assert not Period(nine, ten).overlaps(Period(ten, eleven))
    assert Period(nine, eleven).overlaps(Period(ten, eleven))


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants its bounds without a zone
def test_every_instant_lies_in_its_shanghai_day(instant):
    day = shanghai_day(instant)
    assert start_of_day(day) <= instant < end_of_day(day)
    assert end_of_day(day) == start_of_day(day + timedelta(days=1))


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        shanghai_day(datetime(2026, 9, 1))  # noqa: DTZ001


@pytest.mark.requirement("INV14", "B053")
def test_the_return_is_on_time_until_the_end_of_the_fifth_in_shanghai():
    due = monthly_return_due(Month(2026, 9), BEIJING)
    assert due == datetime(2026, 10, 6, tzinfo=SHANGHAI)
    assert timeliness(datetime(2026, 10, 5, 23, 59, 59, 999999, tzinfo=SHANGHAI), due) is Timeliness.ON_TIME
    assert timeliness(datetime(2026, 10, 5, 15, 59, tzinfo=UTC), due) is Timeliness.ON_TIME
    assert timeliness(datetime(2026, 10, 6, tzinfo=SHANGHAI), due) is Timeliness.LATE


@pytest.mark.requirement("B053")
def test_inclusive_and_holiday_roll_are_the_profiles_to_choose():
    exclusive = profile("beijing-municipal", **{'"monthly_return.inclusive" = { value = true': '"monthly_return.inclusive" = { value = false'})
    assert monthly_return_due(Month(2026, 12), exclusive) == datetime(2027, 1, 5, tzinfo=SHANGHAI)
    rolling = profile(
        "beijing-municipal", **{'"monthly_return.holiday_roll" = { value = "NONE"': '"monthly_return.holiday_roll" = { value = "NEXT_WORKDAY"'}
    )
    holidays = Holidays(off=frozenset(date(2026, 10, day) for day in range(1, 8)))
    assert monthly_return_due(Month(2026, 9), rolling, holidays=holidays) == datetime(2026, 10, 9, tzinfo=SHANGHAI)


def test_where_there_is_no_return_nothing_is_due():
    assert monthly_return_due(Month(2026, 9), profile("yunnan-college-2023")) is None


@pytest.mark.requirement("Y041")
def test_working_days_skip_weekends_and_holidays_and_do_not_count_the_first():
    friday, saturday = date(2026, 9, 4), date(2026, 9, 5)
    assert is_working_day(friday)
    assert not is_working_day(saturday)
    assert add_working_days(friday, 1) == date(2026, 9, 7)
    assert add_working_days(saturday, 15) == date(2026, 9, 25)
    assert add_working_days(friday, 1, Holidays(off=frozenset({date(2026, 9, 7)}))) == date(2026, 9, 8)
    assert add_working_days(friday, 0) == friday
    moved = Holidays(off=frozenset({date(2026, 9, 7)}), worked=frozenset({saturday}))
    assert is_working_day(saturday, moved)
    assert [add_working_days(friday, count, moved) for count in (1, 2)] == [saturday, date(2026, 9, 8)]
    with pytest.raises(ValueError, match="forward"):
        add_working_days(friday, -1)


def test_months_are_added_without_leaving_the_month():
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2023, 9, 1), 36) == date(2026, 9, 1)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)


def test_completed_years():
    assert age_on(date(1960, 9, 10), date(2026, 9, 9)) == 65
    assert age_on(date(1960, 9, 10), date(2026, 9, 10)) == 66
    assert age_on(date(1964, 2, 29), date(2025, 2, 28)) == 60
    assert age_on(date(1964, 2, 29), date(2025, 3, 1)) == 61
    assert age_on(date(1964, 2, 29), date(2024, 2, 29)) == 60
    with pytest.raises(ValueError, match="before"):
        age_on(date(2026, 1, 2), date(2026, 1, 1))


@pytest.mark.parametrize(("birth", "years"), [(date(1980, 2, 29), 45), (date(1980, 2, 29), 44), (date(1966, 9, 16), 61), (date(2000, 12, 31), 1)])
def test_the_day_that_completes_a_year_is_the_first_with_that_age(birth: date, years: int) -> None:
    day = completes(birth, years)
    assert (age_on(birth, day - timedelta(days=1)), age_on(birth, day)) == (years - 1, years)
