"""GET /files/<evidence>: the bytes of evidence, to whom may read its row. The right is asked at the moment, so that no link outlives it."""

from collections.abc import Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from app import clock
from app.endpoint import House, actor_of, proof_of, refusal
from app.file_store import Away
from app.front import Turned
from app.negotiation import Media, language_of
from app.uploads import told
from authz.access import fetch
from authz.actions import Action
from authz.actor import Actor
from authz.errors import NotFound, Unauthenticated
from domain import evidence
from domain.machine import Act
from domain.uploads import place_in_store
from gql import ids
from gql.evidence import EVIDENCE
from models.evidence import Evidence

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}
"""It is kept by whoever asked, and never shown as a page of ours."""


async def get(house: House, request: Request) -> Response:
    """200 or, for a part of it, 206; 404 for what is hidden and what never was alike."""
    try:
        return await _get(house, request)
    except Exception as error:  # noqa: BLE001 - as at /graphql: the table of errors decides
        return refusal(told(error), language_of(request.headers), media=Media.JSON)


async def _get(house: House, request: Request) -> Response:
    actor = await actor_of(house, proof_of(request.scope, request.headers))
    if actor is None:
        raise Unauthenticated("MISSING")
    try:
        row = await handed_out(house, actor, request.path_params["id"])
    except NotFound:
        raise Turned(404, "file_unknown") from None
    key = place_in_store(row.organization_id, row.digest)
    if not await house.files.has(key, size=row.size):
        raise Away(f"missing: {key}")
    headers = {**HEADERS, **headers_of(row)}
    path = house.files.at(key)
    if path is not None:
        return FileResponse(path, headers=headers, media_type=row.media_type)
    headers["Content-Length"] = str(row.size)
    if request.method == "HEAD":
        return Response(headers=headers, media_type=row.media_type)
    return StreamingResponse(house.files.read(key), headers=headers, media_type=row.media_type)


def headers_of(row: Evidence) -> Mapping[str, str]:
    """The name is the client's own: it is quoted so that it says nothing to a header."""
    return {"Content-Disposition": f"attachment; filename*=utf-8''{quote(row.file_name, safe='')}", "ETag": f'"{row.digest.hex()}"'}


async def handed_out(house: House, actor: Actor, id: str) -> Evidence:
    """The row, and for what is need-to-know the event that it was given to this person. Raises NotFound."""
    if actor.organization_id is None:
        raise NotFound
    act = Act(actor.person_id, actor.organization_id, clock.now())
    async with house.database.transaction(actor.tenant) as session:
        row = await fetch(session, actor, Evidence, id=ids.read(id, [str(EVIDENCE.prefix)]), to=Action.EVIDENCE_READ)
        await evidence.handed_out(session, row, act=act)
        return row
