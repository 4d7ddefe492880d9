"""津贴补助 for duties that are done, by the standard that each dispatcher sets itself (000 §18, Y066)."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import col, desc, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import shanghai_day
from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, record, tenants
from domain.organizations import rules_for
from domain.texts import checked
from models.dispatch import Assignment, AssignmentStatus, TeamRole
from models.events import Event
from models.opinions import SupervisionReport
from models.organizations import Organization
from models.stipends import StipendLine, StipendRate

LONGEST_DOCUMENT = 200
MOST_FEN = 1_000_000
ARTICLE = "000 §18"


@dataclass(frozen=True)
class Standard:
    """What is paid for one duty, in fen, from a day on, and the document that says so."""

    effective_from: date
    leader_fen: int
    member_fen: int
    document: str


def blank(organization: Organization) -> StipendRate:
    """A standard that is not there yet: what the right to set one is asked about."""
    return StipendRate.model_construct(**tenants(organization), organization_id=organization.id)


async def set_rate(session: AsyncSession, organization: Organization, said: Standard, *, act: Act) -> tuple[StipendRate, Event]:
    """Never for days that are over. Unmet where the rules know no stipend (D28); Conflict for a second standard from the same day."""
    rules = await rules_for(session, organization.center_id, on=said.effective_from)
    if not rules.rules.flag("stipend.enabled"):
        raise Unmet("stipend.enabled", ARTICLE, rules.rules.version)
    if said.effective_from < shanghai_day(act.at):
        raise BadInput("effectiveFrom", "day_over")
    for field, amount in (("leaderFen", said.leader_fen), ("memberFen", said.member_fen)):
        if not 1 <= amount <= MOST_FEN:
            raise BadInput(field, "range", least=1, most=MOST_FEN)
    mine = (col(StipendRate.organization_id) == organization.id, col(StipendRate.effective_from) == said.effective_from)
    if (await session.exec(select(StipendRate.id).where(*mine))).first() is not None:
        raise Conflict("DUPLICATE")
    row = StipendRate(
        **tenants(organization),
        organization_id=organization.id,
        effective_from=said.effective_from,
        leader_fen=said.leader_fen,
        member_fen=said.member_fen,
        document=checked("document", said.document, LONGEST_DOCUMENT),
        set_by=act.by,
    )
    session.add(row)
    await session.flush()
    return row, await record(session, row, step="SET", act=act, profile_id=rules.id)


async def enter(session: AsyncSession, place: Assignment, *, act: Act) -> tuple[StipendLine, Event]:
    """One line for a duty that is done, once. Unmet before the supervision report is in, and without a standard for the day of duty."""
    if place.status is not AssignmentStatus.DONE:
        raise Conflict("STATE", status=place.status.value)
    rules = (await rules_for(session, place.center_id, on=place.duty_on)).rules
    if not rules.flag("stipend.enabled"):
        raise Unmet("stipend.enabled", ARTICLE, rules.version)
    if (await session.exec(select(SupervisionReport.id).where(col(SupervisionReport.inspection_id) == place.inspection_id))).first() is None:
        raise Unmet("stipend.report", ARTICLE, rules.version)
    rate = await rate_on(session, place)
    if rate is None:
        raise Unmet("stipend.rate", ARTICLE, rules.version, day=place.duty_on.isoformat())
    if (await session.exec(select(StipendLine.id).where(col(StipendLine.assignment_id) == place.id))).first() is not None:
        raise Conflict("DUPLICATE")
    row = StipendLine(
        **tenants(place),
        assignment_id=place.id,
        supervisor_id=place.supervisor_id,
        person_id=place.person_id,
        dispatcher_id=place.dispatcher_id,
        stipend_rate_id=rate.id,
        amount_fen=rate.leader_fen if place.role is TeamRole.LEADER else rate.member_fen,
        entered_by=act.by,
        entered_at=act.at,
    )
    session.add(row)
    await session.flush()
    return row, await record(session, row, step="ENTER", act=act)


async def rate_on(session: AsyncSession, place: Assignment) -> StipendRate | None:
    """The dispatcher's standard that had taken effect on the day of duty."""
    mine = (col(StipendRate.organization_id) == place.dispatcher_id, col(StipendRate.effective_from) <= place.duty_on)
    return (await session.exec(select(StipendRate).where(*mine).order_by(desc(col(StipendRate.effective_from))).limit(1))).first()
