"""Single candidates a team looked at: eligibility, identity, result (003 §5, §13(一))."""

from typing import Any

import pytest

from models.candidates import CandidateCheck
from tests.making_inspections import notified
from tests.making_returns import closed, day_of, on_site, published
from tests.making_sessions import id_number
from tests.making_supervisors import supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

LOOK = """mutation($input: InspectionCheckCandidatesInput!) { inspectionCheckCandidates(input: $input) { event { step }
  inspection { candidateChecks { kind candidate passed remark person { id } } } } }"""


def about(id: str, *checks: dict[str, Any]) -> dict[str, Any]:
    return {"input": {"idempotencyKey": key(), "inspection": id, "checks": list(checks)}}


def seen(candidate: str, kind: str = "ELIGIBILITY", remark: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "candidate": candidate, "passed": remark is None, "remark": remark}


@pytest.mark.requirement("B008", "B042")
async def test_a_team_records_whom_it_looked_at(world: World, yunnan: World) -> None:
    for here in (world, yunnan):
        visit, team = await on_site(here)
        at, insp = await day_of(here, visit), shown("insp", visit.id)
        first = about(insp, seen("001"), seen("001", "IDENTITY", "照片不符"), seen("002", "RESULT"))
        done = (await here.done(team[0][1], LOOK, at=at, **first))["inspectionCheckCandidates"]
        assert done["event"]["step"] == "CHECK_CANDIDATES"
        found = {(one["kind"], one["candidate"], one["passed"], one["remark"]) for one in done["inspection"]["candidateChecks"]}
        assert found == {("ELIGIBILITY", "001", True, None), ("IDENTITY", "001", False, "照片不符"), ("RESULT", "002", True, None)}
        again = await here.ask(team[1][1], LOOK, at=at, **about(insp, seen("003"), seen("001", "IDENTITY")))
        assert again["errors"][0]["extensions"]["reason"] == "DUPLICATE"
        assert len(await here.rows(CandidateCheck, inspection_id=visit.id)) == 3
        ask = "query($id: ID!) { inspection(id: $id) { candidateChecks { candidate } } }"
        assert len((await here.done("agency_admin_0", ask, id=insp))["inspection"]["candidateChecks"]) == 3


@pytest.mark.requirement("B008", "B036")
async def test_what_is_refused_leaves_nothing(world: World, elsewhere: World) -> None:
    visit, team = await on_site(world)
    at, insp = await day_of(world, visit), shown("insp", visit.id)
    failed = {"kind": "RESULT", "candidate": "001", "passed": False}
    for checks, fact in (
        ([failed], "candidate.remark"),
        ([], "required"),
        ([seen(str(n)) for n in range(101)], "too_many"),
        ([seen(id_number())], "id_number_inside"),
    ):
        answer = await world.ask(team[0][1], LOOK, at=at, **about(insp, *checks))
        facts = answer["errors"][0]["extensions"]
        assert (facts.get("rule") or facts["problem"], answer["data"]) == (fact, {"inspectionCheckCandidates": None})
    _, stranger = await supervisor(elsewhere)
    for here, who, code in (
        (world, "district_dispatcher_0", "FORBIDDEN"),
        (world, "agency_admin_0", "FORBIDDEN"),
        (elsewhere, stranger, "NOT_FOUND"),
    ):
        assert codes(await here.ask(who, LOOK, at=at, **about(insp, seen("001")))) == [code]
    assert await world.rows(CandidateCheck, inspection_id=visit.id) == []


async def test_only_while_the_visit_is_open_and_by_who_is_there(world: World) -> None:
    await published(world)
    waiting, team = await notified(world)
    at = await day_of(world, waiting)
    early = await world.ask(team[0][1], LOOK, at=at, **about(shown("insp", waiting.id), seen("001")))
    assert early["errors"][0]["extensions"]["rule"] == "team.checked_in"
    done, members = await closed(world)
    late = await world.ask(members[0][1], LOOK, at=at, **about(shown("insp", done.id), seen("001")))
    assert late["errors"][0]["extensions"]["reason"] == "STATE"
