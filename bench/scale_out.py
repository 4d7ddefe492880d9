"""`python -m bench.scale_out`: from the costs of one request to cities, provinces and the country, in docs/scale-out.md.

With `--measure` what no other programme measures (the bytes of a row, a password) is measured anew; otherwise the last figures stand.
"""

import argparse
import json
import math
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import costs, scale_out_tables
from bench.country import ASSUMPTIONS, CHECK, DAY, FACTS, PAGE, RETURN, ROW, SCALES, SIGN_IN, WRITE, YEAR, Case, Country, Moment
from bench.processes import ROOT
from bench.queues import Kind, Outcome, simulated, utilisation

FILE = costs.RESULTS / "scale_out.json"
DOCUMENT = ROOT / "docs" / "scale-out.md"
SERVICE, DATABASE, PASSWORDS = "service", "database", "passwords"
THREADS = 2
"""Of one worker, beside its loop, for passwords (app/passwords.py): nobody else waits for them, but they take of its cores."""

MOST_BUSY, MOST_SECONDS = 0.6, 0.5
"""When a tier gets one more core: busier than this in the busiest hour, or a slower p99."""

IDLE = 0.1
"""Below this no further core makes anything quicker."""

REQUESTS, SEED = 8_000, 20_261_122
WHOLE = list(SCALES)[-1]
MAY_BE_STALE = (PAGE, ROW)
YEARS = (1, 5, 10)
MINUTE, TRIES = 60, 3
"""Every district files in the same minute, each return sent three times: what bench/storm.py does to the service."""

STORMED = 3_000
"""Its districts."""

Servers = dict[str, int]
Work = Mapping[str, Mapping[str, float]]
"""By operation and tier, core seconds of one request."""


@dataclass(frozen=True)
class Inputs:
    """All that the simulation takes from elsewhere."""

    known: Mapping[str, costs.Cost]
    share: float
    share_of: str
    megabytes: float
    megabytes_of: str
    own: costs.Own

    @property
    def work(self) -> dict[str, dict[str, float]]:
        """What a sign-in writes counts as one more write."""
        made = {name: {SERVICE: one.service, DATABASE: one.database} for name, one in self.known.items()}
        return made | {SIGN_IN: {**made[WRITE], PASSWORDS: self.known[SIGN_IN].service}}

    def size(self, table: str) -> float:
        """A table that nobody filled counts as the mean of those that were."""
        mean: float = statistics.mean(self.own.sizes.values())
        return self.own.sizes.get(table, mean)


def inputs(own: costs.Own) -> Inputs:
    """Raises costs.Unmeasured."""
    share, of = costs.database_share()
    known = {name: costs.cost(name, own, share) for name in (PAGE, ROW, CHECK, WRITE, RETURN, SIGN_IN)}
    return Inputs(known, share, of, *costs.memory(), own)


def kinds(rates: Mapping[str, float], work: Work) -> list[Kind]:
    """A password is slow on purpose."""
    return [Kind(rate, work[name], promised=name != SIGN_IN) for name, rate in rates.items()]


def load(rates: Mapping[str, float], work: Work, servers: Mapping[str, int] | None = None) -> dict[str, float]:
    """How busy the cores of each tier are; without cores, how many it keeps busy. A password is work of the service."""
    found = utilisation(kinds(rates, work), {SERVICE: 1, DATABASE: 1, PASSWORDS: 1})
    alone = {SERVICE: found[SERVICE] + found[PASSWORDS], DATABASE: found[DATABASE]}
    return {tier: one / (servers or {}).get(tier, 1) for tier, one in alone.items()}


def asked(rates: Mapping[str, float], work: Work, servers: Mapping[str, int], *, requests: int = REQUESTS, seed: int = SEED) -> Outcome:
    stations = {PASSWORDS: THREADS * servers[SERVICE], **servers}
    return simulated(kinds(rates, work), stations, requests=requests, seed=seed)


def needed(rates: Mapping[str, float], work: Work, *, requests: int = REQUESTS) -> tuple[Servers, Outcome]:
    """The fewest cores of service and database with which no tier is too busy and p99 is quick enough."""
    servers = {tier: max(1, math.ceil(busy / MOST_BUSY)) for tier, busy in load(rates, work).items()}
    found = asked(rates, work, servers, requests=requests)
    while found.p99 > MOST_SECONDS and max(load(rates, work, servers).values()) > IDLE:
        busy = load(rates, work, servers)
        servers[max(servers, key=lambda tier: busy[tier])] += 1
        found = asked(rates, work, servers, requests=requests)
    return servers, found


def year(country: Country, work: Work, servers: Servers) -> dict[str, list[dict[str, float]]]:
    """The busiest hour of every month, on an ordinary day and on its last: how busy each tier is, and p99 in seconds."""
    found: dict[str, list[dict[str, float]]] = {}
    for name, last in (("ordinary day", False), ("last working day", True)):
        found[name] = []
        for month in range(len(YEAR)):
            rates = country.rates(Moment(month, last))
            found[name].append({**load(rates, work, servers), "p99": asked(rates, work, servers, seed=SEED + month).p99})
    return found


def hours(country: Country, work: Work, servers: Servers) -> dict[str, list[float]]:
    """How busy each tier is in each working hour of the busiest day."""
    busy = [load(country.rates(Moment(hour=hour)), work, servers) for hour in range(len(DAY))]
    return {tier: [one[tier] for one in busy] for tier in servers}


def bytes_after(country: Country, given: Inputs) -> dict[str, list[float]]:
    """By table, after so many years of the same work; nothing is ever deleted."""
    return {table: [rows * given.size(table) * years for years in YEARS] for table, rows in country.rows().items()}


def scaled(scale: str, case: Case, given: Inputs) -> dict[str, Any]:
    """One size of the country under one case."""
    country = Country(*SCALES[scale], case)
    rates, work = country.rates(Moment()), given.work
    alone = load(rates, work)
    servers, peak = needed(rates, work)
    stale = sum(rates[name] * work[name][DATABASE] for name in MAY_BE_STALE) / alone[DATABASE]
    found: dict[str, Any] = {
        "scale": scale,
        "case": case.value,
        "districts": country.districts,
        "centers": country.centers,
        "inspections": country.inspections,
        "rates": rates,
        "alone": alone,
        "first": max(alone, key=lambda tier: alone[tier]),
        "servers": servers,
        "peak": asdict(peak),
        "busy": load(rates, work, servers),
        "replicable": stale,
        "megabytes": servers[SERVICE] * given.megabytes,
        "bytes": bytes_after(country, given),
        "rows": country.rows(),
    }
    if case is Case.BASE:
        found |= {"year": year(country, work, servers), "hours": hours(country, work, servers), "storm": storm(country, work, servers)}
    return found


def storm(country: Country, work: Work, servers: Servers) -> dict[str, Any]:
    """The minute in which everybody files, on top of the busiest hour: on the cores that this one has, and the cores that would do."""
    rates = country.rates(Moment())
    rates[RETURN] += country.districts * TRIES / MINUTE
    asked = round(sum(rates.values()) * MINUTE)
    found = simulated(kinds(rates, work), servers, requests=asked, seed=SEED)
    enough, quick = needed(rates, work, requests=asked)
    return {"returns": rates[RETURN], "busy": load(rates, work, servers), "p99": found.p99, "servers": enough, "p99 then": quick.p99}


def check(given: Inputs) -> dict[str, Any] | None:
    """What bench/storm.py measured on one worker, beside what would be simulated of it; nothing where it was not run."""
    storm = costs.loaded("storm")
    if storm is None:
        return None
    measured = next((one["figure"] for one in storm["figures"] if "p99" in one["what"]), None)
    if measured is None:
        return None
    rates, one_each = {RETURN: STORMED * TRIES / MINUTE}, {SERVICE: 1, DATABASE: 1}
    found = asked(rates, given.work, one_each, requests=STORMED * TRIES)
    return {"simulated": found.p99, "measured": measured / 1e3, "busy": load(rates, given.work, one_each)}


def sensitivity(given: Inputs) -> dict[str, dict[str, float]]:
    """All of China, with one assumption high and the others likely: by how much each tier then has more to do."""
    likely = load(Country(*SCALES[WHOLE], Case.BASE).rates(Moment()), given.work)
    found: dict[str, dict[str, float]] = {}
    for name in ASSUMPTIONS:
        more = Country(*SCALES[WHOLE], Case.BASE, {name: Case.HIGH}).rates(Moment())
        found[name] = {tier: busy / likely[tier] for tier, busy in load(more, given.work).items()}
    return found


def limits(given: Inputs) -> dict[str, Any]:
    """How many districts one worker, one database core and the largest primary carry in their busiest hour, by case."""
    found: dict[str, Any] = {}
    for case in Case:
        rates = Country(1, 1, case).rates(Moment())
        busy = load(rates, given.work)
        kept = sum(rate * given.work[name][DATABASE] for name, rate in rates.items() if name not in MAY_BE_STALE)
        largest = ASSUMPTIONS["largest database"].of(Case.BASE)
        primary = MOST_BUSY * largest / busy[DATABASE]
        found[case.value] = {
            "requests of a district": sum(rates.values()),
            "worker": MOST_BUSY / busy[SERVICE],
            "database core": MOST_BUSY / busy[DATABASE],
            "primary": primary,
            "primary, requests/s": primary * sum(rates.values()),
            "primary with replicas": MOST_BUSY * largest / kept,
            "writes of a district": rates[WRITE] + rates[RETURN],
        }
    found["chain"] = 1 / (given.known[WRITE].service + given.known[WRITE].database)
    return found


def simulation(given: Inputs) -> dict[str, Any]:
    """All of it, as it is kept in results/."""
    return {
        "seed": SEED,
        "costs": {name: {**asdict(one), **given.work[name]} for name, one in given.known.items()},
        "database share": {"share": given.share, "file": given.share_of},
        "worker": {"megabytes": given.megabytes, "file": given.megabytes_of},
        "facts": {name: list(one) for name, one in FACTS.items()},
        "assumptions": {name: asdict(one) for name, one in ASSUMPTIONS.items()},
        "own": asdict(given.own),
        "check": check(given),
        "unfilled": sorted(set(Country(1, 1, Case.BASE).rows()) - set(given.own.sizes)),
        "scales": [scaled(scale, case, given) for scale in SCALES for case in Case],
        "sensitivity": sensitivity(given),
        "limits": limits(given),
    }


def write(found: Mapping[str, Any], *, file: Path = FILE, document: Path = DOCUMENT) -> None:
    file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    document.write_text(scale_out_tables.put(document.read_text(encoding="utf-8"), found), encoding="utf-8")


def kept() -> costs.Own:
    """What was measured last. Raises costs.Unmeasured."""
    found = costs.loaded(FILE.stem)
    if found is None:
        raise costs.Unmeasured("the bytes of a row: run with --measure")
    return costs.Own(**found["own"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true", help="also the bytes of a row, a write and a password, on a database of its own")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench-scale-out", help="for that database; emptied before and after")
    given = parser.parse_args()
    found = simulation(inputs(costs.measured(given.folder) if given.measure else kept()))
    write(found)
    print(scale_out_tables.tables(found))


if __name__ == "__main__":
    main()
