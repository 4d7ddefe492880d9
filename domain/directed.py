"""Inspections that no draw made: a center's on a topic, of a year or of all (000 §10(二)-(三); 003 §4), and spot checks at a session (003 §4-5).

The dispatcher names the team; everybody in it stands under the same exclusions as in a draw (000 §8(八); 003 §9-10).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import Period, shanghai_day
from domain.dispatch import BEFORE_THE_VISIT_ENDS
from domain.errors import BadInput, Conflict, Unmet
from domain.exclusions import ExclusionRules, Reason, SessionFacts, exclusions
from domain.facts import facts_of, roster_of, these, visits_to
from domain.inspections import sent
from domain.machine import Act, tenants
from domain.offers import LEFT, offer
from domain.organizations import InForce, rules_for, rules_of
from domain.pools import inspected
from domain.profiles import Profile
from domain.texts import checked, checked_or_none
from domain.visits import Visit, venue_of, visit_to
from models.dispatch import Assignment
from models.events import Event
from models.inspections import Inspection, InspectionForm, InspectionStatus, Venue
from models.organizations import Organization, Tier
from models.sessions import RecognitionSession, RecognitionSessionStatus
from models.supervisors import Supervisor, SupervisorKind

LONGEST_TOPIC, MOST_MEMBERS = 200, 20
LONGEST_VISIT = timedelta(days=7)
BY_THE_CENTER = (InspectionForm.SPECIAL, InspectionForm.ANNUAL, InspectionForm.COMPREHENSIVE)
ARTICLES = MappingProxyType(
    {
        Reason.OWN_AGENCY: "000 §8(八); 003 §10",
        Reason.SAME_SESSION_ASSESSOR: "000 §8(八); 003 §10",
        Reason.OVERLAPPING_ASSESSOR: "003 §10 (A10)",
        Reason.RECENT_ASSESSOR: "003 §10 (A10)",
        Reason.CONFLICT: "000 §8(八); 003 §10",
        Reason.ROTATION: "003 §10 (A09)",
        Reason.SUSPENDED: "000 §21; 003 §17",
        Reason.CARD_INVALID: "000 §8(十); 003 §9",
        Reason.TERM_ENDED: "000 §18",
        Reason.OVERLAPPING_DUTY: "003 §9",
        Reason.AGE: "003 §7(四)",
        Reason.BLACKLISTED: "000 §23",
        Reason.RAN_THE_DRAW: "000 §12; 003 §11",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A spot check as it is asked for: where, what to look at; of a check at the desk also when, after the session has begun."""

    venue: Venue | None = None
    topic: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a center sends a team for. Without a session it names its own times, of at most seven days."""

    form: InspectionForm
    topic: str | None = None
    recognition: RecognitionSession | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


async def spot_check(
    session: AsyncSession, recognition: RecognitionSession, team: Sequence[Supervisor], *, check: Check, act: Act
) -> tuple[Inspection, Event]:
    """抽查 outside of a draw, where the rules have spot checks (003 §4-5), also of the results of direct and result recognition after the session
    (003 §13(三)). A dispatcher inspects a session once.
    """
    force = await rules_for(session, recognition.center_id, on=shanghai_day(recognition.starts_at))
    known(InspectionForm.SPOT_CHECK, force.rules)
    visit = timed(recognition, visit_at(recognition, check.venue, rules=force.rules, act=act), check, act=act)
    if await inspected(session, [recognition.id], by=act.organization_id):
        raise Conflict("DUPLICATE")
    row = planned(recognition, InspectionForm.SPOT_CHECK, visit, force=force, act=act)
    row.recognition_session_id = recognition.id
    row.topic = checked_or_none("topic", check.topic, LONGEST_TOPIC)
    await fit(session, row, team, span=visit.span, rules=force.rules, by=act.by)
    return row, await sent(session, row, team, span=visit.span, act=act, rules=force)


async def send(session: AsyncSession, agency: Organization, errand: Errand, *, team: Sequence[Supervisor], act: Act) -> tuple[Inspection, Event]:
    """专项督导, 年检评估 or 综合督导检查 of an agency, by the center alone and never by lot (Y035, Y036, B006)."""
    if errand.form not in BY_THE_CENTER:
        raise BadInput("form", "unknown")
    begins = errand.recognition.starts_at if errand.recognition else errand.starts_at
    force = await rules_for(session, agency.center_id, on=shanghai_day(begins or act.at))
    known(errand.form, force.rules)
    visit = visit_of(agency, errand, rules=force.rules, act=act)
    row = planned(agency, errand.form, visit, force=force, act=act)
    row.recognition_session_id = errand.recognition.id if errand.recognition else None
    special = errand.form is InspectionForm.SPECIAL
    row.topic = checked("topic", errand.topic or "", LONGEST_TOPIC) if special else checked_or_none("topic", errand.topic, LONGEST_TOPIC)
    if errand.form is InspectionForm.ANNUAL:
        row.year = row.scheduled_on.year
        await once_a_year(session, row, rules=force.rules)
    await fit(session, row, team, span=visit.span, rules=force.rules, by=act.by)
    return row, await sent(session, row, team, span=visit.span, act=act, rules=force)


async def replace(session: AsyncSession, assignment: Assignment, supervisor: Supervisor, *, act: Act) -> tuple[Assignment, Event]:
    """Offers a place that was left to somebody the dispatcher names (003 §11). Whom a draw has placed, its committed order alone replaces."""
    inspection = (await session.exec(select(Inspection).where(col(Inspection.id) == assignment.inspection_id))).one()
    force = await rules_of(session, inspection.profile_id)
    if inspection.draw_id is not None:
        rule = force.rules.rule("selection.method")
        raise Unmet("dispatch.by_lot", rule.article, force.rules.version)
    if assignment.status not in LEFT or inspection.status not in BEFORE_THE_VISIT_ENDS:
        raise Conflict("STATE", status=assignment.status.value)
    taken = select(Assignment.id).where(col(Assignment.replaces_id) == assignment.id)
    if (await session.exec(taken)).first() is not None:
        raise Conflict("DUPLICATE")
    span = Period(assignment.starts_at, assignment.ends_at)
    await fit(session, inspection, [supervisor], span=span, rules=force.rules, by=act.by)
    return await offer(session, inspection, supervisor, role=assignment.role, span=span, act=act, rules=force, replaces=assignment.id)


async def agency_of(session: AsyncSession, id: UUID) -> Organization:
    """The registry is shared; BadInput for what is no agency."""
    found = (await session.exec(select(Organization).where(col(Organization.id) == id, col(Organization.tier) == Tier.AGENCY))).one_or_none()
    if found is None:
        raise BadInput("agency", "unknown")
    return found


def blank(agency: Organization, *, act: Act) -> Inspection:
    """An inspection that is not there yet: what the right to send a team is asked about."""
    return Inspection.model_construct(**tenants(agency), dispatcher_id=act.organization_id)


def known(form: InspectionForm, rules: Profile) -> None:
    """Unmet where the jurisdiction has no such form (D20)."""
    rule = rules.rule("inspection.forms")
    if form not in rules.words(rule.id):
        raise Unmet(rule.id, rule.article, rules.version, form=form.value)


def visit_at(recognition: RecognitionSession, venue: Venue | None, *, rules: Profile, act: Act) -> Visit:
    """A visit to a session that is still to come. DESK only where the rules allow it (INV20)."""
    visit = visit_to(recognition, venue or venue_of(recognition, rules), at=act.at, rules=rules)
    if recognition.status is RecognitionSessionStatus.CANCELLED or act.at >= visit.span.start:
        raise Conflict("STATE", status=recognition.status.value)
    return visit


def timed(recognition: RecognitionSession, visit: Visit, check: Check, *, act: Act) -> Visit:
    """A check at the desk in the times that are given, of at most seven days; a visit on site has those of the session."""
    if check.starts_at is None and check.ends_at is None:
        return visit
    if visit.venue is Venue.ONSITE:
        raise BadInput("startsAt" if check.starts_at is not None else "endsAt", "of_the_session")
    span = span_of(check.starts_at, check.ends_at, act=act)
    if span.start < recognition.starts_at:
        raise BadInput("startsAt", "before_session")
    return Visit(visit.venue, span)


def visit_of(agency: Organization, errand: Errand, *, rules: Profile, act: Act) -> Visit:
    """To the session, where one is named; else on site at the agency in the times that are given."""
    if errand.recognition is not None:
        if errand.recognition.agency_id != agency.id or errand.form is InspectionForm.ANNUAL:
            raise BadInput("recognitionSession", "unknown")
        return visit_at(errand.recognition, None, rules=rules, act=act)
    return Visit(Venue.ONSITE, span_of(errand.starts_at, errand.ends_at, act=act))


def span_of(starts_at: datetime | None, ends_at: datetime | None, *, act: Act) -> Period:
    """Both given, still to come and of at most seven days, or BadInput."""
    if starts_at is None or ends_at is None:
        raise BadInput("startsAt" if starts_at is None else "endsAt", "required")
    for field, instant in (("startsAt", starts_at), ("endsAt", ends_at)):
        if instant.tzinfo is None:
            raise BadInput(field, "timezone")
    if starts_at <= act.at:
        raise BadInput("startsAt", "past")
    if not starts_at < ends_at <= starts_at + LONGEST_VISIT:
        raise BadInput("endsAt", "visit_length", days=LONGEST_VISIT.days)
    return Period(starts_at, ends_at)


def planned(of: Organization | RecognitionSession, form: InspectionForm, visit: Visit, *, force: InForce, act: Act) -> Inspection:
    """The inspection as it would be dispatched, not saved yet."""
    return Inspection(
        **tenants(of),
        form=form,
        venue=visit.venue,
        dispatcher_id=act.organization_id,
        profile_id=force.id,
        scheduled_on=visit.day,
        status=InspectionStatus.DISPATCHED,
    )


async def once_a_year(session: AsyncSession, row: Inspection, *, rules: Profile) -> None:
    """One annual inspection for each agency and year; one that was called off makes room. The table itself refuses the second of two at once."""
    same = (col(Inspection.agency_id) == row.agency_id, col(Inspection.form) == InspectionForm.ANNUAL, col(Inspection.year) == row.year)
    if (await session.exec(select(Inspection.id).where(*same, col(Inspection.status) != InspectionStatus.CANCELLED))).first() is not None:
        rule = rules.rule("annual_inspection.period")
        raise Unmet(rule.id, rule.article, rules.version, year=row.year or 0)


async def fit(session: AsyncSession, row: Inspection, team: Sequence[Supervisor], *, span: Period, rules: Profile, by: UUID) -> None:
    """Refuses the first of the team who may not go, with the reason and its fact; `member` counts from 1. Whoever sends a team is not in it."""
    if not 1 <= len(team) <= MOST_MEMBERS:
        raise BadInput("team", "too_many" if team else "required", most=MOST_MEMBERS)
    if len({one.person_id for one in team}) < len(team):
        raise BadInput("team", "repeated")
    if row.agency_id is None:
        raise BadInput("agency", "unknown")
    wanted = ExclusionRules.of(rules, kind=SupervisorKind.EXTERNAL, ran_by=by.hex)
    visits = await visits_to(session, [row.agency_id], wanted, span=span, beside=row.id)
    who = roster_of(row.center_id) & these([one.id for one in team])
    people = {one.id: one for one in await facts_of(session, who, wanted, agencies=[row.agency_id], span=span)}
    place = SessionFacts(
        id=(row.recognition_session_id or row.agency_id).hex,
        agency=row.agency_id.hex,
        period=span,
        district=row.district_id.hex if row.district_id else None,
        visits=tuple(visits.get(row.agency_id, ())),
    )
    for member, one in enumerate(team, 1):
        facts = people.get(one.id.hex)
        if facts is None:
            raise BadInput("team", "not_on_roster", member=member)
        if found := exclusions([facts], [place], wanted):
            reason = found[0].reason
            raise Unmet("dispatch.person", ARTICLES[reason], rules.version, member=member, reason=reason.value, fact=found[0].fact)
