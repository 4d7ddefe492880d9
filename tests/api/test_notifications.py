"""Notifications: told once to whom they are for, seen by nobody else, and taken notice of."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models.base import HOUSE
from models.events import Event
from models.memberships import Account, AccountKind
from models.notifications import Notification
from tests.making_inspections import dispatched, notified
from tests.making_returns import served
from tests.making_time import kinds, round_of, told
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

READ = """mutation($input: NotificationMarkReadInput!) { notificationMarkRead(input: $input) {
  replayed event { step fromStatus toStatus } notification { status readAt readBy { id } availableSteps { mutation } } } }"""
COUNT = "query($filter: NotificationFilter) { notifications(first: 1, filter: $filter) { totalCount } }"


def reading(id: str, **more: Any) -> dict[str, Any]:
    return {"idempotencyKey": key(), "notification": id} | more


async def count(world: World, actor: Any, **filter: Any) -> int:
    return int((await world.done(actor, COUNT, filter=filter or None))["notifications"]["totalCount"])


@pytest.mark.requirement("Y067", "INV12")
async def test_each_is_told_what_concerns_it_and_no_more(world: World, elsewhere: World) -> None:
    _, team = await dispatched(world, accepted=False)
    await round_of(world, world.now)
    for _, actor in team:
        offer, enlisted, carded = await told(world, actor)
        assert {enlisted["kind"], carded["kind"]} == {"ROSTER_ENTERED", "CARD_ISSUED"}
        assert (offer["kind"], offer["person"], offer["organization"]) == ("OFFER_MADE", {"id": shown("per", actor.person_id)}, None)
        assert offer["subject"].startswith("asg_")
    assert await kinds(world, "agency_admin_0") == [], "the agency does not know before the notice"
    _, visited = await notified(world)
    await round_of(world, world.now + timedelta(hours=1))
    assert await kinds(world, "agency_admin_0") == ["NOTICE_SERVED"]
    assert await kinds(world, "agency_clerk_0") == ["NOTICE_SERVED"]
    for home, who in ((world, "agency_admin_1"), (world, "district_clerk_1"), (elsewhere, "center_admin"), (elsewhere, "agency_admin_0")):
        assert [one for one in await kinds(home, who) if "RETURN" not in one] == [], who
    assert await kinds(world, visited[0][1]) == ["CARD_ISSUED", "OFFER_MADE", "ROSTER_ENTERED"]


async def test_every_event_is_told_once_in_order(world: World) -> None:
    await served(world)
    await round_of(world, world.now)
    before = await world.rows(Notification, center_id=world.center.id)
    for _ in range(2):
        await round_of(world, world.now)
    after = await world.rows(Notification, center_id=world.center.id)
    assert {one.id for one in after} == {one.id for one in before}
    mine = [one["kind"] for one in reversed(await told(world, "agency_admin_0"))]
    assert mine == ["NOTICE_SERVED", "OPINION_SERVED"]


async def test_notice_is_taken_once_and_by_whom_it_is_for(world: World, elsewhere: World) -> None:
    await notified(world)
    await round_of(world, world.now + timedelta(hours=1))
    (notice,) = await told(world, "agency_admin_0")
    assert (notice["status"], notice["availableSteps"]) == ("UNREAD", [{"mutation": "notificationMarkRead"}])
    for home, who in ((world, "agency_admin_1"), (world, "district_admin_0"), (world, "center_admin"), (elsewhere, "agency_admin_0")):
        assert codes(await home.ask(who, READ, input=reading(notice["id"]))) == ["NOT_FOUND"], who
    stale = await world.ask("agency_clerk_0", READ, input=reading(notice["id"], expectedVersion=7))
    assert stale["errors"][0]["extensions"]["reason"] == "STALE"
    done = (await world.done("agency_clerk_0", READ, input=reading(notice["id"])))["notificationMarkRead"]
    assert done["event"] == {"step": "MARK_READ", "fromStatus": "UNREAD", "toStatus": "READ"}
    assert done["notification"]["readBy"] == {"id": shown("per", world.actors["agency_clerk_0"].person_id)}
    assert done["notification"]["availableSteps"] == []
    assert codes(await world.ask("agency_admin_0", READ, input=reading(notice["id"]))) == ["CONFLICT"]
    assert (await count(world, "agency_admin_0", status={"eq": "UNREAD"}), await count(world, "agency_admin_0")) == (0, 1)


async def test_somebody_takes_notice_for_oneself_alone(world: World) -> None:
    _, team = await dispatched(world, accepted=False)
    await round_of(world, world.now)
    (mine,) = await told(world, team[0][1], kind={"eq": "OFFER_MADE"})
    assert codes(await world.ask(team[1][1], READ, input=reading(mine["id"]))) == ["NOT_FOUND"]
    await world.done(team[0][1], READ, input=reading(mine["id"]))


async def test_filters_by_kind_and_period(world: World) -> None:
    await served(world)
    await round_of(world, world.now)
    assert await count(world, "agency_admin_0", kind={"in": ["OPINION_SERVED", "CARD_REVOKED"]}) == 1
    assert await count(world, "agency_admin_0", at={"from": "2030-01-01T00:00:00Z"}) == 0
    assert await count(world, "agency_admin_0", at={"from": "2026-09-01T00:00:00Z", "until": "2030-01-01T00:00:00Z"}) == 2


async def test_what_was_told_is_never_changed(world: World) -> None:
    await dispatched(world, accepted=False)
    await round_of(world, world.now)
    for statement in ("UPDATE notification SET kind = 'CARD_REVOKED'", "UPDATE relay SET sequence = 0"):
        with pytest.raises(DBAPIError) as refusal:
            async with world.transaction() as session:
                await (await session.connection()).execute(text(f"{statement} WHERE center_id = '{world.center.id}'"))
        assert getattr(refusal.value.orig, "sqlstate", None) == "DU001"


async def test_nobody_signs_in_as_the_house_or_holds_an_office_as_it(world: World) -> None:
    await round_of(world, world.now)
    with pytest.raises(DBAPIError):
        async with world.transaction() as session:
            session.add(Account(name=key(), kind=AccountKind.OPERATOR, person_id=HOUSE))


async def test_the_step_of_nobody_is_the_steps_of_the_house(world: World) -> None:
    """It stands in the chain of the dispatcher like any other, and says who did it: nobody."""
    await dispatched(world, accepted=False)
    await round_of(world, world.now + timedelta(days=2, hours=12))
    (lapsed, _) = await told(world, "district_dispatcher_0", kind={"eq": "OFFER_LAPSED"})
    assert lapsed["event"] == {"step": "MARK_NO_REPLY", "actor": {"id": shown("per", HOUSE)}}
    events = await world.rows(Event, organization_id=world.districts[0].id)
    assert sorted(one.sequence for one in events) == list(range(1, len(events) + 1))
