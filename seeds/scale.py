"""A large jurisdiction for bench/: 16 districts and as many inspections as wanted, written by COPY, since the verbs would take hours.

The tree, the rules and the forms come from the domain's own verbs; what there is much of is invented here, the same at every run. The mix of
states is the same at every date, so that a page costs the same wherever it stands. Nobody can sign in: there are accounts without passwords,
for which `dudao token issue` makes tokens. Left out, because nothing measured reads them: signatures, YES answers, letters and reports.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import asyncpg

from models.database import Database, driver_of
from seeds import scale_cases, scale_people
from seeds.scale_town import populated, visits

FOREIGN_KEYS = """
SELECT format('%s DROP CONSTRAINT %I', t, conname) AS away, format('%s ADD CONSTRAINT %I %s', t, conname, pg_get_constraintdef(oid)) AS back
  FROM pg_constraint, LATERAL format('ALTER TABLE %s', conrelid::regclass) AS t
 WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""


async def seed_scale(database: Database, *, inspections: int) -> None:
    """Fills an empty database. As its owner, since only the owner may ANALYZE and take foreign keys away for a moment."""
    async with database.transaction() as session:
        driver = cast("asyncpg.Connection", await driver_of(await session.connection()))
        await driver.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
        town = await populated(session, driver, inspections)
        async with foreign_keys_afterwards(driver):
            await scale_people.write(driver, town)
            await scale_cases.write(driver, town, visits(inspections, agencies=len(town.places), items=len(town.items)))
        await driver.execute("ANALYZE")


@asynccontextmanager
async def foreign_keys_afterwards(driver: asyncpg.Connection) -> AsyncIterator[None]:
    """Foreign keys are checked once for all rows instead of at each, which is much quicker. In one transaction, so nobody ever misses them."""
    keys = await driver.fetch(FOREIGN_KEYS)
    for key in keys:
        await driver.execute(key["away"])
    yield
    for key in keys:
        await driver.execute(key["back"])
