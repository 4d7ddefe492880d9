"""The goals as data: what, how much, and from which result its figure is taken. What was not measured has no verdict, and what is void is missed."""

import json
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bench import growth, plans, rights, turns
from bench.figures import FEW, MOST_SECONDS, RESULTS, SECOND_START, Measured, spread
from bench.turns import BY_HAND, IDIOMATIC, POSTGRAPHILE, Turns

DEEP, ONE_ROW = "deep page of 50", "one-row look-up"
ENDED = "parts"
"""The result that says how each part ended."""

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """What there is to say of a goal once it was measured."""

    shown: str
    met: bool


@dataclass(frozen=True)
class Goal:
    """`found` takes the figure out of the result `file`; None where that has none."""

    what: str
    bound: str
    file: str
    found: Callable[[Result], Found | None]

    def line(self, results: Mapping[str, Result]) -> str:
        found = self.found(results[self.file]) if self.file in results else None
        if found is None:
            why = results.get(ENDED, {}).get("failed", {}).get(self.file)
            return f"| {self.what} | {self.bound} | – | not measured{f': {why}' if why else ''} |"
        return f"| {self.what} | {self.bound} | {found.shown} | {'met' if found.met else '**missed**'} |"


def few(run: Turns) -> Mapping[str, Measured]:
    return {one.operation: one for one in run.measured if one.connections == FEW}


def ahead(operation: str, peer: str, least: float) -> Callable[[Result], Found | None]:
    """How many times as many requests as the peer answers to the operation, the median of neighbours."""

    def found(result: Result) -> Found | None:
        run = turns.read(result)
        if operation in run.void:
            return Found(f"void: {run.void[operation]}", met=False)
        ratios = few(run)[operation].ratios(peer) if operation in few(run) else []
        return Found(f"{spread(ratios, 2)} ×", statistics.median(ratios) >= least) if ratios else None

    return found


def others_ahead(least: float) -> Callable[[Result], Found | None]:
    """The same of all other operations that PostGraphile can express: the worst of them, and all that stay behind."""

    def found(result: Result) -> Found | None:
        run = turns.read(result)
        ratios = {name: one.ratios(POSTGRAPHILE) for name, one in few(run).items() if name not in {DEEP, ONE_ROW}}
        middle = {name: statistics.median(one) for name, one in ratios.items() if one}
        if not middle:
            return None
        void = [f"void: {name}" for name in run.void if name not in {DEEP, ONE_ROW, *turns.PEERS}]
        worst = sorted(middle, key=middle.__getitem__)
        shown = [name for name in worst if middle[name] < least] or worst[:1]
        return Found("; ".join([*(f"{middle[name]:.2f} × {name}" for name in shown), *void]), middle[worst[0]] >= least and not void)

    return found


def decided(figure: str, most: float) -> Callable[[Result], Found | None]:
    def found(result: Result) -> Found | None:
        one = result["figures"].get(figure)
        return None if one is None else Found(f"{one:.3g} {rights.UNITS[figure]}", one <= most)

    return found


def reported(*names: str) -> Callable[[Result], Found | None]:
    """The figures of a report that have these names, without names all that have a goal. Met where each is."""

    def found(result: Result) -> Found | None:
        rows = [one for one in result["figures"] if (one["what"] in names if names else one["goal"] is not None)]
        told = [f"{one['figure']:,.3g}{one['unit'] and ' '}{one['unit']}{'' if names else ' ' + one['what']}" for one in rows]
        return Found("; ".join(told), all(one["met"] for one in rows)) if rows else None

    return found


GOALS = (
    Goal("deep page of 50, 8 connections, against PostGraphile", "≥ 3.0 ×", turns.PART, ahead(DEEP, POSTGRAPHILE, 3.0)),
    Goal("deep page of 50, 8 connections, against hand-written SQL", "≥ 0.75 ×", turns.PART, ahead(DEEP, BY_HAND, 0.75)),
    Goal("deep page of 50, 8 connections, against idiomatic Strawberry", "≥ 20 ×", turns.PART, ahead(DEEP, IDIOMATIC, 20)),
    Goal("one-row look-up, 8 connections, against PostGraphile", "≥ 1.5 ×", turns.PART, ahead(ONE_ROW, POSTGRAPHILE, 1.5)),
    Goal("every other operation, 8 connections, against PostGraphile", "≥ 1.0 ×", turns.PART, others_ahead(1.0)),
    Goal("authorization decision with grants and record, p50", "≤ 2 µs", "rights", decided(rights.RECORDED, 2)),
    Goal("new version of the policy, read to ready", "≤ 50 ms", "rights", decided(rights.RELOAD, 50)),
    Goal("cost of the deep page, from 10 thousand to 1 million inspections", f"≤ {growth.MOST} ×", growth.PART, reported(growth.COST)),
    Goal("statements per root field", "= 1", plans.PART, reported(plans.STATEMENTS)),
    Goal("case tables read from end to end by a published operation", "= 0", plans.PART, reported(plans.SCANS)),
    Goal("3,000 monthly returns in 60 s, each three times", "each once, p99 ≤ 500 ms, no 5xx", "storm", reported()),
    Goal("200 operations a second for 10 minutes, mixed", "see below", "mixed", reported()),
    Goal("ten times too much load", "see below", "overload", reported()),
    Goal("memory of a worker after a million requests", "≤ 150 MB, flat", "memory", reported()),
    Goal("second start to ready on the embedded database", f"≤ {MOST_SECONDS[SECOND_START]:g} s", "starts", reported(SECOND_START)),
)


def results() -> dict[str, Result]:
    """All there are, by name."""
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(RESULTS.glob("*.json"))}


def table(found: Mapping[str, Result]) -> str:
    return "\n".join(["| What | Goal | Figure | Verdict |", "|---|---|---|---|", *(one.line(found) for one in GOALS)])
