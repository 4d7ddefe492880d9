"""Why somebody may or may not act on a row: the decision of `fetch`, taken apart into lines, each with its role half and its relation half."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

import orjson
from sqlalchemy import FromClause, Text, and_, cast, false, func, select, true
from sqlmodel import SQLModel

from authz.access import READ, VERSIONS, meaning
from authz.actions import Action
from authz.actor import Actor, Role, Shape
from authz.asking import OBJECT, Acting, Prepared, Question, admitted, prepared
from authz.policy import Line, Table
from authz.relations import Relation
from authz.walls import inside
from models.base import table_of
from models.database import Database


class Outcome(StrEnum):
    """What `fetch` does: gives the row, raises Forbidden, raises NotFound."""

    ALLOWED = "ALLOWED"
    DENIED = "DENIED"
    HIDDEN = "HIDDEN"


class Half(StrEnum):
    ROLE = "ROLE"
    RELATION = "RELATION"


@dataclass(frozen=True)
class Weighed:
    """A line beside the row: `by` is the subject's role that brings the line, `stands` whether its relation holds."""

    line: Line
    by: str | None
    stands: bool

    @property
    def missing(self) -> tuple[Half, ...]:
        return (*(() if self.by else (Half.ROLE,)), *(() if self.stands else (Half.RELATION,)))


@dataclass(frozen=True)
class Explanation:
    """The outcome and the line that decided; without one, the lines that came closest. `action`: the read where the row is hidden, else the one asked.

    `walled`: the row lies outside the subject's wall, whatever the lines say.
    """

    outcome: Outcome
    action: Action
    acting: Acting
    line: Weighed | None
    closest: tuple[Weighed, ...] = ()
    walled: bool = False


def fits(version: int, action: Action, model: type[SQLModel]) -> bool:
    """Whether every line about the action speaks of relations that mean something for such rows: else nobody ever asks it of one."""
    t = table_of(model)
    try:
        return all(meaning(t, relation) for relation in relations(VERSIONS.table(version), action))
    except KeyError:
        return False


def relations(policy: Table, *actions: Action) -> tuple[Relation, ...]:
    return tuple(sorted({line.relation for line in policy.lines if line.action in actions}))


async def explained(database: Database, asker: Actor, question: Question) -> Explanation:
    """What `fetch` would do for the subject. The row is looked at from behind the subject's own wall, by the SQL halves and no others.

    Raises NotFound alike where the asker may not see the row, may not ask about the subject, or where there is none of them.
    """
    acting, now = await admitted(database, asker, question)
    policy, actions = VERSIONS.table(acting.actor.policy), (READ[question.model], question.action)
    asked = relations(policy, *actions)
    statement = halves(table_of(question.model), acting.actor.shape, asked)
    reading = database.read(replace(acting.actor, policy=now).tenant)
    said = await statement.ask(reading, acting.actor.binds() | {"asked_object": question.id})
    within, *holding = orjson.loads(said) or [False]
    return decided(policy, acting, actions, standing=frozenset(one for one, stands in zip(asked, holding, strict=False) if stands), within=within)


def decided(policy: Table, acting: Acting, actions: tuple[Action, Action], *, standing: frozenset[Relation], within: bool) -> Explanation:
    """Reading first: who does not see the row is not told that it is there. Nothing is seen that lies outside the wall."""
    read, action = actions
    seen = weighed(policy, acting, read, standing=standing)
    if not within:
        return Explanation(Outcome.HIDDEN, read, acting, None, walled=True)
    if seen.outcome is not Outcome.ALLOWED:
        return replace(seen, outcome=Outcome.HIDDEN)
    return weighed(policy, acting, action, standing=standing)


def weighed(policy: Table, acting: Acting, action: Action, *, standing: frozenset[Relation]) -> Explanation:
    """Some line gives and none takes. Of several the first in the policy is named."""
    lines = [one for one in policy.lines if one.action is action and one.allows]
    gives = [Weighed(one, carrier(policy, acting.actor.roles, one), one.relation in standing) for one in lines]
    given = next((one for one in gives if not one.missing), None)
    if given is None:
        return Explanation(Outcome.DENIED, action, acting, None, closest(gives))
    taken = next((one for one in policy.denying(action) if one.relation in standing), None)
    if taken is not None:
        return Explanation(Outcome.DENIED, action, acting, Weighed(taken, Role.ANYONE, stands=True))
    return Explanation(Outcome.ALLOWED, action, acting, given)


def carrier(policy: Table, roles: frozenset[str], line: Line) -> str | None:
    """The role of these that brings the line, by itself or by a base role above it."""
    if line.role is Role.ANYONE:
        return Role.ANYONE
    return next((role for role in sorted(roles) if line in policy.allowing((role,), line.action)), None)


def closest(lines: Sequence[Weighed]) -> tuple[Weighed, ...]:
    """Those that lack one half, a held role before a standing relation; where each lacks both, all of them."""
    near = [one for one in lines if len(one.missing) == 1] or list(lines)
    return tuple(sorted(near, key=lambda one: (Half.ROLE in one.missing, one.line.number)))


@lru_cache(maxsize=1000)
def halves(t: FromClause, shape: Shape, asked: tuple[Relation, ...]) -> Prepared:
    """The wall and one column per relation, on one row. Kept by what schema and policy determine, never by a value."""
    columns = [func.coalesce(one, false()) for one in (and_(true(), *inside(t, shape)), *(meaning(t, one).where(t, shape.tier) for one in asked))]
    return prepared(select(cast(func.json_build_array(*columns), Text)).where(t.c.id == OBJECT))
