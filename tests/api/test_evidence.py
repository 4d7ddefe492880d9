"""Evidence and requests for it, asked as each side: who hands over, who sees what, what a refusal leaves behind, and what never changes."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from authz.actor import Actor
from domain import evidence
from models.dispatch import AssignmentStatus
from models.events import Event
from models.evidence import Confidentiality, Evidence, EvidenceKind, EvidenceRequest
from models.imports import Upload
from models.inspections import Inspection
from tests.making_evidence import TICKET, announced, arrived, attached, jpeg, kept, mp4, pdf, requested
from tests.making_inspections import dispatched, notified
from tests.making_returns import again, closed, day_of, dispatcher, on_site, signed
from tests.making_sessions import recognition
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

FACTS = "id kind confidentiality mediaType fileName digest size takenAt place url result item { code } withdrawal"
ATTACH = f"mutation($i: EvidenceAttachInput!) {{ evidenceAttach(input: $i) {{ evidence {{ {FACTS} }} event {{ step reason }} replayed }} }}"
KEEP = f"mutation($i: EvidenceAttachToSessionInput!) {{ evidenceAttachToSession(input: $i) {{ evidence {{ {FACTS} inspection {{ id }} }} }} }}"
WITHDRAW = (
    "mutation($i: EvidenceWithdrawInput!) { evidenceWithdraw(input: $i) { evidence { withdrawnAt withdrawal version } event { step toStatus } } }"
)
REQUEST = "mutation($i: EvidenceRequestMakeInput!) { evidenceRequestMake(input: $i) { evidenceRequest { id status wanted } event { step } } }"
PROVIDE = "mutation($i: EvidenceRequestProvideInput!) { evidenceRequestProvide(input: $i) { evidenceRequest { status answeredAt ground } } }"
REFUSE = (
    "mutation($i: EvidenceRequestRefuseInput!) { evidenceRequestRefuse(input: $i)"
    " { evidenceRequest { status ground refusal answeredBy { id } } event { toStatus reason } } }"
)
ALL = "{ evidences(first: 50) { nodes { id } totalCount } }"
ONE = "query($id: ID!) { evidence(id: $id) { id description url } }"


def about(visit: Inspection, upload: Upload, **other: Any) -> dict[str, Any]:
    plain = {"kind": "PHOTO", "description": "考场照片", "takenAt": "2026-09-16T01:00:00Z"}
    return {"idempotencyKey": key(), "inspection": shown("insp", visit.id), "upload": shown("upl", upload.id), **plain, **other}


async def seen(world: World, who: Actor | str) -> set[str]:
    return {one["id"] for one in (await world.done(who, ALL))["evidences"]["nodes"]}


def reason(answer: dict[str, Any]) -> str:
    found = answer["errors"][0]["extensions"]
    return str(found.get("problem") or found.get("rule") or found.get("reason"))


@pytest.mark.requirement("B018")
@pytest.mark.parametrize("profile", ["beijing", "yunnan"])
async def test_the_agency_hands_over_what_it_was_asked_for(world: World, yunnan: World, profile: str) -> None:
    here = world if profile == "beijing" else yunnan
    visit, team = await on_site(here)
    at = await day_of(here, visit)
    said = {"idempotencyKey": key(), "inspection": shown("insp", visit.id), "wanted": "考场监控录像"}
    asked = (await here.done(team[0][1], REQUEST, at=at, i=said))["evidenceRequestMake"]["evidenceRequest"]
    upload = await arrived(here, "agency_clerk_0", mp4(), name="录像.mp4")
    given = about(visit, upload, kind="VIDEO", place="第一考场", evidenceRequest=asked["id"])
    done = (await here.done("agency_clerk_0", ATTACH, at=at, i=given))["evidenceAttach"]
    assert upload.expected is not None
    assert {name: done["evidence"][name] for name in ("kind", "mediaType", "digest", "size", "place", "takenAt")} == {
        "kind": "VIDEO",
        "mediaType": "video/mp4",
        "digest": upload.expected.hex(),
        "size": upload.size,
        "place": "第一考场",
        "takenAt": "2026-09-16T01:00:00.000000Z",
    }
    assert done["event"] == {"step": "ATTACH", "reason": f"sha256:{upload.expected.hex()}"}, "the chain knows what the file was"
    answer = {"idempotencyKey": key(), "evidenceRequest": asked["id"]}
    provided = (await here.done("agency_admin_0", PROVIDE, at=at, i=answer))["evidenceRequestProvide"]["evidenceRequest"]
    assert (provided["status"], provided["ground"]) == ("PROVIDED", None)
    query = "query($id: ID!) { inspection(id: $id) { evidenceRequests(first: 5) { nodes { evidence(first: 5) { nodes { id } } } } } }"
    found = await here.done(team[1][1], query, id=shown("insp", visit.id))
    assert found["inspection"]["evidenceRequests"]["nodes"] == [{"evidence": {"nodes": [{"id": done["evidence"]["id"]}]}}]


@pytest.mark.requirement("B018")
@pytest.mark.parametrize("profile", ["beijing", "yunnan"])
async def test_a_refusal_is_the_ground_of_a_case(world: World, yunnan: World, profile: str) -> None:
    here = world if profile == "beijing" else yunnan
    visit, _ = await notified(here)
    row = await requested(here, dispatcher(here), visit)
    said = {"idempotencyKey": key(), "evidenceRequest": shown("ereq", row.id), "reason": "录像已被覆盖"}
    at = await day_of(here, visit)
    done = (await here.done("agency_admin_0", REFUSE, at=at, i=said))["evidenceRequestRefuse"]
    assert (done["evidenceRequest"]["status"], done["evidenceRequest"]["ground"]) == ("REFUSED", "WITHHOLDS_INFORMATION")
    assert done["event"] == {"toStatus": "REFUSED", "reason": "WITHHOLDS_INFORMATION"}
    for document, more in ((REFUSE, {"reason": "再次"}), (PROVIDE, {})):
        answer = await here.ask("agency_admin_0", document, at=at, i={"idempotencyKey": key(), "evidenceRequest": shown("ereq", row.id), **more})
        assert codes(answer) == ["CONFLICT"]
    (stored,) = await here.rows(EvidenceRequest, id=row.id)
    assert (stored.status, stored.refusal) == ("REFUSED", "录像已被覆盖")


async def test_the_team_records_a_refusal_on_site(world: World) -> None:
    visit, team = await on_site(world)
    row = await requested(world, team[0][1], visit)
    said = {"idempotencyKey": key(), "evidenceRequest": shown("ereq", row.id), "reason": "负责人当场拒绝"}
    done = (await world.done(team[1][1], REFUSE, at=await day_of(world, visit), i=said))["evidenceRequestRefuse"]["evidenceRequest"]
    assert done["answeredBy"]["id"] == shown("per", team[1][1].person_id)


async def test_nothing_handed_over_is_not_provided(world: World) -> None:
    visit, _ = await notified(world)
    row = await requested(world, dispatcher(world), visit)
    at, said = await day_of(world, visit), {"idempotencyKey": key(), "evidenceRequest": shown("ereq", row.id)}
    answer = await world.ask("agency_admin_0", PROVIDE, at=at, i=said)
    assert (codes(answer), reason(answer), answer["data"]) == (["RULE_NOT_MET"], "evidence_request.something", {"evidenceRequestProvide": None})
    photo = await attached(world, "agency_admin_0", visit, request=row)
    async with world.transaction() as session:
        await evidence.withdraw(session, await again(session, Evidence, photo.id), "拍错了", act=world.act("agency_admin_0", at=at))
    answer = await world.ask("agency_admin_0", PROVIDE, at=at, i={**said, "idempotencyKey": key()})
    assert reason(answer) == "evidence_request.something", "what was withdrawn counts no more"


@pytest.mark.requirement("Y014")
async def test_need_to_know_is_for_the_dispatcher_the_team_and_the_giver(world: World, elsewhere: World) -> None:
    visit, team = await on_site(world)
    plain = shown("evi", (await attached(world, "agency_clerk_0", visit)).id)
    secret = shown("evi", (await attached(world, "agency_clerk_0", visit, confidentiality=Confidentiality.NEED_TO_KNOW)).id)
    both, one, none = {plain, secret}, {plain}, set[str]()
    for who, may in (
        ("district_dispatcher_0", both),
        (team[0][1], both),
        ("agency_admin_0", both),
        ("center_admin", one),
        ("center_auditor", one),
        ("center_dispatcher", one),
        ("district_clerk_0", one),
        ("district_dispatcher_1", none),
        ("agency_admin_1", none),
    ):
        assert await seen(world, who) == may, who
        for id in both:
            assert codes(await world.ask(who, ONE, id=id)) == ([] if id in may else ["NOT_FOUND"]), who
    assert await seen(elsewhere, "center_dispatcher") == none


@pytest.mark.requirement("Y014", "INV12")
async def test_what_the_team_collects_is_not_the_agencys_to_see_nor_who_was_only_asked(world: World) -> None:
    visit, team = await on_site(world)
    mine = shown("evi", (await attached(world, team[0][1], visit)).id)
    assert await seen(world, "agency_admin_0") == set()
    assert await seen(world, team[1][1]) == {mine}
    other, asked = await dispatched(world, of=await recognition(world, agency=2), accepted=False, by="center_dispatcher")
    photo = shown("evi", (await kept(world, "agency_admin_2", (await session_of(world, other)), confidentiality=Confidentiality.NEED_TO_KNOW)).id)
    assert await seen(world, asked[0][1]) == set(), "an offer is not yet a reason to know"
    async with world.transaction() as session:
        await session.exec(text("UPDATE assignment SET status = 'ACCEPTED' WHERE inspection_id = :id").bindparams(id=other.id))  # type: ignore[call-overload]
    assert await seen(world, asked[0][1]) == {photo}


async def session_of(world: World, visit: Inspection) -> Any:
    from models.sessions import RecognitionSession  # noqa: PLC0415

    (found,) = await world.rows(RecognitionSession, id=visit.recognition_session_id)
    return found


async def test_an_agency_keeps_materials_of_its_session(world: World) -> None:
    row, upload = await recognition(world), await arrived(world, "agency_clerk_0", pdf(), name="名单.pdf")
    said = {"kind": "DOCUMENT", "description": "考生名单", "takenAt": "2026-09-16T01:00:00Z", "confidentiality": "NEED_TO_KNOW"}
    given = {"idempotencyKey": key(), "recognitionSession": shown("ses", row.id), "upload": shown("upl", upload.id), **said}
    answer = await world.ask("agency_admin_1", KEEP, i=given)
    assert codes(answer) == ["NOT_FOUND"], "neither its session nor its file"
    done = (await world.done("agency_clerk_0", KEEP, i=given))["evidenceAttachToSession"]["evidence"]
    assert (done["confidentiality"], done["inspection"]) == ("NEED_TO_KNOW", None)
    ask = "query($id: ID!) { recognitionSession(id: $id) { evidence(first: 5) { totalCount } } }"
    for who, count in (("agency_admin_0", 1), ("district_dispatcher_0", 0), ("center_admin", 0)):
        assert (await world.done(who, ask, id=shown("ses", row.id)))["recognitionSession"]["evidence"]["totalCount"] == count, who


@pytest.mark.requirement("Y031")
async def test_questionnaires_tests_and_rechecks_carry_their_result(yunnan: World) -> None:
    visit, team = await on_site(yunnan)
    at = await day_of(yunnan, visit)
    for n, kind in enumerate(("SURVEY", "TEST", "RECHECK")):
        upload = await arrived(yunnan, team[0][1], pdf(), name="问卷.pdf")
        answer = await yunnan.ask(team[0][1], ATTACH, at=at, i=about(visit, upload, kind=kind))
        assert (codes(answer), reason(answer)) == (["BAD_USER_INPUT"], "evidence_result")
        done = await yunnan.done(team[0][1], ATTACH, at=at, i=about(visit, upload, kind=kind, result="20份，满意18份", item="S03"))
        assert (done["evidenceAttach"]["evidence"]["result"], done["evidenceAttach"]["evidence"]["item"]) == ("20份，满意18份", {"code": "S03"})
        assert len(await yunnan.rows(Evidence, inspection_id=visit.id)) == n + 1


@pytest.mark.parametrize(
    ("content", "name", "said", "problem"),
    [
        (pdf(), "a.pdf", {"kind": "PHOTO"}, "evidence_kind"),
        (jpeg(), "a.jpg", {"kind": "VIDEO"}, "evidence_kind"),
        (mp4(), "a.mp4", {"kind": "DOCUMENT"}, "evidence_kind"),
        (jpeg(), "a.jpg", {"result": "好"}, "evidence_result"),
        (jpeg(), "a.jpg", {"takenAt": "2027-01-01T00:00:00Z"}, "future"),
        (jpeg(), "a.jpg", {"item": "F99"}, "unknown_item"),
        (jpeg(), "a.jpg", {"description": "考生 110101199003071233 的答卷"}, "id_number_inside"),
    ],
    ids=["photo", "video", "document", "result", "future", "item", "number"],
)
async def test_what_is_said_of_a_file_must_fit_it(world: World, content: bytes, name: str, said: dict[str, Any], problem: str) -> None:
    visit, team = await on_site(world)
    upload = await arrived(world, team[0][1], content, name=name)
    answer = await world.ask(team[0][1], ATTACH, at=await day_of(world, visit), i=about(visit, upload, **said))
    assert reason(answer) == problem
    assert answer["data"] == {"evidenceAttach": None}
    assert await world.rows(Evidence, inspection_id=visit.id) == []
    assert [one.attached_at for one in await world.rows(Upload, id=upload.id)] == [None]


async def test_nobody_attaches_anothers_file_nor_one_twice_nor_one_that_has_not_come(world: World) -> None:
    visit, team = await on_site(world)
    at, who = await day_of(world, visit), team[0][1]
    theirs = await arrived(world, "agency_clerk_0")
    assert codes(await world.ask("agency_admin_0", ATTACH, at=at, i=about(visit, theirs))) == ["NOT_FOUND"]
    assert codes(await world.ask("center_admin", "query($id: ID!) { node(id: $id) { id } }", id=shown("upl", theirs.id))) == ["NOT_FOUND"]
    mine = await arrived(world, who)
    await world.done(who, ATTACH, at=at, i=about(visit, mine))
    assert codes(await world.ask(who, ATTACH, at=at, i=about(visit, mine))) == ["CONFLICT"]
    issued = (await world.done(who, TICKET, at=at, i=announced(jpeg(), "a.jpg")))["uploadIssueTicket"]["upload"]["id"]
    answer = await world.ask(who, ATTACH, at=at, i={**about(visit, mine), "upload": issued})
    assert reason(answer) == "bytes_missing"
    old = await arrived(world, who)
    assert codes(await world.ask(who, ATTACH, at=at + timedelta(days=8), i=about(visit, old))) == ["CONFLICT"]
    assert len(await world.rows(Evidence, inspection_id=visit.id)) == 1


async def test_only_who_has_checked_in_collects_and_only_while_the_visit_is_open(world: World) -> None:
    visit, team = await notified(world)
    upload, at = await arrived(world, team[0][1]), await day_of(world, visit)
    answer = await world.ask(team[0][1], ATTACH, at=at, i=about(visit, upload))
    assert (codes(answer), reason(answer)) == (["RULE_NOT_MET"], "team.checked_in")
    said = {"idempotencyKey": key(), "inspection": shown("insp", visit.id), "wanted": "录像"}
    assert reason(await world.ask(team[0][1], REQUEST, at=at, i=said)) == "team.checked_in"
    early, _ = await dispatched(world, of=await recognition(world, agency=1))
    theirs = await arrived(world, "agency_clerk_1")
    assert codes(await world.ask("agency_clerk_1", ATTACH, at=at, i=about(early, theirs))) == ["NOT_FOUND"], "the embargo"
    late, _ = await closed(world)
    upload = await arrived(world, "agency_clerk_0")
    answer = await world.ask("agency_clerk_0", ATTACH, at=await day_of(world, late) + timedelta(days=2), i=about(late, upload))
    assert (codes(answer), await world.rows(Evidence, inspection_id=late.id)) == (["CONFLICT"], [])


@pytest.mark.requirement("Y030", "B052")
async def test_evidence_is_withdrawn_and_never_taken_away(world: World) -> None:
    visit, team = await on_site(world)
    row = await attached(world, team[0][1], visit)
    said = {"evidence": shown("evi", row.id), "reason": "拍错了"}
    assert codes(await world.ask(team[1][1], WITHDRAW, i={"idempotencyKey": key(), **said})) == ["FORBIDDEN"], "only who collected it"
    done = (await world.done(team[0][1], WITHDRAW, i={"idempotencyKey": key(), **said}))["evidenceWithdraw"]
    assert (done["evidence"]["withdrawal"], done["event"]) == ("拍错了", {"step": "WITHDRAW", "toStatus": "WITHDRAWN"})
    assert codes(await world.ask(team[0][1], WITHDRAW, i={"idempotencyKey": key(), **said})) == ["CONFLICT"]
    assert await seen(world, team[1][1]) == {shown("evi", row.id)}, "it stays to be read"
    for change in ("UPDATE evidence SET withdrawal = 'x'", "UPDATE evidence SET digest = sha256('x')", "DELETE FROM evidence"):
        with pytest.raises(DBAPIError, match="never changed"):
            async with world.transaction() as session:
                await session.exec(text(f"{change} WHERE id = :id").bindparams(id=row.id))  # type: ignore[call-overload]


async def test_nothing_is_withdrawn_after_the_form_is_signed(world: World) -> None:
    visit, team = await signed(world)
    row = await attached(world, team[0][1], visit)
    answer = await world.ask(team[0][1], WITHDRAW, i={"idempotencyKey": key(), "evidence": shown("evi", row.id), "reason": "拍错了"})
    assert codes(answer) == ["CONFLICT"]
    assert [one.withdrawn_at for one in await world.rows(Evidence, id=row.id)] == [None]
    events = await world.rows(Event, subject_id=row.id)
    assert [one.step for one in events] == ["ATTACH"]


async def test_lists_are_found_again(world: World) -> None:
    visit, team = await on_site(world)
    for kind in (EvidenceKind.PHOTO, EvidenceKind.DOCUMENT):
        await attached(world, team[0][1], visit, kind=kind, description=f"{kind}说明")
    await requested(world, team[0][1], visit)
    ask = "query($f: EvidenceFilter!) { evidences(first: 5, filter: $f, orderBy: {field: TAKEN_AT, direction: ASC}) { nodes { kind } } }"
    for filter in (
        {"kind": {"eq": "PHOTO"}},
        {"description": {"startsWith": "PHOTO"}},
        {"kind": {"in": ["PHOTO"]}, "mediaType": {"eq": "image/jpeg"}},
    ):
        about = {**filter, "inspection": {"eq": shown("insp", visit.id)}}
        assert (await world.done("center_admin", ask, f=about))["evidences"]["nodes"] == [{"kind": "PHOTO"}], filter
    ask = "query($f: EvidenceRequestFilter!) { evidenceRequests(first: 5, filter: $f) { totalCount nodes { availableSteps { mutation to } } } }"
    found = (await world.done("agency_admin_0", ask, f={"status": {"eq": "REQUESTED"}}))["evidenceRequests"]
    assert [one["to"] for one in found["nodes"][0]["availableSteps"]] == ["PROVIDED", "REFUSED"]
    assert (await world.done("agency_admin_1", ask, f={}))["evidenceRequests"]["totalCount"] == 0


async def test_a_member_who_left_the_team_sees_nothing_more(world: World) -> None:
    visit, team = await on_site(world)
    await attached(world, team[0][1], visit)
    async with world.transaction() as session:
        gone = text("UPDATE assignment SET status = :left WHERE inspection_id = :id AND person_id = :who")
        said = {"left": AssignmentStatus.WITHDRAWN.value, "id": visit.id, "who": team[1][1].person_id}
        await session.exec(gone.bindparams(**said))  # type: ignore[call-overload]
    assert await seen(world, team[1][1]) == set()
