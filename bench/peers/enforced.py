"""What every peer that decides does: it is told the policy and the questions on one line of JSON, answers them all, and then lets itself be timed.

The standard library alone: a peer runs in an environment of its own. It is kept warm and takes its turn whenever it is given a number of times.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

Peer = Callable[[dict[str, Any]], Sequence[Callable[[], bool]]]
"""From policy and questions to one call for each question, with all prepared that can be."""


def each(times: int, what: Callable[[], object]) -> list[float]:
    """The microseconds of each call, less those of looking at the clock."""
    look = time.perf_counter_ns
    empty = statistics.median(-(look() - look()) for _ in range(1_000))
    found = []
    for _ in range(times):
        began = look()
        what()
        found.append(max(0.0, look() - began - empty) / 1_000)
    return found


def answer(peer: Peer) -> None:
    """The first question is the one that is timed."""
    asked = peer(json.loads(sys.stdin.readline()))
    print(json.dumps([one() for one in asked]), flush=True)
    for line in sys.stdin:
        print(json.dumps(each(int(line), asked[0])), flush=True)
