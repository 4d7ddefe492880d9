"""Who is told of what each step concerns, and who is not: the agency, the district that was passed, another tenant."""

from datetime import timedelta
from typing import Any

import pytest

from domain import blacklist, complaints, credit, evidence, filings, recommendations
from domain.credit import Written
from models.agency_cases import AgencyCaseStatus
from models.cases import BlacklistEntry
from models.complaints import ComplaintStatus
from models.credit import CreditGround
from models.evidence import EvidenceRequest
from models.filings import FilingDecision
from models.organizations import Organization
from models.recommendations import AssessorRecommendation
from tests.making_evidence import requested
from tests.making_filings import accused as refusal_of
from tests.making_filings import submitted
from tests.making_forms import recommended
from tests.making_returns import again, day_of, on_site
from tests.making_supervisors import revoked, supervisor
from tests.making_time import kinds, round_of, told
from tests.making_voices import COMPLAINTS, accused, complained, reported, ruled
from tests.world import World, shown

pytestmark = pytest.mark.anyio

CASES = {"AGENCY_CASE_CRITICIZED", "AGENCY_CASE_ORDERED", "AGENCY_CASE_REFERRED"}


async def new(world: World, actor: Any, *, at: timedelta = timedelta(hours=1)) -> set[str]:
    """The kinds somebody was told, after a round. Returns of the month apart: those are the district's in every world."""
    await round_of(world, world.now + at)
    return {one for one in await kinds(world, actor) if not one.startswith("MONTHLY_RETURN")}


@pytest.mark.requirement("B049", "B050", "B058")
async def test_each_step_of_a_filing_decision_is_served(world: World, elsewhere: World) -> None:
    filing, refusal = await refusal_of(world)
    assert await new(world, "agency_admin_0") == {"FILING_OPINION_ISSUED"}
    assert await new(world, "center_admin") == {"FILING_REFUSAL_PROPOSED", "FILING_SUBMITTED"}
    async with world.transaction() as session:
        await filings.confirm(session, await again(session, type(refusal), refusal.id), act=world.act("center_admin"))
    assert await new(world, "agency_clerk_0") == {"FILING_OPINION_ISSUED", "FILING_REFUSED"}
    (said,) = await told(world, "agency_clerk_0", kind={"eq": "FILING_REFUSED"})
    assert said["subject"] == shown("fil", filing.id)
    assert "FILING_REFUSED" in await kinds(world, "district_clerk_0")
    for home, who in ((world, "agency_admin_1"), (elsewhere, "agency_admin_0"), (elsewhere, "center_admin")):
        assert await kinds(home, who) == []


@pytest.mark.requirement("B055")
async def test_what_is_sent_back_or_put_on_record(world: World) -> None:
    filing = await submitted(world, advised=True)
    written = Written(CreditGround.SERIOUS_VIOLATION, "调查报告第8号", "替考两人", world.now.date() - timedelta(days=3))
    async with world.transaction() as session:
        await filings.send_back(session, await again(session, FilingDecision, filing.id), "补充材料", act=world.act("center_admin"))
        await credit.enter(session, await again(session, Organization, world.agencies[0].id), written, act=world.act("district_clerk_0"))
    assert await new(world, "agency_admin_0") == {"FILING_OPINION_ISSUED", "FILING_SENT_BACK", "CREDIT_ENTERED"}
    assert await kinds(world, "agency_admin_1") == []


@pytest.mark.requirement("Y069")
async def test_the_agency_is_told_of_its_case_from_the_criticism_on(yunnan: World) -> None:
    await accused(yunnan)
    assert await new(yunnan, "agency_admin_0") == set()
    await accused(yunnan, to=AgencyCaseStatus.HR_REFERRED)
    assert await new(yunnan, "agency_admin_0") == CASES
    assert "AGENCY_CASE_OPENED" in await kinds(yunnan, "center_admin")


@pytest.mark.requirement("B054", "N13")
async def test_a_report_past_the_district_is_told_to_the_center_alone(world: World) -> None:
    """Under either channel never to the agency it is about (003 §15, 000 §8(七))."""
    _, team = await on_site(world)
    await reported(world, by=team[0][1], direct=True)
    assert "SERIOUS_VIOLATION_RAISED" in await new(world, "center_clerk")
    for who in ("district_clerk_0", "district_admin_0", "agency_admin_0"):
        assert "SERIOUS_VIOLATION_RAISED" not in await kinds(world, who)
    await reported(world, by="district_clerk_0")
    assert "SERIOUS_VIOLATION_RAISED" in await new(world, "district_admin_0")
    assert "SERIOUS_VIOLATION_RAISED" not in await kinds(world, "agency_admin_0")


@pytest.mark.requirement("B018", "Y070")
async def test_the_agency_is_told_what_it_is_asked_for_and_who_asked_how_it_ends(world: World) -> None:
    visit, team = await on_site(world)
    first = await requested(world, team[0][1], visit)
    await requested(world, team[0][1], visit, within=timedelta(hours=1))
    at = await day_of(world, visit)
    async with world.transaction() as session:
        await evidence.refuse(session, await again(session, EvidenceRequest, first.id), "不便提供", act=world.act("agency_admin_0", at=at))
    after = at - world.now + timedelta(days=2)
    assert {"EVIDENCE_REQUESTED", "EVIDENCE_OVERDUE"} <= await new(world, "agency_admin_0", at=after)
    for who in (team[0][1], "district_dispatcher_0"):
        assert {"EVIDENCE_REFUSED", "EVIDENCE_OVERDUE"} <= set(await kinds(world, who))
    assert "EVIDENCE_REFUSED" not in await kinds(world, team[1][1])
    before = await kinds(world, "agency_admin_0")
    await round_of(world, world.now + after)
    assert await kinds(world, "agency_admin_0") == before, "once"


@pytest.mark.requirement("Y018")
async def test_a_recommendation_goes_to_the_agency_and_its_answer_back(yunnan: World) -> None:
    row = await recommended(yunnan)
    assert "RECOMMENDATION_MADE" in await new(yunnan, "agency_admin_0", at=timedelta(days=9))
    async with yunnan.transaction() as session:
        found = await again(session, AssessorRecommendation, row.id)
        await recommendations.reject(session, found, "查无实据", act=yunnan.act("agency_admin_0", at=yunnan.now + timedelta(days=9)))
    assert "RECOMMENDATION_ANSWERED" in await new(yunnan, "center_dispatcher", at=timedelta(days=9))
    assert "RECOMMENDATION_ANSWERED" not in await kinds(yunnan, "agency_admin_0")


@pytest.mark.requirement("Y022")
async def test_who_investigates_a_complaint_is_told_and_reminded_and_the_agency_never_is(world: World) -> None:
    await ruled(world, *COMPLAINTS)
    row = await complained(world, to=ComplaintStatus.INVESTIGATING)
    assert "COMPLAINT_ASSIGNED" in await new(world, "center_clerk")
    assert "COMPLAINT_DUE" not in await kinds(world, "center_clerk")
    day = row.due_on - world.now.date()
    assert "COMPLAINT_DUE" in await new(world, "center_clerk", at=day)
    async with world.transaction() as session:
        found = await again(session, type(row), row.id)
        await complaints.conclude(session, found, "情况属实。", substantiated=True, act=world.act("center_clerk"))
    assert "COMPLAINT_CONCLUDED" in await new(world, "center_admin", at=day)
    assert await kinds(world, "agency_admin_0") == []


@pytest.mark.requirement("Y089")
async def test_a_person_is_told_what_becomes_of_them(world: World) -> None:
    """Also under rules of another ladder; the entry is told to the person, not what it rests on."""
    row, person = await supervisor(world)
    entry = await revoked(world, row)
    assert {"ROSTER_ENTERED", "CARD_ISSUED", "SUPERVISOR_CASE_OPENED", "SUPERVISOR_CASE_DECIDED", "CARD_REVOKED"} <= await new(world, person)
    async with world.transaction() as session:
        found = await again(session, BlacklistEntry, entry.id)
        await blacklist.review(session, found, "信用修复申请", act=world.act("center_clerk"))
        await blacklist.lift(session, found, "信用已修复", act=world.act("center_admin"))
    assert {"BLACKLIST_LISTED", "BLACKLIST_LIFTED"} <= await new(world, person)
    assert "BLACKLIST_LIFTED" not in await kinds(world, "district_admin_0")
