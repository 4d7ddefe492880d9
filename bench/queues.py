"""Requests through stations, one after another: Poisson arrivals, so many servers at each, first come first served, the same at every run."""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

WARMING = 10
"""The first tenth of the requests meets empty stations and does not count."""


@dataclass(frozen=True)
class Kind:
    """One operation: so many a second, its mean seconds of work at each station. Not `promised`: slow by its nature, and in no percentile."""

    rate: float
    seconds: Mapping[str, float]
    promised: bool = True


@dataclass(frozen=True)
class Outcome:
    """Seconds from arrival to answer, and the share of its servers' time that each station works."""

    mean: float
    p50: float
    p99: float
    busy: Mapping[str, float]


def utilisation(kinds: Sequence[Kind], servers: Mapping[str, int]) -> dict[str, float]:
    """What follows from rate and cost alone, without chance."""
    return {station: sum(kind.rate * kind.seconds.get(station, 0) for kind in kinds) / count for station, count in servers.items()}


def simulated(kinds: Sequence[Kind], servers: Mapping[str, int], *, requests: int, seed: int) -> Outcome:
    """Each request is of one kind by its rate and works exponentially long about that kind's mean: a mixture, more spread than any one exponential.

    The work of a request does not depend on the number of servers, so that two sizes meet the same requests.
    """
    chance = Random(seed)  # noqa: S311 - a simulation
    chosen = chance.choices(range(len(kinds)), [kind.rate for kind in kinds], k=requests)
    every = sum(kind.rate for kind in kinds)
    arrived: list[float] = []
    now = 0.0
    for _ in chosen:
        now += chance.expovariate(every)
        arrived.append(now)
    work = {station: [kinds[one].seconds.get(station, 0) * chance.expovariate(1) for one in chosen] for station in servers}
    left = arrived
    for station, count in servers.items():
        left = through(left, work[station], count)
    counted = [one for one in range(requests // WARMING, requests) if kinds[chosen[one]].promised]
    took = sorted(left[one] - arrived[one] for one in counted)
    span = max(left)
    busy = {station: sum(work[station]) / span / count for station, count in servers.items()}
    return Outcome(sum(took) / len(took), took[len(took) // 2], took[len(took) * 99 // 100], busy)


def through(arrived: Sequence[float], work: Sequence[float], servers: int) -> list[float]:
    """When each leaves the station."""
    free = [0.0] * servers
    left = [0.0] * len(arrived)
    for one in sorted(range(len(arrived)), key=arrived.__getitem__):
        begin = max(arrived[one], free[0])
        left[one] = begin + work[one]
        heapq.heapreplace(free, left[one])
    return left
