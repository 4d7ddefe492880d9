from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from domain.calendar import Period
from domain.exclusions import (
    Assessed,
    CardFacts,
    Days,
    Employed,
    ExclusionRules,
    PersonFacts,
    Reason,
    SessionFacts,
    Suspended,
    Tied,
    Visit,
    exclusions,
    merged,
    out_and_excluded,
)
from domain.profiles import Profile, Rule, parse_profile
from models.supervisors import CardStatus, Sex, SupervisorKind

FOLDER = Path(__file__).parents[2] / "seeds" / "profiles"
SLUGS = ("beijing-municipal", "yunnan-college-2023")
BEIJING, YUNNAN = (parse_profile((FOLDER / f"{slug}.toml").read_text(encoding="utf-8"), effective_from=date(2026, 1, 1)) for slug in SLUGS)
BOTH = pytest.mark.parametrize("profile", [BEIJING, YUNNAN], ids=SLUGS)

DAY = date(2026, 9, 10)
MORNING = Period(datetime(2026, 9, 10, 1, tzinfo=UTC), datetime(2026, 9, 10, 4, tzinfo=UTC))
AFTERNOON = Period(MORNING.until, datetime(2026, 9, 10, 9, tzinfo=UTC))
YEAR = Days(date(2026, 1, 1), date(2027, 1, 1))
SESSION = SessionFacts(id="rec_1", agency="agc_1", period=MORNING, district="dis_1")
PERSON = PersonFacts(
    id="sup_1", person="per_1", birth=date(1980, 1, 1), sex=Sex.MALE, card=CardFacts(CardStatus.ACTIVE, YEAR), terms=(YEAR,),
)  # fmt: skip


def reasons(profile: Profile, *, session: SessionFacts = SESSION, ran_by: str | None = None, **facts: object) -> list[Reason]:
    person = replace(PERSON, **facts)
    return [one.reason for one in exclusions([person], [session], ExclusionRules.of(profile, kind=person.kind, ran_by=ran_by))]


@BOTH
def test_whoever_has_a_card_and_a_term_and_no_conflict_is_in(profile):
    assert reasons(profile) == []


@pytest.mark.requirement("Y025", "B024", "D19")
@BOTH
def test_a_conflict_on_record_excludes_at_that_agency_on_its_days(profile):
    """Whatever the words of `recusal.rules`: what somebody put on record counts under every profile. The fact tells neither kind nor text."""
    assert reasons(profile, conflicts=(Tied("agc_1", Days(date(2026, 1, 1))),)) == [Reason.CONFLICT]
    assert reasons(profile, conflicts=(Tied("agc_2", Days(date(2026, 1, 1))),)) == []
    assert reasons(profile, conflicts=(Tied("agc_1", Days(date(2026, 1, 1), DAY)),)) == [], "half-open"
    assert reasons(profile, conflicts=(Tied("agc_1", Days(DAY)),)) == [Reason.CONFLICT]
    both = reasons(profile, conflicts=(Tied("agc_1", Days(DAY)),), employers=(Employed("agc_1", Days(date(2025, 1, 1))),))
    assert both == [Reason.OWN_AGENCY, Reason.CONFLICT]


@pytest.mark.requirement("INV01", "B025", "Y008", "D19")
@BOTH
def test_inv01_own_agency_excludes_external_supervisors_only(profile):
    employed = (Employed("agc_1", Days(date(2025, 1, 1))),)
    assert reasons(profile, employers=employed) == [Reason.OWN_AGENCY]
    assert reasons(profile, employers=employed, kind=SupervisorKind.INTERNAL) == []
    assert reasons(profile, employers=(Employed("agc_1", Days(date(2025, 1, 1), DAY)),)) == [], "the employer on the day counts"
    assert reasons(profile, employers=(Employed("agc_1", Days(DAY)),)) == [Reason.OWN_AGENCY]
    assert reasons(profile, employers=(Employed("agc_2", Days(date(2025, 1, 1))),)) == []


@pytest.mark.requirement("Y027", "B026", "D19")
@BOTH
def test_an_assessor_of_the_session_or_at_the_same_time_is_out(profile):
    assert reasons(profile, assessor=(Assessed("rec_1", MORNING),)) == [Reason.SAME_SESSION_ASSESSOR]
    assert reasons(profile, assessor=(Assessed("rec_2", MORNING),)) == [Reason.OVERLAPPING_ASSESSOR]
    assert reasons(profile, assessor=(Assessed("rec_2", AFTERNOON),)) == []
    assert reasons(profile, assessor=(Assessed("rec_1", MORNING),), kind=SupervisorKind.INTERNAL) == [Reason.SAME_SESSION_ASSESSOR]


@pytest.mark.requirement("A10")
@BOTH
def test_an_earlier_assessor_of_the_agency_is_out_only_where_the_rules_say_how_long(profile):
    earlier = Period(MORNING.start - timedelta(days=100), MORNING.until - timedelta(days=100))
    there, elsewhere = Assessed("rec_2", earlier, "agc_1"), Assessed("rec_3", earlier, "agc_2")
    assert reasons(profile, assessor=(there,)) == [], "a warning only"
    strict = replace(profile, rules=profile.rules | {"recusal.assessor_months": Rule("recusal.assessor_months", 4, "003 §10")})
    assert reasons(strict, assessor=(there,)) == [Reason.RECENT_ASSESSOR]
    assert reasons(strict, assessor=(elsewhere,)) == []
    short = replace(profile, rules=profile.rules | {"recusal.assessor_months": Rule("recusal.assessor_months", 3, "003 §10")})
    assert reasons(short, assessor=(there,)) == []


@pytest.mark.requirement("B023", "D18")
def test_rotation_looks_at_the_last_visit_under_beijing_only():
    last, before = Visit(date(2026, 8, 1), frozenset({"sup_9"})), Visit(date(2026, 7, 1), frozenset({"sup_1"}))
    assert reasons(BEIJING, session=replace(SESSION, visits=(before,))) == [Reason.ROTATION]
    assert reasons(BEIJING, session=replace(SESSION, visits=(last, before))) == []
    assert reasons(YUNNAN, session=replace(SESSION, visits=(before,))) == []
    rules = replace(ExclusionRules.of(YUNNAN, kind=SupervisorKind.EXTERNAL, ran_by=None), cooldown_days=90)
    assert [one.reason for one in exclusions([PERSON], [replace(SESSION, visits=(last, before))], rules)] == [Reason.ROTATION]
    assert exclusions([PERSON], [replace(SESSION, visits=(last, before))], replace(rules, cooldown_days=71)) == []


@pytest.mark.requirement("B020", "B061")
@BOTH
def test_a_card_must_be_valid_on_the_day_and_not_suspended(profile):
    def card(status: CardStatus = CardStatus.ACTIVE, *, until: date = date(2027, 1, 1)) -> CardFacts:
        return CardFacts(status, Days(date(2026, 1, 1), until))

    assert reasons(profile, card=None) == [Reason.CARD_INVALID]
    assert reasons(profile, card=card(CardStatus.REVOKED)) == [Reason.CARD_INVALID]
    assert reasons(profile, card=card(CardStatus.SUSPENDED)) == [Reason.SUSPENDED]
    assert reasons(profile, card=card(until=DAY)) == [Reason.CARD_INVALID]
    assert reasons(profile, card=card(until=DAY + timedelta(days=1))) == []


def test_an_internal_supervisor_needs_a_card_where_somebody_issues_one():
    assert reasons(BEIJING, card=None, kind=SupervisorKind.INTERNAL) == []
    assert reasons(YUNNAN, card=None, kind=SupervisorKind.INTERNAL) == [Reason.CARD_INVALID]


@pytest.mark.requirement("B061")
@BOTH
def test_a_districts_suspension_blocks_in_that_district_only(profile):
    assert reasons(profile, suspensions=(Suspended(YEAR, "dis_1"),)) == [Reason.SUSPENDED]
    assert reasons(profile, suspensions=(Suspended(YEAR, "dis_2"),)) == []
    assert reasons(profile, suspensions=(Suspended(YEAR),)) == [Reason.SUSPENDED]
    assert reasons(profile, suspensions=(Suspended(Days(date(2026, 1, 1), DAY), "dis_1"),)) == []


@pytest.mark.requirement("INV07", "Y064")
@BOTH
def test_inv07_a_term_that_ended_yesterday_is_over_today(profile):
    assert reasons(profile, terms=(Days(date(2023, 9, 10), DAY),)) == [Reason.TERM_ENDED]
    assert reasons(profile, terms=(Days(date(2023, 9, 11), DAY + timedelta(days=1)),)) == []
    assert reasons(profile, terms=(Days(date(2023, 9, 11), DAY), Days(DAY, None))) == []
    assert reasons(profile, terms=()) == ([Reason.TERM_ENDED] if profile is YUNNAN else [])


@pytest.mark.requirement("INV19", "B022")
@BOTH
def test_inv19_a_duty_at_that_time_excludes_and_does_not_tell_where(profile):
    assert reasons(profile, duties=(AFTERNOON,)) == []
    (found,) = exclusions([replace(PERSON, duties=(MORNING,))], [SESSION], ExclusionRules.of(profile, kind=PERSON.kind, ran_by=None))
    assert (found.reason, found.fact) == (Reason.OVERLAPPING_DUTY, "on duty at that time")


@pytest.mark.requirement("INV08", "B015")
@BOTH
def test_inv08_age_on_the_day_of_the_session(profile):
    expected = [Reason.AGE] if profile is BEIJING else []
    assert reasons(profile, birth=date(1960, 9, 11)) == []
    assert reasons(profile, birth=date(1960, 9, 10)) == expected
    assert reasons(profile, birth=date(1965, 9, 11), sex=Sex.FEMALE) == []
    assert reasons(profile, birth=date(1965, 9, 10), sex=Sex.FEMALE) == expected
    assert reasons(profile, birth=date(1965, 9, 10), sex=None) == []


@pytest.mark.requirement("Y089")
@BOTH
def test_the_blacklisted_and_whoever_runs_the_draw_are_out_altogether(profile):
    rules = ExclusionRules.of(profile, kind=PERSON.kind, ran_by="per_1")
    found = exclusions([replace(PERSON, blacklisted=True)], [SESSION, replace(SESSION, id="rec_2")], rules)
    assert [(one.reason, one.session) for one in found] == [(Reason.BLACKLISTED, None), (Reason.RAN_THE_DRAW, None)]
    assert out_and_excluded(found) == ({"sup_1": "BLACKLISTED"}, {})
    assert reasons(profile, ran_by="per_2") == []


@BOTH
def test_every_reason_is_told_and_no_fact_names_a_person(profile):
    person = replace(PERSON, employers=(Employed("agc_1", YEAR),), assessor=(Assessed("rec_1", MORNING),), duties=(MORNING,), terms=(Days(DAY, DAY),))
    found = exclusions([person], [SESSION], ExclusionRules.of(profile, kind=person.kind, ran_by=None))
    assert [one.reason for one in found] == [Reason.OWN_AGENCY, Reason.SAME_SESSION_ASSESSOR, Reason.TERM_ENDED, Reason.OVERLAPPING_DUTY]
    assert all(one.fact and not {"sup_1", "per_1", "1980"} & set(one.fact.split()) and len(one.fact) < 100 for one in found)
    assert out_and_excluded(found) == ({}, {"rec_1": {"sup_1": "OWN_AGENCY"}})
    (line,) = merged(found)
    assert line.fact == "employed there on 2026-09-10; assessor of this session; no appointment on 2026-09-10; on duty at that time"
