"""The schema is walked: every root field, row by id, nested list and count, and every mutation, asked by strangers over two full worlds.

Nothing of the other world's case rows may appear in any answer, and what is hidden must look like what never was. A new field is swept by itself;
one that cannot be swept fails here.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

from authz.access import POLICY, READ
from authz.actor import Role
from authz.relations import Relation
from gql.node import BY_PREFIX
from gql.reading.declare import Given, Page, source_of
from gql.schema import schema
from tests.crowd_bench import Bench
from tests.reading.arguments import stored

GRAPH = schema._schema
QUERIES = GRAPH.query_type.fields
MUTATIONS = GRAPH.mutation_type.fields if GRAPH.mutation_type else {}
SCALARS = {"String": "2026-08", "Int": 1, "Boolean": True, "Date": "2026-09-16", "DateTime": "2026-09-16T00:00:00Z", "Float": 1.0, "ID": "id"}

PUBLIC = {
    model for model, action in READ.items() if any(line.relation is Relation.SHARED and line.allows for line in POLICY.lines if line.action is action)
}
"""Registry rows, which every institution sees."""


class Sweep:
    """The world that is hidden, and the strangers who ask."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        here, there = bench.crowd.worlds
        self.center = here.center.id
        self.hidden = {
            model: [row for row in rows if self.theirs(row)] for model, rows in bench.crowd.rows.of.items() if model in READ and model not in PUBLIC
        }
        self.digits = {row.id.hex for rows in self.hidden.values() for row in rows}
        self.seen_by_all = {model: [row for row in rows if self.theirs(row)] for model, rows in bench.crowd.rows.of.items() if model in PUBLIC}
        center, agency, person = (there.actors[name] for name in ("center_admin", "agency_admin_0", "supervisor_0"))
        walking = {role for role in Role if role.value.startswith("supervisor_")} | {Role.INTEGRATOR}
        self.actors = {
            "center": replace(center, roles=frozenset({role for role in Role if role.value.startswith("center_")} | walking)),
            "agency": replace(agency, roles=frozenset({role for role in Role if role.value.startswith("agency_")} | walking)),
            "supervisor": person,
            "nobody": there.actors["nobody"],
        }
        """Each with all the roles there are for such a place, so that no right of a tier is left unasked."""

    def theirs(self, row: Any) -> bool:
        center = getattr(row, "center_id", None)
        if center is not None:
            return bool(center == self.center)
        people = {actor.person_id for actor in self.bench.crowd.worlds[0].actors.values()}
        return getattr(row, "person_id", None) in people or getattr(row, "organization_id", None) == self.center

    def leaks(self, text: str) -> set[str]:
        return {one for one in re.findall(r"[0-9a-f]{32}", text) if one in self.digits}

    def prefixed(self) -> Iterator[tuple[str, str, bool]]:
        """One id of the other world for each type there is, and whether such rows are public."""
        for prefix, given in BY_PREFIX.items():
            source = source_of(given.source)
            rows = [*self.hidden.get(source.model, []), *self.seen_by_all.get(source.model, [])]
            fitting = [row for row in rows if not source.only or str(getattr(row, source.only[0])) in source.only[1:]]
            if fitting:
                yield prefix, f"{prefix}_{fitting[len(fitting) // 2].id.hex}", source.model in PUBLIC


@pytest.fixture(scope="module")
def sweep(bench: Bench) -> Sweep:
    return Sweep(bench)


def selection(type: Any, depth: int) -> str:
    """All leaves of a type; and its objects and lists down to a depth, with their counts. A connection is no depth."""
    if not isinstance(type, GraphQLObjectType | GraphQLInterfaceType):
        return ""
    parts = ["__typename"]
    for name, field in type.fields.items():
        inner, what = get_named_type(field.type), stored(field)
        if not isinstance(inner, GraphQLObjectType | GraphQLInterfaceType):
            parts.append(name)
        elif isinstance(what, Page):
            if depth > 0:
                parts.append(f"{name}(first: 50) {{ totalCount nodes {selection(get_named_type(inner.fields['nodes'].type), depth - 1)} }}")
        elif name == "nodes" and type.name.endswith("Connection"):
            parts.append(f"{name} {selection(inner, depth)}")
        elif name not in {"edges", "pageInfo"} and depth > 0:
            parts.append(f"{name} {selection(inner, depth - 1)}")
    return "{ " + " ".join(parts) + " }"


def test_the_other_world_is_full(sweep: Sweep) -> None:
    assert all(sweep.hidden.values()), [model.__name__ for model, rows in sweep.hidden.items() if not rows]
    assert PUBLIC
    assert set(sweep.hidden) == set(READ) - PUBLIC


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", [name for name, field in QUERIES.items() if isinstance(stored(field), Page)])
def test_no_list_shows_or_counts_the_other_worlds_rows(sweep: Sweep, name: str) -> None:
    field = QUERIES[name]
    nodes = get_named_type(get_named_type(field.type).fields["nodes"].type)
    public = source_of(stored(field).source).model in PUBLIC
    for who, actor in sweep.actors.items():
        depth = 2 if (who == "center" or name in DEEP) and not public else 1  # two deep costs seconds
        text = sweep.bench.text(actor, f"{{ x: {name}(first: 100) {{ totalCount nodes {selection(nodes, depth)} }} }}", {})
        assert '"errors"' not in text, text[-600:]
        assert not sweep.leaks(text), (name, actor.roles)
        counted = sweep.bench.ask(actor, f"{{ x: {name}(first: 100) {{ totalCount nodes {{ __typename }} }} }}")["data"]["x"]
        assert counted["totalCount"] == len(counted["nodes"]) or counted["totalCount"] > 100


def objects(type: Any) -> set[str]:
    """The types of objects that one step from this one leads to."""
    found = {get_named_type(field.type) for field in type.fields.values()}
    found |= {get_named_type(one.fields["nodes"].type) for one in found if one.name.endswith("Connection")}
    return {one.name for one in found if isinstance(one, GraphQLObjectType | GraphQLInterfaceType) and not one.name.endswith(("Connection", "Edge"))}


DEEP = {"accounts", "inspections"}
"""Lists that lead in two steps to what is one step from none."""


def test_every_type_is_asked_for_by_everybody() -> None:
    """Who asks one step deep leaves nothing unasked: a scope hangs on the row and on who asks, not on the way there."""
    lists = {
        name: get_named_type(get_named_type(field.type).fields["nodes"].type) for name, field in QUERIES.items() if isinstance(stored(field), Page)
    }
    further = {name: {two for one in objects(type) for two in objects(GRAPH.type_map[one])} for name, type in lists.items()}
    asked_for = {one.name for one in lists.values()}.union(*map(objects, lists.values()), *(further[name] for name in DEEP))
    assert set().union(*further.values()) - asked_for - {"PageInfo"} == set()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("prefix", sorted(BY_PREFIX))
def test_a_hidden_row_looks_like_one_that_never_was(sweep: Sweep, prefix: str) -> None:
    source = source_of(BY_PREFIX[prefix].source)
    roots = [
        "node",
        *(
            name
            for name, field in QUERIES.items()
            if isinstance(stored(field), Given) and "id" in field.args and source_of(stored(field).source) is source
        ),
    ]
    for row in sweep.hidden.get(source.model, [])[:2]:
        for root in roots:
            ask = f"query($id: ID!) {{ x: {root}(id: $id) {{ __typename }} }}"
            for actor in sweep.actors.values():
                hidden = sweep.bench.text(actor, ask, {"id": f"{prefix}_{row.id.hex}"})
                absent = sweep.bench.text(actor, ask, {"id": f"{prefix}_{uuid.uuid4().hex}"})
                assert hidden == absent
                assert '"NOT_FOUND"' in hidden


@pytest.mark.timeout(600)
@pytest.mark.parametrize("prefix", sorted(BY_PREFIX))
def test_what_hangs_on_a_public_row_stays_hidden(sweep: Sweep, prefix: str) -> None:
    """Through the registry one reaches the other world's people and organizations, but nothing further."""
    source = source_of(BY_PREFIX[prefix].source)
    for row in sweep.seen_by_all.get(source.model, [])[:2]:
        ask = f"query($id: ID!) {{ x: node(id: $id) {{ ... on {source.type} {selection(GRAPH.type_map[source.type], 2)} }} }}"
        for name, actor in sweep.actors.items():
            text = sweep.bench.text(actor, ask, {"id": f"{prefix}_{row.id.hex}"})
            assert not sweep.leaks(text), (source.type, name)


def filled(type: Any, id: str, *, deep: int = 0) -> Any:
    """A value for an argument: the id wherever there is one. What it cannot fill, nobody has swept."""
    if is_non_null_type(type):
        return filled(type.of_type, id, deep=deep)
    if is_list_type(type):
        return [filled(type.of_type, id, deep=deep + 1)]
    if isinstance(type, GraphQLInputObjectType):
        wanted = [name for name, one in type.fields.items() if asks(name, one, deep)] or [next(iter(type.fields))]
        return {name: "k" * 20 if name == "idempotencyKey" else filled(type.fields[name].type, id, deep=deep + 1) for name in wanted}
    if isinstance(type, GraphQLEnumType):
        return next(iter(type.values))
    return id if type.name == "ID" else SCALARS[type.name]


def asks(name: str, one: Any, deep: int) -> bool:
    return deep < 4 and name != "expectedVersion" and (is_non_null_type(one.type) or get_named_type(one.type).name == "ID")


def custom() -> list[str]:
    return [name for name, field in QUERIES.items() if not isinstance(stored(field), Page | Given) and name != "node"]


def asked(name: str, field: GraphQLField, id: str, *, verb: str) -> tuple[str, dict[str, Any]]:
    given = {
        argument: filled(one.type, id) for argument, one in field.args.items() if is_non_null_type(one.type) or get_named_type(one.type).name == "ID"
    }
    head = ", ".join(f"${argument}: {field.args[argument].type}" for argument in given)
    passed = ", ".join(f"{argument}: ${argument}" for argument in given)
    body = selection(get_named_type(field.type), 1)
    return f"{verb}{f'({head})' if head else ''} {{ x: {name}{f'({passed})' if passed else ''} {body} }}", given


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", custom())
def test_no_other_question_tells_of_the_other_world(sweep: Sweep, name: str) -> None:
    for prefix, id, _ in sweep.prefixed():
        for stranger, actor in sweep.actors.items():
            document, given = asked(name, QUERIES[name], id, verb="query")
            text = sweep.bench.text(actor, document, given)
            assert '"VALIDATION"' not in text, text
            assert '"VARIABLES"' not in text, text
            assert '"code":"INTERNAL"' not in text, (name, prefix, stranger, text)
            assert not sweep.leaks(text.replace(id, "")), (name, prefix, stranger)


def reaching() -> list[str]:
    """Mutations that name a row. The others make their rows in the caller's own place, and are not asked here: nobody writes to the crowd."""
    inputs = {name: get_named_type(field.args["input"].type).fields.values() for name, field in MUTATIONS.items()}
    return [name for name, fields in inputs.items() if any(get_named_type(one.type).name == "ID" for one in fields)]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", reaching())
def test_no_mutation_reaches_into_the_other_world(sweep: Sweep, name: str) -> None:
    for prefix, id, public in sweep.prefixed():
        for stranger in ("center", "agency"):
            actor = sweep.actors[stranger]
            document, given = asked(name, MUTATIONS[name], id, verb="mutation")
            answer = sweep.bench.ask(actor, document, given)
            codes = {one["extensions"]["code"] for one in answer["errors"]}
            assert answer["data"] == {"x": None}, (name, prefix, stranger, answer)
            assert codes <= {"NOT_FOUND", "FORBIDDEN", "BAD_USER_INPUT"}, (name, prefix, stranger, answer)
            assert public or codes <= {"NOT_FOUND", "BAD_USER_INPUT"} or prefix not in id, (name, prefix, stranger, answer)
