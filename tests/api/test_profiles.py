from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import pytest

from domain.errors import Unmet
from models.events import Event
from models.inspections import Inspection
from models.organizations import Profile
from tests.making_inspections import dispatched
from tests.making_sessions import recognition
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

PUBLISH = """mutation($input: ProfilePublishInput!) { profilePublish(input: $input) { replayed event { step reason profile { id } } profile {
  id slug title effectiveFrom rules { key value article } organization { id } } } }"""
CHANGES = "rule change before after articleBefore articleAfter"
CHANGED = f"""query($id: ID!) {{ profile(id: $id) {{ previousFrom until difference {{ {CHANGES} }} differenceFromFirst {{ rule }} }} }}"""
PREVIEW = f"query($input: ProfilePreviewInput!) {{ profilePreview(input: $input) {{ profile until difference {{ {CHANGES} }} }} }}"
LIST = """query($filter: ProfileFilter) { profiles(first: 9, filter: $filter, orderBy: {field: EFFECTIVE_FROM, direction: DESC}) {
  nodes { id title number issuer adoptedBy authority interpreter effectiveFrom organization { id } rules { key value article } } } }"""
TEXTS = """mutation($input: ProfilePublishInput!) { profilePublish(input: $input) { profile {
  number issuer adoptedBy authority interpreter codeOfConduct codeDigest examRoomRules rules { key article } } } }"""
CODE = "一、廉洁自律。\n二、佩戴证卡。"
SINCE = "2026-10-01"
TEAM = {"key": "team.min", "value": "3", "article": "003 §11（修订）"}


def version(*rules: dict[str, str], **other: object) -> dict[str, object]:
    return {"idempotencyKey": key(), "effectiveFrom": SINCE, "rules": list(rules)} | other


def why(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


async def listed(world: World, asker: str = "agency_clerk_0", of: World | None = None, **filter: object) -> list[dict[str, Any]]:
    mine = {"organization": {"eq": shown("ctr", (of or world).center.id)}}
    return list((await world.done(asker, LIST, filter=mine | filter))["profiles"]["nodes"])


@pytest.mark.requirement("Y001", "Y002", "Y003", "Y090", "B001", "B062", "B064")
async def test_a_profile_says_who_issued_it_on_what_and_who_interprets_it(world: World, yunnan: World) -> None:
    (beijing,), (college,) = await listed(world), await listed(world, of=yunnan)
    center = "北京市职业技能鉴定管理中心"
    assert (beijing["title"], beijing["issuer"], beijing["interpreter"]) == ("北京市职业技能等级认定质量督导管理办法（试行）", center, center)
    assert (beijing["number"], beijing["adoptedBy"], beijing["effectiveFrom"]) == (None, None, "2024-01-01")
    assert beijing["authority"] == "人社厅发[2018]148号；京人社能发[2019]142号"
    assert (college["issuer"], college["interpreter"]) == ("云南机电职业技术学院", "云南机电职业技术学院")
    assert (college["adoptedBy"], college["authority"]) == ("学校2023年第17次办公会", "云人社通〔2021〕73号")
    assert college["organization"] == {"id": shown("ctr", yunnan.center.id)}


@pytest.mark.requirement("D01", "D02", "D14", "D18", "D27")
async def test_where_two_regimes_differ_each_says_so_with_its_article(world: World, yunnan: World) -> None:
    """The words a client shows, and the rules behind them, are data of the jurisdiction."""
    expected = {
        "labels.internal": (("质量内控人员", "003 §6"), ("内部质量督导员", "000 §5")),
        "tiers": (('["CENTER", "DISTRICT", "AGENCY"]', "003 §4, §5, §6"), ('["CENTER", "AGENCY"]', "000 §5, §13")),
        "revocation.authority": (("CENTER", "003 §9, §17"), ("ISSUER", "000 §19, §21")),
        "selection.method": (("ROTATION", "003 §10"), ("RANDOM", "000 §12")),
        "internal.required_per_session": (("false", "003 §6"), ("true", "000 §12")),
    }
    for place, home in enumerate((world, yunnan)):
        (found,) = await listed(home)
        rules = {one["key"]: (one["value"], one["article"]) for one in found["rules"]}
        assert {id: rules[id] for id in expected} == {id: both[place] for id, both in expected.items()}


@pytest.mark.requirement("N4", "INV15", "B064", "Y001")
async def test_the_center_publishes_a_later_version_which_judges_no_earlier_day(world: World) -> None:
    number = {"key": "number", "value": "京人社〔2026〕9号", "article": "003 title"}
    said = version(TEAM, number, title="管理办法（修订）", removes=["retention.years"])
    done = (await world.done("center_admin", PUBLISH, input=said))["profilePublish"]
    made = done["profile"]
    assert (made["slug"], made["title"], made["effectiveFrom"]) == ("beijing-municipal", "管理办法（修订）", SINCE)
    assert done["event"] == {"step": "PUBLISH_PROFILE", "reason": f"beijing-municipal {SINCE}", "profile": {"id": made["id"]}}
    later, before = await listed(world)
    assert (later["id"], later["number"], before["number"]) == (made["id"], "京人社〔2026〕9号", None)
    old, new = ({one["key"]: one for one in profile["rules"]} for profile in (before, later))
    assert set(old) - set(new) == {"retention.years"}
    assert {name: new[name] for name in new if new[name] != old.get(name)} == {"team.min": TEAM, "number": number}
    assert await listed(world, effectiveFrom={"from": SINCE}) == [later]
    inspection, _ = await dispatched(world, members=2)
    (row,) = await world.rows(Inspection, id=inspection.id)
    assert shown("prof", row.profile_id) == before["id"]
    october = await recognition(world, starts_at=world.now + timedelta(days=20))
    with pytest.raises(Unmet) as refused:
        await dispatched(world, of=october, members=2)
    assert (refused.value.rule, refused.value.article, refused.value.profile) == ("team.min", TEAM["article"], f"beijing-municipal@{SINCE}")


@pytest.mark.requirement("Y001", "Y002", "Y090", "B001", "B062", "Y024")
async def test_a_version_says_who_issued_it_and_keeps_the_texts_it_names(world: World, yunnan: World) -> None:
    heading = {"number": "校发〔2026〕8号", "issuer": "学院", "adoptedBy": "第8次办公会", "authority": "云人社通〔2026〕1号", "interpreter": "质量科"}
    for home, articles in (
        (world, ("title", "003 title", "title", "003 §1", "003 §18")),
        (yunnan, ("title", "000 notice", "000 notice", "000 §1", "000 §24")),
    ):
        made = (await home.done("center_admin", TEXTS, input=version(**heading, codeOfConduct=CODE, examRoomRules="考生凭证入场")))["profilePublish"][
            "profile"
        ]
        assert {name: made[name] for name in heading} == heading
        lines = {one["key"]: one["article"] for one in made["rules"]}
        assert tuple(lines[name] for name in ("number", "issuer", "adopted_by", "authority", "interpreter")) == articles
        assert (made["codeOfConduct"], made["examRoomRules"], made["codeDigest"]) == (CODE, "考生凭证入场", sha256(CODE.encode()).hexdigest())
        kept = (await home.done("center_admin", TEXTS, input=version(TEAM, effectiveFrom="2026-11-01", examRoomRules=" ")))["profilePublish"][
            "profile"
        ]
        assert (kept["codeDigest"], kept["examRoomRules"], kept["number"]) == (made["codeDigest"], None, heading["number"])


@pytest.mark.parametrize(
    ("said", "problem", "field"),
    [
        ({"codeOfConduct": "长" * 8001}, "too_long", "codeOfConduct"),
        ({"examRoomRules": "长" * 8001}, "too_long", "examRoomRules"),
        ({"codeOfConduct": "身份证 11010519491231002X"}, "id_number_inside", "codeOfConduct"),
        ({"adoptedBy": " "}, "required", "adoptedBy"),
        ({"issuer": "长" * 2001}, "too_long", "issuer"),
        ({"number": "1号", "rules": [{"key": "number", "value": "2号", "article": "003 title"}]}, "rule_repeated", "rules"),
    ],
)
async def test_texts_that_cannot_stand_are_refused(world: World, said: dict[str, object], problem: str, field: str) -> None:
    answer = await world.ask("center_admin", TEXTS, input=version(TEAM) | said)
    assert (codes(answer), why(answer)["problem"], why(answer)["field"]) == (["BAD_USER_INPUT"], problem, field)
    assert len(await world.rows(Profile, organization_id=world.center.id)) == 1


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"effectiveFrom": "2026-09-16"}, "past"),
        ({"rules": [TEAM | {"key": "team.most"}]}, "rule_unknown"),
        ({"rules": [TEAM | {"value": "0"}]}, "rule_value"),
        ({"rules": [TEAM, TEAM]}, "rule_repeated"),
        ({"removes": ["team.min"]}, "rule_value"),
        ({"removes": ["appointment.term_months"]}, "rule_unknown"),
        ({"rules": [TEAM | {"key": "monthly_return.due_day", "value": "31"}]}, "rule_value"),
        ({"title": "长" * 201}, "too_long"),
    ],
)
async def test_a_version_that_does_not_hold_together_is_refused(world: World, said: dict[str, object], problem: str) -> None:
    answer = await world.ask("center_admin", PUBLISH, input=version(TEAM) | said)
    assert (codes(answer), why(answer)["problem"]) == (["BAD_USER_INPUT"], problem)
    assert len(await world.rows(Profile, organization_id=world.center.id)) == 1


async def test_one_version_begins_on_a_day_and_says_something_new(world: World) -> None:
    for said in (version(), version(TEAM | {"value": "2", "article": "003 §11"})):
        answer = await world.ask("center_admin", PUBLISH, input=said)
        assert (codes(answer), why(answer)["reason"]) == (["CONFLICT"], "DUPLICATE")
    await world.done("center_admin", PUBLISH, input=version(TEAM))
    twice = await world.ask("center_admin", PUBLISH, input=version(TEAM | {"value": "4"}))
    assert (codes(twice), why(twice)["reason"]) == (["CONFLICT"], "DUPLICATE")
    days = [one.effective_from for one in await world.rows(Profile, organization_id=world.center.id)]
    assert sorted(days) == [date(2024, 1, 1), date(2026, 10, 1)]


async def test_nobody_else_publishes_one(world: World, yunnan: World) -> None:
    for who, asker in ((world, "center_clerk"), (world, "center_auditor"), (world, "district_admin_0"), (yunnan, "agency_admin_0")):
        assert codes(await who.ask(asker, PUBLISH, input=version(TEAM))) == ["FORBIDDEN"], asker
    for who in (world, yunnan):
        assert len(await who.rows(Profile, organization_id=who.center.id)) == 1
        assert len(await who.rows(Event, center_id=who.center.id, step="PUBLISH_PROFILE")) == 1


def change(rule: str, how: str, before: tuple[str | None, str | None], after: tuple[str | None, str | None]) -> dict[str, str | None]:
    """By value and article."""
    (was, there), (now, here) = before, after
    return {"rule": rule, "change": how, "before": was, "after": now, "articleBefore": there, "articleAfter": here}


@pytest.mark.requirement("N4", "INV15", "Y001", "B064")
async def test_an_edition_says_rule_by_rule_what_it_changes_before_and_after_it_is_published(world: World) -> None:
    none = (None, None)
    moved = {"key": "overlay.allowed", "value": "true", "article": "003 §18（修订）"}
    retention = {"key": "retention.years", "value": "9", "article": "细则 §9"}
    said = version(TEAM, moved, number="京〔2026〕9号", removes=["retention.years"], codeOfConduct=CODE)
    expected = [
        change("code_of_conduct", "ADDED", none, (CODE, None)),
        change("number", "ADDED", none, ("京〔2026〕9号", "title")),
        change("overlay.allowed", "CHANGED", ("true", "003 §18"), ("true", "003 §18（修订）")),
        change("retention.years", "REMOVED", ("5", "003 §15, default 1.5"), none),
        change("team.min", "CHANGED", ("2", "003 §11"), ("3", TEAM["article"])),
    ]
    (first,) = await listed(world)
    asked = {name: value for name, value in said.items() if name != "idempotencyKey"}
    seen = (await world.done("center_admin", PREVIEW, input=asked))["profilePreview"]
    assert seen == {"profile": first["id"], "until": None, "difference": expected}
    assert len(await world.rows(Profile, organization_id=world.center.id)) == 1
    made = (await world.done("center_admin", PUBLISH, input=said))["profilePublish"]["profile"]["id"]
    read = (await world.done("agency_clerk_0", CHANGED, id=made))["profile"]
    assert (read["previousFrom"], read["until"], read["difference"]) == ("2024-01-01", None, expected)
    assert (await world.done("agency_clerk_0", CHANGED, id=first["id"]))["profile"] == {
        "previousFrom": None,
        "until": SINCE,
        "difference": [],
        "differenceFromFirst": [],
    }
    again = {"effectiveFrom": "2026-11-01", "rules": [retention, TEAM | {"value": "2", "article": "003 §11"}], "title": "管理办法"}
    later = (await world.done("center_admin", PUBLISH, input=again | {"idempotencyKey": key()}))["profilePublish"]["profile"]["id"]
    last = (await world.done("agency_clerk_0", CHANGED, id=later))["profile"]
    assert [(one["rule"], one["change"]) for one in last["difference"]] == [
        ("retention.years", "ADDED"),
        ("team.min", "CHANGED"),
        ("title", "CHANGED"),
    ]
    since_first = [one["rule"] for one in last["differenceFromFirst"]]
    assert since_first == ["code_of_conduct", "number", "overlay.allowed", "retention.years", "title"]


async def test_an_edition_between_two_is_held_against_its_neighbours(world: World) -> None:
    await world.done("center_admin", PUBLISH, input=version(TEAM, effectiveFrom="2026-11-01"))
    between = {"effectiveFrom": SINCE, "rules": [TEAM | {"value": "4"}]}
    seen = (await world.done("center_admin", PREVIEW, input=between))["profilePreview"]
    assert (seen["until"], [(one["before"], one["after"]) for one in seen["difference"]]) == ("2026-11-01", [("2", "4")])
    await world.done("center_admin", PUBLISH, input=between | {"idempotencyKey": key()})
    later, middle, _ = await listed(world)
    read = (await world.done("agency_clerk_0", CHANGED, id=later["id"]))["profile"]
    assert (read["previousFrom"], [(one["before"], one["after"]) for one in read["difference"]]) == (SINCE, [("4", "3")])
    assert (await world.done("agency_clerk_0", CHANGED, id=middle["id"]))["profile"]["until"] == "2026-11-01"


async def test_a_preview_is_refused_as_the_act_would_be(world: World) -> None:
    asked = {"effectiveFrom": SINCE, "rules": [TEAM]}
    for asker in ("center_clerk", "district_admin_0", "agency_admin_0"):
        assert codes(await world.ask(asker, PREVIEW, input=asked)) == ["FORBIDDEN"], asker
    refused = (({"rules": []}, "CONFLICT"), ({"effectiveFrom": "2026-09-16"}, "BAD_USER_INPUT"), ({"removes": ["team.min"]}, "BAD_USER_INPUT"))
    for said, code in refused:
        answer = await world.ask("center_admin", PREVIEW, input=asked | said)
        assert codes(answer) == [code]
        assert answer["data"] == {"profilePreview": None}
    await world.done("center_admin", PUBLISH, input=version(TEAM))
    twice = await world.ask("center_admin", PREVIEW, input=asked | {"rules": [TEAM | {"value": "4"}]})
    assert (codes(twice), why(twice)["reason"]) == (["CONFLICT"], "DUPLICATE")
