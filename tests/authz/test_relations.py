"""Each relation is one sentence said twice. Over two full worlds, for many actors, Python and SQL must agree on every row, NULLs included."""

import json
from functools import cache
from random import Random
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Text, cast, func, select
from sqlalchemy.dialects.postgresql import array
from sqlmodel import SQLModel

from authz.access import MEANINGS, POLICY, READ, holds, meaning, scope
from authz.actions import Action
from authz.actor import BASE, Actor, Role
from authz.relations import Relation
from gql.reading.declare import Given, Page, source_of
from gql.reading.sql import DIALECT
from gql.schema import schema
from models.base import table_of
from models.database import NOBODY
from models.organizations import Organization
from tests.crowd_bench import Bench
from tests.crowd_rows import Crowded
from tests.reading.arguments import stored

ACTORS = 40
ROLES = [role for role in Role if role not in BASE]


def actors(crowd: Crowded, count: int = ACTORS) -> list[Actor]:
    """The people of the worlds as they are, and as they might be: other places, other roles, none at all."""
    dice, made = Random(7), [actor for n, actor in enumerate(crowd.actors.values()) if n % 3 == 0 or n > 21]  # noqa: S311 - no secret, the same at every run
    organizations = crowd.rows.of[Organization]
    while len(made) < count:
        one, place = dice.choice(made), dice.choice([None, *organizations])
        made.append(
            Actor(
                account_id=one.account_id,
                person_id=one.person_id,
                organization_id=place.id if place else None,
                tier=place.tier if place else None,
                center_id=place.center_id if place else None,
                district_id=place.district_id if place else None,
                agency_id=place.agency_id if place else None,
                roles=frozenset(dice.sample(ROLES, dice.randrange(4))),
            )
        )
    return made


def asked(
    bench: Bench, model: type[SQLModel], actor: Actor, columns: dict[str, ColumnElement[bool]], *, walled: bool = False
) -> dict[Any, dict[str, bool | None]]:
    """One statement: for every row of the table (or every one behind the actor's wall), what each condition says. Unknown stays unknown."""
    t = table_of(model)
    query = select(cast(func.json_agg(func.json_build_array(t.c.id, func.array_to_json(array(columns.values())))), Text))
    compiled = query.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    values = dict(compiled.params) | actor.binds()

    async def run() -> Any:
        database, tenant = (bench.database, actor.tenant) if walled else (bench.owner, NOBODY)
        reading = database.read(tenant)
        return await reading.document(str(compiled), [values[name] for name in compiled.positiontup or ()])

    found = json.loads(bench.portal.call(run) or "[]")
    return {id: dict(zip(columns, said, strict=True)) for id, said in found}


@cache
def may_be_asked(model: type[SQLModel]) -> list[Action]:
    """Actions whose every line speaks of relations that mean something for the table."""
    known = set(MEANINGS[table_of(model)])
    said = {action: {line.relation for line in POLICY.lines if line.action is action} for action in Action}
    return [action for action, relations in said.items() if relations and relations <= known]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("model", READ, ids=lambda one: one.__name__)
def test_both_halves_of_every_relation_agree(bench: Bench, model: type[SQLModel]) -> None:
    t, rows = table_of(model), bench.crowd.rows
    assert len(rows.of[model]) > 1, "the crowd has such rows"
    relations = sorted(MEANINGS[t])
    cells, true, allowed = 0, set(), set()
    for actor in actors(bench.crowd):
        columns = {one.value: meaning(t, one).where(t, actor.tier) for one in relations}
        columns |= {action.value: scope(actor.shape, action, t) for action in may_be_asked(model)}
        said = asked(bench, model, actor, columns)
        for row in rows.of[model]:
            sql = said[str(row.id)]
            for relation in relations:
                python = meaning(t, relation).holds(actor, row, rows.facts)
                assert python is bool(sql[relation.value]), (model.__name__, relation, actor, row)
                cells += 1
                true |= {relation} if python else set()
        for row in rows.of[model][::7]:
            sql = said[str(row.id)]
            for action in may_be_asked(model):
                allowed |= {action} if sql[action.value] else set()
                assert bool(sql[action.value]) is holds(actor, action, row, world=rows.facts), (model.__name__, action, actor, row)
                cells += 1
    assert cells >= ACTORS
    assert READ[model] in allowed, "somebody sees such a row"
    assert true == set(relations), f"{set(relations) - true} never holds in the crowd: nothing was proven of it"


def roots(model: type[SQLModel]) -> tuple[str | None, str | None]:
    """The root list and the root row of a type, where the schema has both."""
    lists, rows = None, None
    for name, field in schema._schema.query_type.fields.items():
        what = stored(field)
        source = source_of(what.source) if isinstance(what, Page | Given) else None
        if source is not None and source.model is model and not source.only and source.rows is None:
            if isinstance(what, Page):
                lists = name
            elif what.name == "row":
                rows = name
    return lists, rows


@pytest.mark.timeout(600)
@pytest.mark.parametrize("model", [model for model in READ if all(roots(model))], ids=lambda one: one.__name__)
def test_a_list_and_a_single_row_show_the_same(bench: Bench, model: type[SQLModel]) -> None:
    lists, row = roots(model)
    prefix = next(source_of(stored(field).source).prefix for name, field in schema._schema.query_type.fields.items() if name == row)
    ids = [f"{prefix}_{one.id.hex}" for one in bench.crowd.rows.of[model]][:60]
    for name in (
        "center_admin",
        "center_clerk",
        "district_admin_0",
        "district_dispatcher_1",
        "agency_admin_0",
        "agency_clerk_1",
        "supervisor_0",
        "supervisor_2",
        "moonlighter",
        "integrator",
        "nobody",
        "strange_center_admin",
        "strange_agency_admin_0",
    ):
        listed, cursor = set(), None
        while True:
            page = bench.ask(
                name,
                f"query($c: String) {{ x: {lists}(first: 100, after: $c) {{ nodes {{ id }} pageInfo {{ endCursor hasNextPage }} }} }}",
                {"c": cursor},
            )
            listed |= {one["id"] for one in page["data"]["x"]["nodes"]}
            cursor = page["data"]["x"]["pageInfo"]["endCursor"]
            if not page["data"]["x"]["pageInfo"]["hasNextPage"]:
                break
        answer = bench.ask(name, "{" + " ".join(f'a{n}: {row}(id: "{id}") {{ id }}' for n, id in enumerate(ids)) + "}")
        single = {one["id"] for one in answer["data"].values() if one}
        assert single == listed & set(ids)
        assert all(one["extensions"]["code"] == "NOT_FOUND" for one in answer.get("errors", []))


def test_the_relations_that_only_deny_never_give() -> None:
    assert not [line for line in POLICY.lines if line.allows and line.relation in {Relation.EMPLOYER, Relation.ASSESSOR, Relation.BARRED}]
