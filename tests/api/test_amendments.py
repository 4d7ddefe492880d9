"""Beside a signed result: amendments of the team, and the register of who asked for another result (Y015, N9)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from models.amendments import AlterationRequest, Amendment
from models.checklists import Answer
from models.events import Event
from tests.asking_on_site import SAVE
from tests.making_forms import amended, demanded
from tests.making_inspections import Member
from tests.making_returns import closed, day_of, dispatcher, on_site, signed
from tests.making_supervisors import supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

SHOWN = "id status text reason item { code } attachedAt proposedBy { id } signatures { person { id } digest } version"
PROPOSE = f"mutation($input: AmendmentProposeInput!) {{ amendmentPropose(input: $input) {{ replayed event {{ step }} amendment {{ {SHOWN} }} }} }}"
SIGN = f"mutation($input: AmendmentSignInput!) {{ amendmentSign(input: $input) {{ event {{ step }} amendment {{ {SHOWN} }} }} }}"
ATTACH = f"mutation($input: AmendmentAttachInput!) {{ amendmentAttach(input: $input) {{ event {{ step }} amendment {{ {SHOWN} }} }} }}"
LIST = f"{{ amendments(first: 9) {{ totalCount nodes {{ {SHOWN} }} }} }}"
ASKED = "id status requester demand requestedAt recordedBy { id } answer answeredBy { id } answeredAt"
RECORD = f"""mutation($input: AlterationRequestRecordInput!) {{ alterationRequestRecord(input: $input) {{
  replayed event {{ step }} alterationRequest {{ {ASKED} }} }} }}"""
ANSWER = f"mutation($input: AlterationRequestAnswerInput!) {{ alterationRequestAnswer(input: $input) {{ alterationRequest {{ {ASKED} }} }} }}"
REGISTER = "{ alterationRequests(first: 9) { totalCount nodes { id } } }"


def said(name: str, id: str, **more: Any) -> dict[str, Any]:
    return {"input": {"idempotencyKey": key(), name: id, **more}}


def per(member: Member) -> dict[str, str]:
    return {"id": shown("per", member[0].person_id)}


@pytest.mark.requirement("Y015", "INV10", "N9")
async def test_inv10_an_amendment_stands_beside_the_result(world: World, yunnan: World) -> None:
    """The center's administrator changes nothing; the team amends, the original stays readable. Under both profiles."""
    for here in (world, yunnan):
        visit, team = await signed(here, no=())
        at = await day_of(here, visit) + timedelta(days=1)
        insp, line = shown("insp", visit.id), "F05" if here is world else "S01"
        before = [(one.item_id, one.value, one.remark) for one in await here.rows(Answer, inspection_id=visit.id)]
        change = said("inspection", insp, answers=[{"item": line, "value": "NOT_OBSERVED"}])
        assert codes(await here.ask("center_admin", SAVE, at=at, **change)) == ["FORBIDDEN"]
        refused = await here.ask(team[0][1], SAVE, at=at, **change)
        assert refused["errors"][0]["extensions"]["rule"] == "checklist.signed"
        for who in ("center_admin", "center_dispatcher", dispatcher(here), "agency_admin_0"):
            assert codes(await here.ask(who, PROPOSE, at=at, **said("inspection", insp, text="x", reason="y"))) == ["FORBIDDEN"]
        made = (await here.done(team[0][1], PROPOSE, at=at, **said("inspection", insp, item=line, text="应为否", reason="误记")))["amendmentPropose"]
        row = made["amendment"]
        assert (row["status"], row["item"], row["text"], made["event"]["step"]) == ("PROPOSED", {"code": line}, "应为否", "PROPOSE")
        assert [one["person"] for one in row["signatures"]] == [per(team[0])]
        early = await here.ask(dispatcher(here), ATTACH, at=at, **said("amendment", row["id"]))
        assert early["errors"][0]["extensions"]["reason"] == "STATE"
        twice = await here.ask(team[0][1], SIGN, at=at, **said("amendment", row["id"]))
        assert twice["errors"][0]["extensions"]["reason"] == "STATE"
        full = (await here.done(team[1][1], SIGN, at=at, **said("amendment", row["id"])))["amendmentSign"]
        assert (full["amendment"]["status"], full["event"]["step"]) == ("SIGNED", "COMPLETE")
        assert len({one["digest"] for one in full["amendment"]["signatures"]}) == 1
        assert (await here.done("agency_admin_0", LIST))["amendments"] == {"totalCount": 0, "nodes": []}
        for who in (team[0][1], "center_admin", "agency_admin_0"):
            assert codes(await here.ask(who, ATTACH, at=at, **said("amendment", row["id"]))) in (["FORBIDDEN"], ["NOT_FOUND"])
        out = (await here.done(dispatcher(here), ATTACH, at=at, **said("amendment", row["id"])))["amendmentAttach"]["amendment"]
        assert (out["status"], out["attachedAt"] is None) == ("ATTACHED", False)
        (seen,) = (await here.done("agency_admin_0", LIST))["amendments"]["nodes"]
        assert (seen["text"], seen["signatures"]) == ("应为否", [])
        assert [(one.item_id, one.value, one.remark) for one in await here.rows(Answer, inspection_id=visit.id)] == before


async def test_before_the_signature_the_form_itself_is_open(world: World) -> None:
    visit, team = await on_site(world)
    at = await day_of(world, visit)
    answer = await world.ask(team[0][1], PROPOSE, at=at, **said("inspection", shown("insp", visit.id), text="x", reason="y"))
    assert answer["errors"][0]["extensions"]["reason"] == "STATE"
    assert await world.rows(Amendment, inspection_id=visit.id) == []


async def test_an_amendment_names_a_line_of_the_form(world: World) -> None:
    visit, team = await signed(world)
    at = await day_of(world, visit)
    wrong = said("inspection", shown("insp", visit.id), item="Z99", text="x", reason="y")
    answer = await world.ask(team[0][1], PROPOSE, at=at, **wrong)
    assert (codes(answer), answer["errors"][0]["extensions"]["problem"]) == (["BAD_USER_INPUT"], "unknown_item")


@pytest.mark.requirement("Y015")
async def test_one_of_yunnan_is_a_whole_team_and_a_closed_visit_may_be_amended(yunnan: World) -> None:
    visit, team = await closed(yunnan, members=1, rectify=False, no=())
    at = await day_of(yunnan, visit) + timedelta(days=30)
    made = await yunnan.done(team[0][1], PROPOSE, at=at, **said("inspection", shown("insp", visit.id), text="补充说明", reason="遗漏"))
    assert made["amendmentPropose"]["amendment"]["status"] == "SIGNED"
    steps = [one.step for one in await yunnan.rows(Event, subject_id=(await yunnan.rows(Amendment, inspection_id=visit.id))[0].id)]
    assert sorted(steps) == ["COMPLETE", "PROPOSE"]


@pytest.mark.requirement("N9")
async def test_what_was_proposed_is_never_changed_in_the_database(world: World) -> None:
    row, _, _ = await amended(world, all_sign=True)
    for statement in (
        f"UPDATE amendment SET text = '别的' WHERE id = '{row.id}'",
        f"UPDATE amendment SET reason = '别的' WHERE id = '{row.id}'",
        f"UPDATE amendment_signature SET signed_at = now() WHERE amendment_id = '{row.id}'",
        f"UPDATE checklist SET advice = '别的', methods = '[]' WHERE id = '{row.checklist_id}'",
    ):
        with pytest.raises(Exception, match="never changed"):
            async with world.transaction() as session:
                await (await session.connection()).execute(text(statement))


async def test_strangers_find_no_amendment(world: World, elsewhere: World) -> None:
    row, _, _ = await amended(world)
    _, stranger = await supervisor(elsewhere)
    one = shown("amd", row.id)
    for here, who in ((elsewhere, stranger), (elsewhere, "center_dispatcher"), (world, "district_dispatcher_1"), (world, "agency_admin_0")):
        assert codes(await here.ask(who, "query($id: ID!) { amendment(id: $id) { text } }", id=one)) == ["NOT_FOUND"]
        assert codes(await here.ask(who, SIGN, **said("amendment", one))) == ["NOT_FOUND"]


@pytest.mark.requirement("Y015", "N9")
async def test_who_tried_is_on_record_and_answered(world: World, yunnan: World) -> None:
    for here in (world, yunnan):
        visit, team = await signed(here)
        at = await day_of(here, visit) + timedelta(days=1)
        given = {"requester": "某校校长", "demand": "请把不合格改为合格", "requestedAt": (at - timedelta(hours=2)).isoformat()}
        insp = shown("insp", visit.id)
        first = (await here.done(team[0][1], RECORD, at=at, **said("inspection", insp, **given)))["alterationRequestRecord"]
        assert (first["alterationRequest"]["status"], first["alterationRequest"]["recordedBy"]) == ("RECORDED", per(team[0]))
        await here.done("center_clerk", RECORD, at=at, **said("inspection", insp, **given))
        assert codes(await here.ask("agency_admin_0", RECORD, at=at, **said("inspection", insp, **given))) == ["FORBIDDEN"]
        late = given | {"requestedAt": (at + timedelta(hours=1)).isoformat()}
        answer = await here.ask(team[0][1], RECORD, at=at, **said("inspection", insp, **late))
        assert answer["errors"][0]["extensions"]["problem"] == "future"
        assert (await here.done("agency_admin_0", REGISTER))["alterationRequests"] == {"totalCount": 0, "nodes": []}
        assert (await here.done("center_auditor", REGISTER))["alterationRequests"]["totalCount"] == 2
        id = first["alterationRequest"]["id"]
        assert codes(await here.ask("agency_admin_0", "query($id: ID!) { alterationRequest(id: $id) { demand } }", id=id)) == ["NOT_FOUND"]
        for who in (team[0][1], "center_clerk"):
            assert codes(await here.ask(who, ANSWER, at=at, **said("alterationRequest", id, answer="不改"))) == ["FORBIDDEN"]
        done = await here.done(dispatcher(here), ANSWER, at=at, **said("alterationRequest", id, answer="结果不予更改。"))
        found = done["alterationRequestAnswer"]["alterationRequest"]
        assert (found["status"], found["answer"], found["answeredAt"] is None) == ("ANSWERED", "结果不予更改。", False)
        second = await here.ask(dispatcher(here), ANSWER, at=at, **said("alterationRequest", id, answer="同意更改。"))
        assert second["errors"][0]["extensions"]["reason"] == "STATE"
        rows = await here.rows(AlterationRequest, inspection_id=visit.id)
        assert sorted(str(one.answer) for one in rows) == ["None", "结果不予更改。"]


@pytest.mark.requirement("Y015")
async def test_the_agency_does_not_learn_of_a_request_by_any_path(world: World) -> None:
    row = await demanded(world)
    (event,) = await world.rows(Event, subject_id=row.id)
    assert event.organization_id == world.center.id
    ask = "query($id: ID!) { inspection(id: $id) { alterationRequests { id } } }"
    assert (await world.done("agency_admin_0", ask, id=shown("insp", row.inspection_id)))["inspection"]["alterationRequests"] == []
    seen = await world.done("district_clerk_0", ask, id=shown("insp", row.inspection_id))
    assert seen["inspection"]["alterationRequests"] == [{"id": shown("altr", row.id)}]
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert codes(await world.ask("agency_admin_0", node, id=shown("altr", row.id))) == ["NOT_FOUND"]
