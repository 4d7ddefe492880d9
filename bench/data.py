"""The databases of the benchmark: made once for each size, kept under var/bench, used again while they still fit, lent out as copies."""

import asyncio
import json
import os
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

import asyncpg

from app import migrate
from app.databases import connect
from app.embedded_postgres import EmbeddedPostgres
from app.postgres_cluster import DATABASE, SUPERUSER
from models.database import Database
from seeds.scale import VERSION, seed_scale

STAMP = "made.json"
SCRATCH = "scratch"


@dataclass(frozen=True)
class Made:
    """What a kept database holds. Another one in its place means that it is made anew; with migrations added behind these, that it is migrated."""

    inspections: int
    seed: int
    migrations: list[str]


@dataclass(frozen=True)
class Lent:
    """A copy to do with as one likes: by its owner, and as the service reaches it."""

    owner: str
    url: str


def wanted(inspections: int) -> Made:
    """As it would be made now. Of each migration also its text, since an unpublished one may still be rewritten in place."""
    texts = {path.stem: path.read_bytes() for path in sorted(migrate.VERSIONS.glob("*.py"))}
    return Made(inspections, VERSION, [f"{name} {sha256(text).hexdigest()[:16]}" for name, text in texts.items()])


def found(folder: Path) -> Made | None:
    """What is kept in the folder. A database half made has no stamp."""
    try:
        return Made(**json.loads((folder / STAMP).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def grown(before: Made | None, now: Made) -> bool:
    """Whether nothing but migrations have been added since, if anything."""
    return before is not None and replace(before, migrations=now.migrations) == now and before.migrations == now.migrations[: len(before.migrations)]


def kept(folder: Path, inspections: int) -> Path:
    """The folder of the cluster of this size, made anew where it does not fit. A million inspections take some minutes."""
    home, now = folder / f"{inspections}", wanted(inspections)
    before = found(home)
    if before != now:
        fresh = not grown(before, now)
        (home / STAMP).unlink(missing_ok=True)
        if fresh:
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
        began = time.perf_counter()
        with EmbeddedPostgres(home / "postgres", fsync=False) as postgres:
            owner = postgres.url("dudao_owner")
            migrate.upgrade(owner)
            asyncio.run(filled(owner, inspections) if fresh else cleaned(owner))
            asyncio.run(said(postgres.url(SUPERUSER), "CHECKPOINT"))  # a server that is stopped has few seconds for its own
        os.sync()  # the load did without, and from now on it counts
        (home / STAMP).write_text(json.dumps(asdict(now)) + "\n", encoding="utf-8")
        print(f"{inspections:,} inspections {'loaded' if fresh else 'migrated'} in {time.perf_counter() - began:.0f} s", flush=True)
    return home / "postgres"


async def filled(owner: str, inspections: int) -> None:
    database = Database(owner)
    try:
        await seed_scale(database, inspections=inspections)
    finally:
        await database.close()
    await cleaned(owner)


async def cleaned(owner: str) -> None:
    async with connected(owner) as connection:
        await connection.execute("VACUUM ANALYZE")


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@contextmanager
def lent(folder: Path, inspections: int) -> Iterator[Lent]:
    """A running copy of the kept database, so that no part leaves anything behind for the next one."""
    with EmbeddedPostgres(kept(folder, inspections)) as postgres:
        owner = postgres.url("dudao_owner")
        asyncio.run(copied(postgres.url(SUPERUSER, "postgres")))
        yield Lent(postgres.url("dudao_owner", SCRATCH), postgres.url("dudao_app", SCRATCH))
        asyncio.run(said(owner, f"DROP DATABASE {SCRATCH} WITH (FORCE)"))


@contextmanager
def fresh(folder: Path) -> Iterator[Lent]:
    """A running database with tables and no rows, in a folder that is emptied before and after."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with EmbeddedPostgres(folder / "postgres") as postgres:
            made = Lent(postgres.url("dudao_owner"), postgres.url("dudao_app"))
            migrate.upgrade(made.owner)
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def copied(superuser: str) -> None:
    await said(superuser, f"DROP DATABASE IF EXISTS {SCRATCH} WITH (FORCE)")
    await said(superuser, f"CREATE DATABASE {SCRATCH} OWNER dudao_owner TEMPLATE {DATABASE} STRATEGY FILE_COPY")


async def said(url: str, statement: str) -> None:
    async with connected(url) as connection:
        await connection.execute(statement)
