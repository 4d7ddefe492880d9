"""`dudao audit` and `dudao verify-draw`: proofs that anyone in charge may repeat."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.settings import load

if TYPE_CHECKING:
    from domain.audit import Chain

audit = typer.Typer(help="The chained history.", no_args_is_help=True)


@audit.command("verify")
def audit_verify() -> None:
    """Recompute every chain of events; exit 1 and say where one is broken."""
    from app.databases import opened  # noqa: PLC0415

    with opened(load()) as databases:
        found = asyncio.run(_chains(databases.owner or databases.app))
    for chain in found:
        typer.echo(f"{'BAD ' if chain.fault else 'well'}  {chain.name}: {chain.fault or f'{chain.length} events, head {chain.head.hex()[:16]}'}")
    raise typer.Exit(1 if any(chain.fault for chain in found) else 0)


async def _chains(url: str) -> list["Chain"]:
    from domain.audit import chains  # noqa: PLC0415
    from models.database import Database  # noqa: PLC0415

    database = Database(url, pool_size=1)
    try:
        async with database.transaction() as session:
            return await chains(session)
    finally:
        await database.close()


def verify_draw(file: Annotated[Path, typer.Argument(help="A published draw, as docs/verify_draw.py reads it.")]) -> None:
    """Recompute a published draw; exit 1 and print the differences. docs/verify_draw.py does the same without us."""
    try:
        differences = differences_in(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        typer.echo(f"{file} is no published draw: {type(error).__name__} {error}", err=True)
        raise typer.Exit(2) from None
    typer.echo("\n".join(differences) or "OK")
    raise typer.Exit(1 if differences else 0)


def differences_in(document: dict[str, Any]) -> list[str]:
    """What does not follow from pool, secret and public value. Raises KeyError, TypeError, ValueError for another document."""
    from domain.draw import Published, digest, read_outcome, verify  # noqa: PLC0415

    texts = {name: str(document[name]) for name in ("pool", "commitment", "secret", "public_value", "seed")}
    differences = verify(Published(outcome=read_outcome(document["outcome"]), **texts))
    return differences if document["digest"] == digest(texts["pool"]) else [*differences, "the digest is not that of the pool"]
