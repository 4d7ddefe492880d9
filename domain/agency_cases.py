"""Cases against agencies and their staff (000 §20): criticism, order to correct, and what the HR department decides. Ended where it was put right."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypedDict
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, literal_column
from sqlalchemy import select as selected
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import shanghai_day
from domain.errors import BadInput, Conflict, Unmet
from domain.holidays import working_days_on
from domain.machine import Act, Machine, advance, record, tenants
from domain.organizations import InForce, rules_for, rules_of, rules_there
from domain.texts import checked, checked_or_none
from models.agency_cases import OPEN_CASES, AgencyCase, AgencyCaseStatus, AgencyGround
from models.complaints import Complaint
from models.events import Event
from models.evidence import EvidenceRequest
from models.opinions import Rectification
from models.organizations import Organization
from models.sessions import RecognitionSession

LONGEST_NAME = 60
LONGEST_FACTS = 4000
LONGEST = 2000
LONGEST_NUMBER = 40
LADDER, GROUNDS = "sanctions.agency.ladder", "grounds.agency"
ARTICLE = "000 §20"
ARTICLES = {ground: f"{ARTICLE}({item})" for ground, item in zip(AgencyGround, "一二三四五六", strict=True)}
"""Each ground with its item of the article (Y070-Y075)."""


class Step(StrEnum):
    OPEN = "OPEN"
    CRITICIZE = "CRITICIZE"
    ORDER = "ORDER"
    REFER = "REFER"
    DISQUALIFY = "DISQUALIFY"
    RECTIFY = "RECTIFY"
    DISMISS = "DISMISS"


STEPS: Machine = {
    (AgencyCaseStatus.OPENED, Step.CRITICIZE): AgencyCaseStatus.CRITICIZED,
    (AgencyCaseStatus.CRITICIZED, Step.ORDER): AgencyCaseStatus.ORDERED,
    (AgencyCaseStatus.ORDERED, Step.REFER): AgencyCaseStatus.HR_REFERRED,
    (AgencyCaseStatus.HR_REFERRED, Step.DISQUALIFY): AgencyCaseStatus.DISQUALIFIED,
    (AgencyCaseStatus.CRITICIZED, Step.RECTIFY): AgencyCaseStatus.RECTIFIED,
    (AgencyCaseStatus.ORDERED, Step.RECTIFY): AgencyCaseStatus.RECTIFIED,
    (AgencyCaseStatus.HR_REFERRED, Step.RECTIFY): AgencyCaseStatus.RECTIFIED,
    (AgencyCaseStatus.OPENED, Step.DISMISS): AgencyCaseStatus.DISMISSED,
}


class Behind(TypedDict):
    """What a case rests on, as columns."""

    recognition_session_id: UUID | None
    rectification_id: UUID | None
    evidence_request_id: UUID | None
    complaint_id: UUID | None


@dataclass(frozen=True)
class Charge:
    """Against the agency, or the one of its staff that is named; `serious` (情节严重) keeps the results it is about from being filed."""

    ground: AgencyGround
    facts: str
    serious: bool = False
    staff_name: str | None = None
    recognition: RecognitionSession | None = None
    rectification: Rectification | None = None
    evidence_request: EvidenceRequest | None = None
    complaint: Complaint | None = None

    def behind(self, agency_id: UUID) -> Behind:
        """BadInput for what is another agency's."""
        named: dict[str, RecognitionSession | Rectification | EvidenceRequest | Complaint | None] = {
            "recognitionSession": self.recognition,
            "rectification": self.rectification,
            "evidenceRequest": self.evidence_request,
            "complaint": self.complaint,
        }
        for field, row in named.items():
            if row is not None and row.agency_id != agency_id:
                raise BadInput(field, "unknown")
        about, undone, request, complaint = [row.id if row else None for row in named.values()]
        return Behind(recognition_session_id=about, rectification_id=undone, evidence_request_id=request, complaint_id=complaint)


@dataclass(frozen=True)
class Ruling:
    """What the HR department (人力资源社会保障部门) decided: under which number, on which day."""

    number: str
    day: date


def blank(agency: Organization, *, opener_id: UUID) -> AgencyCase:
    """A case that is not there yet: what the right to open one is asked about."""
    return AgencyCase.model_construct(**tenants(agency), opener_id=opener_id, criticized_at=None)


async def open_case(session: AsyncSession, agency: Organization, charge: Charge, *, act: Act) -> tuple[AgencyCase, Event]:
    """Any one ground suffices (Y098). Unmet where the rules have another ladder (D25), or for an agency that would judge itself."""
    rules = await rules_for(session, agency.center_id, on=shanghai_day(act.at))
    rung(rules, AgencyCaseStatus.CRITICIZED)
    known(charge.ground, rules)
    staff = checked_or_none("staffName", charge.staff_name, LONGEST_NAME)
    if act.organization_id == agency.id and staff is None:
        raise Unmet("agency_case.own_staff", ARTICLE, rules.rules.version)
    row = AgencyCase(
        **tenants(agency),
        staff_name=staff,
        ground=charge.ground,
        serious=charge.serious,
        facts=checked("facts", charge.facts, LONGEST_FACTS),
        **charge.behind(agency.id),
        opener_id=act.organization_id,
        opened_by=act.by,
        profile_id=rules.id,
    )
    session.add(row)
    await session.flush()
    return row, await record(session, row, step=Step.OPEN, act=act, after=row.status, reason=row.ground.value, profile_id=rules.id)


async def criticize(session: AsyncSession, case: AgencyCase, criticism: str, *, act: Act) -> Event:
    """批评, told to the agency."""
    judged_by(case, act)
    case.criticism, case.criticized_at = checked("criticism", criticism, LONGEST), case.criticized_at or act.at
    return await advance(session, case, STEPS, step=Step.CRITICIZE, act=act, reason=case.criticism, profile_id=case.profile_id)


async def order(session: AsyncSession, case: AgencyCase, correction: str, *, act: Act) -> Event:
    """责令改正, due in as many working days as a rectification."""
    judged_by(case, act)
    today = shanghai_day(act.at)
    rules = await rules_there(session, case.profile_id, case, on=today)
    rung(rules, AgencyCaseStatus.ORDERED)
    due_on = await working_days_on(session, case.center_id, today, days=rules.rules.integer("rectification.working_days"))
    case.correction, case.due_on = checked("correction", correction, LONGEST), due_on
    return await advance(session, case, STEPS, step=Step.ORDER, act=act, reason=case.correction, profile_id=rules.id)


async def refer(session: AsyncSession, case: AgencyCase, ruling: Ruling, *, reason: str, act: Act) -> Event:
    """拒不改正或情节严重: put to the HR department, which has ordered rectification."""
    rung(await rules_of(session, case.profile_id), AgencyCaseStatus.HR_REFERRED)
    case.hr_order_number, case.hr_ordered_on = decided(ruling, act)
    case.serious = True
    why = checked("reason", reason, LONGEST)
    return await advance(session, case, STEPS, step=Step.REFER, act=act, reason=why, profile_id=case.profile_id)


async def disqualify(session: AsyncSession, case: AgencyCase, ruling: Ruling, *, act: Act) -> Event:
    """取消资格 as the HR department has decided it. Unmet for a person: only an agency has this qualification."""
    rules = await rules_of(session, case.profile_id)
    rung(rules, AgencyCaseStatus.DISQUALIFIED)
    if case.staff_name is not None:
        raise Unmet("agency_case.agency_only", ARTICLE, rules.rules.version)
    case.hr_decision_number, case.hr_decided_on = decided(ruling, act)
    case.closed_at = act.at
    return await advance(session, case, STEPS, step=Step.DISQUALIFY, act=act, reason=case.hr_decision_number, profile_id=rules.id)


async def rectify(session: AsyncSession, case: AgencyCase, reason: str, *, act: Act) -> Event:
    """It was put right: the case ends, wherever on the ladder it stands."""
    return await ended(session, case, Step.RECTIFY, reason=reason, act=act)


async def dismiss(session: AsyncSession, case: AgencyCase, reason: str, *, act: Act) -> Event:
    """不予处理, before anybody is criticized."""
    return await ended(session, case, Step.DISMISS, reason=reason, act=act)


async def ended(session: AsyncSession, case: AgencyCase, which: Step, *, reason: str, act: Act) -> Event:
    judged_by(case, act)
    if (case.status, which) not in STEPS:
        raise Conflict("STATE", status=case.status.value, step=which.value)
    case.reason, case.closed_at = checked("reason", reason, LONGEST), act.at
    return await advance(session, case, STEPS, step=which, act=act, reason=case.reason, profile_id=case.profile_id)


def judged_by(case: AgencyCase, act: Act) -> None:
    """An agency goes on with what it opened against its own staff, and with nothing else (Y098)."""
    if act.organization_id == case.agency_id != case.opener_id:
        raise Unmet("agency_case.own_staff", ARTICLE)


def decided(ruling: Ruling, act: Act) -> tuple[str, date]:
    if ruling.day > shanghai_day(act.at):
        raise BadInput("decidedOn", "future")
    return checked("number", ruling.number, LONGEST_NUMBER), ruling.day


def rung(rules: InForce, wanted: AgencyCaseStatus) -> None:
    if not has_rung(rules, wanted):
        ladder = rules.rules.rule(LADDER)
        raise Unmet(ladder.id, ladder.article, rules.rules.version, step=wanted.value)


def has_rung(rules: InForce, wanted: AgencyCaseStatus) -> bool:
    return wanted in rules.rules.words(LADDER)


def known(ground: AgencyGround, rules: InForce) -> None:
    rule = rules.rules.rule(GROUNDS)
    if ground not in rules.rules.words(rule.id):
        raise Unmet(rule.id, rule.article, rules.rules.version, ground=ground.value)


async def open_on(session: AsyncSession, agency_id: UUID, sessions: Collection[UUID]) -> bool:
    """Whether an open serious case is about one of these sessions, or about the agency as a whole (INV16)."""
    about = col(AgencyCase.recognition_session_id)
    serious = or_(col(AgencyCase.serious), col(AgencyCase.status) == AgencyCaseStatus.HR_REFERRED)
    query = select(about).where(col(AgencyCase.agency_id) == agency_id, col(AgencyCase.status).in_(OPEN_CASES), serious)
    return any(one is None or one in sessions for one in (await session.exec(query)).all())


def last_ruling(case: FromClause, agency: ColumnElement[UUID], said: str, *, seen: Sequence[ColumnElement[bool]]) -> ColumnElement[Any]:
    """A column of the case in which the HR department disqualified the agency, of the last one if there are several; null where it did not."""
    gone = (case.c.agency_id == agency, case.c.status == literal_column(f"'{AgencyCaseStatus.DISQUALIFIED.value}'"))
    found = selected(case.c[said]).where(*gone, *seen).order_by(case.c.hr_decided_on.desc(), case.c.id.desc())
    return found.limit(literal_column("1")).correlate_except(case).scalar_subquery()
