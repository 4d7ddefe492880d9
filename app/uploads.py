"""PUT /uploads/<ticket>: the bytes of a file, as they are. The ticket is the proof; only its hash is kept."""

from hashlib import sha256

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.endpoint import House, refusal, spoken
from app.front import ClientGone, Gate, Turned, body_of
from app.negotiation import Media, language_of
from domain import imports
from gql import ids
from gql.imports import UPLOADS
from models.database import Database, Tenant, Wall

SECONDS = 120
"""For the largest file on a slow line."""


async def put(house: House, request: Request) -> Response:
    """Keeps the bytes under the ticket: 200 with id and digest. The same bytes again are no harm, others are a conflict."""
    try:
        return await _put(house, request)
    except ClientGone:
        return Response(status_code=400)
    except Exception as error:  # noqa: BLE001 - as at /graphql: the table of errors decides
        return refusal(error, language_of(request.headers), media=Media.JSON)


async def _put(house: House, request: Request) -> Response:
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Turned(415, "media_type")
    ticket = sha256(request.path_params["ticket"].encode(errors="replace")).digest()
    await check_ticket(house.database, ticket)  # before a byte of a stranger's is read
    gate = Gate(get=False, body_bytes=house.settings.upload_bytes, read_seconds=SECONDS)
    content = await body_of(request.receive, request.headers, gate)
    async with house.database.transaction(bearer_of(ticket)) as session:
        upload = await imports.place_of(session, ticket, at=clock.now())
        if upload is None:
            raise Turned(404, "upload_unknown")
        await imports.receive(session, upload, content, keys=house.id_keys)
    digest = sha256(content).hexdigest()
    return spoken(
        orjson.dumps({"upload": ids.shown(str(UPLOADS.prefix), upload.id), "sha256": digest, "bytes": len(content)}),
        Media.JSON,
        status=200,
        headers={},
    )


def bearer_of(ticket: bytes) -> Tenant:
    """Who bears a ticket sees the one upload it is for."""
    return Tenant(wall=Wall.TICKET, ticket=ticket)


async def check_ticket(database: Database, ticket: bytes) -> None:
    """Raises Turned 404 for a ticket that is unknown or has expired."""
    async with database.transaction(bearer_of(ticket)) as session:
        if await imports.place_of(session, ticket, at=clock.now()) is None:
            raise Turned(404, "upload_unknown")
