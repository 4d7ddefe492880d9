"""Sanctions beside suspension and revocation in the graph: criticism, discipline by the employer's department, referral to the judiciary."""

from datetime import date

import strawberry

from authz.actions import Action
from domain import sanctions
from domain.cases import Decision
from domain.sanctions import Ruling
from gql.cases import OfCase, SupervisorCasePayload, Written, after, taken
from gql.fields import Call, mutation

CRITICIZE, RECOMMEND, DISCIPLINE = Action.SUPERVISOR_CASE_CRITICIZE, Action.SUPERVISOR_CASE_RECOMMEND, Action.SUPERVISOR_CASE_DISCIPLINE
REFER = Action.SUPERVISOR_CASE_REFER
BY_WHOM = "所在部门: the department of the employer, at most 120 characters; "


@strawberry.input(description="Who decided about a case, when, and in what it is written.")
class Ruled(Written):
    decided_on: date = strawberry.field(description="The day of it, today at the latest.")


@strawberry.input(description="A criticism: what was said, by whom, and in what it is written.")
class SupervisorCaseCriticizeInput(Ruled):
    criticism: str = strawberry.field(description="批评教育: what was said, at most 2000 characters; the person reads it.")
    authority: str | None = strawberry.field(default=None, description=BY_WHOM + "needed where the rules leave criticism to it (000 §21).")


@strawberry.input(description="Which case is put to which department, and why.")
class SupervisorCaseRecommendInput(OfCase):
    authority: str = strawberry.field(description=BY_WHOM + "it decides.")
    reason: str = strawberry.field(description="Why, at most 2000 characters.")


@strawberry.input(description="A discipline, who decided it, and in what it is written.")
class SupervisorCaseDisciplineInput(Ruled):
    authority: str | None = strawberry.field(default=None, description=BY_WHOM + "without it, the one it was recommended to.")


@strawberry.input(description="Which case was put before the judiciary, under which number and when.")
class SupervisorCaseReferInput(OfCase):
    number: str = strawberry.field(description="移送文号, at most 40 characters.")
    referred_on: date = strawberry.field(description="The day of it, today at the latest.")


def ruling(input: Ruled, authority: str | None) -> Ruling:
    return Ruling(authority, input.decided_on, Decision(input.document, input.decision_number))


@strawberry.type
class Mutation:
    @mutation(
        CRITICIZE,
        "Criticize (批评教育): under 003 §17 an administrator of the center, or of a district in its own area; under 000 §21 the employer's department "
        "does, and an administrator of the issuer of the card records it. In force at once; the card stays as it is.",
    )
    async def supervisor_case_criticize(call: Call, input: SupervisorCaseCriticizeInput) -> SupervisorCasePayload:
        case = await taken(call, input, CRITICIZE)
        return after(case, await sanctions.criticize(call.session, case, ruling(input, input.authority), criticism=input.criticism, act=call.act))

    @mutation(
        RECOMMEND,
        "Recommend discipline (建议给予行政处分) to the employer's department (000 §21), as an administrator of the issuer of the card. The case stays open.",
    )
    async def supervisor_case_recommend(call: Call, input: SupervisorCaseRecommendInput) -> SupervisorCasePayload:
        case = await taken(call, input, RECOMMEND)
        return after(case, await sanctions.recommend(call.session, case, input.authority, reason=input.reason, act=call.act))

    @mutation(
        DISCIPLINE,
        "Record the discipline (行政处分) that the employer's department decided (000 §21), as an administrator of the issuer of the card. "
        "Not under rules whose ladder lacks it (003 §17).",
    )
    async def supervisor_case_discipline(call: Call, input: SupervisorCaseDisciplineInput) -> SupervisorCasePayload:
        case = await taken(call, input, DISCIPLINE)
        return after(case, await sanctions.discipline(call.session, case, ruling(input, input.authority), act=call.act))

    @mutation(
        REFER,
        "Record that a case was put before the judiciary (移送司法机关; 000 §21), beside any sanction and never instead of one, as an administrator of the issuer.",
    )
    async def supervisor_case_refer(call: Call, input: SupervisorCaseReferInput) -> SupervisorCasePayload:
        case = await taken(call, input, REFER)
        return after(case, await sanctions.refer(call.session, case, input.number, on=input.referred_on, act=call.act))
