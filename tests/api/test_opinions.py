from datetime import date, timedelta
from typing import Any

import pytest

from domain.organizations import publish_profile
from domain.profiles import parse_profile
from models.dispatch import Assignment, AssignmentStatus
from models.inspections import Inspection, InspectionStatus
from models.opinions import OpinionLetter, OpinionLetterStatus, Rectification, RectificationStatus, SupervisionReport
from models.organizations import Organization
from models.supervisors import Person
from tests.making_returns import again, closed, day_of, on_site, rectified, reported, served, signed
from tests.making_supervisors import supervisor
from tests.making_voices import ruled
from tests.world import PROFILES, World, codes, key, shown

pytestmark = pytest.mark.anyio

DRAFT = """mutation($input: OpinionLetterDraftInput!) { opinionLetterDraft(input: $input) {
  opinionLetter { id version status text requiresRectification dueOn servedAt } event { step } replayed } }"""
SERVE = """mutation($input: OpinionLetterServeInput!) { opinionLetterServe(input: $input) {
  opinionLetter { status dueOn rectification { id status dueOn availableSteps { mutation } } } inspection { status } replayed } }"""
SUBMIT = """mutation($input: RectificationSubmitInput!) { rectificationSubmit(input: $input) {
  rectification { status version text comment submittedAt availableSteps { mutation } } event { fromStatus toStatus } replayed } }"""
SEND_BACK = """mutation($input: RectificationSendBackInput!) { rectificationSendBack(input: $input) {
  rectification { status comment } event { reason } replayed } }"""
ACCEPT = "mutation($input: RectificationAcceptInput!) { rectificationAccept(input: $input) { rectification { status } event { step } replayed } }"
REPORT = "mutation($input: SupervisionReportSubmitInput!) { supervisionReportSubmit(input: $input) { report { id status text } replayed } }"
CLOSE = "mutation($input: InspectionCloseInput!) { inspectionClose(input: $input) { inspection { status closedAt report { status } } replayed } }"

DISPATCHER, AGENCY = "district_dispatcher_0", "agency_clerk_0"


def of(name: str, id: str, **more: object) -> dict[str, Any]:
    return {"input": {"idempotencyKey": key(), name: id, **more}}


def about(inspection: Inspection, **more: object) -> dict[str, Any]:
    return of("inspection", shown("insp", inspection.id), **more)


async def asked_of(world: World, inspection: Inspection) -> str:
    (row,) = await world.rows(Rectification, inspection_id=inspection.id)
    return shown("rect", row.id)


@pytest.mark.requirement("Y040", "Y041", "Y042", "Y043", "A17", "D23")
@pytest.mark.parametrize("profile", ["beijing", "yunnan"])
async def test_from_the_signature_to_the_closing(world: World, yunnan: World, profile: str) -> None:
    here = world if profile == "beijing" else yunnan
    dispatcher = DISPATCHER if profile == "beijing" else "center_dispatcher"
    inspection, team = await signed(here)
    at = await day_of(here, inspection) + timedelta(hours=3)
    leader = team[0][1]
    letter = (await here.done(leader, DRAFT, at=at, **about(inspection, text="请整改。", requiresRectification=True)))["opinionLetterDraft"][
        "opinionLetter"
    ]
    assert (letter["status"], letter["dueOn"], letter["servedAt"]) == ("DRAFT", None, None)
    out = (await here.done(dispatcher, SERVE, at=at, **of("opinionLetter", letter["id"])))["opinionLetterServe"]
    assert out["inspection"]["status"] == "OPINION_SERVED"
    # served on Saturday 19 September 2026: fifteen working days later is Friday 9 October
    assert out["opinionLetter"]["dueOn"] == out["opinionLetter"]["rectification"]["dueOn"] == "2026-10-09"
    asked = out["opinionLetter"]["rectification"]["id"]
    for text, said in (("已张贴标志。", "请附照片"), ("已张贴标志，附照片。", None)):
        sent = (await here.done(AGENCY, SUBMIT, at=at, **of("rectification", asked, text=text)))["rectificationSubmit"]
        assert (sent["rectification"]["status"], sent["rectification"]["text"]) == ("SUBMITTED", text)
        if said:
            back = (await here.done(dispatcher, SEND_BACK, at=at, **of("rectification", asked, comment=said)))["rectificationSendBack"]
            assert (back["rectification"], back["event"]) == ({"status": "SENT_BACK", "comment": said}, {"reason": said})
    accepted = await here.done(dispatcher, ACCEPT, at=at, **of("rectification", asked))
    assert accepted["rectificationAccept"]["rectification"]["status"] == "ACCEPTED"
    await reported(here, inspection, team)
    done = (await here.done(dispatcher, CLOSE, at=at + timedelta(days=1), **about(inspection)))["inspectionClose"]["inspection"]
    assert (done["status"], done["report"]) == ("CLOSED", {"status": "RECEIVED"})
    assert done["closedAt"] is not None
    assert {one.status for one in await here.rows(Assignment, inspection_id=inspection.id)} == {AssignmentStatus.DONE}


@pytest.mark.requirement("D23")
async def test_where_the_rules_know_feedback_only_no_letter_asks_for_rectification(world: World) -> None:
    await ruled(world, '"workflow.rectification" = { value = false, article = "003 §3" }')
    inspection, team = await signed(world)
    at = await day_of(world, inspection) + timedelta(hours=5)
    answer = await world.ask(team[0][1], DRAFT, at=at, **about(inspection, text="整改", requiresRectification=True))
    assert (codes(answer), answer["errors"][0]["extensions"]["rule"]) == (["RULE_NOT_MET"], "workflow.rectification")
    assert await world.rows(OpinionLetter, inspection_id=inspection.id) == []
    done = await world.done(team[0][1], DRAFT, at=at, **about(inspection, text="反馈", requiresRectification=False))
    assert done["opinionLetterDraft"]["opinionLetter"]["status"] == "DRAFT"


@pytest.mark.requirement("Y043", "A17", "A24")
async def test_each_missing_thing_keeps_it_open(world: World) -> None:
    inspection, team = await served(world)
    at = await day_of(world, inspection) + timedelta(days=2)

    async def missing() -> tuple[str, str]:
        answer = await world.ask(DISPATCHER, CLOSE, at=at, **about(inspection))
        assert codes(answer) == ["RULE_NOT_MET"]
        assert answer["data"] == {"inspectionClose": None}
        return answer["errors"][0]["extensions"]["rule"], answer["errors"][0]["extensions"]["article"]

    assert await missing() == ("inspection.report", "003 §12, default 1.5")
    await world.done(team[1][1], REPORT, at=at, **about(inspection, text="督导报告。"))
    assert await missing() == ("inspection.last_phase", "003 annex F15 (A24)")
    answers = [{"item": "F15", "value": "YES"}]
    save = "mutation($input: ChecklistSaveInput!) { checklistSave(input: $input) { replayed } }"
    sign = "mutation($input: InspectionSignInput!) { inspectionSign(input: $input) { replayed } }"
    await world.done(team[1][1], save, at=at, **about(inspection, answers=answers))
    await world.done(team[1][1], sign, at=at, **about(inspection, part="AFTER"))
    assert await missing() == ("inspection.rectification", "003 §3")
    assert (await world.rows(Inspection, id=inspection.id))[0].status is InspectionStatus.OPINION_SERVED
    await rectified(world, inspection)
    await world.done(DISPATCHER, CLOSE, at=at, **about(inspection))
    assert codes(await world.ask(DISPATCHER, CLOSE, at=at, **about(inspection))) == ["CONFLICT"]


@pytest.mark.requirement("Y040")
async def test_an_opinion_without_rectification_closes_without_one(world: World) -> None:
    inspection, _ = await closed(world, rectify=False, no=())
    assert await world.rows(Rectification, inspection_id=inspection.id) == []
    (letter,) = await world.rows(OpinionLetter, inspection_id=inspection.id)
    assert (letter.status, letter.due_on) == (OpinionLetterStatus.SERVED, None)


@pytest.mark.requirement("Y040", "A18")
async def test_the_agency_sees_nothing_before_the_service(world: World) -> None:
    inspection, team = await signed(world)
    at = await day_of(world, inspection)
    made = await world.done(team[0][1], DRAFT, at=at, **about(inspection, text="草稿。", requiresRectification=True))
    letter = made["opinionLetterDraft"]["opinionLetter"]
    look = """query($id: ID!, $letter: ID!) { inspection(id: $id) { opinionLetter { text } rectification { dueOn } report { text } }
      opinionLetters(first: 5) { totalCount nodes { text } } rectifications(first: 5) { totalCount } opinionLetter(id: $letter) { text } }"""
    hidden = await world.ask(AGENCY, look, id=shown("insp", inspection.id), letter=letter["id"])
    assert hidden["data"] == {
        "inspection": {"opinionLetter": None, "rectification": None, "report": None},
        "opinionLetters": {"totalCount": 0, "nodes": []},
        "rectifications": {"totalCount": 0},
        "opinionLetter": None,
    }
    assert codes(hidden) == ["NOT_FOUND"]
    await world.done(DISPATCHER, SERVE, at=at, **of("opinionLetter", letter["id"]))
    await reported(world, inspection, team)
    seen = await world.done(AGENCY, look, id=shown("insp", inspection.id), letter=letter["id"])
    assert seen["inspection"]["opinionLetter"] == {"text": "草稿。"}
    assert seen["inspection"]["rectification"] is not None
    assert seen["inspection"]["report"] is None
    assert (await world.done(DISPATCHER, look, id=shown("insp", inspection.id), letter=letter["id"]))["inspection"]["report"] is not None


@pytest.mark.requirement("Y040")
async def test_a_draft_may_be_rewritten_until_served(world: World) -> None:
    inspection, team = await signed(world)
    at = await day_of(world, inspection)
    first, second = [
        (await world.done(actor, DRAFT, at=at, **about(inspection, text=text, requiresRectification=ask)))["opinionLetterDraft"]["opinionLetter"]
        for (_, actor), text, ask in zip(team, ("初稿", "定稿"), (False, True), strict=True)
    ]
    assert (first["id"], first["version"] + 1) == (second["id"], second["version"])
    assert (second["text"], second["requiresRectification"]) == ("定稿", True)
    await world.done(DISPATCHER, SERVE, at=at, **of("opinionLetter", first["id"]))
    for who, document, given in (
        (team[0][1], DRAFT, about(inspection, text="再改", requiresRectification=False)),
        (DISPATCHER, SERVE, of("opinionLetter", first["id"])),
    ):
        assert codes(await world.ask(who, document, at=at, **given)) == ["CONFLICT"]
    assert [one.text for one in await world.rows(OpinionLetter, inspection_id=inspection.id)] == ["定稿"]


async def test_no_opinion_on_an_unsigned_form(world: World) -> None:
    inspection, team = await on_site(world)
    at = await day_of(world, inspection)
    assert codes(await world.ask(team[0][1], DRAFT, at=at, **about(inspection, text="早", requiresRectification=False))) == ["CONFLICT"]
    assert codes(await world.ask(team[0][1], REPORT, at=at, **about(inspection, text="早"))) == ["CONFLICT"]
    assert codes(await world.ask(DISPATCHER, CLOSE, at=at, **about(inspection))) == ["CONFLICT"]
    assert await world.rows(OpinionLetter, inspection_id=inspection.id) == []


@pytest.mark.requirement("Y042")
async def test_a_team_member_never_accepts_the_rectification(world: World) -> None:
    row, actor = await supervisor(world)
    (person,) = await world.rows(Person, id=row.person_id)
    await world.hire("district_dispatcher", world.districts[0], name="both", person=person)
    inspection, _ = await served(world, team=[(row, actor), await supervisor(world)])
    at = await day_of(world, inspection) + timedelta(days=1)
    asked = await asked_of(world, inspection)
    await world.done(AGENCY, SUBMIT, at=at, **of("rectification", asked, text="已整改"))
    for document, more in ((ACCEPT, {}), (SEND_BACK, {"comment": "x"})):
        answer = await world.ask("both", document, at=at, **of("rectification", asked, **more))
        assert codes(answer) == ["FORBIDDEN"]
        assert "000 §11(三)" in answer["errors"][0]["extensions"]["article"]
    assert (await world.rows(Rectification, inspection_id=inspection.id))[0].status is RectificationStatus.SUBMITTED
    await world.done(DISPATCHER, ACCEPT, at=at, **of("rectification", asked))


async def test_who_may_do_what_with_a_rectification(world: World) -> None:
    inspection, team = await served(world)
    asked = await asked_of(world, inspection)
    leader = team[0][1]
    for who in (DISPATCHER, leader, "center_dispatcher"):
        assert codes(await world.ask(who, SUBMIT, **of("rectification", asked, text="x"))) == ["FORBIDDEN"]
    for who in (AGENCY, leader, "center_dispatcher", "district_clerk_0"):
        assert codes(await world.ask(who, ACCEPT, **of("rectification", asked))) == ["FORBIDDEN"]
        assert codes(await world.ask(who, SEND_BACK, **of("rectification", asked, comment="x"))) == ["FORBIDDEN"]
    for who in ("agency_clerk_1", "agency_clerk_2", "district_dispatcher_1"):
        assert codes(await world.ask(who, SUBMIT, **of("rectification", asked, text="x"))) == ["NOT_FOUND"]
    assert (await world.rows(Rectification, inspection_id=inspection.id))[0].status is RectificationStatus.REQUIRED


async def test_a_rectification_moves_along_its_table_only(world: World) -> None:
    inspection, _ = await served(world)
    asked = await asked_of(world, inspection)
    early = [await world.ask(DISPATCHER, one, **of("rectification", asked, **more)) for one, more in ((ACCEPT, {}), (SEND_BACK, {"comment": "x"}))]
    assert [codes(one) for one in early] == [["CONFLICT"]] * 2
    await world.done(AGENCY, SUBMIT, **of("rectification", asked, text="已整改"))
    assert codes(await world.ask(AGENCY, SUBMIT, **of("rectification", asked, text="再报"))) == ["CONFLICT"]
    await world.done(DISPATCHER, ACCEPT, **of("rectification", asked))
    for who, document, more in ((DISPATCHER, SEND_BACK, {"comment": "x"}), (AGENCY, SUBMIT, {"text": "x"}), (DISPATCHER, ACCEPT, {})):
        assert codes(await world.ask(who, document, **of("rectification", asked, **more))) == ["CONFLICT"]
    (row,) = await world.rows(Rectification, inspection_id=inspection.id)
    assert (row.status, row.text, row.comment) == (RectificationStatus.ACCEPTED, "已整改", None)


async def test_texts_are_asked_for_and_bounded(world: World) -> None:
    inspection, team = await signed(world)
    at = await day_of(world, inspection)
    for text, problem in (("", "required"), (" ", "required"), ("长" * 8001, "too_long"), ("a\x00", "characters")):
        answer = await world.ask(team[0][1], DRAFT, at=at, **about(inspection, text=text, requiresRectification=False))
        assert (codes(answer), answer["errors"][0]["extensions"]["problem"]) == (["BAD_USER_INPUT"], problem)
    assert await world.rows(OpinionLetter, inspection_id=inspection.id) == []


@pytest.mark.requirement("Y043")
async def test_one_report_of_the_team(world: World) -> None:
    inspection, team = await served(world)
    given = about(inspection, text="督导报告。")
    first, again_ = [(await world.done(team[0][1], REPORT, **given))["supervisionReportSubmit"] for _ in range(2)]
    assert (first["report"], first["replayed"], again_["replayed"]) == (again_["report"], False, True)
    given["input"]["text"] = "另一份"
    assert (await world.ask(team[0][1], REPORT, **given))["errors"][0]["extensions"]["reason"] == "KEY_REUSED"
    assert codes(await world.ask(team[1][1], REPORT, **about(inspection, text="第二份"))) == ["CONFLICT"]
    for who, code in ((DISPATCHER, "FORBIDDEN"), (AGENCY, "FORBIDDEN"), ("district_dispatcher_1", "NOT_FOUND")):
        assert codes(await world.ask(who, REPORT, **about(inspection, text="x"))) == [code]
    hidden = await world.ask(AGENCY, "query($id: ID!) { supervisionReport(id: $id) { text } }", id=first["report"]["id"])
    assert codes(hidden) == ["NOT_FOUND"]
    assert len(await world.rows(SupervisionReport, inspection_id=inspection.id)) == 1


async def test_strangers_find_nothing(world: World, elsewhere: World) -> None:
    inspection, team = await signed(world)
    at = await day_of(world, inspection)
    made = await world.done(team[0][1], DRAFT, at=at, **about(inspection, text="稿", requiresRectification=True))
    letter = of("opinionLetter", made["opinionLetterDraft"]["opinionLetter"]["id"])
    _, stranger = await supervisor(elsewhere)
    assert codes(await elsewhere.ask(stranger, DRAFT, at=at, **about(inspection, text="x", requiresRectification=False))) == ["NOT_FOUND"]
    for place, who in ((elsewhere, "district_dispatcher_0"), (elsewhere, "center_dispatcher"), (world, "district_dispatcher_1")):
        assert codes(await place.ask(who, SERVE, at=at, **letter)) == ["NOT_FOUND"]
        assert codes(await place.ask(who, CLOSE, at=at, **about(inspection))) == ["NOT_FOUND"]
    for who in ("center_dispatcher", "district_clerk_0"):
        assert codes(await world.ask(who, SERVE, at=at, **letter)) == ["FORBIDDEN"]
    assert (await world.rows(OpinionLetter, inspection_id=inspection.id))[0].status is OpinionLetterStatus.DRAFT


async def test_stale_versions_are_refused(world: World) -> None:
    inspection, team = await signed(world)
    at = await day_of(world, inspection)
    made = await world.done(team[0][1], DRAFT, at=at, **about(inspection, text="稿", requiresRectification=True))
    letter = made["opinionLetterDraft"]["opinionLetter"]
    stale = await world.ask(DISPATCHER, SERVE, at=at, **of("opinionLetter", letter["id"], expectedVersion=letter["version"] + 1))
    assert stale["errors"][0]["extensions"]["reason"] == "STALE"
    await world.done(DISPATCHER, SERVE, at=at, **of("opinionLetter", letter["id"], expectedVersion=letter["version"]))
    asked = await asked_of(world, inspection)
    for who, document, more in ((AGENCY, SUBMIT, {"text": "x"}), (DISPATCHER, ACCEPT, {}), (DISPATCHER, SEND_BACK, {"comment": "x"})):
        answer = await world.ask(who, document, **of("rectification", asked, expectedVersion=99, **more))
        assert answer["errors"][0]["extensions"]["reason"] == "STALE"


@pytest.mark.requirement("INV15")
async def test_inv15_a_later_profile_does_not_judge_an_earlier_inspection(world: World) -> None:
    inspection, team = await signed(world)
    text = (PROFILES / f"{world.profile}.toml").read_text(encoding="utf-8")
    text = text.replace('"rectification.working_days" = { value = 15', '"rectification.working_days" = { value = 1')
    async with world.transaction() as session:
        center = await again(session, Organization, world.center.id)
        await publish_profile(session, center, parse_profile(text, effective_from=date(2026, 9, 20)), act=world.act("center_admin"))
    at = await day_of(world, inspection) + timedelta(days=2)
    made = await world.done(team[0][1], DRAFT, at=at, **about(inspection, text="稿", requiresRectification=True))
    out = await world.done(DISPATCHER, SERVE, at=at, **of("opinionLetter", made["opinionLetterDraft"]["opinionLetter"]["id"]))
    assert out["opinionLetterServe"]["opinionLetter"]["dueOn"] == "2026-10-12"


async def test_lists_filter_and_sort(world: World) -> None:
    first, _ = await served(world)
    second, _ = await served(world)
    await rectified(world, second)
    ask = """query($f: RectificationFilter) { rectifications(first: 10, filter: $f, orderBy: { field: DUE_ON, direction: ASC }) {
      nodes { inspection { id } status agency { name } dispatcher { name } } } }"""
    data = await world.done("district_clerk_0", ask, f={"status": {"eq": "REQUIRED"}, "agency": {"eq": shown("agc", world.agencies[0].id)}})
    assert [one["inspection"]["id"] for one in data["rectifications"]["nodes"]] == [shown("insp", first.id)]
    assert data["rectifications"]["nodes"][0]["dispatcher"] == {"name": "第0区"}
