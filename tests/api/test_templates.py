from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models.checklists import ChecklistTemplate
from models.events import Event
from models.inspections import Inspection
from tests.making_returns import on_site, published
from tests.making_sessions import recognition
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

FIELDS = """id slug edition title kind mode example source effectiveFrom center { id } replaces { id slug edition } difference { code change before after }
  items { code position phase heading text numbers section category maxScore article }"""
PUBLISH = f"""mutation($input: ChecklistTemplatePublishInput!) {{ checklistTemplatePublish(input: $input) {{
  replayed event {{ step reason profile {{ slug }} }} checklistTemplate {{ {FIELDS} }} }} }}"""
LIST = (
    """query($filter: ChecklistTemplateFilter) { checklistTemplates(first: 20, filter: $filter) { totalCount nodes { id edition effectiveFrom } } }"""
)
USED = "query($id: ID!) { inspection(id: $id) { checklist { template { id edition example } } } }"
SINCE = "2026-10-01"
PLAN = {"code": "P1", "phase": "DURING", "heading": "实施方案", "text": "按照实施方案进行", "article": "003 §13(二)"}
POSTED = {"code": "P9", "phase": "AFTER", "heading": "认定结束", "text": "认定结果公示", "category": "RESULTS"}
SCORED = {"code": "S1", "phase": "DURING", "heading": "考场", "text": "考场纪律", "section": "THEORY", "category": "EXAM_DISCIPLINE", "maxScore": 60}


def edition(*lines: Mapping[str, object], **other: object) -> dict[str, object]:
    said = {
        "kind": "PROCESS",
        "title": "过程评价督导表（修订）",
        "source": "003 §13(二)",
        "effectiveFrom": SINCE,
        "items": list(lines) or [PLAN, POSTED],
    }
    return {"idempotencyKey": key(), **said} | other


def why(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


async def own(world: World) -> list[ChecklistTemplate]:
    return await world.rows(ChecklistTemplate, organization_id=world.center.id)


@pytest.mark.requirement("Y012", "D21", "B043", "N4")
async def test_a_center_publishes_its_own_edition_with_what_it_changes(world: World) -> None:
    await published(world)
    done = (await world.done("center_admin", PUBLISH, input=edition()))["checklistTemplatePublish"]
    made = done["checklistTemplate"]
    assert (made["slug"], made["edition"], made["kind"], made["mode"], made["example"]) == ("recognition-process", 2, "PROCESS", "PROCESS", False)
    assert (made["effectiveFrom"], made["center"]) == (SINCE, {"id": shown("ctr", world.center.id)})
    assert (made["replaces"]["slug"], made["replaces"]["edition"]) == ("recognition-process", 1)
    assert done["event"] == {"step": "PUBLISH_TEMPLATE", "reason": f"recognition-process 2 {SINCE}", "profile": {"slug": "beijing-municipal"}}
    assert [(one["code"], one["position"], one["article"]) for one in made["items"]] == [("P1", 1, "003 §13(二)"), ("P9", 2, None)]
    changes = {one["code"]: one for one in made["difference"]}
    assert {code: one["change"] for code, one in changes.items()} == {
        "P1": "CHANGED",
        "P9": "ADDED",
        **dict.fromkeys(("P2", "P3", "P4", "P5"), "REMOVED"),
    }
    assert changes["P1"]["after"] == "DURING · 实施方案 · 按照实施方案进行 · 003 §13(二)"
    assert (changes["P9"]["before"], changes["P2"]["after"]) == (None, None)
    mine = {"center": {"eq": shown("ctr", world.center.id)}}
    (seen,) = (await world.done("agency_clerk_0", LIST, filter=mine | {"effectiveFrom": {"from": SINCE}}))["checklistTemplates"]["nodes"]
    assert seen["id"] == made["id"]
    assert (await world.done("agency_clerk_0", LIST, filter=mine | {"effectiveFrom": {"until": SINCE}}))["checklistTemplates"]["totalCount"] == 0


@pytest.mark.requirement("Y012", "D21", "INV15")
async def test_it_counts_from_its_day_for_its_own_center_alone(world: World, elsewhere: World) -> None:
    """A change of October does not touch an inspection of September, nor one that another center sends."""
    await published(world)
    made = (await world.done("center_admin", PUBLISH, input=edition()))["checklistTemplatePublish"]["checklistTemplate"]
    seen = []
    for home, days in ((world, 3), (world, 20), (elsewhere, 20)):
        visited = await recognition(home, mode="PROCESS", starts_at=home.now + timedelta(days=days))
        inspection, team = await on_site(home, of=visited)
        seen.append((await home.done(team[0][1], USED, id=shown("insp", inspection.id)))["inspection"]["checklist"]["template"])
    assert [one["edition"] for one in seen] == [1, 2, 1]
    assert seen[1]["id"] == made["id"]
    assert seen[2] == seen[0]


@pytest.mark.requirement("Y038", "Y039", "Y012")
async def test_yunnan_replaces_the_example_by_its_own_report_with_points(yunnan: World) -> None:
    await published(yunnan)
    said = edition(
        SCORED, SCORED | {"code": "S2", "section": "PRACTICAL", "maxScore": 40}, kind="ONSITE_SCORED", title="报告表", source="000 §11(二)"
    )
    made = (await yunnan.done("center_admin", PUBLISH, input=said))["checklistTemplatePublish"]["checklistTemplate"]
    assert (made["kind"], made["mode"], made["example"], made["edition"]) == ("ONSITE_SCORED", None, False, 2)
    assert [(one["section"], one["maxScore"]) for one in made["items"]] == [("THEORY", 60), ("PRACTICAL", 40)]
    inspection, team = await on_site(yunnan, of=await recognition(yunnan, starts_at=yunnan.now + timedelta(days=20)))
    used = (await yunnan.done(team[0][1], USED, id=shown("insp", inspection.id)))["inspection"]["checklist"]["template"]
    assert used == {"id": made["id"], "edition": 2, "example": False}
    (row,) = await yunnan.rows(Inspection, id=inspection.id)
    assert row.scheduled_on >= date(2026, 10, 1)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"effectiveFrom": "2026-09-16"}, "past"),
        ({"title": " "}, "required"),
        ({"source": "长" * 121}, "too_long"),
        ({"items": []}, "required"),
        ({"items": [PLAN | {"code": f"P{n}"} for n in range(101)]}, "too_many"),
        ({"items": [PLAN, PLAN]}, "repeated_item"),
        ({"items": [PLAN | {"code": "长" * 9}]}, "too_long"),
        ({"items": [PLAN | {"heading": ""}]}, "required"),
        ({"items": [PLAN | {"text": "身份证 11010519491231002X"}]}, "id_number_inside"),
        ({"items": [PLAN | {"numbers": "抽查人数"}]}, "two_names"),
        ({"items": [PLAN | {"maxScore": 5}]}, "points_range"),
        ({"items": [POSTED]}, "nothing_on_site"),
        ({"kind": "AGENCY", "items": [PLAN, POSTED | {"maxScore": 5}]}, "points_for_all"),
        ({"kind": "AGENCY", "items": [PLAN | {"maxScore": 101}]}, "points_range"),
    ],
)
async def test_what_is_no_form_is_refused(world: World, said: dict[str, object], problem: str) -> None:
    answer = await world.ask("center_admin", PUBLISH, input=edition() | said)
    assert (codes(answer), why(answer)["problem"], answer["data"]) == (["BAD_USER_INPUT"], problem, {"checklistTemplatePublish": None})
    assert await own(world) == []
    assert await world.rows(Event, center_id=world.center.id, step="PUBLISH_TEMPLATE", reason=f"recognition-process 2 {SINCE}") == []


@pytest.mark.requirement("D21", "D22", "Y039")
async def test_each_regime_has_its_own_forms_and_its_own_measure(world: World, yunnan: World) -> None:
    annual = edition(SCORED, kind="ANNUAL", title="年检评估标准", source="000 §10(三)")
    answer = await world.ask("center_admin", PUBLISH, input=annual)
    assert (codes(answer), why(answer)["rule"], why(answer)["params"]) == (["RULE_NOT_MET"], "checklist.templates", {"mode": "ANNUAL"})
    refused = await yunnan.ask("center_admin", PUBLISH, input=edition())
    assert (codes(refused), why(refused)["rule"], why(refused)["profile"]) == (
        ["RULE_NOT_MET"],
        "checklist.templates",
        "yunnan-college-2023@2024-01-01",
    )
    bare = await yunnan.ask("center_admin", PUBLISH, input=annual | {"idempotencyKey": key(), "items": [PLAN]})
    assert (codes(bare), why(bare)["problem"]) == (["BAD_USER_INPUT"], "points_needed")
    assert await own(world) == await own(yunnan) == []


async def test_one_begins_on_a_day_and_says_something_new(world: World) -> None:
    await world.done("center_admin", PUBLISH, input=edition())
    for said in (edition(PLAN), edition(effectiveFrom="2026-11-01")):
        answer = await world.ask("center_admin", PUBLISH, input=said)
        assert (codes(answer), why(answer)["reason"]) == (["CONFLICT"], "DUPLICATE")
    later = (await world.done("center_admin", PUBLISH, input=edition(PLAN, effectiveFrom="2026-11-01")))["checklistTemplatePublish"][
        "checklistTemplate"
    ]
    assert [(one["code"], one["change"]) for one in later["difference"]] == [("P9", "REMOVED")]
    assert len(await own(world)) == 2


async def test_nobody_else_publishes_one(world: World, yunnan: World) -> None:
    askers = (
        (world, "center_clerk"),
        (world, "center_dispatcher"),
        (world, "center_auditor"),
        (world, "district_admin_0"),
        (yunnan, "agency_admin_0"),
    )
    for who, asker in askers:
        assert codes(await who.ask(asker, PUBLISH, input=edition())) == ["FORBIDDEN"], asker
    assert await own(world) == await own(yunnan) == []


async def test_the_database_lets_nobody_write_for_another_center_nor_change_an_edition(world: World, elsewhere: World) -> None:
    made = (await world.done("center_admin", PUBLISH, input=edition()))["checklistTemplatePublish"]["checklistTemplate"]
    foreign = (
        "INSERT INTO checklist_template (id, slug, edition, title, kind, source, organization_id, effective_from)"
        f" VALUES (gen_random_uuid(), 'process', 1, 't', 'PROCESS', 's', '{elsewhere.center.id}', '2026-10-01')"
    )
    for statement in (foreign, "UPDATE checklist_template SET title = 't'", "UPDATE checklist_item SET text = 't'"):
        with pytest.raises(DBAPIError):
            async with world.database.transaction(world.actors["center_admin"].tenant) as session:
                await (await session.connection()).execute(text(statement))
    (row,) = await own(world)
    assert (row.title, made["title"]) == ("过程评价督导表（修订）",) * 2
    assert await own(elsewhere) == []
