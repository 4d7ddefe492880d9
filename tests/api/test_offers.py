from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from authz.actor import Actor
from domain.offers import counted
from domain.organizations import Texts, published, rules_for
from domain.profiles import parse_profile
from domain.sessions import Named
from models.dispatch import Assignment, Draw
from models.inspections import Inspection
from models.organizations import Organization, Profile
from models.sessions import Assessor
from models.supervisors import Person, Supervisor
from tests.making_draws import ACCEPT, actor_of, confirmed, dispatcher, place, roster
from tests.making_inspections import dispatched, notified
from tests.making_sessions import id_number, recognition
from tests.making_supervisors import card_of, supervisor
from tests.world import PROFILES, World, codes, shown

pytestmark = pytest.mark.anyio

REPLACE = """mutation($input: AssignmentReplaceInput!) { assignmentReplace(input: $input) {
  assignment { id status role supervisor { id } replaces { id status } } } }"""
MINE = "query($person: ID!) { assignments(first: 9, filter: {person: {eq: $person}}) { nodes { id status inspection { id } recognitionSession { place } } } }"


def answering(verb: str) -> str:
    return f"mutation($input: Assignment{verb}Input!) {{ assignment{verb}(input: $input) {{ assignment {{ status reason }} }} }}"


async def offered(world: World, people: int = 4) -> tuple[dict[str, Any], list[tuple[Supervisor, Actor]]]:
    """One drawn inspection whose team is asked, and the roster."""
    await recognition(world)
    known = await roster(world, people)
    return (await confirmed(world))[0]["inspection"], known


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
    said = place(leader["id"])
    data = (await world.done(actor, ACCEPT, input=said))["assignmentAccept"]
    assert (data["assignment"]["status"], data["event"]["step"]) == ("ACCEPTED", "ACCEPT")
    assert (await world.done(actor, ACCEPT, input=said))["assignmentAccept"]["replayed"] is True
    assert codes(await world.ask(actor, ACCEPT, input=place(leader["id"]))) == ["CONFLICT"]


async def test_nobody_answers_for_another(world: World, elsewhere: World) -> None:
    visit, known = await offered(world)
    first, second = (actor_of(known, one["supervisor"]["id"]) for one in visit["team"])
    outsider = next(actor for _, actor in known if actor.person_id not in {first.person_id, second.person_id})
    said = place(visit["team"][0]["id"])
    assert codes(await world.ask(second, ACCEPT, input=said)) == ["FORBIDDEN"]
    assert codes(await world.ask(dispatcher(world), ACCEPT, input=said)) == ["FORBIDDEN"]
    for stranger, who in ((world, outsider), (world, "agency_admin_0"), (world, "district_dispatcher_1"), (elsewhere, "center_admin")):
        assert codes(await stranger.ask(who, ACCEPT, input=said)) == ["NOT_FOUND"]
    assert {one.status for one in await world.rows(Assignment, center_id=world.center.id)} == {"OFFERED"}


async def test_after_the_reply_time_the_place_is_the_next_ones(world: World) -> None:
    visit, known = await offered(world)
    late = world.now + timedelta(hours=48)
    said = place(visit["team"][0]["id"])
    answer = await world.ask(actor_of(known, visit["team"][0]["supervisor"]["id"]), ACCEPT, at=late, input=said)
    refused = answer["errors"][0]["extensions"]
    assert (refused["code"], refused["rule"]) == ("RULE_NOT_MET", "assignment.reply_hours")
    early = await world.ask(dispatcher(world), REPLACE, at=late - timedelta(minutes=1), input=said)
    assert early["errors"][0]["extensions"]["reason"] == "STATE"
    data = (await world.done(dispatcher(world), REPLACE, at=late, input=place(visit["team"][0]["id"])))["assignmentReplace"]["assignment"]
    assert (data["status"], data["role"], data["replaces"]) == ("OFFERED", "LEADER", {"id": visit["team"][0]["id"], "status": "NO_REPLY"})


@pytest.mark.requirement("Y025", "Y026", "B029")
async def test_who_steps_back_is_replaced_in_the_committed_order(world: World) -> None:
    visit, known = await offered(world)
    draws = await world.rows(Inspection, center_id=world.center.id)
    member = visit["team"][1]
    who = actor_of(known, member["supervisor"]["id"])
    data = await world.done(who, answering("Recuse"), input=place(member["id"], reason="曾培训该机构考生"))
    assert data["assignmentRecuse"]["assignment"] == {"status": "RECUSED", "reason": "曾培训该机构考生"}
    replaced = (await world.done(dispatcher(world), REPLACE, input=place(member["id"])))["assignmentReplace"]["assignment"]
    outcome = (await world.rows(Draw, id=draws[0].draw_id))[0].outcome
    reserve = outcome["reserves"][draws[0].recognition_session_id.hex]
    assert replaced["supervisor"]["id"] == f"sup_{reserve[0]}"
    again = await world.ask(dispatcher(world), REPLACE, input=place(member["id"]))
    assert again["errors"][0]["extensions"]["reason"] == "DUPLICATE"
    await world.done(dispatcher(world), answering("Excuse"), input=place(replaced["id"], reason="生病"))
    last = (await world.done(dispatcher(world), REPLACE, input=place(replaced["id"])))["assignmentReplace"]["assignment"]
    assert last["supervisor"]["id"] == f"sup_{reserve[1]}"
    await world.done(dispatcher(world), answering("Excuse"), input=place(last["id"], reason="出差"))
    none = await world.ask(dispatcher(world), REPLACE, input=place(last["id"]))
    assert (codes(none), none["errors"][0]["extensions"]["rule"]) == (["RULE_NOT_MET"], "dispatch.reserve")


async def test_reasons_are_needed_and_bounded(world: World) -> None:
    visit, known = await offered(world)
    one = visit["team"][0]
    who = actor_of(known, one["supervisor"]["id"])
    for reason, problem in ((" ", "required"), ("长" * 501, "too_long")):
        answer = await world.ask(who, answering("Recuse"), input=place(one["id"], reason=reason))
        assert (codes(answer), answer["errors"][0]["extensions"]["problem"]) == (["BAD_USER_INPUT"], problem)
    assert {row.status for row in await world.rows(Assignment, center_id=world.center.id)} == {"OFFERED"}


@pytest.mark.requirement("INV01", "Y025", "B025")
async def test_own_agency_is_refused_at_acceptance(world: World) -> None:
    team = [await supervisor(world, employer=world.agencies[0]), await supervisor(world)]
    visit, _ = await dispatched(world, team=team, accepted=False)
    mine = (await world.rows(Assignment, inspection_id=visit.id, person_id=team[0][0].person_id))[0]
    answer = await world.ask(team[0][1], ACCEPT, input=place(mine.id))
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
    assert codes(await world.ask(team[0][1], ACCEPT, input=place(mine.id))) == ["FORBIDDEN"]


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


@pytest.mark.requirement("A10")
async def test_the_dispatcher_is_warned_of_who_was_an_assessor_there_in_the_year_before(world: World) -> None:
    number = id_number()
    before = await recognition(world, assessors=[Named("周八", number)])
    (known,) = await world.rows(Assessor, recognition_session_id=before.id)
    async with world.transaction() as session:
        who = await session.merge((await world.rows(Person, id=known.person_id))[0])
    member, leader = await supervisor(world, person=who), await supervisor(world)
    here = await recognition(world, starts_at=before.starts_at + timedelta(hours=4))
    elsewhere = await recognition(world, agency=2, starts_at=before.starts_at + timedelta(hours=8))
    asking = "query($id: ID!) { inspection(id: $id) { team { person { id } assessedThereAt } } }"
    for held, by, warned in ((here, "district_dispatcher_0", before.starts_at), (elsewhere, "district_dispatcher_1", None)):
        visit, _ = await dispatched(world, of=held, team=[leader, member], by=by)
        team = (await world.done(by, asking, id=shown("insp", visit.id)))["inspection"]["team"]
        assert [one["assessedThereAt"] for one in team] == [None, warned and warned.strftime("%Y-%m-%dT%H:%M:%S.%fZ")]
        mine = (await world.done(member[1], asking, id=shown("insp", visit.id)))["inspection"]["team"]
        assert [one["assessedThereAt"] for one in mine] == [None, None], "for who may send another one"


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


async def test_who_did_not_come_is_marked_after_the_beginning(world: World) -> None:
    visit, team = await notified(world)
    mine = (await world.rows(Assignment, inspection_id=visit.id, person_id=team[0][0].person_id))[0]
    marking = "mutation($input: AssignmentMarkNoShowInput!) { assignmentMarkNoShow(input: $input) { assignment { status } } }"
    assert codes(await world.ask("district_dispatcher_0", marking, input=place(mine.id))) == ["CONFLICT"]
    data = await world.done("district_dispatcher_0", marking, at=mine.starts_at, input=place(mine.id))
    assert data["assignmentMarkNoShow"]["assignment"]["status"] == "NO_SHOW"


@pytest.mark.requirement("Y024", "Y094")
async def test_accepting_acknowledges_the_code_of_conduct_of_the_rules_in_force(world: World) -> None:
    """Which rules those were is kept; whoever has read others is told before anything is accepted."""
    visit, known = await offered(world)
    first, second = visit["team"]
    (rules,) = await world.rows(Profile, organization_id=world.center.id)
    other = Profile(slug=rules.slug, title=rules.title, organization_id=rules.organization_id, effective_from=date(2020, 1, 1), rules=rules.rules)
    async with world.transaction() as session:
        session.add(other)
    actor = actor_of(known, first["supervisor"]["id"])
    stale = await world.ask(actor, ACCEPT, input=place(first["id"], code=shown("prof", other.id)))
    assert (codes(stale), stale["errors"][0]["extensions"]["rule"]) == (["RULE_NOT_MET"], "assignment.code")
    assert [one.code_id for one in await world.rows(Assignment, id=UUID(first["id"].partition("_")[2]))] == [None]
    await world.done(actor, ACCEPT, input=place(first["id"], code=shown("prof", rules.id)))
    await world.done(actor_of(known, second["supervisor"]["id"]), ACCEPT, input=place(second["id"]))
    told = "query($id: ID!) { assignment(id: $id) { code { id } history(first: 9) { nodes { step profile { id } } } } }"
    for one in (first, second):
        found = (await world.done("center_admin", told, id=one["id"]))["assignment"]
        assert found["code"] == {"id": shown("prof", rules.id)}
        assert [step["profile"] for step in found["history"]["nodes"] if step["step"] == "ACCEPT"] == [{"id": shown("prof", rules.id)}]


@pytest.mark.requirement("Y024", "Y094")
async def test_the_acceptance_names_the_digest_of_the_code_that_was_read(world: World) -> None:
    """Who accepts reads the text first; what was acknowledged can be shown for ever, whatever is published later."""
    async with world.transaction() as session:
        force = await rules_for(session, world.center.id, on=date(2026, 9, 1))
        rules = replace(force.rules, effective_from=date(2026, 9, 1))
        home = (await session.exec(select(Organization).where(col(Organization.id) == world.center.id))).one()
        row, _ = await published(session, home, rules, act=world.act("center_admin"), texts=Texts("工作守则：廉洁自律"))
    inspection, team = await dispatched(world, accepted=False)
    actor = team[0][1]
    (mine,) = await world.rows(Assignment, inspection_id=inspection.id, person_id=actor.person_id)
    read = (await world.done(actor, "query($id: ID!) { profile(id: $id) { codeOfConduct codeDigest } }", id=shown("prof", row.id)))["profile"]
    assert read == {"codeOfConduct": "工作守则：廉洁自律", "codeDigest": sha256("工作守则：廉洁自律".encode()).hexdigest()}
    await world.done(actor, ACCEPT, input=place(mine.id, code=shown("prof", row.id)))
    told = "query($id: ID!) { assignment(id: $id) { code { codeDigest } history(first: 9) { nodes { step reason } } } }"
    found = (await world.done("center_admin", told, id=shown("asg", mine.id)))["assignment"]
    assert found["code"]["codeDigest"] == read["codeDigest"]
    assert [one["reason"] for one in found["history"]["nodes"] if one["step"] == "ACCEPT"] == [f"工作守则 sha256:{read['codeDigest']}"]
