"""Until when a supervision report is due, as an expression over its inspection: for lists, which judge every row at once (003 §12, 000 §11(四))."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Integer, Select, Text, and_, cast, exists, extract, func, literal_column, or_, select

from domain.calendar import SATURDAY
from models.base import table_of
from models.holidays import HolidayCalendar
from models.inspections import Inspection
from models.organizations import Profile

WORKING_DAYS = """'$[*] ? (@.id == "supervision_report.working_days").value'::jsonpath"""


def working_day_after(center: ColumnElement[UUID], day: ColumnElement[date], count: ColumnElement[int]) -> ColumnElement[date]:
    """`calendar.add_working_days` by the holidays of a center; null where the count is."""
    longest = count * literal_column("3") + literal_column("30")  # no month is off
    each = func.generate_series(literal_column("1"), longest).table_valued("later", name="later").render_derived()
    then = day + each.c.later
    off, worked = named(center, then, "days_off"), named(center, then, "working_days")
    weekday = extract("isodow", then) <= literal_column(str(SATURDAY))
    days = select(then).select_from(each).where(or_(worked, and_(weekday, ~off))).order_by(then)
    return cast(days.offset(count - literal_column("1")).limit(literal_column("1")).correlate_except(each).scalar_subquery(), Date)


def named(center: ColumnElement[UUID], day: ColumnElement[date], column: str) -> ColumnElement[bool]:
    h = table_of(HolidayCalendar).alias(f"with_{column}")
    found = exists(select(literal_column("1")).select_from(h).correlate_except(h))
    return found.where(h.c.center_id == center, h.c[column].op("?", is_comparison=True)(cast(day, Text)))


def report_due_on(inspection: ColumnElement[UUID]) -> ColumnElement[date | None]:
    """The last day for the report on an inspection, by the rules it is judged by; null where these know no such limit, and of an agency's own."""
    i, p = table_of(Inspection).alias("reported"), table_of(Profile).alias("judged_by")
    days = cast(func.jsonb_path_query_first(p.c.rules, literal_column(WORKING_DAYS)), Integer)
    due: Select[Any] = select(working_day_after(i.c.center_id, i.c.scheduled_on, days)).select_from(i).join(p, p.c.id == i.c.profile_id)
    return due.where(i.c.id == inspection, i.c.internal.is_(False), days.is_not(None)).correlate_except(i, p).scalar_subquery()
