"""The first mandate of a supervisor: who gives it, after which card, for how long, and when it is a renewal that is needed instead."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain import assessments
from domain.calendar import add_months, shanghai_day
from domain.machine import advance
from domain.supervisors import APPOINTMENT_STEPS, Step, issue_card
from models.assessments import TermResult
from models.supervisors import Appointment, Card, CardStatus, Person, Supervisor
from tests.making_returns import again
from tests.making_supervisors import card_of, supervisor
from tests.making_years import evaluated
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

APPOINT = """mutation($input: AppointmentMakeInput!) { appointmentMake(input: $input) { replayed event { step toStatus }
  appointment { status startsOn endsOn dispatcher { id } renews { id } supervisor { id } } } }"""


def of(row: Supervisor, starts_on: date, **more: Any) -> dict[str, Any]:
    return {"idempotencyKey": key(), "supervisor": shown("sup", row.id), "startsOn": starts_on.isoformat()} | more


async def refused(world: World, who: Any, said: dict[str, Any]) -> tuple[str, str | None]:
    """Code and rule; nothing is written."""
    answer = await world.ask(who, APPOINT, input=said)
    assert answer["data"] == {"appointmentMake": None}, answer
    return codes(answer)[0], answer["errors"][0]["extensions"].get("rule")


@pytest.mark.requirement("Y063", "Y064", "D09")
async def test_who_keeps_the_roster_appoints_for_the_term_of_the_rules(world: World, yunnan: World) -> None:
    for home, months in ((world, None), (yunnan, 36)):
        day = shanghai_day(home.now) + timedelta(days=4)
        inside = (await supervisor(home, "INTERNAL", employer=home.agencies[0], appointed=False))[0]
        for row, who, dispatcher in (
            ((await supervisor(home, appointed=False))[0], "center_admin", shown("ctr", home.center.id)),
            (inside, "agency_admin_0", shown("agc", home.agencies[0].id)),
        ):
            made = (await home.done(who, APPOINT, input=of(row, day)))["appointmentMake"]
            ends = None if months is None else add_months(day, months).isoformat()
            assert made["event"] == {"step": "APPOINT", "toStatus": "ACTIVE"}
            assert made["appointment"] == {
                "status": "ACTIVE",
                "startsOn": day.isoformat(),
                "endsOn": ends,
                "dispatcher": {"id": dispatcher},
                "renews": None,
                "supervisor": {"id": shown("sup", row.id)},
            }
            assert await refused(home, who, of(row, day)) == ("CONFLICT", None), "a term that is to run is renewed, not given twice"
            assert len(await home.rows(Appointment, supervisor_id=row.id)) == 1


@pytest.mark.requirement("Y063")
async def test_the_card_comes_first(yunnan: World) -> None:
    today = shanghai_day(yunnan.now)
    bare, _ = await supervisor(yunnan, carded=False, appointed=False)
    assert await refused(yunnan, "center_admin", of(bare, today)) == ("RULE_NOT_MET", "appointment.card")
    row, _ = await supervisor(yunnan, appointed=False)
    card = await card_of(yunnan, row)
    assert await refused(yunnan, "center_admin", of(row, card.valid_until)) == ("RULE_NOT_MET", "appointment.card")
    assert await refused(yunnan, "center_admin", of(row, today - timedelta(days=1))) == ("BAD_USER_INPUT", None)
    assert await refused(yunnan, "center_admin", of(row, today, endsOn=today.isoformat())) == ("BAD_USER_INPUT", None)
    assert await refused(yunnan, "center_admin", of(row, today, expectedVersion=7)) == ("CONFLICT", None)
    async with yunnan.transaction() as session:
        (await again(session, Card, card.id)).status = CardStatus.SUSPENDED
    assert await refused(yunnan, "center_admin", of(row, today)) == ("RULE_NOT_MET", "appointment.card")
    assert await yunnan.rows(Appointment, supervisor_id=row.id) == []


@pytest.mark.requirement("Y063")
async def test_nobody_else_appoints_and_nobody_oneself(yunnan: World, elsewhere: World) -> None:
    row, own = await supervisor(yunnan, appointed=False)
    today = shanghai_day(yunnan.now)
    (person,) = await yunnan.rows(Person, id=row.person_id)
    self_made = await yunnan.hire("center_admin", yunnan.center, person=person, name="self_made")
    for place, who in ((yunnan, "center_dispatcher"), (yunnan, "agency_admin_0"), (yunnan, own), (yunnan, self_made), (elsewhere, "center_admin")):
        assert await refused(place, who, of(row, today)) == ("FORBIDDEN", None)
    assert await yunnan.rows(Appointment, supervisor_id=row.id) == []


@pytest.mark.requirement("Y063", "Y065")
async def test_after_a_term_that_was_not_fulfilled_only_with_a_newer_card(yunnan: World) -> None:
    term, (row, _) = await evaluated(yunnan, result=TermResult.UNFULFILLED)
    act = yunnan.act("center_admin")
    assert term.ends_on is not None
    async with yunnan.transaction() as session:
        await advance(session, await again(session, Appointment, term.id), APPOINTMENT_STEPS, step=Step.EXPIRE, act=act)
    assert await refused(yunnan, "center_admin", of(row, term.ends_on)) == ("RULE_NOT_MET", "appointment.evaluation")
    card = await card_of(yunnan, row)
    async with yunnan.transaction() as session:
        (await again(session, Card, card.id)).status = CardStatus.REVOKED
        await session.flush()
        mine = await again(session, Supervisor, row.id)
        await issue_card(session, mine, number="N1", valid_from=term.ends_on, valid_until=term.ends_on + timedelta(days=900), act=act)
        assert await assessments.unfulfilled(session, await again(session, Appointment, term.id))
    made = (await yunnan.done("center_admin", APPOINT, input=of(row, term.ends_on)))["appointmentMake"]
    assert made["appointment"]["status"] == "ACTIVE"
