"""Evidence by the trade's own verbs: files that are what they seem, their tickets, and the rows that refer to them."""

import io
import secrets
import zipfile
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2

from app.file_store import Folder, Store
from app.incoming import Incoming
from app.routes import application
from authz.actor import Actor
from domain import evidence, uploads
from domain.evidence import Said
from domain.media import OFFICE
from models.base import new_id
from models.evidence import Confidentiality, Evidence, EvidenceKind, EvidenceRequest
from models.imports import Upload, UploadPurpose
from models.inspections import Inspection
from models.sessions import RecognitionSession
from tests.http.small import house
from tests.making_returns import again, day_of
from tests.world import ID_KEYS, World, key

TICKET = "mutation($i: UploadIssueTicketInput!) { uploadIssueTicket(input: $i) { upload { id purpose digest } url replayed } }"


def jpeg() -> bytes:
    """A little picture that no other is like."""
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + secrets.token_hex(400).encode() + b"\xff\xd9"


def png() -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + secrets.token_hex(50).encode() + b"\x00\x00\x00\x00IEND\xaeB`\x82"


def pdf() -> bytes:
    return b"%PDF-1.7\n" + secrets.token_hex(200).encode() + b"\n%%EOF\n"


def mp4(length: int = 1000, *, brand: bytes = b"isom") -> bytes:
    boxes = [(b"ftyp", brand + b"\x00\x00\x02\x00isommp41"), (b"moov", secrets.token_bytes(64)), (b"mdat", secrets.token_bytes(length))]
    return b"".join((len(body) + 8).to_bytes(4) + kind + body for kind, body in boxes)


def office(kind: str = "wordprocessingml.document", *, extra: int = 0) -> bytes:
    """A package with a main part of a kind, and so many bytes more that pack well."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", f'<Types><Override ContentType="{OFFICE}{kind}.main+xml"/></Types>')
        package.writestr("main.xml", secrets.token_hex(200))
        package.writestr("much.xml", b" " * extra)
    return file.getvalue()


def announced(content: bytes, name: str) -> dict[str, Any]:
    """What a ticket for this file is asked with."""
    return {"idempotencyKey": key(), "purpose": "EVIDENCE", "fileName": name, "sha256": sha256(content).hexdigest(), "size": len(content)}


async def arrived(world: World, by: Actor | str, content: bytes | None = None, *, name: str = "现场.jpg") -> Upload:
    """A file whose bytes have come, past HTTP."""
    bytes_, act = content or jpeg(), world.act(by)
    coming = uploads.Coming(UploadPurpose.EVIDENCE, name, sha256=sha256(bytes_).hexdigest(), size=len(bytes_))
    async with world.transaction() as session:
        upload = uploads.ticket(coming, id=new_id(), ticket_hash=secrets.token_bytes(32), act=act)
        await uploads.reserve(session, upload, quota=2**40, act=act)
        await uploads.received(session, upload)
    return upload


def said(world: World, **other: Any) -> Said:
    plain: dict[str, Any] = {
        "kind": EvidenceKind.PHOTO,
        "confidentiality": Confidentiality.INTERNAL,
        "taken_at": world.now,
        "description": "考场照片",
    }
    return Said(**{**plain, **other})


async def attached(
    world: World, by: Actor | str, visit: Inspection, *, content: bytes | None = None, request: EvidenceRequest | None = None, **other: Any
) -> Evidence:
    """A photo of a visit, taken when the world's present began and attached on the day of the visit."""
    upload, act = await arrived(world, by, content), world.act(by, at=await day_of(world, visit))
    async with world.transaction() as session:
        place = await again(session, Inspection, visit.id)
        asked = await again(session, EvidenceRequest, request.id) if request else None
        file = await again(session, Upload, upload.id)
        row, _ = await evidence.attach(session, place, file, said=said(world, **other), request=asked, act=act)
    return row


async def kept(world: World, by: str, recognition: RecognitionSession, **other: Any) -> Evidence:
    """A photo of a session."""
    upload = await arrived(world, by)
    async with world.transaction() as session:
        place = await again(session, RecognitionSession, recognition.id)
        row, _ = await evidence.attach_to_session(
            session, place, await again(session, Upload, upload.id), said=said(world, **other), act=world.act(by)
        )
    return row


async def requested(world: World, by: Actor | str, visit: Inspection, *, within: timedelta | None = None) -> EvidenceRequest:
    async with world.transaction() as session:
        place, at = await again(session, Inspection, visit.id), await day_of(world, visit)
        row, _ = await evidence.request(session, place, "考场监控录像", due_at=at + within if within else None, act=world.act(by, at=at))
    return row


def served(world: World, folder: Path, *, store: Store | None = None) -> httpx2.AsyncClient:
    """The service over the world's database, with files in a folder, or in a store of another kind; signed in by the name of an actor as token."""

    async def identify(token: str, _: str | None) -> Actor:
        return world.actors[token]

    given = house()
    mine = replace(
        given,
        id_keys=ID_KEYS,
        database=world.database,
        files=store or Folder(folder),
        incoming=Incoming(folder / ".incoming"),
        doorkeeper=replace(given.doorkeeper, identify=identify),
    )
    transport = httpx2.ASGITransport(app=application(mine))
    return httpx2.AsyncClient(transport=transport, base_url="http://dudao.test", headers={"Accept-Language": "en"})
