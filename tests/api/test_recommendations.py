"""Findings against people, and what a team recommends about an assessor (000 §8(一), (三))."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.answers import Part
from domain.calendar import shanghai_day
from domain.checklists import save, sheet_of, sign
from domain.sessions import Named
from models.inspections import Inspection
from models.recommendations import AssessorRecommendation
from models.sessions import Assessor
from tests.asking_on_site import SAVE
from tests.making_forms import ASSESSOR, recommended, with_assessor
from tests.making_returns import again, answered, day_of, dispatcher, on_site
from tests.making_sessions import id_number, recognition
from tests.making_supervisors import supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

SHOWN = "id status facts assessor { name } agency { id } proposedBy { id } decidedBy { id } reason decidedAt availableSteps { mutation }"
PROPOSE = f"""mutation($input: AssessorRecommendationProposeInput!) {{ assessorRecommendationPropose(input: $input) {{
  event {{ step }} assessorRecommendation {{ {SHOWN} }} }} }}"""
ACCEPT = f"""mutation($input: AssessorRecommendationAcceptInput!) {{ assessorRecommendationAccept(input: $input) {{
  event {{ step reason }} assessorRecommendation {{ {SHOWN} }} }} }}"""
REJECT = f"""mutation($input: AssessorRecommendationRejectInput!) {{ assessorRecommendationReject(input: $input) {{
  event {{ step }} assessorRecommendation {{ {SHOWN} }} }} }}"""
NAME = """mutation($input: RecognitionSessionNameAssessorInput!) { recognitionSessionNameAssessor(input: $input) {
  recognitionSession { id } } }"""
REGISTER = """mutation($input: RecognitionSessionRegisterInput!) { recognitionSessionRegister(input: $input) { recognitionSession { id } } }"""
FINDINGS = "query($id: ID!) { inspection(id: $id) { findings { target responsible assessor { name } category correction item { code } } } }"
DRAFT = """mutation($input: OpinionLetterDraftInput!) { opinionLetterDraft(input: $input) {
  opinionLetter { id corrections { item remark correction target name } } } }"""
SERVE = "mutation($input: OpinionLetterServeInput!) { opinionLetterServe(input: $input) { opinionLetter { status } } }"


def said(name: str, id: str, **more: Any) -> dict[str, Any]:
    return {"input": {"idempotencyKey": key(), name: id, **more}}


def registering(starts: datetime, **more: Any) -> dict[str, Any]:
    said = {"occupation": "电工", "level": "SENIOR_3", "mode": "EXAM", "candidateCount": 9, "place": "实训楼"}
    return {"idempotencyKey": key(), "startsAt": starts.isoformat(), "endsAt": (starts + timedelta(hours=2)).isoformat()} | said | more


@pytest.mark.requirement("Y018")
async def test_the_team_recommends_and_the_agency_decides(world: World, yunnan: World) -> None:
    for here in (world, yunnan):
        visit, team, assessor = await with_assessor(here)
        at = await day_of(here, visit)
        asked = said("inspection", shown("insp", visit.id), assessor=shown("asr", assessor.id), facts="泄露试题，情节严重")
        for who in ("center_admin", dispatcher(here), "agency_admin_0"):
            assert codes(await here.ask(who, PROPOSE, at=at, **asked)) == ["FORBIDDEN"]
        made = (await here.done(team[0][1], PROPOSE, at=at, **asked))["assessorRecommendationPropose"]["assessorRecommendation"]
        assert (made["status"], made["assessor"], made["agency"]["id"]) == ("PROPOSED", {"name": ASSESSOR}, shown("agc", here.agencies[0].id))
        twice = await here.ask(team[1][1], PROPOSE, at=at, input=asked["input"] | {"idempotencyKey": key()})
        assert twice["errors"][0]["extensions"]["reason"] == "DUPLICATE"
        for who in ("center_admin", dispatcher(here), "agency_clerk_0", team[0][1]):
            assert codes(await here.ask(who, ACCEPT, at=at, **said("assessorRecommendation", made["id"], reason="属实"))) == ["FORBIDDEN"]
        blank = await here.ask("agency_admin_0", REJECT, at=at, **said("assessorRecommendation", made["id"], reason=" "))
        assert codes(blank) == ["BAD_USER_INPUT"]
        done = await here.done("agency_admin_0", ACCEPT, at=at, **said("assessorRecommendation", made["id"], reason="经核实，取消考评人员资格"))
        found = done["assessorRecommendationAccept"]
        assert (found["assessorRecommendation"]["status"], found["event"]) == ("ACCEPTED", {"step": "ACCEPT", "reason": "经核实，取消考评人员资格"})
        assert found["assessorRecommendation"]["availableSteps"] == []
        late = await here.ask("agency_admin_0", REJECT, at=at, **said("assessorRecommendation", made["id"], reason="改主意"))
        assert late["errors"][0]["extensions"]["reason"] == "STATE"
        (row,) = await here.rows(AssessorRecommendation, inspection_id=visit.id)
        assert (row.status, row.reason) == ("ACCEPTED", "经核实，取消考评人员资格")


@pytest.mark.requirement("Y018")
async def test_the_agency_may_reject_with_its_reason(world: World) -> None:
    row = await recommended(world)
    done = await world.done("agency_admin_0", REJECT, **said("assessorRecommendation", shown("arec", row.id), reason="证据不足"))
    found = done["assessorRecommendationReject"]["assessorRecommendation"]
    assert (found["status"], found["reason"], found["decidedAt"] is None) == ("REJECTED", "证据不足", False)
    listed = "query($f: AssessorRecommendationFilter) { assessorRecommendations(first: 9, filter: $f) { nodes { id } } }"
    for status, count in (("REJECTED", 1), ("PROPOSED", 0)):
        data = await world.done("district_clerk_0", listed, f={"status": {"eq": status}})
        assert len(data["assessorRecommendations"]["nodes"]) == count


async def test_only_an_assessor_of_the_session_and_never_for_strangers(world: World, elsewhere: World) -> None:
    visit, _, assessor = await with_assessor(world)
    other, other_team = await on_site(world, of=await recognition(world, starts_at=world.now + timedelta(days=4)))
    at = await day_of(world, other)
    wrong = said("inspection", shown("insp", other.id), assessor=shown("asr", assessor.id), facts="x")
    assert codes(await world.ask(other_team[0][1], PROPOSE, at=at, **wrong)) == ["NOT_FOUND"]
    _, stranger = await supervisor(elsewhere)
    right = said("inspection", shown("insp", visit.id), assessor=shown("asr", assessor.id), facts="x")
    assert codes(await elsewhere.ask(stranger, PROPOSE, at=at, **right)) == ["NOT_FOUND"]
    row = await recommended(world)
    ask = "query($id: ID!) { assessorRecommendation(id: $id) { facts } }"
    for here, who in ((world, "agency_admin_1"), (world, "district_admin_1"), (elsewhere, "center_admin")):
        assert codes(await here.ask(who, ask, id=shown("arec", row.id))) == ["NOT_FOUND"]
    assert await world.rows(AssessorRecommendation, inspection_id=visit.id) == []


@pytest.mark.requirement("Y005", "Y013", "Y017", "Y028", "B003", "F16", "F17")
async def test_a_finding_is_against_the_agency_a_person_or_an_assessor_and_the_letter_carries_it(yunnan: World) -> None:
    visit, team, assessor = await with_assessor(yunnan)
    at = await day_of(yunnan, visit)
    leader = team[0][1]
    to_agency = {"item": "S01", "value": "NO", "remark": "制度缺失", "correction": "补齐制度", "score": 0}
    to_person = {"item": "S08", "value": "NO", "remark": "监考离场", "correction": "批评教育", "score": 2, "responsible": "监考员乙"}
    to_assessor = {"item": "S11", "value": "NO", "remark": "随意评分", "correction": "重新评分", "score": 1, "assessor": shown("asr", assessor.id)}
    both = to_person | {"assessor": shown("asr", assessor.id)}
    unblamed = {"item": "S02", "value": "YES", "score": 5, "responsible": "某人"}
    for bad in (both, unblamed):
        refused = await yunnan.ask(leader, SAVE, at=at, **said("inspection", shown("insp", visit.id), answers=[bad]))
        assert refused["errors"][0]["extensions"]["problem"] == "one_to_blame"
    given = said("inspection", shown("insp", visit.id), answers=[to_agency, to_person, to_assessor], advice="加强培训", appraisal="基本合格")
    await yunnan.done(leader, SAVE, at=at, **given)
    async with yunnan.transaction() as session:
        row = await again(session, Inspection, visit.id)
        items = (await sheet_of(session, row)).items
        rest = [one for one in answered(items) if one.item not in {"S01", "S08", "S11"}]
        await save(session, row, rest, act=yunnan.act(leader, at=at))
        for _, actor in team:
            await sign(session, row, Part.SITE, act=yunnan.act(actor, at=at))
    found = (await yunnan.done("center_clerk", FINDINGS, id=shown("insp", visit.id)))["inspection"]["findings"]
    by_line = {one["item"]["code"]: one for one in found}
    assert [by_line[code]["target"] for code in ("S01", "S08", "S11")] == ["AGENCY", "PERSON", "ASSESSOR"]
    assert (by_line["S08"]["responsible"], by_line["S08"]["category"]) == ("监考员乙", "EXAM_DISCIPLINE")
    assert by_line["S11"]["assessor"] == {"name": ASSESSOR}
    letter = (await yunnan.done(leader, DRAFT, at=at, **said("inspection", shown("insp", visit.id), text="请整改。", requiresRectification=True)))[
        "opinionLetterDraft"
    ]["opinionLetter"]
    assert [(one["item"], one["correction"], one["target"], one["name"]) for one in letter["corrections"]] == [
        ("S01", "补齐制度", "AGENCY", None), ("S08", "批评教育", "PERSON", "监考员乙"), ("S11", "重新评分", "ASSESSOR", ASSESSOR),
    ]  # fmt: skip
    await yunnan.done("center_dispatcher", SERVE, at=at, **said("opinionLetter", letter["id"]))
    read = "query($id: ID!) { opinionLetter(id: $id) { corrections { item name } } }"
    seen = await yunnan.done("agency_admin_0", read, id=letter["id"])
    assert [one["item"] for one in seen["opinionLetter"]["corrections"]] == ["S01", "S08", "S11"]


async def test_an_assessor_of_another_session_is_nobody_to_blame(world: World) -> None:
    _, _, assessor = await with_assessor(world)
    visit, team = await on_site(world, of=await recognition(world, starts_at=world.now + timedelta(days=4)))
    answers = [{"item": "F05", "value": "NO", "remark": "x", "assessor": shown("asr", assessor.id)}]
    answer = await world.ask(team[0][1], SAVE, at=await day_of(world, visit), **said("inspection", shown("insp", visit.id), answers=answers))
    assert (codes(answer), answer["errors"][0]["extensions"]["problem"]) == (["BAD_USER_INPUT"], "unknown")


@pytest.mark.requirement("Y018")
async def test_a_cancelled_assessor_is_in_no_session_of_the_agency_after_that_day(world: World, yunnan: World) -> None:
    for here in (world, yunnan):
        number = id_number()
        there = await recognition(here, assessors=[Named(ASSESSOR, number)])
        visit, team = await on_site(here, of=there)
        (assessor,) = await here.rows(Assessor, recognition_session_id=there.id)
        at = await day_of(here, visit)
        same_day = await recognition(here, starts_at=at + timedelta(hours=6), hours=1)
        next_day, elsewhere = [await recognition(here, agency=agency, starts_at=at + timedelta(days=2)) for agency in (0, 1)]
        asked = said("inspection", shown("insp", visit.id), assessor=shown("asr", assessor.id), facts="泄露试题")
        made = (await here.done(team[0][1], PROPOSE, at=at, **asked))["assessorRecommendationPropose"]["assessorRecommendation"]["id"]
        who = {"name": "另一写法", "idNumber": number}
        namesake = {"name": ASSESSOR, "idNumber": id_number()}
        await here.done("agency_admin_0", NAME, at=at, **said("recognitionSession", shown("ses", next_day.id), assessor=namesake))
        await here.done("agency_admin_0", ACCEPT, at=at, **said("assessorRecommendation", made, reason="属实"))
        later = said("recognitionSession", shown("ses", next_day.id), assessor=who)
        answer = await here.ask("agency_clerk_0", NAME, at=at, **later)
        why = answer["errors"][0]["extensions"]
        assert (why["code"], why["rule"], why["article"]) == ("RULE_NOT_MET", "assessor.cancelled", "000 §8(三)")
        assert why["params"] == {"day": shanghai_day(at).isoformat()}
        assert answer["data"] == {"recognitionSessionNameAssessor": None}
        new = registering(starts=at + timedelta(days=3), assessors=[who])
        refused = await here.ask("agency_clerk_0", REGISTER, at=at, input=new)
        assert refused["errors"][0]["extensions"]["rule"] == "assessor.cancelled"
        await here.done("agency_admin_0", NAME, at=at, **said("recognitionSession", shown("ses", same_day.id), assessor=who))
        await here.done("agency_admin_1", NAME, at=at, **said("recognitionSession", shown("ses", elsewhere.id), assessor=who))
        assert [one.name for one in await here.rows(Assessor, recognition_session_id=next_day.id)] == [ASSESSOR]


async def test_recommendations_are_found_by_whom_they_are_about(world: World) -> None:
    row = await recommended(world)
    (assessor,) = await world.rows(Assessor, id=row.assessor_id)
    ask = "query($f: AssessorRecommendationFilter) { assessorRecommendations(first: 9, filter: $f) { nodes { id } } }"
    for filter, found in (
        ({"person": {"eq": shown("per", assessor.person_id)}}, [row]),
        ({"person": {"eq": shown("per", row.person_id)}}, []),
        ({"name": {"contains": ASSESSOR}}, [row]),
        ({"name": {"eq": "无此人"}}, []),
        ({"decidedAt": {"from": "2020-01-01T00:00:00Z"}}, []),
    ):
        nodes = (await world.done("agency_admin_0", ask, f=filter))["assessorRecommendations"]["nodes"]
        assert [one["id"] for one in nodes] == [shown("arec", one.id) for one in found], filter
