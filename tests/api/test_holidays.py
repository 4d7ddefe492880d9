from datetime import date, timedelta
from typing import Any

import pytest

from domain.calendar import Holidays
from domain.reminders import last_day_over
from models.events import Event
from models.holidays import HolidayCalendar
from tests.making_rules import NATIONAL_DAY, entered
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

SET = """mutation($input: HolidayCalendarSetInput!) { holidayCalendarSet(input: $input) { replayed event { step reason } holidayCalendar {
  id version year daysOff workingDays center { id } history(first: 5) { nodes { step } } } } }"""
ONE = "query($id: ID!) { holidayCalendar(id: $id) { year daysOff workingDays } }"
LIST = "query($filter: HolidayCalendarFilter) { holidayCalendars(first: 9, filter: $filter) { nodes { id year } totalCount } }"
OFF = [f"2026-10-0{day}" for day in range(1, 8)]
WORKED = ["2026-09-20", "2026-10-10"]


def year(number: int = 2026, **other: object) -> dict[str, object]:
    return {"idempotencyKey": key(), "year": number, "daysOff": OFF, "workingDays": WORKED} | other


def why(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


@pytest.mark.requirement("A04", "Y041")
async def test_the_administrator_of_a_center_enters_the_holidays_and_everybody_reads_them(world: World, elsewhere: World) -> None:
    done = (await world.done("center_admin", SET, input=year(daysOff=OFF[::-1])))["holidayCalendarSet"]
    made = done["holidayCalendar"]
    assert (made["version"], made["daysOff"], made["workingDays"]) == (1, OFF, WORKED)
    assert made["center"] == {"id": shown("ctr", world.center.id)}
    assert done["event"]["reason"] == "2026 off: 10-01 10-02 10-03 10-04 10-05 10-06 10-07; worked: 09-20 10-10"
    mine = {"center": {"eq": shown("ctr", world.center.id)}}
    for who, asker in ((world, "agency_clerk_0"), (world, "district_clerk_1"), (elsewhere, "agency_admin_0")):
        assert (await who.done(asker, ONE, id=made["id"]))["holidayCalendar"] == {"year": 2026, "daysOff": OFF, "workingDays": WORKED}
        assert (await who.done(asker, LIST, filter=mine | {"year": {"eq": 2026}}))["holidayCalendars"]["totalCount"] == 1
        assert (await who.done(asker, LIST, filter=mine | {"year": {"eq": 2027}}))["holidayCalendars"]["totalCount"] == 0


async def test_a_year_is_entered_anew_as_a_whole(world: World) -> None:
    await entered(world)
    stale = await world.ask("center_admin", SET, input=year(expectedVersion=2, daysOff=[]))
    assert (codes(stale), why(stale)["reason"]) == (["CONFLICT"], "STALE")
    none = await world.ask("center_admin", SET, input=year(2027, expectedVersion=1, daysOff=[], workingDays=[]))
    assert (codes(none), why(none)["reason"]) == (["CONFLICT"], "STALE")
    again = (await world.done("center_admin", SET, input=year(expectedVersion=1, daysOff=["2026-10-01"], workingDays=[])))["holidayCalendarSet"]
    assert (again["holidayCalendar"]["version"], again["holidayCalendar"]["daysOff"]) == (2, ["2026-10-01"])
    assert [one["step"] for one in again["holidayCalendar"]["history"]["nodes"]] == ["SET", "SET"]
    (row,) = await world.rows(HolidayCalendar, center_id=world.center.id)
    assert row.working_days == []


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"year": 2025, "daysOff": ["2025-10-01"], "workingDays": []}, "range"),
        ({"year": 2032, "daysOff": [], "workingDays": []}, "range"),
        ({"daysOff": ["2027-01-01"]}, "other_year"),
        ({"daysOff": ["2026-10-01", "2026-10-01"]}, "day_twice"),
        ({"daysOff": ["2026-10-10"]}, "day_twice"),
        ({"workingDays": ["2026-10-09"]}, "no_weekend"),
        ({"daysOff": [str(date(2026, 1, 1) + timedelta(days=n)) for n in range(101)]}, "too_many"),
    ],
)
async def test_days_that_cannot_be_are_refused(world: World, said: dict[str, object], problem: str) -> None:
    answer = await world.ask("center_admin", SET, input=year(**said))
    assert (codes(answer), why(answer)["problem"]) == (["BAD_USER_INPUT"], problem)
    assert await world.rows(HolidayCalendar, center_id=world.center.id) == []


async def test_nobody_else_enters_holidays(world: World) -> None:
    for asker in ("center_clerk", "center_dispatcher", "center_auditor", "district_admin_0", "agency_admin_0"):
        assert codes(await world.ask(asker, SET, input=year())) == ["FORBIDDEN"], asker
    assert await world.rows(HolidayCalendar, center_id=world.center.id) == []
    assert await world.rows(Event, center_id=world.center.id, subject_kind="HolidayCalendar") == []


@pytest.mark.requirement("Y040", "B035")
def test_what_is_late_is_told_from_the_working_days() -> None:
    """Three working days before Friday 9 October: from Tuesday on, or over the holiday, from Tuesday 29 September."""
    friday = date(2026, 10, 9)
    assert last_day_over(3, friday, Holidays()) == date(2026, 10, 5)
    assert last_day_over(3, friday, Holidays(off=frozenset(NATIONAL_DAY.off), worked=frozenset(NATIONAL_DAY.worked))) == date(2026, 9, 28)
