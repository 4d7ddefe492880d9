"""Who employs a person from which day on: what recusal from the own agency is asked of (003 §10; 000 §8(八)), and what an internal supervisor stands on (000 §5)."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import leaving, offers
from domain.cases import open_places
from domain.errors import Conflict
from domain.leaving import Leaving, not_later
from domain.machine import Act, Within, chained
from domain.supervisors import employ, in_order
from domain.texts import checked
from models.events import Event
from models.organizations import Organization
from models.supervisors import Employment, LeavingGround, Person, RosterStanding, Supervisor, SupervisorKind

LONGEST_REASON = 500


@dataclass(frozen=True)
class Changed:
    employment: Employment
    event: Event


async def end(session: AsyncSession, employment: Employment, *, on: date, reason: str, within: Within, act: Act) -> Event:
    """The first day on which the agency no longer employs the person. Who was its internal supervisor is so no longer, from that day.

    Conflict for one that has ended; BadInput for a day to come, or not after its first.
    """
    if employment.ends_on is not None:
        raise Conflict("STATE")
    not_later("endsOn", on, act)
    in_order("endsOn", employment.starts_on, on)
    why = checked("reason", reason, LONGEST_REASON)
    employment.ends_on, employment.version = on, employment.version + 1
    session.add(employment)
    event = await chained(session, employment, within=within, step="END", act=act, reason=why)
    for one in await internal_there(session, employment):
        await leaving.leave(session, one, Leaving(LeavingGround.EMPLOYMENT_ENDED, on, why), act=act)
    return event


async def change(session: AsyncSession, person: Person, agency: Organization, *, on: date, reason: str, within: Within, act: Act) -> Changed:
    """A new employer from a day on: what was open before ends on that day, as by `end`. Open places at the new employer are taken back (003 §10).

    Conflict DUPLICATE for who is employed there already.
    """
    not_later("startsOn", on, act)
    why = checked("reason", reason, LONGEST_REASON)
    before = await open_of(session, person)
    if any(one.agency_id == agency.id for one in before):
        raise Conflict("DUPLICATE")
    for one in before:
        in_order("startsOn", one.starts_on, on)
        await end(session, one, on=on, reason=why, within=within, act=act)
    row = await employ(session, person, agency, starts_on=on)
    event = await chained(session, row, within=within, step="EMPLOY", act=act, reason=why)
    mine = await session.exec(select(Supervisor.id).where(col(Supervisor.person_id) == person.id))
    for supervisor_id in mine.all():
        for place in await open_places(session, supervisor_id):
            if place.agency_id == agency.id and place.duty_on >= on and not place.internal:
                await offers.withdraw(session, place, why, act=act)
    return Changed(row, event)


async def open_of(session: AsyncSession, person: Person) -> list[Employment]:
    """Locked until the transaction ends."""
    query = select(Employment).where(col(Employment.person_id) == person.id, col(Employment.ends_on).is_(None))
    return list((await session.exec(query.order_by(col(Employment.id)).with_for_update())).all())


async def internal_there(session: AsyncSession, ended: Employment) -> list[Supervisor]:
    """The person's row on the agency's roster, unless another employment there goes on."""
    others = select(Employment.id).where(
        col(Employment.person_id) == ended.person_id, col(Employment.agency_id) == ended.agency_id, col(Employment.ends_on).is_(None)
    )
    if (await session.exec(others)).first() is not None:
        return []
    query = select(Supervisor).where(
        col(Supervisor.person_id) == ended.person_id,
        col(Supervisor.organization_id) == ended.agency_id,
        col(Supervisor.kind) == SupervisorKind.INTERNAL,
        col(Supervisor.standing) != RosterStanding.REMOVED,
    )
    return list((await session.exec(query.with_for_update())).all())
