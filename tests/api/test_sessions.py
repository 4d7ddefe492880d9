from datetime import timedelta
from typing import Any

import pytest

from domain.sessions import Named
from models.events import Event
from models.sessions import Assessor, RecognitionSession
from models.supervisors import Person
from tests.making_inspections import dispatched, notified
from tests.making_sessions import id_number, recognition
from tests.making_supervisors import supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

REGISTER = """mutation($input: RecognitionSessionRegisterInput!) { recognitionSessionRegister(input: $input) { replayed event { step toStatus }
  recognitionSession { id status version candidateCount level mode assessors { name } internalSupervisor { id } district { name } agency { name } } } }"""
ONE = "query($id: ID!) { recognitionSession(id: $id) { status internalCheckedInAt availableSteps { mutation to } } }"
NAME = """mutation($input: RecognitionSessionNameAssessorInput!) { recognitionSessionNameAssessor(input: $input) {
  recognitionSession { assessors { name } } } }"""


def step(verb: str) -> str:
    return f"""mutation($input: RecognitionSession{verb}Input!) {{ recognitionSession{verb}(input: $input) {{
      replayed recognitionSession {{ status version }} }} }}"""


def session_input(world: World, **changes: Any) -> dict[str, Any]:
    start = world.now + timedelta(days=3)
    said = {
        "idempotencyKey": key(),
        "occupation": "电工",
        "level": "SENIOR_3",
        "mode": "EXAM",
        "candidateCount": 40,
        "place": "实训楼 201",
        "startsAt": start.isoformat(),
        "endsAt": (start + timedelta(hours=3)).isoformat(),
    }
    return said | changes


def of(row: RecognitionSession, **more: Any) -> dict[str, Any]:
    return {"idempotencyKey": key(), "recognitionSession": shown("ses", row.id)} | more


async def test_an_agency_registers_a_session_with_its_people(world: World) -> None:
    internal, _ = await supervisor(world, "INTERNAL", employer=world.agencies[0])
    given = session_input(world, assessors=[{"name": "考评员甲", "idNumber": id_number()}], internalSupervisor=shown("sup", internal.id))
    data = (await world.done("agency_clerk_0", REGISTER, input=given))["recognitionSessionRegister"]
    assert data["event"] == {"step": "REGISTER", "toStatus": "PLANNED"}
    made = data["recognitionSession"]
    assert made["assessors"] == [{"name": "考评员甲"}]
    assert (made["status"], made["district"]["name"], made["agency"]["name"]) == ("PLANNED", "第0区", "第0评价机构")
    assert made["internalSupervisor"]["id"] == shown("sup", internal.id)
    again = (await world.done("agency_clerk_0", REGISTER, input=given))["recognitionSessionRegister"]
    assert again["replayed"] is True
    assert again["recognitionSession"]["id"] == made["id"]
    answer = await world.ask("agency_clerk_0", REGISTER, input=given | {"place": "别处"})
    assert (codes(answer), answer["data"]) == (["CONFLICT"], {"recognitionSessionRegister": None})
    assert len(await world.rows(RecognitionSession, agency_id=world.agencies[0].id)) == 1


async def test_the_number_of_an_assessor_is_not_kept(world: World) -> None:
    number = id_number()
    await recognition(world, assessors=[Named("张三", number)])
    await recognition(world, assessors=[Named("李四", number)], starts_at=world.now + timedelta(days=5))
    rows = await world.rows(Assessor, agency_id=world.agencies[0].id)
    assert [one.name for one in rows] == ["张三", "李四"]
    assert len({one.person_id for one in rows}) == 1
    person = (await world.rows(Person, id=rows[0].person_id))[0]
    assert (person.name, person.id_last_four) == ("张三", number[-4:])
    assert number.encode() not in person.id_digest


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"candidateCount": 0}, "candidateCount", "range"),
        ({"occupation": " "}, "occupation", "required"),
        ({"place": "长" * 201}, "place", "too_long"),
        ({"startsAt": "2026-09-15T01:00:00Z"}, "startsAt", "past"),
        ({"startsAt": "2026-09-30T01:00:00"}, "startsAt", "timezone"),
        ({"endsAt": "2026-09-17T01:00:00Z"}, "endsAt", "dates_reversed"),
        ({"assessors": [{"name": "甲", "idNumber": "110105198005010011"}]}, "idNumber", "id_number"),
        ({"internalSupervisor": f"sup_{'0' * 32}"}, "internalSupervisor", "not_valid"),
        ({"district": f"dst_{'0' * 32}"}, "district", "unknown"),
    ],
)
async def test_bad_input_is_refused_by_field_and_problem(world: World, changes: dict[str, Any], field: str, problem: str) -> None:
    answer = await world.ask("agency_admin_0", REGISTER, input=session_input(world, **changes))
    assert answer["data"] == {"recognitionSessionRegister": None}
    assert [(one["extensions"]["code"], one["extensions"]["field"], one["extensions"]["problem"]) for one in answer["errors"]] == [
        ("BAD_USER_INPUT", field, problem)
    ]
    assert await world.rows(RecognitionSession, agency_id=world.agencies[0].id) == []


async def test_an_id_of_another_type_is_not_found(world: World) -> None:
    answer = await world.ask("agency_admin_0", REGISTER, input=session_input(world, internalSupervisor=f"ses_{'0' * 32}"))
    assert codes(answer) == ["NOT_FOUND"]


async def test_only_an_agency_registers(world: World) -> None:
    for who in ("district_dispatcher_0", "center_admin"):
        answer = await world.ask(who, REGISTER, input=session_input(world))
        assert codes(answer) == ["FORBIDDEN"]
        assert answer["errors"][0]["extensions"]["article"] == "003 §6, §11; 000 §12"
    assert await world.rows(RecognitionSession, center_id=world.center.id) == []


@pytest.mark.requirement("B002")
async def test_the_rules_are_those_of_the_place(world: World) -> None:
    there = shown("dst", world.districts[1].id)
    data = await world.done("agency_admin_0", REGISTER, input=session_input(world, district=there))
    assert data["recognitionSessionRegister"]["recognitionSession"]["district"]["name"] == "第1区"
    made = data["recognitionSessionRegister"]["recognitionSession"]["id"]
    seen = await world.done("district_dispatcher_1", ONE, id=made)
    assert seen["recognitionSession"]["status"] == "PLANNED"
    assert codes(await world.ask("district_dispatcher_0", ONE, id=made)) == ["NOT_FOUND"]


@pytest.mark.requirement("Y044", "INV18", "D27")
async def test_no_session_is_held_without_its_internal_supervisor_under_yunnan(yunnan: World) -> None:
    row = await recognition(yunnan)
    internal, actor = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0])
    on_time = row.starts_at + timedelta(minutes=1)
    answer = await yunnan.ask("agency_clerk_0", step("Start"), at=on_time, input=of(row))
    assert [(one["extensions"]["code"], one["extensions"]["rule"], one["extensions"]["article"]) for one in answer["errors"]] == [
        ("RULE_NOT_MET", "internal.required_per_session", "000 §12")
    ]
    assign = """mutation($input: RecognitionSessionAssignInternalInput!) { recognitionSessionAssignInternal(input: $input) {
      recognitionSession { internalSupervisor { id } } } }"""
    await yunnan.done("agency_clerk_0", assign, input=of(row, supervisor=shown("sup", internal.id)))
    assert codes(await yunnan.ask("agency_clerk_0", step("Start"), at=on_time, input=of(row))) == ["RULE_NOT_MET"]
    assert (await yunnan.rows(RecognitionSession, id=row.id))[0].status == "PLANNED"
    await yunnan.done(actor, step("CheckIn"), at=on_time, input=of(row))
    for verb, status in (("Start", "STARTED"), ("Hold", "HELD"), ("PostResults", "RESULTS_POSTED")):
        data = await yunnan.done("agency_clerk_0", step(verb), at=on_time, input=of(row))
        assert data[f"recognitionSession{verb}"]["recognitionSession"]["status"] == status


@pytest.mark.requirement("B010", "D27")
async def test_beijing_does_not_ask_for_one_at_each_session(world: World) -> None:
    row = await recognition(world)
    for verb in ("Start", "Hold"):
        await world.done("agency_admin_0", step(verb), at=row.starts_at, input=of(row))
    assert (await world.rows(RecognitionSession, id=row.id))[0].status == "HELD"


async def test_nobody_checks_in_for_another(yunnan: World) -> None:
    internal, _ = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0])
    _, colleague = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0])
    row = await recognition(yunnan, internal=internal.id)
    assert codes(await yunnan.ask(colleague, step("CheckIn"), at=row.starts_at, input=of(row))) == ["RULE_NOT_MET"]
    assert codes(await yunnan.ask("agency_admin_0", step("CheckIn"), at=row.starts_at, input=of(row))) == ["FORBIDDEN"]
    assert (await yunnan.rows(RecognitionSession, id=row.id))[0].internal_checked_in_at is None


async def test_an_internal_supervisor_of_another_agency_or_without_a_card_is_refused(yunnan: World) -> None:
    row = await recognition(yunnan)
    assign = "mutation($input: RecognitionSessionAssignInternalInput!) { recognitionSessionAssignInternal(input: $input) { replayed } }"
    theirs, _ = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[1])
    bare, _ = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0], carded=False)
    external, _ = await supervisor(yunnan)
    for one in (theirs, bare, external):
        answer = await yunnan.ask("agency_admin_0", assign, input=of(row, supervisor=shown("sup", one.id)))
        assert answer["errors"][0]["extensions"]["problem"] == "not_valid"
    assert (await yunnan.rows(RecognitionSession, id=row.id))[0].internal_supervisor_id is None


async def test_states_days_and_versions(world: World) -> None:
    row = await recognition(world)
    early = await world.ask("agency_admin_0", step("Start"), input=of(row))
    assert (codes(early), early["errors"][0]["extensions"]["rule"]) == (["RULE_NOT_MET"], "session.day")
    wrong = await world.ask("agency_admin_0", step("Hold"), at=row.starts_at, input=of(row))
    assert (codes(wrong), wrong["errors"][0]["extensions"]["reason"]) == (["CONFLICT"], "STATE")
    stale = await world.ask("agency_admin_0", step("Start"), at=row.starts_at, input=of(row, expectedVersion=9))
    assert (codes(stale), stale["errors"][0]["extensions"]["reason"]) == (["CONFLICT"], "STALE")
    before = (await world.rows(RecognitionSession, id=row.id))[0]
    assert (before.status, before.version) == ("PLANNED", 1)
    cancelled = await world.done("agency_admin_0", step("Cancel"), input=of(row, reason="设备故障"))
    assert cancelled["recognitionSessionCancel"]["recognitionSession"] == {"status": "CANCELLED", "version": 2}
    assert codes(await world.ask("agency_admin_0", step("Cancel"), input=of(row, reason="再取消"))) == ["CONFLICT"]


async def test_a_stranger_neither_sees_nor_touches(world: World, elsewhere: World) -> None:
    row = await recognition(world)
    for who in ("agency_admin_0", "district_admin_0", "center_admin"):
        assert codes(await elsewhere.ask(who, ONE, id=shown("ses", row.id))) == ["NOT_FOUND"]
        assert codes(await elsewhere.ask(who, step("Cancel"), input=of(row, reason="无"))) == ["NOT_FOUND"]
        data = await elsewhere.done(who, "{ recognitionSessions(first: 5) { totalCount nodes { id } } }")
        assert data["recognitionSessions"] == {"totalCount": 0, "nodes": []}
    assert codes(await world.ask("agency_admin_1", ONE, id=shown("ses", row.id))) == ["NOT_FOUND"]
    assert (await world.rows(RecognitionSession, id=row.id))[0].status == "PLANNED"


async def test_filters_and_orders(world: World) -> None:
    late = await recognition(world, starts_at=world.now + timedelta(days=9), mode="DIRECT")
    soon = await recognition(world, starts_at=world.now + timedelta(days=2), occupation="焊工")
    other = await recognition(world, agency=2)
    ask = """query($filter: RecognitionSessionFilter) { recognitionSessions(first: 9, filter: $filter, orderBy: {field: STARTS_AT, direction: ASC}) {
      nodes { id } } }"""

    async def found(**filter: Any) -> list[str]:
        return [one["id"] for one in (await world.done("center_clerk", ask, filter=filter))["recognitionSessions"]["nodes"]]

    everything = [shown("ses", one.id) for one in (soon, other, late)]
    assert await found() == everything
    assert await found(mode={"eq": "DIRECT"}) == [everything[2]]
    assert await found(occupation={"startsWith": "焊"}) == [everything[0]]
    assert await found(district={"eq": shown("dst", world.districts[1].id)}) == [everything[1]]
    assert await found(startsAt={"from": (world.now + timedelta(days=4)).isoformat()}) == [everything[2]]
    assert await found(status={"in": ["HELD"]}) == []


@pytest.mark.requirement("Y027", "B026", "INV02")
async def test_a_member_of_the_team_cannot_be_named_assessor_and_the_answer_tells_nothing(world: World) -> None:
    number = id_number()
    taught = await recognition(world, agency=3, assessors=[Named("王五", number)], starts_at=world.now + timedelta(days=60))
    person = (await world.rows(Assessor, recognition_session_id=taught.id))[0].person_id
    member = await supervisor(world, person=await merged(world, person))
    place = await recognition(world)
    await dispatched(world, of=place, team=[member, await supervisor(world)])
    elsewhere_then = await recognition(world, agency=1, starts_at=place.starts_at + timedelta(hours=1))
    for row in (place, elsewhere_then):
        agency = "agency_clerk_0" if row is place else "agency_clerk_1"
        answer = await world.ask(agency, NAME, input=of(row, assessor={"name": "王五", "idNumber": number}))
        assert (codes(answer), answer["data"]) == (["CONFLICT"], {"recognitionSessionNameAssessor": None})
        assert answer["errors"][0]["extensions"]["reason"] == "OVERLAP"
        assert "params" not in answer["errors"][0]["extensions"]
        assert await world.rows(Assessor, recognition_session_id=row.id) == []
    assert [one.step for one in await world.rows(Event, subject_id=place.id)] == ["REGISTER"]


async def test_an_assessor_may_be_named_while_the_session_is_open_and_once(world: World) -> None:
    row, number = await recognition(world), id_number()
    said = {"name": "赵六", "idNumber": number}
    data = await world.done("agency_clerk_0", NAME, input=of(row, assessor=said))
    assert data["recognitionSessionNameAssessor"]["recognitionSession"]["assessors"] == [{"name": "赵六"}]
    twice = await world.ask("agency_clerk_0", NAME, input=of(row, assessor=said))
    assert (codes(twice), twice["errors"][0]["extensions"]["reason"]) == (["CONFLICT"], "DUPLICATE")
    await world.done("agency_admin_0", step("Cancel"), input=of(row, reason="停办"))
    assert codes(await world.ask("agency_clerk_0", NAME, input=of(row, assessor={"name": "孙七", "idNumber": id_number()}))) == ["CONFLICT"]


@pytest.mark.requirement("INV12")
async def test_the_session_shows_its_inspection_only_after_the_notice(world: World) -> None:
    ask = "query($id: ID!) { recognitionSession(id: $id) { inspections(first: 5) { totalCount nodes { id } } version history(first: 9) { totalCount } } }"
    hidden, _ = await dispatched(world)
    known, _ = await notified(world, of=await recognition(world, starts_at=world.now + timedelta(days=6)))
    for row, count in ((hidden, 0), (known, 1)):
        data = await world.done("agency_admin_0", ask, id=shown("ses", row.recognition_session_id))
        assert data["recognitionSession"]["inspections"]["totalCount"] == count
        assert data["recognitionSession"]["version"] == 1
        assert data["recognitionSession"]["history"]["totalCount"] == 1


async def test_available_steps_follow_state_and_right(world: World) -> None:
    row = await recognition(world)
    data = await world.done("agency_admin_0", ONE, id=shown("ses", row.id))
    assert {one["mutation"] for one in data["recognitionSession"]["availableSteps"]} == {
        "recognitionSessionStart",
        "recognitionSessionCancel",
        "recognitionSessionNameAssessor",
        "recognitionSessionAssignInternal",
    }
    assert (await world.done("center_admin", ONE, id=shown("ses", row.id)))["recognitionSession"]["availableSteps"] == []


async def merged(world: World, person_id: Any) -> Person:
    async with world.transaction() as session:
        found = (await world.rows(Person, id=person_id))[0]
        return await session.merge(found)
