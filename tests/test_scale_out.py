"""The simulation keeps to the laws of queues, takes its costs from what was measured, and stands in the document as it is."""

import json
import re
from typing import Any

import pytest

from bench import costs, scale_out, scale_out_tables
from bench.country import ASSUMPTIONS, CHECK, DAY, PAGE, RETURN, ROW, SCALES, SIGN_IN, WRITE, YEAR, Case, Country, Moment
from bench.processes import ROOT
from bench.queues import Kind, simulated, through, utilisation
from models.base import every_table, table_of

REQUESTS = 60_000
ROOMS = ("app", "gql", "authz", "domain", "models", "migrations")
LASTING = re.compile(
    r"pg_(try_)?advisory_(un)?lock(_shared)?\(|pg_advisory_unlock|set_config\([^()]*, false\)|\bLISTEN \w|CREATE (LOCAL )?TEMP|WITH HOLD|SET SESSION"
)
"""What would outlive a transaction, and so meet the next user of a pooled connection."""


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(scale_out.FILE.read_text(encoding="utf-8"))
    return kept


def own(write: float = 0.01) -> costs.Own:
    return costs.Own({"event": 400.0, "inspection": 600.0}, {"service": write, "database": write / 4}, 0.1)


def given(write: float = 0.01) -> scale_out.Inputs:
    known = {name: costs.Cost(0.004, 0.003, name, "here", "invented") for name in (PAGE, ROW, CHECK, RETURN)}
    known |= {WRITE: costs.Cost(write, write / 4, WRITE, "here", "invented"), SIGN_IN: costs.Cost(0.1, 0, SIGN_IN, "here", "invented")}
    return scale_out.Inputs(known, 0.4, "here", 120, "here", own(write))


def test_utilisation_is_rate_times_cost() -> None:
    kinds = [Kind(10, {"a": 0.02, "b": 0.01}), Kind(5, {"a": 0.04})]
    assert utilisation(kinds, {"a": 1, "b": 2}) == pytest.approx({"a": 0.4, "b": 0.05})
    seen = simulated(kinds, {"a": 1, "b": 2}, requests=REQUESTS, seed=1)
    assert seen.busy == pytest.approx(utilisation(kinds, {"a": 1, "b": 2}), rel=0.03)


@pytest.mark.parametrize("busy", [0.2, 0.5, 0.7])
def test_one_exponential_server_is_as_slow_as_theory_says(busy: float) -> None:
    """M/M/1: mean time = cost / (1 - utilisation), and the time itself is exponential."""
    seen = simulated([Kind(busy / 0.01, {"a": 0.01})], {"a": 1}, requests=4 * REQUESTS, seed=2)
    mean = 0.01 / (1 - busy)
    assert seen.mean == pytest.approx(mean, rel=0.05)
    assert seen.p99 == pytest.approx(mean * 4.605, rel=0.1)


def test_two_servers_are_as_slow_as_theory_says() -> None:
    """M/M/2 (Erlang): mean time = cost / (1 - utilisation²)."""
    seen = simulated([Kind(140, {"a": 0.01})], {"a": 2}, requests=4 * REQUESTS, seed=3)
    assert seen.mean == pytest.approx(0.01 / (1 - 0.7**2), rel=0.05)


def test_two_stations_one_after_another_add_up() -> None:
    """Jackson: what leaves the first is as random as what came, so that each is as slow as it would be alone."""
    seen = simulated([Kind(50, {"a": 0.01, "b": 0.006})], {"a": 1, "b": 1}, requests=4 * REQUESTS, seed=4)
    assert seen.mean == pytest.approx(0.01 / 0.5 + 0.006 / 0.7, rel=0.05)


def test_more_servers_are_never_worse() -> None:
    kinds = [Kind(80, {"a": 0.01, "b": 0.008}), Kind(10, {"a": 0.03})]
    for station in ("a", "b"):
        seen = [simulated(kinds, {"a": 2, "b": 2, station: count}, requests=20_000, seed=5) for count in (2, 3, 4, 8)]
        assert [one.p99 for one in seen] == sorted((one.p99 for one in seen), reverse=True)
        assert [one.mean for one in seen] == sorted((one.mean for one in seen), reverse=True)


def test_first_come_is_first_served() -> None:
    assert through([0, 0, 1], [2, 1, 5], 1) == [2, 3, 8]
    assert through([0, 0, 1], [2, 1, 5], 2) == [2, 1, 6]


def test_what_is_slow_by_its_nature_is_in_no_percentile() -> None:
    kinds = [Kind(10, {"a": 0.01}), Kind(1, {"a": 0.01, "slow": 1.0}, promised=False)]
    assert simulated(kinds, {"a": 1, "slow": 100}, requests=20_000, seed=6).p99 < 0.1


@pytest.mark.parametrize("case", list(Case))
def test_the_hours_of_a_year_add_up_to_its_work(case: Case) -> None:
    """Every mutation, return and check of the year is asked in one of its hours, and no hour asks for less than nothing."""
    country, days = Country(100, 2, case), 250 / 12
    total = dict.fromkeys((WRITE, RETURN, CHECK), 0.0)
    for month in range(len(YEAR)):
        for hour in range(len(DAY)):
            ordinary, last = country.rates(Moment(month, last=False, hour=hour)), country.rates(Moment(month, hour=hour))
            assert min(*ordinary.values(), *last.values()) >= 0
            for name in total:
                total[name] += 3_600 * (ordinary[name] * (days - 1) + last[name])
    assert total[WRITE] == pytest.approx(country.writes)
    assert total[RETURN] == pytest.approx(country.returns * country.given("return writes"))
    assert total[CHECK] == pytest.approx(100 * country.given("checks") * 250)


def test_the_busiest_hour_is_the_one_that_is_weighed() -> None:
    country = Country(100, 2, Case.BASE)
    every = [sum(country.rates(Moment(month, last, hour)).values()) for month in range(12) for last in (False, True) for hour in range(9)]
    assert sum(country.rates(Moment()).values()) == max(every)


def test_each_assumption_lies_in_its_range_and_more_of_it_is_never_less_work() -> None:
    likely = sum(Country(100, 2, Case.BASE).rates(Moment()).values())
    for name, one in ASSUMPTIONS.items():
        assert one.low <= one.base <= one.high, name
        assert sum(Country(100, 2, Case.BASE, {name: Case.HIGH}).rates(Moment()).values()) >= likely * 0.999, name


def test_dearer_writes_need_more_cores() -> None:
    rates = Country(*SCALES["all of China"], Case.BASE).rates(Moment())
    cheap, dear = (scale_out.needed(rates, given(write).work)[0] for write in (0.01, 0.1))
    assert dear["service"] > cheap["service"]
    assert dear["database"] >= cheap["database"]


def test_a_table_that_nobody_filled_counts_as_the_mean() -> None:
    assert given().size("event") == 400
    assert given().size("signature") == 500


def test_costs_come_from_the_files_that_were_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, dict[str, Any]] = {
        "bench": {"about": {"machine": "2 × a"}, "operations": [{"operation": ROW, "rounds": {"service": [{"requests_per_second": 100}]}}]},
        "operations": {
            "about": {"machine": "4 × b"},
            "measured": [
                {"operation": ROW, "connections": connections, "rounds": {"service": [{"requests_per_second": 400}]}} for connections in (1, 8)
            ],
        },
        "writes": {"about": {"machine": "2 × a"}, "figures": [{"what": f"{RETURN}, 8 connections", "figure": 50.0}]},
    }
    monkeypatch.setattr(costs, "loaded", files.get)
    row = costs.cost(ROW, own(), 0.25)
    assert [row.service, row.database] == pytest.approx([0.0075, 0.0025])
    assert row.file == "operations.json"
    assert costs.cost(RETURN, own(), 0.5).service + costs.cost(RETURN, own(), 0.5).database == pytest.approx(2 / 50)
    assert costs.cost(WRITE, own(), 0.5).of == costs.REGISTER
    assert costs.cost(SIGN_IN, own(), 0.5).service == 0.1
    files.pop("operations")
    assert costs.cost(ROW, own(), 0.25).file == "bench.json"
    with pytest.raises(costs.Unmeasured):
        costs.cost(PAGE, own(), 0.25)


def test_the_document_shows_what_was_simulated(found: dict[str, Any]) -> None:
    text = scale_out.DOCUMENT.read_text(encoding="utf-8")
    assert scale_out_tables.shown(text) == scale_out_tables.tables(found)
    assert scale_out_tables.put(text, found) == text


def test_the_results_keep_their_own_laws(found: dict[str, Any]) -> None:
    for one in found["scales"]:
        for tier in ("service", "database"):
            assert one["busy"][tier] == pytest.approx(one["alone"][tier] / one["servers"][tier])
            assert one["busy"][tier] <= scale_out.MOST_BUSY
        assert one["bytes"]["event"] == pytest.approx([one["rows"]["event"] * found["own"]["sizes"]["event"] * years for years in scale_out.YEARS])
    cases = {(one["scale"], one["case"]): one["alone"]["database"] for one in found["scales"]}
    for scale in SCALES:
        assert cases[scale, "low"] <= cases[scale, "base"] <= cases[scale, "high"]


def test_the_same_inputs_give_the_same_results(found: dict[str, Any]) -> None:
    one = next(one for one in found["scales"] if one["scale"] == "one city" and one["case"] == "base")
    work = {name: {tier: cost[tier] for tier in ("service", "database", "passwords") if tier in cost} for name, cost in found["costs"].items()}
    servers, peak = scale_out.needed(Country(*SCALES["one city"], Case.BASE).rates(Moment()), work)
    assert servers == one["servers"]
    assert (peak.p50, peak.p99) == (one["peak"]["p50"], one["peak"]["p99"])


def test_nothing_outlives_a_transaction() -> None:
    """Else a pooler in transaction mode would mix tenants."""
    found = [
        f"{file.relative_to(ROOT)}: {hit[0]}"
        for room in ROOMS
        for file in (ROOT / room).rglob("*.py")
        for hit in LASTING.finditer(file.read_text(encoding="utf-8"))
    ]
    assert found == []
    assert LASTING.search("SELECT pg_advisory_lock(1)")
    assert not LASTING.search("SELECT pg_advisory_xact_lock(1), set_config('role', :wall, true)")


def test_the_document_names_the_tables_that_know_no_center() -> None:
    text = scale_out.DOCUMENT.read_text(encoding="utf-8")
    tables = [table_of(one) for one in every_table()]
    without = sorted(one.name for one in tables if "center_id" not in one.c)
    nullable = sorted(one.name for one in tables if "center_id" in one.c and one.c["center_id"].nullable)
    assert f"Without `center_id`:\n{' '.join(f'`{one}`' for one in without)}." in text
    assert f"Nullable: {' '.join(f'`{one}`' for one in nullable)}." in text


def test_no_foreign_key_points_at_a_table_that_would_be_divided_by_time() -> None:
    divided = {"event", "decision", "request", "login", "blacklist_query"}
    keys = {key.column.table.name for one in every_table() for key in table_of(one).foreign_keys}
    assert not keys & divided
