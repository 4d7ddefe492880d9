"""The benchmark programme: its data are what the domain would have made, its peer answers what the service answers, its verdicts follow its results."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from app import migrate
from app.databases import connect
from app.embedded_postgres import EmbeddedPostgres
from app.main import create_app
from app.settings import Settings
from bench import answers, data, figures, full, goals, load, operations, plans, processes, readme, turns
from bench.peers import idiomatic
from bench.steady import Figure, Report
from domain.machine import broken
from models.base import table_of
from models.events import Event
from tests.cluster import ask, memory, scratch_cluster, scratch_folder

INSPECTIONS = 240


@dataclass(frozen=True)
class Town:
    """A small large jurisdiction: where it is, and what is asked about it."""

    cluster: EmbeddedPostgres
    facts: operations.Facts

    def both(self) -> tuple[Starlette, Starlette]:
        settings = Settings(id_key="i" * 32, seal_key="s" * 32, cursor_key="c" * 32)  # type: ignore[call-arg]
        return create_app(settings, database_url=self.cluster.url("dudao_app")), idiomatic.application(self.cluster.url("dudao_app"))

    def operation(self, document: str) -> operations.Operation:
        return next(one for one in operations.operations(self.facts) if one.document == document)


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with scratch_cluster() as cluster:
        migrate.upgrade(cluster.url("dudao_owner"))
        asyncio.run(data.filled(cluster.url("dudao_owner"), INSPECTIONS))
        yield Town(cluster, asyncio.run(operations.facts_of(cluster.url("dudao_owner"))))


async def answered(app: Starlette, token: str, body: bytes) -> Any:
    transport = httpx2.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        response = await client.post(answers.PATH, content=body, headers=answers.headers(token))
    assert response.status_code == 200
    answer = response.json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


@pytest.mark.anyio
async def test_the_idiomatic_peer_answers_the_same(town: Town) -> None:
    service, peer = town.both()
    token, mine = town.facts.callers["district"], INSPECTIONS // 16
    for size in (1, mine // 2, 50):
        ours, theirs = [await answered(app, token, operations.asked("page", {"first": size})) for app in (service, peer)]
        assert ours == theirs
    nodes = ours["inspections"]["nodes"]
    assert 1 < len(nodes) < 50
    assert all(len(node["team"]) == 2 and node["team"][0]["role"] == "LEADER" for node in nodes)
    assert {len(node["findings"]) for node in nodes} > {0, 1}
    one = town.operation("one_row")
    assert await answered(service, token, one.bodies["service"]) == await answered(peer, token, one.bodies["idiomatic"])


@pytest.mark.anyio
async def test_the_blacklist_knows_whom_the_seed_listed(town: Town) -> None:
    service, _ = town.both()
    subjects = {"subjects": [{"cardNumber": card} for card in ("京督S0000018", "京督S0000019")]}
    said = await answered(service, town.facts.callers["district"], operations.asked("blacklist_check", subjects))
    assert [one["listed"] for one in said["blacklistCheck"]] == [False, True]


@pytest.mark.anyio
async def test_each_return_of_the_large_world_says_what_the_domain_would_compose(town: Town) -> None:
    service, _ = town.both()
    filed = """{ monthlyReturns(first: 100, orderBy: { field: MONTH, direction: DESC }) { nodes {
        month digest timeliness sessionsHeld sessionsInspected sessionsNeeded district { id } lines { inspection findings no } } } }"""
    token = town.facts.callers["center"]
    returns = (await answered(service, token, json.dumps({"query": filed}).encode()))["monthlyReturns"]["nodes"]
    assert {one["timeliness"] for one in returns} == {"ON_TIME", "LATE"}
    some = [one for one in returns if one["lines"]][:3] + [one for one in returns if not one["lines"]][:1]
    assert len(some) == 4
    draft = """query($district: ID!, $month: String!) { monthlyReturnDraft(district: $district, month: $month) {
        digest lines { inspection findings no } } }"""
    for one in some:
        asked = {"query": draft, "variables": {"district": one["district"]["id"], "month": one["month"]}}
        composed = (await answered(service, token, json.dumps(asked).encode()))["monthlyReturnDraft"]
        assert composed == {"digest": one["digest"], "lines": one["lines"]}


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
    assert {one.step for chain in found for one in chain} >= {"NOTIFY", "SIGN", "CLOSE", "CANCEL", "SUBMIT"}


@pytest.mark.parametrize("by", ["wrk", "us"])
def test_load_counts_right_answers_and_tells_wrong_ones(town: Town, tmp_path: Path, by: str) -> None:
    generator = load.by_wrk if by == "wrk" else load.by_us
    if by == "wrk" and load.tool() == "own generator":
        return
    with processes.idiomatic(tmp_path / "log", town.cluster.url("dudao_app")) as peer:
        target = operations.target(town.operation("one_row"), peer)
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
    found.seconds[figures.IMPORT] = 12.0
    table = found.table()
    assert "19.0 (19.0–19.0) | ≥ 20: **missed**" in table
    assert "≤ 10 s: **missed**" in table


def sampled(*rates: float) -> list[load.Sample]:
    return [load.Sample(rate, 1, 2) for rate in rates]


def run(deep: float, roster: float, **void: str) -> turns.Turns:
    """Two operations; `deep` and `roster` are how far ahead of PostGraphile we are."""
    sides = {"service": sampled(deep * 100, deep * 90), "postgraphile": sampled(100, 90), "by_hand": sampled(deep * 125, deep * 125)}
    measured = [figures.Measured(goals.DEEP, sides), figures.Measured("roster", {"service": sampled(roster), "postgraphile": sampled(1)})]
    return turns.Turns({"machine": "here"}, [*measured, replace(measured[0], connections=32, rounds={"service": sampled(1)})], void)


def verdicts(found: goals.Result) -> dict[str, str]:
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in goals.table(found).splitlines()[2:]]
    assert len(lines) == len(goals.GOALS)
    return {what.rpartition("against ")[2] if what.startswith("deep") else what: f"{figure} {verdict}" for what, _, figure, verdict in lines}


def test_a_goal_is_met_or_missed_by_its_result_and_open_without_one() -> None:
    found = verdicts({"operations": asdict(run(deep=3.5, roster=0.8)), "rights": {"figures": {"decision with record, p50": 2.4}}})
    assert found["PostGraphile"] == "3.50 (3.50–3.50) × met"
    assert found["hand-written SQL"] == "0.76 (0.72–0.80) × met"
    assert found["idiomatic Strawberry"] == "– not measured"
    assert found["every other operation, 8 connections, against PostGraphile"] == "0.80 × roster **missed**"
    assert found["authorization decision with grants and record, p50"] == "2.4 µs **missed**"
    assert found["second start to ready on the embedded database"] == "– not measured"
    assert verdicts({"operations": asdict(run(deep=2.9, roster=1.2))})["PostGraphile"].endswith("**missed**")


def test_a_wrong_answer_is_no_figure() -> None:
    void = {goals.DEEP: "5 of 9 answers were not the right one"}
    found = verdicts({"operations": asdict(run(deep=9, roster=1.2, **void))})
    assert found["PostGraphile"] == "void: 5 of 9 answers were not the right one **missed**"


def test_a_part_that_failed_says_why() -> None:
    found = verdicts({"parts": {"failed": {"memory": "it took longer than 90 minutes"}}})
    assert found["memory of a worker after a million requests"] == "– not measured: it took longer than 90 minutes"


def test_a_report_meets_its_goals_only_together() -> None:
    memory = Report("memory", {}, figures=[Figure("most", 140, "MB", 150), Figure("growth", 9, "MB", 5), Figure("requests", 10**6)])
    said = asdict(memory) | {"figures": [asdict(one) | {"met": one.met} for one in memory.figures]}
    assert verdicts({"memory": said})["memory of a worker after a million requests"] == "140 MB most; 9 MB growth **missed**"


def test_every_goal_speaks_of_something_that_is_measured(town: Town) -> None:
    assert {goals.DEEP, goals.ONE_ROW} < {one.name for one in operations.operations(town.facts)}
    written = {result for programmes in full.PARTS.values() for _, result in programmes}
    assert {one.file for one in goals.GOALS} <= written
    assert written <= set(readme.TABLES)


def test_a_programme_that_fails_leaves_no_result_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(full, "RESULTS", tmp_path)
    (tmp_path / "gone.json").write_text("{}", encoding="utf-8")
    why = full.run("bench.gone", "gone")
    assert why is not None
    assert "No module named bench.gone" in why
    assert not (tmp_path / "gone.json").exists()
    assert full.run("http.server", "late", ["--bind", "127.0.0.1", "0"], limit=1) == "it took longer than 0.0166667 minutes"
    capfd.readouterr()


def test_a_kept_database_is_used_while_it_fits_and_migrated_where_only_migrations_came(tmp_path: Path) -> None:
    made = data.wanted(10_000)
    assert data.found(tmp_path) is None
    assert not data.grown(None, made)
    for text, kept in ((json.dumps(asdict(made)), made), ("{}", None), ("half", None)):
        (tmp_path / data.STAMP).write_text(text, encoding="utf-8")
        assert data.found(tmp_path) == kept
    assert data.grown(made, made)
    assert data.grown(replace(made, migrations=made.migrations[:-1]), made)
    another = [*made.migrations[:-1], "another text"]
    for other in (replace(made, inspections=10), replace(made, seed=made.seed + 1), replace(made, migrations=another)):
        assert not data.grown(other, made)


def test_a_copy_is_lent_and_the_original_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    async def few(_: str, inspections: int) -> None:
        made.append(inspections)

    monkeypatch.setattr(data, "filled", few)
    with scratch_folder(memory()) as folder:
        for _ in range(2):
            with data.lent(folder, 7) as lent:
                assert ask(lent.owner, "SELECT count(*) FROM organization") == 0
                ask(lent.owner, "CREATE TABLE left_behind ()", "SELECT 1")
    assert made == [7]


def test_plans_are_searched_to_the_last_step() -> None:
    scan = {"Node Type": "Seq Scan", "Relation Name": "finding"}
    small = {"Node Type": "Seq Scan", "Relation Name": "profile"}
    assert plans.scanned({"Node Type": "Limit", "Plans": [{"Node Type": "Append", "Plans": [scan, small]}]}) == {"finding"}
    assert plans.root_fields("query A($a: ID!) { __typename one(id: $a) { id } two { id } } fragment F on G { id }") == 2


@pytest.mark.anyio
async def test_each_statement_of_a_published_operation_is_noted_and_explained(town: Town) -> None:
    lent = data.Lent(town.cluster.url("dudao_owner"), town.cluster.url("dudao_app"))
    found = {one.operation: one for one in await plans.looked_into(lent)}
    assert (found[goals.DEEP].fields, found[goals.DEEP].statements) == (1, 1)
    assert (found["agency file"].fields, found["agency file"].statements) == (4, 4)
    many = replace(found[goals.DEEP], statements=2, scans=["finding"])
    assert many.faults == ["2 statements for 1 root fields", "reads all of finding"]
    told = plans.report([many], INSPECTIONS)
    assert [one.met for one in told.figures] == [False, False]
    assert told.about[goals.DEEP] == ", ".join(many.faults)


def test_the_last_results_stand_in_the_readme() -> None:
    text = readme.README.read_text(encoding="utf-8")
    shown = text.split(readme.BEGIN)[1].split(readme.END)[0].strip()
    assert shown == readme.section().strip()
    assert shown.startswith(goals.table(goals.results()))
