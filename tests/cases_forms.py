"""One prepared case for each mutation of inspections by name, amendments, requests to alter and recommendations about assessors."""

from collections.abc import Mapping
from datetime import timedelta

from tests.cases_dispatch import REASON, Prepare
from tests.contract import AGAIN, Case
from tests.making_forms import amended, demanded, named, recommended, sending, with_assessor
from tests.making_returns import day_of, dispatcher, on_site, signed
from tests.making_sessions import recognition
from tests.making_supervisors import supervisor
from tests.world import World, shown

BY_NAME = frozenset({"inspectionDispatch"})
"""000 §12 knows no spot check: outside of its three forms external supervisors go by the draw alone (D20)."""
TAKEN = frozenset({"RULE_NOT_MET"})
"""Whoever was sent is on duty at that time."""


async def inspection_dispatch(world: World) -> Case:
    place = await recognition(world)
    team = [shown("sup", (await supervisor(world))[0].id) for _ in range(2)]
    return Case(world, "district_dispatcher_0", {"recognitionSession": shown("ses", place.id), "team": team, "topic": "报考条件"})


async def inspection_send(world: World) -> Case:
    team = [await supervisor(world) for _ in range(2)]
    return Case(world, "center_dispatcher", sending(world, named(world), team), again=TAKEN)


async def inspection_depart(world: World) -> Case:
    visit, team = await on_site(world)
    return Case(world, team[1][1], {"inspection": shown("insp", visit.id)}, at=await day_of(world, visit) + timedelta(hours=3))


async def inspection_check_candidates(world: World) -> Case:
    visit, team = await on_site(world)
    checks = [{"kind": "IDENTITY", "candidate": "2026-0001", "passed": False, "remark": "照片不符"}]
    return Case(world, team[0][1], {"inspection": shown("insp", visit.id), "checks": checks}, at=await day_of(world, visit))


async def amendment_propose(world: World) -> Case:
    visit, team = await signed(world)
    said = {"inspection": shown("insp", visit.id), "text": "应为二号考场", "reason": "笔误"}
    return Case(world, team[0][1], said, at=await day_of(world, visit) + timedelta(days=1), again=AGAIN)


async def amendment_sign(world: World) -> Case:
    """The last signature, which makes it the team's."""
    row, visit, team = await amended(world)
    return Case(world, team[1][1], {"amendment": shown("amd", row.id)}, at=await day_of(world, visit) + timedelta(days=2))


async def amendment_attach(world: World) -> Case:
    row, _, _ = await amended(world, all_sign=True)
    return Case(world, dispatcher(world), {"amendment": shown("amd", row.id)})


async def alteration_request_record(world: World) -> Case:
    visit, team = await signed(world)
    at = await day_of(world, visit) + timedelta(days=1)
    said = {"requester": "机构负责人", "demand": "请改为合格", "requestedAt": at.isoformat()}
    return Case(world, team[0][1], {"inspection": shown("insp", visit.id), **said}, at=at, again=AGAIN)


async def alteration_request_answer(world: World) -> Case:
    row = await demanded(world)
    return Case(world, dispatcher(world), {"alterationRequest": shown("altr", row.id), "answer": "不予更改。"}, at=row.recorded_at)


async def recommendation_propose(world: World) -> Case:
    visit, team, assessor = await with_assessor(world)
    said = {"assessor": shown("asr", assessor.id), "facts": "泄露试题"}
    return Case(world, team[0][1], {"inspection": shown("insp", visit.id), **said}, at=await day_of(world, visit))


async def recommendation_accept(world: World) -> Case:
    return Case(world, "agency_admin_0", {"assessorRecommendation": shown("arec", (await recommended(world)).id), "reason": REASON})


async def recommendation_reject(world: World) -> Case:
    return Case(world, "agency_admin_0", {"assessorRecommendation": shown("arec", (await recommended(world)).id), "reason": REASON})


FORMS: Mapping[str, Prepare] = {
    "inspectionDispatch": inspection_dispatch,
    "inspectionSend": inspection_send,
    "inspectionDepart": inspection_depart,
    "inspectionCheckCandidates": inspection_check_candidates,
    "amendmentPropose": amendment_propose,
    "amendmentSign": amendment_sign,
    "amendmentAttach": amendment_attach,
    "alterationRequestRecord": alteration_request_record,
    "alterationRequestAnswer": alteration_request_answer,
    "assessorRecommendationPropose": recommendation_propose,
    "assessorRecommendationAccept": recommendation_accept,
    "assessorRecommendationReject": recommendation_reject,
}
