"""The invariants of regulation 1.10 under both profiles, by GraphQL: who may see and change what, and by which rules (INV10 to INV20)."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from domain.organizations import publish_profile
from domain.profiles import parse_profile
from models.base import new_id
from models.cases import BlacklistEntry, Ground
from models.checklists import Answer
from models.database import Database
from models.inspections import Inspection
from models.organizations import Organization
from models.returns import MonthlyReturn
from models.sessions import RecognitionSession
from models.supervisors import Card
from tests.making_draws import CONFIRM, confirmed, dispatcher, ran, roster
from tests.making_inspections import dispatched, notified
from tests.making_returns import again, day_of, signed
from tests.making_sessions import recognition
from tests.making_supervisors import card_of, revoked, supervisor
from tests.test_invariants import BOTH, asked, why
from tests.world import NOW, PROFILES, World, codes, key, shown

pytestmark = pytest.mark.anyio

DUE = NOW.replace(day=5, hour=16, minute=0)
"""The end of the fifth of September in Shanghai."""


@pytest.fixture(params=BOTH)
async def place(database: Database, maker: Database, request: pytest.FixtureRequest) -> World:
    """Each jurisdiction in turn."""
    return await World.founded(database, maker=maker, profile=request.param)


@pytest.mark.requirement("INV10", "Y015")
async def test_inv10_a_signed_checklist_stays_as_it_is(place: World) -> None:
    visit, team = await signed(place)
    at, before = await day_of(place, visit), await place.rows(Answer, inspection_id=visit.id)
    change = {"inspection": shown("insp", visit.id), "answers": [], "advice": "改", "at": at}
    refused = await asked(place, team[0][1], "checklistSave", **change)
    assert (codes(refused), why(refused)["rule"]) == (["RULE_NOT_MET"], "checklist.signed")
    assert codes(await asked(place, "center_admin", "checklistSave", **change)) == ["FORBIDDEN"]
    assert [(one.id, one.version, one.value) for one in await place.rows(Answer, inspection_id=visit.id)] == [
        (one.id, one.version, one.value) for one in before
    ]
    read = "query($id: ID!) { inspection(id: $id) { checklist { advice answers { value } } } }"
    for reader in ("center_admin", team[0][1]):
        found = (await place.done(reader, read, id=shown("insp", visit.id)))["inspection"]["checklist"]
        assert (found["advice"], len(found["answers"])) == ("加强现场管理", len(before))


@pytest.mark.requirement("INV11", "A22")
async def test_inv11_the_neighbour_reads_nothing_by_any_path(place: World) -> None:
    """District B, and where there are no districts agency B: hidden and absent look alike."""
    visit, _ = await notified(place)
    reader = "district_dispatcher_1" if place.districts else "agency_admin_1"
    insp, ses, agency = shown("insp", visit.id), shown("ses", visit.recognition_session_id), shown("agc", place.agencies[0].id)
    lists = """query($agency: ID!, $ses: ID!) {
      all: inspections(first: 2) { totalCount nodes { id } }
      sorted: inspections(first: 2, orderBy: {field: SCHEDULED_ON, direction: ASC}) { totalCount nodes { id } }
      filtered: inspections(first: 2, filter: {agency: {eq: $agency}}) { totalCount nodes { id } }
      of: inspections(first: 2, filter: {recognitionSession: {eq: $ses}}) { totalCount nodes { id } }
      recognitionSessions(first: 2) { totalCount nodes { inspections(first: 2) { totalCount } } }
      assignments(first: 2) { totalCount nodes { id } } draws(first: 2) { totalCount nodes { id } } opinionLetters(first: 2) { totalCount nodes { id } }
      rectifications(first: 2) { totalCount nodes { id } } }"""
    data = await place.done(reader, lists, agency=agency, ses=ses)
    assert {(one["totalCount"], len(one["nodes"])) for one in data.values()} == {(0, 0)}
    for document in ("query($id: ID!) { inspection(id: $id) { id } }", "query($id: ID!) { node(id: $id) { id } }"):
        hidden = await place.ask(reader, document, id=insp)
        absent = await place.ask(reader, document, id=shown("insp", new_id()))
        assert codes(hidden) == ["NOT_FOUND"]
        assert hidden == absent
    hidden = await asked(place, reader, "inspectionCancel", inspection=insp, reason="无")
    assert hidden["errors"] == (await asked(place, reader, "inspectionCancel", inspection=shown("insp", new_id()), reason="无"))["errors"]


@pytest.mark.requirement("INV12", "A18", "Y037")
async def test_inv12_the_agency_learns_of_it_by_the_notice(place: World) -> None:
    visit, team = await dispatched(place)
    insp, ses = shown("insp", visit.id), shown("ses", visit.recognition_session_id)
    lists = """query($ses: ID!) { inspections(first: 9) { totalCount } assignments(first: 9) { totalCount } draws(first: 9) { totalCount }
      recognitionSession(id: $ses) { version inspections(first: 9) { totalCount } history(first: 9) { totalCount } } }"""
    one = "query($id: ID!) { inspection(id: $id) { id } }"
    before = await place.done("agency_admin_0", lists, ses=ses)
    assert [before[name]["totalCount"] for name in ("inspections", "assignments", "draws")] == [0, 0, 0]
    assert before["recognitionSession"] == {"version": 1, "inspections": {"totalCount": 0}, "history": {"totalCount": 1}}
    assert codes(await place.ask("agency_admin_0", one, id=insp)) == ["NOT_FOUND"]
    assert codes(await asked(place, dispatcher(place), "inspectionNotify", inspection=insp)) == []
    after = await place.done("agency_admin_0", lists, ses=ses)
    assert [after[name]["totalCount"] for name in ("inspections", "assignments", "draws")] == [1, len(team), 0]
    assert codes(await place.ask("agency_admin_0", one, id=insp)) == []


@pytest.mark.requirement("INV13", "A13", "Y087")
async def test_inv13_revoked_is_off_the_roster_and_in_the_archive(place: World) -> None:
    row, _ = await supervisor(place)
    card = await card_of(place, row)
    await revoked(place, row, ground=Ground.NEGLIGENCE if place.districts else Ground.FRAUD)
    ask = """query($person: IdFilter!, $id: ID!) {
      active: supervisors(first: 9, filter: {standing: {eq: ACTIVE}, person: $person}) { totalCount }
      supervisor(id: $id) { standing card { id } cards { id status } appointments { status } history(first: 9) { nodes { step } } } }"""
    found = await place.done("center_admin", ask, person={"eq": shown("per", row.person_id)}, id=shown("sup", row.id))
    assert found["active"] == {"totalCount": 0}
    assert found["supervisor"]["standing"] == "REMOVED"
    assert found["supervisor"]["cards"] == [{"id": shown("card", card.id), "status": "REVOKED"}]
    assert [one["status"] for one in found["supervisor"]["appointments"]] == ["TERMINATED"]
    assert {"ENLIST", "REMOVE"} <= {one["step"] for one in found["supervisor"]["history"]["nodes"]}
    assert [one.status for one in await place.rows(BlacklistEntry, person_id=row.person_id)] == ["LISTED"]


@pytest.mark.requirement("INV14", "A03", "B053", "D24")
@pytest.mark.parametrize(("late", "timeliness"), [(timedelta(microseconds=-1), "ON_TIME"), (timedelta(), "LATE")])
async def test_inv14_the_fifth_ends_at_midnight_in_shanghai(place: World, late: timedelta, timeliness: str) -> None:
    """Late is taken. Where there are no districts nobody files anything."""
    filing = {"month": "2026-08", "at": DUE + late}
    if place.districts:
        assert codes(await asked(place, "district_clerk_0", "monthlyReturnSubmit", **filing)) == []
    else:
        assert {code for who in place.actors for code in codes(await asked(place, who, "monthlyReturnSubmit", **filing))} == {"FORBIDDEN"}
    filed = await place.rows(MonthlyReturn, center_id=place.center.id)
    assert [(one.timeliness, one.status) for one in filed] == ([(timeliness, "SUBMITTED")] if place.districts else [])


@pytest.mark.requirement("INV15")
async def test_inv15_later_rules_do_not_judge_what_began_before(place: World) -> None:
    visit, team = await signed(place)
    text = (PROFILES / f"{place.profile}.toml").read_text(encoding="utf-8")
    later = text.replace('"rectification.working_days" = { value = 15', '"rectification.working_days" = { value = 1')
    assert later != text
    async with place.transaction() as session:
        center = await again(session, Organization, place.center.id)
        await publish_profile(session, center, parse_profile(later, effective_from=date(2026, 9, 20)), act=place.act("center_admin"))
    at = await day_of(place, visit) + timedelta(days=2)
    said = {"inspection": shown("insp", visit.id), "text": "稿", "requiresRectification": True, "at": at}
    letter = (await asked(place, team[0][1], "opinionLetterDraft", **said))["data"]["opinionLetterDraft"]["opinionLetter"]["id"]
    assert codes(await asked(place, dispatcher(place), "opinionLetterServe", opinionLetter=letter, at=at)) == []
    due = await place.done(dispatcher(place), "query($id: ID!) { opinionLetter(id: $id) { dueOn } }", id=letter)
    assert due["opinionLetter"]["dueOn"] == "2026-10-12"


@pytest.mark.requirement("INV17", "A12", "D07")
async def test_inv17_the_center_does_not_revoke_what_an_agency_issued(place: World) -> None:
    """Named with its issuer. Where internal supervisors bear no card there is none to revoke."""
    row, _ = await supervisor(place, "INTERNAL", employer=place.agencies[0])
    if place.districts:
        dated = {"number": key(), "validFrom": "2026-09-01", "validUntil": "2029-09-01"}
        refused = await asked(place, "agency_admin_0", "cardIssue", supervisor=shown("sup", row.id), **dated)
        assert (codes(refused), why(refused)["rule"]) == (["RULE_NOT_MET"], "card.issuer.internal")
        assert await place.rows(Card, supervisor_id=row.id) == []
        return
    card = shown("card", (await card_of(place, row)).id)
    opened = await asked(place, "center_admin", "supervisorCaseOpen", card=card, ground="FRAUD", facts="弄虚作假")
    case = opened["data"]["supervisorCaseOpen"]["case"]["id"]
    refused = await asked(place, "center_admin", "supervisorCaseRevoke", case=case, ground="FRAUD", document="报告", decisionNumber=key())
    assert (codes(refused), why(refused)["issuer"]) == (["FORBIDDEN"], shown("agc", place.agencies[0].id))
    assert (await card_of(place, row)).status == "ACTIVE"


@pytest.mark.requirement("INV18", "Y044", "B010")
async def test_inv18_no_session_without_its_internal_supervisor_under_000(place: World) -> None:
    row = await recognition(place)
    about = {"recognitionSession": shown("ses", row.id), "at": row.ends_at}
    for step in ("recognitionSessionStart", "recognitionSessionHold"):
        answer = await asked(place, "agency_admin_0", step, **about)
        if place.districts:
            assert codes(answer) == []
        elif step == "recognitionSessionStart":
            assert (why(answer)["rule"], why(answer)["article"]) == ("internal.required_per_session", "000 §12")
    (found,) = await place.rows(RecognitionSession, id=row.id)
    assert found.status == ("HELD" if place.districts else "PLANNED")


@pytest.mark.requirement("INV19", "B022")
async def test_inv19_nobody_has_two_duties_at_a_time(place: World) -> None:
    """Two districts, or two sessions of one draw: the second is refused, and not told where the first is."""
    first, second = await recognition(place), await recognition(place, agency=2 if place.districts else 1)
    await roster(place, 2 if place.districts else 1)
    if place.districts:
        draws = {who: (await ran(place, by=who))["id"] for who in ("district_dispatcher_0", "district_dispatcher_1")}
        assert codes(await place.ask("district_dispatcher_0", CONFIRM, input={"idempotencyKey": key(), "draw": draws["district_dispatcher_0"]})) == []
        answer = await place.ask("district_dispatcher_1", CONFIRM, input={"idempotencyKey": key(), "draw": draws["district_dispatcher_1"]})
    else:
        draw = (await ran(place, sessions=2))["id"]
        answer = await place.ask("center_dispatcher", CONFIRM, input={"idempotencyKey": key(), "draw": draw})
    assert (codes(answer), why(answer)["rule"]) == (["RULE_NOT_MET"], "team.min")
    told = json.dumps(answer, ensure_ascii=False)
    assert not any(word in told for word in (first.id.hex, second.id.hex, "评价机构", "第0区"))
    assert len(await place.rows(Inspection, center_id=place.center.id)) == (1 if place.districts else 0)


@pytest.mark.requirement("INV20", "B067")
async def test_inv20_the_desk_is_for_direct_and_result(place: World) -> None:
    modes = ("EXAM", "PROCESS", "DIRECT", "RESULT")
    rows = [await recognition(place, mode=mode, starts_at=place.now + timedelta(days=3 + n)) for n, mode in enumerate(modes)]
    await roster(place, 8)
    made: list[dict[str, Any]] = await confirmed(place, sessions=4)
    venues = {one["recognitionSession"]["id"]: one["inspection"]["venue"] for one in made}
    assert [venues[shown("ses", row.id)] for row in rows] == ["ONSITE", "ONSITE", "DESK", "DESK"]
