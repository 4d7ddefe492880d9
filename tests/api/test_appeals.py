"""Appeals against what a case led to: by the person, once, in time; answered by somebody without a part in it (state machine 1.8, A14)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from authz.actor import Actor, Role
from domain import cases
from domain.cases import Decision
from models.cases import BlacklistEntry, Ground, SupervisorCase
from models.database import Database
from models.events import Event
from models.supervisors import Card
from tests.cases_office import decided, suspended
from tests.cases_office import opened as case_of
from tests.making_supervisors import card_of, supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

CASE = "case { id status sanction appeal appealedAt appealReason appealDecidedBy { id } availableSteps { mutation } }"


def step(name: str) -> str:
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ event {{ step }} {CASE} }} }}"


APPEAL, ANSWER, RESTORE = step("supervisorCaseAppeal"), step("supervisorCaseDecideAppeal"), step("supervisorCaseRestore")
REVOKE, CONFIRM = (
    step("supervisorCaseRevoke"),
    "mutation($input: SupervisorCaseConfirmInput!) { supervisorCaseConfirm(input: $input) { case { status } } }",
)
KEEP = "mutation($input: BlacklistEntryUpholdInput!) { blacklistEntryUphold(input: $input) { blacklistEntry { status } } }"
SAID = "当日道路中断，并非拒绝到场"


@pytest.fixture(params=["beijing-municipal", "yunnan-college-2023"])
async def either(request: pytest.FixtureRequest, database: Database, maker: Database) -> World:
    return await World.founded(database, maker=maker, profile=request.param)


def about(case: SupervisorCase, **other: object) -> dict[str, object]:
    return {"case": shown("scase", case.id), "idempotencyKey": key()} | other


def refusal(answer: dict[str, Any]) -> tuple[object, ...]:
    found = answer["errors"][0]["extensions"]
    return found["code"], found.get("rule")


def without_an_office(actor: Actor) -> Actor:
    """Who they are once every office has ended."""
    nobody = {"organization_id": None, "tier": None, "center_id": None, "district_id": None, "agency_id": None}
    return replace(actor, **nobody, roles=frozenset({Role.ANYONE}), memberships={})


async def revoked(world: World) -> tuple[SupervisorCase, Actor]:
    row, actor = await supervisor(world)
    return await decided(world, confirmed=True, case=await case_of(world, of=row)), without_an_office(actor)


async def third(world: World) -> Actor:
    return await world.hire("center_admin", world.center, name="third")


async def card(world: World, case: SupervisorCase) -> Card:
    (row,) = await world.rows(Card, id=case.card_id)
    found: Card = row
    return found


async def stored(world: World, case: SupervisorCase) -> SupervisorCase:
    (row,) = await world.rows(SupervisorCase, id=case.id)
    found: SupervisorCase = row
    return found


@pytest.mark.requirement("Y076", "Y087", "A14")
async def test_who_was_revoked_appeals_and_the_decision_is_taken_back(either: World) -> None:
    case, person = await revoked(either)
    put = (await either.done(person, APPEAL, input=about(case, appeal=SAID)))["supervisorCaseAppeal"]
    assert (put["event"]["step"], put["case"]["status"], put["case"]["appeal"]) == ("APPEAL", "APPEALED", SAID)
    assert codes(await either.ask(person, APPEAL, input=about(case, appeal=SAID))) == ["CONFLICT"]
    (event,) = await either.rows(Event, subject_id=case.id, step="APPEAL")
    assert (event.organization_id, event.person_id) == (case.issuer_id, case.person_id)
    for by in (case.decided_by, case.confirmed_by):
        judge = next(one for one in either.actors.values() if one.person_id == by)
        answer = await either.ask(judge, ANSWER, input=about(case, lifted=True, reason="重新查明"))
        assert refusal(answer) == ("RULE_NOT_MET", "supervisor_case.appeal_by_another")
    other = await third(either)
    done = (await either.done(other, ANSWER, input=about(case, lifted=True, reason="重新查明")))["supervisorCaseDecideAppeal"]
    assert (done["event"]["step"], done["case"]["status"], done["case"]["appealReason"]) == ("LIFT", "LIFTED", "重新查明")
    assert done["case"]["appealDecidedBy"] == {"id": shown("per", other.person_id)}
    entries = await either.rows(BlacklistEntry, case_id=case.id)
    assert [(one.status, one.review_by) for one in entries] == [("UNDER_REVIEW", other.person_id)]
    assert (await card(either, case)).status == "REVOKED"
    given = {"blacklistEntry": shown("blk", entries[0].id), "reason": "维持", "idempotencyKey": key()}
    assert refusal(await either.ask("center_admin", KEEP, input=given)) == ("RULE_NOT_MET", "blacklist.decision_lifted")


@pytest.mark.requirement("B061", "A14")
async def test_a_suspension_holds_until_its_appeal_is_answered(world: World) -> None:
    upheld, lifted = await suspended(world), await suspended(world)
    other = await third(world)
    for case, taken_back, status in ((upheld, False, "UPHELD"), (lifted, True, "LIFTED")):
        person = concerned(world, case)
        await world.done(person, APPEAL, input=about(case, appeal=SAID))
        assert (await card(world, case)).status == "SUSPENDED"
        done = (await world.done(other, ANSWER, input=about(case, lifted=taken_back, reason="已复查")))["supervisorCaseDecideAppeal"]["case"]
        assert (done["status"], (await card(world, case)).status) == (status, "ACTIVE" if taken_back else "SUSPENDED")
        assert codes(await world.ask(person, APPEAL, input=about(case, appeal=SAID))) == ["CONFLICT"]
        assert codes(await world.ask(other, ANSWER, input=about(case, lifted=True, reason="已复查"))) == ["CONFLICT"]
    restored = (await world.done("center_admin", RESTORE, input=about(upheld, reason="已改正")))["supervisorCaseRestore"]["case"]
    assert restored["status"] == "LIFTED"


def concerned(world: World, case: SupervisorCase) -> Actor:
    return replace(without_an_office(world.actors["center_admin"]), person_id=case.person_id)


@pytest.mark.requirement("Y076", "A14")
async def test_no_revocation_while_an_appeal_is_open(world: World) -> None:
    row, _ = await supervisor(world)
    before = await case_of(world, of=row)
    async with world.transaction() as session:
        mine = await session.merge(before)
        await cases.suspend(session, mine, Decision("调查报告", "督处〔2026〕9号"), act=world.act("center_admin"))
    await world.done(concerned(world, before), APPEAL, input=about(before, appeal=SAID))
    async with world.transaction() as session:
        mine_too = await session.merge(await card_of(world, row))
        case, _ = await cases.open_case(session, mine_too, ground=Ground.PRIVATE_GAIN, facts="收受礼品", act=world.act("center_admin"))
    given = about(case, ground="PRIVATE_GAIN", document="调查报告", decisionNumber="督处〔2026〕10号")
    assert refusal(await world.ask("center_admin", REVOKE, input=given)) == ("RULE_NOT_MET", "supervisor_case.appeal_open")
    assert (await stored(world, case)).status == "OPENED"
    await world.done(await third(world), ANSWER, input=about(before, lifted=False, reason="已复查"))
    await world.done("center_admin", REVOKE, input=given | {"idempotencyKey": key()})


@pytest.mark.requirement("Y076", "A14")
async def test_an_appeal_has_its_days_and_goes_where_it_was_decided(either: World) -> None:
    case, person = await revoked(either)
    late = either.now + timedelta(days=40)
    assert refusal(await either.ask(person, APPEAL, at=late, input=about(case, appeal=SAID))) == ("RULE_NOT_MET", "appeal.working_days")
    assert codes(await either.ask(person, APPEAL, input=about(case, appeal="长" * 4001))) == ["BAD_USER_INPUT"]
    assert (await stored(either, case)).appeal is None
    open_case = await case_of(either)
    assert codes(await either.ask(concerned(either, open_case), APPEAL, input=about(open_case, appeal=SAID))) == ["CONFLICT"]
    criticize = step("supervisorCaseCriticize")
    ruling = {"criticism": "须到场", "authority": "人事处", "decidedOn": "2026-09-15", "document": "谈话记录", "decisionNumber": "督处〔2026〕11号"}
    await either.done("center_admin", criticize, input=about(open_case, **ruling))
    answer = await either.ask(concerned(either, open_case), APPEAL, input=about(open_case, appeal=SAID))
    assert refusal(answer) == ("RULE_NOT_MET", "supervisor_case.appealed_elsewhere")


@pytest.mark.requirement("Y076", "A14")
async def test_only_the_person_appeals_and_only_the_issuer_answers(world: World, elsewhere: World) -> None:
    case, person = await revoked(world)
    _, other = await supervisor(world)
    assert codes(await world.ask(other, APPEAL, input=about(case, appeal=SAID))) == ["NOT_FOUND"]
    assert codes(await world.ask("center_admin", APPEAL, input=about(case, appeal=SAID))) == ["FORBIDDEN"]
    await world.done(person, APPEAL, input=about(case, appeal=SAID))
    for stranger, code in ((person, "FORBIDDEN"), (other, "NOT_FOUND"), ("center_clerk", "FORBIDDEN")):
        assert codes(await world.ask(stranger, ANSWER, input=about(case, lifted=True, reason="自行撤销"))) == [code]
    assert codes(await elsewhere.ask("center_admin", ANSWER, input=about(case, lifted=True, reason="x"))) == ["NOT_FOUND"]
    assert ((await stored(world, case)).status, (await stored(world, case)).appeal_decided_by) == ("APPEALED", None)


@pytest.mark.requirement("Y076")
async def test_what_was_said_stays_and_nobody_answers_on_their_own(world: World) -> None:
    case, person = await revoked(world)
    await world.done(person, APPEAL, input=about(case, appeal=SAID))
    for change in ("appeal = 'x'", "appeal_reason = 'x', appeal_decided_by = decided_by", "status = 'UPHELD'"):
        with pytest.raises(DBAPIError):
            async with world.transaction() as session:
                await (await session.connection()).execute(text(f"UPDATE supervisor_case SET {change} WHERE id = :id"), {"id": case.id})
