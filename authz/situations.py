"""The finite space of situations between who asks and a row, as sets of bits: over it policies are compared, and held to what is pinned.

A situation is where the row lies, seen from the organization acted for, and which facts stand between the two. A set of situations is an integer,
so that the whole space is looked at with a few operations for each role and action.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from authz.actions import Action
from authz.actor import BASE, TIERS, Role
from authz.policy import Table
from authz.relations import Relation
from models.organizations import Tier


class Place(StrEnum):
    OWN = "OWN"
    SAME_DISTRICT = "SAME_DISTRICT"
    SAME_CENTER = "SAME_CENTER"
    ELSEWHERE = "ELSEWHERE"


class Fact(StrEnum):
    """What may stand between somebody and a row wherever it lies; each by itself. `SERVED`: the agency concerned has been given notice."""

    ISSUER = "ISSUER"
    DISPATCHER = "DISPATCHER"
    TEAM_MEMBER = "TEAM_MEMBER"
    SELF = "SELF"
    SERVED = "SERVED"
    EMPLOYER = "EMPLOYER"
    ASSESSOR = "ASSESSOR"
    BARRED = "BARRED"


@dataclass(frozen=True)
class Situation:
    place: Place
    facts: frozenset[Fact]


SITUATIONS = tuple(
    Situation(place, frozenset(fact for fact, stands in zip(Fact, standing, strict=True) if stands))
    for place in Place
    for standing in product((False, True), repeat=len(Fact))
)


def where(test: Callable[[Situation], bool]) -> int:
    """The set of situations of which this is true."""
    return sum(1 << n for n, one in enumerate(SITUATIONS) if test(one))


EVERYWHERE = where(lambda _: True)
PLACES = {place: where(lambda one, place=place: one.place is place) for place in Place}  # type: ignore[misc]
FACTS = {fact: where(lambda one, fact=fact: fact in one.facts) for fact in Fact}  # type: ignore[misc]

BELOW = {
    Tier.CENTER: EVERYWHERE & ~PLACES[Place.ELSEWHERE],
    Tier.DISTRICT: PLACES[Place.OWN] | PLACES[Place.SAME_DISTRICT],
    Tier.AGENCY: PLACES[Place.OWN],
}
"""At or below the organization acted for."""


def standing(relation: Relation, tier: Tier | None) -> int:
    """The situations in which the relation stands for somebody who acts for an organization of the tier, or for none."""
    match relation:
        case Relation.SHARED:
            return EVERYWHERE
        case Relation.SUBTREE:
            return BELOW[tier] if tier else 0
        case Relation.OWN_ORG:
            return PLACES[Place.OWN] if tier else 0
        case Relation.INSPECTED:
            return PLACES[Place.OWN] & FACTS[Fact.SERVED] if tier is Tier.AGENCY else 0
        case _:
            return FACTS[Fact(relation.value)]


STANDING = {(relation, tier): standing(relation, tier) for relation in Relation for tier in (None, *Tier)}

OF_NO_TIER = {Role.SUPERVISOR_EXTERNAL: (Tier.CENTER,), Role.SUPERVISOR_INTERNAL: (Tier.AGENCY,), Role.INTEGRATOR: tuple(Tier)}


def tiers_of(role: str, table: Table) -> tuple[Tier | None, ...]:
    """For organizations of which tiers somebody acts in this role."""
    found = tuple(tier for base, tier in TIERS.items() if base in table.roles.get(role, ()))
    return found or OF_NO_TIER.get(Role(role), (None,))


def held_roles(*tables: Table) -> list[str]:
    """Every role that somebody may hold under one of these, and `anyone`, who is everybody."""
    return [Role.ANYONE, *sorted({role for table in tables for role in table.roles if role not in BASE})]


def among(relations: Iterable[Relation], tier: Tier | None) -> int:
    """Where at least one of these stands."""
    found = 0
    for relation in relations:
        found |= STANDING[relation, tier]
    return found


def granted(table: Table, role: str, action: Action, *, tier: Tier | None) -> int:
    """Where somebody in this role alone may do it: some line gives, none takes."""
    gives = [line.relation for line in table.allows.get((role, action), ())]
    if role != Role.ANYONE:
        gives += [line.relation for line in table.allows.get((Role.ANYONE, action), ())]
    return among(gives, tier) & ~among((line.relation for line in table.denying(action)), tier)
