"""Pages: sizes, both directions, and cursors that are good for one list of one caller only."""

import base64
from typing import Any

import pytest

from gql.errors import RequestError
from gql.reading.paging import LARGEST, position, size, tag
from tests.crowd_bench import Bench

PAGE = """
query($n: Int, $after: String, $name: String, $by: AgencyOrderBy) {
  x: agencies(first: $n, after: $after, filter: {name: {contains: $name}}, orderBy: $by) { edges { cursor node { id name } } pageInfo { endCursor hasNextPage } }
}
"""


def refusals(answer: dict[str, Any]) -> list[str | None]:
    return [one["extensions"].get("reason") for one in answer.get("errors", [])]


@pytest.mark.parametrize(
    ("first", "last", "found"), [(1, None, (1, False)), (None, 1, (1, True)), (LARGEST, None, (100, False)), (None, LARGEST, (100, True))]
)
def test_one_to_a_hundred_from_one_end(first: int | None, last: int | None, found: tuple[int, bool]) -> None:
    assert size(first, last) == found


@pytest.mark.parametrize(
    ("first", "last"), [(None, None), (0, None), (None, 0), (-1, None), (LARGEST + 1, None), (None, LARGEST + 1), (1, 1), (0, 1)]
)
def test_anything_else_is_refused(first: int | None, last: int | None) -> None:
    with pytest.raises(RequestError) as refused:
        size(first, last)
    assert refused.value.reason == "PAGE"


@pytest.mark.parametrize("cursor", ["", "x", "=", "ä", "a b", "Zm9v", "||", base64.b64encode(b"a|b|c").decode(), "%00", "A" * 10_000])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(RequestError) as refused:
        position(cursor, "tag")
    assert refused.value.reason == "CURSOR"


def test_a_tag_tells_lists_apart_and_needs_the_key() -> None:
    assert tag(b"key", "a", "b") == tag(b"key", "a", "b")
    assert len({tag(b"key", "a", "b"), tag(b"key", "ab"), tag(b"key", "a", None), tag(b"other", "a", "b")}) == 4


def walked(bench: Bench, document: str, caller: str, **variables: Any) -> list[str]:
    found: list[str] = []
    after = None
    while True:
        page = bench.ask(caller, document, {"after": after, **variables})["data"]["x"]
        found += [one["node"]["id"] for one in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


@pytest.mark.parametrize(
    "by", [None, {"field": "NAME", "direction": "DESC"}, {"field": "CREATED_AT", "direction": "ASC"}, {"field": "CODE", "direction": "DESC"}]
)
def test_pages_put_together_are_the_list_without_gap_or_double(bench: Bench, by: Any) -> None:
    whole = walked(bench, PAGE, "center_admin", n=100, by=by)
    for n in (1, 2, 5):
        assert walked(bench, PAGE, "center_admin", n=n, by=by) == whole
    assert len(set(whole)) == len(whole) > 5


def test_a_cursor_is_good_for_its_own_list_only(bench: Bench) -> None:
    def end(document: str, caller: str = "center_admin", **variables: Any) -> str:
        found: str = bench.ask(caller, document, variables)["data"]["x"]["pageInfo"]["endCursor"]
        return found

    mine = end(PAGE, n=1, name="机构")
    assert refusals(bench.ask("center_admin", PAGE, {"n": 1, "name": "机构", "after": mine})) == []
    for other in ({"name": "评价"}, {}, {"name": "机构", "by": {"field": "NAME", "direction": "ASC"}}):
        assert refusals(bench.ask("center_admin", PAGE, {"n": 1, "after": mine, **other})) == ["CURSOR"]
    assert refusals(bench.ask("center_clerk", PAGE, {"n": 1, "name": "机构", "after": mine})) == ["CURSOR"]
    cards = "query($n: Int, $after: String) { x: cards(first: $n, after: $after) { edges { node { id } } pageInfo { endCursor } } }"
    assert refusals(bench.ask("center_admin", cards, {"n": 1, "after": mine})) == ["CURSOR"]


def test_a_nested_cursor_holds_wherever_in_the_document_the_list_stands(bench: Bench) -> None:
    """A page before it, with a filter or a cursor of its own, changes nothing about which list it is."""
    inner = 'agencies(first: 1, after: $after, filter: {name: {contains: "机构"}}) { edges { node { id } } pageInfo { endCursor } }'
    first = bench.ask("center_admin", f"query($after: String) {{ centers(first: 1) {{ nodes {{ x: {inner} }} }} }}")
    cursor = first["data"]["centers"]["nodes"][0]["x"]["pageInfo"]["endCursor"]
    later = f"""query($after: String) {{
      centers(first: 1) {{ edges {{ cursor node {{ districts(first: 2) {{ totalCount }} agencies(first: 2, filter: {{name: {{startsWith: "第"}}}}) {{ totalCount }} y: {inner} }} }} }}
    }}"""
    answer = bench.ask("center_admin", later, {"after": cursor})
    assert "errors" not in answer
    seen = first["data"]["centers"]["nodes"][0]["x"]["edges"][0]["node"]["id"]
    assert [one["node"]["id"] for one in answer["data"]["centers"]["edges"][0]["node"]["y"]["edges"]] != [seen]


def test_a_page_looks_no_further_than_it_must(bench: Bench) -> None:
    """No window over the whole list: rows are numbered and counted outside of the limit."""
    bench.ask("center_admin", "{ agencies(first: 2) { nodes { id } pageInfo { hasNextPage endCursor } } }")
    (statement,) = bench.database.statements
    before, rows = statement.split("FROM organization AS t0", 1)
    assert "OVER" not in before.rsplit("SELECT", 1)[1]
    assert "OVER" not in rows.split("LIMIT", 1)[0]


@pytest.mark.parametrize(("field", "sort"), [("CREATED_AT", "yesterday"), ("CREATED_AT", "0001-01-01T00:00:00+14:00"), ("NAME", "a\0b"), (None, "x")])
def test_a_forged_place_is_refused_and_not_an_error_of_ours(bench: Bench, field: str | None, sort: str) -> None:
    """Only the list is signed: whoever changes the place in a cursor of theirs gets another page or a refusal."""
    by = {"field": field, "direction": "ASC"} if field else None
    mine = bench.ask("center_admin", PAGE, {"n": 1, "by": by})["data"]["x"]["pageInfo"]["endCursor"]
    tagged, id, _ = base64.urlsafe_b64decode(mine + "=" * (-len(mine) % 4)).decode().split("|", 2)
    forged = base64.urlsafe_b64encode(f"{tagged}|{id}|{sort}".encode()).decode().rstrip("=")
    assert refusals(bench.ask("center_admin", PAGE, {"n": 1, "by": by, "after": forged})) == ["CURSOR"]
