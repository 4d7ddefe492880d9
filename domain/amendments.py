"""Beside a signed result, never in it (000 §8(二), Y015): amendments that the team signs, and the register of who asked for another result."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.answers import Part
from domain.canonical import canonical
from domain.checklists import on_duty, present, sheet_of
from domain.errors import BadInput, Conflict
from domain.machine import Act, Machine, advance, record, tenants
from domain.opinions import following
from domain.protected import record_at_center
from domain.texts import checked
from models.amendments import AlterationRequest, AlterationRequestStatus, Amendment, AmendmentSignature, AmendmentStatus
from models.checklists import Signature
from models.events import Event
from models.inspections import Inspection

LONGEST, LONGEST_REASON, LONGEST_NAME = 2000, 1000, 120


class Step(StrEnum):
    PROPOSE = "PROPOSE"
    SIGN = "SIGN"
    COMPLETE = "COMPLETE"
    ATTACH = "ATTACH"


class RequestStep(StrEnum):
    RECORD = "RECORD"
    ANSWER = "ANSWER"


STEPS: Machine = {
    (AmendmentStatus.PROPOSED, Step.COMPLETE): AmendmentStatus.SIGNED,
    (AmendmentStatus.SIGNED, Step.ATTACH): AmendmentStatus.ATTACHED,
}

REQUEST: Machine = {(AlterationRequestStatus.RECORDED, RequestStep.ANSWER): AlterationRequestStatus.ANSWERED}


@dataclass(frozen=True, slots=True)
class Correction:
    """What shall be read beside the signed form, at one line of it or (no `item`) at the whole, and why."""

    text: str
    reason: str
    item: str | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """Who asked for what, and when."""

    requester: str
    demand: str
    requested_at: datetime


async def propose(session: AsyncSession, inspection: Inspection, said: Correction, *, act: Act) -> tuple[Amendment, Event]:
    """A member who was there proposes an amendment to what is signed, and signs it with that. Before the first signature the form itself is open."""
    await on_duty(session, inspection, act.by)
    sheet = await sheet_of(session, inspection)
    if sheet.checklist.site_signed_at is None:
        raise Conflict("STATE", status=inspection.status.value)
    item = next((one for one in sheet.items if one.code == said.item), None)
    if said.item is not None and item is None:
        raise BadInput("item", "unknown_item", item=said.item[:20])
    row = Amendment(
        **following(inspection),
        checklist_id=sheet.checklist.id,
        item_id=item.id if item else None,
        text=checked("text", said.text, LONGEST),
        reason=checked("reason", said.reason, LONGEST_REASON),
        person_id=act.by,
        proposed_at=act.at,
    )
    session.add(row)
    await session.flush()
    event = await record(session, row, step=Step.PROPOSE, act=act, after=row.status, profile_id=inspection.profile_id)
    await _signed(session, inspection, row, act=act)
    return row, event


async def sign(session: AsyncSession, row: Amendment, *, act: Act) -> Event:
    """Another member who was there signs; with the last of them the amendment is the team's. Nobody signs twice."""
    inspection = await _visited(session, row.inspection_id)
    await on_duty(session, inspection, act.by)
    if row.status is not AmendmentStatus.PROPOSED or act.by in await _signers(session, row):
        raise Conflict("STATE", status=row.status.value)
    return await _signed(session, inspection, row, act=act)


async def attach(session: AsyncSession, row: Amendment, *, act: Act) -> Event:
    """The dispatcher attaches it to the result: from here on the agency reads both."""
    if row.status is AmendmentStatus.SIGNED:
        row.served_at = act.at
    return await advance(session, row, STEPS, step=Step.ATTACH, act=act)


async def record_request(session: AsyncSession, inspection: Inspection, said: Demand, *, act: Act) -> tuple[AlterationRequest, Event]:
    """Somebody asked for another result: it is written down, whoever they are. Its event is the center's, so that no agency learns who told."""
    if said.requested_at.tzinfo is None:
        raise BadInput("requestedAt", "timezone")
    if said.requested_at > act.at:
        raise BadInput("requestedAt", "future")
    row = AlterationRequest(
        **following(inspection),
        requester=checked("requester", said.requester, LONGEST_NAME),
        demand=checked("demand", said.demand, LONGEST),
        requested_at=said.requested_at,
        person_id=act.by,
        recorded_at=act.at,
    )
    session.add(row)
    await session.flush()
    return row, await record_at_center(session, row, step=RequestStep.RECORD, act=act, after=row.status, profile_id=inspection.profile_id)


async def answer_request(session: AsyncSession, row: AlterationRequest, text: str, *, act: Act) -> Event:
    """The dispatcher's answer. It changes nothing of the result: what was wrong is amended by the team."""
    said = checked("answer", text, LONGEST)
    if row.status is AlterationRequestStatus.RECORDED:
        row.answer, row.answered_by, row.answered_at = said, act.by, act.at
    return await advance(session, row, REQUEST, step=RequestStep.ANSWER, act=act)


async def digest_of(session: AsyncSession, row: Amendment) -> bytes:
    """SHA-256 over the words of the amendment and the team's signatures on site, which it stands beside. Anybody can recompute it."""
    theirs = (col(Signature.checklist_id) == row.checklist_id, col(Signature.part) == Part.SITE)
    signatures = (await session.exec(select(Signature).where(*theirs))).all()
    document = {
        "amends": sorted(one.digest.hex() for one in signatures),
        "inspection": row.inspection_id.hex,
        "item": row.item_id.hex if row.item_id else None,
        "reason": row.reason,
        "text": row.text,
    }
    return sha256(canonical(document)).digest()


async def _signed(session: AsyncSession, inspection: Inspection, row: Amendment, *, act: Act) -> Event:
    digest = await digest_of(session, row)
    mine = AmendmentSignature(**tenants(row), amendment_id=row.id, inspection_id=row.inspection_id, person_id=act.by, signed_at=act.at, digest=digest)
    session.add(mine)
    await session.flush()
    event = await record(session, mine, step=Step.SIGN, act=act, profile_id=inspection.profile_id)
    there = {one.person_id for one in await present(session, inspection)}
    if there <= await _signers(session, row):
        return await advance(session, row, STEPS, step=Step.COMPLETE, act=act, profile_id=inspection.profile_id)
    return event


async def _signers(session: AsyncSession, row: Amendment) -> set[UUID]:
    return set((await session.exec(select(AmendmentSignature.person_id).where(col(AmendmentSignature.amendment_id) == row.id))).all())


async def _visited(session: AsyncSession, inspection_id: UUID) -> Inspection:
    return (await session.exec(select(Inspection).where(col(Inspection.id) == inspection_id))).one()
