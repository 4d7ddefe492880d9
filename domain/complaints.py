"""Complaints from the public (群众举报, 000 §8(六), Y022): investigated by somebody without a conflict, answered in time; who complained stays sealed."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

import orjson
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import disclosures
from domain.calendar import shanghai_day
from domain.errors import BadInput, Unmet
from domain.holidays import working_days_on
from domain.machine import Act, Machine, Within, advance, record, tenants
from domain.organizations import rules_for
from domain.sealing import IdKeys
from domain.supervisors import card_in_use
from domain.texts import checked, checked_or_none
from models.complaints import Complainant, Complaint, ComplaintStatus
from models.events import Event
from models.memberships import Membership
from models.organizations import Organization
from models.sessions import Assessor, RecognitionSession
from models.supervisors import CardStatus, Employment, Supervisor, SupervisorKind

LONGEST_FACTS = 4000
LONGEST = 2000
LONGEST_NAME = 100
LONGEST_CONTACT = 200
LONGEST_PURPOSE = 500
ENABLED = "complaints.enabled"
IDENTITY = ("Complainant.contact", "Complainant.name")


class Step(StrEnum):
    RECEIVE = "RECEIVE"
    ASSIGN = "ASSIGN"
    INVESTIGATE = "INVESTIGATE"
    SUBSTANTIATE = "SUBSTANTIATE"
    REFUTE = "REFUTE"
    ANSWER = "ANSWER"
    CLOSE = "CLOSE"


STEPS: Machine = {
    (ComplaintStatus.RECEIVED, Step.ASSIGN): ComplaintStatus.ASSIGNED,
    # somebody falls ill
    (ComplaintStatus.ASSIGNED, Step.ASSIGN): ComplaintStatus.ASSIGNED,
    (ComplaintStatus.ASSIGNED, Step.INVESTIGATE): ComplaintStatus.INVESTIGATING,
    (ComplaintStatus.INVESTIGATING, Step.ASSIGN): ComplaintStatus.ASSIGNED,
    (ComplaintStatus.INVESTIGATING, Step.SUBSTANTIATE): ComplaintStatus.SUBSTANTIATED,
    (ComplaintStatus.INVESTIGATING, Step.REFUTE): ComplaintStatus.UNSUBSTANTIATED,
    (ComplaintStatus.SUBSTANTIATED, Step.ANSWER): ComplaintStatus.ANSWERED,
    (ComplaintStatus.UNSUBSTANTIATED, Step.ANSWER): ComplaintStatus.ANSWERED,
    (ComplaintStatus.ANSWERED, Step.CLOSE): ComplaintStatus.CLOSED,
}


@dataclass(frozen=True)
class Received:
    """What somebody complains of. Without a name nor a contact it is anonymous."""

    facts: str
    recognition: RecognitionSession | None = None
    name: str | None = None
    contact: str | None = None


@dataclass(frozen=True)
class Identity:
    """Who complained."""

    name: str | None
    contact: str | None


def blank(agency: Organization) -> Complaint:
    """A complaint of this agency that is not there yet: what the right to take one in is asked about."""
    return Complaint.model_construct(**tenants(agency), person_id=None)


async def receive(session: AsyncSession, agency: Organization, received: Received, *, keys: IdKeys, act: Act) -> tuple[Complaint, Event]:
    """Due in working days. Unmet where the rules know no complaints (D29)."""
    today = shanghai_day(act.at)
    rules = await rules_for(session, agency.center_id, on=today)
    if not rules.rules.flag(ENABLED):
        raise Unmet(ENABLED, "1.6 D29", rules.rules.version)
    if received.recognition is not None and received.recognition.agency_id != agency.id:
        raise BadInput("recognitionSession", "unknown")
    name = checked_or_none("complainantName", received.name, LONGEST_NAME)
    contact = checked_or_none("complainantContact", received.contact, LONGEST_CONTACT)
    row = Complaint(
        **tenants(agency),
        receiver_id=act.organization_id,
        received_by=act.by,
        received_at=act.at,
        anonymous=name is None and contact is None,
        facts=checked("facts", received.facts, LONGEST_FACTS),
        recognition_session_id=received.recognition.id if received.recognition else None,
        due_on=await working_days_on(session, agency.center_id, today, days=rules.rules.integer("complaint.working_days")),
        profile_id=rules.id,
    )
    session.add(row)
    await session.flush()
    if not row.anonymous:
        await sealed(session, row, Identity(name, contact), keys=keys)
    return row, await record(session, row, step=Step.RECEIVE, act=act, after=row.status, profile_id=rules.id)


async def sealed(session: AsyncSession, complaint: Complaint, identity: Identity, *, keys: IdKeys) -> None:
    """Readable with our keys alone, and as the secret of this row alone."""
    row = Complainant(**tenants(complaint), complaint_id=complaint.id, identity=b"")
    row.identity = keys.seal(orjson.dumps({"name": identity.name, "contact": identity.contact}), about=row.id)
    session.add(row)
    await session.flush()


async def assign_supervisor(session: AsyncSession, complaint: Complaint, supervisor: Supervisor, *, act: Act) -> Event:
    """To an external supervisor of the jurisdiction. Unmet without a card valid on the day, and for a conflict (000 §8(八))."""
    today = shanghai_day(act.at)
    if supervisor.kind is not SupervisorKind.EXTERNAL or supervisor.center_id != complaint.center_id:
        raise BadInput("supervisor", "unknown")
    card = await card_in_use(session, supervisor.id)
    if card is None or card.status is not CardStatus.ACTIVE or not card.valid_from <= today < card.valid_until:
        raise Unmet("card.valid", "000 §13; 003 §9")
    return await assigned(session, complaint, supervisor.person_id, act=act)


async def assign_officer(session: AsyncSession, complaint: Complaint, person_id: UUID, *, act: Act) -> Event:
    """To somebody who holds an office of who assigns. Unmet for a conflict."""
    mine = (col(Membership.person_id) == person_id, col(Membership.organization_id) == act.organization_id, col(Membership.valid_from) <= act.at)
    live = or_(col(Membership.valid_until).is_(None), col(Membership.valid_until) > act.at)
    if (await session.exec(select(Membership.id).where(*mine, live).limit(1))).first() is None:
        raise BadInput("officer", "unknown")
    return await assigned(session, complaint, person_id, act=act)


async def assigned(session: AsyncSession, complaint: Complaint, person_id: UUID, *, act: Act) -> Event:
    await impartial(session, complaint, person_id, on=shanghai_day(act.at))
    complaint.person_id, complaint.assigned_at = person_id, act.at
    return await advance(session, complaint, STEPS, step=Step.ASSIGN, act=act, profile_id=complaint.profile_id)


async def impartial(session: AsyncSession, complaint: Complaint, person_id: UUID, *, on: date) -> None:
    """Not employed by the agency, not an assessor of the session complained of (000 §8(八))."""
    works = select(Employment.id).where(
        col(Employment.person_id) == person_id,
        col(Employment.agency_id) == complaint.agency_id,
        col(Employment.starts_on) <= on,
        or_(col(Employment.ends_on).is_(None), col(Employment.ends_on) > on),
    )
    assesses = select(Assessor.id).where(
        col(Assessor.person_id) == person_id, col(Assessor.recognition_session_id) == complaint.recognition_session_id
    )
    if (await session.exec(works.limit(1))).first() or (await session.exec(assesses.limit(1))).first():
        raise Unmet("complaint.conflict", "000 §8(八)")


async def investigate(session: AsyncSession, complaint: Complaint, *, act: Act) -> Event:
    return await advance(session, complaint, STEPS, step=Step.INVESTIGATE, act=act, profile_id=complaint.profile_id)


async def conclude(session: AsyncSession, complaint: Complaint, conclusion: str, *, substantiated: bool, act: Act) -> Event:
    """属实 or 不属实, by who investigated."""
    complaint.conclusion, complaint.substantiated = checked("conclusion", conclusion, LONGEST), substantiated
    step = Step.SUBSTANTIATE if substantiated else Step.REFUTE
    return await advance(session, complaint, STEPS, step=step, act=act, reason=complaint.conclusion, profile_id=complaint.profile_id)


async def answer(session: AsyncSession, complaint: Complaint, text: str, *, act: Act) -> Event:
    """What the complainant is told; of an anonymous complaint, what is kept for who asks."""
    complaint.answer, complaint.answered_at = checked("answer", text, LONGEST), complaint.answered_at or act.at
    return await advance(session, complaint, STEPS, step=Step.ANSWER, act=act, reason=complaint.answer, profile_id=complaint.profile_id)


async def close(session: AsyncSession, complaint: Complaint, *, act: Act) -> Event:
    complaint.closed_at = complaint.closed_at or act.at
    return await advance(session, complaint, STEPS, step=Step.CLOSE, act=act, profile_id=complaint.profile_id)


@dataclass(frozen=True)
class Asking:
    """Who wants to know who complained, through which account, and why."""

    purpose: str
    account_id: UUID
    within: Within
    act: Act


async def reveal(session: AsyncSession, complaint: Complaint, asking: Asking, *, keys: IdKeys) -> tuple[Identity, Event]:
    """Who complained: with the event that says who had it shown and why, and a line among the disclosures (PIPL 51). BadInput for an anonymous one."""
    why, act = checked("purpose", asking.purpose, LONGEST_PURPOSE), asking.act
    row = (await session.exec(select(Complainant).where(col(Complainant.complaint_id) == complaint.id))).one_or_none()
    if row is None:
        raise BadInput("complaint", "anonymous")
    found = orjson.loads(keys.open(row.identity, about=row.id))
    said = {"operation": "complaintReveal", "document": complaint.id.hex}
    await disclosures.note(session, IDENTITY, account_id=asking.account_id, within=asking.within, act=act, **said)
    return Identity(found["name"], found["contact"]), await record(session, complaint, step="REVEAL", act=act, reason=why)
