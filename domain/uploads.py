"""Tickets for files: of a roster, whose bytes the database keeps, or of evidence, announced by digest and length and kept in the store."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import imports
from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act
from domain.media import announced
from domain.texts import checked
from models.evidence import Evidence
from models.imports import Upload, UploadPurpose

DIGEST, UUID_HEX = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{32}")
FILES_LOCK = 7_365_003
"""With a hash, what makes two transactions about the same file, or about the quota of the same organization, wait for one another."""


@dataclass(frozen=True)
class Coming:
    """A file as it is announced. Only evidence gives a digest, SHA-256 in hex, and a length in bytes."""

    purpose: UploadPurpose
    file_name: str
    sha256: str | None = None
    size: int | None = None


def ticket(coming: Coming, *, id: UUID, ticket_hash: bytes, act: Act) -> Upload:
    """A place for one file, open for a quarter of an hour. BadInput for a name, a length or a digest that no such file has."""
    if coming.purpose is UploadPurpose.ROSTER:
        return imports.ticket(coming.file_name, id=id, ticket_hash=ticket_hash, act=act)
    name = checked("fileName", coming.file_name, imports.LONGEST_FILE_NAME)
    if coming.size is None:
        raise BadInput("size", "required")
    media = announced(name, coming.size)
    if coming.sha256 is None or DIGEST.fullmatch(coming.sha256) is None:
        raise BadInput("sha256", "digest")
    return Upload(
        id=id,
        person_id=act.by,
        organization_id=act.organization_id,
        ticket_hash=ticket_hash,
        expires_at=act.at + imports.TICKET_HOLDS,
        file_name=name,
        purpose=coming.purpose,
        expected=bytes.fromhex(coming.sha256),
        size=coming.size,
        media_type=media.type,
    )


async def reserve(session: AsyncSession, upload: Upload, *, quota: int, act: Act) -> None:
    """Saves the place of a file. Unmet where the organization's evidence would be more than `quota` bytes with it."""
    if upload.purpose is UploadPurpose.ROSTER:
        await imports.reserve(session, upload, act=act)
        return
    await alone(session, act.organization_id.hex)
    have = await taken_up(session, act.organization_id, at=act.at)
    if have + (upload.size or 0) > quota:
        raise Unmet("evidence.quota", "house", have=have, most=quota)
    session.add(upload)


async def taken_up(session: AsyncSession, organization_id: UUID, *, at: datetime) -> int:
    """Bytes of what an organization has handed over, of what waits to be attached, and of what it has tickets for."""
    waits = and_(col(Upload.digest).is_not(None), col(Upload.expires_at) > at - imports.KEPT)
    counts = or_(col(Upload.attached_at).is_not(None), waits, col(Upload.expires_at) > at)
    query = select(func.sum(Upload.size)).where(col(Upload.organization_id) == organization_id, col(Upload.purpose) == UploadPurpose.EVIDENCE, counts)
    return int((await session.exec(query)).one() or 0)


def as_announced(upload: Upload, *, digest: bytes, size: int) -> None:
    """BadInput where other bytes have come than the ticket is for."""
    if (digest, size) != (upload.expected, upload.size):
        raise BadInput("file", "evidence_digest")


async def received(session: AsyncSession, upload: Upload) -> None:
    """The bytes lie in the store for good: only now does a row say so."""
    upload.digest = upload.expected
    session.add(upload)
    await session.flush()


async def attach(session: AsyncSession, upload: Upload, *, act: Act) -> tuple[bytes, str, int]:
    """Hands the file over to the row that refers to it from now on: digest, kind and length. Conflict STATE where it has one already, or has waited too long."""
    if upload.purpose is not UploadPurpose.EVIDENCE or upload.digest is None or upload.media_type is None:
        raise BadInput("upload", "bytes_missing")
    if upload.attached_at is not None or upload.expires_at < act.at - imports.KEPT:
        raise Conflict("STATE")
    upload.attached_at = act.at
    session.add(upload)
    return upload.digest, upload.media_type, upload.size or 0


async def needed(session: AsyncSession, organization_id: UUID, digest: bytes, *, at: datetime) -> bool:
    """Whether any row refers to these bytes, or may yet: asked behind no wall, before bytes are swept away, while nobody else puts the same."""
    await alone(session, place_in_store(organization_id, digest))
    kept = select(Evidence.id).where(col(Evidence.organization_id) == organization_id, col(Evidence.digest) == digest)
    # twice as long as a file may wait: its attaching may be under way
    waiting = select(Upload.id).where(
        col(Upload.organization_id) == organization_id, col(Upload.expected) == digest, col(Upload.expires_at) > at - 2 * imports.KEPT
    )
    return (await session.exec(kept.limit(1))).first() is not None or (await session.exec(waiting.limit(1))).first() is not None


async def alone(session: AsyncSession, about: str) -> None:
    """Until the transaction ends, nobody else does the same about this."""
    await session.exec(select(func.pg_advisory_xact_lock(FILES_LOCK, func.hashtext(about))))


def place_in_store(organization_id: UUID, digest: bytes) -> str:
    """Where bytes lie, by what they are: the same of one organization lie once. Of two, twice: nobody learns what another has."""
    return f"{organization_id.hex}/{digest.hex()[:2]}/{digest.hex()}"


def read_place(place: str) -> tuple[UUID, bytes] | None:
    """Organization and digest of a place in the store; None for one that is none of ours."""
    match place.split("/"):
        case [organization, start, digest] if UUID_HEX.fullmatch(organization) and DIGEST.fullmatch(digest) and digest.startswith(start):
            return UUID(hex=organization), bytes.fromhex(digest)
    return None
