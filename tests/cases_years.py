"""One prepared case for each mutation of education, terms, assessments, commendations and stipends."""

from collections.abc import Mapping

from tests.cases_dispatch import Prepare
from tests.contract import AGAIN, Case
from tests.making_supervisors import supervisor
from tests.making_years import LATER, all_of_it, assessed, ending, evaluated, held, payer, rated, worked
from tests.world import World, shown


async def event_hold(world: World) -> Case:
    await all_of_it(world)
    return Case(world, "agency_clerk_0", {"topic": "考务规程", "heldOn": "2026-05-08"}, again=AGAIN)


async def event_record(world: World) -> Case:
    await all_of_it(world)
    row, _ = await supervisor(world, "INTERNAL", employer=world.agencies[0])
    said = {"event": shown("edev", (await held(world)).id), "supervisor": shown("sup", row.id), "result": "PASSED"}
    return Case(world, "agency_admin_0", said)


async def term_make(world: World) -> Case:
    row, _ = await supervisor(world, appointed=False)
    return Case(world, "center_admin", {"supervisor": shown("sup", row.id), "startsOn": "2026-12-01"})


async def term_evaluate(world: World) -> Case:
    term, _ = await ending(world)
    return Case(world, "center_dispatcher", {"appointment": shown("apt", term.id), "result": "FULFILLED", "statement": "尽职尽责"})


async def term_renew(world: World) -> Case:
    term, _ = await evaluated(world)
    return Case(world, "center_admin", {"appointment": shown("apt", term.id)})


async def term_assess(world: World) -> Case:
    """With the case that it opens."""
    await all_of_it(world)
    term, _ = await ending(world)
    said = {"year": 2026, "result": "UNQUALIFIED", "meetsDuty": False, "meetsConduct": True, "meetsKnowledge": True, "statement": "多次迟到"}
    return Case(world, "center_admin", {"appointment": shown("apt", term.id), **said})


async def assessment_commend(world: World) -> Case:
    await all_of_it(world)
    term, _ = await ending(world)
    said = {"assessment": shown("yass", (await assessed(world, term)).id), "title": "优秀督导员", "document": "表彰决定1号"}
    return Case(world, "center_admin", said)


async def rate_set(world: World) -> Case:
    await all_of_it(world)
    said = {"effectiveFrom": "2026-09-16", "leaderFen": 30_000, "memberFen": 20_000, "document": "补助标准通知"}
    return Case(world, payer(world)[0], said)


async def duty_pay(world: World) -> Case:
    await all_of_it(world)
    await rated(world)
    places, _ = await worked(world)
    return Case(world, payer(world)[1], {"assignment": shown("asg", places[0].id)}, at=world.now + LATER)


YEARS: Mapping[str, Prepare] = {
    "educationEventHold": event_hold,
    "educationEventRecord": event_record,
    "appointmentMake": term_make,
    "appointmentEvaluate": term_evaluate,
    "appointmentRenew": term_renew,
    "appointmentAssess": term_assess,
    "yearlyAssessmentCommend": assessment_commend,
    "stipendRateSet": rate_set,
    "assignmentPay": duty_pay,
}
