"""Who leaves the roster without a revocation, and what is still to do afterwards."""

from datetime import date

import strawberry

from authz.actions import Action
from domain import leaving
from domain.leaving import Leaving
from gql.cards import CardPayload
from gql.fields import VERSION, Call, Keyed, changed, mutation
from gql.organizations import EVENTS, Event
from gql.reading.declare import bound, given
from gql.supervisors import CARDS, SUPERVISORS, Supervisor
from models.supervisors import LeavingGround

LEAVE, SUSPEND, RESTORE = Action.SUPERVISOR_LEAVE, Action.SUPERVISOR_SUSPEND, Action.SUPERVISOR_RESTORE
WHY = "Why, at most 500 characters."


@strawberry.input(description="Which supervisor.")
class OfSupervisor(Keyed):
    supervisor: strawberry.ID = strawberry.field(description="The row of the roster.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Who leaves, when, and why.")
class SupervisorLeaveInput(OfSupervisor):
    ground: LeavingGround = strawberry.field(description="离任原因.")
    left_on: date = strawberry.field(description="The day of it, today at the latest.")
    reason: str = strawberry.field(description=WHY)


@strawberry.input(description="Which internal supervisor is suspended, until when, and why.")
class SupervisorSuspendInput(OfSupervisor):
    review_on: date = strawberry.field(description="复核日: the day by which it is looked at again, after today.")
    reason: str = strawberry.field(description=WHY)


@strawberry.input(description="Whose suspension ends, and why.")
class SupervisorRestoreInput(OfSupervisor):
    reason: str = strawberry.field(description=WHY)


@strawberry.input(description="Whose entry was deleted on the service platform, and when.")
class SupervisorRecordDeletionInput(OfSupervisor):
    deleted_on: date = strawberry.field(description="The day of it, today at the latest.")


@strawberry.input(description="Which card came back, and when.")
class CardReturnInput(Keyed):
    card: strawberry.ID = strawberry.field(description="A card that was revoked or cancelled.")
    returned_on: date = strawberry.field(description="The day of it, today at the latest.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.type(description="A supervisor after a step.")
class SupervisorPayload:
    supervisor: Supervisor | None = given("supervisor", SUPERVISORS, "The row of the roster.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type
class Mutation:
    @mutation(
        LEAVE,
        "Record that somebody leaves the roster (离任) without a revocation, as an administrator of the center or of the agency that keeps the row "
        "(000 §16, §18; 003 §6): card, term, role, open places and sessions to watch end. Nobody is put on the blacklist. An agency removes its internal "
        "supervisor without a card in this way too; who bears one is removed by a case only.",
    )
    async def supervisor_leave(call: Call, input: SupervisorLeaveInput) -> SupervisorPayload:
        row = await call.fetch(SUPERVISORS, input.supervisor, to=LEAVE, version=input.expected_version)
        event = await leaving.leave(call.session, row, Leaving(input.ground, input.left_on, input.reason), act=call.act)
        return changed(SupervisorPayload, supervisor=row.id, event=event.id)

    @mutation(
        SUSPEND,
        "Suspend an internal supervisor who bears no card (暂停), as an administrator of the agency (003 §6, §17). Places in teams and sessions to watch "
        "before the day of review are free for others.",
    )
    async def supervisor_suspend(call: Call, input: SupervisorSuspendInput) -> SupervisorPayload:
        row = await call.fetch(SUPERVISORS, input.supervisor, to=SUSPEND, version=input.expected_version)
        event = await leaving.suspend(call.session, row, input.reason, review_on=input.review_on, act=call.act)
        return changed(SupervisorPayload, supervisor=row.id, event=event.id)

    @mutation(RESTORE, "End the suspension of an internal supervisor (恢复), as an administrator of the agency (003 §6, §17).")
    async def supervisor_restore(call: Call, input: SupervisorRestoreInput) -> SupervisorPayload:
        row = await call.fetch(SUPERVISORS, input.supervisor, to=RESTORE, version=input.expected_version)
        event = await leaving.restore(call.session, row, input.reason, act=call.act)
        return changed(SupervisorPayload, supervisor=row.id, event=event.id)

    @mutation(
        Action.SUPERVISOR_DELETE,
        "Record that the entry of somebody off the roster was deleted on the service platform (在服务平台删除其信息), as who keeps the row (000 §23).",
    )
    async def supervisor_record_deletion(call: Call, input: SupervisorRecordDeletionInput) -> SupervisorPayload:
        row = await call.fetch(SUPERVISORS, input.supervisor, to=Action.SUPERVISOR_DELETE, version=input.expected_version)
        event = await leaving.record_deletion(call.session, row, input.deleted_on, act=call.act)
        return changed(SupervisorPayload, supervisor=row.id, event=event.id)

    @mutation(Action.CARD_RETURN, "Record that a card that was revoked or cancelled came back (撤回证卡), as its issuer (000 §23).")
    async def card_return(call: Call, input: CardReturnInput) -> CardPayload:
        row = await call.fetch(CARDS, input.card, to=Action.CARD_RETURN, version=input.expected_version)
        event = await leaving.hand_back(call.session, row, input.returned_on, act=call.act)
        return changed(CardPayload, card=row.id, event=event.id)
