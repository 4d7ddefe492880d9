"""Monthly returns (月报): what a district reports to its center, composed from closed inspections so that anybody composes the same bytes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import and_, col, desc, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import WEEKENDS_ONLY, Holidays, Month, monthly_return_due, timeliness
from domain.errors import BadInput, Conflict, Unmet
from domain.figures import Composed, Coverage, compose, coverages, differences, needed
from domain.holidays import holidays_for
from domain.machine import Act, advance, record
from domain.organizations import InForce, rules_for
from domain.profiles import Profile
from domain.texts import checked, checked_or_none
from domain.tightening import ALLOWED, in_force, tightened
from models.events import Event
from models.organizations import Organization, Tier
from models.returns import MonthlyReturn, MonthlyReturnStatus, Timeliness

LONGEST = 2000
RATIO = "sampling.min_ratio"


@dataclass(frozen=True, slots=True)
class Reported:
    """A district, and whether it filed its return on a month in time; None until it has filed one."""

    district: Organization
    timeliness: Timeliness | None


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
    return await rules_for(session, district.center_id, on=month.last_day(), of=district)


def blank(district: Organization) -> MonthlyReturn:
    """A return of this organization that is not there yet: what the right to make one is asked about."""
    return blank_of(district.id, district.center_id, district.district_id)


def blank_of(organization: UUID | None, center: UUID | None, district: UUID | None) -> MonthlyReturn:
    return MonthlyReturn.model_construct(organization_id=organization, center_id=center, district_id=district, agency_id=None)


async def reported(session: AsyncSession, center_id: UUID | None, month: Month) -> list[Reported]:
    """Each district of a center, in the order of their codes. The first edition says when the month was filed."""
    o, m = Organization, MonthlyReturn
    first = and_(col(m.district_id) == col(o.id), col(m.month) == str(month), col(m.edition) == 1)
    mine = (col(o.center_id) == center_id, col(o.tier) == Tier.DISTRICT)
    query = select(o, m.timeliness).outerjoin(m, first).where(*mine).order_by(col(o.code))
    return [Reported(district, Timeliness(filed) if filed else None) for district, filed in (await session.exec(query)).all()]


async def covered(session: AsyncSession, districts: Sequence[Organization], month: Month) -> list[Coverage]:
    """The coverage of districts of one center, in their order, under the rules that judge the month: each by its own, where it tightened them."""
    if not districts:
        return []
    rules = (await rules_for(session, districts[0].center_id, on=month.last_day())).rules
    ids = [one.id for one in districts]
    found = await coverages(session, ids, month, ratio=rules.optional_ratio(RATIO))
    own = await in_force(session, ids, on=month.last_day()) if rules.flag(ALLOWED) else {}
    return [judged(found[one], tightened(rules, own[one])) if one in own else found[one] for one in ids]


def judged(coverage: Coverage, rules: Profile) -> Coverage:
    """The same counts, held against the ratio of these rules."""
    return replace(coverage, needed=needed(coverage.held, rules.optional_ratio(RATIO)))


async def draft(session: AsyncSession, district: Organization, month: Month) -> tuple[Composed, datetime]:
    """What the return on a month would say now, and when it is due. Writes nothing; the month may still run."""
    force = await rules_in(session, district, month)
    due = due_of(month, force.rules, holidays=await holidays_for(session, district.center_id, force.rules, since=month.last_day()))
    return await compose(session, district, month, ratio=force.rules.optional_ratio(RATIO)), due


async def submit(session: AsyncSession, district: Organization, month: Month, *, note: str | None, act: Act) -> tuple[MonthlyReturn, Event]:
    """Files the return on a past month, also a nil one, also late (A03, A04). After a send-back it is the next edition of the chain.

    Conflict DUPLICATE if the month was filed and not sent back. Timeliness is fixed by the first edition.
    """
    force = await rules_in(session, district, month)
    due = due_of(month, force.rules, holidays=await holidays_for(session, district.center_id, force.rules, since=month.last_day()))
    month_over(month, force.rules, at=act.at)
    last = await latest(session, district.id, month)
    if last is not None and last.status is not MonthlyReturnStatus.SENT_BACK:
        raise Conflict("DUPLICATE", month=str(month), edition=last.edition)
    composed = await compose(session, district, month, ratio=force.rules.optional_ratio(RATIO))
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
        differences=differences(last.lines, composed.lines) if last else [],
        note=checked_or_none("note", note, LONGEST),
    )
    if last is not None:
        await advance(session, last, STEPS, step=Step.REPLACE, act=act, profile_id=force.id)
    session.add(row)
    await session.flush()
    return row, await record(session, row, step="SUBMIT", act=act, after=row.status.value, profile_id=force.id)


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
