import json
from hashlib import sha256

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from authz.actions import NOBODYS, Action
from gql.schema import schema
from models.checklists import Answer, Signature
from models.inspections import Inspection, InspectionStatus
from tests.asking_on_site import SAVE, SIGN, about, full
from tests.making_returns import day_of, on_site, signed
from tests.world import World, codes, shown

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("N9", "Y015")
async def test_a_signature_can_be_recomputed_by_a_stranger_to_the_code(world: World) -> None:
    inspection, _ = await signed(world)
    data = await world.done(
        "district_clerk_0",
        "query($id: ID!) { inspection(id: $id) { checklist { advice appraisal template { slug edition } signatures { part digest }"
        " answers { item { code phase } value remark correction counted total } } } }",
        id=shown("insp", inspection.id),
    )
    form = data["inspection"]["checklist"]
    words = ("value", "remark", "correction", "counted", "total")
    document = {
        "inspection": inspection.id.hex,
        "template": form["template"]["slug"],
        "edition": form["template"]["edition"],
        "part": "SITE",
        "advice": form["advice"],
        "appraisal": form["appraisal"],
        "answers": [{"item": one["item"]["code"]} | {word: one[word] for word in words} for one in form["answers"]],
    }
    written = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert {one["digest"] for one in form["signatures"]} == {sha256(written).hexdigest()}


@pytest.mark.requirement("INV10", "Y015", "B034")
async def test_inv10_nobody_changes_what_is_signed(world: World) -> None:
    inspection, team = await signed(world)
    at = await day_of(world, inspection)
    before = [(one.item_id, one.value, one.remark) for one in await world.rows(Answer, inspection_id=inspection.id)]
    change = {"answers": [{"item": "F06", "value": "YES"}]}
    answer = await world.ask(team[0][1], SAVE, at=at, **about(inspection, **change))
    assert codes(answer) == ["RULE_NOT_MET"]
    assert (answer["errors"][0]["extensions"]["rule"], answer["data"]["checklistSave"]) == ("checklist.signed", None)
    assert answer["errors"][0]["extensions"]["article"].startswith("000 §8(二)")
    for advice in ({"advice": "改"}, {"appraisal": "改"}):
        assert codes(await world.ask(team[0][1], SAVE, at=at, **about(inspection, answers=[], **advice))) == ["RULE_NOT_MET"]
    await world.hire("center_admin", world.center, name="another_admin")
    for who in ("center_admin", "another_admin", "center_dispatcher", "center_clerk", "district_admin_0", "district_dispatcher_0", "agency_admin_0"):
        assert codes(await world.ask(who, SAVE, at=at, **about(inspection, **change))) == ["FORBIDDEN"]
    assert [(one.item_id, one.value, one.remark) for one in await world.rows(Answer, inspection_id=inspection.id)] == before


@pytest.mark.requirement("INV10", "Y015", "N9")
async def test_inv10_no_verb_of_the_api_changes_a_signed_form() -> None:
    """One verb fills a form, until it is signed; the other publishes editions, and a form keeps the edition it was opened with."""
    mutations = schema.as_str().partition("type Mutation {")[2].partition("\n}")[0]
    assert {Action.INSPECTION_CHANGE_SIGNED} == NOBODYS
    assert [line.strip().partition("(")[0] for line in mutations.splitlines() if "hecklist" in line.partition("(")[0]] == [
        "checklistSave",
        "checklistTemplatePublish",
    ]


async def by_hand(world: World, statement: str, inspection: Inspection) -> None:
    """What the service itself could send, with its own role, for the center above all of them."""
    async with world.database.transaction(world.actors["center_admin"].tenant) as session:
        connection = await session.connection()
        await connection.execute(text(statement), {"id": inspection.id})


@pytest.mark.requirement("INV10", "Y015")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE answer SET value = 'YES' WHERE inspection_id = :id",
        "UPDATE answer SET remark = 'x' WHERE inspection_id = :id",
        "UPDATE answer SET inspection_id = gen_random_uuid() WHERE inspection_id = :id",
        "DELETE FROM answer WHERE inspection_id = :id",
        "UPDATE signature SET digest = 'x' WHERE inspection_id = :id",
        "DELETE FROM signature WHERE inspection_id = :id",
        "UPDATE finding SET remark = 'x' WHERE inspection_id = :id",
        "DELETE FROM finding WHERE inspection_id = :id",
        "UPDATE checklist SET advice = 'x' WHERE inspection_id = :id",
        "UPDATE checklist SET appraisal = NULL WHERE inspection_id = :id",
    ],
)
async def test_inv10_the_database_refuses_the_service_itself(world: World, statement: str) -> None:
    inspection, _ = await signed(world)
    with pytest.raises(DBAPIError) as refusal:
        await by_hand(world, statement, inspection)
    assert getattr(refusal.value.orig, "sqlstate", None) in {"DU001", "42501"}


async def test_inv10_an_answer_cannot_be_slipped_in_after_the_first_signature(world: World) -> None:
    inspection, team = await on_site(world)
    at = await day_of(world, inspection)
    data = await world.done(
        team[0][1],
        "query($id: ID!) { inspection(id: $id) { checklist { template { items { code numbers phase } } } } }",
        id=shown("insp", inspection.id),
    )
    answers = full(data["inspection"]["checklist"])
    await world.done(team[0][1], SAVE, at=at, **about(inspection, answers=answers))
    await world.done(team[0][1], SIGN, at=at, **about(inspection, part="SITE"))
    answer = await world.ask(team[1][1], SAVE, at=at, **about(inspection, answers=answers[:1]))
    assert (codes(answer), answer["errors"][0]["extensions"]["rule"]) == (["RULE_NOT_MET"], "checklist.signed")
    assert codes(await world.ask(team[0][1], SIGN, at=at, **about(inspection, part="SITE"))) == ["CONFLICT"]
    assert len(await world.rows(Signature, inspection_id=inspection.id)) == 1


async def test_an_incomplete_form_is_not_signed(world: World) -> None:
    inspection, team = await on_site(world)
    at = await day_of(world, inspection)
    await world.done(team[0][1], SAVE, at=at, **about(inspection, answers=[{"item": "F01", "value": "NOT_OBSERVED"}]))
    answer = await world.ask(team[0][1], SIGN, at=at, **about(inspection, part="SITE"))
    assert codes(answer) == ["RULE_NOT_MET"]
    assert answer["errors"][0]["extensions"]["params"]["missing"].startswith("F02, F03, F04")
    answer = await world.ask(team[0][1], SIGN, at=at, **about(inspection, part="AFTER"))
    assert answer["errors"][0]["extensions"]["rule"] == "checklist.site_first"
    assert await world.rows(Signature, inspection_id=inspection.id) == []


@pytest.mark.requirement("F18")
async def test_three_who_came_are_three_signatures(world: World) -> None:
    inspection, team = await signed(world, members=3)
    assert len(await world.rows(Signature, inspection_id=inspection.id)) == len(team) == 3
    assert inspection.status is InspectionStatus.CHECKLIST_SIGNED


async def test_a_stale_version_is_refused(world: World) -> None:
    inspection, team = await on_site(world)
    at = await day_of(world, inspection)
    answers = [{"item": "F01", "value": "YES"}]
    version = (await world.done(team[0][1], SAVE, at=at, **about(inspection, answers=answers)))["checklistSave"]["checklist"]["version"]
    stale = await world.ask(team[1][1], SAVE, at=at, **about(inspection, answers=answers, expectedVersion=version - 1))
    assert stale["errors"][0]["extensions"]["reason"] == "STALE"
    await world.done(team[1][1], SAVE, at=at, **about(inspection, answers=answers, expectedVersion=version))
    sign = await world.ask(team[0][1], SIGN, at=at, **about(inspection, part="SITE", expectedVersion=1))
    assert sign["errors"][0]["extensions"]["reason"] == "STALE"
