"""Obstruction of an inspection (000 §9, §20; 003 §8): recorded by the team, it opens the ladder that the rules have (Y032, B019)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import agency_cases, violations
from domain.errors import Conflict, Unmet
from domain.machine import Act, tenants
from domain.organizations import InForce, rules_of
from domain.protected import record_at_center
from domain.texts import checked, checked_or_none
from models.agency_cases import OPEN_CASES, AgencyCase, AgencyCaseOrigin, AgencyCaseStatus, AgencyGround, Obstruction
from models.events import Event
from models.inspections import Inspection, InspectionStatus
from models.organizations import Organization
from models.sessions import RecognitionSession
from models.violations import ReportChannel, SeriousViolationKind, SeriousViolationReport

WITH_THE_AGENCY = (InspectionStatus.NOTIFIED, InspectionStatus.IN_PROGRESS, InspectionStatus.CHECKLIST_SIGNED, InspectionStatus.OPINION_SERVED)
"""From the notice to the closing: before it the agency knows of nothing that it could obstruct."""


@dataclass(frozen=True)
class Met:
    """What a team met with, or what the house found to follow from a rectification or a request for evidence."""

    ground: AgencyGround
    facts: str
    happened_at: datetime
    serious: bool = False
    staff_name: str | None = None
    rectification_id: UUID | None = None
    evidence_request_id: UUID | None = None

    @property
    def origin(self) -> AgencyCaseOrigin:
        if self.rectification_id is not None:
            return AgencyCaseOrigin.RECTIFICATION_OVERDUE
        return AgencyCaseOrigin.EVIDENCE_REFUSED if self.evidence_request_id is not None else AgencyCaseOrigin.OBSTRUCTION


async def record_obstruction(session: AsyncSession, inspection: Inspection, met: Met, *, act: Act) -> tuple[Obstruction, Event]:
    """What the team records, between the notice and the closing. Unmet of an agency's own inspection: nobody from outside was hindered (000 §20)."""
    if inspection.internal:
        raise Unmet("inspection.internal", "000 §20; 003 §8")
    if inspection.status not in WITH_THE_AGENCY:
        raise Conflict("STATE", status=inspection.status.value)
    return await entered(session, inspection, met, act=act)


async def entered(session: AsyncSession, inspection: Inspection, met: Met, *, act: Act) -> tuple[Obstruction, Event]:
    """Opens a case, or joins the one open on this inspection and ground; under rules without that ladder it is reported to the center (D25)."""
    violations.past("happenedAt", met.happened_at, at=act.at)
    rules = await rules_of(session, inspection.profile_id)
    facts = checked("facts", met.facts, agency_cases.LONGEST_FACTS)
    case = report = None
    if agency_cases.has_rung(rules, AgencyCaseStatus.CRITICIZED):
        case = await charged(session, inspection, met, rules=rules, act=act)
    else:
        report = await reported(session, inspection, met, act=act)
    row = Obstruction(
        **tenants(inspection),
        inspection_id=inspection.id,
        staff_name=checked_or_none("staffName", met.staff_name, agency_cases.LONGEST_NAME),
        ground=met.ground,
        facts=facts,
        happened_at=met.happened_at,
        recorded_at=act.at,
        person_id=act.by,
        rectification_id=met.rectification_id,
        evidence_request_id=met.evidence_request_id,
        agency_case_id=case.id if case else None,
        serious_violation_report_id=report.id if report else None,
    )
    session.add(row)
    await session.flush()
    return row, await record_at_center(session, row, step="RECORD", act=act, profile_id=rules.id)


async def charged(session: AsyncSession, inspection: Inspection, met: Met, *, rules: InForce, act: Act) -> AgencyCase:
    """The case lies with the center, whoever dispatched: the team's complaint is no word of the agency's own."""
    agency_cases.known(met.ground, rules)
    same = (col(AgencyCase.inspection_id) == inspection.id, col(AgencyCase.ground) == met.ground, col(AgencyCase.status).in_(OPEN_CASES))
    found = (await session.exec(select(AgencyCase).where(*same).with_for_update())).one_or_none()
    if found is not None:
        found.serious = found.serious or met.serious
        session.add(found)
        return found
    row = AgencyCase(
        **tenants(inspection),
        ground=met.ground,
        origin=met.origin,
        serious=met.serious,
        facts=checked("facts", met.facts, agency_cases.LONGEST_FACTS),
        inspection_id=inspection.id,
        recognition_session_id=inspection.recognition_session_id,
        rectification_id=met.rectification_id,
        evidence_request_id=met.evidence_request_id,
        opener_id=inspection.center_id,
        opened_by=act.by,
        profile_id=rules.id,
    )
    session.add(row)
    await session.flush()
    await record_at_center(session, row, step=agency_cases.Step.OPEN, act=act, after=row.status, profile_id=rules.id)
    return row


async def reported(session: AsyncSession, inspection: Inspection, met: Met, *, act: Act) -> SeriousViolationReport:
    """A major issue (重大问题), known to the district whose inspection it was."""
    agency = (await session.exec(select(Organization).where(col(Organization.id) == inspection.agency_id))).one()
    query = select(RecognitionSession).where(col(RecognitionSession.id) == inspection.recognition_session_id)
    about = (await session.exec(query)).one_or_none()
    alleged = violations.Alleged(SeriousViolationKind.MAJOR_ISSUE, met.facts, met.happened_at, about, inspection)
    row, _ = await violations.raised(session, agency, alleged, channel=ReportChannel.OBSTRUCTION, known_to=inspection.district_id, act=act)
    return row
