"""Hearings of supervisors in the graph: called for by who may decide, answered by the person."""

from datetime import date

import strawberry

from authz.actions import Action
from domain import hearings
from domain.errors import BadInput
from domain.hearings import Sitting
from gql.cases import OfCase, SupervisorCasePayload, after, taken
from gql.fields import Call, mutation

HEAR, STATE = Action.SUPERVISOR_CASE_HEAR, Action.SUPERVISOR_CASE_STATE


@strawberry.input(description="Which case is put to a hearing; in writing without a day and a place.")
class SupervisorCaseHearInput(OfCase):
    hearing_on: date | None = strawberry.field(default=None, description="The day of it, after today; with a place.")
    place: str | None = strawberry.field(default=None, description="Where, at most 200 characters; with a day.")


@strawberry.input(description="What the person concerned says.")
class SupervisorCaseStateInput(OfCase):
    statement: str | None = strawberry.field(default=None, description="陈述申辩, at most 4000 characters; without it, it is waived (放弃).")


def sitting(input: SupervisorCaseHearInput) -> Sitting | None:
    """Both or neither."""
    if input.hearing_on is None and input.place is None:
        return None
    if input.hearing_on is None or input.place is None:
        raise BadInput("place" if input.place is None else "hearingOn", "required")
    return Sitting(input.hearing_on, input.place)


@strawberry.type
class Mutation:
    @mutation(
        HEAR,
        "Put a case to a hearing (听取陈述申辩, 本系统默认), as who may decide it. No sanction before the person has spoken, has waived it, or the working days "
        "of the rules have passed; a case may still be closed without one.",
    )
    async def supervisor_case_hear(call: Call, input: SupervisorCaseHearInput) -> SupervisorCasePayload:
        case = await taken(call, input, HEAR)
        return after(case, await hearings.hear(call.session, case, sitting(input), act=call.act))

    @mutation(STATE, "Speak in a case against oneself (陈述申辩), or waive it: once, as the person concerned, as long as nothing is decided.")
    async def supervisor_case_state(call: Call, input: SupervisorCaseStateInput) -> SupervisorCasePayload:
        case = await taken(call, input, STATE)
        return after(case, await hearings.state(call.session, case, input.statement, act=call.act))
