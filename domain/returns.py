"""Monthly returns (月报): what a district reports to its center, composed from closed inspections so that anybody composes the same bytes."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, desc, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import WEEKENDS_ONLY, HolidayRoll, Holidays, Month, monthly_return_due, timeliness
from domain.errors import BadInput, Conflict, Unmet
from domain.figures import compose, differences
from domain.holidays import holidays_of
from domain.machine import Act, advance, record
from domain.organizations import InForce, rules_for
from domain.profiles import Profile
from domain.texts import checked, checked_or_none
from models.database import standing_for
from models.events import ChainHead, Event
from models.organizations import Organization, Tier
from models.returns import MonthlyReturn, MonthlyReturnStatus

LONGEST = 2000


class Step(StrEnum):
    ACCEPT = "ACCEPT"
    SEND_BACK = "SEND_BACK"
    REPLACE = "REPLACE"


STEPS: dict[tuple[str, str], str] = {
    (MonthlyReturnStatus.SUBMITTED, Step.ACCEPT): MonthlyReturnStatus.ACCEPTED,
    (MonthlyReturnStatus.SUBMITTED, Step.SEND_BACK): MonthlyReturnStatus.SENT_BACK,
    (MonthlyReturnStatus.SENT_BACK, Step.REPLACE): MonthlyReturnStatus.REPLACED,
}


def month_of(text: str) -> Month:
    """BadInput for what is not YYYY-MM."""
    try:
        return Month.parse(text)
    except ValueError:
        raise BadInput("month", "month") from None


def month_over(month: Month, rules: Profile, *, at: datetime) -> None:
    """Only a past month is reported, by its Shanghai end (A04: results of the previous calendar month)."""
    if at < month.bounds().until:
        raise Unmet("monthly_return.month_over", rules.rule("monthly_return.due_day").article, rules.version, month=str(month))


def due_of(month: Month, rules: Profile, *, holidays: Holidays = WEEKENDS_ONLY) -> datetime:
    """When the return is late. Unmet where the jurisdiction knows no monthly return (D24)."""
    due = monthly_return_due(month, rules, holidays=holidays)
    if due is None:
        raise Unmet("monthly_return.none", "1.6 D24", rules.version)
    return due


async def organization(session: AsyncSession, id: UUID) -> Organization | None:
    return (await session.exec(select(Organization).where(col(Organization.id) == id))).one_or_none()


async def own(session: AsyncSession, act: Act) -> Organization:
    """The organization acted for; whether it may report is a question of rights."""
    return (await session.exec(select(Organization).where(col(Organization.id) == act.organization_id))).one()


async def rules_in(session: AsyncSession, district: Organization, month: Month) -> InForce:
    """The profile that judges a month is the one in force on its last day, whatever is in force when the return is filed (INV15)."""
    return await rules_for(session, district.center_id, on=month.last_day())


def blank(district: Organization) -> MonthlyReturn:
    """A return of this organization that is not there yet: what the right to make one is asked about."""
    return blank_of(district.id, district.center_id, district.district_id)


def blank_of(organization: UUID | None, center: UUID | None, district: UUID | None) -> MonthlyReturn:
    return MonthlyReturn.model_construct(organization_id=organization, center_id=center, district_id=district, agency_id=None)


async def judged(session: AsyncSession, district: Organization, month: Month) -> tuple[InForce, datetime]:
    """The rules of a month and when its return is due. Unmet where there are no such rules, or no such return."""
    force = await rules_in(session, district, month)
    return force, due_of(month, force.rules, holidays=await days_off(session, district.center_id, month, rules=force.rules))


async def days_off(session: AsyncSession, center_id: UUID, month: Month, *, rules: Profile) -> Holidays:
    """The center's holidays from the month on in which the return on this one is due; not asked for where the rules do not roll (A04)."""
    if rules.optional_text("monthly_return.holiday_roll") != HolidayRoll.NEXT_WORKDAY:
        return WEEKENDS_ONLY
    return await holidays_of(session, center_id, since=month.next().first_day())


async def a_district(session: AsyncSession, center_id: UUID | None) -> Organization | None:
    """One district of a center, where it has any: the rules of a month are those of all."""
    mine = (col(Organization.center_id) == center_id, col(Organization.tier) == Tier.DISTRICT)
    return (await session.exec(select(Organization).where(*mine).limit(1))).first()


async def submit(session: AsyncSession, district: Organization, month: Month, *, note: str | None, act: Act) -> tuple[MonthlyReturn, Event]:
    """Files the return on a past month, also a nil one, also late (A03, A04). After a send-back it is the next edition of the chain.

    Conflict DUPLICATE if the month was filed and not sent back. Timeliness is fixed by the first edition.
    """
    force, due = await judged(session, district, month)
    month_over(month, force.rules, at=act.at)
    last = await latest(session, district.id, month)
    if last is not None and last.status is not MonthlyReturnStatus.SENT_BACK:
        raise Conflict("DUPLICATE", month=str(month), edition=last.edition)
    composed = await compose(session, district, month)
    row = MonthlyReturn(
        organization_id=district.id,
        center_id=district.center_id,
        district_id=district.id,
        month=str(month),
        edition=last.edition + 1 if last else 1,
        previous_id=last.id if last else None,
        timeliness=last.timeliness if last else timeliness(act.at, due),
        due_at=due,
        submitted_at=act.at,
        sessions_held=composed.coverage.held,
        sessions_inspected=composed.coverage.inspected,
        sessions_needed=composed.coverage.needed,
        lines=list(composed.lines),
        digest=composed.digest,
        ledger_digest=await ledger_head(session, district.center_id),
        differences=differences(last.lines, composed.lines) if last else [],
        note=checked_or_none("note", note, LONGEST),
    )
    if last is not None:
        await advance(session, last, STEPS, step=Step.REPLACE, act=act, profile_id=force.id)
    session.add(row)
    await session.flush()
    return row, await record(session, row, step="SUBMIT", act=act, after=row.status.value, profile_id=force.id)


async def ledger_head(session: AsyncSession, center_id: UUID | None) -> str | None:
    """How far the center's chained ledger goes: printed on the return, which the district keeps too (N3; 000 §16, 003 §17)."""
    if center_id is None:
        return None
    async with standing_for(session, center_id):
        head = (await session.exec(select(ChainHead.digest).where(col(ChainHead.organization_id) == center_id))).one_or_none()
    return None if head is None else head.hex()


async def latest(session: AsyncSession, district_id: UUID, month: Month) -> MonthlyReturn | None:
    """The newest edition, locked."""
    mine = (col(MonthlyReturn.district_id) == district_id, col(MonthlyReturn.month) == str(month))
    query = select(MonthlyReturn).where(*mine).order_by(desc(col(MonthlyReturn.edition))).limit(1).with_for_update()
    return (await session.exec(query)).first()


async def accept(session: AsyncSession, row: MonthlyReturn, *, act: Act) -> Event:
    """The center accepts the return (003 §14)."""
    return await advance(session, row, STEPS, step=Step.ACCEPT, act=act)


async def send_back(session: AsyncSession, row: MonthlyReturn, comment: str, *, act: Act) -> Event:
    """The center returns it with a reason; the district answers with the next edition."""
    row.comment = checked("comment", comment, LONGEST)
    return await advance(session, row, STEPS, step=Step.SEND_BACK, act=act, reason=row.comment)
