"""What follows by itself, under both ladders: opened by 系统, told to whoever must act, and decided by nobody but a person."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from domain import agency_cases, evidence, violations
from domain.calendar import end_of_day, start_of_day
from models.agency_cases import AgencyCase, Obstruction
from models.base import HOUSE
from models.evidence import EvidenceRequest
from models.inspections import Inspection
from models.opinions import Rectification
from models.violations import SeriousViolationReport
from tests.making_evidence import requested
from tests.making_inspections import notified
from tests.making_returns import again, day_of, dispatcher, rectified, served
from tests.making_supervisors import supervisor
from tests.making_time import kinds, round_of, told
from tests.making_voices import accused, reported
from tests.world import World, codes, shown

pytestmark = pytest.mark.anyio

CASES = """{ agencyCases(first: 9) { nodes { ground article origin status facts opener { id } inspection { id }
  obstructions(first: 9) { nodes { ground recordedBy { id } rectification { id } evidenceRequest { id } } } } } }"""
REPORTS = "{ seriousViolationReports(first: 9) { nodes { kind channel status facts raisedBy { id } } } }"
ABOUT = {"AGENCY_CASE_OPENED", "AGENCY_CASE_CRITICIZED", "AGENCY_CASE_ORDERED", "AGENCY_CASE_OVERDUE", "SERIOUS_VIOLATION_RAISED"}


async def overdue(world: World) -> tuple[Inspection, Rectification]:
    inspection, _ = await served(world)
    (asked,) = await world.rows(Rectification, inspection_id=inspection.id)
    return inspection, asked


async def refused(world: World) -> tuple[Inspection, EvidenceRequest]:
    inspection, _ = await notified(world)
    row, at = await requested(world, dispatcher(world), inspection), await day_of(world, inspection)
    async with world.transaction() as session:
        await evidence.refuse(session, await again(session, EvidenceRequest, row.id), "录像已被覆盖", act=world.act("agency_admin_0", at=at))
    return inspection, row


async def ladder(world: World, asker: str = "center_admin") -> list[dict[str, Any]]:
    return list((await world.done(asker, CASES))["agencyCases"]["nodes"])


async def of_the_ladder(world: World, who: Any) -> list[str]:
    return [one for one in await kinds(world, who) if one in ABOUT]


@pytest.mark.requirement("Y072", "Y041", "D25")
async def test_a_late_rectification_opens_a_case_under_yunnan(yunnan: World) -> None:
    visit, asked = await overdue(yunnan)
    await round_of(yunnan, end_of_day(asked.due_on) - timedelta(seconds=1))
    assert await yunnan.rows(AgencyCase, center_id=yunnan.center.id) == [], "the last day is in time"
    for _ in range(2):
        await round_of(yunnan, end_of_day(asked.due_on))
    (case,) = await ladder(yunnan)
    assert (case["ground"], case["article"], case["origin"], case["status"]) == (
        "REFUSES_IMPROVEMENT",
        "000 §20(三)",
        "RECTIFICATION_OVERDUE",
        "OPENED",
    )
    assert (case["opener"], case["inspection"]) == ({"id": shown("ctr", yunnan.center.id)}, {"id": shown("insp", visit.id)})
    assert str(asked.due_on) in case["facts"]
    assert "000 §20(三)" in case["facts"]
    (ground,) = case["obstructions"]["nodes"]
    assert (ground["recordedBy"], ground["rectification"]) == ({"id": shown("per", HOUSE)}, {"id": shown("rect", asked.id)})
    (notice,) = await told(yunnan, "center_admin", kind={"eq": "AGENCY_CASE_OPENED"})
    assert notice["subject"].startswith("acase_")
    assert notice["event"] == {"step": "OPEN", "actor": {"id": shown("per", HOUSE)}}
    assert (await ladder(yunnan, "agency_admin_0"), await of_the_ladder(yunnan, "agency_admin_0")) == ([], []), "it learns with the criticism"


@pytest.mark.requirement("D25", "B019")
async def test_under_the_municipal_rules_it_is_reported_to_the_center(world: World) -> None:
    """The ladder of 003 §16 begins with a report; the district whose inspection it was may know of it, the agency not."""
    _, asked = await overdue(world)
    for _ in range(2):
        await round_of(world, end_of_day(asked.due_on))
    assert await world.rows(AgencyCase, center_id=world.center.id) == []
    (report,) = (await world.done("center_clerk", REPORTS))["seriousViolationReports"]["nodes"]
    assert (report["kind"], report["channel"], report["status"]) == ("MAJOR_ISSUE", "OBSTRUCTION", "RAISED")
    assert report["raisedBy"] == {"id": shown("per", HOUSE)}
    for who, expected in (("center_clerk", 1), ("district_admin_0", 1), ("district_admin_1", 0), ("agency_admin_0", 0)):
        assert (await of_the_ladder(world, who)).count("SERIOUS_VIOLATION_RAISED") == expected, who


@pytest.mark.requirement("Y070", "B018", "D25")
@pytest.mark.parametrize("profile", ["beijing", "yunnan"])
async def test_a_refusal_of_evidence_follows_the_ladder_of_the_rules(world: World, yunnan: World, profile: str) -> None:
    home = world if profile == "beijing" else yunnan
    visit, row = await refused(home)
    later = await day_of(home, visit) + timedelta(hours=1)
    for _ in range(2):
        await round_of(home, later)
    (met,) = await home.rows(Obstruction, inspection_id=visit.id)
    assert (met.ground, met.person_id, met.evidence_request_id) == ("WITHHOLDS_INFORMATION", HOUSE, row.id)
    assert "录像已被覆盖" in met.facts
    cases, reports = await ladder(home), await home.rows(SeriousViolationReport, center_id=home.center.id)
    assert (len(cases), len(reports)) == ((0, 1) if home is world else (1, 0))
    if cases:
        assert (cases[0]["article"], cases[0]["origin"]) == ("000 §20(一)", "EVIDENCE_REFUSED")


@pytest.mark.requirement("Y072")
async def test_what_was_reported_in_time_opens_nothing(yunnan: World) -> None:
    visit, asked = await overdue(yunnan)
    await rectified(yunnan, visit)
    await round_of(yunnan, end_of_day(asked.due_on))
    assert await yunnan.rows(Obstruction, center_id=yunnan.center.id) == []


async def test_of_several_workers_one_opens_it_and_what_was_dismissed_stays_so(yunnan: World, elsewhere: World) -> None:
    _, asked = await overdue(yunnan)
    late = end_of_day(asked.due_on)
    await asyncio.gather(*(round_of(yunnan, late) for _ in range(3)))
    await round_of(yunnan, late)
    (case,) = await yunnan.rows(AgencyCase, center_id=yunnan.center.id)
    assert len(await yunnan.rows(Obstruction, agency_case_id=case.id)) == 1
    async with yunnan.transaction() as session:
        await agency_cases.dismiss(session, await again(session, AgencyCase, case.id), "已说明", act=yunnan.act("center_admin", at=late))
    await round_of(yunnan, late + timedelta(days=1))
    assert [one.status for one in await yunnan.rows(AgencyCase, center_id=yunnan.center.id)] == ["DISMISSED"]
    assert await elsewhere.rows(Obstruction, center_id=elsewhere.center.id) == []


@pytest.mark.requirement("Y069")
async def test_each_rung_is_told_to_whoever_is_next(yunnan: World) -> None:
    """And an order past its day is told of, once: whether that is 拒不改正 a person decides."""
    case = await accused(yunnan, to=agency_cases.AgencyCaseStatus.ORDERED)
    await round_of(yunnan, yunnan.now)
    assert (await of_the_ladder(yunnan, "center_admin"), await of_the_ladder(yunnan, "agency_clerk_0")) == (
        ["AGENCY_CASE_OPENED"],
        ["AGENCY_CASE_CRITICIZED", "AGENCY_CASE_ORDERED"],
    )
    (stored,) = await yunnan.rows(AgencyCase, id=case.id)
    for _ in range(2):
        await round_of(yunnan, start_of_day(stored.due_on) + timedelta(days=1))
    assert (await of_the_ladder(yunnan, "center_admin")).count("AGENCY_CASE_OVERDUE") == 1
    assert (await of_the_ladder(yunnan, "agency_admin_0")).count("AGENCY_CASE_OVERDUE") == 1
    (after,) = await yunnan.rows(AgencyCase, id=case.id)
    assert (after.status, after.version) == (stored.status, stored.version)


@pytest.mark.requirement("B054", "N13", "Y023")
@pytest.mark.parametrize("direct", [True, False], ids=["direct", "district"])
async def test_a_report_is_pushed_to_whom_its_channel_names(world: World, direct: bool) -> None:  # noqa: FBT001
    """Straight to the center past the district: that one is told nothing. Nobody ever tells the agency. Who raised it is told how it ended."""
    _, who = await supervisor(world)
    row = await reported(world, by=who if direct else "district_clerk_0", direct=direct)
    await round_of(world, world.now)
    for asker, expected in (
        ("center_admin", 1),
        ("center_clerk", 1),
        ("district_admin_0", 0 if direct else 1),
        ("district_admin_1", 0),
        ("agency_admin_0", 0),
    ):
        seen = await told(world, asker, kind={"eq": "SERIOUS_VIOLATION_RAISED"})
        assert [one["subject"] for one in seen] == [shown("svr", row.id)] * expected, asker
    async with world.transaction() as session:
        report = await again(session, SeriousViolationReport, row.id)
        for verb in (violations.receive, violations.investigate):
            await verb(session, report, act=world.act("center_clerk"))
        await violations.dismiss(session, report, "查无实据", act=world.act("center_admin"))
    await round_of(world, world.now)
    raiser = who if direct else "district_clerk_0"
    (ended, *_) = await told(world, raiser, kind={"eq": "SERIOUS_VIOLATION_DECIDED"})
    assert ended["subject"] == shown("svr", row.id)
    assert "SERIOUS_VIOLATION_DECIDED" not in await kinds(world, "agency_admin_0")


async def test_nobody_takes_the_steps_of_the_house(yunnan: World) -> None:
    """Its record is a team's or 系统's to make; and no sanction follows without a person."""
    _, asked = await overdue(yunnan)
    late = end_of_day(asked.due_on)
    await round_of(yunnan, late + timedelta(days=400))
    (case,) = await yunnan.rows(AgencyCase, center_id=yunnan.center.id)
    assert (case.status, case.opened_by, case.criticism, case.due_on) == ("OPENED", HOUSE, None, None)
    criticize = "mutation($i: AgencyCaseCriticizeInput!) { agencyCaseCriticize(input: $i) { agencyCase { status origin } } }"
    given = {"agencyCase": shown("acase", case.id), "criticism": "予以批评。", "idempotencyKey": "k"}
    assert codes(await yunnan.ask("agency_admin_0", criticize, i=given)) == ["NOT_FOUND"]
    done = (await yunnan.done("center_admin", criticize, i=given))["agencyCaseCriticize"]["agencyCase"]
    assert done == {"status": "CRITICIZED", "origin": "RECTIFICATION_OVERDUE"}
    assert [one["origin"] for one in await ladder(yunnan, "agency_admin_0")] == [None]
    assert [one["obstructions"]["nodes"] for one in await ladder(yunnan, "agency_admin_0")] == [[]]
