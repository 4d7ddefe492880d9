"""Who leaves the roster without a revocation; internal supervisors without a card; employers; the card that came back (000 §5, §23; 003 §6, §10, §17)."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.calendar import shanghai_day
from domain.sessions import assign_internal
from models.cases import BlacklistEntry
from models.dispatch import Assignment
from models.events import Event
from models.memberships import Membership
from models.sessions import RecognitionSession
from models.supervisors import Appointment, Card, Employment, Supervisor
from tests.making_inspections import dispatched
from tests.making_returns import again
from tests.making_sessions import recognition
from tests.making_supervisors import card_of, revoked, supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

SUPERVISOR = "supervisor { id standing leftOn leftGround reviewOn platformDeletedOn version card { id } }"
CARD = "card { id status returnedOn availableSteps { mutation } }"


def step(name: str, shows: str) -> str:
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ replayed event {{ step }} {shows} }} }}"


LEAVE, SUSPEND = step("supervisorLeave", SUPERVISOR), step("supervisorSuspend", SUPERVISOR)
RESTORE, DELETE = step("supervisorRestore", SUPERVISOR), step("supervisorRecordDeletion", SUPERVISOR)
RETURN = step("cardReturn", CARD)
CHANGE = step("employmentChange", "employment { id startsOn endsOn agency { id } } person { id }")
END = step("employmentEnd", "employment { id endsOn version }")


def extensions(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


def leaving(row: Supervisor, **other: object) -> dict[str, object]:
    said = {"supervisor": shown("sup", row.id), "ground": "OWN_WISH", "leftOn": "2026-09-16", "reason": "本人申请退出"}
    return said | {"idempotencyKey": key()} | other


def suspending(row: Supervisor, **other: object) -> dict[str, object]:
    said = {"supervisor": shown("sup", row.id), "reviewOn": "2026-12-01", "reason": "未到场"}
    return said | {"idempotencyKey": key()} | other


async def fresh(world: World, row: Supervisor) -> Supervisor:
    (found,) = await world.rows(Supervisor, id=row.id)
    return found


async def watching(world: World, row: Supervisor) -> RecognitionSession:
    """A session of the first agency that this internal supervisor is to watch."""
    of = await recognition(world)
    async with world.transaction() as session:
        await assign_internal(session, await again(session, RecognitionSession, of.id), row.id, act=world.act("agency_admin_0"))
    return of


@pytest.mark.requirement("Y062", "A15")
async def test_who_leaves_ends_all_and_is_listed_nowhere(world: World) -> None:
    row, actor = await supervisor(world)
    await dispatched(world, team=[(row, actor), await supervisor(world)])
    given = leaving(row)
    done = (await world.done("center_admin", LEAVE, input=given))["supervisorLeave"]
    assert done["event"] == {"step": "REMOVE"}
    left = done["supervisor"]
    assert (left["standing"], left["leftOn"], left["leftGround"], left["card"]) == ("REMOVED", "2026-09-16", "OWN_WISH", None)
    assert (await world.done("center_admin", LEAVE, input=given))["supervisorLeave"]["replayed"] is True
    (card,) = await world.rows(Card, supervisor_id=row.id)
    (term,) = await world.rows(Appointment, supervisor_id=row.id)
    (role,) = await world.rows(Membership, person_id=row.person_id)
    (place,) = await world.rows(Assignment, supervisor_id=row.id)
    assert (card.status, term.status, role.valid_until, place.status) == ("CANCELLED", "TERMINATED", world.now, "WITHDRAWN")
    assert await world.rows(BlacklistEntry, person_id=row.person_id) == []
    assert codes(await world.ask("center_admin", LEAVE, input=leaving(row))) == ["CONFLICT"]
    found = await world.done("center_admin", "{ supervisors(first: 50, filter: {leftGround: {eq: OWN_WISH}}) { nodes { id } } }")
    assert shown("sup", row.id) in {one["id"] for one in found["supervisors"]["nodes"]}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"leftOn": "2026-09-17"}, "BAD_USER_INPUT"),
        ({"reason": " "}, "BAD_USER_INPUT"),
        ({"ground": "REMOVED_BY_AGENCY"}, "RULE_NOT_MET"),
        ({"expectedVersion": 9}, "CONFLICT"),
    ],
)
async def test_a_leaving_that_cannot_be(world: World, wrong: dict[str, object], code: str) -> None:
    row, _ = await supervisor(world)
    answer = await world.ask("center_admin", LEAVE, input=leaving(row) | wrong)
    assert (codes(answer), answer["data"]) == ([code], {"supervisorLeave": None})
    assert ((await fresh(world, row)).standing, (await card_of(world, row)).status) == ("ACTIVE", "ACTIVE")


async def test_only_who_keeps_the_row_takes_it_off(world: World, elsewhere: World) -> None:
    row, _ = await supervisor(world, "INTERNAL", employer=world.agencies[0])
    for asker, home in (("center_admin", world), ("district_admin_0", world), ("agency_admin_1", world), ("center_admin", elsewhere)):
        assert codes(await home.ask(asker, LEAVE, input=leaving(row))) == ["FORBIDDEN"]
    assert (await fresh(world, row)).standing == "ACTIVE"


@pytest.mark.requirement("B009")
async def test_the_agency_suspends_and_restores_its_own_without_a_card(world: World) -> None:
    row, _ = await supervisor(world, "INTERNAL", employer=world.agencies[0])
    of = await watching(world, row)
    assert codes(await world.ask("center_admin", SUSPEND, input=suspending(row))) == ["FORBIDDEN"]
    past = await world.ask("agency_admin_0", SUSPEND, input=suspending(row, reviewOn="2026-09-16"))
    assert (codes(past), extensions(past)["field"]) == (["BAD_USER_INPUT"], "reviewOn")
    done = (await world.done("agency_admin_0", SUSPEND, input=suspending(row)))["supervisorSuspend"]["supervisor"]
    assert (done["standing"], done["reviewOn"]) == ("SUSPENDED", "2026-12-01")
    (freed,) = await world.rows(RecognitionSession, id=of.id)
    assert freed.internal_supervisor_id is None
    steps = {one.step for one in await world.rows(Event, subject_id=of.id)}
    assert "UNASSIGN_INTERNAL" in steps
    assert codes(await world.ask("agency_admin_0", SUSPEND, input=suspending(row))) == ["CONFLICT"]
    back = {"supervisor": shown("sup", row.id), "reason": "已改正", "idempotencyKey": key()}
    done = (await world.done("agency_admin_0", RESTORE, input=back))["supervisorRestore"]["supervisor"]
    assert (done["standing"], done["reviewOn"]) == ("ACTIVE", None)
    assert codes(await world.ask("agency_admin_0", RESTORE, input=back | {"idempotencyKey": key()})) == ["CONFLICT"]


@pytest.mark.requirement("B009")
async def test_the_agency_removes_its_own_without_a_card(world: World, yunnan: World) -> None:
    row, _ = await supervisor(world, "INTERNAL", employer=world.agencies[0])
    await world.done("agency_admin_0", LEAVE, input=leaving(row, ground="REMOVED_BY_AGENCY", reason="谋取私利"))
    assert (await fresh(world, row)).left_ground == "REMOVED_BY_AGENCY"
    carded, _ = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0])
    for mutation, given in ((LEAVE, leaving(carded, ground="REMOVED_BY_AGENCY")), (SUSPEND, suspending(carded))):
        refused = await yunnan.ask("agency_admin_0", mutation, input=given)
        assert (codes(refused), extensions(refused)["rule"]) == (["RULE_NOT_MET"], "supervisor.by_case")
    assert (await fresh(yunnan, carded)).standing == "ACTIVE"


@pytest.mark.requirement("Y006")
async def test_who_leaves_the_agency_is_not_its_internal_supervisor(world: World, yunnan: World) -> None:
    for home in (world, yunnan):
        row, _ = await supervisor(home, "INTERNAL", employer=home.agencies[0])
        (at,) = await home.rows(Employment, person_id=row.person_id)
        given = {"employment": shown("emp", at.id), "endsOn": "2026-09-10", "reason": "调离", "idempotencyKey": key()}
        done = (await home.done("agency_admin_0", END, input=given))["employmentEnd"]
        assert (done["employment"]["endsOn"], done["employment"]["version"], done["event"]) == ("2026-09-10", 2, {"step": "END"})
        left = await fresh(home, row)
        assert (left.standing, left.left_ground, left.left_on) == ("REMOVED", "EMPLOYMENT_ENDED", date(2026, 9, 10))
        cards = [one.status for one in await home.rows(Card, supervisor_id=row.id)]
        assert cards == ([] if home is world else ["CANCELLED"])
        again_ = await home.ask("agency_admin_0", END, input=given | {"idempotencyKey": key()})
        assert codes(again_) == ["CONFLICT"]


@pytest.mark.requirement("B025")
async def test_a_change_of_employer_bars_from_the_new_one(world: World) -> None:
    row, actor = await supervisor(world, employer=world.agencies[1])
    inspection, _ = await dispatched(world, team=[(row, actor), await supervisor(world)])
    new = next(one for one in world.agencies if one.id == inspection.agency_id)
    given = {
        "person": shown("per", row.person_id),
        "agency": shown("agc", new.id),
        "startsOn": "2026-09-15",
        "reason": "调动",
        "idempotencyKey": key(),
    }
    for asker in ("district_admin_0", "agency_admin_0", actor):
        assert codes(await world.ask(asker, CHANGE, input=given)) == ["FORBIDDEN"]
    done = (await world.done("center_admin", CHANGE, input=given))["employmentChange"]
    assert (done["employment"]["agency"]["id"], done["employment"]["startsOn"], done["event"]) == (
        shown("agc", new.id),
        "2026-09-15",
        {"step": "EMPLOY"},
    )
    ended = {one.agency_id: one.ends_on for one in await world.rows(Employment, person_id=row.person_id)}
    assert ended == {world.agencies[1].id: date(2026, 9, 15), new.id: None}
    (place,) = await world.rows(Assignment, supervisor_id=row.id)
    assert (place.status, place.reason) == ("WITHDRAWN", "调动")
    assert (await fresh(world, row)).standing == "ACTIVE"
    twice = await world.ask("center_admin", CHANGE, input=given | {"idempotencyKey": key()})
    assert extensions(twice)["reason"] == "DUPLICATE"


async def test_an_employment_that_cannot_change(world: World, elsewhere: World) -> None:
    row, _ = await supervisor(world, employer=world.agencies[0])
    given = {"person": shown("per", row.person_id), "agency": shown("agc", world.agencies[1].id), "reason": "调动", "idempotencyKey": key()}
    long_ago = (shanghai_day(world.now) - timedelta(days=3000)).isoformat()
    for day in ("2026-09-17", long_ago):
        answer = await world.ask("center_admin", CHANGE, input=given | {"startsOn": day})
        assert (codes(answer), extensions(answer)["field"]) == (["BAD_USER_INPUT"], "startsOn")
    assert codes(await elsewhere.ask("center_admin", CHANGE, input=given | {"startsOn": "2026-09-15"})) == ["FORBIDDEN"]
    assert [one.ends_on for one in await world.rows(Employment, person_id=row.person_id)] == [None]


@pytest.mark.requirement("Y087", "Y088")
async def test_after_a_revocation_the_card_comes_back_and_the_entry_is_deleted(world: World) -> None:
    row, _ = await supervisor(world)
    card = await card_of(world, row)
    handed = {"card": shown("card", card.id), "returnedOn": "2026-09-16", "idempotencyKey": key()}
    gone = {"supervisor": shown("sup", row.id), "deletedOn": "2026-09-16", "idempotencyKey": key()}
    for mutation, given in ((RETURN, handed), (DELETE, gone)):
        assert codes(await world.ask("center_admin", mutation, input=given)) == ["CONFLICT"]
    await revoked(world, row)
    assert codes(await world.ask("district_admin_0", RETURN, input=handed)) == ["FORBIDDEN"]
    late = await world.ask("center_admin", RETURN, input=handed | {"returnedOn": "2026-09-17"})
    assert extensions(late)["field"] == "returnedOn"
    done = (await world.done("center_clerk", RETURN, input=handed))["cardReturn"]
    assert (done["card"]["status"], done["card"]["returnedOn"], done["card"]["availableSteps"]) == ("REVOKED", "2026-09-16", [])
    assert codes(await world.ask("center_admin", RETURN, input=handed | {"idempotencyKey": key()})) == ["CONFLICT"]
    done = (await world.done("center_clerk", DELETE, input=gone))["supervisorRecordDeletion"]
    assert (done["supervisor"]["platformDeletedOn"], done["event"]) == ("2026-09-16", {"step": "DELETE_ENTRY"})
    assert codes(await world.ask("center_admin", DELETE, input=gone | {"idempotencyKey": key()})) == ["CONFLICT"]
    listed = await world.done("center_admin", '{ cards(first: 50, filter: {returnedOn: {from: "2026-09-16"}}) { nodes { id } } }')
    assert shown("card", card.id) in {one["id"] for one in listed["cards"]["nodes"]}
