"""Lines of cells out of an xlsx or CSV file from a stranger: bounded before anything is parsed."""

import csv
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from python_calamine import CalamineError, CalamineWorkbook

Cell = str | float | bool | date | None

MAX_BYTES = 20_000_000
MAX_UNPACKED = 100_000_000
MAX_MEMBERS = 1_000
MAX_ROWS = 50_000
MAX_COLUMNS = 50
MAX_LINES = MAX_ROWS + 20  # room for the titles and notes above the header

# The place of a cell (r="B12") or row (r="12") in a worksheet. One cell far away makes a reader lay out the whole plain before it.
PLACE = re.compile(rb"""\sr\s*=\s*["'](?:([A-Z]{0,3})(\d{1,7})["'])?""")
LOCAL_HEADER = 30


class SheetProblem(StrEnum):
    NOT_A_SHEET = "NOT_A_SHEET"
    TOO_LARGE = "TOO_LARGE"
    TOO_MANY_ROWS = "TOO_MANY_ROWS"
    TOO_MANY_COLUMNS = "TOO_MANY_COLUMNS"
    ENCODING = "ENCODING"
    NO_HEADER = "NO_HEADER"


class BadSheet(ValueError):  # noqa: N818 - the file is refused, nothing is broken
    """The file as a whole cannot be read; no line of it was judged."""

    def __init__(self, problem: SheetProblem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Line:
    """`number` as the user sees it in Excel or an editor, from 1."""

    number: int
    cells: tuple[Cell, ...]


def lines(content: bytes) -> list[Line]:
    """The lines of the first sheet that hold anything. The bytes decide whether it is xlsx or CSV, not the name. BadSheet if neither."""
    if len(content) > MAX_BYTES:
        raise BadSheet(SheetProblem.TOO_LARGE)
    rows = _from_xlsx(content) if content.startswith(b"PK\x03\x04") else _from_csv(content)
    if len(rows) > MAX_LINES:
        raise BadSheet(SheetProblem.TOO_MANY_ROWS)
    for line in rows:
        if len(line.cells) > MAX_COLUMNS:
            raise BadSheet(SheetProblem.TOO_MANY_COLUMNS)
    return rows


def _from_csv(content: bytes) -> list[Line]:
    text = _decoded(content)
    if "\0" in text:
        raise BadSheet(SheetProblem.NOT_A_SHEET)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Line] = []
    started = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(Line(started, _trimmed([cell or None for cell in cells])))
            if len(rows) > MAX_LINES:
                raise BadSheet(SheetProblem.TOO_MANY_ROWS)
            started = reader.line_num + 1  # a quoted cell may span lines
    except csv.Error as error:
        raise BadSheet(SheetProblem.NOT_A_SHEET) from error
    return rows


def _decoded(content: bytes) -> str:
    """UTF-8 with or without its mark; else GB 18030, which Excel in China still writes."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadSheet(SheetProblem.ENCODING)


def _from_xlsx(content: bytes) -> list[Line]:
    _check_archive(content)
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, IndexError, ValueError) as error:
        raise BadSheet(SheetProblem.NOT_A_SHEET) from error
    numbered = enumerate(rows, start=1)
    return [Line(number, cells) for number, row in numbered if any(cells := _trimmed([_plain(value) for value in row]))]


def _plain(value: str | float | bool | time | date | datetime | timedelta | None) -> Cell:  # noqa: FBT001 - a cell may be true
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str):
        return value if value.strip() else None
    return str(value) if isinstance(value, time | timedelta) else value


def _trimmed(cells: list[Cell]) -> tuple[Cell, ...]:
    while cells and cells[-1] is None:
        cells.pop()
    return tuple(cells)


def _check_archive(content: bytes) -> None:
    """Unpack everything once, counting, and keep nothing: the sizes an archive states of itself may lie."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise BadSheet(SheetProblem.NOT_A_SHEET) from error
    if len(members) > MAX_MEMBERS:
        raise BadSheet(SheetProblem.TOO_LARGE)
    left = MAX_UNPACKED
    for member in members:
        unpacked = _unpacked(content, member, left)
        left -= len(unpacked)
        if b"sheetData" in unpacked:
            _check_places(unpacked)


def _unpacked(content: bytes, member: zipfile.ZipInfo, limit: int) -> bytes:
    header = content[member.header_offset : member.header_offset + LOCAL_HEADER]
    if len(header) < LOCAL_HEADER or member.flag_bits & 1 or member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise BadSheet(SheetProblem.NOT_A_SHEET)
    start = member.header_offset + LOCAL_HEADER + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    packed = content[start : start + member.compress_size]
    if member.compress_type == zipfile.ZIP_STORED:
        return packed
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        unpacked = unpacker.decompress(packed, limit + 1)
    except zlib.error as error:
        raise BadSheet(SheetProblem.NOT_A_SHEET) from error
    if len(unpacked) > limit:
        raise BadSheet(SheetProblem.TOO_LARGE)
    return unpacked


def _check_places(worksheet: bytes) -> None:
    places = PLACE.findall(worksheet)
    columns, rows = {column for column, _ in places}, {row for _, row in places}
    if b"" in rows:
        raise BadSheet(SheetProblem.NOT_A_SHEET)
    if any(int(row) > MAX_LINES for row in rows):
        raise BadSheet(SheetProblem.TOO_MANY_ROWS)
    if any(_column(column) > MAX_COLUMNS for column in columns):
        raise BadSheet(SheetProblem.TOO_MANY_COLUMNS)


def _column(letters: bytes) -> int:
    """A is 1, Z is 26, AA is 27; a row's place has no letters and is 0."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
