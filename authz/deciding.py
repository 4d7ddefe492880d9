"""What a decision was, for the record: by which line, in which role, through which membership; and of a refusal, which half was missing."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from authz.access import VERSIONS, Given
from authz.actions import Action
from authz.actor import Actor, Role
from authz.errors import Forbidden, NotFound
from authz.policy import Line, Table


@dataclass(slots=True)
class Verdict:
    """A decision about one action. `line` gave the right or took it away; where no line did either, `reason` says what was missing."""

    action: str
    allowed: bool
    line: Line | None = None
    role: str | None = None
    membership_id: UUID | None = None
    article: str | None = None
    reason: str | None = None


@lru_cache(maxsize=4096)
def carried(policy: Table, roles: frozenset[str], action: Action, *, number: int | None) -> tuple[Line, str] | None:
    """The line of this number, or the first there is, and the role of these that it speaks to, by itself or by a base role above it."""
    line = next((one for one in policy.allowing(roles, action) if number in {one.number, None}), None)
    if line is None:
        return None
    return line, policy.carrier(roles, line)


def granted(actor: Actor, given: Given) -> Verdict:
    """By the line and the role that gave it."""
    line, role = given
    return Verdict(line.action, True, line, role, actor.membership(role), line.article)


def allowed(actor: Actor, action: Action, *, by: int | None = None) -> Verdict:
    """By the line of this number; by the first that could, where the act has no row that a relation was asked of."""
    found = carried(VERSIONS.table(actor.policy), actor.roles, action, number=by)
    if found is None:
        return Verdict(action, allowed=True)
    return granted(actor, Given(*found))


def refused(actor: Actor, action: str, error: Forbidden | NotFound) -> Verdict:
    """Hidden and absent are one reason. A row that is seen: the line that takes, or which half of the lines that give is missing."""
    if isinstance(error, NotFound):
        return Verdict(action, allowed=False, reason="NOT_FOUND")
    taken = next((one for one in VERSIONS.table(actor.policy).lines if one.number == error.line), None)
    if taken is not None:
        return Verdict(error.action, allowed=False, line=taken, role=Role.ANYONE, article=taken.article, reason=f"DENY {taken.relation}")
    gives = [one for one in VERSIONS.table(actor.policy).lines if one.action == error.action and one.allows]
    mine = [one for one in gives if carries(actor, one)]
    missing = "RELATION " if mine else "ROLE "
    halves = sorted({one.relation for one in mine} if mine else {one.role for one in gives})
    issuer = f"; ISSUER {error.issuer.tier} {error.issuer.id}" if error.issuer else ""
    return Verdict(error.action, allowed=False, article=error.article, reason=missing + " ".join(halves) + issuer)


def carries(actor: Actor, line: Line) -> bool:
    """Whether one of the actor's roles is spoken to by the line."""
    return line in VERSIONS.table(actor.policy).allowing(actor.roles, line.action)
