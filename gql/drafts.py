"""The form of application (资格申报表) in the graph: drafted by the person or in that person's name, and what is attested for it."""

from datetime import date

import strawberry

from authz.actions import Action
from authz.errors import NotFound
from domain import applications
from domain.applications import Facts, Work
from domain.calendar import shanghai_day
from domain.people import person_by_number
from domain.texts import checked
from gql import ids
from gql.applications import APPLICATIONS, ATTESTATIONS, Application, ApplicationPayload, Attestation, OfApplication, after, taken
from gql.fields import Call, Keyed, changed, mutation
from gql.organizations import EVENTS, PREFIXES, Event
from gql.reading.declare import bound, given
from gql.supervisors import PERSONS
from models.applications import AttestedCondition, WorkArea
from models.organizations import Organization as OrganizationRow
from models.supervisors import CompetenceArea, SkillLevel, SupervisorKind, Title
from models.supervisors import Person as PersonRow

LONGEST_NAME = 60


@strawberry.input(description="Some years of work.")
class WorkPeriodInput:
    area: WorkArea = strawberry.field(description="What sort of work.")
    place: str = strawberry.field(description="Where, at most 100 characters.")
    starts_on: date = strawberry.field(description="The first day.")
    ends_on: date | None = strawberry.field(default=None, description="The first day after it; open without it.")


@strawberry.input(description="资格申报表: the form. Until it is applied for, a second draft replaces the first.")
class ApplicationDraftInput(Keyed):
    kind: SupervisorKind = strawberry.field(description="For which kind.")
    employer: strawberry.ID = strawberry.field(description="所在单位; the agency itself for an internal supervisor.")
    person: strawberry.ID | None = strawberry.field(
        default=None, description="Who applies, one of the employer's people; oneself, where neither this nor a number is given."
    )
    id_number: str | None = strawberry.field(default=None, description="公民身份号码 of somebody else. Instead of `person`.")
    name: str | None = strawberry.field(default=None, description="The name that goes with the number, at most 60 characters.")
    employed_since: date = strawberry.field(description="The first day with the employer.")
    level: SkillLevel | None = strawberry.field(default=None, description="职业技能等级.")
    professional_title: Title | None = strawberry.field(default=None, description="专业技术职务.")
    work: list[WorkPeriodInput] = strawberry.field(default_factory=list, description="工作经历, at most 30 periods.")
    competences: list[CompetenceArea] = strawberry.field(default_factory=list, description="业务专长.")


@strawberry.input(description="What is vouched for.")
class ApplicationAttestInput(OfApplication):
    condition: AttestedCondition = strawberry.field(description="Which condition.")
    holds: bool = strawberry.field(description="Whether it holds.")
    attested_on: date = strawberry.field(description="As of which day; none in the future.")


@strawberry.type(description="An attestation, and the application it belongs to.")
class ApplicationAttestPayload:
    application: Application | None = given("application", APPLICATIONS, "The application.")
    attestation: Attestation | None = given("attestation", ATTESTATIONS, "The attestation.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def applicant(call: Call, input: ApplicationDraftInput) -> PersonRow:
    """Whom the form is about: somebody registered, somebody found by number, or whoever asks."""
    if input.id_number is not None:
        name = checked("name", input.name or "", LONGEST_NAME)
        return await person_by_number(call.session, input.id_number, name=name, keys=call.context.id_keys, on=shanghai_day(call.context.now))
    person: PersonRow = await call.fetch(PERSONS, input.person or ids.shown("per", call.actor.person_id), to=Action.PERSON_READ)
    return person


async def employer_of(call: Call, input: ApplicationDraftInput) -> OrganizationRow:
    found = await applications.organization(call.session, ids.read(input.employer, PREFIXES.values()))
    if found is None:
        raise NotFound
    return found


def facts_of(input: ApplicationDraftInput) -> Facts:
    work = [Work(one.area, one.place, one.starts_on, one.ends_on) for one in input.work]
    return Facts(input.employed_since, input.level, input.professional_title, work, input.competences)


@strawberry.type
class Mutation:
    @mutation(Action.APPLICATION_DRAFT, "Draft an application (填写申报表), for oneself or, as employer or center, in somebody's name.")
    async def application_draft(call: Call, input: ApplicationDraftInput) -> ApplicationPayload:
        person, employer = await applicant(call, input), await employer_of(call, input)
        wanted = applications.blank(person, employer, input.kind, act=call.act)
        call.require(Action.APPLICATION_DRAFT, wanted)
        named = input.id_number is not None
        draft, event = await applications.draft(call.session, wanted, facts_of(input), by_number=named, act=call.act)
        return after(draft, event)

    @mutation(
        Action.APPLICATION_ATTEST,
        "Vouch for a condition of a draft (条件证明), with name and day. Excellence as an assessor is the employer's to say.",
    )
    async def application_attest(call: Call, input: ApplicationAttestInput) -> ApplicationAttestPayload:
        found = await taken(call, input, Action.APPLICATION_ATTEST)
        day, holds = input.attested_on, input.holds
        attestation, event = await applications.attest(call.session, found, input.condition, holds=holds, on=day, act=call.act)
        return changed(ApplicationAttestPayload, application=found.id, attestation=attestation.id, event=event.id)
