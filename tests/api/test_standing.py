"""The rules in force for one organization on a day, and who has written no implementing rules."""

from datetime import date
from typing import Any

import pytest

from domain.tightening import Said
from models.organizations import Organization
from tests.making_rules import TEAM, TOMORROW, overlaid, proposed
from tests.world import World, codes, shown

pytestmark = pytest.mark.anyio

ASK = """query($organization: ID!, $on: Date!) { rulesInForce(organization: $organization, on: $on) {
  on profile overlays version rules { key value article source profileValue profileArticle tighter } } }"""
AGENCIES = "query($filter: AgencyFilter) { agencies(first: 50, filter: $filter) { nodes { id } } }"
DISTRICTS = "query($filter: DistrictFilter) { districts(first: 50, filter: $filter) { nodes { id } } }"
RATIO = Said("sampling.min_ratio", "2/5", "细则 §3")
HOURS = Said("assignment.reply_hours", "24", "机构细则 §1")


async def in_force(world: World, id: str, on: date, asker: str = "agency_clerk_0") -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    found = (await world.done(asker, ASK, organization=id, on=on.isoformat()))["rulesInForce"]
    return found, {one["key"]: one for one in found["rules"]}


def of(organization: Organization) -> str:
    return shown({"CENTER": "ctr", "DISTRICT": "dst", "AGENCY": "agc"}[organization.tier], organization.id)


@pytest.mark.requirement("B063", "Y002", "D31", "INV15")
async def test_each_line_says_where_it_comes_from(world: World) -> None:
    agency = world.agencies[0]
    below = await overlaid(world, TEAM, RATIO)
    own = await overlaid(world, HOURS, Said("team.min", "4", "机构细则 §2"), of=agency)
    found, rules = await in_force(world, of(agency), TOMORROW)
    assert found["overlays"] == [shown("ovl", below.id), shown("ovl", own.id)]
    assert found["version"] == f"beijing-municipal@2024-01-01 + 实施细则@{TOMORROW} + 实施细则@{TOMORROW}"
    team = {"key": "team.min", "value": "4", "article": "机构细则 §2", "source": shown("ovl", own.id)}
    assert rules["team.min"] == team | {"profileValue": "2", "profileArticle": "003 §11", "tighter": "HIGHER"}
    assert (rules["sampling.min_ratio"]["value"], rules["sampling.min_ratio"]["source"]) == ("2/5", shown("ovl", below.id))
    assert (rules["assignment.reply_hours"]["value"], rules["assignment.reply_hours"]["tighter"]) == ("24", "LOWER")
    title = rules["card.title"]
    assert (title["source"], title["profileValue"], title["tighter"]) == (found["profile"], None, None)
    _, of_district = await in_force(world, of(world.districts[0]), TOMORROW)
    assert (of_district["team.min"]["value"], of_district["assignment.reply_hours"]["value"]) == ("3", "48")
    center, of_center = await in_force(world, of(world.center), TOMORROW)
    assert (center["overlays"], of_center["team.min"]["value"]) == ([], "2")
    before, _ = await in_force(world, of(agency), date(2026, 9, 16))
    assert before["overlays"] == []


@pytest.mark.requirement("D31", "Y090")
async def test_under_yunnan_the_profile_alone_holds(yunnan: World) -> None:
    found, rules = await in_force(yunnan, of(yunnan.agencies[0]), TOMORROW)
    assert (found["overlays"], found["version"]) == ([], "yunnan-college-2023@2024-01-01")
    assert {one["source"] for one in rules.values()} == {found["profile"]}
    assert rules["issuer"]["article"] == "000 notice"


async def test_who_asks_for_what_is_not_there_is_refused(world: World) -> None:
    early = await world.ask("center_admin", ASK, organization=of(world.center), on="2020-01-01")
    assert (codes(early), early["data"], early["errors"][0]["extensions"]["rule"]) == (
        ["RULE_NOT_MET"],
        {"rulesInForce": None},
        "profile.effective_from",
    )
    for nobody in (shown("agc", world.center.id), shown("dst", world.actors["center_admin"].person_id)):
        answer = await world.ask("center_admin", ASK, organization=nobody, on="2026-09-16")
        assert (codes(answer), answer["data"]) == (["NOT_FOUND"], {"rulesInForce": None})
    assert codes(await world.ask(None, ASK, organization=of(world.center), on="2026-09-16")) == ["UNAUTHENTICATED"]


@pytest.mark.requirement("B063")
async def test_who_has_written_none_is_listed(world: World) -> None:
    async def lacking(on: date) -> tuple[set[str], set[str]]:
        asked = {"center": {"eq": of(world.center)}, "withoutImplementingRulesOn": on.isoformat()}
        found = [await world.done("center_admin", document, filter=asked) for document in (AGENCIES, DISTRICTS)]
        return {one["id"] for one in found[0]["agencies"]["nodes"]}, {one["id"] for one in found[1]["districts"]["nodes"]}

    agencies, districts = {of(one) for one in world.agencies}, {of(one) for one in world.districts}
    assert await lacking(TOMORROW) == (agencies, districts)
    await overlaid(world, TEAM)
    await overlaid(world, HOURS, of=world.agencies[0])
    await proposed(world, HOURS, of=world.agencies[1])
    assert await lacking(date(2026, 9, 16)) == (agencies, districts)
    assert await lacking(TOMORROW) == (agencies - {of(world.agencies[0])}, districts - {of(world.districts[0])})
