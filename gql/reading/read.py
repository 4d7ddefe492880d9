"""The doors of the reader: a root field in, one statement, finished bytes out."""

from collections.abc import Mapping, Sequence
from time import perf_counter
from uuid import UUID

import orjson
from graphql.execution.values import VariableValues
from sqlmodel.ext.asyncio.session import AsyncSession
from strawberry import Info

from authz.actor import Actor
from authz.errors import NotFound, Unauthenticated
from gql.context import Context, Ran
from gql.reading.declare import Given
from gql.reading.execute import Compiled, execution_of
from gql.reading.plan import planned
from gql.reading.selection import Selection, root_fields, selection
from gql.reading.sql import Statement, statement
from models.database import Reading, RightsChanged, reading_in

Asked = tuple[Statement, Sequence[object]]
"""A statement, and the values of its parameters in their order."""


def signed_in(context: Context) -> Actor:
    if context.actor is None:
        raise Unauthenticated
    return context.actor


async def read_page(info: Info) -> Compiled:
    """The connection the root field asks for."""
    return await read_one(info, {})


async def read_one(info: Info, given: Mapping[str, object], *, stored: Given | None = None) -> Compiled:
    """One row by the id given; NOT_FOUND where there is none the caller may see."""
    return await read_apart(info.context, str(info.path.key), prepare(info, given, stored=stored))


async def read_apart(context: Context, key: str, asked: Asked) -> Compiled:
    """One statement in a transaction of its own, for the root field of this response key."""
    began, same = perf_counter(), True
    try:
        return await read(context.database.read(signed_in(context).tenant), asked)
    except RightsChanged:
        same = False
        raise
    finally:
        context.ran.append(Ran(key, round((perf_counter() - began) * 1000, 2), same))


async def read_back(info: Info, session: AsyncSession, changed: Mapping[str, UUID], *, replayed: bool, said: Mapping[str, str]) -> Compiled:
    """The payload of a mutation as a query would now answer it, in the mutation's own transaction."""
    given = dict(changed) | {"replayed": "true" if replayed else "false"} | {name: orjson.dumps(text).decode() for name, text in said.items()}
    return await read(await reading_in(session), prepare(info, given))


def prepare(info: Info, given: Mapping[str, object], *, stored: Given | None = None) -> Asked:
    """For a root field that graphql-core's executor is at."""
    execution = execution_of(info)
    field = root_fields(execution.asked, execution.variable_values)[str(info.path.key)]
    return prepared(info.context, selection(field, stored), execution.variable_values, given=given)


def prepared(context: Context, selected: Selection, variables: VariableValues, *, given: Mapping[str, object]) -> Asked:
    """The statement of a selection for this caller, and the values of its parameters."""
    actor = signed_in(context)
    shapes, asked = planned(selected.pages, variables, actor=actor, cursor_key=context.cursor_key)
    ready = statement(selected, shapes, actor.shape)
    context.disclosed.update(ready.noted)
    own = {"viewer": actor.account_id, "organization": actor.organization_id}
    values = ready.constants | actor.binds() | asked | {f"given_{name}": value for name, value in (own | dict(given)).items()}
    return ready, [values.get(name) for name in ready.names]


async def read(reading: Reading, asked: Asked) -> Compiled:
    ready, values = asked
    document = await reading.document(ready.text, values)
    if document is None:
        raise NotFound
    return Compiled(orjson.Fragment(document))
