"""The public check of a card: what anybody learns, what nobody learns, and how often one may ask."""

from datetime import timedelta
from typing import Any

import pytest

from domain.verification import MOST, WITHIN, check_of
from models.supervisors import Card, CardStatus
from tests.making_supervisors import card_of, supervisor
from tests.world import ID_KEYS, World, codes, shown

pytestmark = pytest.mark.anyio

VERIFY = """query($number: String!, $check: String!) { verifyCard(number: $number, check: $check) {
  status kind maskedName issuer validUntil checkedAt } }"""
CHECK = "query($card: ID!) { cardCheck(card: $card) { number check } }"
NOTHING = {"status": "UNKNOWN", "kind": None, "maskedName": None, "issuer": None, "validUntil": None}


async def asked(world: World, number: str, check: str, **other: Any) -> dict[str, Any]:
    answer = (await world.done(None, VERIFY, number=number, check=check, **other))["verifyCard"]
    assert answer.pop("checkedAt")
    return answer  # type: ignore[no-any-return]


LEDGER = "query($number: String!, $check: String!) { verifyCard(number: $number, check: $check) { ledgerDigest } }"


@pytest.mark.requirement("B021", "Y068", "N3")
async def test_anybody_verifies_a_card_with_its_number_and_check(world: World) -> None:
    row, holder = await supervisor(world)
    card = await card_of(world, row)
    for asker in (holder, "center_admin"):
        told = (await world.done(asker, CHECK, card=shown("card", card.id)))["cardCheck"]
        assert told == {"number": card.number, "check": check_of(card.id, card.number, ID_KEYS)}
    valid = {"status": "VALID", "kind": "EXTERNAL", "issuer": world.center.name, "validUntil": card.valid_until.isoformat()}
    for check in (told["check"], told["check"].lower().replace("-", " ")):
        found = await asked(world, card.number, check)
        assert (found.pop("maskedName")[1:], found) == ("**", valid)
    for number, check in ((card.number, "AAAA-AAAA-AAAA-AAAA"), ("无此号", told["check"]), (card.number, "号")):
        assert await asked(world, number, check) == NOTHING
    printed = await world.done(None, LEDGER, number=card.number, check=told["check"])
    assert printed["verifyCard"] == {"ledgerDigest": card.ledger_digest}
    assert len(card.ledger_digest or "") == 64
    later = world.now + timedelta(days=4000)
    assert (await asked(world, card.number, told["check"], at=later))["status"] == "EXPIRED"


@pytest.mark.requirement("Y088", "A13")
async def test_a_revoked_card_has_no_name_any_more(world: World) -> None:
    row, _ = await supervisor(world)
    card = await card_of(world, row)
    for status, name in ((CardStatus.SUSPENDED, True), (CardStatus.REVOKED, False)):
        async with world.transaction() as session:
            kept = await session.merge(card)
            kept.status = status
        found = await asked(world, card.number, check_of(card.id, card.number, ID_KEYS))
        assert (found["status"], found["maskedName"] is not None) == (status.value, name)


async def test_a_number_of_two_issuers_is_told_apart_by_its_check(world: World, elsewhere: World) -> None:
    mine, theirs = [await card_of(home, (await supervisor(home))[0]) for home in (world, elsewhere)]
    async with world.transaction() as session:
        (await session.merge(theirs)).number = mine.number
    for home, card in ((world, mine), (elsewhere, theirs)):
        assert (await asked(world, mine.number, check_of(card.id, mine.number, ID_KEYS)))["issuer"] == home.center.name


async def test_only_holder_and_issuer_hold_the_check(world: World, elsewhere: World) -> None:
    row, _ = await supervisor(world)
    card = await card_of(world, row)
    _, colleague = await supervisor(world)
    for asker in (colleague, "center_dispatcher", "district_admin_0", "agency_admin_0"):
        answer = await world.ask(asker, CHECK, card=shown("card", card.id))
        assert (codes(answer), answer["data"]) == (["FORBIDDEN"], {"cardCheck": None})
    assert codes(await elsewhere.ask("center_admin", CHECK, card=shown("card", card.id))) == ["FORBIDDEN"]
    assert codes(await world.ask(None, CHECK, card=shown("card", card.id))) == ["UNAUTHENTICATED"]
    assert len(await world.rows(Card, id=card.id)) == 1


async def test_what_cannot_be_a_number_is_said_of_every_card_alike(world: World) -> None:
    for number, check in ((" ", "A"), ("号" * 41, "A"), ("号", "A" * 41), ("号\0", "A")):
        answer = await world.ask(None, VERIFY, number=number, check=check)
        assert (codes(answer), answer["data"]) == (["BAD_USER_INPUT"], {"verifyCard": None})


async def test_an_address_asks_thirty_times_a_quarter_of_an_hour(world: World, elsewhere: World) -> None:
    """Whatever it asks and however the answers are; and all addresses of one IPv6 network are one."""
    network = f"2001:db8:{world.center.id.hex[-4:]}:{world.center.id.hex[-8:-4]}"
    for n in range(MOST):
        assert await asked(world, "无此号", "A", address=f"{network}::{n:x}") == NOTHING
    for place in (world, elsewhere):
        answer = await place.ask("center_admin" if place is elsewhere else None, VERIFY, number="无此号", check="A", address=f"{network}::ffff")
        assert (codes(answer), answer["data"]) == (["RATE_LIMITED"], {"verifyCard": None})
        assert answer["errors"][0]["extensions"]["retryAfter"] == WITHIN.total_seconds()
    assert await asked(world, "无此号", "A", address="192.0.2.1") == NOTHING
    assert await asked(world, "无此号", "A", address=f"{network}::1", at=world.now + WITHIN) == NOTHING
