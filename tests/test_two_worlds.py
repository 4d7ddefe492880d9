"""Two databases that differ only in what others keep secret answer byte for byte alike: data, counts, cursors, errors, cost, and the work done.

The first is a crowd; the second is its copy without the secret rows. Whoever may not see those rows asks both the same, in generated documents, by
the ids of the rows that one of the two has no more, by the questions that are no lists, and by every mutation that names a row.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import product
from random import Random
from typing import Any
from uuid import UUID

import pytest

from app import migrate
from app.embedded_postgres import EmbeddedPostgres
from authz.access import READ
from authz.actor import Actor
from gql.node import BY_PREFIX
from gql.reading.declare import source_of
from models.base import table_of
from models.database import Database
from tests.authz.test_isolation import GRAPH, MUTATIONS, PUBLIC, QUERIES, asked, custom, reaching
from tests.cluster import ask, scratch_cluster
from tests.crowd_bench import DOCUMENTS, Bench, crowd_bench
from tests.crowd_rows import Crowded, made
from tests.reading.documents import Writer
from tests.reading.filters import plain, pool
from tests.reading.test_differential import cursor, valid
from tests.world import World

FAR = (
    "center_admin",
    "center_auditor",
    "district_dispatcher_0",
    "agency_admin_0",
    "agency_clerk_1",
    "supervisor_0",
    "supervisor_2",
    "moonlighter",
    "integrator",
    "nobody",
)
NEAR: tuple[str, ...] = ("fresh_district_admin", "fresh_district_dispatcher", "fresh_agency_admin", "fresh_agency_clerk")
SECRETS = sorted({table_of(model).name for model in READ if model not in PUBLIC})
KEPT = {"login", "account"}
"""Proofs of identity, which nobody reads of others."""


@dataclass(frozen=True)
class Pair:
    """The same crowd with and without the secrets, and who may not tell which is which."""

    full: Bench
    bare: Bench
    observers: tuple[str, ...]
    secret: frozenset[UUID]

    def same(self, caller: str, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The answer, which must be the same text after as many statements."""
        first, second = (one.text(caller, document, variables) for one in (self.full, self.bare))
        assert first == second, (caller, document, variables)
        assert len(self.full.database.statements) == len(self.bare.database.statements), (caller, document, variables)
        assert '"code":"INTERNAL"' not in first, (caller, document, variables, first)
        found: dict[str, Any] = json.loads(first)
        return found

    def values(self, model: Any, column: str, prefixes: tuple[str, ...], number: int) -> Any:
        """What stands in a column of the full world, secret or not, by number; an id with one of the prefixes."""
        found = pool(self.full.crowd.rows.of[model], column)
        value = found[number * 7 % len(found)] if found else UUID(int=0)
        return f"{prefixes[number % len(prefixes)]}_{value.hex}" if prefixes and isinstance(value, UUID) else plain(value)

    def hidden(self) -> Iterator[str]:
        """Two typed ids of every kind whose rows one of the two has no more."""
        for prefix, given in BY_PREFIX.items():
            source = source_of(given.source)
            rows = [row for row in self.full.crowd.rows.of[source.model] if row.id in self.secret]
            yield from (f"{prefix}_{row.id.hex}" for row in rows[:2])


async def hired(crowd: Crowded) -> Crowded:
    """People of the first district who never worked elsewhere."""
    database = Database(crowd.owner)
    world: World = crowd.worlds[0]
    world.maker = database
    try:
        for place, role in product((world.districts[0], world.agencies[0]), ("admin", "dispatcher", "clerk")):
            if f"fresh_{place.tier.value.lower()}_{role}" in NEAR:
                await world.hire(f"{place.tier.value.lower()}_{role}", place, name=f"fresh_{place.tier.value.lower()}_{role}")
    finally:
        await database.close()
    return Crowded(crowd.owner, crowd.url, crowd.worlds, {**crowd.actors, **world.actors}, crowd.rows)


def copied(server: EmbeddedPostgres, name: str, *, column: str, of: UUID) -> str:
    """A copy of the crowd without the secret rows of one tenant; how the service reaches it."""
    owner = server.url("postgres", "template1")
    # a template is copied while nobody uses it; a connection that was closed may take a moment to go
    ask(
        owner,
        "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = 'dudao'",
        f"CREATE DATABASE {name} TEMPLATE dudao",
        "SELECT 1",
    )
    there = server.url("postgres", name)
    columns = ask(
        there, f"SELECT string_agg(table_name, ' ') FROM information_schema.columns WHERE column_name = '{column}' AND table_schema = 'public'"
    )
    gone = [one for one in str(columns).split() if one in SECRETS and one not in KEPT]
    # foreign keys too are triggers: what hung on the secrets and is nobody's business either may stay behind
    ask(there, "SET session_replication_role = replica", *(f"DELETE FROM {one} WHERE {column} = '{of}'" for one in gone), "SELECT 1")
    return server.url("dudao_app", name)


@contextmanager
def pair(server: EmbeddedPostgres, crowd: Crowded, *, near: bool) -> Iterator[Pair]:
    """Without the other center; or, nearer, without the other district of the own one."""
    here, there = crowd.worlds
    column, of = ("district_id", here.districts[1].id) if near else ("center_id", there.center.id)
    url = copied(server, "near" if near else "far", column=column, of=of)
    secret = frozenset(
        row.id for model, rows in crowd.rows.of.items() if table_of(model).name in SECRETS for row in rows if getattr(row, column, None) == of
    )
    with crowd_bench(crowd) as full, crowd_bench(Crowded(crowd.owner, url, crowd.worlds, crowd.actors, crowd.rows)) as bare:
        yield Pair(full, bare, NEAR if near else FAR, secret)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[EmbeddedPostgres, Crowded]]:
    with scratch_cluster() as found:
        migrate.upgrade(found.url("dudao_owner"))
        ask(found.url("dudao_owner"), *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in ("assignment", "assessor")), "SELECT 1")
        crowd = asyncio.run(made(found.url("dudao_owner"), found.url("dudao_app")))
        yield found, asyncio.run(hired(crowd))


@pytest.fixture(scope="module", params=[False, True], ids=["another center", "another district"])
def worlds(server: tuple[EmbeddedPostgres, Crowded], request: pytest.FixtureRequest) -> Iterator[Pair]:
    with ExitStack() as stack:
        yield stack.enter_context(pair(*server, near=request.param))


def test_the_worlds_differ(worlds: Pair) -> None:
    """Somebody who may see the secrets sees them in one and not in the other."""
    assert len(worlds.secret) > 100
    insider = "strange_center_admin" if worlds.observers is FAR else "center_admin"
    counts = "{ recognitionSessions(first: 1) { totalCount } inspections(first: 1) { totalCount } }"
    assert worlds.full.text(insider, counts, {}) != worlds.bare.text(insider, counts, {})


@pytest.mark.timeout(900)
def test_generated_documents_tell_no_difference(worlds: Pair, request: pytest.FixtureRequest) -> None:
    dice, left = Random(41), max(20, request.config.getoption("documents") * 3 // 40)  # noqa: S311 - no secret, the same at every run
    empty = 0
    while left:
        document = Writer(DOCUMENTS.schema, partial(choice, dice), worlds.values).document()
        if not valid(document.text):
            continue
        left -= 1
        caller = worlds.observers[left % len(worlds.observers)]
        data = worlds.same(caller, document.text, document.variables).get("data") or {}
        empty += not any(data.values())
        going_on = {name: found for name, key in document.cursors.items() if (found := cursor(data, key)) is not None}
        if going_on:
            worlds.same(caller, document.text, document.variables | going_on)
    assert empty < request.config.getoption("documents") * 3 // 40 * 0.8, "most documents find something"


def choice(dice: Random, below: int) -> int:
    return dice.randrange(below)


@pytest.mark.timeout(300)
def test_ids_of_what_is_not_there_tell_no_difference(worlds: Pair) -> None:
    """By id, in the questions that are no lists, and in the filters of mutations."""
    ids = list(worlds.hidden())
    assert len(ids) > 20
    for id, caller in product(ids, worlds.observers):
        answer = worlds.same(caller, "query($id: ID!) { node(id: $id) { __typename id } }", {"id": id})
        assert answer["data"] == {"node": None}, (caller, id)
    dice = Random(43)  # noqa: S311
    for name in custom():
        for id in dice.sample(ids, 6):
            document, given = asked(name, QUERIES[name], id, verb="query")
            worlds.same(dice.choice(worlds.observers), document, given)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", reaching())
def test_mutations_tell_no_difference(worlds: Pair, name: str) -> None:
    dice, ids = Random(name), list(worlds.hidden())  # noqa: S311
    for id in dice.sample(ids, 12):
        document, given = asked(name, MUTATIONS[name], id, verb="mutation")
        answer = worlds.same(dice.choice(worlds.observers), document, given)
        assert answer["data"] == {"x": None}


EXPLAIN = """query($subject: ExplainSubject!, $action: String!, $object: ID!) {
  explainAccess(subject: $subject, action: $action, object: $object) { outcome action line { number membership } closest { number missing } } }"""


def test_explanations_tell_no_difference(worlds: Pair) -> None:
    """Of people and rows of the other side, and of the own people about rows of the other side."""
    crowd, dice = worlds.full.crowd, Random(47)  # noqa: S311
    assert GRAPH.query_type is not None
    ids, people = list(worlds.hidden()), [actor for actor in crowd.actors.values() if isinstance(actor, Actor)]
    for _ in range(150):
        object, whom = dice.choice(ids), dice.choice(people)
        model = source_of(BY_PREFIX[object.partition("_")[0]].source).model
        given = {"subject": {"person": f"per_{whom.person_id.hex}"}, "action": READ[model].value, "object": object}
        answer = worlds.same(dice.choice(worlds.observers), EXPLAIN, given)
        assert answer["data"] == {"explainAccess": None}
