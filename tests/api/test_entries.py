"""Each member of a team answers alone; what differs is shown, reconciled with a reason, and only then signed (N10)."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from models.checklists import Answer
from models.entries import DoubleEntry, Entry
from models.inspections import Inspection, InspectionForm
from tests.asking_on_site import ENTER, FINISH, SAVE, SIGN, about, full
from tests.cases_visits import answers
from tests.making_forms import begun, enters, judged_alone
from tests.making_inspections import Member
from tests.making_returns import day_of, on_site
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

CLOSE = "mutation($input: DoubleEntryCloseInput!) { doubleEntryClose(input: $input) { doubleEntry { status finished compared agreed closeReason } event { step reason } } }"
RECONCILE = """mutation($input: DoubleEntryReconcileInput!) { doubleEntryReconcile(input: $input) {
  reconciliation { item { code } differed value reason entries { value } } event { step reason } } }"""
SEEN = """query($id: ID!) { inspection(id: $id) { checklist { score answers { item { code } value remark } } doubleEntry { status finished compared agreed
  entries(first: 40) { totalCount nodes { person { id } } } availableSteps { mutation }
  reconciliations { item { code } differed value reason reconciledAt person { id } entries { person { id } value remark } } } } }"""


async def seen(world: World, who: Any, visit: Inspection) -> dict[str, Any]:
    return dict((await world.done(who, SEEN, id=shown("insp", visit.id)))["inspection"])


async def refused(world: World, who: Any, document: str, /, *, at: datetime, **said: Any) -> dict[str, Any]:
    answer = await world.ask(who, document, at=at, **said)
    assert list(answer["data"].values()) == [None]
    return dict(answer["errors"][0]["extensions"])


async def lines_of(world: World, visit: Inspection) -> list[str]:
    return [str(one["item"]) for one in await answers(world, visit)]


def rule(refusal: dict[str, Any]) -> tuple[Any, Any]:
    return refusal["code"], refusal.get("rule")


@pytest.mark.requirement("N10")
async def test_two_judge_alone_differ_reconcile_and_sign(world: World, yunnan: World) -> None:
    for here in (world, yunnan):
        visit, team, at = await begun(here, judged_alone(here))
        (leader, member), insp = (actor for _, actor in team), visit
        lines = await lines_of(here, insp)
        bad = lines[1]
        await enters(here, insp, team[0], at=at)
        alone = (await seen(here, leader, insp))["doubleEntry"]
        assert (alone["status"], alone["finished"], alone["compared"], alone["entries"]["totalCount"]) == ("ALONE", 1, None, len(lines))
        await enters(here, insp, team[1], at=at, no=(bad,), done=False)
        assert {one["person"]["id"] for one in (await seen(here, leader, insp))["doubleEntry"]["entries"]["nodes"]} == {
            shown("per", leader.person_id)
        }
        early = await refused(here, leader, SIGN, at=at, **about(insp, part="SITE"))
        assert (rule(early), early["params"]) == (("RULE_NOT_MET", "checklist.entered_alone"), {"finished": 1})
        done = (await here.done(member, FINISH, at=at, **about(insp)))["doubleEntryFinish"]
        assert (done["event"]["step"], done["doubleEntry"]["status"]) == ("COMPARE", "COMPARED")
        assert (done["doubleEntry"]["compared"], done["doubleEntry"]["agreed"]) == (len(lines), len(lines) - 1)
        shown_ = await seen(here, member, insp)
        (line,) = shown_["doubleEntry"]["reconciliations"]
        assert (line["item"]["code"], line["differed"], line["value"]) == (bad, True, None)
        assert {(one["person"]["id"], one["value"], one["remark"]) for one in line["entries"]} == {
            (shown("per", leader.person_id), "YES", None),
            (shown("per", member.person_id), "NO", "不符合要求"),
        }
        assert {one["item"]["code"] for one in shown_["checklist"]["answers"]} == set(lines) - {bad}
        early = await refused(here, member, SIGN, at=at, **about(insp, part="SITE"))
        assert (rule(early), early["params"]) == (("RULE_NOT_MET", "checklist.reconciled"), {"open": bad})
        assert await agrees_and_signs(here, insp, team, bad=bad, at=at) == "CHECKLIST_SIGNED"


async def agrees_and_signs(world: World, visit: Inspection, team: list[Member], *, bad: str, at: datetime) -> str:
    """The leader states what holds and why; then the form is signed, and nothing of it is reconciled any more."""
    leader, member = (actor for _, actor in team)
    said = next(one for one in await answers(world, visit) if one["item"] == bad)
    answer = said | {"value": "NO", "remark": "两人当场复核，确不符合"}
    if "score" in said:
        answer["score"] = 4
    stated = about(visit, answer=answer, reason="当场复核。")
    assert rule(await refused(world, member, RECONCILE, at=at, **stated)) == ("RULE_NOT_MET", "team.leader")
    done = (await world.done(leader, RECONCILE, at=at, **stated))["doubleEntryReconcile"]
    assert done["event"] == {"step": "RECONCILE", "reason": "当场复核。"}
    found = done["reconciliation"]
    assert (found["item"], found["differed"], found["value"], len(found["entries"])) == ({"code": bad}, True, "NO", 2)
    form = (await seen(world, "center_clerk", visit))["checklist"]
    assert {one["item"]["code"]: (one["value"], one["remark"]) for one in form["answers"]}[bad] == ("NO", "两人当场复核，确不符合")
    assert form["score"] == (94 if "score" in said else None)
    for actor in (leader, member):
        signed = await world.done(actor, SIGN, at=at, **about(visit, part="SITE"))
    stated["input"]["idempotencyKey"] = key()
    assert rule(await refused(world, leader, RECONCILE, at=at, **stated)) == ("RULE_NOT_MET", "checklist.signed")
    return str(signed["inspectionSign"]["inspection"]["status"])


@pytest.mark.requirement("N10")
async def test_nobody_reads_what_another_entered_before_all_are_in(world: World, elsewhere: World) -> None:
    visit, team, at = await begun(world, judged_alone(world))
    leader, member = (actor for _, actor in team)
    await enters(world, visit, team[1], at=at, no=("A01",) if "A01" in await lines_of(world, visit) else ())
    (hidden,) = (await world.rows(Entry, inspection_id=visit.id))[:1]
    for who in ("center_admin", "center_clerk", "district_admin_0", leader):
        found = (await seen(world, who, visit))["doubleEntry"]
        assert (found["finished"], found["entries"]["totalCount"], found["entries"]["nodes"], found["reconciliations"]) == (1, 0, [], [])
        node = "query($id: ID!) { node(id: $id) { id } }"
        assert codes(await world.ask(who, node, id=shown("ent", hidden.id))) == ["NOT_FOUND"]
    assert (await seen(world, "agency_admin_0", visit))["doubleEntry"] is None
    whole = "query($id: ID!) { doubleEntry(id: $id) { status } }"
    (row,) = await world.rows(DoubleEntry, inspection_id=visit.id)
    assert codes(await elsewhere.ask("center_admin", whole, id=shown("dent", row.id))) == ["NOT_FOUND"]
    listed = "query($f: DoubleEntryFilter) { doubleEntries(first: 9, filter: $f) { totalCount } }"
    for asker, status, count in (("center_clerk", "ALONE", 1), ("center_clerk", "COMPARED", 0), ("agency_admin_0", "ALONE", 0)):
        assert (await world.done(asker, listed, f={"status": {"in": [status]}}))["doubleEntries"] == {"totalCount": count}, asker
    await enters(world, visit, team[0], at=at)
    count = (await seen(world, "district_admin_0", visit))["doubleEntry"]["entries"]["totalCount"]
    assert count == 2 * len(await lines_of(world, visit)) == (await seen(world, member, visit))["doubleEntry"]["entries"]["totalCount"]
    assert (await seen(world, "agency_admin_0", visit))["doubleEntry"] is None


@pytest.mark.requirement("N10")
async def test_the_leader_does_not_wait_for_who_had_to_leave(world: World) -> None:
    visit, team, at = await begun(world, judged_alone(world))
    leader, member = (actor for _, actor in team)
    lines = await answers(world, visit)
    await world.done(member, ENTER, at=at, **about(visit, answers=lines[:2]))
    gone = about(visit, reason="一名成员因病离场")
    assert rule(await refused(world, leader, CLOSE, at=at, **gone)) == ("RULE_NOT_MET", "entry.own_first")
    assert rule(await refused(world, member, CLOSE, at=at, **gone)) == ("RULE_NOT_MET", "team.leader")
    assert rule(await refused(world, leader, FINISH, at=at, **about(visit))) == ("RULE_NOT_MET", "checklist.complete")
    await enters(world, visit, team[0], at=at)
    assert (await refused(world, leader, ENTER, at=at, **about(visit, answers=lines[:1])))["reason"] == "STATE"
    assert (await refused(world, leader, FINISH, at=at, **about(visit)))["reason"] == "STATE"
    closed = (await world.done(leader, CLOSE, at=at, **gone))["doubleEntryClose"]
    assert closed["event"] == {"step": "COMPARE", "reason": "一名成员因病离场"}
    assert closed["doubleEntry"] == {"status": "COMPARED", "finished": 1, "compared": 2, "agreed": 1, "closeReason": "一名成员因病离场"}
    assert (await refused(world, member, ENTER, at=at, **about(visit, answers=lines[2:3])))["reason"] == "STATE"
    with pytest.raises(Exception, match="finished entry is never changed"):
        async with world.transaction() as session:
            await (await session.connection()).execute(text(f"UPDATE entry SET value = 'NOT_OBSERVED' WHERE inspection_id = '{visit.id}'"))


@pytest.mark.requirement("N10")
async def test_a_line_at_which_all_erred_alike_is_corrected_with_a_reason(world: World) -> None:
    visit, team, at = await begun(world, judged_alone(world))
    for member in team:
        await enters(world, visit, member, at=at)
    said = (await answers(world, visit))[0] | {"value": "NOT_OBSERVED", "remark": None}
    joint = await refused(world, team[0][1], SAVE, at=at, **about(visit, answers=[said]))
    assert rule(joint) == ("RULE_NOT_MET", "checklist.entered_alone")
    answer = await refused(world, team[0][1], RECONCILE, at=at, **about(visit, answer=said, reason=" "))
    assert (answer["code"], answer["field"]) == ("BAD_USER_INPUT", "reason")
    found = (await world.done(team[0][1], RECONCILE, at=at, **about(visit, answer=said, reason="实际未查看")))["doubleEntryReconcile"]
    assert (found["reconciliation"]["differed"], len(found["reconciliation"]["entries"])) == (False, 2)
    await world.done(team[0][1], SAVE, at=at, **about(visit, answers=[], advice="加强内控"))
    kept = {one.value for one in await world.rows(Answer, inspection_id=visit.id)}
    assert {str(one) for one in kept} == {"YES", "NOT_OBSERVED"}
    steps = (await seen(world, team[0][1], visit))["doubleEntry"]["availableSteps"]
    assert steps == [{"mutation": "doubleEntryReconcile"}]


@pytest.mark.requirement("N10")
async def test_a_team_of_one_and_other_forms_are_not_held_up(world: World, yunnan: World) -> None:
    visit, team = await on_site(world)
    at = await day_of(world, visit)
    assert (await seen(world, team[0][1], visit))["doubleEntry"] is None
    lines = await answers(world, visit)
    for document, said in ((ENTER, {"answers": lines}), (FINISH, {}), (CLOSE, {"reason": "无"})):
        assert (await refused(world, team[0][1], document, at=at, **about(visit, **said)))["reason"] == "STATE"
    single, (member, *_), at = await begun(yunnan, InspectionForm.SPECIAL, members=1)
    assert (await seen(yunnan, member[1], single))["doubleEntry"] is None
    form = (await yunnan.done(member[1], "query($id: ID!) { inspection(id: $id) { checklist { template { items { code numbers phase maxScore } } } } }",
        id=shown("insp", single.id)))["inspection"]["checklist"]  # fmt: skip
    await yunnan.done(member[1], SAVE, at=at, **about(single, answers=full(form)))
    done = await yunnan.done(member[1], SIGN, at=at, **about(single, part="SITE"))
    assert done["inspectionSign"]["inspection"]["status"] == "CHECKLIST_SIGNED"
