"""What a revocation would touch, before anybody decides it."""

from typing import Annotated

import strawberry
from strawberry import Info

from authz.access import holds
from authz.actions import Action
from authz.actor import Actor
from authz.relations import World
from domain import cases
from domain.cases import Touched
from gql.fields import Call
from gql.ids import shown
from gql.reading.read import signed_in
from gql.supervisors import CARDS


@strawberry.type(description="What a revocation would end, before anybody decides it. Only for who may revoke the card.")
class RevocationPreview:
    card: strawberry.ID = strawberry.field(description="The card that would be revoked.")
    appointments: list[strawberry.ID] = strawberry.field(description="Terms that would be terminated; one at most.")
    memberships: list[strawberry.ID] = strawberry.field(description="Roles that would end; one at most.")
    open_assignment_count: int = strawberry.field(description="How many places in teams would be free for others, as far as the caller may see them.")
    open_assignments: list[strawberry.ID] = strawberry.field(description="These places; all of them, since nobody has many duties at a time.")
    inspections: list[strawberry.ID] = strawberry.field(description="The inspections that would lose a member.")


async def revocation_preview(
    info: Info, card: Annotated[strawberry.ID, strawberry.argument(description="The card that would be revoked.")]
) -> RevocationPreview | None:
    """Whoever may not revoke is refused as by the act itself, with article and issuer (INV17)."""
    context, actor = info.context, signed_in(info.context)
    async with context.database.transaction(actor.tenant) as session:
        call = Call(context, session, actor)
        row = await call.fetch(CARDS, card, to=Action.SUPERVISOR_CASE_REVOKE)
        found = await cases.touched(session, row, act=call.act)
    return previewed(card, found, actor)


def previewed(card: strawberry.ID, found: Touched, actor: Actor) -> RevocationPreview:
    """Typed ids of all that would end; of places only the ones the caller may see, or the preview would break the embargo."""
    world = World(inspections=found.inspections)
    seen = [one for one in found.places if holds(actor, Action.ASSIGNMENT_READ, one, world=world)]
    return RevocationPreview(
        card=card,
        appointments=[strawberry.ID(shown("apt", one.id)) for one in found.terms],
        memberships=[strawberry.ID(shown("mem", one.id)) for one in found.roles],
        open_assignment_count=len(seen),
        open_assignments=[strawberry.ID(shown("asg", one.id)) for one in seen],
        inspections=[strawberry.ID(shown("insp", one.inspection_id)) for one in seen],
    )


@strawberry.type
class Query:
    revocation_preview: RevocationPreview | None = strawberry.field(resolver=revocation_preview, description="What revoking a card would touch.")
