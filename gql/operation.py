"""The one function that runs every operation, whatever brought it: document, variables, price, execution under a deadline, errors, bytes."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Literal

import orjson
from graphql import ExecutionResult, GraphQLError
from graphql.language import FieldNode, OperationDefinitionNode, OperationType

from authz.actions import Action
from authz.errors import Forbidden, Unauthenticated
from domain.disclosures import note
from domain.machine import Act
from gql.context import Context
from gql.documents import Document, Documents
from gql.errors import SUGGESTION, Json, Language, RequestError, TooComplex, describe, formatted, located
from gql.limits import SECONDS, Limits, Price, analyse, within
from gql.reading.execute import Execution
from gql.reading.plan import DEFINITION

NUMBER = re.compile(r"\d{4,}")
ERRORS = 20  # told to a client; the rest only repeats them


class MutationByGet(Exception):  # noqa: N818
    """A safe method asked for a change."""


@dataclass(frozen=True)
class OperationRequest:
    """What a client sent, already of the right types. `text` is None when it named a document instead of sending one."""

    text: str | None
    name: str | None = None
    variables: Mapping[str, object] = field(default_factory=dict)
    queries_only: bool = False


@dataclass(frozen=True)
class OperationAnswer:
    """The body to send. `ran` is False when execution never began: such a body has no `data`. The rest is for the log."""

    body: bytes
    ran: bool
    code: str | None = None
    retry_after: int | None = None
    kind: Literal["query", "mutation"] | None = None
    name: str | None = None
    digest: str | None = None


@dataclass(frozen=True)
class _Ready:
    document: Document
    operation: OperationDefinitionNode
    execution: Execution
    limits: Limits
    price: Price

    @property
    def name(self) -> str | None:
        return self.operation.name.value if self.operation.name else None

    @property
    def kind(self) -> Literal["query", "mutation"]:
        return "mutation" if self.operation.operation is OperationType.MUTATION else "query"


async def run(documents: Documents, request: OperationRequest, context: Context) -> OperationAnswer:
    """Never raises but MutationByGet and cancellation: what goes wrong is told in the answer."""
    try:
        ready = _prepare(documents, request, context)
    except MutationByGet:
        raise
    except Exception as error:  # noqa: BLE001 - the table of errors decides what it is
        return refused(error, context.language)
    try:
        result = await _execute(ready)
        await _note(ready, context)
        return _answered(ready, result, context.language)
    except Exception as error:  # noqa: BLE001
        return _broken_off(ready, error, context.language)


def refused(error: Exception, language: Language) -> OperationAnswer:
    """The answer when execution never began."""
    described = describe(error, language)
    body = orjson.dumps({"errors": [formatted(described)]})
    retry = described.extensions.get("retryAfter")
    return OperationAnswer(body=body, ran=False, code=described.code, retry_after=retry if isinstance(retry, int) else None)


def _prepare(documents: Documents, request: OperationRequest, context: Context) -> _Ready:
    if request.text is None:
        raise RequestError("DOCUMENT")
    anonymous = context.actor is None
    limits = documents.limits(anonymous=anonymous)
    document = documents.get(request.text, anonymous=anonymous)
    operation = document.operation(request.name)
    if request.queries_only and operation.operation is not OperationType.QUERY:
        raise MutationByGet
    name = operation.name.value if operation.name else None
    price = document.prices[name]
    if price.introspects and not context.may_introspect:
        raise Unauthenticated if anonymous else Forbidden(Action.SCHEMA_INTROSPECT)
    execution = _execution(documents, document, request=request, context=context)
    if not price.exact:
        variables = execution.variable_values.coerced
        price = analyse(document.node, limits, schema=documents.schema, operation=operation, variables=variables)
    within("nodes", limits.nodes, price.nodes)
    within("cost", limits.cost, price.cost)
    return _Ready(document=document, operation=operation, execution=execution, limits=limits, price=price)


def _execution(documents: Documents, document: Document, *, request: OperationRequest, context: Context) -> Execution:
    """graphql-core picks the operation and coerces the variables; nothing of ours reinterprets them."""
    built = Execution.build(
        documents.schema,
        document.node,
        context_value=context,
        raw_variable_values=dict(request.variables),
        operation_name=request.name,
        max_coercion_errors=1,
        hide_suggestions=True,
        digest=document.digest,
    )
    if isinstance(built, Execution):
        return built
    errors = built if isinstance(built, list) else []
    raise RequestError("VARIABLES", SUGGESTION.sub("", errors[0].message) if errors else None)


async def _execute(ready: _Ready) -> ExecutionResult:
    """Cancelled at the deadline, and with it the statement that is running. Mutations' root fields run one after the other."""
    seconds = _seconds(ready)
    deadline = asyncio.timeout(seconds)
    try:
        async with deadline:
            result = ready.execution.execute_operation()
            if isawaitable(result):
                result = await result
    except TimeoutError as error:
        if deadline.expired():
            raise TooComplex("time", round(seconds)) from error
        raise
    if not isinstance(result, ExecutionResult):
        raise TypeError("an operation gave more than one result")
    return result


def _seconds(ready: _Ready) -> float:
    """The time of its kind; of a mutation that is asked for alone its own, where that is longer."""
    if ready.kind == "query":
        return ready.limits.query_seconds
    root, fields = ready.execution.schema.mutation_type, ready.operation.selection_set.selections
    alone = root.fields.get(fields[0].name.value) if root and len(fields) == 1 and isinstance(fields[0], FieldNode) else None
    definition = alone.extensions.get(DEFINITION) if alone else None
    own = definition.metadata.get(SECONDS) if definition else None
    return max(ready.limits.mutation_seconds, own or 0)


async def _note(ready: _Ready, context: Context) -> None:
    """Personal columns of others leave the house only after it is written down who asked for them."""
    actor = context.actor
    if actor is None or actor.organization_id is None or not context.disclosed:
        return
    act = Act(actor.person_id, actor.organization_id, context.now)
    named = {"operation": plain_name(ready.name), "document": ready.document.digest}
    async with context.database.transaction(actor.tenant) as session:
        await note(session, context.disclosed, account_id=actor.account_id, within=actor.tenant, act=act, **named)


def plain_name(name: str | None) -> str:
    """An operation's name for the logs: short, and without a number hidden in it."""
    return NUMBER.sub("_", name or "")[:64]


def _answered(ready: _Ready, result: ExecutionResult, language: Language) -> OperationAnswer:
    errors = [located(error, language) for error in sorted(result.errors or [], key=_place)[:ERRORS]]
    return _spoken(ready, {"data": result.data} | ({"errors": errors} if errors else {}), code=_code(errors))


def _place(error: GraphQLError) -> tuple[list[tuple[int, int]], str]:
    """Errors stand in the order of the document: that of their happening would tell which field took longer."""
    return [(place.line, place.column) for place in error.locations or ()], repr(error.path)


def _broken_off(ready: _Ready, error: Exception, language: Language) -> OperationAnswer:
    """Execution began and could not end: there is a `data`, and it is null."""
    described = describe(error, language)
    return _spoken(ready, {"data": None, "errors": [formatted(described)]}, code=described.code)


def _spoken(ready: _Ready, answer: Json, *, code: str | None) -> OperationAnswer:
    cost = {"requested": ready.price.cost, "max": ready.limits.cost}
    body = orjson.dumps({**answer, "extensions": {"cost": cost}})
    return OperationAnswer(body=body, ran=True, code=code, kind=ready.kind, name=ready.name, digest=ready.document.digest)


def _code(errors: list[Json]) -> str | None:
    extensions = errors[0]["extensions"] if errors else None
    return str(extensions["code"]) if isinstance(extensions, Mapping) else None
