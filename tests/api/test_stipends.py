"""The ledger of duties done, and what is paid for them (000 §16, §18)."""

from datetime import date, timedelta
from typing import Any

import pytest

from models.dispatch import Assignment
from models.stipends import StipendLine, StipendRate
from tests.making_inspections import notified
from tests.making_returns import served
from tests.making_years import LATER, actor_of, all_of_it, payer, rated, worked
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

SET = """mutation($input: StipendRateSetInput!) { stipendRateSet(input: $input) {
  rate { id effectiveFrom leaderFen memberFen organization { id } } event { step } } }"""
PAY = """mutation($input: AssignmentPayInput!) { assignmentPay(input: $input) {
  stipend { id amountFen rate { id } person { id } assignment { id } } event { step } replayed } }"""
LEDGER = """query($filter: WorkLedgerLineFilter) { workLedger(first: 9, filter: $filter) { totalCount nodes {
  id dutyOn minutes role checkedInAt agency { id } recognitionSession { occupation } inspection { status } supervisor { id }
  assignment { id } stipend { amountFen } } } }"""
LINES = "{ stipendLines(first: 9) { nodes { amountFen } } stipendRates(first: 9) { nodes { leaderFen } } }"


def why(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


def standard(**other: object) -> dict[str, object]:
    said = {"effectiveFrom": "2026-09-16", "leaderFen": 30_000, "memberFen": 20_000, "document": "补助标准通知"}
    return {**said, "idempotencyKey": key()} | other


def paying(place: Assignment) -> dict[str, object]:
    return {"assignment": shown("asg", place.id), "idempotencyKey": key()}


@pytest.mark.requirement("Y066", "D28")
async def test_who_sends_sets_the_standard(yunnan: World, world: World) -> None:
    done = (await yunnan.done("center_admin", SET, input=standard()))["stipendRateSet"]
    assert (done["event"]["step"], done["rate"]["leaderFen"], done["rate"]["organization"]["id"]) == ("SET", 30_000, shown("ctr", yunnan.center.id))
    for asker in ("center_clerk", "center_dispatcher", "agency_admin_0"):
        assert codes(await yunnan.ask(asker, SET, input=standard(effectiveFrom="2026-10-01"))) == ["FORBIDDEN"], asker
    for said, problem in ((standard(effectiveFrom="2026-09-15"), "day_over"), (standard(effectiveFrom="2026-10-01", memberFen=0), "range")):
        answer = await yunnan.ask("center_admin", SET, input=said)
        assert (codes(answer), why(answer)["problem"]) == (["BAD_USER_INPUT"], problem)
    twice = await yunnan.ask("center_admin", SET, input=standard(leaderFen=1))
    assert (codes(twice), why(twice)["reason"]) == (["CONFLICT"], "DUPLICATE")
    assert len(await yunnan.rows(StipendRate, center_id=yunnan.center.id)) == 1
    none = await world.ask("center_admin", SET, input=standard())
    assert (codes(none), why(none)["rule"], why(none)["article"]) == (["RULE_NOT_MET"], "stipend.enabled", "000 §18")


@pytest.mark.requirement("Y058", "Y066")
async def test_the_ledger_has_a_line_for_each_duty_done_with_what_was_paid(yunnan: World, world: World) -> None:
    for home in (yunnan, world):
        await all_of_it(home)
        await rated(home)
        await rated(home, since=date(2026, 9, 25), leader=90_000)
        places, team = await worked(home)
        clerk, later = payer(home)[1], home.now + LATER
        assert [one.status for one in places] == ["DONE"] * 2
        paid = (await home.done(clerk, PAY, at=later, input=paying(places[0])))["assignmentPay"]
        assert (paid["stipend"]["amountFen"], paid["event"]["step"]) == (30_000, "ENTER"), "by the standard of the day of duty"
        twice = await home.ask(clerk, PAY, at=later, input=paying(places[0]))
        assert (codes(twice), why(twice)["reason"]) == (["CONFLICT"], "DUPLICATE")
        await home.done(clerk, PAY, at=later, input=paying(places[1]))
        leader = actor_of(team, places[0])
        (line,) = (await home.done(leader, LEDGER, filter={"person": {"eq": shown("per", leader.person_id)}}))["workLedger"]["nodes"]
        assert (line["dutyOn"], line["role"], line["minutes"]) == ("2026-09-19", "LEADER", 180)
        assert line["checkedInAt"] is not None
        assert (line["agency"]["id"], line["recognitionSession"]["occupation"]) == (shown("agc", home.agencies[0].id), "电工")
        assert (line["inspection"]["status"], line["assignment"]["id"]) == ("CLOSED", shown("asg", places[0].id))
        assert line["stipend"] == {"amountFen": 30_000}


@pytest.mark.requirement("Y066")
async def test_a_stipend_is_between_who_pays_and_who_is_paid(world: World) -> None:
    await all_of_it(world)
    await rated(world)
    places, team = await worked(world)
    await world.done("district_clerk_0", PAY, at=world.now + LATER, input=paying(places[0]))
    readers: dict[Any, tuple[int, int]] = {actor_of(team, places[0]): (1, 0), actor_of(team, places[1]): (0, 0)}
    readers |= {"center_auditor": (1, 1), "district_admin_0": (1, 1), "district_admin_1": (0, 0), "agency_admin_0": (0, 0)}
    for asker, (lines, rates) in readers.items():
        found = await world.done(asker, LINES)
        assert (len(found["stipendLines"]["nodes"]), len(found["stipendRates"]["nodes"])) == (lines, rates), asker
    for asker, code in (("district_dispatcher_0", "FORBIDDEN"), ("center_clerk", "FORBIDDEN"), ("district_clerk_1", "NOT_FOUND")):
        assert codes(await world.ask(asker, PAY, at=world.now + LATER, input=paying(places[1]))) == [code], asker
    (seen,) = [one for one in (await world.done("agency_admin_0", LEDGER))["workLedger"]["nodes"] if one["role"] == "LEADER"]
    assert seen["stipend"] is None, "the agency learns who came, not what they are paid"
    assert len(await world.rows(StipendLine, center_id=world.center.id)) == 1


@pytest.mark.requirement("Y066", "D28")
async def test_nothing_is_paid_before_the_work_is_done_and_reported(yunnan: World, world: World) -> None:
    visit, _ = await notified(yunnan)
    open_place = (await yunnan.rows(Assignment, inspection_id=visit.id))[0]
    early = await yunnan.ask("center_clerk", PAY, input=paying(open_place))
    assert (codes(early), why(early)["reason"]) == (["CONFLICT"], "STATE")
    unreported, _ = await served(yunnan, rectify=False, no=())
    async with yunnan.transaction() as session:
        for one in await yunnan.rows(Assignment, inspection_id=unreported.id):
            one.status = "DONE"
            await session.merge(one)
    place = (await yunnan.rows(Assignment, inspection_id=unreported.id))[0]
    missing = await yunnan.ask("center_clerk", PAY, at=yunnan.now + LATER, input=paying(place))
    assert (codes(missing), why(missing)["rule"]) == (["RULE_NOT_MET"], "stipend.report")
    places, _ = await worked(world)
    off = await world.ask("district_clerk_0", PAY, at=world.now + LATER, input=paying(places[0]))
    assert (codes(off), why(off)["rule"]) == (["RULE_NOT_MET"], "stipend.enabled")
    await all_of_it(world)
    await rated(world, since=date(2026, 9, 16) + timedelta(days=30))
    unset = await world.ask("district_clerk_0", PAY, at=world.now + LATER, input=paying(places[0]))
    assert (codes(unset), why(unset)["rule"]) == (["RULE_NOT_MET"], "stipend.rate")
    for home in (yunnan, world):
        assert await home.rows(StipendLine, center_id=home.center.id) == []
