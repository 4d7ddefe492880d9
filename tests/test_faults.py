"""A break of the line to the database at any statement of any mutation leaves all of it or nothing, and the same key then does it once (F7)."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from app.embedded_postgres import EmbeddedPostgres
from models.database import Database
from tests.cases_office import CASES, NOT_IN_YUNNAN
from tests.contract import Case, sent
from tests.digest import State, quiet_cluster, state
from tests.wire import Commit, Wire, wired
from tests.world import World, codes, key

pytestmark = pytest.mark.anyio

MOST = 5
"""So many statements of a mutation are broken at, evenly, from the first to the one before the COMMIT; the COMMIT always is."""


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


@dataclass
class Frail:
    """A service with one case of a mutation before it, whose line to the database breaks."""

    mutation: str
    case: Case
    wire: Wire
    world: World
    key: str

    async def asked(self) -> dict[str, Any]:
        return await sent(self.mutation, self.case, into=self.world, idempotencyKey=self.key)

    async def broken(self, *, before: int | None = None, commit: Commit | None = None) -> int:
        """Breaks once. The client learns nothing but that it should ask again; the next who asks has a good connection."""
        self.wire.arm(before=before, commit=commit)
        answer = await self.asked()
        assert self.wire.broken
        assert codes(answer) == ["INTERNAL"], answer
        await reached(self.world.database)
        return self.wire.seen


@asynccontextmanager
async def frail(mutation: str, case: Case, url: str) -> AsyncIterator[Frail]:
    async with wired(url) as wire:
        database = Database(wire.url)
        await reached(database)
        try:
            yield Frail(mutation, case, wire, replace(case.world, database=database), key())
        finally:
            await database.close()


async def reached(database: Database) -> None:
    """There is a connection to write by, greeted already: its greetings are not the mutation's statements."""
    async with database.transaction():
        pass


def evenly(last: int) -> list[int]:
    """At most so many of 1 to `last`, both ends among them."""
    return sorted({1 + round(n * (last - 1) / (MOST - 1)) for n in range(MOST)})


@pytest.mark.parametrize("mutation", sorted(CASES))
async def test_a_break_at_any_statement_leaves_all_or_nothing(still: Database, served: Database, quiet: EmbeddedPostgres, mutation: str) -> None:
    """Where there are no districts, so that every mutation is also done under the other rules than in its contract."""
    profile = "beijing-municipal" if mutation in NOT_IN_YUNNAN else "yunnan-college-2023"
    case = await CASES[mutation](await World.founded(served, maker=still, profile=profile))
    before = await state(still)
    async with frail(mutation, case, quiet.url("dudao_app")) as service:
        statements = await service.broken(commit=Commit.UNSENT)
        assert await state(still) == before
        for n in evenly(statements - 1):
            await service.broken(before=n)
            assert await state(still) == before, f"something was left behind by a break before statement {n} of {statements}"
        await service.broken(commit=Commit.UNHEARD)
        await told_on_asking_again(service, still, before=before)


async def told_on_asking_again(service: Frail, still: Database, *, before: State) -> None:
    """The answer to the COMMIT was lost. The same key finds what was done, and nothing is done twice."""
    after = await state(still)
    assert after != before
    assert after["request"][0] == before["request"][0] + 1
    service.wire.arm()
    answer = await service.asked()
    assert codes(answer) == []
    told = answer["data"][service.mutation]
    assert told["replayed"] is True
    assert any(told[name] for name in told if name != "replayed"), "what was committed does not know what it changed: it was not the last COMMIT"
    assert told.get("event", "none is promised") is not None
    assert await state(still) == after
