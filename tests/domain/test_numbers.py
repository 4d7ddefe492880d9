from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from domain.numbers import (
    BEIJING_DISTRICTS,
    CREDIT_ALPHABET,
    NumberProblem,
    citizen,
    code_check_digit,
    credit_check_digit,
    credit_problem,
    id_check_digit,
    id_problem,
    last_four,
    masked,
)
from models.supervisors import Sex

ON = date(2026, 9, 1)
births = st.dates(min_value=date(1900, 1, 1), max_value=ON)
sequences = st.integers(0, 999)


@st.composite
def ids(draw, births=births):
    body = f"{draw(st.sampled_from(sorted(BEIJING_DISTRICTS)))}{draw(births):%Y%m%d}{draw(sequences):03d}"
    return body + id_check_digit(body)


@st.composite
def credit_codes(draw):
    inner = draw(st.text(CREDIT_ALPHABET, min_size=8, max_size=8))
    body = f"{draw(st.sampled_from(['91', '12', '52']))}{draw(st.sampled_from(sorted(BEIJING_DISTRICTS)))}{inner}{code_check_digit(inner)}"
    return body + credit_check_digit(body)


# The oracle also asks whether the county existed in the year of birth; since 2016 all sixteen do.
@given(ids(st.dates(min_value=date(2016, 1, 1), max_value=ON)))
def test_the_oracle_accepts_what_we_accept(number):
    assert id_problem(number, on=ON) is None
    assert ric.is_valid(number)
    assert citizen(number).birth == ric.get_birth_date(number)


@given(st.text("0123456789", min_size=17, max_size=17))
def test_check_digits_are_the_oracles(body):
    assert id_check_digit(body) == ric.calc_check_digit(body + "0")


@given(credit_codes())
def test_the_oracle_accepts_our_credit_codes(code):
    assert credit_problem(code) is None
    assert uscc.is_valid(code)


@given(st.text(CREDIT_ALPHABET, min_size=17, max_size=17))
def test_credit_check_digits_are_the_oracles(body):
    assert credit_check_digit(body) == uscc.calc_check_digit(body)


@given(ids())
def test_every_wrong_digit_and_every_swap_of_neighbours_is_found_in_an_id_number(number):
    for place in range(18):
        for digit in "0123456789X":
            if digit != number[place]:
                assert id_problem(number[:place] + digit + number[place + 1 :], on=ON) is not None
    for place in range(17):
        if number[place] != number[place + 1]:
            assert id_problem(number[:place] + number[place + 1] + number[place] + number[place + 2 :], on=ON) is not None


@given(credit_codes())
def test_every_wrong_character_and_every_swap_of_neighbours_is_found_in_a_credit_code(code):
    for place in range(18):
        for character in CREDIT_ALPHABET:
            if character != code[place]:
                assert credit_problem(code[:place] + character + code[place + 1 :]) is not None
    for place in range(17):
        if code[place] != code[place + 1]:
            assert credit_problem(code[:place] + code[place + 1] + code[place] + code[place + 2 :]) is not None


def sound(birth: str = "19900307", *, region: str = "110101", sequence: str = "001") -> str:
    body = region + birth + sequence
    return body + id_check_digit(body)


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        (sound(), None),
        (sound("20000229"), None),
        (sound()[:17], NumberProblem.FORMAT),
        (" " + sound(), NumberProblem.FORMAT),
        (sound() + "\n", NumberProblem.FORMAT),
        ("", NumberProblem.FORMAT),
        (sound().replace("1", "１"), NumberProblem.FULL_WIDTH),
        ("1101011990０307001X", NumberProblem.FULL_WIDTH),
        ("١١٠١٠١١٩٩٠٠٣٠٧٠٠١٢", NumberProblem.FORMAT),
        (sound(region="990101"), NumberProblem.REGION),
        (sound("19000229"), NumberProblem.BIRTH_DATE),
        (sound("19901301"), NumberProblem.BIRTH_DATE),
        (sound("20260902"), NumberProblem.FUTURE),
        (sound("20260901"), None),
        (sound()[:17] + ("0" if sound()[17] != "0" else "1"), NumberProblem.CHECK_DIGIT),
    ],
)
def test_each_problem_of_an_id_number_has_its_name(number, problem):
    assert id_problem(number, on=ON) is problem


def test_x_is_upper_case():
    number = next(sound(sequence=f"{sequence:03d}") for sequence in range(100) if sound(sequence=f"{sequence:03d}").endswith("X"))
    assert id_problem(number, on=ON) is None
    assert id_problem(number.lower(), on=ON) is NumberProblem.FORMAT


def test_birth_and_sex_are_read_from_the_number():
    assert citizen(sound(sequence="013")).sex is Sex.MALE
    assert citizen(sound(sequence="012")).sex is Sex.FEMALE
    assert citizen(sound()).birth == date(1990, 3, 7)
    with pytest.raises(ValueError, match="sound"):
        citizen("110101199013070019")


def test_the_organization_code_inside_a_credit_code_is_checked():
    inner = "MA01ABCD"
    wrong = "0" if code_check_digit(inner) != "0" else "1"
    body = f"91110101{inner}{wrong}"
    assert credit_problem(body + credit_check_digit(body)) is NumberProblem.INNER_CHECK_DIGIT
    assert uscc.is_valid(body + credit_check_digit(body)), "the oracle does not look inside"


def test_each_problem_of_a_credit_code_has_its_name():
    assert credit_problem("91350100M000100Y43") is None  # the example of the standard's own explanations
    assert credit_problem("91350100M000100Y44") is NumberProblem.CHECK_DIGIT
    assert credit_problem("91350100M000100I43") is NumberProblem.FORMAT
    assert credit_problem("91990100M000100Y43") is NumberProblem.REGION
    assert credit_problem("９1350100M000100Y43") is NumberProblem.FULL_WIDTH
    assert credit_problem("91350100M000100Y4") is NumberProblem.FORMAT


def test_masks_show_four_characters_at_most():
    assert masked("110101199003070011") == "*" * 14 + "0011"
    assert masked("0011") == "****"
    assert masked("") == ""
    assert last_four("11010119900307001X") == "001X"


def test_beijing_has_sixteen_districts():
    assert len(BEIJING_DISTRICTS) == len(set(BEIJING_DISTRICTS.values())) == 16
    assert all(code.startswith("1101") and name.endswith("区") for code, name in BEIJING_DISTRICTS.items())


@given(births)
def test_a_birth_after_the_day_is_in_the_future(birth):
    number = sound(f"{birth:%Y%m%d}")
    assert id_problem(number, on=birth) is None
    assert id_problem(number, on=birth - timedelta(days=1)) is NumberProblem.FUTURE
