import json

import pytest

from domain.errors import Unmet
from domain.inspections import STEPS, Step, dispatch
from domain.offers import STEPS as OFFER_STEPS
from domain.offers import Step as OfferStep
from domain.profiles import parse_profile
from domain.visits import visit_to
from models.dispatch import Assignment, AssignmentStatus
from models.inspections import Inspection, InspectionStatus, Venue
from tests.making_draws import ACCEPT, place
from tests.making_inspections import dispatched, notified
from tests.making_sessions import recognition
from tests.making_supervisors import supervisor
from tests.world import PROFILES, World, codes, key, shown

pytestmark = pytest.mark.anyio

NOTIFY = "mutation($input: InspectionNotifyInput!) { inspectionNotify(input: $input) { replayed inspection { status notifiedAt } event { step } } }"
CANCEL = "mutation($input: InspectionCancelInput!) { inspectionCancel(input: $input) { inspection { status cancelReason team { status } } } }"


def test_the_state_tables_know_every_step() -> None:
    assert {step for _, step in STEPS} == set(Step) - {Step.DISPATCH}
    assert {status for status, _ in STEPS} | set(STEPS.values()) == set(InspectionStatus)
    assert {step for _, step in OFFER_STEPS} == set(OfferStep) - {OfferStep.OFFER}
    assert {status for status, _ in OFFER_STEPS} | set(OFFER_STEPS.values()) == set(AssignmentStatus)


@pytest.mark.requirement("Y037", "B029", "INV03")
async def test_the_notice_needs_the_whole_team(world: World) -> None:
    visit, team = await dispatched(world, accepted=False)
    said = {"idempotencyKey": key(), "inspection": shown("insp", visit.id)}
    answer = await world.ask("district_dispatcher_0", NOTIFY, input=said)
    refused = answer["errors"][0]["extensions"]
    assert (refused["rule"], refused["params"], answer["data"]) == ("team.min", {"needed": 2, "have": 0}, {"inspectionNotify": None})
    for row, actor in team:
        mine = (await world.rows(Assignment, inspection_id=visit.id, person_id=row.person_id))[0]
        await world.done(actor, ACCEPT, input=place(mine.id))
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
