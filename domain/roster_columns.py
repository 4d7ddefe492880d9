"""What stands in the columns of the three rosters: their Chinese headers, lengths, and how one cell is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from domain.numbers import FULL_WIDTH, NumberProblem, credit_problem, id_problem
from domain.sheets import Cell, Line
from models.organizations import AgencyKind
from models.supervisors import SkillLevel, SupervisorKind, Title

T = TypeVar("T")


class Code(StrEnum):
    """What can be wrong with a line. A client reads these, so they never change their meaning."""

    ID_CHECK_DIGIT = "ID_CHECK_DIGIT"
    ID_FORMAT = "ID_FORMAT"
    FULL_WIDTH = "FULL_WIDTH"
    NUMBER_CELL = "NUMBER_CELL"
    CREDIT_CODE = "CREDIT_CODE"
    DUPLICATE = "DUPLICATE"
    EXISTS = "EXISTS"
    UNKNOWN_DISTRICT = "UNKNOWN_DISTRICT"
    UNKNOWN_AGENCY = "UNKNOWN_AGENCY"
    BLACKLISTED = "BLACKLISTED"
    MISSING = "MISSING"
    TOO_LONG = "TOO_LONG"
    DATE = "DATE"
    ENUM = "ENUM"
    MISSING_COLUMN = "MISSING_COLUMN"
    RULE_NOT_MET = "RULE_NOT_MET"


class Wrong(ValueError):  # noqa: N818 - the cell is, not we
    """One cell cannot be taken."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Column:
    """`exact` text must reach us as text: a number cell has lost leading zeros or digits after the fifteenth.

    `narrow` text may hold no full-width characters, and neither may exact text.
    """

    header: str
    required: bool = True
    longest: int = 60
    exact: bool = False
    narrow: bool = False


DISTRICT_CODE = Column("行政区划代码", longest=6)
DISTRICT_NAME = Column("区名称", longest=20)
CENTER_NAME = Column("机构名称", longest=120)
DISTRICT_PHONE = Column("联系电话", required=False, longest=20, narrow=True)
DISTRICT_COLUMNS = (DISTRICT_CODE, DISTRICT_NAME, CENTER_NAME, DISTRICT_PHONE)

AGENCY_NAME = Column("评价机构名称", longest=120)
CREDIT_CODE = Column("统一社会信用代码", exact=True)
AGENCY_DISTRICT = Column("所属区", required=False, longest=20)
AGENCY_KIND = Column("机构类别", longest=20)
AGENCY_PLACE = Column("地址", required=False, longest=200)
AGENCY_PHONE = Column("联系电话", required=False, longest=20, narrow=True)
AGENCY_COLUMNS = (AGENCY_NAME, CREDIT_CODE, AGENCY_DISTRICT, AGENCY_KIND, AGENCY_PLACE, AGENCY_PHONE)

PERSON_NAME = Column("姓名", longest=60)
ID_NUMBER = Column("身份证号", exact=True)
EMPLOYER = Column("所在评价机构信用代码", required=False, exact=True)
KIND = Column("督导员类别", longest=20)
CARD_NUMBER = Column("证卡编号", required=False, longest=40, exact=True)
CARD_ISSUED = Column("发证日期", required=False, longest=20)
CARD_UNTIL = Column("有效期至", required=False, longest=20)
PHONE = Column("手机号", required=False, longest=20, narrow=True)
TERM_FROM = Column("聘期起", longest=20)
TERM_UNTIL = Column("聘期止", required=False, longest=20)
SKILL = Column("技能等级/职称", required=False, longest=20)
HEALTHY = Column("身体健康", required=False, longest=4)
SUPERVISOR_COLUMNS = (
    PERSON_NAME, ID_NUMBER, EMPLOYER, KIND, CARD_NUMBER, CARD_ISSUED, CARD_UNTIL, PHONE, TERM_FROM, TERM_UNTIL, SKILL, HEALTHY,
)  # fmt: skip
HEADERS = frozenset(column.header for column in (*DISTRICT_COLUMNS, *AGENCY_COLUMNS, *SUPERVISOR_COLUMNS))

AGENCY_KINDS = MappingProxyType({
    "社会培训评价组织": AgencyKind.TRAINING_ORGANIZATION, "用人单位": AgencyKind.EMPLOYER, "技工院校": AgencyKind.TECHNICAL_SCHOOL,
})  # fmt: skip
KINDS = MappingProxyType({
    "外部": SupervisorKind.EXTERNAL, "外督": SupervisorKind.EXTERNAL, "外部质量督导员": SupervisorKind.EXTERNAL,
    "内部": SupervisorKind.INTERNAL, "内督": SupervisorKind.INTERNAL, "内部质量督导员": SupervisorKind.INTERNAL,
    "质量内控人员": SupervisorKind.INTERNAL,
})  # fmt: skip
YES_NO = MappingProxyType({"是": True, "否": False})
SKILLS: Mapping[str, SkillLevel | Title] = MappingProxyType({
    "学徒工": SkillLevel.APPRENTICE,
    "五级": SkillLevel.JUNIOR_5, "初级工": SkillLevel.JUNIOR_5, "五级/初级工": SkillLevel.JUNIOR_5,
    "四级": SkillLevel.INTERMEDIATE_4, "中级工": SkillLevel.INTERMEDIATE_4, "四级/中级工": SkillLevel.INTERMEDIATE_4,
    "三级": SkillLevel.SENIOR_3, "高级工": SkillLevel.SENIOR_3, "三级/高级工": SkillLevel.SENIOR_3,
    "二级": SkillLevel.TECHNICIAN_2, "技师": SkillLevel.TECHNICIAN_2, "二级/技师": SkillLevel.TECHNICIAN_2,
    "一级": SkillLevel.SENIOR_TECHNICIAN_1, "高级技师": SkillLevel.SENIOR_TECHNICIAN_1, "一级/高级技师": SkillLevel.SENIOR_TECHNICIAN_1,
    "特级技师": SkillLevel.SPECIAL_TECHNICIAN, "首席技师": SkillLevel.CHIEF_TECHNICIAN,
    "初级职称": Title.ASSISTANT, "助理工程师": Title.ASSISTANT,
    "中级职称": Title.MIDDLE, "工程师": Title.MIDDLE, "讲师": Title.MIDDLE, "经济师": Title.MIDDLE,
    "副高级职称": Title.ASSOCIATE_SENIOR, "高级工程师": Title.ASSOCIATE_SENIOR, "副教授": Title.ASSOCIATE_SENIOR, "高级讲师": Title.ASSOCIATE_SENIOR,
    "正高级职称": Title.SENIOR, "正高级工程师": Title.SENIOR, "教授": Title.SENIOR,
})  # fmt: skip

NOTE = re.compile(r"[(（].*[)）]|[*＊\s]")
DAY = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?(?: 00:00(?::00)?)?", re.ASCII)
COMPACT_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+", re.ASCII)
LONG_DIGITS = re.compile(r"\d{7,}[\dXx]?")
LOST_DIGITS = "000"  # what Excel makes of the 16th to 18th digit
EXCEL_EPOCH = date(1899, 12, 30)
EXCEL_DAYS = range(20_000, 80_000)  # 1954 to 2119
HINT_LENGTH = 24


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one cell. `value_hint` never holds more than the last four of a long number."""

    line: int
    column: str
    code: Code
    value_hint: str


class Reading:
    """One line under examination: it notes each fault and goes on, so that one dry run finds them all."""

    def __init__(self, line: Line, places: Mapping[str, int], problems: list[Problem]) -> None:
        self.number = line.number
        self._cells = line.cells
        self._width = len(line.cells)
        self._places = places
        self._problems = problems
        self._before = len(problems)

    @property
    def sound(self) -> bool:
        return len(self._problems) == self._before

    def cell(self, column: Column) -> Cell:
        place = self._places.get(column.header)
        return self._cells[place] if place is not None and place < self._width else None

    def fault(self, column: Column, code: Code) -> None:
        self._problems.append(Problem(self.number, column.header, code, hint(self.cell(column))))

    def text(self, column: Column) -> str:
        """The outer blanks gone; "" where it is empty or at fault."""
        try:
            text = text_of(self.cell(column), column)
        except Wrong as wrong:
            self.fault(column, wrong.code)
            return ""
        if (column.exact or column.narrow) and not text.isascii() and FULL_WIDTH.search(text):
            self.fault(column, Code.FULL_WIDTH)
            return ""
        return text

    def day(self, column: Column) -> date | None:
        try:
            return day_of(self.cell(column), column)
        except Wrong as wrong:
            self.fault(column, wrong.code)
            return None

    def word(self, column: Column, words: Mapping[str, T]) -> T | None:
        try:
            return word_of(self.cell(column), column, words)
        except Wrong as wrong:
            self.fault(column, wrong.code)
            return None

    def credit_code(self, column: Column) -> str:
        code = self.text(column).upper()
        if code and credit_problem(code) is not None:
            self.fault(column, Code.CREDIT_CODE)
            return ""
        return code

    def id_number(self, *, on: date) -> str:
        """Upper-case; "" where it is at fault. A wrong check digit behind three zeros is Excel's doing, not the bearer's."""
        number = self.text(ID_NUMBER).upper()
        match id_problem(number, on=on) if number else None:
            case None:
                return number
            case NumberProblem.CHECK_DIGIT:
                self.fault(ID_NUMBER, Code.NUMBER_CELL if number.endswith(LOST_DIGITS) else Code.ID_CHECK_DIGIT)
            case _:
                self.fault(ID_NUMBER, Code.ID_FORMAT)
        return ""

    def once(self, column: Column, key: str, seen: dict[str, int]) -> None:
        if key and seen.setdefault(f"{column.header}:{key}", self.number) != self.number:
            self.fault(column, Code.DUPLICATE)


def plain_header(cell: Cell) -> str:
    """A header without the star, blanks and notes in brackets that people add: `身份证号 *（必填）` is 身份证号."""
    return NOTE.sub("", cell) if isinstance(cell, str) else ""


def text_of(cell: Cell, column: Column) -> str:
    """The cell as text, outer blanks gone; "" where it is empty and may be. Wrong names the code."""
    text = _text(cell, column)
    if not text:
        if column.required:
            raise Wrong(Code.MISSING)
        return ""
    if len(text) > column.longest:
        raise Wrong(Code.TOO_LONG)
    return text


def day_of(cell: Cell, column: Column) -> date | None:
    """A day from a date cell, Excel's serial number, or any of the usual spellings. None where it is empty and may be."""
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool) and int(cell) in EXCEL_DAYS:
        return EXCEL_EPOCH + timedelta(days=int(cell))
    text = text_of(cell, column)
    if not text:
        return None
    match = DAY.fullmatch(text) or COMPACT_DAY.fullmatch(text)
    if match is None:
        raise Wrong(Code.FULL_WIDTH if FULL_WIDTH.search(text) else Code.DATE)
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise Wrong(Code.DATE) from None


def word_of(cell: Cell, column: Column, words: Mapping[str, T]) -> T | None:
    """What a word of the field stands for; None where the cell is empty and may be."""
    text = text_of(cell, column).replace("／", "/")
    if not text:
        return None
    if text not in words:
        raise Wrong(Code.ENUM)
    return words[text]


def hint(cell: Cell) -> str:
    """What the user typed, short, and of any long run of digits only the last four: an id number may stand in any column."""
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else "" if cell is None else str(cell)
    ascii_text = FULL_WIDTH.sub(lambda match: chr((ord(match[0]) - 0xFEE0) if match[0] != "\u3000" else 0x20), text).strip()
    return LONG_DIGITS.sub(lambda match: "…" + match[0][-4:], ascii_text)[:HINT_LENGTH]


def _text(cell: Cell, column: Column) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = cell.strip()
        if column.exact and SCIENTIFIC.fullmatch(text):
            raise Wrong(Code.NUMBER_CELL)
        return text
    if column.exact and isinstance(cell, int | float) and not isinstance(cell, bool):
        raise Wrong(Code.NUMBER_CELL)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
