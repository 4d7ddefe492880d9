"""Idempotency keys: the same key of the same person and mutation is claimed once, by the transaction that also does the work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, bindparam, literal_column, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import Conflict
from models.base import new_id, table_of
from models.database import Reading, reading_in
from models.direct import Direct
from models.requests import Request

REQUEST = table_of(Request)
GIVEN = ("id", "person_id", "organization_id", "mutation", "key", "input_digest")
FIRST: dict[str, ColumnElement[Any]] = {"version": literal_column("1")}
NEW = Direct(insert(REQUEST).values(FIRST | {name: bindparam(name) for name in GIVEN}).on_conflict_do_nothing().returning(REQUEST.c.id))
DONE = Direct(update(REQUEST).where(REQUEST.c.id == bindparam("request")).values(changed=bindparam("rows")))

BEFORE = """
SELECT json_build_object('digest', encode(input_digest, 'hex'), 'changed', changed)::text FROM request WHERE person_id = $1 AND mutation = $2 AND key = $3
"""


@dataclass(frozen=True)
class Claim:
    """Who asks for which mutation under which key, and the digests of what was asked under all keys of ours, the newest first."""

    person_id: UUID
    organization_id: UUID | None
    mutation: str
    key: str
    digests: Sequence[bytes]


Rows = Mapping[str, UUID]
"""Which rows a request changed, by the names of its payload."""


async def answered(reading: Reading, claim: Claim) -> Rows | None:
    """What was changed under this key, if that is done; asked before anything is locked. Conflict KEY_REUSED where something else was asked under it."""
    found = await reading.document(BEFORE, [claim.person_id, claim.mutation, claim.key])
    if found is None:
        return None
    before = orjson.loads(found)
    if bytes.fromhex(before["digest"]) not in claim.digests:
        raise Conflict("KEY_REUSED")
    return {name: UUID(one) for name, one in before["changed"].items()}


async def claimed(session: AsyncSession, claim: Claim) -> tuple[UUID, Rows | None]:
    """The id of a new request, and None; or what one changed that came first. Two with the same key wait for one another at the unique index."""
    id = new_id()
    new = await NEW.row(session, {**vars(claim), "id": id, "input_digest": claim.digests[0]})
    return id, None if new else await answered(await reading_in(session), claim)


async def done(session: AsyncSession, id: UUID, changed: Rows) -> None:
    """Keeps which rows the payload shows, for whoever asks again."""
    await DONE.row(session, {"request": id, "rows": orjson.dumps({name: str(one) for name, one in changed.items()}).decode()})
