"""What implementing rules (实施细则) make of the rules above them: only stricter, never looser (003 §18, B063)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Text, bindparam, cast, desc, literal_column, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import BadInput, Unmet
from domain.machine import Within
from domain.profiles import BadProfile, Profile, Rule, Value, rule_from, value_from, value_shown
from domain.rule_keys import KEYS, Form, Tighter
from domain.texts import checked
from models.base import table_of
from models.direct import Direct
from models.overlays import Overlay, OverlayStatus

LONGEST_KEY, LONGEST_VALUE, LONGEST_ARTICLE, MOST_LINES = 60, 2000, 200, 120
GREATEST = 10_000
"""No limit of a regulation is more: days, hours and months of it can always be added to a day."""
ALLOWED = "overlay.allowed"
SUBTREES = "1.6 D31"

OVERLAY = table_of(Overlay)
STORED = select(OVERLAY.c.id, OVERLAY.c.title, OVERLAY.c.effective_from, cast(OVERLAY.c.rules, Text).label("rules"))
PUBLISHED = OVERLAY.c.status == literal_column(f"'{OverlayStatus.PUBLISHED}'")
BEGUN = STORED.where(OVERLAY.c.organization_id == bindparam("organization"), PUBLISHED, OVERLAY.c.effective_from <= bindparam("day"))
LATEST = Direct(BEGUN.order_by(desc(OVERLAY.c.effective_from)).limit(literal_column("1")))


@dataclass(frozen=True, slots=True)
class Said:
    """One line as a client writes it: numbers, flags and lists in JSON, texts as they are."""

    key: str
    value: str
    article: str


@dataclass(frozen=True, slots=True)
class Refinement:
    """An overlay in force, and how a refusal names it."""

    id: UUID
    name: str
    rules: Sequence[Rule]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule is asked for: the overlays of this district and this agency count."""

    center_id: UUID | None
    district_id: UUID | None = None
    agency_id: UUID | None = None


def dispatching(row: Within, dispatcher_id: UUID) -> Place:
    """Where a dispatcher stands: rules bind the subtree of who wrote them (Y003), so a district's never bind its center."""
    return Place(row.center_id, row.district_id if row.district_id == dispatcher_id else None)


def stricter(key: str, before: Value, after: Value) -> bool:
    """Whether `after` lies on the tighter side of `before`. False for a rule that may not be overlaid."""
    known = KEYS[key]
    if known.form is Form.RATIO:
        return known.tighter is Tighter.HIGHER and Fraction(str(after)) > Fraction(str(before))
    match known.tighter:
        case Tighter.HIGHER:
            return isinstance(before, int) and isinstance(after, int) and after > before
        case Tighter.LOWER:
            return isinstance(before, int) and isinstance(after, int) and after < before
        case Tighter.ON:
            return after is True and before is not True
        case Tighter.MORE:
            return isinstance(before, tuple) and isinstance(after, tuple) and set(after) > set(before)
    return False


def tightened(profile: Profile, by: Refinement) -> Profile:
    """The profile with every rule of the overlay that is stricter: where the rules above have become stricter since, those stay."""
    rules = dict(profile.rules)
    for rule in by.rules:
        before = rules.get(rule.id)
        if before is not None and stricter(rule.id, before.value, rule.value):
            rules[rule.id] = rule
    return replace(profile, rules=MappingProxyType(rules), refined_by=(*profile.refined_by, by.name))


def lines_of(rules: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """As an overlay keeps them, read as strictly as a profile."""
    return tuple(rule_from(str(line["id"]), {"value": line["value"], "article": line["article"]}) for line in rules)


def difference(above: Profile, lines: Sequence[Rule]) -> list[dict[str, str]]:
    """What the lines change, in words: rule, value before and after, both articles. Unmet for one that is not stricter, or may not be overlaid."""
    return [changed(above, one) for one in lines]


def changed(above: Profile, line: Rule) -> dict[str, str]:
    before = above.find(line.id)
    if before is None or KEYS[line.id].tighter is None:
        raise Unmet("overlay.fixed", before.article if before else overlaying(above), above.version, key=line.id)
    told = {"before": value_shown(before.value), "after": value_shown(line.value)}
    if not stricter(line.id, before.value, line.value):
        raise Unmet("overlay.looser", before.article, above.version, key=line.id, **told)
    return {"rule": line.id, **told, "article": line.article, "above": before.article}


def overlaying(profile: Profile) -> str:
    """The article that lets districts and agencies write implementing rules, or says why not."""
    found = profile.find(ALLOWED)
    return found.article if found else SUBTREES


def allowed(profile: Profile, *, below: bool = True) -> None:
    """Unmet where the rules know no implementing rules below them (D31), or for an organization that is not below."""
    if not (below and profile.flag(ALLOWED)):
        raise Unmet(ALLOWED, overlaying(profile), profile.version)


async def refined(session: AsyncSession, profile: Profile, of: Within | None, *, on: date) -> Profile:
    """The profile through the chain center, district, agency, by the overlays in force on the day."""
    if of is None or not profile.flag(ALLOWED):
        return profile
    for one in (of.district_id, of.agency_id):
        found = await in_force(session, one, on=on)
        profile = tightened(profile, found) if found else profile
    return profile


async def in_force(session: AsyncSession, organization_id: UUID | None, *, on: date) -> Refinement | None:
    """The latest published overlay of an organization whose day had come."""
    if organization_id is None:
        return None
    found = await LATEST.row(session, {"organization": organization_id, "day": on})
    if found is None:
        return None
    return Refinement(found["id"], f"{found['title']}@{found['effective_from'].isoformat()}", lines_of(orjson.loads(found["rules"])))


def read_lines(said: Sequence[Said]) -> list[Rule]:
    """Lines as a client writes them. BadInput names the key at fault."""
    if len(said) > MOST_LINES:
        raise BadInput("rules", "too_many", most=MOST_LINES)
    keys = [one.key for one in said]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise BadInput("rules", "rule_repeated", key=twice[:LONGEST_KEY])
    return [read_line(one) for one in said]


def read_line(said: Said) -> Rule:
    if said.key not in KEYS:
        raise BadInput("rules", "rule_unknown", key=said.key[:LONGEST_KEY])
    article = checked("article", said.article, LONGEST_ARTICLE)
    value = value_from(said.key, checked("value", said.value, LONGEST_VALUE))
    try:
        line = rule_from(said.key, {"value": value, "article": article})
    except BadProfile as refused:
        raise BadInput("rules", "rule_value", key=said.key, form=str(KEYS[said.key].form)) from refused
    if isinstance(line.value, int) and line.value > GREATEST:
        raise BadInput("rules", "rule_value", key=said.key, form=f"{KEYS[said.key].form}, at most {GREATEST}")
    return line
