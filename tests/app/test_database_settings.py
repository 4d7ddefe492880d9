"""The settings of the database reach it: how long PostgreSQL bears one statement, and the transactions that may take longer."""

from collections.abc import AsyncIterator

import orjson
import pytest

from app.embedded_postgres import EmbeddedPostgres
from app.main import database_at
from app.settings import Settings
from models.database import Database, Reading, reading_in

pytestmark = pytest.mark.anyio

SLEEP = "SELECT pg_sleep(0.2)::text"
PAUSE = "idle_in_transaction_session_timeout"


@pytest.fixture
async def hurried(cluster: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """One connection, so that whoever comes next has that of whoever was before."""
    for name, value in {"STATEMENT_TIMEOUT": "0.1", "POOL_SIZE": "1", "ID_KEY": "k" * 32, "SEAL_KEY": "s" * 32, "CURSOR_KEY": "c" * 32}.items():
        monkeypatch.setenv(f"DUDAO_{name}", value)
    database = database_at(cluster.url("dudao_app"), Settings())  # type: ignore[call-arg]  # all of it comes from the environment
    yield database
    await database.close()


async def patience(reading: Reading) -> list[object]:
    """What PostgreSQL bears there."""
    said = await reading.document("SELECT json_build_array(current_setting('statement_timeout'), current_setting($1))::text", [PAUSE])
    return list(orjson.loads(said or b""))


async def test_the_statement_timeout_of_the_settings_holds_wherever_one_reads_or_writes(hurried: Database) -> None:
    async with hurried.transaction() as session:
        assert await patience(await reading_in(session)) == ["100ms", "10s"]
    assert await patience(hurried.read()) == ["100ms", "10s"]
    assert await patience(hurried.glance()) == ["100ms", "10s"]


async def test_a_statement_that_takes_longer_is_ended(hurried: Database) -> None:
    with pytest.raises(Exception, match="statement timeout") as ended:
        async with hurried.transaction() as session:
            await (await reading_in(session)).document(SLEEP, [])
    assert getattr(ended.value, "sqlstate", None) == "57014"


async def test_a_transaction_with_a_time_of_its_own_keeps_it_to_itself(hurried: Database) -> None:
    async with hurried.transaction(seconds=60) as session:
        assert await patience(await reading_in(session)) == ["1min", "1min"]
        await (await reading_in(session)).document(SLEEP, [])
    async with hurried.transaction() as session:
        assert await patience(await reading_in(session)) == ["100ms", "10s"]
