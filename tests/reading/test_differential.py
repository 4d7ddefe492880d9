"""The compiled reader against graphql-core itself: generated documents, as each kind of caller, the same answer byte for byte, one statement a root field."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from graphql import build_schema
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from authz.actor import Actor
from gql.context import Context
from gql.documents import Documents
from gql.errors import RequestError
from gql.limits import SIGNED_IN
from gql.operation import OperationRequest, run
from gql.schema import schema
from models.database import NOBODY, Database, Reading, Tenant
from tests.crowd_rows import Crowded, Rows
from tests.reading.documents import Writer, Written
from tests.reading.oracle import Oracle, decoded, plain
from tests.world import NOW

WIDE = replace(
    SIGNED_IN, characters=10**6, tokens=10**5, depth=40, aliases=10**4, directives=10**4, same_name=10**4, nodes=10**9, cost=10**9, query_seconds=60
)
DOCUMENTS = Documents(schema, signed_in=WIDE)
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


@dataclass(frozen=True)
class CountedReading(Reading):
    statements: list[str]

    async def document(self, statement: str, values: Any) -> str | None:
        self.statements.append(statement)
        return await super().document(statement, values)


class CountedDatabase(Database):
    """The real one, which remembers the statements that build answers."""

    statements: list[str]

    @asynccontextmanager
    async def read(self, tenant: Tenant = NOBODY) -> AsyncIterator[Reading]:
        async with super().read(tenant) as reading:
            yield CountedReading(reading.driver, self.statements)


@dataclass
class Bench:
    portal: BlockingPortal
    database: CountedDatabase
    rows: Rows
    actors: Mapping[str, Actor]
    oracles: dict[str, Oracle]
    pools: dict[tuple[Any, str], list[Any]]

    def values(self, model: Any, column: str, prefixes: tuple[str, ...], number: int) -> Any:
        """What stands in a column, the same at every run as far as the data are."""
        if (model, column) not in self.pools:
            found = {getattr(row, column) for row in self.rows.of[model]} - {None}
            self.pools[model, column] = sorted(found, key=plain)
        pool = self.pools[model, column]
        value = pool[number % len(pool)] if pool else UUID(int=0)
        return f"{prefixes[number % len(prefixes)]}_{value.hex}" if isinstance(value, UUID) else plain(value)

    def ask(self, caller: str, text: str, variables: dict[str, Any]) -> dict[str, Any]:
        context = Context(
            actor=self.actors[caller],
            database=self.database,
            now=NOW,
            language="en",
            request_id="test",
            cursor_key=b"cursor" * 6,
            id_key=b"id" * 16,
            may_introspect=False,
        )
        answer = self.portal.call(run, DOCUMENTS, OperationRequest(text, None, variables), context)
        found: dict[str, Any] = json.loads(answer.body)
        return found


@pytest.fixture(scope="module")
def bench(crowded: Crowded) -> Iterator[Bench]:
    database = CountedDatabase(crowded.url)
    database.statements = []
    printed = build_schema(schema.as_str())
    oracles = {name: Oracle(schema, printed, crowded.rows, crowded.actors[name]) for name in CALLERS}
    with start_blocking_portal() as portal:
        yield Bench(portal, database, crowded.rows, crowded.actors, oracles, {})
        portal.call(database.close)


@st.composite
def documents(draw: Any, bench: Bench) -> Written:
    return Writer(DOCUMENTS.schema, lambda n: draw(st.integers(0, n - 1)), bench.values).document()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("caller", CALLERS)
def test_generated_documents_are_answered_as_the_specification_says(bench: Bench, caller: str, request: pytest.FixtureRequest) -> None:
    count = request.config.getoption("documents") // len(CALLERS)

    @settings(max_examples=count, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(documents(bench))
    def agree(document: Written) -> None:
        try:
            DOCUMENTS.get(document.text, anonymous=False)
        except RequestError as error:
            assert error.reason == "VALIDATION", (document.text, error.detail)
            assume(False)  # noqa: FBT003
        note(document.text)
        compare(bench, caller, document)

    agree()


def compare(bench: Bench, caller: str, document: Written) -> None:
    answer = same(bench, caller, document, document.variables)
    going_on = {name: found for name, key in document.cursors.items() if (found := cursor(answer, key)) is not None}
    if going_on:
        same(bench, caller, document, document.variables | going_on)


def same(bench: Bench, caller: str, document: Written, variables: dict[str, Any]) -> Any:
    bench.database.statements.clear()
    found = bench.ask(caller, document.text, variables)
    assert "data" in found, (document.text, variables, found)
    truth = bench.oracles[caller].answer(DOCUMENTS.get(document.text, anonymous=False).node, decoded(variables))
    data, errors = truth.data or {}, {}
    for error in truth.errors or []:
        assert error.original_error is not None, (document.text, variables, error)
        errors[error.path[0]] = "NOT_FOUND" if type(error.original_error).__name__ == "NotFound" else repr(error.original_error)
    for key, code in document.refused.items():
        if key in data:
            data[key], errors[key] = None, code
    assert text(decoded(found["data"])) == text(data), (document.text, variables)
    assert {tuple(one["path"]): one["extensions"]["code"] for one in found.get("errors", [])} == {(key,): code for key, code in errors.items()}, (
        document.text,
        variables,
    )
    asked = [key for key, value in found["data"].items() if isinstance(value, dict | None) and key not in errors]
    assert len(asked) <= len(bench.database.statements) <= len(asked) + len(errors)
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
