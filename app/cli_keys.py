"""`dudao keys`: the keys of the id numbers, changed beside a running service."""

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

import typer

from app.settings import BadSetting, load

if TYPE_CHECKING:
    from domain.identity_numbers import Part
    from domain.sealing import IdKeys
    from models.database import Database

FIRST = UUID(int=0)
keys = typer.Typer(help="The keys that id numbers are indexed and sealed with.", no_args_is_help=True)


@keys.callback()
def chosen() -> None:
    """The keys that id numbers are indexed and sealed with."""


@keys.command("rotate")
def rotate() -> None:
    """Put every id number under DUDAO_ID_KEY and DUDAO_SEAL_KEY, while the service runs with them and the ones before.

    May be broken off and run again. Exit 1 while the keys before are still needed.
    """
    from app.databases import opened  # noqa: PLC0415
    from app.keys import id_keys  # noqa: PLC0415

    settings = load()
    new = id_keys(settings)
    with opened(settings) as databases:
        if databases.owner is None:
            raise BadSetting("DUDAO_OWNER_DATABASE_URL must be given: rosters that wait are behind the walls between tenants.")
        found = asyncio.run(_rotated(databases.owner, new))
    typer.echo(f"{found.moved} id numbers put under the newest keys, {found.current} were there already.")
    waiting = found.digest_only if len(new.index) > 1 else 0
    if waiting:
        typer.echo(f"{waiting} persons have a digest and no number: they move when they are named again; keep DUDAO_ID_KEY_BEFORE.")
    if found.unreadable:
        typer.echo(f"{found.unreadable} numbers are opened by none of the keys given.")
    if found.left:
        typer.echo(f"{found.left} were changed meanwhile or stand twice: run it again; what stays is one person in two rows.")
    raise typer.Exit(1 if waiting or found.unreadable or found.left else 0)


async def _rotated(url: str, new: "IdKeys") -> "Part":
    from models.database import Database  # noqa: PLC0415

    database = Database(url, pool_size=1)
    try:
        return await rotated(database, new)
    finally:
        await database.close()


async def rotated(database: "Database", new: "IdKeys", *, parts: int | None = None) -> "Part":
    """All persons part by part, then rosters that wait, secrets of webhooks and who complained, each in a transaction of its own; with `parts` only so many."""
    from domain.identity_numbers import SEALED, Part, rotate_next, rotate_part  # noqa: PLC0415

    sum_, after, done = Part(FIRST), FIRST, 0
    while parts is None or done < parts:
        async with database.transaction() as session:
            part = await rotate_part(session, keys=new, after=after)
        sum_, done = sum_ + part, done + 1
        if part.last is None:
            break
        after = part.last
    else:
        return sum_
    for model, column in SEALED:
        waiting: UUID | None = FIRST
        while waiting is not None:
            async with database.transaction() as session:
                waiting = await rotate_next(session, model, column, keys=new, after=waiting)
    return sum_
