"""Every state machine of the service, drawn and told from the tables it runs on. `python -m tests.state_machines` writes docs/state-machines.md.

Who may take a step is read off the sources: a mutation says its right and calls a verb of the domain, and the verb names the step; the policy has
the roles and the article. A step that no mutation takes is the clock's, where a job takes it, or the service's own.
"""

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import EnumMeta, StrEnum
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import domain
from authz.access import POLICY
from authz.actions import Action
from authz.actor import Role
from domain.jobs import JOBS
from models.base import every_table
from tests.authz.matrix import fields

GOLDEN = Path(__file__).parent.parent / "docs" / "state-machines.md"
ARTICLE = re.compile(r"00[03] §\d+(?:\([一二三四五六七八九十]+\))?|\b[YB]\d{3}\b|\bA\d{2}\b")
HEAD = """# State machines

Written by `python -m tests.state_machines` from the tables that the service runs on (`(status, step) -> status` in `domain/`), from the operations that
take each step and from [the policy](../authz/policy.csv). A step that is not here is refused: CONFLICT, STATE. Each one taken is an event. What a
step needs beside the status stands in its verb. A test compares.
"""
ITSELF = "the service itself"


@dataclass
class Noun:
    """What has one kind of status: its lines, where they stand, and where a row begins."""

    name: str
    begins: set[str]
    lines: dict[tuple[StrEnum, StrEnum], StrEnum] = field(default_factory=dict)
    modules: list[str] = field(default_factory=list)

    @property
    def ends(self) -> list[str]:
        there = {status.value for status, _ in self.lines}
        return sorted({one.value for one in self.lines.values()} - there)


def modules() -> Iterator[ModuleType]:
    for one in sorted(pkgutil.iter_modules(domain.__path__), key=lambda found: found.name):
        yield importlib.import_module(f"domain.{one.name}")


def machines(module: ModuleType) -> Iterator[Mapping[tuple[StrEnum, StrEnum], StrEnum]]:
    """The state tables that a module declares itself."""
    for name, one in vars(module).items():
        declared = isinstance(one, Mapping) and one and all(isinstance(key, tuple) and len(key) == 2 for key in one)
        if declared and name in assigned(module) and all(isinstance(part, StrEnum) for key in one for part in key):
            yield one


def assigned(module: ModuleType) -> set[str]:
    tree = ast.parse(inspect.getsource(module))
    targets = [one.target if isinstance(one, ast.AnnAssign) else one.targets[0] for one in tree.body if isinstance(one, ast.Assign | ast.AnnAssign)]
    return {one.id for one in targets if isinstance(one, ast.Name)}


def nouns() -> list[Noun]:
    """By the kind of status: a noun may have its lines in two modules."""
    found: dict[EnumMeta, Noun] = {}
    for module in modules():
        for machine in machines(module):
            kind = type(next(iter(machine))[0])
            noun = found.setdefault(kind, Noun(*rows_of(kind)))
            noun.lines |= machine
            noun.modules.append(module.__name__.replace(".", "/") + ".py")
    for noun in found.values():
        noun.begins |= {status.value for status, _ in noun.lines} - {one.value for one in noun.lines.values()}
    return sorted(found.values(), key=lambda noun: noun.name)


def rows_of(kind: EnumMeta) -> tuple[str, set[str]]:
    """Whose status it is, and the status of a new row."""
    for model in every_table():
        column = model.model_fields.get("status")
        if column is not None and column.annotation is kind:
            return model.__name__, {column.default.value} if isinstance(column.default, StrEnum) else set()
    raise LookupError(f"no table has {kind.__name__}")


def steps_of(function: Any, seen: set[Any]) -> Iterator[tuple[StrEnum, FunctionType]]:
    """The steps that a function hands on, itself or in what it calls by name, each with the function that names it."""
    function = inspect.unwrap(function)
    if not isinstance(function, FunctionType) or function in seen or function.__module__.partition(".")[0] not in {"gql", "domain"}:
        return
    seen.add(function)
    own, called = named(function)
    yield from ((step, function) for step in own)
    for one in called:
        yield from steps_of(one, seen)


@cache
def named(function: FunctionType) -> tuple[list[StrEnum], list[FunctionType]]:
    """The members of kinds of steps that stand as an argument or get a name, and the functions it speaks of."""
    steps: list[StrEnum] = []
    called: list[FunctionType] = []
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        match node:
            case ast.Call():
                given = [*node.args, *(word.value for word in node.keywords)]
            case ast.Assign():
                given = [node.value]
            case _:
                what = value_of(node, function)
                called += [what] if isinstance(what, FunctionType) else []
                continue
        steps += [what for argument in given for one in either(argument) if isinstance(what := value_of(one, function), StrEnum)]
    return steps, called


def either(argument: ast.expr) -> list[ast.expr]:
    return [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]


def value_of(node: ast.AST, function: FunctionType) -> Any:
    """What a name or a dotted name stands for where the function was written."""
    if isinstance(node, ast.Name):
        return function.__globals__.get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(value_of(node.value, function), node.attr, None)
    return None


@dataclass
class Taken:
    """By which rights a step is taken, by which jobs, and where its verb says why."""

    actions: set[Action] = field(default_factory=set)
    jobs: set[str] = field(default_factory=set)
    articles: set[str] = field(default_factory=set)


def takers() -> Mapping[tuple[EnumMeta, str], Taken]:
    found: dict[tuple[EnumMeta, str], Taken] = {}

    def of(function: Any) -> Iterator[Taken]:
        for step, verb in steps_of(function, set()):
            taken = found.setdefault((type(step), step.value), Taken())
            taken.articles |= set(ARTICLE.findall(inspect.getdoc(verb) or ""))
            yield taken

    for type_, _, definition in fields():
        for taken in of(inspect.getclosurevars(definition.base_resolver.wrapped_func).nonlocals["verb"]) if type_ == "Mutation" else ():
            taken.actions.add(definition.metadata["action"])
    for job in JOBS:
        for verb in (job.done, job.refused):
            for taken in of(verb) if verb else ():
                taken.jobs.add(job.name)
    return found


def who(taken: Taken) -> str:
    """Roles by action, and jobs."""
    lines = [f"`{action.value}`: {', '.join(roles(action)) or 'nobody'}" for action in sorted(taken.actions)]
    return "<br>".join([*lines, *(f"the clock: `{job}`" for job in sorted(taken.jobs))])


def roles(action: Action) -> list[str]:
    return [role.value for role in Role if POLICY.allowing([role], action)]


def article(taken: Taken) -> str:
    """Of the rights, and what the verb cites."""
    return "; ".join(dict.fromkeys([*(POLICY.article(one) or "" for one in sorted(taken.actions)), *sorted(taken.articles)]))


def diagram(noun: Noun) -> Iterator[str]:
    yield "stateDiagram-v2"
    yield from (f"    [*] --> {one}" for one in sorted(noun.begins))
    yield from (f"    {status.value} --> {after}: {step.value}" for (status, step), after in noun.lines.items())
    yield from (f"    {one} --> [*]" for one in noun.ends)


def told(noun: Noun, by: Mapping[tuple[EnumMeta, str], Taken]) -> Iterator[str]:
    yield from (f"## {noun.name}", "", f"From {', '.join(f'[{one}](../{one})' for one in noun.modules)}.", "")
    yield from ("```mermaid", *diagram(noun), "```", "")
    yield from ("| Status | Step | Next | Who may | Article |", "|---|---|---|---|---|")
    for (status, step), after in noun.lines.items():
        taken = by.get((type(step), step.value), Taken())
        yield f"| {status.value} | {step.value} | {after.value} | {who(taken) or ITSELF} | {article(taken)} |"
    yield ""


def drawn() -> str:
    by = takers()
    return "\n".join([HEAD, *(line for noun in nouns() for line in told(noun, by))])


if __name__ == "__main__":
    GOLDEN.write_text(drawn(), encoding="utf-8")
