"""What the database knows of supervisors and agencies, in the plain values that domain/exclusions.py judges. A few statements for any number."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Interval, Select, and_, func, literal_column, or_, select, true
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import Period, add_months, shanghai_day, start_of_day
from domain.exclusions import Assessed, CardFacts, Days, Employed, ExclusionRules, PersonFacts, Suspended, Tied, Visit
from domain.offers import LIVE
from models.base import table_of
from models.cases import BLOCKING, IN_EFFECT, BlacklistEntry, Sanction, SupervisorCase
from models.conflicts import Conflict, ConflictStatus
from models.database import beyond
from models.dispatch import Assignment, AssignmentStatus
from models.inspections import Inspection, InspectionStatus
from models.sessions import Assessor, RecognitionSession, RecognitionSessionStatus
from models.supervisors import IN_USE, MANDATED, Appointment, Card, Employment, Person, RosterStanding, Supervisor, SupervisorKind

SUPERVISOR, PERSON, CARD = table_of(Supervisor), table_of(Person), table_of(Card)
TERM, EMPLOYMENT, CASE, ENTRY = table_of(Appointment), table_of(Employment), table_of(SupervisorCase), table_of(BlacklistEntry)
ASSESSOR, RECOGNITION = table_of(Assessor), table_of(RecognitionSession)
CONFLICT = table_of(Conflict)
ASSIGNMENT, INSPECTION = table_of(Assignment), table_of(Inspection)

YEAR = literal_column("interval '365 days'", Interval)
BUSY = (AssignmentStatus.OFFERED, AssignmentStatus.ACCEPTED, AssignmentStatus.CHECKED_IN)

Who = ColumnElement[bool]
"""A condition over supervisors: whose facts are wanted."""


def roster_of(center_id: UUID) -> Who:
    """All who may be dispatched in a jurisdiction: its external supervisors who stand on the roster (B020, B022)."""
    s = SUPERVISOR.c
    return and_(s.center_id == center_id, s.kind == SupervisorKind.EXTERNAL, s.standing == RosterStanding.ACTIVE)


def these(supervisors: Collection[UUID]) -> Who:
    return SUPERVISOR.c.id.in_(supervisors)


async def rows(session: AsyncSession, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
    """Plain rows, no objects: the roster is large and nothing of it is changed."""
    return (await (await session.connection()).execute(query)).all()


async def facts_of(session: AsyncSession, who: Who, rules: ExclusionRules, *, agencies: Collection[UUID], span: Period) -> list[PersonFacts]:
    """Facts of each, by id. Employment and conflicts count at these agencies only, other duties where they touch `span`; an assessor's at these agencies as far
    back as the rules look.
    """
    s, p = SUPERVISOR.c, PERSON.c
    query = select(s.id, s.kind, p.id.label("person"), p.birth_date, p.sex).join(PERSON, p.id == s.person_id).where(who).order_by(s.id)
    async with beyond(session):
        cards, terms = await _cards(session, who), await _terms(session, who)
        suspensions, listed = await _suspensions(session, who), await _listed(session, who)
        employers, duties = await _employers(session, who, agencies), await _duties(session, who, span)
        assessed = await _assessed(session, who, rules, agencies=agencies, span=span)
        conflicts = await _conflicts(session, who, agencies)
        people = await rows(session, query)
    return [
        PersonFacts(
            id=one.id.hex,
            person=one.person.hex,
            kind=one.kind,
            birth=one.birth_date,
            sex=one.sex,
            card=cards.get(one.id),
            employers=tuple(employers[one.person]),
            assessor=tuple(assessed[one.person]),
            conflicts=tuple(conflicts[one.person]),
            terms=tuple(terms[one.id]),
            suspensions=tuple(suspensions[one.id]),
            duties=tuple(duties[one.person]),
            blacklisted=one.person in listed,
        )
        for one in people
    ]


async def loads_of(session: AsyncSession, who: Who) -> Mapping[str, int]:
    """How many places in teams each has had: the measure of rotation (A09)."""
    a = ASSIGNMENT.c
    query = select(a.supervisor_id, func.count().label("places")).where(a.supervisor_id.in_(_supervisors(who)), a.status.in_(LIVE))
    async with beyond(session):
        return {one.supervisor_id.hex: one.places for one in await rows(session, query.group_by(a.supervisor_id))}


async def visits_to(
    session: AsyncSession, agencies: Collection[UUID], rules: ExclusionRules, *, span: Period, beside: UUID | None = None
) -> Mapping[UUID, list[Visit]]:
    """The inspections of each agency that the rules of rotation look at, the latest first; none where there is no such rule.

    `beside` is the one that people are wanted for: it is not the one before itself (003 §10, A09).
    """
    found: dict[UUID, list[Visit]] = defaultdict(list)
    if rules.rotation_last_n is None and rules.cooldown_days is None:
        return found
    i, a = INSPECTION.c, ASSIGNMENT.c
    place = func.row_number().over(partition_by=i.agency_id, order_by=(i.scheduled_on.desc(), i.id)).label("place")
    ranked = (
        select(i.id, i.agency_id, i.scheduled_on, place)
        .where(
            i.agency_id.in_(agencies),
            i.internal.is_(False),
            i.status != InspectionStatus.CANCELLED,
            i.id != beside if beside else true(),
            i.scheduled_on < shanghai_day(span.until) + timedelta(days=1),
        )
        .subquery()
    )
    since = shanghai_day(span.start) - timedelta(days=rules.cooldown_days or 0)
    wanted = or_(ranked.c.place <= (rules.rotation_last_n or 0), ranked.c.scheduled_on >= since)
    query = select(ranked.c.agency_id, ranked.c.id, ranked.c.scheduled_on, func.array_agg(a.supervisor_id).label("people"))
    query = query.join(ASSIGNMENT, and_(a.inspection_id == ranked.c.id, a.status.in_(LIVE))).where(wanted)
    grouped = query.group_by(ranked.c.agency_id, ranked.c.id, ranked.c.scheduled_on, ranked.c.place).order_by(ranked.c.agency_id, ranked.c.place)
    async with beyond(session):
        visits = await rows(session, grouped)
    for one in visits:
        found[one.agency_id].append(Visit(one.scheduled_on, frozenset(person.hex for person in one.people)))
    return found


def _supervisors(who: Who) -> Select[UUID]:
    return select(SUPERVISOR.c.id).where(who)


def _people(who: Who) -> Select[UUID]:
    return select(SUPERVISOR.c.person_id).where(who)


async def _cards(session: AsyncSession, who: Who) -> Mapping[UUID, CardFacts]:
    """The card in use, else the latest that was withdrawn."""
    c = CARD.c
    query = select(c.supervisor_id, c.status, c.valid_from, c.valid_until).where(c.supervisor_id.in_(_supervisors(who)))
    found = await rows(session, query.order_by(c.status.in_(IN_USE), c.valid_from))
    return {one.supervisor_id: CardFacts(one.status, Days(one.valid_from, one.valid_until)) for one in found}


async def _terms(session: AsyncSession, who: Who) -> Mapping[UUID, list[Days]]:
    t = TERM.c
    query = select(t.supervisor_id, t.starts_on, t.ends_on).where(t.supervisor_id.in_(_supervisors(who)), t.status.in_(MANDATED))
    found: dict[UUID, list[Days]] = defaultdict(list)
    for one in await rows(session, query):
        found[one.supervisor_id].append(Days(one.starts_on, one.ends_on))
    return found


async def _suspensions(session: AsyncSession, who: Who) -> Mapping[UUID, list[Suspended]]:
    """In force now, from the day they came into force; a center's own holds everywhere (A11)."""
    c = CASE.c
    in_force = (c.sanction == Sanction.SUSPENSION, c.status.in_(IN_EFFECT), c.in_force_at.is_not(None))
    query = select(c.supervisor_id, c.in_force_at, c.suspended_in_id, c.center_id).where(c.supervisor_id.in_(_supervisors(who)), *in_force)
    found: dict[UUID, list[Suspended]] = defaultdict(list)
    for one in await rows(session, query):
        area = None if one.suspended_in_id in {None, one.center_id} else one.suspended_in_id.hex
        found[one.supervisor_id].append(Suspended(Days(shanghai_day(one.in_force_at)), area))
    return found


async def _listed(session: AsyncSession, who: Who) -> set[UUID]:
    e = ENTRY.c
    query = select(e.person_id).where(e.person_id.in_(_people(who)), e.status.in_(BLOCKING))
    return {one.person_id for one in await rows(session, query)}


async def _employers(session: AsyncSession, who: Who, agencies: Collection[UUID]) -> Mapping[UUID, list[Employed]]:
    e = EMPLOYMENT.c
    query = select(e.person_id, e.agency_id, e.starts_on, e.ends_on).where(e.person_id.in_(_people(who)), e.agency_id.in_(agencies))
    found: dict[UUID, list[Employed]] = defaultdict(list)
    for one in await rows(session, query):
        found[one.person_id].append(Employed(one.agency_id.hex, Days(one.starts_on, one.ends_on)))
    return found


async def _conflicts(session: AsyncSession, who: Who, agencies: Collection[UUID]) -> Mapping[UUID, list[Tied]]:
    """Whoever put it on record, in any jurisdiction."""
    c = CONFLICT.c
    counts = (c.status == ConflictStatus.ACCEPTED, c.agency_id.in_(agencies))
    found: dict[UUID, list[Tied]] = defaultdict(list)
    for one in await rows(session, select(c.person_id, c.agency_id, c.starts_on, c.ends_on).where(c.person_id.in_(_people(who)), *counts)):
        found[one.person_id].append(Tied(one.agency_id.hex, Days(one.starts_on, one.ends_on)))
    return found


async def _assessed(
    session: AsyncSession, who: Who, rules: ExclusionRules, *, agencies: Collection[UUID], span: Period
) -> Mapping[UUID, list[Assessed]]:
    r, x = RECOGNITION.c, ASSESSOR.c
    looked_at = r.ends_at > span.start
    if rules.assessor_months is not None:
        since = start_of_day(add_months(shanghai_day(span.start), -rules.assessor_months))
        looked_at = or_(looked_at, and_(r.agency_id.in_(agencies), r.starts_at >= since))
    query = (
        select(x.person_id, r.id, r.agency_id, r.starts_at, r.ends_at)
        .join(RECOGNITION, r.id == x.recognition_session_id)
        .where(x.person_id.in_(_people(who)), r.status != RecognitionSessionStatus.CANCELLED, r.starts_at < span.until, looked_at)
    )
    found: dict[UUID, list[Assessed]] = defaultdict(list)
    for one in await rows(session, query):
        found[one.person_id].append(Assessed(one.id.hex, Period(one.starts_at, one.ends_at), one.agency_id.hex))
    return found


def last_assessed(person: ColumnElement[UUID], agency: ColumnElement[UUID], *, before: ColumnElement[datetime]) -> ColumnElement[datetime]:
    """When somebody last was an assessor at an agency in the 365 days before; NULL for never. Only in sessions that the caller's wall shows."""
    x, r = ASSESSOR.alias("assessor_there"), RECOGNITION.alias("held_there")
    held = (r.c.agency_id == agency, r.c.status != literal_column("'CANCELLED'"), r.c.starts_at < before, r.c.starts_at >= before - YEAR)
    last = select(func.max(r.c.starts_at)).join(x, x.c.recognition_session_id == r.c.id).where(x.c.person_id == person, *held)
    return last.correlate_except(x, r).scalar_subquery()


async def _duties(session: AsyncSession, who: Who, span: Period) -> Mapping[UUID, list[Period]]:
    """Of the person, in any jurisdiction: nobody is in two places."""
    a = ASSIGNMENT.c
    touching = (a.status.in_(BUSY), a.starts_at < span.until, a.ends_at > span.start)
    found: dict[UUID, list[Period]] = defaultdict(list)
    for one in await rows(session, select(a.person_id, a.starts_at, a.ends_at).where(a.person_id.in_(_people(who)), *touching)):
        found[one.person_id].append(Period(one.starts_at, one.ends_at))
    return found
