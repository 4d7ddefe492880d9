"""Appeals of supervisors in the graph: made by the person, answered by somebody who had no part in the decision."""

import strawberry

from authz.actions import Action
from domain import appeals
from gql.cases import OfCase, SupervisorCasePayload, after, taken
from gql.fields import Call, mutation

APPEAL, DECIDE = Action.SUPERVISOR_CASE_APPEAL, Action.SUPERVISOR_CASE_DECIDE_APPEAL


@strawberry.input(description="Against which decision, and what the person says.")
class SupervisorCaseAppealInput(OfCase):
    appeal: str = strawberry.field(description="申诉, at most 4000 characters.")


@strawberry.input(description="What becomes of a decision that was appealed.")
class SupervisorCaseDecideAppealInput(OfCase):
    lifted: bool = strawberry.field(description="Whether the decision is taken back (撤销原决定); else it stands (维持原决定).")
    reason: str = strawberry.field(description="Why, at most 2000 characters.")


@strawberry.type
class Mutation:
    @mutation(
        APPEAL,
        "Appeal (申诉, 本系统默认) against a sanction in force, once, as the person concerned, within the working days of the rules. It holds meanwhile. What the "
        "employer's department decided is appealed there (000 §21).",
    )
    async def supervisor_case_appeal(call: Call, input: SupervisorCaseAppealInput) -> SupervisorCasePayload:
        case = await taken(call, input, APPEAL)
        return after(case, await appeals.appeal(call.session, case, input.appeal, by=call.actor.person_id, at=call.context.now))

    @mutation(
        DECIDE,
        "Answer an appeal, as an administrator of the issuer who neither decided nor confirmed. Taken back, a suspended card serves again; a revoked one stays "
        "revoked, its entry in the blacklist goes under review (another person lifts it), and then a card may be given anew.",
    )
    async def supervisor_case_decide_appeal(call: Call, input: SupervisorCaseDecideAppealInput) -> SupervisorCasePayload:
        case = await taken(call, input, DECIDE)
        decide = appeals.lift if input.lifted else appeals.uphold
        return after(case, await decide(call.session, case, input.reason, act=call.act))
