from datetime import timedelta
from typing import Any

import pytest

from authz.access import POLICY
from authz.actor import Role
from authz.relations import Relation
from models.agency_cases import AgencyCase, AgencyCaseStatus, Obstruction
from models.events import Event
from models.inspections import Inspection
from models.violations import SeriousViolationReport
from tests.making_inspections import dispatched, notified
from tests.making_voices import LADDERS, accused, ruled
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

CASE = "agencyCase { id status version staffName ground serious facts criticism correction dueOn hrOrderNumber hrDecisionNumber hrDecidedOn reason }"
READ = f"query($id: ID!) {{ {CASE.replace('agencyCase {', 'agencyCase(id: $id) { availableSteps { mutation }')} }}"
LIST = """query($filter: AgencyCaseFilter) { agencyCases(first: 9, filter: $filter, orderBy: {field: CREATED_AT, direction: ASC}) {
  totalCount nodes { id } } }"""
GROUNDS = ["WITHHOLDS_INFORMATION", "SILENCES_WITNESSES", "REFUSES_IMPROVEMENT", "DECEIVES_SUPERVISION", "RETALIATES", "OTHER_OBSTRUCTION"]


def step(name: str) -> str:
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ replayed event {{ step }} {CASE} }} }}"


VERBS = ("Open", "Criticize", "Order", "Refer", "Disqualify", "Rectify", "Dismiss")
OPEN, CRITICIZE, ORDER, REFER, DISQUALIFY, RECTIFY, DISMISS = (step(f"agencyCase{verb}") for verb in VERBS)
OBSTRUCT = """mutation($input: ObstructionRecordInput!) { obstructionRecord(input: $input) { event { step } obstruction {
  id ground recordedBy { id } agencyCase { id status serious } report { id kind channel } } } }"""
RULING = {"number": "人社令〔2026〕1号", "decidedOn": "2026-09-01"}


def charge(world: World, **other: object) -> dict[str, object]:
    said = {"agency": shown("agc", world.agencies[0].id), "ground": "RETALIATES", "facts": "打击督导员"}
    return {**said, "idempotencyKey": key()} | other


def on(case: AgencyCase, **other: object) -> dict[str, object]:
    return {"agencyCase": shown("acase", case.id), "idempotencyKey": key()} | other


def why(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


async def stored(world: World, case: AgencyCase) -> AgencyCase:
    (row,) = await world.rows(AgencyCase, id=case.id)
    assert isinstance(row, AgencyCase)
    return row


@pytest.mark.requirement("Y069", "Y070", "Y071", "Y072", "Y073", "Y074", "Y075", "Y098", "D25")
@pytest.mark.parametrize("ground", GROUNDS)
async def test_any_one_ground_leads_up_the_ladder(yunnan: World, ground: str) -> None:
    opened = (await yunnan.done("center_admin", OPEN, input=charge(yunnan, ground=ground)))["agencyCaseOpen"]["agencyCase"]
    assert (opened["status"], opened["ground"]) == ("OPENED", ground)
    about = {"agencyCase": opened["id"]}
    for document, said, status in (
        (CRITICIZE, {"criticism": "予以批评。"}, "CRITICIZED"),
        (ORDER, {"correction": "限期改正。"}, "ORDERED"),
        (REFER, RULING | {"reason": "拒不改正"}, "HR_REFERRED"),
        (DISQUALIFY, {"number": "人社决〔2026〕2号", "decidedOn": "2026-09-15"}, "DISQUALIFIED"),
    ):
        answer = await yunnan.done("center_admin", document, input={**about, **said, "idempotencyKey": key()})
        found = next(iter(answer.values()))["agencyCase"]
        assert found["status"] == status
    assert (found["hrOrderNumber"], found["hrDecisionNumber"], found["hrDecidedOn"]) == (RULING["number"], "人社决〔2026〕2号", "2026-09-15")
    assert (found["dueOn"], found["serious"]) == ("2026-10-07", True)


@pytest.mark.requirement("Y069", "D25")
async def test_the_municipal_rules_have_another_ladder(world: World) -> None:
    answer = await world.ask("center_admin", OPEN, input=charge(world))
    assert (codes(answer), why(answer)["rule"], why(answer)["article"]) == (["RULE_NOT_MET"], "sanctions.agency.ladder", "003 §16")
    assert answer["data"] == {"agencyCaseOpen": None}
    assert await world.rows(AgencyCase, center_id=world.center.id) == []


@pytest.mark.requirement("Y069")
async def test_the_two_upper_steps_are_the_hr_departments(world: World) -> None:
    """Nobody but the center records them, in their order, with number and day; a person is not disqualified."""
    await ruled(world, *LADDERS)
    case = await accused(world, to=AgencyCaseStatus.CRITICIZED, staff_name="周某")
    assert codes(await world.ask("center_admin", REFER, input=on(case, **RULING, reason="情节严重"))) == ["CONFLICT"]
    await world.done("district_admin_0", ORDER, input=on(case, correction="改正"))
    for asker, code in (("district_admin_0", "FORBIDDEN"), ("agency_admin_0", "FORBIDDEN"), ("center_clerk", "FORBIDDEN")):
        assert codes(await world.ask(asker, REFER, input=on(case, **RULING, reason="拒不改正"))) == [code], asker
    for wrong in ({"number": " "}, {"decidedOn": "2026-09-17"}):
        assert codes(await world.ask("center_admin", REFER, input=on(case, **RULING, reason="拒不改正") | wrong)) == ["BAD_USER_INPUT"]
    await world.done("center_admin", REFER, input=on(case, **RULING, reason="拒不改正"))
    answer = await world.ask("center_admin", DISQUALIFY, input=on(case, **RULING))
    assert (codes(answer), why(answer)["rule"]) == (["RULE_NOT_MET"], "agency_case.agency_only")
    steps = (await world.done("center_admin", READ, id=shown("acase", case.id)))["agencyCase"]["availableSteps"]
    assert steps == [{"mutation": "agencyCaseRectify"}]
    done = (await world.done("center_admin", RECTIFY, input=on(case, reason="已改正")))["agencyCaseRectify"]["agencyCase"]
    assert (done["status"], done["reason"]) == ("RECTIFIED", "已改正")
    assert codes(await world.ask("center_admin", RECTIFY, input=on(case, reason="再"))) == ["CONFLICT"]


@pytest.mark.requirement("Y069", "Y071")
async def test_the_agency_learns_with_the_criticism_and_never_what_witnesses_said(yunnan: World) -> None:
    case = await accused(yunnan)
    assert codes(await yunnan.ask("agency_admin_0", READ, id=shown("acase", case.id))) == ["NOT_FOUND"]
    assert (await yunnan.done("agency_admin_0", LIST))["agencyCases"]["totalCount"] == 0
    await yunnan.done("center_admin", CRITICIZE, input=on(case, criticism="予以批评。"))
    known = (await yunnan.done("agency_clerk_0", READ, id=shown("acase", case.id)))["agencyCase"]
    assert (known["status"], known["criticism"], known["facts"], known["availableSteps"]) == ("CRITICIZED", "予以批评。", None, [])
    assert (await yunnan.done("center_clerk", READ, id=shown("acase", case.id)))["agencyCase"]["facts"] == "打击督导员"
    assert codes(await yunnan.ask("agency_admin_1", READ, id=shown("acase", case.id))) == ["NOT_FOUND"]
    for document, said in ((ORDER, {"correction": "改"}), (RECTIFY, {"reason": "已改"})):
        answer = await yunnan.ask("agency_admin_0", document, input=on(case, **said))
        assert (codes(answer), why(answer)["rule"]) == (["RULE_NOT_MET"], "agency_case.own_staff")
    assert (await stored(yunnan, case)).status is AgencyCaseStatus.CRITICIZED


@pytest.mark.requirement("Y098")
async def test_an_agency_criticizes_its_own_staff_and_nobody_else(yunnan: World) -> None:
    answer = await yunnan.ask("agency_admin_0", OPEN, input=charge(yunnan))
    assert (codes(answer), why(answer)["rule"]) == (["RULE_NOT_MET"], "agency_case.own_staff")
    other = shown("agc", yunnan.agencies[1].id)
    assert codes(await yunnan.ask("agency_admin_0", OPEN, input=charge(yunnan, agency=other, staffName="周某"))) == ["FORBIDDEN"]
    assert await yunnan.rows(AgencyCase, center_id=yunnan.center.id) == []
    done = (await yunnan.done("agency_admin_0", OPEN, input=charge(yunnan, staffName="周某")))["agencyCaseOpen"]["agencyCase"]
    assert (done["staffName"], done["status"]) == ("周某", "OPENED")
    said = {"agencyCase": done["id"], "criticism": "批评教育。", "idempotencyKey": key()}
    assert (await yunnan.done("agency_admin_0", CRITICIZE, input=said))["agencyCaseCriticize"]["agencyCase"]["status"] == "CRITICIZED"


async def test_who_may_and_who_sees(world: World, elsewhere: World) -> None:
    await ruled(world, *LADDERS)
    case = await accused(world)
    for home, asker, code in (
        (world, "center_clerk", "FORBIDDEN"),
        (world, "district_clerk_0", "FORBIDDEN"),
        (world, "center_dispatcher", "NOT_FOUND"),
        (world, "district_admin_1", "NOT_FOUND"),
        (world, "agency_admin_0", "NOT_FOUND"),
        (elsewhere, "center_admin", "NOT_FOUND"),
    ):
        for document, said in ((CRITICIZE, {"criticism": "批评"}), (DISMISS, {"reason": "无"})):
            assert codes(await home.ask(asker, document, input=on(case, **said))) == [code], asker
    for asker in ("district_admin_1", "center_clerk"):
        assert codes(await world.ask(asker, OPEN, input=charge(world))) == ["FORBIDDEN"]
    assert codes(await elsewhere.ask("center_admin", OPEN, input=charge(world))) == ["FORBIDDEN"]
    assert (await stored(world, case)).status is AgencyCaseStatus.OPENED
    for filter, count in (
        ({"status": {"eq": "OPENED"}}, 1),
        ({"ground": {"in": ["RETALIATES"]}}, 1),
        ({"district": {"eq": shown("dst", world.districts[1].id)}}, 0),
        ({"dueOn": {"until": "2027-01-01"}}, 0),
    ):
        assert (await world.done("district_clerk_0", LIST, filter=filter))["agencyCases"]["totalCount"] == count, filter


def met(visit: Inspection, world: World, **other: object) -> dict[str, object]:
    said = {"ground": "WITHHOLDS_INFORMATION", "facts": "拒绝提供考务资料", "happenedAt": (world.now + timedelta(hours=1)).isoformat()}
    return {"inspection": shown("insp", visit.id), **said, "idempotencyKey": key()} | other


@pytest.mark.requirement("Y032", "Y070", "B019")
async def test_an_obstruction_opens_a_case_and_the_next_joins_it(yunnan: World) -> None:
    visit, team = await notified(yunnan)
    at = yunnan.now + timedelta(hours=2)
    who = team[1][1]
    done = (await yunnan.done(who, OBSTRUCT, at=at, input=met(visit, yunnan)))["obstructionRecord"]
    assert (done["event"]["step"], done["obstruction"]["recordedBy"]) == ("RECORD", {"id": shown("per", who.person_id)})
    (case,) = await yunnan.rows(AgencyCase, center_id=yunnan.center.id)
    assert (case.inspection_id, case.recognition_session_id, case.status) == (visit.id, visit.recognition_session_id, AgencyCaseStatus.OPENED)
    assert (case.opener_id, case.serious) == (yunnan.center.id, False)
    await yunnan.done(team[0][1], OBSTRUCT, at=at, input=met(visit, yunnan, serious=True))
    (joined,) = await yunnan.rows(AgencyCase, center_id=yunnan.center.id)
    assert (joined.id, joined.serious) == (case.id, True)
    assert len(await yunnan.rows(Obstruction, agency_case_id=case.id)) == 2
    listed = "{ obstructions(first: 9) { totalCount nodes { agencyCase { id status } } } }"
    assert (await yunnan.done("agency_admin_0", listed))["obstructions"]["totalCount"] == 0
    (first, _) = (await yunnan.done("center_admin", listed))["obstructions"]["nodes"]
    assert first == {"agencyCase": {"id": shown("acase", case.id), "status": "OPENED"}}
    kinds = {one.subject_kind for one in await yunnan.rows(Event, organization_id=yunnan.agencies[0].id)}
    assert not kinds & {"Obstruction", "AgencyCase"}


@pytest.mark.requirement("B019", "D25")
async def test_under_the_municipal_rules_an_obstruction_goes_to_the_center_as_a_report(world: World) -> None:
    visit, team = await notified(world)
    at = world.now + timedelta(hours=2)
    done = (await world.done(team[0][1], OBSTRUCT, at=at, input=met(visit, world)))["obstructionRecord"]["obstruction"]
    assert done["agencyCase"] is None
    assert (done["report"]["kind"], done["report"]["channel"]) == ("MAJOR_ISSUE", "OBSTRUCTION")
    (report,) = await world.rows(SeriousViolationReport, center_id=world.center.id)
    assert (report.recognition_session_id, report.district_id) == (visit.recognition_session_id, world.districts[0].id)
    assert await world.rows(AgencyCase, center_id=world.center.id) == []


async def test_an_obstruction_that_cannot_be(world: World, elsewhere: World) -> None:
    early, before = await dispatched(world)
    at = world.now + timedelta(hours=2)
    assert codes(await world.ask(before[0][1], OBSTRUCT, at=at, input=met(early, world))) == ["CONFLICT"]
    visit, team = await notified(world)
    later = (at + timedelta(hours=1)).isoformat()
    for said in ({"facts": " "}, {"happenedAt": later}):
        assert codes(await world.ask(team[0][1], OBSTRUCT, at=at, input=met(visit, world) | said)) == ["BAD_USER_INPUT"]
    for home, asker, code in (
        (world, "center_admin", "FORBIDDEN"),
        (world, "district_dispatcher_0", "FORBIDDEN"),
        (world, "agency_admin_0", "FORBIDDEN"),
        (world, before[0][1], "NOT_FOUND"),
        (elsewhere, "center_admin", "NOT_FOUND"),
    ):
        assert codes(await home.ask(asker, OBSTRUCT, at=at, input=met(visit, world))) == [code], asker
    assert await world.rows(Obstruction, center_id=world.center.id) == []


@pytest.mark.requirement("Y004", "B017")
async def test_an_agency_accepts_inspections_and_both_tiers_read_them(world: World) -> None:
    """There is no right by which an inspected agency could decline, and nothing of an inspection is closed to who supervises."""
    agency = {Role.AGENCY, Role.AGENCY_ADMIN, Role.AGENCY_CLERK}
    given = [line for line in POLICY.lines if line.role in agency and line.allows and line.action.value.startswith("inspection.")]
    theirs = {line.action.value for line in given if line.relation is not Relation.DISPATCHER}  # of its own inspections it is the dispatcher
    assert theirs == {"inspection.read"}
    visit, _ = await notified(world)
    read = "query($id: ID!) { inspection(id: $id) { id } }"
    for asker in ("center_admin", "center_clerk", "center_auditor", "district_admin_0", "district_clerk_0"):
        assert (await world.done(asker, read, id=shown("insp", visit.id)))["inspection"] is not None
