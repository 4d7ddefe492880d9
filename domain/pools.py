"""What may be drawn: the sessions of a month in the dispatcher's area, and who of the roster is in or out of which."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import draw as lot
from domain.calendar import Month, Period
from domain.exclusions import Exclusion, ExclusionRules, PersonFacts, SessionFacts, exclusions, out_and_excluded
from domain.facts import Who, facts_of, visits_to
from domain.profiles import Profile
from domain.visits import Visit, venue_of
from models.inspections import Inspection, InspectionStatus
from models.sessions import RecognitionSession, RecognitionSessionStatus
from models.supervisors import SupervisorKind

INSTANT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Planned:
    """A session and the visit to it."""

    recognition: RecognitionSession
    visit: Visit


@dataclass(frozen=True, slots=True)
class Judged:
    """Everybody's facts, and every reason why somebody is out."""

    people: Sequence[PersonFacts]
    found: Sequence[Exclusion]

    def free(self, recognition: RecognitionSession) -> set[str]:
        """Who may go to this session, by hex of the supervisor's id."""
        out, excluded = out_and_excluded(self.found)
        return {one.id for one in self.people} - out.keys() - excluded.get(recognition.id.hex, {}).keys()


async def sessions_of(session: AsyncSession, area: UUID, month: Month, *, district: bool) -> list[RecognitionSession]:
    """Held or planned, not cancelled: what the ratio of the month is taken of (A01, A02). `area` is a district, or a whole center's."""
    where = col(RecognitionSession.district_id if district else RecognitionSession.center_id)
    bounds = month.bounds()
    query = select(RecognitionSession).where(
        where == area,
        col(RecognitionSession.starts_at) >= bounds.start,
        col(RecognitionSession.starts_at) < bounds.until,
        col(RecognitionSession.status) != RecognitionSessionStatus.CANCELLED,
    )
    return list((await session.exec(query.order_by(col(RecognitionSession.id)))).all())


async def inspected(session: AsyncSession, recognitions: Collection[UUID], *, by: UUID | None = None) -> set[UUID]:
    """Which of the sessions have an external inspection that was not called off: anybody's, or of one dispatcher (A02)."""
    query = select(Inspection.recognition_session_id).where(
        col(Inspection.recognition_session_id).in_(recognitions),
        col(Inspection.internal).is_(False),
        col(Inspection.status) != InspectionStatus.CANCELLED,
    )
    mine = query if by is None else query.where(col(Inspection.dispatcher_id) == by)
    return {one for one in (await session.exec(mine)).all() if one is not None}


async def judge(session: AsyncSession, who: Who, planned: Sequence[Planned], *, rules: Profile, ran_by: UUID, beside: UUID | None = None) -> Judged:
    """Recusal, rotation, cards, terms, duties, age and the rest, of everybody for every one of these sessions, as things stand now.

    `beside` is the inspection that somebody is wanted for, where there is one already.
    """
    span = Period(min(one.visit.span.start for one in planned), max(one.visit.span.until for one in planned))
    agencies = {one.recognition.agency_id for one in planned if one.recognition.agency_id}
    wanted = ExclusionRules.of(rules, kind=SupervisorKind.EXTERNAL, ran_by=ran_by.hex)
    visits = await visits_to(session, agencies, wanted, span=span, beside=beside)
    facts = [
        SessionFacts(
            id=one.recognition.id.hex,
            agency=agency.hex,
            period=one.visit.span,
            district=one.recognition.district_id.hex if one.recognition.district_id else None,
            visits=tuple(visits.get(agency, ())),
        )
        for one in planned
        if (agency := one.recognition.agency_id) is not None
    ]
    people = await facts_of(session, who, wanted, agencies=agencies, span=span)
    return Judged(people, exclusions(people, facts, wanted))


def candidate(one: Planned, *, weight: int = 1) -> lot.Session:
    """The session as it stands in the frozen pool."""
    starts, ends = (instant.astimezone(UTC).strftime(INSTANT) for instant in (one.visit.span.start, one.visit.span.until))
    recognition = one.recognition
    agency = recognition.agency_id.hex if recognition.agency_id else ""
    return lot.Session(id=recognition.id.hex, agency=agency, starts=starts, ends=ends, candidates=recognition.candidate_count, weight=weight)


async def frozen(session: AsyncSession, pool: lot.Pool, *, only: Collection[str], rules: Profile) -> dict[str, Planned]:
    """The drawn sessions back from the pool, with the visits that were frozen; those cancelled since are gone."""
    query = select(RecognitionSession).where(
        col(RecognitionSession.id).in_([UUID(hex=one) for one in only]), col(RecognitionSession.status) != RecognitionSessionStatus.CANCELLED
    )
    rows = {one.id.hex: one for one in (await session.exec(query)).all()}
    return {
        one.id: Planned(row, Visit(venue_of(row, rules), Period(_instant(one.starts), _instant(one.ends))))
        for one in pool.sessions
        if (row := rows.get(one.id)) is not None
    }


def _instant(text: str) -> datetime:
    return datetime.strptime(text, INSTANT).replace(tzinfo=UTC)
