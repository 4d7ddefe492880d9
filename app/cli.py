"""`dudao`: each command reads the settings and calls one function elsewhere. What a command needs is imported when it runs."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from app import cli_accounts, cli_files, cli_keys, cli_policies, cli_proofs
from app.postgres_programs import NotStarted
from app.settings import BadSetting, load, table

SDL = Path(__file__).resolve().parent.parent / "gql" / "schema.graphql"

app = typer.Typer(
    help="Supervision of the quality of vocational skill recognition.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
app.add_typer(cli_accounts.account, name="account")
app.add_typer(cli_accounts.membership, name="membership")
app.add_typer(cli_accounts.token, name="token")
app.add_typer(cli_proofs.audit, name="audit")
app.add_typer(cli_files.files, name="files")
app.add_typer(cli_keys.keys, name="keys")
app.add_typer(cli_policies.policy, name="policy")
app.command()(cli_proofs.verify_draw)


@app.command()
def serve() -> None:
    """Serve until told to stop; without DUDAO_DATABASE_URL with the embedded database."""
    settings = load()
    from app.serve import serve as run  # noqa: PLC0415

    run(settings)


@app.command()
def worker() -> None:
    """Do what falls due, round after round: reply times, expiries, reminders, notifications, webhooks. Any number may run beside the service."""
    settings = load()
    from app.working import work  # noqa: PLC0415

    work(settings)


@app.command()
def migrate() -> None:
    """Bring the tables up to this release, as the database's owner."""
    from app import migrate as migrations  # noqa: PLC0415
    from app.databases import opened  # noqa: PLC0415

    with opened(load()) as databases:
        migrations.upgrade(databases.owner or databases.app)
        typer.echo(f"The tables are at {migrations.head()}.")


@app.command()
def revise(message: Annotated[str, typer.Argument(help="What the migration does, in a few words.")]) -> None:
    """Write the next migration from the difference between the models and the database."""
    from app import migrate as migrations  # noqa: PLC0415
    from app.databases import opened  # noqa: PLC0415

    with opened(load()) as databases:
        url = databases.owner or databases.app
        migrations.upgrade(url)
        migrations.revise(url, message)


@app.command()
def seed(
    *, scale: Annotated[int, typer.Option(min=0, help="Instead of the demo: so many inspections in one large jurisdiction, for measuring.")] = 0
) -> None:
    """Fill an empty database with the demo's world."""
    from app import migrate as migrations  # noqa: PLC0415
    from app.databases import opened  # noqa: PLC0415
    from app.serve import seed_if_empty  # noqa: PLC0415

    settings = load()
    with opened(settings) as databases:
        migrations.upgrade(databases.owner or databases.app)
        empty = asyncio.run(seed_if_empty(settings, databases, scale=scale))
    typer.echo("The world is there." if empty else "The database is not empty: nothing was done.")


@app.command()
def doctor() -> None:
    """Look at version, role, tables, checksums, keys and free disk; exit 1 when something is not well."""
    from app.databases import opened  # noqa: PLC0415
    from app.doctor import examine  # noqa: PLC0415

    settings = load()
    with opened(settings) as databases:
        findings = asyncio.run(examine(databases, settings))
    for finding in findings:
        typer.echo(f"{'well' if finding.well else 'BAD '}  {finding.seen}")
    raise typer.Exit(0 if all(finding.well for finding in findings) else 1)


@app.command()
def schema(*, check: Annotated[bool, typer.Option(help="Change nothing; exit 1 when the file is not current.")] = False) -> None:
    """Print the schema to gql/schema.graphql."""
    from gql.schema import schema as current  # noqa: PLC0415

    printed = current.as_str() + "\n"
    if not check:
        SDL.write_text(printed)
    elif not SDL.exists() or SDL.read_text() != printed:
        typer.echo("gql/schema.graphql is not current: run `make schema` and read the difference.", err=True)
        raise typer.Exit(1)


@app.command()
def settings() -> None:
    """Print the table of all settings, as README.md shows it."""
    typer.echo(table())


def main() -> None:
    """The entry. A bad setting exits with 2, a database that does not start with 1, each with one sentence."""
    try:
        app()
    except BadSetting as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except NotStarted as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
