"""Findings counted by line, agency, district and month, of what the asker may read and of nothing else."""

from typing import Any

import pytest

from tests.making_returns import closed_in_august, signed
from tests.making_sessions import recognition
from tests.world import World, codes, shown

pytestmark = pytest.mark.anyio

ANALYSE = """query($input: FindingAnalysisInput!) { findingAnalysis(input: $input) { inspected inspectedBefore
  groups { key name count inspections before } } }"""
SEPTEMBER = {"since": "2026-09-01", "until": "2026-10-01"}


async def found(world: World, asker: Any, by: str, **other: object) -> dict[str, Any]:
    answer: dict[str, Any] = (await world.done(asker, ANALYSE, input={"by": by, **SEPTEMBER, **other}))["findingAnalysis"]
    return answer


def counts(answer: dict[str, Any]) -> list[tuple[str, int, int, int]]:
    return [(one["key"], one["count"], one["inspections"], one["before"]) for one in answer["groups"]]


async def three_visits(world: World) -> None:
    """In August F06 at agency 0; in September F06 there, and F05 and F06 at agency 2 in the other district."""
    await closed_in_august(world, agency=0)
    await signed(world)
    await signed(world, of=await recognition(world, agency=2), by="district_dispatcher_1", no=("F05", "F06"))


@pytest.mark.requirement("B051", "B047")
async def test_findings_are_counted_with_the_period_before(world: World) -> None:
    await three_visits(world)
    lines = await found(world, "center_clerk", "ITEM")
    assert (lines["inspected"], lines["inspectedBefore"]) == (2, 1)
    assert counts(lines) == [("recognition-exam F06", 2, 2, 1), ("recognition-exam F05", 1, 1, 0)]
    assert all(one["name"] for one in lines["groups"])
    agencies = [shown("agc", one.id) for one in world.agencies]
    by_agency = await found(world, "center_clerk", "AGENCY")
    assert counts(by_agency) == [(agencies[2], 2, 1, 0), (agencies[0], 1, 1, 1)]
    assert [one["name"] for one in by_agency["groups"]] == [world.agencies[2].name, world.agencies[0].name]
    districts = [shown("dst", one.id) for one in world.districts]
    assert counts(await found(world, "center_clerk", "DISTRICT")) == [(districts[1], 2, 1, 0), (districts[0], 1, 1, 1)]
    months = await found(world, "center_clerk", "MONTH", since="2026-08-01")
    assert (counts(months), months["inspected"]) == ([("2026-08", 1, 1, 0), ("2026-09", 3, 2, 0)], 3)


@pytest.mark.requirement("B051")
async def test_the_filters(world: World) -> None:
    await three_visits(world)
    for other, count in (
        ({"agency": shown("agc", world.agencies[0].id)}, 1),
        ({"agency": shown("agc", world.agencies[1].id)}, 0),
        ({"district": shown("dst", world.districts[1].id)}, 1),
        ({"mode": "EXAM"}, 2),
        ({"mode": "DIRECT"}, 0),
        ({"internal": True}, 0),
        ({"since": "2026-09-29"}, 0),
    ):
        answer = await found(world, "center_admin", "ITEM", **other)
        assert (answer["inspected"], bool(answer["groups"])) == (count, count > 0), other


@pytest.mark.requirement("B051", "INV19")
async def test_everybody_counts_what_they_may_read(world: World, elsewhere: World) -> None:
    await three_visits(world)
    visit, team = await signed(world, of=await recognition(world, agency=1, starts_at=world.now.replace(day=20)))
    seen = {"center_auditor": 3, "district_clerk_0": 2, "district_admin_1": 1, "agency_admin_1": 1, "agency_admin_3": 0}
    for asker, count in seen.items():
        assert (await found(world, asker, "ITEM"))["inspected"] == count, asker
    assert (await found(world, team[1][1], "AGENCY"))["groups"][0]["key"] == shown("agc", visit.agency_id)
    assert (await found(world, team[1][1], "AGENCY"))["inspected"] == 1
    mine = await found(elsewhere, "center_admin", "ITEM", agency=shown("agc", world.agencies[0].id))
    assert mine == {"inspected": 0, "inspectedBefore": 0, "groups": []}


async def test_periods_that_are_none(world: World) -> None:
    for other, problem in (({"until": "2026-09-01"}, "dates_reversed"), ({"since": "2020-01-01"}, "range")):
        answer = await world.ask("center_clerk", ANALYSE, input={"by": "ITEM", **SEPTEMBER, **other})
        assert (codes(answer), answer["data"]) == (["BAD_USER_INPUT"], {"findingAnalysis": None})
        assert answer["errors"][0]["extensions"]["problem"] == problem
    wrong = await world.ask("center_clerk", ANALYSE, input={"by": "ITEM", **SEPTEMBER, "agency": shown("dst", world.districts[0].id)})
    assert codes(wrong) == ["NOT_FOUND"]
    assert codes(await world.ask(None, ANALYSE, input={"by": "ITEM", **SEPTEMBER})) == ["UNAUTHENTICATED"]
