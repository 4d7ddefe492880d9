"""质量督导失信黑名单: entered by a revocation, reviewed and lifted by two persons, asked one person at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, Integer, LargeBinary, Row, Text, and_, column, func, insert, literal, select, true, union
from sqlmodel import col, desc
from sqlmodel import select as select_rows
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import add_months, shanghai_day
from domain.errors import BadInput, Unmet
from domain.machine import Act, Machine, advance, record
from domain.numbers import id_digest, id_problem
from domain.organizations import InForce, rules_for
from domain.texts import checked
from models.base import new_id, table_of
from models.cases import BlacklistEntry, BlacklistQuery, BlacklistStatus, Ground, SupervisorCase
from models.database import Tenant
from models.events import Event
from models.supervisors import Card, Person

LONGEST_REASON = 2000
LONGEST_PURPOSE = 500
LONGEST_CARD_NUMBER = 40
MOST_AT_A_TIME = 50


class Step(StrEnum):
    REVIEW = "REVIEW"
    UPHOLD = "UPHOLD"
    LIFT = "LIFT"


STEPS: Machine = {
    (BlacklistStatus.LISTED, Step.REVIEW): BlacklistStatus.UNDER_REVIEW,
    (BlacklistStatus.UNDER_REVIEW, Step.UPHOLD): BlacklistStatus.LISTED,
    (BlacklistStatus.UNDER_REVIEW, Step.LIFT): BlacklistStatus.LIFTED,
}


async def enter(session: AsyncSession, case: SupervisorCase, *, rules: InForce, decision_number: str, act: Act) -> BlacklistEntry | None:
    """Lists the person of a revocation, where the profile lists its ground (000 §23, A15); nothing else ever lists anybody."""
    if not rules.rules.flag("blacklist.enabled") or case.ground not in rules.rules.words("blacklist.on_grounds"):
        return None
    today = shanghai_day(act.at)
    row = BlacklistEntry(
        person_id=case.person_id,
        case_id=case.id,
        center_id=case.center_id,
        district_id=case.district_id,
        agency_id=case.agency_id,
        listed_by_id=case.issuer_id,
        ground=case.ground,
        decision_number=decision_number,
        listed_on=today,
        review_on=add_months(today, rules.rules.integer("blacklist.review_months")),
    )
    session.add(row)
    await session.flush()
    await record(session, row, step="LIST", act=act, after=row.status, reason=decision_number, profile_id=rules.id)
    return row


async def review(session: AsyncSession, entry: BlacklistEntry, reason: str, *, act: Act) -> Event:
    """Takes an entry under review, when its day has come or somebody asks for repair of the credit (A14). It blocks until it is lifted."""
    entry.reason = checked("reason", reason, LONGEST_REASON)
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
        if await reviewer(session, entry) == act.by:
            raise Unmet("blacklist.two_persons", "default 1.7 (A14)", needed=2, have=1)
        entry.lifted_at = act.at
    return await advance(session, entry, STEPS, step=Step.LIFT, act=act, reason=entry.reason)


async def reviewer(session: AsyncSession, entry: BlacklistEntry) -> UUID | None:
    """Who took the entry under review, the last time."""
    query = select_rows(Event.person_id).where(col(Event.subject_id) == entry.id, col(Event.step) == Step.REVIEW)
    return (await session.exec(query.order_by(desc(col(Event.at)), desc(col(Event.id))).limit(1))).first()


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


async def check(session: AsyncSession, question: Question, *, tenant: Tenant, key: bytes, act: Act) -> list[Verdict]:
    """Listed or not, for each subject, by an entry of any center (Y089); and who asked about whom and why is written down.

    A hit and a miss are the same two statements and the same rows written. BadInput for a number that cannot be one, for too many
    (an agency asks about one person at a time, centers and districts about 50), and for a missing purpose.
    """
    why, subjects = checked("purpose", question.purpose, LONGEST_PURPOSE), question.subjects
    most = MOST_AT_A_TIME if tenant.agency_id is None else 1
    if not 1 <= len(subjects) <= most:
        raise BadInput("subjects", "too_many" if subjects else "required", most=most)
    asked = [to_look_up(one, field=f"subjects.{n}", key=key, on=shanghai_day(act.at)) for n, one in enumerate(subjects)]
    found = await entries_of(session, asked)
    verdicts = [verdict(n, [one for one in found if one.n == n]) for n in range(len(asked))]
    log = [written(one, why, tenant=tenant, act=act) | {"listed": answer.listed} for one, answer in zip(asked, verdicts, strict=True)]
    await session.exec(insert(table_of(BlacklistQuery)), params=log)
    return verdicts


def to_look_up(subject: Subject, *, field: str, key: bytes, on: date) -> Asked:
    if subject.id_number is None:
        card = checked(f"{field}.cardNumber", subject.card_number or "", LONGEST_CARD_NUMBER)
        return Asked(b"", card, id_digest(f"card:{card}", key=key))
    number = subject.id_number.strip().upper()
    problem = id_problem(number, on=on)
    if problem is not None:
        raise BadInput(f"{field}.idNumber", "id_number", reason=problem.value)
    digest = id_digest(number, key=key)
    return Asked(digest, "", digest)


async def entries_of(session: AsyncSession, asked: Sequence[Asked]) -> Sequence[Row[int, UUID, Ground, date, date]]:
    """One row a subject at least; more where several persons or entries answer to it. One statement, whatever it finds."""
    # three arrays and not VALUES: a statement of one form, compiled once, however many are asked about
    arrays = (
        literal(list(range(len(asked))), ARRAY(Integer)),
        literal([one.digest for one in asked], ARRAY(LargeBinary)),
        literal([one.card for one in asked], ARRAY(Text)),
    )
    columns = column("n", Integer), column("digest", LargeBinary), column("card", Text)
    these = func.unnest(*arrays).table_valued(*columns, name="asked").render_derived()
    person, card, entry = table_of(Person), table_of(Card), table_of(BlacklistEntry)
    by_number = select(person.c.id.label("id")).where(person.c.id_digest == these.c.digest).correlate(these)
    by_card = select(card.c.person_id.label("id")).where(card.c.number == these.c.card).correlate(these)
    who = union(by_number, by_card).lateral("who")
    live = and_(entry.c.person_id == who.c.id, entry.c.status != BlacklistStatus.LIFTED)
    joined = these.outerjoin(who, true()).outerjoin(entry, live)
    query = select(these.c.n, who.c.id.label("person"), entry.c.ground, entry.c.listed_on, entry.c.review_on).select_from(joined)
    result = await (await session.connection()).execute(query.order_by(these.c.n, entry.c.listed_on, entry.c.id))
    return result.all()


def verdict(index: int, found: Sequence[Row[int, UUID, Ground, date, date]]) -> Verdict:
    """From the rows of one subject: the latest entry speaks. BadInput where a card number belongs to several persons of several issuers."""
    if len({one.person for one in found}) > 1:
        raise BadInput(f"subjects.{index}.cardNumber", "ambiguous")
    listed = [one for one in found if one.ground is not None]
    if not listed:
        return Verdict(index, listed=False)
    return Verdict(index, listed=True, ground=listed[-1].ground, listed_on=listed[-1].listed_on, review_on=listed[-1].review_on)


def written(asked: Asked, purpose: str, *, tenant: Tenant, act: Act) -> dict[str, object]:
    """The row of the log, but for its answer."""
    return {
        "id": new_id(),
        "center_id": tenant.center_id,
        "district_id": tenant.district_id,
        "agency_id": tenant.agency_id,
        "organization_id": act.organization_id,
        "asked_by": act.by,
        "purpose": purpose,
        "subject_digest": asked.logged,
    }
