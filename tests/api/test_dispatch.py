import json
import subprocess
import sys
from pathlib import Path

import pytest

from domain.supervisors import terms_in_force
from models.dispatch import Draw
from models.inspections import Inspection
from tests.making_draws import CONFIRM, FREEZE, RUN, VERIFY, VOID, confirmed, dispatcher, freezing, frozen, ran, roster, stored
from tests.making_sessions import recognition, sessions
from tests.making_supervisors import supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

SCRIPT = Path(__file__).parent.parent.parent / "docs" / "verify_draw.py"


def recomputed(file: Path) -> tuple[int, str]:
    """What the script says that knows nothing of us."""
    done = subprocess.run([sys.executable, "-I", str(SCRIPT), str(file)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip()


@pytest.mark.requirement("Y045", "B027", "N1")
async def test_a_draw_from_freezing_to_the_offers_and_its_proof(world: World, tmp_path: Path) -> None:
    await sessions(world, 4)
    await roster(world, 5)
    draw = await frozen(world)
    assert (draw["status"], draw["sessionsHeld"], draw["sessionsNeeded"]) == ("POOL_FROZEN", 4, 2)
    assert draw["secret"] is None
    assert draw["seed"] is None
    run = (await world.done(dispatcher(world), RUN, input={"idempotencyKey": key(), "draw": draw["id"], "publicValue": "7"}))["drawRun"]["draw"]
    assert (run["status"], run["commitment"], run["poolDigest"]) == ("DRAWN", draw["commitment"], draw["poolDigest"])
    assert len(run["secret"]) == 64
    picks = run["picks"]["nodes"]
    assert [(one["position"], one["shortfall"], [seat["seat"] for seat in one["team"]]) for one in picks] == [(1, 0, [1, 2]), (2, 0, [1, 2])]
    proof = (await world.done(dispatcher(world), VERIFY, id=draw["id"]))["drawVerify"]
    assert (proof["holds"], proof["problems"]) == (True, [])
    file = tmp_path / "draw.json"
    file.write_text(proof["document"], encoding="utf-8")
    assert recomputed(file) == (0, "OK")
    data = await world.done(dispatcher(world), CONFIRM, input={"idempotencyKey": key(), "draw": draw["id"]})
    after = data["drawConfirm"]["draw"]
    assert after["status"] == "CONFIRMED"
    for drawn, made in zip(picks, after["picks"]["nodes"], strict=True):
        assert made["inspection"]["status"] == "DISPATCHED"
        assert {one["supervisor"]["id"] for one in made["inspection"]["team"]} == {one["supervisor"]["id"] for one in drawn["team"]}
        assert [one["role"] for one in made["inspection"]["team"]] == ["LEADER", "MEMBER"]


@pytest.mark.requirement("N1")
async def test_a_stored_draw_that_was_tampered_with_does_not_hold(world: World, tmp_path: Path) -> None:
    await sessions(world, 2)
    await roster(world, 4)
    draw = await ran(world)
    document = json.loads((await world.done(dispatcher(world), VERIFY, id=draw["id"]))["drawVerify"]["document"])
    first = document["outcome"]["sessions"][0]
    document["outcome"]["teams"][first].reverse()
    file = tmp_path / "draw.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    assert recomputed(file) == (1, "teams differ from what the seed draws")


async def test_the_secret_is_nowhere_before_the_run(world: World) -> None:
    await sessions(world, 1)
    await roster(world, 2)
    draw = await frozen(world)
    secret = (await world.rows(Draw, id=stored(draw)))[0].secret
    everything = "query($id: ID!) { draw(id: $id) { secret seed publicValue commitment poolDigest history(first: 9) { nodes { reason digest } } } }"
    assert secret not in json.dumps(await world.ask("center_admin", everything, id=draw["id"]))
    early = await world.ask(dispatcher(world), VERIFY, id=draw["id"])
    assert (codes(early), early["data"]) == (["CONFLICT"], {"drawVerify": None})
    assert secret not in json.dumps(early)
    void = await world.done(dispatcher(world), VOID, input={"idempotencyKey": key(), "draw": draw["id"], "reason": "名册有误"})
    assert void["drawVoid"]["draw"]["secret"] is None


async def test_one_open_draw_a_month_and_the_void_one_stays(world: World) -> None:
    await sessions(world, 2)
    await roster(world, 4)
    first = await ran(world)
    answer = await world.ask(dispatcher(world), FREEZE, input=freezing(world))
    assert (codes(answer), answer["errors"][0]["extensions"]["reason"]) == (["CONFLICT"], "DUPLICATE")
    void = {"idempotencyKey": key(), "draw": first["id"], "reason": "名册导入有误"}
    data = await world.done(dispatcher(world), VOID, input=void)
    assert (data["drawVoid"]["draw"]["status"], data["drawVoid"]["draw"]["voidReason"]) == ("VOIDED", "名册导入有误")
    second = await world.done(dispatcher(world), FREEZE, input=freezing(world))
    assert second["drawFreeze"]["draw"]["replaces"] == {"id": first["id"]}
    seen = await world.done("center_auditor", "{ draws(first: 5) { nodes { id status voidReason } } }")
    assert [one["status"] for one in seen["draws"]["nodes"]] == ["POOL_FROZEN", "VOIDED"]
    assert codes(await world.ask(dispatcher(world), VOID, input=void | {"idempotencyKey": key()})) == ["CONFLICT"]
    assert codes(await world.ask(dispatcher(world), CONFIRM, input={"idempotencyKey": key(), "draw": first["id"]})) == ["CONFLICT"]
    proof = await world.done(dispatcher(world), VERIFY, id=first["id"])
    assert proof["drawVerify"]["holds"] is True


async def test_a_draw_runs_once_and_the_same_key_answers_again(world: World) -> None:
    await sessions(world, 2)
    await roster(world, 4)
    draw = await frozen(world)
    said = {"idempotencyKey": key(), "draw": draw["id"], "publicValue": "12"}
    first = await world.done(dispatcher(world), RUN, input=said)
    again = await world.done(dispatcher(world), RUN, input=said)
    assert again["drawRun"]["replayed"] is True
    assert again["drawRun"]["draw"] == first["drawRun"]["draw"]
    other = await world.ask(dispatcher(world), RUN, input=said | {"publicValue": "13"})
    assert other["errors"][0]["extensions"]["reason"] == "KEY_REUSED"
    anew = await world.ask(dispatcher(world), RUN, input=said | {"idempotencyKey": key(), "publicValue": "13"})
    assert anew["errors"][0]["extensions"]["reason"] == "STATE"
    blank = await world.ask(dispatcher(world), RUN, input=said | {"idempotencyKey": key(), "publicValue": "  "})
    assert blank["errors"][0]["extensions"]["problem"] == "required"
    stale = await world.ask(dispatcher(world), RUN, input=said | {"idempotencyKey": key(), "expectedVersion": 1})
    assert stale["errors"][0]["extensions"]["reason"] == "STALE"
    assert (await world.rows(Draw, id=stored(draw)))[0].public_value == "12"


@pytest.mark.requirement("B030", "INV04", "A26")
@pytest.mark.parametrize(("candidates", "hint"), [(200, False), (201, True)])
async def test_more_than_two_hundred_candidates_are_a_hint_and_never_a_block(world: World, candidates: int, *, hint: bool) -> None:
    await recognition(world, candidates=candidates)
    await roster(world, 2)
    picks = await confirmed(world)
    draw = (await world.rows(Draw, dispatcher_id=world.districts[0].id))[0]
    ask = "query($id: ID!) { draw(id: $id) { picks(first: 5) { nodes { mayHaveMore shortfall } } } }"
    data = await world.done("center_clerk", ask, id=shown("draw", draw.id))
    assert data["draw"]["picks"]["nodes"] == [{"mayHaveMore": hint, "shortfall": 0}]
    assert len(picks[0]["inspection"]["team"]) == 2


@pytest.mark.requirement("B029", "INV03", "D17", "A25")
async def test_a_team_of_one_is_dispatched_under_yunnan_only(world: World, yunnan: World) -> None:
    for one in (world, yunnan):
        await recognition(one)
        await roster(one, 1)
    draw = await ran(world)
    assert draw["picks"]["nodes"][0]["shortfall"] == 1
    answer = await world.ask(dispatcher(world), CONFIRM, input={"idempotencyKey": key(), "draw": draw["id"]})
    refused = answer["errors"][0]["extensions"]
    assert (refused["code"], refused["rule"], refused["article"], refused["params"]) == (
        "RULE_NOT_MET",
        "team.min",
        "003 §11",
        {"needed": 2, "have": 1},
    )
    assert (await world.rows(Draw, id=stored(draw)))[0].status == "DRAWN"
    assert await world.rows(Inspection, center_id=world.center.id) == []
    made = await confirmed(yunnan)
    assert [len(one["inspection"]["team"]) for one in made] == [1]


@pytest.mark.requirement("B022", "INV19")
async def test_two_districts_do_not_get_the_same_person_for_overlapping_hours(world: World) -> None:
    await recognition(world)
    await recognition(world, agency=2)
    await roster(world, 3)
    draws = {name: await ran(world, by=name) for name in ("district_dispatcher_0", "district_dispatcher_1")}
    await world.done("district_dispatcher_0", CONFIRM, input={"idempotencyKey": key(), "draw": draws["district_dispatcher_0"]["id"]})
    second = {"idempotencyKey": key(), "draw": draws["district_dispatcher_1"]["id"]}
    answer = await world.ask("district_dispatcher_1", CONFIRM, input=second)
    assert answer["errors"][0]["extensions"]["rule"] == "team.min"
    assert "第0" not in json.dumps(answer, ensure_ascii=False)
    await supervisor(world)  # who came after the freezing is not in the committed order
    assert codes(await world.ask("district_dispatcher_1", CONFIRM, input=second | {"idempotencyKey": key()})) == ["RULE_NOT_MET"]
    assert len(await world.rows(Inspection, center_id=world.center.id)) == 1


@pytest.mark.requirement("Y064", "INV07")
async def test_who_fell_out_since_the_draw_is_passed_over_in_the_committed_order(yunnan: World) -> None:
    await recognition(yunnan)
    people = await roster(yunnan, 3)
    draw = await ran(yunnan)
    outcome = (await yunnan.rows(Draw, id=stored(draw)))[0].outcome
    team, reserve = next(iter(outcome["teams"].values())), next(iter(outcome["reserves"].values()))
    async with yunnan.transaction() as session:
        gone = next(row for row, _ in people if row.id.hex == team[0])
        term = (await terms_in_force(session, gone.id, on=yunnan.now.date()))[0]
        term.ends_on = yunnan.now.date()
    data = await yunnan.done(dispatcher(yunnan), CONFIRM, input={"idempotencyKey": key(), "draw": draw["id"]})
    made = data["drawConfirm"]["draw"]["picks"]["nodes"][0]["inspection"]["team"]
    assert [one["supervisor"]["id"] for one in made] == [f"sup_{reserve[0]}"]


@pytest.mark.requirement("B067", "INV20")
async def test_direct_recognition_is_checked_at_the_desk(world: World) -> None:
    await recognition(world, mode="DIRECT")
    await roster(world, 2)
    made = (await confirmed(world))[0]["inspection"]
    assert (made["venue"], made["scheduledOn"]) == ("DESK", "2026-09-21")  # a Saturday's session, and two days to answer from Wednesday


async def test_strangers_and_other_roles(world: World, elsewhere: World) -> None:
    await sessions(world, 2)
    await roster(world, 2)
    draw = await frozen(world)
    said = {"idempotencyKey": key(), "draw": draw["id"], "publicValue": "1"}
    for who in ("agency_admin_0", "district_dispatcher_1"):
        assert codes(await world.ask(who, RUN, input=said)) == ["NOT_FOUND"]
        assert codes(await world.ask(who, VERIFY, id=draw["id"])) == ["NOT_FOUND"]
    assert codes(await elsewhere.ask("center_dispatcher", RUN, input=said)) == ["NOT_FOUND"]
    assert codes(await world.ask("center_dispatcher", RUN, input=said)) == ["FORBIDDEN"]
    assert codes(await world.ask("district_clerk_0", RUN, input=said)) == ["FORBIDDEN"]
    for who in ("agency_admin_0", "district_clerk_0", "center_admin"):
        assert codes(await world.ask(who, FREEZE, input=freezing(world))) == ["FORBIDDEN"]
    assert (await world.rows(Draw, id=stored(draw)))[0].status == "POOL_FROZEN"
    assert len(await world.rows(Draw, center_id=world.center.id)) == 1
