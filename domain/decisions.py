"""The log of decisions: who was allowed or denied what, in which role, by which line. And who held which role at another time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.machine import GENESIS, append, waiting
from domain.memberships import in_force
from models.decisions import Decision, Outcome
from models.memberships import Membership


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


async def memberships_at(session: AsyncSession, person_id: UUID, organization_id: UUID, *, at: datetime) -> Sequence[Membership]:
    """Which roles counted for the person at the organization at that instant, a lent one only while the lender's did.

    Exact for any instant: memberships are ended, never changed or deleted.
    """
    theirs = (col(Membership.person_id) == person_id, col(Membership.organization_id) == organization_id)
    return (await session.exec(select(Membership).where(*theirs, in_force(at)).order_by(col(Membership.role), col(Membership.id)))).all()
