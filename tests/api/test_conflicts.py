"""回避登记 (000 §8(八); 003 §10): who puts a conflict on record, when it counts, whom it keeps out, and who may know of it."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from authz.actor import Actor
from domain.offers import streak
from models.conflicts import Conflict, ConflictKind, ConflictOrigin, ConflictStatus
from models.dispatch import Assignment
from models.inspections import Inspection, InspectionForm
from tests.making_conflicts import TEXT, applied, declared, place_of, recorded
from tests.making_draws import ACCEPT, actor_of, confirmed, dispatcher, frozen, place, roster
from tests.making_forms import sending
from tests.making_inspections import dispatched, notified
from tests.making_sessions import recognition
from tests.making_supervisors import supervisor
from tests.making_time import kinds, round_of
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

ROW = """conflict { id status origin kind text startsOn endsOn acceptedAt answer endedAt person { id } agency { id } organization { id }
  availableSteps { mutation } }"""
PEOPLE = """query($id: ID!) { draw(id: $id) { people(first: 50) { nodes { isIn reason fact supervisor { id } recognitionSession { id } } } } }"""
MINE = "{ conflicts(first: 50) { totalCount nodes { id text status organization { id } } } }"
LIST = "query($filter: ConflictFilter) { conflicts(first: 50, filter: $filter) { nodes { id } } }"
SEND = "mutation($input: InspectionSendInput!) { inspectionSend(input: $input) { inspection { id } } }"
SPOT = "mutation($input: InspectionDispatchInput!) { inspectionDispatch(input: $input) { inspection { id } } }"
REPLACE = "mutation($input: AssignmentReplaceInput!) { assignmentReplace(input: $input) { assignment { status supervisor { id } } } }"


def step(name: str) -> str:
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ replayed event {{ step }} {ROW} }} }}"


DECLARE, RECORD, APPLY = step("conflictDeclare"), step("conflictRecord"), step("conflictApply")
TAKE, REJECT, END = step("conflictAccept"), step("conflictReject"), step("conflictEnd")


def tied(world: World, agency: int = 0, **other: object) -> dict[str, object]:
    said = {"agency": shown("agc", world.agencies[agency].id), "kind": "KINSHIP", "text": TEXT, "idempotencyKey": key()}
    return said | other


def about(row: Conflict, **other: object) -> dict[str, object]:
    return {"conflict": shown("cfl", row.id), "idempotencyKey": key()} | other


def extensions(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


async def seen_by(world: World, who: Actor | str) -> dict[str, Any]:
    return {one["id"]: one for one in (await world.done(who, MINE))["conflicts"]["nodes"]}


async def status_of(world: World, row: Assignment) -> tuple[str, str | None]:
    (found,) = await world.rows(Assignment, id=row.id)
    return found.status.value, found.reason


@pytest.mark.requirement("Y025", "B024", "N2")
async def test_who_declares_a_conflict_is_out_of_draws_at_that_agency(world: World, yunnan: World) -> None:
    for home in (world, yunnan):
        here, there = await recognition(home), await recognition(home, agency=1)
        row, actor = await supervisor(home)
        put = (await home.done(actor, DECLARE, input=tied(home)))["conflictDeclare"]
        said = put["conflict"]
        assert (put["event"]["step"], said["status"], said["origin"], said["kind"], said["text"]) == (
            "DECLARE",
            "ACCEPTED",
            "PERSON",
            "KINSHIP",
            TEXT,
        )
        assert (said["startsOn"], said["endsOn"], said["person"]["id"]) == ("2026-09-16", None, shown("per", actor.person_id))
        assert [one["mutation"] for one in said["availableSteps"]] == ["conflictEnd"]
        draw = await frozen(home)
        lines = (await home.done(dispatcher(home), PEOPLE, id=draw["id"]))["draw"]["people"]["nodes"]
        at = {one["recognitionSession"]["id"]: one for one in lines if one["recognitionSession"] and one["supervisor"]["id"] == shown("sup", row.id)}
        assert (at[shown("ses", here.id)]["reason"], at[shown("ses", here.id)]["fact"]) == ("CONFLICT", "a conflict on record on 2026-09-19")
        assert shown("ses", there.id) not in at, "at another agency nothing keeps them out"


@pytest.mark.requirement("Y025", "Y026", "B029")
async def test_the_own_word_is_the_recusal_from_open_places(world: World) -> None:
    await recognition(world)
    known = await roster(world, 4)
    visit = (await confirmed(world))[0]["inspection"]
    leader = visit["team"][0]
    who = actor_of(known, leader["supervisor"]["id"])
    await world.done(who, DECLARE, input=tied(world))
    (left,) = await world.rows(Assignment, inspection_id=(await world.rows(Inspection, center_id=world.center.id))[0].id, person_id=who.person_id)
    assert (left.status, left.reason) == ("RECUSED", "回避登记"), "no word of the conflict where the team reads it"
    async with world.transaction() as session:
        assert await streak(session, left.supervisor_id) == 0
    asked = (await world.done(dispatcher(world), REPLACE, input=place(left.id)))["assignmentReplace"]["assignment"]
    assert asked["status"] == "OFFERED"
    assert asked["supervisor"]["id"] not in {one["supervisor"]["id"] for one in visit["team"]}


@pytest.mark.requirement("Y025", "B024")
async def test_places_on_other_days_and_at_other_agencies_stay(world: World) -> None:
    member = await supervisor(world)
    other = await recognition(world, agency=1, starts_at=world.now + timedelta(days=5))
    theirs, _ = await dispatched(world, of=other, team=[member, await supervisor(world)])
    visit, _ = await dispatched(world, team=[member, await supervisor(world)])
    here, there = await place_of(world, visit, member), await place_of(world, theirs, member)
    await recorded(world, member[0], starts_on=date(2026, 9, 20))
    assert [await status_of(world, one) for one in (here, there)] == [("ACCEPTED", None), ("ACCEPTED", None)]
    await recorded(world, member[0], kind=ConflictKind.INTEREST, starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 20))
    assert [await status_of(world, one) for one in (here, there)] == [("WITHDRAWN", "回避登记"), ("ACCEPTED", None)]


@pytest.mark.requirement("Y025", "B024", "INV19")
async def test_a_dispatcher_records_in_the_own_area_only(world: World, elsewhere: World) -> None:
    row, actor = await supervisor(world)
    said = tied(world, supervisor=shown("sup", row.id))
    refused = ((world, "district_dispatcher_1"), (world, "agency_admin_0"), (world, "center_clerk"), (world, actor), (elsewhere, "center_admin"))
    for home, who in refused:
        answer = await home.ask(who, RECORD, input=said)
        assert (codes(answer), answer["data"]) == (["FORBIDDEN"], {"conflictRecord": None})
    assert await world.rows(Conflict, person_id=row.person_id) == []
    put = (await world.done("district_dispatcher_0", RECORD, input=said))["conflictRecord"]
    assert (put["event"]["step"], put["conflict"]["status"], put["conflict"]["origin"]) == ("RECORD", "ACCEPTED", "DISPATCHER")
    assert put["conflict"]["organization"]["id"] == shown("dst", world.districts[0].id)
    assert (await world.done("district_dispatcher_0", RECORD, input=said))["conflictRecord"]["replayed"] is True
    twice = await world.ask("district_dispatcher_0", RECORD, input=said | {"idempotencyKey": key()})
    assert extensions(twice)["reason"] == "DUPLICATE"
    assert (await world.done("center_admin", RECORD, input=said | {"idempotencyKey": key()}))["conflictRecord"]["event"]["step"] == "RECORD"
    assert {one["text"] for one in (await seen_by(world, actor)).values()} == {TEXT}, "the person reads what a dispatcher wrote"
    assert await seen_by(world, "district_dispatcher_1") == {}


@pytest.mark.requirement("Y025", "B024")
async def test_nobody_sends_or_names_somebody_with_a_conflict(world: World, yunnan: World) -> None:
    for home, form in ((world, InspectionForm.COMPREHENSIVE), (yunnan, InspectionForm.SPECIAL)):
        bad, good = await supervisor(home), await supervisor(home)
        await recorded(home, bad[0])
        answer = await home.ask("center_dispatcher", SEND, input={"idempotencyKey": key(), **sending(home, form, [good, bad])})
        assert (codes(answer), extensions(answer)["rule"], extensions(answer)["article"]) == (
            ["RULE_NOT_MET"],
            "dispatch.person",
            "000 §8(八); 003 §10",
        )
        assert extensions(answer)["params"] == {"member": 2, "reason": "CONFLICT", "fact": "a conflict on record on 2026-09-19"}
    going = (await conflicted(world), await supervisor(world))
    spot = {"recognitionSession": shown("ses", (await recognition(world)).id), "team": [shown("sup", one.id) for one, _ in going]}
    answer = await world.ask("district_dispatcher_0", SPOT, input={"idempotencyKey": key(), **spot})
    assert extensions(answer)["params"]["reason"] == "CONFLICT"
    visit, team = await dispatched(world, of=await recognition(world, starts_at=world.now + timedelta(days=9)))
    left, next_ = await place_of(world, visit, team[0]), await conflicted(world)
    await recorded(world, team[0][0])
    answer = await world.ask("district_dispatcher_0", REPLACE, input=place(left.id, supervisor=shown("sup", next_[0].id)))
    assert extensions(answer)["params"]["reason"] == "CONFLICT"


async def conflicted(world: World) -> Any:
    """A supervisor with a conflict at the first agency."""
    member = await supervisor(world)
    await recorded(world, member[0])
    return member


@pytest.mark.requirement("Y025", "B024", "INV19")
async def test_nobody_accepts_against_a_conflict_whoever_put_it_on_record(world: World, elsewhere: World) -> None:
    """Also one that lies behind another center's wall, and that neither the person nor the dispatcher can read here."""
    visit, team = await dispatched(world, accepted=False)
    mine, person = await place_of(world, visit, team[0]), team[0][1].person_id
    theirs = Conflict(
        center_id=elsewhere.center.id,
        agency_id=world.agencies[0].id,
        person_id=person,
        organization_id=elsewhere.center.id,
        kind=ConflictKind.KINSHIP,
        origin=ConflictOrigin.DISPATCHER,
        text=TEXT,
        starts_on=date(2026, 9, 1),
        status=ConflictStatus.ACCEPTED,
        declared_by=elsewhere.actors["center_admin"].person_id,
        declared_at=world.now,
        accepted_at=world.now,
    )
    async with world.transaction() as session:
        session.add(theirs)
    refused = await world.ask(team[0][1], ACCEPT, input=place(mine.id))
    assert (codes(refused), extensions(refused)["rule"], refused["data"]) == (["RULE_NOT_MET"], "conflict.on_record", {"assignmentAccept": None})
    assert (await world.rows(Assignment, id=mine.id))[0].status == "OFFERED"
    assert TEXT not in str(refused)
    later = await recognition(world, starts_at=world.now + timedelta(days=6))
    draw = await frozen(world)
    lines = (await world.done(dispatcher(world), PEOPLE, id=draw["id"]))["draw"]["people"]["nodes"]
    found = [one for one in lines if one["recognitionSession"] and one["supervisor"]["id"] == shown("sup", team[0][0].id)]
    assert (shown("ses", later.id), True) in {(one["recognitionSession"]["id"], "a conflict on record on" in one["fact"]) for one in found}
    assert await seen_by(world, "center_admin") == {}
    await world.done(team[1][1], ACCEPT, input=place((await place_of(world, visit, team[1])).id))


@pytest.mark.requirement("Y025", "B024")
async def test_an_agency_applies_about_whom_it_had_notice_of(world: World) -> None:
    visit, team = await dispatched(world)
    mine = await place_of(world, visit, team[0])
    said = {"assignment": shown("asg", mine.id), "kind": "INTEREST", "text": TEXT, "idempotencyKey": key()}
    assert codes(await world.ask("agency_admin_0", APPLY, input=said)) == ["NOT_FOUND"], "before the notice there is nobody to know of"
    told, known = await notified(world, of=await recognition(world, starts_at=world.now + timedelta(days=6)))
    said |= {"assignment": shown("asg", (await place_of(world, told, known[0])).id)}
    assert codes(await world.ask("agency_admin_1", APPLY, input=said)) == ["NOT_FOUND"]
    for who in ("district_dispatcher_0", "center_admin", known[1][1]):
        assert codes(await world.ask(who, APPLY, input=said)) == ["FORBIDDEN"]
    put = (await world.done("agency_admin_0", APPLY, input=said))["conflictApply"]["conflict"]
    assert (put["status"], put["origin"], put["text"], put["acceptedAt"]) == ("DECLARED", "AGENCY", TEXT, None)
    assert put["organization"]["id"] == shown("agc", world.agencies[0].id)
    assert (await world.rows(Assignment, person_id=known[0][1].person_id))[0].status == "ACCEPTED", "nothing changes before it is answered"
    await declared(world, known[1][1])
    await recorded(world, known[1][0])
    assert set(await seen_by(world, "agency_admin_0")) == {put["id"]}, "of what others have put on record it learns nothing"
    assert await seen_by(world, known[0][1]) == {}
    assert len(await seen_by(world, "district_admin_0")) == 3


@pytest.mark.requirement("Y025", "B024")
async def test_an_accepted_application_counts_and_its_text_is_not_the_persons(world: World) -> None:
    row, visit, team = await applied(world)
    for who in ("agency_admin_0", team[0][1], team[1][1]):
        assert codes(await world.ask(who, TAKE, input=about(row)))[0] in {"FORBIDDEN", "NOT_FOUND"}
    assert codes(await world.ask("district_dispatcher_1", TAKE, input=about(row))) == ["NOT_FOUND"]
    done = (await world.done("district_dispatcher_0", TAKE, input=about(row)))["conflictAccept"]["conflict"]
    assert (done["status"], done["text"]) == ("ACCEPTED", TEXT)
    assert await status_of(world, await place_of(world, visit, team[0])) == ("WITHDRAWN", "回避登记")
    (mine,) = (await seen_by(world, team[0][1])).values()
    assert (mine["text"], mine["status"]) == (None, "ACCEPTED")
    own = await world.ask(team[0][1], END, input=about(row, reason="不属实"))
    assert (codes(own), extensions(own)["rule"]) == (["RULE_NOT_MET"], "conflict.ended_by_declarer")
    assert codes(await world.ask("district_dispatcher_0", TAKE, input=about(row))) == ["CONFLICT"]
    assert codes(await world.ask("district_dispatcher_0", END, input=about(row, reason="已了结"))) == ["FORBIDDEN"]
    await world.done("agency_admin_0", END, input=about(row, reason="已了结"))


@pytest.mark.requirement("Y025")
async def test_of_a_refused_application_the_person_never_learns(world: World) -> None:
    row, visit, team = await applied(world)
    empty = await world.ask("district_dispatcher_0", REJECT, input=about(row, reason=" "))
    assert (codes(empty), extensions(empty)["problem"]) == (["BAD_USER_INPUT"], "required")
    done = (await world.done("district_dispatcher_0", REJECT, input=about(row, reason="未提供证据")))["conflictReject"]["conflict"]
    assert (done["status"], done["answer"], done["availableSteps"]) == ("REJECTED", "未提供证据", [])
    assert (await seen_by(world, "agency_admin_0"))[shown("cfl", row.id)]["status"] == "REJECTED"
    assert await seen_by(world, team[0][1]) == {}
    assert (await status_of(world, await place_of(world, visit, team[0])))[0] == "ACCEPTED"
    withdrawn, _, others = await applied(world, of=await recognition(world, starts_at=world.now + timedelta(days=8)))
    await world.done("agency_admin_0", END, input=about(withdrawn, reason="撤回申请"))
    await round_of(world, world.now + timedelta(hours=2))
    assert {"CONFLICT_APPLIED"} <= set(await kinds(world, "district_admin_0")) & set(await kinds(world, "center_admin"))
    assert "CONFLICT_REJECTED" in await kinds(world, "agency_admin_0")
    for member in (team[0][1], others[0][1]):
        assert not [one for one in await kinds(world, member) if one.startswith("CONFLICT")]


@pytest.mark.requirement("Y025")
async def test_nobody_decides_on_the_own_recusal(world: World) -> None:
    row, _, team = await applied(world)
    officer = await world.hire("center_dispatcher", world.center, name="both")
    async with world.transaction() as session:
        held = await session.merge(row)
        await session.delete(held)
    # the same application, about somebody who is a dispatcher too
    said = {name: getattr(row, name) for name in ("center_id", "district_id", "agency_id", "organization_id", "assignment_id", "declared_by")}
    mine = Conflict(**said, person_id=officer.person_id, kind=row.kind, origin=row.origin, text=TEXT, starts_on=row.starts_on, declared_at=world.now)
    async with world.transaction() as session:
        session.add(mine)
    for document, more in ((TAKE, {}), (REJECT, {"reason": "没有依据"})):
        answer = await world.ask("both", document, input=about(mine, **more))
        assert (codes(answer), extensions(answer)["rule"]) == (["RULE_NOT_MET"], "conflict.decided_by_another")
    assert (await world.rows(Conflict, id=mine.id))[0].status == "DECLARED"
    assert team


@pytest.mark.requirement("Y025")
async def test_who_declared_or_the_center_ends(world: World) -> None:
    row, actor = await supervisor(world)
    own, theirs = await declared(world, actor), await recorded(world, row)
    centers = await recorded(world, row, by="center_dispatcher")
    assert codes(await world.ask("district_dispatcher_0", END, input=about(centers, reason="已离任"))) == ["FORBIDDEN"]
    assert codes(await world.ask("district_admin_0", END, input=about(own, reason="已离任"))) == ["FORBIDDEN"]
    assert extensions(await world.ask(actor, END, input=about(theirs, reason="已离任")))["rule"] == "conflict.ended_by_declarer"
    for who, one in ((actor, own), ("district_admin_0", theirs), ("center_admin", centers)):
        done = (await world.done(who, END, input=about(one, reason="已离任")))["conflictEnd"]
        assert (done["event"]["step"], done["conflict"]["status"], done["conflict"]["availableSteps"]) == ("END", "ENDED", [])
        assert codes(await world.ask(who, END, input=about(one, reason="已离任"))) == ["CONFLICT"]
    await recognition(world)
    lines = (await world.done(dispatcher(world), PEOPLE, id=(await frozen(world))["id"]))["draw"]["people"]["nodes"]
    assert [one["isIn"] for one in lines if one["supervisor"]["id"] == shown("sup", row.id)] == [True]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"text": " "}, "required"),
        ({"endsOn": "2026-09-16", "startsOn": "2026-09-01"}, "past"),
        ({"startsOn": "2026-10-01", "endsOn": "2026-10-01"}, "dates_reversed"),
        ({"agency": "agc_" + "0" * 32}, "unknown"),
    ],
)
async def test_a_conflict_that_cannot_be(world: World, wrong: dict[str, object], problem: str) -> None:
    _, actor = await supervisor(world)
    answer = await world.ask(actor, DECLARE, input=tied(world) | wrong)
    assert (codes(answer), extensions(answer)["problem"], answer["data"]) == (["BAD_USER_INPUT"], problem, {"conflictDeclare": None})
    assert await world.rows(Conflict, person_id=actor.person_id) == []


async def test_the_register_is_filtered(world: World) -> None:
    row, actor = await supervisor(world)
    now = await declared(world, actor, ends_on=date(2026, 10, 1))
    later = await recorded(world, row, kind=ConflictKind.TEACHING, starts_on=date(2026, 11, 1))
    other = await recorded(world, row, by="center_admin", agency=3)
    for filter, expected in (
        ({"inForceOn": "2026-09-30"}, [now, other]),
        ({"inForceOn": "2026-10-01"}, [other]),
        ({"inForceOn": "2026-11-01", "person": {"eq": shown("per", row.person_id)}}, [later, other]),
        ({"agency": {"eq": shown("agc", world.agencies[3].id)}}, [other]),
        ({"kind": {"in": ["TEACHING"]}}, [later]),
        ({"origin": {"eq": "PERSON"}, "status": {"eq": "ACCEPTED"}}, [now]),
        ({"organization": {"eq": shown("dst", world.districts[0].id)}}, [later]),
    ):
        found = (await world.done("center_dispatcher", LIST, filter=filter))["conflicts"]["nodes"]
        assert {one["id"] for one in found} == {shown("cfl", one.id) for one in expected}, filter


async def test_what_was_said_stays(world: World) -> None:
    _, actor = await supervisor(world)
    row = await declared(world, actor)
    for change in ("text = '无'", "ends_on = '2030-01-01'", "person_id = declared_by, agency_id = NULL"):
        with pytest.raises(DBAPIError):
            async with world.transaction() as session:
                await (await session.connection()).execute(text(f"UPDATE conflict SET {change} WHERE id = '{row.id}'"))
    assert (await world.rows(Conflict, id=row.id))[0].text == TEXT
