"""Which agencies had no annual inspection in a year: counted and named under the caller's rights, by the rules of that year."""

from typing import Any

import pytest

from models.inspections import InspectionForm
from tests.making_forms import rated, sent
from tests.world import World, codes, shown

pytestmark = pytest.mark.anyio

ASK = """query($area: ID!, $year: Int!) { annualCoverage(area: $area, year: $year) { name year required agencies inspected underWay
  missing { agency name district scheduledOn } } }"""


async def told(world: World, who: str = "center_clerk", *, year: int = 2026) -> dict[str, Any]:
    found = await world.done(who, ASK, area=shown("ctr", world.center.id), year=year)
    return found["annualCoverage"]  # type: ignore[no-any-return]


def lacking(world: World, n: int, day: str | None = None) -> dict[str, Any]:
    one = world.agencies[n]
    return {"agency": shown("agc", one.id), "name": one.name, "district": None, "scheduledOn": day}


@pytest.mark.requirement("Y036")
async def test_agencies_without_an_annual_inspection_are_named(yunnan: World) -> None:
    by_code = sorted(range(2), key=lambda n: yunnan.agencies[n].code)
    counted = {"name": yunnan.center.name, "year": 2026, "required": True, "agencies": 2, "inspected": 0, "underWay": 0}
    assert await told(yunnan) == counted | {"missing": [lacking(yunnan, n) for n in by_code]}
    await sent(yunnan, InspectionForm.SPECIAL)
    visit, _ = await rated(yunnan, days=8)
    assert await told(yunnan) == counted | {"inspected": 1, "missing": [lacking(yunnan, 1)]}
    other = await told(yunnan, year=visit.scheduled_on.year - 1)
    assert (other["inspected"], len(other["missing"])) == (0, 2)


@pytest.mark.requirement("Y036")
async def test_one_that_is_planned_is_still_missing(yunnan: World) -> None:
    visit, _ = await sent(yunnan, InspectionForm.ANNUAL)
    found = await told(yunnan, "center_admin")
    assert (found["inspected"], found["underWay"]) == (0, 1)
    assert lacking(yunnan, 0, visit.scheduled_on.isoformat()) in found["missing"]


@pytest.mark.requirement("Y036", "D20")
async def test_the_rules_of_beijing_ask_for_none_and_a_district_sees_its_own(world: World, elsewhere: World) -> None:
    found = await told(world)
    assert (found["required"], found["agencies"], found["missing"]) == (False, 4, [])
    mine, theirs = [shown("dst", one.id) for one in world.districts]
    own = (await world.done("district_clerk_0", ASK, area=mine, year=2026))["annualCoverage"]
    assert (own["name"], own["agencies"]) == ("第0区", 2)
    center = shown("ctr", world.center.id)
    for place, who, area in (
        (world, "district_clerk_0", theirs),
        (world, "district_clerk_0", center),
        (world, "agency_admin_0", mine),
        (elsewhere, "center_admin", center),
        (elsewhere, "center_admin", mine),
    ):
        answer = await place.ask(who, ASK, area=area, year=2026)
        assert (codes(answer), answer["data"]) == (["NOT_FOUND"], {"annualCoverage": None})
    assert codes(await world.ask(None, ASK, area=center, year=2026)) == ["UNAUTHENTICATED"]
    assert codes(await world.ask("center_clerk", ASK, area=center, year=1)) == ["BAD_USER_INPUT"]
