"""A large jurisdiction for bench/: 16 districts and as many inspections as wanted, written by COPY, since the verbs would take hours.

The tree, the rules and the forms come from the domain's own verbs; what there is much of is invented here, the same at every run: persons and
cards, sessions, inspections, teams, findings, letters, rectifications, the return of each district on each month, and events in chains that hold.
The mix of states is the same at every date, so that a page costs the same wherever it stands. Nobody can sign in: there are accounts without
passwords, for which `dudao token issue` makes tokens. Left out, because nothing measured reads them: signatures, YES answers and reports.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import asyncpg

from models.base import table_of
from models.checklists import Answer, Checklist, Finding
from models.database import Database, driver_of
from models.dispatch import Assignment
from models.events import Event
from models.inspections import Inspection
from models.opinions import OpinionLetter, Rectification
from models.returns import MonthlyReturn
from models.sessions import RecognitionSession
from seeds import scale_cases, scale_events, scale_letters, scale_people, scale_returns
from seeds.scale_town import populated, visits

VERSION = 4
"""Counts up when the same number of inspections gives other rows: whoever keeps a database of them makes it anew."""

OF_CASES = [
    table_of(one).name for one in (RecognitionSession, Inspection, Assignment, Checklist, Answer, Finding, OpinionLetter, Rectification, Event)
]
"""The tables that grow with the inspections."""

GROWN = [*OF_CASES, table_of(MonthlyReturn).name]

CONSTRAINTS = """
SELECT format('%s DROP CONSTRAINT %I', t, conname) AS away, format('%s ADD CONSTRAINT %I %s', t, conname, pg_get_constraintdef(oid)) AS back
  FROM pg_constraint, LATERAL format('ALTER TABLE %s', conrelid::regclass) AS t
 WHERE connamespace = 'public'::regnamespace AND (contype = 'f' OR contype IN ('u', 'x') AND conrelid = ANY ($1::text[]::regclass[]))
 ORDER BY contype
"""
INDEXES = """
SELECT format('DROP INDEX %s', indexrelid::regclass) AS away, pg_get_indexdef(indexrelid) AS back
  FROM pg_index WHERE indrelid = ANY ($1::text[]::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
TRIGGERS = """
SELECT format('ALTER TABLE %s DISABLE TRIGGER USER', one) AS away, format('ALTER TABLE %s ENABLE TRIGGER USER', one) AS back
  FROM unnest($1::text[]::regclass[]) AS one
"""
PATIENT = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL maintenance_work_mem = '512MB'"


async def seed_scale(database: Database, *, inspections: int) -> None:
    """Fills an empty database. As its owner, since only the owner may ANALYZE and take constraints away for a moment."""
    async with database.transaction() as session:
        driver = cast("asyncpg.Connection", await driver_of(await session.connection()))
        await driver.execute(PATIENT)
        town = await populated(session, driver, inspections)
        all_of_them = visits(inspections, agencies=len(town.places), items=len(town.items))
        async with checked_afterwards(driver):
            await scale_people.write(driver, town)
            await scale_cases.write(driver, town, all_of_them)
            await scale_letters.write(driver, town, all_of_them)
            await scale_returns.write(driver, town, all_of_them)
            await scale_events.write(driver, town, all_of_them, filed=scale_returns.returns(town))
        await driver.execute("ANALYZE")


@asynccontextmanager
async def checked_afterwards(driver: asyncpg.Connection) -> AsyncIterator[None]:
    """Indexes are built and constraints checked once for all rows instead of at each, and triggers, which would only refuse what is not
    written here, are off: a fifth of the time. In one transaction, so nobody ever misses them.
    """
    found = [one for query in (CONSTRAINTS, INDEXES, TRIGGERS) for one in await driver.fetch(query, GROWN)]
    for one in found:
        await driver.execute(one["away"])
    yield
    for one in reversed(found):
        await driver.execute(one["back"])
