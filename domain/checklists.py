"""The checklist of a visit: who is there, what they answer, and the signatures nobody can undo (000 §8, §11(二); 003 §12, annex)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import alone, offers
from domain.answers import TRUTHFUL, Given, Part, complete, digest, part_of, placed, proper, total
from domain.calendar import shanghai_day
from domain.errors import BadInput, Conflict, Unmet
from domain.grading import rate
from domain.inspections import STEPS, Step, enough
from domain.machine import Act, advance, record, stale, tenants
from domain.organizations import InForce, rules_of_visit
from domain.profiles import Profile
from domain.templates import Wanted, items_of, template_for
from domain.texts import checked_or_none
from models.checklists import Answer, AnswerValue, Checklist, ChecklistItem, ChecklistTemplate, Finding, InspectionMethod, Signature
from models.dispatch import Assignment, AssignmentStatus
from models.events import Event
from models.inspections import Inspection, InspectionForm, InspectionStatus
from models.organizations import Organization
from models.sessions import Assessor, RecognitionSession
from models.supervisors import Card, CardStatus

LONGEST = 2000
EARLIEST = timedelta(hours=12)
"""Nobody is on site longer before the duty begins: a check-in days ahead would not be truthful."""
ON_DUTY = "003 §12; 000 §8(十)"
UNCHANGED = "000 §8(二); 003 §12"
HERE = (AssignmentStatus.CHECKED_IN, AssignmentStatus.DONE)
SITE_SIGNED = (InspectionStatus.CHECKLIST_SIGNED, InspectionStatus.OPINION_SERVED)


@dataclass(frozen=True)
class Sheet:
    """A checklist with its form, and what was answered and signed on it so far."""

    checklist: Checklist
    template: ChecklistTemplate
    items: Sequence[ChecklistItem]
    answers: dict[UUID, Answer]
    signatures: Sequence[Signature]

    def signed(self, part: Part) -> bool:
        return any(one.part == part for one in self.signatures)

    def lines(self) -> list[tuple[ChecklistItem, Answer]]:
        return [(item, self.answers[item.id]) for item in self.items if item.id in self.answers]


async def check_in(session: AsyncSession, inspection: Inspection, *, act: Act) -> tuple[Assignment, Event]:
    """A member is there, with a card valid today (Y029, B032). The visit begins when the least team is there, and not before (INV03)."""
    if inspection.status not in (InspectionStatus.NOTIFIED, InspectionStatus.IN_PROGRESS):
        raise Conflict("STATE", status=inspection.status.value)
    force = await rules_of_visit(session, inspection)
    place = await place_of(session, inspection, act.by)
    if act.at < place.starts_at - EARLIEST:
        raise Unmet("inspection.arrival", TRUTHFUL, force.rules.version, starts=place.starts_at.isoformat())
    card = await valid_card(session, place.supervisor_id, on=shanghai_day(act.at))
    place.card_id, place.checked_in_at = card.id, act.at
    event = await advance(session, place, offers.STEPS, step=offers.Step.CHECK_IN, act=act, profile_id=force.id)
    await opened(session, inspection, force, act=act)
    if inspection.status is InspectionStatus.NOTIFIED and is_enough(inspection, len(await present(session, inspection)), force.rules):
        await advance(session, inspection, STEPS, step=Step.START, act=act, profile_id=force.id)
    return place, event


async def depart(session: AsyncSession, inspection: Inspection, *, act: Act) -> tuple[Assignment, Event]:
    """A member leaves, once: with the arrival it shows whether the whole process was watched (000 §10(一), Y034)."""
    place = await on_duty(session, inspection, act.by)
    if place.departed_at is not None or place.checked_in_at is None:
        raise Conflict("STATE", status=place.status.value)
    place.departed_at = act.at
    place.version += 1
    return place, await record(session, place, step="DEPART", act=act, profile_id=inspection.profile_id)


async def place_of(session: AsyncSession, inspection: Inspection, person_id: UUID) -> Assignment:
    """The place that somebody holds in the team, locked. Who holds none has no business here: the policy has refused before."""
    mine = (col(Assignment.inspection_id) == inspection.id, col(Assignment.person_id) == person_id, col(Assignment.status).in_(offers.LIVE))
    found = (await session.exec(select(Assignment).where(*mine).with_for_update())).first()
    if found is None:
        raise Unmet("team.checked_in", ON_DUTY)
    return found


async def on_duty(session: AsyncSession, inspection: Inspection, person_id: UUID) -> Assignment:
    """The place of somebody who has checked in: who was only offered or promised to come has seen nothing."""
    place = await place_of(session, inspection, person_id)
    if place.status not in HERE:
        raise Unmet("team.checked_in", ON_DUTY)
    return place


async def valid_card(session: AsyncSession, supervisor_id: UUID, *, on: date) -> Card:
    mine = (col(Card.supervisor_id) == supervisor_id, col(Card.status) == CardStatus.ACTIVE)
    found = (await session.exec(select(Card).where(*mine, col(Card.valid_from) <= on, col(Card.valid_until) > on))).first()
    if found is None:
        raise Unmet("card.valid", "003 §9, §12; 000 §8(十)")
    return found


async def present(session: AsyncSession, inspection: Inspection) -> list[Assignment]:
    return await offers.team_of(session, inspection.id, statuses=HERE)


def is_enough(inspection: Inspection, have: int, rules: Profile) -> bool:
    try:
        enough(inspection, have, rules)
    except Unmet:
        return False
    return True


async def opened(session: AsyncSession, inspection: Inspection, force: InForce, *, act: Act) -> Checklist:
    """The checklist of the visit; the first arrival opens it on the edition of the form that holds on its day, and it keeps that edition."""
    found = (await session.exec(select(Checklist).where(col(Checklist.inspection_id) == inspection.id))).first()
    if found is not None:
        return found
    visited = select(col(RecognitionSession.mode)).where(col(RecognitionSession.id) == inspection.recognition_session_id)
    wanted = Wanted(force.rules, inspection.center_id, inspection.scheduled_on)
    template = await template_for(session, inspection.form, (await session.exec(visited)).one_or_none(), of=wanted)
    agency = (await session.exec(select(Organization.name).where(col(Organization.id) == inspection.agency_id))).one()
    row = Checklist(inspection_id=inspection.id, template_id=template.id, agency_name=agency, **tenants(inspection))
    session.add(row)
    await session.flush()
    await record(session, row, step="OPEN", act=act, profile_id=force.id)
    await alone.begin(session, row, inspection, force=force, act=act)
    return row


async def sheet_of(session: AsyncSession, inspection: Inspection) -> Sheet:
    """Conflict STATE while nobody has checked in: there is no checklist yet."""
    found = (await session.exec(select(Checklist).where(col(Checklist.inspection_id) == inspection.id))).first()
    if found is None:
        raise Conflict("STATE", status=inspection.status.value)
    template = (await session.exec(select(ChecklistTemplate).where(col(ChecklistTemplate.id) == found.template_id))).one()
    answers = (await session.exec(select(Answer).where(col(Answer.checklist_id) == found.id))).all()
    signatures = (await session.exec(select(Signature).where(col(Signature.checklist_id) == found.id))).all()
    return Sheet(found, template, await items_of(session, template), {one.item_id: one for one in answers}, signatures)


async def save(
    session: AsyncSession,
    inspection: Inspection,
    given: Sequence[Given],
    *,
    advice: str | None = None,
    appraisal: str | None = None,
    methods: Sequence[InspectionMethod] = (),
    act: Act,
    version: int | None = None,
) -> tuple[Checklist, Event]:
    """Keeps answers, and advice (F16), appraisal (F17) and methods (000 §9) where given; a later answer to the same line replaces the earlier
    one, until signed.
    """
    await on_duty(session, inspection, act.by)
    force = await rules_of_visit(session, inspection)
    sheet = await sheet_of(session, inspection)
    stale(sheet.checklist, version)
    lines = placed(given, sheet.items)
    advice, appraisal = checked_or_none("advice", advice, LONGEST), checked_or_none("appraisal", appraisal, LONGEST)
    parts = {part_of(item.phase) for _, item in lines} | ({Part.SITE} if advice or appraisal or methods else set())
    if not parts:
        raise BadInput("answers", "required")
    for part in sorted(parts):
        await still_open(session, inspection, sheet, part=part, rules=force.rules)
    if any(part_of(item.phase) is Part.SITE for _, item in lines):
        await alone.together(session, sheet.checklist, rules=force.rules)
    await assess_there(session, inspection, given)
    for one, item in lines:
        keep(session, sheet, item, given=proper(one, item, force.rules), by=act.by)
    sheet.checklist.advice = advice or sheet.checklist.advice
    sheet.checklist.appraisal = appraisal or sheet.checklist.appraisal
    sheet.checklist.methods = sorted({one.value for one in methods}) or sheet.checklist.methods
    sheet.checklist.score, sheet.checklist.score_of = total(sheet.lines()) or (None, None)
    sheet.checklist.version += 1
    return sheet.checklist, await record(session, sheet.checklist, step="SAVE", act=act, profile_id=force.id)


async def assess_there(session: AsyncSession, inspection: Inspection, given: Sequence[Given]) -> None:
    """BadInput where a NO is against an assessor of another session: only what was seen is reported."""
    named = {one.assessor_id for one in given if one.assessor_id is not None}
    here = (col(Assessor.id).in_(named), col(Assessor.recognition_session_id) == inspection.recognition_session_id)
    if named and len((await session.exec(select(Assessor.id).where(*here))).all()) < len(named):
        raise BadInput("answers", "unknown")


async def still_open(session: AsyncSession, inspection: Inspection, sheet: Sheet, *, part: Part, rules: Profile) -> None:
    """Refuses to touch what is signed, for everyone (Y015, INV10); a cancelled visit; and a visit that too few have come to (INV03)."""
    if sheet.signed(part) or inspection.status is InspectionStatus.CLOSED:
        raise Unmet("checklist.signed", UNCHANGED, rules.version)
    if inspection.status is InspectionStatus.NOTIFIED:
        enough(inspection, len(await present(session, inspection)), rules)
    if inspection.status not in (InspectionStatus.IN_PROGRESS, *SITE_SIGNED):
        raise Conflict("STATE", status=inspection.status.value)


def keep(session: AsyncSession, sheet: Sheet, item: ChecklistItem, *, given: Given, by: UUID) -> None:
    checklist = sheet.checklist
    row = sheet.answers.get(item.id) or Answer(
        checklist_id=checklist.id,
        inspection_id=checklist.inspection_id,
        item_id=item.id,
        value=given.value,
        person_id=by,
        center_id=checklist.center_id,
        district_id=checklist.district_id,
        agency_id=checklist.agency_id,
    )
    row.value, row.remark, row.correction, row.counted, row.total = given.value, given.remark, given.correction, given.counted, given.total
    row.score, row.target, row.responsible, row.assessor_id = given.score, given.target, given.responsible, given.assessor_id
    row.person_id = by
    sheet.answers[item.id] = row
    session.add(row)


async def sign(session: AsyncSession, inspection: Inspection, part: Part, *, act: Act) -> tuple[Signature, Event]:
    """Signs a part. SITE is done when all who checked in have signed; AFTER needs one of them, and may come weeks later (A24)."""
    await on_duty(session, inspection, act.by)
    force = await rules_of_visit(session, inspection)
    sheet = await sheet_of(session, inspection)
    if part is Part.AFTER and inspection.status in (InspectionStatus.NOTIFIED, InspectionStatus.IN_PROGRESS):
        raise Unmet("checklist.site_first", "003 annex (A24)", force.rules.version)
    await signable(session, inspection, sheet, part=part, act=act)
    enough(inspection, len(await present(session, inspection)), force.rules)
    if part is Part.SITE:
        await alone.settled(session, sheet.checklist, rules=force.rules)
    complete(sheet.items, sheet.answers.keys(), part, rules=force.rules)
    row = Signature(
        checklist_id=sheet.checklist.id,
        inspection_id=inspection.id,
        person_id=act.by,
        part=part.value,
        signed_at=act.at,
        digest=digest(sheet.template, sheet.checklist, sheet.lines(), part=part),
        **tenants(inspection),
    )
    session.add(row)
    await session.flush()
    event = await record(session, row, step=f"SIGN_{part}", act=act, profile_id=force.id)
    await ended(session, inspection, sheet, part=part, act=act, force=force)
    return row, event


async def signable(session: AsyncSession, inspection: Inspection, sheet: Sheet, *, part: Part, act: Act) -> None:
    """Conflict STATE: nobody signs twice, nor a part that is done or that the form does not have. Too few have come: Unmet."""
    if inspection.status is InspectionStatus.NOTIFIED:
        enough(inspection, len(await present(session, inspection)), (await rules_of_visit(session, inspection)).rules)
    there = any(part_of(item.phase) is part for item in sheet.items)
    mine = any(one.person_id == act.by and one.part == part for one in sheet.signatures)
    done = sheet.checklist.signed_at is not None if part is Part.AFTER else inspection.status is not InspectionStatus.IN_PROGRESS
    if mine or done or not there or (part is Part.AFTER and inspection.status not in SITE_SIGNED):
        raise Conflict("STATE", status=inspection.status.value)


async def ended(session: AsyncSession, inspection: Inspection, sheet: Sheet, *, part: Part, act: Act, force: InForce) -> None:
    """What the last signature of a part brings about: findings of its NOs, the dates of the form, and on site the next state of the visit."""
    if part is Part.SITE and await awaited(session, inspection, sheet, by=act.by):
        return
    for item, answer in sheet.lines():
        if part_of(item.phase) is part and answer.value is AnswerValue.NO and answer.remark:
            session.add(found_at(item, answer, answer.remark))
    last = part is Part.AFTER or all(part_of(item.phase) is Part.SITE for item in sheet.items)
    sheet.checklist.site_signed_at = sheet.checklist.site_signed_at or act.at
    sheet.checklist.signed_at = act.at if last else None
    sheet.checklist.version += 1
    session.add(sheet.checklist)
    if last and inspection.form is InspectionForm.ANNUAL:
        await rate(session, inspection, sheet.checklist, force=force, act=act)
    if part is Part.SITE:
        await advance(session, inspection, STEPS, step=Step.SIGN, act=act, profile_id=force.id)


def found_at(item: ChecklistItem, answer: Answer, remark: str) -> Finding:
    return Finding(
        inspection_id=answer.inspection_id,
        item_id=item.id,
        remark=remark,
        correction=answer.correction,
        target=answer.target,
        responsible=answer.responsible,
        assessor_id=answer.assessor_id,
        category=item.category,
        **tenants(answer),
    )


async def awaited(session: AsyncSession, inspection: Inspection, sheet: Sheet, *, by: UUID) -> set[UUID]:
    """Who is there and has not signed the site part yet (F18: one line on the form, but every member signs)."""
    signed = {one.person_id for one in sheet.signatures if one.part == Part.SITE} | {by}
    return {one.person_id for one in await present(session, inspection)} - signed
