"""`python -m bench.chain`: what the chains of events and decisions cost a write. Each write is done with them and without, in turn.

"Unchained" writes the same event and the same decision, in one statement too, but takes no lock, moves no head and computes no digest;
"unlogged" writes no decision either. Everything else of the mutation, commit and fsync included, is the same.
"""

import argparse
import asyncio
import itertools
import shutil
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from app import migrate
from app.embedded_postgres import EmbeddedPostgres
from bench.figures import about_machine, written
from bench.processes import ROOT
from domain import decisions, machine
from models.base import table_of
from models.database import Database
from models.events import Event
from tests.making_sessions import recognition
from tests.world import World, key, shown

MOST = 0.10
CHAIN, LOG = "chain cost", "with the decision log"
CANCEL = "mutation($input: RecognitionSessionCancelInput!) { recognitionSessionCancel(input: $input) { event { id step } recognitionSession { id status } } }"
REGISTER = "mutation($input: RecognitionSessionRegisterInput!) { recognitionSessionRegister(input: $input) { recognitionSession { id status } } }"
NUMBERS = itertools.count(10**8)
NEW_DECISION, NEW_EVENT = machine.NEW_DECISION, machine.NEW_EVENT
UNCHAINED = {
    1: NEW_EVENT,
    2: NEW_EVENT.add_cte(
        insert(machine.DECISION).values(machine.bound(machine.DECISION, machine.WRITTEN[machine.Decision], "decision")).cte("decided")
    ),
}


async def unchained(session: AsyncSession, organization_id: UUID, event: Event | None = None) -> None:
    """Writes the links as they are, numbered so that no two meet."""
    found = [*machine.waiting(session), *([event] if event is not None else [])]
    session.info["decisions"] = []
    await session.flush()
    if not found:
        return
    values: dict[str, object] = {}
    for link in found:
        link.organization_id, link.sequence = organization_id, next(NUMBERS)
        values |= {f"{table_of(type(link)).name}_{name}": getattr(link, name) for name in machine.WRITTEN[type(link)]}
    await session.exec(UNCHAINED[len(found)], params=values)


async def unlogged(session: AsyncSession, organization_id: UUID, event: Event | None = None) -> None:
    """The event alone."""
    machine.waiting(session).clear()
    await unchained(session, organization_id, event)


SIDES: Mapping[str, Callable[..., Awaitable[None]]] = {"chained": machine.append, "unchained": unchained, "unlogged": unlogged}


@contextmanager
def written_by(append: Callable[..., Awaitable[None]]) -> Iterator[None]:
    before = machine.append, decisions.append
    machine.append = decisions.append = append  # type: ignore[assignment]
    try:
        yield
    finally:
        machine.append, decisions.append = before


async def cancel(world: World) -> float:
    """Milliseconds of one cancellation."""
    row = await recognition(world, starts_at=world.now + timedelta(days=3))
    given = {"recognitionSession": shown("ses", row.id), "reason": "停电", "idempotencyKey": key()}
    began = time.perf_counter()
    await world.done("agency_admin_0", CANCEL, input=given)
    return (time.perf_counter() - began) * 1000


async def register(world: World) -> float:
    """Milliseconds of one registration."""
    starts = world.now + timedelta(days=3)
    given = {"occupation": "电工", "level": "SENIOR_3", "mode": "EXAM", "candidateCount": 40, "place": "实训楼", "idempotencyKey": key()}
    given |= {"startsAt": starts.isoformat(), "endsAt": (starts + timedelta(hours=3)).isoformat()}
    began = time.perf_counter()
    await world.done("agency_admin_1", REGISTER, input=given)
    return (time.perf_counter() - began) * 1000


OPERATIONS: Mapping[str, Callable[[World], Awaitable[float]]] = {"recognitionSessionCancel": cancel, "recognitionSessionRegister": register}


async def measured(postgres: EmbeddedPostgres, rounds: int) -> dict[str, dict[str, list[float]]]:
    """Of each operation and side the milliseconds of each round; the sides take turns, and each begins a round equally often."""
    database, maker = Database(postgres.url("dudao_app")), Database(postgres.url("dudao_owner"))
    found: dict[str, dict[str, list[float]]] = {name: {side: [] for side in SIDES} for name in OPERATIONS}
    try:
        world = await World.founded(database, maker=maker, profile="beijing-municipal")
        for n in range(-10, rounds):
            for name, operation in OPERATIONS.items():
                order = list(SIDES)[n % 3 :] + list(SIDES)[: n % 3]
                for side in order:
                    with written_by(SIDES[side]):
                        took = await operation(world)
                    if n >= 0:
                        found[name][side].append(took)
        return found
    finally:
        await database.close()
        await maker.close()


@dataclass
class Chains:
    """By write and side the median milliseconds; and by how much a chained write takes longer than its neighbour of the same round, the middle of that."""

    about: dict[str, str]
    figures: dict[str, dict[str, float]] = field(default_factory=dict)

    def write(self) -> Path:
        return written("chain", asdict(self))

    def table(self) -> str:
        head = [
            f"| Write | {' | '.join(f'{side} ms' for side in SIDES)} | chain cost | Goal | with the decision log |",
            "|---" * (len(SIDES) + 4) + "|",
        ]
        return "\n".join([*head, *(line(name, one) for name, one in self.figures.items())])


def figures_of(sides: Mapping[str, list[float]]) -> dict[str, float]:
    """Of one kind of write."""
    pairs = {side: [ours / theirs for ours, theirs in zip(sides["chained"], sides[side], strict=True)] for side in ("unchained", "unlogged")}
    costs = {CHAIN: statistics.median(pairs["unchained"]) - 1, LOG: statistics.median(pairs["unlogged"]) - 1}
    return {side: statistics.median(one) for side, one in sides.items()} | costs


def line(name: str, one: Mapping[str, float]) -> str:
    verdict = "met" if one[CHAIN] <= MOST else "**missed**"
    cells = [name, *(f"{one[side]:.2f}" for side in SIDES), f"{one[CHAIN]:+.1%}", f"≤ {MOST:.0%}: {verdict}", f"{one[LOG]:+.1%}"]
    return f"| {' | '.join(cells)} |"


def costs(folder: Path, rounds: int) -> Chains:
    """Measured on a database of its own in a corner of `folder`, which is gone afterwards."""
    chains, corner = Chains(about_machine() | {"writes": f"{rounds} of each kind and side, in turn"}), folder / "chain"
    shutil.rmtree(corner, ignore_errors=True)
    try:
        with EmbeddedPostgres(corner) as postgres:
            migrate.upgrade(postgres.url("dudao_owner"))
            chains.figures |= {name: figures_of(sides) for name, sides in asyncio.run(measured(postgres, rounds)).items()}
    finally:
        shutil.rmtree(corner, ignore_errors=True)
    return chains


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="writes of each kind and side")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench", help="in whose corner the database lies while it is needed")
    given = parser.parse_args()
    chains = costs(given.folder, given.rounds)
    print(f"Written to {chains.write()}")
    print(chains.table())


if __name__ == "__main__":
    main()
