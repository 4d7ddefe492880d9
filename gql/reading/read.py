"""The doors of the reader: root fields in, one statement each and one round trip for all, finished bytes out."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import Any
from uuid import UUID

import orjson
from graphql.execution.values import VariableValues
from strawberry import Info

from authz.actor import ANYBODY, Actor
from authz.errors import NotFound, Unauthenticated
from gql.context import Context, Ran
from gql.reading.declare import OTHERWISE, READS, Given
from gql.reading.execute import Compiled, execution_of
from gql.reading.plan import planned
from gql.reading.selection import RootField, Selection, root_fields, selection
from gql.reading.sql import statement
from models.database import Reading, RightsChanged


async def nothing() -> object:
    raise NotFound


@dataclass(frozen=True)
class Asked:
    """A statement, and the values of its parameters in their order; and what is done where it finds nothing."""

    text: str
    values: Sequence[object]
    otherwise: Callable[[], Awaitable[object]] = nothing


def signed_in(context: Context) -> Actor:
    if context.actor is None:
        raise Unauthenticated
    return context.actor


async def read_page(info: Info) -> object:
    """The connection the root field asks for."""
    return await read_one(info, {})


async def read_public(info: Info) -> object:
    """The connection of a root field that is everybody's: read as nobody, by the role that serves, and so the same for all who ask."""
    asked = prepare(info, {}, actor=ANYBODY)
    with noted(info.context, [str(info.path.key)]):
        document = await info.context.database.read().document(asked.text, asked.values)
    if document is None:
        raise NotFound
    return Compiled(orjson.Fragment(document))


async def read_one(info: Info, given: Mapping[str, object], *, stored: Given | None = None) -> object:
    """One row by the id given; NOT_FOUND where there is none the caller may see."""
    return await read_alone(info, prepare(info, given, stored=stored))


async def read_declared(info: Info, arguments: Mapping[str, Any]) -> Any:
    """A root field by what it declares of itself, where graphql-core's executor is at it."""
    asked = declared(info.context, field_at(info), execution_of(info).variable_values, arguments=arguments)
    return None if asked is None else await read_alone(info, asked)


def field_at(info: Info) -> RootField:
    """The root field that graphql-core's executor is at."""
    execution = execution_of(info)
    return root_fields(execution.asked, execution.variable_values)[str(info.path.key)]


async def read_alone(info: Info, asked: Asked) -> object:
    key = str(info.path.key)
    found = (await read_together(info.context, {key: asked}))[key]
    if isinstance(found, Exception):
        raise found
    return found


async def read_together(context: Context, asked: Mapping[str, Asked]) -> dict[str, object]:
    """By the response keys of root fields what each is answered, or the exception it is refused with.

    In one transaction and one round trip. Where a statement fails, PostgreSQL runs none behind it: those go in another.
    """
    found: dict[str, object] = {}
    while rest := {key: one for key, one in asked.items() if key not in found}:
        heard = await _trip(context, rest)
        found |= {key: await _answer(one, said) for (key, one), said in zip(rest.items(), heard, strict=False)}
    return found


async def _trip(context: Context, asked: Mapping[str, Asked]) -> Sequence[bytes | Exception | None]:
    """What is heard of each, up to and with the first that fails. Noted for each with the time of the whole trip, also where it is broken off."""
    keys, questions = list(asked), [(one.text, one.values) for one in asked.values()]
    try:
        with noted(context, keys):
            heard = await context.database.read(signed_in(context).tenant).documents(questions)
            del keys[len(heard) :]
    except Exception as error:  # noqa: BLE001 - it is each root field's own
        return [error] * len(asked)
    return heard


@contextmanager
def noted(context: Context, keys: Iterable[str]) -> Iterator[None]:
    """Puts down how long the block asked PostgreSQL for these root fields, and whether the caller was still the same."""
    began, same = perf_counter(), True
    try:
        yield
    except RightsChanged:
        same = False
        raise
    finally:
        context.ran.extend(Ran(key, round((perf_counter() - began) * 1000, 2), same) for key in keys)


async def _answer(asked: Asked, heard: bytes | Exception | None) -> object:
    if isinstance(heard, Exception):
        return heard
    try:
        return await asked.otherwise() if heard is None else Compiled(orjson.Fragment(heard))
    except Exception as error:  # noqa: BLE001 - as above
        return error


async def read_back(info: Info, reading: Reading, changed: Mapping[str, UUID], *, replayed: bool, said: Mapping[str, str]) -> Compiled:
    """The payload of a mutation as a query would now answer it: in the mutation's own transaction, apart where it was done before."""
    given = dict(changed) | {"replayed": "true" if replayed else "false"} | {name: orjson.dumps(text).decode() for name, text in said.items()}
    asked = prepare(info, given)
    document = await reading.document(asked.text, asked.values)
    if document is None:
        raise NotFound
    return Compiled(orjson.Fragment(document))


def prepare(info: Info, given: Mapping[str, object], *, stored: Given | None = None, actor: Actor | None = None) -> Asked:
    """For a root field that graphql-core's executor is at."""
    return prepared(info.context, selection(field_at(info), stored), execution_of(info).variable_values, given=given, actor=actor)


def declared(context: Context, field: RootField, variables: VariableValues, *, arguments: Mapping[str, Any]) -> Asked | None:
    """What is asked for a root field with these arguments; None where it is null for this caller."""
    said = field.definition.metadata
    given = said[READS](context.actor, arguments)
    if given is None:
        return None
    asked = prepared(context, selection(field), variables, given=given)
    return replace(asked, otherwise=partial(said[OTHERWISE], context, arguments)) if OTHERWISE in said else asked


def prepared(context: Context, selected: Selection, variables: VariableValues, *, given: Mapping[str, object], actor: Actor | None = None) -> Asked:
    """The statement of a selection for this caller, or for whoever it is said to be, and the values of its parameters."""
    actor = actor or signed_in(context)
    shapes, asked = planned(selected.pages, variables, actor=actor, cursor_key=context.cursor_key)
    ready = statement(selected, shapes, actor.shape)
    context.disclosed.update(ready.noted)
    own = {"viewer": actor.account_id, "organization": actor.organization_id}
    values = ready.constants | actor.binds() | asked | {f"given_{name}": value for name, value in (own | dict(given)).items()}
    return Asked(ready.text, [values.get(name) for name in ready.names])
