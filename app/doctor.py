"""`dudao doctor`: is what we stand on sound?"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from app import migrate
from app.databases import Databases, connect, faults_of_role
from app.keys import id_keys, misfit
from app.postgres_programs import OLDEST
from app.settings import Settings

LEAST_FREE = 1.0
VERSION_UNIT = 10_000


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is well, and what was seen."""

    well: bool
    seen: str


async def examine(databases: Databases, settings: Settings) -> list[Finding]:
    """Version, role, tables, checksums, keys and free disk of a database. Raises NotStarted when it does not let us in."""
    connection = await connect(databases.app)
    try:
        findings = [await version(connection), await role(connection), await checksums(connection)]
    finally:
        await connection.close()
    at = await migrate.revision(databases.owner or databases.app)
    findings.append(Finding(at == migrate.head(), f"tables at {at or 'nothing'}, this release at {migrate.head() or 'nothing'}"))
    if at == migrate.head():
        findings.append(await keys(databases.owner or databases.app, settings))
    return [*findings, disk(databases.embedded.home if databases.embedded else settings.data_dir)]


async def keys(url: str, settings: Settings) -> Finding:
    wrong = await misfit(url, id_keys(settings))
    return Finding(wrong is None, wrong or "the keys of id numbers fit")


async def version(connection: asyncpg.Connection) -> Finding:
    number = int(await connection.fetchval("SHOW server_version_num"))
    return Finding(number >= OLDEST * VERSION_UNIT, f"PostgreSQL {await connection.fetchval('SHOW server_version')}")


async def role(connection: asyncpg.Connection) -> Finding:
    name = await connection.fetchval("SELECT current_user")
    faults = await faults_of_role(connection)
    return Finding(not faults, f"serving role {name} {' and '.join(faults) or 'owns nothing and bypasses nothing'}")


async def checksums(connection: asyncpg.Connection) -> Finding:
    state = await connection.fetchval("SHOW data_checksums")
    return Finding(state == "on", f"data checksums {state}")


def disk(folder: Path) -> Finding:
    there = next(path for path in [folder, *folder.parents] if path.exists())
    free = shutil.disk_usage(there).free / 2**30
    return Finding(free >= LEAST_FREE, f"{free:.1f} GiB free for {folder}")
