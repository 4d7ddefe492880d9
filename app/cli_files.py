"""`dudao files`: the bytes of evidence."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import typer

from app import clock
from app.settings import BadSetting, load

if TYPE_CHECKING:
    from app.file_store import Store
    from models.database import Database

T = TypeVar("T")

files = typer.Typer(help="The files of evidence.", no_args_is_help=True)


@files.callback()
def chosen() -> None:
    """The files of evidence."""


@files.command("verify")
def verify() -> None:
    """Read every file that is kept as evidence and compare it with its row. Exit 1 where one is missing or was changed."""
    from app.file_care import faults  # noqa: PLC0415

    looked, wrong = by_the_owner(faults)
    for one in wrong:
        typer.echo(one)
    typer.echo(f"{looked} files looked at, {len(wrong)} not as they came.")
    raise typer.Exit(1 if wrong else 0)


@files.command("sweep")
def sweep() -> None:
    """Remove files that nobody attached as evidence within two weeks. May run beside the service."""
    from app.file_care import swept  # noqa: PLC0415

    found = by_the_owner(lambda store, database: swept(store, database, now=clock.now()))
    typer.echo(f"{found.gone} files removed, {found.stay} stay.")
    if found.strange:
        typer.echo(f"{found.strange} files are not ours and stay too.")


def by_the_owner(work: Callable[["Store", "Database"], Awaitable[T]]) -> T:
    """What the work says of the store and the database of the settings, seen from behind no wall."""
    from app.databases import opened  # noqa: PLC0415
    from app.file_store import store_of  # noqa: PLC0415
    from models.database import Database  # noqa: PLC0415

    settings = load()

    async def done(url: str) -> T:
        database = Database(url, pool_size=1)
        try:
            return await work(store_of(settings), database)
        finally:
            await database.close()

    with opened(settings) as databases:
        if databases.owner is None:
            raise BadSetting("DUDAO_OWNER_DATABASE_URL must be given: evidence is behind the walls between tenants.")
        return asyncio.run(done(databases.owner))
