"""`python -m bench.readme`: the section of README.md that is made of the files in results/, the goals first."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from bench import chain, figures, goals, rights, turns, walls
from bench.figures import HERE
from bench.steady import Figure, Report, Spread

README = HERE / "README.md"
BEGIN, END = "<!-- figures: written by make bench and make bench-full -->", "<!-- end of figures -->"


def report(result: Mapping[str, Any]) -> str:
    known = {one.name for one in fields(Figure)}
    rows = [Figure(**{name: value for name, value in one.items() if name in known}) for one in result["figures"]]
    return Report(result["part"], result["about"], {kind: Spread(**one) for kind, one in result["kinds"].items()}, rows).table()


TABLES: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], str]]] = {
    turns.PART: ("Operations on all sides", lambda result: turns.read(result).table()),
    "scale": ("The deep page and the size of the database", report),
    "plans": ("How PostgreSQL goes about it", report),
    "rights": ("Decisions", lambda result: rights.Rights(**result).table()),
    "chain": ("The chains", lambda result: chain.Chains(**result).table()),
    "starts": ("Starts", report),
    "storm": ("Monthly returns, all at once", report),
    "mixed": ("Mixed load", report),
    "overload": ("Too much load", report),
    "writes": ("Writes", report),
    "memory": ("Memory", report),
    "bench": ("The short run", lambda result: figures.read(result).table()),
    "walls": ("The walls", lambda result: walls.Walls(**result).table()),
}


def section() -> str:
    """What stands between the marks: it says nothing that is not in results/."""
    found = goals.results()
    about = found.get(goals.ENDED, {}).get("about", {})
    lines = [goals.table(found), "", *(f"- {what}: {said}" for what, said in about.items())]
    for name, (title, table) in TABLES.items():
        if name in found:
            lines += ["", f"## {title}", "", table(found[name])]
    return "\n".join(lines)


def write() -> None:
    text = README.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n{section()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    write()
