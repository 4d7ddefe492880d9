"""The internal supervisor of a session recuses, and a lost card is printed anew (000 §8(八), §12, §13)."""

from typing import Any

import pytest

from domain.calendar import shanghai_day
from models.database import Database
from models.events import Event
from models.notifications import Notification
from models.sessions import RecognitionSession
from models.supervisors import Card
from tests.making_sessions import recognition
from tests.making_supervisors import card_of, supervisor
from tests.making_time import round_of
from tests.test_invariants import BOTH, asked, why
from tests.world import World, codes, shown

pytestmark = pytest.mark.anyio

STEPS = "query($id: ID!) { recognitionSession(id: $id) { internalSupervisor { id } availableSteps { mutation } } }"
SHOWN = "query($id: ID!) { card(id: $id) { number printNumber replacedOn ledgerDigest availableSteps { mutation } history(first: 9) { nodes { step reason } } } }"
CHECK = "query($id: ID!) { cardCheck(card: $id) { number check } }"
VERIFY = "query($number: String!, $check: String!) { verifyCard(number: $number, check: $check) { status printNumber } }"


@pytest.fixture(params=BOTH)
async def place(database: Database, maker: Database, request: pytest.FixtureRequest) -> World:
    """Each jurisdiction in turn."""
    return await World.founded(database, maker=maker, profile=request.param)


def of(row: RecognitionSession, **more: Any) -> dict[str, Any]:
    return {"recognitionSession": shown("ses", row.id), **more}


RECUSE = "recognitionSessionRecuseInternal"


@pytest.mark.requirement("Y025", "Y026", "Y044")
async def test_who_was_named_recuses_and_the_agency_names_another(place: World) -> None:
    (one, actor), (other, second) = [await supervisor(place, "INTERNAL", employer=place.agencies[0]) for _ in range(2)]
    row = await recognition(place, internal=one.id)
    because = {"reason": "亲属参加本场认定"}
    for who, refused in ((second, "RULE_NOT_MET"), ("agency_admin_0", "FORBIDDEN"), ("agency_admin_1", "NOT_FOUND"), ("center_admin", "FORBIDDEN")):
        assert codes(await asked(place, who, RECUSE, **of(row, **because))) == [refused], who
    assert codes(await asked(place, actor, RECUSE, **of(row, reason=" "))) == ["BAD_USER_INPUT"]
    offered = {who: (await place.done(who, STEPS, id=shown("ses", row.id)))["recognitionSession"]["availableSteps"] for who in (actor, second)}
    assert [{"mutation": RECUSE} in offered[who] for who in (actor, second)] == [True, False]
    assert codes(await asked(place, actor, RECUSE, **of(row, **because))) == []
    (kept,) = await place.rows(RecognitionSession, id=row.id)
    assert (kept.internal_supervisor_id, kept.internal_checked_in_at, kept.status) == (None, None, "PLANNED")
    (event,) = await place.rows(Event, subject_id=row.id, step="RECUSE_INTERNAL")
    assert (event.reason, event.person_id, event.organization_id) == ("亲属参加本场认定", one.person_id, place.agencies[0].id)
    await round_of(place, place.now)
    (note,) = await place.rows(Notification, subject_id=row.id, kind="INTERNAL_RECUSED")
    assert (note.organization_id, note.person_id) == (place.agencies[0].id, None)
    again = await asked(place, "agency_admin_0", "recognitionSessionAssignInternal", **of(row, supervisor=shown("sup", one.id)))
    assert (codes(again), why(again)["rule"], why(again)["article"]) == (["RULE_NOT_MET"], "session.internal_recused", "000 §8(八)")
    assert codes(await asked(place, "agency_admin_0", "recognitionSessionAssignInternal", **of(row, supervisor=shown("sup", other.id)))) == []
    for late in ("recognitionSessionCheckIn", "recognitionSessionStart"):
        who = second if late.endswith("In") else "agency_admin_0"
        assert codes(await asked(place, who, late, **of(row), at=row.starts_at)) == []
    gone = await asked(place, second, RECUSE, **of(row, **because), at=row.starts_at)
    assert (codes(gone), why(gone)["reason"]) == (["CONFLICT"], "STATE")
    assert (await place.rows(RecognitionSession, id=row.id))[0].internal_supervisor_id == other.id


@pytest.mark.requirement("Y049", "B021")
async def test_a_lost_card_is_printed_anew_under_the_same_number(place: World) -> None:
    row, holder = await supervisor(place)
    card = await card_of(place, row)
    said = {"card": shown("card", card.id), "replacedOn": "2026-09-15", "reason": "遗失，已登报声明"}
    for who in ("center_clerk", "agency_admin_0", holder):
        assert codes(await asked(place, who, "cardReplace", **said)) == ["FORBIDDEN"], who
    for wrong in ({"replacedOn": "2026-09-17"}, {"reason": " "}, {"reason": "长" * 501}):
        assert codes(await asked(place, "center_admin", "cardReplace", **said | wrong)) == ["BAD_USER_INPUT"]
    assert codes(await asked(place, "center_admin", "cardReplace", **said)) == []
    assert codes(await asked(place, "center_admin", "cardReplace", **said | {"replacedOn": "2026-09-14"})) == ["BAD_USER_INPUT"]
    found = (await place.done("center_admin", SHOWN, id=said["card"]))["card"]
    assert (found["number"], found["printNumber"], found["replacedOn"]) == (card.number, 2, "2026-09-15")
    assert found["ledgerDigest"] not in {None, card.ledger_digest}
    assert found["history"]["nodes"][0] == {"step": "REPLACE", "reason": "遗失，已登报声明"}
    assert {"mutation": "cardReplace"} in found["availableSteps"]
    check = (await place.done(holder, CHECK, id=said["card"]))["cardCheck"]
    assert (await place.done(None, VERIFY, **check))["verifyCard"] == {"status": "VALID", "printNumber": 2}
    await round_of(place, place.now)
    assert [one.person_id for one in await place.rows(Notification, subject_id=card.id, kind="CARD_REPLACED")] == [row.person_id]


async def test_a_card_that_does_not_count_is_not_printed_anew(world: World) -> None:
    row, _ = await supervisor(world)
    card = await card_of(world, row)
    after = world.now.replace(year=card.valid_until.year + 1)
    said = {"card": shown("card", card.id), "replacedOn": shanghai_day(world.now).isoformat(), "reason": "损毁"}
    answer = await asked(world, "center_admin", "cardReplace", **said, at=after)
    assert (codes(answer), why(answer)["reason"]) == (["CONFLICT"], "STATE")
    left = {"supervisor": shown("sup", row.id), "ground": "OWN_WISH", "leftOn": "2026-09-16", "reason": "退出"}
    assert codes(await asked(world, "center_admin", "supervisorLeave", **left)) == []
    assert codes(await asked(world, "center_admin", "cardReplace", **said)) == ["CONFLICT"]
    assert (await world.rows(Card, id=card.id))[0].print_number == 1
