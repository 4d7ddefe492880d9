"""一致率 in the graph: where an agency's own control misses what others see; which lines are vague, and which pairs never differ."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import Info

from authz.access import scope
from authz.actions import Action
from authz.actor import Actor
from domain import agreement
from domain.agreement import ONE, OTHER, Pairs, Readable
from domain.control import EXTERNAL, INTERNAL
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


@strawberry.type(description="逐项一致率: how alike members of one team judged a line alone. Counts, never a percentage.")
class ItemAgreement:
    item: strawberry.ID = strawberry.field(description="The line of the form.")
    compared: int = strawberry.field(description="How often two members both entered it.")
    agreed: int = strawberry.field(description="How often alike.")


@strawberry.type(description="成员一致率: how alike two people judged alone, in the visits they made together. Counts, never a percentage.")
class PairAgreement:
    one: strawberry.ID = strawberry.field(description="One of them.")
    other: strawberry.ID = strawberry.field(description="The other.")
    inspections: int = strawberry.field(description="Visits in which both entered.")
    compared: int = strawberry.field(description="Lines that both entered.")
    agreed: int = strawberry.field(description="How many of them alike.")


ByVisit = Annotated[date, strawberry.argument(description="The first day of the period, by the day of the visit.")]


async def item_agreements(info: Info, since: ByVisit, until: Until) -> list[ItemAgreement] | None:
    context, actor = info.context, signed_in(info.context)
    async with context.database.transaction(actor.tenant) as session:
        found = await agreement.by_item(session, since, until, readable=entered(actor))
    return [ItemAgreement(item=strawberry.ID(ids.shown("item", one.item_id)), compared=one.compared, agreed=one.agreed) for one in found]


async def pair_agreements(info: Info, since: ByVisit, until: Until) -> list[PairAgreement] | None:
    context, actor = info.context, signed_in(info.context)
    async with context.database.transaction(actor.tenant) as session:
        found = await agreement.by_pair(session, since, until, readable=entered(actor))
    return [paired(one) for one in found]


def entered(actor: Actor) -> Pairs:
    one, other = (scope(actor.shape, Action.ENTRY_READ, table) for table in (ONE, OTHER))
    return Pairs(one, other, actor.binds())


def paired(pair: agreement.PairAgreement) -> PairAgreement:
    one, other = (strawberry.ID(ids.shown("per", person)) for person in (pair.one_id, pair.other_id))
    return PairAgreement(one=one, other=other, inspections=pair.inspections, compared=pair.compared, agreed=pair.agreed)


@strawberry.type
class Query:
    item_agreements: list[ItemAgreement] | None = strawberry.field(
        resolver=item_agreements,
        description="逐项一致率 of independent entries the caller may read; the line with the most differences first, at most 200.",
    )
    pair_agreements: list[PairAgreement] | None = strawberry.field(
        resolver=pair_agreements,
        description="成员一致率 of independent entries the caller may read; who differ least over most lines first, at most 200.",
    )
    inspection_agreements: list[InspectionAgreement] | None = strawberry.field(
        resolver=inspection_agreements,
        description="内督与外督的一致率 by agency, of inspections the caller may read; whose own control misses most first, at most 200.",
    )
