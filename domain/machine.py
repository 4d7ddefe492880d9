"""Moves a state and writes its event, and the decisions that let it, linked to the last of the organization: no step goes unrecorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Protocol, TypedDict
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Table, bindparam, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import Conflict
from models.base import table_of
from models.decisions import Decision
from models.direct import Direct
from models.events import ChainHead, Event

GENESIS = bytes(32)


@dataclass(frozen=True)
class Act:
    """Who does something, for which organization, when. Handed to every verb; no verb asks the clock or the request."""

    by: UUID
    organization_id: UUID
    at: datetime


class Kept(Protocol):
    """A row of any table."""

    id: UUID


class Within(Protocol):
    """Three tenants: where an event lies."""

    @property
    def center_id(self) -> UUID | None: ...
    @property
    def district_id(self) -> UUID | None: ...
    @property
    def agency_id(self) -> UUID | None: ...


class Moved(Kept, Protocol):
    """A row with a state and its three tenants."""

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
    return await chained(session, row, within=row, step=step, act=act, before=before, after=after, reason=reason, profile_id=profile_id)


async def chained(
    session: AsyncSession,
    row: Kept,
    *,
    within: Within,
    step: str,
    act: Act,
    before: str | None = None,
    after: str | None = None,
    reason: str | None = None,
    profile_id: UUID | None = None,
) -> Event:
    """The event alone, of a row that may belong to no tenant: it lies `within` the tenants of who acted."""
    event = Event(
        **tenants(within),
        organization_id=act.organization_id,
        sequence=0,
        at=act.at,
        person_id=act.by,
        subject_kind=str(type(row).__name__),
        subject_id=row.id,
        step=step,
        from_status=before,
        to_status=after,
        profile_id=profile_id,
        reason=reason,
        previous=GENESIS,
        digest=GENESIS,
    )
    await append(session, act.organization_id, event)
    return event


@dataclass
class Head:
    """The newest links of an organization's two chains, while their row is locked."""

    organization_id: UUID
    sequence: int
    digest: bytes
    decision_sequence: int
    decision_digest: bytes

    def follow(self, link: Event | Decision) -> None:
        """Makes the link the newest of its chain."""
        if isinstance(link, Event):
            link.sequence, link.previous = self.sequence + 1, self.digest
            self.sequence, self.digest = link.sequence, digest_of(link)
            link.digest = self.digest
        else:
            link.sequence, link.previous = self.decision_sequence + 1, self.decision_digest
            self.decision_sequence, self.decision_digest = link.sequence, digest_of(link)
            link.digest = self.decision_digest


def waiting(session: AsyncSession) -> list[Decision]:
    """Decisions of this transaction that no event has taken along yet: one statement writes both."""
    found: list[Decision] = session.info.setdefault("decisions", [])
    return found


async def append(session: AsyncSession, organization_id: UUID, event: Event | None = None) -> None:
    """Links the waiting decisions of the organization and the event, and writes them with the head, mostly in one statement."""
    decisions = [one for one in waiting(session) if one.organization_id == organization_id]
    session.info["decisions"] = [one for one in waiting(session) if one.organization_id != organization_id]
    await session.flush()
    head = await locked_head(session, organization_id)
    turns: list[list[Event | Decision]] = [[one] for one in decisions] or [[]]
    turns[-1] += [event] if event is not None else []
    for links in turns:
        values: dict[str, object] = {}
        for link in links:
            head.follow(link)
            values |= {f"{table_of(type(link)).name}_{name}": getattr(link, name) for name in WRITTEN[type(link)]}
        if links:
            values |= {f"head_{name}": value for name, value in vars(head).items()}
            await APPEND[frozenset(type(one) for one in links)].row(session, values)


def bound(table: Table, names: Sequence[str], prefix: str) -> dict[str, BindParameter[object]]:
    return {name: bindparam(f"{prefix}_{name}", type_=table.c[name].type) for name in names}


EVENT, DECISION, HEAD = table_of(Event), table_of(Decision), table_of(ChainHead)
WRITTEN = {kind: [one.name for one in table_of(kind).c if one.name not in {"created_at", "updated_at"}] for kind in (Event, Decision)}
ENDS = ["sequence", "digest", "decision_sequence", "decision_digest"]
MOVED = update(HEAD).where(HEAD.c.organization_id == bindparam("head_organization_id")).values(bound(HEAD, ENDS, "head")).cte("moved")
NEW_EVENT = insert(EVENT).values(bound(EVENT, WRITTEN[Event], "event"))
NEW_DECISION = insert(DECISION).values(bound(DECISION, WRITTEN[Decision], "decision"))
APPEND: Mapping[frozenset[type[SQLModel]], Direct] = {
    frozenset({Event}): Direct(NEW_EVENT.add_cte(MOVED)),
    frozenset({Decision}): Direct(NEW_DECISION.add_cte(MOVED)),
    frozenset({Event, Decision}): Direct(NEW_EVENT.add_cte(MOVED, NEW_DECISION.cte("decided"))),
}
LOCKED = Direct(select(HEAD).where(HEAD.c.organization_id == bindparam("organization")).with_for_update())
NONE_YET: ColumnElement[int] = literal_column("0")
FIRST = Direct(
    insert(HEAD)
    .values(organization_id=bindparam("organization"), sequence=NONE_YET, digest=bindparam("genesis"), decision_sequence=NONE_YET)
    .on_conflict_do_nothing()
    .returning(*HEAD.c)
)


class Tenants(TypedDict):
    center_id: UUID
    district_id: UUID | None
    agency_id: UUID | None


def tenants(of: Within) -> Tenants:
    """As columns. Every row of a tenant lies below a center."""
    if of.center_id is None:
        raise ValueError("a row of nobody")
    return {"center_id": of.center_id, "district_id": of.district_id, "agency_id": of.agency_id}


async def locked_head(session: AsyncSession, organization_id: UUID) -> Head:
    """The newest links, locked until the transaction ends: those of one organization are written one after another."""
    heads: dict[UUID, Head] = session.info.setdefault("heads", {})
    if organization_id not in heads:
        asked = {"organization": organization_id, "genesis": GENESIS}
        row = await LOCKED.row(session, asked) or await FIRST.row(session, asked) or await LOCKED.row(session, asked)
        if row is None:
            raise LookupError("a chain without a head")
        heads[organization_id] = Head(**(dict(row) | {"decision_digest": row["decision_digest"] or GENESIS}))
    return heads[organization_id]


def digest_of(link: Event | Decision) -> bytes:
    """SHA-256 over the previous digest and every fact of the link, in a fixed order and unambiguous form."""
    facts = decision_facts(link) if isinstance(link, Decision) else event_facts(link)
    text = "".join(f"{len(part)}:{part}" for part in ("" if one is None else str(one) for one in facts))
    return sha256(link.previous + text.encode()).digest()


def event_facts(event: Event) -> tuple[object, ...]:
    return (
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


def decision_facts(decision: Decision) -> tuple[object, ...]:
    return (
        decision.organization_id,
        decision.sequence,
        decision.at.astimezone(UTC).isoformat(),
        decision.account_id,
        decision.person_id,
        decision.membership_id,
        decision.role,
        decision.policy,
        decision.line,
        decision.article,
        decision.action,
        decision.object_kind,
        decision.object_id,
        decision.outcome,
        decision.reason,
        decision.request_id,
        decision.center_id,
        decision.district_id,
        decision.agency_id,
    )


def broken(links: Sequence[Event | Decision], *, after: tuple[int, bytes] = (0, GENESIS)) -> str | None:
    """The first fault of one organization's chain in order, or None: a gap, an edit, a wrong link. `after` is the link before the first of them."""
    expected, previous = after[0] + 1, after[1]
    for link in links:
        called = f"{type(link).__name__.lower()} {expected}"
        if link.sequence != expected:
            return f"{called} is missing"
        if link.previous != previous:
            return f"{called} does not follow the one before it"
        if digest_of(link) != link.digest:
            return f"{called} was changed"
        previous, expected = link.digest, expected + 1
    return None


def stale(row: Moved, expected: int | None) -> None:
    """Refuses to act on a version the caller has not seen."""
    if expected is not None and row.version != expected:
        raise Conflict("STALE", version=row.version, expected=expected)
