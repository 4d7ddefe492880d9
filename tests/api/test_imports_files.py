"""Files of rosters on their way: what cannot be read as a whole, who may bring one, and the bytes by HTTP."""

import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx2
import pytest

from app import clock
from app.routes import application
from domain.roster_columns import DISTRICT_COLUMNS
from models.imports import RosterImport, Upload
from models.organizations import Organization
from seeds.rosters import invented
from tests.http.small import house
from tests.making_imports import COMMIT, START, TICKET, agencies, brought_in, empty, file_of, people, started, ticket, uploaded
from tests.world import ID_KEYS, World, codes, key

pytestmark = pytest.mark.anyio


@pytest.fixture
async def fresh(world: World) -> World:
    return await empty(world)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("名册.xlsx", b"", "sheet_no_header"),
        ("名册.xlsx", b"\x00\x01\x02" * 100, "sheet_not_a_sheet"),
        ("名册.csv", "姓名,电话\n张三,1\n".encode(), "sheet_no_header"),
        ("名册.xlsx", b"PK\x03\x04 not a zip", "sheet_not_a_sheet"),
        ("名册.csv", "行政区划代码,区名称,机构名称\n".encode() + b"1,2,3\n" * 50_100, "sheet_too_many_rows"),
    ],
)
async def test_a_file_that_cannot_be_read_as_a_whole(fresh: World, *, name: str, content: bytes, problem: str) -> None:
    upload = await uploaded(fresh, content, name=name)
    answer = await fresh.ask("center_admin", START, i={"idempotencyKey": key(), "upload": upload, "kind": "DISTRICTS"})
    assert (codes(answer), answer["data"]) == (["BAD_USER_INPUT"], {"rosterImportStart": None})
    assert answer["errors"][0]["extensions"]["problem"] == problem
    assert await fresh.rows(RosterImport, center_id=fresh.center.id) == []


async def test_a_zip_bomb(fresh: World) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b"<sheetData>" + b" " * 50_000_000)
    upload = await uploaded(fresh, bomb.getvalue())
    answer = await fresh.ask("center_admin", START, i={"idempotencyKey": key(), "upload": upload, "kind": "AGENCIES"})
    assert answer["errors"][0]["extensions"]["problem"] == "sheet_too_large"


async def test_the_wrong_kind_is_told_by_its_missing_columns(fresh: World) -> None:
    found = await started(fresh, "AGENCIES", file_of("DISTRICTS", invented.districts()))
    assert found["status"] == "REJECTED"
    assert {one["code"] for one in found["problems"]} == {"MISSING_COLUMN"}


async def test_many_problems_are_counted_and_the_first_thousand_told(fresh: World) -> None:
    found = await started(fresh, "DISTRICTS", file_of("DISTRICTS", [["999999", "无", "无", None]] * 1_500))
    assert (found["problemCount"], len(found["problems"])) == (1_500 + 1_499, 1_000)
    assert found["problems"][0]["line"] == 2


async def test_only_the_center_brings_rosters(world: World, elsewhere: World) -> None:
    for who in ("center_clerk", "district_admin_0", "agency_admin_0"):
        answer = await world.ask(who, TICKET, i={"idempotencyKey": key(), "fileName": "a.csv"})
        assert (codes(answer), answer["data"]) == (["FORBIDDEN"], {"uploadIssueTicket": None})
    assert await world.rows(Upload, organization_id=world.districts[0].id) == []
    content = file_of("AGENCIES", agencies(1))
    upload = await uploaded(world, content)
    for stranger, who in ((elsewhere, "center_admin"), (world, "center_clerk"), (world, "district_admin_0")):
        answer = await stranger.ask(who, START, i={"idempotencyKey": key(), "upload": upload, "kind": "AGENCIES"})
        assert codes(answer) == ["NOT_FOUND"]
    found = await started(world, "DISTRICTS", file_of("DISTRICTS", invented.districts()[5:6]))
    assert found["status"] == "CHECKED"
    document = "query($id: ID!) { rosterImport(id: $id) { status upload { id } availableSteps { mutation } } rosterImports(first: 5) { totalCount } }"
    mine = await world.done("center_admin", document, id=found["id"])
    assert mine["rosterImport"]["availableSteps"] == [{"mutation": "rosterImportCommit"}]
    clerk = await world.done("center_clerk", document, id=found["id"])
    assert clerk == {"rosterImport": {"status": "CHECKED", "upload": None, "availableSteps": []}, "rosterImports": {"totalCount": 1}}
    for stranger, who in ((elsewhere, "center_admin"), (world, "district_admin_0"), (world, "agency_admin_0")):
        answer = await stranger.ask(who, document, id=found["id"])
        assert (codes(answer), answer["data"]["rosterImports"]) == (["NOT_FOUND"], {"totalCount": 0})
    for stranger, who, code in (
        (elsewhere, "center_admin", "NOT_FOUND"),
        (world, "center_clerk", "FORBIDDEN"),
        (world, "district_admin_0", "NOT_FOUND"),
    ):
        answer = await stranger.ask(who, COMMIT, i={"idempotencyKey": key(), "rosterImport": found["id"]})
        assert codes(answer) == [code]
    stale = await world.ask("center_admin", COMMIT, i={"idempotencyKey": key(), "rosterImport": found["id"], "expectedVersion": 7})
    assert (codes(stale), stale["errors"][0]["extensions"]["reason"]) == (["CONFLICT"], "STALE")
    assert len(await world.rows(Organization, center_id=world.center.id)) == 7


async def test_the_same_key_gives_the_same_answer(fresh: World) -> None:
    one = {"idempotencyKey": key(), "fileName": "名册.csv"}
    first, again = [(await fresh.done("center_admin", TICKET, i=one))["uploadIssueTicket"] for _ in range(2)]
    assert again == {**first, "replayed": True}
    assert len(await fresh.rows(Upload, organization_id=fresh.center.id)) == 1
    answer = await fresh.ask("center_admin", TICKET, i={**one, "fileName": "别的.csv"})
    assert answer["errors"][0]["extensions"]["reason"] == "KEY_REUSED"
    checked = await started(fresh, "DISTRICTS", file_of("DISTRICTS", invented.districts()))
    commit = {"idempotencyKey": key(), "rosterImport": checked["id"]}
    done, replayed = [(await fresh.done("center_admin", COMMIT, i=commit))["rosterImportCommit"] for _ in range(2)]
    assert replayed == {**done, "replayed": True}
    assert len(await fresh.rows(Organization, center_id=fresh.center.id)) == 17


@pytest.mark.parametrize(
    ("name", "problem"), [("名册.xls", "roster_ending"), ("xlsx", "roster_ending"), ("  ", "required"), ("长" * 121 + ".csv", "too_long")]
)
async def test_a_file_name_that_is_refused(fresh: World, *, name: str, problem: str) -> None:
    answer = await fresh.ask("center_admin", TICKET, i={"idempotencyKey": key(), "fileName": name})
    assert answer["errors"][0]["extensions"]["problem"] == problem
    assert await fresh.rows(Upload, organization_id=fresh.center.id) == []


async def test_a_dry_run_needs_the_bytes(fresh: World) -> None:
    issued = await ticket(fresh)
    answer = await fresh.ask("center_admin", START, i={"idempotencyKey": key(), "upload": issued["upload"]["id"], "kind": "AGENCIES"})
    assert answer["errors"][0]["extensions"]["problem"] == "bytes_missing"


async def issued_now(world: World) -> dict[str, Any]:
    """A ticket by the clock on the wall, which the route goes by."""
    data = await world.done("center_admin", TICKET, at=clock.now(), i={"idempotencyKey": key(), "fileName": "区.csv"})
    return data["uploadIssueTicket"]


async def test_the_bytes_come_by_http(fresh: World) -> None:
    served = application(
        replace(house(), id_keys=ID_KEYS, database=fresh.database, settings=house().settings.model_copy(update={"upload_bytes": 5_000}))
    )
    content = invented.text_of_rows([invented.headers(DISTRICT_COLUMNS), *invented.districts()])
    issued, other, old = await issued_now(fresh), await issued_now(fresh), await ticket(fresh)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=served), base_url="http://dudao.test") as client:
        answer = await client.put(issued["url"], content=content)
        assert (answer.status_code, answer.json()) == (
            200,
            {"upload": issued["upload"]["id"], "sha256": sha256(content).hexdigest(), "bytes": len(content)},
        )
        assert (await client.put(issued["url"], content=content)).status_code == 200
        assert (await client.put(issued["url"], content=b"other")).json()["errors"][0]["extensions"]["code"] == "CONFLICT"
        for url in (old["url"], "/uploads/x", "/uploads/" + "0" * 64, "/uploads/%00"):
            unknown = await client.put(url, content=content)
            assert (unknown.status_code, unknown.json()["errors"][0]["extensions"]["code"]) == (404, "BAD_USER_INPUT")
        assert (await client.put(other["url"], content=b"x" * 5_001)).status_code == 413
        assert (await client.put(other["url"], content=b"x", headers={"Content-Encoding": "gzip"})).status_code == 415
        assert (await client.get(issued["url"])).status_code == 405
    [stored] = [one for one in await fresh.rows(Upload, organization_id=fresh.center.id) if one.content is not None]
    assert (ID_KEYS.open(stored.content, about=stored.id), stored.ticket_hash) == (
        content,
        sha256(issued["url"].rpartition("/")[2].encode()).digest(),
    )
    found = await fresh.done("center_admin", START, i={"idempotencyKey": key(), "upload": issued["upload"]["id"], "kind": "DISTRICTS"})
    assert found["rosterImportStart"]["rosterImport"]["status"] == "CHECKED"


async def contents(world: World) -> dict[str, bool]:
    """Of each upload of the center, whether its bytes are still there."""
    return {f"upl_{one.id.hex}": one.content is not None for one in await world.rows(Upload, organization_id=world.center.id)}


async def test_the_bytes_of_a_roster_go_when_it_is_in_or_refused_or_old(fresh: World) -> None:
    """They hold id numbers (PIPL 47); the digest stays, so that the same bytes are still known."""
    rows = [[*row[:2], None, *row[3:]] for row in people(2, agencies(1))]
    waiting = await uploaded(fresh, b"not looked at yet")
    await brought_in(fresh, "SUPERVISORS", rows)
    refused = await started(fresh, "SUPERVISORS", file_of("SUPERVISORS", [[*rows[0][:1], "1", *rows[0][2:]]]))
    assert refused["status"] == "REJECTED"
    there = await contents(fresh)
    assert [name for name, kept in there.items() if kept] == [waiting]
    assert all(one.digest for one in await fresh.rows(Upload, organization_id=fresh.center.id))
    again = await fresh.ask(
        "center_admin", START, i={"idempotencyKey": key(), "upload": next(one for one in there if one != waiting), "kind": "SUPERVISORS"}
    )
    assert not codes(again) or again["errors"][0]["extensions"]["problem"] == "bytes_missing"
    fresh.now += timedelta(days=8)
    await ticket(fresh)
    assert not any((await contents(fresh)).values())
