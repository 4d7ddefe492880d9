"""The benchmark asks what the schema knows, and its peer answers what the service answers: else its ratio would compare two different things."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from graphql import parse, validate
from starlette.applications import Starlette

from app import accounts, clock, migrate
from app.databases import connect
from app.embedded_postgres import EmbeddedPostgres
from app.main import create_app
from app.settings import Settings
from bench import figures, load, operations, processes, rights, walls
from bench.peers import idiomatic
from domain.machine import broken
from gql.schema import schema
from models.base import table_of
from models.database import Database
from models.events import Event
from seeds.scale import seed_scale
from tests.cluster import scratch_cluster

INSPECTIONS = 240
DISTRICT = "scale-110105"
QUERIES = sorted(operations.QUERIES.glob("*.graphql"))


@dataclass(frozen=True)
class Town:
    """A small large jurisdiction: where it is, and the token of a district."""

    cluster: EmbeddedPostgres
    token: str

    def both(self) -> tuple[Starlette, Starlette]:
        settings = Settings(id_key="i" * 32, seal_key="s" * 32, cursor_key="c" * 32)  # type: ignore[call-arg]
        return create_app(settings, database_url=self.cluster.url("dudao_app")), idiomatic.application(self.cluster.url("dudao_app"))


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with scratch_cluster() as cluster:
        migrate.upgrade(cluster.url("dudao_owner"))
        yield Town(cluster, asyncio.run(filled(cluster)))


async def filled(cluster: EmbeddedPostgres) -> str:
    database = Database(cluster.url("dudao_owner"))
    try:
        await seed_scale(database, inspections=INSPECTIONS)
        return await accounts.issue_token(database, DISTRICT, hours=1, now=clock.now())
    finally:
        await database.close()


async def answered(app: Starlette, token: str, operation: operations.Operation) -> Any:
    transport = httpx2.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        response = await client.post("/graphql", content=operation.body, headers=headers)
    assert response.status_code == 200
    answer = response.json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


@pytest.mark.parametrize("file", QUERIES, ids=lambda file: file.stem)
def test_each_query_is_valid(file: Path) -> None:
    assert validate(schema._schema, parse(file.read_text(encoding="utf-8"))) == []


@pytest.mark.anyio
async def test_the_idiomatic_peer_answers_the_same(town: Town) -> None:
    service, peer = town.both()
    mine = INSPECTIONS // 16
    for size in (1, mine // 2, 50):
        ours, theirs = [await answered(app, town.token, operations.page(size)) for app in (service, peer)]
        assert ours == theirs
    nodes = ours["inspections"]["nodes"]
    assert 1 < len(nodes) < 50
    assert all(len(node["team"]) == 2 and node["team"][0]["role"] == "LEADER" for node in nodes)
    assert {len(node["findings"]) for node in nodes} > {0, 1}
    one = operations.one_row(nodes[0]["id"])
    assert await answered(service, town.token, one) == await answered(peer, town.token, one)


@pytest.mark.anyio
async def test_the_blacklist_knows_whom_the_seed_listed(town: Town) -> None:
    service, _ = town.both()
    said = await answered(service, town.token, operations.blacklist_check(["京督S0000018", "京督S0000019"]))
    assert [one["listed"] for one in said["blacklistCheck"]] == [False, True]


def test_the_chains_of_the_large_world_hold(town: Town) -> None:
    async def chains() -> list[list[Event]]:
        connection = await connect(town.cluster.url("dudao_owner"))
        try:
            rows = await connection.fetch(f"SELECT * FROM {table_of(Event).name} ORDER BY organization_id, sequence")
        finally:
            await connection.close()
        events = [Event(**dict(row)) for row in rows]
        return [[one for one in events if one.organization_id == chain] for chain in {one.organization_id for one in events}]

    found = asyncio.run(chains())
    assert len(found) == 17  # the center and sixteen districts
    assert [broken(chain) for chain in found] == [None] * 17


@pytest.mark.parametrize("by", ["wrk", "us"])
def test_load_counts_right_answers_and_tells_wrong_ones(town: Town, tmp_path: Path, by: str) -> None:
    generator = load.by_wrk if by == "wrk" else load.by_us
    if by == "wrk" and load.tool() == "own generator":
        return
    with processes.idiomatic(tmp_path / "log", town.cluster.url("dudao_app")) as peer:
        target = operations.target(operations.page(1), peer.port, town.token)
        arguments = ("wrk", target, 2, 1.0) if by == "wrk" else (target, 2, 1.0)
        requests, seconds, p50, p99, wrong = generator(*arguments)
        assert requests > 0
        assert 0.9 < seconds < 10
        assert 0 < p50 <= p99
        assert wrong == 0
        other = load.Target(target.port, target.token, target.body, target.length + 1)
        arguments = ("wrk", other, 1, 1.0) if by == "wrk" else (other, 1, 1.0)
        assert generator(*arguments)[4] > 0
        assert peer.resident() > 20


def test_the_table_shows_a_missed_goal_as_missed() -> None:
    slow, quick = load.Sample(10, 800, 900), load.Sample(190, 40, 60)
    found = figures.Figures({"machine": "here"}, [figures.Measured("deep page of 50", {"service": [quick], "idiomatic": [slow]})])
    found.seconds[figures.SECOND_START] = 2.0
    table = found.table()
    assert "19.0 (19.0–19.0) | ≥ 20: **missed**" in table
    assert "≤ 1.5 s: **missed**" in table


def test_the_last_results_stand_in_the_readme() -> None:
    text = figures.README.read_text(encoding="utf-8")
    shown = text.split(figures.BEGIN)[1].split(figures.END)[0].strip()
    last = {name: json.loads((figures.HERE / "results" / f"{name}.json").read_text(encoding="utf-8")) for name in ("bench", "walls", "rights")}
    tables = [figures.read(last["bench"]), walls.Walls(**last["walls"]), rights.Rights(**last["rights"])]
    assert shown.startswith("\n\n".join(one.table() for one in tables))
