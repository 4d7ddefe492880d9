"""抽查欠账 in the graph: what a month still lacks, and whether it can still be cured."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import Info

from authz.access import require
from authz.actions import Action
from authz.errors import NotFound
from domain import returns, sampling
from domain.sampling import Chance, Debt
from gql import ids
from gql.reading.read import signed_in
from models.organizations import Organization, Tier


@strawberry.type(description="可抽查的场次: a session that may still be inspected.")
class SamplingChance:
    recognition_session: strawberry.ID = strawberry.field(description="The session.")
    starts_at: datetime = strawberry.field(description="When a visit to it would begin.")
    free: int = strawberry.field(description="How many supervisors may go to it.")
    enough: bool = strawberry.field(description="Whether these are a team.")


@strawberry.type(description="不能指派的原因: why supervisors are out, with how many it keeps from one of the sessions at least.")
class SamplingBar:
    reason: str = strawberry.field(description="OWN_AGENCY, ROTATION, SUSPENDED and the like, as in a draw.")
    supervisors: int = strawberry.field(description="How many.")


@strawberry.type(description="抽查欠账: how far a month is from its ratio, and whether what is missing can still be had.")
class SamplingDebt:
    held: int = strawberry.field(description="Sessions of the month that were held.")
    planned: int = strawberry.field(description="Those that are still to be held.")
    inspected: int = strawberry.field(description="Sessions with a signed inspection of the dispatcher.")
    under_way: int = strawberry.field(description="Sessions with an inspection of the dispatcher that is not signed yet.")
    needed: int = strawberry.field(description="The required share of all of them, rounded up; 0 where no ratio binds.")
    missing: int = strawberry.field(description="What that leaves, once those under way are signed.")
    team: int = strawberry.field(description="The least team.")
    supervisors: int = strawberry.field(description="How many supervisors may go to one of the sessions that are left.")
    reachable: int = strawberry.field(
        description="Visits that can be staffed together, by a plan in which nobody is in two places or twice at one agency."
    )
    feasible: bool = strawberry.field(description="Whether that is as many as are missing.")
    chances: list[SamplingChance] = strawberry.field(description="The sessions that are left, the next first; at most 200.")
    barred: list[SamplingBar] = strawberry.field(description="Why supervisors may not go, the most frequent reason first.")


OfDispatcher = Annotated[strawberry.ID, strawberry.argument(description="A district, or a center.")]
OfMonth = Annotated[str, strawberry.argument(description="The month, like 2026-09.")]


async def sampling_debt(info: Info, dispatcher: OfDispatcher, month: OfMonth) -> SamplingDebt | None:
    context, actor = info.context, signed_in(info.context)
    asked = returns.month_of(month)
    async with context.database.transaction(actor.tenant) as session:
        place = dispatching(await returns.organization(session, ids.read(str(dispatcher), ["dst", "ctr"])))
        require(actor, Action.DRAW_READ, sampling.blank(place))
        found = await sampling.debt(session, place, asked, by=actor.person_id, at=context.now)
    return shown(found)


def dispatching(found: Organization | None) -> Organization:
    if found is None or found.tier is Tier.AGENCY:
        raise NotFound
    return found


def shown(found: Debt) -> SamplingDebt:
    return SamplingDebt(
        held=found.held,
        planned=found.planned,
        inspected=found.inspected,
        under_way=found.under_way,
        needed=found.needed,
        missing=found.missing,
        team=found.team,
        supervisors=found.supervisors,
        reachable=found.reachable,
        feasible=found.feasible,
        chances=[chance(one, found.team) for one in found.chances],
        barred=[SamplingBar(reason=one.reason, supervisors=one.supervisors) for one in found.barred],
    )


def chance(one: Chance, team: int) -> SamplingChance:
    id = strawberry.ID(ids.shown("ses", one.recognition_session_id))
    return SamplingChance(recognition_session=id, starts_at=one.span.start, free=len(one.free), enough=len(one.free) >= team)


@strawberry.type
class Query:
    sampling_debt: SamplingDebt | None = strawberry.field(
        resolver=sampling_debt,
        description="抽查欠账: held, inspected, needed, and whether what a month lacks can still be had; for who may read draws.",
    )
