"""Invents the clean rosters of districts, agencies and supervisors, of any size; the same at every run.

All persons, agencies and numbers are invented. The numbers pass their check digits but bear the region 110199, which no county has.
"""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random

import xlsxwriter

from domain.calendar import add_months
from domain.numbers import BEIJING_DISTRICTS, code_check_digit, credit_check_digit, id_check_digit
from domain.roster_columns import AGENCY_COLUMNS, AGENCY_KINDS, DISTRICT_COLUMNS, SUPERVISOR_COLUMNS, Column

Cell = str | int | float | date | None
Row = list[Cell]

CREATED = datetime(2026, 1, 1)  # noqa: DTZ001 - the format knows no zone
REGION = "110199"
AGENCIES = 300
SUPERVISORS = 1_200
NEW = 6
"""Agencies that come after the others; the walkthrough brings them in."""
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建文博宇晨雨欣怡佳浩然子轩思远若溪安宁"
BRANDS = ("青禾", "远志", "匠心", "启明", "博艺", "恒技", "新程", "立德", "众擎", "锐工", "长青", "知行")
TRADES = ("机电", "烹饪", "家政", "养老护理", "汽车维修", "电工", "焊接", "保育", "物流", "信息安全")
FORMS = {"社会培训评价组织": "职业技能培训学校", "用人单位": "有限公司", "技工院校": "技师学院"}
SKILLS = ("三级/高级工", "二级/技师", "一级/高级技师", "特级技师", "工程师", "高级工程师", "讲师", "副教授")


def credit_code(index: int) -> str:
    inner = f"D{index:07d}"
    body = f"91{REGION}{inner}{code_check_digit(inner)}"
    return body + credit_check_digit(body)


def id_number(index: int) -> str:
    """A different one for each index up to five million; ages from 28 to 58 in 2026. Even indexes are men."""
    birth = date(1968, 1, 1) + timedelta(days=(index * 37) % 11_000)
    body = f"{REGION}{birth:%Y%m%d}{(index // 11_000 * 2 + 1 - index % 2) % 1_000:03d}"
    return body + id_check_digit(body)


def person_name(index: int) -> str:
    chance = Random(index)  # noqa: S311 - invention, not security
    return chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2))))


def districts() -> list[Row]:
    return [[code, name, f"{name}职业技能鉴定管理中心", f"010-5550{place:04d}"] for place, (code, name) in enumerate(BEIJING_DISTRICTS.items(), 1)]


def agencies(count: int = AGENCIES) -> list[Row]:
    places, kinds = list(BEIJING_DISTRICTS.values()), list(AGENCY_KINDS)
    rows: list[Row] = []
    for index in range(count):
        place, kind = places[index * 7 % len(places)], kinds[(index * 5 // 3) % len(kinds)]
        name = f"北京{BRANDS[index % len(BRANDS)]}{TRADES[index // len(BRANDS) % len(TRADES)]}{FORMS[kind]}（{index + 1}号）"
        rows.append([name, credit_code(index + 1), place, kind, f"北京市{place}示例路{index % 90 + 1}号", f"010-5551{index:04d}"])
    return rows


def supervisors(count: int = SUPERVISORS, *, agency_count: int = AGENCIES) -> list[Row]:
    return [supervisor(index, agency_count) for index in range(count)]


def supervisor(index: int, agency_count: int) -> Row:
    """Two of five are external, the others internal and without a card, as in Beijing; one external in three is employed by no agency."""
    internal = index % 5 not in {0, 1}
    issued = date(2024, 1, 8) + timedelta(days=index * 11 % 700)
    until = add_months(issued, 120)  # so that the demo does not age
    employer = credit_code(index * 13 % agency_count + 1) if internal or index % 3 else None
    card: Row = [None, None, None] if internal else [f"京督{issued.year}{index:06d}", issued, until]
    kind = "质量内控人员" if internal else "外部质量督导员"
    phone = f"1990000{index % 10_000:04d}"
    return [person_name(index), id_number(index), employer, kind, *card, phone, issued, until, SKILLS[index % len(SKILLS)], "是"]


def xlsx(rows: Sequence[Sequence[Cell]], *, merged: int = 0) -> bytes:
    """A workbook of one sheet; the first `merged` lines span the table. Times in it are fixed, so equal rows give equal bytes."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"created": CREATED, "author": "dudao"})
        sheet, day = book.add_worksheet("名册"), book.add_format({"num_format": "yyyy-mm-dd"})
        width = max(map(len, rows))
        for line, row in enumerate(rows):
            if line < merged:
                sheet.merge_range(line, 0, line, width - 1, row[0])
                continue
            for place, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(line, place, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001
                elif isinstance(cell, str):
                    sheet.write_string(line, place, cell)
                elif cell is not None:
                    sheet.write_number(line, place, cell)
    return file.getvalue()


def text_of_rows(rows: Sequence[Sequence[Cell]], *, encoding: str = "utf-8-sig") -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerows(rows)
    return file.getvalue().encode(encoding)


def headers(columns: Sequence[Column]) -> Row:
    return [column.header for column in columns]


def supervisors_file(count: int) -> bytes:
    """A clean roster of any size; the benchmarks import one of 20,000. It refers to the agencies of `agencies.xlsx`."""
    return xlsx([headers(SUPERVISOR_COLUMNS), *supervisors(count)])


def clean_files() -> dict[str, bytes]:
    """Each clean roster by its name."""
    return {
        "districts.csv": text_of_rows([headers(DISTRICT_COLUMNS), *districts()]),
        "agencies.xlsx": xlsx([headers(AGENCY_COLUMNS), *agencies()]),
        "supervisors.xlsx": supervisors_file(SUPERVISORS),
        "agencies-new.csv": text_of_rows([headers(AGENCY_COLUMNS), *agencies(AGENCIES + NEW)[AGENCIES:]]),
    }
