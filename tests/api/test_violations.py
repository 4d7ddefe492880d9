from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from models.base import new_id
from models.credit import CreditEntry
from models.events import Event
from models.filings import FilingDecision
from models.sessions import RecognitionSession
from models.violations import SeriousViolationReport, SeriousViolationStatus
from tests.making_filings import posted, submitted
from tests.making_sessions import recognition
from tests.making_supervisors import supervisor
from tests.making_voices import LADDERS, accused, reported, ruled
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

REPORT = "seriousViolationReport { id status kind channel hoursElapsed late dueAt reason district { id } raisedBy { id } decidedBy { id } }"
STEPS = "query($id: ID!) { seriousViolationReport(id: $id) { status version availableSteps { mutation to } creditEntry { id } } }"
LIST = """query($filter: SeriousViolationReportFilter, $orderBy: SeriousViolationReportOrderBy) {
  seriousViolationReports(first: 9, filter: $filter, orderBy: $orderBy) { totalCount nodes { id } } }"""
NODE = "query($id: ID!) { node(id: $id) { id } }"


def step(name: str, shows: str = REPORT) -> str:
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ replayed event {{ step }} {shows} }} }}"


ADVICE = "query($id: ID!) { seriousViolationReport(id: $id) { advice } }"
RAISE, DIRECT, RECEIVE, INVESTIGATE, UPHOLD, DISMISS = (
    step(f"seriousViolationReport{verb}", f"{REPORT} creditEntry {{ id ground facts }}")
    for verb in ("Raise", "RaiseDirect", "Receive", "Investigate", "Uphold", "Dismiss")
)
ENTRY = {"reason": "经核实", "ground": "FRAUD_IN_RECOGNITION", "document": "调查报告第8号", "facts": "组织替考"}


def alleged(world: World, *, hours: float = 1, **other: object) -> dict[str, object]:
    said = {"agency": shown("agc", world.agencies[0].id), "kind": "MAJOR_ISSUE", "facts": "替考三人"}
    return {**said, "discoveredAt": (world.now - timedelta(hours=hours)).isoformat(), "idempotencyKey": key()} | other


def on(report: SeriousViolationReport, **other: object) -> dict[str, object]:
    return {"seriousViolationReport": shown("svr", report.id), "idempotencyKey": key()} | other


def why(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


@pytest.mark.requirement("B054", "N13")
@pytest.mark.parametrize(("hours", "elapsed", "late"), [(23.9, 23, False), (24, 24, False), (24.01, 24, True), (100, 100, True)])
async def test_the_clock_runs_from_the_discovery_and_late_is_taken(world: World, hours: float, elapsed: int, *, late: bool) -> None:
    done = await world.done("district_clerk_0", RAISE, input=alleged(world, hours=hours, kind="SERIOUS_VIOLATION"))
    found = done["seriousViolationReportRaise"]["seriousViolationReport"]
    assert (found["hoursElapsed"], found["late"], found["channel"], found["status"]) == (elapsed, late, "DISTRICT", "RAISED")
    assert found["district"] == {"id": shown("dst", world.districts[0].id)}


@pytest.mark.requirement("B054", "B055", "B056", "D25")
async def test_a_report_is_received_investigated_and_upheld_into_the_archive(world: World) -> None:
    row = await reported(world, by="district_admin_0")
    assert codes(await world.ask("center_admin", UPHOLD, input=on(row, **ENTRY))) == ["CONFLICT"]
    assert await world.rows(CreditEntry, center_id=world.center.id) == []
    await world.done("center_clerk", RECEIVE, input=on(row))
    offered = (await world.done("center_clerk", STEPS, id=shown("svr", row.id)))["seriousViolationReport"]["availableSteps"]
    assert offered == [{"mutation": "seriousViolationReportInvestigate", "to": "INVESTIGATING"}]
    await world.done("center_clerk", INVESTIGATE, input=on(row))
    done = (await world.done("center_admin", UPHOLD, input=on(row, **ENTRY)))["seriousViolationReportUphold"]
    assert (done["event"]["step"], done["seriousViolationReport"]["status"], done["seriousViolationReport"]["reason"]) == (
        "UPHOLD",
        "UPHELD",
        "经核实",
    )
    assert done["creditEntry"]["ground"] == "FRAUD_IN_RECOGNITION"
    (entry,) = await world.rows(CreditEntry, center_id=world.center.id)
    assert (entry.serious_violation_report_id, entry.agency_id, entry.district_id) == (row.id, world.agencies[0].id, world.districts[0].id)
    read = "query($id: ID!) { creditEntry(id: $id) { facts report { id } } }"
    for asker, report in (("agency_admin_0", None), ("district_clerk_0", {"id": shown("svr", row.id)})):
        known = (await world.done(asker, read, id=shown("cred", entry.id)))["creditEntry"]
        assert known == {"facts": "组织替考", "report": report}


@pytest.mark.parametrize("missing", ["ground", "document", "facts"])
async def test_what_is_upheld_without_its_entry_is_not_upheld(world: World, missing: str) -> None:
    row = await reported(world, to=SeriousViolationStatus.INVESTIGATING)
    answer = await world.ask("center_admin", UPHOLD, input=on(row, **ENTRY) | {missing: None})
    assert (codes(answer), why(answer)["problem"], why(answer)["field"]) == (["BAD_USER_INPUT"], "required", missing)
    (stored,) = await world.rows(SeriousViolationReport, id=row.id)
    assert stored.status is SeriousViolationStatus.INVESTIGATING
    assert await world.rows(CreditEntry, center_id=world.center.id) == []


@pytest.mark.requirement("N13", "Y023", "Y071", "Y074")
@pytest.mark.parametrize("kind", ["EXTERNAL", "INTERNAL"])
async def test_a_supervisor_reports_past_agency_and_district(world: World, yunnan: World, kind: str) -> None:
    """The agency finds nothing: no row, no event, and in its own chain not even a gap."""
    for home in (world, yunnan):
        _, who = await supervisor(home, kind, employer=home.agencies[0] if kind == "INTERNAL" else None)
        before = len(await home.rows(Event, organization_id=home.agencies[0].id))
        done = (await home.done(who, DIRECT, input=alleged(home)))["seriousViolationReportRaiseDirect"]
        found = done["seriousViolationReport"]
        assert (done["event"]["step"], found["channel"], found["raisedBy"]) == ("RAISE", "DIRECT", {"id": shown("per", who.person_id)})
        hidden = ["agency_admin_0", "agency_clerk_0", *(["district_admin_0", "district_clerk_0", "district_admin_1"] if home.districts else [])]
        for asker in hidden:
            assert codes(await home.ask(asker, STEPS, id=found["id"])) == ["NOT_FOUND"]
            assert (await home.done(asker, LIST))["seriousViolationReports"] == {"totalCount": 0, "nodes": []}
        ours = sorted(one.sequence for one in await home.rows(Event, organization_id=home.agencies[0].id))
        assert ours == list(range(1, before + 1))
        for asker in (who, "center_admin", "center_clerk", "center_auditor"):
            assert (await home.done(asker, LIST))["seriousViolationReports"]["totalCount"] == 1
        (event,) = await home.rows(Event, subject_kind="SeriousViolationReport", center_id=home.center.id)
        assert (event.organization_id, event.district_id, event.person_id) == (home.center.id, None, who.person_id)
        for asker in hidden:
            assert codes(await home.ask(asker, NODE, id=shown("evt", event.id))) == ["NOT_FOUND"]
        assert (await home.done(who, NODE, id=shown("evt", event.id)))["node"] == {"id": shown("evt", event.id)}


@pytest.mark.requirement("Y023", "D24", "D25")
async def test_the_college_knows_major_issues_without_clock_and_archive(yunnan: World) -> None:
    _, who = await supervisor(yunnan)
    answer = await yunnan.ask(who, DIRECT, input=alleged(yunnan, kind="SERIOUS_VIOLATION"))
    assert (codes(answer), why(answer)["rule"], why(answer)["article"]) == (["RULE_NOT_MET"], "serious_violation_report.kinds", "000 §8(七)")
    assert await yunnan.rows(SeriousViolationReport, center_id=yunnan.center.id) == []
    advised = alleged(yunnan, hours=100, advice="建议暂停该工种考核")
    done = (await yunnan.done(who, DIRECT, input=advised))["seriousViolationReportRaiseDirect"]["seriousViolationReport"]
    assert (await yunnan.done("center_admin", ADVICE, id=done["id"]))["seriousViolationReport"] == {"advice": "建议暂停该工种考核"}
    answer = await yunnan.ask(who, DIRECT, input=alleged(yunnan, advice="长" * 2001))
    assert (codes(answer), why(answer)["field"]) == (["BAD_USER_INPUT"], "advice")
    assert (done["late"], done["dueAt"], done["hoursElapsed"]) == (None, None, 100)
    row = await reported(yunnan, to=SeriousViolationStatus.INVESTIGATING)
    refused = await yunnan.ask("center_admin", UPHOLD, input=on(row, **ENTRY))
    assert (codes(refused), why(refused)["rule"], why(refused)["article"]) == (["RULE_NOT_MET"], "credit.none", "000 §20")
    upheld = (await yunnan.done("center_admin", UPHOLD, input=on(row, reason="经核实")))["seriousViolationReportUphold"]
    assert (upheld["seriousViolationReport"]["status"], upheld["creditEntry"]) == ("UPHELD", None)
    assert await yunnan.rows(CreditEntry, center_id=yunnan.center.id) == []


async def test_a_report_that_cannot_be(world: World, elsewhere: World) -> None:
    other = await recognition(world, agency=1)
    wrong = [
        (alleged(world, hours=-1), "BAD_USER_INPUT", "future"),
        (alleged(world, facts=" "), "BAD_USER_INPUT", "required"),
        (alleged(world, recognitionSession=shown("ses", other.id)), "BAD_USER_INPUT", "unknown"),
        (alleged(world, agency=shown("agc", new_id())), "BAD_USER_INPUT", "unknown"),
        (alleged(world, recognitionSession=shown("ses", new_id())), "NOT_FOUND", None),
        (alleged(world, agency=shown("agc", elsewhere.agencies[0].id)), "FORBIDDEN", None),
    ]
    for said, code, problem in wrong:
        answer = await world.ask("center_clerk", RAISE, input=said)
        assert (codes(answer), answer["data"], why(answer).get("problem")) == ([code], {"seriousViolationReportRaise": None}, problem), said
    assert await world.rows(SeriousViolationReport, center_id=world.center.id) == []


async def test_who_raises_and_who_decides(world: World, elsewhere: World) -> None:
    _, who = await supervisor(world)
    for asker, document in (
        ("agency_admin_0", RAISE),
        ("agency_admin_0", DIRECT),
        ("center_dispatcher", RAISE),
        ("center_auditor", RAISE),
        ("district_admin_1", RAISE),
        ("district_admin_0", DIRECT),
        ("center_admin", DIRECT),
        (who, RAISE),
    ):
        assert codes(await world.ask(asker, document, input=alleged(world))) == ["FORBIDDEN"], asker
    row = await reported(world, by="district_admin_0")
    for home, asker, code in (
        (world, "district_admin_0", "FORBIDDEN"),
        (world, "center_auditor", "FORBIDDEN"),
        (world, "district_admin_1", "NOT_FOUND"),
        (world, "agency_admin_0", "NOT_FOUND"),
        (world, who, "NOT_FOUND"),
        (elsewhere, "center_admin", "NOT_FOUND"),
    ):
        assert codes(await home.ask(asker, RECEIVE, input=on(row))) == [code], asker
        assert codes(await home.ask(asker, DISMISS, input=on(row, reason="无"))) == [code], asker
    (stored,) = await world.rows(SeriousViolationReport, center_id=world.center.id)
    assert stored.status is SeriousViolationStatus.RAISED


async def test_reports_are_found_by_what_one_asks_for(world: World) -> None:
    old = await reported(world, by="district_admin_0", found=world.now - timedelta(hours=50))
    new = await reported(world, to=SeriousViolationStatus.RECEIVED)

    async def found(**filter: object) -> list[str]:
        by = {"field": "DISCOVERED_AT", "direction": "ASC"}
        return [one["id"] for one in (await world.done("center_admin", LIST, filter=filter, orderBy=by))["seriousViolationReports"]["nodes"]]

    first, second = shown("svr", old.id), shown("svr", new.id)
    assert await found() == [first, second]
    assert await found(status={"eq": "RAISED"}) == [first]
    assert await found(channel={"in": ["CENTER"]}) == [second]
    assert await found(dueAt={"until": world.now.isoformat()}) == [first]
    assert await found(discoveredAt={"from": (world.now - timedelta(hours=2)).isoformat()}) == [second]
    assert await found(district={"eq": shown("dst", world.districts[0].id)}) == [first, second]
    assert await found(agency={"eq": shown("agc", world.agencies[1].id)}) == []
    assert (await world.done("district_clerk_0", LIST))["seriousViolationReports"]["totalCount"] == 1


FILE = "mutation($input: FilingDecisionFileInput!) { filingDecisionFile(input: $input) { filingDecision { status } } }"
OFFERED = "query($id: ID!) { filingDecision(id: $id) { availableSteps { mutation } } }"


async def offers_filing(world: World, filing: FilingDecision) -> bool:
    steps = (await world.done("center_admin", OFFERED, id=shown("fil", filing.id)))["filingDecision"]["availableSteps"]
    return {"mutation": "filingDecisionFile"} in steps


def filing_of(filing: FilingDecision) -> dict[str, object]:
    return {"filingDecision": shown("fil", filing.id), "idempotencyKey": key()}


@pytest.mark.requirement("INV16", "B058", "A20", "N14")
@pytest.mark.parametrize("about", ["the agency", "its session", "another session"])
async def test_inv16_an_open_report_keeps_the_results_from_being_filed(world: World, yunnan: World, about: str) -> None:
    """Those it is about and no others; under 000 nothing is filed at all (D22)."""
    filing = await submitted(world, advised=True)
    (named,) = filing.sessions
    session = None
    if about == "its session":
        (session,) = await world.rows(RecognitionSession, id=UUID(named["recognition_session"]))
    if about == "another session":
        session = await posted(world, starts_at=world.now - timedelta(days=3))
    row = await reported(world, to=SeriousViolationStatus.INVESTIGATING, about=session)
    if about == "another session":
        assert await offers_filing(world, filing)
        assert (await world.done("center_admin", FILE, input=filing_of(filing)))["filingDecisionFile"]["filingDecision"]["status"] == "FILED"
        return
    answer = await world.ask("center_admin", FILE, input=filing_of(filing))
    assert (codes(answer), why(answer)["rule"], why(answer)["article"]) == (["RULE_NOT_MET"], "filing.case_open", "003 §16")
    assert not await offers_filing(world, filing)
    (stored,) = await world.rows(FilingDecision, id=filing.id)
    assert stored.status.value == "OPINION_ISSUED"
    await world.done("center_admin", DISMISS, input=on(row, reason="查无实据"))
    assert await offers_filing(world, filing)
    assert (await world.done("center_admin", FILE, input=filing_of(filing)))["filingDecisionFile"]["filingDecision"]["status"] == "FILED"
    none = await yunnan.ask(
        "agency_clerk_0",
        "mutation($i: FilingDecisionSubmitInput!) { filingDecisionSubmit(input: $i) { replayed } }",
        i={"month": "2026-08", "idempotencyKey": key()},
    )
    assert (codes(none), why(none)["rule"]) == (["RULE_NOT_MET"], "filing.none")


@pytest.mark.requirement("INV16", "B058")
@pytest.mark.parametrize("serious", [True, False])
async def test_inv16_an_open_serious_case_does_so_too(world: World, *, serious: bool) -> None:
    """Under rules that have both ladders."""
    await ruled(world, *LADDERS)
    filing = await submitted(world, advised=True)
    case = await accused(world, serious=serious)
    assert await offers_filing(world, filing) is not serious
    answer = await world.ask("center_admin", FILE, input=filing_of(filing))
    assert codes(answer) == (["RULE_NOT_MET"] if serious else [])
    if serious:
        dismissed = "mutation($i: AgencyCaseDismissInput!) { agencyCaseDismiss(input: $i) { agencyCase { status } } }"
        said = {"agencyCase": shown("acase", case.id), "reason": "查无实据", "idempotencyKey": key()}
        assert (await world.done("center_admin", dismissed, i=said))["agencyCaseDismiss"]["agencyCase"]["status"] == "DISMISSED"
        await world.done("center_admin", FILE, input=filing_of(filing))
