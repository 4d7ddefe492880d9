"""The sampling debt: what a month lacks of its ratio, and whether it can still be had."""

from datetime import timedelta
from typing import Any

import pytest

from tests.making_draws import roster
from tests.making_inspections import dispatched
from tests.making_returns import closed_in_august, held
from tests.making_sessions import recognition, sessions
from tests.world import World, codes, shown

pytestmark = pytest.mark.anyio

DEBT = """query($dispatcher: ID!, $month: String!) { samplingDebt(dispatcher: $dispatcher, month: $month) {
  held planned inspected underWay needed missing team supervisors reachable feasible
  chances { recognitionSession startsAt free enough } barred { reason supervisors } } }"""


async def debt(world: World, asker: Any, *, of: str | None = None, month: str = "2026-09") -> dict[str, Any]:
    place = of or (shown("dst", world.districts[0].id) if world.districts else shown("ctr", world.center.id))
    found: dict[str, Any] = (await world.done(asker, DEBT, dispatcher=place, month=month))["samplingDebt"]
    return found


def figures(found: dict[str, Any]) -> list[Any]:
    return [found[name] for name in ("held", "planned", "inspected", "underWay", "needed", "missing", "supervisors", "reachable", "feasible")]


@pytest.mark.requirement("N5", "B028", "A01", "A02")
async def test_what_is_missing_and_who_may_go(world: World) -> None:
    places = await sessions(world, 11, agency=1)
    visit, team = await dispatched(world, of=places[0])
    await roster(world, 4)
    found = await debt(world, "district_clerk_0")
    # 11 need 4; the two who go already may not go there again (rotation), the four others make two teams for one agency
    assert figures(found) == [0, 11, 0, 1, 4, 3, 4, 2, False]
    assert (found["team"], len(found["chances"]), {one["free"] for one in found["chances"]}) == (2, 10, {4})
    assert shown("ses", visit.recognition_session_id) not in {one["recognitionSession"] for one in found["chances"]}
    assert found["barred"] == [{"reason": "ROTATION", "supervisors": len(team)}]
    await roster(world, 2)
    assert figures(await debt(world, "center_clerk"))[-2:] == [3, True]


@pytest.mark.requirement("N5", "INV05")
async def test_a_month_that_is_over_leaves_no_chance(world: World) -> None:
    await closed_in_august(world)
    for n in range(3):
        await held(world, agency=1, starts_at=world.now - timedelta(days=30, hours=5 * n))
    found = await debt(world, "district_admin_0", month="2026-08")
    assert figures(found) == [4, 0, 1, 0, 2, 1, 0, 0, False]
    assert (found["chances"], found["barred"]) == ([], [])


@pytest.mark.requirement("N5", "D16")
async def test_without_a_ratio_nothing_is_owed(yunnan: World, world: World) -> None:
    await recognition(yunnan)
    await roster(yunnan, 1)
    found = await debt(yunnan, "center_clerk")
    assert (figures(found), found["team"]) == ([0, 1, 0, 0, 0, 0, 1, 1, True], 1)
    await recognition(world)
    whole = await debt(world, "center_admin", of=shown("ctr", world.center.id))
    assert (whole["needed"], whole["planned"], whole["team"]) == (0, 1, 2)


@pytest.mark.requirement("Y045")
async def test_who_may_read_draws_may_ask(world: World, elsewhere: World) -> None:
    mine = {"dispatcher": shown("dst", world.districts[0].id), "month": "2026-09"}
    for home, asker in ((world, "agency_admin_0"), (world, "district_admin_1"), (elsewhere, "center_admin")):
        answer = await home.ask(asker, DEBT, **mine)
        assert (codes(answer), answer["data"]) == (["FORBIDDEN"], {"samplingDebt": None})
    assert codes(await world.ask("center_admin", DEBT, **mine | {"dispatcher": shown("agc", world.agencies[0].id)})) == ["NOT_FOUND"]
    assert codes(await world.ask("center_admin", DEBT, **mine | {"dispatcher": shown("dst", world.agencies[0].id)})) == ["NOT_FOUND"]
    assert codes(await world.ask("center_admin", DEBT, **mine | {"month": "2026-13"})) == ["BAD_USER_INPUT"]
    assert codes(await world.ask(None, DEBT, **mine)) == ["UNAUTHENTICATED"]
