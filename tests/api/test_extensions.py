"""More time to rectify: asked once and in time by the agency, granted or refused by the dispatcher (default 1.5)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models.events import Event
from models.opinions import OpinionLetter, Rectification
from tests.cases_visits import rectification
from tests.making_returns import dispatcher, served
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

ROW = "rectification { status dueOn extensionUntil extensionGranted extensionRefusal availableSteps { mutation } }"


def step(name: str) -> str:
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ event {{ step }} {ROW} }} }}"


ASK, GRANT, REFUSE = step("rectificationRequestExtension"), step("rectificationGrantExtension"), step("rectificationRefuseExtension")
SUBMIT = step("rectificationSubmit")


def about(row: Rectification, **said: object) -> dict[str, object]:
    return {"rectification": shown("rect", row.id), "idempotencyKey": key()} | said


def asked(row: Rectification, days: int = 3, **said: object) -> dict[str, object]:
    return about(row, until=str(row.due_on + timedelta(days=days)), reason="设备未到") | said


async def stored(world: World, row: Rectification) -> Rectification:
    found: Rectification = (await world.rows(Rectification, id=row.id))[0]
    return found


def refusal(answer: dict[str, Any]) -> tuple[object, ...]:
    found = answer["errors"][0]["extensions"]
    return found["code"], found.get("rule")


@pytest.mark.requirement("Y041")
async def test_what_is_granted_is_the_last_day(world: World) -> None:
    row = await rectification(world, submitted=False)
    put = (await world.done("agency_clerk_0", ASK, input=asked(row)))["rectificationRequestExtension"]
    until = str(row.due_on + timedelta(days=3))
    assert (put["event"]["step"], put["rectification"]["dueOn"], put["rectification"]["extensionUntil"]) == (
        "REQUEST_EXTENSION",
        str(row.due_on),
        until,
    )
    offered = '{ rectifications(first: 5, filter: {extensionAskedAt: {from: "2026-01-01T00:00:00Z"}}) { nodes { availableSteps { mutation } } } }'
    (seen,) = (await world.done(dispatcher(world), offered))["rectifications"]["nodes"]
    assert {"rectificationGrantExtension", "rectificationRefuseExtension"} <= {one["mutation"] for one in seen["availableSteps"]}
    done = (await world.done(dispatcher(world), GRANT, input=about(row)))["rectificationGrantExtension"]["rectification"]
    assert (done["dueOn"], done["extensionGranted"], done["extensionRefusal"]) == (until, True, None)
    (letter,) = await world.rows(OpinionLetter, id=row.opinion_letter_id)
    assert letter.due_on == row.due_on
    for document, who, given in (
        (ASK, "agency_clerk_0", asked(row, 6)),
        (GRANT, dispatcher(world), about(row)),
        (REFUSE, dispatcher(world), about(row, reason="x")),
    ):
        assert codes(await world.ask(who, document, input=given)) == ["CONFLICT"]


@pytest.mark.requirement("Y041")
async def test_what_is_refused_leaves_the_last_day(world: World) -> None:
    row = await rectification(world, submitted=False)
    await world.done("agency_admin_0", ASK, input=asked(row))
    done = (await world.done(dispatcher(world), REFUSE, input=about(row, reason="已有足够时间")))["rectificationRefuseExtension"]["rectification"]
    assert (done["dueOn"], done["extensionGranted"], done["extensionRefusal"]) == (str(row.due_on), False, "已有足够时间")
    steps = {one.step for one in await world.rows(Event, subject_id=row.id)}
    assert steps >= {"REQUEST_EXTENSION", "REFUSE_EXTENSION"}


@pytest.mark.requirement("Y041")
async def test_an_extension_is_asked_in_time_and_within_its_days(world: World) -> None:
    row = await rectification(world, submitted=False)
    over = world.now + timedelta(days=(row.due_on - world.now.date()).days + 1)
    for given, at, expected in (
        (asked(row, 0), world.now, ("BAD_USER_INPUT", None)),
        (asked(row, 60), world.now, ("RULE_NOT_MET", "rectification.extension_working_days")),
        (asked(row, reason=""), world.now, ("BAD_USER_INPUT", None)),
        (asked(row), over, ("RULE_NOT_MET", "rectification.extension_late")),
    ):
        assert refusal(await world.ask("agency_clerk_0", ASK, at=at, input=given)) == expected
    assert (await stored(world, row)).extension_until is None
    await world.done("agency_clerk_0", ASK, input=asked(row))
    await world.done("agency_clerk_0", SUBMIT, input=about(row, text="已完成整改。"))
    assert codes(await world.ask(dispatcher(world), GRANT, input=about(row))) == ["CONFLICT"], "it is reported already"


@pytest.mark.requirement("Y041")
async def test_neither_the_team_nor_a_stranger_decides(world: World, elsewhere: World) -> None:
    visit, team = await served(world)
    (row,) = await world.rows(Rectification, inspection_id=visit.id)
    assert codes(await world.ask("agency_clerk_1", ASK, input=asked(row))) == ["NOT_FOUND"]
    assert codes(await world.ask(dispatcher(world), ASK, input=asked(row))) == ["FORBIDDEN"]
    await world.done("agency_clerk_0", ASK, input=asked(row))
    for who, code in (("agency_admin_0", "FORBIDDEN"), (team[0][1], "FORBIDDEN"), ("district_dispatcher_1", "NOT_FOUND")):
        assert codes(await world.ask(who, GRANT, input=about(row))) == [code]
        assert codes(await world.ask(who, REFUSE, input=about(row, reason="x"))) == [code]
    assert codes(await elsewhere.ask("center_dispatcher", GRANT, input=about(row))) == ["NOT_FOUND"]
    assert (await stored(world, row)).extension_granted is None


@pytest.mark.requirement("Y041")
async def test_what_was_asked_stays(world: World) -> None:
    row = await rectification(world, submitted=False)
    await world.done("agency_clerk_0", ASK, input=asked(row))
    for change in ("extension_reason = 'x'", "extension_granted = true", "extension_refusal = 'x'"):
        with pytest.raises(DBAPIError):
            async with world.transaction() as session:
                await (await session.connection()).execute(text(f"UPDATE rectification SET {change} WHERE id = :id"), {"id": row.id})
