"""The invariants of regulation 1.10 under both profiles, by GraphQL: who may go, how many, and when (INV01 to INV09). And the index of all of them."""

import ast
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from authz.actor import Actor
from domain.numbers import id_check_digit
from domain.sessions import Named
from domain.supervisors import card_in_use, employ, terms_in_force
from models.database import Database
from models.dispatch import Assignment
from models.inspections import Inspection
from models.organizations import Organization
from models.sessions import Assessor
from models.supervisors import Person, Supervisor
from tests.contract import Case, sent
from tests.making_draws import CONFIRM, dispatcher, frozen, ran, roster
from tests.making_imports import file_of, started
from tests.making_inspections import dispatched, notified
from tests.making_returns import again, closed, day_of, published
from tests.making_sessions import id_number, recognition, sessions
from tests.making_supervisors import supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

TESTS = Path(__file__).parent
INVARIANTS = [f"INV{n:02}" for n in range(1, 21)]
ABOUT = {"身份证号", "技能等级/职称"}
BOTH = ("beijing-municipal", "yunnan-college-2023")
PEOPLE = (
    """query($id: ID!) { draw(id: $id) { sessionsNeeded people(first: 50) { nodes { isIn reason supervisor { id } recognitionSession { id } } } } }"""
)


@pytest.fixture(params=BOTH)
async def place(database: Database, maker: Database, request: pytest.FixtureRequest) -> World:
    """Each jurisdiction in turn."""
    return await World.founded(database, maker=maker, profile=request.param)


def marked(invariant: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The tests that say they prove it."""
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                marks = [one for one in node.decorator_list if isinstance(one, ast.Call) and ast.unparse(one.func) == "pytest.mark.requirement"]
                if any(isinstance(one, ast.Constant) and one.value == invariant for mark in marks for one in mark.args):
                    yield node


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_every_invariant_has_a_test_of_its_name_under_both_profiles(invariant: str) -> None:
    """One test alone asks both: two that ask one each might ask for different things."""
    worlds = [
        {one.arg for one in (*test.args.args, *test.args.kwonlyargs)}
        for test in marked(invariant)
        if test.name.startswith(f"test_{invariant.lower()}_")
    ]
    assert any(one >= {"place"} or one >= {"world", "yunnan"} for one in worlds)


async def asked(world: World, actor: Actor | str, mutation: str, /, **input: Any) -> dict[str, Any]:
    at = input.pop("at", None)
    return await sent(mutation, Case(world, actor, input, at=at))


def why(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["errors"][0]["extensions"]
    return found


async def place_of(world: World, visit: Inspection, row: Supervisor) -> str:
    (found,) = await world.rows(Assignment, inspection_id=visit.id, supervisor_id=row.id)
    return shown("asg", found.id)


@pytest.mark.requirement("INV01", "Y025", "B025", "A28")
async def test_inv01_nobody_from_outside_inspects_their_employer(place: World) -> None:
    """Employed there on the day: refused. Until yesterday: allowed."""
    own, former = await supervisor(place, employer=place.agencies[0]), await supervisor(place)
    visit, _ = await dispatched(place, team=[own, former], accepted=False)
    async with place.transaction() as session:
        person, agency = await again(session, Person, former[0].person_id), await again(session, Organization, place.agencies[0].id)
        await employ(session, person, agency, starts_on=date(2020, 1, 1), ends_on=visit.scheduled_on)
    refused = await asked(place, own[1], "assignmentAccept", assignment=await place_of(place, visit, own[0]))
    assert (codes(refused), refused["data"]) == (["FORBIDDEN"], {"assignmentAccept": None})
    assert "000 §8(八); 003 §10" in why(refused)["article"]
    assert codes(await asked(place, former[1], "assignmentAccept", assignment=await place_of(place, visit, former[0]))) == []
    assert [one.status for one in await place.rows(Assignment, supervisor_id=own[0].id)] == ["OFFERED"]


@pytest.mark.requirement("INV01", "A28")
async def test_inv01_the_agencys_own_watch_over_it(place: World) -> None:
    watcher, actor = await supervisor(place, "INTERNAL", employer=place.agencies[0])
    row = await recognition(place)
    about = {"recognitionSession": shown("ses", row.id)}
    assert codes(await asked(place, "agency_admin_0", "recognitionSessionAssignInternal", **about, supervisor=shown("sup", watcher.id))) == []
    assert codes(await asked(place, actor, "recognitionSessionCheckIn", **about, at=row.starts_at)) == []


@pytest.mark.requirement("INV02", "Y027", "B026")
async def test_inv02_a_member_is_not_made_an_assessor_of_the_same_session(place: World) -> None:
    number = id_number()
    earlier = await recognition(place, assessors=[Named("王五", number)], starts_at=place.now + timedelta(days=60))
    person = (await place.rows(Assessor, recognition_session_id=earlier.id))[0].person_id
    async with place.transaction() as session:
        who = await again(session, Person, person)
    row = await recognition(place)
    await dispatched(place, of=row, team=[await supervisor(place, person=who), await supervisor(place)])
    said = {"recognitionSession": shown("ses", row.id), "assessor": {"name": "王五", "idNumber": number}}
    refused = await asked(place, "agency_clerk_0", "recognitionSessionNameAssessor", **said)
    assert (codes(refused), why(refused)["reason"]) == (["CONFLICT"], "OVERLAP")
    assert await place.rows(Assessor, recognition_session_id=row.id) == []


@pytest.mark.requirement("INV03", "B029", "D17")
async def test_inv03_a_team_of_one(place: World) -> None:
    await recognition(place)
    await roster(place, 1)
    answer = await place.ask(dispatcher(place), CONFIRM, input={"idempotencyKey": key(), "draw": (await ran(place))["id"]})
    if place.districts:
        assert (codes(answer), why(answer)["rule"], why(answer)["article"]) == (["RULE_NOT_MET"], "team.min", "003 §11")
    assert len(await place.rows(Inspection, center_id=place.center.id)) == (0 if place.districts else 1)


@pytest.mark.requirement("INV03", "B029", "Y096")
async def test_inv03_one_is_left_after_a_no_show(place: World) -> None:
    await published(place)
    visit, team = await notified(place)
    at = await day_of(place, visit)
    missing = {"assignment": await place_of(place, visit, team[1][0]), "at": at}
    assert codes(await asked(place, dispatcher(place), "assignmentMarkNoShow", **missing)) == []
    assert codes(await asked(place, team[0][1], "inspectionCheckIn", inspection=shown("insp", visit.id), at=at)) == []
    (found,) = await place.rows(Inspection, id=visit.id)
    assert found.status == ("NOTIFIED" if place.districts else "IN_PROGRESS")
    saved = await asked(place, team[0][1], "checklistSave", inspection=shown("insp", visit.id), answers=[], advice="无", at=at)
    assert [why(saved)["rule"]] == ["team.min"] if place.districts else codes(saved) == []


@pytest.mark.requirement("INV04", "B030", "A26")
@pytest.mark.parametrize("candidates", [200, 201])
async def test_inv04_many_candidates_are_a_hint_and_never_a_block(place: World, candidates: int) -> None:
    await recognition(place, candidates=candidates)
    await roster(place, 2)
    draw = await ran(place)
    assert [one["mayHaveMore"] for one in draw["picks"]["nodes"]] == [bool(place.districts) and candidates > 200]
    assert codes(await place.ask(dispatcher(place), CONFIRM, input={"idempotencyKey": key(), "draw": draw["id"]})) == []


@pytest.mark.requirement("INV05", "B028", "D16")
@pytest.mark.parametrize(("held", "needed"), [(10, 3), (11, 4)])
async def test_inv05_the_share_is_rounded_up(place: World, held: int, needed: int) -> None:
    """Where there is no ratio, the dispatcher says how many, and that is what is needed."""
    await sessions(place, held)
    await roster(place, 2)
    assert (await frozen(place))["sessionsNeeded"] == (needed if place.districts else 1)


@pytest.mark.requirement("INV05", "B053", "D24")
async def test_inv05_without_sessions_the_return_is_due_where_there_are_returns(place: World) -> None:
    answer = await asked(place, "district_clerk_0" if place.districts else "center_clerk", "monthlyReturnSubmit", month="2026-08")
    assert codes(answer) == ([] if place.districts else ["FORBIDDEN"])


@pytest.mark.requirement("INV07", "Y064")
async def test_inv07_a_term_that_ended_yesterday(place: World) -> None:
    """No longer drawn; what was closed before stays closed and theirs. Where appointments have no term, the card has one."""
    visit, team = await closed(place)
    late = await day_of(place, visit) + timedelta(days=3)
    async with place.transaction() as session:
        (term,), card = await terms_in_force(session, team[0][0].id, on=late.date()), await card_in_use(session, team[0][0].id)
        assert card is not None
        term.ends_on = late.date()
        card.valid_until = late.date() if place.districts else card.valid_until
    await recognition(place, agency=1, starts_at=late + timedelta(days=3), at=late)
    await roster(place, 2)
    said = {"month": "2026-09", "publicSource": "双色球", "sessions": 1, "at": late}
    draw = (await asked(place, dispatcher(place), "drawFreeze", **said))["data"]["drawFreeze"]["draw"]["id"]
    lines = (await place.done(dispatcher(place), PEOPLE, id=draw))["draw"]["people"]["nodes"]
    assert ("CARD_INVALID" if place.districts else "TERM_ENDED") in {
        one["reason"] for one in lines if one["supervisor"]["id"] == shown("sup", team[0][0].id)
    }
    ask = "query($id: ID!) { inspection(id: $id) { status team { status supervisor { id } } } }"
    found = (await place.done(dispatcher(place), ask, id=shown("insp", visit.id)))["inspection"]
    assert (found["status"], {one["status"] for one in found["team"]}) == ("CLOSED", {"DONE"})


def born(day: date, *, woman: bool) -> str:
    body = f"110105{day:%Y%m%d}{id_number()[14:16]}{2 if woman else 1}"
    return body + id_check_digit(body)


async def refused_lines(world: World, people: Sequence[tuple[str, str]], *, kind: str, employer: str = "") -> list[int]:
    """Which of these (number, rank) the dry run of a roster refuses for a rule, from 0."""
    rows = [
        [f"甲{n}", number, employer, kind, key()[:10], "2026-01-05", "2029-01-04", "", "2026-01-05", "2029-01-04", rank, "是"]
        for n, (number, rank) in enumerate(people)
    ]
    problems = (await started(world, "SUPERVISORS", file_of("SUPERVISORS", rows)))["problems"]
    return sorted({one["line"] - 2 for one in problems if one["code"] == "RULE_NOT_MET" and one["column"] in ABOUT})


@pytest.mark.requirement("INV08", "B015", "A07")
async def test_inv08_the_birthday_is_the_limit(place: World) -> None:
    """On 2026-09-16: 65 years and 364 days, the 66th birthday; a woman of 60 years and 364 days, the 61st birthday."""
    days = [(date(1960, 9, 17), False), (date(1960, 9, 16), False), (date(1965, 9, 17), True), (date(1965, 9, 16), True)]
    refused = await refused_lines(place, [(born(day, woman=woman), "三级/高级工") for day, woman in days], kind="外部质量督导员")
    assert refused == ([1, 3] if place.districts else [])


@pytest.mark.requirement("INV09", "B013", "A06")
async def test_inv09_the_third_rank_and_above(place: World) -> None:
    ranks = ["学徒工", "五级", "四级", "三级", "二级", "一级", "特级技师", "首席技师"]
    people = [(id_number(), rank) for rank in ranks]
    refused = await refused_lines(place, people, kind="内部质量督导员", employer=str(place.agencies[0].credit_code))
    assert refused == ([0, 1, 2] if place.districts else [])
