"""Sanctions short of a revocation: criticism and discipline, a suspension with its day of review (000 §21, 003 §17)."""

from typing import Any

import pytest

from models.cases import SupervisorCase
from models.dispatch import Assignment
from models.supervisors import Supervisor
from tests.making_inspections import dispatched
from tests.making_supervisors import card_of, supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

CASE = """case { id status sanction decisionNumber document criticism authority decidedOn putTo putOn reviewOn version
  availableSteps { mutation } }"""


def step(name: str) -> str:
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ event {{ step }} {CASE} }} }}"


OPEN, SUSPEND = step("supervisorCaseOpen"), step("supervisorCaseSuspend")
CRITICIZE, RECOMMEND, DISCIPLINE = step("supervisorCaseCriticize"), step("supervisorCaseRecommend"), step("supervisorCaseDiscipline")
WRITTEN = {"document": "谈话记录第2号", "decisionNumber": "督处〔2026〕2号"}
RULED = WRITTEN | {"decidedOn": "2026-09-15"}


def about(case: str, **other: object) -> dict[str, object]:
    return {"case": case, "idempotencyKey": key()} | other


def extensions(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


async def opened(world: World, row: Supervisor, *, by: str = "center_admin") -> str:
    ground = "NEGLIGENCE" if world.profile == "beijing-municipal" else "DERELICTION"
    card = await card_of(world, row)
    given = {"card": shown("card", card.id), "ground": ground, "facts": "两次迟到", "idempotencyKey": key()}
    case: str = (await world.done(by, OPEN, input=given))["supervisorCaseOpen"]["case"]["id"]
    return case


@pytest.mark.requirement("Y076", "B061")
async def test_the_center_criticizes_in_beijing(world: World) -> None:
    row, actor = await supervisor(world)
    case = await opened(world, row)
    given = about(case, criticism="督导须按时到场", **RULED)
    done = (await world.done("center_admin", CRITICIZE, input=given))["supervisorCaseCriticize"]
    assert done["event"] == {"step": "CRITICIZE"}
    said = done["case"]
    assert (said["status"], said["sanction"], said["criticism"], said["authority"]) == ("IN_FORCE", "CRITICISM", "督导须按时到场", None)
    assert (said["decidedOn"], said["decisionNumber"], said["document"]) == ("2026-09-15", "督处〔2026〕2号", "谈话记录第2号")
    assert said["availableSteps"] == [{"mutation": "supervisorCaseRefer"}]
    assert (await card_of(world, row)).status == "ACTIVE"
    seen = await world.done(actor, "{ supervisorCases(first: 5, filter: {sanction: {in: [CRITICISM]}}) { nodes { criticism } } }")
    assert seen["supervisorCases"]["nodes"] == [{"criticism": "督导须按时到场"}]
    again = await world.ask("center_admin", CRITICIZE, input=about(case, criticism="再次", **RULED))
    assert codes(again) == ["CONFLICT"]


@pytest.mark.requirement("B059", "B061", "A11")
async def test_a_district_criticizes_in_its_own_area(world: World) -> None:
    row, actor = await supervisor(world)
    await dispatched(world, team=[(row, actor), await supervisor(world)])
    case = await opened(world, row, by="district_admin_0")
    given = about(case, criticism="须如实记录", **RULED)
    assert codes(await world.ask("district_admin_1", CRITICIZE, input=given)) == ["NOT_FOUND"]
    done = (await world.done("district_admin_0", CRITICIZE, input=given))["supervisorCaseCriticize"]["case"]
    assert (done["status"], done["sanction"]) == ("IN_FORCE", "CRITICISM")


@pytest.mark.requirement("Y076")
async def test_in_yunnan_the_department_criticizes_and_the_issuer_records_it(yunnan: World) -> None:
    row, _ = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0])
    case = await opened(yunnan, row, by="agency_admin_0")
    given = about(case, criticism="玩忽职守", **RULED)
    unnamed = await yunnan.ask("agency_admin_0", CRITICIZE, input=given)
    assert (codes(unnamed), extensions(unnamed)["field"]) == (["BAD_USER_INPUT"], "authority")
    named = given | {"authority": "机械工程学院", "idempotencyKey": key()}
    refused = await yunnan.ask("center_admin", CRITICIZE, input=named)
    assert codes(refused) == ["FORBIDDEN"]
    done = (await yunnan.done("agency_admin_0", CRITICIZE, input=named))["supervisorCaseCriticize"]["case"]
    assert (done["sanction"], done["authority"]) == ("CRITICISM", "机械工程学院")


@pytest.mark.requirement("Y076")
async def test_discipline_is_recommended_and_recorded(yunnan: World) -> None:
    row, _ = await supervisor(yunnan)
    case = await opened(yunnan, row)
    put = (await yunnan.done("center_admin", RECOMMEND, input=about(case, authority="人事处", reason="情节较重")))["supervisorCaseRecommend"]
    assert (put["event"], put["case"]["status"], put["case"]["putTo"], put["case"]["putOn"]) == (
        {"step": "RECOMMEND"},
        "OPENED",
        "人事处",
        "2026-09-16",
    )
    assert "supervisorCaseRecommend" not in {one["mutation"] for one in put["case"]["availableSteps"]}
    assert codes(await yunnan.ask("center_admin", RECOMMEND, input=about(case, authority="纪委", reason="再报"))) == ["CONFLICT"]
    done = (await yunnan.done("center_admin", DISCIPLINE, input=about(case, **RULED)))["supervisorCaseDiscipline"]["case"]
    assert (done["status"], done["sanction"], done["authority"], done["decidedOn"]) == ("IN_FORCE", "ADMIN_DISCIPLINE", "人事处", "2026-09-15")
    assert (await card_of(yunnan, row)).status == "ACTIVE"


@pytest.mark.requirement("Y076", "B061", "D13")
async def test_beijing_knows_no_discipline(world: World) -> None:
    row, _ = await supervisor(world)
    case = await opened(world, row)
    for mutation, other in ((RECOMMEND, {"authority": "人事处", "reason": "情节较重"}), (DISCIPLINE, RULED | {"authority": "人事处"})):
        refused = await world.ask("center_admin", mutation, input=about(case, **other))
        assert (codes(refused), extensions(refused)["article"]) == (["RULE_NOT_MET"], "003 §17")
    (stored,) = await world.rows(SupervisorCase, supervisor_id=row.id)
    assert (stored.status, stored.put_on, stored.version) == ("OPENED", None, 1)


@pytest.mark.parametrize(
    ("wrong", "field"), [({"decidedOn": "2026-09-17"}, "decidedOn"), ({"criticism": "长" * 2001}, "criticism"), ({"document": " "}, "document")]
)
async def test_a_criticism_that_cannot_be(world: World, wrong: dict[str, object], field: str) -> None:
    row, _ = await supervisor(world)
    case = await opened(world, row)
    answer = await world.ask("center_admin", CRITICIZE, input=about(case, criticism="须按时到场", **RULED) | wrong)
    assert (codes(answer), extensions(answer)["field"], answer["data"]) == (["BAD_USER_INPUT"], field, {"supervisorCaseCriticize": None})
    (stored,) = await world.rows(SupervisorCase, supervisor_id=row.id)
    assert (stored.status, stored.sanction, stored.version) == ("OPENED", None, 1)


async def test_nobody_criticizes_in_the_own_case_nor_from_elsewhere(world: World, elsewhere: World) -> None:
    row, actor = await supervisor(world)
    case = await opened(world, row)
    given = about(case, criticism="须按时到场", **RULED)
    assert codes(await world.ask(actor, CRITICIZE, input=given)) == ["FORBIDDEN"]
    assert codes(await elsewhere.ask("center_admin", CRITICIZE, input=given)) == ["NOT_FOUND"]


@pytest.mark.requirement("B061")
async def test_a_suspension_frees_the_places_before_its_review(world: World) -> None:
    row, actor = await supervisor(world)
    await dispatched(world, team=[(row, actor), await supervisor(world)])
    (place,) = await world.rows(Assignment, supervisor_id=row.id)
    case = await opened(world, row)
    past = await world.ask("center_admin", SUSPEND, input=about(case, reviewOn="2026-09-16", **WRITTEN))
    assert (codes(past), extensions(past)["field"]) == (["BAD_USER_INPUT"], "reviewOn")
    done = (await world.done("center_admin", SUSPEND, input=about(case, reviewOn="2027-03-01", **WRITTEN)))["supervisorCaseSuspend"]["case"]
    assert done["reviewOn"] == "2027-03-01"
    (freed,) = await world.rows(Assignment, supervisor_id=row.id)
    assert (place.status, freed.status, freed.reason) == ("ACCEPTED", "WITHDRAWN", WRITTEN["decisionNumber"])
    listed = await world.done(
        "center_admin", '{ supervisorCases(first: 5, filter: {reviewOn: {from: "2027-03-01", until: "2027-03-02"}}) { nodes { id } } }'
    )
    assert case in {one["id"] for one in listed["supervisorCases"]["nodes"]}


@pytest.mark.requirement("B061")
async def test_a_place_after_the_review_stays(world: World) -> None:
    row, actor = await supervisor(world)
    await dispatched(world, team=[(row, actor), await supervisor(world)])
    (place,) = await world.rows(Assignment, supervisor_id=row.id)
    case = await opened(world, row)
    await world.done("center_admin", SUSPEND, input=about(case, reviewOn=place.duty_on.isoformat(), **WRITTEN))
    (kept,) = await world.rows(Assignment, supervisor_id=row.id)
    assert kept.status == "ACCEPTED"


@pytest.mark.requirement("Y080")
async def test_an_inspected_agency_reports_and_the_person_does_not_learn_which(world: World) -> None:
    row, actor = await supervisor(world)
    inspection, _ = await dispatched(world, team=[(row, actor), await supervisor(world)])
    (agency,) = (one for one in world.agencies if one.id == inspection.agency_id)
    other = next(one for one in world.agencies if one.id != inspection.agency_id)
    card = await card_of(world, row)
    given = {"card": shown("card", card.id), "ground": "PRIVATE_GAIN", "facts": "索要礼品", "idempotencyKey": key()}
    unmet = await world.ask("center_admin", OPEN, input=given | {"reportedBy": shown("agc", other.id)})
    assert (codes(unmet), extensions(unmet)["field"]) == (["BAD_USER_INPUT"], "reportedBy")
    case = (await world.done("center_admin", OPEN, input=given | {"reportedBy": shown("agc", agency.id)}))["supervisorCaseOpen"]["case"]["id"]
    ask = "query($id: ID!) { supervisorCase(id: $id) { origin reporter } }"
    assert (await world.done("center_admin", ask, id=case))["supervisorCase"] == {"origin": "AGENCY_REPORT", "reporter": agency.name}
    for asker in (actor, "center_clerk"):
        assert (await world.done(asker, ask, id=case))["supervisorCase"]["reporter"] is None
    assert codes(await world.ask("agency_admin_0", ask, id=case)) == ["NOT_FOUND"]
