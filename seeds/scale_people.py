"""The people of the large jurisdiction: persons, supervisors, cards, appointments, a few revocations with their blacklist entries."""

from collections.abc import Iterable
from datetime import date

import asyncpg

from models.cases import BlacklistEntry, SupervisorCase
from models.supervisors import Appointment, Card, Employment, Person, Supervisor
from seeds.rosters.invented import person_name
from seeds.scale_town import CARD, CASE, EXTERNAL_IN_FIVE, FIRST_DAY, PERSON, SUPERVISOR, Record, Town, copied, identity, instant

UNTIL = date(2027, 12, 31)
ONE_IN_LISTED = 20
DECIDED = date(2026, 3, 2)


def externals(town: Town) -> range:
    """The numbers of the external supervisors: the first two fifths."""
    return range(town.supervisors * EXTERNAL_IN_FIVE // 5)


def listed(n: int) -> bool:
    return n % ONE_IN_LISTED == ONE_IN_LISTED - 1


def persons(town: Town) -> Iterable[Record]:
    for n in range(town.supervisors):
        yield identity(PERSON, n), person_name(n), f"{n % 10_000:04d}", date(1970 + n % 25, n % 12 + 1, n % 28 + 1), f"1990000{n % 10_000:04d}", True


def supervisors(town: Town) -> Iterable[Record]:
    """External ones stand on the center's roster, internal ones on their agency's."""
    outside = externals(town)
    for n in range(town.supervisors):
        supervisor, person = identity(SUPERVISOR, n), identity(PERSON, n)
        if n in outside:
            yield supervisor, person, town.center.id, "EXTERNAL", "REMOVED" if listed(n) else "ACTIVE", "TECHNICIAN_2", town.center.id, None, None
        else:
            place = town.places[n % len(town.places)]
            yield supervisor, person, place.agency, "INTERNAL", "ACTIVE", "SENIOR_3", place.center, place.district, place.agency


def cards(town: Town) -> Iterable[Record]:
    for n in externals(town):
        status = "REVOKED" if listed(n) else "ACTIVE"
        card = identity(CARD, n), identity(SUPERVISOR, n), identity(PERSON, n), f"京督S{n:07d}", "质量督导员", town.center.id
        yield *card, status, FIRST_DAY, UNTIL, town.center.id


def appointments(town: Town) -> Iterable[Record]:
    for n in externals(town):
        status, ends = ("TERMINATED", DECIDED) if listed(n) else ("ACTIVE", UNTIL)
        yield identity(CARD, n), identity(SUPERVISOR, n), identity(PERSON, n), town.center.id, status, FIRST_DAY, ends, town.center.id


def employments(town: Town) -> Iterable[Record]:
    for n in range(len(externals(town)), town.supervisors):
        yield identity(PERSON, n), identity(PERSON, n), town.places[n % len(town.places)].agency, FIRST_DAY


def revocations(town: Town) -> Iterable[Record]:
    for n in filter(listed, externals(town)):
        subject = identity(CASE, n), town.center.id, identity(SUPERVISOR, n), identity(PERSON, n), identity(CARD, n), town.center.id
        ruling = "MANUAL", "FRAUD", "督导表与现场不符。", "京鉴函〔2026〕", "IN_FORCE", "REVOCATION", f"京鉴决〔2026〕{n}号"
        yield *subject, *ruling, town.keeper, town.keeper, town.deputy, instant(DECIDED, 10)


def entries(town: Town) -> Iterable[Record]:
    for n in filter(listed, externals(town)):
        whose = identity(CASE, n), identity(PERSON, n), identity(CASE, n), town.center.id, town.center.id
        ruling = "FRAUD", f"京鉴决〔2026〕{n}号", "京鉴函〔2026〕", town.center.id, town.keeper, town.deputy
        yield *whose, *ruling, "LISTED", DECIDED, DECIDED.replace(year=DECIDED.year + 3)


async def write(driver: asyncpg.Connection, town: Town) -> None:
    await copied(driver, Person, "id name id_last_four birth_date phone healthy", records=persons(town))
    columns = "id person_id organization_id kind standing level center_id district_id agency_id"
    await copied(driver, Supervisor, columns, records=supervisors(town))
    columns = "id supervisor_id person_id number title issuer_id status valid_from valid_until center_id"
    await copied(driver, Card, columns, records=cards(town))
    columns = "id supervisor_id person_id dispatcher_id status starts_on ends_on center_id"
    await copied(driver, Appointment, columns, records=appointments(town))
    await copied(driver, Employment, "id person_id agency_id starts_on", records=employments(town))
    columns = (
        "id center_id supervisor_id person_id card_id issuer_id origin ground facts document status sanction decision_number"
        " opened_by decided_by confirmed_by in_force_at"
    )
    await copied(driver, SupervisorCase, columns, records=revocations(town))
    columns = (
        "id person_id case_id center_id listed_by_id ground decision_number document proposer_id proposed_by confirmed_by status listed_on review_on"
    )
    await copied(driver, BlacklistEntry, columns, records=entries(town))
