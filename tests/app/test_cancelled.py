"""Clients that hang up in the middle: what they asked for ends in the database too, and their connections serve the next at once."""

import asyncio
import http.client
import json
import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from app import clock
from app.embedded_postgres import EmbeddedPostgres
from app.postgres_cluster import SUPERUSER
from tests.app.test_kill import REGISTER, founded, url_of
from tests.app.test_serve import Operator, Service, soon
from tests.cluster import ask, memory, scratch_folder

POOL, CLIENTS, ROUNDS = 3, 9, 60
SEED = 20_261_122
LIST = "{ recognitionSessions(first: 1) { nodes { id } } }"

# whoever reads or writes such a row waits a minute, unless somebody ends it
SLOW = "CREATE POLICY slow ON recognition_session AS RESTRICTIVE USING ((SELECT pg_sleep(60)::text) IS NOT NULL) WITH CHECK ((SELECT pg_sleep(60)::text) IS NOT NULL)"
ASLEEP = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dudao' AND wait_event = 'PgSleep'"
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dudao'"
BUSY = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dudao' AND state <> 'idle'"
WRITTEN = "SELECT (SELECT count(*) FROM recognition_session) + (SELECT count(*) FROM request) + (SELECT count(*) FROM event)"


@pytest.fixture(scope="module")
def operator() -> Iterator[Operator]:
    with scratch_folder(memory()) as folder:
        folder.mkdir(mode=0o755)
        patient = {"DUDAO_POOL_SIZE": str(POOL), "DUDAO_STATEMENT_TIMEOUT": "100", "DUDAO_QUERY_SECONDS": "100", "DUDAO_MUTATION_SECONDS": "100"}
        started = Operator(folder, settings=patient)
        yield started
        for process in started.processes:
            process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def service(operator: Operator) -> Service:
    return operator.serve()


@pytest.fixture(scope="module")
def token(operator: Operator, service: Service) -> str:
    """Of a clerk who has registered one session, so that there is something to read."""
    name = asyncio.run(founded(url_of(operator)))
    issued = operator.run("token", "issue", "--account", name, "--hours", "1").stdout.strip()
    assert "errors" not in answered(service, issued, registering("first"))
    return issued


def watching(operator: Operator) -> str:
    """As who sees what everybody's connections do."""
    return EmbeddedPostgres(operator.folder / "postgres").start(adopt=True).url(SUPERUSER)


def reading(_: str) -> bytes:
    return json.dumps({"query": LIST}).encode()


def registering(key: str) -> bytes:
    day = clock.now() + timedelta(days=30)
    said = {"occupation": "电工", "level": "SENIOR_3", "mode": "EXAM", "candidateCount": 40, "place": "实训楼"}
    said |= {"startsAt": day.isoformat(), "endsAt": (day + timedelta(hours=3)).isoformat()}
    return json.dumps({"query": REGISTER, "variables": {"input": {**said, "idempotencyKey": key}}}).encode()


def sent(service: Service, token: str, body: bytes) -> socket.socket:
    """A request whose answer nobody has read yet."""
    line = socket.create_connection(("127.0.0.1", service.port), timeout=10)
    head = f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    line.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return line


def answered(service: Service, token: str, body: bytes) -> dict[str, object]:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    try:
        connection.request("POST", "/graphql", body, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        found: dict[str, object] = json.loads(connection.getresponse().read())
        return found
    finally:
        connection.close()


@contextmanager
def slow(url: str) -> Iterator[None]:
    ask(url, SLOW, "SELECT 1")
    try:
        yield
    finally:
        ask(url, "DROP POLICY slow ON recognition_session", "SELECT 1")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("making", [reading, registering])
def test_who_hangs_up_leaves_no_statement_and_takes_no_connection_along(
    operator: Operator, service: Service, token: str, making: Callable[[str], bytes]
) -> None:
    url, watcher, asked = url_of(operator), watching(operator), [making(f"key-{n}") for n in range(CLIENTS)]
    before = ask(url, WRITTEN)
    with slow(url):
        lines = [sent(service, token, body) for body in asked]
        assert soon(lambda: ask(watcher, ASLEEP) == POOL), "not every connection is at work"
        for line in lines:
            line.close()
        assert soon(lambda: ask(watcher, BUSY) == 0), "what nobody waits for any more goes on"
    assert service.get("/readyz") == 200
    assert ask(url, WRITTEN) == before, "half of something is written"
    for body in asked:
        assert "errors" not in answered(service, token, body)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("making", [reading, registering])
def test_a_connection_that_was_hung_up_on_is_clean_whatever_the_moment_was(
    operator: Operator, service: Service, token: str, making: Callable[[str], bytes]
) -> None:
    """Who comes next finds no transaction of the one before, least of all a broken one; and no connection is lost."""
    watcher, dice = watching(operator), random.Random(SEED)  # noqa: S311
    for n in range(ROUNDS):
        lines = [sent(service, token, making(f"round-{n}-{m}")) for m in range(2 * POOL)]
        for line in lines:
            time.sleep(dice.uniform(0, 0.004))
            line.close()
    assert soon(lambda: ask(watcher, BUSY) == 0)
    found = [answered(service, token, ask_for(f"after-{making.__name__}-{n}")) for n in range(4 * POOL) for ask_for in (reading, registering)]
    assert [one for one in found if "errors" in one] == []
    assert soon(lambda: int(str(ask(watcher, CONNECTIONS))) <= 2 * POOL), "more than a pool for reading and one for writing"
