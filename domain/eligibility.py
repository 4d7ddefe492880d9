"""Whether a person meets the conditions of a profile, each condition reported by itself (000 §6, §13, Y011, Y097; 003 §7, B013-B015, B066)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from domain.calendar import add_months, age_on
from domain.profiles import Profile, Rule
from models.supervisors import Sex, SkillLevel, SupervisorKind, Title

MONTHS, DAYS = 12, 31
"""Of a year and of a month, where periods of work are added up."""
AGE = "AGE"
YES, NO = "YES", "NO"


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualifications:
    """What is known of a person. `attested` holds what somebody vouches for: INTEGRITY, HEALTHY, WORK_MANAGEMENT, CARD and the like; `denied` the
    contrary.
    """

    kind: SupervisorKind
    birth: date | None = None
    sex: Sex | None = None
    rank: SkillLevel | None = None
    title: Title | None = None
    technical_management_years: int = 0
    assessor_years: int = 0
    attested: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition with what is known and what is asked. Of those of one `group` one suffices; every group must hold."""

    rule: Rule
    group: int
    name: str
    required: str
    value: str | None
    met: bool

    @property
    def text(self) -> str:
        """As the profile writes it."""
        return self.name if self.required == YES else f"{self.name}{self.required}"


@dataclass(frozen=True, slots=True)
class Lacking:
    """One condition that is not met: the rule with its article, and which of its alternatives would have sufficed."""

    rule: Rule
    alternatives: tuple[str, ...]


def conditions(profile: Profile, person: Qualifications, *, on: date) -> list[Condition]:
    """Every condition of the profile for the kind, as it stands on that day, met or not."""
    key = f"eligibility.{person.kind.lower()}"
    groups = profile.conditions(key)
    found = [_judged(profile, person, one, rule=profile.rule(key), group=n) for n, group in enumerate(groups, start=1) for one in group]
    return [*found, *_of_age(profile, person, on, group=len(groups) + 1)]


def lacking(profile: Profile, person: Qualifications, *, on: date) -> list[Lacking]:
    """Every condition the person fails on that day; empty for who is eligible."""
    return unmet(conditions(profile, person, on=on))


def unmet(found: Iterable[Condition]) -> list[Lacking]:
    """The groups of which no condition is met."""
    groups = [list(group) for _, group in groupby(found, key=lambda one: one.group)]
    return [Lacking(group[0].rule, tuple(one.text for one in group)) for group in groups if not any(one.met for one in group)]


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


def completed_years(periods: Iterable[tuple[date, date | None]], *, on: date) -> int:
    """Whole years of work before that day, overlaps counted once; half-open periods, one without an end goes on.

    Several periods are added up in months and days; thirty-one days make a month, so that none is counted before it is complete.
    """
    months = days = 0
    for start, end in _apart(periods, on):
        whole = (end.year - start.year) * MONTHS + end.month - start.month - (end.day < start.day)
        months, days = months + whole, days + (end - add_months(start, whole)).days
    return (months + days // DAYS) // MONTHS


def _apart(periods: Iterable[tuple[date, date | None]], on: date) -> list[tuple[date, date]]:
    """The same days as periods that neither overlap nor touch, none after `on`."""
    found: list[tuple[date, date]] = []
    for start, end in sorted((start, min(end or on, on)) for start, end in periods if start < on):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _of_age(profile: Profile, person: Qualifications, on: date, *, group: int) -> list[Condition]:
    limit = age_limit(profile, kind=person.kind, sex=person.sex)
    if limit is None:
        return []
    age = None if person.birth is None else age_on(person.birth, on)
    rule = profile.rule(f"eligibility.max_age.{'female' if person.sex is Sex.FEMALE else 'male'}")
    return [Condition(rule, group, AGE, f"<={limit}", None if age is None else str(age), age is not None and age <= limit)]


def _judged(profile: Profile, person: Qualifications, condition: str, *, rule: Rule, group: int) -> Condition:
    name, compared, floor = condition.partition(">=")
    value, met = _standing(person, name, floor, profile=profile)
    return Condition(rule, group, name, f"{compared}{floor}" or YES, value, met)


def _standing(person: Qualifications, name: str, floor: str, *, profile: Profile) -> tuple[str | None, bool]:
    """What is known of the person under this name, and whether it suffices."""
    match name:
        case "RANK":
            return person.rank, person.rank is not None and profile.rank_at_least(person.rank, SkillLevel(floor))
        case "TITLE":
            order = list(Title)
            return person.title, person.title is not None and order.index(person.title) >= order.index(Title(floor))
        case "TECHNICAL_MANAGEMENT_YEARS":
            return str(person.technical_management_years), person.technical_management_years >= int(floor)
        case "ASSESSOR_YEARS":
            return str(person.assessor_years), person.assessor_years >= int(floor)
    return YES if name in person.attested else NO if name in person.denied else None, name in person.attested
