"""Casbin's own `enforce`, the compiled table and SQL: at least 100,000 decisions about rows of a crowd, without a difference.

A decision is an actor, an action and a row of one of the tables; each is counted once. What is compared with what:

- SQL against the table, all of them, one by one: `scope`, as it runs in every list and every `fetch`, says yes or no of each row in one
  statement per actor and table; beside it the compiled table says the same from the Python halves of the relations and of the wall.
  Only actions that are asked of such rows: by a read, a resolver or a mask.
- `enforce` against the table, each distinct cell that occurs among them: a cell is the roles, the action, and which of the relations that its lines
  speak of stand between actor and row. `enforce` is asked about the first actor and row of each cell, with `stands` registered as the Python half
  itself; two decisions of one cell differ in nothing that the model or the policy sees.
- `enforce` directly, without cells, on DIRECT decisions drawn at random; and on 2,000 random cells, occurring or not, in test_rights.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import casbin
import pytest
from sqlmodel import SQLModel

from authz.access import POLICY, READ, meaning, scope
from authz.actions import Action
from authz.actor import Actor, Role
from authz.policy import MODEL
from authz.policy import POLICY as FILE
from authz.relations import Relation
from authz.relations import World as Facts
from authz.walls import WALLED
from models.base import table_of
from tests.authz.test_relations import actors, asked
from tests.authz.test_rights import asked_about
from tests.crowd_bench import Bench

DECISIONS = 100_000
DIRECT = 1_500
SPOKEN = {action: frozenset(line.relation for line in POLICY.lines if line.action is action) for action in Action}

PAIRS = asked_about()

Cell = tuple[frozenset[str], Action, frozenset[Relation]]
Asked = tuple[Actor, Action, SQLModel]


def stands_inside(actor: Actor, row: SQLModel) -> bool:
    """The wall about one row in hand, said once more and slowly: what the kept rule of a decision must agree with."""
    wanted = WALLED[table_of(type(row))]
    if not wanted:
        return True
    column = wanted.get(actor.shape.wall)
    mine = None if column is None else getattr(actor, column)
    return mine is not None and getattr(row, str(column)) == mine


@dataclass
class Tally:
    """What was decided, and where each cell occurred first."""

    compared: int = 0
    allowed: int = 0
    cells: dict[Cell, tuple[bool, Asked]] = field(default_factory=dict)
    all: list[tuple[bool, Asked]] = field(default_factory=list)


def by_table(actor: Actor, action: Action, standing: frozenset[Relation]) -> bool:
    gives = any(line.relation in standing for line in POLICY.allowing(actor.roles, action))
    return gives and not any(line.relation in standing for line in POLICY.denying(action))


def compare(bench: Bench, actor: Actor, model: type[SQLModel], tally: Tally) -> None:
    """Every action that is asked of such rows, on every row."""
    t, facts = table_of(model), bench.crowd.rows.facts
    actions = sorted({action for action, table in PAIRS if table is t})
    spoken = sorted({relation for action in actions for relation in SPOKEN[action]})
    said = asked(bench, model, actor, {action.value: scope(actor.shape, action, t) for action in actions})
    for row in bench.crowd.rows.of[model]:
        sql: Mapping[str, bool | None] = said[str(row.id)]
        walled = stands_inside(actor, row)
        standing = frozenset(one for one in spoken if meaning(t, one).holds(actor, row, facts))
        for action in actions:
            table = by_table(actor, action, standing)
            assert (table and walled) is bool(sql[action.value]), (actor, action, model.__name__, row)
            tally.compared += 1
            tally.allowed += table
            tally.cells.setdefault((actor.roles, action, standing & SPOKEN[action]), (table, (actor, action, row)))
            tally.all.append((table, (actor, action, row)))


def enforcer(facts: Facts) -> Any:
    """Stock Casbin with the shipped model and policy. What a relation means is the only thing it is told."""
    found = casbin.Enforcer(str(MODEL), str(FILE))
    found.add_function("stands", lambda actor, relation, row: meaning(table_of(type(row)), Relation(relation)).holds(actor, row, facts))
    return found


def by_casbin(enforce: Any, question: Asked) -> bool:
    """Some role of the actor is enough; every deny is for anyone, so it meets each of them."""
    actor, action, row = question
    noun, verb = action.value.split(".")
    return any(enforce.enforce(str(role), noun, verb, actor, row) for role in sorted(actor.roles) or [Role.ANYONE])


@pytest.mark.timeout(300)
def test_casbin_the_table_and_sql_decide_alike(bench: Bench) -> None:
    tally, found = Tally(), list(dict.fromkeys(actors(bench.crowd, 60)))
    for actor in found:
        for model in READ:
            compare(bench, actor, model, tally)
        if tally.compared >= DECISIONS:
            break
    assert tally.compared >= DECISIONS, "more actors or rows are needed"
    assert tally.allowed > DECISIONS // 50
    assert len(tally.cells) > 1_000
    casbin_ = enforcer(bench.crowd.rows.facts)
    for table, question in tally.cells.values():
        assert by_casbin(casbin_, question) is table, question
    for table, question in Random(59).sample(tally.all, DIRECT):  # noqa: S311 - no secret, the same at every run
        assert by_casbin(casbin_, question) is table, question
