"""Filters of daily work, and the lists that stood only behind another row: each by its own test, and none tells more than its caller may read."""

from datetime import date
from typing import Any

import pytest

from domain import assessments, refusals, stipends
from domain.supervisors import employ
from models.assessments import AssessmentResult, YearlyAssessment
from models.checklists import Checklist
from models.dispatch import Assignment
from models.education import EducationResult
from models.inspections import InspectionForm
from models.supervisors import Person, Supervisor
from tests.making_forms import sent
from tests.making_inspections import dispatched
from tests.making_returns import again, closed, on_site, served
from tests.making_sessions import recognition
from tests.making_supervisors import card_of, revoked, supervisor
from tests.making_years import assessed, attended, ending, evaluated, held, rated, term_of, worked
from tests.world import World, codes, shown

pytestmark = pytest.mark.anyio

SUPERVISORS = "query($f: SupervisorFilter) { supervisors(first: 20, filter: $f) { totalCount nodes { id } } }"
TERMS = "query($f: AppointmentFilter) { appointments(first: 20, filter: $f, orderBy: {field: STARTS_ON, direction: ASC}) { nodes { id } } }"
FINDINGS = "query($f: FindingFilter) { findings(first: 20, filter: $f) { totalCount nodes { category remark inspection { id } foundAt } } }"
REPORTS = "query($f: SupervisionReportFilter) { supervisionReports(first: 9, filter: $f) { nodes { dueOn late inspection { id reportDueOn } } } }"


async def found(world: World, by: Any, document: str, **filter: Any) -> list[str]:
    (answer,) = (await world.done(by, document, f=filter)).values()
    return [one["id"] for one in answer["nodes"]]


def ours(world: World, **more: Any) -> dict[str, Any]:
    return {"center": {"eq": shown("ctr", world.center.id)}, **more}


async def name_of(world: World, row: Supervisor) -> str:
    (person,) = await world.rows(Person, id=row.person_id)
    return str(person.name)


async def test_a_name_is_found_by_who_may_read_it_and_by_nobody_else(world: World, elsewhere: World) -> None:
    row, own = await supervisor(world)
    await supervisor(world)
    name, mine = await name_of(world, row), [shown("sup", row.id)]
    for test in ({"eq": name}, {"startsWith": name[:4]}, {"contains": name[1:]}):
        assert await found(world, "center_admin", SUPERVISORS, **ours(world, name=test)) == mine
        assert await found(world, own, SUPERVISORS, **ours(world, name=test)) == mine
        assert await found(world, "agency_clerk_0", SUPERVISORS, **ours(world, name=test)) == []
        assert await found(elsewhere, "agency_admin_0", SUPERVISORS, **ours(world, name=test)) == []
    # nor by what is shown instead of it, nor by its first character alone, nor beside another test
    for test in ({"eq": f"{name[0]}**"}, {"startsWith": name[0]}):
        assert await found(world, "agency_clerk_0", SUPERVISORS, **ours(world, name=test)) == []
    branches = [{"name": {"startsWith": name[0]}}, {"name": {"contains": name}}]
    assert await found(world, "agency_clerk_0", SUPERVISORS, **ours(world, anyOf=branches)) == []


async def test_supervisors_by_card_verification_and_employer(world: World) -> None:
    row, _ = await supervisor(world, employer=world.agencies[0])
    other, _ = await supervisor(world)
    uncarded, _ = await supervisor(world, carded=False)
    async with world.transaction() as session:
        who = await again(session, Person, other.person_id)
        await employ(session, who, world.agencies[0], starts_on=date(2020, 1, 1))
        (await again(session, Supervisor, row.id)).verified_at = world.now
        (await again(session, Supervisor, uncarded.id)).verified_at = None
    number = (await card_of(world, row)).number
    await revoked(world, other)

    async def of(**filter: Any) -> set[str]:
        return set(await found(world, "center_admin", SUPERVISORS, **ours(world, **filter)))

    one, two, three = (shown("sup", it.id) for it in (row, other, uncarded))
    assert await of(cardNumber={"startsWith": number[:8]}) == {one}
    assert await of(cardStatus={"eq": "ACTIVE"}) == {one}
    assert await of(cardStatus={"in": ["REVOKED", "SUSPENDED"]}) == {two}
    assert (await of(verified=True), await of(verified=False)) == ({one, two}, {three})
    assert await of(verifiedAt={"from": "2026-09-01T00:00:00Z"}) == {one}
    assert await of(verifiedAt={"until": "2026-09-01T00:00:00Z"}) == {two}
    assert await of(employer={"eq": shown("agc", world.agencies[0].id)}) == {one, two}
    assert await of(employer={"eq": shown("agc", world.agencies[1].id)}) == set()


@pytest.mark.requirement("Y068")
async def test_supervisors_by_their_refusals_in_a_row(yunnan: World) -> None:
    visit, ((row, own), (other, _)) = await dispatched(yunnan, accepted=False)
    (place,) = await yunnan.rows(Assignment, inspection_id=visit.id, supervisor_id=row.id)
    async with yunnan.transaction() as session:
        await refusals.decline(session, await again(session, Assignment, place.id), "另有公务", act=yunnan.act(own))
    once = {"refusalStreak": {"from": 1}}
    for by in ("center_admin", own):
        assert await found(yunnan, by, SUPERVISORS, **ours(yunnan, **once)) == [shown("sup", row.id)]
    assert await found(yunnan, "center_admin", SUPERVISORS, **ours(yunnan, refusalStreak={"until": 1})) == [shown("sup", other.id)]
    assert await found(yunnan, "center_admin", SUPERVISORS, **ours(yunnan, refusalStreak={"from": 2})) == []
    assert await found(yunnan, "agency_clerk_0", SUPERVISORS, **ours(yunnan, **once)) == []


@pytest.mark.requirement("Y083")
async def test_who_is_still_to_be_educated_and_assessed(yunnan: World) -> None:
    passed, _ = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0])
    failed, _ = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0])
    event = await held(yunnan)
    await attended(yunnan, event, passed, EducationResult.PASSED)
    await attended(yunnan, event, failed, EducationResult.FAILED)
    admin, internal = "agency_admin_0", {"kind": {"eq": "INTERNAL"}}
    assert await found(yunnan, admin, SUPERVISORS, **ours(yunnan, notEducatedIn=2026, **internal)) == [shown("sup", failed.id)]
    assert len(await found(yunnan, admin, SUPERVISORS, **ours(yunnan, notEducatedIn=2025, **internal))) == 2
    term, (row, own) = await ending(yunnan)
    await assessed(yunnan, term, AssessmentResult.QUALIFIED)
    mine = {"person": {"eq": shown("per", row.person_id)}}
    for by in ("center_admin", own):
        assert await found(yunnan, by, SUPERVISORS, notAssessedIn=2026, **mine) == []
        assert await found(yunnan, by, SUPERVISORS, notAssessedIn=2025, **mine) == [shown("sup", row.id)]
        assert await found(yunnan, by, TERMS, notAssessedIn=2026, **mine) == []
        assert await found(yunnan, by, TERMS, notAssessedIn=2025, **mine) == [shown("apt", term.id)]


@pytest.mark.requirement("Y063", "Y064")
async def test_terms_that_end_and_are_to_be_evaluated(yunnan: World, elsewhere: World) -> None:
    waits, (_, own) = await ending(yunnan)
    done, _ = await evaluated(yunnan)
    external, _ = await supervisor(yunnan)
    by, ends = "center_admin", {"endsOn": {"from": "2026-10-01", "until": "2026-11-01"}}
    assert set(await found(yunnan, by, TERMS, **ends)) == {shown("apt", waits.id), shown("apt", done.id)}
    assert await found(yunnan, by, TERMS, evaluated=False, **ends) == [shown("apt", waits.id)]
    assert await found(yunnan, by, TERMS, evaluated=True) == [shown("apt", done.id)]
    assert await found(yunnan, by, TERMS, status={"eq": "EXPIRING"}, dispatcher={"eq": shown("ctr", yunnan.center.id)}) == [shown("apt", waits.id)]
    later = await term_of(yunnan, external)
    assert await found(yunnan, by, TERMS, supervisor={"eq": shown("sup", external.id)}) == [shown("apt", later.id)]
    assert await found(yunnan, own, TERMS) == [shown("apt", waits.id)]
    assert await found(yunnan, "agency_clerk_0", TERMS) == await found(elsewhere, by, TERMS) == []


async def test_what_waits_to_be_paid_and_commended(yunnan: World) -> None:
    term, _ = await ending(yunnan)
    judged = await assessed(yunnan, term)
    (place, other), _ = await worked(yunnan)
    await rated(yunnan)
    ask = "query($f: YearlyAssessmentFilter) { yearlyAssessments(first: 5, filter: $f) { nodes { id } } }"
    duties = "query($f: AssignmentFilter) { assignments(first: 5, filter: $f) { nodes { id } } }"
    ledger = "query($f: WorkLedgerLineFilter) { workLedger(first: 5, filter: $f) { nodes { id } } }"
    by, mine = "center_admin", [shown("yass", judged.id)]
    assert await found(yunnan, by, ask, commended=False) == mine
    assert len(await found(yunnan, by, ledger, unpaid=True)) == len(await found(yunnan, by, duties, unpaid=True)) == 2
    async with yunnan.transaction() as session:
        act = yunnan.act(by)
        await assessments.commend(session, await again(session, YearlyAssessment, judged.id), "先进督导员", document="表彰决定", act=act)
        await stipends.enter(session, await again(session, Assignment, place.id), act=yunnan.act("center_clerk"))
    assert (await found(yunnan, by, ask, commended=True), await found(yunnan, by, ask, commended=False)) == (mine, [])
    assert await found(yunnan, by, duties, unpaid=True) == [shown("asg", other.id)]
    assert await found(yunnan, by, ledger, unpaid=False) == [shown("wled", place.id)]
    asked = {"dispatcher": {"eq": shown("ctr", yunnan.center.id)}, "replyBy": {"until": "2026-12-01T00:00:00Z"}}
    assert len(await found(yunnan, by, duties, **asked)) == 2


@pytest.mark.requirement("Y044")
async def test_sessions_without_an_internal_supervisor(yunnan: World) -> None:
    bare = await recognition(yunnan)
    row, _ = await supervisor(yunnan, "INTERNAL", employer=yunnan.agencies[0])
    watched = await recognition(yunnan, internal=row.id)
    ask = "query($f: RecognitionSessionFilter) { recognitionSessions(first: 5, filter: $f) { nodes { id } } }"
    assert await found(yunnan, "agency_admin_0", ask, hasInternalSupervisor=False) == [shown("ses", bare.id)]
    assert await found(yunnan, "center_clerk", ask, hasInternalSupervisor=True) == [shown("ses", watched.id)]
    assert await found(yunnan, "center_clerk", ask, internalCheckedIn=True) == []
    assert len(await found(yunnan, "center_clerk", ask, candidateCount={"from": 1})) == 2


async def test_inspections_by_who_goes_and_how(world: World) -> None:
    visit, _ = await on_site(world)
    ask = "query($f: InspectionFilter) { inspections(first: 5, filter: $f) { nodes { id } } }"
    mine = [shown("insp", visit.id)]
    (sheet,) = await world.rows(Checklist, inspection_id=visit.id)
    async with world.transaction() as session:
        (await again(session, Checklist, sheet.id)).methods = ["BRIEFING", "SITE_OBSERVATION"]
    assert await found(world, "center_admin", ask, internal=False, method="BRIEFING") == mine
    assert await found(world, "center_admin", ask, internal=True) == await found(world, "center_admin", ask, method="DOCUMENT_REVIEW") == []


async def test_findings_behind_a_count(world: World, elsewhere: World) -> None:
    visit, team = await served(world, no=("F06", "F13"))
    insp, agency = shown("insp", visit.id), {"eq": shown("agc", visit.agency_id)}
    day = visit.scheduled_on.isoformat()

    async def of(by: Any, **filter: Any) -> int:
        return int((await world.done(by, FINDINGS, f=filter))["findings"]["totalCount"])

    for by in ("center_admin", "district_clerk_0", "agency_clerk_0", team[0][1]):
        assert await of(by, agency=agency) == 2
    assert await of("agency_clerk_1") == await of("district_clerk_1") == 0
    assert (await elsewhere.done("center_admin", FINDINGS, f={}))["findings"]["totalCount"] == 0
    by = "center_admin"
    assert await of(by, corrected=True) == 0
    assert await of(by, corrected=False, target={"eq": "AGENCY"}, inspection={"eq": insp}, district={"eq": shown("dst", visit.district_id)}) == 2
    assert await of(by, scheduledOn={"from": day}) == 2
    assert await of(by, scheduledOn={"until": day}) == 0
    listed = (await world.done(by, FINDINGS, f={}))["findings"]["nodes"]
    kinds = {one["category"] for one in listed}
    assert sum([await of(by, category={"eq": one}) for one in kinds if one]) == len([one for one in listed if one["category"]])
    small = "{ findings(first: 1) { totalCount } candidateChecks(first: 1) { totalCount } supervisionReports(first: 1) { totalCount } }"
    assert codes(await world.ask(None, small)) == ["UNAUTHENTICATED"] * 3


@pytest.mark.requirement("Y043", "B035")
async def test_reports_show_their_last_day(world: World) -> None:
    """The visit is on Friday 18 September 2026: three working days later is Wednesday 23; the report comes the day after the visit."""
    visit, _ = await closed(world)
    (one,) = (await world.done("district_clerk_0", REPORTS, f={}))["supervisionReports"]["nodes"]
    insp, due = shown("insp", visit.id), one["dueOn"]
    assert (one["late"], one["inspection"]) == (False, {"id": insp, "reportDueOn": due})
    assert date.fromisoformat(due).isoweekday() <= 5
    for late, count in ((True, 0), (False, 1)):
        assert len((await world.done("center_admin", REPORTS, f={"late": late}))["supervisionReports"]["nodes"]) == count
    assert (await world.done("agency_admin_0", REPORTS, f={}))["supervisionReports"]["nodes"] == []
    assert (await world.done("district_clerk_1", REPORTS, f={}))["supervisionReports"]["nodes"] == []


@pytest.mark.requirement("Y036")
async def test_agencies_without_an_annual_inspection(yunnan: World, elsewhere: World) -> None:
    ask = "query($f: AgencyFilter) { agencies(first: 9, filter: $f) { nodes { id } } }"
    other = [shown("agc", one.id) for one in yunnan.agencies[1:]]
    await sent(yunnan, InspectionForm.ANNUAL)
    mine: dict[str, Any] = {"center": {"eq": shown("ctr", yunnan.center.id)}}
    assert await found(yunnan, "center_admin", ask, notInspectedIn=2026, **mine) == other
    assert len(await found(yunnan, "center_admin", ask, notRatedIn=2026, **mine)) == len(yunnan.agencies)
    assert len(await found(yunnan, "center_admin", ask, notInspectedIn=2025, **mine)) == len(yunnan.agencies)
    # whoever may not see that inspection does not learn of it here either
    assert len(await found(elsewhere, "center_admin", ask, notInspectedIn=2026, **mine)) == len(yunnan.agencies)
