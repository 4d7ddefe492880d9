"""实施细则 (003 §18, B063): districts and agencies write their own implementing rules, which may only tighten those above them (D31, N4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.editions import coming
from domain.machine import Act, Machine, advance, record, tenants
from domain.organizations import InForce, rules_for
from domain.profiles import as_json
from domain.texts import checked, checked_or_none
from domain.tightening import Said, allowed, difference, in_force, lines_of, read_lines, tightened
from models.events import Event
from models.organizations import Organization
from models.overlays import Overlay, OverlayStatus

LONGEST_TITLE, LONGEST_TEXT, LONGEST_REASON = 200, 8000, 2000


class Step(StrEnum):
    PUBLISH = "PUBLISH"
    WITHDRAW = "WITHDRAW"


STEPS: Machine = {
    (OverlayStatus.PROPOSED, Step.PUBLISH): OverlayStatus.PUBLISHED,
    (OverlayStatus.PROPOSED, Step.WITHDRAW): OverlayStatus.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A whole version: the one before it no longer counts from its day on. Without rules, those above hold as they are."""

    title: str
    effective_from: date
    rules: Sequence[Said]
    text: str | None = None
    """全文: the implementing rules as they were adopted."""


@dataclass(frozen=True, slots=True)
class Above:
    """What implementing rules are held against: the profile, for an agency as its district refines it, and that district's version."""

    force: InForce
    parent_id: UUID | None


async def organization_of(session: AsyncSession, act: Act) -> Organization:
    """The organization acted for."""
    return (await session.exec(select(Organization).where(col(Organization.id) == act.organization_id))).one()


def blank(organization: Organization) -> Overlay:
    """A version of this organization that is not there yet: to be asked about first."""
    return Overlay.model_construct(organization_id=organization.id, status=OverlayStatus.PROPOSED, **tenants(organization))


async def above(session: AsyncSession, overlay: Overlay, *, on: date) -> Above:
    """Unmet where these rules know no implementing rules, and for a center, which publishes profiles."""
    force = await rules_for(session, overlay.center_id, on=on)
    allowed(force.rules, below=overlay.organization_id != overlay.center_id)
    over = overlay.district_id if overlay.district_id != overlay.organization_id else None
    found = await in_force(session, over, on=on)
    return Above(force, None) if found is None else Above(InForce(force.id, tightened(force.rules, found)), found.id)


async def propose(session: AsyncSession, organization: Organization, said: Proposal, *, act: Act) -> tuple[Overlay, Event]:
    """Keeps the next version, for its administrator to publish; nothing is in force by it yet.

    Unmet where these rules know none, and for a rule that is not stricter or may not be overlaid; Conflict DUPLICATE while another is open.
    """
    coming("effectiveFrom", said.effective_from, act=act)
    lines = read_lines(said.rules)
    row = blank(organization)
    over = await above(session, row, on=said.effective_from)
    numbers = select(func.coalesce(func.max(col(Overlay.number)), 0)).where(col(Overlay.organization_id) == organization.id)
    row = Overlay(
        **tenants(organization),
        organization_id=organization.id,
        number=(await session.exec(numbers)).one() + 1,
        title=checked("title", said.title, LONGEST_TITLE),
        text=checked_or_none("text", said.text, LONGEST_TEXT),
        effective_from=said.effective_from,
        rules=[as_json(one) for one in lines],
        difference=difference(over.force.rules, lines),
        profile_id=over.force.id,
        parent_id=over.parent_id,
        proposed_by=act.by,
        proposed_at=act.at,
    )
    session.add(row)
    await session.flush()
    return row, await record(session, row, step="PROPOSE", act=act, after=row.status, profile_id=row.profile_id)


async def publish(session: AsyncSession, row: Overlay, *, act: Act) -> Event:
    """Puts a version in force from its day on. Refused where it is not stricter any more than the rules above it will be on that day."""
    if row.status is OverlayStatus.PROPOSED:
        coming("effectiveFrom", row.effective_from, act=act)
        over = await above(session, row, on=row.effective_from)
        row.difference, row.profile_id, row.parent_id = difference(over.force.rules, lines_of(row.rules)), over.force.id, over.parent_id
    row.decided_by, row.decided_at = act.by, act.at
    return await advance(session, row, STEPS, step=Step.PUBLISH, act=act, reason=f"{row.title} {row.effective_from}", profile_id=row.profile_id)


async def withdraw(session: AsyncSession, row: Overlay, reason: str, *, act: Act) -> Event:
    """Nothing comes of a proposal. A published version is ended by a later one only."""
    row.decided_by, row.decided_at = act.by, act.at
    return await advance(session, row, STEPS, step=Step.WITHDRAW, act=act, reason=checked("reason", reason, LONGEST_REASON))
