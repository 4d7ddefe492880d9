"""The database of the settings: the one named there, or the embedded one, started or adopted."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg

from app.embedded_postgres import EmbeddedPostgres
from app.postgres_cluster import APP, OWNER
from app.postgres_programs import NotStarted
from app.settings import Settings
from models.pipeline import without_options

UNSAFE = """
SELECT array_remove(ARRAY[
    CASE WHEN rolsuper THEN 'is a superuser' END,
    CASE WHEN rolbypassrls THEN 'bypasses row-level security' END,
    CASE WHEN EXISTS (SELECT FROM pg_roles w WHERE starts_with(w.rolname, 'wall_') AND pg_has_role(pg_roles.oid, w.oid, 'USAGE')) THEN 'inherits from a wall' END,
    CASE WHEN (SELECT count(*) FROM pg_roles w WHERE starts_with(w.rolname, 'wall_') AND pg_has_role(pg_roles.oid, w.oid, 'SET')) < 6
         THEN 'may not stand behind every wall' END,
    CASE WHEN EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid) THEN 'owns tables' END,
    CASE WHEN EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND datdba = pg_roles.oid) THEN 'owns the database' END
], NULL) FROM pg_roles WHERE rolname = current_user
"""


@dataclass(frozen=True)
class Databases:
    """How to reach one database: as the role that serves and, where it is known, as the role that migrates."""

    app: str
    owner: str | None
    embedded: EmbeddedPostgres | None


@contextmanager
def opened(settings: Settings, *, adopt: bool = True, meanwhile: Callable[[], object] = bool) -> Iterator[Databases]:
    """The database for as long as the block lasts. With `adopt`, the embedded server of a running service will do. Raises NotStarted.

    `meanwhile` is done while an embedded server starts.
    """
    if settings.database_url:
        yield Databases(settings.database_url, settings.owner_database_url, None)
        return
    postgres = EmbeddedPostgres(settings.data_dir / "postgres")
    postgres.start(adopt=adopt, meanwhile=meanwhile)
    try:
        yield Databases(postgres.url(APP), postgres.url(OWNER), postgres)
    finally:
        postgres.stop()


async def connect(url: str) -> asyncpg.Connection:
    """A plain connection, for the few questions asked before the service runs. Raises NotStarted when nobody answers."""
    try:
        plain, _ = without_options(url)
        return await asyncpg.connect(plain.replace("+asyncpg", "", 1), timeout=10, statement_cache_size=0)
    except (OSError, asyncpg.PostgresError, asyncio.TimeoutError) as error:  # noqa: UP041 (asyncpg's own words for it)
        raise NotStarted(f"The database does not let us in: {error or type(error).__name__}") from error


async def faults_of_role(connection: asyncpg.Connection) -> list[str]:
    """Why the role of this connection must not serve: any of these makes the second wall between tenants transparent."""
    return list(await connection.fetchval(UNSAFE))


async def refuse_unsafe_role(url: str) -> None:
    """Raise NotStarted when the role that is to serve could see past row-level security."""
    connection = await connect(url)
    try:
        faults = await faults_of_role(connection)
    finally:
        await connection.close()
    if faults:
        raise NotStarted(f"The role of DUDAO_DATABASE_URL {' and '.join(faults)}: serve as a role like {APP}.")
