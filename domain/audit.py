"""Walks the chains of all organizations and says where one is broken: a link changed, missing, added, or its tail cut off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import exists, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.machine import GENESIS, broken
from models.base import table_of
from models.decisions import Decision
from models.events import ChainHead, Event
from models.organizations import Organization
from models.returns import MonthlyReturn
from models.supervisors import Card

BATCH = 5_000

L = TypeVar("L", Event, Decision)


@dataclass(frozen=True)
class Chain:
    """One organization's chains of events and of decisions as they were found. Whoever keeps the heads elsewhere (`domain/rollups.py`) can tell
    later that nothing before them was written anew.
    """

    organization_id: UUID
    name: str
    length: int
    head: bytes
    decisions: int
    decision_head: bytes
    fault: str | None


async def chains(session: AsyncSession) -> list[Chain]:
    """Every organization that has links or a head, by name."""
    heads = {one.organization_id: one for one in (await session.exec(select(ChainHead))).all()}
    acted = [one for kind in (Event, Decision) for one in (await session.exec(select(kind.organization_id).distinct())).all()]
    names = select(Organization.id, Organization.name).where(col(Organization.id).in_({*heads, *acted})).order_by(col(Organization.name))
    found = []
    for one, name in (await session.exec(names)).all():
        head = heads.get(one)
        last, digest, fault = await _walked(session, one, Event, head=(head.sequence, head.digest) if head else None)
        decided = (head.decision_sequence, head.decision_digest or GENESIS) if head else None
        last_decision, decision_digest, decision_fault = await _walked(session, one, Decision, head=decided)
        found.append(Chain(one, name, last, digest, last_decision, decision_digest, fault or decision_fault or await unprinted(session, one)))
    return found


async def unprinted(session: AsyncSession, organization_id: UUID) -> str | None:
    """A card or a monthly return bears the digest of an event that is not there: the newest were taken away, and the head with them (N3)."""
    for kind, whose in ((Card, col(Card.issuer_id)), (MonthlyReturn, col(MonthlyReturn.center_id))):
        t = table_of(kind).c
        there = exists().where(col(Event.organization_id) == organization_id, func.encode(col(Event.digest), "hex") == t.ledger_digest)
        missing = select(t.id).where(whose == organization_id, t.ledger_digest.is_not(None), ~there).order_by(t.id).limit(1)
        found = (await session.exec(missing)).first()
        if found is not None:
            return f"the event whose digest is printed on {kind.__tablename__} {found} is missing"
    return None


async def _walked(session: AsyncSession, organization_id: UUID, kind: type[L], *, head: tuple[int, bytes] | None) -> tuple[int, bytes, str | None]:
    """The last sound link of a chain and its fault. In batches, so that a million links need no more memory than a few thousand."""
    last, digest = 0, GENESIS
    while True:
        links = await batch(session, organization_id, kind, after=last)
        fault = broken(links, after=(last, digest))
        if links:
            last, digest = links[-1].sequence, links[-1].digest
        session.expunge_all()
        if fault is not None or len(links) < BATCH:
            return last, digest, fault or cut((last, digest), head, called=kind.__name__.lower())


async def batch(session: AsyncSession, organization_id: UUID, kind: type[L], *, after: int) -> Sequence[L]:
    """The next links of a chain, fewer than a batch at its end."""
    following = (col(kind.organization_id) == organization_id, col(kind.sequence) > after)
    return (await session.exec(select(kind).where(*following).order_by(col(kind.sequence)).limit(BATCH))).all()


def cut(last: tuple[int, bytes], head: tuple[int, bytes] | None, *, called: str) -> str | None:
    """Whether the chain ends where its head says. A cut tail leaves a sound chain, only a shorter one."""
    if head is None:
        return "its head is missing" if last[0] else None
    if head[0] > last[0]:
        return f"{called}s {last[0] + 1} to {head[0]} are missing"
    return None if head == last else f"its head does not point to {called} {last[0]}"
