"""A database cluster that lives as long as a test run. What an earlier run left behind when it was killed is swept away first."""

import asyncio
import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from app.databases import connect
from app.embedded_postgres import EmbeddedPostgres

PREFIX = "dudao-test-"
NUMBERS = itertools.count()


def memory() -> Path:
    """A folder in memory where there is one: it lies outside pytest's own, which root's account for the database cannot reach."""
    shared = Path("/dev/shm")  # noqa: S108 (a fixed name of Linux)
    return shared if os.access(shared, os.W_OK) else Path(tempfile.gettempdir())


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def sweep() -> None:
    """Remove the folders of test runs that are no more; their servers died with them."""
    for place in {memory(), Path(tempfile.gettempdir())}:
        for folder in place.glob(f"{PREFIX}*"):
            with contextlib.suppress(ValueError, IndexError):
                if not alive(int(folder.name.removeprefix(PREFIX).split("-")[0])):
                    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def scratch_folder(place: Path) -> Iterator[Path]:
    """A name for a cluster's folder in `place`; whatever is made there is removed at the end."""
    folder = place / f"{PREFIX}{os.getpid()}-{next(NUMBERS)}"
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def scratch_cluster() -> Iterator[EmbeddedPostgres]:
    """A running cluster in memory without fsync."""
    sweep()
    with scratch_folder(memory()) as folder, EmbeddedPostgres(folder, fsync=False) as postgres:
        yield postgres


def ask(url: str, *statements: str) -> object:
    """What the last of some statements says."""

    async def asking() -> object:
        connection = await connect(url)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(asking())
