"""`make bench`: the short run: 100,000 inspections, the service and its idiomatic peer, starts, import, walls, rights, chains. Ends by itself."""

import argparse
import asyncio
import shlex
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from bench import chain, data, operations, processes, readme, rights, rosters, starts, turns, walls
from bench.figures import COMMIT, DRY_RUN, IDIOMATIC_MEMORY, IMPORT, IMPORT_MEMORY, MEMORY, Figures, Measured, about_machine
from bench.load import Voided, tool

ROSTER = 20_000
ASKED = ("page", "one_row", "blacklist_check")
"""The operations of the short run, by their documents."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inspections", type=int, default=100_000, help="how many to load")
    parser.add_argument("--connections", type=int, default=8, help="how many at a time")
    parser.add_argument("--seconds", type=float, default=5, help="of each stretch of load")
    parser.add_argument("--rounds", type=int, default=3, help="stretches of each operation and side, in turn")
    parser.add_argument("--roster", type=int, default=ROSTER, help="rows of the roster that is imported")
    parser.add_argument("--writes", type=int, default=100, help="of each kind and side, for the cost of the chains")
    parser.add_argument("--folder", type=Path, default=processes.ROOT / "var" / "bench", help="for databases and logs; kept")
    return parser.parse_args()


def tell(sentence: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {sentence}", flush=True)


def under_load(figures: Figures, facts: operations.Facts, sides: Mapping[str, processes.Side], *, given: argparse.Namespace) -> None:
    """Compares first: one wrong answer and no figure counts."""
    for operation in operations.operations(facts):
        if operation.document in ASKED:
            operations.compare(operation, sides)
            targets = {name: operations.target(operation, side) for name, side in sides.items() if name in operation.bodies}
            found = turns.rounds(targets, given.connections, seconds=given.seconds, again=given.rounds)
            measured = Measured(operation.name, found, given.connections)
            figures.operations.append(measured)
            tell(f"{operation.name}: " + ", ".join(f"{side} {measured.middle(side).requests_per_second:.0f}/s" for side in targets))


def whole(figures: Figures, given: argparse.Namespace) -> walls.Walls:
    folder: Path = given.folder
    with ExitStack() as stack:
        lent = stack.enter_context(data.lent(folder, given.inspections))
        tell(f"{given.inspections:,} inspections are there.")
        facts = asyncio.run(operations.facts_of(lent.owner))
        behind = walls.costs(lent.owner, lent.url, facts.callers)
        tell("The cost of the walls is known.")
        ours = stack.enter_context(processes.service(folder / "service.log", {"DUDAO_DATABASE_URL": lent.url}))
        with processes.idiomatic(folder / "idiomatic.log", lent.url) as theirs:
            under_load(figures, facts, {"service": ours, "idiomatic": theirs}, given=given)
            figures.megabytes |= {MEMORY: ours.resident(), IDIOMATIC_MEMORY: theirs.resident()}
        imported(figures, ours.port, facts.callers["center"], rows=given.roster)
        figures.megabytes[IMPORT_MEMORY] = ours.resident()
    return behind


def imported(figures: Figures, port: int, token: str, *, rows: int) -> None:
    """An import that the service gives up, after the time it has for a mutation, is a missed goal; the other figures count all the same."""
    try:
        took = rosters.imported(port, token, rows=rows)
    except Voided as error:
        figures.refused[IMPORT] = str(error)
    else:
        figures.seconds |= {IMPORT: took.upload + took.check + took.commit, DRY_RUN: took.check, COMMIT: took.commit}
    tell(f"{IMPORT}: {figures.refused.get(IMPORT) or figures.seconds[IMPORT]}")


def main() -> None:
    given = arguments()
    about = {
        "data": f"{given.inspections:,} inspections in 16 districts",
        "load": f"{tool()}, {given.connections} connections, {given.rounds} rounds of {given.seconds:g} s in turn, medians; one worker each",
        "command": shlex.join(["python", "-m", "bench.run", *sys.argv[1:]]),
    }
    figures = Figures(about_machine() | about)
    folder: Path = given.folder
    folder.mkdir(parents=True, exist_ok=True)
    begun = starts.measured(folder / "starts", again=1)
    tell(begun.table())
    behind = whole(figures, given)
    decisions, chains = rights.measured(folder), chain.costs(folder, given.writes)
    for one in (begun, figures, behind, decisions, chains):
        tell(f"Written to {one.write()}")
    readme.write()
    print(*(one.table() for one in (begun, figures, behind, decisions, chains)), sep="\n\n")


if __name__ == "__main__":
    main()
