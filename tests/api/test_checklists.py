from datetime import datetime, timedelta

import pytest

from domain import offers
from models.checklists import Answer, Checklist, Finding, Signature
from models.dispatch import Assignment, AssignmentStatus
from models.events import Event
from models.inspections import Inspection, InspectionStatus
from tests.asking_on_site import CHECK_IN, SAVE, SIGN, about, full
from tests.making_inspections import Member, dispatched, notified
from tests.making_returns import again, closed, day_of, on_site, published, signed
from tests.making_sessions import recognition
from tests.making_supervisors import card_of, supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio


@pytest.fixture
async def visit(world: World) -> tuple[Inspection, list[Member], datetime]:
    """A notified inspection of two, and a moment on its day."""
    await published(world)
    inspection, team = await notified(world)
    return inspection, team, await day_of(world, inspection)


Visit = tuple[Inspection, list[Member], datetime]


@pytest.mark.requirement("Y029", "B003", "B032", "F16", "F17", "F18", "A24", "Y030")
async def test_a_team_checks_in_fills_and_signs(world: World, visit: Visit) -> None:
    inspection, team, at = visit
    (_, leader), (_, member) = team
    first = await world.done(leader, CHECK_IN, at=at, **about(inspection))
    assert first["inspectionCheckIn"]["inspection"]["status"] == "NOTIFIED"
    second = (await world.done(member, CHECK_IN, at=at, **about(inspection)))["inspectionCheckIn"]
    assert second["inspection"]["status"] == "IN_PROGRESS"
    assert second["assignment"]["status"] == "CHECKED_IN"
    assert second["checklist"]["template"]["slug"] == "recognition-exam"
    (place,) = await world.rows(Assignment, inspection_id=inspection.id, person_id=leader.person_id)
    assert place.card_id == (await card_of(world, team[0][0])).id
    answers = full(second["checklist"], no=("F06",))
    saved = await world.done(leader, SAVE, at=at, **about(inspection, answers=answers, advice="增设安全出口标志", appraisal="基本符合"))
    found = saved["checklistSave"]["checklist"]
    assert [one["item"]["code"] for one in found["answers"]] == [one["item"] for one in answers]
    assert found["answers"][2] | {"person": None} == {
        "item": {"code": "F03"}, "value": "YES", "remark": None, "correction": None, "counted": 0, "total": 10, "person": None,
    }  # fmt: skip
    assert (found["advice"], found["appraisal"]) == ("增设安全出口标志", "基本符合")
    one = (await world.done(leader, SIGN, at=at, **about(inspection, part="SITE")))["inspectionSign"]
    assert (one["inspection"]["status"], one["inspection"]["findings"], one["checklist"]["siteSignedAt"]) == ("IN_PROGRESS", [], None)
    last = (await world.done(member, SIGN, at=at, **about(inspection, part="SITE")))["inspectionSign"]
    assert last["inspection"] == {
        "status": "CHECKLIST_SIGNED", "findings": [{"item": {"code": "F06"}, "remark": "不合格", "correction": None}],
    }  # fmt: skip
    assert last["checklist"]["signedAt"] is None
    assert len({one["digest"] for one in last["checklist"]["signatures"]}) == 1
    later = at + timedelta(days=9)
    await world.done(
        member, SAVE, at=later, **about(inspection, answers=[{"item": "F15", "value": "NO", "remark": "未公示", "correction": "补公示"}])
    )
    after = (await world.done(member, SIGN, at=later, **about(inspection, part="AFTER")))["inspectionSign"]
    assert after["checklist"]["signedAt"] is not None
    assert after["inspection"]["findings"][-1] == {"item": {"code": "F15"}, "remark": "未公示", "correction": "补公示"}


@pytest.mark.requirement("INV03", "B029", "Y096")
async def test_inv03_one_after_a_no_show_is_too_few_under_beijing(world: World, visit: Visit) -> None:
    inspection, team, at = visit
    async with world.transaction() as session:
        (absent,) = [one for one in await offers.team_of(session, inspection.id) if one.person_id == team[1][1].person_id]
        await offers.mark_no_show(session, absent, act=world.act("district_dispatcher_0", at=at))
    alone = team[0][1]
    checked = (await world.done(alone, CHECK_IN, at=at, **about(inspection)))["inspectionCheckIn"]
    assert checked["inspection"]["status"] == "NOTIFIED"
    for document, more in ((SAVE, {"answers": full(checked["checklist"])}), (SIGN, {"part": "SITE"})):
        answer = await world.ask(alone, document, at=at, **about(inspection, **more))
        assert codes(answer) == ["RULE_NOT_MET"]
        assert answer["errors"][0]["extensions"] | {"profile": ""} == {
            "code": "RULE_NOT_MET", "rule": "team.min", "article": "003 §11", "profile": "", "params": {"needed": 2, "have": 1},
        }  # fmt: skip
    assert await world.rows(Answer, inspection_id=inspection.id) == []
    assert (await world.rows(Inspection, id=inspection.id))[0].status is InspectionStatus.NOTIFIED


@pytest.mark.requirement("INV03", "Y096", "Y038")
async def test_inv03_one_is_enough_under_yunnan(yunnan: World) -> None:
    await published(yunnan)
    inspection, team = await notified(yunnan, members=1)
    at = await day_of(yunnan, inspection)
    alone = team[0][1]
    begun = (await yunnan.done(alone, CHECK_IN, at=at, **about(inspection)))["inspectionCheckIn"]
    assert begun["inspection"]["status"] == "IN_PROGRESS"
    await yunnan.done(alone, SAVE, at=at, **about(inspection, answers=full(begun["checklist"])))
    done = (await yunnan.done(alone, SIGN, at=at, **about(inspection, part="SITE")))["inspectionSign"]
    assert done["inspection"]["status"] == "CHECKLIST_SIGNED"


@pytest.mark.requirement("Y030", "B036", "A23")
async def test_a_save_is_refused_whole(world: World) -> None:
    inspection, team = await on_site(world)
    at = await day_of(world, inspection)
    good = {"item": "F01", "value": "YES"}
    for bad, code, fact in (
        ({"item": "F05", "value": "NO"}, "RULE_NOT_MET", "checklist.no_needs_remark"),
        ({"item": "F05", "value": "NO", "remark": "  "}, "RULE_NOT_MET", "checklist.no_needs_remark"),
        ({"item": "F99", "value": "YES"}, "BAD_USER_INPUT", "unknown_item"),
        ({"item": "F01", "value": "NO", "remark": "两次"}, "BAD_USER_INPUT", "repeated_item"),
        ({"item": "F03", "value": "YES"}, "BAD_USER_INPUT", "numbers_needed"),
        ({"item": "F03", "value": "YES", "counted": 9, "total": 4}, "BAD_USER_INPUT", "numbers_range"),
        ({"item": "F05", "value": "YES", "counted": 1, "total": 4}, "BAD_USER_INPUT", "numbers_unwanted"),
        ({"item": "F05", "value": "YES", "remark": "长" * 1001}, "BAD_USER_INPUT", "too_long"),
        ({"item": "F05", "value": "YES", "remark": "a\x00b"}, "BAD_USER_INPUT", "characters"),
        ({"item": "F05", "value": "MAYBE"}, "BAD_USER_INPUT", "VARIABLES"),
    ):
        answer = await world.ask(team[0][1], SAVE, at=at, **about(inspection, answers=[good, bad]))
        facts = answer["errors"][0]["extensions"]
        assert (codes(answer), facts.get("rule") or facts.get("problem") or facts["reason"]) == ([code], fact)
    assert codes(await world.ask(team[0][1], SAVE, at=at, **about(inspection, answers=[]))) == ["BAD_USER_INPUT"]
    assert await world.rows(Answer, inspection_id=inspection.id) == []


@pytest.mark.requirement("Y029", "B020", "B032")
async def test_check_in_needs_a_card_a_place_and_the_day(world: World, visit: Visit) -> None:
    inspection, team, at = visit
    early = await world.ask(team[0][1], CHECK_IN, **about(inspection))
    assert (codes(early), early["errors"][0]["extensions"]["rule"]) == (["RULE_NOT_MET"], "inspection.arrival")
    _, bystander = await supervisor(world)
    assert codes(await world.ask(bystander, CHECK_IN, at=at, **about(inspection))) == ["NOT_FOUND"]
    assert codes(await world.ask("district_dispatcher_0", CHECK_IN, at=at, **about(inspection))) == ["FORBIDDEN"]
    async with world.transaction() as session:
        card = await session.merge(await card_of(world, team[0][0]))
        card.status = type(card.status)("SUSPENDED")
        session.add(card)
    barred = await world.ask(team[0][1], CHECK_IN, at=at, **about(inspection))
    assert codes(barred) == ["FORBIDDEN"]
    assert [one.status for one in await world.rows(Assignment, inspection_id=inspection.id)] == [AssignmentStatus.ACCEPTED] * 2
    assert await world.rows(Checklist, inspection_id=inspection.id) == []


async def test_check_in_only_between_the_notice_and_the_signature(world: World) -> None:
    await published(world)
    waiting, team = await dispatched(world)
    at = await day_of(world, waiting)
    assert codes(await world.ask(team[0][1], CHECK_IN, at=at, **about(waiting))) == ["CONFLICT"]
    finished, done = await signed(world)
    assert codes(await world.ask(done[0][1], CHECK_IN, at=at, **about(finished))) == ["CONFLICT"]
    begun, there = await on_site(world)
    assert codes(await world.ask(there[0][1], CHECK_IN, at=at, **about(begun))) == ["CONFLICT"]


async def test_who_has_not_checked_in_fills_nothing(world: World) -> None:
    await published(world)
    inspection, team = await notified(world, members=3)
    at = await day_of(world, inspection)
    for _, actor in team[:2]:
        await world.done(actor, CHECK_IN, at=at, **about(inspection))
    for document, more in ((SAVE, {"answers": [{"item": "F01", "value": "YES"}]}), (SIGN, {"part": "SITE"})):
        answer = await world.ask(team[2][1], document, at=at, **about(inspection, **more))
        assert (codes(answer), answer["errors"][0]["extensions"]["rule"]) == (["RULE_NOT_MET"], "team.checked_in")
    assert await world.rows(Answer, inspection_id=inspection.id) == []


async def test_strangers_do_not_find_it(world: World, elsewhere: World) -> None:
    inspection, _ = await signed(world)
    at = await day_of(world, inspection)
    _, stranger = await supervisor(elsewhere)
    for who in (stranger, elsewhere.actors["center_admin"], elsewhere.actors["agency_admin_0"]):
        for document, more in ((CHECK_IN, {}), (SAVE, {"answers": []}), (SIGN, {"part": "AFTER"})):
            assert codes(await elsewhere.ask(who, document, at=at, **about(inspection, **more))) == ["NOT_FOUND"]
    (row,) = await world.rows(Checklist, inspection_id=inspection.id)
    for outsider in ("district_clerk_1", "agency_clerk_1"):
        answer = await world.ask(outsider, "query($id: ID!) { checklist(id: $id) { advice } }", id=shown("chk", row.id))
        assert codes(answer) == ["NOT_FOUND"]
    for prefix in ("chk", "insp_x", "per"):
        answer = await world.ask("center_admin", SIGN, input={"idempotencyKey": key(), "inspection": shown(prefix, row.id), "part": "SITE"})
        assert codes(answer) == ["NOT_FOUND"]


async def test_the_same_key_is_answered_once(world: World) -> None:
    inspection, team = await on_site(world)
    at = await day_of(world, inspection)
    given = about(inspection, answers=[{"item": "F01", "value": "YES"}])
    first, second = [(await world.done(team[0][1], SAVE, at=at, **given))["checklistSave"] for _ in range(2)]
    assert (first["replayed"], second["replayed"]) == (False, True)
    assert first["checklist"] == second["checklist"]
    given["input"]["answers"][0]["value"] = "NOT_OBSERVED"
    answer = await world.ask(team[0][1], SAVE, at=at, **given)
    assert answer["errors"][0]["extensions"]["reason"] == "KEY_REUSED"
    assert [one.value for one in await world.rows(Answer, inspection_id=inspection.id)] == ["YES"]


@pytest.mark.requirement("Y012")
async def test_the_form_follows_the_mode_and_keeps_its_edition(world: World) -> None:
    desk = await recognition(world, mode="RESULT", starts_at=world.now + timedelta(days=5))
    inspection, team = await on_site(world, of=desk)
    at = await day_of(world, inspection) + timedelta(days=6)
    data = await world.done(
        team[0][1],
        "query($id: ID!) { inspection(id: $id) { checklist { id template { slug items { code numbers phase } } } } }",
        id=shown("insp", inspection.id),
    )
    form = data["inspection"]["checklist"]
    assert form["template"]["slug"] == "recognition-direct-result"
    await world.done(team[0][1], SAVE, at=at, **about(inspection, answers=full(form)))
    for _, actor in team:
        last = (await world.done(actor, SIGN, at=at, **about(inspection, part="SITE")))["inspectionSign"]
    assert last["checklist"]["signedAt"] == last["checklist"]["siteSignedAt"]
    assert codes(await world.ask(team[0][1], SIGN, at=at, **about(inspection, part="AFTER"))) == ["CONFLICT"]


async def test_forms_are_shared_and_published_once(world: World, yunnan: World) -> None:
    await published(world)
    await published(yunnan)
    data = await yunnan.done(
        "agency_clerk_0",
        '{ checklistTemplates(first: 100, filter: { slug: { startsWith: "recognition-" } }) { nodes { slug edition mode source center { id } } } }',
    )
    assert len([one for one in data["checklistTemplates"]["nodes"] if one["center"] is None]) == 3


async def test_steps_are_offered_to_who_may_take_them(world: World) -> None:
    inspection, team = await on_site(world)
    ask = "query($id: ID!) { inspection(id: $id) { availableSteps { mutation } } }"
    steps = [
        {one["mutation"] for one in (await world.done(who, ask, id=shown("insp", inspection.id)))["inspection"]["availableSteps"]}
        for who in (team[0][1], world.actors["district_dispatcher_0"], world.actors["agency_admin_0"])
    ]
    on_site_too = {"inspectionDepart", "evidenceAttach", "evidenceRequestMake"}
    assert steps == [{"inspectionCheckIn", "checklistSave", "inspectionSign"} | on_site_too, {"evidenceRequestMake"}, {"evidenceAttach"}]


async def test_every_step_leaves_its_event(world: World) -> None:
    inspection, team = await closed(world)
    async with world.transaction() as session:
        sheet = (await world.rows(Checklist, inspection_id=inspection.id))[0]
        assert (await again(session, Checklist, sheet.id)).signed_at is not None
    steps = [one.step for one in sorted(await world.rows(Event, subject_id=inspection.id), key=lambda one: one.id)]
    assert steps == ["DISPATCH", "NOTIFY", "START", "SIGN", "SERVE_OPINION", "CLOSE"]
    signatures = [one.id for one in await world.rows(Signature, inspection_id=inspection.id)]
    assert len(signatures) == len(team) + 1
    assert len(await world.rows(Finding, inspection_id=inspection.id)) == 1
