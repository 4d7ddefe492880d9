"""What a client may send as arguments, and what is refused before any SQL, at the root field that asked."""

from typing import Any

import pytest

from tests.crowd_bench import Bench

NUL = "a\0b"


def asked(bench: Bench, document: str, variables: dict[str, Any] | None = None) -> tuple[Any, list[tuple[str, str | None]]]:
    answer = bench.ask("center_admin", document, variables)
    return answer["data"], [(one["extensions"]["code"], one["extensions"].get("reason")) for one in answer.get("errors", [])]


@pytest.mark.parametrize(
    ("arguments", "variables", "reason"),
    [
        ("filter: {name: {eq: $v}}", {"v": NUL}, "VALUE"),
        ("filter: {anyOf: []}", {}, "VALUE"),
        ("filter: {anyOf: [{}, {}, {}, {}, {}, {}]}", {}, "VALUE"),
    ],
)
def test_a_value_no_column_can_hold_is_refused_before_sql(bench: Bench, arguments: str, variables: dict[str, Any], reason: str) -> None:
    head = "query($v: String) " if variables else ""
    data, errors = asked(bench, f"{head}{{ agencies(first: 1, {arguments}) {{ totalCount }} centers(first: 1) {{ totalCount }} }}", variables)
    assert errors == [("BAD_USER_INPUT", reason)]
    assert data == {"agencies": None, "centers": {"totalCount": 2}}, "its neighbour is untouched"
    assert len(bench.database.statements) == 1


@pytest.mark.parametrize("instant", ["2026-09-16T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_without_offset_or_out_of_range_is_refused(bench: Bench, instant: str) -> None:
    ask = "query($v: DateTime) { recognitionSessions(first: 1, filter: {startsAt: {from: $v}}) { totalCount } }"
    _, errors = asked(bench, ask, {"v": instant})
    assert errors == [("BAD_USER_INPUT", "VALUE")]


def test_more_than_a_hundred_ids_are_refused_and_a_hundred_are_not(bench: Bench) -> None:
    ask = "query($v: [ID!]) { agencies(first: 1, filter: {district: {in: $v}}) { totalCount } }"
    ids = ["dst_" + "0" * 32] * 100
    assert asked(bench, ask, {"v": ids}) == ({"agencies": {"totalCount": 0}}, [])
    assert asked(bench, ask, {"v": [*ids, ids[0]]})[1] == [("BAD_USER_INPUT", "VALUE")]


def test_an_id_of_another_type_in_a_filter_is_not_found(bench: Bench) -> None:
    data, errors = asked(bench, '{ agencies(first: 1, filter: {district: {eq: "ctr_00000000000000000000000000000000"}}) { totalCount } }')
    assert (data, errors) == ({"agencies": None}, [("NOT_FOUND", None)])


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", "';--", "$1", ":name", "{}", "\n", "𠮷"])
def test_text_is_compared_and_never_read_as_a_pattern(bench: Bench, text: str) -> None:
    """No card number here holds these but the quote; a pattern or a broken quote would find all or fail."""
    ask = "query($v: String) { cards(first: 1, filter: {number: {contains: $v}}) { totalCount } }"
    data, errors = asked(bench, ask, {"v": text})
    everything = asked(bench, "{ cards(first: 1) { totalCount } }")[0]["cards"]["totalCount"]
    assert errors == []
    assert data["cards"]["totalCount"] == (everything if text == "'" else 0)


def test_absent_null_and_given_differ(bench: Bench) -> None:
    ask = "query($v: String, $f: AgencyFilter) { a: agencies(first: 1, filter: {name: {eq: $v}}) { totalCount } b: agencies(first: 1, filter: $f) { totalCount } }"
    everything = asked(bench, "{ agencies(first: 1) { totalCount } }")[0]["agencies"]["totalCount"]
    for nothing in (
        {},
        {"v": None, "f": None},
        {"f": {}},
        {"f": {"name": None}},
        {"f": {"name": {}}},
        {"f": {"name": {"eq": None}}},
        {"f": {"anyOf": None}},
    ):
        data, errors = asked(bench, ask, nothing)
        assert errors == [], nothing
        assert data["a"]["totalCount"] == data["b"]["totalCount"] == everything, nothing
    assert asked(bench, ask, {"v": "nobody", "f": {"kind": {"in": []}}})[0] == {"a": {"totalCount": 0}, "b": {"totalCount": 0}}


def test_an_empty_branch_is_met_by_every_row(bench: Bench) -> None:
    everything = asked(bench, "{ agencies(first: 1) { totalCount } }")[0]["agencies"]["totalCount"]
    ask = '{ agencies(first: 1, filter: {anyOf: [{}, {name: {eq: "nobody"}}]}) { totalCount } }'
    assert asked(bench, ask)[0]["agencies"]["totalCount"] == everything


def test_refusals_of_nested_lists_stand_at_the_root_field(bench: Bench) -> None:
    answer = bench.ask("center_admin", "{ centers(first: 1) { nodes { agencies(first: 0) { totalCount } } } }")
    assert answer["data"] == {"centers": None}
    assert [(one["path"], one["extensions"]["reason"]) for one in answer["errors"]] == [(["centers"], "PAGE")]
    assert bench.database.statements == []


def test_the_same_document_with_other_values_is_the_same_statement(bench: Bench) -> None:
    """Only the length of the page is a part of it, a number from 1 to 100."""
    ask = "query($v: String, $n: Int) { agencies(first: $n, filter: {name: {contains: $v}}) { nodes { id } } }"
    texts: dict[int, set[str]] = {1: set(), 100: set()}
    for n, found in texts.items():
        for v in ("第", "机", "'"):
            bench.ask("center_admin", ask, {"v": v, "n": n})
            found |= set(bench.database.statements)
    assert [len(found) for found in texts.values()] == [1, 1]
    assert not any("第" in one for found in texts.values() for one in found)
