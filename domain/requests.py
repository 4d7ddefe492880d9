"""Idempotency keys: the same key of the same person and mutation is claimed once, by the transaction that also does the work."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import Conflict
from models.base import new_id, table_of
from models.requests import Request


@dataclass(frozen=True)
class Claim:
    """Who asks for which mutation under which key, and the digests of what was asked under all keys of ours, the newest first."""

    person_id: UUID
    organization_id: UUID | None
    mutation: str
    key: str
    digests: Sequence[bytes]


async def claimed(session: AsyncSession, claim: Claim) -> tuple[Request, bool]:
    """The row of the key, and whether it is new. Two with the same key wait for one another at the unique index."""
    mine = {"person_id": claim.person_id, "mutation": claim.mutation, "key": claim.key}
    new = insert(table_of(Request)).values(id=new_id(), organization_id=claim.organization_id, input_digest=claim.digests[0], **mine)
    fresh = (await session.exec(new.on_conflict_do_nothing().returning(table_of(Request).c.id))).first()
    query = select(Request).where(*(col(getattr(Request, name)) == value for name, value in mine.items()))
    request = (await session.exec(query)).one()
    if request.input_digest not in claim.digests:
        raise Conflict("KEY_REUSED")
    return request, fresh is not None
