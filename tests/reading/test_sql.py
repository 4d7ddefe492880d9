"""What PostgreSQL builds: objects of any size in the order of their keys, names that cannot end the quotes, and a scope for every table."""

import json
import re
from typing import Any

import pytest
from graphql import parse
from sqlalchemy import Select, Text, cast, literal, select

from authz.access import READ
from authz.actions import Action
from authz.actor import Role, Shape
from gql.reading.declare import Source
from gql.reading.fragments import built, constant, gathered, word
from gql.reading.sql import DIALECT, Builder
from models.organizations import Organization, Tier
from tests.crowd_bench import Bench


def run(bench: Bench, query: Select[Any]) -> Any:
    compiled = query.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    values = [compiled.params[name] for name in compiled.positiontup or ()]

    async def asked() -> Any:
        reading = bench.database.read()
        return await reading.document(str(compiled), values)

    return bench.portal.call(asked)


@pytest.mark.parametrize("keys", [0, 1, 2, 50, 120, 400])
def test_an_object_may_have_any_number_of_keys_and_keeps_their_order(bench: Bench, keys: int) -> None:
    names = [f"k{(n * 37) % 1000}_{n}" for n in range(keys)]
    query = select(cast(built([(name, literal(f"'\"\\,{{}}{n}", Text)) for n, name in enumerate(names)]), Text))
    found = json.loads(run(bench, query), object_pairs_hook=list)
    assert [list(one) for one in found] == [[name, f"'\"\\,{{}}{n}"] for n, name in enumerate(names)]


def test_nothing_to_gather_is_an_empty_list(bench: Bench) -> None:
    t = select(literal(1).label("n")).where(literal(2) == 3).subquery()
    assert json.loads(run(bench, select(cast(gathered(t.c.n, t.c.n), Text)))) == []


@pytest.mark.parametrize("name", ["a'b", "a b", "", "1a", "a-b", "ä", 'a"', "a;"])
def test_no_name_can_end_the_quotes(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(name)}$"):
        word(name)


@pytest.mark.parametrize("text", ["'", "\\", "a'b"])
def test_no_constant_can_end_the_quotes(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        constant(text)


def test_names_of_any_length_come_back_whole(bench: Bench) -> None:
    name = "a" * 200
    answer = bench.ask("center_admin", f"{{ {name}: agencies(first: 1) {{ {name}: nodes {{ {name}: name }} }} }}")
    assert list(answer["data"][name][name][0]) == [name]


@pytest.mark.parametrize("fields", [50, 51, 130])
def test_many_keys_in_a_document(bench: Bench, fields: int) -> None:
    body = " ".join(f"k{n}: {'name' if n % 2 else 'tier'}" for n in range(fields))
    answer = bench.ask("center_admin", f"{{ agencies(first: 2) {{ nodes {{ {body} district {{ {body} }} }} }} }}")
    row = answer["data"]["agencies"]["nodes"][0]
    assert list(row) == [f"k{n}" for n in range(fields)] + ["district"]
    assert row["k0"] == "AGENCY"
    assert len(bench.database.statements) == 1


@pytest.mark.parametrize(
    "part", ["totalCount", "__typename", "pageInfo { __typename }", "nodes { __typename }", "edges { __typename }", "edges { cursor }"]
)
def test_any_part_of_a_page_may_be_asked_alone_of_a_full_and_of_an_empty_list(bench: Bench, part: str) -> None:
    for test in ("", 'filter: {name: {eq: "nobody"}}'):
        answer = bench.ask("center_admin", f"{{ agencies(first: 3, {test}) {{ {part} }} }}")
        assert "errors" not in answer
        assert list(answer["data"]["agencies"]) == [part.split(maxsplit=1)[0]]


@pytest.mark.parametrize("model", READ, ids=lambda one: one.__name__)
def test_a_table_is_opened_with_the_scope_of_its_read(model: Any) -> None:
    """Nobody without a role sees rows that are not shared, whatever the table: its condition stands beside it."""
    builder = Builder(Shape(Tier.AGENCY, frozenset({Role.AGENCY_CLERK})))
    frame, visible = builder.opened(Source(model, "X", "x"))
    wording = str(visible.compile(dialect=DIALECT))
    assert wording == "true" or "$" in wording or "false" in wording or frame.t.name in wording


def test_what_a_caller_may_do_is_yes_or_no_and_never_unknown() -> None:
    builder = Builder(Shape(Tier.DISTRICT, frozenset({Role.DISTRICT_ADMIN})))
    frame, _ = builder.opened(Source(Organization, "X", "x"))
    assert str(frame.may(Action.ORGANIZATION_READ).compile(dialect=DIALECT)).startswith("coalesce(")


def test_a_reader_statement_is_one_statement(bench: Bench) -> None:
    ask = "{ inspections(first: 50) { nodes { agency { name } team { person { name masked } } findings { remark } history(first: 5) { totalCount } availableSteps { mutation } } } }"
    assert parse(ask)
    bench.ask("center_admin", ask)
    assert len(bench.database.statements) == 1
