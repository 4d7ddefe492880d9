"""Inspections that no draw made: who may send whom for what, under both profiles."""

from datetime import timedelta
from typing import Any

import pytest

from authz.actor import Actor
from models.dispatch import Assignment
from models.inspections import Inspection, InspectionForm, InspectionStatus
from tests.making_draws import confirmed, roster
from tests.making_forms import begun, sending, sent, times
from tests.making_inspections import Member, dispatched
from tests.making_returns import again
from tests.making_sessions import recognition
from tests.making_supervisors import supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

FIELDS = """id status form topic year venue scheduledOn draw { id } dispatcher { name } agency { id } recognitionSession { id }
  team { role status supervisor { id } startsAt endsAt }"""
SEND = f"mutation($input: InspectionSendInput!) {{ inspectionSend(input: $input) {{ replayed event {{ step }} inspection {{ {FIELDS} }} }} }}"
DISPATCH = f"mutation($input: InspectionDispatchInput!) {{ inspectionDispatch(input: $input) {{ event {{ step }} inspection {{ {FIELDS} }} }} }}"
NOTIFY = "mutation($input: InspectionNotifyInput!) { inspectionNotify(input: $input) { inspection { status } } }"
SPECIAL, ANNUAL, COMPREHENSIVE = InspectionForm.SPECIAL, InspectionForm.ANNUAL, InspectionForm.COMPREHENSIVE


async def two(world: World) -> list[Member]:
    return [await supervisor(world) for _ in range(2)]


async def refused(world: World, actor: Actor | str, document: str, said: dict[str, Any]) -> dict[str, Any]:
    """Why it is; nothing has been made."""
    before = len(await world.rows(Inspection, center_id=world.center.id))
    answer = await world.ask(actor, document, input={"idempotencyKey": key(), **said})
    assert set(answer["data"].values()) == {None}
    assert len(await world.rows(Inspection, center_id=world.center.id)) == before
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


def at_session(row: Any, team: list[Member], **more: Any) -> dict[str, Any]:
    return {"recognitionSession": shown("ses", row.id), "team": [shown("sup", one.id) for one, _ in team], **more}


@pytest.mark.requirement("Y033", "Y035", "D20")
async def test_the_center_sends_a_team_on_a_topic(yunnan: World) -> None:
    team = await two(yunnan)
    done = await yunnan.done("center_dispatcher", SEND, input={"idempotencyKey": key(), **sending(yunnan, SPECIAL, team)})
    made = done["inspectionSend"]["inspection"]
    assert (made["form"], made["topic"], made["year"], made["venue"], made["status"]) == ("SPECIAL", "题库管理", None, "ONSITE", "DISPATCHED")
    assert (made["draw"], made["recognitionSession"], made["agency"]["id"]) == (None, None, shown("agc", yunnan.agencies[0].id))
    assert [(one["role"], one["supervisor"]["id"]) for one in made["team"]] == [
        ("LEADER", shown("sup", team[0][0].id)), ("MEMBER", shown("sup", team[1][0].id)),
    ]  # fmt: skip
    assert {one["status"] for one in made["team"]} == {"OFFERED"}
    hidden = await yunnan.ask("agency_admin_0", "query($id: ID!) { inspection(id: $id) { topic } }", id=made["id"])
    assert codes(hidden) == ["NOT_FOUND"]
    without = {name: value for name, value in sending(yunnan, SPECIAL, await two(yunnan)).items() if name != "topic"}
    assert (await refused(yunnan, "center_dispatcher", SEND, without))["problem"] == "required"


@pytest.mark.requirement("B006", "D20")
async def test_comprehensive_is_beijings_and_special_and_annual_are_yunnans(world: World, yunnan: World) -> None:
    for here, has, has_not in ((world, (COMPREHENSIVE,), (SPECIAL, ANNUAL)), (yunnan, (SPECIAL, ANNUAL), (COMPREHENSIVE,))):
        for form in has_not:
            found = await refused(here, "center_dispatcher", SEND, sending(here, form, await two(here)))
            assert (found["rule"], found["params"]) == ("inspection.forms", {"form": form.value})
        for form in has:
            said = {"idempotencyKey": key(), **sending(here, form, await two(here))}
            assert (await here.done("center_dispatcher", SEND, input=said))["inspectionSend"]["event"]["step"] == "DISPATCH"
    for form in (InspectionForm.ONSITE, InspectionForm.SPOT_CHECK):
        found = await refused(world, "center_dispatcher", SEND, sending(world, form, await two(world)))
        assert (found["code"], found["problem"]) == ("BAD_USER_INPUT", "unknown")


@pytest.mark.requirement("Y035", "Y036", "B006")
async def test_nobody_but_the_center_sends(world: World, yunnan: World) -> None:
    for here, form, others in (
        (world, COMPREHENSIVE, ("district_dispatcher_0", "district_admin_0", "center_admin", "center_clerk", "agency_admin_0")),
        (yunnan, ANNUAL, ("center_admin", "agency_admin_0", "agency_clerk_0")),
    ):
        team = await two(here)
        for who in (*others, team[0][1]):
            assert (await refused(here, who, SEND, sending(here, form, team)))["code"] == "FORBIDDEN"


async def test_an_agency_of_another_center_is_not_ours_to_inspect(world: World, elsewhere: World) -> None:
    said = sending(world, COMPREHENSIVE, await two(world), agency=shown("agc", elsewhere.agencies[0].id))
    assert (await refused(world, "center_dispatcher", SEND, said))["code"] == "FORBIDDEN"
    assert await elsewhere.rows(Inspection, center_id=elsewhere.center.id) == []


@pytest.mark.requirement("Y036")
async def test_each_agency_once_a_year_by_two_with_a_leader(yunnan: World) -> None:
    alone = sending(yunnan, ANNUAL, [await supervisor(yunnan)])
    found = await refused(yunnan, "center_dispatcher", SEND, alone)
    assert (found["rule"], found["article"], found["params"]) == ("annual_inspection.team_min", "000 §10(三)", {"needed": 2, "have": 1})
    first, _ = await sent(yunnan, ANNUAL)
    assert (first.year, first.recognition_session_id) == (2026, None)
    second = sending(yunnan, ANNUAL, await two(yunnan))
    found = await refused(yunnan, "center_dispatcher", SEND, second)
    assert (found["rule"], found["article"], found["params"]) == ("annual_inspection.period", "000 §10(三)", {"year": 2026})
    other = second | {"agency": shown("agc", yunnan.agencies[1].id), "idempotencyKey": key()}
    assert (await yunnan.done("center_dispatcher", SEND, input=other))["inspectionSend"]["inspection"]["year"] == 2026
    next_year = (yunnan.now + timedelta(days=110)).isoformat(), (yunnan.now + timedelta(days=111)).isoformat()
    later = sending(yunnan, ANNUAL, await two(yunnan), startsAt=next_year[0], endsAt=next_year[1], idempotencyKey=key())
    assert (await yunnan.done("center_dispatcher", SEND, input=later))["inspectionSend"]["inspection"]["year"] == 2027
    cancel = "mutation($input: InspectionCancelInput!) { inspectionCancel(input: $input) { inspection { status } } }"
    off = {"idempotencyKey": key(), "inspection": shown("insp", first.id), "reason": "改期"}
    await yunnan.done("center_dispatcher", cancel, input=off)
    await yunnan.done("center_dispatcher", SEND, input={"idempotencyKey": key(), **sending(yunnan, ANNUAL, await two(yunnan))})
    places = await recognition(yunnan)
    of_one = sending(yunnan, ANNUAL, await two(yunnan), recognitionSession=shown("ses", places.id))
    assert (await refused(yunnan, "center_dispatcher", SEND, of_one))["problem"] == "unknown"


@pytest.mark.requirement("Y025", "B025", "B026", "INV01", "INV19")
async def test_everybody_stands_under_the_exclusions_of_a_draw(world: World, yunnan: World) -> None:
    for here, form in ((world, COMPREHENSIVE), (yunnan, SPECIAL)):
        good = await supervisor(here)
        own = await supervisor(here, employer=here.agencies[0])
        cardless, without_term = await supervisor(here, carded=False), await supervisor(here, appointed=False)
        busy = await supervisor(here)
        await dispatched(here, of=await recognition(here, agency=1), team=[busy, await supervisor(here)])
        old = await supervisor(here, "EXTERNAL", birth=None)
        for bad, reason in ((own, "OWN_AGENCY"), (cardless, "CARD_INVALID"), (busy, "OVERLAPPING_DUTY")):
            found = await refused(here, "center_dispatcher", SEND, sending(here, form, [good, bad]))
            assert (found["rule"], found["params"]["member"], found["params"]["reason"]) == ("dispatch.person", 2, reason)
            assert "第1区" not in str(found)
        if here is yunnan:
            found = await refused(here, "center_dispatcher", SEND, sending(here, form, [without_term, good]))
            assert (found["params"]["member"], found["params"]["reason"]) == (1, "TERM_ENDED")
        inside = await supervisor(here, "INTERNAL", employer=here.agencies[1])
        assert (await refused(here, "center_dispatcher", SEND, sending(here, form, [good, inside])))["problem"] == "not_on_roster"
        assert (await refused(here, "center_dispatcher", SEND, sending(here, form, [good, good])))["problem"] == "repeated"
        assert (await refused(here, "center_dispatcher", SEND, sending(here, form, [])))["problem"] == "required"
        await here.done("center_dispatcher", SEND, input={"idempotencyKey": key(), **sending(here, form, [good, old])})


async def test_the_times_are_asked_for_and_bounded(yunnan: World) -> None:
    team = await two(yunnan)
    starts, ends = times(yunnan).values()
    for field, value, problem in (
        ("startsAt", None, "required"),
        ("endsAt", None, "required"),
        ("startsAt", (yunnan.now - timedelta(hours=1)).isoformat(), "past"),
        ("endsAt", starts.isoformat(), "visit_length"),
        ("endsAt", (starts + timedelta(days=8)).isoformat(), "visit_length"),
    ):
        said = sending(yunnan, SPECIAL, team) | {field: value}
        found = await refused(yunnan, "center_dispatcher", SEND, {name: one for name, one in said.items() if one is not None})
        assert (found["code"], found["problem"]) == ("BAD_USER_INPUT", problem)
    assert ends - starts == timedelta(hours=6)


@pytest.mark.requirement("B005", "B007", "D20")
async def test_a_spot_check_by_name(world: World, yunnan: World) -> None:
    place, team = await recognition(world), await two(world)
    foreign = at_session(place, team)
    assert (await refused(world, "district_dispatcher_1", DISPATCH, foreign))["code"] == "NOT_FOUND"
    for who in ("agency_admin_0", "district_clerk_0", "center_admin"):
        assert (await refused(world, who, DISPATCH, foreign))["code"] == "FORBIDDEN"
    alone = at_session(place, team[:1])
    assert (await refused(world, "district_dispatcher_0", DISPATCH, alone))["rule"] == "team.min"
    said = at_session(place, team, topic="抽查报考条件和认定结果", idempotencyKey=key())
    made = (await world.done("district_dispatcher_0", DISPATCH, input=said))["inspectionDispatch"]["inspection"]
    assert (made["form"], made["topic"], made["venue"]) == ("SPOT_CHECK", "抽查报考条件和认定结果", "ONSITE")
    assert made["recognitionSession"] == {"id": shown("ses", place.id)}
    twice = at_session(place, await two(world))
    assert (await refused(world, "district_dispatcher_0", DISPATCH, twice))["reason"] == "DUPLICATE"
    await world.done("center_dispatcher", DISPATCH, input={"idempotencyKey": key(), **twice})
    elsewhere = at_session(await recognition(yunnan), await two(yunnan))
    assert (await refused(yunnan, "center_dispatcher", DISPATCH, elsewhere))["rule"] == "inspection.forms"


@pytest.mark.requirement("B067", "INV20")
@pytest.mark.parametrize("mode", ["EXAM", "PROCESS", "DIRECT", "RESULT"])
async def test_inv20_the_desk_only_for_direct_and_result(world: World, yunnan: World, mode: str) -> None:
    """By a spot check at the desk in Beijing; in Yunnan a special inspection takes the venue that the mode calls for."""
    said = at_session(await recognition(world, mode=mode, starts_at=world.now + timedelta(days=6)), await two(world), venue="DESK")
    at_desk = mode in {"DIRECT", "RESULT"}
    if at_desk:
        made = (await world.done("district_dispatcher_0", DISPATCH, input={"idempotencyKey": key(), **said}))["inspectionDispatch"]
        assert made["inspection"]["venue"] == "DESK"
    else:
        found = await refused(world, "district_dispatcher_0", DISPATCH, said)
        assert (found["rule"], found["params"]) == ("inspection.desk_modes", {"mode": mode})
    place = await recognition(yunnan, mode=mode, starts_at=yunnan.now + timedelta(days=6))
    special = sending(yunnan, SPECIAL, await two(yunnan), recognitionSession=shown("ses", place.id), idempotencyKey=key())
    made = (await yunnan.done("center_dispatcher", SEND, input=special))["inspectionSend"]["inspection"]
    assert (made["venue"], made["recognitionSession"]) == ("DESK" if at_desk else "ONSITE", {"id": shown("ses", place.id)})


@pytest.mark.requirement("Y037", "INV03")
async def test_notice_offers_and_check_in_as_usual(yunnan: World, world: World) -> None:
    for here, form in ((yunnan, ANNUAL), (world, COMPREHENSIVE)):
        visit, team, at = await begun(here, form)
        assert visit.status is InspectionStatus.IN_PROGRESS
        ask = "query($id: ID!) { inspection(id: $id) { form checklist { agencyName template { kind example } } } }"
        seen = (await here.done("agency_admin_0", ask, id=shown("insp", visit.id)))["inspection"]
        kind = "ANNUAL" if form is ANNUAL else "AGENCY"
        assert seen == {
            "form": form.value, "checklist": {"agencyName": here.agencies[0].name, "template": {"kind": kind, "example": True}},
        }  # fmt: skip
        assert len(await here.rows(Assignment, inspection_id=visit.id)) == len(team)
        assert at == (await here.rows(Assignment, inspection_id=visit.id))[0].starts_at


@pytest.mark.requirement("B029")
async def test_a_place_that_was_left_is_filled_by_name(world: World) -> None:
    visit, team = await sent(world, COMPREHENSIVE)
    excuse = "mutation($input: AssignmentExcuseInput!) { assignmentExcuse(input: $input) { assignment { status } } }"
    fill = "mutation($input: AssignmentReplaceInput!) { assignmentReplace(input: $input) { assignment { status role replaces { id } supervisor { id } } } }"
    (left,) = await world.rows(Assignment, inspection_id=visit.id, supervisor_id=team[0][0].id)
    place, (next_, _) = {"assignment": shown("asg", left.id)}, await supervisor(world)
    named = {**place, "supervisor": shown("sup", next_.id)}
    assert (await refused(world, "center_dispatcher", fill, named))["reason"] == "STATE"
    await world.done("center_dispatcher", excuse, input={"idempotencyKey": key(), **place, "reason": "生病"})
    own = await supervisor(world, employer=world.agencies[0])
    barred = await refused(world, "center_dispatcher", fill, {**place, "supervisor": shown("sup", own[0].id)})
    assert (barred["rule"], barred["params"]["reason"]) == ("dispatch.person", "OWN_AGENCY")
    assert (await refused(world, "center_dispatcher", fill, place))["rule"] == "dispatch.reserve"
    done = (await world.done("center_dispatcher", fill, input={"idempotencyKey": key(), **named}))["assignmentReplace"]["assignment"]
    assert done == {"status": "OFFERED", "role": "LEADER", "replaces": {"id": shown("asg", left.id)}, "supervisor": {"id": shown("sup", next_.id)}}
    assert (await refused(world, "center_dispatcher", fill, named))["reason"] == "DUPLICATE"


@pytest.mark.requirement("B029", "Y045")
async def test_nobody_is_named_into_a_team_that_was_drawn(world: World) -> None:
    people = await roster(world, 4)
    await recognition(world)
    (pick,) = await confirmed(world)
    place = pick["inspection"]["team"][0]["id"]
    fill = "mutation($input: AssignmentReplaceInput!) { assignmentReplace(input: $input) { assignment { status } } }"
    said = {"assignment": place, "supervisor": shown("sup", people[0][0].id)}
    assert (await refused(world, "district_dispatcher_0", fill, said))["rule"] == "dispatch.by_lot"


async def test_one_call_of_two_makes_the_annual_inspection(yunnan: World) -> None:
    """The table refuses the second of two at once, where neither has seen the other."""
    first, _ = await sent(yunnan, ANNUAL)
    async with yunnan.transaction() as session:
        stored = await again(session, Inspection, first.id)
        twin = {name: value for name, value in stored.model_dump().items() if name not in {"id", "created_at", "updated_at"}}
    with pytest.raises(Exception, match="uq_inspection_annual_once"):
        async with yunnan.transaction() as session:
            session.add(Inspection(**twin))


async def test_inspections_are_found_by_form_topic_and_year(yunnan: World) -> None:
    special, _ = await sent(yunnan, SPECIAL)
    annual, _ = await sent(yunnan, ANNUAL, days=9)
    ask = "query($f: InspectionFilter) { inspections(first: 9, filter: $f) { nodes { id } } }"
    for wanted, found in (
        ({"form": {"eq": "ANNUAL"}}, [annual]),
        ({"topic": {"contains": "题库"}, "form": {"eq": "SPECIAL"}}, [special]),
        ({"year": {"from": 2026, "until": 2027}}, [annual]),
        ({"year": {"from": 2027}}, []),
    ):
        data = await yunnan.done("center_clerk", ask, f=wanted)
        assert [one["id"] for one in data["inspections"]["nodes"]] == [shown("insp", one.id) for one in found]


@pytest.mark.requirement("B067", "INV20", "B006")
async def test_results_are_checked_at_the_desk_on_a_day_after_the_session(world: World) -> None:
    """Of direct and result recognition (003 §13(三)), also after it was held; what is seen on site has the times of the session."""
    held = await recognition(world, mode="RESULT", starts_at=world.now - timedelta(days=9), at=world.now - timedelta(days=10))
    times_of = {"startsAt": (world.now + timedelta(days=5)).isoformat(), "endsAt": (world.now + timedelta(days=5, hours=6)).isoformat()}
    said = {"idempotencyKey": key(), **at_session(held, await two(world), **times_of)}
    made = (await world.done("district_dispatcher_0", DISPATCH, input=said))["inspectionDispatch"]["inspection"]
    assert (made["venue"], made["scheduledOn"]) == ("DESK", str((world.now + timedelta(days=5)).date()))
    assert {one["startsAt"][:16] for one in made["team"]} == {times_of["startsAt"][:16]}
    coming, exam = await recognition(world, mode="DIRECT", starts_at=world.now + timedelta(days=20)), await recognition(world)
    team = await two(world)
    for row, more, field, problem in (
        (coming, times_of, "startsAt", "before_session"),
        (coming, {"startsAt": times_of["startsAt"]}, "endsAt", "required"),
        (exam, times_of, "startsAt", "of_the_session"),
    ):
        found = await refused(world, "district_dispatcher_0", DISPATCH, at_session(row, team, **more))
        assert (found["code"], found["field"], found["problem"]) == ("BAD_USER_INPUT", field, problem)
