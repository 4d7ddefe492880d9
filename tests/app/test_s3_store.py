"""Evidence in a bucket, against a real server that checks every signature: kept, had, swept and refused as in a folder."""

import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app import clock
from app.file_care import faults, swept
from app.file_store import Away, Store, store_of
from app.s3_store import PART
from app.settings import BadSetting, whole
from domain.uploads import place_in_store
from models.base import new_id
from models.imports import Upload
from tests.app.test_files import WHO, brought, ticket
from tests.app.test_files import kept as files_in
from tests.bucket_server import Server, bucket_server
from tests.making_evidence import jpeg, mp4, served
from tests.world import World

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with bucket_server(tmp_path_factory.mktemp("bucket")) as found:
        yield found


@pytest.fixture
def store(server: Server) -> Store:
    return store_of(server.settings())


async def test_what_is_put_is_had_again_and_dropped(store: Store, tmp_path: Path) -> None:
    """A short one in one request; a long one in parts, out and back."""
    for length in (1, 100_000, 2 * PART + 12_345):
        content, key, file = mp4(length), place_in_store(new_id(), new_id().bytes * 2), tmp_path / "file"
        file.write_bytes(content)
        assert not await store.has(key, size=len(content))
        await store.keep(file, key)
        assert await store.has(key, size=len(content))
        assert not await store.has(key, size=len(content) + 1)
        assert b"".join([part async for part in store.read(key)]) == content
        assert key in {one.key async for one in store.kept()}
        await store.drop(key)
        await store.drop(key)
        assert not await store.has(key, size=len(content))


async def test_a_server_that_refuses_or_is_not_there_is_away(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x")
    wrong = store_of(server.settings(s3_secret_key="another secret than the server knows"))
    absent = store_of(server.settings(s3_bucket="no-such-bucket"))
    nobody = store_of(server.settings(s3_endpoint="http://127.0.0.1:9"))
    for store in (wrong, absent, nobody):
        with pytest.raises(Away) as refusal:
            await store.keep(file, "a/b/c")
        assert "secret" not in str(refusal.value)
    for store in (wrong, nobody):
        with pytest.raises(Away):
            await store.has("a/b/c", size=1)
        with pytest.raises(Away):
            [part async for part in store.read("a/b/c")]
        with pytest.raises(Away):
            [one async for one in store.kept()]


@pytest.mark.requirement("B018")
async def test_evidence_goes_into_the_bucket_and_out_by_right(world: World, store: Store, tmp_path: Path) -> None:
    content = mp4(PART + 500_000)
    issued = await ticket(world, content, name="a.mp4")
    async with served(world, tmp_path, store=store) as client:
        tracemalloc.start()
        assert (await client.put(issued["url"], content=content)).status_code == 200
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 3 * PART
    assert files_in(tmp_path) == [], "nothing stays on the way"
    [upload] = await world.rows(Upload, organization_id=world.agencies[0].id)
    assert upload.digest == upload.expected


async def test_a_route_that_reads_from_the_bucket(world: World, store: Store, tmp_path: Path) -> None:
    content = jpeg()
    row = await brought(world, tmp_path, content)
    file = tmp_path / "again"
    file.write_bytes(content)
    key = place_in_store(row.organization_id, row.digest)
    async with served(world, tmp_path, store=store) as client:
        path, headers = f"/files/evi_{row.id.hex}", {"Authorization": f"Bearer {WHO}"}
        assert (await client.get(path, headers=headers)).status_code == 503, "it lies elsewhere"
        await store.keep(file, key)
        found = await client.get(path, headers=headers)
        assert (found.status_code, found.content, found.headers["content-length"]) == (200, content, str(len(content)))
        assert found.headers["content-disposition"].startswith("attachment")
        head = await client.head(path, headers=headers)
        assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(content)))
        assert (await client.get(path, headers={"Authorization": "Bearer agency_admin_1"})).status_code == 404
    _, wrong = await faults(store, world.maker)
    assert f"evi_{row.id.hex}" not in {one.partition(":")[0] for one in wrong}
    await store.keep(file, place_in_store(row.organization_id, bytes(32)))
    found = await swept(store, world.maker, now=clock.now() + timedelta(days=40))
    assert found.gone >= 1
    assert await store.has(key, size=len(content))
    assert not await store.has(place_in_store(row.organization_id, bytes(32)), size=len(content))


@pytest.mark.parametrize("missing", ["s3_bucket", "s3_access_key", "s3_secret_key"])
def test_a_bucket_needs_its_name_and_who_we_are(missing: str) -> None:
    settings = Server("http://127.0.0.1:9", "").settings(**{missing: None})
    with pytest.raises(BadSetting, match=f"DUDAO_{missing.upper()} must be given"):
        whole(settings)
    assert whole(settings.model_copy(update={"files": "folder"})).files == "folder"
