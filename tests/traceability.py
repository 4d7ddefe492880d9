"""Each requirement with its article, where the code says it, and which test proves it. `python -m tests.traceability` writes docs/traceability.md.

docs/requirements.csv is the catalogue. Its last column is empty for what the software does; else it says who does it, or `open` for what is not
there yet. Where a requirement stands is read off the sources: a docstring, a comment, a line of a policy or of a profile that cites its id.
"""

import ast
import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
CATALOGUE, GOLDEN = ROOT / "docs" / "requirements.csv", ROOT / "docs" / "traceability.md"
ROOMS = ("domain", "authz", "gql", "models", "migrations", "seeds", "app")
ID = r"(?:[YB]\d{3}|[FAD]\d{2}|INV\d{2}|N\d{1,2})"
CITED = re.compile(rf"\b({ID})(?:\s*[-–]\s*({ID}))?\b")
OPEN = "open"
HEAD = """# Who does what the regulations ask

Written by `python -m tests.traceability` from [requirements.csv](requirements.csv) (the catalogue: Y for 云南机电职业技术学院 2023-48, B and F for
北京市职业技能等级认定质量督导管理办法 and its form, D for where the two differ, A for how they are read, INV for the invariants, N for what is new), from the sources that cite an id, and from the
marks of the tests. A test compares; it fails on an id that is neither proved, nor done by somebody else, nor told to be open.
"""


@dataclass(frozen=True)
class Requirement:
    """One row of the catalogue. `otherwise`: who does it instead of the software, or `open`."""

    id: str
    article: str
    original: str
    meaning: str
    otherwise: str


@cache
def catalogue() -> Mapping[str, Requirement]:
    with CATALOGUE.open(encoding="utf-8", newline="") as lines:
        return {row["id"]: Requirement(row["id"], row["article"], row["original"], row["meaning"], row["else"]) for row in csv.DictReader(lines)}


def cited(text: str) -> Iterator[str]:
    """The ids in a text; a range stands for all of its ids."""
    ids = list(catalogue())
    for first, last in CITED.findall(text):
        if first in ids:
            yield from ids[ids.index(first) : ids.index(last) + 1] if last in ids else [first]


@cache
def places() -> Mapping[str, list[str]]:
    """Of each id the files that cite it."""
    found: dict[str, list[str]] = {}
    for room in ROOMS:
        for path in sorted(one for one in (ROOT / room).rglob("*") if one.suffix in {".py", ".toml"} or one.name == "policy.csv"):
            for id in sorted(set(cited(path.read_text(encoding="utf-8")))):
                found.setdefault(id, []).append(path.relative_to(ROOT).as_posix())
    return found


@cache
def proofs() -> Mapping[str, list[str]]:
    """Of each id the tests that are marked with it. A test file may mark all of its tests at once."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {
            target.id: ids(one.value) for one in tree.body if isinstance(one, ast.Assign) for target in one.targets if isinstance(target, ast.Name)
        }
        for node in tree.body:
            name = getattr(node, "name", None)
            marks = (
                node.decorator_list if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else [node] if isinstance(node, ast.Assign) else []
            )
            for id in (id for mark in marks for id in marked(mark, named)):
                found.setdefault(id, []).append(path.relative_to(ROOT).as_posix() + (f"::{name}" if name else ""))
    return found


def ids(value: ast.AST) -> list[str]:
    """The texts in an expression."""
    return [one.value for one in ast.walk(value) if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def marked(node: ast.AST, named: Mapping[str, list[str]]) -> Iterator[str]:
    """The ids of a mark, also of one inside a parameter, and of those that the file gave a name."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "requirement":
            for argument in one.args:
                name = argument.value.id if isinstance(argument, ast.Starred) and isinstance(argument.value, ast.Name) else ""
                yield from named.get(name, ids(argument))


def traced() -> str:
    where, proved = places(), proofs()
    rows = [row(one, where.get(one.id, []), proved.get(one.id, [])) for one in catalogue().values()]
    left = [one.id for one in catalogue().values() if one.otherwise == OPEN]
    still = f"\nNot there yet: {', '.join(left)}.\n" if left else ""
    return f"{HEAD}{still}\n| Id | Article | What is asked | Where | Proved by |\n|---|---|---|---|---|\n" + "\n".join(rows) + "\n"


def row(one: Requirement, where: list[str], proved: list[str]) -> str:
    links = "<br>".join(f"[{path}](../{path})" for path in where)
    tests = "<br>".join(f"[{name.rpartition('/')[2]}](../{name.partition('::')[0]})" for name in proved)
    asked = "：".join(part for part in (one.original, one.meaning) if part.strip("–"))
    return f"| {one.id} | {one.article} | {asked.replace('|', '/')} | {links or '–'} | {tests or one.otherwise} |"


if __name__ == "__main__":
    GOLDEN.write_text(traced(), encoding="utf-8")
