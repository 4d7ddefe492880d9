"""`dudao policy`: which rights are in force where, and whether a text would do. Putting one in force takes two administrators, through the API."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.settings import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from authz.changes import Cell
    from authz.policy import Said

policy = typer.Typer(help="The rights in force, and texts that might be.", no_args_is_help=True)

IN_FORCE = """
SELECT o.name, coalesce(c.version, 1) AS version, p.proposed_at
  FROM organization o LEFT JOIN policy_current c ON c.center_id = o.id LEFT JOIN policy_version p ON p.number = c.version
 WHERE o.tier = 'CENTER' ORDER BY o.name
"""


@policy.command("list")
def policy_list() -> None:
    """Say which version each center has in force; 1 comes with the release."""
    from app.databases import connect, opened  # noqa: PLC0415

    async def found(url: str) -> "Sequence[tuple[str, int, object]]":
        connection = await connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(IN_FORCE)]
        finally:
            await connection.close()

    with opened(load()) as databases:
        rows = asyncio.run(found(databases.app))
    for name, version, proposed in rows:
        typer.echo(f"{version}\t{name}\t{proposed or 'as released'}")


@policy.command("show")
def policy_show(number: Annotated[int, typer.Argument(help="The number of a version.")] = 1) -> None:
    """Print a version in the form of authz/policy.csv. Exit 1 where there is none."""
    from app.databases import opened  # noqa: PLC0415
    from authz.access import VERSIONS  # noqa: PLC0415
    from authz.versions import PolicyUnavailable  # noqa: PLC0415
    from models.database import Database  # noqa: PLC0415

    async def found(url: str) -> "Sequence[Said]":
        database = Database(url, pool_size=1)
        try:
            reading = database.glance()
            return await VERSIONS.read(reading, number)
        finally:
            await database.close()

    try:
        with opened(load()) as databases:
            said = asyncio.run(found(databases.app))
    except PolicyUnavailable as reason:
        typer.echo(str(reason), err=True)
        raise typer.Exit(1) from None
    typer.echo("\n".join(text_of(said)))


@policy.command("check")
def policy_check(file: Annotated[Path, typer.Argument(help="A text in the form of authz/policy.csv.")]) -> None:
    """Say who would gain and lose what beside the released rights; exit 1 and name the line where the text cannot be trusted."""
    from authz.access import POLICY, VERSIONS  # noqa: PLC0415
    from authz.changes import difference  # noqa: PLC0415
    from authz.policy import BadPolicy, said_in  # noqa: PLC0415

    try:
        new = VERSIONS.compiled(said_in(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, BadPolicy) as reason:
        typer.echo(f"{file.name}: {reason}", err=True)
        raise typer.Exit(1) from None
    cells = difference(POLICY, new)
    typer.echo("\n".join(map(told, cells)) or "The released rights.")


def text_of(said: "Sequence[Said]") -> list[str]:
    """Each article once, above the lines that stand on it."""
    lines: list[str] = []
    article = ""
    for one in said:
        if one.article != article:
            article = one.article
            lines += [*([""] if lines else []), f"# {article}"]
        lines.append(", ".join(one.words))
    return lines


def told(cell: "Cell") -> str:
    where = " ".join([*cell.standing, *(f"not:{one}" for one in cell.lacking)]) or "always"
    return f"{cell.role} {'gains' if cell.gains else 'loses'} {cell.action} ({where}; {', '.join(cell.places)})"
