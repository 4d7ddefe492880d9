"""Who employs whom, from which day on: changed and ended."""

from datetime import date

import strawberry

from authz.actions import Action
from domain import employments
from gql.credit import agency_named
from gql.fields import VERSION, Call, Keyed, changed, mutation
from gql.organizations import EVENTS, Event
from gql.reading.declare import bound, given
from gql.supervisors import EMPLOYMENTS, PERSONS, Employment, Person

CHANGE, END = Action.EMPLOYMENT_CHANGE, Action.EMPLOYMENT_END
WHY = "Why, and by which document; at most 500 characters."


@strawberry.input(description="Who is employed where from when on.")
class EmploymentChangeInput(Keyed):
    person: strawberry.ID = strawberry.field(description="Who; on a roster of the center.")
    agency: strawberry.ID = strawberry.field(description="The new employer.")
    starts_on: date = strawberry.field(description="The first day there, today at the latest; employment elsewhere ends on it.")
    reason: str = strawberry.field(description=WHY)


@strawberry.input(description="Which employment ended, and when.")
class EmploymentEndInput(Keyed):
    employment: strawberry.ID = strawberry.field(description="The employment.")
    ends_on: date = strawberry.field(description="The first day after it, today at the latest.")
    reason: str = strawberry.field(description=WHY)
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.type(description="An employment after a step.")
class EmploymentPayload:
    employment: Employment | None = given("employment", EMPLOYMENTS, "The employment that began or ended.")
    person: Person | None = given("person", PERSONS, "Whose it is.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type
class Mutation:
    @mutation(
        CHANGE,
        "Record a change of employer (变更工作单位), as an administrator of the center (003 §10; 000 §8(八)). Recusal from the own agency is asked of the day "
        "of the visit; places at the new employer from that day on are taken back. Who was internal supervisor at the old one is so no longer (000 §5).",
    )
    async def employment_change(call: Call, input: EmploymentChangeInput) -> EmploymentPayload:
        person = await call.fetch(PERSONS, input.person, to=CHANGE)
        agency = await agency_named(call, input.agency)
        done = await employments.change(call.session, person, agency, on=input.starts_on, reason=input.reason, within=call.actor.tenant, act=call.act)
        return changed(EmploymentPayload, employment=done.employment.id, person=person.id, event=done.event.id)

    @mutation(
        END,
        "Record the end of an employment (离职), as an administrator of the center or of the agency that employed the person (000 §5, 003 §6). Its internal "
        "supervisor leaves the roster with it.",
    )
    async def employment_end(call: Call, input: EmploymentEndInput) -> EmploymentPayload:
        row = await call.fetch(EMPLOYMENTS, input.employment, to=END, version=input.expected_version)
        event = await employments.end(call.session, row, on=input.ends_on, reason=input.reason, within=call.actor.tenant, act=call.act)
        return changed(EmploymentPayload, employment=row.id, person=row.person_id, event=event.id)
