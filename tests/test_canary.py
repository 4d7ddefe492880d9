"""A thousand id numbers and a thousand telephone numbers go every way a number can take. None is seen again in a log, a dump or an error (S7)."""

import asyncio
import io
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx2
import pytest

from app import accounts, clock, migrate
from app.databases import connect
from app.embedded_postgres import EmbeddedPostgres
from app.main import create_app
from app.settings import Settings
from models.database import Database
from models.memberships import Account
from models.supervisors import Person
from seeds.rosters import invented
from tests.canary import LOGS, Canary, dumped
from tests.cases_dispatch import DISPATCH
from tests.cluster import scratch_cluster
from tests.making_imports import COMMIT, START, TICKET, file_of
from tests.making_sessions import id_number
from tests.making_supervisors import supervisor
from tests.world import World, key, shown

PLANTED = 1_000
IDS = [invented.id_number(700_000 + n) for n in range(PLANTED)]
PHONES = [f"1870012{n:04d}" for n in range(PLANTED)]
CANARY = Canary([*IDS, *PHONES])
CHECK = "query Check($i: BlacklistCheckInput!) { blacklistCheck(input: $i) { index listed } }"
ISSUE = "mutation($i: CardIssueInput!) { cardIssue(input: $i) { card { id } } }"
REVEAL = "mutation($i: PersonRevealIdentityInput!) { personRevealIdentity(input: $i) { idNumber person { id phone } } }"


@dataclass
class Town:
    """A service over HTTP with all its logs kept."""

    cluster: EmbeddedPostgres
    world: World
    client: httpx2.AsyncClient
    log: io.StringIO
    answers: list[dict[str, Any]] = field(default_factory=list)

    async def ask(self, query: str, /, *, name: str | None = None, **variables: object) -> dict[str, Any]:
        response = await self.client.post("/graphql", json={"query": query, "variables": variables, "operationName": name})
        self.answers.append(response.json())
        return self.answers[-1]

    async def done(self, query: str, /, **variables: object) -> Any:
        answer = await self.ask(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return next(iter(answer["data"].values()))

    async def brought(self, content: bytes) -> dict[str, Any]:
        """A dry run of a file over HTTP."""
        place = await self.done(TICKET, i={"idempotencyKey": key(), "fileName": "名册.xlsx"})
        assert (await self.client.put(place["url"], content=content)).status_code == 200
        started = await self.done(START, i={"idempotencyKey": key(), "upload": place["upload"]["id"], "kind": "SUPERVISORS"})
        return started["rosterImport"]


@pytest.fixture(scope="module")
def place() -> Iterator[EmbeddedPostgres]:
    with scratch_cluster() as cluster:
        migrate.upgrade(cluster.url("dudao_owner"))
        yield cluster


@pytest.fixture
async def town(place: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    """PostgreSQL itself logs every statement: with the settings that we start it with, not even then a value."""
    talk = await connect(place.url("postgres"))
    await talk.execute("ALTER SYSTEM SET log_statement = 'all'")
    await talk.execute("SELECT pg_reload_conf()")
    await talk.close()
    database = Database(place.url("dudao_owner"))
    world = await World.founded(database, profile="beijing-municipal")
    await world.hire("center_admin", world.center, name="owner")
    [account] = await world.rows(Account, id=world.actors["center_admin"].account_id)
    token = await accounts.issue_token(database, account.name, hours=1, now=clock.now())
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    settings = Settings(id_key="i" * 32, seal_key="s" * 32, cursor_key="c" * 32, allowed_hosts=["dudao.test"], get=True)  # type: ignore[call-arg]
    app = create_app(settings, database_url=place.url("dudao_app"))
    transport, mine = httpx2.ASGITransport(app=app), {"Authorization": f"Bearer {token}"}
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://dudao.test", headers=mine) as client:
        yield Town(place, world, client, log)
    await database.close()


def roster(first: int, count: int) -> list[list[invented.Cell]]:
    """External supervisors without an employer, with the planted numbers."""
    rows = [invented.supervisor(n * 5, 1) for n in range(first, first + count)]
    return [[row[0], IDS[first + n], None, row[3], *row[4:7], PHONES[first + n], *row[8:]] for n, row in enumerate(rows)]


async def rosters(town: Town) -> None:
    """400 people are brought in; 500 lines are refused, with the numbers in every column."""
    good = await town.brought(file_of("SUPERVISORS", roster(0, 400)))
    assert good["status"] == "CHECKED", good["problems"][:3]
    await town.done(COMMIT, i={"idempotencyKey": key(), "rosterImport": good["id"]})
    bad = roster(400, 500)
    for n, row in enumerate(bad):
        row[n % len(row)] = row[1] if n % 3 else f"{row[7]}，{row[1]}"
        row[8] = None if n % 2 else row[8]
    assert (await town.brought(file_of("SUPERVISORS", bad)))["status"] == "REJECTED"
    await town.client.put(f"/uploads/{IDS[900]}", content=file_of("SUPERVISORS", bad))


async def look_ups(town: Town) -> None:
    for start in range(0, PLANTED, 50):
        asked = [{"idNumber": one} for one in IDS[start : start + 50]]
        await town.done(CHECK, i={"purpose": "聘任前核验", "subjects": asked})
    await town.ask(CHECK, i={"purpose": f"查 {IDS[901]}", "subjects": [{"idNumber": IDS[901]}]})
    await town.ask(CHECK, i={"purpose": "聘任", "subjects": [{"idNumber": IDS[902][:-1] + "x?"}, {"cardNumber": IDS[903]}]})


async def reveals(town: Town) -> None:
    people = await town.world.rows(Person)
    for person in [one for one in people if one.id_sealed][:20]:
        told = await town.done(REVEAL, i={"idempotencyKey": key(), "person": shown("per", person.id), "purpose": "核对"})
        assert told["idNumber"] in IDS


async def wrong_fields(town: Town) -> None:
    """Each of these mutations takes texts and ids; all of them are given a number, and so is the key."""
    row, _ = await supervisor(town.world, carded=False)
    card = {"supervisor": shown("sup", row.id), "validFrom": "2026-09-01", "validUntil": "2029-09-01"}
    for n, number in enumerate(IDS[910:918]):
        for changes in ({"number": number}, {"idempotencyKey": number}, {"supervisor": number}, {"expectedVersion": int(number[:9])}):
            await town.ask(ISSUE, i={"idempotencyKey": key(), **card, "number": f"证{n}"[:2] + key()[:6], **changes, "validUntil": "2020-01-01"})
        await town.ask(TICKET, i={"idempotencyKey": key(), "fileName": f"{number}.xlsx"})
        await town.ask(REVEAL, i={"idempotencyKey": number, "person": shown("per", row.person_id), "purpose": "核对"})
        await town.ask(REVEAL, i={"idempotencyKey": key(), "person": number, "purpose": number})
        await town.ask(ISSUE, i={"idempotencyKey": key(), number: PHONES[n]})
        await town.ask(ISSUE, i={"idempotencyKey": key(), **card, "number": [number, int(number[:17])]})
    given = await DISPATCH["recognitionSessionRegister"](town.world)
    session = "mutation($i: RecognitionSessionRegisterInput!) { recognitionSessionRegister(input: $i) { recognitionSession { id } } }"
    for name, number in zip(("occupation", "place", "district", "startsAt", "candidateCount", "level", "mode"), IDS[930:937], strict=True):
        await town.ask(session, i={"idempotencyKey": key(), **given.input, name: number})


async def broken_documents(town: Town) -> None:
    for number, phone in zip(IDS[940:948], PHONES[940:948], strict=True):
        for text in (
            f"{{ person(id: {number} ",
            f"{{ {number} }}",
            f"{{ p{number} }}",
            f'{{ person(id: "{number}") {{ id }} }}',
            f'{{ person(id: "per_x") {{ phone{phone} }} }}',
            f"{{ supervisors(first: {number[:17]}) {{ totalCount }} }}",
            f"query Q{number} {{ nothing }}",
            f"query Q{number} {{ viewer {{ name }} }}",
            f"query Q{phone} {{ supervisors(first: 1) {{ nodes {{ person {{ phone }} }} }} }}",
            f'{{ supervisors(first: 1, after: "{number}") {{ totalCount }} }}',
            f"{{ viewer {{ ...f{number} }} }}",
            f"query($v: I{number}!) {{ viewer {{ name }} }}",
            f"{{ supervisors(first: 1, filter: {{ kind: {{ in: [K{number}] }} }}) {{ totalCount }} }}",
        ):
            await town.ask(text)
        await town.ask("query A { viewer { name } }", name=f"B{number}")
        await town.ask("query($n: Int!) { supervisors(first: $n) { totalCount } }", n=number)
        await town.ask("query($n: Int!) { supervisors(first: $n) { totalCount } }", n=int(number[:17]))


async def addresses(town: Town) -> None:
    for number, phone in zip(IDS[960:968], PHONES[960:968], strict=True):
        for method, path in (
            ("GET", f"/{number}"),
            ("GET", f"/uploads/{number}"),
            ("PUT", f"/uploads/{phone}"),
            ("GET", f"/static/{number}"),
            ("POST", f"/graphql/{number}"),
            ("GET", f"/graphql?query=%7Bp{number}%7D"),
            ("DELETE", f"/login?name={number}"),
            ("PUT", f"/uploads/{number}/{phone}"),
        ):
            town.answers.append({"text": (await town.client.request(method, path)).text})
        for headers in (
            {"X-Request-Id": number},
            {"X-Request-Id": phone},
            {"Authorization": f"Bearer {number}"},
            {"Dudao-Organization": number},
            {"Host": f"{number}.test"},
            {"Accept": number},
            {"Content-Type": number},
        ):
            response = await town.client.post("/graphql", content=json.dumps({"query": "{ viewer { name } }"}), headers=headers)
            town.answers.append({"text": response.text, "headers": dict(response.headers)})
        response = await town.client.post("/login", json={"name": number, "password": phone})
        town.answers.append({"text": response.text})


async def faults(town: Town) -> None:
    """What the database itself refuses: it would tell the whole row."""
    people = [one for one in await town.world.rows(Person) if one.phone in PHONES]
    connection = await connect(town.cluster.url("dudao_owner"))
    for person in people[:20]:
        with pytest.raises(asyncpg.NotNullViolationError):
            await connection.execute("UPDATE person SET name = NULL WHERE id = $1", person.id)
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute("UPDATE person SET phone = $1 WHERE id = $2", f"{person.phone}{'0' * 20}", person.id)
        with pytest.raises(asyncpg.PostgresError):
            await connection.fetch("SELECT json_populate_record(NULL::person, $1::json)", f'{{"phone": "{person.phone}", ')
    await connection.close()


def spoken(answer: Mapping[str, Any]) -> str:
    """An error as it may end in somebody's log; its path only repeats the keys of the client's own document."""
    errors = [{name: value for name, value in one.items() if name != "path"} for one in answer.get("errors", [])]
    return json.dumps([errors, answer.get("text"), answer.get("headers")], ensure_ascii=False)


@pytest.mark.timeout(300)
async def test_no_planted_number_is_seen_again(town: Town) -> None:
    for plant in (rosters, look_ups, reveals, wrong_fields, broken_documents, addresses, faults):
        await plant(town)
    refused = [one for answer in town.answers for one in answer.get("errors", [])]
    assert len(refused) > 150
    assert {number for answer in town.answers for number in CANARY.found(spoken(answer))} == set()

    log = town.log.getvalue()
    assert log.count('"event": "request"') + log.count('"event":"request"') > 300
    assert CANARY.found(log) == set()

    connection = await connect(town.cluster.url("postgres"))
    rows = list(await dumped(connection))
    await connection.execute("CHECKPOINT")
    await connection.close()
    assert {"event", "request", "blacklist_query", "roster_import", "disclosure", "upload"} <= {table for table, _ in rows}
    assert {number for table, line in rows if table in LOGS for number in CANARY.found(line)} == set()
    assert {number for _, line in rows for number in CANARY.found(line)} <= set(PHONES[:400]), "a telephone number stands with its person alone"
    assert {table for table, line in rows if CANARY.found(line)} == {"person"}

    written = (town.cluster.home / "log").read_text(encoding="utf-8", errors="replace")
    assert len(re.findall("null value in column", written)) >= 20
    assert written.count("execute") > 500
    assert CANARY.found(written) == set()
    assert await asyncio.to_thread(Canary(IDS).in_files, town.cluster.home) == {}, "nor in a file of the database, the write-ahead log among them"


def test_the_canary_sings() -> None:
    number, phone = IDS[5], PHONES[5]
    for text in (number, f"a{number}b", number.lower(), number[::-1], number.encode().hex(), phone, f"/{phone}?", f"x{phone}9"):
        assert CANARY.found(f"… {text} …"), text
    assert CANARY.found("".join(chr(ord(one) + 0xFEE0) for one in number)) == {number}
    assert not CANARY.found(id_number())
    assert not CANARY.found(f"{number[:-1]} {number[6:14]} {number[-4:]} …{number[-4:]}")
