"""What has not moved for some days, by whose turn it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.opinions import Rectification
from tests.making_inspections import dispatched
from tests.making_rechecks import waiting
from tests.making_returns import served
from tests.world import World, codes, shown

pytestmark = pytest.mark.anyio

STUCK = "query($days: Int!) { stuckSteps(days: $days) { kind status holder holderName count since oldest } }"


async def stuck(world: World, asker: Any, *, days: int = 15, after: int = 16) -> list[dict[str, Any]]:
    """As it is so many days from today: a row waits since PostgreSQL last wrote it."""
    answer = await world.done(asker, STUCK, days=days, at=datetime.now(UTC) + timedelta(days=after))
    found: list[dict[str, Any]] = answer["stuckSteps"]
    return found


def by_kind(found: list[dict[str, Any]]) -> dict[str, tuple[str, str, int, list[str]]]:
    return {one["kind"]: (one["status"], one["holder"], one["count"], one["oldest"]) for one in found}


async def test_steps_stand_with_whose_turn_it_is(world: World) -> None:
    visit, _ = await served(world)
    (asked,) = await world.rows(Rectification, inspection_id=visit.id)
    expected = {
        "Inspection": ("OPINION_SERVED", shown("dst", world.districts[0].id), 1, [shown("insp", visit.id)]),
        "Rectification": ("REQUIRED", shown("agc", world.agencies[0].id), 1, [shown("rect", asked.id)]),
    }
    for asker in ("center_clerk", "district_admin_0", "agency_admin_0"):
        found = await stuck(world, asker)
        assert by_kind(found) == expected, asker
        assert found[0]["holderName"] in {world.districts[0].name, world.agencies[0].name}
    assert await stuck(world, "center_clerk", days=17) == []
    assert await stuck(world, "district_admin_1") == []


async def test_rechecks_and_cases_wait_for_the_issuer(world: World) -> None:
    row, _, _ = await waiting(world)
    found = by_kind(await stuck(world, "center_admin"))
    assert found["Recheck"] == ("RECHECK", shown("ctr", world.center.id), 1, [shown("rchk", row.id)])
    assert "SupervisorCase" not in found, "a revocation in force waits for nobody"


@pytest.mark.requirement("INV12", "A18")
async def test_an_agency_learns_of_no_visit_before_its_notice(world: World, elsewhere: World) -> None:
    await dispatched(world)
    await dispatched(world)
    assert await stuck(world, "agency_admin_0") == []
    assert await stuck(elsewhere, "center_admin") == []
    (found,) = await stuck(world, "district_dispatcher_0")
    assert (found["kind"], found["status"], found["count"], len(found["oldest"])) == ("Inspection", "DISPATCHED", 2, 2)


async def test_days_that_are_none(world: World) -> None:
    for days in (-1, 3651):
        answer = await world.ask("center_clerk", STUCK, days=days)
        assert (codes(answer), answer["data"]) == (["BAD_USER_INPUT"], {"stuckSteps": None})
    assert codes(await world.ask(None, STUCK, days=1)) == ["UNAUTHENTICATED"]
