"""Inspections that no draw made, in the graph: a spot check at a session, what a center alone sends teams for, and an agency's own."""

from datetime import datetime

import strawberry

from authz.actions import Action
from domain import directed, internal
from domain.directed import Check, Errand
from gql import ids
from gql.fields import Call, Keyed, changed, mutation
from gql.inspections import InspectionPayload
from gql.organizations import AGENCIES
from gql.sessions import RECOGNITION_SESSIONS, OfRecognitionSession, taken
from gql.supervisors import SUPERVISORS
from models.inspections import InspectionForm, Venue
from models.organizations import Organization as OrganizationRow
from models.supervisors import Supervisor as SupervisorRow

TEAM = "督导组: external supervisors of the roster, the leader first; at most 20."


@strawberry.input(description="A spot check of one session, by a team that the dispatcher names.")
class InspectionDispatchInput(Keyed):
    recognition_session: strawberry.ID = strawberry.field(description="The session.")
    team: list[strawberry.ID] = strawberry.field(description=TEAM)
    topic: str | None = strawberry.field(default=None, description="What to look at, at most 200 characters.")
    venue: Venue | None = strawberry.field(default=None, description="现场 or 案头 (003 §13), the latter for direct and result recognition only.")
    starts_at: datetime | None = strawberry.field(
        default=None, description="案头检查 only: when it begins, not before the session; without it, on the first day the team can be there."
    )
    ends_at: datetime | None = strawberry.field(default=None, description="案头检查 only: when it is over, within seven days of its beginning.")


@strawberry.input(description="Which session the internal supervisor watches.")
class InspectionOpenInternalInput(OfRecognitionSession):
    pass


@strawberry.input(description="What the center sends a team for.")
class InspectionSendInput(Keyed):
    agency: strawberry.ID = strawberry.field(description="被督导机构.")
    form: InspectionForm = strawberry.field(description="督导形式: special, annual or comprehensive, as the rules in force have it.")
    team: list[strawberry.ID] = strawberry.field(description=TEAM)
    topic: str | None = strawberry.field(default=None, description="专项或重点工作, at most 200 characters; a special inspection needs it.")
    recognition_session: strawberry.ID | None = strawberry.field(
        default=None, description="At which session of the agency; without one, its work as a whole. Never for an annual inspection."
    )
    starts_at: datetime | None = strawberry.field(default=None, description="When the duty begins; needed without a session.")
    ends_at: datetime | None = strawberry.field(default=None, description="When it is over, within seven days; needed without a session.")


async def team_of(call: Call, asked: list[strawberry.ID]) -> list[SupervisorRow]:
    """In the order given: the first leads."""
    return [await call.fetch(SUPERVISORS, one, to=Action.SUPERVISOR_READ) for one in asked[: directed.MOST_MEMBERS + 1]]


async def agency_of(call: Call, id: str) -> OrganizationRow:
    """Any agency is known to all; whether a team may be sent there is asked of the inspection to be."""
    agency = await directed.agency_of(call.session, ids.read(id, [str(AGENCIES.prefix)]))
    call.require(Action.INSPECTION_SEND, directed.blank(agency, act=call.act))
    return agency


async def errand_of(call: Call, input: InspectionSendInput) -> Errand:
    asked = input.recognition_session
    recognition = await call.fetch(RECOGNITION_SESSIONS, asked, to=Action.SESSION_READ) if asked else None
    return Errand(form=input.form, topic=input.topic, recognition=recognition, starts_at=input.starts_at, ends_at=input.ends_at)


@strawberry.type
class Mutation:
    @mutation(
        Action.INSPECTION_DISPATCH,
        "Dispatch a spot check (抽查, 003 §4-5) outside of a draw: the center anywhere, a district in its area; of results also after the session "
        "(003 §13(三)). Everybody in the team stands under the exclusions of a draw.",
    )
    async def inspection_dispatch(call: Call, input: InspectionDispatchInput) -> InspectionPayload:
        recognition = await call.fetch(RECOGNITION_SESSIONS, input.recognition_session, to=Action.INSPECTION_DISPATCH)
        team = await team_of(call, input.team)
        check = Check(venue=input.venue, topic=input.topic, starts_at=input.starts_at, ends_at=input.ends_at)
        row, event = await directed.spot_check(call.session, recognition, team, check=check, act=call.act)
        return changed(InspectionPayload, inspection=row.id, event=event.id)

    @mutation(
        Action.SESSION_INSPECT,
        "Open the own inspection (内部督导, 质量内控) of a session, as the internal supervisor who was named and has checked in: from its beginning until "
        "the results are posted, once (000 §12; 003 §6). It is under way at once, on the form of the session's mode, with the agency as its dispatcher "
        "(指派机构), which serves the opinion letter; no supervision report is owed.",
    )
    async def inspection_open_internal(call: Call, input: InspectionOpenInternalInput) -> InspectionPayload:
        recognition = await taken(call, input, Action.SESSION_INSPECT)
        row, event = await internal.open_internal(call.session, recognition, act=call.act)
        return changed(InspectionPayload, inspection=row.id, event=event.id)

    @mutation(Action.INSPECTION_SEND, "Send a team (专项督导、年检评估、综合督导检查) to an agency, as the center; never by lot.")
    async def inspection_send(call: Call, input: InspectionSendInput) -> InspectionPayload:
        agency = await agency_of(call, input.agency)
        errand, team = await errand_of(call, input), await team_of(call, input.team)
        row, event = await directed.send(call.session, agency, errand, team=team, act=call.act)
        return changed(InspectionPayload, inspection=row.id, event=event.id)
