"""From events to notifications. The event is its own outbox: what is told of it, and to whom, stands in one table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.machine import Act, Machine, advance
from models.agency_cases import AgencyCase, Obstruction
from models.amendments import AlterationRequest, Amendment
from models.applications import Application
from models.assessments import Commendation, YearlyAssessment
from models.base import HOUSE, new_id, table_of
from models.cases import BlacklistEntry, SupervisorCase
from models.complaints import Complaint
from models.credit import CreditEntry
from models.dispatch import Assignment, AssignmentStatus, Draw
from models.education import EducationLapse
from models.events import Event
from models.evidence import EvidenceRequest
from models.filings import FilingDecision, FilingRefusal
from models.inspections import Inspection
from models.notifications import Notification, NotificationKind, NotificationStatus, Relay
from models.opinions import OpinionLetter, Rectification, SupervisionReport
from models.organizations import Organization
from models.ratings import AnnualRating
from models.recommendations import AssessorRecommendation
from models.returns import MonthlyReturn
from models.sessions import RecognitionSession
from models.supervisors import Appointment, Card, Supervisor
from models.violations import SeriousViolationReport
from models.webhooks import Webhook

PERSON, TEAM, SENDER = "person_id", "team", "sender"
LIVE = (AssignmentStatus.OFFERED, AssignmentStatus.ACCEPTED, AssignmentStatus.CHECKED_IN, AssignmentStatus.DONE)
AT_A_TIME = 200
LONGEST_OCCASION = 40


class Step(StrEnum):
    MARK_READ = "MARK_READ"


STEPS: Machine = {(NotificationStatus.UNREAD, Step.MARK_READ): NotificationStatus.READ}


@dataclass(frozen=True)
class Told:
    """What a step tells, and to whom: columns of its row that name an organization, `person_id` the person, `team` all who hold a place in it,
    `sender` who dispatched the inspection that the row is of. `once`: nobody is told while this column is empty.
    """

    kind: NotificationKind
    to: tuple[str, ...]
    once: str | None = None


def told(kind: NotificationKind, *to: str, once: str | None = None) -> Told:
    return Told(kind, to, once)


K = NotificationKind
TELLS: Mapping[tuple[type[SQLModel], str], Told] = {
    (Assignment, "OFFER"): told(K.OFFER_MADE, PERSON),
    (Assignment, "MARK_NO_REPLY"): told(K.OFFER_LAPSED, PERSON, "dispatcher_id"),
    (Assignment, "DECLINE"): told(K.OFFER_DECLINED, "dispatcher_id"),
    (Assignment, "RECUSE"): told(K.OFFER_DECLINED, "dispatcher_id"),
    (Assignment, "WITHDRAW"): told(K.OFFER_WITHDRAWN, PERSON),
    (Assignment, "LEAVE_UNFILLED"): told(K.PLACE_UNFILLED, "dispatcher_id"),
    (Draw, "FREEZE"): told(K.DRAW_COMMITTED, "center_id"),
    (Inspection, "NOTIFY"): told(K.NOTICE_SERVED, "agency_id"),
    (Inspection, "OPINION_OVERDUE"): told(K.OPINION_OVERDUE, "dispatcher_id"),
    (Inspection, "REPORT_OVERDUE"): told(K.REPORT_OVERDUE, "dispatcher_id", TEAM),
    (OpinionLetter, "SERVE"): told(K.OPINION_SERVED, "agency_id"),
    (SupervisionReport, "SUBMIT"): told(K.REPORT_SUBMITTED, "dispatcher_id"),
    (Rectification, "SUBMIT"): told(K.RECTIFICATION_SUBMITTED, "dispatcher_id"),
    (Rectification, "SEND_BACK"): told(K.RECTIFICATION_SENT_BACK, "agency_id"),
    (Rectification, "ACCEPT"): told(K.RECTIFICATION_ACCEPTED, "agency_id"),
    (Rectification, "REQUEST_EXTENSION"): told(K.EXTENSION_REQUESTED, "dispatcher_id"),
    (Rectification, "GRANT_EXTENSION"): told(K.EXTENSION_DECIDED, "agency_id"),
    (Rectification, "REFUSE_EXTENSION"): told(K.EXTENSION_DECIDED, "agency_id"),
    (Rectification, "REMIND"): told(K.RECTIFICATION_DUE, "agency_id"),
    (Rectification, "OVERDUE"): told(K.RECTIFICATION_OVERDUE, "dispatcher_id", "agency_id"),
    (Organization, "REMIND_MONTHLY_RETURN"): told(K.MONTHLY_RETURN_DUE, "id"),
    (Organization, "MONTHLY_RETURN_OVERDUE"): told(K.MONTHLY_RETURN_OVERDUE, "id", "center_id"),
    (MonthlyReturn, "SUBMIT"): told(K.MONTHLY_RETURN_FILED, "center_id"),
    (MonthlyReturn, "SEND_BACK"): told(K.MONTHLY_RETURN_SENT_BACK, "organization_id"),
    (Appointment, "WARN"): told(K.APPOINTMENT_EXPIRING, PERSON, "dispatcher_id"),
    (Appointment, "EXPIRE"): told(K.APPOINTMENT_EXPIRED, PERSON, "dispatcher_id"),
    (Appointment, "ASSESSMENT_OVERDUE"): told(K.ASSESSMENT_OVERDUE, "dispatcher_id"),
    (Organization, "EDUCATION_DUE"): told(K.EDUCATION_DUE, "id"),
    (EducationLapse, "LAPSE"): told(K.EDUCATION_LAPSED, "agency_id", "center_id"),
    (SupervisorCase, "OPEN"): told(K.SUPERVISOR_CASE_OPENED, "issuer_id", PERSON),
    # both sides of a hearing: whose turn it is
    (SupervisorCase, "HEAR"): told(K.SUPERVISOR_CASE_HEARD, PERSON),
    (SupervisorCase, "STATE"): told(K.SUPERVISOR_CASE_STATED, "issuer_id", "district_id"),
    (SupervisorCase, "APPEAL"): told(K.SUPERVISOR_CASE_APPEALED, "issuer_id", "district_id"),
    (SupervisorCase, "UPHOLD"): told(K.SUPERVISOR_CASE_UPHELD, PERSON),
    (SupervisorCase, "LIFT"): told(K.SUPERVISOR_CASE_LIFTED, PERSON),
    (Card, "SUSPEND"): told(K.CARD_SUSPENDED, PERSON, "issuer_id"),
    (Card, "REVOKE"): told(K.CARD_REVOKED, PERSON, "issuer_id"),
    # a person decides each sanction: these say whose turn it is (000 §20, Y069); the agency learns with the criticism
    (AgencyCase, "OPEN"): told(K.AGENCY_CASE_OPENED, "opener_id", "district_id"),
    (AgencyCase, "CRITICIZE"): told(K.AGENCY_CASE_CRITICIZED, "agency_id"),
    (AgencyCase, "ORDER"): told(K.AGENCY_CASE_ORDERED, "agency_id"),
    (AgencyCase, "OVERDUE"): told(K.AGENCY_CASE_OVERDUE, "opener_id", "center_id", "agency_id"),
    # at once (003 §15, B054), to whom the channel names: a report past the district has no `district_id` (N13), and no agency is ever told
    (SeriousViolationReport, "RAISE"): told(K.SERIOUS_VIOLATION_RAISED, "center_id", "district_id"),
    (SeriousViolationReport, "UPHOLD"): told(K.SERIOUS_VIOLATION_DECIDED, PERSON, "district_id"),
    (SeriousViolationReport, "DISMISS"): told(K.SERIOUS_VIOLATION_DECIDED, PERSON, "district_id"),
    (BlacklistEntry, "LIST"): told(K.BLACKLIST_LISTED, "center_id", PERSON),
    (BlacklistEntry, "CONFIRM"): told(K.BLACKLIST_LISTED, "center_id", PERSON),
    (BlacklistEntry, "REMIND"): told(K.BLACKLIST_REVIEW_DUE, "center_id"),
    (Webhook, "SUSPEND"): told(K.WEBHOOK_SUSPENDED, "organization_id"),
    # 003 §8; 000 §8(二)-(三), §9: what passes between a team, who sent it and the agency
    (Inspection, "CANCEL"): told(K.INSPECTION_CANCELLED, "agency_id", once="notified_at"),
    (EvidenceRequest, "REQUEST"): told(K.EVIDENCE_REQUESTED, "agency_id"),
    (EvidenceRequest, "PROVIDE"): told(K.EVIDENCE_PROVIDED, PERSON),
    (EvidenceRequest, "OVERDUE"): told(K.EVIDENCE_OVERDUE, PERSON, SENDER, "agency_id"),
    (EvidenceRequest, "REFUSE"): told(K.EVIDENCE_REFUSED, PERSON, SENDER),
    (AssessorRecommendation, "PROPOSE"): told(K.RECOMMENDATION_MADE, "agency_id"),
    (AssessorRecommendation, "ACCEPT"): told(K.RECOMMENDATION_ANSWERED, PERSON, SENDER),
    (AssessorRecommendation, "REJECT"): told(K.RECOMMENDATION_ANSWERED, PERSON, SENDER),
    (AlterationRequest, "RECORD"): told(K.ALTERATION_REQUESTED, "center_id", "district_id"),
    (Amendment, "ATTACH"): told(K.AMENDMENT_ATTACHED, "agency_id"),
    (AnnualRating, "RATE"): told(K.ANNUAL_RATING_GIVEN, "agency_id"),
    # neither a complaint nor an obstruction is the agency's to know, and it may have sent the team itself: not to `SENDER`
    (Complaint, "ASSIGN"): told(K.COMPLAINT_ASSIGNED, PERSON),
    (Complaint, "REMIND"): told(K.COMPLAINT_DUE, PERSON, "receiver_id"),
    (Complaint, "SUBSTANTIATE"): told(K.COMPLAINT_CONCLUDED, "receiver_id"),
    (Complaint, "REFUTE"): told(K.COMPLAINT_CONCLUDED, "receiver_id"),
    (Obstruction, "RECORD"): told(K.OBSTRUCTION_RECORDED, "center_id", "district_id"),
    # 000 §20: from the criticism on the agency knows of the case
    (AgencyCase, "REFER"): told(K.AGENCY_CASE_REFERRED, "agency_id", "district_id"),
    (AgencyCase, "DISQUALIFY"): told(K.AGENCY_CASE_DISQUALIFIED, "agency_id", "district_id"),
    (AgencyCase, "RECTIFY"): told(K.AGENCY_CASE_RECTIFIED, "agency_id"),
    # 003 §14, §16: each step of a filing decision is served
    (MonthlyReturn, "ACCEPT"): told(K.MONTHLY_RETURN_ACCEPTED, "organization_id"),
    (FilingDecision, "SUBMIT"): told(K.FILING_SUBMITTED, "center_id"),
    (FilingDecision, "ADVISE"): told(K.FILING_OPINION_ISSUED, "agency_id", "district_id"),
    (FilingDecision, "FILE"): told(K.FILING_FILED, "agency_id", "district_id"),
    (FilingDecision, "REFUSE"): told(K.FILING_REFUSED, "agency_id", "district_id"),
    (FilingDecision, "SEND_BACK"): told(K.FILING_SENT_BACK, "agency_id"),
    (FilingRefusal, "PROPOSE"): told(K.FILING_REFUSAL_PROPOSED, "center_id"),
    (FilingRefusal, "DISMISS"): told(K.FILING_REFUSAL_DISMISSED, "proposer_id"),
    (CreditEntry, "RECORD"): told(K.CREDIT_ENTERED, "agency_id", "district_id"),
    # 000 §15-§16, §18, §21-§23; 003 §17: the person concerned
    (SupervisorCase, "CRITICIZE"): told(K.SUPERVISOR_CASE_DECIDED, PERSON),
    (SupervisorCase, "DISCIPLINE"): told(K.SUPERVISOR_CASE_DECIDED, PERSON),
    (SupervisorCase, "SUSPEND"): told(K.SUPERVISOR_CASE_DECIDED, PERSON),
    (SupervisorCase, "CONFIRM"): told(K.SUPERVISOR_CASE_DECIDED, PERSON),
    (SupervisorCase, "RESTORE"): told(K.SUPERVISOR_CASE_LIFTED, PERSON),
    (SupervisorCase, "CLOSE"): told(K.SUPERVISOR_CASE_CLOSED, PERSON),
    (BlacklistEntry, "UPHOLD"): told(K.BLACKLIST_UPHELD, PERSON),
    (BlacklistEntry, "LIFT"): told(K.BLACKLIST_LIFTED, PERSON, "center_id"),
    (Application, "ISSUE_CARD"): told(K.APPLICATION_DECIDED, PERSON, "employer_id"),
    (Application, "DESIGNATE"): told(K.APPLICATION_DECIDED, PERSON, "employer_id"),
    (Application, "REJECT"): told(K.APPLICATION_DECIDED, PERSON, "employer_id"),
    (Supervisor, "ENLIST"): told(K.ROSTER_ENTERED, PERSON),
    (Card, "ISSUE"): told(K.CARD_ISSUED, PERSON),
    (Card, "RESTORE"): told(K.CARD_RESTORED, PERSON),
    (Appointment, "EVALUATE"): told(K.TERM_EVALUATED, PERSON),
    (Appointment, "RENEW"): told(K.TERM_RENEWED, PERSON),
    (YearlyAssessment, "ASSESS"): told(K.YEAR_ASSESSED, PERSON),
    (Commendation, "COMMEND"): told(K.COMMENDED, PERSON),
    (RecognitionSession, "RECUSE_INTERNAL"): told(K.INTERNAL_RECUSED, "agency_id"),
    (Application, "DECLINE"): told(K.APPLICATION_DECIDED, PERSON),
    (Application, "WITHDRAW"): told(K.APPLICATION_WITHDRAWN, "employer_id", "issuer_id"),
    (Card, "REPLACE"): told(K.CARD_REPLACED, PERSON),
}
"""To tell of one more step takes one line here, and for a new kind its name and its words."""

MODELS: Mapping[str, type[SQLModel]] = {model.__name__: model for model, _ in TELLS}


async def behind(session: AsyncSession, center_id: UUID) -> Sequence[UUID]:
    """The organizations of a center of which something has happened that was not told yet."""
    o, e, r = table_of(Organization), table_of(Event), table_of(Relay)
    more = exists().where(e.c.organization_id == o.c.id, e.c.sequence > func.coalesce(r.c.sequence, 0)).correlate_except(e)
    homes = select(o.c.id).outerjoin(r, r.c.organization_id == o.c.id).where(o.c.center_id == center_id, more)
    return (await session.exec(homes.order_by(o.c.id))).all()


async def relay(session: AsyncSession, organization: Organization) -> tuple[bool, int]:
    """Tells the next events of an organization's chain, in their order, each once: whether there may be more, and how many
    notifications that made.

    A chain has no gaps and its order is that of the commits, so a number is all that must be kept. Nothing while another worker tells it.
    """
    first = insert(table_of(Relay)).values(organization_id=organization.id, center_id=organization.center_id, sequence=0)
    await session.exec(first.on_conflict_do_nothing())
    mine = select(Relay).where(col(Relay.organization_id) == organization.id).with_for_update(skip_locked=True)
    place = (await session.exec(mine, execution_options={"populate_existing": True})).one_or_none()
    if place is None:
        return False, 0
    after = select(Event).where(col(Event.organization_id) == organization.id, col(Event.sequence) > place.sequence)
    events = (await session.exec(after.order_by(col(Event.sequence)).limit(AT_A_TIME))).all()
    if not events:
        return False, 0
    place.sequence = events[-1].sequence
    session.add(place)
    return len(events) == AT_A_TIME, await tell(session, organization.center_id, events)


async def tell(session: AsyncSession, center_id: UUID, events: Sequence[Event]) -> int:
    spoken = [one for one in events if told_of(one) is not None]
    subjects = await subjects_of(session, spoken)
    teams = await teams_of(session, [one.subject_id for one in spoken if TEAM in to_whom(one)])
    senders = await senders_of(session, {one.subject_id: subjects.get(one.subject_id) for one in spoken if SENDER in to_whom(one)})
    organizations = await named(session, spoken, subjects, senders=senders)
    lines = [line for one in spoken for line in told_by(one, subjects.get(one.subject_id), teams=teams, organizations=organizations)]
    mine = [one | {"center_id": center_id} for one in lines]
    if mine:
        await session.exec(insert(table_of(Notification)).values(mine).on_conflict_do_nothing())
    return len(mine)


def told_of(event: Event) -> Told | None:
    model = MODELS.get(event.subject_kind)
    return TELLS.get((model, event.step)) if model else None


def to_whom(event: Event) -> tuple[str, ...]:
    found = told_of(event)
    return found.to if found else ()


async def subjects_of(session: AsyncSession, events: Iterable[Event]) -> dict[UUID, Any]:
    """What the events are about, one statement a kind."""
    found: dict[UUID, Any] = {}
    kinds: dict[str, set[UUID]] = {}
    for one in events:
        kinds.setdefault(one.subject_kind, set()).add(one.subject_id)
    for kind, ids in kinds.items():
        model: Any = MODELS[kind]
        found |= {row.id: row for row in (await session.exec(select(model).where(model.id.in_(ids)))).all()}
    return found


async def teams_of(session: AsyncSession, inspections: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    query = select(Assignment.inspection_id, Assignment.person_id).where(
        col(Assignment.inspection_id).in_(inspections), col(Assignment.status).in_(LIVE)
    )
    found: dict[UUID, list[UUID]] = {}
    for inspection, person in (await session.exec(query.order_by(col(Assignment.id)))).all() if inspections else ():
        found.setdefault(inspection, []).append(person)
    return found


async def senders_of(session: AsyncSession, rows: Mapping[UUID, Any]) -> dict[UUID, UUID]:
    """Who dispatched the inspection of each row."""
    visits = {id: row.inspection_id for id, row in rows.items() if row is not None}
    query = select(Inspection.id, Inspection.dispatcher_id).where(col(Inspection.id).in_(visits.values()))
    senders = dict((await session.exec(query)).all()) if visits else {}
    return {id: senders[visit] for id, visit in visits.items()}


async def named(
    session: AsyncSession, events: Sequence[Event], subjects: Mapping[UUID, Any], *, senders: Mapping[UUID, UUID]
) -> dict[UUID, Organization]:
    """The organizations that are told, for the tenants of each; by its row, too, who sent the team."""
    columns = [(subjects.get(one.subject_id), to) for one in events for to in to_whom(one) if to not in {PERSON, TEAM, SENDER}]
    ids = {getattr(row, to) for row, to in columns if row is not None} - {None} | set(senders.values())
    found = {one.id: one for one in (await session.exec(select(Organization).where(col(Organization.id).in_(ids)))).all()} if ids else {}
    return found | {row: found[sender] for row, sender in senders.items()}


def told_by(
    event: Event,
    row: Any,  # noqa: ANN401 - a row of any kind
    *,
    teams: Mapping[UUID, Sequence[UUID]],
    organizations: Mapping[UUID, Organization],
) -> list[dict[str, object]]:
    """The notifications of one event, as columns. Of what the house writes the reason is an occasion; of people it may hold more than an id."""
    about = told_of(event)
    if about is None or row is None or (about.once is not None and getattr(row, about.once) is None):
        return []
    occasion = (event.reason or "")[:LONGEST_OCCASION] or None if event.person_id == HOUSE else None
    said = {"kind": about.kind, "event_id": event.id, "subject_kind": event.subject_kind, "subject_id": event.subject_id, "at": event.at}
    said |= {"occasion": occasion, "status": NotificationStatus.UNREAD}
    lines: list[dict[str, object]] = []
    for to in about.to:
        people = teams.get(event.subject_id, ()) if to == TEAM else [row.person_id] if to == PERSON else ()
        lines += [{**said, "id": new_id(), **nowhere(person_id=one)} for one in people if one != HOUSE]
        place = organizations.get(row.id if to == SENDER else getattr(row, to)) if to not in {PERSON, TEAM} else None
        if place is not None:
            lines.append(
                {**said, "id": new_id(), **nowhere(organization_id=place.id), "district_id": place.district_id, "agency_id": place.agency_id}
            )
    return lines


def nowhere(*, organization_id: UUID | None = None, person_id: UUID | None = None) -> dict[str, object]:
    """To whom, behind no wall but the center's."""
    return {"organization_id": organization_id, "person_id": person_id, "district_id": None, "agency_id": None}


async def mark_read(session: AsyncSession, notification: Notification, *, act: Act) -> Event:
    """已阅: by the person it is for, or by anybody in office where it is for an organization. Conflict STATE the second time."""
    if notification.status is NotificationStatus.UNREAD:
        notification.read_at, notification.read_by = act.at, act.by
    return await advance(session, notification, STEPS, step=Step.MARK_READ, act=act)
