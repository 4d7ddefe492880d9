"""The compiled reader against graphql-core itself: generated documents, as each kind of caller, the same answer byte for byte, one statement a root field.

Half of them without an executor, as the service answers them, half through graphql-core's, as where a resolver of ours stands beside.
"""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLSchema, build_schema, parse
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from authz.errors import Forbidden, NotFound
from domain.errors import Unmet
from gql.errors import RequestError
from gql.reading import direct
from gql.schema import schema
from tests.crowd_bench import DOCUMENTS, Bench
from tests.reading.arguments import Written
from tests.reading.documents import Writer
from tests.reading.filters import plain, pool
from tests.reading.oracle import Oracle, decoded

CALLERS = (
    "center_admin",
    "center_clerk",
    "district_dispatcher_0",
    "agency_clerk_0",
    "supervisor_0",
    "supervisor_2",
    "moonlighter",
    "integrator",
    "nobody",
    "strange_center_admin",
)


CODES = {NotFound: "NOT_FOUND", Forbidden: "FORBIDDEN", Unmet: "RULE_NOT_MET"}


@dataclass(frozen=True)
class Judge:
    """The bench and the oracle of one caller."""

    bench: Bench
    oracle: Oracle
    caller: str
    pools: dict[tuple[Any, str], list[Any]]

    def values(self, model: Any, column: str, prefixes: tuple[str, ...], number: int) -> Any:
        """What stands in a column of the data, by number; an id with one of the prefixes."""
        if (model, column) not in self.pools:
            self.pools[model, column] = pool(self.oracle.rows.of[model], column)
        found = self.pools[model, column]
        assert found or prefixes, f"the crowd has nothing in {model.__name__}.{column}"
        value = found[number % len(found)] if found else UUID(int=0)
        return f"{prefixes[number % len(prefixes)]}_{value.hex}" if isinstance(value, UUID) else plain(value)


@pytest.fixture(scope="module")
def printed() -> GraphQLSchema:
    return build_schema(schema.as_str())


@st.composite
def documents(draw: Any, judge: Judge) -> Written:
    return Writer(DOCUMENTS.schema, lambda n: draw(st.integers(0, n - 1)), judge.values).document()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("caller", CALLERS)
def test_generated_documents_are_answered_as_the_specification_says(
    bench: Bench, printed: GraphQLSchema, caller: str, request: pytest.FixtureRequest
) -> None:
    judge = Judge(bench, Oracle(schema, printed, bench.crowd.rows, bench.crowd.actors[caller]), caller, {})
    count = max(1, request.config.getoption("documents") // len(CALLERS))

    @settings(max_examples=count, derandomize=True, database=None, deadline=None, report_multiple_bugs=False, suppress_health_check=list(HealthCheck))
    @given(document=documents(judge), executor=st.booleans())
    def agree(document: Written, *, executor: bool) -> None:
        assume(valid(document.text))
        note(document.text)
        with pytest.MonkeyPatch.context() as patch:
            if executor:
                patch.setattr(direct, "reads", lambda *_: None)
            compare(judge, document)

    agree()


def valid(text: str) -> bool:
    """The few that merge what cannot be merged, or leave a variable unused, are not asked."""
    try:
        DOCUMENTS.get(text, anonymous=False)
    except RequestError as error:
        if error.reason != "VALIDATION":
            raise
        return False
    return True


def compare(judge: Judge, document: Written) -> None:
    """The document; and where it asked for cursors, once more from one of them on."""
    answer = same(judge, document, document.variables)
    going_on = {name: found for name, key in document.cursors.items() if (found := cursor(answer, key)) is not None}
    if going_on:
        same(judge, document, document.variables | going_on)


def same(judge: Judge, document: Written, variables: dict[str, Any]) -> Any:
    told = (document.text, variables)
    found = judge.bench.ask(judge.caller, document.text, variables)
    statements = len(judge.bench.database.statements)
    assert "data" in found, (*told, found)
    truth = judge.oracle.answer(parse(document.text), decoded(variables))
    data, errors = truth.data or {}, {}
    for error in truth.errors or []:
        if error.path[0] not in document.refused:
            assert type(error.original_error) in CODES, (*told, error)
            errors[error.path[0]] = CODES[type(error.original_error)]
    for key in document.refused.keys() & data.keys():
        data[key], errors[key] = None, document.refused[key]
    assert text(decoded(found["data"])) == text(data), told
    assert {tuple(one["path"]): one["extensions"]["code"] for one in found.get("errors", [])} == {(key,): code for key, code in errors.items()}, told
    asked = [key for key, value in found["data"].items() if isinstance(value, dict | list | None) and key not in errors]
    assert len(asked) <= statements <= len(asked) + len(errors), told
    return found["data"]


def text(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def cursor(answer: Any, key: str) -> str | None:
    """The last but one of the cursors under a key, wherever it stands: there is something on both sides of it."""
    if isinstance(answer, dict):
        if answer.get(key):
            edges = answer[key]
            return str(edges[max(len(edges) - 2, 0)]["cursor"])
        answer = list(answer.values())
    if isinstance(answer, list):
        return next((found for one in answer if (found := cursor(one, key)) is not None), None)
    return None
