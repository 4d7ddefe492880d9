"""Each limit refuses one more than it allows and lets pass what it allows; bombs cost nothing; prices are exact."""

import time
from contextlib import suppress
from dataclasses import replace

import httpx2
import pytest
from graphql import get_introspection_query, parse

from gql.documents import Documents, Shelf
from gql.errors import RequestError, TooComplex
from gql.limits import ANONYMOUS, PAGE, SIGNED_IN, Limits, Price, analyse
from tests.http.small import schema

pytestmark = pytest.mark.anyio

CORE = schema._schema


def price(text: str, limits: Limits = SIGNED_IN, variables: dict[str, object] | None = None) -> Price:
    return analyse(parse(text), limits, schema=CORE, variables=variables)


def refusal(text: str, limits: Limits) -> tuple[str, int]:
    with pytest.raises(TooComplex) as refused:
        analyse(parse(text), limits, schema=CORE)
    assert refused.value.found is not None
    assert refused.value.found > refused.value.max
    return refused.value.limit, refused.value.max


def nested(depth: int) -> str:
    return "{ item " + "{ items(first: 1) " * (depth - 2) + "{ name }" + " }" * (depth - 1)


def merged(count: int) -> str:
    return "{ item { " + "size " * count + "} }"


MAKERS = [
    ("depth", nested, lambda one: one.depth),
    ("aliases", lambda n: "{ item { " + " ".join(f"a{i}: name" for i in range(n)) + " } }", lambda one: one.aliases),
    ("directives", lambda n: "{ item { " + " ".join(f"name{i} @skip(if: false)" for i in range(n)) + " } }", lambda one: one.directives),
    ("directives", lambda n: "{ item { " + " ".join("... @skip(if: false) { name }" for _ in range(n)) + " } }", lambda one: one.directives),
    ("rootFields", lambda n: "{ " + " ".join(f"r{i}" for i in range(n)) + " }", lambda one: one.root_fields),
    ("mutations", lambda n: "mutation { " + " ".join(f"m{i}" for i in range(n)) + " }", lambda one: one.mutations),
    ("operations", lambda n: " ".join(f"query Q{i} {{ item {{ name }} }}" for i in range(n)), lambda one: one.operations),
    ("sameName", merged, lambda one: one.same_name),
    ("sensitiveFields", lambda n: "{ " + " ".join(f"b{i}: blacklistCheck" for i in range(n)) + " }", lambda one: one.sensitive),
]


@pytest.mark.parametrize("limits", [SIGNED_IN, ANONYMOUS], ids=["signed in", "anonymous"])
@pytest.mark.parametrize(("name", "make", "of"), MAKERS)
def test_one_more_than_the_limit(name: str, make, of, limits: Limits) -> None:
    most = of(limits)
    price(make(most), limits)
    assert refusal(make(most + 1), limits) == (name, most)


@pytest.mark.parametrize("limits", [SIGNED_IN, ANONYMOUS], ids=["signed in", "anonymous"])
def test_nodes_are_the_product_of_the_pages(limits: Limits) -> None:
    rows = limits.nodes // 100
    limits = replace(limits, cost=10**6)
    inside = "{ items(first: %d) { items(first: 99) { name } } }"
    found = price(inside % (rows), limits)
    assert found.nodes == rows + rows * 99
    assert not found.sizes
    assert refusal(inside % (rows + 1), limits)[0] == "nodes"


@pytest.mark.parametrize("limits", [SIGNED_IN, ANONYMOUS], ids=["signed in", "anonymous"])
def test_cost_grows_with_counted_totals(limits: Limits) -> None:
    """A count in each of n rows costs ten points a row."""
    rows = (limits.cost - 2) // 11
    found = price(f"{{ items(first: {rows}) {{ totalCount name }} }}", limits)
    assert found.cost == 1 + -(-rows // 10) + 10 * rows
    assert refusal(f"{{ items(first: {rows + rows // 9 + 2}) {{ totalCount name }} }}", limits)[0] == "cost"


def test_the_price_of_simple_things() -> None:
    assert price("{ item { name } }") == Price(cost=2, nodes=0, introspects=False)
    assert price("{ items(first: 50) { name } }").cost == 1 + 5
    assert price("{ item { items(last: 20) { name } } }").nodes == 20
    assert price("{ item { parts { name } } }").cost == 2
    assert price("{ a: item { name } a: item { size } }") == price("{ a: item { name size } }")


def test_a_page_size_in_a_variable_counts_100_until_it_is_known() -> None:
    text = "query ($n: Int) { items(first: $n) { items(first: $n) { items(first: $n) { name } } } }"
    unknown = price(text)
    assert (bool(unknown.sizes), unknown.nodes) == (True, PAGE + PAGE**2 + PAGE**3)
    assert price(text, variables={"n": 3}) == Price(cost=1 + 4, nodes=3 + 9 + 27, introspects=False)
    with pytest.raises(TooComplex):
        price(text, variables={"n": 100})


async def test_the_exact_price_decides_and_is_told(client: httpx2.AsyncClient) -> None:
    text = "query ($n: Int) { items(first: $n) { items(first: $n) { items(first: $n) { name } } } }"
    response = await client.post("/graphql", json={"query": text, "variables": {"n": 3}})
    assert response.json()["extensions"] == {"cost": {"requested": 5, "max": 1000}}
    response = await client.post("/graphql", json={"query": text, "variables": {"n": 100}})
    assert response.json()["errors"][0]["extensions"] == {"code": "TOO_COMPLEX", "limit": "nodes", "max": 10_000, "found": 1_010_100}
    assert "data" not in response.json()


def bomb(levels: int, body: str) -> str:
    spreads = " ".join(f"fragment F{i} on Item {{ {body.replace('NEXT', f'...F{i + 1}')} }}" for i in range(levels))
    return f"{{ item {{ ...F0 }} }} {spreads} fragment F{levels} on Item {{ name }}"


@pytest.mark.parametrize("body", ["NEXT NEXT", "... on Item { NEXT } ... on Item { NEXT }", "name NEXT NEXT size NEXT"])
def test_a_bomb_of_fragments_takes_less_than_a_millisecond(body: str) -> None:
    document = parse(bomb(60, body))
    started = time.perf_counter()
    with suppress(TooComplex):
        analyse(document, SIGNED_IN, schema=CORE)
    assert time.perf_counter() - started < 0.01  # a tenth of it on a free machine; several tests share this one


def test_a_bomb_of_paths_is_refused_at_once() -> None:
    document = parse(bomb(60, "a: parts { NEXT } b: parts { NEXT }"))
    started = time.perf_counter()
    with pytest.raises(TooComplex):
        analyse(document, SIGNED_IN, schema=CORE)
    assert time.perf_counter() - started < 0.01


def test_a_bomb_within_the_depth_is_counted_without_being_walked() -> None:
    text = bomb(8, "items(first: 100) { NEXT } parts { NEXT }")
    assert refusal(text, SIGNED_IN)[0] in {"nodes", "cost", "depth"}


@pytest.mark.parametrize(
    "text",
    [
        "{ item { ...F } } fragment F on Item { parts { ...F } }",
        "{ item { ...A } } fragment A on Item { parts { ...B } } fragment B on Item { parts { ...A } }",
    ],
)
def test_a_circle_of_fragments(text: str) -> None:
    with pytest.raises(RequestError):
        price(text)


def test_the_work_itself_is_bounded() -> None:
    """Many fragments, each spread from many places: quadratic to look at, so it is given up."""
    count = 250
    chain = " ".join(f"fragment F{i} on Item {{ x{i}: parts {{ ...F{i + 1} }} ...F{i + 1} }}" for i in range(count))
    document = parse(f"{{ item {{ ...F0 }} }} {chain} fragment F{count} on Item {{ name }}")
    started = time.perf_counter()
    with pytest.raises(TooComplex):
        analyse(document, SIGNED_IN, schema=CORE)
    assert time.perf_counter() - started < 0.2


@pytest.mark.parametrize(("anonymous", "limits"), [(False, SIGNED_IN), (True, ANONYMOUS)])
def test_characters_tokens_and_comments(anonymous: bool, limits: Limits) -> None:  # noqa: FBT001
    documents = Documents(schema)
    text = "{ item { name } }"
    documents.get(text + " " * (limits.characters - len(text)), anonymous=anonymous)
    for made, limit in (
        (text + " " * (limits.characters - len(text) + 1), "characters"),
        ("{ item { " + "name " * (limits.tokens - 3) + "} }", "tokens"),
        (text + "\n#" * 300, "comments"),
    ):
        with pytest.raises(TooComplex) as refused:
            documents.get(made, anonymous=anonymous)
        assert refused.value.limit == limit


def test_documents_are_kept_apart_and_failures_never() -> None:
    documents = Documents(schema)
    text = "{ item { name } }"
    assert documents.get(text, anonymous=False) is documents.get(text, anonymous=False)
    assert documents.get(text, anonymous=True) is not documents.get(text, anonymous=False)
    for _ in range(3):
        with pytest.raises(RequestError):
            documents.get("{ unknown }", anonymous=False)
    assert len(documents._shelves[False]) == 1


def test_a_shelf_is_bounded_by_count_and_by_characters() -> None:
    document = Documents(schema).get("{ item { name } }", anonymous=False)
    shelf = Shelf(count=3, characters=100)
    for name in "abcd":
        shelf.put(replace(document, digest=name), 10)
    assert shelf.get("a") is None
    assert shelf.get("b") is not None
    shelf.put(replace(document, digest="e"), 85)
    assert [name for name in "bcde" if shelf.get(name)] == ["b", "e"]


async def test_a_thousand_aliases(client: httpx2.AsyncClient) -> None:
    query = "{ item { " + " ".join(f"a{i}: name" for i in range(600)) + " } }"
    response = await client.post("/graphql", json={"query": query})
    assert response.json()["errors"][0]["extensions"]["code"] == "TOO_COMPLEX"


async def test_introspection_is_for_integrators(client: httpx2.AsyncClient) -> None:
    ask = {"query": '{ ...F } fragment F on Query { a: __type(name: "Item") { name } }'}
    for token, code in (("clerk", "FORBIDDEN"), ("integrator", None), (None, "UNAUTHENTICATED")):
        if token is None:
            del client.headers["Authorization"]
        response = await client.post("/graphql", json=ask, headers={"Authorization": f"Bearer {token}"} if token else {})
        errors = response.json().get("errors")
        assert (errors[0]["extensions"]["code"] if errors else None) == code
    assert (await client.post("/graphql", json={"query": "{ __typename item { __typename } }"})).json()["data"]["__typename"] == "Query"


async def test_the_whole_introspection_query_is_no_deeper_than_allowed(client: httpx2.AsyncClient) -> None:
    response = await client.post("/graphql", json={"query": get_introspection_query()}, headers={"Authorization": "Bearer integrator"})
    assert response.json()["data"]["__schema"]["types"]
