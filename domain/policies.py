"""The policy of a jurisdiction changes by two administrators: one proposes a whole version, another puts in force what the difference has shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, Machine, advance, record
from domain.memberships import in_force
from domain.texts import checked
from models.base import table_of
from models.database import POLICY_LOCK
from models.events import Event
from models.memberships import Membership
from models.policies import NUMBERS, PolicyCurrent, PolicyLine, PolicyVersion, PolicyVersionStatus

SHIPPED = 1
EVERYBODY = "anyone"
SEPARATION = "GB/T 22239"
LONGEST_REASON = 2000
LONGEST_ARTICLE = 500
DIGEST_CHARACTERS = 64
MOST_LINES = 3000
MOST_SHOWN = 500


class Step(StrEnum):
    APPROVE = "APPROVE"
    REJECT = "REJECT"


STEPS: Machine = {
    (PolicyVersionStatus.PROPOSED, Step.APPROVE): PolicyVersionStatus.PUBLISHED,
    (PolicyVersionStatus.PROPOSED, Step.REJECT): PolicyVersionStatus.REJECTED,
}


class Said(Protocol):
    """A line of a policy: its number, its words from `p` or `g` on, its article."""

    @property
    def number(self) -> int: ...
    @property
    def words(self) -> tuple[str, ...]: ...
    @property
    def article(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A whole policy and what was shown of it: against which version, which cells change, how many people hold the roles."""

    said: Sequence[Said]
    digest: str
    base: int
    difference: str
    cells: Sequence[Mapping[str, Any]]
    heads: Mapping[str, int]


async def current(session: AsyncSession, center_id: UUID) -> int:
    """The number of the version in force for a center."""
    found = (await session.exec(select(PolicyCurrent.version).where(col(PolicyCurrent.center_id) == center_id))).first()
    return found or SHIPPED


async def heads(session: AsyncSession, center_id: UUID, *, at: datetime) -> dict[str, int]:
    """How many people hold each role within a center now; `anyone` for all of them."""
    people = func.count(func.distinct(col(Membership.person_id)))
    mine = select(col(Membership.role), people).where(col(Membership.center_id) == center_id, in_force(at))
    found = (await session.exec(mine.group_by(func.rollup(col(Membership.role))))).all()
    return {role or EVERYBODY: count for role, count in found}


def blank(act: Act) -> PolicyVersion:
    """A version of the organization acted for, without lines or number yet: to be asked about first."""
    return PolicyVersion(
        center_id=act.organization_id,
        number=0,
        base=0,
        digest="",
        line_count=0,
        reason="",
        difference=[],
        heads=[],
        proposed_by=act.by,
        proposed_at=act.at,
    )


async def propose(session: AsyncSession, version: PolicyVersion, shown: Shown, *, act: Act, reason: str) -> Event:
    """Keeps a whole policy under a new number, for another to put in force. Conflict DUPLICATE while another proposal of the center is open."""
    if len(shown.said) > MOST_LINES:
        raise BadInput("adds", "too_many", most=MOST_LINES)
    version.number = (await session.exec(select(NUMBERS.next_value()))).one()
    version.base, version.digest, version.line_count = shown.base, shown.digest, len(shown.said)
    version.reason = checked("reason", reason, LONGEST_REASON)
    version.difference = [dict(one) for one in shown.cells[:MOST_SHOWN]]
    version.heads = [{"role": role, "people": count} for role, count in sorted(shown.heads.items())]
    session.add(version)
    await session.flush()
    session.add_all(stored(one, version) for one in shown.said)
    return await record(session, version, step="PROPOSE", act=act, after=version.status, reason=version.reason)


def stored(said: Said, version: PolicyVersion) -> PolicyLine:
    """The line as a row."""
    kind, role, *rest = said.words
    base, words = (rest[0], [None] * 4) if kind == "g" else (None, rest)
    relation, noun, verb, effect = words
    return PolicyLine(
        center_id=version.center_id,
        policy_version_id=version.id,
        line=said.number,
        kind=kind,
        role=role,
        base=base,
        relation=relation,
        object=noun,
        action=verb,
        effect=effect,
        article=checked("article", said.article, LONGEST_ARTICLE) if said.article else "",
    )


async def alone(session: AsyncSession, center_id: UUID) -> None:
    """Waits until no write of the center is under way, and keeps new ones waiting to the end: what was decided under the old version has committed.

    Conflict IN_FLIGHT where the writers leave no gap.
    """
    if not (await session.exec(select(func.lock_policy(POLICY_LOCK, center_id)))).one():
        raise Conflict("IN_FLIGHT")


async def approve(session: AsyncSession, version: PolicyVersion, shown: Shown, *, expected: str, act: Act) -> Event:
    """Puts a proposed version in force, by another person, who was shown this very difference. Call `alone` before. Raises Unmet, Conflict."""
    known = checked("expectedDifference", expected, DIGEST_CHARACTERS)
    if version.status is not PolicyVersionStatus.PROPOSED:
        raise Conflict("STATE", status=version.status, step=Step.APPROVE)
    if act.by == version.proposed_by:
        raise Unmet("policy.two_persons", SEPARATION, needed=2, have=1)
    if shown.difference != known:
        raise Conflict("STALE")
    version.approved_difference, version.decided_by, version.decided_at = shown.difference, act.by, act.at
    event = await advance(session, version, STEPS, step=Step.APPROVE, act=act, reason=f"{shown.base} → {version.number}: {shown.difference}")
    row = insert(table_of(PolicyCurrent)).values(center_id=version.center_id, version=version.number)
    await session.exec(row.on_conflict_do_update(index_elements=["center_id"], set_={"version": version.number}))
    return event


async def reject(session: AsyncSession, version: PolicyVersion, reason: str, *, act: Act) -> Event:
    """Nothing comes of a proposal: by another administrator, or by who made it. Conflict STATE where it was decided already."""
    version.decided_by, version.decided_at = act.by, act.at
    return await advance(session, version, STEPS, step=Step.REJECT, act=act, reason=checked("reason", reason, LONGEST_REASON))
