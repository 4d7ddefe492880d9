"""Messy rosters: what districts send in earnest. Each flaw is known, so that a dry run can be held against the list.

They assume that the clean rosters are imported before.
"""

from dataclasses import dataclass
from datetime import date

from domain.numbers import id_check_digit
from domain.roster_columns import AGENCY_COLUMNS, SUPERVISOR_COLUMNS, Code
from seeds.rosters.invented import AGENCIES, Cell, Row, agencies, credit_code, headers, id_number, supervisor, text_of_rows, xlsx

TIDY_BETWEEN = 6
NOBODY = 300_000  # indexes from here on are on no clean roster
LISTED = 900_000

PLACES = {column.header: place for place, column in enumerate(SUPERVISOR_COLUMNS)}
NAME, ID, EMPLOYER, KIND, CARD = "姓名", "身份证号", "所在评价机构信用代码", "督导员类别", "证卡编号"


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong, on purpose, at a line of a messy roster."""

    line: int
    column: str
    code: Code


def blacklisted_id() -> str:
    """The person of the messy roster who is on the blacklist of the demo world."""
    return id_number(LISTED)


def wide(text: str) -> str:
    """As a Chinese input method in full-width mode writes it."""
    return "".join(chr(ord(one) + 0xFEE0) for one in text)


def wrong_last(text: str) -> str:
    return text[:-1] + ("1" if text[-1] != "1" else "2")


def lost_digits() -> str:
    """An id number after Excel: digits 16 to 18 are zeros, and the check digit does not happen to be right."""
    found = (id_number(index)[:15] for index in range(NOBODY, NOBODY + 100))
    return next(f"{start}000" for start in found if id_check_digit(f"{start}00") != "0")


def flaws_of(row: Row, before: Row) -> list[tuple[str, Cell, str, Code]]:
    """Every way to spoil a sound row: the column changed, its new value, the column blamed, the code."""
    number, code = str(row[1]), credit_code(1)
    return [
        (ID, wrong_last(number), ID, Code.ID_CHECK_DIGIT),
        (ID, number[:6] + number[8:17], ID, Code.ID_FORMAT),
        (ID, number[:10] + "13" + number[12:], ID, Code.ID_FORMAT),
        (ID, number.replace("110199", "991099"), ID, Code.ID_FORMAT),
        (ID, wide(number), ID, Code.FULL_WIDTH),
        ("手机号", wide("19900001234"), "手机号", Code.FULL_WIDTH),
        (ID, float(number[:17] + "0"), ID, Code.NUMBER_CELL),
        (ID, "1.10199E+17", ID, Code.NUMBER_CELL),
        (ID, lost_digits(), ID, Code.NUMBER_CELL),
        (CARD, 20_260_001, CARD, Code.NUMBER_CELL),
        (ID, before[1], ID, Code.DUPLICATE),
        (CARD, before[4], CARD, Code.DUPLICATE),
        (ID, id_number(5), NAME, Code.EXISTS),
        (CARD, supervisor(5, AGENCIES)[4], CARD, Code.EXISTS),
        (ID, blacklisted_id(), ID, Code.BLACKLISTED),
        (EMPLOYER, wrong_last(code), EMPLOYER, Code.CREDIT_CODE),
        (EMPLOYER, credit_code(AGENCIES + 1), EMPLOYER, Code.UNKNOWN_AGENCY),
        (NAME, None, NAME, Code.MISSING),
        (CARD, None, CARD, Code.MISSING),
        (NAME, "欧阳" * 31, NAME, Code.TOO_LONG),
        ("发证日期", "2026-02-30", "发证日期", Code.DATE),
        ("有效期至", date(2020, 1, 1), "有效期至", Code.DATE),
        ("聘期止", "2020年1月1日", "聘期止", Code.DATE),
        (KIND, "兼职督导员", KIND, Code.ENUM),
        ("身体健康", "良好", "身体健康", Code.ENUM),
        ("技能等级/职称", "十级", "技能等级/职称", Code.ENUM),
    ]


def messy_supervisors() -> tuple[bytes, list[Flaw]]:
    """Title and note merged above the header, stars and notes in the header, blank lines, outer blanks, a repeated header, and every flaw."""
    header: Row = [f"{column.header} *（必填）" if column.required else column.header for column in SUPERVISOR_COLUMNS]
    rows: list[Row] = [["2026年度质量督导员名册（样表）"], ["填表说明：带*为必填；日期请填年-月-日；本表人员均为虚构"], header]
    flaws: list[Flaw] = []
    index = NOBODY + 5  # multiples of five are external and hold a card
    kinds = len(flaws_of(supervisor(index, AGENCIES), supervisor(index, AGENCIES)))
    for kind in range(kinds):
        tidy = [supervisor(index + 5 * step, AGENCIES) for step in range(TIDY_BETWEEN + 1)]
        index += 5 * len(tidy)
        row = tidy.pop()
        column, value, blamed, code = flaws_of(row, tidy[-1])[kind]
        row[PLACES[column]] = value
        tidy[0][0] = f"  {tidy[0][0]} "
        tidy[1][1] = str(tidy[1][1]).lower()
        rows += [*tidy, row, []]
        flaws.append(Flaw(len(rows) - 1, blamed, code))
        if kind == kinds // 2:
            rows.append(header)
    return xlsx(rows, merged=2), flaws


def messy_agencies() -> tuple[bytes, list[Flaw]]:
    """GB 18030 with CRLF, as Excel in China saves CSV."""
    sound = agencies(AGENCIES + 40)[AGENCIES:]
    spoilt: list[tuple[int, Cell, Code]] = [
        (1, wrong_last(str(sound[0][1])), Code.CREDIT_CODE),
        (1, wide(str(sound[1][1])), Code.FULL_WIDTH),
        (1, "9.11102E+17", Code.NUMBER_CELL),
        (1, sound[20][1], Code.DUPLICATE),
        (2, "朝陽区", Code.UNKNOWN_DISTRICT),
        (2, "河北区", Code.UNKNOWN_DISTRICT),
        (2, None, Code.MISSING),
        (3, "个体户", Code.ENUM),
        (0, "测" * 121, Code.TOO_LONG),
    ]
    rows: list[Row] = [headers(AGENCY_COLUMNS), *sound[20:]]
    flaws: list[Flaw] = []
    for row, (place, value, code) in zip(sound, spoilt, strict=False):
        row[place] = value
        rows += [[], row]
        flaws.append(Flaw(len(rows), AGENCY_COLUMNS[place].header, code))
    return text_of_rows(rows, encoding="gb18030"), flaws
