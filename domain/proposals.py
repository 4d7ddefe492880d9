"""Listing somebody who was revoked and is not on the blacklist: proposed by one person, confirmed by another, who has seen what it touches."""

from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import offers
from domain.blacklist import LONGEST_REASON, ruling_of
from domain.calendar import add_months, shanghai_day
from domain.errors import Conflict, Unmet
from domain.machine import Act, Machine, advance, record
from domain.organizations import rules_for
from domain.texts import checked
from models.cases import BlacklistEntry, BlacklistStatus, SupervisorCase
from models.dispatch import Assignment, AssignmentStatus
from models.events import Event
from models.inspections import Inspection
from models.supervisors import IN_USE, Card

LONGEST_DOCUMENT = 200

OPEN_PLACES = (AssignmentStatus.OFFERED, AssignmentStatus.ACCEPTED)
"""Places in teams that somebody else can still take."""


class Step(StrEnum):
    CONFIRM = "CONFIRM"
    DISMISS = "DISMISS"


STEPS: Machine = {
    (BlacklistStatus.PROPOSED, Step.CONFIRM): BlacklistStatus.LISTED,
    (BlacklistStatus.PROPOSED, Step.DISMISS): BlacklistStatus.DISMISSED,
}


async def propose(session: AsyncSession, case: SupervisorCase, document: str, *, reason: str, act: Act) -> tuple[BlacklistEntry, Event]:
    """Puts forward the person of a revocation in force, with a document (A14). Until another person confirms it, it blocks nothing.

    Unmet where the profile has no blacklist; Conflict DUPLICATE if this revocation has listed the person, now or ever, or is proposed already.
    """
    rules = await rules_for(session, case.center_id, on=shanghai_day(act.at))
    if not rules.rules.flag("blacklist.enabled"):
        raise Unmet("blacklist.enabled", "000 §23 (D15)", rules.rules.version)
    ruling, today = ruling_of(case), shanghai_day(act.at)
    before = select(BlacklistEntry.id).where(col(BlacklistEntry.case_id) == case.id, col(BlacklistEntry.status) != BlacklistStatus.DISMISSED)
    if (await session.exec(before)).first() is not None:
        raise Conflict("DUPLICATE")
    row = BlacklistEntry(
        person_id=case.person_id,
        case_id=case.id,
        center_id=case.center_id,
        district_id=case.district_id,
        agency_id=case.agency_id,
        listed_by_id=case.center_id,
        ground=case.ground,
        decision_number=ruling.number,
        document=checked("document", document, LONGEST_DOCUMENT),
        status=BlacklistStatus.PROPOSED,
        proposer_id=act.organization_id,
        proposed_by=act.by,
        listed_on=today,
        review_on=add_months(today, rules.rules.integer("blacklist.review_months")),
        reason=checked("reason", reason, LONGEST_REASON),
    )
    session.add(row)
    await session.flush()
    return row, await record(session, row, step="PROPOSE", act=act, after=row.status, reason=row.reason, profile_id=rules.id)


async def confirm(session: AsyncSession, entry: BlacklistEntry, *, act: Act) -> Event:
    """Lists the person from today; open places in teams of the jurisdiction are free for others. Unmet for who proposed it (A14)."""
    rules = await rules_for(session, entry.center_id, on=shanghai_day(act.at))
    if entry.status is BlacklistStatus.PROPOSED:
        if entry.proposed_by == act.by:
            raise Unmet("blacklist.confirmations", "default 1.7 (A14)", rules.rules.version, needed=2, have=1)
        entry.confirmed_by, entry.listed_on = act.by, shanghai_day(act.at)
        entry.review_on = add_months(entry.listed_on, rules.rules.integer("blacklist.review_months"))
    event = await advance(session, entry, STEPS, step=Step.CONFIRM, act=act, reason=entry.decision_number, profile_id=rules.id)
    for place in (await consequences(session, entry)).places:
        await offers.withdraw(session, place, entry.decision_number, act=act)
    return event


async def dismiss(session: AsyncSession, entry: BlacklistEntry, reason: str, *, act: Act) -> Event:
    """Nobody is listed. The revocation may be proposed again, by another document."""
    entry.reason = checked("reason", reason, LONGEST_REASON)
    return await advance(session, entry, STEPS, step=Step.DISMISS, act=act, reason=entry.reason)


@dataclass(frozen=True)
class Consequences:
    """What a person has in a jurisdiction that an entry bars, and its lifting frees."""

    places: list[Assignment]
    inspections: list[Inspection]
    cards: list[Card]


async def consequences(session: AsyncSession, entry: BlacklistEntry) -> Consequences:
    """Open places in teams, which listing would end; their inspections; cards not revoked, which stay their issuers' to revoke (Y068)."""
    here = col(Assignment.person_id) == entry.person_id, col(Assignment.center_id) == entry.center_id
    places = select(Assignment).where(*here, col(Assignment.status).in_(OPEN_PLACES)).order_by(col(Assignment.id)).with_for_update()
    found = list((await session.exec(places)).all())
    visits = select(Inspection).where(col(Inspection.id).in_([one.inspection_id for one in found])).order_by(col(Inspection.id))
    cards = select(Card).where(col(Card.person_id) == entry.person_id, col(Card.center_id) == entry.center_id, col(Card.status).in_(IN_USE))
    return Consequences(found, list((await session.exec(visits)).all()), list((await session.exec(cards.order_by(col(Card.id)))).all()))
