"""督导情况分析 (003 §15, B051): what was found, by line of the form, agency, district or month, in a period and in the one before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, FromClause, Select, Subquery, Text, cast, func, literal, nulls_last, select, true
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import BadInput
from domain.figures import INSPECTED
from models.base import table_of
from models.checklists import ChecklistItem, ChecklistTemplate, Finding
from models.inspections import Inspection
from models.organizations import Organization
from models.sessions import RecognitionMode, RecognitionSession

MOST = 100
LONGEST = timedelta(days=3 * 366)

INSPECTION, FINDING, ITEM = table_of(Inspection), table_of(Finding), table_of(ChecklistItem)


class By(StrEnum):
    ITEM = "ITEM"
    AGENCY = "AGENCY"
    DISTRICT = "DISTRICT"
    MONTH = "MONTH"


@dataclass(frozen=True, kw_only=True)
class Which:
    """Of which inspections: by the day they were scheduled for, from `since` to the day before `until`."""

    by: By
    since: date
    until: date
    agency_id: UUID | None = None
    district_id: UUID | None = None
    mode: RecognitionMode | None = None
    internal: bool = False


@dataclass(frozen=True)
class Readable:
    """What somebody may read, as conditions over the two tables, and the values of their parameters: nothing else is counted."""

    inspections: ColumnElement[bool]
    findings: ColumnElement[bool]
    values: Mapping[str, object]


@dataclass(frozen=True)
class Group:
    """`key` is a form and the code of its line, the hex of an organization's id, or a month. `before` is the same in the period before; 0 by month."""

    key: str
    name: str
    count: int
    inspections: int
    before: int


@dataclass(frozen=True)
class Analysis:
    """How many inspections were signed in the period and in the one before, and what they found, the most frequent first."""

    inspected: int
    inspected_before: int
    groups: Sequence[Group]


async def analysed(session: AsyncSession, which: Which, readable: Readable) -> Analysis:
    """One statement. BadInput for a period that is empty or longer than three years."""
    if which.until <= which.since:
        raise BadInput("until", "dates_reversed")
    if which.until - which.since > LONGEST:
        raise BadInput("until", "range", least=1, most=LONGEST.days)
    found = (await (await session.connection()).execute(statement(which, readable), dict(readable.values))).all()
    groups = [Group(one.key, one.name, one.found, one.inspections, one.before) for one in found if one.key is not None]
    return Analysis(found[0].inspected, found[0].inspected_before, groups)


def statement(which: Which, readable: Readable) -> Select[*tuple[Any, ...]]:
    visits = visited(which, readable)
    counted = groups(which.by, visits, readable)
    all_now, all_before = func.count().filter(visits.c.now), func.count().filter(~visits.c.now)
    total = select(all_now.label("inspected"), all_before.label("inspected_before")).select_from(visits).subquery("total")
    query = select(*total.c, *counted.c).select_from(total.outerjoin(counted, true()))
    ordered = (counted.c.key,) if which.by is By.MONTH else (nulls_last(counted.c.found.desc()), counted.c.key)
    return query.order_by(*ordered).limit(MOST)


def visited(which: Which, readable: Readable) -> CTE:
    """The signed inspections of the period and of the equally long one before it."""
    i, s = INSPECTION, table_of(RecognitionSession)
    earlier = which.since - (which.until - which.since)
    wanted = [i.c.status.in_(INSPECTED), i.c.internal.is_(which.internal), i.c.scheduled_on >= earlier, i.c.scheduled_on < which.until]
    wanted += [i.c[name] == value for name, value in (("agency_id", which.agency_id), ("district_id", which.district_id)) if value is not None]
    facts = (i.c.id, i.c.agency_id, i.c.district_id, i.c.scheduled_on, (i.c.scheduled_on >= which.since).label("now"))
    query = select(*facts).where(*wanted, readable.inspections)
    if which.mode is not None:
        of_mode = select(s.c.id).where(s.c.id == i.c.recognition_session_id, s.c.mode == which.mode).correlate(i).exists()
        query = query.where(of_mode)
    return query.cte("visited")


def groups(by: By, visits: CTE, readable: Readable) -> Subquery:
    joined, key, name = grouping(by, visits.join(FINDING, FINDING.c.inspection_id == visits.c.id), visits)
    now = func.count().filter(visits.c.now).label("found")
    where_found = func.count(visits.c.id.distinct()).filter(visits.c.now).label("inspections")
    before = func.count().filter(~visits.c.now).label("before")
    query = select(key.label("key"), name.label("name"), now, where_found, before).select_from(joined).where(readable.findings)
    return (query.where(visits.c.now) if by is By.MONTH else query).group_by(key).subquery("counted")


def grouping(by: By, found: FromClause, visits: CTE) -> tuple[FromClause, ColumnElement[str], ColumnElement[str]]:
    """What else is joined; by what is grouped, and what that is called."""
    if by is By.MONTH:
        month = func.to_char(visits.c.scheduled_on, literal("YYYY-MM", literal_execute=True), type_=Text())
        return found, month, func.min(month, type_=Text())
    if by is By.ITEM:
        template = table_of(ChecklistTemplate)
        joined = found.join(ITEM, ITEM.c.id == FINDING.c.item_id).join(template, template.c.id == ITEM.c.template_id)
        # a line keeps its code through the editions of its form; its text is that of the latest wording
        return joined, func.concat_ws(literal(" ", literal_execute=True), template.c.slug, ITEM.c.code, type_=Text()), func.max(ITEM.c.text)
    organization = table_of(Organization)
    which = visits.c.agency_id if by is By.AGENCY else visits.c.district_id
    joined = found.join(organization, organization.c.id == which)
    return joined, cast(organization.c.id, Text), func.min(organization.c.name)
