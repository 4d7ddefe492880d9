"""`python -m bench.turns`: each operation on all sides that can answer it, in turn, at one, eight and thirty-two connections.

Before an operation is measured, what the sides say to it is compared; while it is measured, each answer's status and length. Where either is
wrong, no figure of that operation counts. A peer that does not start is missing in the table, and the others are measured all the same.
"""

import argparse
import asyncio
import json
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench import data, operations, processes
from bench.figures import FEW, Measured, about_machine, read_measured, spread, written
from bench.load import Sample, Target, Voided, loaded, measure, tool

PART = "operations"
SERVICE, BY_HAND, POSTGRAPHILE, IDIOMATIC = "service", "by_hand", "postgraphile", "idiomatic"
PEERS = {POSTGRAPHILE: "PostGraphile", BY_HAND: "by hand", IDIOMATIC: "idiomatic"}
CONNECTIONS = (8, 1, 32)
WARMING, MORE_ROUNDS = 1.0, 2
INSPECTIONS = 100_000


@dataclass
class Turns:
    """A run; `void` says of an operation or a side why it has no figures."""

    about: dict[str, str]
    measured: list[Measured] = field(default_factory=list)
    void: dict[str, str] = field(default_factory=dict)

    def write(self) -> Path:
        return written(PART, asdict(self))

    def table(self) -> str:
        head = ["Operation", "Connections", "Requests/s", "p50 ms", "p99 ms", *(f"× {name}" for name in PEERS.values())]
        lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(line(one) for one in self.measured), ""]
        lines += [f"- **void**, {what}: {why}" for what, why in self.void.items()]
        return "\n".join([*lines, *(f"- {what}: {words}" for what, words in self.about.items())])


def line(one: Measured) -> str:
    ours, ratios = one.middle(SERVICE), [one.ratios(peer) for peer in PEERS]
    cells = [one.operation, f"{one.connections}", f"{ours.requests_per_second:.0f}", f"{ours.p50:.1f}", f"{ours.p99:.1f}"]
    return f"| {' | '.join([*cells, *(spread(found, 2) if found else '–' for found in ratios)])} |"


def read(document: Mapping[str, Any]) -> Turns:
    return Turns(**{**document, "measured": [read_measured(one) for one in document["measured"]]})


def started(turns: Turns, stack: ExitStack, lent: data.Lent, folder: Path) -> list[processes.Side]:
    """The service and those of its peers that can be had here."""
    sides = [stack.enter_context(processes.service(folder / "service.log", {"DUDAO_DATABASE_URL": lent.url}))]
    home = processes.installed_postgraphile(folder / POSTGRAPHILE)
    if home is None:
        turns.void[POSTGRAPHILE] = "npm, or the registry it asks, is not there"
    peers: Mapping[str, Callable[[], AbstractContextManager[processes.Side]]] = {
        POSTGRAPHILE: lambda: processes.postgraphile(folder / "postgraphile.log", lent.url, home or folder),
        BY_HAND: lambda: processes.by_hand(folder / "by_hand.log", lent.url),
        IDIOMATIC: lambda: processes.idiomatic(folder / "idiomatic.log", lent.url),
    }
    for name, peer in peers.items():
        if name not in turns.void:
            try:
                sides.append(stack.enter_context(peer()))
            except (OSError, RuntimeError, Voided) as error:
                turns.void[name] = str(error)[-300:]
    return sides


def rounds(targets: Mapping[str, Target], connections: int, *, seconds: float, again: int) -> dict[str, list[Sample]]:
    """Each side in turn, again and again, after it was warmed."""
    for one in targets.values():
        loaded(one, connections, min(WARMING, seconds))
    found: dict[str, list[Sample]] = {side: [] for side in targets}
    for _ in range(again):
        for side, one in targets.items():
            found[side].append(measure(one, connections=connections, seconds=seconds))
    return found


def in_turn(turns: Turns, sides: Sequence[processes.Side], facts: operations.Facts, *, given: argparse.Namespace) -> None:
    """Written after each operation, so that what is known stays known."""
    for operation in operations.operations(facts):
        able = {one.name: one for one in sides if one.name in operation.bodies}
        try:
            operations.compare(operation, able)
            targets = {name: operations.target(operation, one) for name, one in able.items()}
            for connections in given.connections:  # where a goal is set more rounds, and the slow peer too
                goal = connections == FEW
                quick = {name: one for name, one in targets.items() if name != IDIOMATIC or goal}
                found = rounds(quick, connections, seconds=given.seconds, again=given.rounds + (MORE_ROUNDS if goal else 0))
                turns.measured.append(Measured(operation.name, found, connections))
                print(time.strftime("%H:%M:%S"), line(turns.measured[-1]), flush=True)
        except (Voided, OSError) as error:
            turns.void[operation.name] = str(error)
            turns.measured = [one for one in turns.measured if one.operation != operation.name]
            print(f"void, {operation.name}: {error}", flush=True)
        turns.write()


def postgraphile_versions() -> str:
    """As the lock of the peer has them, with its Node."""
    package = json.loads((processes.POSTGRAPHILE / "package.json").read_text(encoding="utf-8"))
    return ", ".join(f"{name} {one}" for name, one in (package["dependencies"] | package.get("optionalDependencies", {})).items())


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inspections", type=int, default=INSPECTIONS, help="of the database that is asked")
    parser.add_argument("--connections", type=int, nargs="+", default=CONNECTIONS, help="how many at a time")
    parser.add_argument("--seconds", type=float, default=2, help="of each stretch of load")
    parser.add_argument("--rounds", type=int, default=3, help="stretches of each operation and side, in turn")
    parser.add_argument("--folder", type=Path, default=processes.ROOT / "var" / "bench", help="for databases, logs and the installed peer; kept")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    turns = Turns(
        about_machine()
        | {
            "data": f"{given.inspections:,} inspections in 16 districts",
            "load": f"{tool()}, {given.rounds} rounds of {given.seconds:g} s in turn, {MORE_ROUNDS} more at {FEW} connections, medians; one process each",
            "peers": f"{postgraphile_versions()}; by hand: Starlette and asyncpg; idiomatic: Strawberry, SQLModel, DataLoader",
            "command": shlex.join(["python", "-m", "bench.turns", *sys.argv[1:]]),
        }
    )
    with ExitStack() as stack:
        lent = stack.enter_context(data.lent(given.folder, given.inspections))
        facts = asyncio.run(operations.facts_of(lent.owner))
        in_turn(turns, started(turns, stack, lent, given.folder), facts, given=given)
    print(f"Written to {turns.write()}")
    print(turns.table())


if __name__ == "__main__":
    main()
