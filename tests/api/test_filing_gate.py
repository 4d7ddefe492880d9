"""The filing gate: what keeps a batch from being filed, what frees it, and what an opinion and a refusal rest on (003 §14, §16)."""

from datetime import timedelta
from typing import Any

import pytest

from domain import credit, filings, violations
from domain.calendar import Month
from domain.credit import Written
from domain.violations import Finding
from models.credit import CreditGround
from models.filings import FilingDecision, FilingRefusal
from models.inspections import Inspection, InspectionForm
from models.organizations import Organization
from models.sessions import RecognitionSession
from models.violations import SeriousViolationReport, SeriousViolationStatus
from tests.making_filings import posted, results_of, submitted
from tests.making_forms import sent
from tests.making_returns import again, closed_in_august
from tests.making_voices import reported
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

READ = """query($id: ID!) { filingDecision(id: $id) { basis { inspection findingCount } monthlyReturn { month } blockedBy { kind subject }
  availableSteps { mutation } refusals(first: 5) { nodes { report { id } creditEntry { id } inspection { id } } } } }"""
FILE = "mutation($input: FilingDecisionFileInput!) { filingDecisionFile(input: $input) { filingDecision { status blockedBy { kind } } } }"
ADVISE = (
    "mutation($input: FilingDecisionAdviseInput!) { filingDecisionAdvise(input: $input) { filingDecision { basis { inspection findingCount } } } }"
)
PROPOSE = "mutation($input: FilingRefusalProposeInput!) { filingRefusalPropose(input: $input) { filingRefusal { id report { id } } } }"
DISMISS = "mutation($input: FilingRefusalDismissInput!) { filingRefusalDismiss(input: $input) { filingRefusal { status } } }"
CHARGE = {"ground": "SERIOUS_VIOLATION", "document": "调查报告第8号", "facts": "替考两人"}


def on(filing: FilingDecision, **other: object) -> dict[str, object]:
    return {"filingDecision": shown("fil", filing.id), "idempotencyKey": key()} | other


async def blocks(world: World, filing: FilingDecision, actor: str = "center_admin") -> Any:
    return (await world.done(actor, READ, id=shown("fil", filing.id)))["filingDecision"]["blockedBy"]


async def upheld(world: World, *, about: RecognitionSession | None = None) -> SeriousViolationReport:
    """A report by the center that was found true, with its entry in the credit archive."""
    row = await reported(world, to=SeriousViolationStatus.INVESTIGATING, about=about)
    said = Finding("经核实", CreditGround.SERIOUS_VIOLATION, "核查报告第3号", "替考三人")
    async with world.transaction() as session:
        await violations.uphold(session, await again(session, SeriousViolationReport, row.id), said, act=world.act("center_admin"))
    return row


@pytest.mark.requirement("B058", "INV16", "N14")
async def test_an_upheld_report_keeps_the_batch_until_its_refusal_is_decided(world: World) -> None:
    """As an open one does; what frees the batch is a refusal that names the report, dismissed with a reason."""
    filing = await submitted(world, advised=True)
    (visited,) = await world.rows(RecognitionSession, agency_id=world.agencies[0].id)
    report = await upheld(world, about=visited)
    answer = await world.ask("center_admin", FILE, input=on(filing))
    why = answer["errors"][0]["extensions"]
    assert (answer["data"], why["rule"], why["article"]) == ({"filingDecisionFile": None}, "filing.report_upheld", "003 §16")
    assert await blocks(world, filing) == [{"kind": "REPORT_UPHELD", "subject": shown("svr", report.id)}]
    steps = (await world.done("center_admin", READ, id=shown("fil", filing.id)))["filingDecision"]["availableSteps"]
    assert "filingDecisionFile" not in {one["mutation"] for one in steps}
    said = on(filing, report=shown("svr", report.id), **CHARGE)
    assert codes(await world.ask("district_clerk_0", PROPOSE, input=said)) == ["NOT_FOUND"], "the center's own report is not the district's to see"
    made = (await world.done("center_clerk", PROPOSE, input=said))["filingRefusalPropose"]["filingRefusal"]
    assert made["report"] == {"id": shown("svr", report.id)}
    assert [one["kind"] for one in await blocks(world, filing)] == ["REFUSAL_PROPOSED", "REPORT_UPHELD"]
    off = {"filingRefusal": made["id"], "reason": "仅涉及未备案考生", "idempotencyKey": key()}
    await world.done("center_admin", DISMISS, input=off)
    done = (await world.done("center_admin", FILE, input=on(filing)))["filingDecisionFile"]["filingDecision"]
    assert done == {"status": "FILED", "blockedBy": []}


@pytest.mark.requirement("B058", "N14")
async def test_of_the_agency_as_a_whole_it_reaches_the_months_up_to_its_decision(world: World) -> None:
    filing = await submitted(world, advised=True)
    await upheld(world)
    assert [one["kind"] for one in await blocks(world, filing)] == ["REPORT_UPHELD"]
    (visited,) = await world.rows(RecognitionSession, agency_id=world.agencies[0].id)
    later = visited.starts_at + timedelta(days=70)
    await posted(world, starts_at=later)
    async with world.transaction() as session:
        agency = await again(session, Organization, world.agencies[0].id)
        act = world.act("agency_clerk_0", at=later + timedelta(days=40))
        other, _ = await filings.submit(session, agency, Month.of(later.date()), act=act)
        await filings.advise(session, other, "规范。", act=world.act("center_clerk"))
    assert await blocks(world, other) == [], "nothing else of the agency is blocked"


async def test_who_sees_what_blocks(world: World, elsewhere: World) -> None:
    """Who gives the opinion or decides: to the agency it would tell of a report that it must not know."""
    filing = await submitted(world)
    row = await reported(world)
    for who in ("center_clerk", "center_admin"):
        assert await blocks(world, filing, who) == [{"kind": "REPORT_OPEN", "subject": shown("svr", row.id)}]
    for who in ("agency_admin_0", "district_admin_0", "center_auditor"):
        assert await blocks(world, filing, who) == []
    assert codes(await elsewhere.ask("center_admin", READ, id=shown("fil", filing.id))) == ["NOT_FOUND"]


@pytest.mark.requirement("B049")
async def test_an_opinion_rests_on_inspections_and_the_monthly_return(world: World) -> None:
    visit = await closed_in_august(world)
    filing = await of_august(world, visit)
    other, _ = await sent(world, InspectionForm.COMPREHENSIVE)
    refused = await world.ask("center_clerk", ADVISE, input=on(filing, opinion="规范。", inspections=[shown("insp", other.id)]))
    assert (codes(refused), refused["errors"][0]["extensions"]["field"]) == (["BAD_USER_INPUT"], "inspections")
    assert (await world.rows(FilingDecision, id=filing.id))[0].basis == []
    done = (await world.done("center_clerk", ADVISE, input=on(filing, opinion="规范。")))["filingDecisionAdvise"]["filingDecision"]
    assert [one["inspection"] for one in done["basis"]] == [shown("insp", visit.id)]
    seen = (await world.done("agency_clerk_0", READ, id=shown("fil", filing.id)))["filingDecision"]
    assert seen["basis"] == done["basis"]
    async with world.transaction() as session:
        row = await again(session, FilingDecision, filing.id)
        await filings.send_back(session, row, "补充", act=world.act("center_admin"))
        await filings.submit(session, await again(session, Organization, world.agencies[0].id), Month(2026, 8), act=world.act("agency_clerk_0"))
    assert (await world.rows(FilingDecision, id=filing.id))[0].basis == []


@pytest.mark.requirement("B058")
async def test_a_refusal_names_what_it_rests_on(world: World) -> None:
    visit = await closed_in_august(world)
    filing = await of_august(world, visit, advised=True)
    written = Written(CreditGround.SERIOUS_VIOLATION, "调查报告第8号", "替考两人", world.now.date() - timedelta(days=3))
    async with world.transaction() as session:
        first, second = [await again(session, Organization, one.id) for one in world.agencies[:2]]
        entry, _ = await credit.enter(session, first, written, act=world.act("center_clerk"))
        foreign, _ = await credit.enter(session, second, written, act=world.act("center_clerk"))
    refused = await world.ask("center_clerk", PROPOSE, input=on(filing, creditEntry=shown("cred", foreign.id), **CHARGE))
    assert refused["errors"][0]["extensions"]["field"] == "creditEntry"
    assert await world.rows(FilingRefusal, filing_decision_id=filing.id) == []
    said = on(filing, creditEntry=shown("cred", entry.id), inspection=shown("insp", visit.id), **CHARGE)
    await world.done("center_clerk", PROPOSE, input=said)
    (found,) = (await world.done("center_admin", READ, id=shown("fil", filing.id)))["filingDecision"]["refusals"]["nodes"]
    assert found == {"report": None, "creditEntry": {"id": shown("cred", entry.id)}, "inspection": {"id": shown("insp", visit.id)}}


async def of_august(world: World, visit: Inspection, *, advised: bool = False) -> FilingDecision:
    """August of the first agency, with the one visit."""
    assert visit.recognition_session_id is not None
    await results_of(world, visit.recognition_session_id)
    async with world.transaction() as session:
        agency = await again(session, Organization, world.agencies[0].id)
        filing, _ = await filings.submit(session, agency, Month(2026, 8), act=world.act("agency_clerk_0"))
        if advised:
            await filings.advise(session, filing, "规范。", act=world.act("center_clerk"))
    return filing
