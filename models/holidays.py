"""The working days of a center's jurisdiction, by year: which days are off, and on which weekend days work is done instead (调休)."""

from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.base import Json, Row, Tenanted


class HolidayCalendar(Row, Tenanted, table=True):
    """Days as YYYY-MM-DD, in their order. Without a row for a year, its weekends are off and nothing else."""

    __tablename__ = "holiday_calendar"
    __table_args__ = (
        UniqueConstraint("center_id", "year"),
        CheckConstraint("district_id IS NULL AND agency_id IS NULL", "of_a_center"),
        CheckConstraint("year BETWEEN 2000 AND 2999", "year"),
    )
    year: int
    days_off: list[Any] = Field(sa_type=Json)
    working_days: list[Any] = Field(sa_type=Json)
