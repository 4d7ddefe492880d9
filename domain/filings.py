"""Filing (备案): an agency puts a month's results forward, the center gives its opinion and files, sends back or refuses; to refuse takes two persons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import filing_gate
from domain.calendar import Month
from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, Machine, advance, record
from domain.organizations import InForce, rules_for, rules_of
from domain.texts import checked
from models.checklists import Finding
from models.credit import CreditEntry
from models.events import Event
from models.filings import FilingDecision, FilingGround, FilingRefusal, FilingRefusalStatus, FilingStatus
from models.inspections import Inspection, InspectionStatus
from models.organizations import Organization
from models.sessions import RecognitionSession, RecognitionSessionStatus
from models.violations import SeriousViolationReport

LONGEST = 2000
LONGEST_DOCUMENT = 200
OPEN = (FilingStatus.PENDING, FilingStatus.OPINION_ISSUED)
UNPOSTED = (RecognitionSessionStatus.STARTED, RecognitionSessionStatus.HELD)
OVER = (InspectionStatus.CLOSED, InspectionStatus.CANCELLED)


class Step(StrEnum):
    SUBMIT = "SUBMIT"
    ADVISE = "ADVISE"
    FILE = "FILE"
    REFUSE = "REFUSE"
    SEND_BACK = "SEND_BACK"
    CONFIRM = "CONFIRM"
    DISMISS = "DISMISS"


STEPS: Machine = {
    (FilingStatus.PENDING, Step.ADVISE): FilingStatus.OPINION_ISSUED,
    (FilingStatus.OPINION_ISSUED, Step.FILE): FilingStatus.FILED,
    (FilingStatus.OPINION_ISSUED, Step.REFUSE): FilingStatus.REFUSED,
    (FilingStatus.OPINION_ISSUED, Step.SEND_BACK): FilingStatus.SENT_BACK,
    (FilingStatus.SENT_BACK, Step.SUBMIT): FilingStatus.PENDING,
}

OF_REFUSALS: Machine = {
    (FilingRefusalStatus.PROPOSED, Step.CONFIRM): FilingRefusalStatus.CONFIRMED,
    (FilingRefusalStatus.PROPOSED, Step.DISMISS): FilingRefusalStatus.DISMISSED,
}


def blank(organization: Organization) -> FilingDecision:
    """A batch of this organization that is not there yet: what the right to put one forward is asked about."""
    return FilingDecision.model_construct(center_id=organization.center_id, district_id=organization.district_id, agency_id=organization.agency_id)


async def submit(session: AsyncSession, agency: Organization, month: Month, *, act: Act) -> tuple[FilingDecision, Event]:
    """Puts forward all results that the agency posted of a past month, also anew after a send-back (B049).

    Unmet where the rules know no filing, before the month is over, and while results are missing; BadInput if there are none;
    Conflict DUPLICATE if the month was put forward and not sent back.
    """
    rules = await rules_for(session, agency.center_id, on=month.last_day())
    filing_known(rules)
    over(month, rules, at=act.at)
    posted = await results(session, agency.id, month, rules=rules)
    query = select(FilingDecision).where(col(FilingDecision.agency_id) == agency.id, col(FilingDecision.month) == str(month)).with_for_update()
    found = (await session.exec(query)).one_or_none()
    if found is not None and found.status is not FilingStatus.SENT_BACK:
        raise Conflict("DUPLICATE", month=str(month))
    row = found or FilingDecision(
        center_id=agency.center_id, district_id=agency.district_id, agency_id=agency.id, month=str(month), **batch(posted, rules, act)
    )
    if found is not None:
        for name, value in (batch(posted, rules, act) | dict.fromkeys(ANSWERED) | {"basis": []}).items():
            setattr(found, name, value)
        return found, await advance(session, found, STEPS, step=Step.SUBMIT, act=act, profile_id=rules.id)
    session.add(row)
    await session.flush()
    return row, await record(session, row, step=Step.SUBMIT.value, act=act, after=row.status, profile_id=rules.id)


ANSWERED = ("opinion", "monthly_return_id", "issued_by", "issued_at", "decided_by", "decided_at", "comment")
"""What the center said to the batch before it was sent back; the history keeps it."""


def batch(posted: Sequence[RecognitionSession], rules: InForce, act: Act) -> dict[str, Any]:
    return {
        "profile_id": rules.id,
        "sessions": [{"recognition_session": one.id.hex, "candidate_count": one.candidate_count} for one in posted],
        "session_count": len(posted),
        "candidate_count": sum(one.candidate_count for one in posted),
        "submitted_by": act.by,
        "submitted_at": act.at,
    }


async def results(session: AsyncSession, agency_id: UUID, month: Month, *, rules: InForce) -> list[RecognitionSession]:
    """The sessions of the month whose results are posted, once none that took place still lacks them."""
    bounds = month.bounds()
    query = select(RecognitionSession).where(
        col(RecognitionSession.agency_id) == agency_id,
        col(RecognitionSession.starts_at) >= bounds.start,
        col(RecognitionSession.starts_at) < bounds.until,
    )
    found = (await session.exec(query.order_by(col(RecognitionSession.starts_at), col(RecognitionSession.id)))).all()
    missing = sum(one.status in UNPOSTED for one in found)
    if missing:
        raise Unmet("filing.results_posted", "003 §14", rules.rules.version, missing=missing)
    posted = [one for one in found if one.status is RecognitionSessionStatus.RESULTS_POSTED]
    if not posted:
        raise BadInput("month", "nothing_to_file", month=str(month))
    return posted


def filing_known(rules: InForce) -> None:
    """Filing is a step of 003; 000 has none (D22)."""
    rule = rules.rules.rule("workflow.steps")
    if "FILING_OPINION" not in rules.rules.words(rule.id):
        raise Unmet("filing.none", rule.article, rules.rules.version)


def over(month: Month, rules: InForce, *, at: datetime) -> None:
    if at < month.bounds().until:
        raise Unmet("filing.month_over", "003 §14", rules.rules.version, month=str(month))


async def advise(session: AsyncSession, filing: FilingDecision, opinion: str, *, act: Act, inspections: Sequence[Inspection] = ()) -> Event:
    """备案管理意见, fed back to the agency at once (B049, B050). What it rests on is frozen with it; `inspections` adds to those of the batch."""
    if filing.status is FilingStatus.PENDING:
        basis, reported = await filing_gate.basis(session, filing, inspections), await filing_gate.monthly_return(session, filing)
        filing.opinion, filing.issued_by, filing.issued_at = checked("opinion", opinion, LONGEST), act.by, act.at
        filing.basis, filing.monthly_return_id = basis, reported
    return await advance(session, filing, STEPS, step=Step.ADVISE, act=act, reason=filing.opinion, profile_id=filing.profile_id)


async def file(session: AsyncSession, filing: FilingDecision, *, act: Act) -> Event:
    """备案. Unmet while a refusal is proposed, a serious case is open (INV16), or an upheld report waits for a refusal (003 §16)."""
    await undisputed(session, filing)
    await filing_gate.unaccused(session, filing)
    filing.decided_by, filing.decided_at = act.by, act.at
    return await advance(session, filing, STEPS, step=Step.FILE, act=act, profile_id=filing.profile_id)


async def send_back(session: AsyncSession, filing: FilingDecision, comment: str, *, act: Act) -> Event:
    """The agency puts the month forward anew. Unmet while a refusal is proposed: it speaks of this batch."""
    await undisputed(session, filing)
    filing.comment, filing.decided_by, filing.decided_at = checked("comment", comment, LONGEST), act.by, act.at
    return await advance(session, filing, STEPS, step=Step.SEND_BACK, act=act, reason=filing.comment, profile_id=filing.profile_id)


async def undisputed(session: AsyncSession, filing: FilingDecision) -> None:
    if await proposed(session, filing) is not None:
        raise Unmet("filing.refusal_open", "003 §16")


async def proposed(session: AsyncSession, filing: FilingDecision) -> UUID | None:
    """The refusal that waits for a second person; the batch is locked, so none comes in the meantime."""
    query = select(FilingRefusal.id).where(
        col(FilingRefusal.filing_decision_id) == filing.id, col(FilingRefusal.status) == FilingRefusalStatus.PROPOSED
    )
    return (await session.exec(query)).one_or_none()


class Behind(TypedDict):
    """What a refusal rests on, as columns."""

    serious_violation_report_id: UUID | None
    credit_entry_id: UUID | None
    inspection_id: UUID | None


@dataclass(frozen=True)
class Charge:
    """Why results should not be filed: the ground, the document of evidence, what happened; and the report, entry or inspection it rests on."""

    ground: FilingGround
    document: str
    facts: str
    report: SeriousViolationReport | None = None
    entry: CreditEntry | None = None
    inspection: Inspection | None = None

    def behind(self, agency_id: UUID | None) -> Behind:
        """As columns. BadInput for what is about another agency."""
        named = {"report": self.report, "creditEntry": self.entry, "inspection": self.inspection}
        for field, row in named.items():
            if row is not None and row.agency_id != agency_id:
                raise BadInput(field, "unknown")
        report, entry, visit = [row.id if row else None for row in named.values()]
        return Behind(serious_violation_report_id=report, credit_entry_id=entry, inspection_id=visit)


async def propose(session: AsyncSession, filing: FilingDecision, charge: Charge, *, act: Act) -> tuple[FilingRefusal, Event]:
    """提出不予备案 (B058, A21), with the reach of the batch as it stands. Unmet for a ground that these rules do not know."""
    rules = await rules_of(session, filing.profile_id)
    grounds, ladder = rules.rules.rule("grounds.agency"), rules.rules.rule("sanctions.agency.ladder")
    if "FILING_REFUSED" not in rules.rules.words(ladder.id):
        raise Unmet("filing.none", ladder.article, rules.rules.version)
    if charge.ground not in rules.rules.words(grounds.id):
        raise Unmet(grounds.id, grounds.article, rules.rules.version, ground=charge.ground.value)
    if filing.status not in OPEN:
        raise Conflict("STATE", status=filing.status.value)
    if await proposed(session, filing) is not None:
        raise Conflict("DUPLICATE")
    row = FilingRefusal(
        center_id=filing.center_id,
        district_id=filing.district_id,
        agency_id=filing.agency_id,
        filing_decision_id=filing.id,
        ground=charge.ground,
        document=checked("document", charge.document, LONGEST_DOCUMENT),
        facts=checked("facts", charge.facts, LONGEST),
        **charge.behind(filing.agency_id),
        session_count=filing.session_count,
        candidate_count=filing.candidate_count,
        proposer_id=act.organization_id,
        proposed_by=act.by,
    )
    session.add(row)
    await session.flush()
    return row, await record(session, row, step="PROPOSE", act=act, after=row.status, reason=row.facts, profile_id=rules.id)


async def confirm(session: AsyncSession, refusal: FilingRefusal, *, act: Act) -> tuple[FilingDecision, Event]:
    """不予备案决定: refuses the batch, and nothing else of the agency. Unmet for who proposed it; Conflict before the opinion is issued."""
    filing = await decision_of(session, refusal)
    if refusal.status is FilingRefusalStatus.PROPOSED and refusal.proposed_by == act.by:
        raise Unmet("filing.confirmations", "003 §16 (A21)", needed=2, have=1)
    refusal.decided_by, refusal.decided_at = act.by, act.at
    await advance(session, refusal, OF_REFUSALS, step=Step.CONFIRM, act=act, reason=refusal.document, profile_id=filing.profile_id)
    filing.decided_by, filing.decided_at, filing.refusal_proposed_by = act.by, act.at, refusal.proposed_by
    return filing, await advance(session, filing, STEPS, step=Step.REFUSE, act=act, reason=refusal.document, profile_id=filing.profile_id)


async def dismiss(session: AsyncSession, refusal: FilingRefusal, reason: str, *, act: Act) -> Event:
    """The batch may be filed again; another refusal may be proposed."""
    refusal.reason, refusal.decided_by, refusal.decided_at = checked("reason", reason, LONGEST), act.by, act.at
    return await advance(session, refusal, OF_REFUSALS, step=Step.DISMISS, act=act, reason=refusal.reason)


async def decision_of(session: AsyncSession, refusal: FilingRefusal) -> FilingDecision:
    """Locked until the transaction ends."""
    query = select(FilingDecision).where(col(FilingDecision.id) == refusal.filing_decision_id).with_for_update()
    return (await session.exec(query, execution_options={"populate_existing": True})).one()


@dataclass(frozen=True)
class Reach:
    """What a refusal would touch: the batch, and what supervision knows of its sessions."""

    inspections: list[Inspection]
    findings: list[Finding]

    @property
    def open(self) -> list[Inspection]:
        return [one for one in self.inspections if one.status not in OVER]


async def reach(session: AsyncSession, filing: FilingDecision) -> Reach:
    """The inspections of the batch's sessions that were not cancelled, but its agency's own, and their findings (N14)."""
    sessions = [UUID(one["recognition_session"]) for one in filing.sessions]
    visits = select(Inspection).where(col(Inspection.recognition_session_id).in_(sessions), col(Inspection.status) != InspectionStatus.CANCELLED)
    found = list((await session.exec(visits.where(col(Inspection.internal).is_(False)).order_by(col(Inspection.id)))).all())
    findings = select(Finding).where(col(Finding.inspection_id).in_([one.id for one in found])).order_by(col(Finding.id))
    return Reach(found, list((await session.exec(findings)).all()))
