"""`dudao keys rotate` as an operator meets it, and a service that is given other keys than its database's."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app import migrate
from app.cli import app
from app.databases import Databases
from app.keys import id_keys
from app.postgres_programs import NotStarted
from app.serve import prepare
from app.settings import BadSetting, load
from domain.people import person_by_number
from models.database import Database
from seeds.rosters.invented import id_number
from tests.cluster import scratch_cluster
from tests.world import NOW

OLD = {"DUDAO_ID_KEY": "i" * 32, "DUDAO_SEAL_KEY": "s" * 32, "DUDAO_CURSOR_KEY": "c" * 32}
BOTH = OLD | {"DUDAO_ID_KEY": "I" * 32, "DUDAO_SEAL_KEY": "S" * 32, "DUDAO_ID_KEY_BEFORE": "i" * 32, "DUDAO_SEAL_KEY_BEFORE": "s" * 32}
NEW = OLD | {"DUDAO_ID_KEY": "I" * 32, "DUDAO_SEAL_KEY": "S" * 32}


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[str, str]]:
    with scratch_cluster() as cluster:
        migrate.upgrade(cluster.url("dudao_owner"))
        yield {"DUDAO_DATABASE_URL": cluster.url("dudao_app"), "DUDAO_OWNER_DATABASE_URL": cluster.url("dudao_owner")}


def given(monkeypatch: pytest.MonkeyPatch, *variables: dict[str, str]) -> None:
    for name in {**BOTH, "DUDAO_DATABASE_URL": "", "DUDAO_OWNER_DATABASE_URL": ""}:
        monkeypatch.delenv(name, raising=False)
    for name, value in {name: value for one in variables for name, value in one.items()}.items():
        monkeypatch.setenv(name, value)


async def named(url: str, *numbers: int) -> None:
    database = Database(url)
    async with database.transaction() as session:
        for number in numbers:
            await person_by_number(session, id_number(number), name="某", keys=id_keys(load()), on=NOW.date())
    await database.close()


def ready(urls: dict[str, str]) -> None:
    prepare(load(), Databases(urls["DUDAO_DATABASE_URL"], urls["DUDAO_OWNER_DATABASE_URL"], None))


def test_keys_change_beside_the_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, urls: dict[str, str]) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    given(monkeypatch, OLD, urls)
    asyncio.run(named(urls["DUDAO_DATABASE_URL"], *range(7)))
    ready(urls)

    given(monkeypatch, NEW, urls)
    with pytest.raises(NotStarted, match="DUDAO_SEAL_KEY does not open"):
        ready(urls)
    refused = run(app, ["keys", "rotate"])
    assert (refused.exit_code, refused.output.splitlines()[-1]) == (1, "7 numbers are opened by none of the keys given.")

    given(monkeypatch, NEW, urls, {"DUDAO_SEAL_KEY_BEFORE": "s" * 32})
    with pytest.raises(NotStarted, match="DUDAO_ID_KEY does not find"):
        ready(urls)

    given(monkeypatch, BOTH, urls)
    ready(urls)
    assert run(app, ["keys", "rotate"]).output == "7 id numbers put under the newest keys, 0 were there already.\n"
    again = run(app, ["keys", "rotate"])
    assert (again.exit_code, again.output) == (0, "0 id numbers put under the newest keys, 7 were there already.\n")

    given(monkeypatch, NEW, urls)
    ready(urls)
    asyncio.run(named(urls["DUDAO_DATABASE_URL"], *range(8)))
    assert run(app, ["keys", "rotate"]).output == "0 id numbers put under the newest keys, 8 were there already.\n"


def test_the_owner_is_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, urls: dict[str, str]) -> None:
    monkeypatch.chdir(tmp_path)
    given(monkeypatch, OLD, {"DUDAO_DATABASE_URL": urls["DUDAO_DATABASE_URL"]})
    assert isinstance(CliRunner().invoke(app, ["keys", "rotate"]).exception, BadSetting)
