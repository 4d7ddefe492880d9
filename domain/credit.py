"""The credit archive (信用档案) of an agency, kept by both tiers (003 §16, B055 to B057)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import shanghai_day
from domain.errors import BadInput, Unmet
from domain.machine import Act, Tenants, record, tenants
from domain.organizations import InForce, rules_for
from domain.texts import checked
from models.credit import CreditEntry, CreditGround
from models.events import Event
from models.organizations import Organization, Tier

LONGEST_DOCUMENT = 200
LONGEST_FACTS = 2000
LADDER = "sanctions.agency.ladder"


@dataclass(frozen=True)
class Written:
    """What an entry says: the ground, the document it rests on, what happened and when."""

    ground: CreditGround
    document: str
    facts: str
    occurred_on: date


async def agency_of(session: AsyncSession, id: UUID) -> Organization:
    """The agency that is spoken of. The registry is shared, and nothing is locked; BadInput where there is none."""
    found = (await session.exec(select(Organization).where(col(Organization.id) == id, col(Organization.tier) == Tier.AGENCY))).one_or_none()
    if found is None:
        raise BadInput("agency", "unknown")
    return found


async def entry_of(session: AsyncSession, id: UUID) -> CreditEntry:
    """An entry that is spoken of; nobody changes one, so nothing is locked. BadInput where there is none behind the wall."""
    found = (await session.exec(select(CreditEntry).where(col(CreditEntry.id) == id))).one_or_none()
    if found is None:
        raise BadInput("creditEntry", "unknown")
    return found


def blank(agency: Organization) -> CreditEntry:
    """An entry about this agency that is not there yet: what the right to write one is asked about."""
    return CreditEntry.model_construct(**tenants(agency))


async def enter(session: AsyncSession, agency: Organization, written: Written, *, act: Act) -> tuple[CreditEntry, Event]:
    """An entry by hand. Unmet where the rules keep no archive (D25); BadInput for a day that has not come."""
    if written.occurred_on > shanghai_day(act.at):
        raise BadInput("occurredOn", "future")
    rules = await rules_for(session, agency.center_id, on=shanghai_day(act.at))
    return await added(session, tenants(agency), written, rules=rules, act=act)


async def added(
    session: AsyncSession, within: Tenants, written: Written, *, rules: InForce, act: Act, report_id: UUID | None = None
) -> tuple[CreditEntry, Event]:
    """Unmet for a ground that these rules do not know."""
    kept(rules)
    grounds = rules.rules.rule("grounds.agency")
    if written.ground not in rules.rules.words(grounds.id):
        raise Unmet(grounds.id, grounds.article, rules.rules.version, ground=written.ground.value)
    row = CreditEntry(
        **within,
        ground=written.ground,
        document=checked("document", written.document, LONGEST_DOCUMENT),
        facts=checked("facts", written.facts, LONGEST_FACTS),
        occurred_on=written.occurred_on,
        recorded_at=act.at,
        recorded_by=act.by,
        organization_id=act.organization_id,
        serious_violation_report_id=report_id,
        profile_id=rules.id,
    )
    session.add(row)
    await session.flush()
    return row, await record(session, row, step="RECORD", act=act, reason=row.ground.value, profile_id=rules.id)


def keeps(rules: InForce) -> bool:
    """Whether these rules have a credit archive."""
    return "CREDIT_ENTRY" in rules.rules.words(LADDER)


def kept(rules: InForce) -> None:
    ladder = rules.rules.rule(LADDER)
    if not keeps(rules):
        raise Unmet("credit.none", ladder.article, rules.rules.version)
