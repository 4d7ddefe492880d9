"""`dudao account`, `dudao membership`, `dudao token`: who may come in. They work on the database of a running service."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from app import clock
from app.settings import Settings, load

if TYPE_CHECKING:
    from models.database import Database

T = TypeVar("T")

account = typer.Typer(help="Accounts of people and of other institutions' machines.", no_args_is_help=True)
membership = typer.Typer(help="Who holds which role for which organization.", no_args_is_help=True)
token = typer.Typer(help="Bearer tokens.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The name of the account.")]
OfAccount = Annotated[str, typer.Option("--account", help="The name of the account.")]
OfRole = Annotated[str, typer.Option("--role", help="A role, like center_admin or district_dispatcher.")]
AtOrganization = Annotated[str, typer.Option("--organization", help="Typed id, code or full name of an organization.")]
By = Annotated[str | None, typer.Option("--by", help="The account of who decided it; without it the person's own.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the membership and its event.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@account.command("list")
def account_list(*, as_json: AsJson = False) -> None:
    """List all accounts with their roles and organizations."""
    from app import accounts  # noqa: PLC0415

    found = on_database(lambda database: accounts.listed(database, now=clock.now()))
    if as_json:
        typer.echo(json.dumps([one.shown() for one in found], ensure_ascii=False, indent=1))
        return
    for one in found:
        offices = ", ".join(office.told() for office in one.memberships)
        typer.echo(f"{one.name}\t{one.kind.lower()}{' disabled' if one.disabled else ''}\t{one.person}\t{offices}")


@account.command("create")
def account_create(
    name: Name,
    *,
    person: Annotated[str, typer.Option(help="The name of a new person, or the id of a registered one (per_…).")],
    organization: Annotated[str | None, typer.Option(help="Typed id, code or full name of the organization it belongs to.")] = None,
    role: Annotated[list[str] | None, typer.Option(help="A role there; may be repeated.")] = None,
    machine: Annotated[bool, typer.Option(help="A machine of another institution: tokens only, no password.")] = False,
    operator: Annotated[bool, typer.Option(help="Who works with these commands: never signs in, and holds no role.")] = False,
    by: By = None,
    reason: Reason = "dudao account create",
) -> None:
    """Create an account. The password is asked for, or read from standard input."""
    from app import accounts  # noqa: PLC0415
    from models.memberships import AccountKind  # noqa: PLC0415

    new = accounts.New(
        name=name,
        kind=AccountKind.OPERATOR if operator else AccountKind.MACHINE if machine else AccountKind.PERSON,
        person=person,
        organization=organization,
        roles=role or [],
        password_hash=None if machine or operator else hash_of_new_password(),
        by=by,
        reason=reason,
    )
    on_database(lambda database: accounts.create(database, new, now=clock.now()))
    typer.echo(f"{name} was created.")


@account.command("disable")
def account_disable(name: Name) -> None:
    """Let nobody in by an account any more; its tokens end at once."""
    from app import accounts  # noqa: PLC0415

    ended = on_database(lambda database: accounts.disable(database, name, now=clock.now()))
    typer.echo(f"{name} is disabled; {ended} tokens ended.")


@account.command("password")
def account_password(name: Name) -> None:
    """Give an account a new password, asked for or read from standard input."""
    from app import accounts  # noqa: PLC0415

    kept = hash_of_new_password()
    on_database(lambda database: accounts.set_password(database, name, kept))
    typer.echo(f"{name} has a new password.")


Until = Annotated[datetime | None, typer.Option(help="The instant it ends, in UTC.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])]


@membership.command("grant")
def membership_grant(
    *,
    account: OfAccount,
    role: OfRole,
    organization: AtOrganization,
    until: Until = None,
    by: By = None,
    reason: Reason = "dudao membership grant",
) -> None:
    """Give a role from now on."""
    from app import accounts  # noqa: PLC0415

    given = accounts.Grant(account=account, role=role, organization=organization, by=by, reason=reason, until=in_utc(until))
    on_database(lambda database: accounts.grant(database, given, now=clock.now()))
    typer.echo(f"{account} holds {role} now.")


@membership.command("delegate")
def membership_delegate(
    *,
    account: OfAccount,
    to: Annotated[str, typer.Option(help="The account of the colleague who stands in.")],
    role: OfRole,
    organization: AtOrganization,
    until: Until = None,
    reason: Reason = "dudao membership delegate",
) -> None:
    """Lend a role to a colleague until a day. It ends by itself, with the own role, or by `membership end` of the colleague's."""
    from app import accounts  # noqa: PLC0415

    given = accounts.Grant(account=account, role=role, organization=organization, by=None, reason=reason, until=in_utc(until))
    on_database(lambda database: accounts.delegate(database, given, to=to, now=clock.now()))
    typer.echo(f"{to} stands in for {account} as {role}.")


@membership.command("end")
def membership_end(*, account: OfAccount, role: OfRole, organization: AtOrganization, by: By = None, reason: Reason = "dudao membership end") -> None:
    """End a role now; it binds whatever the person does next."""
    from app import accounts  # noqa: PLC0415

    given = accounts.Grant(account=account, role=role, organization=organization, by=by, reason=reason)
    on_database(lambda database: accounts.end(database, given, now=clock.now()))
    typer.echo(f"{account} no longer holds {role}.")


@token.command("issue")
def token_issue(*, account: OfAccount, hours: Annotated[float, typer.Option(help="How long it holds.")] = 8) -> None:
    """Print a new bearer token, and nothing else."""
    from app import accounts  # noqa: PLC0415

    typer.echo(on_database(lambda database: accounts.issue_token(database, account, hours=hours, now=clock.now())))


@token.command("revoke")
def token_revoke(
    *, account: Annotated[str | None, typer.Option(help="End all tokens of this account; without it, the one on standard input.")] = None
) -> None:
    """End tokens at once. Exit 1 where there was none to end."""
    from app import accounts  # noqa: PLC0415

    if account is not None:
        ended = on_database(lambda database: accounts.revoke_tokens(database, account, now=clock.now()))
    else:
        given = secret("Token").strip()
        ended = on_database(lambda database: accounts.revoke_token(database, given, now=clock.now()))
    typer.echo(f"{ended} tokens ended.")
    raise typer.Exit(0 if ended else 1)


def in_utc(given: datetime | None) -> datetime | None:
    """An instant as it was typed, which names no zone."""
    return given.replace(tzinfo=clock.now().tzinfo) if given else None


def on_database(work: Callable[["Database"], Awaitable[T]]) -> T:
    """Does it on the database of the settings, as its owner, whom no wall of a tenant stops. A mistake of the caller's exits with 1 and its sentence."""
    from app.accounts import Mistake  # noqa: PLC0415
    from app.databases import opened  # noqa: PLC0415
    from models.database import Database  # noqa: PLC0415

    async def inside(url: str) -> T:
        database = Database(url, pool_size=1)
        try:
            return await work(database)
        finally:
            await database.close()

    try:
        with opened(load()) as databases:
            return asyncio.run(inside(databases.owner or databases.app))
    except Mistake as mistake:
        typer.echo(str(mistake), err=True)
        raise typer.Exit(1) from None


def hash_of_new_password() -> str:
    """Of a password typed twice, or given on standard input. Exit 1 where it is too short."""
    from app.passwords import Passwords, weight_of  # noqa: PLC0415
    from domain.accounts import SHORTEST_PASSWORD  # noqa: PLC0415

    password = secret("Password", twice=True)
    if len(password) < SHORTEST_PASSWORD:
        typer.echo(f"A password has at least {SHORTEST_PASSWORD} characters.", err=True)
        raise typer.Exit(1)
    settings: Settings = load()
    return Passwords(weight_of(demo=settings.demo)).hashed(password)


def secret(what: str, *, twice: bool = False) -> str:
    """Never an argument, where every user of the machine could read it."""
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=True, confirmation_prompt=twice))
    return sys.stdin.readline().rstrip("\r\n")
