"""备案方案 and 实施方案: who keeps them, who sees them, and which of them a visit is held against."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models.evidence import Evidence
from models.imports import Upload
from tests.making_evidence import arrived, jpeg, mp4, pdf
from tests.making_inspections import notified
from tests.making_returns import day_of, on_site
from tests.making_sessions import recognition
from tests.making_supervisors import supervisor
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

FACTS = "id kind confidentiality holdsFrom occupation inspection { id } recognitionSession { id }"
FILE = f"mutation($i: EvidenceAttachToAgencyInput!) {{ evidenceAttachToAgency(input: $i) {{ evidence {{ {FACTS} }} event {{ step }} }} }}"
ATTACH = "mutation($i: EvidenceAttachInput!) { evidenceAttach(input: $i) { replayed } }"
WITHDRAW = "mutation($i: EvidenceWithdrawInput!) { evidenceWithdraw(input: $i) { evidence { withdrawal } } }"
HELD = "query($id: ID!) { inspection(id: $id) { plans { kind holdsFrom occupation } } }"
KEPT = "query($id: ID!) { agency(id: $id) { plans(first: 20) { totalCount nodes { kind } } } }"
FOUND = "query($f: EvidenceFilter) { evidences(first: 20, filter: $f) { nodes { holdsFrom occupation } } }"


def plan(upload: Upload, since: date, **other: Any) -> dict[str, Any]:
    said = {"kind": "FILED_PLAN", "description": "备案方案", "takenAt": "2026-09-01T01:00:00Z", "holdsFrom": since.isoformat()}
    return {"idempotencyKey": key(), "upload": shown("upl", upload.id), **said, **other}


async def filed(world: World, since: date, **other: Any) -> dict[str, Any]:
    upload = await arrived(world, "agency_clerk_0", pdf(), name="方案.pdf")
    done: dict[str, Any] = (await world.done("agency_clerk_0", FILE, i=plan(upload, since, **other)))["evidenceAttachToAgency"]
    return done


def reason(answer: dict[str, Any]) -> str:
    found = answer["errors"][0]["extensions"]
    return str(found.get("problem") or found.get("rule") or found.get("reason") or found["code"])


@pytest.mark.parametrize("profile", ["beijing", "yunnan"])
async def test_a_visit_is_held_against_the_plans_of_its_day(world: World, yunnan: World, elsewhere: World, profile: str) -> None:
    here = world if profile == "beijing" else yunnan
    visit, team = await notified(here)
    old, new = visit.scheduled_on - timedelta(days=9), visit.scheduled_on
    first = await filed(here, old)
    assert first["event"] == {"step": "ATTACH"}
    assert {name: first["evidence"][name] for name in ("confidentiality", "inspection", "recognitionSession")} == {
        "confidentiality": "INTERNAL",
        "inspection": None,
        "recognitionSession": None,
    }
    await filed(here, new)
    await filed(here, new + timedelta(days=1))
    await filed(here, old, kind="IMPLEMENTATION_PLAN", occupation="电工")
    await filed(here, old, kind="IMPLEMENTATION_PLAN", occupation="焊工")
    held = [
        {"kind": "FILED_PLAN", "holdsFrom": new.isoformat(), "occupation": None},
        {"kind": "IMPLEMENTATION_PLAN", "holdsFrom": old.isoformat(), "occupation": "电工"},
    ]
    supervising = ["center_admin", *(["district_clerk_0"] if here.districts else [])]
    for asker in (*supervising, "agency_admin_0", team[1][1]):
        assert (await here.done(asker, HELD, id=shown("insp", visit.id)))["inspection"]["plans"] == held, asker
        assert (await here.done(asker, KEPT, id=shown("agc", here.agencies[0].id)))["agency"]["plans"]["totalCount"] == 5, asker
    _, other = await supervisor(here)
    for home, asker in (
        (here, "agency_admin_1"),
        (here, other),
        (elsewhere, "center_admin"),
        *([(here, "district_clerk_1")] if here.districts else []),
    ):
        assert (await home.done(asker, KEPT, id=shown("agc", here.agencies[0].id)))["agency"]["plans"] == {"totalCount": 0, "nodes": []}, asker
    asked = {"kind": {"eq": "IMPLEMENTATION_PLAN"}, "occupation": {"eq": "焊工"}, "holdsFrom": {"until": new.isoformat()}}
    assert (await here.done("center_clerk", FOUND, f=asked))["evidences"]["nodes"] == [{"holdsFrom": old.isoformat(), "occupation": "焊工"}]


async def test_what_a_visit_was_held_against_stays(world: World) -> None:
    day = (world.now + timedelta(days=3)).date()
    before = (await filed(world, day - timedelta(days=30)))["evidence"]["id"]
    visit, _ = await on_site(world)
    assert visit.scheduled_on == day
    upload = await arrived(world, "agency_clerk_0", pdf(), name="方案.pdf")
    answer = await world.ask("agency_clerk_0", FILE, i=plan(upload, day))
    assert (codes(answer), reason(answer), answer["data"]) == (["RULE_NOT_MET"], "plan.before_visit", {"evidenceAttachToAgency": None})
    assert answer["errors"][0]["extensions"]["article"] == "003 §13"
    assert len(await world.rows(Evidence, agency_id=world.agencies[0].id)) == 1
    answer = await world.ask("agency_admin_0", WITHDRAW, i={"idempotencyKey": key(), "evidence": before, "reason": "重报"})
    assert codes(answer) == ["CONFLICT"]
    after = (await world.done("agency_clerk_0", FILE, i=plan(upload, day + timedelta(days=1))))["evidenceAttachToAgency"]["evidence"]["id"]
    done = await world.done("agency_admin_0", WITHDRAW, i={"idempotencyKey": key(), "evidence": after, "reason": "重报"})
    assert done["evidenceWithdraw"]["evidence"] == {"withdrawal": "重报"}
    held = (await world.done("center_admin", HELD, id=shown("insp", visit.id)))["inspection"]["plans"]
    assert [one["holdsFrom"] for one in held] == [(day - timedelta(days=30)).isoformat()]


@pytest.mark.parametrize(
    ("content", "name", "said", "problem"),
    [
        (jpeg(), "a.jpg", {"kind": "PHOTO"}, "plan_kind"),
        (mp4(), "a.mp4", {}, "evidence_kind"),
        (pdf(), "a.pdf", {"takenAt": "2027-01-01T00:00:00Z"}, "future"),
        (pdf(), "a.pdf", {"occupation": "长" * 81}, "too_long"),
    ],
    ids=["kind", "film", "future", "long"],
)
async def test_what_is_no_plan(world: World, content: bytes, name: str, said: dict[str, Any], problem: str) -> None:
    upload = await arrived(world, "agency_clerk_0", content, name=name)
    answer = await world.ask("agency_clerk_0", FILE, i=plan(upload, world.now.date(), **said))
    assert (codes(answer), reason(answer)) == (["BAD_USER_INPUT"], problem)
    assert await world.rows(Evidence, agency_id=world.agencies[0].id) == []


async def test_a_plan_is_the_agencys_own_and_of_nothing_else(world: World) -> None:
    visit, _ = await notified(world)
    upload = await arrived(world, "agency_clerk_0", pdf(), name="方案.pdf")
    said = {"idempotencyKey": key(), "upload": shown("upl", upload.id), "kind": "FILED_PLAN", "description": "x", "takenAt": "2026-09-01T01:00:00Z"}
    answer = await world.ask("agency_clerk_0", ATTACH, at=await day_of(world, visit), i={**said, "inspection": shown("insp", visit.id)})
    assert (codes(answer), reason(answer)) == (["BAD_USER_INPUT"], "plan_kind")
    for asker in ("center_admin", "district_admin_0", "center_dispatcher"):
        assert codes(await world.ask(asker, FILE, i=plan(upload, world.now.date()))) == ["NOT_FOUND"], asker
        own = await arrived(world, asker, pdf(), name="方案.pdf")
        assert codes(await world.ask(asker, FILE, i=plan(own, world.now.date()))) == ["FORBIDDEN"], asker
    assert codes(await world.ask("agency_clerk_1", FILE, i=plan(upload, world.now.date()))) == ["NOT_FOUND"], "the file is another agency's"
    kept = (await filed(world, world.now.date()))["evidence"]["id"]
    place = await recognition(world)
    for change in (f"recognition_session_id = '{place.id}'", "holds_from = NULL", "holds_from = '2030-01-01'"):
        with pytest.raises(DBAPIError, match="never changed"):
            async with world.transaction() as session:
                await session.exec(text(f"UPDATE evidence SET {change} WHERE id = '{kept[4:]}'"))  # type: ignore[call-overload]
