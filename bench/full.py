"""`make bench-full`: every part of the programme, one after the other, each a process of its own that writes its own result.

A part that fails, or takes too long, is told of in the table and takes no other part's result along. What it found in an earlier run is no longer
there then: a figure of last week beside those of today would compare two different programmes.
"""

import argparse
import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench import goals, readme
from bench.figures import RESULTS, about_machine, written
from bench.load import tool
from bench.processes import ROOT
from bench.turns import postgraphile_versions

LIMIT = 90 * 60.0
LEAVING = 60.0
LAST = 300

PARTS: Mapping[str, Sequence[tuple[str, str]]] = {
    "operations": [("bench.turns", "operations")],
    "scale": [("bench.growth", "scale")],
    "plans": [("bench.plans", "plans")],
    "decisions": [("bench.rights", "rights"), ("bench.chain", "chain")],
    "starts": [("bench.starts", "starts")],
    "load": [("bench.storm", "storm"), ("bench.mixed", "mixed"), ("bench.overload", "overload")],
    "writes": [("bench.writes", "writes")],
    "memory": [("bench.memory", "memory")],
}
"""By name the programmes of a part, each with the result that it writes."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help="parts to run, with commas between; the results of the others stay as they are")
    parser.add_argument("--seconds", type=float, default=2, help="of each stretch of load in the part operations")
    return parser.parse_args()


def run(module: str, result: str, words: Sequence[str] = (), *, limit: float = LIMIT) -> str | None:
    """Why there is no result of this programme, or None where there is one. What it says goes to our own output."""
    (RESULTS / f"{result}.json").unlink(missing_ok=True)
    with subprocess.Popen([sys.executable, "-m", module, *words], cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            _, said = process.communicate(timeout=limit)
        except (subprocess.TimeoutExpired, KeyboardInterrupt) as error:
            process.send_signal(signal.SIGINT)  # so that it ends its own processes
            try:
                process.communicate(timeout=LEAVING)
            except subprocess.TimeoutExpired:
                process.kill()
            if isinstance(error, KeyboardInterrupt):
                raise
            return f"it took longer than {limit / 60:g} minutes"
    print(said, end="", file=sys.stderr, flush=True)
    if (RESULTS / f"{result}.json").exists():
        return None
    return (said.strip().splitlines() or [f"it ended with {process.returncode}"])[-1][:LAST]


def before() -> dict[str, Any]:
    """How the parts ended that were run before."""
    file = RESULTS / f"{goals.ENDED}.json"
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    return {"about": {}, "minutes": {}, "failed": {}} | found


def about() -> dict[str, str]:
    return about_machine() | {
        "load by": tool(),
        "peers": postgraphile_versions(),
        "command": shlex.join(["python", "-m", "bench.full", *sys.argv[1:]]),
    }


def main() -> None:
    given = arguments()
    ended = before() | {"about": about()}
    for part in given.only.split(","):
        for module, result in PARTS[part]:
            print(f"{time.strftime('%H:%M:%S')} {module}", flush=True)
            began = time.monotonic()
            words = ["--seconds", f"{given.seconds:g}"] if part == "operations" else []
            why = run(module, result, words)
            ended["minutes"][result] = round((time.monotonic() - began) / 60, 1)
            ended["failed"].pop(result, None)
            if why is not None:
                ended["failed"][result] = why
                print(f"{module} has no result: {why}", flush=True)
            written(goals.ENDED, ended)
            shown(readme.write)
    shown(lambda: print(goals.table(goals.results())))


def shown(what: Callable[[], None]) -> None:
    """A result that cannot be read, since it is of another day, must not cost the parts that are still to come."""
    try:
        what()
    except Exception as error:  # noqa: BLE001 - whatever it is, all results are there still, and `python -m bench.readme` tells the same
        print(f"The table cannot be made: {error!r}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
