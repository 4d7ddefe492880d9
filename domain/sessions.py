"""Recognition sessions: registered by the agency, watched by its internal supervisor, held, results posted (000 §12; 003 §6, B010; §11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import shanghai_day, start_of_day
from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, Machine, advance, record
from domain.organizations import InForce, rules_for
from domain.people import person_by_number
from domain.sealing import IdKeys
from domain.staffing import OnDuty, staff
from domain.texts import checked
from models.events import Event
from models.organizations import Organization, Tier
from models.recommendations import AssessorRecommendation, AssessorRecommendationStatus
from models.sessions import Assessor, RecognitionMode, RecognitionSession, RecognitionSessionStatus
from models.supervisors import MANDATED, Appointment, Card, CardStatus, RosterStanding, SkillLevel, Supervisor, SupervisorKind

LONGEST_OCCUPATION, LONGEST_PLACE, LONGEST_REASON, LONGEST_NAME = 80, 200, 500, 60
MOST_ASSESSORS, MOST_CANDIDATES = 50, 100_000
RECUSED, RECUSING = "RECUSE_INTERNAL", "000 §8(八)"
CANCELLED, RECOMMENDING = "assessor.cancelled", "000 §8(三)"


class Step(StrEnum):
    START = "START"
    HOLD = "HOLD"
    POST_RESULTS = "POST_RESULTS"
    CANCEL = "CANCEL"


STEPS: Machine = {
    (RecognitionSessionStatus.PLANNED, Step.START): RecognitionSessionStatus.STARTED,
    (RecognitionSessionStatus.STARTED, Step.HOLD): RecognitionSessionStatus.HELD,
    (RecognitionSessionStatus.HELD, Step.POST_RESULTS): RecognitionSessionStatus.RESULTS_POSTED,
    (RecognitionSessionStatus.PLANNED, Step.CANCEL): RecognitionSessionStatus.CANCELLED,
}

OPEN = (RecognitionSessionStatus.PLANNED, RecognitionSessionStatus.STARTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What the agency says of a session. Without a district it is held in the agency's own."""

    occupation: str
    level: SkillLevel
    mode: RecognitionMode
    candidate_count: int
    place: str
    starts_at: datetime
    ends_at: datetime
    district_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """An assessor as the agency names them."""

    name: str
    id_number: str


async def drafted(session: AsyncSession, agency_id: UUID, details: Details, *, act: Act) -> RecognitionSession:
    """The session as it would be registered, not saved yet. Its rules are those of the place it is held in (B002)."""
    for field, instant in (("startsAt", details.starts_at), ("endsAt", details.ends_at)):
        if instant.tzinfo is None:
            raise BadInput(field, "timezone")
    if details.starts_at <= act.at:
        raise BadInput("startsAt", "past")
    if details.ends_at <= details.starts_at:
        raise BadInput("endsAt", "dates_reversed")
    if not 1 <= details.candidate_count <= MOST_CANDIDATES:
        raise BadInput("candidateCount", "range", least=1, most=MOST_CANDIDATES)
    where = await _place(session, agency_id, details.district_id)
    return RecognitionSession(
        center_id=where.center_id,
        district_id=where.district_id,
        agency_id=agency_id,
        occupation=checked("occupation", details.occupation, LONGEST_OCCUPATION),
        level=details.level,
        mode=details.mode,
        candidate_count=details.candidate_count,
        place=checked("place", details.place, LONGEST_PLACE),
        starts_at=details.starts_at,
        ends_at=details.ends_at,
    )


async def register(
    session: AsyncSession,
    recognition: RecognitionSession,
    *,
    assessors: Sequence[Named] = (),
    on_duty: Sequence[OnDuty] = (),
    internal: UUID | None = None,
    keys: IdKeys,
    act: Act,
) -> Event:
    """Saves a drafted session with its people and, if given already, its internal supervisor. `keys` find assessors by their number."""
    rules = await rules_of(session, recognition)
    if len(assessors) > MOST_ASSESSORS:
        raise BadInput("assessors", "too_many", most=MOST_ASSESSORS)
    if internal is not None:
        recognition.internal_supervisor_id = (await valid_internal(session, recognition, internal, rules=rules)).id
    session.add(recognition)
    await session.flush()
    event = await record(session, recognition, step="REGISTER", act=act, after=recognition.status, profile_id=rules.id)
    await staff(session, recognition, on_duty)
    for one in assessors:
        await _seat(session, recognition, one, rules=rules, keys=keys, act=act)
    return event


async def name_assessor(session: AsyncSession, recognition: RecognitionSession, named: Named, *, keys: IdKeys, act: Act) -> tuple[Assessor, Event]:
    """Adds an assessor while the session is not over.

    Who is in a team for it, or for any other session at that time, is refused by the table itself (Y027, B026, INV02): OVERLAP in every
    case and without saying with what, so that the answer does not betray an inspection the agency has no notice of (INV12). Unmet for whom the
    agency has cancelled.
    """
    if recognition.status not in OPEN:
        raise Conflict("STATE", status=recognition.status.value)
    rules = await rules_of(session, recognition)
    row = await _seat(session, recognition, named, rules=rules, keys=keys, act=act)
    status = recognition.status
    return row, await record(session, recognition, step="NAME_ASSESSOR", act=act, before=status, after=status, profile_id=rules.id)


async def assign_internal(session: AsyncSession, recognition: RecognitionSession, supervisor_id: UUID, *, act: Act) -> Event:
    """内督 for the session, before it begins. Whoever was assigned before has to check in anew. Unmet for who has recused from it."""
    if recognition.status is not RecognitionSessionStatus.PLANNED:
        raise Conflict("STATE", status=recognition.status.value)
    rules = await rules_of(session, recognition)
    named = await valid_internal(session, recognition, supervisor_id, rules=rules)
    stood_down = (col(Event.subject_id) == recognition.id, col(Event.step) == RECUSED, col(Event.person_id) == named.person_id)
    if (await session.exec(select(Event.id).where(*stood_down))).first() is not None:
        raise Unmet("session.internal_recused", RECUSING, rules.rules.version)
    recognition.internal_supervisor_id, recognition.internal_checked_in_at = named.id, None
    status = recognition.status
    return await record(session, recognition, step="ASSIGN_INTERNAL", act=act, before=status, after=status, profile_id=rules.id)


async def recuse_internal(session: AsyncSession, recognition: RecognitionSession, reason: str, *, act: Act) -> Event:
    """回避 (000 §8(八)), or cannot come (000 §19): the place is free for another, whom the agency names. Nobody recuses for somebody else.

    Only before it begins: who watches a session that is under way stays with it. It counts towards no streak of refusals.
    """
    rules = await rules_of(session, recognition)
    query = select(Supervisor.person_id).where(col(Supervisor.id) == recognition.internal_supervisor_id)
    if (await session.exec(query)).one_or_none() != act.by:
        raise Unmet("session.internal_own", RECUSING, rules.rules.version)
    if recognition.status is not RecognitionSessionStatus.PLANNED:
        raise Conflict("STATE", status=recognition.status.value)
    text = checked("reason", reason, LONGEST_REASON)
    recognition.internal_supervisor_id = recognition.internal_checked_in_at = None
    status = recognition.status
    return await record(session, recognition, step=RECUSED, act=act, before=status, after=status, reason=text, profile_id=rules.id)


async def check_in_internal(session: AsyncSession, recognition: RecognitionSession, *, act: Act) -> Event:
    """The assigned internal supervisor is there, on the day (Y044). Nobody checks in for another."""
    if recognition.status not in OPEN or recognition.internal_checked_in_at is not None:
        raise Conflict("STATE", status=recognition.status.value)
    rules = await rules_of(session, recognition)
    on_the_day(recognition, act=act)
    query = select(Supervisor).where(col(Supervisor.id) == recognition.internal_supervisor_id)
    assigned = (await session.exec(query)).one_or_none()
    if assigned is None or assigned.person_id != act.by:
        raise lacking(rules)
    await valid_internal(session, recognition, assigned.id, rules=rules)
    recognition.internal_checked_in_at = act.at
    status = recognition.status
    return await record(session, recognition, step="CHECK_IN", act=act, before=status, after=status, profile_id=rules.id)


async def start(session: AsyncSession, recognition: RecognitionSession, *, act: Act) -> Event:
    """On the day it is planned for; under Yunnan only with its internal supervisor there (Y044)."""
    return await _conducted(session, recognition, step=Step.START, act=act)


async def hold(session: AsyncSession, recognition: RecognitionSession, *, act: Act) -> Event:
    """It has been held: from here on it counts for every ratio (A01). INV18."""
    return await _conducted(session, recognition, step=Step.HOLD, act=act)


async def post_results(session: AsyncSession, recognition: RecognitionSession, *, act: Act) -> Event:
    """结果公示 (F15). When that was stays with the session."""
    recognition.results_posted_at = act.at
    return await advance(session, recognition, STEPS, step=Step.POST_RESULTS, act=act)


async def cancel(session: AsyncSession, recognition: RecognitionSession, reason: str, *, act: Act) -> Event:
    """Before it begins. A cancelled session leaves every ratio (A02)."""
    recognition.cancel_reason = checked("reason", reason, LONGEST_REASON)
    return await advance(session, recognition, STEPS, step=Step.CANCEL, act=act, reason=recognition.cancel_reason)


async def rules_of(session: AsyncSession, recognition: RecognitionSession) -> InForce:
    """The rules of the place on the day of the session, with the implementing rules of its district and of the agency."""
    return await rules_for(session, recognition.center_id, on=shanghai_day(recognition.starts_at), of=recognition)


def on_the_day(recognition: RecognitionSession, *, act: Act) -> None:
    """Nothing that happens at a session happens before its day in Shanghai."""
    day = shanghai_day(recognition.starts_at)
    if shanghai_day(act.at) < day:
        raise Unmet("session.day", "default 1.5", day=day.isoformat())


async def _conducted(session: AsyncSession, recognition: RecognitionSession, *, step: Step, act: Act) -> Event:
    rules = await rules_of(session, recognition)
    if (recognition.status, step) in STEPS:
        on_the_day(recognition, act=act)
        if rules.rules.flag("internal.required_per_session") and recognition.internal_checked_in_at is None:
            raise lacking(rules)
    return await advance(session, recognition, STEPS, step=step, act=act, profile_id=rules.id)


def lacking(rules: InForce) -> Unmet:
    """The refusal where the named internal supervisor is not there."""
    rule = rules.rules.rule("internal.required_per_session")
    return Unmet(rule.id, rule.article, rules.rules.version)


async def _place(session: AsyncSession, agency_id: UUID, district_id: UUID | None) -> Organization:
    """The district it is held in: the agency's own, or another one, of another jurisdiction even."""
    found = (await session.exec(select(Organization).where(col(Organization.id) == (district_id or agency_id)))).one_or_none()
    if found is None or (district_id is not None and found.tier is not Tier.DISTRICT):
        raise BadInput("district", "unknown")
    return found


async def _seat(session: AsyncSession, recognition: RecognitionSession, named: Named, *, rules: InForce, keys: IdKeys, act: Act) -> Assessor:
    name = checked("name", named.name, LONGEST_NAME)
    person = await person_by_number(session, named.id_number, name=name, keys=keys, on=shanghai_day(act.at))
    await qualified(session, recognition, person.id, rules=rules)
    row = Assessor(
        center_id=recognition.center_id,
        district_id=recognition.district_id,
        agency_id=recognition.agency_id,
        recognition_session_id=recognition.id,
        person_id=person.id,
        name=name,
    )
    session.add(row)
    await session.flush()
    return row


async def qualified(session: AsyncSession, recognition: RecognitionSession, person_id: UUID, *, rules: InForce) -> None:
    """Unmet for whom this agency has cancelled as an assessor, on the recommendation of a team and before the day of the session (000 §8(三), Y018).

    The id number says who that is: a namesake is somebody else. Other agencies decide for themselves, and sessions of before keep whom they have.
    """
    before = start_of_day(shanghai_day(recognition.starts_at))
    cancelled = select(AssessorRecommendation.decided_at).join(Assessor, col(Assessor.id) == col(AssessorRecommendation.assessor_id))
    mine = (col(AssessorRecommendation.agency_id) == recognition.agency_id, col(Assessor.person_id) == person_id)
    decided = (col(AssessorRecommendation.status) == AssessorRecommendationStatus.ACCEPTED, col(AssessorRecommendation.decided_at) < before)
    found = (await session.exec(cancelled.where(*mine, *decided).order_by(col(AssessorRecommendation.decided_at)))).first()
    if found is not None:
        raise Unmet(CANCELLED, RECOMMENDING, rules.rules.version, day=shanghai_day(found).isoformat())


async def valid_internal(session: AsyncSession, recognition: RecognitionSession, supervisor_id: UUID, *, rules: InForce) -> Supervisor:
    """The agency's own, on its roster, with card and term on the day where the rules know them (D07, D09)."""
    day = shanghai_day(recognition.starts_at)
    query = select(Supervisor).where(
        col(Supervisor.id) == supervisor_id,
        col(Supervisor.kind) == SupervisorKind.INTERNAL,
        col(Supervisor.standing) == RosterStanding.ACTIVE,
        col(Supervisor.agency_id) == recognition.agency_id,
    )
    if rules.rules.text("card.issuer.internal") != "NONE":
        card = select(Card.id).where(
            col(Card.supervisor_id) == supervisor_id,
            col(Card.status) == CardStatus.ACTIVE,
            col(Card.valid_from) <= day,
            col(Card.valid_until) > day,
        )
        query = query.where(card.exists())
    if rules.rules.has("appointment.term_months"):
        term = select(Appointment.id).where(
            col(Appointment.supervisor_id) == supervisor_id,
            col(Appointment.status).in_(MANDATED),
            col(Appointment.starts_on) <= day,
            col(Appointment.ends_on).is_(None) | (col(Appointment.ends_on) > day),
        )
        query = query.where(term.exists())
    found = (await session.exec(query)).one_or_none()
    if found is None:
        raise BadInput("internalSupervisor", "not_valid")
    return found
