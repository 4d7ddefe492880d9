"""What holds for one organization on a day, rule by rule, and where each line comes from (003 §18, B063)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.organizations import InForce, rules_for
from domain.profiles import Rule
from domain.tightening import ALLOWED, Refinement, in_force, tightened
from models.organizations import Organization


@dataclass(frozen=True, slots=True)
class Line:
    """A rule as it holds; `above` is what it said before implementing rules made it stricter, `by` those that did last."""

    rule: Rule
    above: Rule | None = None
    by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The profile of the center, the implementing rules of the district and the agency in force, and every rule that follows."""

    force: InForce
    refined_by: Sequence[UUID]
    version: str
    lines: Sequence[Line]


async def standing(session: AsyncSession, organization: Organization, *, on: date) -> Standing:
    """Unmet where nothing was in force yet (A29). Implementing rules bind the organization that wrote them and all below."""
    force = await rules_for(session, organization.center_id, on=on)
    layers = [organization.district_id, organization.agency_id] if force.rules.flag(ALLOWED) else []
    found = [one for layer in layers if (one := await in_force(session, layer, on=on)) is not None]
    return laid(force, found)


def laid(force: InForce, layers: Sequence[Refinement]) -> Standing:
    rules, by = force.rules, dict[str, UUID]()
    for layer in layers:
        after = tightened(rules, layer)
        by |= {key: layer.id for key, rule in after.rules.items() if rule is not rules.rules[key]}
        rules = after
    lines = [line(rule, force.rules.rules, by) for rule in rules.rules.values()]
    return Standing(force, [one.id for one in layers], rules.version, lines)


def line(rule: Rule, first: Mapping[str, Rule], by: Mapping[str, UUID]) -> Line:
    return Line(rule, first[rule.id], by[rule.id]) if rule.id in by else Line(rule)
