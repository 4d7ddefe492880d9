"""PUT /uploads/<ticket>: the bytes of a file, as they are. The ticket is the proof; only its hash is kept."""

import asyncio
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import orjson
import structlog
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.endpoint import House, refusal, spoken
from app.file_store import Away
from app.front import ClientGone, Gate, Turned, body_of, parts_of
from app.health import RETRY_AFTER
from app.negotiation import Media, language_of
from domain import imports, uploads
from domain.media import named, proper
from gql import ids
from gql.imports import UPLOADS
from models.database import Database, Tenant, Wall
from models.imports import Upload, UploadPurpose

log = structlog.get_logger("app.uploads")

SECONDS = 120
"""For the largest roster on a slow line."""
IDLE_SECONDS = 30
SLOWEST = 64 * 2**10
"""Bytes a second, without which a long file takes too long."""


async def put(house: House, request: Request) -> Response:
    """Keeps the bytes under the ticket: 200 with id and digest. The same bytes again are no harm, others are a conflict."""
    try:
        return await _put(house, request)
    except ClientGone:
        return Response(status_code=400)
    except Exception as error:  # noqa: BLE001 - as at /graphql: the table of errors decides
        return refusal(told(error), language_of(request.headers), media=Media.JSON)


def told(error: Exception) -> Exception:
    """What is refused where the store is away: to be sent again."""
    if isinstance(error, Away):
        log.error("the store is away", why=str(error))
        return Turned(503, "file_away", headers={"Retry-After": RETRY_AFTER, "Connection": "close"})
    return error


async def _put(house: House, request: Request) -> Response:
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Turned(415, "media_type")
    ticket = sha256(request.path_params["ticket"].encode(errors="replace")).digest()
    place = await placed(house.database, ticket, at=clock.now())  # before a byte of a stranger's is read
    take = take_evidence if place.purpose is UploadPurpose.EVIDENCE else take_roster
    digest, size = await take(house, request, place)
    return spoken(
        orjson.dumps({"upload": ids.shown(str(UPLOADS.prefix), place.id), "sha256": digest.hex(), "bytes": size}),
        Media.JSON,
        status=200,
        headers={},
    )


async def take_roster(house: House, request: Request, place: Upload) -> tuple[bytes, int]:
    """Small enough for the memory, and for the database."""
    gate = Gate(get=False, body_bytes=house.settings.upload_bytes, read_seconds=SECONDS)
    content = await body_of(request.receive, request.headers, gate)
    async with house.database.transaction(bearer_of(place.ticket_hash)) as session:
        upload = await still_placed(session, place, at=clock.now())
        await imports.receive(session, upload, content, keys=house.id_keys)
    return sha256(content).digest(), len(content)


async def take_evidence(house: House, request: Request, place: Upload) -> tuple[bytes, int]:
    """From the wire to a disk, looked at there, then into the store; the row speaks of the bytes only when they lie there for good.

    Who has begun in time may take longer than the ticket holds.
    """
    begun, size = clock.now(), place.size or 0
    gate = Gate(get=False, body_bytes=size, read_seconds=SECONDS + size / SLOWEST, idle_seconds=IDLE_SECONDS)
    async with house.incoming.taken(parts_of(request.receive, request.headers, gate), size=size) as file:
        uploads.as_announced(place, digest=file.digest, size=file.size)
        await asyncio.to_thread(looked_at, file.path, place)
        key = uploads.place_in_store(place.organization_id, file.digest)
        if place.digest is None or not await house.files.has(key, size=size):
            await house.files.keep(file.path, key)
    async with house.database.transaction(bearer_of(place.ticket_hash)) as session:
        upload = await still_placed(session, place, at=begun)
        await uploads.alone(session, key)
        if not await house.files.has(key, size=size):
            raise Away("swept away meanwhile")
        await uploads.received(session, upload)
    return file.digest, file.size


def looked_at(path: Path, place: Upload) -> None:
    with path.open("rb") as file:
        proper(file, place.size or 0, named(place.media_type or ""))


def bearer_of(ticket: bytes) -> Tenant:
    """Who bears a ticket sees the one upload it is for."""
    return Tenant(wall=Wall.TICKET, ticket=ticket)


async def placed(database: Database, ticket: bytes, *, at: datetime) -> Upload:
    """The upload that a ticket is for. Raises Turned 404 for one that is unknown or has expired."""
    async with database.transaction(bearer_of(ticket)) as session:
        found = await imports.place_of(session, ticket, at=at)
        if found is None:
            raise Turned(404, "upload_unknown")
        return found


async def still_placed(session: AsyncSession, place: Upload, *, at: datetime) -> Upload:
    """The same upload, locked, to be changed."""
    found = await imports.place_of(session, place.ticket_hash, at=at)
    if found is None:
        raise Turned(404, "upload_unknown")
    return found
