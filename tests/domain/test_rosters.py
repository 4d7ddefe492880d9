import io
import time
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from hashlib import sha256
from random import Random

import pytest

from domain.numbers import BEIJING_DISTRICTS, citizen
from domain.roster_columns import AGENCY_COLUMNS, DISTRICT_COLUMNS, SUPERVISOR_COLUMNS, Code, hint
from domain.rosters import AgencyRow, Checked, DistrictRow, Known, SupervisorRow, check_agencies, check_districts, check_supervisors, read_table
from domain.sheets import BadSheet, SheetProblem
from models.organizations import AgencyKind
from models.supervisors import Sex, SkillLevel, SupervisorKind, Title
from seeds.rosters import invented, make, mess

ON = date(2026, 9, 1)
FILES = make.files()


def digest(number: str) -> str:
    return sha256(number.encode()).hexdigest()


EMPTY = Known(digest=digest)
DISTRICTS = replace(EMPTY, districts={code: f"{name}职业技能鉴定管理中心" for code, name in BEIJING_DISTRICTS.items()})
REGISTRY = replace(
    DISTRICTS,
    agencies={str(row[1]): str(row[0]) for row in invented.agencies()},
    people={digest(str(row[1])): str(row[0]) for row in invented.supervisors()},
    cards={str(row[4]): digest(str(row[1])) for row in invented.supervisors() if row[4]},
    blacklisted={digest(mess.blacklisted_id())},
)


def supervisors(*rows: Sequence[invented.Cell], registry: Known = REGISTRY, header: Sequence[invented.Cell] = ()) -> Checked[SupervisorRow]:
    table = read_table(invented.xlsx([header or invented.headers(SUPERVISOR_COLUMNS), *rows]), "名册.xlsx")
    return check_supervisors(table, registry, on=ON)


def codes(checked: Checked[SupervisorRow] | Checked[AgencyRow] | Checked[DistrictRow]) -> list[tuple[str, Code]]:
    return [(one.column, one.code) for one in checked.problems]


NEW = mess.NOBODY + 1_000


def test_the_clean_rosters_are_clean():
    districts = check_districts(read_table(FILES["districts.csv"], "districts.csv"), EMPTY, on=ON)
    assert (len(districts.rows), districts.problems) == (16, [])
    assert {row.code: row.district for row in districts.rows} == dict(BEIJING_DISTRICTS)
    agencies = check_agencies(read_table(FILES["agencies.xlsx"], "agencies.xlsx"), DISTRICTS, on=ON)
    assert (len(agencies.rows), agencies.problems) == (300, [])
    assert {row.kind for row in agencies.rows} == set(AgencyKind)
    people = check_supervisors(read_table(FILES["supervisors.xlsx"], "supervisors.xlsx"), replace(REGISTRY, people={}, cards={}), on=ON)
    assert (len(people.rows), people.problems) == (1_200, [])
    assert not any(row.known for row in people.rows)
    again = check_supervisors(read_table(FILES["supervisors.xlsx"], "supervisors.xlsx"), REGISTRY, on=ON)
    assert again.problems == []
    assert all(row.known for row in again.rows)


def unpacked(content: bytes) -> list[tuple[str, bytes]]:
    """Another zlib packs the same content into other bytes."""
    if not content.startswith(b"PK"):
        return [("", content)]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_files_in_the_repository_are_what_the_script_makes(name):
    assert FILES[name] == make.files()[name]
    assert unpacked((make.HERE / name).read_bytes()) == unpacked(FILES[name]), "run python -m seeds.rosters.make"
    assert sum(map(len, FILES.values())) < 300_000


def test_the_dry_run_finds_every_flaw_of_the_messy_roster_and_nothing_else():
    content, flaws = mess.messy_supervisors()
    checked = check_supervisors(read_table(content, "supervisors-messy.xlsx"), REGISTRY, on=ON)
    assert [(one.line, one.column, one.code) for one in checked.problems] == [(one.line, one.column, one.code) for one in flaws]
    assert len(checked.rows) == mess.TIDY_BETWEEN * len(flaws)
    assert all(row.name == row.name.strip() for row in checked.rows)
    assert {one.code for one in flaws} == set(Code) - {Code.UNKNOWN_DISTRICT, Code.MISSING_COLUMN, Code.RULE_NOT_MET}


def test_the_dry_run_finds_every_flaw_of_the_messy_agencies():
    content, flaws = mess.messy_agencies()
    checked = check_agencies(read_table(content, "agencies-messy.csv"), REGISTRY, on=ON)
    assert [(one.line, one.column, one.code) for one in checked.problems] == [(one.line, one.column, one.code) for one in flaws]
    assert len(checked.rows) == 20


def test_no_problem_tells_an_id_number():
    content, _ = mess.messy_supervisors()
    table = read_table(content, "supervisors-messy.xlsx")
    checked = check_supervisors(table, REGISTRY, on=ON)
    numbers = {str(cell) for row in table.rows for cell in row.cells if isinstance(cell, str) and len(cell) >= 15}
    said = " ".join(one.value_hint for one in checked.problems)
    assert not any(number in said for number in numbers)
    assert all(len("".join(filter(str.isdigit, one.value_hint))) < 10 for one in checked.problems)
    assert all(row.id_number not in repr(row) for row in checked.rows)
    assert hint("110101199003070011") == "…0011"
    assert hint("11010119900307001X") == "…001X"
    assert hint(1.10101199003070e17) == "…0000"
    assert hint("１１０１０１１９９００３０７００１１") == "…0011"
    assert hint("张三 110101199003070011") == "张三 …0011"
    assert hint(None) == ""


def test_a_row_is_read_with_its_types():
    row = invented.supervisor(NEW, 300)
    row[1], row[5], row[6], row[7], row[8], row[9], row[10] = f" {row[1]} ", "2025年3月7日", 46_000, 19_900_001_234, "2025/3/7", "20280306", "工程师"
    (found,) = supervisors(row).rows
    assert found.name == row[0]
    assert (found.kind, found.sex, found.birth) == (SupervisorKind.EXTERNAL, Sex.MALE, citizen(str(row[1]).strip()).birth)
    assert (found.card_issued, found.card_until) == (date(2025, 3, 7), date(2025, 12, 9))
    assert (found.term_from, found.term_until) == (date(2025, 3, 7), date(2028, 3, 6))
    assert (found.phone, found.level, found.title, found.healthy) == ("19900001234", None, Title.MIDDLE, True)
    assert found.id_digest == digest(found.id_number)
    assert replace(found, name="").known is False


@pytest.mark.requirement("B013")
def test_skill_may_be_a_grade_or_a_title_or_absent():
    row = invented.supervisor(NEW, 300)
    for text, level, title in (("三级／高级工", SkillLevel.SENIOR_3, None), ("特级技师", SkillLevel.SPECIAL_TECHNICIAN, None), (None, None, None)):
        row[10] = text
        (found,) = supervisors(row).rows
        assert (found.level, found.title) == (level, title)


@pytest.mark.requirement("Y006")
def test_one_person_may_be_external_and_internal_but_not_twice_the_same():
    external, internal = invented.supervisor(NEW, 300), invented.supervisor(NEW + 2, 300)
    internal[0], internal[1] = external[0], external[1]
    assert supervisors(external, internal).problems == []
    again = invented.supervisor(NEW + 5, 300)
    again[0], again[1] = external[0], external[1]
    assert codes(supervisors(external, again)) == [("身份证号", Code.DUPLICATE)]


@pytest.mark.requirement("B020", "Y008")
def test_an_external_supervisor_needs_a_card_and_an_internal_one_an_employer():
    external, internal = invented.supervisor(NEW, 300), invented.supervisor(NEW + 2, 300)
    external[4:7] = [None, None, None]
    internal[2] = None
    assert codes(supervisors(external, internal)) == [
        ("证卡编号", Code.MISSING), ("发证日期", Code.MISSING), ("有效期至", Code.MISSING), ("所在评价机构信用代码", Code.MISSING),
    ]  # fmt: skip
    internal = invented.supervisor(NEW + 2, 300)
    internal[4] = "内督001"
    assert codes(supervisors(internal)) == [("发证日期", Code.MISSING), ("有效期至", Code.MISSING)]


def test_several_problems_of_a_line_are_all_found():
    row = invented.supervisor(NEW, 300)
    row[0], row[1], row[3], row[8] = None, "12", "x", "soon"
    assert codes(supervisors(row)) == [("姓名", Code.MISSING), ("身份证号", Code.ID_FORMAT), ("督导员类别", Code.ENUM), ("聘期起", Code.DATE)]


def test_a_missing_column_is_said_once():
    checked = supervisors(["张三", "外督"], ["李四", "外督"], header=["姓名", "督导员类别"])
    assert codes(checked) == [("身份证号", Code.MISSING_COLUMN), ("聘期起", Code.MISSING_COLUMN)]
    assert ({one.line for one in checked.problems}, checked.rows) == ({1}, [])


@pytest.mark.requirement("B022")
def test_known_and_different_is_a_problem():
    (row,) = invented.districts()[:1]
    header = invented.headers(DISTRICT_COLUMNS)
    same = read_table(invented.text_of_rows([header, row]), "d.csv")
    assert [one.known for one in check_districts(same, DISTRICTS, on=ON).rows] == [True]
    other = read_table(
        invented.text_of_rows([header, [*row[:2], "另一个中心", ""], ["110103", "崇文区", "旧", ""], ["110105", "海淀区", "x", ""]]), "d.csv"
    )
    assert codes(check_districts(other, DISTRICTS, on=ON)) == [
        ("机构名称", Code.EXISTS), ("行政区划代码", Code.UNKNOWN_DISTRICT), ("区名称", Code.UNKNOWN_DISTRICT), ("机构名称", Code.EXISTS),
    ]  # fmt: skip


@pytest.mark.requirement("B007")
def test_a_district_is_found_by_code_and_by_name_and_is_absent_where_there_are_none():
    for text in ("110105", 110105, "朝阳区", "朝阳", "朝阳区职业技能鉴定管理中心"):
        row = [*invented.agencies()[0]]
        row[2] = text
        table = read_table(invented.xlsx([invented.headers(AGENCY_COLUMNS), row]), "a.xlsx")
        assert [one.district_code for one in check_agencies(table, DISTRICTS, on=ON).rows] == ["110105"]
        assert codes(check_agencies(table, EMPTY, on=ON)) == [("所属区", Code.UNKNOWN_DISTRICT)]
    row[2] = None
    table = read_table(invented.xlsx([invented.headers(AGENCY_COLUMNS), row]), "a.xlsx")
    assert [one.district_code for one in check_agencies(table, EMPTY, on=ON).rows] == [""]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_the_encodings_of_the_field(encoding):
    content = invented.text_of_rows([["名册"], [], invented.headers(DISTRICT_COLUMNS), *invented.districts()], encoding=encoding)
    table = read_table(content, "DISTRICTS.CSV")
    assert table.header_line == 3
    assert [row.number for row in table.rows][:2] == [4, 5]
    assert len(check_districts(table, EMPTY, on=ON).rows) == 16


def test_lines_are_counted_as_an_editor_counts_them():
    content = '行政区划代码,区名称,机构名称\r\n110101,东城区,"甲\r\n乙"\r\n\r\n110199,西城区,丙\r\n'.encode()
    checked = check_districts(read_table(content, "d.csv"), EMPTY, on=ON)
    assert [(one.line, one.code) for one in checked.problems] == [(5, Code.UNKNOWN_DISTRICT)]


def problem_of(content: bytes, name: str = "r.xlsx") -> SheetProblem:
    with pytest.raises(BadSheet) as refused:
        read_table(content, name)
    return refused.value.problem


def workbook_with(sheet: bytes, *, sizes: int | None = None) -> bytes:
    """The sheet of a sound workbook replaced, its directory lying about the size if asked to."""
    sound = zipfile.ZipFile(io.BytesIO(invented.xlsx([["姓名", "身份证号"]])))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in sound.infolist():
            archive.writestr(member.filename, sheet if member.filename == "xl/worksheets/sheet1.xml" else sound.read(member))
        if sizes is not None:
            for member in archive.filelist:
                member.file_size = sizes
    return file.getvalue()


SHEET = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'


def test_a_bomb_is_refused_before_it_bursts():
    started = time.perf_counter()
    bomb = SHEET % (b" " * 150_000_000)
    assert problem_of(workbook_with(bomb)) is SheetProblem.TOO_LARGE
    assert problem_of(workbook_with(bomb, sizes=100)) is SheetProblem.TOO_LARGE
    assert problem_of(b"x" * 20_000_001, "r.csv") is SheetProblem.TOO_LARGE
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>', SheetProblem.TOO_MANY_ROWS),
        (b'<row r="1"><c r="XFD1"><v>1</v></c></row>', SheetProblem.TOO_MANY_COLUMNS),
        (b"<row r='9999999'/>", SheetProblem.TOO_MANY_ROWS),
        (b'<row r="1"><c r="&#65;1"><v>1</v></c></row>', SheetProblem.NOT_A_SHEET),
        (b"<row", SheetProblem.NOT_A_SHEET),
    ],
)
def test_one_far_cell_does_not_lay_out_a_plain(row, problem):
    assert problem_of(workbook_with(SHEET % row)) is problem


def test_what_is_no_roster_is_refused_as_a_whole():
    assert problem_of(b"", "r.csv") is SheetProblem.NO_HEADER
    assert problem_of("甲,乙\n1,2".encode(), "r.csv") is SheetProblem.NO_HEADER
    assert problem_of(b"\xff\xff\xff", "r.csv") is SheetProblem.ENCODING
    assert problem_of(b"a\0b", "r.csv") is SheetProblem.NOT_A_SHEET
    assert problem_of(b"PK\x03\x04 nothing") is SheetProblem.NOT_A_SHEET
    assert problem_of(FILES["districts.csv"], "districts.pdf") is SheetProblem.NOT_A_SHEET
    assert problem_of('姓名,"身份证号\n张三'.encode(), "r.csv") is SheetProblem.NOT_A_SHEET
    header = "姓名,身份证号,聘期起,督导员类别\n"
    assert problem_of((header + "a,b,c,d\n" * 50_001).encode(), "r.csv") is SheetProblem.TOO_MANY_ROWS
    assert len(read_table((header + "a,b,c,d\n" * 50_000).encode(), "r.csv").rows) == 50_000
    assert problem_of((header + ",".join("x" * 51)).encode(), "r.csv") is SheetProblem.TOO_MANY_COLUMNS


def test_broken_files_are_refused_and_never_crash():
    content, chance = FILES["supervisors-messy.xlsx"], Random(7)  # noqa: S311
    for _ in range(150):
        broken = bytearray(content)
        for _ in range(chance.randrange(1, 20)):
            broken[chance.randrange(4, len(broken))] = chance.randrange(256)
        with suppress(BadSheet):
            check_supervisors(read_table(bytes(broken), "r.xlsx"), REGISTRY, on=ON)


def test_twenty_thousand_rows_are_read_and_checked_in_seconds():
    content = invented.supervisors_file(20_000)
    started = time.process_time()
    checked = check_supervisors(read_table(content, "r.xlsx"), replace(REGISTRY, people={}, cards={}), on=ON)
    assert time.process_time() - started < 4, "two seconds on an idle core"
    assert (len(checked.rows), checked.problems) == (20_000, [])
