"""Amendments and requests to alter a result in the graph: what stands beside a signed form, and who wanted it otherwise."""

from datetime import datetime
from enum import Enum

import strawberry

from authz.actions import Action
from domain import amendments
from domain.amendments import Correction, Demand
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.inspections import INSPECTIONS, Inspection
from gql.organizations import AGENCIES, EVENTS, ORGANIZATIONS, Agency, Event, Node, Organization, Step, Versioned
from gql.reading.declare import Offered, Source, bound, column, given, many, one, page, steps
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from gql.supervisors import PERSONS, Person
from gql.templates import ITEMS, ChecklistItem
from models.amendments import AlterationRequest as AlterationRequestRow
from models.amendments import AlterationRequestStatus, AmendmentStatus
from models.amendments import Amendment as AmendmentRow
from models.amendments import AmendmentSignature as AmendmentSignatureRow
from models.events import Event as EventRow

described(
    AmendmentStatus,
    "更正的状态: where an amendment stands.",
    PROPOSED="已提出: members who were there have still to sign.",
    SIGNED="已签字: the whole team has signed.",
    ATTACHED="已附入: stands beside the result; the agency reads it.",
)
described(
    AlterationRequestStatus,
    "更改督导结果的要求的状态: where a request stands.",
    RECORDED="已登记.",
    ANSWERED="已答复: the result stays as it is.",
)

AMENDMENTS = Source(AmendmentRow, "Amendment", "amd")
AMENDMENT_SIGNATURES = Source(AmendmentSignatureRow, "AmendmentSignature", "amsig")
ALTERATION_REQUESTS = Source(AlterationRequestRow, "AlterationRequest", "altr")
PROPOSE, SIGN, ATTACH = Action.AMENDMENT_PROPOSE, Action.AMENDMENT_SIGN, Action.AMENDMENT_ATTACH
RECORD, ANSWER = Action.ALTERATION_REQUEST_RECORD, Action.ALTERATION_REQUEST_ANSWER


@strawberry.type(description="更正的签字: one member's signature under an amendment.")
class AmendmentSignature(Node):
    person: Person | None = one("person_id", PERSONS, "Who signed.")
    signed_at: datetime = column("signed_at", "When.")
    digest: str = column("digest", "SHA-256, in hex, over the canonical JSON of the amendment and of the signatures it stands beside.")


@strawberry.type(description="更正: stands beside a signed form, which stays as it is (000 §8(二)). The agency reads it once it is attached.")
class Amendment(Versioned):
    status: AmendmentStatus = column("status", "Where it stands.")
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "The inspection.")
    agency: Agency | None = one("agency_id", AGENCIES, "Who was inspected.")
    item: ChecklistItem | None = one("item_id", ITEMS, "The line it is about; null where it is about the form as a whole.")
    text: str = column("text", "What shall be read beside it.")
    reason: str = column("reason", "Why.")
    proposed_by: Person | None = one("person_id", PERSONS, "Who proposed it.")
    proposed_at: datetime = column("proposed_at", "When.")
    attached_at: datetime | None = column("served_at", "When the dispatcher attached it.")
    signatures: list[AmendmentSignature] = many(
        "amendment_id", AMENDMENT_SIGNATURES, "Who of the team has signed, the proposer first.", order=("signed_at",), cap=100
    )
    available_steps: list[Step] = steps(
        Offered("amendmentSign", SIGN, ("PROPOSED",)),
        Offered("amendmentAttach", ATTACH, ("SIGNED",), "ATTACHED"),
    )


@strawberry.type(description="更改督导结果的要求: who asked for another result, and what was answered. No agency sees the register (000 §8(二)).")
class AlterationRequest(Versioned):
    status: AlterationRequestStatus = column("status", "Where it stands.")
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "Of which inspection.")
    agency: Agency | None = one("agency_id", AGENCIES, "Who was inspected.")
    dispatcher: Organization | None = one("dispatcher_id", ORGANIZATIONS, "Who answers.")
    requester: str = column("requester", "Who asked: name, and for whom they spoke.")
    demand: str = column("demand", "What was asked for.")
    requested_at: datetime = column("requested_at", "When it was asked.")
    recorded_by: Person | None = one("person_id", PERSONS, "Who recorded it.")
    recorded_at: datetime = column("recorded_at", "When it was recorded.")
    answer: str | None = column("answer", "What was answered.")
    answered_by: Person | None = one("answered_by", PERSONS, "Who answered.")
    answered_at: datetime | None = column("answered_at", "When.")
    available_steps: list[Step] = steps(Offered("alterationRequestAnswer", ANSWER, ("RECORDED",), "ANSWERED"))


@strawberry.input(description="Which amendments.")
class AmendmentFilter:
    status: Among[AmendmentStatus] | None = where("status", "Where they stand.")
    agency: IdFilter | None = where("agency_id", "Who was inspected.", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    inspection: IdFilter | None = where("inspection_id", "Of which inspection.", "insp")
    proposed_at: RangeFilter[datetime] | None = where("proposed_at", "When they were proposed.")


@strawberry.enum(description="What amendments may be sorted by.")
class AmendmentOrder(Enum):
    PROPOSED_AT = strawberry.enum_value("proposed_at", description="By time of the proposal.")


@strawberry.input(description="Which requests to alter a result.")
class AlterationRequestFilter:
    status: Among[AlterationRequestStatus] | None = where("status", "Where they stand.")
    agency: IdFilter | None = where("agency_id", "Who was inspected.", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    inspection: IdFilter | None = where("inspection_id", "Of which inspection.", "insp")
    requested_at: RangeFilter[datetime] | None = where("requested_at", "When it was asked.")


@strawberry.enum(description="What requests may be sorted by.")
class AlterationRequestOrder(Enum):
    REQUESTED_AT = strawberry.enum_value("requested_at", description="By time of asking.")
    RECORDED_AT = strawberry.enum_value("recorded_at", description="By time of recording.")


@strawberry.type
class Query:
    amendments: Connection[Amendment] | None = page(
        None,
        AMENDMENTS,
        "更正: the amendments the caller may see.",
        type=Connection[Amendment],
        arguments=Arguments(AmendmentFilter, AmendmentOrder),
    )
    amendment: Amendment | None = row(AMENDMENTS, "One amendment.", Amendment)
    alteration_requests: Connection[AlterationRequest] | None = page(
        None,
        ALTERATION_REQUESTS,
        "更改督导结果的要求: the register of who asked for another result.",
        type=Connection[AlterationRequest],
        arguments=Arguments(AlterationRequestFilter, AlterationRequestOrder),
    )
    alteration_request: AlterationRequest | None = row(ALTERATION_REQUESTS, "One request to alter a result.", AlterationRequest)


@strawberry.input(description="What shall be read beside the signed form.")
class AmendmentProposeInput(Keyed):
    inspection: strawberry.ID = strawberry.field(description="The inspection.")
    text: str = strawberry.field(description="更正内容, at most 2000 characters.")
    reason: str = strawberry.field(description="Why, at most 1000 characters.")
    item: str | None = strawberry.field(default=None, description="The code of the line, like F03; without one, the form as a whole.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which amendment.")
class OfAmendment(Keyed):
    amendment: strawberry.ID = strawberry.field(description="The amendment.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which amendment the caller signs.")
class AmendmentSignInput(OfAmendment):
    pass


@strawberry.input(description="Which amendment is attached to the result.")
class AmendmentAttachInput(OfAmendment):
    pass


@strawberry.input(description="Who asked for another result.")
class AlterationRequestRecordInput(Keyed):
    inspection: strawberry.ID = strawberry.field(description="The inspection.")
    requester: str = strawberry.field(description="Who asked, and for whom they spoke; at most 120 characters.")
    demand: str = strawberry.field(description="What was asked for, at most 2000 characters.")
    requested_at: datetime = strawberry.field(description="When it was asked.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="What is answered to whoever asked for another result.")
class AlterationRequestAnswerInput(Keyed):
    alteration_request: strawberry.ID = strawberry.field(description="The request.")
    answer: str = strawberry.field(description="The answer, at most 2000 characters. It changes nothing of the result.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.type(description="An amendment after a step.")
class AmendmentPayload:
    amendment: Amendment | None = given("amendment", AMENDMENTS, "The amendment.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="A request to alter a result after a step.")
class AlterationRequestPayload:
    alteration_request: AlterationRequest | None = given("alteration_request", ALTERATION_REQUESTS, "The request.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


def after(found: AmendmentRow, event: EventRow) -> AmendmentPayload:
    return changed(AmendmentPayload, amendment=found.id, event=event.id)


@strawberry.type
class Mutation:
    @mutation(PROPOSE, "Propose an amendment (更正) to what is signed, as a member who was there; proposing it is signing it.")
    async def amendment_propose(call: Call, input: AmendmentProposeInput) -> AmendmentPayload:
        visit = await call.fetch(INSPECTIONS, input.inspection, to=PROPOSE, version=input.expected_version)
        said = Correction(input.text, input.reason, input.item)
        return after(*await amendments.propose(call.session, visit, said, act=call.act))

    @mutation(SIGN, "Sign an amendment (签字), as another member who was there. With the last of them it is the team's.")
    async def amendment_sign(call: Call, input: AmendmentSignInput) -> AmendmentPayload:
        found = await call.fetch(AMENDMENTS, input.amendment, to=SIGN, version=input.expected_version)
        return after(found, await amendments.sign(call.session, found, act=call.act))

    @mutation(ATTACH, "Attach an amendment (附入), as the dispatcher: the agency reads it beside the result from here on.")
    async def amendment_attach(call: Call, input: AmendmentAttachInput) -> AmendmentPayload:
        found = await call.fetch(AMENDMENTS, input.amendment, to=ATTACH, version=input.expected_version)
        return after(found, await amendments.attach(call.session, found, act=call.act))

    @mutation(RECORD, "Record that somebody asked for another result (要求更改督导结果): who, what and when.")
    async def alteration_request_record(call: Call, input: AlterationRequestRecordInput) -> AlterationRequestPayload:
        visit = await call.fetch(INSPECTIONS, input.inspection, to=RECORD, version=input.expected_version)
        said = Demand(input.requester, input.demand, input.requested_at)
        found, event = await amendments.record_request(call.session, visit, said, act=call.act)
        return changed(AlterationRequestPayload, alteration_request=found.id, event=event.id)

    @mutation(ANSWER, "Answer a request to alter a result, as the dispatcher. The result stays as it is.")
    async def alteration_request_answer(call: Call, input: AlterationRequestAnswerInput) -> AlterationRequestPayload:
        found = await call.fetch(ALTERATION_REQUESTS, input.alteration_request, to=ANSWER, version=input.expected_version)
        event = await amendments.answer_request(call.session, found, input.answer, act=call.act)
        return changed(AlterationRequestPayload, alteration_request=found.id, event=event.id)
