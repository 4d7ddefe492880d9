"""What follows a visit: opinion letter, rectification, supervision report, closing (000 §11(二)-(四); 003 §3, §12)."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import offers
from domain.calendar import shanghai_day
from domain.checklists import on_duty
from domain.errors import Conflict, Unmet
from domain.holidays import working_days_on
from domain.inspections import STEPS, Step
from domain.machine import Act, Machine, Tenants, advance, record, tenants
from domain.organizations import InForce, rules_of, rules_there
from domain.publications import publish
from domain.texts import checked
from models.checklists import Checklist, ChecklistItem, Finding
from models.dispatch import Assignment, AssignmentStatus
from models.events import Event
from models.inspections import Inspection, InspectionStatus
from models.opinions import OpinionLetter, OpinionLetterStatus, Rectification, RectificationStatus, SupervisionReport, SupervisionReportStatus
from models.sessions import Assessor

LONGEST = 8000
LONGEST_COMMENT = 2000
LEFT = "督导已结束"


class LetterStep(StrEnum):
    DRAFT = "DRAFT"
    SERVE = "SERVE"


class RectificationStep(StrEnum):
    REQUIRE = "REQUIRE"
    SUBMIT = "SUBMIT"
    SEND_BACK = "SEND_BACK"
    ACCEPT = "ACCEPT"


class ReportStep(StrEnum):
    SUBMIT = "SUBMIT"
    RECEIVE = "RECEIVE"


LETTER: Machine = {
    (OpinionLetterStatus.DRAFT, LetterStep.DRAFT): OpinionLetterStatus.DRAFT,
    (OpinionLetterStatus.DRAFT, LetterStep.SERVE): OpinionLetterStatus.SERVED,
}

RECTIFICATION: Machine = {
    (RectificationStatus.REQUIRED, RectificationStep.SUBMIT): RectificationStatus.SUBMITTED,
    (RectificationStatus.SENT_BACK, RectificationStep.SUBMIT): RectificationStatus.SUBMITTED,
    (RectificationStatus.SUBMITTED, RectificationStep.SEND_BACK): RectificationStatus.SENT_BACK,
    (RectificationStatus.SUBMITTED, RectificationStep.ACCEPT): RectificationStatus.ACCEPTED,
}

REPORT: Machine = {(SupervisionReportStatus.SUBMITTED, ReportStep.RECEIVE): SupervisionReportStatus.RECEIVED}


async def draft(session: AsyncSession, inspection: Inspection, text: str, *, requires_rectification: bool, act: Act) -> tuple[OpinionLetter, Event]:
    """The team drafts the opinion letter (督导意见书) on a signed checklist, and redrafts it until it is served."""
    await on_duty(session, inspection, act.by)
    in_state(inspection, InspectionStatus.CHECKLIST_SIGNED)
    force = await rules_of(session, inspection.profile_id)
    if requires_rectification and not force.rules.flag("workflow.rectification"):
        raise Unmet("workflow.rectification", "1.6 D23", force.rules.version)
    text = checked("text", text, LONGEST)
    letter = (await session.exec(select(OpinionLetter).where(col(OpinionLetter.inspection_id) == inspection.id).with_for_update())).first()
    found = await corrections(session, inspection)
    if letter is not None:
        letter.text, letter.requires_rectification, letter.corrections = text, requires_rectification, found
        return letter, await advance(session, letter, LETTER, step=LetterStep.DRAFT, act=act, profile_id=force.id)
    letter = OpinionLetter(text=text, requires_rectification=requires_rectification, corrections=found, **following(inspection))
    session.add(letter)
    await session.flush()
    return letter, await record(session, letter, step=LetterStep.DRAFT, act=act, after=letter.status.value, profile_id=force.id)


async def corrections(session: AsyncSession, inspection: Inspection) -> list[dict[str, Any]]:
    """改正意见 (000 §8(一), (九); Y013, Y028): every finding in the order of the form, and what should be put right. Carried by the letter.

    Against the agency, a person who is responsible, or an assessor, whom the team so criticizes (000 §8(三), Y017).
    """
    query = select(Finding, ChecklistItem, col(Assessor.name)).join(ChecklistItem, col(ChecklistItem.id) == col(Finding.item_id))
    query = query.outerjoin(Assessor, col(Assessor.id) == col(Finding.assessor_id)).where(col(Finding.inspection_id) == inspection.id)
    return [
        {
            "item": item.code,
            "text": item.text,
            "remark": finding.remark,
            "correction": finding.correction,
            "target": finding.target.value,
            "name": finding.responsible or assessor,
        }
        for finding, item, assessor in (await session.exec(query.order_by(col(ChecklistItem.position)))).all()
    ]


async def serve(session: AsyncSession, letter: OpinionLetter, *, act: Act) -> tuple[Inspection, Event]:
    """The dispatcher serves the letter (Y040): only now the agency sees it, and what it must rectify by when."""
    inspection = await inspection_of(session, letter.inspection_id)
    force = await rules_there(session, inspection.profile_id, inspection, on=inspection.scheduled_on)
    if letter.status is OpinionLetterStatus.DRAFT:
        letter.corrections = await corrections(session, inspection)
    letter.served_at = act.at
    event = await advance(session, letter, LETTER, step=LetterStep.SERVE, act=act, profile_id=force.id)
    await advance(session, inspection, STEPS, step=Step.SERVE_OPINION, act=act, profile_id=force.id)
    if letter.requires_rectification:
        await required(session, inspection, letter, force=force, act=act)
    await publish(session, inspection, force=force, act=act)
    return inspection, event


async def required(session: AsyncSession, inspection: Inspection, letter: OpinionLetter, *, force: InForce, act: Act) -> Rectification:
    """Due in working days from the day of service: no text has a number, the profile's default is the limit (Y041), or what overlays tightened."""
    today = shanghai_day(act.at)
    letter.due_on = await working_days_on(session, inspection.center_id, today, days=force.rules.integer("rectification.working_days"))
    row = Rectification(opinion_letter_id=letter.id, due_on=letter.due_on, served_at=act.at, **following(inspection))
    session.add_all([letter, row])
    await session.flush()
    await record(session, row, step=RectificationStep.REQUIRE, act=act, after=row.status.value, profile_id=force.id)
    return row


async def submit_rectification(session: AsyncSession, row: Rectification, text: str, *, act: Act) -> Event:
    """The agency reports its rectification to the dispatcher (Y042). Late is taken; overdue is seen from the dates."""
    row.text, row.submitted_at = checked("text", text, LONGEST), act.at
    return await advance(session, row, RECTIFICATION, step=RectificationStep.SUBMIT, act=act)


async def send_back_rectification(session: AsyncSession, row: Rectification, comment: str, *, act: Act) -> Event:
    """The dispatcher is not satisfied, and says why."""
    row.comment = checked("comment", comment, LONGEST_COMMENT)
    return await advance(session, row, RECTIFICATION, step=RectificationStep.SEND_BACK, act=act, reason=row.comment)


async def accept_rectification(session: AsyncSession, row: Rectification, *, act: Act) -> Event:
    return await advance(session, row, RECTIFICATION, step=RectificationStep.ACCEPT, act=act)


async def report(session: AsyncSession, inspection: Inspection, text: str, *, act: Act) -> tuple[SupervisionReport, Event]:
    """The team files the supervision report (督导报告) once the opinion letter is served, before or after the rectification (A17).

    Unmet of an agency's own inspection: it would report to itself (000 §11(四)).
    """
    if inspection.internal:
        raise Unmet("inspection.internal", "000 §11(四); 003 §12")
    await on_duty(session, inspection, act.by)
    in_state(inspection, InspectionStatus.OPINION_SERVED)
    if await report_of(session, inspection) is not None:
        raise Conflict("DUPLICATE")
    row = SupervisionReport(text=checked("text", text, LONGEST), person_id=act.by, submitted_at=act.at, **following(inspection))
    session.add(row)
    await session.flush()
    return row, await record(session, row, step=ReportStep.SUBMIT, act=act, after=row.status.value, profile_id=inspection.profile_id)


async def close(session: AsyncSession, inspection: Inspection, *, act: Act) -> Event:
    """Ends the inspection: report in, last part signed, required rectification accepted (A17, A24, Y043). The report counts as received."""
    in_state(inspection, InspectionStatus.OPINION_SERVED)
    force = await rules_of(session, inspection.profile_id)
    filed = await report_of(session, inspection)
    await nothing_missing(session, inspection, filed, force=force)
    if filed is not None:
        await advance(session, filed, REPORT, step=ReportStep.RECEIVE, act=act, profile_id=force.id)
    for place in await offers.team_of(session, inspection.id):
        await leave(session, place, act=act)
    inspection.closed_at = act.at
    return await advance(session, inspection, STEPS, step=Step.CLOSE, act=act, profile_id=force.id)


async def nothing_missing(session: AsyncSession, inspection: Inspection, filed: SupervisionReport | None, *, force: InForce) -> None:
    """Each thing that is missing is refused by its own article."""
    rules = force.rules
    if filed is None and not inspection.internal and "SUPERVISION_REPORT" in rules.words("workflow.steps"):
        raise Unmet("inspection.report", rules.rule("supervision_report.working_days").article, rules.version)
    checklist = (await session.exec(select(Checklist).where(col(Checklist.inspection_id) == inspection.id))).one()
    if checklist.signed_at is None:
        raise Unmet("inspection.last_phase", "003 annex F15 (A24)", rules.version)
    asked = (await session.exec(select(Rectification).where(col(Rectification.inspection_id) == inspection.id).with_for_update())).first()
    if asked is not None and asked.status is not RectificationStatus.ACCEPTED:
        raise Unmet("inspection.rectification", rules.rule("workflow.rectification").article, rules.version)


async def leave(session: AsyncSession, place: Assignment, *, act: Act) -> None:
    """Who was there has done the work; who was only asked, or did not come and was not missed, is free again."""
    if place.status is AssignmentStatus.CHECKED_IN:
        await advance(session, place, offers.STEPS, step=offers.Step.FINISH, act=act)
    elif place.status is not AssignmentStatus.DONE:
        await offers.withdraw(session, place, LEFT, act=act)


def in_state(inspection: Inspection, status: InspectionStatus) -> None:
    if inspection.status is not status:
        raise Conflict("STATE", status=inspection.status.value)


class Following(Tenants):
    inspection_id: UUID
    dispatcher_id: UUID


def following(inspection: Inspection) -> Following:
    """Whose a paper of this inspection is."""
    return {**tenants(inspection), "inspection_id": inspection.id, "dispatcher_id": inspection.dispatcher_id}


async def inspection_of(session: AsyncSession, inspection_id: UUID) -> Inspection:
    return (await session.exec(select(Inspection).where(col(Inspection.id) == inspection_id).with_for_update())).one()


async def report_of(session: AsyncSession, inspection: Inspection) -> SupervisionReport | None:
    return (await session.exec(select(SupervisionReport).where(col(SupervisionReport.inspection_id) == inspection.id))).first()
