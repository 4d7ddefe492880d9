"""The numbers people and organizations bear: GB 11643 (citizens), GB 32100 (credit code), GB 11714 (organization code), GB/T 2260 (districts)."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from operator import mul
from types import MappingProxyType

from models.supervisors import Sex

# GB/T 2260, the first two digits. 81 to 83 are also borne by the residence permits of Hong Kong, Macao and Taiwan.
PROVINCES = frozenset(map(str, (*range(11, 16), 21, 22, 23, *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83)))

# GB/T 2260, the sixteen districts of Beijing.
BEIJING_DISTRICTS = MappingProxyType(
    {
        "110101": "东城区",
        "110102": "西城区",
        "110105": "朝阳区",
        "110106": "丰台区",
        "110107": "石景山区",
        "110108": "海淀区",
        "110109": "门头沟区",
        "110111": "房山区",
        "110112": "通州区",
        "110113": "顺义区",
        "110114": "昌平区",
        "110115": "大兴区",
        "110116": "怀柔区",
        "110117": "平谷区",
        "110118": "密云区",
        "110119": "延庆区",
    }
)

ID_FORM = re.compile(r"\d{17}[\dX]", re.ASCII)
ID_INSIDE = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)", re.ASCII)
CENTURIES = frozenset({"18", "19", "20"})
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # 2 ** (17 - i) mod 11, ISO 7064 MOD 11-2
ID_CHECKS = "10X98765432"

CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I, O, S, V, Z
CREDIT_FORM = re.compile(rf"[{CREDIT_ALPHABET}]{{2}}\d{{6}}[{CREDIT_ALPHABET}]{{10}}", re.ASCII)
CREDIT_VALUES = MappingProxyType({character: value for value, character in enumerate(CREDIT_ALPHABET)})
CREDIT_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
CODE_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

# Digits, letters and the blank as a Chinese input method writes them.
FULL_WIDTH = re.compile("[\uff01-\uff5e\u3000]")


class NumberProblem(StrEnum):
    FULL_WIDTH = "FULL_WIDTH"
    FORMAT = "FORMAT"
    REGION = "REGION"
    BIRTH_DATE = "BIRTH_DATE"
    FUTURE = "FUTURE"
    CHECK_DIGIT = "CHECK_DIGIT"
    INNER_CHECK_DIGIT = "INNER_CHECK_DIGIT"


@dataclass(frozen=True, slots=True)
class Citizen:
    """What a sound id number says of its bearer."""

    birth: date
    sex: Sex


def id_problem(number: str, *, on: date) -> NumberProblem | None:
    """The first thing wrong with a citizen's id number on that day, or None. X is upper-case; blanks are not forgiven here."""
    if FULL_WIDTH.search(number):
        return NumberProblem.FULL_WIDTH
    if ID_FORM.fullmatch(number) is None:
        return NumberProblem.FORMAT
    if number[:2] not in PROVINCES:
        return NumberProblem.REGION
    birth = _birth(number)
    if birth is None:
        return NumberProblem.BIRTH_DATE
    if birth > on:
        return NumberProblem.FUTURE
    return None if number[17] == id_check_digit(number[:17]) else NumberProblem.CHECK_DIGIT


def citizen(number: str) -> Citizen:
    """Birth date and sex from a number that `id_problem` found sound; ValueError otherwise."""
    birth = _birth(number)
    if birth is None:
        raise ValueError("not a sound id number")
    return Citizen(birth, Sex.MALE if int(number[16]) % 2 else Sex.FEMALE)


def id_check_digit(first_17: str) -> str:
    return ID_CHECKS[sum(map(mul, map(int, first_17), ID_WEIGHTS)) % 11]


def holds_id_number(text: str) -> bool:
    """Whether a sound id number stands in a text, however the input method wrote its digits."""
    found = ID_INSIDE.findall(unicodedata.normalize("NFKC", text))
    return any(id_problem(one.upper(), on=date.max) is None and one[6:8] in CENTURIES for one in found)


def credit_problem(code: str) -> NumberProblem | None:
    """The first thing wrong with a unified social credit code, the organization code within it included."""
    if FULL_WIDTH.search(code):
        return NumberProblem.FULL_WIDTH
    if CREDIT_FORM.fullmatch(code) is None:
        return NumberProblem.FORMAT
    if code[2:4] not in PROVINCES and code[2:4] != "10":  # 100000: registered with the state itself
        return NumberProblem.REGION
    if code[17] != credit_check_digit(code[:17]):
        return NumberProblem.CHECK_DIGIT
    return None if code[16] == code_check_digit(code[8:16]) else NumberProblem.INNER_CHECK_DIGIT


def credit_check_digit(first_17: str) -> str:
    """GB 32100: the sum of all 18 is a multiple of 31."""
    total = sum(map(mul, map(CREDIT_VALUES.__getitem__, first_17), CREDIT_WEIGHTS))
    return CREDIT_ALPHABET[-total % 31]


def code_check_digit(first_8: str) -> str:
    """GB 11714: letters count from 10; a remainder of ten is written X."""
    total = sum(int(character, 36) * weight for character, weight in zip(first_8, CODE_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]


def last_four(number: str) -> str:
    return number[-4:]


def masked(number: str) -> str:
    """All but the last four as stars; a number of four or less shows nothing."""
    shown = number[-4:] if len(number) > len("0000") else ""
    return "*" * (len(number) - len(shown)) + shown


def _birth(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
