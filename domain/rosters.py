"""Rosters of districts, agencies and supervisors: a dry run that finds every bad line by line, column and code."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar

from domain.numbers import BEIJING_DISTRICTS, citizen, credit_problem
from domain.roster_columns import (
    AGENCY_COLUMNS,
    AGENCY_DISTRICT,
    AGENCY_KIND,
    AGENCY_KINDS,
    AGENCY_NAME,
    AGENCY_PHONE,
    AGENCY_PLACE,
    CARD_ISSUED,
    CARD_NUMBER,
    CARD_UNTIL,
    CENTER_NAME,
    CREDIT_CODE,
    DISTRICT_CODE,
    DISTRICT_COLUMNS,
    DISTRICT_NAME,
    DISTRICT_PHONE,
    EMPLOYER,
    HEADERS,
    HEALTHY,
    ID_NUMBER,
    KIND,
    KINDS,
    PERSON_NAME,
    PHONE,
    SKILL,
    SKILLS,
    SUPERVISOR_COLUMNS,
    TERM_FROM,
    TERM_UNTIL,
    YES_NO,
    Code,
    Column,
    Problem,
    Reading,
    plain_header,
)  # fmt: skip
from domain.sheets import MAX_ROWS, BadSheet, Line, SheetProblem, lines
from models.organizations import AgencyKind
from models.supervisors import Sex, SkillLevel, SupervisorKind, Title

R = TypeVar("R")
LINES_ABOVE_HEADER = 10


@dataclass(frozen=True, slots=True)
class Table:
    """A roster as it lies in the file. `header` has the names without notes; `header_line` and each row's number count as Excel does."""

    header: tuple[str, ...]
    header_line: int
    rows: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class DistrictRow:
    line: int
    code: str
    district: str
    name: str
    phone: str
    known: bool


@dataclass(frozen=True, slots=True)
class AgencyRow:
    line: int
    name: str
    credit_code: str
    district_code: str
    kind: AgencyKind
    place: str
    phone: str
    known: bool


@dataclass(frozen=True, slots=True)
class SupervisorRow:
    """`card_until` and `term_until` are last days, as the roster writes them. `known`: this person is registered under the same name.

    Without a card the number is "" and its days are None: internal supervisors have none where nobody issues them (D07).
    """

    line: int
    name: str
    id_number: str = field(repr=False)  # never into a log
    id_digest: str
    birth: date
    sex: Sex
    employer: str
    kind: SupervisorKind
    card_number: str
    card_issued: date | None
    card_until: date | None
    phone: str
    term_from: date
    term_until: date | None
    level: SkillLevel | None
    title: Title | None
    healthy: bool | None
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is registered already, as look-ups. `digest` makes of an id number the key under which persons are found."""

    digest: Callable[[str], str]
    districts: Mapping[str, str] = field(default_factory=dict)  # code of GB/T 2260 -> name of the district's organization
    agencies: Mapping[str, str] = field(default_factory=dict)  # credit code -> name
    people: Mapping[str, str] = field(default_factory=dict)  # digest -> name
    cards: Mapping[str, str] = field(default_factory=dict)  # card number -> digest of its holder
    blacklisted: AbstractSet[str] = frozenset()  # digests


@dataclass(frozen=True, slots=True)
class Checked(Generic[R]):
    """Rows without fault, and all problems by line. A file is taken only whole: with a problem, no row goes in."""

    rows: list[R]
    problems: list[Problem]


def read_table(content: bytes, filename: str) -> Table:
    """The table in an xlsx or CSV file: titles and notes above the header, blank lines and repeated headers are passed over.

    BadSheet if it is no table of ours, too large, or not what its name says.
    """
    if not filename.lower().endswith((".xlsx", ".csv")):
        raise BadSheet(SheetProblem.NOT_A_SHEET)
    found = lines(content)
    for place, line in enumerate(found[:LINES_ABOVE_HEADER]):
        header = tuple(map(plain_header, line.cells))
        if len(HEADERS.intersection(header)) > 1:
            rows = tuple(row for row in found[place + 1 :] if row.cells != line.cells)
            if len(rows) > MAX_ROWS:
                raise BadSheet(SheetProblem.TOO_MANY_ROWS)
            return Table(header, line.number, rows)
    raise BadSheet(SheetProblem.NO_HEADER)


def check_districts(table: Table, registry: Known, *, on: date) -> Checked[DistrictRow]:
    problems: list[Problem] = []
    return Checked(list(districts(table, registry, problems, on=on)), problems)


def check_agencies(table: Table, registry: Known, *, on: date) -> Checked[AgencyRow]:
    problems: list[Problem] = []
    return Checked(list(agencies(table, registry, problems, on=on)), problems)


def check_supervisors(table: Table, registry: Known, *, on: date) -> Checked[SupervisorRow]:
    problems: list[Problem] = []
    return Checked(list(supervisors(table, registry, problems, on=on)), problems)


def districts(table: Table, registry: Known, problems: list[Problem], *, on: date) -> Iterator[DistrictRow]:  # noqa: ARG001 - the three are called alike
    """The sound rows one by one; what is wrong with the others is added to `problems`."""
    seen: dict[str, int] = {}
    readings = _readings(table, DISTRICT_COLUMNS, problems)
    return (row for line in readings if (row := _district(line, registry, seen)) is not None)


def agencies(table: Table, registry: Known, problems: list[Problem], *, on: date) -> Iterator[AgencyRow]:  # noqa: ARG001 - the three are called alike
    """As `districts`."""
    seen: dict[str, int] = {}
    names = _district_codes(registry)
    readings = _readings(table, AGENCY_COLUMNS, problems)
    return (row for line in readings if (row := _agency(line, registry, seen, names=names)) is not None)


def supervisors(table: Table, registry: Known, problems: list[Problem], *, on: date) -> Iterator[SupervisorRow]:
    """As `districts`."""
    seen: dict[str, int] = {}
    readings = _readings(table, SUPERVISOR_COLUMNS, problems)
    return (row for line in readings if (row := _supervisor(line, registry, seen, on=on)) is not None)


def _readings(table: Table, columns: Sequence[Column], problems: list[Problem]) -> Iterator[Reading]:
    """Nothing where a column is missing: its absence would be said again on every line."""
    missing = _missing_columns(table, columns)
    problems += missing
    if missing:
        return
    places: dict[str, int] = {}
    for place, header in enumerate(table.header):
        places.setdefault(header, place)
    for line in table.rows:
        yield Reading(line, places, problems)


def _missing_columns(table: Table, columns: Sequence[Column]) -> list[Problem]:
    return [Problem(table.header_line, one.header, Code.MISSING_COLUMN, "") for one in columns if one.required and one.header not in table.header]


def _district(reading: Reading, registry: Known, seen: dict[str, int]) -> DistrictRow | None:
    code, district = reading.text(DISTRICT_CODE), reading.text(DISTRICT_NAME)
    name, phone = reading.text(CENTER_NAME), reading.text(DISTRICT_PHONE)
    if code and code not in BEIJING_DISTRICTS:
        reading.fault(DISTRICT_CODE, Code.UNKNOWN_DISTRICT)
    elif code and district and BEIJING_DISTRICTS[code] != district:
        reading.fault(DISTRICT_NAME, Code.UNKNOWN_DISTRICT)
    if name and registry.districts.get(code, name) != name:
        reading.fault(CENTER_NAME, Code.EXISTS)
    reading.once(DISTRICT_CODE, code, seen)
    return DistrictRow(reading.number, code, district, name, phone, code in registry.districts) if reading.sound else None


def _agency(reading: Reading, registry: Known, seen: dict[str, int], *, names: Mapping[str, str]) -> AgencyRow | None:
    name, code = reading.text(AGENCY_NAME), reading.credit_code(CREDIT_CODE)
    district, kind = reading.text(AGENCY_DISTRICT), reading.word(AGENCY_KIND, AGENCY_KINDS)
    place, phone = reading.text(AGENCY_PLACE), reading.text(AGENCY_PHONE)
    if names and not district:  # a jurisdiction without districts has none to name (D01)
        reading.fault(AGENCY_DISTRICT, Code.MISSING)
    elif district and district not in names:
        reading.fault(AGENCY_DISTRICT, Code.UNKNOWN_DISTRICT)
    if name and registry.agencies.get(code, name) != name:
        reading.fault(AGENCY_NAME, Code.EXISTS)
    reading.once(CREDIT_CODE, code, seen)
    if kind is None or not reading.sound:
        return None
    return AgencyRow(reading.number, name, code, names.get(district, ""), kind, place, phone, code in registry.agencies)


def _supervisor(reading: Reading, registry: Known, seen: dict[str, int], *, on: date) -> SupervisorRow | None:
    name, number, card = reading.text(PERSON_NAME), reading.id_number(on=on), reading.text(CARD_NUMBER)
    kind, employer = reading.word(KIND, KINDS), _employer(reading, registry)
    issued, until = reading.day(CARD_ISSUED), reading.day(CARD_UNTIL)
    starts, ends = reading.day(TERM_FROM), reading.day(TERM_UNTIL)
    skill, healthy, phone = reading.word(SKILL, SKILLS), reading.word(HEALTHY, YES_NO), reading.text(PHONE)
    digest = registry.digest(number) if number else ""
    _check_person(reading, registry, digest=digest, name=name, card=card)
    if kind is SupervisorKind.INTERNAL and reading.cell(EMPLOYER) is None:
        reading.fault(EMPLOYER, Code.MISSING)
    _check_card(reading, kind=kind, issued=issued, until=until)
    if starts is not None and ends is not None and ends < starts:
        reading.fault(TERM_UNTIL, Code.DATE)
    reading.once(ID_NUMBER, f"{kind}:{digest}" if digest else "", seen)  # one person may be external and internal (Y006)
    reading.once(CARD_NUMBER, card, seen)
    if kind is None or starts is None or not reading.sound:
        return None
    bearer = citizen(number)
    return SupervisorRow(
        line=reading.number, name=name, id_number=number, id_digest=digest, birth=bearer.birth, sex=bearer.sex, employer=employer, kind=kind,
        card_number=card, card_issued=issued, card_until=until, phone=phone, term_from=starts, term_until=ends,
        level=skill if isinstance(skill, SkillLevel) else None, title=skill if isinstance(skill, Title) else None,
        healthy=healthy, known=digest in registry.people,
    )  # fmt: skip


def _employer(reading: Reading, registry: Known) -> str:
    code = reading.text(EMPLOYER).upper()
    if code and code not in registry.agencies:  # whoever is registered bears a sound code
        reading.fault(EMPLOYER, Code.CREDIT_CODE if credit_problem(code) is not None else Code.UNKNOWN_AGENCY)
    return code


def _check_card(reading: Reading, *, kind: SupervisorKind | None, issued: date | None, until: date | None) -> None:
    """An external supervisor needs a card (003 §9, 000 §13); whoever has one needs its days."""
    if kind is SupervisorKind.EXTERNAL or reading.cell(CARD_NUMBER) is not None:
        for column in (CARD_NUMBER, CARD_ISSUED, CARD_UNTIL):
            if reading.cell(column) is None:
                reading.fault(column, Code.MISSING)
    if issued is not None and until is not None and until <= issued:
        reading.fault(CARD_UNTIL, Code.DATE)


def _check_person(reading: Reading, registry: Known, *, digest: str, name: str, card: str) -> None:
    if not digest:
        return
    if digest in registry.blacklisted:
        reading.fault(ID_NUMBER, Code.BLACKLISTED)
    if name and registry.people.get(digest, name) != name:
        reading.fault(PERSON_NAME, Code.EXISTS)
    if registry.cards.get(card, digest) != digest:
        reading.fault(CARD_NUMBER, Code.EXISTS)


def _district_codes(registry: Known) -> dict[str, str]:
    """Code by code, by the organization's name, by the district's name, and by that without 区."""
    codes: dict[str, str] = {}
    for code, name in registry.districts.items():
        district = BEIJING_DISTRICTS.get(code, name)
        codes |= dict.fromkeys((code, name, district, district.removesuffix("区")), code)
    return codes
