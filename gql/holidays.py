"""节假日安排 in the graph: which days of a year are off in a center's jurisdiction, and on which weekend days work is done."""

from datetime import date
from enum import Enum

import strawberry

from authz.actions import Action
from domain import holidays
from domain.holidays import Days
from domain.machine import stale
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.organizations import CENTERS, EVENTS, Center, Event, Versioned
from gql.reading.declare import Source, bound, column, given, one, page
from gql.reading.paging import Among, Arguments, Connection, IdFilter, where
from models.holidays import HolidayCalendar as HolidayCalendarRow

HOLIDAY_CALENDARS = Source(HolidayCalendarRow, "HolidayCalendar", "hol")
SET = Action.HOLIDAY_CALENDAR_SET


@strawberry.type(description="一年的节假日安排: limits in working days are counted by it. Without one, weekends alone are off.")
class HolidayCalendar(Versioned):
    center: Center | None = one("center_id", CENTERS, "In whose jurisdiction.")
    year: int = column("year", "The year.")
    days_off: list[date] = column("days_off", "放假: the days off, in their order.")
    working_days: list[date] = column("working_days", "调休上班: days of a weekend on which work is done, in their order.")


@strawberry.input(description="Which calendars.")
class HolidayCalendarFilter:
    center: IdFilter | None = where("center_id", "In whose jurisdiction.", "ctr")
    year: Among[int] | None = where("year", "Of which year.")


@strawberry.enum(description="What calendars may be sorted by.")
class HolidayCalendarOrder(Enum):
    YEAR = strawberry.enum_value("year", description="By year.")


@strawberry.type
class Query:
    holiday_calendars: Connection[HolidayCalendar] | None = page(
        None,
        HOLIDAY_CALENDARS,
        "The holidays of all centers, by year.",
        type=Connection[HolidayCalendar],
        arguments=Arguments(HolidayCalendarFilter, HolidayCalendarOrder),
    )
    holiday_calendar: HolidayCalendar | None = row(HOLIDAY_CALENDARS, "The holidays of one year of one center.", HolidayCalendar)


@strawberry.input(description="The holidays of one year, as announced: all of them.")
class HolidayCalendarSetInput(Keyed):
    year: int = strawberry.field(description="Which year: this one, or one of the next five.")
    days_off: list[date] = strawberry.field(description="放假: the days off, at most 100; the weekends in a holiday may be among them.")
    working_days: list[date] = strawberry.field(description="调休上班: days of a weekend on which work is done, at most 100.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.type(description="A calendar just entered.")
class HolidayCalendarPayload:
    holiday_calendar: HolidayCalendar | None = given("holiday_calendar", HOLIDAY_CALENDARS, "The calendar.")
    event: Event | None = given("event", EVENTS, "The event written; it keeps the days.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type
class Mutation:
    @mutation(SET, "录入一年的节假日安排: in place of what was entered for that year before. Limits that run already stay.")
    async def holiday_calendar_set(call: Call, input: HolidayCalendarSetInput) -> HolidayCalendarPayload:
        calendar = await holidays.of_year(call.session, input.year, act=call.act)
        call.require(SET, calendar)
        stale(calendar, input.expected_version)
        event = await holidays.enter(call.session, calendar, Days(input.days_off, input.working_days), act=call.act)
        return changed(HolidayCalendarPayload, holiday_calendar=calendar.id, event=event.id)
