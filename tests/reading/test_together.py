"""Root fields of one operation: one transaction and one round trip, and still each a field of its own."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from gql.reading import direct
from models.database import Apart, Question, RightsChanged
from tests.crowd_bench import Bench

FIELDS = {
    "a": "agencies(first: 2) { nodes { name } }",
    "b": "recognitionSessions(first: 2) { nodes { occupation } }",
    "c": "districts(first: 2) { totalCount }",
    "d": "inspections(first: 2) { totalCount }",
    "e": "viewer { id }",
}


def asking(*keys: str) -> str:
    return "{ " + " ".join(f"{key}: {FIELDS[key]}" for key in keys or FIELDS) + " }"


class Trips:
    """How many statements went together; where one of them speaks of a table of `broken`, PostgreSQL fails at it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken: list[int] = []
        self.broken: tuple[str, ...] = ()
        self.raised: Exception | None = None
        plain = Apart.documents

        async def noted(apart: Apart, asked: Sequence[Question]) -> Any:
            self.taken.append(len(asked))
            if self.raised is not None:
                raise self.raised
            return await plain(apart, [("SELECT (1 / 0)::text", []) if any(one in text for one in self.broken) else (text, v) for text, v in asked])

        monkeypatch.setattr(Apart, "documents", noted)


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> Trips:
    return Trips(monkeypatch)


def test_all_go_together_and_each_is_noted(bench: Bench, trips: Trips) -> None:
    answer = bench.answer("district_clerk_0", asking(), {})
    assert trips.taken == [len(FIELDS)] == [len(bench.database.statements)]
    assert [(one.key, one.same) for one in answer.reads] == [(key, True) for key in FIELDS]
    alone = {key: bench.ask("district_clerk_0", asking(key))["data"][key] for key in FIELDS}
    assert json.loads(answer.body)["data"] == alone


@pytest.mark.parametrize(
    ("broken", "failed", "taken"),
    [
        (("FROM agency",), [], [5]),
        (("recognition_session AS",), ["b"], [5, 3]),
        (("recognition_session AS", "inspection AS"), ["b", "d"], [5, 3, 1]),
        (("account AS",), ["e"], [5]),
        (("organization AS",), ["a", "c"], [5, 4, 2]),
        (("SELECT",), list(FIELDS), [5, 4, 3, 2, 1]),
    ],
)
def test_a_failure_is_its_own_fields_and_no_statement_runs_twice(
    bench: Bench, trips: Trips, broken: tuple[str, ...], failed: list[str], taken: list[int]
) -> None:
    whole = bench.ask("district_clerk_0", asking())["data"]
    trips.taken, trips.broken = [], broken
    answer = bench.answer("district_clerk_0", asking(), {})
    said = json.loads(answer.body)
    assert trips.taken == taken
    assert said["data"] == whole | dict.fromkeys(failed)
    assert [(one["path"], one["extensions"]["code"]) for one in said.get("errors", [])] == [([key], "INTERNAL") for key in failed]
    assert sorted(one.key for one in answer.reads) == sorted(FIELDS)


def test_what_is_refused_before_any_statement_leaves_the_others_together(bench: Bench, trips: Trips) -> None:
    hidden = "insp_" + "0" * 32
    body = f'{asking()[:-1]} f: agencies(first: 0) {{ totalCount }} g: inspection(id: "{hidden}") {{ id }} h: __typename }}'
    said = bench.ask("district_clerk_0", body)
    assert trips.taken == [len(FIELDS) + 1]
    assert [(one["path"], one["extensions"]["code"]) for one in said["errors"]] == [(["f"], "BAD_USER_INPUT"), (["g"], "NOT_FOUND")]
    assert list(said["data"]) == [*FIELDS, "f", "g", "h"]
    assert said["data"] | {"f": None, "g": None, "h": "Query"} == said["data"]


def test_where_the_rights_have_changed_nothing_is_answered(bench: Bench, trips: Trips) -> None:
    trips.raised = RightsChanged("ROLES")
    answer = bench.answer("district_clerk_0", asking(), {})
    said = json.loads(answer.body)
    assert said["data"] == dict.fromkeys(FIELDS)
    assert {one["extensions"]["code"] for one in said["errors"]} == {"CONFLICT"}
    assert [(one.key, one.same) for one in answer.reads] == [(key, False) for key in FIELDS]
    assert trips.taken == [len(FIELDS)]


def test_through_the_executor_the_answer_is_the_same(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bench.ask("district_clerk_0", asking())
    monkeypatch.setattr(direct, "reads", lambda *_: None)
    assert bench.ask("district_clerk_0", asking()) == whole
