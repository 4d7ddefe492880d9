"""Conditions each by itself, and years of work added up: without a database."""

from datetime import date
from pathlib import Path

import pytest

from domain.eligibility import Condition, Qualifications, completed_years, conditions, unmet
from domain.profiles import Profile, parse_profile
from models.supervisors import Sex, SkillLevel, SupervisorKind, Title

PROFILES = Path(__file__).resolve().parents[2] / "seeds" / "profiles"
TODAY = date(2026, 9, 16)


def profile(slug: str) -> Profile:
    return parse_profile((PROFILES / f"{slug}.toml").read_text(encoding="utf-8"), effective_from=date(2024, 1, 1))


BEIJING, YUNNAN = profile("beijing-municipal"), profile("yunnan-college-2023")


def found(rules: Profile, kind: str, **known: object) -> dict[str, Condition]:
    person = Qualifications(kind=SupervisorKind(kind), **known)  # type: ignore[arg-type]
    return {one.name: one for one in conditions(rules, person, on=TODAY)}


@pytest.mark.requirement("B066", "B011", "B012", "B013", "B014", "B015", "B016", "D04")
def test_every_condition_of_beijing_is_told_with_value_and_article() -> None:
    known = {"birth": date(1960, 9, 16), "sex": Sex.MALE, "rank": SkillLevel.TECHNICIAN_2, "technical_management_years": 4}
    told = found(BEIJING, "INTERNAL", **known, attested=frozenset({"INTEGRITY"}), denied=frozenset({"HEALTHY"}))
    assert {name: (one.value, one.required, one.met) for name, one in told.items()} == {
        "INTEGRITY": ("YES", "YES", True),
        "POLICY_KNOWN": (None, "YES", False),
        "RANK": ("TECHNICIAN_2", ">=SENIOR_3", True),
        "TITLE": (None, ">=MIDDLE", False),
        "TECHNICAL_MANAGEMENT_YEARS": ("4", ">=5", False),
        "HEALTHY": ("NO", "YES", False),
        "AGE": ("66", "<=65", False),
    }
    assert (told["RANK"].group, told["RANK"].rule.article) == (told["TITLE"].group, "003 §7")
    assert (told["AGE"].rule.id, told["AGE"].rule.article) == ("eligibility.max_age.male", "003 §7(四)")
    assert [one.alternatives for one in unmet(told.values())] == [("POLICY_KNOWN",), ("TECHNICAL_MANAGEMENT_YEARS>=5",), ("HEALTHY",), ("AGE<=65",)]


@pytest.mark.requirement("B013", "B014", "A05", "A06")
@pytest.mark.parametrize(
    ("rank", "title", "years", "enough"),
    [
        (SkillLevel.SENIOR_3, None, 5, True),
        (None, Title.MIDDLE, 5, True),
        (SkillLevel.INTERMEDIATE_4, Title.SENIOR, 5, True),
        (SkillLevel.INTERMEDIATE_4, Title.ASSISTANT, 5, False),
        (SkillLevel.CHIEF_TECHNICIAN, Title.SENIOR, 4, False),
    ],
)
def test_five_years_bind_level_and_title_alike(rank: SkillLevel | None, title: Title | None, years: int, enough: bool) -> None:  # noqa: FBT001
    known = {"birth": date(1980, 1, 1), "attested": frozenset({"INTEGRITY", "POLICY_KNOWN", "HEALTHY"})}
    told = found(BEIJING, "INTERNAL", rank=rank, title=title, technical_management_years=years, **known)
    assert (not unmet(told.values())) is enough


@pytest.mark.requirement("Y009", "Y010", "Y011", "A16", "D03")
@pytest.mark.parametrize("kind", ["EXTERNAL", "INTERNAL"])
@pytest.mark.parametrize(
    ("attested", "years", "enough"),
    [
        ({"WORK_MANAGEMENT"}, 0, True),
        ({"WORK_TECHNICAL"}, 0, True),
        ({"ASSESSOR_EXCELLENT"}, 3, True),
        ({"ASSESSOR_EXCELLENT"}, 2, False),
        (set(), 9, False),
    ],
)
def test_in_yunnan_three_years_and_excellence_bind_assessors_alone(kind: str, attested: set[str], years: int, enough: bool) -> None:  # noqa: FBT001
    """One article for both kinds, and no age (D03, D04)."""
    known = frozenset({"INTEGRITY", "POLICY_KNOWN"} | attested)
    told = conditions(YUNNAN, Qualifications(kind=SupervisorKind(kind), assessor_years=years, attested=known), on=TODAY)
    assert (not unmet(told)) is enough
    assert "AGE" not in {one.name for one in told}


@pytest.mark.requirement("B014")
@pytest.mark.parametrize(
    ("periods", "years"),
    [
        ([], 0),
        ([(date(2021, 9, 16), None)], 5),
        ([(date(2021, 9, 17), None)], 4),
        ([(date(2020, 1, 1), date(2022, 1, 1)), (date(2023, 1, 1), date(2026, 1, 1))], 5),
        ([(date(2020, 1, 1), date(2023, 1, 1)), (date(2021, 1, 1), date(2024, 1, 1))], 4),  # overlapping years count once
        ([(date(2020, 1, 1), date(2020, 7, 1)), (date(2021, 1, 1), date(2021, 7, 1))], 1),
        ([(date(2027, 1, 1), None)], 0),
        ([(date(2024, 2, 29), date(2025, 2, 28))], 0),
    ],
)
def test_years_of_work_are_completed_years(periods: list[tuple[date, date | None]], years: int) -> None:
    assert completed_years(periods, on=TODAY) == years
