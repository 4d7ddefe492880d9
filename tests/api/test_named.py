"""What a case against an agency, an obstruction and a rectification name: the proof behind them (000 §8(六), §11(三), §20)."""

from datetime import timedelta
from typing import Any

import pytest

from domain import evidence
from models.agency_cases import AgencyCase, Obstruction
from models.complaints import ComplaintStatus
from models.evidence import Evidence, EvidenceRequest
from models.inspections import Inspection
from models.opinions import Rectification
from tests.making_evidence import arrived, requested
from tests.making_inspections import notified
from tests.making_returns import again, day_of, on_site, served
from tests.making_voices import COMPLAINTS, complained, ruled
from tests.world import World, codes, key, shown

pytestmark = pytest.mark.anyio

OPEN = """mutation($input: AgencyCaseOpenInput!) { agencyCaseOpen(input: $input) { agencyCase { id rectification { id } evidenceRequest { id refusal }
  complaint { id } } } }"""
CRITICIZE = "mutation($input: AgencyCaseCriticizeInput!) { agencyCaseCriticize(input: $input) { agencyCase { status } } }"
READ = "query($id: ID!) { agencyCase(id: $id) { rectification { id } evidenceRequest { id } complaint { id } } }"
OBSTRUCT = """mutation($input: ObstructionRecordInput!) { obstructionRecord(input: $input) { obstruction { id staffName } } }"""
ATTACH = "mutation($i: EvidenceAttachInput!) { evidenceAttach(input: $i) { evidence { id rectification { id } } } }"
FILES = "query($filter: EvidenceFilter) { evidences(first: 9, filter: $filter) { nodes { id rectification { evidence(first: 9) { totalCount } } } } }"


def charge(world: World, **other: object) -> dict[str, object]:
    said = {"agency": shown("agc", world.agencies[0].id), "ground": "WITHHOLDS_INFORMATION", "facts": "拒绝提供录像"}
    return {**said, "idempotencyKey": key()} | other


async def refused_request(world: World) -> EvidenceRequest:
    """A request the agency has refused on the day of the visit."""
    visit, team = await on_site(world)
    row = await requested(world, team[0][1], visit)
    async with world.transaction() as session:
        act = world.act("agency_admin_0", at=await day_of(world, visit))
        await evidence.refuse(session, await again(session, EvidenceRequest, row.id), "不便提供", act=act)
    return row


@pytest.mark.requirement("Y070", "Y022")
async def test_a_case_names_the_refused_request_and_the_complaint_behind_it(yunnan: World, elsewhere: World) -> None:
    await ruled(yunnan, *COMPLAINTS)
    request, complaint = await refused_request(yunnan), await complained(yunnan, to=ComplaintStatus.SUBSTANTIATED)
    named = {"evidenceRequest": shown("ereq", request.id), "complaint": shown("cmp", complaint.id)}
    made = (await yunnan.done("center_admin", OPEN, input=charge(yunnan, **named)))["agencyCaseOpen"]["agencyCase"]
    assert (made["evidenceRequest"], made["complaint"]) == (
        {"id": named["evidenceRequest"], "refusal": "不便提供"},
        {"id": named["complaint"]},
    )
    said = {"agencyCase": made["id"], "criticism": "予以批评。", "idempotencyKey": key()}
    await yunnan.done("center_admin", CRITICIZE, input=said)
    seen = (await yunnan.done("agency_admin_0", READ, id=made["id"]))["agencyCase"]
    assert seen == {"rectification": None, "evidenceRequest": {"id": named["evidenceRequest"]}, "complaint": None}, "no agency sees a complaint"
    other = charge(yunnan, agency=shown("agc", yunnan.agencies[1].id), **named)
    answer = await yunnan.ask("center_admin", OPEN, input=other)
    assert (codes(answer), answer["errors"][0]["extensions"]["field"]) == (["BAD_USER_INPUT"], "evidenceRequest")
    assert codes(await elsewhere.ask("center_admin", OPEN, input=charge(elsewhere, **named))) == ["NOT_FOUND"]
    assert len(await yunnan.rows(AgencyCase, center_id=yunnan.center.id)) == 1


@pytest.mark.requirement("Y072", "Y041")
async def test_a_rectification_is_shown_by_files_and_named_by_a_case(yunnan: World, elsewhere: World) -> None:
    visit, _ = await served(yunnan)
    (row,) = await yunnan.rows(Rectification, inspection_id=visit.id)
    at = await day_of(yunnan, visit) + timedelta(days=1)
    said = await file_of(yunnan, visit, row)
    done = (await yunnan.done("agency_clerk_0", ATTACH, at=at, i=said))["evidenceAttach"]["evidence"]
    assert done["rectification"] == {"id": shown("rect", row.id)}
    for who in ("agency_clerk_0", "center_dispatcher"):
        (seen,) = (await yunnan.done(who, FILES, filter={"rectification": {"eq": shown("rect", row.id)}}))["evidences"]["nodes"]
        assert seen == {"id": done["id"], "rectification": {"evidence": {"totalCount": 1}}}
    other, _ = await notified(yunnan)
    wrong = await yunnan.ask("agency_clerk_0", ATTACH, at=at, i=await file_of(yunnan, other, row))
    assert (codes(wrong), wrong["data"]) == (["CONFLICT"], {"evidenceAttach": None})
    assert len(await yunnan.rows(Evidence, center_id=yunnan.center.id)) == 1
    assert codes(await elsewhere.ask("agency_clerk_0", ATTACH, i=said)) == ["NOT_FOUND"]
    named = charge(yunnan, ground="REFUSES_IMPROVEMENT", rectification=shown("rect", row.id))
    made = (await yunnan.done("center_admin", OPEN, input=named))["agencyCaseOpen"]["agencyCase"]
    assert made["rectification"] == {"id": shown("rect", row.id)}


async def file_of(world: World, visit: Inspection, row: Rectification) -> dict[str, Any]:
    upload = await arrived(world, "agency_clerk_0")
    plain = {"kind": "PHOTO", "description": "整改后考场", "takenAt": "2026-09-16T01:00:00Z", "idempotencyKey": key()}
    return {**plain, "inspection": shown("insp", visit.id), "upload": shown("upl", upload.id), "rectification": shown("rect", row.id)}


@pytest.mark.requirement("Y071")
@pytest.mark.parametrize("profile", ["beijing", "yunnan"])
async def test_an_obstruction_names_who_of_the_staff_it_was(world: World, yunnan: World, profile: str) -> None:
    """Under either ladder; the case stays against the agency, which alone can be disqualified."""
    here = world if profile == "beijing" else yunnan
    visit, team = await notified(here)
    said = {"inspection": shown("insp", visit.id), "ground": "SILENCES_WITNESSES", "facts": "不让考生说话", "happenedAt": here.now.isoformat()}
    at = here.now + timedelta(hours=1)
    done = await here.done(team[0][1], OBSTRUCT, at=at, input={**said, "staffName": "甄某", "idempotencyKey": key()})
    made = done["obstructionRecord"]["obstruction"]
    assert made["staffName"] == "甄某"
    assert [one.staff_name for one in await here.rows(AgencyCase, center_id=here.center.id)] == ([] if here is world else [None])
    long = await here.ask(team[0][1], OBSTRUCT, at=at, input={**said, "staffName": "某" * 61, "idempotencyKey": key()})
    assert (codes(long), long["errors"][0]["extensions"]["field"]) == (["BAD_USER_INPUT"], "staffName")
    assert len(await here.rows(Obstruction, center_id=here.center.id)) == 1
