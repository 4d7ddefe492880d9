"""The texts of the house cannot lie: every operation in them is one the schema knows, every error code and every file they name is there."""

import re
from pathlib import Path

import pytest
from graphql import parse, validate

from gql.errors import INTERNAL, TABLE
from gql.schema import schema

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```graphql\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODES = sorted({entry.code for entry in (*TABLE.values(), INTERNAL)})


def operations() -> list[tuple[str, str]]:
    """Where it stands, and what it says."""
    blocks = [(f"{path.name}#{n}", text) for path in TEXTS for n, text in enumerate(BLOCK.findall(path.read_text(encoding="utf-8")), 1)]
    return [*blocks, *((path.name, path.read_text(encoding="utf-8")) for path in sorted((ROOT / "bench" / "queries").glob("*.graphql")))]


@pytest.mark.parametrize(("where", "text"), operations(), ids=[where for where, _ in operations()])
def test_an_operation_in_a_text_is_one_of_the_schema(where: str, text: str) -> None:
    assert [error.message for error in validate(schema._schema, parse(text))] == [], where


def test_there_are_operations_to_look_at() -> None:
    assert {where.partition("#")[0] for where, _ in operations()} >= {"walkthrough.md", "center.md", "district.md", "agency.md", "supervisor.md"}


@pytest.mark.parametrize("code", CODES)
def test_every_error_code_is_explained(code: str) -> None:
    assert f"`{code}`" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", TEXTS, ids=[path.name for path in TEXTS])
def test_what_a_text_points_to_is_there(path: Path) -> None:
    missing = [link for link in LINK.findall(path.read_text(encoding="utf-8")) if not (path.parent / link).exists()]
    assert missing == []


def test_changes_are_told() -> None:
    assert re.search(r"^## .*\S", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
