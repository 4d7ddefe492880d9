"""One prepared case for each mutation of profiles, implementing rules and holidays."""

from collections.abc import Mapping

from tests.cases_dispatch import REASON, Prepare
from tests.contract import AGAIN, Case
from tests.making_rules import entered, proposed
from tests.world import World, shown

BELOW_BEIJING = frozenset({"overlayPropose", "overlayPublish", "overlayWithdraw", "checklistTemplatePublish"})
"""000 knows no implementing rules below it (D31), and no form for a mode (D21)."""

TIGHTER = [{"key": "team.min", "value": "3", "article": "细则 §2"}]

HEADING = {"number": "京〔2026〕9号", "issuer": "中心", "adoptedBy": "第9次办公会", "authority": "上位文件", "interpreter": "中心"}
TEXTS = {"codeOfConduct": "廉洁自律。", "examRoomRules": "凭证入场。"}


async def profile_publish(world: World) -> Case:
    """A second version from the same day on is a conflict."""
    return Case(world, "center_admin", {"effectiveFrom": "2026-10-01", "title": "管理办法（修订）", "rules": TIGHTER, **HEADING, **TEXTS})


async def template_publish(world: World) -> Case:
    """A second edition from the same day on is a conflict."""
    line = {
        "code": "P1",
        "phase": "DURING",
        "heading": "实施方案",
        "text": "按照实施方案进行",
        "numbers": "不符合人数/抽查人数",
        "article": "003 §13(二)",
    }
    said = {"kind": "PROCESS", "title": "督导表（修订）", "source": "003 §13(二)", "effectiveFrom": "2026-10-01", "items": [line]}
    return Case(world, "center_admin", said)


async def propose(world: World) -> Case:
    """While one is open there is no other."""
    return Case(world, "district_admin_0", {"title": "实施细则", "effectiveFrom": "2026-10-01", "rules": TIGHTER, "text": "第一条 从严。"})


async def publish(world: World) -> Case:
    return Case(world, "district_admin_0", {"overlay": shown("ovl", (await proposed(world)).id)})


async def withdraw(world: World) -> Case:
    overlay = await proposed(world, of=world.agencies[0])
    return Case(world, "agency_admin_0", {"overlay": shown("ovl", overlay.id), "reason": REASON})


async def holidays(world: World) -> Case:
    """In place of what was entered before."""
    await entered(world)
    return Case(world, "center_admin", {"year": 2026, "daysOff": ["2026-10-01"], "workingDays": ["2026-10-10"]}, again=AGAIN)


RULES: Mapping[str, Prepare] = {
    "profilePublish": profile_publish,
    "checklistTemplatePublish": template_publish,
    "overlayPropose": propose,
    "overlayPublish": publish,
    "overlayWithdraw": withdraw,
    "holidayCalendarSet": holidays,
}
