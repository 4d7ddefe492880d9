"""The contract of every mutation there is: who may not, what may not, done once, and never half. A new one without a case fails here."""

from collections.abc import AsyncIterator, Collection, Iterator
from typing import Any
from uuid import uuid4

import pytest

from app.embedded_postgres import EmbeddedPostgres
from authz.access import POLICY
from authz.actor import Actor
from models.database import Database
from tests.cases_office import CASES
from tests.contract import HIDDEN, MUTATIONS, Case, input_of, named, replaced, sent, value_at
from tests.digest import quiet_cluster, state
from tests.making_supervisors import supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

TOO_LONG = "长" * 9_000


@pytest.fixture(scope="module")
def quiet() -> Iterator[EmbeddedPostgres]:
    with quiet_cluster() as server:
        yield server


@pytest.fixture(scope="module")
async def still(quiet: EmbeddedPostgres) -> AsyncIterator[Database]:
    """As the owner: sees every row."""
    database = Database(quiet.url("dudao_owner"))
    yield database
    await database.close()


@pytest.fixture(scope="module")
async def served(quiet: EmbeddedPostgres) -> AsyncIterator[Database]:
    database = Database(quiet.url("dudao_app"))
    yield database
    await database.close()


@pytest.fixture(scope="module")
async def strangers(still: Database, served: Database) -> World:
    """The same offices and the same kinds of supervisors in another jurisdiction."""
    world = await World.founded(served, maker=still, profile="beijing-municipal")
    await supervisor(world, name="supervisor_external")
    await supervisor(world, "INTERNAL", employer=world.agencies[0], name="supervisor_internal")
    return world


def test_every_mutation_has_a_case() -> None:
    assert set(CASES) == set(MUTATIONS)


@pytest.mark.parametrize("mutation", sorted(CASES))
async def test_a_mutation_keeps_the_contract(still: Database, served: Database, strangers: World, mutation: str) -> None:
    case = await CASES[mutation](await World.founded(served, maker=still, profile="beijing-municipal"))
    before = await state(still)
    await nobody_else_may(mutation, case, strangers)
    await nothing_else_will_do(mutation, case)
    assert await state(still) == before
    await done_once(mutation, case, still)


async def nobody_else_may(mutation: str, case: Case, strangers: World) -> None:
    """Not without signing in, not from another jurisdiction, not in a role without the right."""
    assert codes(await sent(mutation, case, by=None)) == ["UNAUTHENTICATED"]
    if named(mutation, case, "ID"):
        twin = next(one for one in strangers.actors.values() if one.roles == case.by.roles)
        refused(await sent(mutation, case, by=twin), case.stranger)
    others = {one.roles: one for one in case.world.actors.values() if not may(one, mutation)}
    for actor in others.values():
        refused(await sent(mutation, case, by=actor), HIDDEN)


def may(actor: Actor, mutation: str) -> bool:
    """Whether any of the actor's roles has the right on any row at all."""
    return bool(POLICY.allowing(actor.roles, MUTATIONS[mutation].extensions["strawberry-definition"].metadata["action"]))


async def nothing_else_will_do(mutation: str, case: Case) -> None:
    """Ids of another type or of nothing, a stale version, texts that are empty or too long, a key too long."""
    for path in named(mutation, case, "ID"):
        refused(await changed(mutation, case, replaced(case.input, path, shown("evt", uuid4()))), {"NOT_FOUND"})
        prefix = str(value_at(case.input, path)).partition("_")[0]
        refused(await changed(mutation, case, replaced(case.input, path, shown(prefix, uuid4()))), {"NOT_FOUND", "BAD_USER_INPUT"})
    if "expectedVersion" in input_fields(mutation):
        stale = await sent(mutation, case, expectedVersion=999)
        assert (codes(stale), stale["errors"][0]["extensions"]["reason"]) == (["CONFLICT"], "STALE")
    for path in named(mutation, case, "String"):
        refused(await changed(mutation, case, replaced(case.input, path, TOO_LONG)), {"BAD_USER_INPUT"}, path)
        if path[-1] in required(mutation):
            refused(await changed(mutation, case, replaced(case.input, path, " ")), {"BAD_USER_INPUT"}, path)
    for wrong in ("", "k" * 256):
        refused(await sent(mutation, case, idempotencyKey=wrong), {"BAD_USER_INPUT"})


async def changed(mutation: str, case: Case, input: dict[str, Any]) -> dict[str, Any]:
    return await sent(mutation, case, **input)


def input_fields(mutation: str) -> set[str]:
    return set(input_of(mutation).fields)


def required(mutation: str) -> set[str]:
    return {name for name, one in input_of(mutation).fields.items() if str(one.type).endswith("!")}


async def done_once(mutation: str, case: Case, still: Database) -> None:
    """The key stands for the answer: repeated, not done again; with another input, refused; a new key meets what is now the case."""
    mine, before = key(), await state(still)
    first = await sent(mutation, case, idempotencyKey=mine)
    assert "errors" not in first, first["errors"]
    answer, after = first["data"][mutation], await state(still)
    assert answer["replayed"] is False
    assert after != before
    again = await sent(mutation, case, idempotencyKey=mine)
    assert again["data"][mutation] == answer | {"replayed": True}
    other = await changed(mutation, case, other_input(mutation, case) | {"idempotencyKey": mine})
    assert (codes(other), other["errors"][0]["extensions"]["reason"]) == (["CONFLICT"], "KEY_REUSED")
    assert await state(still) == after
    anew = await sent(mutation, case)
    assert set(codes(anew) or ["OK"]) <= case.again, anew
    assert codes(anew) == [] or await state(still) == after


def other_input(mutation: str, case: Case) -> dict[str, Any]:
    if "expectedVersion" in input_fields(mutation):
        return {**case.input, "expectedVersion": 1_000}
    texts = named(mutation, case, "String")
    return replaced(case.input, texts[-1], "别的") if texts else {**case.input, "kind": "AGENCIES"}


def refused(answer: dict[str, Any], with_one_of: Collection[str], about: object = None) -> None:
    assert set(codes(answer)) & set(with_one_of), (about, answer)
    assert set((answer["data"] or {"": None}).values()) == {None}
