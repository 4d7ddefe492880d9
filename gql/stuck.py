"""卡在哪里 in the graph: what waits longer than so many days, and with whom."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import Info

from authz.access import scope
from authz.actions import Action
from domain import stuck
from domain.stuck import Stuck
from gql import ids
from gql.agency_cases import AGENCY_CASES
from gql.cases import CASES
from gql.complaints import COMPLAINTS
from gql.dispatch import DRAWS
from gql.filings import FILING_DECISIONS
from gql.inspections import INSPECTIONS
from gql.opinions import RECTIFICATIONS
from gql.organizations import PREFIXES
from gql.reading.declare import Source
from gql.reading.read import signed_in
from gql.rechecks import RECHECKS
from gql.returns import MONTHLY_RETURNS
from gql.violations import SERIOUS_VIOLATION_REPORTS
from models.base import table_of


def sources() -> dict[Source, Action]:
    """Whose rows are looked at, and under which right."""
    return {
        INSPECTIONS: Action.INSPECTION_READ,
        RECTIFICATIONS: Action.RECTIFICATION_READ,
        MONTHLY_RETURNS: Action.MONTHLY_RETURN_READ,
        DRAWS: Action.DRAW_READ,
        CASES: Action.SUPERVISOR_CASE_READ,
        AGENCY_CASES: Action.AGENCY_CASE_READ,
        SERIOUS_VIOLATION_REPORTS: Action.SERIOUS_VIOLATION_REPORT_READ,
        COMPLAINTS: Action.COMPLAINT_READ,
        FILING_DECISIONS: Action.FILING_READ,
        RECHECKS: Action.RECHECK_READ,
    }


KINDS = {one.model.__name__: str(one.prefix) for one in sources()}


@strawberry.type(description="卡在哪里: open steps of one kind and state that wait for the same organization.")
class StuckStep:
    kind: str = strawberry.field(description="The type of the objects, like Inspection.")
    status: str = strawberry.field(description="The state they stand in.")
    holder: strawberry.ID = strawberry.field(description="Whose turn it is.")
    holder_name: str = strawberry.field(description="Its name.")
    count: int = strawberry.field(description="How many wait.")
    since: datetime = strawberry.field(description="The last change of the one that waits longest.")
    oldest: list[strawberry.ID] = strawberry.field(description="The five that wait longest.")


Days = Annotated[int, strawberry.argument(description="So many days without a change, from 0 to 3650.")]


async def stuck_steps(info: Info, days: Days) -> list[StuckStep] | None:
    context, actor = info.context, signed_in(info.context)
    readable = {one.model: scope(actor.shape, action, table_of(one.model)) for one, action in sources().items()}
    async with context.database.transaction(actor.tenant) as session:
        found = await stuck.stuck(session, days, readable=readable, values=actor.binds(), by=actor.organization_id, at=context.now)
    return [shown(one) for one in found]


def shown(one: Stuck) -> StuckStep:
    return StuckStep(
        kind=one.kind,
        status=one.status,
        holder=strawberry.ID(ids.shown(PREFIXES[one.tier], one.holder)),
        holder_name=one.name,
        count=one.count,
        since=one.since,
        oldest=[strawberry.ID(ids.shown(KINDS[one.kind], id)) for id in one.oldest],
    )


@strawberry.type
class Query:
    stuck_steps: list[StuckStep] | None = strawberry.field(
        resolver=stuck_steps,
        description="卡在哪里: what the caller may read that has not moved for so many days, by whose turn it is; the longest waiting first, at most 200. "
        "An agency's own inspections (内督) are shown to that agency alone.",
    )
