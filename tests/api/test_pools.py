import json
import time
from datetime import timedelta

import pytest

from domain.cases import Decision, open_case, suspend
from models.cases import Ground
from models.dispatch import Draw, DrawPerson
from models.supervisors import Person
from tests.making_draws import FREEZE, crowd, dispatcher, freezing, frozen, ran, roster, stored
from tests.making_inspections import dispatched
from tests.making_sessions import recognition, sessions
from tests.making_supervisors import card_of, revoked, supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

PEOPLE = """query($id: ID!, $filter: DrawPersonFilter) { draw(id: $id) { people(first: 50, filter: $filter) { totalCount
  nodes { isIn reason fact seat supervisor { id } recognitionSession { id } } } } }"""


@pytest.mark.requirement("N2", "Y025", "Y027", "B024", "B025", "B026")
async def test_everybody_on_the_roster_is_in_or_out_with_a_reason(world: World) -> None:
    place = await recognition(world)
    fit, _ = await supervisor(world)
    own, _ = await supervisor(world, employer=world.agencies[0])
    old, _ = await supervisor(world, birth=world.now.date().replace(year=1965))
    bare, _ = await supervisor(world, carded=False)
    busy, theirs = await supervisor(world), await recognition(world, agency=2)
    await dispatched(world, of=theirs, team=[busy, await supervisor(world)], by="district_dispatcher_1")
    draw = await frozen(world)
    data = (await world.done(dispatcher(world), PEOPLE, id=draw["id"]))["draw"]["people"]
    lines = {(one["supervisor"]["id"], one["recognitionSession"] and one["recognitionSession"]["id"]): one for one in data["nodes"]}
    at = shown("ses", place.id)
    assert lines[shown("sup", fit.id), None]["isIn"] is True
    assert lines[shown("sup", own.id), None]["isIn"] is True
    assert lines[shown("sup", own.id), at]["reason"] == "OWN_AGENCY"
    assert lines[shown("sup", old.id), at]["reason"] == "AGE"
    assert lines[shown("sup", bare.id), None]["reason"] == "CARD_INVALID"
    hidden = lines[shown("sup", busy[0].id), at]
    assert (hidden["reason"], hidden["fact"]) == ("OVERLAPPING_DUTY", "on duty at that time")
    only = await world.done(dispatcher(world), PEOPLE, id=draw["id"], filter={"reason": {"eq": "OWN_AGENCY"}})
    assert only["draw"]["people"]["totalCount"] == 1


@pytest.mark.requirement("B023", "A09")
async def test_who_was_there_last_time_is_out(world: World) -> None:
    team = await roster(world, 2)
    await dispatched(world, of=await recognition(world, starts_at=world.now + timedelta(days=1)), team=team)
    place = await recognition(world, starts_at=world.now + timedelta(days=5))
    draw = await frozen(world)
    data = (await world.done(dispatcher(world), PEOPLE, id=draw["id"]))["draw"]["people"]["nodes"]
    out = [one for one in data if one["recognitionSession"]]
    assert {(one["reason"], one["recognitionSession"]["id"]) for one in out} == {("ROTATION", shown("ses", place.id))}
    assert len(out) == 2


@pytest.mark.requirement("B028", "INV05", "A01", "A02")
@pytest.mark.parametrize(("held", "needed"), [(10, 3), (11, 4)])
async def test_thirty_percent_is_counted_in_integers(world: World, held: int, needed: int) -> None:
    await sessions(world, held)
    await roster(world, 2)
    assert (await frozen(world))["sessionsNeeded"] == needed


@pytest.mark.requirement("INV05", "A02")
async def test_what_was_inspected_or_cancelled_leaves_the_pool(world: World) -> None:
    rows = await sessions(world, 4)
    await dispatched(world, of=rows[0])
    cancel = "mutation($input: RecognitionSessionCancelInput!) { recognitionSessionCancel(input: $input) { replayed } }"
    gone = {"idempotencyKey": key(), "recognitionSession": shown("ses", rows[1].id), "reason": "停办"}
    await world.done("agency_admin_0", cancel, input=gone)
    draw = await frozen(world)
    assert (draw["sessionsHeld"], draw["sessionsInspected"], draw["sessionsNeeded"]) == (3, 1, 0)
    pool = json.loads((await world.rows(Draw, id=stored(draw)))[0].pool)
    assert [one["id"] for one in pool["sessions"]] == sorted(one.id.hex for one in rows[2:])


async def test_a_month_without_sessions_or_of_another_form_is_refused(world: World) -> None:
    for month, problem in (("2026-11", "nothing_to_draw"), ("2026-13", "month"), ("九月", "month")):
        answer = await world.ask(dispatcher(world), FREEZE, input=freezing(world, month=month))
        assert (codes(answer), answer["errors"][0]["extensions"]["problem"]) == (["BAD_USER_INPUT"], problem)
        assert answer["data"] == {"drawFreeze": None}
    assert await world.rows(Draw, center_id=world.center.id) == []


@pytest.mark.requirement("D16", "B031")
async def test_without_a_ratio_the_dispatcher_says_how_many(world: World, yunnan: World) -> None:
    for one in (world, yunnan):
        await sessions(one, 3)
        await roster(one, 2)
        answer = await one.ask("center_dispatcher", FREEZE, input=freezing(one, sessions=0))
        assert (answer["errors"][0]["extensions"]["field"], codes(answer)) == ("sessions", ["BAD_USER_INPUT"])
        draw = await ran(one, by="center_dispatcher", sessions=2)
        assert len(draw["picks"]["nodes"]) == 2


@pytest.mark.requirement("B027", "B031", "D01")
async def test_a_district_draws_in_its_area_and_the_center_anywhere(world: World) -> None:
    mine, theirs = await recognition(world), await recognition(world, agency=2)
    await roster(world, 4)
    draw = await frozen(world)
    assert [one["id"] for one in json.loads((await world.rows(Draw, id=stored(draw)))[0].pool)["sessions"]] == [mine.id.hex]
    wide = await frozen(world, by="center_dispatcher", sessions=2)
    found = {one["id"] for one in json.loads((await world.rows(Draw, id=stored(wide)))[0].pool)["sessions"]}
    assert found == {mine.id.hex, theirs.id.hex}


async def test_who_runs_the_draw_is_not_drawn(yunnan: World) -> None:
    await recognition(yunnan)
    mine, _ = await supervisor(yunnan)
    other, _ = await supervisor(yunnan)
    async with yunnan.transaction() as session:
        me = await session.merge((await yunnan.rows(Person, id=mine.person_id))[0])
    await yunnan.hire("center_dispatcher", yunnan.center, name="both", person=me)
    draw = await frozen(yunnan, by="both")
    lines = await yunnan.rows(DrawPerson, draw_id=stored(draw))
    assert {(one.supervisor_id, one.reason) for one in lines} == {(mine.id, "RAN_THE_DRAW"), (other.id, None)}


async def test_a_city_wide_roster_freezes_within_three_seconds(world: World) -> None:
    """Of our own time: what others do on the machine meanwhile is no fault of the draw."""
    await crowd(world, people=1200, sessions=60)
    began = time.process_time()
    draw = await frozen(world)
    assert time.process_time() - began < 3
    assert draw["sessionsNeeded"] == 18
    lines = await world.rows(DrawPerson, draw_id=stored(draw))
    assert sum(one.recognition_session_id is None and one.reason is None for one in lines) == 1200
    assert sum(one.reason == "OWN_AGENCY" for one in lines) == 400 * 30


@pytest.mark.requirement("A11", "B061", "Y089")
async def test_suspension_holds_in_the_district_and_the_blacklist_everywhere(world: World) -> None:
    mine, theirs = await recognition(world), await recognition(world, agency=2)
    suspended, _ = await supervisor(world)
    listed, _ = await supervisor(world)
    at = world.now - timedelta(days=3)
    async with world.transaction() as session:
        card = await session.merge(await card_of(world, suspended))
        act = world.act("district_admin_0", at=at)
        case, _ = await open_case(session, card, ground=Ground.NEGLIGENCE, facts="迟到", act=act)
        await suspend(session, case, Decision("京督〔2026〕1号", "1"), act=act)
    await revoked(world, listed, at=at)
    draw = await frozen(world, by="center_dispatcher", sessions=1)
    lines = await world.rows(DrawPerson, draw_id=stored(draw), supervisor_id=suspended.id)
    assert {(one.recognition_session_id, one.reason) for one in lines} == {(None, None), (mine.id, "SUSPENDED")}
    assert theirs.id not in {one.recognition_session_id for one in lines}
    assert await world.rows(DrawPerson, draw_id=stored(draw), supervisor_id=listed.id) == []  # no longer on the roster
