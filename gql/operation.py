"""The one function that runs every operation, whatever brought it: document, variables, price, execution under a deadline, errors, bytes."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Literal

import orjson
from graphql import ExecutionResult, GraphQLError
from graphql.execution.values import VariableValues
from graphql.language import FieldNode, OperationType
from strawberry.types.field import StrawberryField

from authz.actions import Action
from authz.errors import Forbidden, Unauthenticated
from domain.disclosures import note
from domain.machine import Act
from gql.context import Context, Ran
from gql.documents import Documents, Operation
from gql.errors import Json, Language, RequestError, TooComplex, describe, formatted, located
from gql.limits import SECONDS, Price
from gql.reading import direct
from gql.reading.execute import Execution
from gql.reading.selection import DEFINITION, RootField

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
    reads: Sequence[Ran] = ()


@dataclass(frozen=True)
class _Ready:
    operation: Operation
    variables: VariableValues
    price: Price
    reads: Sequence[RootField] | None
    """The root fields, where no executor is needed."""

    @property
    def kind(self) -> Literal["query", "mutation"]:
        return "mutation" if self.operation.node.operation is OperationType.MUTATION else "query"


async def run(documents: Documents, request: OperationRequest, context: Context) -> OperationAnswer:
    """Never raises but MutationByGet and cancellation: what goes wrong is told in the answer."""
    try:
        ready = _prepare(documents, request, context)
    except MutationByGet:
        raise
    except Exception as error:  # noqa: BLE001 - the table of errors decides what it is
        return refused(error, context.language)
    return await _run(ready, context)


async def run_recalled(documents: Documents, request: OperationRequest, context: Context) -> OperationAnswer | None:
    """The answer to somebody who is only remembered; None where that does not suffice, and nothing was done.

    It suffices where there is nothing but compiled reads, and PostgreSQL said with each that the caller is still the same; and for one mutation, where
    it said so when it was asked for the key, before all else, and is going to say it again with the transaction that writes.
    """
    try:
        ready = _prepare(documents, request, context)
    except Exception:  # noqa: BLE001 - it will be said again to whoever proves to be there
        return None
    if ready.reads is None and _mutation(ready) is None:
        return None
    answer = await _run(ready, context)
    looked = context.ran if ready.reads else context.ran[:1]
    return answer if looked and all(one.same for one in looked) else None


async def _run(ready: _Ready, context: Context) -> OperationAnswer:
    try:
        return await _finished(ready, context, await _execute(ready, context))
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
    operation = documents.get(request.text, anonymous=anonymous).operation(request.name)
    if request.queries_only and operation.node.operation is not OperationType.QUERY:
        raise MutationByGet
    if operation.price.introspects and not context.may_introspect:
        raise Unauthenticated if anonymous else Forbidden(Action.SCHEMA_INTROSPECT)
    variables = operation.variables(request.variables)
    return _Ready(operation, variables, operation.priced(variables), direct.reads(operation, variables))


async def _execute(ready: _Ready, context: Context) -> ExecutionResult:
    """Cancelled at the deadline, and with it the statement that is running. Mutations' root fields run one after the other."""
    seconds = _seconds(ready)
    deadline = asyncio.timeout(seconds)
    try:
        async with deadline:
            return await _result(ready, context)
    except TimeoutError as error:
        if deadline.expired():
            raise TooComplex("time", round(seconds)) from error
        raise


async def _result(ready: _Ready, context: Context) -> ExecutionResult:
    if ready.reads is not None:
        return await direct.answered(ready.reads, ready.variables, context)
    result = Execution(ready.operation, ready.variables, context).execute_operation()
    if isawaitable(result):
        result = await result
    if not isinstance(result, ExecutionResult):
        raise TypeError("an operation gave more than one result")
    return result


def _seconds(ready: _Ready) -> float:
    """The time of its kind; of a mutation that is asked for alone its own, where that is longer."""
    limits = ready.operation.limits
    if ready.kind == "query":
        return limits.query_seconds
    alone = _mutation(ready)
    own = alone.metadata.get(SECONDS) if alone else None
    return max(limits.mutation_seconds, own or 0)


def _mutation(ready: _Ready) -> StrawberryField | None:
    """The one mutation that is asked for; None where there are several, and for a query."""
    root, fields = ready.operation.schema.mutation_type, ready.operation.node.selection_set.selections
    if ready.kind == "query" or root is None or len(fields) != 1 or not isinstance(fields[0], FieldNode):
        return None
    found = root.fields.get(fields[0].name.value)
    definition: StrawberryField | None = found.extensions.get(DEFINITION) if found else None
    return definition


async def _finished(ready: _Ready, context: Context, result: ExecutionResult) -> OperationAnswer:
    await _note(ready, context)
    errors = [located(error, context.language) for error in sorted(result.errors or [], key=_place)[:ERRORS]]
    return _spoken(ready, {"data": result.data} | ({"errors": errors} if errors else {}), code=_code(errors), reads=context.ran)


async def _note(ready: _Ready, context: Context) -> None:
    """Personal columns of others leave the house only after it is written down who asked for them."""
    actor = context.actor
    if actor is None or actor.organization_id is None or not context.disclosed:
        return
    act = Act(actor.person_id, actor.organization_id, context.now)
    named = {"operation": plain_name(ready.operation.name), "document": ready.operation.digest}
    async with context.database.transaction(actor.tenant) as session:
        await note(session, context.disclosed, account_id=actor.account_id, within=actor.tenant, act=act, **named)


def plain_name(name: str | None) -> str:
    """An operation's name for the logs: short, and without a number hidden in it."""
    return NUMBER.sub("_", name or "")[:64]


def _place(error: GraphQLError) -> tuple[list[tuple[int, int]], str]:
    """Errors stand in the order of the document: that of their happening would tell which field took longer."""
    return [(place.line, place.column) for place in error.locations or ()], repr(error.path)


def _broken_off(ready: _Ready, error: Exception, language: Language) -> OperationAnswer:
    """Execution began and could not end: there is a `data`, and it is null."""
    described = describe(error, language)
    return _spoken(ready, {"data": None, "errors": [formatted(described)]}, code=described.code)


def _spoken(ready: _Ready, answer: Json, *, code: str | None, reads: Sequence[Ran] = ()) -> OperationAnswer:
    cost = {"requested": ready.price.cost, "max": ready.operation.limits.cost}
    body = orjson.dumps({**answer, "extensions": {"cost": cost}})
    retry = _retry(answer.get("errors"))
    return OperationAnswer(
        body=body, ran=True, code=code, retry_after=retry, kind=ready.kind, name=ready.operation.name, digest=ready.operation.digest, reads=reads
    )


def _retry(errors: object) -> int | None:
    """The longest that any of the errors says to wait, for the header."""
    told = [one["extensions"].get("retryAfter") for one in errors] if isinstance(errors, list) else []
    return max((one for one in told if isinstance(one, int)), default=None)


def _code(errors: list[Json]) -> str | None:
    extensions = errors[0]["extensions"] if errors else None
    return str(extensions["code"]) if isinstance(extensions, Mapping) else None
