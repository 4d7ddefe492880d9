"""Training, written exam and what they lead to in the graph: the card, or the roster of a kind that bears none."""

from datetime import date

import strawberry

from authz.actions import Action
from authz.errors import NotFound
from domain import applications, training
from domain.training import Granted, NewCard, Paper, Result
from gql import ids
from gql.applications import APPLICATIONS, Application, ApplicationPayload, OfApplication, after, taken
from gql.enums import described
from gql.fields import Call, changed, mutation, row
from gql.organizations import EVENTS, ORGANIZATIONS, PREFIXES, Event, Node, Organization
from gql.reading.declare import Source, bound, column, given, one
from gql.supervisors import CARDS, SUPERVISORS, Card, Supervisor
from models.applications import Application as ApplicationRow
from models.applications import Training as TrainingRow
from models.applications import TrainingTopic
from models.applications import WrittenExam as WrittenExamRow
from models.organizations import Organization as OrganizationRow

described(
    TrainingTopic,
    "培训内容: what somebody is trained in (000 §14).",
    POLICY="职业技能等级认定政策、制度、法规.",
    ETHICS="职业道德、质量督导人员守则.",
    WORKFLOW="工作流程、标准和要求.",
)

TRAININGS = Source(TrainingRow, "Training", "trn")
WRITTEN_EXAMS = Source(WrittenExamRow, "WrittenExam", "exam")


@strawberry.type(description="培训记录: one topic somebody was trained in.")
class Training(Node):
    topic: TrainingTopic = column("topic", "In what.")
    organization: Organization | None = one("organization_id", ORGANIZATIONS, "By whom.")
    held_on: date = column("held_on", "When.")


@strawberry.type(description="考核（笔试）: which paper of whose, and the result.")
class WrittenExam(Node):
    held_on: date = column("held_on", "When.")
    paper: str = column("paper", "试卷编号.")
    paper_owner: Organization | None = one("paper_owner_id", ORGANIZATIONS, "Who set the paper.")
    score: int = column("score", "成绩, of 100.")
    passed: bool = column("passed", "Whether it was passed.")
    organization: Organization | None = one("organization_id", ORGANIZATIONS, "Who examined.")


@strawberry.input(description="Topics somebody was trained in on a day.")
class ApplicationRecordTrainingInput(OfApplication):
    topics: list[TrainingTopic] = strawberry.field(description="Which topics; each once an application.")
    held_on: date = strawberry.field(description="When; not in the future.")


@strawberry.input(description="A written exam and its result.")
class ApplicationRecordExamInput(OfApplication):
    held_on: date = strawberry.field(description="When; not in the future.")
    paper: str = strawberry.field(description="试卷编号, at most 60 characters.")
    paper_owner: strawberry.ID = strawberry.field(description="Who set the paper: the center for external, the agency for internal supervisors.")
    score: int = strawberry.field(description="成绩, 0 to 100.")
    passed: bool = strawberry.field(description="Whether it was passed: no text has a mark for it.")


@strawberry.input(description="The card an application leads to.")
class ApplicationIssueCardInput(OfApplication):
    number: str = strawberry.field(description="证卡编号, at most 40 characters; once per issuer.")
    valid_from: date = strawberry.field(description="The first day it counts.")
    valid_until: date = strawberry.field(description="The first day it no longer counts.")


@strawberry.input(description="Who is named an internal supervisor.")
class ApplicationDesignateInput(OfApplication):
    pass


@strawberry.type(description="What an application led to.")
class ApplicationGrantedPayload:
    application: Application | None = given("application", APPLICATIONS, "The application.")
    supervisor: Supervisor | None = given("supervisor", SUPERVISORS, "On the roster.")
    card: Card | None = given("card", CARDS, "The card; null where the kind bears none.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type
class Query:
    written_exam: WrittenExam | None = row(WRITTEN_EXAMS, "One written exam.", WrittenExam)


async def owner_of(call: Call, input: ApplicationRecordExamInput) -> OrganizationRow:
    found = await applications.organization(call.session, ids.read(input.paper_owner, PREFIXES.values()))
    if found is None:
        raise NotFound
    return found


def granted(found: ApplicationRow, done: Granted) -> ApplicationGrantedPayload:
    card = {"card": done.card.id} if done.card else {}
    return changed(ApplicationGrantedPayload, application=found.id, supervisor=done.supervisor.id, event=done.event.id, **card)


@strawberry.type
class Mutation:
    @mutation(
        Action.APPLICATION_TRAIN, "Record a training (培训), as who will issue the card. Trained is who has covered every topic the rules ask for."
    )
    async def application_record_training(call: Call, input: ApplicationRecordTrainingInput) -> ApplicationPayload:
        found = await taken(call, input, Action.APPLICATION_TRAIN)
        return after(found, await training.train(call.session, found, input.topics, held_on=input.held_on, act=call.act))

    @mutation(
        Action.APPLICATION_EXAMINE, "Record the written exam (考核): the paper is the center's for external, the agency's for internal supervisors."
    )
    async def application_record_exam(call: Call, input: ApplicationRecordExamInput) -> ApplicationPayload:
        found, owner = await taken(call, input, Action.APPLICATION_EXAMINE), await owner_of(call, input)
        paper, result = Paper(input.paper, owner.id), Result(input.score, input.passed)
        _, event = await training.examine(call.session, found, paper, result=result, held_on=input.held_on, act=call.act)
        return after(found, event)

    @mutation(
        Action.CARD_ISSUE, "Issue the card (颁发证卡) an application leads to, and put its holder on the roster. The conditions are checked again."
    )
    async def application_issue_card(call: Call, input: ApplicationIssueCardInput) -> ApplicationGrantedPayload:
        found = await taken(call, input, Action.CARD_ISSUE)
        card = NewCard(input.number, input.valid_from, input.valid_until)
        return granted(found, await training.issue(call.session, found, card, act=call.act))

    @mutation(Action.APPLICATION_DESIGNATE, "Name an internal supervisor (确定质量内控人员) under rules that give such people no card.")
    async def application_designate(call: Call, input: ApplicationDesignateInput) -> ApplicationGrantedPayload:
        found = await taken(call, input, Action.APPLICATION_DESIGNATE)
        return granted(found, await training.designate(call.session, found, act=call.act))
