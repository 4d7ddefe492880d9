"""One prepared case for each mutation of a visit and of the papers that follow it."""

from collections.abc import Mapping
from datetime import timedelta

from domain import checklists, extensions, opinions
from domain.answers import Part
from models.inspections import Inspection
from models.opinions import OpinionLetter, Rectification
from tests.cases_dispatch import REASON, Prepare
from tests.contract import AGAIN, Case
from tests.making_inspections import dispatched, notified
from tests.making_internal import watched
from tests.making_returns import again, answered, day_of, dispatcher, on_site, published, rectified, reported, served, signed
from tests.world import World, shown


async def inspection_notify(world: World) -> Case:
    visit, _ = await dispatched(world)
    return Case(world, dispatcher(world), at_visit(visit))


async def inspection_cancel(world: World) -> Case:
    visit, _ = await notified(world)
    return Case(world, dispatcher(world), {**at_visit(visit), "reason": REASON})


def at_visit(visit: Inspection) -> dict[str, object]:
    return {"inspection": shown("insp", visit.id)}


async def inspection_open_internal(world: World) -> Case:
    recognition, _, watcher = await watched(world)
    return Case(world, watcher, {"recognitionSession": shown("ses", recognition.id)}, at=recognition.starts_at)


async def inspection_check_in(world: World) -> Case:
    """The one that begins the visit: with them the least team is there."""
    await published(world)
    visit, team = await notified(world)
    at = await day_of(world, visit)
    async with world.transaction() as session:
        row = await again(session, Inspection, visit.id)
        await checklists.check_in(session, row, act=world.act(team[0][1], at=at))
    return Case(world, team[1][1], at_visit(visit), at=at)


async def checklist_save(world: World) -> Case:
    visit, team = await on_site(world)
    said = {"answers": await answers(world, visit), "advice": "加强现场管理", "appraisal": "基本符合要求", "methods": ["BRIEFING"]}
    next(one for one in said["answers"] if one["value"] == "NO")["responsible"] = "考务负责人"  # type: ignore[index]
    return Case(world, team[0][1], {**at_visit(visit), **said}, at=await day_of(world, visit), again=AGAIN)


async def answers(world: World, visit: Inspection) -> list[dict[str, object]]:
    """Every line of the site part as a client writes it, one of them a NO."""
    async with world.transaction() as session:
        items = (await checklists.sheet_of(session, await again(session, Inspection, visit.id))).items
    no = next(one.code for one in items if one.phase != "AFTER")
    said = answered(items, no=(no,))
    kept = ("item", "value", "remark", "correction", "counted", "total", "score", "responsible")
    return [{name: str(found) if name == "value" else found for name in kept if (found := getattr(one, name)) is not None} for one in said]


async def inspection_sign(world: World) -> Case:
    """The last signature of the site part: it moves the inspection and writes the findings."""
    visit, team = await on_site(world)
    at = await day_of(world, visit)
    async with world.transaction() as session:
        row = await again(session, Inspection, visit.id)
        items = (await checklists.sheet_of(session, row)).items
        said = answered(items, no=(items[0].code,))
        await checklists.save(session, row, said, advice="加强管理", appraisal="基本符合", act=world.act(team[0][1], at=at))
        for _, actor in team[:-1]:
            await checklists.sign(session, row, Part.SITE, act=world.act(actor, at=at))
    return Case(world, team[-1][1], {**at_visit(visit), "part": "SITE"}, at=at)


async def opinion_letter_draft(world: World) -> Case:
    visit, team = await signed(world)
    said = {"text": "现场环境须整改。", "requiresRectification": True}
    return Case(world, team[0][1], {**at_visit(visit), **said}, at=await day_of(world, visit) + timedelta(hours=4), again=AGAIN)


async def opinion_letter_serve(world: World) -> Case:
    visit, team = await signed(world)
    at = await day_of(world, visit) + timedelta(hours=5)
    async with world.transaction() as session:
        row = await again(session, Inspection, visit.id)
        await opinions.draft(session, row, "现场环境须整改。", requires_rectification=True, act=world.act(team[0][1], at=at))
    (letter,) = await world.rows(OpinionLetter, inspection_id=visit.id)
    return Case(world, dispatcher(world), {"opinionLetter": shown("opn", letter.id)}, at=at)


async def rectification(world: World, *, submitted: bool) -> Rectification:
    visit, _ = await served(world)
    row: Rectification = (await world.rows(Rectification, inspection_id=visit.id))[0]
    if submitted:
        async with world.transaction() as session:
            stored = await again(session, Rectification, row.id)
            await opinions.submit_rectification(session, stored, "已完成整改。", act=world.act("agency_admin_0"))
    return row


async def rectification_submit(world: World) -> Case:
    row = await rectification(world, submitted=False)
    return Case(world, "agency_clerk_0", {"rectification": shown("rect", row.id), "text": "已完成整改。"})


async def rectification_send_back(world: World) -> Case:
    row = await rectification(world, submitted=True)
    return Case(world, dispatcher(world), {"rectification": shown("rect", row.id), "comment": "材料不全"})


async def rectification_accept(world: World) -> Case:
    row = await rectification(world, submitted=True)
    return Case(world, dispatcher(world), {"rectification": shown("rect", row.id)})


async def extension_request(world: World) -> Case:
    row = await rectification(world, submitted=False)
    until = row.due_on + timedelta(days=3)
    return Case(world, "agency_clerk_0", {"rectification": shown("rect", row.id), "until": str(until), "reason": "设备未到"})


async def extended(world: World) -> dict[str, object]:
    row = await rectification(world, submitted=False)
    async with world.transaction() as session:
        stored = await again(session, Rectification, row.id)
        until = row.due_on + timedelta(days=3)
        await extensions.request(session, stored, until, reason="设备未到", act=world.act("agency_admin_0"))
    return {"rectification": shown("rect", row.id)}


async def extension_grant(world: World) -> Case:
    return Case(world, dispatcher(world), await extended(world))


async def extension_refuse(world: World) -> Case:
    return Case(world, dispatcher(world), await extended(world) | {"reason": "已有足够时间"})


async def supervision_report_submit(world: World) -> Case:
    visit, team = await served(world)
    return Case(world, team[0][1], {**at_visit(visit), "text": "督导情况报告。"}, at=await day_of(world, visit) + timedelta(hours=6))


async def inspection_close(world: World) -> Case:
    visit, team = await served(world)
    await reported(world, visit, team)
    await rectified(world, visit)
    return Case(world, dispatcher(world), at_visit(visit), at=await day_of(world, visit) + timedelta(days=2))


VISITS: Mapping[str, Prepare] = {
    "inspectionNotify": inspection_notify,
    "inspectionCancel": inspection_cancel,
    "inspectionOpenInternal": inspection_open_internal,
    "inspectionCheckIn": inspection_check_in,
    "checklistSave": checklist_save,
    "inspectionSign": inspection_sign,
    "opinionLetterDraft": opinion_letter_draft,
    "opinionLetterServe": opinion_letter_serve,
    "rectificationSubmit": rectification_submit,
    "rectificationSendBack": rectification_send_back,
    "rectificationAccept": rectification_accept,
    "rectificationRequestExtension": extension_request,
    "rectificationGrantExtension": extension_grant,
    "rectificationRefuseExtension": extension_refuse,
    "supervisionReportSubmit": supervision_report_submit,
    "inspectionClose": inspection_close,
}
