"""The databases of the benchmark: made once for each size, kept under var/bench, used again while they still fit, lent out as copies."""

import asyncio
import json
import os
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
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
    """What a kept database holds. Another one in its place means that it is made anew."""

    inspections: int
    seed: int
    migrations: str


@dataclass(frozen=True)
class Lent:
    """A copy to do with as one likes: by its owner, and as the service reaches it."""

    owner: str
    url: str


def wanted(inspections: int) -> Made:
    """As it would be made now. Of the migrations the head and their text, since an unpublished one may still be rewritten in place."""
    texts = b"".join(path.read_bytes() for path in sorted(migrate.VERSIONS.glob("*.py")))
    return Made(inspections, VERSION, f"{migrate.head()} {sha256(texts).hexdigest()[:16]}")


def fits(folder: Path, now: Made) -> bool:
    """Whether what is kept in the folder is what would be made now. A database half made has no stamp."""
    try:
        return Made(**json.loads((folder / STAMP).read_text(encoding="utf-8"))) == now
    except (OSError, ValueError, TypeError):
        return False


def kept(folder: Path, inspections: int) -> Path:
    """The folder of the cluster of this size, made anew where it does not fit. A million inspections take some minutes."""
    home, now = folder / f"{inspections}", wanted(inspections)
    if not fits(home, now):
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        began = time.perf_counter()
        with EmbeddedPostgres(home / "postgres", fsync=False) as postgres:
            owner = postgres.url("dudao_owner")
            migrate.upgrade(owner)
            asyncio.run(filled(owner, inspections))
            asyncio.run(said(postgres.url(SUPERUSER), "CHECKPOINT"))  # a server that is stopped has few seconds for its own
        os.sync()  # the load did without, and from now on it counts
        (home / STAMP).write_text(json.dumps(asdict(now)) + "\n", encoding="utf-8")
        print(f"{inspections:,} inspections loaded in {time.perf_counter() - began:.0f} s", flush=True)
    return home / "postgres"


async def filled(owner: str, inspections: int) -> None:
    database = Database(owner)
    try:
        await seed_scale(database, inspections=inspections)
    finally:
        await database.close()
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
