from datetime import timedelta

import pytest

from authz.actor import Actor
from domain.offers import accept, recuse
from domain.refusals import lapse, lapse_overdue, settle
from models.cases import SupervisorCase
from models.dispatch import Assignment
from models.supervisors import Supervisor
from tests.making_inspections import dispatched
from tests.making_sessions import recognition
from tests.making_supervisors import card_of, supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

DECLINE = """mutation($input: AssignmentDeclineInput!) { assignmentDecline(input: $input) {
  replayed event { step } assignment { status reason } case { ground origin status issuer { id } } } }"""
STREAK = "query($id: ID!) { supervisor(id: $id) { refusalStreak { count limit } } }"


async def offers_to(world: World, row: Supervisor, actor: Actor, count: int) -> list[Assignment]:
    """Open offers, each for another day."""
    for n in range(count):
        of = await recognition(world, starts_at=world.now + timedelta(days=4 + n))
        team = [(row, actor)] if world.profile != "beijing-municipal" else [(row, actor), await supervisor(world)]
        await dispatched(world, of=of, team=team, accepted=False)
    found = await world.rows(Assignment, supervisor_id=row.id)
    return sorted(found, key=lambda one: one.starts_at)


async def answer(world: World, actor: Actor, offer: Assignment, word: str, *, minutes: int) -> None:
    """One answer, so many minutes after the present."""
    at = world.now + timedelta(minutes=minutes)
    if word == "DECLINED":
        given = {"assignment": shown("asg", offer.id), "reason": "有事", "idempotencyKey": key()}
        await world.done(actor, DECLINE, input=given, at=at)
        return
    async with world.transaction() as session:
        row = await session.merge(offer)
        if word == "ACCEPTED":
            await accept(session, row, act=world.act(actor, at=at))
        elif word == "RECUSED":
            await recuse(session, row, "曾任职", act=world.act(actor, at=at))
        else:
            await lapse(session, row, act=world.act("center_dispatcher", at=row.reply_by))


@pytest.mark.requirement("INV06", "Y068", "A08", "D10", "N6")
@pytest.mark.parametrize(
    ("answers", "case"),
    [
        (["DECLINED", "DECLINED", "ACCEPTED", "DECLINED", "DECLINED"], False),
        (["DECLINED", "DECLINED", "DECLINED"], True),
        (["DECLINED", "RECUSED", "DECLINED", "DECLINED"], True),
        (["DECLINED", "DECLINED", "NO_REPLY"], True),
        (["DECLINED", "DECLINED"], False),
    ],
)
async def test_inv06_three_in_a_row(world: World, yunnan: World, answers: list[str], case: bool) -> None:  # noqa: FBT001
    for home in (yunnan, world):
        row, actor = await supervisor(home)
        for n, (word, offer) in enumerate(zip(answers, await offers_to(home, row, actor, len(answers)), strict=True)):
            await answer(home, actor, offer, word, minutes=n)
        found = await home.rows(SupervisorCase, supervisor_id=row.id)
        assert len(found) == (case and home is yunnan)
        for one in found:
            card = await card_of(home, row)
            assert (one.facts.count("不接受") - 1, one.facts.count("逾期未答复")) == (answers.count("DECLINED"), answers.count("NO_REPLY"))
            assert "000 §19" in one.facts
            assert (one.ground, one.origin, one.issuer_id, one.card_id) == ("REFUSAL_STREAK", "REFUSAL_STREAK", home.center.id, card.id)


@pytest.mark.requirement("Y067", "Y068", "N6")
async def test_the_third_refusal_shows_its_case(yunnan: World) -> None:
    row, actor = await supervisor(yunnan)
    offers = await offers_to(yunnan, row, actor, 4)
    for n, offer in enumerate(offers[:2]):
        await answer(yunnan, actor, offer, "DECLINED", minutes=n)
    assert (await yunnan.done(actor, STREAK, id=shown("sup", row.id)))["supervisor"]["refusalStreak"] == {"count": 2, "limit": 3}
    given = {"assignment": shown("asg", offers[2].id), "reason": "出差", "idempotencyKey": key()}
    later = yunnan.now + timedelta(minutes=9)
    done = (await yunnan.done(actor, DECLINE, input=given, at=later))["assignmentDecline"]
    assert done["assignment"] == {"status": "DECLINED", "reason": "出差"}
    assert done["case"]["issuer"] == {"id": shown("ctr", yunnan.center.id)}
    again = (await yunnan.done(actor, DECLINE, input=given, at=later))["assignmentDecline"]
    assert (again["replayed"], again["case"]) == (True, done["case"])
    await answer(yunnan, actor, offers[3], "DECLINED", minutes=10)
    assert len(await yunnan.rows(SupervisorCase, supervisor_id=row.id)) == 1
    hidden = await yunnan.done("agency_admin_0", STREAK, id=shown("sup", row.id))
    assert hidden["supervisor"]["refusalStreak"] == {"count": None, "limit": None}


@pytest.mark.requirement("Y067")
async def test_only_the_person_refuses_and_once(world: World, elsewhere: World) -> None:
    row, actor = await supervisor(world)
    (offer,) = await offers_to(world, row, actor, 1)
    given = {"assignment": shown("asg", offer.id), "reason": "有事"}
    for who, home, code in (
        ("district_dispatcher_0", world, "FORBIDDEN"),
        ("agency_admin_0", world, "NOT_FOUND"),
        ("district_dispatcher_1", world, "NOT_FOUND"),
        ("center_admin", elsewhere, "NOT_FOUND"),
    ):
        assert codes(await home.ask(who, DECLINE, input=given | {"idempotencyKey": key()})) == [code]
    for wrong in ({"reason": ""}, {"reason": "长" * 501}):
        assert codes(await world.ask(actor, DECLINE, input=given | wrong | {"idempotencyKey": key()})) == ["BAD_USER_INPUT"]
    stale = await world.ask(actor, DECLINE, input=given | {"idempotencyKey": key(), "expectedVersion": 5})
    assert stale["errors"][0]["extensions"]["reason"] == "STALE"
    assert [one.status for one in await world.rows(Assignment, id=offer.id)] == ["OFFERED"]
    used = key()
    await world.done(actor, DECLINE, input=given | {"idempotencyKey": used})
    reused = await world.ask(actor, DECLINE, input=given | {"idempotencyKey": used, "reason": "别的"})
    assert reused["errors"][0]["extensions"]["reason"] == "KEY_REUSED"
    assert codes(await world.ask(actor, DECLINE, input=given | {"idempotencyKey": key()})) == ["CONFLICT"]


@pytest.mark.requirement("A08")
async def test_silence_is_found_when_somebody_looks(yunnan: World) -> None:
    row, actor = await supervisor(yunnan)
    offers = await offers_to(yunnan, row, actor, 4)
    early = yunnan.act("center_dispatcher")
    late = yunnan.act("center_dispatcher", at=yunnan.now + timedelta(days=3))
    async with yunnan.transaction() as session:
        assert await lapse_overdue(session, yunnan.center.id, act=early) == []
        first = await session.merge(offers[0])
        await settle(session, first, act=early)
        assert first.status == "OFFERED"
        await settle(session, first, act=late)
        assert first.status == "NO_REPLY"
        assert len(await lapse_overdue(session, yunnan.center.id, act=late)) == 3
    assert len(await yunnan.rows(SupervisorCase, supervisor_id=row.id)) == 1
