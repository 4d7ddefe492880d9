"""What an appointed supervisor is judged by: the end of a term, the renewal, the year, and all of it in one archive (000 §16, §18, §22)."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain import cases
from domain.calendar import start_of_day
from domain.cases import Decision
from domain.supervisors import withdraw_card
from models.assessments import AssessmentResult, Commendation, TermEvaluation, TermResult, YearlyAssessment
from models.cases import BlacklistEntry, Ground, SupervisorCase
from models.dispatch import Assignment
from models.organizations import Profile
from models.supervisors import Appointment, Card, Person
from tests.making_draws import ACCEPT, place
from tests.making_inspections import dispatched
from tests.making_returns import again
from tests.making_sessions import recognition
from tests.making_supervisors import card_of, supervisor
from tests.making_time import round_of, told
from tests.making_years import assessed, ending, evaluated, term_of
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

MAKE = """mutation($input: AppointmentMakeInput!) { appointmentMake(input: $input) {
  appointment { startsOn endsOn status dispatcher { __typename } } event { step } } }"""
EVALUATE = """mutation($input: AppointmentEvaluateInput!) { appointmentEvaluate(input: $input) {
  appointment { status evaluation { result statement evaluatedBy { id } } availableSteps { mutation } } event { step } } }"""
RENEW = """mutation($input: AppointmentRenewInput!) { appointmentRenew(input: $input) {
  appointment { id startsOn endsOn status renews { id status } } event { step } } }"""
ASSESS = """mutation($input: AppointmentAssessInput!) { appointmentAssess(input: $input) {
  assessment { id year result late dueOn meetsDuty case { ground } } case { id ground origin status issuer { id } } event { step reason } } }"""
COMMEND = """mutation($input: YearlyAssessmentCommendInput!) { yearlyAssessmentCommend(input: $input) {
  commendation { title givenOn assessment { year } } event { step } } }"""
LIST = """query($filter: YearlyAssessmentFilter, $orderBy: YearlyAssessmentOrderBy) {
  yearlyAssessments(first: 9, filter: $filter, orderBy: $orderBy) { nodes { year result } } }"""
ARCHIVE = """query($id: ID!) { supervisor(id: $id) {
  applications { status written: writtenExam { passed } trainings { topic } } cards { number } cases { ground sanction }
  appointments { status evaluation { result } } assessments { year result commendation { title } } educations { year result } } }"""


def why(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


def about(term: Appointment, **said: object) -> dict[str, object]:
    return {"appointment": shown("apt", term.id), "idempotencyKey": key(), **said}


def judging(term: Appointment, **other: object) -> dict[str, object]:
    said = {"year": 2026, "result": "QUALIFIED", "meetsDuty": True, "meetsConduct": True, "meetsKnowledge": True, "statement": "完成全部指派任务"}
    return about(term, **(said | other))


async def states(world: World, term: Appointment) -> list[str]:
    found = await world.rows(Appointment, supervisor_id=term.supervisor_id)
    return [one.status.value for one in sorted(found, key=lambda one: one.starts_on)]


@pytest.mark.requirement("Y007", "Y063", "D09")
async def test_an_agency_appoints_its_own_and_beijing_knows_no_end(yunnan: World, world: World) -> None:
    mine, _ = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0], appointed=False)
    said = {"supervisor": shown("sup", mine.id), "startsOn": "2026-12-01", "endsOn": "2027-12-01", "idempotencyKey": key()}
    made = (await yunnan.done("agency_admin_0", MAKE, input=said))["appointmentMake"]["appointment"]
    assert (made["endsOn"], made["dispatcher"]) == ("2027-12-01", {"__typename": "Agency"})
    row, _ = await supervisor(world, appointed=False)
    said = {"supervisor": shown("sup", row.id), "startsOn": "2026-12-01", "idempotencyKey": key()}
    assert (await world.done("center_admin", MAKE, input=said))["appointmentMake"]["appointment"]["endsOn"] is None


@pytest.mark.requirement("Y065", "D09")
async def test_a_term_is_evaluated_and_then_renewed(yunnan: World) -> None:
    term, (row, actor) = await ending(yunnan)
    done = (await yunnan.done("center_dispatcher", EVALUATE, input=about(term, result="FULFILLED", statement="尽职尽责")))["appointmentEvaluate"]
    assert (done["appointment"]["status"], done["event"]["step"]) == ("EVALUATED", "EVALUATE")
    assert done["appointment"]["evaluation"] == {
        "result": "FULFILLED", "statement": "尽职尽责", "evaluatedBy": {"id": shown("per", yunnan.actors["center_dispatcher"].person_id)}
    }  # fmt: skip
    new = (await yunnan.done("center_admin", RENEW, input=about(term)))["appointmentRenew"]
    assert (new["event"]["step"], new["appointment"]["renews"]) == ("RENEW", {"id": shown("apt", term.id), "status": "RENEWED"})
    assert (new["appointment"]["startsOn"], new["appointment"]["endsOn"]) == ("2026-10-16", "2029-10-16"), "36 months from the end of the first"
    for days in (5, 60):
        visited = await recognition(yunnan, starts_at=yunnan.now + timedelta(days=days))
        visit, _ = await dispatched(yunnan, of=visited, team=[(row, actor)], accepted=False)
        (offer,) = await yunnan.rows(Assignment, inspection_id=visit.id)
        await yunnan.done(actor, ACCEPT, input=place(offer.id))
    await round_of(yunnan, start_of_day(date(2026, 10, 17)))
    assert await states(yunnan, term) == ["RENEWED", "ACTIVE"], "a renewed term does not expire"


@pytest.mark.requirement("Y065")
async def test_without_an_evaluation_nobody_is_appointed_again(yunnan: World, world: World, elsewhere: World) -> None:
    row, _ = await supervisor(yunnan)
    early = await yunnan.ask("center_admin", EVALUATE, input=about(await term_of(yunnan, row), result="FULFILLED", statement="好"))
    assert (codes(early), why(early)["reason"]) == (["CONFLICT"], "STATE")
    term, _ = await ending(yunnan)
    unjudged = await yunnan.ask("center_admin", RENEW, input=about(term))
    assert (codes(unjudged), why(unjudged)["reason"]) == (["CONFLICT"], "STATE")
    for asker, code in (("center_clerk", "FORBIDDEN"), ("center_auditor", "FORBIDDEN"), ("agency_admin_0", "NOT_FOUND")):
        assert codes(await yunnan.ask(asker, EVALUATE, input=about(term, result="FULFILLED", statement="好"))) == [code], asker
    assert codes(await elsewhere.ask("center_admin", RENEW, input=about(term))) == ["NOT_FOUND"]
    assert await yunnan.rows(TermEvaluation, center_id=yunnan.center.id) == []
    bad, _ = await evaluated(yunnan, result=TermResult.UNFULFILLED)
    offered = await yunnan.done("center_admin", "query($id: ID!) { appointment(id: $id) { availableSteps { mutation } } }", id=shown("apt", bad.id))
    assert [one["mutation"] for one in offered["appointment"]["availableSteps"]] == ["appointmentAssess"]
    refused = await yunnan.ask("center_admin", RENEW, input=about(bad))
    assert (codes(refused), why(refused)["rule"], why(refused)["article"]) == (["RULE_NOT_MET"], "appointment.evaluation", "000 §18")
    assert await states(yunnan, bad) == ["EVALUATED"]
    await round_of(yunnan, start_of_day(date(2026, 10, 16)))
    assert await states(yunnan, bad) == ["EXPIRED"]
    assert await world.rows(TermEvaluation, center_id=world.center.id) == []


@pytest.mark.requirement("Y065", "Y088")
async def test_a_revocation_ends_the_term_that_runs_and_the_next(yunnan: World) -> None:
    term, (row, _) = await evaluated(yunnan)
    await yunnan.done("center_admin", RENEW, input=about(term))
    card, act = await card_of(yunnan, row), yunnan.act("center_admin")
    async with yunnan.transaction() as session:
        await withdraw_card(session, await again(session, Card, card.id), act=act, reason="决定1号", profile_id=(await profile_of(yunnan)))
    assert await states(yunnan, term) == ["TERMINATED", "TERMINATED"]


async def profile_of(world: World) -> Any:
    return (await world.rows(Profile, organization_id=world.center.id))[0].id


@pytest.mark.requirement("Y083", "Y084", "Y093", "Y094", "Y095", "D12")
async def test_a_year_is_assessed_once_by_who_appointed(yunnan: World) -> None:
    row, actor = await supervisor(yunnan)
    term = await term_of(yunnan, row)
    done = (await yunnan.done("center_dispatcher", ASSESS, input=judging(term)))["appointmentAssess"]
    assert (done["assessment"]["result"], done["assessment"]["dueOn"], done["assessment"]["late"]) == ("QUALIFIED", "2027-01-31", False)
    assert (done["case"], done["event"]["reason"]) == (None, "QUALIFIED")
    twice = await yunnan.ask("center_admin", ASSESS, input=judging(term, result="EXCELLENT"))
    assert (codes(twice), why(twice)["reason"]) == (["CONFLICT"], "DUPLICATE")
    late = (await yunnan.done("center_admin", ASSESS, input=judging(term, year=2025)))["appointmentAssess"]["assessment"]
    assert (late["dueOn"], late["late"]) == ("2026-01-31", True), "late is told and not refused"
    by = {"field": "YEAR", "direction": "ASC"}
    for asker, years in (("center_auditor", [2025, 2026]), (actor, [2025, 2026]), ("agency_admin_0", [])):
        found = (await yunnan.done(asker, LIST, orderBy=by))["yearlyAssessments"]["nodes"]
        assert [one["year"] for one in found] == years, asker
    assert [one["year"] for one in (await yunnan.done(actor, LIST, filter={"year": {"eq": 2025}}))["yearlyAssessments"]["nodes"]] == [2025]


@pytest.mark.requirement("Y083", "D12")
async def test_which_assessments_are_refused(yunnan: World, world: World, elsewhere: World) -> None:
    row, actor = await supervisor(yunnan)
    term = await term_of(yunnan, row)
    for year in (2024, 2027):
        answer = await yunnan.ask("center_admin", ASSESS, input=judging(term, year=year))
        assert (codes(answer), why(answer)["problem"]) == (["BAD_USER_INPUT"], "range")
    lacking = await yunnan.ask("center_admin", ASSESS, input=judging(term, result="EXCELLENT", meetsConduct=False))
    assert (codes(lacking), why(lacking)["problem"]) == (["BAD_USER_INPUT"], "criteria")
    for asker, code in (("center_clerk", "FORBIDDEN"), (actor, "FORBIDDEN"), ("agency_admin_0", "NOT_FOUND")):
        assert codes(await yunnan.ask(asker, ASSESS, input=judging(term))) == [code], asker
    (person,) = await yunnan.rows(Person, id=row.person_id)
    await yunnan.hire("center_admin", yunnan.center, person=person, name="own")
    assert codes(await yunnan.ask("own", ASSESS, input=judging(term))) == ["FORBIDDEN"], "nobody assesses oneself"
    assert codes(await elsewhere.ask("center_admin", ASSESS, input=judging(term))) == ["NOT_FOUND"]
    beijing, _ = await supervisor(world)
    none = await world.ask("center_admin", ASSESS, input=judging(await term_of(world, beijing)))
    assert (codes(none), why(none)["rule"], why(none)["article"]) == (["RULE_NOT_MET"], "assessment.due", "000 §22")
    for home in (yunnan, world):
        assert await home.rows(YearlyAssessment, center_id=home.center.id) == []


@pytest.mark.requirement("Y086", "A15", "B009")
@pytest.mark.parametrize("kind", ["EXTERNAL", "INTERNAL"])
async def test_unqualified_opens_a_case_at_the_issuer_of_the_card(yunnan: World, kind: str) -> None:
    """The case leads to the blacklist by two persons, as any revocation does."""
    internal = kind == "INTERNAL"
    row, _ = await supervisor(yunnan, kind, employer=yunnan.agencies[0])
    term, admin = await term_of(yunnan, row), "agency_admin_0" if internal else "center_admin"
    assert codes(await yunnan.ask("agency_admin_1", ASSESS, input=judging(term))) == ["NOT_FOUND"]
    done = (await yunnan.done(admin, ASSESS, input=judging(term, result="UNQUALIFIED", meetsDuty=False)))["appointmentAssess"]
    issuer = shown("agc", yunnan.agencies[0].id) if internal else shown("ctr", yunnan.center.id)
    assert (done["case"]["ground"], done["case"]["origin"], done["case"]["status"]) == ("ASSESSMENT_FAILED", "ASSESSMENT", "OPENED")
    assert (done["case"]["issuer"]["id"], done["assessment"]["case"]) == (issuer, {"ground": "ASSESSMENT_FAILED"})
    (case,) = await yunnan.rows(SupervisorCase, supervisor_id=row.id)
    second = await yunnan.hire("agency_admin" if internal else "center_admin", yunnan.agencies[0] if internal else yunnan.center, name="second")
    async with yunnan.transaction() as session:
        found = await again(session, SupervisorCase, case.id)
        decision = Decision("考核材料", "督决1号")
        await cases.revoke(session, found, decision, ground=Ground.ASSESSMENT_FAILED, act=yunnan.act(admin))
        await cases.confirm(session, found, act=yunnan.act(second))
    (entry,) = await yunnan.rows(BlacklistEntry, person_id=row.person_id)
    assert (entry.ground, entry.status) == ("ASSESSMENT_FAILED", "LISTED")


@pytest.mark.requirement("Y085")
async def test_the_excellent_are_commended_once(yunnan: World) -> None:
    row, _ = await supervisor(yunnan)
    term = await term_of(yunnan, row)
    best = await assessed(yunnan, term)
    other = await assessed(yunnan, term, AssessmentResult.QUALIFIED, year=2025)
    said = {"title": "年度优秀督导员", "document": "表彰决定1号"}
    done = await yunnan.done("center_admin", COMMEND, input={"assessment": shown("yass", best.id), "idempotencyKey": key(), **said})
    assert done["yearlyAssessmentCommend"]["commendation"] == {"title": "年度优秀督导员", "givenOn": "2026-09-16", "assessment": {"year": 2026}}
    for judged, code, asker in (
        (best, "CONFLICT", "center_admin"),
        (other, "RULE_NOT_MET", "center_admin"),
        (best, "FORBIDDEN", "center_dispatcher"),
    ):
        answer = await yunnan.ask(asker, COMMEND, input={"assessment": shown("yass", judged.id), "idempotencyKey": key(), **said})
        assert codes(answer) == [code]
    assert len(await yunnan.rows(Commendation, center_id=yunnan.center.id)) == 1
    for table in ("yearly_assessment", "commendation"):
        with pytest.raises(Exception, match="never changed"):
            async with yunnan.transaction() as session:
                await (await session.connection()).execute(text(f"DELETE FROM {table} WHERE supervisor_id = '{row.id}'"))


@pytest.mark.requirement("Y083")
async def test_from_february_whoever_appointed_is_told_of_each_that_is_missing(yunnan: World, world: World) -> None:
    (done, _), (missing, _) = [await supervisor(yunnan) for _ in range(2)]
    await assessed(yunnan, await term_of(yunnan, done), AssessmentResult.QUALIFIED)
    await supervisor(world)
    february = start_of_day(date(2027, 2, 1))
    for at in (february - timedelta(seconds=1), february, february):
        for home in (yunnan, world):
            await round_of(home, at)
        news = [one["subject"] for one in await told(yunnan, "center_admin", kind={"eq": "ASSESSMENT_OVERDUE"})]
        assert news == ([shown("apt", (await term_of(yunnan, missing)).id)] if at == february else [])
    assert await told(world, "center_admin", kind={"eq": "ASSESSMENT_OVERDUE"}) == [], "these rules know no assessment (D12)"


@pytest.mark.requirement("Y057", "Y084")
async def test_the_archive_of_a_person_is_one_query(yunnan: World) -> None:
    term, (row, actor) = await evaluated(yunnan)
    await assessed(yunnan, term)
    for asker, sees in (("center_auditor", True), (actor, True), ("agency_admin_0", False)):
        found = (await yunnan.done(asker, ARCHIVE, id=shown("sup", row.id)))["supervisor"]
        assert len(found["cards"]) == 1, asker
        assert found["assessments"] == ([{"year": 2026, "result": "EXCELLENT", "commendation": None}] if sees else []), asker
        assert found["appointments"] == ([{"status": "EVALUATED", "evaluation": {"result": "FULFILLED"}}] if sees else []), asker
        assert (found["applications"], found["cases"], found["educations"]) == ([], [], [])
