"""Refusing an offer: the one answer that may open a case, and therefore stands behind cases."""

from uuid import UUID

import strawberry

from authz.actions import Action
from domain import refusals
from gql.cases import CASES, SupervisorCase
from gql.fields import Call, changed, mutation
from gql.offers import ASSIGNMENTS, Assignment, OfAssignment, taken
from gql.organizations import EVENTS, Event
from gql.reading.declare import bound, given
from models.cases import SupervisorCase as SupervisorCaseRow


@strawberry.input(description="Which offer is refused, and why.")
class AssignmentDeclineInput(OfAssignment):
    reason: str = strawberry.field(description="Why, at most 500 characters.")


@strawberry.type(description="A refused offer, and the case it led to.")
class AssignmentDeclinePayload:
    assignment: Assignment | None = given("assignment", ASSIGNMENTS, "The offer.")
    case: SupervisorCase | None = given("case", CASES, "The case opened by this refusal, where it was one too many.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


def opened(case: SupervisorCaseRow | None) -> dict[str, UUID]:
    """The case, if this refusal opened one."""
    return {"case": case.id} if case else {}


@strawberry.type
class Mutation:
    @mutation(Action.ASSIGNMENT_DECLINE, "不接受指派: refuse an offer; counts in the streak (000 §19).")
    async def assignment_decline(call: Call, input: AssignmentDeclineInput) -> AssignmentDeclinePayload:
        found = await taken(call, input, Action.ASSIGNMENT_DECLINE)
        event, case = await refusals.decline(call.session, found, input.reason, act=call.act)
        return changed(AssignmentDeclinePayload, assignment=found.id, event=event.id, **opened(case))
