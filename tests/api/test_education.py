"""Yearly education: held, attended, missed, and what follows when the year is over (000 §17)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain.calendar import start_of_day
from models.base import HOUSE
from models.cases import SupervisorCase
from models.education import EducationAttendance, EducationEvent, EducationLapse, EducationResult
from models.events import Event
from models.supervisors import Person, Supervisor
from tests.making_supervisors import supervisor
from tests.making_time import kinds, round_of, told
from tests.making_years import all_of_it, attended, held
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

HOLD = """mutation($input: EducationEventHoldInput!) { educationEventHold(input: $input) {
  replayed event { step profile { slug } } educationEvent { id year heldOn topic agency { id } recordedBy { id } } } }"""
RECORD = """mutation($input: EducationEventRecordInput!) { educationEventRecord(input: $input) {
  attendance { id year result supervisor { id } } event { step reason } } }"""
EVENTS = "query($filter: EducationEventFilter) { educationEvents(first: 9, filter: $filter) { totalCount nodes { id attendances(first: 9) { totalCount } } } }"
ATTENDANCES = """query($filter: EducationAttendanceFilter) { educationAttendances(first: 9, filter: $filter) {
  nodes { result supervisor { id } } } }"""
LAPSES = "{ educationLapses(first: 9) { nodes { id year agency { id } } } }"
NEW_YEAR = start_of_day(date(2027, 1, 1))


def why(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


def holding(**other: object) -> dict[str, object]:
    return {"topic": "考务规程", "heldOn": "2026-05-08", "idempotencyKey": key()} | other


def recording(event: EducationEvent, row: Supervisor, result: str = "PASSED") -> dict[str, object]:
    return {"event": shown("edev", event.id), "supervisor": shown("sup", row.id), "result": result, "idempotencyKey": key()}


async def internal(world: World, agency: int = 0) -> Any:
    return await supervisor(world, "INTERNAL", employer=world.agencies[agency])


@pytest.mark.requirement("Y060", "Y061", "B009")
async def test_an_agency_holds_education_and_records_who_came(yunnan: World) -> None:
    done = (await yunnan.done("agency_clerk_0", HOLD, input=holding()))["educationEventHold"]
    event = done["educationEvent"]
    assert (done["event"]["step"], done["event"]["profile"]["slug"]) == ("HOLD", "yunnan-college-2023")
    assert (event["year"], event["heldOn"], event["agency"]["id"]) == (2026, "2026-05-08", shown("agc", yunnan.agencies[0].id))
    row, actor = await internal(yunnan)
    said = recording(EducationEvent(id=(await yunnan.rows(EducationEvent, center_id=yunnan.center.id))[0].id), row, "FAILED")
    came = (await yunnan.done("agency_admin_0", RECORD, input=said))["educationEventRecord"]
    assert (came["attendance"]["year"], came["attendance"]["result"], came["event"]["reason"]) == (2026, "FAILED", "FAILED")
    for asker, events, attendances in (("center_auditor", 1, 1), ("agency_clerk_0", 1, 1), (actor, 1, 1), ("agency_admin_1", 0, 0)):
        found = (await yunnan.done(asker, EVENTS, filter={"year": {"eq": 2026}}))["educationEvents"]
        assert (found["totalCount"], sum(one["attendances"]["totalCount"] for one in found["nodes"])) == (events, attendances), asker
        mine = (await yunnan.done(asker, ATTENDANCES, filter={"result": {"eq": "FAILED"}}))["educationAttendances"]["nodes"]
        assert [one["supervisor"]["id"] for one in mine] == [shown("sup", row.id)] * attendances, asker


@pytest.mark.requirement("D11")
async def test_rules_without_education_have_none(world: World) -> None:
    none = await world.ask("agency_admin_0", HOLD, input=holding())
    assert (codes(none), why(none)["rule"], why(none)["article"]) == (["RULE_NOT_MET"], "education.kinds", "000 §17")
    assert await world.rows(EducationEvent, center_id=world.center.id) == []


@pytest.mark.requirement("Y060", "Y061")
async def test_what_is_refused(yunnan: World, elsewhere: World) -> None:
    for asker in ("center_admin", "center_clerk", (await internal(yunnan))[1]):
        assert codes(await yunnan.ask(asker, HOLD, input=holding())) == ["FORBIDDEN"], asker
    late = await yunnan.ask("agency_admin_0", HOLD, input=holding(heldOn="2026-09-17"))
    assert (codes(late), why(late)["problem"]) == (["BAD_USER_INPUT"], "future")
    event, (row, _), (other, _), (external, _) = await held(yunnan), await internal(yunnan), await internal(yunnan, 1), await supervisor(yunnan)
    for wrong in (other, external):
        answer = await yunnan.ask("agency_admin_0", RECORD, input=recording(event, wrong))
        assert (codes(answer), why(answer)["problem"]) == (["BAD_USER_INPUT"], "not_internal")
    assert codes(await yunnan.ask("agency_admin_1", RECORD, input=recording(event, other))) == ["NOT_FOUND"]
    assert codes(await elsewhere.ask("agency_admin_0", RECORD, input=recording(event, row))) == ["NOT_FOUND"]
    assert codes(await yunnan.ask("center_admin", RECORD, input=recording(event, row))) == ["FORBIDDEN"]
    assert await yunnan.rows(EducationAttendance, center_id=yunnan.center.id) == []
    await attended(yunnan, event, row, EducationResult.FAILED)
    again = await yunnan.ask("agency_admin_0", RECORD, input=recording(event, row))
    assert (codes(again), why(again)["reason"]) == (["CONFLICT"], "DUPLICATE")


@pytest.mark.requirement("Y062")
async def test_nobody_records_the_own_result_and_nobody_changes_one(yunnan: World) -> None:
    event, (row, actor) = await held(yunnan), await internal(yunnan)
    clerk = await yunnan.hire("agency_clerk", yunnan.agencies[0], person=await person_of(yunnan, row), name="both")
    assert clerk.person_id == actor.person_id
    own = await yunnan.ask("both", RECORD, input=recording(event, row))
    assert (codes(own), why(own)["rule"]) == (["RULE_NOT_MET"], "education.by_another")
    await attended(yunnan, event, row, EducationResult.FAILED)
    for statement in ("UPDATE education_attendance SET result = 'PASSED'", "DELETE FROM education_event"):
        with pytest.raises(Exception, match="never changed"):
            async with yunnan.transaction() as session:
                await (await session.connection()).execute(text(f"{statement} WHERE agency_id = '{yunnan.agencies[0].id}'"))


async def person_of(world: World, row: Supervisor) -> Any:
    (found,) = await world.rows(Person, id=row.person_id)
    return found


async def grounds(world: World) -> dict[Any, str]:
    return {one.supervisor_id: one.ground.value for one in await world.rows(SupervisorCase, center_id=world.center.id)}


@pytest.mark.requirement("Y062", "A27", "A15")
async def test_when_the_year_is_over_who_failed_or_missed_it_has_a_case(yunnan: World) -> None:
    """At the issuer of the card, by nobody's hand, once; whoever passed in the end has none, and the agency's omission is its own."""
    first, second = await held(yunnan), await held(yunnan, on=date(2026, 8, 8))
    failed, passed, missed, elsewhere = [(await internal(yunnan))[0] for _ in range(3)] + [(await internal(yunnan, 1))[0]]
    for event, row, result in ((first, failed, "FAILED"), (first, passed, "FAILED"), (second, passed, "PASSED"), (second, missed, "ABSENT")):
        await attended(yunnan, event, row, EducationResult(result))
    await round_of(yunnan, NEW_YEAR - timedelta(seconds=1))
    assert await grounds(yunnan) == {}
    for _ in range(2):
        await round_of(yunnan, NEW_YEAR)
    assert await grounds(yunnan) == {failed.id: "EDUCATION_FAILED", missed.id: "EDUCATION_ABSENT"}
    for case in await yunnan.rows(SupervisorCase, center_id=yunnan.center.id):
        assert (case.origin, case.issuer_id, case.opened_by, case.status) == ("EDUCATION", yunnan.agencies[0].id, HOUSE, "OPENED")
        assert case.facts.startswith("2026 年")
    assert (await kinds(yunnan, "agency_admin_0")).count("SUPERVISOR_CASE_OPENED") == 2
    assert elsewhere.id not in await grounds(yunnan)
    (lapse,) = await yunnan.rows(EducationLapse, center_id=yunnan.center.id)
    assert (lapse.agency_id, lapse.year) == (yunnan.agencies[1].id, 2026)


@pytest.mark.requirement("Y061", "A27")
async def test_an_agency_that_held_none_is_flagged_and_told(yunnan: World) -> None:
    await internal(yunnan, 1)
    for _ in range(2):
        await round_of(yunnan, NEW_YEAR)
    (lapse,) = await yunnan.rows(EducationLapse, center_id=yunnan.center.id)
    for asker, seen in (("center_clerk", 1), ("agency_admin_1", 1), ("agency_admin_0", 0)):
        found = (await yunnan.done(asker, LAPSES))["educationLapses"]["nodes"]
        assert [(one["year"], one["agency"]["id"]) for one in found] == [(2026, shown("agc", yunnan.agencies[1].id))] * seen, asker
        news = [one["subject"] for one in await told(yunnan, asker, kind={"eq": "EDUCATION_LAPSED"})]
        assert news == [shown("edlp", lapse.id)] * seen, asker
    assert await grounds(yunnan) == {}, "supervisors do not answer for the agency"


@pytest.mark.requirement("Y061")
async def test_from_october_an_agency_is_reminded_once(yunnan: World, world: World) -> None:
    await internal(yunnan)
    await internal(yunnan, 1)
    await internal(world)
    await held(yunnan, agency=1)
    october = start_of_day(date(2026, 10, 1))
    for home in (yunnan, world):
        await round_of(home, october - timedelta(seconds=1))
    assert "EDUCATION_DUE" not in await kinds(yunnan, "agency_admin_0")
    for at in (october, october, october + timedelta(days=30)):
        for home in (yunnan, world):
            await round_of(home, at)
    news = await told(yunnan, "agency_admin_0", kind={"eq": "EDUCATION_DUE"})
    assert [(one["subject"], one["occasion"]) for one in news] == [(shown("agc", yunnan.agencies[0].id), "2026")]
    for home, asker in ((yunnan, "agency_admin_1"), (world, "agency_admin_0")):
        assert "EDUCATION_DUE" not in await kinds(home, asker), "it has held one; and the rules of Beijing know none (D11)"


@pytest.mark.requirement("D11")
async def test_rules_without_education_flag_nobody(world: World) -> None:
    await internal(world)
    await round_of(world, NEW_YEAR)
    assert await world.rows(EducationLapse, center_id=world.center.id) == []
    await all_of_it(world)
    assert [one.step for one in await world.rows(Event, center_id=world.center.id, subject_kind="EducationLapse")] == []
    assert await lapses_at(world, NEW_YEAR + timedelta(hours=1)) == [2026], "the rules in force since 2024 ask for it"


async def lapses_at(world: World, at: datetime) -> list[int]:
    await round_of(world, at)
    return [one.year for one in await world.rows(EducationLapse, center_id=world.center.id)]
