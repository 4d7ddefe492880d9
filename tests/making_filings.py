"""Batches of results as an agency puts them forward, and refusals of them."""

from typing import Any
from uuid import UUID

from domain import filings, sessions
from domain.calendar import Month
from domain.filings import Charge
from models.filings import FilingDecision, FilingGround, FilingRefusal
from models.organizations import Organization
from models.sessions import RecognitionSession
from tests.making_returns import again, held
from tests.world import World

AUGUST = Month(2026, 8)
FRAUD = Charge(FilingGround.FRAUD_IN_RECOGNITION, "调查报告第8号", "替考两人")


async def posted(world: World, **options: Any) -> RecognitionSession:
    """A session of August that was held and whose results are posted."""
    row = await held(world, **options)
    await results_of(world, row.id)
    return row


async def results_of(world: World, recognition_session: UUID) -> None:
    """Posted by its agency."""
    async with world.transaction() as session:
        stored = await again(session, RecognitionSession, recognition_session)
        agency = next(n for n, one in enumerate(world.agencies) if one.id == stored.agency_id)
        await sessions.post_results(session, stored, act=world.act(f"agency_admin_{agency}", at=stored.ends_at))


async def submitted(world: World, *, advised: bool = False) -> FilingDecision:
    """August of the first agency, one session of 40; with the opinion of the center where `advised`."""
    await posted(world)
    async with world.transaction() as session:
        agency = await again(session, Organization, world.agencies[0].id)
        row, _ = await filings.submit(session, agency, AUGUST, act=world.act("agency_clerk_0"))
        if advised:
            await filings.advise(session, row, "认定过程规范。", act=world.act("center_clerk"))
    return row


async def accused(world: World, *, by: str = "district_clerk_0", advised: bool = True) -> tuple[FilingDecision, FilingRefusal]:
    """A batch that somebody proposes not to file."""
    filing = await submitted(world, advised=advised)
    async with world.transaction() as session:
        row = await again(session, FilingDecision, filing.id)
        refusal, _ = await filings.propose(session, row, FRAUD, act=world.act(by))
    return filing, refusal
