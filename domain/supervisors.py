"""People who supervise: enlisted on a roster, given a card, appointed for a term; and all of it taken away again."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import add_months, shanghai_day
from domain.eligibility import Qualifications, lacking
from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, Machine, advance, record
from domain.memberships import end, grant, held
from domain.organizations import InForce, rules_for
from domain.rule_keys import ATTESTED
from domain.texts import checked
from models.cases import BLOCKING, BlacklistEntry
from models.database import beyond
from models.events import Event
from models.organizations import Organization, Tier
from models.supervisors import (
    IN_TERM,
    Appointment,
    AppointmentStatus,
    Card,
    CardStatus,
    Employment,
    Person,
    RosterStanding,
    SkillLevel,
    Supervisor,
    SupervisorKind,
)

LONGEST_CARD_NUMBER = 40


class Step(StrEnum):
    SUSPEND = "SUSPEND"
    RESTORE = "RESTORE"
    REVOKE = "REVOKE"
    TERMINATE = "TERMINATE"
    WARN = "WARN"
    EXPIRE = "EXPIRE"
    EVALUATE = "EVALUATE"
    RENEW = "RENEW"


CARD_STEPS: Machine = {
    (CardStatus.ACTIVE, Step.SUSPEND): CardStatus.SUSPENDED,
    (CardStatus.SUSPENDED, Step.RESTORE): CardStatus.ACTIVE,
    (CardStatus.ACTIVE, Step.REVOKE): CardStatus.REVOKED,
    (CardStatus.SUSPENDED, Step.REVOKE): CardStatus.REVOKED,
}

APPOINTMENT_STEPS: Machine = {
    (AppointmentStatus.ACTIVE, Step.TERMINATE): AppointmentStatus.TERMINATED,
    (AppointmentStatus.EXPIRING, Step.TERMINATE): AppointmentStatus.TERMINATED,
    (AppointmentStatus.ACTIVE, Step.WARN): AppointmentStatus.EXPIRING,
    (AppointmentStatus.ACTIVE, Step.EXPIRE): AppointmentStatus.EXPIRED,
    (AppointmentStatus.EXPIRING, Step.EXPIRE): AppointmentStatus.EXPIRED,
    (AppointmentStatus.EVALUATED, Step.EXPIRE): AppointmentStatus.EXPIRED,
    (AppointmentStatus.EXPIRING, Step.EVALUATE): AppointmentStatus.EVALUATED,
    (AppointmentStatus.EVALUATED, Step.RENEW): AppointmentStatus.RENEWED,
    (AppointmentStatus.EVALUATED, Step.TERMINATE): AppointmentStatus.TERMINATED,
    (AppointmentStatus.RENEWED, Step.TERMINATE): AppointmentStatus.TERMINATED,
}


async def employ(session: AsyncSession, person: Person, agency: Organization, *, starts_on: date, ends_on: date | None = None) -> Employment:
    """Who employed whom on which days: what own-agency recusal is proven by. BadInput for days in the wrong order."""
    in_order("endsOn", starts_on, ends_on)
    row = Employment(person_id=person.id, agency_id=agency.id, starts_on=starts_on, ends_on=ends_on)
    session.add(row)
    await session.flush()
    return row


async def enlist(
    session: AsyncSession, organization: Organization, person: Person, *, kind: SupervisorKind, act: Act, level: SkillLevel | None = None
) -> tuple[Supervisor, Event]:
    """Puts a person on the roster with the role that goes with it: external ones on the center's, internal ones on their employer's (000 §5).

    Unmet for who is on the blacklist (Y089), unfit, or internal without being employed there; Conflict for who is on it already.
    """
    rules = await rules_for(session, organization.center_id, on=shanghai_day(act.at))
    if (organization.tier is Tier.CENTER) is not (kind is SupervisorKind.EXTERNAL) or organization.tier is Tier.DISTRICT:
        raise BadInput("organization", "kind_of_organization")
    await unlisted(session, person.id)
    if kind is SupervisorKind.INTERNAL:
        await employed_there(session, person, organization, on=shanghai_day(act.at))
    fit(person, rules, kind=kind, level=level, on=shanghai_day(act.at))
    row = await on_roster(session, person, organization, kind=kind)
    before = None if row.version == 0 else row.standing
    if before is RosterStanding.ACTIVE:
        raise Conflict("DUPLICATE")
    row.level, row.standing, row.verified_at, row.version = level, RosterStanding.ACTIVE, act.at, max(row.version, 1)
    session.add(row)
    await session.flush()
    await grant(session, person.id, role_name(kind), organization=organization, act=act, reason="ENLIST")
    return row, await record(session, row, step="ENLIST", act=act, before=before, after=RosterStanding.ACTIVE, profile_id=rules.id)


async def issue_card(
    session: AsyncSession, supervisor: Supervisor, *, number: str, valid_from: date, valid_until: date, act: Act
) -> tuple[Card, Event]:
    """Who keeps the roster row issues the card: the center, or under the rules of Yunnan the agency (000 §13, 003 §9).

    Unmet where internal supervisors bear no card (D07), and for who is on the blacklist (Y089); Conflict for a second card in use.
    """
    rules = await rules_for(session, supervisor.center_id, on=shanghai_day(act.at))
    issuer = rules.rules.rule(f"card.issuer.{supervisor.kind.lower()}")
    if issuer.value == "NONE":
        raise Unmet(issuer.id, issuer.article, rules.rules.version)
    in_order("validUntil", valid_from, valid_until)
    await unlisted(session, supervisor.person_id)
    on_duty(supervisor)
    row = Card(
        supervisor_id=supervisor.id,
        person_id=supervisor.person_id,
        center_id=supervisor.center_id,
        district_id=supervisor.district_id,
        agency_id=supervisor.agency_id,
        issuer_id=supervisor.organization_id,
        number=checked("number", number, LONGEST_CARD_NUMBER),
        title=rules.rules.text("card.title"),
        valid_from=valid_from,
        valid_until=valid_until,
    )
    session.add(row)
    await session.flush()
    return row, await record(session, row, step="ISSUE", act=act, after=row.status, profile_id=rules.id)


async def appoint(
    session: AsyncSession, supervisor: Supervisor, *, starts_on: date, act: Act, ends_on: date | None = None, renews: UUID | None = None
) -> tuple[Appointment, Event]:
    """Gives the mandate, anew or after the term that it `renews`. Without an end the term is the profile's (000 §18: 36 months), or open where it
    knows none (D09).

    Unmet for who is on the blacklist (Y089) or off the roster; Conflict OVERLAP for two terms at a time.
    """
    rules = await rules_for(session, supervisor.center_id, on=shanghai_day(act.at))
    months = rules.rules.optional_integer("appointment.term_months")
    until = ends_on if ends_on or months is None else add_months(starts_on, months)
    in_order("endsOn", starts_on, until)
    await unlisted(session, supervisor.person_id)
    on_duty(supervisor)
    row = Appointment(
        supervisor_id=supervisor.id,
        person_id=supervisor.person_id,
        center_id=supervisor.center_id,
        district_id=supervisor.district_id,
        agency_id=supervisor.agency_id,
        dispatcher_id=supervisor.organization_id,
        starts_on=starts_on,
        ends_on=until,
        renews_id=renews,
    )
    session.add(row)
    await session.flush()
    return row, await record(session, row, step="APPOINT", act=act, after=row.status, profile_id=rules.id)


async def mandate(session: AsyncSession, supervisor: Supervisor, *, starts_on: date, ends_on: date | None, act: Act) -> tuple[Appointment, Event]:
    """聘任 of somebody on the roster for a term to come (Y007, Y063): as `appoint`, and BadInput for a day that has passed."""
    if starts_on < shanghai_day(act.at):
        raise BadInput("startsOn", "past")
    return await appoint(session, supervisor, starts_on=starts_on, ends_on=ends_on, act=act)


async def suspend_card(session: AsyncSession, card: Card, *, act: Act, reason: str, profile_id: UUID) -> Event:
    return await advance(session, card, CARD_STEPS, step=Step.SUSPEND, act=act, reason=reason, profile_id=profile_id)


async def restore_card(session: AsyncSession, card: Card, *, act: Act, reason: str, profile_id: UUID) -> Event:
    return await advance(session, card, CARD_STEPS, step=Step.RESTORE, act=act, reason=reason, profile_id=profile_id)


async def withdraw_card(session: AsyncSession, card: Card, *, act: Act, reason: str, profile_id: UUID) -> Event:
    """Card, appointment, place on the roster and role end together (000 §23, Y087, Y088). Nothing is deleted (A13)."""
    event = await advance(session, card, CARD_STEPS, step=Step.REVOKE, act=act, reason=reason, profile_id=profile_id)
    for term in await terms_in_force(session, card.supervisor_id, on=shanghai_day(act.at)):
        await advance(session, term, APPOINTMENT_STEPS, step=Step.TERMINATE, act=act, reason=reason, profile_id=profile_id)
    supervisor = await supervisor_of(session, card)
    before, supervisor.standing = supervisor.standing, RosterStanding.REMOVED
    await record(session, supervisor, step="REMOVE", act=act, before=before, after=supervisor.standing, reason=reason, profile_id=profile_id)
    role = await held(session, supervisor.person_id, role_name(supervisor.kind), organization_id=supervisor.organization_id, at=act.at)
    if role is not None:
        await end(session, role, act=act, reason=reason)
    return event


async def supervisor_of(session: AsyncSession, card: Card) -> Supervisor:
    """Locked until the transaction ends."""
    query = select(Supervisor).where(col(Supervisor.id) == card.supervisor_id).with_for_update()
    return (await session.exec(query, execution_options={"populate_existing": True})).one()


async def card_in_use(session: AsyncSession, supervisor_id: UUID) -> Card | None:
    """The one card that is not revoked; a suspended one is still in use."""
    query = select(Card).where(col(Card.supervisor_id) == supervisor_id, col(Card.status) != CardStatus.REVOKED)
    return (await session.exec(query)).one_or_none()


async def terms_in_force(session: AsyncSession, supervisor_id: UUID, *, on: date) -> list[Appointment]:
    """Those that would count on the day or later: one that is renewed until its end, and the next one."""
    to_run = col(Appointment.status).in_(IN_TERM) | ((col(Appointment.status) == AppointmentStatus.RENEWED) & (col(Appointment.ends_on) > on))
    query = select(Appointment).where(col(Appointment.supervisor_id) == supervisor_id, to_run)
    return list((await session.exec(query.order_by(col(Appointment.id)).with_for_update())).all())


async def listed_persons(session: AsyncSession, persons: list[UUID]) -> set[UUID]:
    """Which of them stand on the blacklist, whichever center listed them (Y089)."""
    query = select(BlacklistEntry.person_id).where(col(BlacklistEntry.person_id).in_(persons), col(BlacklistEntry.status).in_(BLOCKING))
    async with beyond(session):
        return set((await session.exec(query)).all())


async def unlisted(session: AsyncSession, person_id: UUID) -> None:
    if await listed_persons(session, [person_id]):
        raise Unmet("blacklist.blocks", "000 §23")


def on_duty(supervisor: Supervisor) -> None:
    if supervisor.standing is not RosterStanding.ACTIVE:
        raise Conflict("STATE", status=supervisor.standing.value)


def fit(person: Person, rules: InForce, *, kind: SupervisorKind, level: SkillLevel | None, on: date) -> None:
    """Refuses for age and rank, as far as they are known here; who enlists vouches for the rest (000 §6, 003 §7)."""
    known = Qualifications(
        kind=kind, birth=person.birth_date, sex=person.sex, rank=level, technical_management_years=99, assessor_years=99, attested=ATTESTED
    )
    for one in lacking(rules.rules, known, on=on):
        of_age = one.alternatives[0].startswith("AGE")
        if (of_age and person.birth_date is not None) or (not of_age and level is not None):
            raise Unmet(one.rule.id, one.rule.article, rules.rules.version, needed=" / ".join(one.alternatives))


async def employed_there(session: AsyncSession, person: Person, agency: Organization, *, on: date) -> None:
    query = select(Employment).where(
        col(Employment.person_id) == person.id,
        col(Employment.agency_id) == agency.id,
        col(Employment.starts_on) <= on,
        col(Employment.ends_on).is_(None) | (col(Employment.ends_on) > on),
    )
    if (await session.exec(query)).first() is None:
        raise Unmet("internal.employed", "000 §5")


async def on_roster(session: AsyncSession, person: Person, organization: Organization, *, kind: SupervisorKind) -> Supervisor:
    """The row there is, locked, or a new one of version 0."""
    query = select(Supervisor).where(
        col(Supervisor.person_id) == person.id, col(Supervisor.kind) == kind, col(Supervisor.organization_id) == organization.id
    )
    found = (await session.exec(query.with_for_update())).one_or_none()
    return found or Supervisor(
        person_id=person.id,
        organization_id=organization.id,
        center_id=organization.center_id,
        district_id=organization.district_id,
        agency_id=organization.agency_id,
        kind=kind,
        version=0,
    )


def role_name(kind: SupervisorKind) -> str:
    return f"supervisor_{kind.lower()}"


def in_order(field: str, start: date, end: date | None) -> None:
    if end is not None and end <= start:
        raise BadInput(field, "dates_reversed")
