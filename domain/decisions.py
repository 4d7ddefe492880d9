"""The log of decisions: who was allowed or denied what, in which role, by which line."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.machine import GENESIS, append, waiting
from models.decisions import Decision, Outcome


@dataclass(frozen=True)
class Decided:
    """One decision in plain values. `object_id` is a typed id as clients know it; `reason` says which half failed, and never names a person."""

    at: datetime
    account_id: UUID
    person_id: UUID
    organization_id: UUID
    center_id: UUID
    district_id: UUID | None
    agency_id: UUID | None
    policy: int
    action: str
    allowed: bool
    membership_id: UUID | None = None
    role: str | None = None
    line: int | None = None
    article: str | None = None
    object_kind: str | None = None
    object_id: str | None = None
    reason: str | None = None
    request_id: str | None = None


def note(session: AsyncSession, decided: Decided) -> None:
    """Puts a decision on record in this transaction: with the next event, at the latest by `settle`. The same one only once."""
    known = session.info.setdefault("decided", set())
    if (decided.action, decided.object_id) not in known:
        known.add((decided.action, decided.object_id))
        values = {name: value for name, value in vars(decided).items() if name != "allowed"}
        outcome = Outcome.ALLOWED if decided.allowed else Outcome.DENIED
        waiting(session).append(Decision(**values, outcome=outcome, sequence=0, previous=GENESIS, digest=GENESIS))


async def settle(session: AsyncSession) -> None:
    """Writes what no event of this transaction has taken along."""
    for organization_id in {one.organization_id for one in waiting(session)}:
        await append(session, organization_id)


async def log(session: AsyncSession, decided: Decided) -> None:
    """Writes one decision now, chained to the last of the organization acted for."""
    note(session, decided)
    await settle(session)
