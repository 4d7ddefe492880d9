"""Who is in charge of a session, works and invigilates there; and when its results were posted."""

from datetime import timedelta

import pytest

from models.sessions import ExamStaff, RecognitionSession
from tests.api.test_sessions import session_input, step
from tests.making_filings import posted
from tests.making_inspections import dispatched
from tests.making_sessions import recognition
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

REGISTER = """mutation($input: RecognitionSessionRegisterInput!) { recognitionSessionRegister(input: $input) {
  recognitionSession { id examStaff { id name duty } } } }"""
ONE = "query($id: ID!) { recognitionSession(id: $id) { resultsPostedAt examStaff { name duty } } }"
LIST = "query($f: RecognitionSessionFilter) { recognitionSessions(first: 9, filter: $f) { nodes { id } } }"
STAFF = [{"name": "监考员甲", "duty": "INVIGILATOR"}, {"name": "负责人乙", "duty": "PERSON_IN_CHARGE"}, {"name": "考务员丙", "duty": "EXAM_STAFF"}]


@pytest.mark.parametrize("profile", ["beijing", "yunnan"])
async def test_a_session_names_who_works_in_it(world: World, yunnan: World, elsewhere: World, profile: str) -> None:
    here = world if profile == "beijing" else yunnan
    made = (await here.done("agency_clerk_0", REGISTER, input=session_input(here, examStaff=STAFF)))["recognitionSessionRegister"][
        "recognitionSession"
    ]
    by_duty = sorted(STAFF, key=lambda one: one["duty"])
    assert [{"name": one["name"], "duty": one["duty"]} for one in made["examStaff"]] == by_duty
    (row,) = await here.rows(RecognitionSession, agency_id=here.agencies[0].id)
    _, team = await dispatched(here, of=row)
    for asker in ("center_clerk", "agency_admin_0", team[1][1], *(["district_clerk_0"] if here.districts else [])):
        assert (await here.done(asker, ONE, id=made["id"]))["recognitionSession"]["examStaff"] == by_duty, asker
    node = "query($id: ID!) { node(id: $id) { id } }"
    for home, asker in ((here, "agency_admin_1"), (elsewhere, "center_admin")):
        assert codes(await home.ask(asker, ONE, id=made["id"])) == ["NOT_FOUND"]
        assert codes(await home.ask(asker, node, id=made["examStaff"][0]["id"])) == ["NOT_FOUND"]


@pytest.mark.parametrize(
    ("staff", "field", "problem"),
    [([STAFF[0]] * 101, "examStaff", "too_many"), ([{"name": " ", "duty": "EXAM_STAFF"}], "name", "required")],
    ids=["many", "nameless"],
)
async def test_staff_that_cannot_be(world: World, staff: list[dict[str, str]], field: str, problem: str) -> None:
    answer = await world.ask("agency_admin_0", REGISTER, input=session_input(world, examStaff=staff))
    found = answer["errors"][0]["extensions"]
    assert (codes(answer), found["field"], found["problem"]) == (["BAD_USER_INPUT"], field, problem)
    assert await world.rows(RecognitionSession, agency_id=world.agencies[0].id) == []
    assert await world.rows(ExamStaff, agency_id=world.agencies[0].id) == []


@pytest.mark.requirement("F15")
async def test_when_results_were_posted_is_seen_and_found(world: World) -> None:
    row = await recognition(world)
    other = await posted(world, starts_at=world.now - timedelta(days=3))
    for verb in ("Start", "Hold"):
        said = {"idempotencyKey": key(), "recognitionSession": shown("ses", row.id)}
        await world.done("agency_admin_0", step(verb), at=row.ends_at, input=said)
    assert (await world.done("center_clerk", ONE, id=shown("ses", row.id)))["recognitionSession"]["resultsPostedAt"] is None
    when = row.ends_at + timedelta(days=2)
    said = {"idempotencyKey": key(), "recognitionSession": shown("ses", row.id)}
    await world.done("agency_admin_0", step("PostResults"), at=when, input=said)
    found = (await world.done("center_clerk", ONE, id=shown("ses", row.id)))["recognitionSession"]["resultsPostedAt"]
    assert found == when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert codes(await world.ask("agency_admin_0", step("PostResults"), at=when + timedelta(days=1), input=said | {"idempotencyKey": key()})) == [
        "CONFLICT"
    ]
    for span, ids in (({"from": found}, [row.id]), ({"until": found}, [other.id])):
        nodes = (await world.done("district_clerk_0", LIST, f={"resultsPostedAt": span}))["recognitionSessions"]["nodes"]
        assert [one["id"] for one in nodes] == [shown("ses", id) for id in ids]
    assert [one.results_posted_at for one in await world.rows(RecognitionSession, id=row.id)] == [when]
