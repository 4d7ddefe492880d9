"""What the public is told of draws and inspections: when, what, by whom it is put right, and that the rules of Beijing tell nothing."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain import dispatch, inspections
from domain.verification import MOST
from models.database import NOBODY
from models.dispatch import Draw
from models.inspections import Inspection
from models.publications import PublicResult
from models.supervisors import Person
from tests.making_internal import own
from tests.making_publications import SOURCE, drawn, frozen, public_result, told_of, visited, withdrawn
from tests.making_returns import again, closed, served
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

DRAWS = """query($filter: PublicDrawFilter) { publicDraws(first: 10, filter: $filter) { nodes { id status month year dispatcher district
  publicSource poolDigest commitment sessionsNeeded announcedAt disclosedAt voidedAt publicValue secret seed
  targets { agency occupation heldOn inspected } } } }"""
RESULTS = """query($filter: PublicResultFilter) { publicResults(first: 20, filter: $filter) { nodes { id status edition agency district
  dispatcher draw { id } form year inspectedOn occupation publishedAt lines findings score scoreOf rating requiresRectification
  withdrawnAt withdrawReason } } }"""
DISCLOSE = """mutation($input: DrawDiscloseInput!) { drawDisclose(input: $input) { replayed event { step toStatus }
  publicDraw { status seed } draw { availableSteps { mutation } } } }"""
PUBLISH = "mutation($input: PublicResultPublishInput!) { publicResultPublish(input: $input) { publicResult { id edition status } event { step } } }"
WITHDRAW = """mutation($input: PublicResultWithdrawInput!) { publicResultWithdraw(input: $input) {
  publicResult { status findings withdrawReason } event { step reason } } }"""


async def draws_told(world: World, asker: Any = None, **tests: Any) -> list[dict[str, Any]]:
    found = await world.done(asker, DRAWS, filter={"dispatcher": {"eq": world.center.name}} | tests)
    return found["publicDraws"]["nodes"]  # type: ignore[no-any-return]


async def results_told(world: World, asker: Any = None, **tests: Any) -> list[dict[str, Any]]:
    found = await world.done(asker, RESULTS, filter={"dispatcher": {"eq": world.center.name}} | tests)
    return found["publicResults"]["nodes"]  # type: ignore[no-any-return]


def of_draw(draw: Draw) -> dict[str, Any]:
    return {"idempotencyKey": key(), "draw": shown("draw", draw.id)}


def taking_back(row: PublicResult, **more: Any) -> dict[str, Any]:
    return {"idempotencyKey": key(), "publicResult": shown("pubr", row.id), "reason": "机构名称有误"} | more


@pytest.mark.requirement("Y045", "A19", "D30")
async def test_of_a_draw_the_digest_is_public_before_and_the_rest_after(yunnan: World) -> None:
    draw, (visit,) = await drawn(yunnan)
    (before,) = await draws_told(yunnan)
    assert (before["status"], before["publicSource"], before["targets"]) == ("ANNOUNCED", SOURCE, [])
    assert (before["poolDigest"], before["commitment"]) == (draw.pool_digest, draw.commitment)
    assert [before[one] for one in ("publicValue", "secret", "seed", "disclosedAt", "district")] == [None] * 5
    assert await results_told(yunnan) == []
    early = await yunnan.ask("center_dispatcher", DISCLOSE, input=of_draw(draw))
    assert (codes(early), early["data"]) == (["RULE_NOT_MET"], {"drawDisclose": None})
    assert early["errors"][0]["extensions"]["rule"] == "disclosure.targets"
    assert (await told_of(yunnan, draw))[0].seed is None

    at = await visited(yunnan, visit)
    assert (await draws_told(yunnan)) == [before], "the letter of one session does not disclose the draw"
    (result,) = await results_told(yunnan)
    assert (result["draw"], result["agency"]) == ({"id": before["id"]}, yunnan.agencies[0].name)
    done = (await yunnan.done("center_dispatcher", DISCLOSE, at=at, input=of_draw(draw)))["drawDisclose"]
    assert (done["event"], done["publicDraw"]["status"]) == ({"step": "DISCLOSE", "toStatus": "DISCLOSED"}, "DISCLOSED")
    assert done["draw"]["availableSteps"] == []
    (after,) = await draws_told(yunnan)
    day = (yunnan.now + timedelta(days=3)).date().isoformat()
    assert after["targets"] == [{"agency": yunnan.agencies[0].name, "occupation": "电工", "heldOn": day, "inspected": True}]
    committed = f"{after['poolDigest']}:{sha256(after['secret'].encode()).hexdigest()}"
    assert after["commitment"] == sha256(committed.encode()).hexdigest() == before["commitment"]
    assert after["seed"] == sha256(f"{after['secret']}:{after['publicValue']}".encode()).hexdigest()
    again_ = await yunnan.ask("center_dispatcher", DISCLOSE, at=at, input=of_draw(draw))
    assert codes(again_) == ["CONFLICT"]


@pytest.mark.requirement("A19", "Y045")
async def test_a_result_is_public_once_its_letter_is_served(yunnan: World) -> None:
    """Before, the answer is that of a world without the inspection, to the byte; after, it names nobody."""
    nothing = await yunnan.ask(None, RESULTS, filter={"agency": {"eq": yunnan.agencies[0].name}, "dispatcher": {"eq": yunnan.center.name}})
    _, (visit,) = await drawn(yunnan)
    assert await yunnan.ask(None, RESULTS, filter={"agency": {"eq": yunnan.agencies[0].name}, "dispatcher": {"eq": yunnan.center.name}}) == nothing
    at = await visited(yunnan, visit)
    (told,) = await results_told(yunnan)
    assert told["publishedAt"] == at.isoformat().replace("+00:00", "Z") or told["publishedAt"].startswith(at.isoformat()[:19])
    (findings, lines, score, score_of) = (told[one] for one in ("findings", "lines", "score", "scoreOf"))
    assert (findings, told["status"], told["edition"], told["form"], told["requiresRectification"]) == (1, "PUBLISHED", 1, "ONSITE", True)
    assert lines > 1
    assert 0 < score < score_of
    names = [one.name for one in await yunnan.rows(Person)]
    assert not [one for one in names if one in json.dumps(told, ensure_ascii=False)]
    assert "王某某" not in json.dumps(told, ensure_ascii=False)


@pytest.mark.requirement("D30", "F15")
async def test_the_rules_of_beijing_make_nothing_public(world: World) -> None:
    """There the agency posts its results, and the form asks whether it did (F15)."""
    draw = await frozen(world)
    inspection, _ = await served(world)
    assert (await told_of(world, draw), await world.rows(PublicResult, inspection_id=inspection.id)) == ([], [])
    assert await draws_told(world, district={"eq": world.districts[0].name}) == []
    refused = await world.ask("center_admin", PUBLISH, input={"idempotencyKey": key(), "inspection": shown("insp", inspection.id)})
    assert (codes(refused), refused["data"]) == (["RULE_NOT_MET"], {"publicResultPublish": None})
    extensions = refused["errors"][0]["extensions"]
    assert (extensions["rule"], extensions["article"]) == ("disclosure.enabled", "1.6 D30")
    hidden = await world.ask("district_dispatcher_0", DISCLOSE, input=of_draw(draw))
    assert hidden["errors"][0]["extensions"]["rule"] == "disclosure.enabled"
    codes_asked = "{ checklistTemplates(first: 50) { nodes { slug items { code } } } }"
    found = (await world.done("center_clerk", codes_asked))["checklistTemplates"]["nodes"]
    assert any(item["code"] == "F15" for one in found for item in one["items"])


@pytest.mark.requirement("Y045", "A19")
async def test_everybody_reads_the_same(yunnan: World, elsewhere: World) -> None:
    row, draw = await public_result(yunnan)
    open_to_all = await results_told(yunnan), await draws_told(yunnan)
    for place, asker in ((yunnan, "center_admin"), (yunnan, "agency_clerk_1"), (elsewhere, "district_clerk_0")):
        only = {"dispatcher": {"eq": yunnan.center.name}}
        assert (await results_told(place, asker, **only), await draws_told(place, asker, **only)) == open_to_all
    (told,), (of_the_draw,) = open_to_all
    assert told["id"] == shown("pubr", row.id)
    for tests, count in (
        ({"year": {"eq": row.year}}, 1),
        ({"year": {"eq": row.year + 1}}, 0),
        ({"form": {"in": ["ONSITE", "ANNUAL"]}}, 1),
        ({"form": {"eq": "SPECIAL"}}, 0),
        ({"agency": {"contains": row.agency_name[1:]}}, 1),
        ({"district": {"eq": "第0区"}}, 0),
        ({"draw": {"eq": of_the_draw["id"]}}, 1),
        ({"inspectedOn": {"from": told["inspectedOn"]}}, 1),
        ({"inspectedOn": {"until": told["inspectedOn"]}}, 0),
        ({"status": {"eq": "WITHDRAWN"}}, 0),
    ):
        assert len(await results_told(yunnan, **tests)) == count, tests
    assert await draws_told(yunnan, month={"eq": draw.month}, status={"eq": "ANNOUNCED"}, year={"in": [2026]}) == [of_the_draw]


@pytest.mark.requirement("A19")
async def test_what_was_published_wrong_is_withdrawn_and_stays_visible(yunnan: World, elsewhere: World) -> None:
    row, _ = await public_result(yunnan)
    for place, who, code in (
        (yunnan, "center_dispatcher", "FORBIDDEN"),
        (yunnan, "agency_admin_0", "FORBIDDEN"),
        (elsewhere, "center_admin", "FORBIDDEN"),
    ):
        refused = await place.ask(who, WITHDRAW, input=taking_back(row))
        assert (codes(refused), refused["data"]) == ([code], {"publicResultWithdraw": None})
    assert codes(await yunnan.ask(None, WITHDRAW, input=taking_back(row))) == ["UNAUTHENTICATED"]
    assert codes(await yunnan.ask("center_admin", WITHDRAW, input=taking_back(row, reason=" "))) == ["BAD_USER_INPUT"]
    assert codes(await yunnan.ask("center_admin", WITHDRAW, input=taking_back(row, expectedVersion=9))) == ["CONFLICT"]
    anew = {"idempotencyKey": key(), "inspection": shown("insp", row.inspection_id)}
    assert codes(await yunnan.ask("center_admin", PUBLISH, input=anew)) == ["CONFLICT"], "one at a time"
    assert [one["status"] for one in await results_told(yunnan)] == ["PUBLISHED"]
    done = (await yunnan.done("center_admin", WITHDRAW, input=taking_back(row)))["publicResultWithdraw"]
    assert done["event"] == {"step": "WITHDRAW", "reason": "机构名称有误"}
    (gone,) = await results_told(yunnan)
    assert (gone["status"], gone["withdrawReason"], gone["agency"]) == ("WITHDRAWN", "机构名称有误", row.agency_name)
    assert [gone[one] for one in ("lines", "findings", "score", "scoreOf", "rating", "requiresRectification")] == [None] * 6
    assert codes(await yunnan.ask("center_admin", WITHDRAW, input=taking_back(row))) == ["CONFLICT"]
    refused = await yunnan.ask("center_dispatcher", PUBLISH, input=anew | {"idempotencyKey": key()})
    assert codes(refused) == ["FORBIDDEN"]
    made = (await yunnan.done("center_admin", PUBLISH, input=anew | {"idempotencyKey": key()}))["publicResultPublish"]
    assert (made["publicResult"]["edition"], made["event"]["step"]) == (2, "PUBLISH")
    assert [(one["status"], one["edition"], one["findings"]) for one in await results_told(yunnan)] == [("PUBLISHED", 2, 1), ("WITHDRAWN", 1, None)]


@pytest.mark.requirement("Y045", "N1")
async def test_a_void_draw_stays_announced_and_one_called_off_says_so(yunnan: World) -> None:
    draw = await frozen(yunnan)
    async with yunnan.transaction() as session:
        await dispatch.void(session, await again(session, Draw, draw.id), "名单有误：张三", act=yunnan.act("center_dispatcher"))
    (told,) = await draws_told(yunnan)
    assert (told["status"], told["commitment"], told["voidedAt"] is not None) == ("VOIDED", draw.commitment, True)
    assert "张三" not in json.dumps(told, ensure_ascii=False)
    refused = await yunnan.ask("center_dispatcher", DISCLOSE, input=of_draw(draw))
    assert codes(refused) == ["CONFLICT"]
    other, visits = await drawn(yunnan)
    async with yunnan.transaction() as session:
        for one in visits:
            await inspections.cancel(session, await again(session, Inspection, one.id), "停考", act=yunnan.act("center_dispatcher"))
    await yunnan.done("center_dispatcher", DISCLOSE, input=of_draw(other))
    assert [one["inspected"] for one in (await draws_told(yunnan))[0]["targets"]] == [False]


async def test_a_stranger_discloses_nothing(yunnan: World, elsewhere: World) -> None:
    _, draw = await public_result(yunnan)
    for place, who, code in (
        (elsewhere, "center_dispatcher", "NOT_FOUND"),
        (yunnan, "center_clerk", "FORBIDDEN"),
        (yunnan, "agency_admin_0", "NOT_FOUND"),
    ):
        refused = await place.ask(who, DISCLOSE, input=of_draw(draw))
        assert (codes(refused), refused["data"]) == ([code], {"drawDisclose": None})
    assert (await told_of(yunnan, draw))[0].disclosed_at is None


async def test_an_agencys_own_inspection_and_one_not_served_are_not_published(yunnan: World) -> None:
    _, (visit,) = await drawn(yunnan)
    said = {"idempotencyKey": key(), "inspection": shown("insp", visit.id)}
    early = await yunnan.ask("center_admin", PUBLISH, input=said)
    assert (codes(early), early["data"]) == (["CONFLICT"], {"publicResultPublish": None})
    mine, _, _ = await own(yunnan)
    answer = await yunnan.ask("center_admin", PUBLISH, input={"idempotencyKey": key(), "inspection": shown("insp", mine.id)})
    assert answer["errors"][0]["extensions"]["rule"] == "disclosure.external"
    assert await yunnan.rows(PublicResult, center_id=yunnan.center.id) == []


async def test_a_letter_served_before_is_published_by_the_center(yunnan: World) -> None:
    """Of inspections that were served by a release that published nothing."""
    inspection, _ = await closed(yunnan)
    async with yunnan.transaction() as session:
        await (await session.connection()).execute(text("DELETE FROM public_result WHERE inspection_id = :id"), {"id": inspection.id})
    said = {"idempotencyKey": key(), "inspection": shown("insp", inspection.id)}
    made = (await yunnan.done("center_admin", PUBLISH, input=said))["publicResultPublish"]["publicResult"]
    assert (made["edition"], made["status"]) == (1, "PUBLISHED")


async def test_the_public_asks_thirty_times_a_quarter_of_an_hour(yunnan: World) -> None:
    """Counted together with the questions about cards, whichever list is asked."""
    address = f"2001:db8:{yunnan.center.id.hex[-4:]}:{yunnan.center.id.hex[-8:-4]}::1"
    short = '{ publicDraws(first: 1) { totalCount } publicResults(first: 1) { totalCount } verifyCard(number: "1", check: "1") { status } }'
    for _ in range(MOST // 3):
        assert codes(await yunnan.ask(None, short, address=address)) == []
    for asked in (DRAWS, RESULTS):
        answer = await yunnan.ask(None, asked, address=address)
        assert "data" in answer, answer
        assert (codes(answer), list(answer["data"].values())) == (["RATE_LIMITED"], [None])
    paged = await yunnan.ask(None, "{ publicResults(first: 0) { nodes { id } } }")
    assert codes(paged) == ["BAD_USER_INPUT"]
    nested = await yunnan.ask(None, "{ draws(first: 1) { totalCount } }")
    assert codes(nested) == ["UNAUTHENTICATED"]


CHANGED = "UPDATE public_result SET findings = 0 WHERE inspection_id = :inspection"
REDRAWN = "UPDATE public_draw SET pool_digest = repeat('f', 64) WHERE draw_id = :draw"
FOREIGN = """INSERT INTO public_result SELECT (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid(), 'edition', 2, 'center_id',
  CAST(:stranger AS text)))).* FROM public_result r WHERE inspection_id = :inspection"""


async def test_nothing_told_is_changed_and_nothing_told_for_others(yunnan: World, elsewhere: World) -> None:
    """Not even by the application's own statements, as long as they stand behind a wall; and nothing is told from behind none."""
    row = await withdrawn(yunnan)
    (draw,) = await yunnan.rows(Draw, center_id=yunnan.center.id)
    behind, stranger = yunnan.actors["center_admin"].tenant, str(elsewhere.center.id)
    for tenant, statement, values, state in (
        (behind, CHANGED, {"inspection": row.inspection_id}, "DU001"),
        (behind, REDRAWN, {"draw": draw.id}, "DU001"),
        (behind, FOREIGN, {"inspection": row.inspection_id, "stranger": stranger}, "42501"),
        (NOBODY, FOREIGN, {"inspection": row.inspection_id, "stranger": stranger}, "42501"),
    ):
        with pytest.raises(DBAPIError) as refusal:
            async with yunnan.database.transaction(tenant) as session:
                await (await session.connection()).execute(text(statement), values)
        assert getattr(refusal.value.orig, "sqlstate", None) == state, refusal.value
    assert [one.findings for one in await yunnan.rows(PublicResult, inspection_id=row.inspection_id)] == [1]
