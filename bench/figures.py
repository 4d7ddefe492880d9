"""What was measured, as JSON and as the table in README.md, with the bound of shared goals beside each figure."""

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.load import Sample

HERE = Path(__file__).parent
FEW = 8
"""Connections at which the goals are set."""

RESULTS = HERE / "results"
PACKAGES = ("strawberry-graphql", "graphql-core", "sqlmodel", "sqlalchemy", "asyncpg", "uvicorn", "uvloop", "orjson")


@dataclass(frozen=True)
class Measured:
    """One operation: the rounds of each side, in the order they were run."""

    operation: str
    rounds: Mapping[str, Sequence[Sample]]
    connections: int = FEW

    def middle(self, side: str) -> Sample:
        rows = self.rounds[side]
        return Sample(*(statistics.median(getattr(one, name) for one in rows) for name in ("requests_per_second", "p50", "p99")))

    def ratios(self, other: str, *, ours: str = "service") -> list[float]:
        """Of each round with its neighbour, none where there is none; what else the machine did in that minute met both."""
        pairs = zip(self.rounds.get(ours, ()), self.rounds.get(other, ()), strict=False)
        return [one.requests_per_second / theirs.requests_per_second for one, theirs in pairs]


def read_measured(one: Mapping[str, Any]) -> Measured:
    return Measured(one["operation"], {side: [Sample(**row) for row in rows] for side, rows in one["rounds"].items()}, one.get("connections", FEW))


def spread(ratios: Sequence[float], digits: int = 1) -> str:
    """The middle one, and in parentheses the smallest and the largest."""
    return f"{statistics.median(ratios):.{digits}f} ({min(ratios):.{digits}f}–{max(ratios):.{digits}f})"


@dataclass
class Figures:
    """A whole run. Seconds, MB of 10^6 bytes; `refused`: what the service did not bring to an end, and what it said."""

    about: dict[str, str]
    operations: list[Measured] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    megabytes: dict[str, float] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def write(self) -> Path:
        return written("bench", asdict(self))

    def table(self) -> str:
        lines = ["| Operation | Requests/s | p50 ms | p99 ms | Requests/s, idiomatic | Ratio (spread) | Goal |", "|---|---|---|---|---|---|---|"]
        lines += [line(one) for one in self.operations]
        lines += ["", "| What | Figure | Goal |", "|---|---|---|"]
        for what, seconds in self.seconds.items():
            lines.append(f"| {what} | {seconds:.2f} s | {verdict(seconds, MOST_SECONDS.get(what), 's')} |")
        lines += [f"| {what} | – | **missed**: the service gave up |" for what in self.refused]
        for what, megabytes in self.megabytes.items():
            lines.append(f"| {what} | {megabytes:.0f} MB | {verdict(megabytes, MOST_MEGABYTES.get(what), 'MB')} |")
        lines += ["", *(f"- {what}: {said}" for what, said in self.about.items())]
        return "\n".join(lines)


def read(document: Mapping[str, Any]) -> Figures:
    """The figures of a file in results/."""
    return Figures(**{**document, "operations": [read_measured(one) for one in document["operations"]]})


def written(name: str, document: Mapping[str, Any]) -> Path:
    """As the JSON of a part, in results/."""
    file = RESULTS / f"{name}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return file


PAGE_RATIO = 20
FIRST_START = "first start to ready, demo world included"
SECOND_START = "second start to ready"
IMPORT = "import of a roster, whole"
DRY_RUN = "import: the dry run in it"
COMMIT = "import: the commit in it"
MEMORY = "memory of the worker after the load"
IMPORT_MEMORY = "memory of the worker after the import"
IDIOMATIC_MEMORY = "memory of the idiomatic worker"
MOST_SECONDS = {FIRST_START: 5.0, SECOND_START: 1.5, IMPORT: 10.0}
MOST_MEGABYTES = {MEMORY: 150.0}


def verdict(figure: float, most: float | None, unit: str) -> str:
    if most is None:
        return ""
    return f"≤ {most:g} {unit}: {'met' if figure <= most else '**missed**'}"


def line(one: Measured) -> str:
    ours, ratios = one.middle("service"), one.ratios("idiomatic")
    cells = [one.operation, f"{ours.requests_per_second:.0f}", f"{ours.p50:.1f}", f"{ours.p99:.1f}"]
    if not ratios:
        return f"| {' | '.join(cells)} | | | |"
    peer, deep = one.middle("idiomatic"), one.operation.startswith("deep page")
    goal = f"≥ {PAGE_RATIO}: {'met' if statistics.median(ratios) >= PAGE_RATIO else '**missed**'}" if deep else ""
    return f"| {' | '.join([*cells, f'{peer.requests_per_second:.1f}', spread(ratios), goal])} |"


def said(*words: str) -> str:
    """What a command says, or nothing where it is not there."""
    try:
        return subprocess.run(words, check=False, capture_output=True, text=True, cwd=HERE).stdout.strip()
    except OSError:
        return ""


def about_machine() -> dict[str, str]:
    """On what it was measured. A load above a half before the start means that others were at work: then the figures do not count."""
    file = Path("/proc/cpuinfo")
    named = [row.partition(":")[2].strip() for row in file.read_text().splitlines() if row.startswith("model name")] if file.exists() else []
    changed = " with changes" if said("git", "status", "--porcelain") else ""
    return {
        "machine": f"{os.cpu_count()} × {named[0] if named else platform.processor() or platform.machine()}, {platform.system()} {platform.machine()}",
        "load before": f"{os.getloadavg()[0]:.2f}",
        "versions": f"Python {platform.python_version()}, " + ", ".join(f"{one} {version(one)}" for one in PACKAGES),
        "commit": f"{said('git', 'rev-parse', '--short', 'HEAD') or 'none'}{changed}",
    }
