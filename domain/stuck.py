"""卡在哪里: open steps that have not moved for some days, by the organization whose turn it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Integer, Select, Text, Uuid, and_, cast, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import BadInput
from models.agency_cases import OPEN_CASES, AgencyCase
from models.base import table_of
from models.cases import UNDECIDED, SupervisorCase, SupervisorCaseStatus
from models.complaints import Complaint, ComplaintStatus
from models.dispatch import Draw, DrawStatus
from models.filings import FilingDecision, FilingStatus
from models.inspections import Inspection, InspectionStatus
from models.opinions import Rectification, RectificationStatus
from models.organizations import Organization, Tier
from models.rechecks import Recheck, RecheckStatus
from models.returns import MonthlyReturn, MonthlyReturnStatus
from models.violations import OPEN_REPORTS, SeriousViolationReport

MOST = 200
LONGEST = 3650
OLDEST = 5


@dataclass(frozen=True)
class Turn:
    """Rows of a table that in these states wait for the organization in the first of these columns that names one."""

    model: type[SQLModel]
    statuses: Sequence[StrEnum]
    holder: tuple[str, ...]


COMPLAINTS = tuple(one for one in ComplaintStatus if one not in {ComplaintStatus.ANSWERED, ComplaintStatus.CLOSED})
VISITS = tuple(one for one in InspectionStatus if one not in {InspectionStatus.CLOSED, InspectionStatus.CANCELLED})
TURNS = (
    Turn(Inspection, VISITS, ("dispatcher_id",)),
    Turn(Rectification, (RectificationStatus.REQUIRED, RectificationStatus.SENT_BACK), ("agency_id",)),
    Turn(Rectification, (RectificationStatus.SUBMITTED,), ("dispatcher_id",)),
    Turn(MonthlyReturn, (MonthlyReturnStatus.SUBMITTED,), ("center_id",)),
    Turn(MonthlyReturn, (MonthlyReturnStatus.SENT_BACK,), ("district_id",)),
    Turn(Draw, (DrawStatus.POOL_FROZEN, DrawStatus.DRAWN), ("dispatcher_id",)),
    Turn(SupervisorCase, (*UNDECIDED, SupervisorCaseStatus.DECIDED, SupervisorCaseStatus.APPEALED), ("issuer_id",)),
    Turn(AgencyCase, OPEN_CASES, ("opener_id",)),
    Turn(SeriousViolationReport, OPEN_REPORTS, ("center_id",)),
    Turn(Complaint, COMPLAINTS, ("receiver_id",)),
    Turn(FilingDecision, (FilingStatus.PENDING, FilingStatus.OPINION_ISSUED), ("district_id", "center_id")),
    Turn(FilingDecision, (FilingStatus.SENT_BACK,), ("agency_id",)),
    Turn(Recheck, (RecheckStatus.RECHECK,), ("issuer_id",)),
)
OF_VISITS = (Inspection, Rectification)


@dataclass(frozen=True)
class Stuck:
    """Rows of one kind in one state that wait for one organization: how many, the instant since when the first of them does, the oldest five."""

    kind: str
    status: str
    holder: UUID
    tier: Tier
    name: str
    count: int
    since: datetime
    oldest: Sequence[UUID]


async def stuck(
    session: AsyncSession,
    days: int,
    *,
    readable: Mapping[type[SQLModel], ColumnElement[bool]],
    values: Mapping[str, object],
    by: UUID | None,
    at: datetime,
) -> list[Stuck]:
    """One statement over all that somebody may read, the longest waiting first. A row waits since its last change. BadInput for the days.

    What an agency's own inspection leaves open is shown to that agency alone: `by` is the organization that asks.
    """
    if not 0 <= days <= LONGEST:
        raise BadInput("days", "range", least=0, most=LONGEST)
    waiting = union_all(
        *(waits(one, and_(readable[one.model], *not_of_another(one, by=by)), before=at - timedelta(days=days)) for one in TURNS)
    ).subquery("waiting")
    o, w = table_of(Organization), waiting.c
    query = select(*w, o.c.tier, o.c.name).join_from(waiting, o, o.c.id == w.holder)
    found = (await (await session.connection()).execute(query.order_by(w.since, w.kind, w.status, w.holder).limit(MOST), dict(values))).all()
    return [Stuck(one.kind, one.status, one.holder, one.tier, one.name, one.rows, one.since, one.oldest) for one in found]


def not_of_another(turn: Turn, *, by: UUID | None) -> list[ColumnElement[bool]]:
    t = table_of(turn.model).c
    if turn.model not in OF_VISITS:
        return []
    return [or_(t.dispatcher_id != t.agency_id, t.dispatcher_id == by)]


def waits(turn: Turn, readable: ColumnElement[bool], *, before: datetime) -> Select[*tuple[Any, ...]]:
    t = table_of(turn.model)
    holder = func.coalesce(*(t.c[name] for name in turn.holder), type_=Uuid()).label("holder")
    # text on every branch of the union: each table has an enum of its own
    kind, status = literal(turn.model.__name__, Text).label("kind"), cast(t.c.status, Text).label("status")
    ids = func.array_agg(aggregate_order_by(t.c.id, t.c.updated_at, t.c.id), type_=ARRAY(Uuid()))
    oldest = func.trim_array(ids, func.greatest(func.array_length(ids, 1, type_=Integer()) - OLDEST, 0), type_=ARRAY(Uuid())).label("oldest")
    counts = (func.count().label("rows"), func.min(t.c.updated_at).label("since"), oldest)
    wanted = (t.c.status.in_(turn.statuses), t.c.updated_at <= before, readable)
    return select(kind, status, holder, *counts).where(*wanted).group_by(t.c.status, *(t.c[name] for name in turn.holder))
