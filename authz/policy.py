"""Reads the policy strictly and compiles it once to a table. One bad word stops the start: Casbin would load it without complaint."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import casbin

from authz.actions import NOBODYS, Action
from authz.actor import BASE, Role
from authz.relations import ONLY_DENIES, Relation

HERE = Path(__file__).parent
MODEL = HERE / "model.conf"
POLICY = HERE / "policy.csv"

MATCHER = "r_object == p_object && r_action == p_action && g(r_role, p_role) && stands(r_actor, p_relation, r_row)"
WORD = re.compile(r"^[A-Za-z_]+$")

E = TypeVar("E", Role, Relation, Action)


class BadPolicy(ValueError):  # noqa: N818 - the policy is refused; nothing of ours is broken
    """The policy cannot be trusted; the service does not start with it."""


@dataclass(frozen=True)
class Line:
    number: int
    role: Role
    relation: Relation
    action: Action
    allows: bool
    article: str


@dataclass(frozen=True)
class Table:
    """Rights per (role, action) with base roles expanded, denies per action."""

    allows: Mapping[tuple[Role, Action], tuple[Line, ...]]
    denies: Mapping[Action, tuple[Line, ...]]
    lines: tuple[Line, ...]

    def allowing(self, roles: Iterable[Role], action: Action) -> tuple[Line, ...]:
        """The lines that could give the action to somebody in these roles; `anyone` is everybody who signed in."""
        lines = {line.number: line for role in (*roles, Role.ANYONE) for line in self.allows.get((role, action), ())}
        return tuple(lines[number] for number in sorted(lines))

    def denying(self, action: Action) -> tuple[Line, ...]:
        return self.denies.get(action, ())

    def article(self, action: Action) -> str | None:
        """The article behind an action, for a refusal to name."""
        return next((line.article for line in self.lines if line.action is action and line.allows), None)


def read_lines(text: str) -> tuple[list[Line], dict[Role, set[Role]]]:
    lines: list[Line] = []
    parents: dict[Role, set[Role]] = defaultdict(set)
    article = ""
    seen: set[tuple[str, ...]] = set()
    for number, raw in enumerate(text.splitlines(), start=1):
        if raw.startswith("#"):
            article = raw.lstrip("# ").split(":")[0].strip()
            continue
        if not raw.strip():
            continue
        words = tuple(word.strip() for word in raw.split(","))
        if words in seen:
            raise BadPolicy(f"line {number}: said twice")
        seen.add(words)
        if not all(WORD.match(word) for word in words):
            raise BadPolicy(f"line {number}: a word with other characters than letters and _")
        match words:
            case ("p", role, relation, noun, verb, effect):
                lines.append(line_of(number, (role, relation, f"{noun}.{verb}", effect), article=article))
            case ("g", role, parent):
                parents[word(Role, role, number)].add(word(Role, parent, number))
            case _:
                raise BadPolicy(f"line {number}: neither p with five words nor g with two")
    return lines, parents


def word(kind: type[E], value: str, number: int) -> E:
    try:
        return kind(value)
    except ValueError:
        raise BadPolicy(f"line {number}: no {kind.__name__.lower()} is called {value!r}") from None


def line_of(number: int, said: tuple[str, str, str, str], *, article: str) -> Line:
    role, relation, action, effect = said
    line = Line(number, word(Role, role, number), word(Relation, relation, number), word(Action, action, number), effect == "allow", article)
    if effect not in {"allow", "deny"}:
        raise BadPolicy(f"line {number}: the effect is allow or deny, not {effect!r}")
    if not article:
        raise BadPolicy(f"line {number}: no article stands above it")
    if line.action in NOBODYS and line.allows:
        raise BadPolicy(f"line {number}: {line.action} is nobody's right")
    if line.allows and line.relation in ONLY_DENIES:
        raise BadPolicy(f"line {number}: {line.relation} only takes rights")
    if line.allows and line.role is Role.ANYONE and line.relation not in {Relation.SELF, Relation.SHARED}:
        raise BadPolicy(f"line {number}: anyone is allowed by SELF or SHARED only")
    if not line.allows and line.role is not Role.ANYONE:
        raise BadPolicy(f"line {number}: a deny holds for anyone")
    return line


def compiled(path: Path = POLICY) -> Table:
    """The policy as a table, checked word by word, with Casbin's own reading as its source."""
    lines, parents = read_lines(path.read_text(encoding="utf-8"))
    if not any(line.allows for line in lines):
        raise BadPolicy("the policy gives no right at all")
    enforcer = casbin.Enforcer(str(MODEL), str(path))
    if enforcer.get_model().model["m"]["m"].value != MATCHER:
        raise BadPolicy("the matcher is not the one this compiler understands")
    if len(enforcer.get_policy()) != len(lines):
        raise BadPolicy("Casbin read another number of lines")
    allows: dict[tuple[Role, Action], list[Line]] = defaultdict(list)
    denies: dict[Action, list[Line]] = defaultdict(list)
    for role in Role:
        bases = ancestors(role, parents)
        for line in lines:
            if line.allows and line.role in bases:
                allows[role, line.action].append(line)
    for line in lines:
        if not line.allows:
            denies[line.action].append(line)
    spoken = {line.action for line in lines if line.allows} | NOBODYS
    if missing := set(Action) - spoken:
        raise BadPolicy(f"no line gives {', '.join(sorted(missing))}")
    return Table({key: tuple(found) for key, found in allows.items()}, {key: tuple(found) for key, found in denies.items()}, tuple(lines))


def ancestors(role: Role, parents: Mapping[Role, set[Role]]) -> frozenset[Role]:
    found, waiting = {role}, [role]
    while waiting:
        for parent in parents.get(waiting.pop(), set()):
            if parent == role or parent not in BASE:
                raise BadPolicy(f"{role} inherits from {parent}, which is no base role above it")
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return frozenset(found)
