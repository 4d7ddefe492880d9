"""The difference between two policies: which role gains or loses which action, in which situations."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import orjson

from authz.actions import Action
from authz.actor import Role
from authz.policy import BadPolicy, Said, Table, digest_of, line_said
from authz.relations import Relation
from authz.situations import PLACES, STANDING, Place, granted, held_roles, tiers_of
from models.organizations import Tier


@dataclass(frozen=True)
class Addition:
    """A line in the form of the file, and the article that it stands on."""

    line: str
    article: str


@dataclass(frozen=True)
class Cell:
    """In the `situations` of this form a role gains an action or loses it: these relations stand, those do not, and all others make no difference."""

    role: str
    action: Action
    gains: bool
    standing: tuple[Relation, ...]
    lacking: tuple[Relation, ...]
    places: tuple[Place, ...]
    situations: int

    def stored(self) -> Mapping[str, Any]:
        return asdict(self)


def changed(said: Sequence[Said], *, adds: Iterable[Addition], removes: Iterable[str]) -> tuple[Said, ...]:
    """The policy after a change: what is removed must stand there; what is added stands at the end. Lines are numbered from 1. Raises BadPolicy."""
    gone = [line_said(0, one, article="").words for one in removes]
    here = {one.words for one in said}
    if absent := next((words for words in gone if words not in here), None):
        raise BadPolicy("no such line", problem="policy_absent", said=", ".join(absent))
    left = [one for one in said if one.words not in set(gone)]
    added = [line_said(0, one.line, article=one.article) for one in adds]
    return tuple(Said(number, one.words, one.article) for number, one in enumerate([*left, *added], start=1))


def difference(old: Table, new: Table) -> tuple[Cell, ...]:
    """Every cell of the space in which the two decide otherwise. What everybody gains or loses is said of `anyone` alone."""
    found: dict[Cell, None] = {}
    for role in held_roles(old, new):
        for action in Action:
            if told(old, role, action) == told(new, role, action) and told(old, Role.ANYONE, action) == told(new, Role.ANYONE, action):
                continue
            for tier in tiers_of(role, new if role in new.roles else old):
                found.update(dict.fromkeys(cells(old, new, role=role, action=action, tier=tier)))
    return tuple(found)


def told(table: Table, role: str, action: Action) -> tuple[frozenset[Relation], frozenset[Relation]]:
    """All that a table says about a role and an action: what gives, what takes."""
    gives = frozenset(line.relation for line in table.allows.get((role, action), ()))
    return gives, frozenset(line.relation for line in table.denying(action))


def cells(old: Table, new: Table, *, role: str, action: Action, tier: Tier | None) -> Iterator[Cell]:
    before, after = (granted(table, role, action, tier=tier) for table in (old, new))
    everybodys = [(granted(table, Role.ANYONE, action, tier=None) if role != Role.ANYONE else 0) for table in (old, new)]
    sides = {True: after & ~before & ~(everybodys[1] & ~everybodys[0]), False: before & ~after & ~(everybodys[0] & ~everybodys[1])}
    spoken = sorted(frozenset[Relation]().union(*(part for table in (old, new) for one in (role, Role.ANYONE) for part in told(table, one, action))))
    for gains, where in sides.items():
        for standing, bits in split(where, spoken, tier):
            places = tuple(place for place in Place if bits & PLACES[place])
            yield Cell(role, action, gains, standing, tuple(one for one in spoken if one not in standing), places, bits.bit_count())


def split(where: int, relations: Sequence[Relation], tier: Tier | None) -> list[tuple[tuple[Relation, ...], int]]:
    """A set of situations by which of the relations stand in them."""
    parts: list[tuple[tuple[Relation, ...], int]] = [((), where)] if where else []
    for relation in relations:
        stands = STANDING[relation, tier]
        parts = [(held, bits) for before, whole in parts for held, bits in (((*before, relation), whole & stands), (before, whole & ~stands)) if bits]
    return parts


def digest_between(base: int, new: Sequence[Said], cells: Iterable[Cell]) -> str:
    """What a second person approves: this text, and this difference to that version; SHA-256 in hex."""
    whole = [base, digest_of(new), [one.stored() for one in cells]]
    return sha256(orjson.dumps(whole)).hexdigest()
