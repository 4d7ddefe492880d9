"""Recommendations about assessors in the graph: the team proposes, the agency decides."""

from datetime import datetime
from enum import Enum

import strawberry

from authz.actions import Action
from domain import recommendations
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.inspections import INSPECTIONS, Inspection
from gql.organizations import AGENCIES, EVENTS, Agency, Event, Step, Versioned
from gql.reading.declare import Offered, Source, bound, column, given, one, page, steps
from gql.reading.paging import Among, Arguments, Beside, Connection, IdFilter, RangeFilter, TextFilter, where, where_beside
from gql.sessions import ASSESSORS, Assessor
from gql.supervisors import PERSONS, Person
from models.recommendations import AssessorRecommendation as AssessorRecommendationRow
from models.recommendations import AssessorRecommendationStatus

described(
    AssessorRecommendationStatus,
    "取消考评人员资格建议的状态: where a recommendation stands.",
    PROPOSED="已提出: the agency has to decide.",
    ACCEPTED="已采纳: the agency has cancelled the qualification: the person assesses in none of its sessions after that day.",
    REJECTED="未采纳: the agency has not, and says why.",
)

RECOMMENDATIONS = Source(AssessorRecommendationRow, "AssessorRecommendation", "arec")
PROPOSE, DECIDE = Action.ASSESSOR_RECOMMENDATION_PROPOSE, Action.ASSESSOR_RECOMMENDATION_DECIDE


@strawberry.type(description="取消考评人员资格建议 (000 §8(三)): what a team recommends about an assessor, and what the agency decides.")
class AssessorRecommendation(Versioned):
    status: AssessorRecommendationStatus = column("status", "Where it stands.")
    assessor: Assessor | None = one("assessor_id", ASSESSORS, "About whom.")
    agency: Agency | None = one("agency_id", AGENCIES, "Who decides.")
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "The inspection it comes from.")
    facts: str = column("facts", "情节: what the assessor did.")
    proposed_by: Person | None = one("person_id", PERSONS, "Which member of the team proposed it.")
    proposed_at: datetime = column("proposed_at", "When.")
    decided_by: Person | None = one("decided_by", PERSONS, "Who decided for the agency.")
    decided_at: datetime | None = column("decided_at", "When.")
    reason: str | None = column("reason", "Why.")
    available_steps: list[Step] = steps(
        Offered("assessorRecommendationAccept", DECIDE, ("PROPOSED",), "ACCEPTED"),
        Offered("assessorRecommendationReject", DECIDE, ("PROPOSED",), "REJECTED"),
    )


@strawberry.input(description="Which recommendations.")
class AssessorRecommendationFilter:
    status: Among[AssessorRecommendationStatus] | None = where("status", "Where they stand.")
    person: IdFilter | None = where_beside(
        "person",
        Beside(ASSESSORS, "assessor_id", "id", "person_id"),
        "About whom, in whichever session: the id number says who that is, so a namesake is not found.",
        "per",
    )
    name: TextFilter | None = where_beside(
        "name",
        Beside(ASSESSORS, "assessor_id", "id", "name"),
        "By the name the agency wrote in that session: namesakes come with it, and who was written otherwise elsewhere does not.",
    )
    decided_at: RangeFilter[datetime] | None = where("decided_at", "When the agency decided.")
    agency: IdFilter | None = where("agency_id", "Who decides.", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    inspection: IdFilter | None = where("inspection_id", "Of which inspection.", "insp")
    proposed_at: RangeFilter[datetime] | None = where("proposed_at", "When they were proposed.")


@strawberry.enum(description="What recommendations may be sorted by.")
class AssessorRecommendationOrder(Enum):
    PROPOSED_AT = strawberry.enum_value("proposed_at", description="By time of the proposal.")


@strawberry.type
class Query:
    assessor_recommendations: Connection[AssessorRecommendation] | None = page(
        None,
        RECOMMENDATIONS,
        "取消考评人员资格建议: the recommendations the caller may see.",
        type=Connection[AssessorRecommendation],
        arguments=Arguments(AssessorRecommendationFilter, AssessorRecommendationOrder),
    )
    assessor_recommendation: AssessorRecommendation | None = row(RECOMMENDATIONS, "One recommendation.", AssessorRecommendation)


@strawberry.input(description="What is recommended about an assessor of the visited session.")
class AssessorRecommendationProposeInput(Keyed):
    inspection: strawberry.ID = strawberry.field(description="The inspection.")
    assessor: strawberry.ID = strawberry.field(description="The assessor.")
    facts: str = strawberry.field(description="情节, at most 2000 characters.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which recommendation is decided, and why so.")
class OfAssessorRecommendation(Keyed):
    assessor_recommendation: strawberry.ID = strawberry.field(description="The recommendation.")
    reason: str = strawberry.field(description="Why, at most 2000 characters.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which recommendation the agency follows.")
class AssessorRecommendationAcceptInput(OfAssessorRecommendation):
    pass


@strawberry.input(description="Which recommendation the agency does not follow.")
class AssessorRecommendationRejectInput(OfAssessorRecommendation):
    pass


@strawberry.type(description="A recommendation after a step.")
class AssessorRecommendationPayload:
    assessor_recommendation: AssessorRecommendation | None = given("assessor_recommendation", RECOMMENDATIONS, "The recommendation.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def taken(call: Call, input: OfAssessorRecommendation) -> AssessorRecommendationRow:
    found: AssessorRecommendationRow = await call.fetch(RECOMMENDATIONS, input.assessor_recommendation, to=DECIDE, version=input.expected_version)
    return found


@strawberry.type
class Mutation:
    @mutation(PROPOSE, "Recommend that the agency cancel an assessor's qualification (取消考评人员资格), as a member who was there.")
    async def assessor_recommendation_propose(call: Call, input: AssessorRecommendationProposeInput) -> AssessorRecommendationPayload:
        visit = await call.fetch(INSPECTIONS, input.inspection, to=PROPOSE, version=input.expected_version)
        assessor = await call.fetch(ASSESSORS, input.assessor, to=Action.ASSESSOR_READ)
        found, event = await recommendations.propose(call.session, visit, assessor, facts=input.facts, act=call.act)
        return changed(AssessorRecommendationPayload, assessor_recommendation=found.id, event=event.id)

    @mutation(
        DECIDE,
        "Follow a recommendation (采纳), as the agency: it cancels the qualification (000 §8(三)). From the next day on nobody names the person as an "
        "assessor of the agency's sessions; in those where they are named already they stay, and other agencies decide for themselves.",
    )
    async def assessor_recommendation_accept(call: Call, input: AssessorRecommendationAcceptInput) -> AssessorRecommendationPayload:
        found = await taken(call, input)
        event = await recommendations.accept(call.session, found, input.reason, act=call.act)
        return changed(AssessorRecommendationPayload, assessor_recommendation=found.id, event=event.id)

    @mutation(DECIDE, "Do not follow a recommendation (不采纳), as the agency, with the reason.")
    async def assessor_recommendation_reject(call: Call, input: AssessorRecommendationRejectInput) -> AssessorRecommendationPayload:
        found = await taken(call, input)
        event = await recommendations.reject(call.session, found, input.reason, act=call.act)
        return changed(AssessorRecommendationPayload, assessor_recommendation=found.id, event=event.id)
