"""回避登记 (000 §8(八); 003 §10): a conflict is put on record before any draw, by the person, a dispatcher, or on application of the agency (申请回避).

While it counts the person is out of every draw at that agency, is sent there by nobody and accepts nothing there (domain/exclusions.py,
domain/offers.py). The texts say that there is recusal and not how one declares it: whose word counts at once is the house's default.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, select, true
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import offers
from domain.calendar import shanghai_day
from domain.errors import BadInput, Unmet
from domain.machine import Act, Machine, Moved, advance, record, tenants
from domain.organizations import rules_for
from domain.proposals import OPEN_PLACES
from domain.supervisors import in_order
from domain.texts import checked
from models.conflicts import Conflict, ConflictKind, ConflictOrigin, ConflictStatus
from models.dispatch import Assignment
from models.events import Event

ARTICLE = "000 §8(八); 003 §10"
LONGEST_TEXT, LONGEST_REASON = 1000, 500
REASON = "回避登记"
"""Why a place is left: no word of the conflict itself, since the team reads it."""


class Step(StrEnum):
    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    END = "END"


STEPS: Machine = {
    (ConflictStatus.DECLARED, Step.ACCEPT): ConflictStatus.ACCEPTED,
    (ConflictStatus.DECLARED, Step.REJECT): ConflictStatus.REJECTED,
    (ConflictStatus.DECLARED, Step.END): ConflictStatus.ENDED,
    (ConflictStatus.ACCEPTED, Step.END): ConflictStatus.ENDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """What ties somebody to an agency. From today where no day is given; until further notice without the first day after it."""

    kind: ConflictKind
    text: str
    starts_on: date | None = None
    ends_on: date | None = None


def drafted(of: Moved, person_id: UUID, tie: Tie, *, origin: ConflictOrigin, act: Act) -> Conflict:
    """The row as it would be kept, in the tenants of the agency or of the place `of` which it is. BadInput where it would be over already."""
    today = shanghai_day(act.at)
    starts_on = tie.starts_on or today
    if tie.ends_on is not None:
        in_order("endsOn", starts_on, tie.ends_on)
        if tie.ends_on <= today:
            raise BadInput("endsOn", "past")
    waits = origin is ConflictOrigin.AGENCY
    return Conflict(
        **tenants(of),
        person_id=person_id,
        organization_id=of.center_id if origin is ConflictOrigin.PERSON else act.organization_id,
        kind=tie.kind,
        origin=origin,
        text=checked("text", tie.text, LONGEST_TEXT),
        starts_on=starts_on,
        ends_on=tie.ends_on,
        status=ConflictStatus.DECLARED if waits else ConflictStatus.ACCEPTED,
        declared_by=act.by,
        declared_at=act.at,
        accepted_at=None if waits else act.at,
    )


async def declare(session: AsyncSession, row: Conflict, *, act: Act) -> Event:
    """The person's own word: counts at once, and is the recusal from every open place there, which is no refusal (Y026)."""
    await kept(session, row)
    event = await record(session, row, step="DECLARE", act=act, after=row.status)
    for place in await open_places(session, row, act=act):
        await offers.recuse(session, place, REASON, act=act)
    return event


async def enter(session: AsyncSession, row: Conflict, *, act: Act) -> Event:
    """A dispatcher's own record: counts at once, and takes back every open place there."""
    await kept(session, row)
    event = await record(session, row, step="RECORD", act=act, after=row.status)
    await take_back(session, row, act=act)
    return event


async def apply(session: AsyncSession, row: Conflict, place: Assignment, *, act: Act) -> Event:
    """申请回避, about somebody of whom the agency had notice. Nothing changes before it is answered. BadInput for its own internal supervisor."""
    if place.internal:
        raise BadInput("assignment", "unknown")
    row.assignment_id = place.id
    await kept(session, row)
    return await record(session, row, step="APPLY", act=act, after=row.status)


async def accept(session: AsyncSession, row: Conflict, *, act: Act) -> Event:
    """From here on the application counts, and every open place there is taken back. Unmet for the person concerned."""
    await by_another(session, row, act=act)
    if row.status is ConflictStatus.DECLARED:
        row.accepted_at, row.decided_by = act.at, act.by
    event = await advance(session, row, STEPS, step=Step.ACCEPT, act=act)
    await take_back(session, row, act=act)
    return event


async def reject(session: AsyncSession, row: Conflict, reason: str, *, act: Act) -> Event:
    """The person is not told. Unmet for the person concerned."""
    answer = checked("reason", reason, LONGEST_REASON)
    await by_another(session, row, act=act)
    if row.status is ConflictStatus.DECLARED:
        row.answer, row.decided_by = answer, act.by
    return await advance(session, row, STEPS, step=Step.REJECT, act=act, reason=answer)


async def end(session: AsyncSession, row: Conflict, reason: str, *, act: Act) -> Event:
    """By who declared it, or the center; from that day on it counts no more. Unmet for the person where another one's word would end."""
    why = checked("reason", reason, LONGEST_REASON)
    if act.by == row.person_id and row.origin is not ConflictOrigin.PERSON:
        raise await unmet(session, row, "conflict.ended_by_declarer", act=act)
    if row.status in {ConflictStatus.DECLARED, ConflictStatus.ACCEPTED}:
        row.ended_at = act.at
    return await advance(session, row, STEPS, step=Step.END, act=act, reason=why)


async def kept(session: AsyncSession, row: Conflict) -> None:
    """DUPLICATE where the same word of the same side is open already."""
    session.add(row)
    await session.flush()


async def take_back(session: AsyncSession, row: Conflict, *, act: Act) -> None:
    for place in await open_places(session, row, act=act):
        await offers.withdraw(session, place, REASON, act=act)


async def open_places(session: AsyncSession, row: Conflict, *, act: Act) -> Sequence[Assignment]:
    """Offered or accepted at the agency on the days of the conflict, locked. The agency's own inspections are not meant (A28)."""
    query = select(Assignment).where(
        col(Assignment.person_id) == row.person_id,
        col(Assignment.agency_id) == row.agency_id,
        col(Assignment.status).in_(OPEN_PLACES),
        col(Assignment.internal).is_(False),
        col(Assignment.ends_at) > act.at,
        col(Assignment.duty_on) >= row.starts_on,
        true() if row.ends_on is None else col(Assignment.duty_on) < row.ends_on,
    )
    return (await session.exec(query.order_by(col(Assignment.id)).with_for_update())).all()


async def by_another(session: AsyncSession, row: Conflict, *, act: Act) -> None:
    if act.by == row.person_id:
        raise await unmet(session, row, "conflict.decided_by_another", act=act)


async def unmet(session: AsyncSession, row: Conflict, rule: str, *, act: Act) -> Unmet:
    rules = await rules_for(session, row.center_id, on=shanghai_day(act.at))
    return Unmet(rule, ARTICLE, rules.rules.version)
