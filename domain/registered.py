"""What is registered already, as far as a roster speaks of it: looked up in a few statements, whatever the size of the file."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, Text, and_, any_, literal
from sqlalchemy.types import LargeBinary
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import add_months, age_on
from domain.eligibility import Lacking, Qualifications, lacking
from domain.numbers import ID_FORM
from domain.profiles import Profile
from domain.roster_columns import CARD_NUMBER, CREDIT_CODE, HEALTHY, ID_NUMBER, PERSON_NAME, SKILL, Code, Column, Problem, hint
from domain.rosters import Known, SupervisorRow, Table
from domain.rule_keys import ATTESTED
from models.cases import BLOCKING, BlacklistEntry
from models.database import beyond
from models.imports import RosterKind
from models.organizations import Organization, Tier
from models.supervisors import IN_USE, Card, Person, RosterStanding, Supervisor, SupervisorKind

ELSEWHERE = ""
"""The name under which an agency of another jurisdiction is known here: no row bears it, so each row about it is refused."""
MANY_YEARS = 99


@dataclass(frozen=True)
class Unit:
    """An organization, as far as rows are put below it."""

    id: UUID
    name: str
    center_id: UUID
    district_id: UUID | None
    agency_id: UUID | None


@dataclass(frozen=True)
class Place:
    """A row of the roster that is there: whether it counts, and the card in use."""

    standing: RosterStanding
    card_number: str | None


@dataclass(frozen=True)
class Registered:
    """Look-ups of the checks, and the ids behind them."""

    known: Known
    center: Unit
    organizations: dict[str, Unit] = field(default_factory=dict)  # by code
    people: dict[str, UUID] = field(default_factory=dict)  # by digest
    roster: dict[tuple[str, SupervisorKind, UUID], Place] = field(default_factory=dict)  # by digest, kind and who keeps the row

    def keeper(self, row: SupervisorRow) -> Unit:
        """Who keeps the row of the roster: the center, or the agency of an internal supervisor (000 §5, 003 §6)."""
        return self.center if row.kind is SupervisorKind.EXTERNAL else self.organizations[row.employer]

    def place(self, row: SupervisorRow) -> Place | None:
        return self.roster.get((row.id_digest, row.kind, self.keeper(row).id))


async def look_up(session: AsyncSession, table: Table, kind: RosterKind, *, center_id: UUID, digest: Callable[[str], bytes]) -> Registered:
    """What the checks of this kind need to know."""
    center = unit((await session.exec(select(Organization).where(col(Organization.id) == center_id))).one())
    remembered = Digests(digest)
    if kind is RosterKind.DISTRICTS:
        districts = await _below(session, center_id, Tier.DISTRICT)
        return Registered(Known(digest=remembered, districts=_names(districts)), center, districts)
    if kind is RosterKind.AGENCIES:
        districts, agencies = await _below(session, center_id, Tier.DISTRICT), await _below(session, center_id, Tier.AGENCY)
        names = await _elsewhere(session, table, center_id) | _names(agencies)
        return Registered(Known(digest=remembered, districts=_names(districts), agencies=names), center, districts)
    return await _people(session, table, center, remembered=remembered)


class Digests:
    """Each number is digested once, though three passes ask for it."""

    def __init__(self, digest: Callable[[str], bytes]) -> None:
        self._digest = digest
        self._found: dict[str, str] = {}

    def __call__(self, number: str) -> str:
        found = self._found.get(number)
        if found is None:
            found = self._found[number] = self._digest(number).hex()
        return found


async def _people(session: AsyncSession, table: Table, center: Unit, *, remembered: Digests) -> Registered:
    digests = [bytes.fromhex(remembered(number)) for number in texts(table, ID_NUMBER) if ID_FORM.fullmatch(number)]
    asked = col(Person.id_digest) == any_(literal(digests, ARRAY(LargeBinary)))
    agencies = await _below(session, center.id, Tier.AGENCY)
    persons = (await session.exec(select(Person.id, Person.id_digest, Person.name).where(asked))).all()
    listed = select(Person.id_digest).join(BlacklistEntry, col(BlacklistEntry.person_id) == Person.id)
    async with beyond(session):
        blacklisted = (await session.exec(listed.where(asked, col(BlacklistEntry.status).in_(BLOCKING)))).all()
    cards = select(Card.number, Person.id_digest).join(Person, col(Person.id) == Card.person_id)
    numbers = literal(list(texts(table, CARD_NUMBER)), ARRAY(Text))
    held = (await session.exec(cards.where(col(Card.center_id) == center.id, col(Card.number) == any_(numbers)))).all()
    in_use = and_(col(Card.supervisor_id) == Supervisor.id, col(Card.status).in_(IN_USE))
    roster = (
        select(Person.id_digest, Supervisor, Card.number)
        .join(Supervisor, col(Supervisor.person_id) == Person.id)
        .join(Card, in_use, isouter=True)
        .where(asked, col(Supervisor.center_id) == center.id)
    )
    known = Known(
        digest=remembered,
        agencies=_names(agencies),
        people={_hex(one): name for _, one, name in persons},
        cards={number: _hex(one) for number, one in held},
        blacklisted={_hex(one) for one in blacklisted},
    )
    return Registered(
        known,
        center,
        agencies,
        people={_hex(one): person for person, one, _ in persons},
        roster={(_hex(one), row.kind, row.organization_id): Place(row.standing, number) for one, row, number in (await session.exec(roster)).all()},
    )


async def _below(session: AsyncSession, center_id: UUID, tier: Tier) -> dict[str, Unit]:
    query = select(Organization).where(col(Organization.center_id) == center_id, col(Organization.tier) == tier)
    return {one.code: unit(one) for one in (await session.exec(query)).all()}


def unit(row: Organization) -> Unit:
    return Unit(row.id, row.name, row.center_id, row.district_id, row.agency_id)


async def _elsewhere(session: AsyncSession, table: Table, center_id: UUID) -> dict[str, str]:
    """Credit codes in the file that agencies of other jurisdictions bear."""
    codes = literal(list(texts(table, CREDIT_CODE)), ARRAY(Text))
    query = select(Organization.credit_code).where(col(Organization.credit_code) == any_(codes), col(Organization.center_id) != center_id)
    return {str(code): ELSEWHERE for code in (await session.exec(query)).all()}


def _names(organizations: dict[str, Unit]) -> dict[str, str]:
    return {code: one.name for code, one in organizations.items()}


def _hex(digest: bytes | None) -> str:
    return digest.hex() if digest else ""


def texts(table: Table, column: Column) -> set[str]:
    """What stands as text in a column, as the checks will read it."""
    if column.header not in table.header:
        return set()
    place = table.header.index(column.header)
    cells = (line.cells[place] for line in table.rows if place < len(line.cells))
    found = {cell.strip() for cell in cells if isinstance(cell, str) and "\0" not in cell}
    return {one.upper() for one in found} if column is not CARD_NUMBER else found


class Judge:
    """Finds rows that are sound in themselves but say other than the registry, the rules, or an earlier row about the same person."""

    def __init__(self, registered: Registered, rules: Profile, *, on: date) -> None:
        self._registered, self._rules, self._on = registered, rules, on
        self._names: dict[str, str] = {}
        self._judged: dict[Qualifications, list[Lacking]] = {}

    def problems(self, row: SupervisorRow) -> Iterable[Problem]:
        found = (*_against_roster(row, self._registered.place(row)), *_against_rules(row, self._rules, self._unmet(row)))
        for column, code, shown in found:
            yield Problem(row.line, column.header, code, hint(shown))
        if self._names.setdefault(row.id_digest, row.name) != row.name:
            yield Problem(row.line, PERSON_NAME.header, Code.EXISTS, hint(row.name))

    def _unmet(self, row: SupervisorRow) -> list[Lacking]:
        fit = qualifications(row, on=self._on)
        if fit not in self._judged:
            self._judged[fit] = lacking(self._rules, fit, on=self._on)
        return self._judged[fit]


Contradiction = tuple[Column, Code, str]


def _against_roster(row: SupervisorRow, place: Place | None) -> Iterable[Contradiction]:
    """An import adds and never changes: whoever was removed comes back by decision, and a new card by being issued."""
    if place is not None and place.standing is RosterStanding.REMOVED:
        yield ID_NUMBER, Code.EXISTS, row.id_number
    elif place is not None and row.card_number != (place.card_number or ""):
        yield CARD_NUMBER, Code.EXISTS, row.card_number


def _against_rules(row: SupervisorRow, rules: Profile, unmet: Sequence[Lacking]) -> Iterable[Contradiction]:
    """As when somebody is enlisted: age and rank as far as the file tells them, and no card where nobody issues it (D07)."""
    if row.card_number and rules.text(f"card.issuer.{row.kind.lower()}") == "NONE":
        yield CARD_NUMBER, Code.RULE_NOT_MET, row.card_number
    for one in unmet:
        if one.alternatives[0].startswith("AGE"):
            yield ID_NUMBER, Code.RULE_NOT_MET, row.id_number
        elif one.alternatives == ("HEALTHY",):
            yield HEALTHY, Code.RULE_NOT_MET, ""
        elif row.level or row.title:
            yield SKILL, Code.RULE_NOT_MET, str(row.level or row.title)


def qualifications(row: SupervisorRow, *, on: date) -> Qualifications:
    """What the file tells; years and the rest are vouched for by who brings it. The birthday is told to the year of age, so that few are judged."""
    return Qualifications(
        kind=row.kind,
        birth=add_months(on, -12 * age_on(row.birth, on)),
        sex=row.sex,
        rank=row.level,
        title=row.title,
        technical_management_years=MANY_YEARS,
        assessor_years=MANY_YEARS,
        attested=ATTESTED - {"HEALTHY"} if row.healthy is False else ATTESTED,
    )
