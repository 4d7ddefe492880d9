"""The inspection that a serious-violation report comes from: named by who was there or may read it, never to be seen by the agency."""

from datetime import timedelta

import pytest

from models.events import Event
from models.inspections import Inspection
from models.sessions import RecognitionSession
from models.violations import SeriousViolationReport
from tests.api.test_violations import DIRECT, RAISE, alleged, why
from tests.making_inspections import dispatched, notified
from tests.making_sessions import recognition
from tests.making_supervisors import supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

READ = "query($id: ID!) { seriousViolationReport(id: $id) { inspection { id } } }"
LIST = "query($f: SeriousViolationReportFilter) { seriousViolationReports(first: 9, filter: $f) { nodes { id } } }"
OBSTRUCT = "mutation($input: ObstructionRecordInput!) { obstructionRecord(input: $input) { obstruction { report { id inspection { id } } } } }"


@pytest.mark.requirement("N13")
@pytest.mark.parametrize("profile", ["beijing", "yunnan"])
async def test_a_member_of_the_team_names_the_visit_and_the_agency_learns_nothing(world: World, yunnan: World, profile: str) -> None:
    here = world if profile == "beijing" else yunnan
    visit, team = await notified(here)
    agency = here.agencies[0].id
    before = (len(await here.rows(Event, organization_id=agency)), len(await here.rows(Event, agency_id=agency, subject_kind="Inspection")))
    about = shown("insp", visit.id)
    done = (await here.done(team[1][1], DIRECT, input=alleged(here, inspection=about)))["seriousViolationReportRaiseDirect"]
    report = done["seriousViolationReport"]["id"]
    for asker in (team[1][1], "center_clerk"):
        assert (await here.done(asker, READ, id=report))["seriousViolationReport"] == {"inspection": {"id": about}}
        assert (await here.done(asker, LIST, f={"inspection": {"eq": about}}))["seriousViolationReports"]["nodes"] == [{"id": report}]
    for asker in ("agency_admin_0", "agency_clerk_0", *(["district_admin_0"] if here.districts else [])):
        assert codes(await here.ask(asker, READ, id=report)) == ["NOT_FOUND"], asker
        assert (await here.done(asker, LIST, f={"inspection": {"eq": about}}))["seriousViolationReports"]["nodes"] == []
    after = (len(await here.rows(Event, organization_id=agency)), len(await here.rows(Event, agency_id=agency, subject_kind="Inspection")))
    assert after == before, "neither in its own chain nor on the visit"
    assert [one.version for one in await here.rows(Inspection, id=visit.id)] == [visit.version]


async def test_who_may_read_a_visit_may_name_it_and_nobody_else(world: World) -> None:
    visit, _ = await notified(world)
    other, _ = await dispatched(world, of=await recognition(world, agency=1), by="center_dispatcher")
    elsewhere, _ = await dispatched(world, of=await recognition(world, agency=2), by="center_dispatcher")
    _, outside = await supervisor(world)
    third = await recognition(world, starts_at=world.now + timedelta(days=9))
    for asker, document, named, code, problem in (
        (outside, DIRECT, {"inspection": shown("insp", visit.id)}, "NOT_FOUND", None),
        ("district_clerk_0", RAISE, {"inspection": shown("insp", elsewhere.id)}, "NOT_FOUND", None),
        ("district_clerk_0", RAISE, {"inspection": shown("insp", other.id)}, "BAD_USER_INPUT", "unknown"),
        (
            "center_clerk",
            RAISE,
            {"inspection": shown("insp", visit.id), "recognitionSession": shown("ses", third.id)},
            "BAD_USER_INPUT",
            "unknown",
        ),
    ):
        answer = await world.ask(asker, document, input=alleged(world, **named))
        assert (codes(answer), why(answer).get("problem")) == ([code], problem), (asker, named)
    assert await world.rows(SeriousViolationReport, center_id=world.center.id) == []
    same = {"inspection": shown("insp", visit.id), "recognitionSession": shown("ses", visit.recognition_session_id)}
    done = (await world.done("district_clerk_0", RAISE, input=alleged(world, **same)))["seriousViolationReportRaise"]["seriousViolationReport"]
    assert (await world.done("district_admin_0", READ, id=done["id"]))["seriousViolationReport"] == {"inspection": {"id": same["inspection"]}}


@pytest.mark.requirement("B019")
async def test_an_obstruction_reports_with_its_visit(world: World) -> None:
    visit, team = await notified(world)
    (place,) = await world.rows(RecognitionSession, id=visit.recognition_session_id)
    about = {"inspection": shown("insp", visit.id), "ground": "RETALIATES", "facts": "不开门", "happenedAt": place.starts_at.isoformat()}
    done = await world.done(team[0][1], OBSTRUCT, at=place.starts_at, input={**about, "idempotencyKey": key()})
    assert done["obstructionRecord"]["obstruction"]["report"]["inspection"] == {"id": about["inspection"]}
