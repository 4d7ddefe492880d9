"""The doors of the reader: a root field in, one statement, finished bytes out."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession
from strawberry import Info

from authz.actor import Actor
from authz.errors import NotFound, Unauthenticated
from gql.context import Context
from gql.reading.declare import Given
from gql.reading.execute import Compiled
from gql.reading.plan import Chosen, Collector
from gql.reading.sql import Statement, statement
from models.database import Reading, reading_in


def signed_in(context: Context) -> Actor:
    if context.actor is None:
        raise Unauthenticated
    return context.actor


async def read_page(info: Info) -> Compiled:
    """The connection the root field asks for."""
    return await read_one(info, {})


async def read_one(info: Info, given: Mapping[str, object], *, stored: Given | None = None) -> Compiled:
    """One row by the id given; NOT_FOUND where there is none the caller may see."""
    context: Context = info.context
    prepared = prepare(info, given, stored=stored)
    async with context.database.read(signed_in(context).tenant) as reading:
        return await read(reading, *prepared)


async def read_back(info: Info, session: AsyncSession, changed: Mapping[str, UUID], *, replayed: bool, said: Mapping[str, str]) -> Compiled:
    """The payload of a mutation as a query would now answer it, in the mutation's own transaction."""
    given = dict(changed) | {"replayed": "true" if replayed else "false"} | {name: orjson.dumps(text).decode() for name, text in said.items()}
    return await read(await reading_in(session), *prepare(info, given))


def prepare(info: Info, given: Mapping[str, object], *, stored: Given | None = None) -> tuple[Statement, Sequence[object]]:
    """The statement of the root field for this caller, and the values of its parameters."""
    actor = signed_in(info.context)
    collector = Collector(info, actor=actor, cursor_key=info.context.cursor_key)
    root: Chosen = collector.root(stored)
    ready = statement(root, actor.shape)
    info.context.disclosed.update(ready.noted)
    own = {"viewer": actor.account_id, "organization": actor.organization_id}
    values = ready.constants | actor.binds() | collector.values | {f"given_{name}": value for name, value in (own | dict(given)).items()}
    return ready, [values.get(name) for name in ready.names]


async def read(reading: Reading, ready: Statement, values: Sequence[object]) -> Compiled:
    document = await reading.document(ready.text, values)
    if document is None:
        raise NotFound
    return Compiled(orjson.Fragment(document))
