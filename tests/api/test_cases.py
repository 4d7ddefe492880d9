import asyncio
from dataclasses import replace
from typing import Any

import pytest

from authz.actor import Actor
from models.cases import BlacklistEntry, SupervisorCase
from models.dispatch import Assignment
from models.events import Event
from models.memberships import Membership
from models.supervisors import Appointment, Card, Supervisor
from tests.making_inspections import dispatched
from tests.making_supervisors import card_of, supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

CASE = "case { id status sanction decisionNumber version ground suspendedIn { __typename } availableSteps { mutation to secondPerson } }"


def step(name: str) -> str:
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ replayed event {{ step }} {CASE} }} }}"


OPEN, SUSPEND, REVOKE = step("supervisorCaseOpen"), step("supervisorCaseSuspend"), step("supervisorCaseRevoke")
STEPS = [f"supervisorCase{one}" for one in ("Hear", "Criticize", "Recommend", "Discipline", "Suspend", "Revoke", "Close", "Refer")]
RESTORE, CLOSE = step("supervisorCaseRestore"), step("supervisorCaseClose")
CONFIRM = """mutation($input: SupervisorCaseConfirmInput!) { supervisorCaseConfirm(input: $input) {
  replayed event { step } case { status } card { status supervisor { standing card { id } } } blacklistEntry { status ground listedOn reviewOn } } }"""
PREVIEW = """query($card: ID!) { revocationPreview(card: $card) {
  card appointments memberships openAssignmentCount openAssignments inspections } }"""
REVIEW = "2026-10-16"
WRITTEN = {"document": "调查报告第3号", "decisionNumber": "督决〔2026〕7号"}


async def opened(world: World, row: Supervisor, *, by: str | Actor = "center_admin", ground: str = "NEGLIGENCE") -> str:
    card = await card_of(world, row)
    given = {"card": shown("card", card.id), "ground": ground, "facts": "未到现场督导", "idempotencyKey": key()}
    case: str = (await world.done(by, OPEN, input=given))["supervisorCaseOpen"]["case"]["id"]
    return case


def about(case: str, **other: object) -> dict[str, object]:
    return {"case": case, "idempotencyKey": key()} | other


async def decided(world: World, row: Supervisor, *, by: str | Actor = "center_admin", ground: str = "NEGLIGENCE") -> str:
    case = await opened(world, row, by=by, ground=ground)
    await world.done(by, REVOKE, input=about(case, ground=ground, **WRITTEN))
    return case


def extensions(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


@pytest.mark.requirement("B033", "B059", "B060", "B061")
async def test_a_case_offers_its_steps(world: World) -> None:
    row, _ = await supervisor(world)
    card = await card_of(world, row)
    given = {"card": shown("card", card.id), "ground": "PRIVATE_GAIN", "facts": "收受礼品", "idempotencyKey": key()}
    first = (await world.done("center_admin", OPEN, input=given))["supervisorCaseOpen"]
    assert first["event"] == {"step": "OPEN"}
    assert [one["mutation"] for one in first["case"]["availableSteps"]] == STEPS
    again = (await world.done("center_admin", OPEN, input=given))["supervisorCaseOpen"]
    assert (again["replayed"], again["case"]) == (True, first["case"])
    reused = await world.ask("center_admin", OPEN, input=given | {"facts": "别的"})
    assert extensions(reused)["reason"] == "KEY_REUSED"
    twice = await world.ask("center_admin", OPEN, input=given | {"idempotencyKey": key()})
    assert extensions(twice) == {"code": "CONFLICT", "reason": "DUPLICATE"}
    assert len(await world.rows(SupervisorCase, card_id=card.id)) == 1


@pytest.mark.requirement("Y077", "Y078", "Y079", "Y080", "Y081", "Y082", "B060", "D26", "Y099")
@pytest.mark.parametrize(
    "ground",
    ["DERELICTION", "FRAUD", "ABUSE_OF_POWER", "SHIELDING_OR_RETALIATION", "IMPROPER_GAIN", "OTHER_BAD_EFFECT", "NEGLIGENCE", "PRIVATE_GAIN"],
)
async def test_each_jurisdiction_has_its_own_grounds(world: World, yunnan: World, ground: str) -> None:
    beijing = ground in {"NEGLIGENCE", "PRIVATE_GAIN"}
    for home, known in ((world, beijing), (yunnan, not beijing)):
        row, _ = await supervisor(home)
        card = await card_of(home, row)
        given = {"card": shown("card", card.id), "ground": ground, "facts": "事实", "idempotencyKey": key()}
        answer = await home.ask("center_admin", OPEN, input=given)
        assert codes(answer) == ([] if known else ["RULE_NOT_MET"])
        assert known or extensions(answer)["rule"] == "grounds.supervisor"
        assert len(await home.rows(SupervisorCase, card_id=card.id)) == known


@pytest.mark.parametrize("wrong", [{"facts": ""}, {"facts": "长" * 4001}, {"ground": "GUILTY"}])
async def test_a_case_needs_facts_and_a_ground(world: World, wrong: dict[str, object]) -> None:
    row, _ = await supervisor(world)
    card = await card_of(world, row)
    given = {"card": shown("card", card.id), "ground": "NEGLIGENCE", "facts": "事实", "idempotencyKey": key()}
    assert codes(await world.ask("center_admin", OPEN, input=given | wrong)) == ["BAD_USER_INPUT"]
    assert await world.rows(SupervisorCase, card_id=card.id) == []


@pytest.mark.requirement("B061", "D13")
async def test_the_center_suspends_and_restores(world: World) -> None:
    row, _ = await supervisor(world)
    case = await opened(world, row)
    done = (await world.done("center_admin", SUSPEND, input=about(case, **WRITTEN, reviewOn=REVIEW)))["supervisorCaseSuspend"]["case"]
    assert (done["status"], done["sanction"], done["suspendedIn"]) == ("IN_FORCE", "SUSPENSION", None)
    assert done["availableSteps"] == [
        {"mutation": "supervisorCaseRestore", "to": "LIFTED", "secondPerson": False},
        {"mutation": "supervisorCaseRefer", "to": None, "secondPerson": False},
    ]
    assert (await card_of(world, row)).status == "SUSPENDED"
    assert codes(await world.ask("center_admin", SUSPEND, input=about(case, **WRITTEN, reviewOn=REVIEW))) == ["CONFLICT"]
    await world.done("center_admin", RESTORE, input=about(case, reason="整改完成"))
    assert (await card_of(world, row)).status == "ACTIVE"


@pytest.mark.requirement("A11", "B059", "B061", "D14", "N7")
async def test_a_district_suspends_in_its_own_area_only(world: World) -> None:
    row, actor = await supervisor(world)
    stranger, _ = await supervisor(world)
    await dispatched(world, team=[(row, actor), await supervisor(world)])
    unknown = {"card": shown("card", (await card_of(world, stranger)).id), "ground": "NEGLIGENCE", "facts": "事实", "idempotencyKey": key()}
    assert codes(await world.ask("district_admin_0", OPEN, input=unknown)) == ["FORBIDDEN"]
    case = await opened(world, row, by="district_admin_0")
    done = (await world.done("district_admin_0", SUSPEND, input=about(case, **WRITTEN, reviewOn=REVIEW)))["supervisorCaseSuspend"]["case"]
    assert (done["status"], done["suspendedIn"]) == ("IN_FORCE", {"__typename": "District"})
    assert (await card_of(world, row)).status == "ACTIVE"
    (stored,) = await world.rows(SupervisorCase, supervisor_id=row.id)
    assert stored.suspended_in_id == world.districts[0].id
    for mutation, other in ((REVOKE, {"ground": "NEGLIGENCE", **WRITTEN}), (CLOSE, {"reason": "了结"})):
        refused = await world.ask("district_admin_0", mutation, input=about(case, **other))
        assert codes(refused) == ["FORBIDDEN"]
        assert extensions(refused)["issuer"] == shown("ctr", world.center.id)
    assert codes(await world.ask("district_admin_1", RESTORE, input=about(case, reason="不服"))) == ["NOT_FOUND"]
    await world.done("district_admin_0", RESTORE, input=about(case, reason="已改正"))


@pytest.mark.requirement("A11")
async def test_a_district_does_not_end_the_suspension_of_the_center(world: World) -> None:
    row, actor = await supervisor(world)
    await dispatched(world, team=[(row, actor), await supervisor(world)])
    case = await opened(world, row, by="district_admin_0")
    await world.done("center_admin", SUSPEND, input=about(case, **WRITTEN, reviewOn=REVIEW))
    refused = await world.ask("district_admin_0", RESTORE, input=about(case, reason="用人"))
    assert extensions(refused)["rule"] == "suspension.restored_by"
    assert (await card_of(world, row)).status == "SUSPENDED"


@pytest.mark.requirement("D13")
async def test_yunnan_knows_no_suspension(yunnan: World) -> None:
    row, _ = await supervisor(yunnan)
    case = await opened(yunnan, row, ground="FRAUD")
    refused = await yunnan.ask("center_admin", SUSPEND, input=about(case, **WRITTEN, reviewOn=REVIEW))
    assert codes(refused) == ["RULE_NOT_MET"]
    assert extensions(refused)["article"] == "000 §21"
    assert (await card_of(yunnan, row)).status == "ACTIVE"


@pytest.mark.requirement("Y076", "Y087", "Y088", "Y089", "INV13", "A13", "A15", "N7")
@pytest.mark.parametrize("ground", ["NEGLIGENCE", "FRAUD"])
async def test_inv13_a_confirmed_revocation_does_it_all(world: World, yunnan: World, ground: str) -> None:
    home = world if ground == "NEGLIGENCE" else yunnan
    row, actor = await supervisor(home)
    inspection, _ = await dispatched(home, team=[(row, actor), await supervisor(home)])
    card = await card_of(home, row)
    preview = (await home.done("center_admin", PREVIEW, card=shown("card", card.id)))["revocationPreview"]
    assert (preview["openAssignmentCount"], preview["inspections"]) == (1, [shown("insp", inspection.id)])
    assert (len(preview["appointments"]), len(preview["memberships"])) == (1, 1)
    case = await decided(home, row, ground=ground)
    assert (await card_of(home, row)).status == "ACTIVE"
    same = await home.ask("center_admin", CONFIRM, input=about(case))
    assert (extensions(same)["rule"], same["data"]) == ("revocation.confirmations", {"supervisorCaseConfirm": None})
    assert (await card_of(home, row)).status == "ACTIVE"
    second = await home.hire("center_admin", home.center, name="second")
    given = about(case)
    done = (await home.done(second, CONFIRM, input=given))["supervisorCaseConfirm"]
    assert done["case"] == {"status": "IN_FORCE"}
    assert done["card"] == {"status": "REVOKED", "supervisor": {"standing": "REMOVED", "card": None}}
    assert done["blacklistEntry"] == {"status": "LISTED", "ground": ground, "listedOn": "2026-09-16", "reviewOn": "2029-09-16"}
    assert (await home.done(second, CONFIRM, input=given))["supervisorCaseConfirm"]["replayed"] is True
    (term,) = await home.rows(Appointment, supervisor_id=row.id)
    (role,) = await home.rows(Membership, person_id=row.person_id)
    (place,) = await home.rows(Assignment, supervisor_id=row.id)
    assert (term.status, role.valid_until, place.status) == ("TERMINATED", home.now, "WITHDRAWN")
    reasons = {(one.subject_kind, one.step) for one in await home.rows(Event, center_id=home.center.id, reason=WRITTEN["decisionNumber"])}
    kinds = {("SupervisorCase", "CONFIRM"), ("Card", "REVOKE"), ("Appointment", "TERMINATE"), ("Supervisor", "REMOVE"), ("Membership", "END")}
    assert reasons >= kinds | {("Assignment", "WITHDRAW"), ("BlacklistEntry", "LIST")}


@pytest.mark.requirement("INV17", "A12", "Y068", "Y076", "N7", "D14")
async def test_inv17_only_the_agency_revokes_the_card_it_issued(yunnan: World) -> None:
    row, _ = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0])
    card = await card_of(yunnan, row)
    case = await opened(yunnan, row, ground="FRAUD")
    for ask, given in (
        (PREVIEW, {"card": shown("card", card.id)}),
        (REVOKE, {"input": about(case, ground="FRAUD", **WRITTEN)}),
        (CLOSE, {"input": about(case, reason="了结")}),
    ):
        refused = await yunnan.ask("center_admin", ask, **given)
        assert codes(refused) == ["FORBIDDEN"]
        assert extensions(refused)["issuer"] == shown("agc", yunnan.agencies[0].id)
        assert extensions(refused)["reason"] == "ISSUER"
        assert "000 §19, §21" in extensions(refused)["article"]
    assert (await card_of(yunnan, row)).status == "ACTIVE"
    await yunnan.done("agency_admin_0", REVOKE, input=about(case, ground="FRAUD", **WRITTEN))
    second = await yunnan.hire("agency_admin", yunnan.agencies[0], name="second")
    done = (await yunnan.done(second, CONFIRM, input=about(case)))["supervisorCaseConfirm"]
    assert done["card"]["status"] == "REVOKED"
    (entry,) = await yunnan.rows(BlacklistEntry, person_id=row.person_id)
    assert entry.listed_by_id == yunnan.agencies[0].id


async def test_a_preview_shows_no_visit_before_the_notice(yunnan: World) -> None:
    """The agency issues the card of its internal supervisor, yet must not learn from it that an inspection is coming (INV12)."""
    row, actor = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0])
    await dispatched(yunnan, team=[(row, actor)], accepted=False)
    card = await card_of(yunnan, row)
    preview = (await yunnan.done("agency_admin_0", PREVIEW, card=shown("card", card.id)))["revocationPreview"]
    assert (preview["openAssignmentCount"], preview["openAssignments"], preview["inspections"]) == (0, [], [])


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"document": ""}, "BAD_USER_INPUT"),
        ({"document": "长" * 201}, "BAD_USER_INPUT"),
        ({"decisionNumber": "9" * 41}, "BAD_USER_INPUT"),
        ({"ground": "FRAUD"}, "RULE_NOT_MET"),
        ({"expectedVersion": 9}, "CONFLICT"),
        ({"case": "card_" + "0" * 32}, "NOT_FOUND"),
    ],
)
async def test_a_revocation_that_cannot_be(world: World, wrong: dict[str, object], code: str) -> None:
    row, _ = await supervisor(world)
    case = await opened(world, row)
    answer = await world.ask("center_admin", REVOKE, input=about(case, ground="NEGLIGENCE", **WRITTEN) | wrong)
    assert (codes(answer), answer["data"]) == ([code], {"supervisorCaseRevoke": None})
    (stored,) = await world.rows(SupervisorCase, supervisor_id=row.id)
    assert (stored.status, stored.sanction, stored.version) == ("OPENED", None, 1)


async def test_a_decision_number_is_used_once(world: World) -> None:
    one, other = [(await supervisor(world))[0] for _ in range(2)]
    await decided(world, one)
    case = await opened(world, other)
    answer = await world.ask("center_admin", REVOKE, input=about(case, ground="NEGLIGENCE", **WRITTEN))
    assert extensions(answer) == {"code": "CONFLICT", "reason": "DUPLICATE"}


async def test_a_case_is_hidden_from_strangers_and_shown_to_the_person(world: World, elsewhere: World) -> None:
    row, actor = await supervisor(world)
    case = await decided(world, row)
    for asker, home in (("center_admin", elsewhere), ("agency_admin_0", world), ("district_admin_0", world), ("center_dispatcher", world)):
        hidden = await home.ask(asker, "query($id: ID!) { supervisorCase(id: $id) { status } }", id=case)
        assert codes(hidden) == ["NOT_FOUND"]
        assert codes(await home.ask(asker, CONFIRM, input=about(case))) == ["NOT_FOUND"]
    seen = await world.done(actor, "{ supervisorCases(first: 5) { totalCount nodes { status availableSteps { mutation } } } }")
    assert seen["supervisorCases"] == {"totalCount": 1, "nodes": [{"status": "DECIDED", "availableSteps": []}]}
    assert codes(await world.ask("center_clerk", CONFIRM, input=about(case))) == ["FORBIDDEN"]


async def test_nobody_decides_the_own_case(world: World) -> None:
    row, _ = await supervisor(world)
    case = await opened(world, row)
    (admin,) = [one for name, one in world.actors.items() if name == "center_admin"]
    oneself = replace(admin, person_id=row.person_id)
    for mutation, other in ((REVOKE, {"ground": "NEGLIGENCE", **WRITTEN}), (SUSPEND, WRITTEN | {"reviewOn": REVIEW}), (CLOSE, {"reason": "了结"})):
        assert codes(await world.ask(oneself, mutation, input=about(case, **other))) == ["FORBIDDEN"]


async def test_a_case_is_closed_with_a_reason(world: World) -> None:
    row, _ = await supervisor(world)
    case = await opened(world, row)
    assert codes(await world.ask("center_admin", CLOSE, input=about(case, reason=" "))) == ["BAD_USER_INPUT"]
    done = (await world.done("center_admin", CLOSE, input=about(case, reason="查无实据")))["supervisorCaseClose"]["case"]
    assert (done["status"], done["sanction"], done["availableSteps"]) == ("CLOSED", "NO_ACTION", [])
    assert codes(await world.ask("center_admin", CLOSE, input=about(case, reason="再次"))) == ["CONFLICT"]


async def test_of_two_confirmations_at_once_one_wins(world: World) -> None:
    row, _ = await supervisor(world)
    case = await decided(world, row)
    people = [await world.hire("center_admin", world.center, name=f"confirmer_{n}") for n in range(2)]
    answers = await asyncio.gather(*(world.ask(one, CONFIRM, input=about(case)) for one in people))
    assert sorted(codes(one) for one in answers) == [[], ["CONFLICT"]]
    assert len(await world.rows(BlacklistEntry, person_id=row.person_id)) == 1
    assert [one.status for one in await world.rows(Card, supervisor_id=row.id)] == ["REVOKED"]


async def test_a_revoked_card_has_no_second_case(world: World) -> None:
    row, _ = await supervisor(world)
    first, other = await decided(world, row), await opened(world, row, ground="PRIVATE_GAIN")
    card = shown("card", (await card_of(world, row)).id)
    second = await world.hire("center_admin", world.center, name="second")
    await world.done(second, CONFIRM, input=about(first))
    given = {"card": card, "ground": "NEGLIGENCE", "facts": "事实", "idempotencyKey": key()}
    assert codes(await world.ask("center_admin", OPEN, input=given)) == ["CONFLICT"]
    await world.done("center_admin", REVOKE, input=about(other, ground="PRIVATE_GAIN", document="报告", decisionNumber="督决8号"))
    assert codes(await world.ask(second, CONFIRM, input=about(other))) == ["CONFLICT"]
    assert len(await world.rows(BlacklistEntry, person_id=row.person_id)) == 1


REFER = """mutation($input: SupervisorCaseReferInput!) { supervisorCaseRefer(input: $input) { replayed event { step fromStatus toStatus reason }
  case { status sanction judicialNumber judicialReferredOn availableSteps { mutation } } } }"""
CRIME = {"number": "移〔2026〕1号", "referredOn": "2026-09-15"}


@pytest.mark.requirement("Y099", "Y076")
@pytest.mark.parametrize("ground", ["NEGLIGENCE", "FRAUD"])
async def test_referral_to_the_judiciary_stands_beside_the_sanction(world: World, yunnan: World, ground: str) -> None:
    """It takes no step of the case, comes once, and leaves the revocation to go on as it would."""
    home = world if ground == "NEGLIGENCE" else yunnan
    row, _ = await supervisor(home)
    case = await decided(home, row, ground=ground)
    said = about(case, **CRIME)
    done = (await home.done("center_admin", REFER, input=said))["supervisorCaseRefer"]
    assert done["event"] == {"step": "REFER", "fromStatus": "DECIDED", "toStatus": "DECIDED", "reason": "移〔2026〕1号"}
    assert (done["case"]["sanction"], done["case"]["judicialNumber"], done["case"]["judicialReferredOn"]) == ("REVOCATION", *CRIME.values())
    assert "supervisorCaseRefer" not in [one["mutation"] for one in done["case"]["availableSteps"]]
    assert (await home.done("center_admin", REFER, input=said))["supervisorCaseRefer"]["replayed"] is True
    assert codes(await home.ask("center_admin", REFER, input=about(case, **CRIME))) == ["CONFLICT"]
    second = await home.hire("center_admin", home.center, name="second")
    await home.done(second, CONFIRM, input=about(case))
    assert [one.status for one in await home.rows(Card, supervisor_id=row.id)] == ["REVOKED"]
    (stored,) = await home.rows(SupervisorCase, supervisor_id=row.id)
    assert (stored.status, stored.judicial_number) == ("IN_FORCE", "移〔2026〕1号")


@pytest.mark.requirement("Y099")
async def test_who_refers_and_what_cannot_be_referred(yunnan: World, elsewhere: World) -> None:
    row, actor = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0])
    case = await opened(yunnan, row, ground="FRAUD")
    for home, asker, code in (
        (yunnan, "center_admin", "FORBIDDEN"),
        (yunnan, "agency_admin_1", "NOT_FOUND"),
        (yunnan, actor, "FORBIDDEN"),
        (elsewhere, "center_admin", "NOT_FOUND"),
    ):
        assert codes(await home.ask(asker, REFER, input=about(case, **CRIME))) == [code], asker
    for wrong in ({"number": " "}, {"referredOn": "2026-09-17"}):
        assert codes(await yunnan.ask("agency_admin_0", REFER, input=about(case, **CRIME) | wrong)) == ["BAD_USER_INPUT"]
    await yunnan.done("agency_admin_0", CLOSE, input=about(case, reason="查无实据"))
    assert codes(await yunnan.ask("agency_admin_0", REFER, input=about(case, **CRIME))) == ["CONFLICT"]
    (stored,) = await yunnan.rows(SupervisorCase, supervisor_id=row.id)
    assert stored.judicial_number is None
