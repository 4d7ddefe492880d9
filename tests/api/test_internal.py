"""内督: an agency's own inspection of a session, by the internal supervisor who watches it."""

from datetime import timedelta
from typing import Any

import pytest

from domain import consequences, jobs, reminders
from domain.answers import Part
from domain.reminders import LIMITS
from models.database import Database
from models.dispatch import Assignment
from models.inspections import Inspection
from models.opinions import OpinionLetter, Rectification, SupervisionReport
from models.publications import PublicResult
from models.sessions import RecognitionSession
from models.stipends import StipendLine
from tests.making_draws import ran, roster
from tests.making_internal import lines, own, watched
from tests.making_returns import day_of, served, signed
from tests.making_sessions import recognition
from tests.making_supervisors import supervisor
from tests.test_invariants import BOTH, asked, why
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

OPEN = """mutation($input: InspectionOpenInternalInput!) { inspectionOpenInternal(input: $input) { replayed event { step toStatus }
  inspection { id status internal form venue notifiedAt reportDueOn agency { id } dispatcher { id } draw { id } team { role status supervisor { id } }
    checklist { template { mode } } availableSteps { mutation } } } }"""


@pytest.fixture(params=BOTH)
async def place(database: Database, maker: Database, request: pytest.FixtureRequest) -> World:
    """Each jurisdiction in turn."""
    return await World.founded(database, maker=maker, profile=request.param)


def of(row: RecognitionSession, **more: Any) -> dict[str, Any]:
    return {"idempotencyKey": key(), "recognitionSession": shown("ses", row.id)} | more


def at_visit(visit: Inspection) -> dict[str, str]:
    return {"inspection": shown("insp", visit.id)}


async def done(world: World, actor: Any, mutation: str, /, **input: Any) -> None:
    assert "errors" not in (answer := await asked(world, actor, mutation, **input)), answer


async def filled(world: World, visit: Inspection, actor: Any, *, no: tuple[str, ...] = ()) -> None:
    """The part of the day, answered and signed through the API."""
    at = await day_of(world, visit)
    await done(world, actor, "checklistSave", **at_visit(visit), answers=await lines(world, visit, no=no), advice="无", appraisal="符合", at=at)
    await done(world, actor, "inspectionSign", **at_visit(visit), part="SITE", at=at)


@pytest.mark.requirement("Y008", "Y044", "B010", "D27")
async def test_the_internal_supervisor_inspects_the_session(place: World) -> None:
    """Alone, at once, on the form of the mode, with the agency as its dispatcher; and a second time nothing."""
    held, row, actor = await watched(place)
    offered = await place.done(actor, "query($id: ID!) { recognitionSession(id: $id) { availableSteps { mutation } } }", id=shown("ses", held.id))
    assert "inspectionOpenInternal" in {one["mutation"] for one in offered["recognitionSession"]["availableSteps"]}
    said = of(held)
    made = (await place.done(actor, OPEN, at=held.starts_at, input=said))["inspectionOpenInternal"]
    assert (made["replayed"], made["event"]) == (False, {"step": "OPEN_INTERNAL", "toStatus": "IN_PROGRESS"})
    visit, agency = made["inspection"], shown("agc", held.agency_id)
    assert (visit["status"], visit["internal"], visit["reportDueOn"], visit["draw"]) == ("IN_PROGRESS", True, None, None)
    assert (visit["agency"], visit["dispatcher"]) == ({"id": agency}, {"id": agency})
    assert visit["form"] == ("SPOT_CHECK" if place.districts else "ONSITE")
    assert visit["team"] == [{"role": "LEADER", "status": "CHECKED_IN", "supervisor": {"id": shown("sup", row.id)}}]
    assert visit["checklist"] is not None
    steps = {one["mutation"] for one in visit["availableSteps"]}
    assert "checklistSave" in steps
    assert not steps & {"inspectionCheckIn", "supervisionReportSubmit", "inspectionNotify", "inspectionCancel"}
    assert (await place.done(actor, OPEN, at=held.starts_at, input=said))["inspectionOpenInternal"]["replayed"] is True
    twice = await place.ask(actor, OPEN, at=held.starts_at, input=of(held))
    assert (codes(twice), why(twice)["reason"], twice["data"]) == (["CONFLICT"], "DUPLICATE", {"inspectionOpenInternal": None})
    (seat,) = await place.rows(Assignment, supervisor_id=row.id)
    assert (seat.internal, seat.card_id is None) == (True, bool(place.districts))
    told = "query($by: Boolean) { inspections(first: 5, filter: {internal: $by}) { nodes { id } } }"
    for who in ("agency_clerk_0", "center_clerk", actor):
        assert (await place.done(who, told, by=True))["inspections"]["nodes"] == [{"id": visit["id"]}]
        assert (await place.done(who, told, by=False))["inspections"]["nodes"] == []


async def test_nobody_else_and_not_before_or_after(place: World, elsewhere: World) -> None:
    held, row, actor = await watched(place, come=False, started=False)
    colleague = (await supervisor(place, "INTERNAL", employer=place.agencies[0]))[1]
    other = (await supervisor(place, "INTERNAL", employer=place.agencies[1]))[1]
    external = (await supervisor(place))[1]

    async def refused(who: Any, *, world: World = place, **more: Any) -> tuple[str, str | None]:
        answer = await world.ask(who, OPEN, at=held.starts_at, input=of(held, **more))
        assert answer["data"] == {"inspectionOpenInternal": None}
        return why(answer)["code"], why(answer).get("reason") or why(answer).get("rule")

    assert await refused(actor) == ("CONFLICT", "STATE")
    if place.districts:
        await done(place, "agency_admin_0", "recognitionSessionStart", **of(held), at=held.starts_at)
        assert await refused(actor) == ("RULE_NOT_MET", "internal.required_per_session")
    await done(place, actor, "recognitionSessionCheckIn", **of(held), at=held.starts_at)
    if not place.districts:
        assert await refused(actor) == ("CONFLICT", "STATE")
        await done(place, "agency_admin_0", "recognitionSessionStart", **of(held), at=held.starts_at)
    assert await refused(colleague) == ("RULE_NOT_MET", "internal.required_per_session")
    assert await refused("agency_admin_0") == ("FORBIDDEN", None)
    assert await refused("center_dispatcher") == ("FORBIDDEN", None)
    for who in (other, external, "agency_admin_1"):
        assert (await refused(who))[0] == "NOT_FOUND"
    assert (await refused("agency_admin_0", world=elsewhere))[0] == "NOT_FOUND"
    assert await refused(actor, expectedVersion=99) == ("CONFLICT", "STALE")
    for verb in ("Hold", "PostResults"):
        await done(place, "agency_admin_0", f"recognitionSession{verb}", **of(held), at=held.starts_at)
    assert await refused(actor) == ("CONFLICT", "STATE")
    assert await place.rows(Inspection, agency_id=held.agency_id) == []
    assert await place.rows(Assignment, supervisor_id=row.id) == []


@pytest.mark.requirement("Y008", "Y044")
async def test_the_agency_serves_the_letter_of_its_own_inspection(place: World) -> None:
    """指派机构 is the agency: it serves, is rectified to, and closes. It owes itself no report, and nothing is published."""
    visit, held, actor = await own(place)
    await filled(place, visit, actor, no=("F05",) if place.districts else ("S05",))
    at = held.ends_at + timedelta(hours=2)
    await done(place, actor, "opinionLetterDraft", **at_visit(visit), text="须整改。", requiresRectification=True, at=at)
    (letter,) = await place.rows(OpinionLetter, inspection_id=visit.id)
    named = {"opinionLetter": shown("opn", letter.id)}
    assert codes(await asked(place, "center_dispatcher", "opinionLetterServe", **named, at=at)) == ["FORBIDDEN"]
    assert codes(await asked(place, "agency_admin_1", "opinionLetterServe", **named, at=at)) == ["NOT_FOUND"]
    await done(place, "agency_admin_0", "opinionLetterServe", **named, at=at)
    (due,) = await place.rows(Rectification, inspection_id=visit.id)
    asked_for = {"rectification": shown("rect", due.id)}
    await done(place, "agency_clerk_0", "rectificationSubmit", **asked_for, text="已整改。", at=at)
    await done(place, "agency_admin_0", "rectificationAccept", **asked_for, at=at)
    report = await asked(place, actor, "supervisionReportSubmit", **at_visit(visit), text="报告。", at=at)
    assert (codes(report), why(report)["rule"]) == (["RULE_NOT_MET"], "inspection.internal")
    if after := await lines(place, visit, part=Part.AFTER):
        await done(place, actor, "checklistSave", **at_visit(visit), answers=after, at=at)
        await done(place, actor, "inspectionSign", **at_visit(visit), part="AFTER", at=at)
    await done(place, "agency_admin_0", "inspectionClose", **at_visit(visit), at=at)
    (closed,) = await place.rows(Inspection, id=visit.id)
    (seat,) = await place.rows(Assignment, inspection_id=visit.id)
    assert (closed.status, seat.status) == ("CLOSED", "DONE")
    assert await place.rows(SupervisionReport, inspection_id=visit.id) == []
    assert await place.rows(PublicResult, inspection_id=visit.id) == []
    paid = await asked(place, "center_clerk", "assignmentPay", assignment=shown("asg", seat.id), at=at)
    assert codes(paid) == ["FORBIDDEN"]
    assert await place.rows(StipendLine, assignment_id=seat.id) == []


async def test_the_agency_serves_nobody_elses_letter(world: World) -> None:
    """What somebody above sent a team for stays theirs, served or not (000 §11)."""
    visit, _ = await served(world)
    (letter,) = await world.rows(OpinionLetter, inspection_id=visit.id)
    (due,) = await world.rows(Rectification, inspection_id=visit.id)
    at = await day_of(world, visit) + timedelta(days=1)
    assert codes(await asked(world, "agency_admin_0", "opinionLetterServe", opinionLetter=shown("opn", letter.id), at=at)) == ["FORBIDDEN"]
    assert codes(await asked(world, "agency_admin_0", "rectificationAccept", rectification=shown("rect", due.id), at=at)) == ["FORBIDDEN"]
    assert codes(await asked(world, "agency_admin_0", "inspectionClose", **at_visit(visit), at=at)) == ["FORBIDDEN"]
    unserved, _ = await signed(world, of=await recognition(world, starts_at=world.now + timedelta(days=6)))
    hidden = await world.done("agency_admin_0", "query($id: ID!) { inspection(id: $id) { opinionLetter { id } } }", id=shown("insp", unserved.id))
    assert hidden == {"inspection": {"opinionLetter": None}}


async def test_it_waits_with_its_agency_alone(place: World) -> None:
    """Neither a reminder of a report, nor a case, nor a stuck step of anybody else's; and a rectification of it goes to the agency."""
    visit, held, actor = await own(place)
    await filled(place, visit, actor, no=("F05",) if place.districts else ("S05",))
    at = held.ends_at + timedelta(hours=2)
    met = {"ground": "WITHHOLDS_INFORMATION", "facts": "拒绝", "happenedAt": held.starts_at.isoformat()}
    hindered = await asked(place, actor, "obstructionRecord", **at_visit(visit), **met, at=at)
    assert (codes(hindered), why(hindered)["rule"]) == (["RULE_NOT_MET"], "inspection.internal")
    late = at + timedelta(days=90)
    ask = "{ stuckSteps(days: 30) { kind holder oldest } }"
    mine = {"kind": "Inspection", "holder": shown("agc", held.agency_id), "oldest": [shown("insp", visit.id)]}
    assert mine in (await place.done("agency_admin_0", ask, at=late + timedelta(days=3650)))["stuckSteps"]
    others = (await place.done("center_admin", ask, at=late + timedelta(days=3650)))["stuckSteps"]
    assert [one for one in others if one["kind"] == "Inspection"] == []
    await done(place, actor, "opinionLetterDraft", **at_visit(visit), text="须整改。", requiresRectification=True, at=at)
    (letter,) = await place.rows(OpinionLetter, inspection_id=visit.id)
    await done(place, "agency_admin_0", "opinionLetterServe", opinionLetter=shown("opn", letter.id), at=at)
    (due,) = await place.rows(Rectification, inspection_id=visit.id)
    async with place.transaction() as session:
        found = {(one.model.__name__, one.step): await reminders.found_due(session, one, place.center.id, at=late) for one in LIMITS}
        assert found["Inspection", "REPORT_OVERDUE"] == []
        assert [(one.subject_id, one.organization_id) for one in found["Rectification", "OVERDUE"]] == [(due.id, held.agency_id)]
        assert await consequences.unrectified(session, place.center.id, late) == []
        assert await jobs.unanswered(session, place.center.id, late) == []
    stuck = (await place.done("center_admin", ask, at=late + timedelta(days=3650)))["stuckSteps"]
    assert [one for one in stuck if one["kind"] in {"Inspection", "Rectification"}] == []


@pytest.mark.requirement("A02")
async def test_it_is_no_part_of_any_ratio(world: World) -> None:
    """A session that only its agency has inspected is drawn like any other, and counts as not inspected (A02)."""
    visit, held, actor = await own(world)
    await filled(world, visit, actor)
    await done(world, "agency_admin_0", "recognitionSessionHold", **of(held), at=held.ends_at)
    ask = 'query($d: ID!) { samplingDebt(month: "2026-09", dispatcher: $d) { held inspected } }'
    debt = await world.done("district_dispatcher_0", ask, at=held.ends_at, d=shown("dst", world.districts[0].id))
    assert (debt["samplingDebt"]["held"], debt["samplingDebt"]["inspected"]) == (1, 0)


@pytest.mark.requirement("N11")
async def test_what_the_own_inspection_missed_weighs_on_the_next_draw(place: World) -> None:
    """The internal supervisor finds nothing, the external team two lines wrong in the same session: more tickets in the next draw."""
    wrong = ("F05", "F06") if place.districts else ("S05", "S06")
    held, _, actor = await watched(place, come=False, started=False)
    await signed(place, of=held, no=wrong)
    for who, verb in ((actor, "CheckIn"), ("agency_clerk_0", "Start")):
        await done(place, who, f"recognitionSession{verb}", **of(held), at=held.starts_at)
    made = await place.done(actor, OPEN, at=held.starts_at, input=of(held))
    (visit,) = await place.rows(Inspection, agency_id=held.agency_id, internal=True)
    assert made["inspectionOpenInternal"]["inspection"]["id"] == shown("insp", visit.id)
    await filled(place, visit, actor)
    agreed = 'query { inspectionAgreements(since: "2026-09-01", until: "2026-10-01") { agency sessions compared agreed missed } }'
    compared = len(await lines(place, visit))
    expected = {"agency": shown("agc", held.agency_id), "sessions": 1, "compared": compared, "agreed": compared - 2, "missed": 2}
    assert (await place.done("center_clerk", agreed))["inspectionAgreements"] == [expected]
    place.now += timedelta(days=4)
    for n in (0, 1):
        await recognition(place, agency=n, starts_at=place.now + timedelta(days=3, hours=n))
    await roster(place, 2)
    drawn = await ran(place, **({"sessions": 2} if place.districts else {}))
    told = await place.done("center_clerk", "query($id: ID!) { draw(id: $id) { weights { agency compared missed weight } } }", id=drawn["id"])
    assert told["draw"]["weights"] == [{"agency": shown("agc", held.agency_id), "compared": compared, "missed": 2, "weight": 3}]


async def test_who_is_suspended_signs_no_longer(world: World) -> None:
    """In Beijing internal supervisors bear no card: it is the roster that says who still is one."""
    visit, held, actor = await own(world)
    at = await day_of(world, visit)
    await done(world, actor, "checklistSave", **at_visit(visit), answers=await lines(world, visit), advice="无", appraisal="符合", at=at)
    (seat,) = await world.rows(Assignment, inspection_id=visit.id)
    review = (held.starts_at + timedelta(days=30)).date().isoformat()
    said = {"supervisor": shown("sup", seat.supervisor_id), "reviewOn": review, "reason": "失职"}
    await done(world, "agency_admin_0", "supervisorSuspend", **said, at=at)
    assert codes(await asked(world, actor, "inspectionSign", **at_visit(visit), part="SITE", at=at)) == ["FORBIDDEN"]
    assert (await world.rows(Inspection, id=visit.id))[0].status == "IN_PROGRESS"
