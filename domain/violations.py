"""Serious-violation reports (003 §15, 000 §8(七)): raised against a clock, decided by the center; one that is upheld writes the credit archive."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import credit
from domain.calendar import shanghai_day
from domain.credit import Written
from domain.errors import BadInput, Unmet
from domain.machine import Act, Machine, Tenants, advance
from domain.organizations import InForce, rules_for, rules_of
from domain.protected import record_at_center
from domain.texts import checked, checked_or_none
from domain.tightening import Place
from models.credit import CreditEntry, CreditGround
from models.events import Event
from models.inspections import Inspection
from models.organizations import Organization
from models.sessions import RecognitionSession
from models.violations import OPEN_REPORTS, ReportChannel, SeriousViolationKind, SeriousViolationReport, SeriousViolationStatus

LONGEST_FACTS = 4000
LONGEST_REASON = 2000
LONGEST_ADVICE = 2000
KINDS, HOURS = "serious_violation_report.kinds", "serious_violation_report.hours"


class Step(StrEnum):
    RAISE = "RAISE"
    RECEIVE = "RECEIVE"
    INVESTIGATE = "INVESTIGATE"
    UPHOLD = "UPHOLD"
    DISMISS = "DISMISS"


STEPS: Machine = {
    (SeriousViolationStatus.RAISED, Step.RECEIVE): SeriousViolationStatus.RECEIVED,
    (SeriousViolationStatus.RECEIVED, Step.INVESTIGATE): SeriousViolationStatus.INVESTIGATING,
    (SeriousViolationStatus.INVESTIGATING, Step.UPHOLD): SeriousViolationStatus.UPHELD,
    (SeriousViolationStatus.INVESTIGATING, Step.DISMISS): SeriousViolationStatus.DISMISSED,
}


@dataclass(frozen=True)
class Alleged:
    """What is reported. Without a session it is about the agency as a whole; `inspection` is the visit it comes from."""

    kind: SeriousViolationKind
    facts: str
    discovered_at: datetime
    recognition: RecognitionSession | None = None
    inspection: Inspection | None = None
    advice: str | None = None


def blank(agency: Organization, *, by: UUID) -> SeriousViolationReport:
    """A report on this agency that is not there yet: what the right to raise one is asked about."""
    return SeriousViolationReport.model_construct(center_id=agency.center_id, district_id=agency.district_id, agency_id=agency.id, person_id=by)


async def raise_report(
    session: AsyncSession, agency: Organization, alleged: Alleged, *, act: Act, direct: bool = False
) -> tuple[SeriousViolationReport, Event]:
    """By a district or the center; `direct` by a supervisor, past district and agency (N13). Late is taken, and told by the instants.

    Unmet where the rules know no report of this kind (D24); BadInput for what was discovered in the future or at a session of another agency.
    """
    known_to = agency.district_id if act.organization_id == agency.district_id and not direct else None
    by_staff = ReportChannel.DISTRICT if known_to else ReportChannel.CENTER
    channel = ReportChannel.DIRECT if direct else by_staff
    return await raised(session, agency, alleged, channel=channel, known_to=known_to, act=act)


async def raised(
    session: AsyncSession, agency: Organization, alleged: Alleged, *, channel: ReportChannel, known_to: UUID | None, act: Act
) -> tuple[SeriousViolationReport, Event]:
    """`known_to`: the district that may see it."""
    past("discoveredAt", alleged.discovered_at, at=act.at)
    concerning(agency, alleged)
    rules = await rules_for(session, agency.center_id, on=shanghai_day(alleged.discovered_at), of=Place(agency.center_id, known_to))
    known(alleged.kind, rules)
    hours = rules.rules.optional_integer(HOURS)
    row = SeriousViolationReport(
        center_id=agency.center_id,
        district_id=known_to,
        agency_id=agency.id,
        area_id=agency.district_id,
        kind=alleged.kind,
        channel=channel,
        facts=checked("facts", alleged.facts, LONGEST_FACTS),
        advice=checked_or_none("advice", alleged.advice, LONGEST_ADVICE),
        recognition_session_id=alleged.recognition.id if alleged.recognition else None,
        inspection_id=alleged.inspection.id if alleged.inspection else None,
        person_id=act.by,
        discovered_at=alleged.discovered_at,
        raised_at=act.at,
        due_at=None if hours is None else alleged.discovered_at + timedelta(hours=hours),
        profile_id=rules.id,
    )
    session.add(row)
    await session.flush()
    return row, await record_at_center(session, row, step=Step.RAISE, act=act, after=row.status, profile_id=rules.id)


def concerning(agency: Organization, alleged: Alleged) -> None:
    """Refuses a session or an inspection of another agency, and an inspection of another session."""
    recognition, inspection = alleged.recognition, alleged.inspection
    if recognition is not None and recognition.agency_id != agency.id:
        raise BadInput("recognitionSession", "unknown")
    if inspection is None:
        return
    if inspection.agency_id != agency.id or (recognition is not None and inspection.recognition_session_id not in {None, recognition.id}):
        raise BadInput("inspection", "unknown")


def past(field: str, instant: datetime, *, at: datetime) -> None:
    """Refuses an instant without its zone, or one that has not come."""
    if instant.tzinfo is None:
        raise BadInput(field, "timezone")
    if instant > at:
        raise BadInput(field, "future")


def known(kind: SeriousViolationKind, rules: InForce) -> None:
    rule = rules.rules.find(KINDS)
    if rule is None or kind not in rules.rules.words(KINDS):
        raise Unmet(KINDS, rule.article if rule else "1.6 D24", rules.rules.version, kind=kind.value)


async def receive(session: AsyncSession, report: SeriousViolationReport, *, act: Act) -> Event:
    """The center has it."""
    report.received_at = report.received_at or act.at
    return await advance(session, report, STEPS, step=Step.RECEIVE, act=act, profile_id=report.profile_id)


async def investigate(session: AsyncSession, report: SeriousViolationReport, *, act: Act) -> Event:
    return await advance(session, report, STEPS, step=Step.INVESTIGATE, act=act, profile_id=report.profile_id)


@dataclass(frozen=True)
class Finding:
    """Why a report is upheld; where the rules keep a credit archive, under which ground and document it goes there, in words the agency may read."""

    reason: str
    ground: CreditGround | None = None
    document: str | None = None
    facts: str | None = None


async def uphold(session: AsyncSession, report: SeriousViolationReport, finding: Finding, *, act: Act) -> tuple[CreditEntry | None, Event]:
    """The entry in the credit archive is written with it, or nothing is (B055). BadInput where it lacks its ground, document or facts."""
    rules = await rules_of(session, report.profile_id)
    decided(report, finding.reason, act=act)
    event = await advance(session, report, STEPS, step=Step.UPHOLD, act=act, reason=report.reason, profile_id=rules.id)
    if not credit.keeps(rules):
        if finding.ground is not None:
            credit.kept(rules)
        return None, event
    if finding.ground is None or finding.document is None or finding.facts is None:
        missing = next(name for name in ("ground", "document", "facts") if getattr(finding, name) is None)
        raise BadInput(missing, "required")
    written = Written(finding.ground, finding.document, finding.facts, shanghai_day(report.discovered_at))
    place: Tenants = {"center_id": report.center_id, "district_id": report.area_id, "agency_id": report.agency_id}
    entry, _ = await credit.added(session, place, written, rules=rules, act=act, report_id=report.id)
    return entry, event


async def dismiss(session: AsyncSession, report: SeriousViolationReport, reason: str, *, act: Act) -> Event:
    """查无实据: the results it was about may be filed again."""
    decided(report, reason, act=act)
    return await advance(session, report, STEPS, step=Step.DISMISS, act=act, reason=report.reason, profile_id=report.profile_id)


def decided(report: SeriousViolationReport, reason: str, *, act: Act) -> None:
    report.reason, report.decided_by, report.decided_at = checked("reason", reason, LONGEST_REASON), act.by, act.at


async def open_on(session: AsyncSession, agency_id: UUID, sessions: Collection[UUID]) -> bool:
    """Whether an open report is about one of these sessions, or about the agency as a whole (INV16)."""
    about = col(SeriousViolationReport.recognition_session_id)
    query = select(about).where(col(SeriousViolationReport.agency_id) == agency_id, col(SeriousViolationReport.status).in_(OPEN_REPORTS))
    return any(one is None or one in sessions for one in (await session.exec(query)).all())
