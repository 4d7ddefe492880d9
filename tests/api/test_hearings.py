"""Hearings before a case is decided: the person speaks once, waives it, or lets the days pass (state machine 1.8)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from authz.actor import Actor
from models.cases import SupervisorCase
from models.database import Database
from tests.making_supervisors import card_of, supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

CASE = "case { id status sanction hearingUntil hearingOn hearingPlace statement statedAt availableSteps { mutation } }"
WRITTEN = {"document": "谈话记录第2号", "decisionNumber": "督处〔2026〕2号"}


@pytest.fixture(params=["beijing-municipal", "yunnan-college-2023"])
async def either(request: pytest.FixtureRequest, database: Database, maker: Database) -> World:
    return await World.founded(database, maker=maker, profile=request.param)


def step(name: str) -> str:
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ event {{ step }} {CASE} }} }}"


OPEN, HEAR, STATE = step("supervisorCaseOpen"), step("supervisorCaseHear"), step("supervisorCaseState")
REVOKE, CLOSE, CRITICIZE = step("supervisorCaseRevoke"), step("supervisorCaseClose"), step("supervisorCaseCriticize")


def about(case: str, **other: object) -> dict[str, object]:
    return {"case": case, "idempotencyKey": key()} | other


def ground(world: World) -> str:
    return "NEGLIGENCE" if world.profile == "beijing-municipal" else "DERELICTION"


async def opened(world: World) -> tuple[str, Actor]:
    row, actor = await supervisor(world)
    card = await card_of(world, row)
    given = {"card": shown("card", card.id), "ground": ground(world), "facts": "两次迟到", "idempotencyKey": key()}
    return (await world.done("center_admin", OPEN, input=given))["supervisorCaseOpen"]["case"]["id"], actor


def revocation(world: World, case: str) -> dict[str, object]:
    return about(case, ground=ground(world), **WRITTEN)


def refusal(answer: dict[str, Any]) -> tuple[object, ...]:
    found = answer["errors"][0]["extensions"]
    return found["code"], found.get("rule"), found.get("params")


@pytest.mark.requirement("Y076", "B061")
async def test_nothing_is_decided_before_the_person_has_spoken(either: World) -> None:
    case, person = await opened(either)
    put = (await either.done("center_admin", HEAR, input=about(case)))["supervisorCaseHear"]
    assert (put["event"]["step"], put["case"]["status"], put["case"]["hearingOn"], put["case"]["statement"]) == ("HEAR", "HEARING", None, None)
    until = put["case"]["hearingUntil"]
    for document, given in (
        (REVOKE, revocation(either, case)),
        (CRITICIZE, about(case, criticism="x", authority="人事处", decidedOn="2026-09-15", **WRITTEN)),
    ):
        answer = await either.ask("center_admin", document, input=given)
        assert refusal(answer) == ("RULE_NOT_MET", "supervisor_case.heard", {"until": until})
    said = (await either.done(person, STATE, input=about(case, statement="当日道路中断")))["supervisorCaseState"]
    assert (said["event"]["step"], said["case"]["status"], said["case"]["statement"]) == ("STATE", "HEARING", "当日道路中断")
    assert said["case"]["availableSteps"] == []
    assert codes(await either.ask(person, STATE, input=about(case, statement="另有补充"))) == ["CONFLICT"]
    done = (await either.done("center_admin", REVOKE, input=revocation(either, case)))["supervisorCaseRevoke"]["case"]
    assert (done["status"], done["statement"]) == ("DECIDED", "当日道路中断")
    assert codes(await either.ask("center_admin", HEAR, input=about(case))) == ["CONFLICT"]


@pytest.mark.requirement("Y076", "B061")
async def test_a_waiver_or_the_last_day_lets_the_case_be_decided(either: World) -> None:
    waived, person = await opened(either)
    await either.done("center_admin", HEAR, input=about(waived))
    said = (await either.done(person, STATE, input=about(waived)))["supervisorCaseState"]["case"]
    assert (said["statement"], said["statedAt"] is None) == (None, False)
    await either.done("center_admin", REVOKE, input=revocation(either, waived))
    silent, _ = await opened(either)
    put = (await either.done("center_admin", HEAR, input=about(silent)))["supervisorCaseHear"]["case"]
    given = about(silent, ground=ground(either), document="调查报告", decisionNumber="督处〔2026〕3号")
    (row,) = [one for one in await either.rows(SupervisorCase) if shown("scase", one.id) == silent]
    assert row.hearing_until is not None
    days = (row.hearing_until - either.now.date()).days
    assert (put["hearingUntil"], days >= 5) == (str(row.hearing_until), True)
    assert codes(await either.ask("center_admin", REVOKE, at=either.now + timedelta(days=days), input=given)) == ["RULE_NOT_MET"]
    await either.done("center_admin", REVOKE, at=either.now + timedelta(days=days + 1), input=given)


@pytest.mark.requirement("Y076")
async def test_a_sitting_has_a_day_and_a_place_and_the_person_may_speak_until_it(world: World) -> None:
    case, _ = await opened(world)
    for wrong, field in (
        ({"hearingOn": "2026-12-01"}, "place"),
        ({"place": "会议室"}, "hearingOn"),
        ({"hearingOn": str(world.now.date()), "place": "会议室"}, "hearingOn"),
        ({"hearingOn": "2026-12-01", "place": "室" * 201}, "place"),
    ):
        answer = await world.ask("center_admin", HEAR, input=about(case, **wrong))
        assert (codes(answer), answer["errors"][0]["extensions"]["field"], answer["data"]) == (
            ["BAD_USER_INPUT"],
            field,
            {"supervisorCaseHear": None},
        )
    put = (await world.done("center_admin", HEAR, input=about(case, hearingOn="2026-12-01", place="三楼会议室")))["supervisorCaseHear"]["case"]
    assert (put["hearingOn"], put["hearingUntil"], put["hearingPlace"]) == ("2026-12-01", "2026-12-01", "三楼会议室")
    listed = '{ supervisorCases(first: 5, filter: {status: {in: [HEARING]}, hearingUntil: {from: "2026-12-01"}}) { nodes { id } } }'
    assert case in [one["id"] for one in (await world.done("center_admin", listed))["supervisorCases"]["nodes"]]
    await world.done("center_admin", CLOSE, input=about(case, reason="查无实据"))


@pytest.mark.requirement("Y076")
async def test_only_the_person_speaks_and_nobody_hears_the_own_case(world: World, elsewhere: World) -> None:
    case, person = await opened(world)
    _, other = await supervisor(world)
    assert codes(await elsewhere.ask("center_admin", HEAR, input=about(case))) == ["NOT_FOUND"]
    assert codes(await world.ask(person, STATE, input=about(case, statement="尚未听取"))) == ["CONFLICT"]
    assert codes(await world.ask(person, HEAR, input=about(case))) == ["FORBIDDEN"]
    await world.done("center_admin", HEAR, input=about(case))
    assert codes(await world.ask(other, STATE, input=about(case, statement="代为陈述"))) == ["NOT_FOUND"]
    assert codes(await world.ask("center_admin", STATE, input=about(case, statement="代为陈述"))) == ["FORBIDDEN"]
    assert codes(await world.ask(person, STATE, input=about(case, statement="长" * 4001))) == ["BAD_USER_INPUT"]
    (row,) = [one for one in await world.rows(SupervisorCase) if shown("scase", one.id) == case]
    assert (row.status, row.statement, row.stated_at) == ("HEARING", None, None)


@pytest.mark.requirement("Y076")
async def test_what_was_said_stays(world: World) -> None:
    case, person = await opened(world)
    await world.done("center_admin", HEAR, input=about(case))
    await world.done(person, STATE, input=about(case, statement="属实"))
    (row,) = [one for one in await world.rows(SupervisorCase) if shown("scase", one.id) == case]
    with pytest.raises(DBAPIError):
        async with world.transaction() as session:
            await (await session.connection()).execute(text("UPDATE supervisor_case SET statement = '不属实' WHERE id = :id"), {"id": row.id})
