"""Whether a person meets the conditions of a profile, each condition reported by itself (000 §6, 003 §7, B066)."""

from dataclasses import dataclass
from datetime import date

from domain.calendar import age_on
from domain.profiles import Profile, Rule
from domain.rule_keys import Title
from models.supervisors import Sex, SkillLevel, SupervisorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualifications:
    """What is known of a person. `attested` holds what somebody vouches for: INTEGRITY, HEALTHY, WORK_MANAGEMENT, CARD and the like."""

    kind: SupervisorKind
    birth: date | None = None
    sex: Sex | None = None
    rank: SkillLevel | None = None
    title: Title | None = None
    technical_management_years: int = 0
    assessor_years: int = 0
    attested: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Lacking:
    """One condition that is not met: the rule with its article, and which of its alternatives would have sufficed."""

    rule: Rule
    alternatives: tuple[str, ...]


def lacking(profile: Profile, person: Qualifications, *, on: date) -> list[Lacking]:
    """Every condition the person fails on that day; empty for who is eligible."""
    key = f"eligibility.{person.kind.lower()}"
    found = [Lacking(profile.rule(key), group) for group in profile.conditions(key) if not any(_holds(profile, person, one) for one in group)]
    return [*found, *_too_old(profile, person, on)]


def age_limit(profile: Profile, *, kind: SupervisorKind, sex: Sex | None) -> int | None:
    """The greatest number of completed years (不超过 includes it), or None where age does not matter. Unknown sex: the higher limit."""
    if kind not in profile.words("eligibility.max_age.kinds"):
        return None
    male, female = (profile.optional_integer(f"eligibility.max_age.{one}") for one in ("male", "female"))
    if sex is Sex.MALE:
        return male
    if sex is Sex.FEMALE:
        return female
    return None if male is None or female is None else max(male, female)


def _too_old(profile: Profile, person: Qualifications, on: date) -> list[Lacking]:
    limit = age_limit(profile, kind=person.kind, sex=person.sex)
    if limit is None or (person.birth is not None and age_on(person.birth, on) <= limit):
        return []
    sex = "female" if person.sex is Sex.FEMALE else "male"
    return [Lacking(profile.rule(f"eligibility.max_age.{sex}"), (f"AGE<={limit}",))]


def _holds(profile: Profile, person: Qualifications, condition: str) -> bool:
    word, _, floor = condition.partition(">=")
    match word:
        case "RANK":
            return person.rank is not None and profile.rank_at_least(person.rank, SkillLevel(floor))
        case "TITLE":
            order = list(Title)
            return person.title is not None and order.index(person.title) >= order.index(Title(floor))
        case "TECHNICAL_MANAGEMENT_YEARS":
            return person.technical_management_years >= int(floor)
        case "ASSESSOR_YEARS":
            return person.assessor_years >= int(floor)
    return word in person.attested
