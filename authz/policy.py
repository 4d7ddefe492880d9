"""Reads a policy strictly and compiles it once to a table. One bad word and it is refused: Casbin would load it without complaint."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import casbin

from authz.actions import NOBODYS, Action
from authz.actor import BASE, TIERS, Role
from authz.relations import ONLY_DENIES, Relation

HERE = Path(__file__).parent
MODEL = HERE / "model.conf"
POLICY = HERE / "policy.csv"

MATCHER = "r_object == p_object && r_action == p_action && g(r_role, p_role) && stands(r_actor, p_relation, r_row)"
EFFECT = "some(where (p_eft == allow)) && !some(where (p_eft == deny))"
WORD = re.compile(r"^[A-Za-z_]+$")
OWN_ROLE = re.compile(r"^[a-z][a-z_]{2,31}$")

OURS = frozenset(Role)

E = TypeVar("E", Relation, Action)


class BadPolicy(ValueError):  # noqa: N818 - the policy is refused; nothing of ours is broken
    """The policy cannot be trusted: none of it is used. `problem` is a key under [problems] of gql/messages.toml, `said` what is at fault."""

    def __init__(self, why: str, *, problem: str = "policy_form", said: "Said | str" = "") -> None:
        super().__init__(f"line {said.number}: {why}" if isinstance(said, Said) else why)
        self.problem = problem
        self.said = said.text if isinstance(said, Said) else said


@dataclass(frozen=True)
class Said:
    """One line as it was written: its number, its words from the first, `p` or `g`, on, and the article above it."""

    number: int
    words: tuple[str, ...]
    article: str

    @property
    def text(self) -> str:
        return ", ".join(self.words)


@dataclass(frozen=True)
class Line:
    number: int
    role: str
    relation: Relation
    action: Action
    allows: bool
    article: str


@dataclass(frozen=True, eq=False)
class Table:
    """Rights per (role, action) with base roles expanded, denies per action; `roles`: each one there is, with itself and the bases above it.

    Never edited, and equal to itself alone, so that what is worked out from one may be kept beside it.
    """

    allows: Mapping[tuple[str, Action], tuple[Line, ...]]
    denies: Mapping[Action, tuple[Line, ...]]
    lines: tuple[Line, ...]
    roles: Mapping[str, frozenset[str]]
    said: tuple[Said, ...]

    def allowing(self, roles: Iterable[str], action: Action) -> tuple[Line, ...]:
        """The lines that could give the action to somebody in these roles; `anyone` is everybody who signed in."""
        lines = {line.number: line for role in (*roles, Role.ANYONE) for line in self.allows.get((role, action), ())}
        return tuple(lines[number] for number in sorted(lines))

    def denying(self, action: Action) -> tuple[Line, ...]:
        return self.denies.get(action, ())

    def carrier(self, roles: frozenset[str], line: Line) -> str:
        """The role of these that the line speaks to, by itself or by a base role above it."""
        if line.role == Role.ANYONE:
            return Role.ANYONE
        return next((role for role in sorted(roles) if line in self.allows.get((role, line.action), ())), line.role)

    def article(self, action: Action) -> str | None:
        """The article behind an action, for a refusal to name."""
        return next((line.article for line in self.lines if line.action is action and line.allows), None)


def said_in(text: str) -> tuple[Said, ...]:
    """The lines of a file; a comment line is the article of the lines below it."""
    found: list[Said] = []
    article = ""
    for number, raw in enumerate(text.splitlines(), start=1):
        if raw.startswith("#"):
            article = raw.lstrip("# ").split(":")[0].strip()
        elif raw.strip():
            found.append(line_said(number, raw, article=article))
    return tuple(found)


def line_said(number: int, raw: str, *, article: str) -> Said:
    """One line in the form of the file. Nothing is judged yet."""
    return Said(number, tuple(word.strip() for word in raw.split(",")), article.strip())


def digest_of(said: Iterable[Said]) -> str:
    """SHA-256, in hex, of words and articles in their order."""
    text = "".join(f"{len(part)}:{part}" for line in said for part in (str(len(line.words)), *line.words, line.article))
    return sha256(text.encode()).hexdigest()


def compiled(path: Path = POLICY) -> Table:
    """The policy that comes with the release: it speaks of every action, and of no roles but ours."""
    table = table_said(said_in(path.read_text(encoding="utf-8")))
    if more := set(table.roles) - OURS:
        raise BadPolicy(f"no role is called {', '.join(sorted(more))}", problem="policy_word", said=", ".join(sorted(more)))
    spoken = {line.action for line in table.lines if line.allows} | NOBODYS
    if missing := set(Action) - spoken:
        raise BadPolicy(f"no line gives {', '.join(sorted(missing))}", problem="policy_empty")
    return table


def table_said(said: Sequence[Said]) -> Table:
    """The lines as a table, checked word by word, and by Casbin's own reading of them. Raises BadPolicy."""
    well_formed(said)
    roles = roles_of(said)
    lines = tuple(line_of(one, roles) for one in said if one.words[0] == "p")
    if not any(line.allows for line in lines):
        raise BadPolicy("the policy gives no right at all", problem="policy_empty")
    agreed(said, roles)
    by_role: dict[tuple[str, Action], list[Line]] = defaultdict(list)
    denies: dict[Action, list[Line]] = defaultdict(list)
    for line in lines:
        if line.allows:
            by_role[line.role, line.action].append(line)
        else:
            denies[line.action].append(line)
    allows: dict[tuple[str, Action], tuple[Line, ...]] = {}
    for role, bases in roles.items():
        for action in Action:
            found = [line for base in bases for line in by_role.get((base, action), ())]
            if found:
                allows[role, action] = tuple(sorted(found, key=lambda line: line.number))
    return Table(allows, {action: tuple(found) for action, found in denies.items()}, lines, roles, tuple(said))


def well_formed(said: Sequence[Said]) -> None:
    """Each line is `p` with five words or `g` with two, of letters and _, and said once."""
    times = Counter(one.words for one in said)
    for one in said:
        if times[one.words] > 1:
            raise BadPolicy("said twice", problem="policy_twice", said=one)
        if not all(WORD.match(word) for word in one.words):
            raise BadPolicy("a word with other characters than letters and _", said=one)
        if (one.words[0], len(one.words)) not in {("p", 6), ("g", 3)}:
            raise BadPolicy("neither p with five words nor g with two", said=one)


def roles_of(said: Sequence[Said]) -> dict[str, frozenset[str]]:
    """Every role with its bases: ours, and those that a `g` line puts below one tier."""
    parents: dict[str, set[str]] = defaultdict(set)
    for one in said:
        if one.words[0] == "g":
            _, role, parent = one.words
            if parent not in OURS:
                raise BadPolicy(f"no role is called {parent!r}", problem="policy_word", said=one)
            if role == parent or parent not in BASE or (role in BASE and parent != Role.ANYONE):
                raise BadPolicy(f"{role} inherits from {parent}, which is no base role above it", problem="policy_role", said=one)
            if role not in OURS and (parent not in TIERS or parents[role] or not OWN_ROLE.match(role)):
                raise BadPolicy(f"{role} stands in no one tier", problem="policy_role", said=one)
            parents[role].add(parent)
    return {role: above(role, parents) for role in (*(one.value for one in Role), *sorted(set(parents) - OURS))}


def above(role: str, parents: Mapping[str, set[str]]) -> frozenset[str]:
    found, waiting = {role}, [role]
    while waiting:
        for parent in parents.get(waiting.pop(), set()) - found:
            found.add(parent)
            waiting.append(parent)
    return frozenset(found)


def line_of(said: Said, roles: Mapping[str, frozenset[str]]) -> Line:
    _, role, relation, noun, verb, effect = said.words
    if role not in roles:
        raise BadPolicy(f"no role is called {role!r}", problem="policy_word", said=said)
    known = Role(role) if role in OURS else role
    line = Line(said.number, known, word(Relation, relation, said), word(Action, f"{noun}.{verb}", said), effect == "allow", said.article)
    if effect not in {"allow", "deny"}:
        raise BadPolicy(f"the effect is allow or deny, not {effect!r}", problem="policy_word", said=said)
    if not line.article:
        raise BadPolicy("no article stands above it", problem="policy_article", said=said)
    if why := never(line):
        raise BadPolicy(why, problem="policy_right", said=said)
    return line


def word(kind: type[E], value: str, said: Said) -> E:
    try:
        return kind(value)
    except ValueError:
        raise BadPolicy(f"no {kind.__name__.lower()} is called {value!r}", problem="policy_word", said=said) from None


def never(line: Line) -> str | None:
    """Why no line may say this, whatever the policy."""
    if line.action in NOBODYS and line.allows:
        return f"{line.action} is nobody's right"
    if line.allows and line.relation in ONLY_DENIES:
        return f"{line.relation} only takes rights"
    if line.allows and line.role == Role.ANYONE and line.relation not in {Relation.SELF, Relation.SHARED}:
        return "anyone is allowed by SELF or SHARED only"
    if not line.allows and line.role != Role.ANYONE:
        return "a deny holds for anyone"
    return None


def agreed(said: Sequence[Said], roles: Mapping[str, frozenset[str]]) -> None:
    """Casbin reads the same lines, inherits the same roles and asks by the one matcher that this compiler understands."""
    enforcer = casbin.Enforcer(str(MODEL))
    model = enforcer.get_model()
    if model.model["m"]["m"].value != MATCHER or model.model["e"]["e"].value != EFFECT:
        raise BadPolicy("the matcher is not the one this compiler understands")
    for one in said:
        model.add_policy(one.words[0], one.words[0], list(one.words[1:]))
    enforcer.build_role_links()
    if len(enforcer.get_policy()) != sum(one.words[0] == "p" for one in said):
        raise BadPolicy("Casbin read another number of lines")
    for role, bases in roles.items():
        if {role, *enforcer.get_implicit_roles_for_user(role)} != bases:
            raise BadPolicy(f"Casbin reads other bases of {role}", problem="policy_role", said=role)
