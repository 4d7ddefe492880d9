"""Taint analysis (N15): what a revoked supervisor took part in is queued with its risk, and each is settled by somebody else."""

from typing import Any

import pytest
from sqlalchemy import text

from models.cases import Ground, SupervisorCase
from models.events import Event
from models.rechecks import Recheck, RecheckStatus, Risk
from tests.making_inspections import notified
from tests.making_rechecks import decided, later, tainted, visited_again, waiting
from tests.making_returns import signed
from tests.making_supervisors import supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

CONFIRM_CASE = "mutation($input: SupervisorCaseConfirmInput!) { supervisorCaseConfirm(input: $input) { case { id status } } }"
ORDER = "mutation($input: RecheckOrderInput!) { recheckOrder(input: $input) { replayed event { step reason } case { id } } }"
ROW = "recheck { id status reason decidedBy { id } repeatedBy { id } availableSteps { mutation } }"
CONFIRM = f"mutation($input: RecheckConfirmInput!) {{ recheckConfirm(input: $input) {{ event {{ step }} {ROW} }} }}"
REPEAT = f"mutation($input: RecheckRepeatInput!) {{ recheckRepeat(input: $input) {{ event {{ step }} {ROW} }} }}"
LIST = """query($filter: RecheckFilter) { rechecks(first: 9, filter: $filter, orderBy: {field: QUEUED_AT, direction: ASC}) { totalCount nodes {
  id inspection { id } case { id } person { id } leader lines linesEntered independent risk status } } }"""


def why(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


def on(row: Recheck | SupervisorCase, **other: object) -> dict[str, object]:
    name, prefix = ("recheck", "rchk") if isinstance(row, Recheck) else ("case", "scase")
    return {name: shown(prefix, row.id), "idempotencyKey": key(), **other}


@pytest.mark.requirement("N15", "Y078", "B060")
@pytest.mark.parametrize("college", [False, True], ids=["beijing", "yunnan"])
async def test_a_revocation_queues_all_that_the_person_inspected(world: World, yunnan: World, *, college: bool) -> None:
    home = yunnan if college else world
    visit, team = await signed(home)
    await notified(home, of=await later(home, visit, days=20), team=[team[1], await supervisor(home)])
    led = await visited_again(home, visit, team=[team[1], await supervisor(home)])
    case = await decided(home, team[1][0])
    second = await home.hire("center_admin", home.center, name="second")
    given = {"case": shown("scase", case.id), "idempotencyKey": key()}
    await home.done(second, CONFIRM_CASE, input=given)
    found = (await home.done("center_admin", LIST))["rechecks"]["nodes"]
    by_visit = {one["inspection"]["id"]: one for one in found}
    assert set(by_visit) == {shown("insp", one.id) for one in (visit, led)}, "what was only announced has no result to taint"
    beside, alone = by_visit[shown("insp", visit.id)], by_visit[shown("insp", led.id)]
    assert (beside["risk"], beside["independent"], beside["linesEntered"], beside["leader"]) == ("LOW", True, 0, False)
    assert (alone["risk"], alone["independent"], alone["linesEntered"], alone["leader"]) == ("HIGH", True, alone["lines"], True)
    assert {one["person"]["id"] for one in found} == {shown("per", team[1][1].person_id)}
    (told,) = await home.rows(Event, subject_id=case.id, step="ORDER_RECHECK")
    assert (told.reason, told.person_id) == ("2", second.person_id)


@pytest.mark.requirement("N15")
async def test_who_is_revoked_likewise_vouches_for_nobody(world: World) -> None:
    visit, team = await signed(world)
    await tainted(world, team[0][0])
    case = await tainted(world, team[1][0])
    (row,) = await world.rows(Recheck, case_id=case.id)
    assert (row.inspection_id, row.independent, row.risk, row.lines_entered) == (visit.id, False, Risk.HIGH, 0)


@pytest.mark.requirement("N15")
async def test_other_grounds_and_later_orders(world: World) -> None:
    """Negligence taints nothing; a revocation from before is ordered once, and what was ordered is not ordered again."""
    _, team = await signed(world)
    careless = await tainted(world, team[0][0], ground=Ground.NEGLIGENCE)
    before = await tainted(world, team[1][0], queued=False)
    assert await world.rows(Recheck, center_id=world.center.id) == []
    refused = await world.ask("center_admin", ORDER, input=on(careless))
    assert (codes(refused), why(refused)["rule"], why(refused)["article"]) == (["RULE_NOT_MET"], "taint.grounds", "003 §17")
    open_ = await decided(world, (await supervisor(world))[0])
    assert why(await world.ask("center_admin", ORDER, input=on(open_)))["reason"] == "STATE"
    done = (await world.done("center_admin", ORDER, input=on(before)))["recheckOrder"]
    assert done["event"] == {"step": "ORDER_RECHECK", "reason": "1"}
    again = await world.ask("center_admin", ORDER, input=on(before))
    assert (codes(again), why(again)["reason"]) == (["CONFLICT"], "DUPLICATE")
    assert len(await world.rows(Recheck, center_id=world.center.id)) == 1


@pytest.mark.requirement("N15")
async def test_a_result_stands_or_is_repeated(world: World) -> None:
    row, visit, _ = await waiting(world)
    for wrong in (visit, (await notified(world, of=await later(world, visit, days=5)))[0]):
        answer = await world.ask("center_clerk", REPEAT, input=on(row, repeatedBy=shown("insp", wrong.id), reason="重新督导"))
        assert (codes(answer), why(answer)["rule"]) == (["RULE_NOT_MET"], "recheck.other_visit")
    other = await visited_again(world, visit)
    assert codes(await world.ask("center_dispatcher", CONFIRM, input=on(row, reason="无影响"))) == ["FORBIDDEN"]
    assert (await world.rows(Recheck, id=row.id))[0].status is RecheckStatus.RECHECK
    done = (await world.done("center_clerk", REPEAT, input=on(row, repeatedBy=shown("insp", other.id), reason="结论一致")))["recheckRepeat"]
    clerk = {"id": shown("per", world.actors["center_clerk"].person_id)}
    assert done["event"] == {"step": "REPEAT"}
    assert done["recheck"] | {"id": ""} == {
        "id": "", "status": "REPEATED", "reason": "结论一致", "decidedBy": clerk, "repeatedBy": {"id": shown("insp", other.id)}, "availableSteps": [],
    }  # fmt: skip
    late = await world.ask("center_clerk", CONFIRM, input=on(row, reason="无影响"))
    assert (codes(late), why(late)["reason"]) == (["CONFLICT"], "STATE")


@pytest.mark.requirement("N15", "Y068")
async def test_who_sees_and_settles(world: World, elsewhere: World) -> None:
    row, visit, team = await waiting(world)
    readers = {"center_clerk": 1, "center_auditor": 1, "district_clerk_0": 1, "district_admin_1": 0, "agency_admin_0": 0}
    for asker, count in readers.items():
        assert (await world.done(asker, LIST))["rechecks"]["totalCount"] == count, asker
    assert (await world.done(team[1][1], LIST))["rechecks"]["totalCount"] == 0
    assert codes(await elsewhere.ask("center_admin", CONFIRM, input=on(row, reason="无影响"))) == ["NOT_FOUND"]
    assert codes(await world.ask("district_admin_0", CONFIRM, input=on(row, reason="无影响"))) == ["FORBIDDEN"]
    office = await world.hire("center_admin", world.center, name="back", person=None)
    (kept,) = await world.rows(Recheck, id=row.id)
    assert (kept.status, kept.decided_by) == (RecheckStatus.RECHECK, None)
    done = (await world.done(office, CONFIRM, input=on(row, reason="另一成员独立签字")))["recheckConfirm"]
    assert (done["recheck"]["status"], done["event"]) == ("CONFIRMED", {"step": "CONFIRM"})
    found = await world.done("center_admin", LIST, filter={"risk": {"eq": "LOW"}, "status": {"in": ["CONFIRMED"]}, "agency": {"eq": agency(visit)}})
    assert [one["id"] for one in found["rechecks"]["nodes"]] == [shown("rchk", row.id)]


def agency(visit: Any) -> str:
    return shown("agc", visit.agency_id)


@pytest.mark.requirement("N15")
async def test_what_was_found_and_what_was_settled_never_changes(world: World) -> None:
    row, _, _ = await waiting(world)
    await world.done("center_clerk", CONFIRM, input=on(row, reason="无影响"))
    for statement in ("UPDATE recheck SET risk = 'HIGH'", "UPDATE recheck SET status = 'RECHECK'", "UPDATE recheck SET reason = '别的'"):
        with pytest.raises(Exception, match="never changed"):
            async with world.transaction() as session:
                await (await session.connection()).execute(text(f"{statement} WHERE id = '{row.id}'"))
