"""Cases against supervisors: opened by hand, by a streak of refusals or by what a year brought, addressed to the issuer of the card, decided by one
and confirmed by another.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy import select as select_from
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import blacklist, offers
from domain.calendar import shanghai_day
from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, Machine, advance, record
from domain.memberships import held
from domain.organizations import InForce, rules_for
from domain.proposals import OPEN_PLACES
from domain.supervisors import restore_card, role_name, supervisor_of, suspend_card, terms_in_force, withdraw_card
from domain.texts import checked
from models.base import table_of
from models.cases import IN_EFFECT, UNDECIDED, BlacklistEntry, CaseOrigin, Ground, Sanction, SupervisorCase, SupervisorCaseStatus
from models.dispatch import Assignment
from models.events import Event
from models.inspections import Inspection
from models.memberships import Membership
from models.organizations import Organization
from models.supervisors import IN_USE, Appointment, Card

LONGEST_FACTS = 4000
LONGEST_DOCUMENT = 200
LONGEST_NUMBER = 40
LONGEST_REASON = 2000
LADDER = "sanctions.supervisor.ladder"


class Step(StrEnum):
    SUSPEND = "SUSPEND"
    REVOKE = "REVOKE"
    CONFIRM = "CONFIRM"
    RESTORE = "RESTORE"
    SUPERSEDE = "SUPERSEDE"
    CLOSE = "CLOSE"


STEPS: Machine = {
    (SupervisorCaseStatus.OPENED, Step.SUSPEND): SupervisorCaseStatus.IN_FORCE,
    (SupervisorCaseStatus.HEARING, Step.SUSPEND): SupervisorCaseStatus.IN_FORCE,
    (SupervisorCaseStatus.OPENED, Step.REVOKE): SupervisorCaseStatus.DECIDED,
    (SupervisorCaseStatus.HEARING, Step.REVOKE): SupervisorCaseStatus.DECIDED,
    (SupervisorCaseStatus.DECIDED, Step.CONFIRM): SupervisorCaseStatus.IN_FORCE,
    (SupervisorCaseStatus.IN_FORCE, Step.RESTORE): SupervisorCaseStatus.LIFTED,
    (SupervisorCaseStatus.APPEALED, Step.RESTORE): SupervisorCaseStatus.LIFTED,
    (SupervisorCaseStatus.UPHELD, Step.RESTORE): SupervisorCaseStatus.LIFTED,
    (SupervisorCaseStatus.IN_FORCE, Step.SUPERSEDE): SupervisorCaseStatus.LIFTED,
    (SupervisorCaseStatus.UPHELD, Step.SUPERSEDE): SupervisorCaseStatus.LIFTED,
    (SupervisorCaseStatus.OPENED, Step.CLOSE): SupervisorCaseStatus.CLOSED,
    (SupervisorCaseStatus.HEARING, Step.CLOSE): SupervisorCaseStatus.CLOSED,
    (SupervisorCaseStatus.DECIDED, Step.CLOSE): SupervisorCaseStatus.CLOSED,
}


@dataclass(frozen=True)
class Decision:
    """What a sanction is written in: the document of evidence, and the number under which all of it happens."""

    document: str
    number: str


async def open_case(
    session: AsyncSession, card: Card, *, ground: Ground, facts: str, act: Act, reporter: UUID | None = None
) -> tuple[SupervisorCase, Event]:
    """Addressed to the issuer of the card, whoever opens it (Y068), also where an agency that the person has inspected reported it.

    Unmet for a ground the profile does not know (Y077 to Y082, B060); BadInput for an agency that has not met the person.
    """
    rules = await rules_for(session, card.center_id, on=shanghai_day(act.at))
    if card.status not in IN_USE:
        raise Conflict("STATE", status=card.status.value)
    known(ground, rules)
    if reporter is not None and not await has_inspected(session, card, reporter):
        raise BadInput("reportedBy", "unknown")
    origin = CaseOrigin.AGENCY_REPORT if reporter else CaseOrigin.MANUAL
    said = checked("facts", facts, LONGEST_FACTS)
    return await written(session, card, ground, facts=said, origin=origin, act=act, rules=rules, reporter=reporter)


async def has_inspected(session: AsyncSession, card: Card, agency_id: UUID) -> bool:
    query = select(Assignment.id).where(col(Assignment.supervisor_id) == card.supervisor_id, col(Assignment.agency_id) == agency_id)
    return (await session.exec(query.where(col(Assignment.status).in_(offers.TAKEN)))).first() is not None


async def suspend(session: AsyncSession, case: SupervisorCase, decision: Decision, *, act: Act, review_on: date | None = None) -> Event:
    """暂停质量督导工作 (003 §17): by the issuer for everywhere, by a district for its own area, where the card stays ACTIVE (A11).

    Places in teams that are still open and whose duty lies before the day of review are free for others. Unmet where the ladder of the profile
    has no such rung (D13).
    """
    rules = await rules_for(session, case.center_id, on=shanghai_day(act.at))
    rung(rules, Sanction.SUSPENSION)
    if review_on is not None and review_on <= shanghai_day(act.at):
        raise BadInput("reviewOn", "past")
    decided(case, Sanction.SUSPENSION, decision, act=act, rules=rules)
    case.in_force_at, case.review_on = act.at, review_on
    if act.organization_id != case.issuer_id:
        if not rules.rules.flag("suspension.district_may_suspend"):
            article = rules.rules.rule(LADDER).article
            raise Unmet("suspension.district_may_suspend", article, rules.rules.version)
        case.suspended_in_id = act.organization_id
    event = await step(session, case, Step.SUSPEND, act=act, rules=rules)
    if case.suspended_in_id is None:
        await suspend_card(session, await card_of(session, case), act=act, reason=decision.number, profile_id=rules.id)
    for place in await open_places(session, case.supervisor_id, before=review_on, district_id=case.suspended_in_id):
        await offers.withdraw(session, place, case.decision_number or "", act=act)
    return event


async def revoke(session: AsyncSession, case: SupervisorCase, decision: Decision, *, ground: Ground, act: Act) -> Event:
    """Decides 取消督导资格. Nothing is in force before another person confirms it. Unmet while an appeal is open."""
    rules = await rules_for(session, case.center_id, on=shanghai_day(act.at))
    known(ground, rules)
    await unappealed(session, case, rules)
    decided(case, Sanction.REVOCATION, decision, act=act, rules=rules)
    case.ground = ground
    return await step(session, case, Step.REVOKE, act=act, rules=rules)


@dataclass(frozen=True)
class Confirmed:
    card: Card
    entry: BlacklistEntry | None
    event: Event


async def confirm(session: AsyncSession, case: SupervisorCase, *, act: Act) -> Confirmed:
    """Puts a revocation in force, all of it under one decision number (N7; 000 §23, Y087 to Y089): card, appointment, roster and role end,
    open places in teams are free for others, the person is listed. Unmet for who decided it, and while an appeal is open.
    """
    rules = await rules_for(session, case.center_id, on=shanghai_day(act.at))
    if case.status is SupervisorCaseStatus.DECIDED:
        if case.decided_by == act.by:
            rule = rules.rules.rule("revocation.confirmations")
            raise Unmet(rule.id, rule.article, rules.rules.version, needed=rules.rules.integer(rule.id), have=1)
        await unappealed(session, case, rules)
        case.confirmed_by, case.in_force_at = act.by, act.at
    event = await step(session, case, Step.CONFIRM, act=act, rules=rules)
    number = case.decision_number or ""
    card = await card_of(session, case)
    await withdraw_card(session, card, act=act, reason=number, profile_id=rules.id)
    for suspension in await suspensions(session, card):
        await step(session, suspension, Step.SUPERSEDE, act=act, rules=rules, reason=number)
    for place in await open_places(session, card.supervisor_id):
        await offers.withdraw(session, place, number, act=act)
    return Confirmed(card, await blacklist.enter(session, case, rules=rules, act=act), event)


async def restore(session: AsyncSession, case: SupervisorCase, reason: str, *, act: Act) -> Event:
    """Ends a suspension. Unmet for a district that would end the center's."""
    rules = await rules_for(session, case.center_id, on=shanghai_day(act.at))
    if case.sanction is not Sanction.SUSPENSION:
        raise Conflict("STATE", status=case.status.value, step=Step.RESTORE.value)
    if act.organization_id not in {case.issuer_id, case.suspended_in_id}:
        raise Unmet("suspension.restored_by", "003 §17 (A11)", rules.rules.version)
    why = checked("reason", reason, LONGEST_REASON)
    event = await step(session, case, Step.RESTORE, act=act, rules=rules, reason=why)
    if case.suspended_in_id is None:
        await restore_card(session, await card_of(session, case), act=act, reason=why, profile_id=rules.id)
    return event


async def close(session: AsyncSession, case: SupervisorCase, reason: str, *, act: Act) -> Event:
    """Ends a case without a sanction, also one decided that nobody confirmed."""
    why = checked("reason", reason, LONGEST_REASON)
    if case.status in UNDECIDED:
        case.sanction = Sanction.NO_ACTION
    return await advance(session, case, STEPS, step=Step.CLOSE, act=act, reason=why)


@dataclass(frozen=True)
class Touched:
    """What a revocation would end."""

    places: list[Assignment]
    inspections: list[Inspection]
    terms: list[Appointment]
    roles: list[Membership]


async def touched(session: AsyncSession, card: Card, *, act: Act) -> Touched:
    """For the preview of a revocation: the same rows that `confirm` would change."""
    supervisor = await supervisor_of(session, card)
    role = await held(session, card.person_id, role_name(supervisor.kind), organization_id=supervisor.organization_id, at=act.at)
    places, terms = await open_places(session, card.supervisor_id), await terms_in_force(session, card.supervisor_id, on=shanghai_day(act.at))
    query = select(Inspection).where(col(Inspection.id).in_([one.inspection_id for one in places]))
    return Touched(places, list((await session.exec(query)).all()), terms, [role] if role else [])


def known(ground: Ground, rules: InForce) -> None:
    rule = rules.rules.rule("grounds.supervisor")
    if ground not in rules.rules.words(rule.id):
        raise Unmet(rule.id, rule.article, rules.rules.version, ground=ground.value)


def rung(rules: InForce, sanction: Sanction) -> None:
    """Unmet where the ladder of the profile has no such sanction (D13)."""
    ladder = rules.rules.rule(LADDER)
    if sanction not in rules.rules.words(ladder.id):
        raise Unmet(ladder.id, ladder.article, rules.rules.version, sanction=sanction.value)


def decided(case: SupervisorCase, sanction: Sanction, decision: Decision, *, act: Act, rules: InForce) -> None:
    """Conflict before anything is written, where no decision is due. Unmet while the person may still speak."""
    if case.status not in UNDECIDED:
        raise Conflict("STATE", status=case.status.value)
    if case.stated_at is None and case.hearing_until is not None and shanghai_day(act.at) <= case.hearing_until:
        raise Unmet("supervisor_case.heard", "default 1.8", rules.rules.version, until=str(case.hearing_until))
    case.document = checked("document", decision.document, LONGEST_DOCUMENT)
    case.decision_number = checked("decisionNumber", decision.number, LONGEST_NUMBER)
    case.sanction, case.decided_by = sanction, act.by


async def unappealed(session: AsyncSession, case: SupervisorCase, rules: InForce) -> None:
    """Unmet while an appeal about the same card waits for its answer: a revocation would end what it is about."""
    query = select(SupervisorCase.id).where(col(SupervisorCase.card_id) == case.card_id, col(SupervisorCase.status) == SupervisorCaseStatus.APPEALED)
    if (await session.exec(query)).first() is not None:
        raise Unmet("supervisor_case.appeal_open", "default 1.8 (A14)", rules.rules.version)


async def step(session: AsyncSession, case: SupervisorCase, which: Step, *, act: Act, rules: InForce, reason: str | None = None) -> Event:
    return await advance(session, case, STEPS, step=which, act=act, reason=reason or case.decision_number, profile_id=rules.id)


async def is_open(session: AsyncSession, card: Card, ground: Ground) -> bool:
    """Whether somebody is still to decide about this card on this ground."""
    query = select(SupervisorCase.id).where(
        col(SupervisorCase.card_id) == card.id,
        col(SupervisorCase.ground) == ground,
        col(SupervisorCase.status).in_((*UNDECIDED, SupervisorCaseStatus.DECIDED)),
    )
    return (await session.exec(query)).first() is not None


async def suspensions(session: AsyncSession, card: Card) -> list[SupervisorCase]:
    """Those in force of a card, locked: they end with it, and do not follow the person to a later card."""
    of_card = (col(SupervisorCase.card_id) == card.id, col(SupervisorCase.sanction) == Sanction.SUSPENSION)
    query = select(SupervisorCase).where(*of_card, col(SupervisorCase.status).in_(IN_EFFECT))
    return list((await session.exec(query.order_by(col(SupervisorCase.id)).with_for_update())).all())


async def card_of(session: AsyncSession, case: SupervisorCase) -> Card:
    """Locked until the transaction ends."""
    query = select(Card).where(col(Card.id) == case.card_id).with_for_update()
    return (await session.exec(query, execution_options={"populate_existing": True})).one()


async def open_places(session: AsyncSession, supervisor_id: UUID, *, before: date | None = None, district_id: UUID | None = None) -> list[Assignment]:
    """Offered or accepted and not begun, locked; only those with a duty before a day, only those of a district."""
    query = select(Assignment).where(col(Assignment.supervisor_id) == supervisor_id, col(Assignment.status).in_(OPEN_PLACES))
    query = query if before is None else query.where(col(Assignment.duty_on) < before)
    query = query if district_id is None else query.where(col(Assignment.district_id) == district_id)
    return list((await session.exec(query.order_by(col(Assignment.id)).with_for_update())).all())


async def written(
    session: AsyncSession, card: Card, ground: Ground, *, facts: str, origin: CaseOrigin, act: Act, rules: InForce, reporter: UUID | None = None
) -> tuple[SupervisorCase, Event]:
    """A district sees and acts on the cases it opens: they lie in its area although the card is the center's."""
    of_card = act.organization_id in {card.center_id, card.agency_id} or origin not in {CaseOrigin.MANUAL, CaseOrigin.AGENCY_REPORT}
    row = SupervisorCase(
        center_id=card.center_id,
        district_id=card.district_id if of_card else act.organization_id,
        agency_id=card.agency_id,
        supervisor_id=card.supervisor_id,
        person_id=card.person_id,
        card_id=card.id,
        issuer_id=card.issuer_id,
        origin=origin,
        reported_by_id=reporter,
        ground=ground,
        facts=facts,
        opened_by=act.by,
    )
    session.add(row)
    await session.flush()
    return row, await record(session, row, step="OPEN", act=act, after=row.status, reason=ground.value, profile_id=rules.id)


def name_of(organization_id: ColumnElement[UUID]) -> ColumnElement[str]:
    """Of an organization that a case names."""
    o = table_of(Organization).alias("named")
    return select_from(o.c.name).where(o.c.id == organization_id).correlate_except(o).scalar_subquery()
