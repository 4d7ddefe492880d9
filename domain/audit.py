"""Walks the chains of all organizations and says where one is broken: an event changed, missing, added, or its tail cut off."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.machine import GENESIS, broken
from models.events import ChainHead, Event
from models.organizations import Organization

BATCH = 5_000


@dataclass(frozen=True)
class Chain:
    """One organization's chain as it was found. Whoever keeps `head` elsewhere can tell later that nothing before it was written anew."""

    organization_id: UUID
    name: str
    length: int
    head: bytes
    fault: str | None


async def chains(session: AsyncSession) -> list[Chain]:
    """Every organization that has events or a head, by name."""
    heads = {one.organization_id: one for one in (await session.exec(select(ChainHead))).all()}
    acted = (await session.exec(select(Event.organization_id).distinct())).all()
    names = select(Organization.id, Organization.name).where(col(Organization.id).in_({*heads, *acted})).order_by(col(Organization.name))
    return [await _chain(session, one, name, head=heads.get(one)) for one, name in (await session.exec(names)).all()]


async def _chain(session: AsyncSession, organization_id: UUID, name: str, *, head: ChainHead | None) -> Chain:
    """In batches, so that a million events need no more memory than a few thousand."""
    last, digest = 0, GENESIS
    while True:
        following = (col(Event.organization_id) == organization_id, col(Event.sequence) > last)
        events = (await session.exec(select(Event).where(*following).order_by(col(Event.sequence)).limit(BATCH))).all()
        fault = broken(events, after=(last, digest))
        if events:
            last, digest = events[-1].sequence, events[-1].digest
        session.expunge_all()
        if fault is not None or len(events) < BATCH:
            return Chain(organization_id, name, last, digest, fault or _cut(last, digest, head))


def _cut(last: int, digest: bytes, head: ChainHead | None) -> str | None:
    """Whether the chain ends where its head says. A cut tail leaves a sound chain, only a shorter one."""
    if head is None:
        return "its head is missing" if last else None
    if head.sequence > last:
        return f"events {last + 1} to {head.sequence} are missing"
    return None if (head.sequence, head.digest) == (last, digest) else f"its head does not point to event {last}"
