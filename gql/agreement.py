"""内督与外督的一致率 in the graph: where an agency's own control misses what others see."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import Info

from authz.access import scope
from authz.actions import Action
from authz.actor import Actor
from domain import agreement
from domain.agreement import EXTERNAL, INTERNAL, Readable
from gql import ids
from gql.reading.read import signed_in


@strawberry.type(
    description="一致率: what internal and external inspections said of the same lines of the same sessions. Counts, never a percentage."
)
class InspectionAgreement:
    agency: strawberry.ID = strawberry.field(description="The agency.")
    name: str = strawberry.field(description="Its name.")
    sessions: int = strawberry.field(description="Sessions that both inspected.")
    compared: int = strawberry.field(description="Lines that both answered by 是 or 否.")
    agreed: int = strawberry.field(description="How many of them alike.")
    missed: int = strawberry.field(description="How many only the external inspection found wrong.")


Since = Annotated[date, strawberry.argument(description="The first day of the period, by the day of the external inspection.")]
Until = Annotated[date, strawberry.argument(description="The first day after it.")]


async def inspection_agreements(info: Info, since: Since, until: Until) -> list[InspectionAgreement] | None:
    context, actor = info.context, signed_in(info.context)
    async with context.database.transaction(actor.tenant) as session:
        found = await agreement.agreements(session, since, until, readable=readable(actor))
    return [shown(one) for one in found]


def readable(actor: Actor) -> Readable:
    external, internal = (scope(actor.shape, Action.INSPECTION_READ, one) for one in (EXTERNAL, INTERNAL))
    return Readable(external, internal, actor.binds())


def shown(one: agreement.Agreement) -> InspectionAgreement:
    agency = strawberry.ID(ids.shown("agc", one.agency_id))
    return InspectionAgreement(agency=agency, name=one.name, sessions=one.sessions, compared=one.compared, agreed=one.agreed, missed=one.missed)


@strawberry.type
class Query:
    inspection_agreements: list[InspectionAgreement] | None = strawberry.field(
        resolver=inspection_agreements,
        description="内督与外督的一致率 by agency, of inspections the caller may read; whose own control misses most first, at most 200.",
    )
