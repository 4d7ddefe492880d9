import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from authz.actor import Actor
from domain.errors import Unmet
from domain.inspections import STEPS, Step, dispatch
from domain.offers import STEPS as OFFER_STEPS
from domain.offers import Step as OfferStep
from domain.offers import counted
from domain.profiles import parse_profile
from domain.sessions import Named
from domain.visits import visit_to
from models.dispatch import Assignment, AssignmentStatus, Draw
from models.inspections import Inspection, InspectionStatus, Venue
from models.sessions import Assessor
from models.supervisors import Person, Supervisor
from tests.making_draws import actor_of, confirmed, dispatcher, roster
from tests.making_inspections import dispatched, notified
from tests.making_sessions import id_number, recognition
from tests.making_supervisors import card_of, supervisor
from tests.world import PROFILES, World, codes, key, shown

pytestmark = pytest.mark.anyio

ACCEPT = "mutation($input: AssignmentAcceptInput!) { assignmentAccept(input: $input) { replayed assignment { status repliedAt } event { step } } }"
REPLACE = """mutation($input: AssignmentReplaceInput!) { assignmentReplace(input: $input) {
  assignment { id status role supervisor { id } replaces { id status } } } }"""
NOTIFY = "mutation($input: InspectionNotifyInput!) { inspectionNotify(input: $input) { replayed inspection { status notifiedAt } event { step } } }"
CANCEL = "mutation($input: InspectionCancelInput!) { inspectionCancel(input: $input) { inspection { status cancelReason team { status } } } }"
MINE = "query($person: ID!) { assignments(first: 9, filter: {person: {eq: $person}}) { nodes { id status inspection { id } recognitionSession { place } } } }"


def answering(verb: str) -> str:
    return f"mutation($input: Assignment{verb}Input!) {{ assignment{verb}(input: $input) {{ assignment {{ status reason }} }} }}"


def of(id: str | UUID, **more: Any) -> dict[str, Any]:
    return {"idempotencyKey": key(), "assignment": id if isinstance(id, str) else shown("asg", id)} | more


async def offered(world: World, people: int = 4) -> tuple[dict[str, Any], list[tuple[Supervisor, Actor]]]:
    """One drawn inspection whose team is asked, and the roster."""
    await recognition(world)
    known = await roster(world, people)
    return (await confirmed(world))[0]["inspection"], known


def test_the_state_tables_know_every_step() -> None:
    assert {step for _, step in STEPS} == set(Step) - {Step.DISPATCH}
    assert {status for status, _ in STEPS} | set(STEPS.values()) == set(InspectionStatus)
    assert {step for _, step in OFFER_STEPS} == set(OfferStep) - {OfferStep.OFFER}
    assert {status for status, _ in OFFER_STEPS} | set(OFFER_STEPS.values()) == set(AssignmentStatus)


@pytest.mark.requirement("A08")
def test_a_streak_is_counted_from_the_answers() -> None:
    yunnan = parse_profile((PROFILES / "yunnan-college-2023.toml").read_text(encoding="utf-8"), effective_from=date(2024, 1, 1))
    for answers, length in (
        (["DECLINE", "DECLINE", "ACCEPT", "DECLINE", "DECLINE"], 2),
        (["DECLINE", "DECLINE", "DECLINE"], 3),
        (["DECLINE", "RECUSE", "DECLINE", "EXCUSE", "MARK_NO_REPLY"], 3),
        ([], 0),
    ):
        assert counted(answers, yunnan) == counted(answers, None) == length


@pytest.mark.requirement("Y067")
async def test_a_supervisor_sees_and_accepts_the_own_offer(world: World) -> None:
    visit, known = await offered(world)
    leader = visit["team"][0]
    assert leader["replyBy"] == "2026-09-18T02:00:00.000000Z"  # two days, before the session begins
    actor = actor_of(known, leader["supervisor"]["id"])
    mine = (await world.done(actor, MINE, person=shown("per", actor.person_id)))["assignments"]["nodes"]
    assert [(one["id"], one["status"], one["inspection"]["id"]) for one in mine] == [(leader["id"], "OFFERED", visit["id"])]
    said = of(leader["id"])
    data = (await world.done(actor, ACCEPT, input=said))["assignmentAccept"]
    assert (data["assignment"]["status"], data["event"]["step"]) == ("ACCEPTED", "ACCEPT")
    assert (await world.done(actor, ACCEPT, input=said))["assignmentAccept"]["replayed"] is True
    assert codes(await world.ask(actor, ACCEPT, input=of(leader["id"]))) == ["CONFLICT"]


async def test_nobody_answers_for_another(world: World, elsewhere: World) -> None:
    visit, known = await offered(world)
    first, second = (actor_of(known, one["supervisor"]["id"]) for one in visit["team"])
    outsider = next(actor for _, actor in known if actor.person_id not in {first.person_id, second.person_id})
    said = of(visit["team"][0]["id"])
    assert codes(await world.ask(second, ACCEPT, input=said)) == ["FORBIDDEN"]
    assert codes(await world.ask(dispatcher(world), ACCEPT, input=said)) == ["FORBIDDEN"]
    for stranger, who in ((world, outsider), (world, "agency_admin_0"), (world, "district_dispatcher_1"), (elsewhere, "center_admin")):
        assert codes(await stranger.ask(who, ACCEPT, input=said)) == ["NOT_FOUND"]
    assert {one.status for one in await world.rows(Assignment, center_id=world.center.id)} == {"OFFERED"}


async def test_after_the_reply_time_the_place_is_the_next_ones(world: World) -> None:
    visit, known = await offered(world)
    late = world.now + timedelta(hours=48)
    said = of(visit["team"][0]["id"])
    answer = await world.ask(actor_of(known, visit["team"][0]["supervisor"]["id"]), ACCEPT, at=late, input=said)
    refused = answer["errors"][0]["extensions"]
    assert (refused["code"], refused["rule"]) == ("RULE_NOT_MET", "assignment.reply_hours")
    early = await world.ask(dispatcher(world), REPLACE, at=late - timedelta(minutes=1), input=said)
    assert early["errors"][0]["extensions"]["reason"] == "STATE"
    data = (await world.done(dispatcher(world), REPLACE, at=late, input=of(visit["team"][0]["id"])))["assignmentReplace"]["assignment"]
    assert (data["status"], data["role"], data["replaces"]) == ("OFFERED", "LEADER", {"id": visit["team"][0]["id"], "status": "NO_REPLY"})


@pytest.mark.requirement("Y025", "Y026", "B029")
async def test_who_steps_back_is_replaced_in_the_committed_order(world: World) -> None:
    visit, known = await offered(world)
    draws = await world.rows(Inspection, center_id=world.center.id)
    member = visit["team"][1]
    who = actor_of(known, member["supervisor"]["id"])
    data = await world.done(who, answering("Recuse"), input=of(member["id"], reason="曾培训该机构考生"))
    assert data["assignmentRecuse"]["assignment"] == {"status": "RECUSED", "reason": "曾培训该机构考生"}
    replaced = (await world.done(dispatcher(world), REPLACE, input=of(member["id"])))["assignmentReplace"]["assignment"]
    outcome = (await world.rows(Draw, id=draws[0].draw_id))[0].outcome
    reserve = outcome["reserves"][draws[0].recognition_session_id.hex]
    assert replaced["supervisor"]["id"] == f"sup_{reserve[0]}"
    again = await world.ask(dispatcher(world), REPLACE, input=of(member["id"]))
    assert again["errors"][0]["extensions"]["reason"] == "DUPLICATE"
    await world.done(dispatcher(world), answering("Excuse"), input=of(replaced["id"], reason="生病"))
    last = (await world.done(dispatcher(world), REPLACE, input=of(replaced["id"])))["assignmentReplace"]["assignment"]
    assert last["supervisor"]["id"] == f"sup_{reserve[1]}"
    await world.done(dispatcher(world), answering("Excuse"), input=of(last["id"], reason="出差"))
    none = await world.ask(dispatcher(world), REPLACE, input=of(last["id"]))
    assert (codes(none), none["errors"][0]["extensions"]["rule"]) == (["RULE_NOT_MET"], "dispatch.reserve")


async def test_reasons_are_needed_and_bounded(world: World) -> None:
    visit, known = await offered(world)
    one = visit["team"][0]
    who = actor_of(known, one["supervisor"]["id"])
    for reason, problem in ((" ", "required"), ("长" * 501, "too_long")):
        answer = await world.ask(who, answering("Recuse"), input=of(one["id"], reason=reason))
        assert (codes(answer), answer["errors"][0]["extensions"]["problem"]) == (["BAD_USER_INPUT"], problem)
    assert {row.status for row in await world.rows(Assignment, center_id=world.center.id)} == {"OFFERED"}


@pytest.mark.requirement("INV01", "Y025", "B025")
async def test_own_agency_is_refused_at_acceptance(world: World) -> None:
    team = [await supervisor(world, employer=world.agencies[0]), await supervisor(world)]
    visit, _ = await dispatched(world, team=team, accepted=False)
    mine = (await world.rows(Assignment, inspection_id=visit.id, person_id=team[0][0].person_id))[0]
    answer = await world.ask(team[0][1], ACCEPT, input=of(mine.id))
    assert (codes(answer), answer["errors"][0]["extensions"]["action"]) == (["FORBIDDEN"], "assignment.accept")
    assert (await world.rows(Assignment, id=mine.id))[0].status == "OFFERED"


@pytest.mark.requirement("B020", "Y089")
async def test_without_a_valid_card_nobody_accepts(world: World) -> None:
    visit, team = await dispatched(world, accepted=False)
    card = await card_of(world, team[0][0])
    async with world.transaction() as session:
        held = await session.merge(card)
        held.valid_until = world.now.date()
    mine = (await world.rows(Assignment, inspection_id=visit.id, person_id=team[0][0].person_id))[0]
    assert codes(await world.ask(team[0][1], ACCEPT, input=of(mine.id))) == ["FORBIDDEN"]


@pytest.mark.requirement("Y027", "B026", "INV02")
async def test_an_assessor_of_the_session_is_not_put_into_a_team(world: World) -> None:
    number = id_number()
    place = await recognition(world, assessors=[Named("周八", number)])
    person = (await world.rows(Assessor, recognition_session_id=place.id))[0].person_id
    async with world.transaction() as session:
        who = await session.merge((await world.rows(Person, id=person))[0])
    row, actor = await supervisor(world, person=who)
    with pytest.raises(IntegrityError):
        await dispatched(world, of=place, team=[(row, actor), await supervisor(world)])
    assert await world.rows(Inspection, recognition_session_id=place.id) == []


@pytest.mark.requirement("B022", "INV19")
async def test_the_table_itself_refuses_a_double_booking(world: World) -> None:
    team = await roster(world, 2)
    place = await recognition(world)
    await dispatched(world, of=place, team=team)
    other = await recognition(world, agency=2, starts_at=place.starts_at + timedelta(hours=2))
    with pytest.raises(IntegrityError):
        await dispatched(world, of=other, team=team, by="district_dispatcher_1")
    touching = await recognition(world, agency=2, starts_at=place.ends_at)
    await dispatched(world, of=touching, team=team, by="district_dispatcher_1")


@pytest.mark.requirement("Y037", "B029", "INV03")
async def test_the_notice_needs_the_whole_team(world: World) -> None:
    visit, team = await dispatched(world, accepted=False)
    said = {"idempotencyKey": key(), "inspection": shown("insp", visit.id)}
    answer = await world.ask("district_dispatcher_0", NOTIFY, input=said)
    refused = answer["errors"][0]["extensions"]
    assert (refused["rule"], refused["params"], answer["data"]) == ("team.min", {"needed": 2, "have": 0}, {"inspectionNotify": None})
    for row, actor in team:
        mine = (await world.rows(Assignment, inspection_id=visit.id, person_id=row.person_id))[0]
        await world.done(actor, ACCEPT, input=of(mine.id))
    for who, code in (
        ("center_dispatcher", "FORBIDDEN"),
        ("district_clerk_0", "FORBIDDEN"),
        ("agency_admin_0", "NOT_FOUND"),
        (team[0][1], "FORBIDDEN"),
    ):
        assert codes(await world.ask(who, NOTIFY, input=said)) == [code]
    stale = await world.ask("district_dispatcher_0", NOTIFY, input=said | {"expectedVersion": 7})
    assert stale["errors"][0]["extensions"]["reason"] == "STALE"
    data = (await world.done("district_dispatcher_0", NOTIFY, input=said))["inspectionNotify"]
    assert (data["inspection"]["status"], data["event"]["step"]) == ("NOTIFIED", "NOTIFY")
    assert (await world.done("district_dispatcher_0", NOTIFY, input=said))["inspectionNotify"]["replayed"] is True
    again = await world.ask("district_dispatcher_0", NOTIFY, input=said | {"idempotencyKey": key()})
    assert again["errors"][0]["extensions"]["reason"] == "STATE"


@pytest.mark.requirement("INV03", "D17")
async def test_one_member_suffices_under_yunnan(yunnan: World) -> None:
    visit, _ = await notified(yunnan, members=1)
    assert visit.status is InspectionStatus.NOTIFIED


async def test_a_cancelled_inspection_frees_its_team(world: World) -> None:
    visit, team = await dispatched(world)
    said = {"idempotencyKey": key(), "inspection": shown("insp", visit.id), "reason": "场次调整"}
    data = (await world.done("district_dispatcher_0", CANCEL, input=said))["inspectionCancel"]["inspection"]
    assert (data["status"], data["cancelReason"]) == ("CANCELLED", "场次调整")
    assert [one["status"] for one in data["team"]] == ["WITHDRAWN", "WITHDRAWN"]
    place = await recognition(world, agency=2)
    await dispatched(world, of=place, team=team, by="district_dispatcher_1")
    answer = await world.ask("district_dispatcher_0", CANCEL, input=said | {"idempotencyKey": key()})
    assert answer["errors"][0]["extensions"]["reason"] == "STATE"


async def test_who_did_not_come_is_marked_after_the_beginning(world: World) -> None:
    visit, team = await notified(world)
    mine = (await world.rows(Assignment, inspection_id=visit.id, person_id=team[0][0].person_id))[0]
    marking = "mutation($input: AssignmentMarkNoShowInput!) { assignmentMarkNoShow(input: $input) { assignment { status } } }"
    assert codes(await world.ask("district_dispatcher_0", marking, input=of(mine.id))) == ["CONFLICT"]
    data = await world.done("district_dispatcher_0", marking, at=mine.starts_at, input=of(mine.id))
    assert data["assignmentMarkNoShow"]["assignment"]["status"] == "NO_SHOW"


@pytest.mark.requirement("B067", "INV20")
@pytest.mark.parametrize("mode", ["EXAM", "PROCESS", "DIRECT", "RESULT"])
async def test_the_desk_is_for_direct_and_result_only(world: World, mode: str) -> None:
    place = await recognition(world, mode=mode)
    rules = parse_profile((PROFILES / "beijing-municipal.toml").read_text(encoding="utf-8"), effective_from=world.now.date())
    if mode in {"DIRECT", "RESULT"}:
        assert visit_to(place, Venue.DESK, at=world.now, rules=rules).venue is Venue.DESK
        return
    with pytest.raises(Unmet) as refused:
        visit_to(place, Venue.DESK, at=world.now, rules=rules)
    assert (refused.value.rule, refused.value.article) == ("inspection.desk_modes", "003 §13(三)")


@pytest.mark.requirement("INV03", "B029")
async def test_dispatch_itself_refuses_a_team_of_one(world: World) -> None:
    place, (row, _) = await recognition(world), await supervisor(world)
    rules = parse_profile((PROFILES / "beijing-municipal.toml").read_text(encoding="utf-8"), effective_from=world.now.date())
    visit = visit_to(place, Venue.ONSITE, at=world.now, rules=rules)
    with pytest.raises(Unmet):
        async with world.transaction() as session:
            await dispatch(session, place, [row], visit=visit, act=world.act("district_dispatcher_0"))
    assert await world.rows(Inspection, recognition_session_id=place.id) == []


@pytest.mark.requirement("INV12", "A18", "Y037", "B022")
async def test_the_agency_knows_nothing_before_the_notice(world: World) -> None:
    visit, team = await dispatched(world)
    insp, ses = shown("insp", visit.id), shown("ses", visit.recognition_session_id)
    person = shown("per", team[0][0].person_id)
    mine = (await world.rows(Assignment, inspection_id=visit.id))[0]
    asg = shown("asg", mine.id)
    lists = """query($ses: ID!, $person: ID!) { inspections(first: 9) { totalCount nodes { id } } assignments(first: 9) { totalCount nodes { id } }
      draws(first: 9) { totalCount } filtered: inspections(first: 9, filter: {recognitionSession: {eq: $ses}}) { totalCount }
      recognitionSession(id: $ses) { version updatedAt inspections(first: 9) { totalCount nodes { id } } history(first: 9) { nodes { step } } }
      node(id: $person) { ... on Person { name masked } } }"""
    single = "query($id: ID!) { inspection(id: $id) { id } }"
    place = "query($id: ID!) { assignment(id: $id) { id } }"
    node = "query($id: ID!) { node(id: $id) { id } }"
    acting = {"idempotencyKey": key(), "inspection": insp, "reason": "无"}
    for who in ("agency_admin_0", "agency_clerk_0", "agency_admin_1"):
        if who != "agency_admin_1":
            data = await world.done(who, lists, ses=ses, person=person)
            empty = {"totalCount": 0, "nodes": []}
            assert (data["inspections"], data["assignments"], data["draws"], data["filtered"]) == (empty, empty, {"totalCount": 0}, {"totalCount": 0})
            assert data["recognitionSession"]["inspections"] == empty
            assert [one["step"] for one in data["recognitionSession"]["history"]["nodes"]] == ["REGISTER"]
            assert "NAME" in data["node"]["masked"]
        nobody = f"insp_{'0' * 32}"
        for document, there, absent in ((single, insp, nobody), (place, asg, f"asg_{'0' * 32}"), (node, insp, nobody), (node, asg, nobody)):
            assert json.dumps(await world.ask(who, document, id=there)) == json.dumps(await world.ask(who, document, id=absent))
        assert codes(await world.ask(who, CANCEL, input=acting)) == ["NOT_FOUND"]
    await world.done("district_dispatcher_0", NOTIFY, input={"idempotencyKey": key(), "inspection": insp})
    data = await world.done("agency_clerk_0", lists, ses=ses, person=person)
    assert (data["inspections"]["totalCount"], data["assignments"]["totalCount"], data["draws"]["totalCount"]) == (1, 2, 0)
    assert "NAME" not in data["node"]["masked"]
    assert codes(await world.ask("agency_admin_1", single, id=insp)) == ["NOT_FOUND"]


async def test_the_team_and_the_supervising_tiers_see_it_from_the_dispatch_on(world: World, elsewhere: World) -> None:
    visit, team = await dispatched(world)
    ask = "query($id: ID!) { inspection(id: $id) { status agency { name } team { status person { name masked } } availableSteps { mutation } } }"
    for who in ("center_auditor", "district_clerk_0", "district_dispatcher_0", team[0][1], team[1][1]):
        data = await world.done(who, ask, id=shown("insp", visit.id))
        assert [one["status"] for one in data["inspection"]["team"]] == ["ACCEPTED", "ACCEPTED"]
        assert all("NAME" not in one["person"]["masked"] for one in data["inspection"]["team"])
        steps = {one["mutation"] for one in data["inspection"]["availableSteps"]}
        assert steps == ({"inspectionNotify", "inspectionCancel"} if who == "district_dispatcher_0" else set())
    for stranger, who in ((world, "district_dispatcher_1"), (elsewhere, "center_admin"), (world, (await supervisor(world))[1])):
        assert codes(await stranger.ask(who, ask, id=shown("insp", visit.id))) == ["NOT_FOUND"]
