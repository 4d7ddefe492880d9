"""A process that writes under whatever version of the policy it last read, until it is told to stop: `python -m tests.writing_under URL CENTER PERSON`."""

import asyncio
import sys
from collections import Counter
from random import Random
from uuid import UUID

from sqlmodel import col, select

from domain.decisions import Decided, log
from models.base import new_id
from models.database import Database, RightsChanged, Tenant, Wall
from models.policies import PolicyCurrent
from tests.world import NOW


async def written(database: Database, tenant: Tenant, dice: Random) -> None:
    """One write in a transaction that is open for a while, as a mutation's is."""
    assert tenant.organization_id is not None
    assert tenant.center_id is not None
    assert tenant.person_id is not None
    async with database.transaction(tenant) as session:
        decided = Decided(
            at=NOW,
            account_id=new_id(),
            person_id=tenant.person_id,
            organization_id=tenant.organization_id,
            center_id=tenant.center_id,
            district_id=None,
            agency_id=None,
            policy=tenant.policy,
            action="draw.run",
            allowed=True,
        )
        await asyncio.sleep(dice.random() / 100)
        await log(session, decided)
        await asyncio.sleep(dice.random() / 100)


async def main(url: str, center: UUID, person: UUID) -> None:
    database, dice, done, policy = Database(url), Random(person.int), Counter[str](), 1  # noqa: S311 - no secret
    reading = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    while not reading.done():
        tenant = Tenant(person_id=person, organization_id=center, center_id=center, wall=Wall.CENTER, policy=policy)
        try:
            await written(database, tenant, dice)
            done["written"] += 1
        except RightsChanged:
            done["turned"] += 1
            async with database.transaction() as session:
                policy = (await session.exec(select(PolicyCurrent.version).where(col(PolicyCurrent.center_id) == center))).one()
    await database.close()
    sys.stdout.write(f"{done['written']} {done['turned']}\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], UUID(sys.argv[2]), UUID(sys.argv[3])))
