"""One prepared case for each mutation of reports, the credit archive, cases against agencies, obstructions and complaints."""

from collections.abc import Mapping
from datetime import timedelta

from models.agency_cases import AgencyCase, AgencyCaseStatus
from models.complaints import Complaint, ComplaintStatus
from models.violations import SeriousViolationReport, SeriousViolationStatus
from tests.cases_dispatch import REASON, Prepare
from tests.contract import AGAIN, Case
from tests.making_inspections import notified
from tests.making_sessions import recognition
from tests.making_supervisors import supervisor
from tests.making_voices import COMPLAINTS, LADDERS, accused, complained, reported, ruled
from tests.world import World, shown


def alleged(world: World) -> dict[str, object]:
    found = (world.now - timedelta(hours=30)).isoformat()
    return {"agency": shown("agc", world.agencies[0].id), "kind": "MAJOR_ISSUE", "facts": "替考三人", "discoveredAt": found}


async def report_raise(world: World) -> Case:
    about = shown("ses", (await recognition(world)).id)
    return Case(world, "center_clerk", {**alleged(world), "recognitionSession": about}, again=AGAIN)


async def report_raise_direct(world: World) -> Case:
    """By an internal supervisor: the event continues another chain than that of the agency acted for."""
    _, actor = await supervisor(world, "INTERNAL", employer=world.agencies[0])
    return Case(world, actor, alleged(world), again=AGAIN)


def on(report: SeriousViolationReport, **said: object) -> dict[str, object]:
    return {"seriousViolationReport": shown("svr", report.id), **said}


async def report_receive(world: World) -> Case:
    return Case(world, "center_clerk", on(await reported(world)))


async def report_investigate(world: World) -> Case:
    return Case(world, "center_clerk", on(await reported(world, to=SeriousViolationStatus.RECEIVED)))


async def report_uphold(world: World) -> Case:
    """With its entry in the credit archive."""
    await ruled(world, *LADDERS)
    said = {"reason": "经核实", "ground": "SERIOUS_VIOLATION", "document": "调查报告", "facts": "组织替考"}
    return Case(world, "center_admin", on(await reported(world, to=SeriousViolationStatus.INVESTIGATING), **said))


async def report_dismiss(world: World) -> Case:
    return Case(world, "center_admin", on(await reported(world, to=SeriousViolationStatus.INVESTIGATING), reason=REASON))


async def credit_entry_record(world: World) -> Case:
    await ruled(world, *LADDERS)
    said = {"ground": "MASS_INCIDENT", "document": "通报第3号", "facts": "考生聚集", "occurredOn": "2026-09-01"}
    return Case(world, "center_clerk", {"agency": shown("agc", world.agencies[0].id), **said}, again=AGAIN)


def against(case: AgencyCase, **said: object) -> dict[str, object]:
    return {"agencyCase": shown("acase", case.id), **said}


async def standing(world: World, to: AgencyCaseStatus) -> AgencyCase:
    await ruled(world, *LADDERS)
    return await accused(world, to=to)


async def case_open(world: World) -> Case:
    await ruled(world, *LADDERS)
    said = {"ground": "RETALIATES", "facts": "打击督导员", "staffName": "周某", "recognitionSession": shown("ses", (await recognition(world)).id)}
    return Case(world, "center_admin", {"agency": shown("agc", world.agencies[0].id), **said}, again=AGAIN)


async def case_criticize(world: World) -> Case:
    return Case(world, "center_admin", against(await standing(world, AgencyCaseStatus.OPENED), criticism="予以批评。"))


async def case_order(world: World) -> Case:
    return Case(world, "center_admin", against(await standing(world, AgencyCaseStatus.CRITICIZED), correction="限期改正。"))


async def case_refer(world: World) -> Case:
    said = {"number": "人社令〔2026〕1号", "decidedOn": "2026-09-01", "reason": "拒不改正"}
    return Case(world, "center_admin", against(await standing(world, AgencyCaseStatus.ORDERED), **said))


async def case_disqualify(world: World) -> Case:
    said = {"number": "人社决〔2026〕2号", "decidedOn": "2026-09-15"}
    return Case(world, "center_admin", against(await standing(world, AgencyCaseStatus.HR_REFERRED), **said))


async def case_rectify(world: World) -> Case:
    return Case(world, "center_admin", against(await standing(world, AgencyCaseStatus.ORDERED), reason=REASON))


async def case_dismiss(world: World) -> Case:
    return Case(world, "center_admin", against(await standing(world, AgencyCaseStatus.OPENED), reason=REASON))


async def obstruction_record(world: World) -> Case:
    """With the case it opens."""
    await ruled(world, *LADDERS)
    visit, team = await notified(world)
    at = world.now + timedelta(hours=2)
    said = {"ground": "WITHHOLDS_INFORMATION", "facts": "拒绝提供考务资料", "happenedAt": at.isoformat()}
    return Case(world, team[0][1], {"inspection": shown("insp", visit.id), **said}, at=at, again=AGAIN)


def about(complaint: Complaint, **said: object) -> dict[str, object]:
    return {"complaint": shown("cmp", complaint.id), **said}


async def waiting(world: World, to: ComplaintStatus) -> Complaint:
    await ruled(world, *COMPLAINTS)
    return await complained(world, to=to)


async def complaint_receive(world: World) -> Case:
    await ruled(world, *COMPLAINTS)
    said = {"facts": "考场秩序混乱", "complainantName": "甄某", "complainantContact": "13900001111"}
    where = {"agency": shown("agc", world.agencies[0].id), "recognitionSession": shown("ses", (await recognition(world)).id)}
    return Case(world, "center_clerk", {**where, **said}, again=AGAIN)


async def complaint_assign(world: World) -> Case:
    row, _ = await supervisor(world)
    return Case(world, "center_admin", about(await waiting(world, ComplaintStatus.RECEIVED), supervisor=shown("sup", row.id)), again=AGAIN)


async def complaint_investigate(world: World) -> Case:
    return Case(world, "center_clerk", about(await waiting(world, ComplaintStatus.ASSIGNED)))


async def complaint_conclude(world: World) -> Case:
    said = {"substantiated": False, "conclusion": "查无实据。"}
    return Case(world, "center_clerk", about(await waiting(world, ComplaintStatus.INVESTIGATING), **said))


async def complaint_answer(world: World) -> Case:
    return Case(world, "center_clerk", about(await waiting(world, ComplaintStatus.SUBSTANTIATED), answer="已责令改正。"))


async def complaint_close(world: World) -> Case:
    return Case(world, "center_admin", about(await waiting(world, ComplaintStatus.ANSWERED)))


async def complaint_reveal(world: World) -> Case:
    return Case(world, "center_admin", about(await waiting(world, ComplaintStatus.RECEIVED), purpose="回访举报人"), again=AGAIN)


VOICES: Mapping[str, Prepare] = {
    "seriousViolationReportRaise": report_raise,
    "seriousViolationReportRaiseDirect": report_raise_direct,
    "seriousViolationReportReceive": report_receive,
    "seriousViolationReportInvestigate": report_investigate,
    "seriousViolationReportUphold": report_uphold,
    "seriousViolationReportDismiss": report_dismiss,
    "creditEntryRecord": credit_entry_record,
    "agencyCaseOpen": case_open,
    "agencyCaseCriticize": case_criticize,
    "agencyCaseOrder": case_order,
    "agencyCaseRefer": case_refer,
    "agencyCaseDisqualify": case_disqualify,
    "agencyCaseRectify": case_rectify,
    "agencyCaseDismiss": case_dismiss,
    "obstructionRecord": obstruction_record,
    "complaintReceive": complaint_receive,
    "complaintAssign": complaint_assign,
    "complaintInvestigate": complaint_investigate,
    "complaintConclude": complaint_conclude,
    "complaintAnswer": complaint_answer,
    "complaintClose": complaint_close,
    "complaintReveal": complaint_reveal,
}
