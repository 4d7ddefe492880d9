"""卡在哪里 in the graph: what waits longer than so many days, and with whom."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import strawberry
from sqlmodel import SQLModel
from strawberry import Info

from authz.access import READ, scope
from domain import stuck
from domain.stuck import MODELS, Stuck
from gql import agency_cases, cases, complaints, dispatch, filings, ids, inspections, opinions, rechecks, returns, violations
from gql.organizations import PREFIXES
from gql.reading.declare import Source
from gql.reading.read import signed_in
from models.base import table_of

SOURCES: Mapping[type[SQLModel], Source] = {
    value.model: value
    for noun in (inspections, opinions, returns, dispatch, cases, agency_cases, violations, complaints, filings, rechecks)
    for value in vars(noun).values()
    if isinstance(value, Source) and value.model in MODELS
}
KINDS = {model.__name__: str(source.prefix) for model, source in SOURCES.items()}


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
    readable = {model: scope(actor.shape, READ[model], table_of(model)) for model in MODELS}
    async with context.database.transaction(actor.tenant) as session:
        found = await stuck.stuck(session, days, readable=readable, values=actor.binds(), at=context.now)
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
        description="卡在哪里: what the caller may read that has not moved for so many days, by whose turn it is; the longest waiting first, at most 200.",
    )
