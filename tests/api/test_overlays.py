from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from domain.organizations import publish_profile
from domain.profiles import parse_profile
from domain.tightening import Said
from models.events import Event
from models.organizations import Organization
from models.overlays import Overlay
from tests.making_returns import again
from tests.making_rules import TEAM, TOMORROW, overlaid, proposed
from tests.world import PROFILES, World, codes, key, shown

pytestmark = pytest.mark.anyio

FIELDS = """id version number title text effectiveFrom status organization { id } rules { key value article }
  difference { rule before after article articleAbove } profile { slug } parent { id } proposedBy { id } decidedBy { id } decidedAt
  availableSteps { mutation to } history(first: 9) { nodes { step } }"""
PROPOSE = f"mutation($input: OverlayProposeInput!) {{ overlayPropose(input: $input) {{ replayed event {{ step }} overlay {{ {FIELDS} }} }} }}"
PUBLISH = f"mutation($input: OverlayPublishInput!) {{ overlayPublish(input: $input) {{ event {{ step reason }} overlay {{ {FIELDS} }} }} }}"
WITHDRAW = f"mutation($input: OverlayWithdrawInput!) {{ overlayWithdraw(input: $input) {{ event {{ step reason }} overlay {{ {FIELDS} }} }} }}"
ONE = f"query($id: ID!) {{ overlay(id: $id) {{ {FIELDS} }} }}"
LIST = """query($filter: OverlayFilter, $orderBy: OverlayOrderBy) { overlays(first: 20, filter: $filter, orderBy: $orderBy) {
  nodes { id } totalCount } }"""
RATIO = {"key": "sampling.min_ratio", "value": "2/5", "article": "细则 §3"}
TEAM_OF_FOUR = {"key": "team.min", "value": "4", "article": "细则 §4"}
SINCE = "2026-10-01"


def proposal(*rules: dict[str, str], **other: object) -> dict[str, object]:
    return {"idempotencyKey": key(), "title": "朝阳区实施细则", "effectiveFrom": SINCE, "rules": list(rules) or [RATIO]} | other


def about(overlay: Overlay | str, **more: object) -> dict[str, object]:
    return {"idempotencyKey": key(), "overlay": overlay if isinstance(overlay, str) else shown("ovl", overlay.id), **more}


def why(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


async def nothing(world: World) -> None:
    assert await world.rows(Overlay, center_id=world.center.id) == []
    assert await world.rows(Event, center_id=world.center.id, subject_kind="Overlay") == []


@pytest.mark.requirement("B063", "D31", "N4", "Y002")
async def test_a_district_writes_its_implementing_rules_and_shows_what_they_change(world: World) -> None:
    done = await world.done("district_admin_0", PROPOSE, input=proposal(RATIO, {"key": "team.min", "value": "3", "article": "细则 §4"}))
    made = done["overlayPropose"]["overlay"]
    assert (made["number"], made["status"], made["effectiveFrom"], made["profile"]) == (1, "PROPOSED", SINCE, {"slug": "beijing-municipal"})
    assert made["organization"] == {"id": shown("dst", world.districts[0].id)}
    assert made["difference"] == [
        {"rule": "sampling.min_ratio", "before": "3/10", "after": "2/5", "article": "细则 §3", "articleAbove": "003 §11"},
        {"rule": "team.min", "before": "2", "after": "3", "article": "细则 §4", "articleAbove": "003 §11"},
    ]
    assert made["rules"] == [RATIO, {"key": "team.min", "value": "3", "article": "细则 §4"}]
    assert [one["mutation"] for one in made["availableSteps"]] == ["overlayPublish", "overlayWithdraw"]
    out = (await world.done("district_admin_0", PUBLISH, input=about(made["id"], expectedVersion=made["version"])))["overlayPublish"]
    assert out["event"] == {"step": "PUBLISH", "reason": f"朝阳区实施细则 {SINCE}"}
    assert (out["overlay"]["status"], out["overlay"]["availableSteps"], out["overlay"]["version"]) == ("PUBLISHED", [], 2)
    assert out["overlay"]["decidedBy"] == out["overlay"]["proposedBy"] == {"id": shown("per", world.actors["district_admin_0"].person_id)}
    assert [one["step"] for one in out["overlay"]["history"]["nodes"]] == ["PUBLISH", "PROPOSE"]
    second = (await world.done("district_admin_0", PROPOSE, input=proposal(effectiveFrom="2026-11-01")))["overlayPropose"]["overlay"]
    assert second["number"] == 2


@pytest.mark.requirement("B063")
async def test_the_full_text_is_kept_and_never_changes(world: World) -> None:
    told = "第一条 为细化督导工作，制定本细则。"
    made = (await world.done("district_admin_0", PROPOSE, input=proposal(text=told)))["overlayPropose"]["overlay"]
    assert made["text"] == told
    row = UUID(made["id"].partition("_")[2])
    with pytest.raises(DBAPIError):
        async with world.transaction() as session:
            await session.exec(update(Overlay).where(col(Overlay.id) == row).values(text="第一条 无。"))
    await world.done("district_admin_0", PUBLISH, input=about(made["id"]))
    read = (await world.done("agency_clerk_1", ONE, id=made["id"]))["overlay"]
    assert (read["text"], read["status"]) == (told, "PUBLISHED")
    for said, problem in (("长" * 8001, "too_long"), ("身份证 11010519491231002X", "id_number_inside")):
        answer = await world.ask("agency_admin_0", PROPOSE, input=proposal(TEAM_OF_FOUR, text=said))
        assert (codes(answer), why(answer)["problem"], why(answer)["field"]) == (["BAD_USER_INPUT"], problem, "text")
    assert len(await world.rows(Overlay, center_id=world.center.id)) == 1


@pytest.mark.requirement("B063", "Y002", "N4")
@pytest.mark.parametrize(
    ("rule", "before", "after", "article"),
    [
        ("sampling.min_ratio", "3/10", "1/4", "003 §11"),
        ("sampling.min_ratio", "3/10", "6/20", "003 §11"),
        ("team.min", "2", "1", "003 §11"),
        ("team.min", "2", "2", "003 §11"),
        ("rectification.working_days", "15", "16", "default 1.5"),
        ("assignment.reply_hours", "48", "72", "default 1.5"),
        ("internal.required_per_session", "false", "false", "003 §6"),
    ],
)
async def test_what_is_not_stricter_is_refused_with_rule_and_article(world: World, rule: str, before: str, after: str, article: str) -> None:
    answer = await world.ask("district_admin_0", PROPOSE, input=proposal(RATIO | {"key": rule, "value": after}))
    assert (codes(answer), why(answer)["rule"], why(answer)["article"]) == (["RULE_NOT_MET"], "overlay.looser", article)
    assert why(answer)["params"] == {"key": rule, "before": before, "after": after}
    assert why(answer)["profile"] == "beijing-municipal@2024-01-01"
    assert rule in answer["errors"][0]["message"]
    await nothing(world)


@pytest.mark.requirement("B063", "Y002")
@pytest.mark.parametrize(
    ("key", "value", "article"),
    [("card.title", "督导员", "003 §9"), ("blacklist.review_months", "48", "default 1.5 (A14)"), ("appointment.term_months", "12", "003 §18")],
)
async def test_rules_of_the_center_alone_are_not_overlaid(world: World, key: str, value: str, article: str) -> None:
    answer = await world.ask("agency_admin_0", PROPOSE, input=proposal({"key": key, "value": value, "article": "细则 §1"}))
    assert (codes(answer), why(answer)["rule"], why(answer)["article"]) == (["RULE_NOT_MET"], "overlay.fixed", article)
    await nothing(world)


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ([RATIO | {"key": "team.most"}], "rule_unknown"),
        ([RATIO | {"value": "0.4"}], "rule_value"),
        ([RATIO | {"key": "team.min", "value": "three"}], "rule_value"),
        ([RATIO | {"key": "team.min", "value": "3.0"}], "rule_value"),
        ([RATIO | {"key": "team.min", "value": "100000"}], "rule_value"),
        ([RATIO | {"key": "internal.required_per_session", "value": "1"}], "rule_value"),
        ([RATIO, RATIO], "rule_repeated"),
        ([RATIO | {"article": " "}], "required"),
        ([RATIO | {"key": f"k{n}"} for n in range(121)], "too_many"),
    ],
)
async def test_lines_that_say_nothing_sound_are_refused(world: World, rules: list[dict[str, str]], problem: str) -> None:
    answer = await world.ask("district_admin_0", PROPOSE, input=proposal(*rules))
    assert (codes(answer), why(answer)["problem"]) == (["BAD_USER_INPUT"], problem)
    await nothing(world)


@pytest.mark.requirement("INV15", "B064", "A29")
async def test_no_day_that_has_begun_gets_other_rules(world: World) -> None:
    for day in ("2026-09-16", "2026-09-15"):
        answer = await world.ask("district_admin_0", PROPOSE, input=proposal(effectiveFrom=day))
        assert (codes(answer), why(answer)["problem"]) == (["BAD_USER_INPUT"], "past")
    await nothing(world)
    row = await proposed(world)
    late = await world.ask("district_admin_0", PUBLISH, at=world.now + timedelta(days=1), input=about(row))
    assert (codes(late), why(late)["field"]) == (["BAD_USER_INPUT"], "effectiveFrom")
    assert [one.status.value for one in await world.rows(Overlay, center_id=world.center.id)] == ["PROPOSED"]


@pytest.mark.requirement("D31")
async def test_under_yunnan_there_are_none(yunnan: World) -> None:
    answer = await yunnan.ask("agency_admin_0", PROPOSE, input=proposal())
    assert (codes(answer), why(answer)["rule"], why(answer)["article"]) == (["RULE_NOT_MET"], "overlay.allowed", "1.6 D31")
    await nothing(yunnan)


@pytest.mark.requirement("B063", "Y003")
async def test_an_agency_refines_what_its_district_refined(world: World) -> None:
    """Looser than the district's is refused, though stricter than the center's."""
    over = await overlaid(world, Said("rectification.working_days", "10", "区细则 §5"), since=TOMORROW)
    line = {"key": "rectification.working_days", "value": "12", "article": "机构细则 §2"}
    looser = await world.ask("agency_admin_0", PROPOSE, input=proposal(line))
    assert (codes(looser), why(looser)["rule"], why(looser)["article"]) == (["RULE_NOT_MET"], "overlay.looser", "区细则 §5")
    assert why(looser)["profile"] == "beijing-municipal@2024-01-01 + 实施细则@2026-09-17"
    made = (await world.done("agency_admin_0", PROPOSE, input=proposal(line | {"value": "8"})))["overlayPropose"]["overlay"]
    assert (made["difference"][0]["before"], made["parent"]) == ("10", {"id": shown("ovl", over.id)})
    elsewhere = (await world.done("agency_admin_2", PROPOSE, input=proposal(line)))["overlayPropose"]["overlay"]
    assert (elsewhere["difference"][0]["before"], elsewhere["parent"]) == ("15", None)


@pytest.mark.requirement("B063")
async def test_a_version_is_held_against_the_rules_above_it_once_more_when_it_is_published(world: World) -> None:
    row = await proposed(world, TEAM, since=date(2026, 11, 1))
    rules = (PROFILES / f"{world.profile}.toml").read_text(encoding="utf-8").replace('"team.min" = { value = 2', '"team.min" = { value = 3')
    async with world.transaction() as session:
        center = await again(session, Organization, world.center.id)
        await publish_profile(session, center, parse_profile(rules, effective_from=date(2026, 10, 1)), act=world.act("center_admin"))
    answer = await world.ask("district_admin_0", PUBLISH, input=about(row))
    assert (codes(answer), why(answer)["rule"], why(answer)["profile"]) == (["RULE_NOT_MET"], "overlay.looser", "beijing-municipal@2026-10-01")
    assert [one.status.value for one in await world.rows(Overlay, center_id=world.center.id)] == ["PROPOSED"]
    out = (await world.done("district_admin_0", WITHDRAW, input=about(row, reason="上位规定已修改")))["overlayWithdraw"]
    assert (out["overlay"]["status"], out["event"]) == ("WITHDRAWN", {"step": "WITHDRAW", "reason": "上位规定已修改"})


async def test_one_is_open_at_a_time_and_a_decided_one_stays(world: World) -> None:
    row = await proposed(world)
    for day in (SINCE, "2026-11-01"):
        answer = await world.ask("district_admin_0", PROPOSE, input=proposal(effectiveFrom=day))
        assert (codes(answer), why(answer)["reason"]) == (["CONFLICT"], "DUPLICATE")
    await world.done("district_admin_0", PUBLISH, input=about(row))
    for document, more in ((PUBLISH, {}), (WITHDRAW, {"reason": "有误"})):
        answer = await world.ask("district_admin_0", document, input=about(row, **more))
        assert (codes(answer), why(answer)["reason"]) == (["CONFLICT"], "STATE")
    for statement in ("SET rules = '[]'", "SET effective_from = '2026-01-01'", "SET status = 'PROPOSED', decided_by = NULL, decided_at = NULL"):
        with pytest.raises(Exception, match="never changed"):
            async with world.transaction() as session:
                await (await session.connection()).execute(text(f"UPDATE overlay {statement} WHERE id = '{row.id}'"))


@pytest.mark.requirement("B063")
async def test_who_may_do_what_with_them(world: World, elsewhere: World) -> None:
    row = await proposed(world)
    for asker in ("district_clerk_0", "district_dispatcher_0", "agency_clerk_0", "center_admin", "center_auditor"):
        assert codes(await world.ask(asker, PROPOSE, input=proposal())) == ["FORBIDDEN"], asker
    answers = {asker: codes(await world.ask(asker, PUBLISH, input=about(row))) for asker in ("center_admin", "center_auditor", "district_clerk_0")}
    assert answers == {"center_admin": ["FORBIDDEN"], "center_auditor": ["FORBIDDEN"], "district_clerk_0": ["NOT_FOUND"]}
    for stranger in ("district_admin_1", "agency_admin_0"):
        assert codes(await world.ask(stranger, PUBLISH, input=about(row))) == ["NOT_FOUND"], stranger
    for document in (ONE, "query($id: ID!) { node(id: $id) { id } }"):
        assert codes(await elsewhere.ask("center_admin", document, id=shown("ovl", row.id))) == ["NOT_FOUND"]
    assert [one.status.value for one in await world.rows(Overlay, center_id=world.center.id)] == ["PROPOSED"]


@pytest.mark.requirement("B063", "B062")
async def test_published_ones_are_public_and_proposals_are_not(world: World, elsewhere: World) -> None:
    public = await overlaid(world, since=date(2026, 9, 20))
    own = await proposed(world, of=world.agencies[0], since=date(2026, 9, 18))
    mine = {"center": {"eq": shown("ctr", world.center.id)}}

    async def found(who: World, asker: str, **filter: object) -> list[str]:
        by = {"field": "EFFECTIVE_FROM", "direction": "ASC"}
        return [one["id"] for one in (await who.done(asker, LIST, filter=mine | filter, orderBy=by))["overlays"]["nodes"]]

    both = [shown("ovl", own.id), shown("ovl", public.id)]
    for asker in ("center_admin", "center_auditor", "district_admin_0", "agency_admin_0"):
        assert await found(world, asker) == both, asker
    for asker in ("district_admin_1", "district_clerk_0", "agency_admin_1", "agency_clerk_0", "center_clerk"):
        assert await found(world, asker) == both[1:], asker
    assert await found(elsewhere, "agency_clerk_0") == both[1:]
    assert (await elsewhere.done("agency_clerk_0", ONE, id=both[1]))["overlay"]["title"] == "实施细则"
    assert await found(world, "center_admin", status={"eq": "PROPOSED"}) == both[:1]
    assert await found(world, "center_admin", organization={"in": [shown("dst", world.districts[0].id)]}) == both[1:]
    assert await found(world, "center_admin", district={"eq": shown("dst", world.districts[1].id)}) == []
    assert await found(world, "center_admin", effectiveFrom={"until": "2026-09-20"}) == both[:1]
