"""质量督导失信黑名单: entered by a revocation, reviewed by one person and lifted by another, asked one person at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    Integer,
    LargeBinary,
    Row,
    TableValuedAlias,
    Text,
    Uuid,
    and_,
    column,
    func,
    insert,
    literal,
    select,
    true,
    union,
)
from sqlalchemy.types import TypeEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import add_months, shanghai_day
from domain.errors import BadInput, Conflict, Unmet
from domain.identity_numbers import brought_up
from domain.machine import Act, Machine, advance, record
from domain.numbers import id_problem
from domain.organizations import InForce, rules_for
from domain.sealing import IdKeys
from domain.texts import checked
from models.base import new_id, table_of
from models.cases import BLOCKING, BlacklistEntry, BlacklistQuery, BlacklistStatus, Ground, Sanction, SupervisorCase, SupervisorCaseStatus
from models.database import Tenant, beyond
from models.events import Event
from models.supervisors import Card, Person

LONGEST_REASON = 2000
LONGEST_PURPOSE = 500
LONGEST_CARD_NUMBER = 40
MOST_AT_A_TIME = 50


Found = Row[int, UUID, Ground, date, date]
"""What there is of one subject: its place, the person, and what stands on the list."""


class Step(StrEnum):
    REVIEW = "REVIEW"
    UPHOLD = "UPHOLD"
    LIFT = "LIFT"


STEPS: Machine = {
    (BlacklistStatus.LISTED, Step.REVIEW): BlacklistStatus.UNDER_REVIEW,
    (BlacklistStatus.UNDER_REVIEW, Step.UPHOLD): BlacklistStatus.LISTED,
    (BlacklistStatus.UNDER_REVIEW, Step.LIFT): BlacklistStatus.LIFTED,
}


@dataclass(frozen=True)
class Ruling:
    """A revocation in force: under which number, by which document, and whose two it is."""

    number: str
    document: str
    decided_by: UUID
    confirmed_by: UUID


def ruling_of(case: SupervisorCase) -> Ruling:
    """Conflict where no revocation is in force: expiry, resignation and suspension list nobody (A15)."""
    in_force = case.sanction is Sanction.REVOCATION and case.status is SupervisorCaseStatus.IN_FORCE
    number, document, first, second = case.decision_number, case.document, case.decided_by, case.confirmed_by
    if not in_force or number is None or document is None or first is None or second is None:
        raise Conflict("STATE", status=case.status.value)
    return Ruling(number, document, first, second)


async def enter(session: AsyncSession, case: SupervisorCase, *, rules: InForce, act: Act) -> BlacklistEntry | None:
    """Lists the person of a revocation, where the profile lists its ground (000 §23, A15); its two persons are those of the entry."""
    if not rules.rules.flag("blacklist.enabled") or case.ground not in rules.rules.words("blacklist.on_grounds"):
        return None
    today, ruling = shanghai_day(act.at), ruling_of(case)
    row = BlacklistEntry(
        person_id=case.person_id,
        case_id=case.id,
        center_id=case.center_id,
        district_id=case.district_id,
        agency_id=case.agency_id,
        listed_by_id=case.issuer_id,
        ground=case.ground,
        decision_number=ruling.number,
        document=ruling.document,
        proposer_id=case.issuer_id,
        proposed_by=ruling.decided_by,
        confirmed_by=ruling.confirmed_by,
        listed_on=today,
        review_on=add_months(today, rules.rules.integer("blacklist.review_months")),
    )
    session.add(row)
    await session.flush()
    await record(session, row, step="LIST", act=act, after=row.status, reason=ruling.number, profile_id=rules.id)
    return row


async def review(session: AsyncSession, entry: BlacklistEntry, reason: str, *, act: Act) -> Event:
    """Takes an entry under review, when its day has come or somebody asks for repair of the credit (A14).

    Whoever calls for it proposes the lifting. The entry blocks until it is lifted.
    """
    entry.reason, entry.review_by = checked("reason", reason, LONGEST_REASON), act.by
    return await advance(session, entry, STEPS, step=Step.REVIEW, act=act, reason=entry.reason)


async def uphold(session: AsyncSession, entry: BlacklistEntry, reason: str, *, act: Act) -> Event:
    """The entry stays; the next review falls due after the months of the profile."""
    rules = await rules_for(session, entry.center_id, on=shanghai_day(act.at))
    entry.reason = checked("reason", reason, LONGEST_REASON)
    event = await advance(session, entry, STEPS, step=Step.UPHOLD, act=act, reason=entry.reason, profile_id=rules.id)
    entry.review_on = add_months(shanghai_day(act.at), rules.rules.integer("blacklist.review_months"))
    return event


async def lift(session: AsyncSession, entry: BlacklistEntry, reason: str, *, act: Act) -> Event:
    """Ends an entry under review; kept in history (A13). Unmet for who called for the review: it takes two persons."""
    entry.reason = checked("reason", reason, LONGEST_REASON)
    if entry.status is BlacklistStatus.UNDER_REVIEW:
        if entry.review_by == act.by:
            raise Unmet("blacklist.two_persons", "default 1.7 (A14)", needed=2, have=1)
        entry.lifted_at, entry.lifted_by = act.at, act.by
    return await advance(session, entry, STEPS, step=Step.LIFT, act=act, reason=entry.reason)


@dataclass(frozen=True)
class Subject:
    """Whom somebody asks about, by exactly one of the two numbers."""

    id_number: str | None = None
    card_number: str | None = None


@dataclass(frozen=True)
class Question:
    """Whom somebody asks about, and why (查询用途)."""

    subjects: Sequence[Subject]
    purpose: str


@dataclass(frozen=True)
class Verdict:
    """The answer about the subject at `index`. What stands beside `listed` is for who may know the ground."""

    index: int
    listed: bool
    ground: Ground | None = None
    listed_on: date | None = None
    review_on: date | None = None


@dataclass(frozen=True)
class Asked:
    """A subject as it is looked up and logged: never the number itself. An empty value finds nobody."""

    digest: bytes
    card: str
    logged: bytes


async def check(session: AsyncSession, question: Question, *, tenant: Tenant, keys: IdKeys, act: Act) -> list[Verdict]:
    """Listed or not, for each subject, by an entry of any center (Y089); and who asked about whom and why is written down.

    A hit and a miss are the same two statements and the same rows written. BadInput for a number that cannot be one, for too many
    (an agency asks about one person at a time, centers and districts about 50), and for a missing purpose.
    """
    why, subjects = checked("purpose", question.purpose, LONGEST_PURPOSE), question.subjects
    most = MOST_AT_A_TIME if tenant.agency_id is None else 1
    if not 1 <= len(subjects) <= most:
        raise BadInput("subjects", "too_many" if subjects else "required", most=most)
    asked = [to_look_up(one, field=f"subjects.{n}", keys=keys, on=shanghai_day(act.at)) for n, one in enumerate(subjects)]
    await brought_up(session, [one.id_number.strip().upper() for one in subjects if one.id_number is not None], keys=keys)
    found = await entries_of(session, asked)
    verdicts = [verdict(n, of_one) for n, of_one in enumerate(found)]
    await log(session, asked, verdicts, purpose=why, tenant=tenant, act=act)
    return verdicts


def to_look_up(subject: Subject, *, field: str, keys: IdKeys, on: date) -> Asked:
    if subject.id_number is None:
        card = checked(f"{field}.cardNumber", subject.card_number or "", LONGEST_CARD_NUMBER)
        return Asked(b"", card, keys.digest(f"card:{card}"))
    number = subject.id_number.strip().upper()
    problem = id_problem(number, on=on)
    if problem is not None:
        raise BadInput(f"{field}.idNumber", "id_number", reason=problem.value)
    digest = keys.digest(number)
    return Asked(digest, "", digest)


async def entries_of(session: AsyncSession, asked: Sequence[Asked]) -> Sequence[Sequence[Found]]:
    """For each subject a row at least; more where several persons or entries answer to it. One statement, whatever it finds."""
    # three arrays and not VALUES: a statement of one form, compiled once, however many are asked about
    these = table_of_arrays(
        n=(Integer, range(len(asked))), digest=(LargeBinary, [one.digest for one in asked]), card=(Text, [one.card for one in asked])
    )
    person, card, entry = table_of(Person), table_of(Card), table_of(BlacklistEntry)
    by_number = select(person.c.id.label("id")).where(person.c.id_digest == these.c.digest).correlate(these)
    by_card = select(card.c.person_id.label("id")).where(card.c.number == these.c.card).correlate(these)
    who = union(by_number, by_card).lateral("who")
    live = and_(entry.c.person_id == who.c.id, entry.c.status.in_(BLOCKING))
    joined = these.outerjoin(who, true()).outerjoin(entry, live)
    query = select(these.c.n, who.c.id.label("person"), entry.c.ground, entry.c.listed_on, entry.c.review_on).select_from(joined)
    async with beyond(session):
        result = await (await session.connection()).execute(query.order_by(these.c.n, entry.c.listed_on, entry.c.id))
    return [list(rows) for _, rows in groupby(result.all(), key=lambda one: one.n)]


def table_of_arrays(**columns: tuple[type[TypeEngine[Any]], Iterable[object]]) -> TableValuedAlias:
    """One parameter a column, however many rows."""
    arrays = [literal(list(values), ARRAY(kind)) for kind, values in columns.values()]
    return func.unnest(*arrays).table_valued(*(column(name, kind) for name, (kind, _) in columns.items()), name="asked").render_derived()


def verdict(index: int, found: Sequence[Found]) -> Verdict:
    """From the rows of one subject: the latest entry speaks. BadInput where a card number belongs to several persons of several issuers."""
    if len({one.person for one in found}) > 1:
        raise BadInput(f"subjects.{index}.cardNumber", "ambiguous")
    listed = [one for one in found if one.ground is not None]
    if not listed:
        return Verdict(index, listed=False)
    return Verdict(index, listed=True, ground=listed[-1].ground, listed_on=listed[-1].listed_on, review_on=listed[-1].review_on)


async def log(session: AsyncSession, asked: Sequence[Asked], answers: Sequence[Verdict], *, purpose: str, tenant: Tenant, act: Act) -> None:
    """A row for each subject, in one statement."""
    rows = table_of_arrays(
        id=(Uuid, [new_id() for _ in asked]),
        subject_digest=(LargeBinary, [one.logged for one in asked]),
        listed=(Boolean, [one.listed for one in answers]),
    )
    same = {
        "center_id": literal(tenant.center_id, Uuid),
        "district_id": literal(tenant.district_id, Uuid),
        "agency_id": literal(tenant.agency_id, Uuid),
        "organization_id": literal(act.organization_id, Uuid),
        "asked_by": literal(act.by, Uuid),
        "purpose": literal(purpose, Text),
    }
    names = [*rows.c.keys(), *same]
    query = insert(table_of(BlacklistQuery)).from_select(names, select(*rows.c, *same.values()), include_defaults=False)
    await (await session.connection()).execute(query)
