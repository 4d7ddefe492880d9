"""What the clock does, with a clock that the test moves: each thing once, however often and by however many it is done."""

import asyncio
import secrets
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from app.worker import Center, Worker
from domain import organizations
from domain.calendar import start_of_day
from domain.supervisors import appoint
from models.base import HOUSE
from models.cases import SupervisorCase
from models.dispatch import Assignment
from models.events import Event
from models.inspections import Inspection
from models.opinions import Rectification
from models.supervisors import Appointment, Supervisor
from tests.api.test_refusals import offers_to
from tests.making_draws import ACCEPT, confirmed, place, roster
from tests.making_inspections import dispatched
from tests.making_returns import again, day_of, returned, served, signed
from tests.making_sessions import sessions
from tests.making_supervisors import revoked, supervisor
from tests.making_time import Refusing, kinds, round_of, steps_of_the_house, told
from tests.world import World, codes, shown

pytestmark = pytest.mark.anyio

ACT = "mutation($input: AssignmentReplaceInput!) { assignmentReplace(input: $input) { assignment { id } } }"


async def statuses(world: World) -> list[str]:
    return sorted(one.status.value for one in await world.rows(Assignment, center_id=world.center.id))


@pytest.mark.requirement("Y067", "A08", "B029")
async def test_silence_is_put_on_record_and_the_next_in_the_order_is_asked(world: World, yunnan: World) -> None:
    for home in (world, yunnan):
        people = await roster(home, 6)
        await sessions(home, 1)
        picks = await confirmed(home)
        (first, *_) = [one for pick in picks for one in pick["inspection"]["team"]]
        by = datetime.fromisoformat(first["replyBy"])
        seats = len(await statuses(home))
        await round_of(home, by - timedelta(seconds=1))
        assert await statuses(home) == ["OFFERED"] * seats
        assert (await round_of(home, by)).stepped == 2 * seats, "each silence, and each next one asked"
        assert await statuses(home) == sorted(["NO_REPLY", "OFFERED"] * seats)
        rows = await home.rows(Assignment, center_id=home.center.id)
        assert {one.replaces_id for one in rows if one.status == "OFFERED"} == {one.id for one in rows if one.status == "NO_REPLY"}
        assert (await round_of(home, by)).stepped == 0, "nothing is done twice"
        assert set(await steps_of_the_house(home)) - {"MONTHLY_RETURN_OVERDUE"} == {"MARK_NO_REPLY", "OFFER"}
        late = next(actor for row, actor in people if shown("sup", row.id) == first["supervisor"]["id"])
        assert codes(await home.ask(late, ACCEPT, input=place(first["id"]), at=by)) == ["CONFLICT"]
        assert "OFFER_LAPSED" in await kinds(home, late)
        dispatcher = "district_dispatcher_0" if home.districts else "center_dispatcher"
        assert "OFFER_LAPSED" in await kinds(home, dispatcher)


@pytest.mark.requirement("Y067", "Y068", "A08")
async def test_the_third_silence_opens_the_case_where_the_rules_have_one(world: World, yunnan: World) -> None:
    for home in (world, yunnan):
        row, actor = await supervisor(home)
        await offers_to(home, row, actor, 3)
        await round_of(home, home.now + timedelta(days=3))
        found = await home.rows(SupervisorCase, supervisor_id=row.id)
        assert [(one.opened_by, one.ground) for one in found] == ([(HOUSE, "REFUSAL_STREAK")] if home is yunnan else [])
        assert ("SUPERVISOR_CASE_OPENED" in await kinds(home, "center_admin")) is (home is yunnan)


@pytest.mark.requirement("B029")
async def test_where_nobody_is_left_the_dispatcher_is_told_once(world: World) -> None:
    await dispatched(world, accepted=False)
    late = world.now + timedelta(days=2, hours=12)
    for _ in range(3):
        await round_of(world, late)
    assert await statuses(world) == ["NO_REPLY", "NO_REPLY"]
    assert [one["kind"] for one in await told(world, "district_dispatcher_0", kind={"eq": "PLACE_UNFILLED"})] == ["PLACE_UNFILLED"] * 2
    assert "PLACE_UNFILLED" not in await kinds(world, "district_dispatcher_1")


async def term_of(world: World, row: Supervisor) -> Appointment:
    (found,) = await world.rows(Appointment, supervisor_id=row.id)
    return found


@pytest.mark.requirement("Y064", "INV07")
async def test_a_term_is_warned_of_and_ends(world: World, yunnan: World) -> None:
    for home in (world, yunnan):
        row, actor = await supervisor(home, appointed=False)
        async with home.transaction() as session:
            held = await again(session, Supervisor, row.id)
            await appoint(session, held, starts_on=date(2026, 9, 16), ends_on=date(2027, 9, 16), act=home.act("center_admin"))
        await round_of(home, start_of_day(date(2027, 6, 18)) - timedelta(seconds=1))
        assert (await term_of(home, row)).status == "ACTIVE"
        await round_of(home, start_of_day(date(2027, 6, 18)))
        warned = "EXPIRING" if home is yunnan else "ACTIVE"
        assert (await term_of(home, row)).status == warned, "90 days before the end; the other rules know no term and no warning"
        await round_of(home, start_of_day(date(2027, 9, 16)) - timedelta(seconds=1))
        assert (await term_of(home, row)).status == warned
        await round_of(home, start_of_day(date(2027, 9, 16)))
        assert (await term_of(home, row)).status == "EXPIRED"
        await round_of(home, start_of_day(date(2027, 9, 17)))
        steps = (["WARN"] if home is yunnan else []) + ["EXPIRE"]
        assert [one for one in await steps_of_the_house(home) if one in {"WARN", "EXPIRE"}] == steps
        expected = (["APPOINTMENT_EXPIRING"] if home is yunnan else []) + ["APPOINTMENT_EXPIRED"]
        assert sorted(expected) == [one for one in await kinds(home, actor) if one.startswith("APPOINTMENT")]


@pytest.mark.requirement("Y064", "INV07")
async def test_whoever_is_warned_may_still_be_dispatched(yunnan: World) -> None:
    row, actor = await supervisor(yunnan, appointed=False)
    async with yunnan.transaction() as session:
        held = await again(session, Supervisor, row.id)
        await appoint(session, held, starts_on=date(2026, 9, 16), ends_on=date(2026, 10, 16), act=yunnan.act("center_admin"))
    await round_of(yunnan, yunnan.now)
    assert (await term_of(yunnan, row)).status == "EXPIRING"
    inspection, _ = await dispatched(yunnan, team=[(row, actor)], accepted=False)
    (offer,) = await yunnan.rows(Assignment, inspection_id=inspection.id)
    await yunnan.done(actor, ACCEPT, input=place(offer.id))


@pytest.mark.requirement("B053", "A03")
async def test_the_return_is_reminded_of_on_the_third_and_late_after_the_fifth(world: World, yunnan: World) -> None:
    await returned(world, district=1)
    for home in (world, yunnan):
        for day in (2, 3, 4):
            await round_of(home, start_of_day(date(2026, 9, day)))
        await round_of(home, start_of_day(date(2026, 9, 6)) - timedelta(seconds=1))
        due = [one for one in await told(home, "center_clerk") if "OVERDUE" in one["kind"]]
        assert due == []
        for _ in range(2):
            await round_of(home, start_of_day(date(2026, 9, 6)))
    mine = [(one["kind"], one["occasion"], one["subject"]) for one in await told(world, "district_clerk_0") if "RETURN" in one["kind"]]
    district = shown("dst", world.districts[0].id)
    assert sorted(mine) == [("MONTHLY_RETURN_DUE", "2026-08", district), ("MONTHLY_RETURN_OVERDUE", "2026-08", district)]
    assert not [one for one in await kinds(world, "district_clerk_1") if one in {"MONTHLY_RETURN_DUE", "MONTHLY_RETURN_OVERDUE"}], "it has filed"
    assert sorted(one for one in await kinds(world, "center_clerk") if "RETURN" in one) == ["MONTHLY_RETURN_FILED", "MONTHLY_RETURN_OVERDUE"]
    assert await steps_of_the_house(yunnan) == [], "no districts, no return (D24)"


@pytest.mark.requirement("B053", "A03")
async def test_the_reminder_comes_on_the_third_and_not_before(world: World) -> None:
    await round_of(world, start_of_day(date(2026, 9, 3)) - timedelta(seconds=1))
    assert "MONTHLY_RETURN_DUE" not in await kinds(world, "district_clerk_0")
    await round_of(world, start_of_day(date(2026, 9, 3)))
    assert "MONTHLY_RETURN_DUE" in await kinds(world, "district_clerk_0")


@pytest.mark.requirement("Y041")
async def test_a_rectification_is_reminded_of_and_told_to_the_dispatcher_when_it_is_late(world: World, yunnan: World) -> None:
    for home in (world, yunnan):
        inspection, _ = await served(home)
        (asked,) = await home.rows(Rectification, inspection_id=inspection.id)
        dispatcher = "district_dispatcher_0" if home.districts else "center_dispatcher"
        await round_of(home, start_of_day(asked.due_on - timedelta(days=3)) - timedelta(seconds=1))
        assert "RECTIFICATION_DUE" not in await kinds(home, "agency_admin_0")
        for day in (-3, 0, 0):
            await round_of(home, start_of_day(asked.due_on + timedelta(days=day)))
        assert (await kinds(home, "agency_admin_0")).count("RECTIFICATION_DUE") == 1
        assert "RECTIFICATION_OVERDUE" not in await kinds(home, dispatcher)
        for _ in range(2):
            await round_of(home, start_of_day(asked.due_on + timedelta(days=1)))
        for who in (dispatcher, "agency_admin_0"):
            (late,) = await told(home, who, kind={"eq": "RECTIFICATION_OVERDUE"})
            assert (late["subject"], late["occasion"]) == (shown("rect", asked.id), asked.due_on.isoformat())
        (still,) = await home.rows(Rectification, id=asked.id)
        assert (still.status, still.version) == (asked.status, asked.version), "overdue is seen from the clock and is no state"


@pytest.mark.requirement("Y040", "B035")
async def test_letter_and_report_that_are_late_are_asked_for(world: World) -> None:
    inspection, team = await signed(world)
    visited = (await day_of(world, inspection)).date()
    assert visited == date(2026, 9, 19), "a Saturday: three working days are over on Wednesday, five on Friday"
    await round_of(world, start_of_day(date(2026, 9, 24)) - timedelta(seconds=1))
    assert [one for one in await kinds(world, "district_dispatcher_0") if one in {"OPINION_OVERDUE", "REPORT_OVERDUE"}] == []
    await round_of(world, start_of_day(date(2026, 9, 24)))
    assert [one for one in await kinds(world, "district_dispatcher_0") if one in {"OPINION_OVERDUE", "REPORT_OVERDUE"}] == ["REPORT_OVERDUE"]
    assert "REPORT_OVERDUE" in await kinds(world, team[1][1])
    await round_of(world, start_of_day(date(2026, 9, 26)))
    assert [one for one in await kinds(world, "district_dispatcher_0") if one in {"OPINION_OVERDUE", "REPORT_OVERDUE"}] == [
        "OPINION_OVERDUE",
        "REPORT_OVERDUE",
    ]
    assert not [one for one in await kinds(world, "agency_admin_0") if one in {"OPINION_OVERDUE", "REPORT_OVERDUE"}], (
        "the agency does not know of either"
    )


@pytest.mark.requirement("A14")
async def test_a_review_of_the_blacklist_falls_due(world: World) -> None:
    row, _ = await supervisor(world)
    entry = await revoked(world, row)
    await round_of(world, start_of_day(entry.review_on) - timedelta(seconds=1))
    assert "BLACKLIST_REVIEW_DUE" not in await kinds(world, "center_admin")
    for _ in range(2):
        await round_of(world, start_of_day(entry.review_on))
    assert (await kinds(world, "center_admin")).count("BLACKLIST_REVIEW_DUE") == 1


async def test_two_workers_do_nothing_twice(world: World) -> None:
    """Rows that one is at are left by the other; what both find is done by one."""
    row, actor = await supervisor(world)
    await offers_to(world, row, actor, 3)
    await served(world)
    late = world.now + timedelta(days=60)
    await round_of(world, world.now)
    await asyncio.gather(*(round_of(world, late) for _ in range(3)))
    await round_of(world, late)
    events: list[Event] = await world.rows(Event, center_id=world.center.id, person_id=HOUSE)
    once = [(one.subject_id, one.step, one.reason) for one in events]
    assert len(once) == len(set(once))
    assert {"MARK_NO_REPLY", "OVERDUE"} <= {one.step for one in events}
    seen = [(one["kind"], one["subject"], one["occasion"]) for one in await told(world, "district_dispatcher_0")]
    assert len(seen) == len(set(seen))


async def test_another_jurisdiction_is_left_alone(world: World, elsewhere: World) -> None:
    await dispatched(elsewhere, accepted=False)
    await round_of(world, world.now + timedelta(days=30))
    assert await statuses(elsewhere) == ["OFFERED", "OFFERED"]
    assert await told(elsewhere, "district_dispatcher_0") == []


async def test_what_fails_leaves_the_rest_to_be_done(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from domain import refusals  # noqa: PLC0415
    from domain.errors import Conflict  # noqa: PLC0415

    await dispatched(world, accepted=False)
    whole, calls = refusals.lapse, list[Any]()

    async def once(*args: Any, **named: Any) -> Any:
        calls.append(args)
        if len(calls) == 1:
            raise Conflict("IN_FLIGHT")
        return await whole(*args, **named)

    monkeypatch.setattr(refusals, "lapse", once)
    late = world.now + timedelta(days=2, hours=12)
    await round_of(world, late)
    assert await statuses(world) == ["NO_REPLY", "OFFERED"]
    await round_of(world, late)
    assert await statuses(world) == ["NO_REPLY", "NO_REPLY"]
    (visit,) = await world.rows(Inspection, center_id=world.center.id)
    assert visit.status == "DISPATCHED"


async def test_a_center_without_rules_holds_up_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is in force yet (A29): what needs no rule is done all the same, and the round goes on to the next center."""
    await dispatched(world, accepted=False)
    async with world.transaction() as session:
        bare = await organizations.found_center(session, "新中心", code=secrets.token_hex(3))
    worker = Worker(world.database, Refusing())
    pair = [Center(bare.id, 1), Center(world.center.id, 1)]

    async def centers(_: Worker) -> list[Center]:
        return pair

    monkeypatch.setattr(Worker, "centers", centers)
    done = await worker.round(world.now + timedelta(days=2, hours=12))
    assert done.stepped > 0
    assert await statuses(world) == ["NO_REPLY", "NO_REPLY"]


async def test_every_center_is_found_with_the_policy_in_force(world: World, elsewhere: World) -> None:
    found = await Worker(world.database, Refusing()).centers()
    assert {Center(world.center.id, 1), Center(elsewhere.center.id, 1)} <= set(found)
    assert not {one.id for one in found} & {one.id for one in (*world.districts, *world.agencies)}
