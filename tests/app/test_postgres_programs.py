"""Which programs run the database and as whom: as root never as root, and never by opening somebody's folder."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded_postgres import EmbeddedPostgres
from app.postgres_cluster import APP
from app.postgres_programs import Account, NotStarted, Programs, account_for, candidates, named, programs_for, reachable
from app.processes import command_line
from tests.cluster import ask, memory, scratch_folder

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def folder() -> Iterator[Path]:
    with scratch_folder(memory()) as place:
        yield place


@pytest.fixture(scope="module")
def running() -> Iterator[EmbeddedPostgres]:
    with scratch_folder(memory()) as place, EmbeddedPostgres(place) as postgres:
        yield postgres


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_cluster_of_another_version_is_refused_with_the_way_out(folder: Path) -> None:
    data = folder / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(NotStarted, match=r"PostgreSQL 9, .*pg_upgrade -b"):
        EmbeddedPostgres(folder).start()
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


if AS_ROOT:

    def test_root_runs_it_as_an_account_without_power(running: EmbeddedPostgres) -> None:
        assert running.pid
        owner = Path(f"/proc/{running.pid}").stat().st_uid
        assert owner == running.data.stat().st_uid == pwd.getpwnam(running.account).pw_uid != 0

    def test_root_never_opens_a_folder_and_takes_another_place_instead(tmp_path: Path) -> None:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        before = [mode(path) for path in closed.parents]
        postgres = EmbeddedPostgres(closed / "postgres")
        try:
            with postgres:
                assert ask(postgres.url(APP), "SELECT 1") == 1
            assert mode(closed) == 0o700
            assert [mode(path) for path in closed.parents] == before
            assert closed not in postgres.home.parents
            assert EmbeddedPostgres(closed / "postgres").home == postgres.home
        finally:
            shutil.rmtree(postgres.home)

    def test_root_copies_the_programs_where_its_account_cannot_reach_them(tmp_path: Path, folder: Path) -> None:
        package = candidates()[0].parent.parent
        hidden = tmp_path / "hidden"
        hidden.mkdir(mode=0o700)
        shutil.copytree(package, hidden / package.name, symlinks=True)
        shutil.copytree(package.parent / f"{package.name}.libs", hidden / f"{package.name}.libs")
        folder.mkdir()
        account = account_for(folder / "data")
        copied = reachable(Programs(hidden / package.name / "pginstall" / "bin", 18), folder, account)
        assert folder in copied.folder.parents
        said = subprocess.run([copied.path("initdb"), "--version"], check=True, capture_output=True, text=True, **account.run_as()).stdout
        assert " 18" in said
        assert mode(hidden) == 0o700

    def ordinary() -> Account:
        return named(pwd.getpwnam("daemon").pw_uid)

    if ordinary().reaches(candidates()[0]):

        def test_an_ordinary_user_runs_it_as_himself(folder: Path) -> None:
            user = ordinary()
            child = os.fork()
            if child == 0:
                os._exit(as_ordinary(user, folder))
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            assert (folder / "data").stat().st_uid == (folder / "roles.json").stat().st_uid == user.uid
            assert not (folder / "data" / "postmaster.pid").exists()


def as_ordinary(user: Account, folder: Path) -> int:
    """In a process of its own: give up root for good, then start twice. 0 when all went well."""
    try:
        os.setgroups([])
        os.setgid(user.gid)
        os.setuid(user.uid)
        for _ in range(2):
            with EmbeddedPostgres(folder) as postgres:
                if postgres.account != user.name or command_line(postgres.pid or 0) == "":
                    return 1
    except BaseException as error:  # noqa: BLE001 (the fork must not go on as a second pytest)
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def test_the_programs_are_those_of_the_wheel(running: EmbeddedPostgres) -> None:
    programs = programs_for(running.home, account_for(running.data))
    assert programs.major == 18
    assert Path(programs.path("postgres")).exists()
