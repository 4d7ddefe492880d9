"""The doors to the rows: `scope` for reading, `fetch` for acting, `require` where there is no row yet. There is no other."""

from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Integer, True_, and_, bindparam, case, false, func, literal, not_, or_, true
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from authz import (
    agency_cases,
    applications,
    assessments,
    cases,
    complaints,
    conflicts,
    credit,
    decisions,
    dispatch,
    education,
    entries,
    evidence,
    filings,
    holidays,
    inspections,
    members,
    notifications,
    organizations,
    overlays,
    policies,
    publications,
    rechecks,
    returns,
    sessions,
    stipends,
    supervisors,
    violations,
)
from authz.actions import Action
from authz.actor import Actor, Shape
from authz.errors import Forbidden, Issuer, NotFound
from authz.invariants import hold_in
from authz.policy import BadPolicy, Line, Table, compiled
from authz.relations import Holds, Meaning, Relation, World, refers
from authz.versions import Versions
from authz.walls import WALLED, inside
from models.base import table_of
from models.organizations import Tier

T = TypeVar("T", bound=SQLModel)

NOUNS = (
    *(organizations, members, supervisors, applications, sessions, dispatch, inspections, evidence, returns, cases, filings),
    *(credit, violations, agency_cases, complaints, education, entries, assessments, stipends, notifications, decisions, policies),
    *(overlays, holidays, rechecks),
    *(conflicts,),
    *(publications,),
)

READ: dict[type[SQLModel], Action] = {model: action for noun in NOUNS for model, action in noun.READ.items()}

MEANINGS: dict[FromClause, dict[Relation, Meaning]] = {table_of(model): dict(meanings) for noun in NOUNS for model, meanings in noun.MEANINGS.items()}

POLICY = compiled()


def meaningful() -> dict[Action, frozenset[Relation]]:
    """Which relations a line about an action may speak of: those with a meaning on every table it is read by or called after, and the shipped ones."""
    found = {action: {line.relation for line in POLICY.lines if line.action is action} for action in Action}
    for action in Action:
        noun = action.value.split(".")[0]
        tables = [table_of(model) for model, read in READ.items() if read is action or (action not in READ.values() and read.value == f"{noun}.read")]
        if tables:
            found[action] |= set.intersection(*(set(MEANINGS[t]) for t in tables))
    return {action: frozenset(relations) for action, relations in found.items()}


MEANINGFUL = meaningful()


def sound(table: Table) -> None:
    """Raises BadPolicy where a relation means nothing, or where something pinned does not hold."""
    for one in table.lines:
        if one.relation not in MEANINGFUL[one.action]:
            said = next(said for said in table.said if said.number == one.number)
            raise BadPolicy(f"{one.relation} means nothing for {one.action}", problem="policy_meaning", said=said)
    hold_in(table, POLICY)


sound(POLICY)

VERSIONS = Versions(POLICY, sound)

EMPTY = World()


def meaning(t: FromClause, relation: Relation) -> Meaning:
    """What a relation means for a table or an alias of it. A relation without a meaning there is a mistake of ours."""
    return MEANINGS[getattr(t, "element", t)][relation]


def scope(shape: Shape, action: Action, t: FromClause, *, of: FromClause | None = None) -> ColumnElement[bool]:
    """The rows of `t` on which the action is allowed, as a condition over the actor's binds. Unknown never allows and never lifts a deny.

    `of` is the table they would be rows of, where they are not stored yet: `t` then has the columns that its relations speak of. Where a right is unknown the condition is NULL, which no WHERE and no CASE takes for true: said outright, by coalesce, no index would serve it.
    """
    policy = VERSIONS.table(shape.policy)
    kind = t if of is None else of
    gives = [meaning(kind, relation).where(t, shape.tier) for relation in relations(policy.allowing(shape.roles, action))]
    takes = [meaning(kind, relation).where(t, shape.tier) for relation in relations(policy.denying(action))]
    everywhere = any(isinstance(one, True_) for one in gives)
    allowed = true() if everywhere else or_(*gives) if gives else false()
    return and_(*inside(t, shape, of=of), allowed, *(not_(func.coalesce(one, false())) for one in takes))


def relations(lines: tuple[Line, ...]) -> list[Relation]:
    return sorted({line.relation for line in lines})


class Given(NamedTuple):
    """By which line a right is given, and in which of the actor's roles."""

    line: Line
    role: str


@dataclass(frozen=True)
class Rule:
    """All that is said of an action on the rows of one table to somebody in some roles: each relation that gives with its first line, those that take."""

    walled: bool
    column: str | None
    gives: tuple[tuple[Given, Holds], ...]
    takes: tuple[Holds, ...]


@lru_cache(maxsize=4096)
def rule(shape: Shape, action: Action, model: type[SQLModel]) -> Rule:
    """Kept by what a version of the policy and the roles determine, never by a person or a row. The number of a version is never given twice."""
    policy, roles, t = VERSIONS.table(shape.policy), shape.roles, table_of(model)
    first = {line.relation: line for line in reversed(policy.allowing(roles, action))}
    lines = sorted(first.values(), key=lambda line: line.number)
    gives = tuple((Given(line, policy.carrier(roles, line)), meaning(t, line.relation).holds) for line in lines)
    takes = tuple(meaning(t, relation).holds for relation in relations(policy.denying(action)))
    return Rule(bool(WALLED[t]), WALLED[t].get(shape.wall), gives, takes)


def given(actor: Actor, action: Action, row: SQLModel, *, world: World = EMPTY) -> Given | None:
    """The first line that gives the action on one row in hand, by the Python halves; None where none does, one takes, or a wall hides."""
    said = rule(actor.shape, action, type(row))
    if said.walled and not (said.column and refers(row, said.column, getattr(actor, said.column))):
        return None
    for found, stands in said.gives:
        if stands(actor, row, world):
            return None if said.takes and any(takes(actor, row, world) for takes in said.takes) else found
    return None


def holds(actor: Actor, action: Action, row: SQLModel, *, world: World = EMPTY) -> bool:
    """The same decision about one row in hand, by the Python halves."""
    return given(actor, action, row, world=world) is not None


async def fetch(session: AsyncSession, actor: Actor, model: type[T], *, id: UUID, to: Action, by: list[int] | None = None) -> T:
    """One row to act on, locked until the transaction ends. A hidden row and no row look the same. `by` is told the number of the line that gives."""
    asked = actor.binds() | {"row_to_act_on": id}
    found = (await session.exec(to_act_on(actor.shape, to, model), params=asked, execution_options={"populate_existing": True})).one_or_none()
    if found is None:
        raise NotFound
    row: T = found[0]
    may_act, line = found[1:]
    if not may_act:
        raise refusal(VERSIONS.table(actor.policy), to, row, taken=await taking(session, actor, to, of=row))
    if by is not None and line is not None:
        by.append(line)
    return row


@lru_cache(maxsize=4096)
def to_act_on(shape: Shape, action: Action, model: type[T]) -> Select[T, bool, int | None]:
    """The row, whether it may be acted on, and by which line. Kept like a rule, since to put it together takes longer than to ask it."""
    t = table_of(model)
    seen, may = scope(shape, READ[model], t), scope(shape, action, t)
    found = select(model, may.label("may"), giving(shape, action, t).label("line"))
    return found.where(t.c.id == bindparam("row_to_act_on"), seen).with_for_update(of=t)


def giving(shape: Shape, action: Action, t: FromClause) -> ColumnElement[int | None]:
    """The number of the first line that gives the action on a row of `t`, where it is given; no question to the row where there is but one."""
    first = {line.relation: line.number for line in reversed(VERSIONS.table(shape.policy).allowing(shape.roles, action))}
    if len(first) < 2:  # noqa: PLR2004 - nothing to choose from
        return literal(next(iter(first.values()), None), Integer)
    return case(*((meaning(t, relation).where(t, shape.tier), literal(number)) for relation, number in sorted(first.items(), key=itemgetter(1))))


async def taking(session: AsyncSession, actor: Actor, action: Action, *, of: SQLModel) -> Line | None:
    """The line that takes from the actor what another gives; None where nothing is given in the first place."""
    t, policy = table_of(type(of)), VERSIONS.table(actor.policy)
    lines = policy.denying(action)
    gives = [meaning(t, relation).where(t, actor.tier) for relation in relations(policy.allowing(actor.roles, action))]
    if not lines or not gives:
        return None
    met = case(*((func.coalesce(meaning(t, one.relation).where(t, actor.tier), false()), literal(one.number)) for one in lines))
    query = select(met).where(t.c.id == getattr(of, "id"), or_(*gives))  # noqa: B009
    found: int | None = (await session.exec(query, params=actor.binds())).first()
    return next((one for one in lines if one.number == found), None)


def refusal(policy: Table, action: Action, row: SQLModel, *, taken: Line | None = None) -> Forbidden:
    """Names the article and, where the issuer alone may act, who that is (A12): the caller sees the row, so it tells no secret."""
    only_issuer = relations(tuple(line for line in policy.lines if line.action is action and line.allows)) == [Relation.ISSUER]
    issuer = issuer_of(row) if only_issuer else None
    return Forbidden(action, taken.article if taken else policy.article(action), issuer=issuer, line=taken.number if taken else None)


def issuer_of(row: SQLModel) -> Issuer | None:
    """Who issued the card that the row is about, where it is about one."""
    issuer = getattr(row, "issuer_id", None)
    if issuer is None:
        return None
    return Issuer(Tier.CENTER if issuer == getattr(row, "center_id", None) else Tier.AGENCY, issuer)


def require(actor: Actor, action: Action, row: SQLModel) -> Given:
    """May the actor make this row, which is not saved yet? By which line."""
    found = given(actor, action, row)
    if found is None:
        raise refusal(VERSIONS.table(actor.policy), action, row)
    return found


def beyond_self(shape: Shape, action: Action) -> bool:
    """May such a caller do it to rows of somebody else?"""
    return bool(set(relations(VERSIONS.table(shape.policy).allowing(shape.roles, action))) - {Relation.SELF})


def shared(actor: Actor, action: Action) -> bool:
    """May the actor do what has no row of its own, like a look-up?"""
    return Relation.SHARED in relations(VERSIONS.table(actor.policy).allowing(actor.roles, action))


def require_shared(actor: Actor, action: Action) -> None:
    if not shared(actor, action):
        raise Forbidden(action, VERSIONS.table(actor.policy).article(action))
