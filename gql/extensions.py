"""More time to rectify, in the graph: asked for by the agency, decided by whoever accepts the rectification."""

from datetime import date

import strawberry

from authz.actions import Action
from domain import extensions
from gql.fields import VERSION, Call, Keyed, changed, mutation
from gql.opinions import RECTIFICATIONS, RectificationPayload
from models.opinions import Rectification

REQUEST, DECIDE = Action.RECTIFICATION_REQUEST_EXTENSION, Action.RECTIFICATION_DECIDE_EXTENSION


@strawberry.input(description="Which rectification.")
class OfRectification(Keyed):
    rectification: strawberry.ID = strawberry.field(description="The rectification.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Until when, and why.")
class RectificationRequestExtensionInput(OfRectification):
    until: date = strawberry.field(description="The day it should be due on instead, behind the last day.")
    reason: str = strawberry.field(description="Why, at most 2000 characters.")


@strawberry.input(description="Which extension is granted.")
class RectificationGrantExtensionInput(OfRectification):
    pass


@strawberry.input(description="Which extension is refused, and why.")
class RectificationRefuseExtensionInput(OfRectification):
    reason: str = strawberry.field(description="Why, at most 2000 characters.")


async def taken(call: Call, input: OfRectification, action: Action) -> Rectification:
    found: Rectification = await call.fetch(RECTIFICATIONS, input.rectification, to=action, version=input.expected_version)
    return found


@strawberry.type
class Mutation:
    @mutation(
        REQUEST,
        "Ask for more time to rectify (延期, 本系统默认), once and before the last day is over, as the agency; at most the working days of the rules. Until it "
        "is answered the last day stays.",
    )
    async def rectification_request_extension(call: Call, input: RectificationRequestExtensionInput) -> RectificationPayload:
        row = await taken(call, input, REQUEST)
        event = await extensions.request(call.session, row, input.until, reason=input.reason, act=call.act)
        return changed(RectificationPayload, rectification=row.id, event=event.id)

    @mutation(
        DECIDE, "Grant the time that was asked for (同意延期), as the dispatcher; never a member of the team. The letter stays as it was served."
    )
    async def rectification_grant_extension(call: Call, input: RectificationGrantExtensionInput) -> RectificationPayload:
        row = await taken(call, input, DECIDE)
        event = await extensions.grant(call.session, row, act=call.act)
        return changed(RectificationPayload, rectification=row.id, event=event.id)

    @mutation(DECIDE, "Refuse the time that was asked for (不同意延期) with a reason, as the dispatcher; never a member of the team.")
    async def rectification_refuse_extension(call: Call, input: RectificationRefuseExtensionInput) -> RectificationPayload:
        row = await taken(call, input, DECIDE)
        event = await extensions.refuse(call.session, row, input.reason, act=call.act)
        return changed(RectificationPayload, rectification=row.id, event=event.id)
