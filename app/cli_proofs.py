"""`dudao audit` and `dudao verify-draw`: proofs that anyone in charge may repeat."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from app import clock
from app.settings import load

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlmodel.ext.asyncio.session import AsyncSession

    from domain.audit import Chain

T = TypeVar("T")

audit = typer.Typer(help="The chained history.", no_args_is_help=True)


PublicKey = Annotated[str | None, typer.Option("--public-key", help="The key that must have signed, in hex; without it the one in the file.")]


@audit.command("verify")
def audit_verify(
    file: Annotated[Path | None, typer.Argument(help="An export; without it the database of the settings.")] = None, *, public_key: PublicKey = None
) -> None:
    """Recompute every chain of events and decisions, or those of an export; exit 1 and say where one is broken."""
    if file is not None:
        verify_export(file, public_key)
        return
    found = on_chains(chains_of)
    for chain in found:
        sound = f"{chain.length} events, head {chain.head.hex()[:16]}; {chain.decisions} decisions, head {chain.decision_head.hex()[:16]}"
        typer.echo(f"{'BAD ' if chain.fault else 'well'}  {chain.name}: {chain.fault or sound}")
    raise typer.Exit(1 if any(chain.fault for chain in found) else 0)


@audit.command("roll-up")
def audit_roll_up(*, out: Annotated[Path | None, typer.Option(help="The file to write; without it the statement is printed.")] = None) -> None:
    """Sign the lengths and heads of all chains. Kept elsewhere, it tells later whether anything before was written anew."""
    key, at = audit_key(), clock.now()
    statement = json.dumps(on_chains(lambda session: rolled_up(session, key, at=at)), ensure_ascii=False, indent=1) + "\n"
    if out is None:
        typer.echo(statement, nl=False)
    else:
        out.write_text(statement, encoding="utf-8")


@audit.command("export")
def audit_export(
    *,
    organization: Annotated[str, typer.Option(help="Typed id, code or full name of the organization whose chains are written.")],
    out: Annotated[Path, typer.Option(help="The file to write, JSON lines.")],
) -> None:
    """Write the chains of one organization with a signed roll-up, for `dudao audit verify FILE` on any machine."""
    key, at = audit_key(), clock.now()
    written = on_chains(lambda session: export(session, organization, key=key, at=at, out=out))
    typer.echo(f"{out}: {written} lines.")


def verify_export(file: Path, public_key: str | None) -> None:
    from domain.rollups import verified  # noqa: PLC0415

    try:
        with file.open(encoding="utf-8") as lines:
            found = verified(lines, public_key=public_key)
    except (OSError, ValueError, KeyError, TypeError) as error:
        typer.echo(f"{file} is no export: {type(error).__name__} {error}", err=True)
        raise typer.Exit(2) from None
    sound = f"{found.events} events, {found.decisions} decisions, signed at {found.at} by {found.public_key}"
    typer.echo(f"{'BAD ' if found.fault else 'well'}  {found.organization}: {found.fault or sound}")
    raise typer.Exit(1 if found.fault else 0)


async def chains_of(session: "AsyncSession") -> list["Chain"]:
    from domain.audit import chains  # noqa: PLC0415

    return await chains(session)


async def rolled_up(session: "AsyncSession", key: "Ed25519PrivateKey", *, at: datetime) -> Mapping[str, Any]:
    from domain import rollups  # noqa: PLC0415

    return await rollups.rolled_up(session, key, at=at)


async def export(session: "AsyncSession", organization: str, *, key: "Ed25519PrivateKey", at: datetime, out: Path) -> int:
    """The file appears whole or not at all. Gives how many lines it has."""
    from app.accounts import organization_of  # noqa: PLC0415
    from domain import rollups  # noqa: PLC0415

    place = await organization_of(session, organization)
    count, fresh = 0, out.with_name(f".{out.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        async for line in rollups.exported(session, place.id, await rollups.rolled_up(session, key, at=at)):
            file.write(line)
            count += 1
    fresh.replace(out)
    return count


def audit_key() -> "Ed25519PrivateKey":
    """The operator's, from the settings. Exit 1 where there is none."""
    from domain.rollups import signing_key  # noqa: PLC0415

    secret = load().audit_key
    if secret is None:
        typer.echo("DUDAO_AUDIT_KEY must be given to sign a roll-up.", err=True)
        raise typer.Exit(1)
    return signing_key(secret.get_secret_value())


def on_chains(work: Callable[["AsyncSession"], Awaitable[T]]) -> T:
    """Does it in one snapshot of the database of the settings, as its owner, who sees all rows. A broken chain or a wrong name exits with 1."""
    from app.accounts import Mistake  # noqa: PLC0415
    from app.databases import opened  # noqa: PLC0415
    from models.database import Database  # noqa: PLC0415

    async def inside(url: str) -> T:
        database = Database(url, pool_size=1)
        try:
            async with database.snapshot() as session:
                return await work(session)
        finally:
            await database.close()

    try:
        with opened(load()) as databases:
            return asyncio.run(inside(databases.owner or databases.app))
    except (Mistake, ValueError) as mistake:
        typer.echo(str(mistake), err=True)
        raise typer.Exit(1) from None


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
