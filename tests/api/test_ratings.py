"""Scores, methods, arrival and departure on the form; the rating that an annual inspection comes to."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from models.dispatch import Assignment
from models.inspections import InspectionForm
from models.ratings import AnnualRating
from tests.asking_on_site import ENTER, FINISH, SAVE, SIGN, full
from tests.making_forms import begun, rated
from tests.making_returns import again, closed, day_of, on_site
from tests.making_supervisors import supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

RATINGS = """query($f: AnnualRatingFilter) { annualRatings(first: 9, filter: $f, orderBy: { field: SCORE, direction: DESC }) {
  nodes { id year rating score scoreOf agency { id } standard { slug edition kind } inspection { id form } } } }"""
ONE = "query($id: ID!) { inspection(id: $id) { annualRating { rating } } }"
FORM = """query($id: ID!) { inspection(id: $id) { checklist { score scoreOf methods agencyName
  template { slug kind example items { code numbers phase maxScore section category text } } answers { item { code } score } } } }"""
DEPART = """mutation($input: InspectionDepartInput!) { inspectionDepart(input: $input) {
  event { step } assignment { checkedInAt departedAt wholeProcess } } }"""


def about(id: str, **more: Any) -> dict[str, Any]:
    return {"input": {"idempotencyKey": key(), "inspection": id, **more}}


@pytest.mark.requirement("Y016", "Y019", "Y020", "Y021", "Y028", "Y031", "Y038", "Y039", "D21", "D22", "F00")
async def test_the_scored_report_of_yunnan(yunnan: World) -> None:
    visit, team = await on_site(yunnan)
    at, insp, leader = await day_of(yunnan, visit), shown("insp", visit.id), team[0][1]
    form = (await yunnan.done(leader, FORM, id=insp))["inspection"]["checklist"]
    assert (form["template"]["kind"], form["template"]["example"], form["agencyName"]) == ("ONSITE_SCORED", True, yunnan.agencies[0].name)
    assert (form["score"], form["scoreOf"], form["methods"]) == (None, None, [])
    site = full(form, no=("S10",))
    for bad, problem in (
        ({"item": "S01", "value": "YES"}, "score_range"),
        ({"item": "S01", "value": "YES", "score": 6}, "score_range"),
        ({"item": "S01", "value": "YES", "score": -1}, "score_range"),
        ({"item": "S01", "value": "NOT_OBSERVED", "score": 3}, "score_unwanted"),
    ):
        answer = await yunnan.ask(leader, SAVE, at=at, **about(insp, answers=[bad]))
        assert (codes(answer), answer["errors"][0]["extensions"]["problem"]) == (["BAD_USER_INPUT"], problem)
    methods = ["SITE_OBSERVATION", "BRIEFING", "SITE_OBSERVATION"]
    await yunnan.done(leader, SAVE, at=at, **about(insp, answers=site, methods=methods))
    form = (await yunnan.done(leader, FORM, id=insp))["inspection"]["checklist"]
    assert (form["score"], form["scoreOf"], form["methods"]) == (65, 75, ["BRIEFING", "SITE_OBSERVATION"])
    await yunnan.done(leader, SAVE, at=at, **about(insp, answers=[{"item": "S12", "value": "NOT_OBSERVED"}]))
    form = (await yunnan.done(leader, FORM, id=insp))["inspection"]["checklist"]
    assert (form["score"], form["scoreOf"]) == (60, 70)
    for _, actor in team:
        await yunnan.done(actor, SIGN, at=at, **about(insp, part="SITE"))
    refused = await yunnan.ask(leader, SAVE, at=at, **about(insp, answers=[], methods=["DOCUMENT_REVIEW"]))
    assert refused["errors"][0]["extensions"]["rule"] == "checklist.signed"
    await yunnan.done(leader, SAVE, at=at, **about(insp, answers=full(form, after=True)))
    form = (await yunnan.done("agency_admin_0", FORM, id=insp))["inspection"]["checklist"]
    assert (form["score"], form["scoreOf"]) == (85, 95)


@pytest.mark.requirement("D22", "Y039")
async def test_the_form_of_beijing_has_no_scores(world: World) -> None:
    visit, team = await on_site(world)
    at, insp = await day_of(world, visit), shown("insp", visit.id)
    answer = await world.ask(team[0][1], SAVE, at=at, **about(insp, answers=[{"item": "F01", "value": "YES", "score": 3}]))
    assert (codes(answer), answer["errors"][0]["extensions"]["problem"]) == (["BAD_USER_INPUT"], "score_unwanted")
    await closed(world)
    data = await world.done("center_clerk", "{ inspections(first: 9) { nodes { checklist { score scoreOf } } } }")
    assert {one["checklist"]["score"] for one in data["inspections"]["nodes"]} == {None}


@pytest.mark.requirement("Y034")
async def test_the_whole_process_shows_in_arrival_and_departure(world: World, yunnan: World) -> None:
    for here in (world, yunnan):
        visit, team = await on_site(here)
        insp, began = shown("insp", visit.id), await day_of(here, visit)
        left = (await here.done(team[0][1], DEPART, at=began + timedelta(hours=3), **about(insp)))["inspectionDepart"]
        assert (left["event"]["step"], left["assignment"]["wholeProcess"]) == ("DEPART", False)
        again_ = await here.ask(team[0][1], DEPART, at=began + timedelta(hours=4), **about(insp))
        assert again_["errors"][0]["extensions"]["reason"] == "STATE"
        (place,) = await here.rows(Assignment, inspection_id=visit.id, supervisor_id=team[1][0].id)
        async with here.transaction() as session:
            early = await again(session, Assignment, place.id)
            early.checked_in_at = early.starts_at
            session.add(early)
        ask = "query($id: ID!) { assignment(id: $id) { departedAt wholeProcess } }"
        assert (await here.done("center_clerk", ask, id=shown("asg", place.id)))["assignment"] == {"departedAt": None, "wholeProcess": None}
        stayed = (await here.done(team[1][1], DEPART, at=early.ends_at, **about(insp)))["inspectionDepart"]["assignment"]
        assert stayed["wholeProcess"] is True


async def test_nobody_leaves_who_has_not_come(world: World, elsewhere: World) -> None:
    visit, _ = await on_site(world)
    at, insp = await day_of(world, visit), shown("insp", visit.id)
    _, stranger = await supervisor(elsewhere)
    for here, who, code in (
        (world, "district_dispatcher_0", "FORBIDDEN"),
        (world, "agency_admin_0", "FORBIDDEN"),
        (elsewhere, stranger, "NOT_FOUND"),
    ):
        assert codes(await here.ask(who, DEPART, at=at, **about(insp))) == [code]
    assert {one.departed_at for one in await world.rows(Assignment, inspection_id=visit.id)} == {None}


@pytest.mark.requirement("Y036")
async def test_the_rating_follows_from_the_signed_score(yunnan: World) -> None:
    visit, team = await rated(yunnan, no=("N10",))
    insp = shown("insp", visit.id)
    for who in ("center_clerk", "agency_admin_0", team[0][1]):
        (found,) = (await yunnan.done(who, RATINGS, f={"year": {"from": 2026}}))["annualRatings"]["nodes"]
        assert (found["rating"], found["score"], found["scoreOf"], found["year"]) == ("EXCELLENT", 90, 100, 2026)
        assert found["standard"] == {"slug": "annual-standard", "edition": 1, "kind": "ANNUAL"}
        assert found["inspection"] == {"id": insp, "form": "ANNUAL"}
    assert (await yunnan.done("agency_admin_1", RATINGS, f={}))["annualRatings"]["nodes"] == []
    hidden = "query($id: ID!) { annualRating(id: $id) { rating } }"
    assert codes(await yunnan.ask("agency_admin_1", hidden, id=found["id"])) == ["NOT_FOUND"]
    assert (await yunnan.done("center_clerk", RATINGS, f={"rating": {"in": ["GOOD", "UNQUALIFIED"]}}))["annualRatings"]["nodes"] == []
    assert (await yunnan.done("center_clerk", ONE, id=insp))["inspection"]["annualRating"] == {"rating": "EXCELLENT"}
    (row,) = await yunnan.rows(AnnualRating, inspection_id=visit.id)
    with pytest.raises(Exception, match="never changed"):
        async with yunnan.transaction() as session:
            await (await session.connection()).execute(text(f"UPDATE annual_rating SET score = 100 WHERE id = '{row.id}'"))


@pytest.mark.requirement("Y036")
async def test_a_standard_of_which_nothing_was_seen_rates_nobody(yunnan: World) -> None:
    visit, team, at = await begun(yunnan, InspectionForm.ANNUAL)
    insp = shown("insp", visit.id)
    form = (await yunnan.done(team[0][1], FORM, id=insp))["inspection"]["checklist"]
    blank = [{"item": one["code"], "value": "NOT_OBSERVED"} for one in form["template"]["items"]]
    for _, actor in team:
        await yunnan.done(actor, ENTER, at=at, **about(insp, answers=blank))
        await yunnan.done(actor, FINISH, at=at, **about(insp))
    await yunnan.done(team[0][1], SIGN, at=at, **about(insp, part="SITE"))
    answer = await yunnan.ask(team[1][1], SIGN, at=at, **about(insp, part="SITE"))
    assert answer["errors"][0]["extensions"]["rule"] == "annual_inspection.scored"
    assert await yunnan.rows(AnnualRating, inspection_id=visit.id) == []
