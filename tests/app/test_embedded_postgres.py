"""The embedded database starts, stops, survives, and leaves nothing behind. Every server here is a real one, with fsync on."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from app.databases import connect, faults_of_role
from app.embedded_postgres import EmbeddedPostgres
from app.postgres_cluster import APP, AUDITOR, OWNER, SUPERUSER
from app.postgres_programs import NotStarted, account_for
from app.processes import command_line
from tests.cluster import alive, ask, memory, scratch_folder

ROOT = Path(__file__).resolve().parents[2]
SUPERVISED = """
import signal, sys
from pathlib import Path
from app.embedded_postgres import EmbeddedPostgres
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with EmbeddedPostgres(Path(sys.argv[1])) as postgres:
    print(postgres.pid, postgres.url("dudao_owner"), flush=True)
    signal.pause()
"""
WATCHED = """
import os, signal, subprocess
from app.embedded_postgres import watch
from app.postgres_programs import named
signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # who starts us in the background may have told us to ignore it, and so the sleeper
sleeper = subprocess.Popen(["sleep", "60"])
watcher = watch(sleeper.pid, named(os.geteuid()))
print(sleeper.pid, flush=True)
signal.pause()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with scratch_folder(memory()) as place:
        yield place


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedPostgres]:
    with scratch_folder(memory()) as place, EmbeddedPostgres(place) as postgres:
        yield postgres


def spawn(script: str, *words: str) -> tuple[subprocess.Popen[str], list[str]]:
    """A Python of its own that runs `script`, and the words of its first line."""
    process = subprocess.Popen([sys.executable, "-c", script, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, process.stdout.readline().split()


def ended(process: subprocess.Popen[str]) -> int:
    """The code of a process that is ending; its pipe is closed."""
    process.communicate(timeout=30)
    return process.returncode


def soon(happens: Callable[[], bool], *, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while not (happened := happens()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return happened


def gone(pid: int) -> bool:
    return not alive(pid) or "postgres" not in command_line(pid)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_rows_and_passwords_outlive_a_restart(folder: Path) -> None:
    with EmbeddedPostgres(folder) as first:
        assert ask(first.url(OWNER), "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7) RETURNING n") == 7
        url, pid = first.url(OWNER), first.pid
    assert pid
    assert gone(pid)
    assert not (folder / "data" / "postmaster.pid").exists()
    with EmbeddedPostgres(folder) as second:
        assert second.url(OWNER) == url
        assert ask(second.url(OWNER), "SELECT n FROM kept") == 7


def test_nobody_else_can_look_in(running: EmbeddedPostgres) -> None:
    assert {mode(running.home / name) for name in (".", "data", "socket", "socket/.s.PGSQL.5432")} == {0o700}
    assert {mode(running.home / name) for name in ("roles.json", "lock")} == {0o600}
    assert ask(running.url(OWNER), "SHOW listen_addresses") == ""
    with pytest.raises(NotStarted, match="does not let us in"):
        ask(running.url(APP).replace(f"{APP}:", f"{APP}:not-"), "SELECT 1")


def test_the_cluster_is_as_it_was_asked_for(running: EmbeddedPostgres) -> None:
    locale = "SELECT datlocprovider::text || datlocale || ' ' || pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'dudao'"
    assert ask(running.url(APP), locale) == "bC.UTF-8 UTF8"
    for name, value in {"data_checksums": "on", "password_encryption": "scram-sha-256", "TimeZone": "UTC", "fsync": "on"}.items():
        assert ask(running.url(APP), f"SHOW {name}") == value
    assert ask(running.url(SUPERUSER), "SELECT bool_and(rolpassword LIKE 'SCRAM-SHA-256%') FROM pg_authid WHERE rolcanlogin") is True


def test_each_role_may_what_it_must_and_no_more(running: EmbeddedPostgres) -> None:
    rights = "SELECT concat_ws(' ', rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls) FROM pg_roles WHERE rolname = current_user"
    assert ask(running.url(OWNER), rights) == "f t f f t"
    assert ask(running.url(APP), rights) == ask(running.url(AUDITOR), rights) == "f f f f f"
    for role in (APP, AUDITOR):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            ask(running.url(role), "CREATE TABLE mine (n int)")


def test_a_role_that_sees_past_the_wall_is_told(running: EmbeddedPostgres) -> None:
    async def faults(role: str) -> list[str]:
        connection = await connect(running.url(role))
        try:
            return await faults_of_role(connection)
        finally:
            await connection.close()

    assert asyncio.run(faults(APP)) == []
    assert asyncio.run(faults(OWNER)) == ["bypasses row-level security", "may not stand behind every wall", "owns the database"]
    assert asyncio.run(faults(SUPERUSER))[:2] == ["is a superuser", "bypasses row-level security"]


def test_a_killed_parent_leaves_no_server_and_loses_no_acknowledged_row(folder: Path) -> None:
    process, (pid, url) = spawn(SUPERVISED, str(folder))
    acknowledged = []

    async def inserting() -> None:
        connection = await connect(url)
        await connection.execute("CREATE TABLE kept (n int)")
        try:
            for number in range(100_000):
                acknowledged.append(await connection.fetchval("INSERT INTO kept VALUES ($1) RETURNING n", number))
                if number == 200:
                    process.kill()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection.terminate()

    asyncio.run(inserting())
    assert ended(process) == -signal.SIGKILL
    assert len(acknowledged) > 200
    with EmbeddedPostgres(folder) as again:  # while the old server may still be on its way out
        assert gone(int(pid))
        assert ask(again.url(OWNER), f"SELECT count(*) FROM kept WHERE n < {len(acknowledged)}") == len(acknowledged)


def test_a_second_start_waits_for_the_first_to_end(folder: Path) -> None:
    process, (pid, _) = spawn(SUPERVISED, str(folder))
    threading.Timer(0.3, process.terminate).start()
    with EmbeddedPostgres(folder) as second:
        assert gone(int(pid))
        assert second.pid != int(pid)
    assert ended(process) == 0


def test_a_running_server_is_adopted_and_left_alone(running: EmbeddedPostgres) -> None:
    guest = EmbeddedPostgres(running.home).start(adopt=True)
    assert guest.pid is None
    assert guest.url(APP) == running.url(APP)
    assert ask(guest.url(APP), "SELECT 1") == 1
    guest.stop()
    assert ask(running.url(APP), "SELECT 1") == 1


def test_a_stale_pid_of_another_process_does_not_stop_the_start(folder: Path) -> None:
    with EmbeddedPostgres(folder) as first:
        lines = (first.data / "postmaster.pid").read_text().splitlines()
    left = folder / "data" / "postmaster.pid"
    left.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    account_for(folder / "data").own(left)
    with EmbeddedPostgres(folder) as second:
        assert ask(second.url(APP), "SELECT 1") == 1


def test_a_killed_server_is_started_again(folder: Path) -> None:
    with EmbeddedPostgres(folder) as postgres:
        ask(postgres.url(OWNER), "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7) RETURNING n")
        assert postgres.revive() is False
        killed = postgres.pid
        assert killed
        os.kill(killed, signal.SIGKILL)

        def back() -> bool:
            postgres.revive()
            try:
                return ask(postgres.url(OWNER), "SELECT n FROM kept") == 7
            except NotStarted:
                return False

        assert soon(back)
        assert postgres.pid != killed


def test_a_killed_creation_is_made_anew(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    account_for(folder / "data").own(folder)
    (folder / "data.new").mkdir()
    (folder / "data.new" / "PG_VERSION").write_text("half")
    with EmbeddedPostgres(folder) as postgres:
        assert ask(postgres.url(APP), "SELECT 1") == 1


def test_what_is_done_meanwhile_is_done_once_with_a_new_cluster_an_old_one_and_an_adopted_one(folder: Path) -> None:
    done: list[str] = []
    for what in ("new", "old"):
        postgres = EmbeddedPostgres(folder).start(meanwhile=partial(done.append, what))
        try:
            assert ask(postgres.url(APP), "SELECT 1") == 1
            EmbeddedPostgres(folder).start(adopt=True, meanwhile=partial(done.append, "adopted"))
        finally:
            postgres.stop()
    assert done == ["new", "adopted", "old", "adopted"]


@pytest.mark.parametrize("times", [1, 2])
def test_told_to_end_meanwhile_it_leaves_no_server_and_a_whole_cluster(folder: Path, times: int) -> None:
    def told() -> None:
        raise SystemExit(0)

    for _ in range(times):
        with pytest.raises(SystemExit):
            EmbeddedPostgres(folder).start(meanwhile=told)
        assert not (folder / "data" / "postmaster.pid").exists()
    with EmbeddedPostgres(folder) as postgres:
        assert ask(postgres.url(APP), "SELECT 1") == 1


def test_a_path_too_long_for_a_socket_gets_a_short_one(folder: Path) -> None:
    with EmbeddedPostgres(folder / ("deep" * 25)) as postgres:
        assert len(postgres.url(APP).split("host=")[1]) < 100
        assert ask(postgres.url(APP), "SELECT 1") == 1


def test_only_the_main_thread_may_start(folder: Path) -> None:
    caught: list[BaseException] = []

    def start() -> None:
        try:
            EmbeddedPostgres(folder).start()
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert len(caught) == 1


def test_where_the_kernel_does_not_a_watcher_ends_the_server() -> None:
    process, (pid,) = spawn(WATCHED)
    process.kill()
    ended(process)
    assert soon(lambda: not command_line(int(pid)))
