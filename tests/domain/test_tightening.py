from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Unmet
from domain.profiles import Profile, Rule, parse_profile, value_from, value_shown
from domain.rule_keys import KEYS, Form, Tighter
from domain.tightening import Place, Refinement, difference, dispatching, lines_of, stricter, tightened

PROFILES = Path(__file__).parents[2] / "seeds" / "profiles"
CENTER, DISTRICT, AGENCY = (UUID(int=n) for n in (1, 2, 3))
RATIOS = st.integers(1, 50).flatmap(lambda bottom: st.tuples(st.integers(1, bottom), st.just(bottom)))


def beijing() -> Profile:
    return parse_profile((PROFILES / "beijing-municipal.toml").read_text(encoding="utf-8"), effective_from=date(2024, 1, 1))


def overlay(**rules: object) -> Refinement:
    lines = [{"id": name.replace("__", "."), "value": value, "article": "细则 §1"} for name, value in rules.items()]
    return Refinement(CENTER, "细则@2026-01-01", lines_of(lines))


@pytest.mark.requirement("B063")
def test_every_rule_that_may_be_overlaid_has_a_direction_that_its_form_knows() -> None:
    forms = {Tighter.HIGHER: {Form.INTEGER, Form.RATIO}, Tighter.LOWER: {Form.INTEGER}, Tighter.ON: {Form.FLAG}, Tighter.MORE: {Form.WORDS}}
    overlaid = {name: key for name, key in KEYS.items() if key.tighter is not None}
    assert all(key.tighter and key.form in forms[key.tighter] for key in overlaid.values())
    assert {"sampling.min_ratio", "team.min", "assignment.reply_hours", "rectification.working_days"} <= set(overlaid)


@given(RATIOS, RATIOS)
def test_ratios_are_compared_as_numbers(one: tuple[int, int], other: tuple[int, int]) -> None:
    before, after = (f"{top}/{bottom}" for top, bottom in (one, other))
    assert stricter("sampling.min_ratio", before, after) is (other[0] * one[1] > one[0] * other[1])


@given(st.integers(1, 100), st.integers(1, 100))
def test_nothing_is_stricter_both_ways(one: int, other: int) -> None:
    for name in ("team.min", "rectification.working_days"):
        assert [stricter(name, one, other), stricter(name, other, one)].count(True) == (one != other)
    assert stricter("team.min", one, other) is (other > one)
    assert not stricter("revocation.confirmations", one, other)


def test_a_flag_is_only_switched_on() -> None:
    found = {(before, after): stricter("internal.required_per_session", before, after) for before in (True, False) for after in (True, False)}
    assert [pair for pair, said in found.items() if said] == [(False, True)]


def test_words_are_only_added() -> None:
    key, some, more = "checklist.entered_alone", ("ANNUAL",), ("SPOT_CHECK", "ANNUAL")
    assert [stricter(key, *pair) for pair in ((some, more), (more, some), (some, some), (more, ("SPECIAL", "ONSITE", "ANNUAL")))] == [True] + [
        False
    ] * 3


@pytest.mark.requirement("B063", "Y002")
def test_the_stricter_of_both_holds_whatever_changed_above_since() -> None:
    """The ratio above has become stricter than the overlay; a rule that has gone out above stays out."""
    rules = beijing()
    over = overlay(sampling__min_ratio="1/5", team__min=3, rotation__cooldown_days=30)
    found = tightened(rules, over)
    assert (found.ratio("sampling.min_ratio"), found.integer("team.min"), found.has("rotation.cooldown_days")) == ((3, 10), 3, False)
    assert (found.rule("team.min").article, found.rule("sampling.min_ratio").article) == ("细则 §1", "003 §11")
    assert found.version == "beijing-municipal@2024-01-01 + 细则@2026-01-01"
    assert rules.integer("team.min") == 2


def test_a_difference_is_refused_as_a_whole() -> None:
    sound, loose = Rule("team.min", 3, "细则 §1"), Rule("assignment.reply_hours", 60, "细则 §2")
    assert [one["after"] for one in difference(beijing(), [sound])] == ["3"]
    with pytest.raises(Unmet) as refused:
        difference(beijing(), [sound, loose])
    assert (refused.value.rule, refused.value.params) == ("overlay.looser", {"key": "assignment.reply_hours", "before": "48", "after": "60"})


def test_what_is_shown_of_a_value_is_read_back_as_it() -> None:
    for name, rule in beijing().rules.items():
        read = value_from(name, value_shown(rule.value))
        assert (tuple(tuple(one) if isinstance(one, list) else one for one in read) if isinstance(read, list) else read) == rule.value, name
    assert value_from("team.min", "[" * 100_000) == "[" * 100_000
    assert value_from("none.such", "3") == "3"


def test_rules_bind_their_writer_and_whoever_is_below() -> None:
    session = Place(CENTER, DISTRICT, AGENCY)
    assert dispatching(session, CENTER) == Place(CENTER)
    assert dispatching(session, DISTRICT) == Place(CENTER, DISTRICT)
