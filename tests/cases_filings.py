"""One prepared case for each mutation of the filing of results."""

from collections.abc import Mapping

from domain import filings
from models.filings import FilingDecision
from tests.cases_dispatch import REASON, Prepare
from tests.contract import Case
from tests.making_filings import accused, submitted
from tests.making_returns import again
from tests.world import World, shown


async def submit(world: World) -> Case:
    """Anew, after a send-back: everything the center said is taken off the batch."""
    filing = await submitted(world, advised=True)
    async with world.transaction() as session:
        await filings.send_back(session, await again(session, FilingDecision, filing.id), REASON, act=world.act("center_admin"))
    return Case(world, "agency_clerk_0", {"month": "2026-08"})


def about(filing: FilingDecision, **said: object) -> dict[str, object]:
    return {"filingDecision": shown("fil", filing.id), **said}


async def advise(world: World) -> Case:
    return Case(world, "center_clerk", about(await submitted(world), opinion="认定过程规范。"))


async def file(world: World) -> Case:
    return Case(world, "center_admin", about(await submitted(world, advised=True)))


async def send_back(world: World) -> Case:
    return Case(world, "center_admin", about(await submitted(world, advised=True), comment=REASON))


async def propose(world: World) -> Case:
    said = {"ground": "SAFETY_ACCIDENT", "document": "事故调查报告", "facts": "设备起火"}
    return Case(world, "district_admin_0", about(await submitted(world), **said))


async def confirm(world: World) -> Case:
    _, refusal = await accused(world)
    return Case(world, "center_admin", {"filingRefusal": shown("fref", refusal.id)})


async def dismiss(world: World) -> Case:
    _, refusal = await accused(world)
    return Case(world, "center_admin", {"filingRefusal": shown("fref", refusal.id), "reason": REASON})


FILINGS: Mapping[str, Prepare] = {
    "filingDecisionSubmit": submit,
    "filingDecisionAdvise": advise,
    "filingDecisionFile": file,
    "filingDecisionSendBack": send_back,
    "filingRefusalPropose": propose,
    "filingRefusalConfirm": confirm,
    "filingRefusalDismiss": dismiss,
}
