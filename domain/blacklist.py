"""质量督导失信黑名单 (N8): entered by a revocation, reviewed by one person and lifted by another, asked one person at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    Insert,
    Integer,
    LargeBinary,
    Row,
    Select,
    TableValuedAlias,
    Text,
    Uuid,
    and_,
    bindparam,
    column,
    func,
    insert,
    select,
    true,
    union,
)
from sqlalchemy.types import TypeEngine
from sqlmodel import col
from sqlmodel import select as rows_of
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

SETTLED = (SupervisorCaseStatus.IN_FORCE, SupervisorCaseStatus.UPHELD)
"""In force, and no appeal waits for its answer."""

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
    """Conflict where no revocation is in force, or it is appealed: expiry, resignation and suspension list nobody (A15)."""
    in_force = case.sanction is Sanction.REVOCATION and case.status in SETTLED
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
    """The entry stays; the next review falls due after the months of the profile. Unmet where the decision behind it was taken back after an appeal."""
    rules = await rules_for(session, entry.center_id, on=shanghai_day(act.at))
    behind = rows_of(SupervisorCase.status).where(col(SupervisorCase.id) == entry.case_id)
    if entry.status is BlacklistStatus.UNDER_REVIEW and (await session.exec(behind)).one() is SupervisorCaseStatus.LIFTED:
        raise Unmet("blacklist.decision_lifted", "default 1.8 (A14)", rules.rules.version)
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


def table_of_arrays(**columns: type[TypeEngine[Any]]) -> TableValuedAlias:
    """One parameter a column, however many rows: a statement of one form."""
    arrays = [bindparam(name, type_=ARRAY(kind)) for name, kind in columns.items()]
    return func.unnest(*arrays).table_valued(*(column(name, kind) for name, kind in columns.items()), name="asked").render_derived()


def look_up() -> Select[int, UUID, Ground, date, date]:
    """For each subject a row at least; more where several persons or entries answer to it."""
    these, person, card, entry = table_of_arrays(n=Integer, digest=LargeBinary, card=Text), table_of(Person), table_of(Card), table_of(BlacklistEntry)
    by_number = select(person.c.id.label("id")).where(person.c.id_digest == these.c.digest).correlate(these)
    by_card = select(card.c.person_id.label("id")).where(card.c.number == these.c.card).correlate(these)
    who = union(by_number, by_card).lateral("who")
    live = and_(entry.c.person_id == who.c.id, entry.c.status.in_(BLOCKING))
    joined = these.outerjoin(who, true()).outerjoin(entry, live)
    found = select(these.c.n, who.c.id.label("person"), entry.c.ground, entry.c.listed_on, entry.c.review_on).select_from(joined)
    return found.order_by(these.c.n, entry.c.listed_on, entry.c.id)


LOOK_UP = look_up()


async def entries_of(session: AsyncSession, asked: Sequence[Asked]) -> Sequence[Sequence[Found]]:
    """What there is of each subject. One statement, whatever it finds."""
    values = {"n": list(range(len(asked))), "digest": [one.digest for one in asked], "card": [one.card for one in asked]}
    async with beyond(session):
        result = await (await session.connection()).execute(LOOK_UP, values)
    return [list(rows) for _, rows in groupby(result.all(), key=lambda one: one.n)]


def verdict(index: int, found: Sequence[Found]) -> Verdict:
    """From the rows of one subject: the latest entry speaks. BadInput where a card number belongs to several persons of several issuers."""
    if len({one.person for one in found}) > 1:
        raise BadInput(f"subjects.{index}.cardNumber", "ambiguous")
    listed = [one for one in found if one.ground is not None]
    if not listed:
        return Verdict(index, listed=False)
    return Verdict(index, listed=True, ground=listed[-1].ground, listed_on=listed[-1].listed_on, review_on=listed[-1].review_on)


def logging() -> Insert:
    rows = table_of_arrays(id=Uuid, subject_digest=LargeBinary, listed=Boolean)
    same = {name: bindparam(name, type_=Uuid()) for name in ("center_id", "district_id", "agency_id", "organization_id", "asked_by")}
    said = select(*rows.c, *same.values(), bindparam("purpose", type_=Text()))
    return insert(table_of(BlacklistQuery)).from_select([*rows.c.keys(), *same, "purpose"], said, include_defaults=False)


LOGGED = logging()


async def log(session: AsyncSession, asked: Sequence[Asked], answers: Sequence[Verdict], *, purpose: str, tenant: Tenant, act: Act) -> None:
    """A row for each subject, in one statement."""
    whose = {"center_id": tenant.center_id, "district_id": tenant.district_id, "agency_id": tenant.agency_id}
    rows = {"id": [new_id() for _ in asked], "subject_digest": [one.logged for one in asked], "listed": [one.listed for one in answers]}
    values = {**rows, **whose, "organization_id": act.organization_id, "asked_by": act.by, "purpose": purpose}
    await (await session.connection()).execute(LOGGED, values)
