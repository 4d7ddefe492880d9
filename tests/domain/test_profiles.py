import json
from datetime import date
from pathlib import Path

import pytest

from domain.eligibility import Qualifications, age_limit, lacking
from domain.profiles import BadProfile, Profile, RuleOff, from_json, in_force, parse_profile, to_json
from domain.rule_keys import KEYS, is_condition
from models.supervisors import Sex, SkillLevel, SupervisorKind, Title

FOLDER = Path(__file__).parents[2] / "seeds" / "profiles"
SLUGS = ("beijing-municipal", "yunnan-college-2023")
FROM = date(2026, 1, 1)
TEXTS = {slug: (FOLDER / f"{slug}.toml").read_text(encoding="utf-8") for slug in SLUGS}
BEIJING, YUNNAN = (parse_profile(TEXTS[slug], effective_from=FROM) for slug in SLUGS)
BOTH = pytest.mark.parametrize("profile", [BEIJING, YUNNAN], ids=SLUGS)


@BOTH
def test_every_rule_names_its_article(profile: Profile):
    number = {"beijing-municipal": "003 ", "yunnan-college-2023": "000 "}[profile.slug]
    assert profile.version == f"{profile.slug}@2026-01-01"
    assert all(rule.article.startswith((number, "default 1.", "default 2.")) for rule in profile.rules.values())
    assert all(key == rule.id for key, rule in profile.rules.items())


@pytest.mark.requirement("Y061", "Y083")
@pytest.mark.parametrize(("day", "good"), [("10-01", True), ("01-31", True), ("02-29", False), ("10-1", False), ("13-01", False), ("1001", False)])
def test_a_day_of_the_year_is_one_that_every_year_has(day: str, *, good: bool):
    text = TEXTS["yunnan-college-2023"].replace('value = "01-31"', f'value = "{day}"')
    if good:
        assert parse_profile(text, effective_from=FROM).text("assessment.due") == day
    else:
        with pytest.raises(BadProfile, match=r"assessment\.due"):
            parse_profile(text, effective_from=FROM)


@BOTH
def test_a_profile_survives_the_database(profile: Profile):
    stored = json.loads(json.dumps(to_json(profile)))
    assert from_json(stored, slug=profile.slug, title=profile.title, effective_from=FROM) == profile


@pytest.mark.requirement("B028", "B029", "B030", "B023", "B053", "B061")
def test_beijing_says_what_its_articles_say():
    assert BEIJING.ratio("sampling.min_ratio") == (3, 10)
    assert (BEIJING.integer("team.min"), BEIJING.integer("team.extra_above"), BEIJING.flag("team.extra_mandatory")) == (2, 200, False)
    assert BEIJING.rule("team.min").article == "003 §11"
    assert BEIJING.text("selection.method") == "ROTATION"
    assert (BEIJING.integer("monthly_return.due_day"), BEIJING.flag("monthly_return.inclusive")) == (5, True)
    assert BEIJING.words("sanctions.supervisor.ladder") == ("CRITICISM", "SUSPENSION", "REVOCATION")
    assert BEIJING.text("card.title") == "职业技能鉴定质量督导员"
    assert BEIJING.optional_integer("refusal.max_consecutive") is None
    assert BEIJING.optional_integer("appointment.term_months") is None


@pytest.mark.requirement("Y044", "Y049", "Y050", "Y064", "Y068", "Y096")
def test_yunnan_says_what_its_articles_say():
    assert YUNNAN.integer("refusal.max_consecutive") == 3
    assert YUNNAN.rule("refusal.max_consecutive").article == "000 §19"
    assert YUNNAN.integer("team.min") == 1
    assert YUNNAN.integer("appointment.term_months") == 36
    assert (YUNNAN.text("card.issuer.external"), YUNNAN.text("card.issuer.internal")) == ("CENTER", "AGENCY")
    assert YUNNAN.text("revocation.authority") == "ISSUER"
    assert YUNNAN.flag("internal.required_per_session")
    assert YUNNAN.words("tiers") == ("CENTER", "AGENCY")
    assert YUNNAN.optional_ratio("sampling.min_ratio") is None
    assert not YUNNAN.has("monthly_return.due_day")


def test_an_absent_rule_is_off_and_a_misspelt_key_is_an_error():
    assert BEIJING.find("refusal.max_consecutive") is None
    assert not BEIJING.flag("stipend.enabled")
    assert BEIJING.words("training.topics") == ()
    assert BEIJING.optional_text("education.warn_from") is None
    with pytest.raises(RuleOff, match=r"refusal\.max_consecutive"):
        BEIJING.integer("refusal.max_consecutive")
    with pytest.raises(ValueError, match="no such rule"):
        BEIJING.integer("team.minimum")
    with pytest.raises(TypeError):
        BEIJING.integer("card.title")
    with pytest.raises(TypeError):
        BEIJING.text("team.min")


TEAM = '"team.min" = { value = 2, article = "003 §11" }'


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        (TEAM, '"team.minimum" = { value = 2, article = "003 §11" }', "team.minimum", "unknown key"),
        (TEAM, '"team.min" = { value = "2", article = "003 §11" }', "team.min", "must be an integer"),
        (TEAM, '"team.min" = { value = true, article = "003 §11" }', "team.min", "must be an integer"),
        (TEAM, '"team.min" = { value = 0, article = "003 §11" }', "team.min", "at least 1"),
        (TEAM, '"team.min" = { value = 2 }', "team.min", "missing article"),
        (TEAM, '"team.min" = { value = 2, article = " " }', "team.min", "missing article"),
        (TEAM, '"team.min" = { article = "003 §11" }', "team.min", "exactly a value and an article"),
        (TEAM, '"team.min" = { value = 2, article = "003 §11", note = "x" }', "team.min", "exactly a value and an article"),
        (TEAM, '"team.min" = 2', "team.min", "exactly a value and an article"),
        (TEAM, "", "team.min", "no profile works without it"),
        ('"3/10"', '"0.3"', "sampling.min_ratio", "ratio"),
        ('"3/10"', '"11/10"', "sampling.min_ratio", "ratio"),
        ('"ROTATION"', '"LOTTERY"', "selection.method", "unknown word"),
        ('["NEGLIGENCE", "PRIVATE_GAIN"]', '["NEGLIGENCE", "NEGLIGENCE"]', "grounds.supervisor", "stands twice"),
        ('["NEGLIGENCE", "PRIVATE_GAIN"]', "[]", "grounds.supervisor", "must be a list"),
        ('"APPRENTICE", ', "", "ranks", "all eight"),
        ("RANK>=SENIOR_3", "RANK>=3", "eligibility.internal", "conditions"),
        ('"monthly_return.due_day" = { value = 5', '"monthly_return.due_day" = { value = 31', "monthly_return.due_day", "every month"),
        ('"rectification.working_days"', '# "rectification.working_days"', "rectification.working_days", "rectification is on"),
        ('"rotation.last_n"', '# "rotation.last_n"', "rotation.last_n", "selection is by ROTATION"),
        ("[rules]", "[rule]", "rule", "unknown key"),
        ("[rules]", "effective_from = 2026-01-01\n[rules]", "effective_from", "must not stand in the file"),
        ('slug = "beijing-municipal"', 'slug = "Beijing"', "slug", "lower-case"),
        ("title = ", "# title = ", "title", "missing"),
        ("[rules]", "[rules", "file", "not TOML"),
    ],
)
def test_a_bad_profile_is_refused_with_key_and_reason(old, new, *, key, reason):
    assert old in TEXTS["beijing-municipal"]
    with pytest.raises(BadProfile, match=reason) as refused:
        parse_profile(TEXTS["beijing-municipal"].replace(old, new), effective_from=FROM)
    assert refused.value.key == key


@pytest.mark.requirement("B064", "Y091")
def test_without_the_operators_date_there_is_no_profile():
    with pytest.raises(BadProfile, match="operator must give it") as refused:
        parse_profile(TEXTS["beijing-municipal"], effective_from=None)
    assert refused.value.key == "effective_from"


@pytest.mark.requirement("INV15")
@BOTH
def test_a_later_profile_does_not_judge_an_earlier_day(profile: Profile):
    from_july = parse_profile(TEXTS[profile.slug], effective_from=date(2026, 7, 1))
    assert in_force([from_july, profile], on=date(2026, 6, 30)) is profile
    assert in_force([profile, from_july], on=date(2026, 7, 1)) is from_july
    assert in_force([profile], on=date(2025, 12, 31)) is None


def test_conditions_are_words_that_somebody_can_judge():
    assert all(map(is_condition, ("RANK>=SENIOR_3", "TITLE>=MIDDLE", "ASSESSOR_YEARS>=3", "HEALTHY")))
    assert not any(map(is_condition, ("RANK", "RANK>=MIDDLE", "TITLE>=SENIOR_3", "ASSESSOR_YEARS>=", "ASSESSOR_YEARS>=-1", "CHARMING", "")))
    assert KEYS["eligibility.external"].form == "a list of lists of conditions"


def person(profile: Profile, **facts: object) -> list[tuple[str, ...]]:
    known = {
        "kind": SupervisorKind.INTERNAL, "birth": date(1980, 1, 1), "sex": Sex.MALE, "rank": SkillLevel.SENIOR_3,
        "technical_management_years": 5, "attested": frozenset({"INTEGRITY", "POLICY_KNOWN", "HEALTHY", "WORK_TECHNICAL"}),
    }  # fmt: skip
    return [one.alternatives for one in lacking(profile, Qualifications(**{**known, **facts}), on=date(2026, 9, 1))]


@pytest.mark.requirement("INV08", "B015")
def test_inv08_age_by_completed_years():
    def too_old(sex: Sex, birth: date) -> bool:
        return bool(person(BEIJING, sex=sex, birth=birth))

    assert not too_old(Sex.MALE, date(1960, 9, 2))  # 65 years and 364 days
    assert too_old(Sex.MALE, date(1960, 9, 1))  # the 66th birthday
    assert not too_old(Sex.FEMALE, date(1965, 9, 2))
    assert too_old(Sex.FEMALE, date(1965, 9, 1))
    assert person(YUNNAN, birth=date(1930, 1, 1)) == []
    assert age_limit(BEIJING, kind=SupervisorKind.EXTERNAL, sex=None) == 65
    assert age_limit(YUNNAN, kind=SupervisorKind.EXTERNAL, sex=Sex.MALE) is None
    assert person(BEIJING, birth=None) == [("AGE<=65",)]


@pytest.mark.requirement("INV09", "B013")
def test_inv09_rank_by_order_and_not_by_number():
    eligible = {rank for rank in SkillLevel if not person(BEIJING, rank=rank)}
    assert eligible == {
        SkillLevel.SENIOR_3, SkillLevel.TECHNICIAN_2, SkillLevel.SENIOR_TECHNICIAN_1, SkillLevel.SPECIAL_TECHNICIAN, SkillLevel.CHIEF_TECHNICIAN,
    }  # fmt: skip


@pytest.mark.requirement("B013", "B014", "B066", "Y011", "Y097")
def test_each_condition_is_reported_by_itself_with_its_article():
    assert person(BEIJING, rank=None, title=Title.MIDDLE) == []
    assert person(BEIJING, rank=None, title=Title.ASSISTANT, technical_management_years=4) == [
        ("RANK>=SENIOR_3", "TITLE>=MIDDLE"), ("TECHNICAL_MANAGEMENT_YEARS>=5",),
    ]  # fmt: skip
    found = lacking(BEIJING, Qualifications(kind=SupervisorKind.EXTERNAL, birth=date(1980, 1, 1)), on=FROM)
    assert [(one.rule.article, one.alternatives) for one in found] == [("003 §9", ("CARD",))]
    excellent = frozenset({"INTEGRITY", "POLICY_KNOWN", "ASSESSOR_EXCELLENT"})
    assert person(YUNNAN, attested=excellent, assessor_years=3) == []
    assert person(YUNNAN, attested=excellent, assessor_years=2) == [("WORK_MANAGEMENT", "WORK_TECHNICAL", "ASSESSOR_YEARS>=3")]
    assert len(person(YUNNAN, attested=excellent - {"ASSESSOR_EXCELLENT"})) == 2
