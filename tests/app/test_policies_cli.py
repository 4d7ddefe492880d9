"""`dudao policy` as an operator meets it: what is in force, its text, and whether another text would do."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app import migrate
from app.cli import app
from app.cli_policies import text_of
from authz.access import POLICY
from authz.policy import POLICY as FILE
from authz.policy import said_in
from models.database import Database
from tests.cluster import ask, scratch_cluster
from tests.making_policies import published
from tests.world import World

KEYS = {"DUDAO_ID_KEY": "i" * 32, "DUDAO_SEAL_KEY": "s" * 32, "DUDAO_CURSOR_KEY": "c" * 32}
FIRST = 700_000_000
"""A process knows versions by their number: one that no other database of the tests has."""


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[str, str]]:
    with scratch_cluster() as cluster:
        owner = cluster.url("dudao_owner")
        migrate.upgrade(owner)
        ask(owner, f"ALTER SEQUENCE policy_number RESTART WITH {FIRST}", "SELECT 1")
        yield {"DUDAO_DATABASE_URL": cluster.url("dudao_app"), "DUDAO_OWNER_DATABASE_URL": owner}


async def two_centers(urls: dict[str, str]) -> tuple[World, World, int]:
    database, maker = Database(urls["DUDAO_DATABASE_URL"]), Database(urls["DUDAO_OWNER_DATABASE_URL"])
    try:
        here, there = [await World.founded(database, maker=maker, profile="yunnan-college-2023") for _ in range(2)]
        return here, there, await published(here)
    finally:
        await database.close()
        await maker.close()


def test_what_is_in_force_and_its_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, urls: dict[str, str]) -> None:
    for name, value in (KEYS | urls).items():
        monkeypatch.setenv(name, value)
    here, there, number = asyncio.run(two_centers(urls))
    run = CliRunner().invoke
    listed = run(app, ["policy", "list"])
    rows = [line.split("\t") for line in listed.output.splitlines()]
    assert {(one[1], int(one[0])) for one in rows} == {(here.center.name, number), (there.center.name, 1)}
    shown = run(app, ["policy", "show", str(number)])
    assert shown.exit_code == 0
    assert "p, center_archivist, SUBTREE, filing, advise, allow" in shown.output
    text = tmp_path / "next.csv"
    text.write_text(shown.output, encoding="utf-8")
    checked = run(app, ["policy", "check", str(text)])
    assert checked.exit_code == 0
    assert "center_archivist gains filing.advise (SUBTREE; " in checked.output
    assert run(app, ["policy", "show", str(number + 1)]).exit_code == 1


def test_the_released_text_is_said_again_word_by_word() -> None:
    again = said_in("\n".join(text_of(POLICY.said)))
    assert [(one.words, one.article) for one in again] == [(one.words, one.article) for one in POLICY.said]
    assert CliRunner().invoke(app, ["policy", "check", str(FILE)]).output == "The released rights.\n"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("p, center_clerk, SUBTREE, filing, advize, allow", "advize"),
        ("p, district_admin, SUBTREE, supervisor_case, revoke, allow", "revoke"),
        ("nonsense", "line"),
    ],
)
def test_a_text_that_cannot_be_trusted_is_named(tmp_path: Path, line: str, why: str) -> None:
    text = tmp_path / "bad.csv"
    text.write_text(f"{FILE.read_text(encoding='utf-8')}\n# house\n{line}\n", encoding="utf-8")
    refused = CliRunner().invoke(app, ["policy", "check", str(text)])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert why in refused.stderr
