"""The bytes of evidence by HTTP: what is taken, what is not, who gets them back, and that none are lost, kept twice or left over."""

import asyncio
import os
import tracemalloc
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app import clock
from app.file_care import faults, swept
from app.file_store import Away, Folder
from app.incoming import AT_ONCE, Incoming
from domain import evidence, uploads
from domain.machine import Act
from models.base import new_id
from models.events import Event
from models.evidence import Confidentiality, Evidence
from models.imports import Upload
from tests.making_evidence import TICKET, announced, attached, jpeg, mp4, office, pdf, said, served
from tests.making_inspections import notified
from tests.making_returns import again
from tests.making_sessions import recognition
from tests.world import World, codes, key

pytestmark = pytest.mark.anyio

WHO = "agency_clerk_0"
DAYS = timedelta(days=40)


async def ticket(world: World, content: bytes, *, name: str = "a.jpg", **other: Any) -> dict[str, Any]:
    """Asked for now by the clock of the wall: the route asks it too."""
    data = await world.done(WHO, TICKET, at=clock.now(), i={**announced(content, name), **other})
    return data["uploadIssueTicket"]


async def put(world: World, folder: Path, content: bytes, **other: Any) -> httpx2.Response:
    issued = await ticket(world, content, **other)
    async with served(world, folder) as client:
        return await client.put(issued["url"], content=content)


async def brought(world: World, folder: Path, content: bytes, *, name: str = "a.jpg", **other: Any) -> Evidence:
    """By HTTP, and then attached to a session."""
    response = await put(world, folder, content, name=name)
    assert response.status_code == 200, response.text
    [upload] = [one for one in await world.rows(Upload, organization_id=world.agencies[0].id) if f"upl_{one.id.hex}" == response.json()["upload"]]
    place = await recognition(world)
    act = Act(world.actors[WHO].person_id, world.agencies[0].id, clock.now())
    async with world.transaction() as session:
        file = await again(session, Upload, upload.id)
        row, _ = await evidence.attach_to_session(session, await session.merge(place), file, said=said(world, **other), act=act)
    return row


def kept(folder: Path) -> list[Path]:
    """Everything in the store, what is on its way too."""
    return [one for one in folder.rglob("*") if one.is_file()]


def reason(response: httpx2.Response) -> Any:
    found = response.json()["errors"][0]["extensions"]
    return found.get("problem") or found.get("reason") or found["code"]


@pytest.mark.requirement("B018")
async def test_bytes_come_by_ticket_and_go_by_right(world: World, elsewhere: World, tmp_path: Path) -> None:
    content = jpeg()
    row = await brought(world, tmp_path, content, name='考场 "1".jpg')
    assert [one.read_bytes() for one in kept(tmp_path)] == [content]
    world.actors["stranger"] = elsewhere.actors["center_admin"]
    async with served(world, tmp_path) as client:
        found = await client.get(f"/files/evi_{row.id.hex}", headers={"Authorization": f"Bearer {WHO}"})
        assert (found.status_code, found.content) == (200, content)
        assert found.headers["content-disposition"].startswith("attachment; filename*=utf-8''%E8%80%83")
        assert (found.headers["content-type"], found.headers["x-content-type-options"]) == ("image/jpeg", "nosniff")
        assert "sandbox" in found.headers["content-security-policy"]
        assert found.headers["cache-control"] == "private, no-store"
        part = await client.get(f"/files/evi_{row.id.hex}", headers={"Authorization": f"Bearer {WHO}", "Range": "bytes=2-5"})
        assert (part.status_code, part.content) == (206, content[2:6])
        head = await client.head(f"/files/evi_{row.id.hex}", headers={"Authorization": f"Bearer {WHO}"})
        assert (head.content, head.headers["content-length"]) == (b"", str(len(content)))
        answers = [await client.get(f"/files/evi_{row.id.hex}", headers={"Authorization": f"Bearer {who}"}) for who in ("agency_admin_1", "stranger")]
        answers += [
            await client.get(f"/files/{id}", headers={"Authorization": f"Bearer {WHO}"}) for id in ("evi_" + "0" * 32, "evi_x", "insp_" + row.id.hex)
        ]
        assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}, "hidden and absent look alike"
        assert (await client.get(f"/files/evi_{row.id.hex}")).status_code == 401


@pytest.mark.requirement("Y014")
async def test_who_is_given_what_is_need_to_know_is_on_record(world: World, tmp_path: Path) -> None:
    secret = await brought(world, tmp_path, jpeg(), confidentiality=Confidentiality.NEED_TO_KNOW)
    plain = await brought(world, tmp_path, jpeg())
    async with served(world, tmp_path) as client:
        for row, who, status in ((secret, WHO, 200), (plain, WHO, 200), (plain, "center_admin", 200), (secret, "center_admin", 404)):
            assert (await client.get(f"/files/evi_{row.id.hex}", headers={"Authorization": f"Bearer {who}"})).status_code == status
    handed = [one.person_id for one in await world.rows(Event, subject_id=secret.id) if one.step == "HAND_OUT"]
    assert handed == [world.actors[WHO].person_id]
    assert [one.step for one in await world.rows(Event, subject_id=plain.id)] == ["ATTACH"]


@pytest.mark.parametrize(
    ("make", "sent", "problem"),
    [
        (jpeg, jpeg, "evidence_digest"),
        (jpeg, lambda: b"", "evidence_digest"),
        (pdf, None, "evidence_type"),
        (lambda: jpeg()[:-2] + office() + b"\xff\xd9", None, "evidence_type"),
        (lambda: jpeg()[:20] + b"<script>" + jpeg()[20:], None, "evidence_type"),
    ],
    ids=["other", "nothing", "mismatch", "polyglot", "page"],
)
async def test_other_bytes_than_announced_are_not_kept(world: World, tmp_path: Path, make: Any, sent: Any, problem: str) -> None:
    content = make()
    issued = await ticket(world, content)
    async with served(world, tmp_path) as client:
        response = await client.put(issued["url"], content=sent()[: len(content)] if sent else content)
        assert (response.status_code, reason(response)) == (400, problem)
        longer = await client.put(issued["url"], content=content + b"x")
        assert longer.status_code == 413
    assert kept(tmp_path) == []
    assert [one.digest for one in await world.rows(Upload, organization_id=world.agencies[0].id)] == [None]


async def test_a_ticket_is_for_one_file_once(world: World, tmp_path: Path) -> None:
    """The answer may be lost on the way, so the same bytes again are no harm; no other are taken, nor any after a quarter of an hour."""
    content = jpeg()
    issued = await ticket(world, content)
    async with served(world, tmp_path) as client:
        first, second = [await client.put(issued["url"], content=content) for _ in range(2)]
        assert first.json() == second.json() == {"upload": issued["upload"]["id"], "sha256": sha256(content).hexdigest(), "bytes": len(content)}
        assert len(kept(tmp_path)) == 1
        assert (await client.put(issued["url"], content=content[:-1] + b"x")).status_code == 400
        old = (await world.done(WHO, TICKET, at=clock.now() - timedelta(minutes=16), i=announced(content, "a.jpg")))["uploadIssueTicket"]
        assert (await client.put(old["url"], content=content)).status_code == 404
        assert (await client.put(issued["url"], content=content, headers={"Content-Encoding": "gzip"})).status_code == 415


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"sha256": None}, "digest"),
        ({"sha256": "A" * 64}, "digest"),
        ({"size": None}, "required"),
        ({"size": 0}, "range"),
        ({"size": 20 * 2**20 + 1}, "range"),
        ({"fileName": "a.exe"}, "evidence_ending"),
        ({"fileName": "长" * 120 + ".jpg"}, "too_long"),
    ],
)
async def test_a_file_is_announced_whole(world: World, given: dict[str, Any], problem: str) -> None:
    answer = await world.ask(WHO, TICKET, i={**announced(jpeg(), "a.jpg"), **given})
    assert answer["errors"][0]["extensions"]["problem"] == problem
    assert (answer["data"], await world.rows(Upload, organization_id=world.agencies[0].id)) == ({"uploadIssueTicket": None}, [])


async def test_who_brings_evidence_and_who_brings_rosters(world: World) -> None:
    for who in ("center_admin", "center_dispatcher", "district_clerk_0"):
        answer = await world.ask(who, TICKET, i=announced(jpeg(), "a.jpg"))
        assert (codes(answer), answer["data"]) == (["FORBIDDEN"], {"uploadIssueTicket": None})
    answer = await world.ask(WHO, TICKET, i={"idempotencyKey": key(), "fileName": "a.csv"})
    assert codes(answer) == ["FORBIDDEN"]


async def test_an_organization_has_a_quota(world: World) -> None:
    act = world.act(WHO)
    async with world.transaction() as session:
        for n in (1, 2, 3):
            coming = uploads.Coming(uploads.UploadPurpose.EVIDENCE, "a.jpg", sha256="0" * 64, size=1000)
            upload = uploads.ticket(coming, id=new_id(), ticket_hash=os.urandom(32), act=act)
            if n < 3:
                await uploads.reserve(session, upload, quota=2500, act=act)
                continue
            with pytest.raises(Exception, match="Unmet") as refusal:
                await uploads.reserve(session, upload, quota=2500, act=act)
            assert (refusal.value.rule, refusal.value.params) == ("evidence.quota", {"have": 2000, "most": 2500})  # type: ignore[attr-defined]
        assert await uploads.taken_up(session, world.agencies[0].id, at=world.now + timedelta(minutes=16)) == 0, "what never came counts no longer"


async def test_a_long_file_is_never_whole_in_memory(world: World, tmp_path: Path) -> None:
    content = mp4(48 * 2**20)
    issued = await ticket(world, content, name="a.mp4")

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 2**16):
            yield content[start : start + 2**16]

    async with served(world, tmp_path) as client:
        tracemalloc.start()
        response = await client.put(issued["url"], content=parts())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (response.status_code, [one.stat().st_size for one in kept(tmp_path)]) == (200, [len(content)])
    assert peak < 12 * 2**20


class Failing(Folder):
    """A store whose disk gives up before anything is there."""

    async def keep(self, file: Path, key: str) -> None:
        raise Away(f"{file.name} {key}")


async def test_what_is_not_there_for_good_is_not_acknowledged(world: World, tmp_path: Path) -> None:
    content = jpeg()
    issued = await ticket(world, content)
    async with served(world, tmp_path, store=Failing(tmp_path)) as client:
        response = await client.put(issued["url"], content=content)
        assert (response.status_code, "retry-after" in response.headers) == (503, True)
    assert (kept(tmp_path), [one.digest for one in await world.rows(Upload, organization_id=world.agencies[0].id)]) == ([], [None])
    async with served(world, tmp_path) as client:
        assert (await client.put(issued["url"], content=content)).status_code == 200, "the same ticket will do"


async def test_a_client_that_hangs_up_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 3_000_000
        raise asyncio.CancelledError

    incoming = Incoming(tmp_path / ".incoming")
    with pytest.raises(asyncio.CancelledError):
        async with incoming.taken(broken(), size=10):
            raise AssertionError("it never came")
    assert (kept(tmp_path), incoming.under_way) == ([], 0)
    incoming.under_way = AT_ONCE
    with pytest.raises(Away):
        async with incoming.taken(broken(), size=10):
            raise AssertionError("there was no room")


def test_what_a_killed_process_left_is_tidied_away(tmp_path: Path) -> None:
    old, young = tmp_path / "old", tmp_path / "young"
    now = clock.now()
    for path, at in ((old, now - timedelta(days=2)), (young, now)):
        path.write_bytes(b"x")
        os.utime(path, (at.timestamp(), at.timestamp()))
    Incoming(tmp_path).tidy(now)
    assert kept(tmp_path) == [young]
    Incoming(tmp_path / "none").tidy(now)


@pytest.mark.requirement("B052")
async def test_only_what_no_row_refers_to_is_swept_away(world: World, tmp_path: Path) -> None:
    row = await brought(world, tmp_path, jpeg())
    assert (await put(world, tmp_path, jpeg())).status_code == 200
    (tmp_path / "of" / "somebody").mkdir(parents=True)
    (tmp_path / "of" / "somebody" / "else").write_bytes(b"x")
    store, now = Folder(tmp_path), clock.now()
    found = await swept(store, world.maker, now=now)
    assert (found.gone, found.stay, found.strange) == (0, 2, 1), "both are of today"
    found = await swept(store, world.maker, now=now + timedelta(days=10))
    assert (found.gone, found.stay) == (0, 2), "it may still be attached"
    found = await swept(store, world.maker, now=now + DAYS)
    assert (found.gone, found.stay, found.strange) == (1, 1, 1)
    assert {one.name for one in kept(tmp_path)} == {row.digest.hex(), "else"}


async def test_what_was_swept_away_meanwhile_is_not_acknowledged(world: World, tmp_path: Path) -> None:
    class Sweeping(Folder):
        async def keep(self, file: Path, key: str) -> None:
            await super().keep(file, key)
            await self.drop(key)

    issued = await ticket(world, content := jpeg())
    async with served(world, tmp_path, store=Sweeping(tmp_path)) as client:
        assert (await client.put(issued["url"], content=content)).status_code == 503
    assert [one.digest for one in await world.rows(Upload, organization_id=world.agencies[0].id)] == [None]


async def test_the_operator_sees_what_is_missing_or_was_changed(world: World, tmp_path: Path) -> None:
    sound, changed, gone = [await brought(world, tmp_path, jpeg()) for _ in range(3)]
    for path in kept(tmp_path):
        if path.name == changed.digest.hex():
            path.write_bytes(path.read_bytes()[:-1] + b"x")
        if path.name == gone.digest.hex():
            path.unlink()
    looked, wrong = await faults(Folder(tmp_path), world.maker)
    mine = {one.partition(":")[0]: one.partition(": ")[2] for one in wrong if one[4:36] in {row.id.hex for row in (sound, changed, gone)}}
    assert looked >= 3
    assert mine == {f"evi_{changed.id.hex}": "its bytes were changed", f"evi_{gone.id.hex}": "missing, or of another length"}
    async with served(world, tmp_path) as client:
        answer = await client.get(f"/files/evi_{gone.id.hex}", headers={"Authorization": f"Bearer {WHO}"})
        assert answer.status_code == 503


async def test_the_same_bytes_of_two_organizations_lie_apart(world: World, tmp_path: Path) -> None:
    content = jpeg()
    await brought(world, tmp_path, content)
    await brought(world, tmp_path, content)
    assert len(kept(tmp_path)) == 1
    issued = (await world.done("agency_clerk_1", TICKET, at=clock.now(), i=announced(content, "a.jpg")))["uploadIssueTicket"]
    async with served(world, tmp_path) as client:
        assert (await client.put(issued["url"], content=content)).status_code == 200
    assert len(kept(tmp_path)) == 2


async def test_evidence_of_a_visit_goes_to_the_team(world: World, tmp_path: Path) -> None:
    visit, team = await notified(world)
    content = jpeg()
    row = await attached(world, WHO, visit, content=content)
    place = tmp_path / uploads.place_in_store(row.organization_id, row.digest)
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    world.actors["member"] = team[0][1]
    async with served(world, tmp_path) as client:
        assert (await client.get(f"/files/evi_{row.id.hex}", headers={"Authorization": "Bearer member"})).content == content
