"""A new cluster: made beside its place and moved there whole, so that a kill in the middle leaves nothing to repair."""

import json
import os
import secrets
import shutil
import subprocess
from pathlib import Path

from app.postgres_programs import Account, NotStarted, Programs
from app.settings import write_private

BUILTIN_LOCALE_SINCE = 17
SUPERUSER, OWNER, APP, AUDITOR = "postgres", "dudao_owner", "dudao_app", "dudao_auditor"
ROLES = (SUPERUSER, OWNER, APP, AUDITOR)
DATABASE = "dudao"
WALLS = ("wall_center", "wall_district", "wall_agency", "wall_person", "wall_ticket", "wall_rules")
"""Behind one of which the app stands in every transaction; it inherits from none."""
WALLED = "dudao_walls"
"""Marks a cluster that has these roles."""
DOOR = "# Only the socket, and only with a password.\nlocal all all scram-sha-256\n"


def create(home: Path, programs: Programs, *, account: Account, fsync: bool) -> None:
    """Make the cluster `home/data` with our roles and their passwords in `home/roles.json`. Does nothing when it exists."""
    if (home / "data").exists():
        return
    fresh = home / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    account.own(fresh)
    passwords = {role: secrets.token_urlsafe(24) for role in ROLES}
    _run([programs.path("initdb"), "-D", str(fresh), *_form(programs)], account=account)
    (fresh / "pg_hba.conf").write_text(DOOR)
    _alone(fresh, programs, statements(passwords), account=account)
    (fresh / WALLED).touch()
    if fsync:
        _run([programs.path("initdb"), "--sync-only", "-D", str(fresh)], account=account)
    write_private(home / "roles.json", json.dumps(passwords))
    fresh.rename(home / "data")
    folder = os.open(home, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def add_walls(home: Path, programs: Programs, *, account: Account) -> None:
    """The roles of the second wall, in a cluster made before there were any. While no server runs; killed in the middle, it is done again."""
    if not (home / "data" / WALLED).exists():
        _alone(home / "data", programs, [f"DROP ROLE IF EXISTS {wall}" for wall in WALLS] + walls(), account=account)
        (home / "data" / WALLED).touch()


def _alone(data: Path, programs: Programs, said: list[str], *, account: Account) -> None:
    single = [programs.path("postgres"), "--single", "-D", str(data), "-c", "fsync=off", "-c", "exit_on_error=on", "template1"]
    _run(single, account=account, said="\n".join(said) + "\n")


def _form(programs: Programs) -> list[str]:
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if programs.major >= BUILTIN_LOCALE_SINCE else []
    auth = ["--auth-local=reject", "--auth-host=reject"]  # until our own pg_hba.conf is written
    return [f"--username={SUPERUSER}", "--encoding=UTF8", "--locale=C", *locale, "--data-checksums", *auth, "--no-sync"]


def _run(words: list[str], *, account: Account, said: str = "") -> None:
    try:
        subprocess.run(words, check=True, input=said, capture_output=True, text=True, **account.run_as())  # noqa: S603 (our own words)
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip() or "it said nothing").splitlines()[-1]
        raise NotStarted(f"{Path(words[0]).name} failed: {last}") from error


def statements(passwords: dict[str, str]) -> list[str]:
    """The roles and the database. The owner migrates, the app serves behind the walls and owns nothing, the auditor reads."""
    plain = "LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION"
    return [
        "SET password_encryption = 'scram-sha-256'",
        f"ALTER ROLE {SUPERUSER} PASSWORD '{passwords[SUPERUSER]}'",
        f"CREATE ROLE {OWNER} {plain} CREATEDB BYPASSRLS PASSWORD '{passwords[OWNER]}'",
        f"CREATE ROLE {APP} {plain} NOCREATEDB NOBYPASSRLS PASSWORD '{passwords[APP]}'",
        f"CREATE ROLE {AUDITOR} {plain} NOCREATEDB NOBYPASSRLS PASSWORD '{passwords[AUDITOR]}'",
        f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
        *walls(),
    ]


def walls() -> list[str]:
    made = [f"CREATE ROLE {wall} NOLOGIN NOSUPERUSER NOBYPASSRLS" for wall in WALLS]
    return [*made, *(f"GRANT {wall} TO {APP} WITH INHERIT FALSE, SET TRUE" for wall in WALLS)]
