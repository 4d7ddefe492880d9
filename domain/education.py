"""业务学习教育: an agency teaches its internal supervisors at least once a calendar year (000 §17, Y060 to Y062, A27)."""

from datetime import date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import shanghai_day
from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, record, tenants
from domain.organizations import InForce, rules_for
from domain.texts import checked
from models.education import EducationAttendance, EducationEvent, EducationResult
from models.events import Event
from models.organizations import Organization
from models.supervisors import Supervisor, SupervisorKind

LONGEST_TOPIC = 200
ARTICLE = "000 §17"


async def acting(session: AsyncSession, act: Act) -> Organization:
    """The organization that is acted for."""
    return (await session.exec(select(Organization).where(col(Organization.id) == act.organization_id))).one()


def blank(agency: Organization) -> EducationEvent:
    """An event that is not there yet: what the right to hold one is asked about."""
    return EducationEvent.model_construct(**tenants(agency))


def called_for(rules: InForce) -> bool:
    """Whether these rules know yearly education, for internal supervisors (D11)."""
    return SupervisorKind.INTERNAL in rules.rules.words("education.kinds")


async def hold(session: AsyncSession, agency: Organization, topic: str, *, held_on: date, act: Act) -> tuple[EducationEvent, Event]:
    """Puts on record that the agency held one, also afterwards. Unmet under rules without it; BadInput for a day that has not come."""
    if held_on > shanghai_day(act.at):
        raise BadInput("heldOn", "future")
    rules = await rules_for(session, agency.center_id, on=held_on)
    if not called_for(rules):
        raise Unmet("education.kinds", ARTICLE, rules.rules.version)
    row = EducationEvent(
        **tenants(agency),
        year=held_on.year,
        held_on=held_on,
        topic=checked("topic", topic, LONGEST_TOPIC),
        recorded_by=act.by,
        profile_id=rules.id,
    )
    session.add(row)
    await session.flush()
    return row, await record(session, row, step="HOLD", act=act, profile_id=rules.id)


async def attend(
    session: AsyncSession, event: EducationEvent, supervisor: Supervisor, *, result: EducationResult, act: Act
) -> tuple[EducationAttendance, Event]:
    """Who came and with what result, once an event. BadInput for who is not an internal supervisor of the agency; Unmet for one's own result."""
    if supervisor.organization_id != event.agency_id:
        raise BadInput("supervisor", "not_internal")
    if supervisor.person_id == act.by:
        raise Unmet("education.by_another", ARTICLE)
    if await recorded(session, event, supervisor):
        raise Conflict("DUPLICATE")
    row = EducationAttendance(
        **tenants(event),
        education_event_id=event.id,
        supervisor_id=supervisor.id,
        person_id=supervisor.person_id,
        year=event.year,
        result=result,
        recorded_by=act.by,
    )
    session.add(row)
    await session.flush()
    return row, await record(session, row, step="RECORD", act=act, reason=result.value, profile_id=event.profile_id)


async def recorded(session: AsyncSession, event: EducationEvent, supervisor: Supervisor) -> bool:
    query = select(EducationAttendance.id).where(
        col(EducationAttendance.education_event_id) == event.id, col(EducationAttendance.supervisor_id) == supervisor.id
    )
    return (await session.exec(query)).first() is not None
