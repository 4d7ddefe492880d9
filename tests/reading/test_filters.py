"""Every filter that speaks of more than a column, against the oracle, as each of several callers: values met and not met."""

from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLField, GraphQLInputObjectType, build_schema, get_named_type, parse

from gql.reading.declare import STORED, Page, source_of
from gql.reading.paging import Beside
from gql.reading.selection import DEFINITION
from gql.schema import schema
from tests.crowd_bench import Bench
from tests.reading.filters import VALUES, plain
from tests.reading.oracle import Oracle

QUERY = schema._schema.query_type
CALLERS = ("center_admin", "district_dispatcher_0", "agency_clerk_0", "supervisor_0", "strange_center_admin")


def said(field: GraphQLField) -> dict[str, Any]:
    found: dict[str, Any] = field.extensions[DEFINITION].metadata
    return found


FILTERS = [
    (name, key, one)
    for name, field in (QUERY.fields if QUERY else {}).items()
    if isinstance(said(field).get(STORED), Page) and "filter" in field.args
    for key, one in get_named_type(field.args["filter"].type).fields.items()
    if (where := said(one).get("where")) is not None and where.what is not None
]


def asked(bench: Bench, one: Any) -> list[Any]:
    """A few values: of the column beside, or of those said for a test that is worked out."""
    where = said(one)["where"]
    if not isinstance(where.what, Beside):
        return sorted(VALUES[where.column], key=str)[:3]
    rows = bench.crowd.rows.of[source_of(where.what.source).model]
    found = sorted({getattr(row, where.what.column) for row in rows} - {None}, key=str)[:3]
    return [f"{where.prefixes[0]}_{value.hex}" if isinstance(value, UUID) else plain(value) for value in found]


@pytest.fixture(scope="module")
def oracles(bench: Bench) -> dict[str, Oracle]:
    printed = build_schema(schema.as_str())
    return {caller: Oracle(schema, printed, bench.crowd.rows, bench.crowd.actors[caller]) for caller in CALLERS}


@pytest.mark.parametrize(("name", "key", "one"), FILTERS, ids=[f"{name}.{key}" for name, key, _ in FILTERS])
def test_a_filter_finds_what_the_oracle_finds(bench: Bench, oracles: dict[str, Oracle], name: str, key: str, one: Any) -> None:
    kind = get_named_type(one.type)
    operators = list(kind.fields) if isinstance(kind, GraphQLInputObjectType) else [None]
    filter = get_named_type(QUERY.fields[name].args["filter"].type).name if QUERY else ""
    document = f"query($f: {filter}) {{ {name}(first: 100, filter: $f) {{ totalCount nodes {{ id }} }} }}"
    for caller, oracle in oracles.items():
        # below a center the walls hide answers given elsewhere, which are not counted, here as in `Supervisor.refusalStreak`
        if key == "refusalStreak" and caller != "center_admin":
            continue
        for value in asked(bench, one):
            for operator in operators:
                test = value if operator is None else {operator: [value] if operator == "in" else value}
                found = bench.ask(caller, document, {"f": {key: test}})
                assert found["data"] == oracle.answer(parse(document), {"f": {key: test}}).data, (caller, test, found)
