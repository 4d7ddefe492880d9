"""年检覆盖 (000 §10(三), Y036): which agencies of an area had their annual inspection in a year, and which still lack it. Worked out by PostgreSQL."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Integer, Select, Text, Uuid, and_, bindparam, cast, func, literal_column, null, or_, select, true
from sqlalchemy.sql.elements import KeyedColumnElement

from domain.errors import BadInput
from domain.figures import word
from models.base import table_of
from models.inspections import Inspection
from models.organizations import Organization, Profile

FIRST_YEAR, LAST_YEAR = 2000, 2999
MOST = 200
"""Agencies that are named; the count says how many there are."""

YEAR = bindparam("given_year", type_=Integer(), required=False)
AREA = table_of(Organization).alias("area")
DONE = ("CHECKLIST_SIGNED", "OPINION_SERVED", "CLOSED")
UNDER_WAY = ("DISPATCHED", "NOTIFIED", "IN_PROGRESS")
PERIOD = literal_column("""'$[*] ? (@.id == "annual_inspection.period")'::jsonpath""", Text)


def year_of(year: int) -> int:
    """BadInput for one that no calendar here has."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadInput("year", "range", least=FIRST_YEAR, most=LAST_YEAR)
    return year


def of_area(agency: FromClause, area: ColumnElement[UUID]) -> ColumnElement[bool]:
    return and_(agency.c.tier == word("AGENCY"), or_(agency.c.center_id == area, agency.c.district_id == area))


def visits(agency: FromClause, statuses: tuple[str, ...]) -> Select[Any]:
    """The annual inspection of the year, in one of these states; at most one is not called off."""
    i = table_of(Inspection).alias("annual")
    stands = (i.c.status.in_([word(one) for one in statuses]), i.c.form == word("ANNUAL"))
    return select(i.c.scheduled_on).where(i.c.agency_id == agency.c.id, i.c.year == YEAR, *stands).correlate_except(i)


def counted() -> FromClause:
    a = table_of(Organization).alias("agency")
    done, coming = visits(a, DONE).exists(), visits(a, UNDER_WAY).exists()
    columns = (func.count().label("agencies"), func.count().filter(done).label("inspected"), func.count().filter(coming).label("under_way"))
    return select(*columns).where(of_area(a, AREA.c.id)).correlate(AREA).lateral("counted")


def asked_for() -> ColumnElement[bool]:
    """Whether the rules in force at the end of the year ask for one."""
    p = table_of(Profile).alias("in_force")
    mine = (p.c.organization_id == AREA.c.center_id, p.c.effective_from <= func.make_date(YEAR, literal_column("12"), literal_column("31")))
    latest = select(func.jsonb_path_exists(p.c.rules, PERIOD)).where(*mine).order_by(p.c.effective_from.desc()).limit(literal_column("1"))
    return func.coalesce(latest.correlate(AREA).scalar_subquery(), literal_column("false"))


COUNTED = counted()

AREAS = (
    select(
        AREA.c.id,
        AREA.c.center_id,
        AREA.c.district_id,
        AREA.c.agency_id,
        cast(null(), Uuid()).label("inspection_id"),
        AREA.c.name,
        YEAR.label("year"),
        asked_for().label("required"),
        COUNTED.c.agencies,
        COUNTED.c.inspected,
        COUNTED.c.under_way,
    )
    .select_from(AREA.join(COUNTED, true()))
    .where(AREA.c.tier.in_([word("CENTER"), word("DISTRICT")]))
)
"""Each center and district with how far its annual inspections of the year have come. Whoever reads the ratings below reads it."""


def missing(area: KeyedColumnElement[UUID], required: ColumnElement[bool]) -> Select[Any]:
    """The first agencies, by code, without an annual inspection that is done; with the day of the one that is planned. None where none is asked for."""
    a, d = table_of(Organization).alias("agency"), table_of(Organization).alias("district")
    planned = visits(a, UNDER_WAY).limit(literal_column("1")).scalar_subquery()
    named = func.concat(word("agc_"), func.replace(cast(a.c.id, Text), word("-"), word("")))
    columns = (named.label("agency"), a.c.name, a.c.code, d.c.name.label("district"), planned.label("scheduled_on"))
    found = select(*columns).select_from(a.outerjoin(d, d.c.id == a.c.district_id)).where(required, of_area(a, area), ~visits(a, DONE).exists())
    return found.order_by(a.c.code).limit(literal_column(str(MOST))).correlate(area.table)
