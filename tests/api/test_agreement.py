"""What an agency's own inspection said of a session, against what the external one said."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from domain.checklists import sheet_of
from models.base import table_of
from models.checklists import Answer, AnswerValue, Checklist
from models.inspections import Inspection
from tests.making_draws import VERIFY, ran, roster
from tests.making_forms import begun, enters, judged_alone
from tests.making_returns import signed
from tests.making_sessions import recognition
from tests.world import World, codes, shown

pytestmark = pytest.mark.anyio

ASK = "query($since: Date!, $until: Date!) { inspectionAgreements(since: $since, until: $until) { agency name sessions compared agreed missed } }"
SEPTEMBER = {"since": "2026-09-01", "until": "2026-10-01"}


def copied(row: Any, **other: object) -> dict[str, Any]:
    """All that a row says but what makes it itself."""
    said = {name: getattr(row, name) for name in set(table_of(type(row)).columns.keys()) - {"id", "created_at", "updated_at", "version"}}
    return said | other


async def inspected_by_itself(world: World, visit: Inspection, *, no: tuple[int, ...]) -> None:
    """The agency went through the same form; where it says 否 is given by the number of the line, in the order of the external answers."""
    (form,) = await world.rows(Checklist, inspection_id=visit.id)
    answers = sorted(await world.rows(Answer, inspection_id=visit.id), key=lambda one: one.item_id)
    own = Inspection(**copied(visit, internal=True, dispatcher_id=visit.agency_id, draw_id=None))
    sheet = Checklist(**copied(form, inspection_id=own.id))
    lines = [
        Answer(**copied(one, checklist_id=sheet.id, inspection_id=own.id, value=AnswerValue.NO if n in no else AnswerValue.YES, remark="自查"))
        for n, one in enumerate(answers)
    ]
    async with world.transaction() as session:
        for rows in ([own], [sheet], lines):
            session.add_all(rows)
            await session.flush()


ALONE = """query($since: Date!, $until: Date!) { itemAgreements(since: $since, until: $until) { item compared agreed }
  pairAgreements(since: $since, until: $until) { one other inspections compared agreed } }"""


@pytest.mark.requirement("N10")
async def test_which_lines_are_vague_and_which_pairs_never_differ(world: World, elsewhere: World) -> None:
    visit, team, at = await begun(world, judged_alone(world))
    await enters(world, visit, team[0], at=at)
    nothing = {"itemAgreements": [], "pairAgreements": []}
    assert await world.done("center_clerk", ALONE, **SEPTEMBER) == nothing
    async with world.transaction() as session:
        template = (await sheet_of(session, visit)).items
    vague = template[2]
    await enters(world, visit, team[1], at=at, no=(vague.code,))
    for asker in ("center_clerk", "district_admin_0", team[0][1]):
        told = await world.done(asker, ALONE, **SEPTEMBER)
        lines = told["itemAgreements"]
        assert (lines[0], len(lines)) == ({"item": shown("item", vague.id), "compared": 1, "agreed": 0}, len(template))
        assert {(one["compared"], one["agreed"]) for one in lines[1:]} == {(1, 1)}
        (pair,) = told["pairAgreements"]
        assert {pair["one"], pair["other"]} == {shown("per", row.person_id) for row, _ in team}
        assert (pair["inspections"], pair["compared"], pair["agreed"]) == (1, len(template), len(template) - 1)
    for asker in ("agency_admin_0", "district_admin_1"):
        assert await world.done(asker, ALONE, **SEPTEMBER) == nothing, asker
    assert await elsewhere.done("center_admin", ALONE, **SEPTEMBER) == nothing
    assert await world.done("center_clerk", ALONE, since="2026-10-01", until="2026-11-01") == nothing
    answer = await world.ask("center_clerk", ALONE, since="2026-10-01", until="2026-10-01")
    assert (codes(answer), answer["data"]) == (["BAD_USER_INPUT"] * 2, {"itemAgreements": None, "pairAgreements": None})


@pytest.mark.requirement("N11")
async def test_whose_own_control_misses_what_others_see(world: World, elsewhere: World) -> None:
    visit, _ = await signed(world, no=("F05", "F06"))
    assert (await world.done("center_clerk", ASK, **SEPTEMBER))["inspectionAgreements"] == []
    answers = sorted(await world.rows(Answer, inspection_id=visit.id), key=lambda one: one.item_id)
    wrong = [n for n, one in enumerate(answers) if one.value is AnswerValue.NO]
    fine = next(n for n in range(len(answers)) if n not in wrong)
    await inspected_by_itself(world, visit, no=(wrong[0], fine))
    agency = {"agency": shown("agc", visit.agency_id), "name": world.agencies[0].name}
    expected = [{**agency, "sessions": 1, "compared": len(answers), "agreed": len(answers) - 2, "missed": 1}]
    for asker, found in {"center_clerk": expected, "district_admin_0": expected, "agency_admin_0": expected, "district_admin_1": []}.items():
        assert (await world.done(asker, ASK, **SEPTEMBER))["inspectionAgreements"] == found, asker
    assert (await elsewhere.done("center_admin", ASK, **SEPTEMBER))["inspectionAgreements"] == []
    assert (await world.done("center_clerk", ASK, since="2026-10-01", until="2026-11-01"))["inspectionAgreements"] == []


@pytest.mark.requirement("N11")
async def test_who_misses_what_others_see_has_more_tickets_in_the_next_draw(world: World, yunnan: World) -> None:
    """Of the lines that both answered two were missed: more than a tenth, not more than two."""
    weights = "query($id: ID!) { draw(id: $id) { algorithm weights { agency compared missed weight } } }"
    for here in (world, yunnan):
        lines = ("F05", "F06") if here.districts else ("S05", "S06")
        visit, _ = await signed(here, no=lines)
        await inspected_by_itself(here, visit, no=())
        here.now += timedelta(days=4)
        recognitions = [await recognition(here, agency=n, starts_at=here.now + timedelta(days=3, hours=n)) for n in (0, 1)]
        await roster(here, 2)
        drawn = await ran(here, **({"sessions": 2} if here.districts else {}))
        (told,) = [(await here.done("center_clerk", weights, id=drawn["id"]))["draw"]]
        compared = len(await here.rows(Answer, inspection_id=visit.id))
        assert told["algorithm"] == "dudao-draw-2"
        assert told["weights"] == [{"agency": shown("agc", visit.agency_id), "compared": compared, "missed": 2, "weight": 3}]
        proof = (await here.done("center_clerk", VERIFY, id=drawn["id"]))["drawVerify"]
        assert (proof["holds"], proof["problems"]) == (True, [])
        pool = json.loads(json.loads(proof["document"])["pool"])
        found = {one["id"]: one["weight"] for one in pool["sessions"]}
        assert [found[one.id.hex] for one in recognitions] == [3, 1]


async def test_a_period_that_is_none(world: World) -> None:
    day = date(2026, 9, 1).isoformat()
    answer = await world.ask("center_clerk", ASK, since=day, until=day)
    assert (codes(answer), answer["data"]) == (["BAD_USER_INPUT"], {"inspectionAgreements": None})
    assert codes(await world.ask(None, ASK, **SEPTEMBER)) == ["UNAUTHENTICATED"]
