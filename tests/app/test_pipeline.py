"""The one round trip of reading: what it keeps between questions, what a failure leaves behind, and what ends with a deadline."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from uuid import UUID

import orjson
import psycopg
import pytest

from app.databases import connect
from app.embedded_postgres import EmbeddedPostgres
from models.database import SETTINGS, Apart, Database, RightsChanged, Tenant, Wall, reading_in
from models.pipeline import PREPARED, NoConnection, Pipelines, for_libpq, without_options, written

pytestmark = pytest.mark.anyio

WHO = "SELECT json_build_array(current_user, current_setting('app.district', true), pg_backend_pid())::text"
SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(7.25)%' AND pid <> pg_backend_pid() AND state = 'active'"


@pytest.fixture
async def narrow(cluster: EmbeddedPostgres) -> AsyncIterator[Database]:
    """One connection, so that whoever comes next has that of whoever was before."""
    database = Database(cluster.url("dudao_app"), pool_size=1)
    yield database
    await database.close()


def tenant(number: int) -> Tenant:
    return Tenant(district_id=UUID(int=number), wall=Wall.DISTRICT)


async def test_the_tenant_of_a_question_is_gone_with_its_answer(narrow: Database) -> None:
    first = orjson.loads(await narrow.read(tenant(1)).document(WHO, []) or b"")
    second = orjson.loads(await narrow.read(tenant(2)).document(WHO, []) or b"")
    nobody = orjson.loads(await narrow.glance().document(WHO, []) or b"")
    assert first[2] == second[2] == nobody[2]
    assert (first[:2], second[:2]) == (["wall_district", str(UUID(int=1))], ["wall_district", str(UUID(int=2))])
    assert nobody[:2] == ["dudao_app", ""]


async def test_nobody_writes_there(narrow: Database) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        await narrow.read(tenant(1)).document("CREATE TEMPORARY TABLE t (n int)", [])


async def test_a_failure_ends_only_its_own_question(narrow: Database) -> None:
    [before] = orjson.loads(await narrow.glance().document("SELECT json_build_array(pg_backend_pid())::text", []) or b"")
    for _ in range(3):
        with pytest.raises(psycopg.errors.DivisionByZero):
            await narrow.read(tenant(1)).document("SELECT (1 / $1::int)::text", [0])
        with pytest.raises(psycopg.errors.UndefinedTable):
            await narrow.read(tenant(1)).document("SELECT n::text FROM no_such_table", [])
    [after] = orjson.loads(await narrow.glance().document("SELECT json_build_array(pg_backend_pid())::text", []) or b"")
    assert await narrow.read(tenant(1)).document("SELECT (1 / $1::int)::text", [1]) == b"1"
    assert before == after


async def test_what_goes_together_is_one_transaction(narrow: Database) -> None:
    begun = "SELECT json_build_array(current_user, now(), statement_timestamp() > now())::text"
    first, second, third = [orjson.loads(one) for one in await narrow.read(tenant(1)).documents([(begun, [])] * 3) if isinstance(one, bytes)]
    assert first[0] == "wall_district"
    assert first[:2] == second[:2] == third[:2]
    assert orjson.loads(await narrow.read(tenant(1)).document(begun, []) or b"")[1] != first[1]


async def test_behind_a_failure_nothing_is_said_and_before_it_all(narrow: Database) -> None:
    asked = [("SELECT (6 / $1::int)::text", [n]) for n in (1, 2, 0, 3)]
    for _ in range(2):
        first, second, failed = await narrow.read(tenant(1)).documents(asked)
        assert (first, second, type(failed)) == (b"6", b"3", psycopg.errors.DivisionByZero)
    assert await narrow.read(tenant(1)).documents(asked[:2]) == [b"6", b"3"]
    assert await narrow.read(tenant(1)).documents([("SELECT '1' WHERE false", []), *asked[:1]]) == [None, b"6"]


async def test_who_is_somebody_else_by_now_is_told_nothing(narrow: Database) -> None:
    ended = Tenant(district_id=UUID(int=1), wall=Wall.DISTRICT, login_id=UUID(int=7))
    with pytest.raises(RightsChanged, match="LOGIN"):
        await narrow.read(ended).documents([("SELECT '1'", []), ("SELECT (1 / 0)::text", [])])


async def test_prepared_statements_are_bounded(narrow: Database) -> None:
    for number in range(PREPARED + 50):
        assert await narrow.glance().document(f"SELECT '{number}'", []) == str(number).encode()
    held = int(await narrow.glance().document("SELECT count(*)::text FROM pg_prepared_statements", []) or b"")
    assert PREPARED - 1 <= held <= PREPARED + 1


async def test_a_deadline_ends_the_statement_and_frees_the_place(narrow: Database, cluster: EmbeddedPostgres) -> None:
    watching = await connect(cluster.url("dudao_owner"))
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await narrow.read(tenant(1)).document("SELECT pg_sleep(7.25)::text", [])
        assert await narrow.glance().document("SELECT '1'", []) == b"1"
        assert await watching.fetchval(SLEEPING) == 0
    await watching.close()


async def test_a_greeting_that_nobody_waits_for_any_more_serves_the_next(cluster: EmbeddedPostgres) -> None:
    settings = SETTINGS | {"application_name": "greeted"}
    pipelines, watching = Pipelines(cluster.url("dudao_app"), settings, size=2, patience=2), await connect(cluster.url("dudao_owner"))
    for _ in range(20):
        hasty = asyncio.ensure_future(pipelines.ask("", ("SELECT '1'", [])))
        await asyncio.sleep(0.001)
        hasty.cancel()
        await asyncio.gather(hasty, return_exceptions=True)
    assert await Apart(pipelines, None).document("SELECT '1'", []) == b"1"
    assert await watching.fetchval("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'greeted'") <= 2
    await pipelines.close()
    await watching.close()


async def test_who_waits_too_long_for_a_place_is_told(cluster: EmbeddedPostgres) -> None:
    pipelines = Pipelines(cluster.url("dudao_app"), SETTINGS, size=1, patience=0.1)
    slow = asyncio.ensure_future(pipelines.ask("", ("SELECT pg_sleep(0.5)::text", [])))
    await asyncio.sleep(0.2)
    with pytest.raises(NoConnection):
        await pipelines.ask("", ("SELECT '1'", []))
    await slow
    assert await Apart(pipelines, None).document("SELECT '1'", []) == b"1"
    await pipelines.close()


async def test_a_connection_that_died_is_not_used_again(narrow: Database, cluster: EmbeddedPostgres) -> None:
    [pid] = orjson.loads(await narrow.glance().document("SELECT json_build_array(pg_backend_pid())::text", []) or b"")
    owner = await connect(cluster.url("postgres"))
    await owner.execute("SELECT pg_terminate_backend($1)", pid)
    await owner.close()
    await asyncio.sleep(0.2)
    assert await narrow.glance().document("SELECT '1'", []) == b"1"


async def test_a_question_that_was_not_sent_whole_leaves_nothing_to_the_next(narrow: Database) -> None:
    """Its first half is with the server already; whoever came next on that connection would be given its answer."""
    for _ in range(3):
        with pytest.raises(psycopg.OperationalError, match="parameters"):
            await narrow.read(tenant(1)).document("SELECT '1'", [None] * 70_000)
        assert orjson.loads(await narrow.read(tenant(2)).document(WHO, []) or b"")[1] == str(UUID(int=2))


async def test_nobody_there_is_no_connection() -> None:
    database = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    with pytest.raises(NoConnection):
        await database.glance().document("SELECT '1'", [])
    await database.close()


VALUES = [
    (None, "text", "null"),
    (True, "bool", "true"),
    (-7, "int", "-7"),
    ("'\"\\,{}督", "text", '"\'\\"\\\\,{}督"'),
    (b"\x00\xff", "bytea", '"\\\\x00ff"'),
    (date(2026, 2, 28), "date", '"2026-02-28"'),
    (datetime(2026, 2, 28, 1, 2, 3, 4, tzinfo=UTC), "timestamptz", '"2026-02-28T01:02:03.000004+00:00"'),
    (UUID(int=5), "uuid", '"00000000-0000-0000-0000-000000000005"'),
    ([], "text[]", "[]"),
    (['a"b', "c\\d", ",{}", "", None, "NULL"], "text[]", '["a\\"b","c\\\\d",",{}","",null,"NULL"]'),
    ([1, 2], "int[]", "[1,2]"),
]


@pytest.mark.parametrize(("value", "kind", "json"), VALUES)
async def test_a_value_arrives_as_it_was_given(narrow: Database, value: object, kind: str, json: str) -> None:
    assert await narrow.glance().document(f"SELECT coalesce(to_json($1::{kind})::text, 'null')", [value]) == json.encode()


def test_a_text_that_libpq_would_cut_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        written("a\0b")


def test_the_address_is_said_in_libpqs_words() -> None:
    assert for_libpq("postgresql+asyncpg://me:p%40ss@there:5433/dudao?ssl=require") == "postgresql://me:p%40ss@there:5433/dudao?sslmode=require"
    assert without_options("postgresql+asyncpg://there/dudao?prepared_statement_cache_size=0") == ("postgresql+asyncpg://there/dudao", False)
    assert without_options("postgresql+asyncpg://there/dudao?host=%2Frun") == ("postgresql+asyncpg://there/dudao?host=%2Frun", True)


async def test_where_nothing_may_be_prepared_it_reads_all_the_same(cluster: EmbeddedPostgres) -> None:
    database = Database(cluster.url("dudao_app") + "&prepared_statement_cache_size=0", pool_size=1)
    for number in (1, 2):
        assert orjson.loads(await database.read(tenant(number)).document(WHO, []) or b"")[1] == str(UUID(int=number))
    assert await database.glance().document("SELECT count(*)::text FROM pg_prepared_statements", []) == b"0"
    async with database.transaction(tenant(1)) as session:
        assert await (await reading_in(session)).document("SELECT count(*)::text FROM pg_prepared_statements", []) == "0"
    await database.close()
