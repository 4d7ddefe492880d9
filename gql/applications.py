"""资格申报 in the graph: drafts, attestations, the conditions each by itself, application, recommendation, rejection."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry import Info

from authz.actions import Action
from authz.actor import Actor
from domain import applications
from domain.calendar import shanghai_day
from domain.qualifications import eligibility
from gql.eligibility import Eligibility, EligibilityCondition, told
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.organizations import EVENTS, ORGANIZATIONS, PREFIXES, Event, Node, Organization, Step, Versioned
from gql.reading import read_one
from gql.reading.declare import Offered, Source, bound, column, given, items, many, one, only, page, steps
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from gql.reading.read import signed_in
from gql.supervisors import CARDS, PERSONS, SUPERVISORS, Card, Person, Supervisor
from models.applications import Application as ApplicationRow
from models.applications import ApplicationStatus, AttestedCondition, WorkArea
from models.applications import Attestation as AttestationRow
from models.events import Event as EventRow
from models.supervisors import CompetenceArea, SkillLevel, SupervisorKind, Title

if TYPE_CHECKING:
    from gql.training import Training, WrittenExam

described(
    ApplicationStatus,
    "申报的状态: where an application stands.",
    DRAFT="草稿.",
    APPLIED="已申报: the conditions held that day.",
    RECOMMENDED="单位已推荐.",
    TRAINED="已培训: in every topic the rules ask for.",
    EXAM_PASSED="笔试合格.",
    EXAM_FAILED="笔试不合格: it goes no further, since the rules know no second exam of one application (000 §15). The person withdraws it or the issuer "
    "rejects it; then the person may apply anew, with training and exam.",
    CARD_ISSUED="已发证.",
    DESIGNATED="已确定为内控人员, where the kind bears no card.",
    REJECTED="不予通过, with reasons.",
    DECLINED="单位不予推荐, with reasons (000 §13). The person may apply anew.",
    WITHDRAWN="本人撤回, with the reason.",
)

APPLICATIONS = Source(ApplicationRow, "Application", "app")
ATTESTATIONS = Source(AttestationRow, "Attestation", "att")
TRAININGS, WRITTEN_EXAMS = "gql.training:TRAININGS", "gql.training:WRITTEN_EXAMS"


@strawberry.type(description="工作经历: some years of work.")
class WorkPeriod:
    area: WorkArea = column("area", "What sort of work.")
    place: str = column("place", "Where.")
    starts_on: date = column("starts_on", "The first day.")
    ends_on: date | None = column("ends_on", "The first day after it; open without it.")


@strawberry.type(description="条件证明: who vouched for a condition, for whom and as of which day. The latest one counts.")
class Attestation(Node):
    condition: AttestedCondition = column("condition", "Which condition.")
    holds: bool = column("holds", "Whether it holds. Of health too, so reading is noted.", noted=True)
    attester: Person | None = one("attester_id", PERSONS, "Who vouched.")
    organization: Organization | None = one("organization_id", ORGANIZATIONS, "For which organization.")
    attested_on: date = column("attested_on", "As of which day.")


@strawberry.type(description="资格申报: one person's way to one kind of qualification, from the draft to the card.")
class Application(Versioned):
    person: Person | None = one("person_id", PERSONS, "Who applies.")
    kind: SupervisorKind = column("kind", "For which kind.")
    employer: Organization | None = one("employer_id", ORGANIZATIONS, "所在单位: who recommends.")
    issuer: Organization | None = one("issuer_id", ORGANIZATIONS, "Who trains, examines and issues: the center, or the agency for its own people.")
    status: ApplicationStatus = column("status", "Where it stands.")
    moved_at: datetime = column("moved_at", "Since when it stands there.")
    employed_since: date = column("employed_since", "The first day with the employer.")
    level: SkillLevel | None = column("level", "职业技能等级.")
    professional_title: Title | None = column("professional_title", "专业技术职务.")
    work: list[WorkPeriod] = items(lambda frame: frame.t.c["work"], "工作经历, by date.")
    competences: list[CompetenceArea] = column("competences", "业务专长.")
    attestations: list[Attestation] = many("application_id", ATTESTATIONS, "What was attested, in that order.", order=("created_at",), cap=100)
    applied_at: datetime | None = column("applied_at", "When it was applied for.")
    conditions: list[EligibilityCondition] = items(
        lambda frame: frame.t.c["conditions"],
        "The conditions as they were judged when it was applied for, and again when it was granted. They tell age and health: reading is noted.",
        noted="conditions",
    )
    recommended_by: Person | None = one("recommended_by", PERSONS, "Who signed the recommendation.")
    recommended_at: datetime | None = column("recommended_at", "When.")
    recommendation: str | None = column("recommendation", "推荐意见: what the employer says.")
    trainings: list[Annotated["Training", strawberry.lazy("gql.training")]] = many(
        "application_id", TRAININGS, "培训: the topics covered.", order=("held_on", "topic"), cap=10
    )
    written_exam: Annotated["WrittenExam", strawberry.lazy("gql.training")] | None = only("application_id", WRITTEN_EXAMS, "考核（笔试）.")
    reasons: str | None = column("reasons", "Why it was rejected, declined or withdrawn.")
    supervisor: Supervisor | None = one("supervisor_id", SUPERVISORS, "On the roster through it.")
    card: Card | None = one("card_id", CARDS, "The card issued.")
    available_steps: list[Step] = steps(
        Offered("applicationDraft", Action.APPLICATION_DRAFT, ("DRAFT",), "DRAFT"),
        Offered("applicationAttest", Action.APPLICATION_ATTEST, ("DRAFT",), "DRAFT"),
        Offered("applicationApply", Action.APPLICATION_APPLY, ("DRAFT",), "APPLIED"),
        Offered("applicationRecommend", Action.APPLICATION_RECOMMEND, ("APPLIED",), "RECOMMENDED"),
        Offered("applicationRecordTraining", Action.APPLICATION_TRAIN, ("APPLIED", "RECOMMENDED"), "TRAINED"),
        Offered("applicationRecordExam", Action.APPLICATION_EXAMINE, ("TRAINED",)),
        Offered("applicationIssueCard", Action.CARD_ISSUE, applications.READY, "CARD_ISSUED"),
        Offered("applicationDesignate", Action.APPLICATION_DESIGNATE, applications.READY, "DESIGNATED"),
        Offered("applicationDecline", Action.APPLICATION_DECLINE, ("APPLIED",), "DECLINED"),
        Offered("applicationWithdraw", Action.APPLICATION_WITHDRAW, applications.WITHDRAWABLE, "WITHDRAWN"),
        Offered("applicationReject", Action.APPLICATION_REJECT, applications.REJECTABLE, "REJECTED"),
    )


@strawberry.input(description="Which applications.")
class ApplicationFilter:
    status: Among[ApplicationStatus] | None = where("status", "Where they stand.")
    kind: Among[SupervisorKind] | None = where("kind", "For which kind.")
    person: IdFilter | None = where("person_id", "Whose.", "per")
    employer: IdFilter | None = where("employer_id", "Of whose people.", *PREFIXES.values())
    issuer: IdFilter | None = where("issuer_id", "Who decides on them.", "ctr", "agc")
    level: Among[SkillLevel] | None = where("level", "By rank.")
    applied_at: RangeFilter[datetime] | None = where("applied_at", "When they were applied for.")
    moved_at: RangeFilter[datetime] | None = where("moved_at", "Since when they stand where they stand.")


@strawberry.enum(description="What applications may be sorted by.")
class ApplicationOrder(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="By time of the first draft.")
    MOVED_AT = strawberry.enum_value("moved_at", description="By time of the last step: of applied ones, the day of application.")


async def eligibility_of(info: Info, application: Annotated[strawberry.ID, strawberry.argument(description="The application.")]) -> Any:
    context, actor = info.context, signed_in(info.context)
    async with context.database.transaction(actor.tenant) as session:
        row = await Call(context, session, actor).fetch(APPLICATIONS, application, to=Action.APPLICATION_READ)
        found = await eligibility(session, row, on=shanghai_day(context.now))
    context.disclosed.update(read_of_others(row, actor))
    return await read_one(info, told(found))


def read_of_others(row: ApplicationRow, actor: Actor) -> set[str]:
    """Age and health are in the conditions: who reads them of somebody else is noted."""
    return set() if row.person_id == actor.person_id else {"Application.conditions"}


@strawberry.type
class Query:
    applications: Connection[Application] | None = page(
        None,
        APPLICATIONS,
        "资格申报: the own ones, those of the own people, and of whom one decides on.",
        type=Connection[Application],
        arguments=Arguments(ApplicationFilter, ApplicationOrder),
    )
    application: Application | None = row(APPLICATIONS, "One application.", Application)
    eligibility: Eligibility | None = strawberry.field(
        resolver=eligibility_of, description="任职条件核对: how each condition stands today, before or after it is applied for."
    )


@strawberry.input(description="Which application.")
class OfApplication(Keyed):
    application: strawberry.ID = strawberry.field(description="The application.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which draft is applied for.")
class ApplicationApplyInput(OfApplication):
    pass


@strawberry.input(description="A recommendation.")
class ApplicationRecommendInput(OfApplication):
    statement: str = strawberry.field(description="推荐意见, at most 2000 characters.")


@strawberry.input(description="A rejection.")
class ApplicationRejectInput(OfApplication):
    reasons: str = strawberry.field(description="The reasons, at most 2000 characters.")


@strawberry.input(description="A recommendation that the employer does not give.")
class ApplicationDeclineInput(OfApplication):
    reasons: str = strawberry.field(description="不予推荐的理由, at most 2000 characters; the person reads them.")


@strawberry.input(description="An application that the person takes back.")
class ApplicationWithdrawInput(OfApplication):
    reasons: str = strawberry.field(description="撤回的理由, at most 2000 characters.")


@strawberry.type(description="An application after a step.")
class ApplicationPayload:
    application: Application | None = given("application", APPLICATIONS, "The application.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def taken(call: Call, input: OfApplication, action: Action) -> ApplicationRow:
    found: ApplicationRow = await call.fetch(APPLICATIONS, input.application, to=action, version=input.expected_version)
    return found


def after(found: ApplicationRow, event: EventRow) -> ApplicationPayload:
    return changed(ApplicationPayload, application=found.id, event=event.id)


@strawberry.type
class Mutation:
    @mutation(Action.APPLICATION_APPLY, "Apply (提出申请). Every condition is checked on that day; who is on the blacklist does not leave the draft.")
    async def application_apply(call: Call, input: ApplicationApplyInput) -> ApplicationPayload:
        found = await taken(call, input, Action.APPLICATION_APPLY)
        return after(found, await applications.apply(call.session, found, act=call.act))

    @mutation(Action.APPLICATION_RECOMMEND, "Recommend (所在单位推荐), as the employer; never oneself.")
    async def application_recommend(call: Call, input: ApplicationRecommendInput) -> ApplicationPayload:
        found = await taken(call, input, Action.APPLICATION_RECOMMEND)
        return after(found, await applications.recommend(call.session, found, input.statement, act=call.act))

    @mutation(Action.APPLICATION_REJECT, "Reject (不予通过) with reasons, as who would issue the card. The person may apply anew.")
    async def application_reject(call: Call, input: ApplicationRejectInput) -> ApplicationPayload:
        found = await taken(call, input, Action.APPLICATION_REJECT)
        return after(found, await applications.reject(call.session, found, input.reasons, act=call.act))

    @mutation(
        Action.APPLICATION_DECLINE,
        "Decline to recommend (不予推荐, 000 §13), as the employer and with reasons: the application ends. Only where the rules ask for a recommendation. "
        "The person may apply anew.",
    )
    async def application_decline(call: Call, input: ApplicationDeclineInput) -> ApplicationPayload:
        found = await taken(call, input, Action.APPLICATION_DECLINE)
        return after(found, await applications.decline(call.session, found, input.reasons, act=call.act))

    @mutation(
        Action.APPLICATION_WITHDRAW,
        "Withdraw (撤回申报), as the person who applies: at any time before the card, the designation or a refusal, also a draft and after a failed exam.",
    )
    async def application_withdraw(call: Call, input: ApplicationWithdrawInput) -> ApplicationPayload:
        found = await taken(call, input, Action.APPLICATION_WITHDRAW)
        return after(found, await applications.withdraw(call.session, found, input.reasons, act=call.act))
