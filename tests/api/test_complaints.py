from datetime import timedelta
from typing import Any

import pytest

from app.cli_keys import rotated
from domain.sealing import IdKeys
from domain.sessions import Named
from models.complaints import Complainant, Complaint, ComplaintStatus
from models.disclosures import Disclosure
from models.events import Event
from models.sessions import Assessor
from models.supervisors import Supervisor
from tests.making_sessions import id_number, recognition
from tests.making_supervisors import supervisor
from tests.making_voices import COMPLAINTS, CONTACT, NAME, complained, ruled
from tests.world import ID_KEYS, World, codes, key, shown

pytestmark = pytest.mark.anyio

COMPLAINT = "complaint { id status anonymous dueOn investigator { id } substantiated conclusion answer late }"
READ = "query($id: ID!) { complaint(id: $id) { status facts availableSteps { mutation } } }"
LIST = (
    "query($filter: ComplaintFilter) { complaints(first: 9, filter: $filter, orderBy: {field: DUE_ON, direction: ASC}) { totalCount nodes { id } } }"
)
REVEAL = """mutation($input: ComplaintRevealInput!) { complaintReveal(input: $input) {
  replayed event { step reason } complainantName complainantContact } }"""


def step(name: str) -> str:
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ replayed event {{ step }} {COMPLAINT} }} }}"


RECEIVE, ASSIGN, INVESTIGATE, CONCLUDE, ANSWER, CLOSE = (
    step(f"complaint{verb}") for verb in ("Receive", "Assign", "Investigate", "Conclude", "Answer", "Close")
)


def said(world: World, **other: object) -> dict[str, object]:
    known = {"complainantName": NAME, "complainantContact": CONTACT}
    return {"agency": shown("agc", world.agencies[0].id), "facts": "考场秩序混乱", **known, "idempotencyKey": key()} | other


def on(complaint: Complaint, **other: object) -> dict[str, object]:
    return {"complaint": shown("cmp", complaint.id), "idempotencyKey": key()} | other


def why(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


@pytest.fixture
async def both(world: World) -> World:
    """Under rules with districts and with complaints."""
    await ruled(world, *COMPLAINTS)
    return world


@pytest.mark.requirement("Y022", "D29")
async def test_a_complaint_is_investigated_by_a_supervisor_and_answered_in_time(yunnan: World) -> None:
    done = (await yunnan.done("center_clerk", RECEIVE, input=said(yunnan)))["complaintReceive"]
    found = done["complaint"]
    assert (done["event"]["step"], found["status"], found["anonymous"], found["dueOn"]) == ("RECEIVE", "RECEIVED", False, "2026-10-07")
    about = {"complaint": found["id"]}
    row, who = await supervisor(yunnan)
    assert codes(await yunnan.ask(who, READ, id=found["id"])) == ["NOT_FOUND"]
    given = {**about, "supervisor": shown("sup", row.id), "idempotencyKey": key()}
    assigned = (await yunnan.done("center_admin", ASSIGN, input=given))["complaintAssign"]["complaint"]
    assert (assigned["status"], assigned["investigator"]) == ("ASSIGNED", {"id": shown("per", row.person_id)})
    assert (await yunnan.done(who, READ, id=found["id"]))["complaint"]["availableSteps"] == [{"mutation": "complaintInvestigate"}]
    assert codes(await yunnan.ask("center_clerk", INVESTIGATE, input={**about, "idempotencyKey": key()})) == ["FORBIDDEN"]
    late = yunnan.now + timedelta(days=21, hours=14)
    for asker, document, other, status in (
        (who, INVESTIGATE, {}, "INVESTIGATING"),
        (who, CONCLUDE, {"substantiated": True, "conclusion": "情况属实。"}, "SUBSTANTIATED"),
        ("center_clerk", ANSWER, {"answer": "已责令改正。"}, "ANSWERED"),
        ("center_admin", CLOSE, {}, "CLOSED"),
    ):
        answer = await yunnan.done(asker, document, at=late, input={**about, **other, "idempotencyKey": key()})
        closed = next(iter(answer.values()))["complaint"]
        assert closed["status"] == status
    assert (closed["substantiated"], closed["answer"], closed["late"]) == (True, "已责令改正。", True)


@pytest.mark.requirement("D29")
async def test_the_municipal_rules_know_no_complaints(world: World) -> None:
    answer = await world.ask("center_clerk", RECEIVE, input=said(world))
    assert (codes(answer), why(answer)["rule"], answer["data"]) == (["RULE_NOT_MET"], "complaints.enabled", {"complaintReceive": None})
    assert await world.rows(Complaint, center_id=world.center.id) == []
    assert await world.rows(Complainant, center_id=world.center.id) == []


@pytest.mark.requirement("Y022")
async def test_no_agency_sees_a_complaint_and_a_district_those_of_its_area(both: World, elsewhere: World) -> None:
    for status in ComplaintStatus:
        row = await complained(both, to=status)
        for home, asker, code in (
            (both, "agency_admin_0", "NOT_FOUND"),
            (both, "agency_clerk_0", "NOT_FOUND"),
            (both, "district_admin_1", "NOT_FOUND"),
            (both, "center_dispatcher", "NOT_FOUND"),
            (elsewhere, "center_admin", "NOT_FOUND"),
        ):
            assert codes(await home.ask(asker, READ, id=shown("cmp", row.id))) == [code], asker
    for asker, count in (("agency_admin_0", 0), ("district_admin_1", 0), ("district_clerk_0", 7), ("center_auditor", 7)):
        assert (await both.done(asker, LIST))["complaints"]["totalCount"] == count, asker
    assert (await both.done("center_admin", LIST, filter={"status": {"in": ["CLOSED", "ANSWERED"]}}))["complaints"]["totalCount"] == 2
    assert (await both.done("center_admin", LIST, filter={"dueOn": {"until": "2026-10-07"}}))["complaints"]["totalCount"] == 0
    for one in await both.rows(Event, subject_kind="Complaint", center_id=both.center.id):
        assert codes(await both.ask("agency_admin_0", "query($id: ID!) { node(id: $id) { id } }", id=shown("evt", one.id))) == ["NOT_FOUND"]


@pytest.mark.requirement("Y022")
async def test_who_complained_is_sealed_and_shown_once_on_record(both: World) -> None:
    row = await complained(both)
    (kept,) = await both.rows(Complainant, complaint_id=row.id)
    assert NAME.encode() not in kept.identity
    assert CONTACT.encode() not in kept.identity
    (event,) = await both.rows(Event, subject_id=row.id)
    assert NAME not in str(event)
    for asker, code in (
        ("center_clerk", "FORBIDDEN"),
        ("center_auditor", "FORBIDDEN"),
        ("district_clerk_0", "FORBIDDEN"),
        ("agency_admin_0", "NOT_FOUND"),
        ("district_admin_1", "NOT_FOUND"),
    ):
        assert codes(await both.ask(asker, REVEAL, input=on(row, purpose="回访"))) == [code], asker
    assert codes(await both.ask("center_admin", REVEAL, input=on(row, purpose=" "))) == ["BAD_USER_INPUT"]
    assert await both.rows(Disclosure, center_id=both.center.id) == []
    asked = on(row, purpose="回访举报人")
    done = (await both.done("district_admin_0", REVEAL, input=asked))["complaintReveal"]
    assert (done["complainantName"], done["complainantContact"]) == (NAME, CONTACT)
    assert done["event"] == {"step": "REVEAL", "reason": "回访举报人"}
    again = (await both.done("district_admin_0", REVEAL, input=asked))["complaintReveal"]
    assert (again["replayed"], again["complainantName"], again["complainantContact"]) == (True, None, None)
    (note,) = await both.rows(Disclosure, center_id=both.center.id)
    assert (note.person_id, note.columns, note.operation) == (
        both.actors["district_admin_0"].person_id,
        ["Complainant.contact", "Complainant.name"],
        "complaintReveal",
    )
    assert note.document == row.id.hex


async def test_an_anonymous_complaint_keeps_nobody(both: World) -> None:
    row = await complained(both, anonymous=True)
    assert await both.rows(Complainant, complaint_id=row.id) == []
    answer = await both.ask("center_admin", REVEAL, input=on(row, purpose="回访"))
    assert (codes(answer), why(answer)["problem"]) == (["BAD_USER_INPUT"], "anonymous")
    steps = (await both.done("center_admin", READ, id=shown("cmp", row.id)))["complaint"]["availableSteps"]
    assert steps == [{"mutation": "complaintAssign"}]


@pytest.mark.requirement("Y022", "Y025")
async def test_nobody_with_a_conflict_investigates(both: World) -> None:
    row = await complained(both)
    employed, _ = await supervisor(both, employer=both.agencies[0])
    inside, _ = await supervisor(both, "INTERNAL", employer=both.agencies[0])
    bare, _ = await supervisor(both, carded=False)
    for one, code, about in (
        (employed, "RULE_NOT_MET", "complaint.conflict"),
        (bare, "RULE_NOT_MET", "card.valid"),
        (inside, "BAD_USER_INPUT", "unknown"),
    ):
        answer = await both.ask("center_admin", ASSIGN, input=on(row, supervisor=shown("sup", one.id)))
        assert (codes(answer), why(answer).get("rule") or why(answer)["problem"]) == ([code], about)
    stranger = both.actors["district_admin_1"].person_id
    fit, _ = await supervisor(both)
    for said_, problem in (
        ({"officer": shown("per", stranger)}, "unknown"),
        ({}, "one_of_two"),
        ({"supervisor": shown("sup", fit.id), "officer": shown("per", stranger)}, "one_of_two"),
    ):
        answer = await both.ask("district_admin_0", ASSIGN, input=on(row, **said_))
        assert (codes(answer), why(answer)["problem"]) == (["BAD_USER_INPUT"], problem)
    (stored,) = await both.rows(Complaint, id=row.id)
    assert (stored.status, stored.person_id) == (ComplaintStatus.RECEIVED, None)
    officer = both.actors["district_clerk_0"].person_id
    done = await both.done("district_admin_0", ASSIGN, input=on(row, officer=shown("per", officer)))
    assert done["complaintAssign"]["complaint"]["investigator"] == {"id": shown("per", officer)}


async def test_an_assessor_of_the_session_does_not_investigate_it(both: World) -> None:
    number = id_number()
    fit, _ = await supervisor(both, number=number)
    place = await recognition(both, assessors=[Named("考评员", number)])
    (assessor,) = await both.rows(Assessor, recognition_session_id=place.id)
    assert assessor.person_id == fit.person_id
    done = await both.done("district_clerk_0", RECEIVE, input=said(both, recognitionSession=shown("ses", place.id)))
    given = {"complaint": done["complaintReceive"]["complaint"]["id"], "supervisor": shown("sup", fit.id), "idempotencyKey": key()}
    answer = await both.ask("district_admin_0", ASSIGN, input=given)
    assert (codes(answer), why(answer)["rule"]) == (["RULE_NOT_MET"], "complaint.conflict")
    assert await both.rows(Supervisor, id=fit.id)


async def test_who_takes_in_and_what_not(both: World, elsewhere: World) -> None:
    for asker in ("center_admin", "agency_admin_0", "district_clerk_1", "center_auditor"):
        assert codes(await both.ask(asker, RECEIVE, input=said(both))) == ["FORBIDDEN"], asker
    assert codes(await elsewhere.ask("center_clerk", RECEIVE, input=said(both))) == ["FORBIDDEN"]
    for wrong in ({"facts": " "}, {"complainantName": "长" * 101}, {"facts": f"证号{id_number()}"}):
        assert codes(await both.ask("center_clerk", RECEIVE, input=said(both, **wrong))) == ["BAD_USER_INPUT"]
    assert await both.rows(Complaint, center_id=both.center.id) == []
    row = await complained(both, to=ComplaintStatus.ASSIGNED)
    for document, other in ((CONCLUDE, {"substantiated": True, "conclusion": "属实"}), (ANSWER, {"answer": "答复"}), (CLOSE, {})):
        asker = "center_admin" if document is CLOSE else "center_clerk"
        assert codes(await both.ask(asker, document, input=on(row, **other))) == ["CONFLICT"]


async def test_who_complained_is_put_under_the_newest_key(both: World) -> None:
    row = await complained(both)
    newer = IdKeys(index=ID_KEYS.index, seal=[b"next" * 8, b"seal" * 8])
    await rotated(both.maker, newer)
    (kept,) = await both.rows(Complainant, complaint_id=row.id)
    assert newer.current(kept.identity)
    assert NAME.encode() in newer.open(kept.identity, about=kept.id)
    await rotated(both.maker, IdKeys(index=ID_KEYS.index, seal=[b"seal" * 8, b"next" * 8]))
