"""One prepared case for each mutation of evidence."""

from collections.abc import Mapping

from tests.cases_dispatch import Prepare
from tests.contract import AGAIN, Case
from tests.making_evidence import arrived, attached, pdf, requested
from tests.making_inspections import notified
from tests.making_returns import day_of, dispatcher
from tests.making_sessions import recognition
from tests.world import World, shown

SAID = {"kind": "DOCUMENT", "description": "签到表", "takenAt": "2026-09-16T01:00:00Z", "place": "第一考场"}


async def evidence_attach(world: World) -> Case:
    visit, _ = await notified(world)
    request, upload = await requested(world, dispatcher(world), visit), await arrived(world, "agency_clerk_0")
    about = {"inspection": shown("insp", visit.id), "upload": shown("upl", upload.id), "evidenceRequest": shown("ereq", request.id)}
    return Case(world, "agency_clerk_0", {**SAID, **about}, at=await day_of(world, visit))


async def evidence_attach_to_session(world: World) -> Case:
    row, upload = await recognition(world), await arrived(world, "agency_clerk_0")
    return Case(world, "agency_clerk_0", {**SAID, "recognitionSession": shown("ses", row.id), "upload": shown("upl", upload.id)})


async def evidence_attach_to_agency(world: World) -> Case:
    upload = await arrived(world, "agency_clerk_0", pdf(), name="备案方案.pdf")
    plan = {"kind": "FILED_PLAN", "description": "备案方案", "takenAt": "2026-09-01T01:00:00Z", "holdsFrom": "2026-10-01", "occupation": "电工"}
    return Case(world, "agency_clerk_0", {**plan, "upload": shown("upl", upload.id)})


async def evidence_withdraw(world: World) -> Case:
    visit, _ = await notified(world)
    row = await attached(world, "agency_clerk_0", visit)
    return Case(world, "agency_clerk_0", {"evidence": shown("evi", row.id), "reason": "拍错了"})


async def evidence_request_make(world: World) -> Case:
    visit, _ = await notified(world)
    said = {"inspection": shown("insp", visit.id), "wanted": "考场监控录像", "dueAt": "2026-12-01T00:00:00Z"}
    return Case(world, dispatcher(world), said, at=await day_of(world, visit), again=AGAIN)


async def evidence_request_provide(world: World) -> Case:
    visit, _ = await notified(world)
    row = await requested(world, dispatcher(world), visit)
    await attached(world, "agency_clerk_0", visit, request=row)
    return Case(world, "agency_clerk_0", {"evidenceRequest": shown("ereq", row.id)}, at=await day_of(world, visit))


async def evidence_request_refuse(world: World) -> Case:
    visit, _ = await notified(world)
    row = await requested(world, dispatcher(world), visit)
    return Case(world, "agency_clerk_0", {"evidenceRequest": shown("ereq", row.id), "reason": "录像已被覆盖"}, at=await day_of(world, visit))


EVIDENCE: Mapping[str, Prepare] = {
    "evidenceAttach": evidence_attach,
    "evidenceAttachToSession": evidence_attach_to_session,
    "evidenceAttachToAgency": evidence_attach_to_agency,
    "evidenceWithdraw": evidence_withdraw,
    "evidenceRequestMake": evidence_request_make,
    "evidenceRequestProvide": evidence_request_provide,
    "evidenceRequestRefuse": evidence_request_refuse,
}
