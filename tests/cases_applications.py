"""One prepared case for each mutation from the application to the card."""

import secrets
from collections.abc import Mapping

from models.applications import Application
from tests.cases_dispatch import REASON, Prepare
from tests.contract import AGAIN, Case
from tests.making_applications import brought, drafted, own, somebody
from tests.making_voices import ruled
from tests.world import World, shown

AGENCY = "agency_admin_0"
RECOMMENDED = '"application.recommendation" = { value = true, article = "000 §13" }'
ONLY_IN_BEIJING = frozenset({"cardIssue", "applicationDesignate"})
"""Yunnan issues no card without an application (000 §13), and gives internal supervisors one (D07)."""


def of(row: Application, **said: object) -> dict[str, object]:
    return {"application": shown("app", row.id), **said}


async def draft(world: World) -> Case:
    """In somebody's name, by the employer."""
    said = {
        "kind": "INTERNAL",
        "person": shown("per", (await somebody(world, employer=world.agencies[0])).id),
        "employer": shown("agc", world.agencies[0].id),
        "employedSince": "2019-03-01",
        "work": [{"area": "TECHNICAL_MANAGEMENT", "place": "第一车间", "startsOn": "2018-01-01"}],
    }
    return Case(world, AGENCY, said, again=AGAIN)


async def attest(world: World) -> Case:
    said = {"condition": "HEALTHY", "holds": True, "attestedOn": "2026-09-01"}
    return Case(world, AGENCY, of(await drafted(world, vouched=()), **said), again=AGAIN)


async def apply(world: World) -> Case:
    return Case(world, AGENCY, of(await drafted(world)))


async def recommend(world: World) -> Case:
    return Case(world, AGENCY, of(await brought(world, "APPLIED"), statement="同意推荐"))


async def record_training(world: World) -> Case:
    said = {"topics": ["POLICY", "ETHICS", "WORKFLOW"], "heldOn": "2026-09-10"}
    return Case(world, AGENCY, of(await brought(world, "RECOMMENDED"), **said))


async def record_exam(world: World) -> Case:
    row = await brought(world, "TRAINED")
    said = {"heldOn": "2026-09-12", "paper": "A卷", "paperOwner": shown("agc", row.issuer_id), "score": 88, "passed": True}
    return Case(world, AGENCY, of(row, **said))


async def issue_card(world: World) -> Case:
    said = {"number": secrets.token_hex(5), "validFrom": "2026-09-16", "validUntil": "2029-09-16"}
    return Case(world, "center_admin", of(await brought(world, "EXAM_PASSED", "EXTERNAL"), **said))


async def designate(world: World) -> Case:
    return Case(world, AGENCY, of(await brought(world, "APPLIED")))


async def reject(world: World) -> Case:
    return Case(world, AGENCY, of(await brought(world, "APPLIED"), reasons=REASON))


async def decline(world: World) -> Case:
    """Only where the rules ask for a recommendation, which those of Beijing do not."""
    if world.profile == "beijing-municipal":
        await ruled(world, RECOMMENDED)
    return Case(world, AGENCY, of(await brought(world, "APPLIED"), reasons=REASON))


async def withdraw(world: World) -> Case:
    row, actor = await own(world, "APPLIED")
    return Case(world, actor, of(row, reasons=REASON))


APPLICATIONS: Mapping[str, Prepare] = {
    "applicationDraft": draft,
    "applicationAttest": attest,
    "applicationApply": apply,
    "applicationRecommend": recommend,
    "applicationRecordTraining": record_training,
    "applicationRecordExam": record_exam,
    "applicationIssueCard": issue_card,
    "applicationDesignate": designate,
    "applicationReject": reject,
    "applicationDecline": decline,
    "applicationWithdraw": withdraw,
}
