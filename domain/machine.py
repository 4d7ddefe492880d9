"""Moves a state and writes its event: the one function that does either, so that no step goes unrecorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import Conflict
from models.base import table_of
from models.events import ChainHead, Event

GENESIS = bytes(32)


@dataclass(frozen=True)
class Act:
    """Who does something, for which organization, when. Handed to every verb; no verb asks the clock or the request."""

    by: UUID
    organization_id: UUID
    at: datetime


class Moved(Protocol):
    """A row with a state and its three tenants."""

    id: UUID
    center_id: UUID
    district_id: UUID | None
    agency_id: UUID | None
    version: int


Machine = Mapping[tuple[str, str], str]
"""(status, step) -> status."""


async def advance(
    session: AsyncSession, row: Moved, machine: Machine, *, step: StrEnum, act: Act, reason: str | None = None, profile_id: UUID | None = None
) -> Event:
    """Takes one step of the state table, or refuses: Conflict STATE where there is no such line."""
    before = str(getattr(row, "status"))  # noqa: B009 - rows type their own status, machines do not care which
    after = machine.get((before, step.value))
    if after is None:
        raise Conflict("STATE", status=before, step=step.value)
    row.status = type(getattr(row, "status"))(after)  # type: ignore[attr-defined]  # noqa: B009
    return await record(session, row, step=step.value, act=act, before=before, after=after, reason=reason, profile_id=profile_id)


async def record(
    session: AsyncSession,
    row: Moved,
    *,
    step: str,
    act: Act,
    before: str | None = None,
    after: str | None = None,
    reason: str | None = None,
    profile_id: UUID | None = None,
) -> Event:
    """Writes the event of a step (also of one without a state), chained to the last of the organization acted for."""
    row.version = row.version + 1 if before is not None else row.version
    session.add(row)
    head = await locked_head(session, act.organization_id)
    event = Event(
        center_id=row.center_id,
        district_id=row.district_id,
        agency_id=row.agency_id,
        organization_id=act.organization_id,
        sequence=head.sequence + 1,
        at=act.at,
        person_id=act.by,
        subject_kind=str(type(row).__name__),
        subject_id=row.id,
        step=step,
        from_status=before,
        to_status=after,
        profile_id=profile_id,
        reason=reason,
        previous=head.digest,
        digest=b"",
    )
    event.digest = digest_of(event)
    head.sequence, head.digest = event.sequence, event.digest
    session.add_all([event, head])
    await session.flush()
    return event


async def locked_head(session: AsyncSession, organization_id: UUID) -> ChainHead:
    """The newest link, locked: events of one organization are written one after another."""
    start = insert(table_of(ChainHead)).values(organization_id=organization_id, sequence=0, digest=GENESIS).on_conflict_do_nothing()
    await session.exec(start)
    query = select(ChainHead).where(col(ChainHead.organization_id) == organization_id).with_for_update()
    return (await session.exec(query, execution_options={"populate_existing": True})).one()


def digest_of(event: Event) -> bytes:
    """SHA-256 over the previous digest and every fact of the event, in a fixed order and unambiguous form."""
    facts = (
        event.organization_id,
        event.sequence,
        event.at.astimezone(UTC).isoformat(),
        event.person_id,
        event.subject_kind,
        event.subject_id,
        event.step,
        event.from_status,
        event.to_status,
        event.profile_id,
        event.reason,
        event.center_id,
        event.district_id,
        event.agency_id,
    )
    text = "".join(f"{len(part)}:{part}" for part in ("" if one is None else str(one) for one in facts))
    return sha256(event.previous + text.encode()).digest()


def broken(events: Sequence[Event], *, after: tuple[int, bytes] = (0, GENESIS)) -> str | None:
    """The first fault of one organization's chain in order, or None: a gap, an edit, a wrong link. `after` is the link before the first of them."""
    expected, previous = after[0] + 1, after[1]
    for event in events:
        if event.sequence != expected:
            return f"event {expected} is missing"
        if event.previous != previous:
            return f"event {expected} does not follow the one before it"
        if digest_of(event) != event.digest:
            return f"event {expected} was changed"
        previous, expected = event.digest, expected + 1
    return None


def stale(row: Moved, expected: int | None) -> None:
    """Refuses to act on a version the caller has not seen."""
    if expected is not None and row.version != expected:
        raise Conflict("STALE", version=row.version, expected=expected)
