"""`python -m bench.growth`: what the deep page costs when there is ten and a hundred times as much: the same page on each size of database, in turn."""

import argparse
import asyncio
import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import product
from pathlib import Path

from bench import data, operations, processes
from bench.figures import FEW, about_machine, spread
from bench.load import Sample, Target, tool
from bench.steady import Figure, Report
from bench.turns import BY_HAND, SERVICE, rounds

PART = "scale"
SIZES = (10_000, 100_000, 1_000_000)
COST = "cost of the deep page on the largest database against the smallest"
MOST = 1.2
DOCUMENT = "page"


def targets(stack: ExitStack, size: int, folder: Path) -> dict[str, Target]:
    """The deep page on a database of this size, from the service and by hand."""
    lent = stack.enter_context(data.lent(folder, size))
    facts = asyncio.run(operations.facts_of(lent.owner))
    page = next(one for one in operations.operations(facts) if one.document == DOCUMENT)
    sides = {
        SERVICE: stack.enter_context(processes.service(folder / f"service-{size}.log", {"DUDAO_DATABASE_URL": lent.url})),
        BY_HAND: stack.enter_context(processes.by_hand(folder / f"by_hand-{size}.log", lent.url)),
    }
    operations.compare(page, sides)
    return {side: operations.target(page, one) for side, one in sides.items()}


def figures(found: Mapping[str, Sequence[Sample]], sizes: Sequence[int]) -> list[Figure]:
    """Of neighbouring rounds: how many times as long does a page take?"""
    rates = {where: [one.requests_per_second for one in rows] for where, rows in found.items()}
    costs = {
        side: [small / large for small, large in zip(rates[f"{side} {min(sizes)}"], rates[f"{side} {max(sizes)}"], strict=True)]
        for side in (SERVICE, BY_HAND)
    }
    per_second = [Figure(f"requests/s, {where}", statistics.median(rows)) for where, rows in rates.items()]
    return [
        Figure(COST, statistics.median(costs[SERVICE]), "×", MOST),
        Figure(f"{COST}, by hand", statistics.median(costs[BY_HAND]), "×"),
        *per_second,
    ]


def measured(folder: Path, sizes: Sequence[int], *, seconds: float, again: int) -> Report:
    with ExitStack() as stack:
        asked = {size: targets(stack, size, folder) for size in sizes}
        in_turn = {f"{side} {size}": asked[size][side] for side, size in product((SERVICE, BY_HAND), sizes)}
        found = rounds(in_turn, FEW, seconds=seconds, again=again)
    ranges = {where: spread([one.requests_per_second for one in rows]) for where, rows in found.items()}
    about = about_machine() | {
        "load": f"{tool()}, {FEW} connections, {again} rounds of {seconds:g} s in turn, medians; one process each",
        "requests/s": ", ".join(f"{where}: {one}" for where, one in ranges.items()),
    }
    return Report(PART, about, figures=figures(found, sizes))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="of the databases, in inspections")
    parser.add_argument("--seconds", type=float, default=3, help="of each stretch of load")
    parser.add_argument("--rounds", type=int, default=5, help="stretches of each size and side, in turn")
    parser.add_argument("--folder", type=Path, default=processes.ROOT / "var" / "bench", help="for databases and logs; kept")
    given = parser.parse_args()
    report = measured(given.folder, given.sizes, seconds=given.seconds, again=given.rounds)
    print(f"Written to {report.write()}")
    print(report.table())


if __name__ == "__main__":
    main()
