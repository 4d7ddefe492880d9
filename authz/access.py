"""The doors to the rows: `scope` for reading, `fetch` for acting, `require` where there is no row yet. There is no other."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, True_, and_, case, false, func, literal, not_, or_, true
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from authz import cases, dispatch, inspections, organizations, returns, sessions, supervisors
from authz.actions import Action
from authz.actor import Actor, Shape
from authz.errors import Forbidden, Issuer, NotFound
from authz.policy import Line, compiled
from authz.relations import Meaning, Relation, World
from models.base import table_of
from models.organizations import Tier

T = TypeVar("T", bound=SQLModel)

NOUNS = (organizations, supervisors, sessions, dispatch, inspections, returns, cases)

READ: dict[type[SQLModel], Action] = {model: action for noun in NOUNS for model, action in noun.READ.items()}

MEANINGS: dict[FromClause, dict[Relation, Meaning]] = {table_of(model): dict(meanings) for noun in NOUNS for model, meanings in noun.MEANINGS.items()}

POLICY = compiled()

EMPTY = World()


def meaning(t: FromClause, relation: Relation) -> Meaning:
    """What a relation means for a table or an alias of it. A relation without a meaning there is a mistake of ours."""
    return MEANINGS[getattr(t, "element", t)][relation]


def scope(shape: Shape, action: Action, t: FromClause) -> ColumnElement[bool]:
    """The rows of `t` on which the action is allowed, as a condition over the actor's binds. Unknown never allows and never lifts a deny.

    Where a right is unknown the condition is NULL, which no WHERE and no CASE takes for true: said outright, by coalesce, no index would serve it.
    """
    gives = [meaning(t, relation).where(t, shape.tier) for relation in relations(POLICY.allowing(shape.roles, action))]
    takes = [meaning(t, relation).where(t, shape.tier) for relation in relations(POLICY.denying(action))]
    everywhere = any(isinstance(one, True_) for one in gives)
    allowed = true() if everywhere else or_(*gives) if gives else false()
    return and_(allowed, *(not_(func.coalesce(one, false())) for one in takes))


def relations(lines: tuple[Line, ...]) -> list[Relation]:
    return sorted({line.relation for line in lines})


def holds(actor: Actor, action: Action, row: SQLModel, *, world: World = EMPTY) -> bool:
    """The same decision about one row in hand, by the Python halves."""
    t = table_of(type(row))
    gives = any(meaning(t, relation).holds(actor, row, world) for relation in relations(POLICY.allowing(actor.roles, action)))
    return gives and not any(meaning(t, relation).holds(actor, row, world) for relation in relations(POLICY.denying(action)))


async def fetch(session: AsyncSession, actor: Actor, model: type[T], *, id: UUID, to: Action) -> T:
    """One row to act on, locked until the transaction ends. A hidden row and no row look the same."""
    t = table_of(model)
    seen, may = scope(actor.shape, READ[model], t), scope(actor.shape, to, t)
    statement = select(model, may.label("may")).where(t.c.id == id, seen).with_for_update(of=t)
    found = (await session.exec(statement, params=actor.binds(), execution_options={"populate_existing": True})).one_or_none()
    if found is None:
        raise NotFound
    row, may_act = found
    if not may_act:
        raise refusal(to, row, article=await taking(session, actor, to, of=row))
    return row


async def taking(session: AsyncSession, actor: Actor, action: Action, *, of: SQLModel) -> str | None:
    """The article of the line that takes from the actor what another gives; None where nothing is given in the first place."""
    t, lines = table_of(type(of)), POLICY.denying(action)
    gives = [meaning(t, relation).where(t, actor.tier) for relation in relations(POLICY.allowing(actor.roles, action))]
    if not lines or not gives:
        return None
    met = case(*((func.coalesce(meaning(t, one.relation).where(t, actor.tier), false()), literal(one.article)) for one in lines))
    query = select(met).where(t.c.id == getattr(of, "id"), or_(*gives))  # noqa: B009
    found: str | None = (await session.exec(query, params=actor.binds())).first()
    return found


def refusal(action: Action, row: SQLModel, *, article: str | None = None) -> Forbidden:
    """Names the article and, where the issuer alone may act, who that is (A12): the caller sees the row, so it tells no secret."""
    only_issuer = relations(tuple(line for line in POLICY.lines if line.action is action and line.allows)) == [Relation.ISSUER]
    return Forbidden(action, article or POLICY.article(action), issuer=issuer_of(row) if only_issuer else None)


def issuer_of(row: SQLModel) -> Issuer | None:
    """Who issued the card that the row is about, where it is about one."""
    issuer = getattr(row, "issuer_id", None)
    if issuer is None:
        return None
    return Issuer(Tier.CENTER if issuer == getattr(row, "center_id", None) else Tier.AGENCY, issuer)


def require(actor: Actor, action: Action, row: SQLModel) -> None:
    """May the actor make this row, which is not saved yet?"""
    if not holds(actor, action, row):
        raise refusal(action, row)


def shared(actor: Actor, action: Action) -> bool:
    """May the actor do what has no row of its own, like a look-up?"""
    return Relation.SHARED in relations(POLICY.allowing(actor.roles, action))


def require_shared(actor: Actor, action: Action) -> None:
    if not shared(actor, action):
        raise Forbidden(action, POLICY.article(action))
