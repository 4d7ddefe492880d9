"""Evidence (文字及影像资料): files with digest, time and place, and the requests for them. The bytes are had at /files/<id>."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import ColumnElement

from authz.actions import Action
from domain import evidence
from domain.evidence import Said
from gql import evidence_words as _  # noqa: F401 - what the enums below mean
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.imports import UPLOADS
from gql.inspections import INSPECTIONS, Inspection
from gql.organizations import AGENCIES, EVENTS, ORGANIZATIONS, Agency, Event, Organization, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, computed, given, one, page, source_of, steps
from gql.reading.fragments import constant, typed_id
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, TextFilter, where
from gql.sessions import RECOGNITION_SESSIONS, RecognitionSession
from gql.supervisors import PERSONS, Person
from gql.templates import ITEMS, ChecklistItem
from models.evidence import Confidentiality, EvidenceKind, EvidenceRefusalGround, EvidenceRequestStatus
from models.evidence import Evidence as EvidenceRow
from models.evidence import EvidenceRequest as EvidenceRequestRow
from models.opinions import Rectification as RectificationRow

if TYPE_CHECKING:
    from gql.opinions import Rectification

Rectified = Annotated["Rectification", strawberry.lazy("gql.opinions")]

EVIDENCE = Source(EvidenceRow, "Evidence", "evi")
EVIDENCE_REQUESTS = Source(EvidenceRequestRow, "EvidenceRequest", "ereq")


def link(frame: Frame) -> ColumnElement[str]:
    return constant("/files/").concat(typed_id(frame))


@strawberry.input(description="Which evidence.")
class EvidenceFilter:
    inspection: IdFilter | None = where("inspection_id", "Of which inspection.", "insp")
    recognition_session: IdFilter | None = where("recognition_session_id", "Of which session.", "ses")
    request: IdFilter | None = where("evidence_request_id", "In answer to which request.", "ereq")
    rectification: IdFilter | None = where("rectification_id", "Showing which rectification.", "rect")
    item: IdFilter | None = where("item_id", "About which line of the form.", "item")
    agency: IdFilter | None = where("agency_id", "About which agency.", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    kind: Among[EvidenceKind] | None = where("kind", "资料类别.")
    holds_from: RangeFilter[date] | None = where("holds_from", "备案方案、实施方案: the day from which it holds.")
    occupation: TextFilter | None = where("occupation", "职业(工种) of such a plan; one for all occupations has none.")
    confidentiality: Among[Confidentiality] | None = where("confidentiality", "密级.")
    media_type: TextFilter | None = where("media_type", "The kind of file.")
    taken_at: RangeFilter[datetime] | None = where("taken_at", "When it was taken or written.")
    description: TextFilter | None = where("description", "What it is said to show.")


@strawberry.enum(description="What evidence may be sorted by.")
class EvidenceOrder(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="By time of handing over.")
    TAKEN_AT = strawberry.enum_value("taken_at", description="By the time it was taken.")
    SIZE = strawberry.enum_value("size", description="By length.")


@strawberry.input(description="Which requests for evidence.")
class EvidenceRequestFilter:
    status: Among[EvidenceRequestStatus] | None = where("status", "Where they stand.")
    inspection: IdFilter | None = where("inspection_id", "Of which inspection.", "insp")
    agency: IdFilter | None = where("agency_id", "Of which agency.", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    due_at: RangeFilter[datetime] | None = where("due_at", "Until when they are due.")


@strawberry.enum(description="What requests for evidence may be sorted by.")
class EvidenceRequestOrder(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="By time of asking.")


EVIDENCE_ARGUMENTS = Arguments(EvidenceFilter, EvidenceOrder)
REQUEST_ARGUMENTS = Arguments(EvidenceRequestFilter, EvidenceRequestOrder)


@strawberry.type(description="资料: one file of evidence. Written once; a withdrawn one stays to be read.")
class Evidence(Versioned):
    kind: EvidenceKind = column("kind", "资料类别.")
    confidentiality: Confidentiality = column("confidentiality", "密级: who may see it.")
    description: str = column("description", "What it shows.")
    result: str | None = column("result", "结果: of a questionnaire, a test or a recheck (000 §9).")
    holds_from: date | None = column("holds_from", "生效日期: of a plan, from which day it holds, until a later one of its kind and occupation does.")
    occupation: str | None = column("occupation", "职业(工种): of a plan, for which one; null for all.")
    taken_at: datetime = column("taken_at", "When it was taken or written.")
    place: str | None = column("place", "Where.")
    file_name: str = column("file_name", "Its name, as it was handed over.")
    media_type: str = column("media_type", "What kind of file its bytes are.")
    digest: str = column("digest", "SHA-256 of its bytes, in hex; it stands in the chain of events too.")
    size: int = column("size", "Its length in bytes.")
    url: str = computed(link, "GET its bytes here, signed in as for this query; the right is asked anew each time.")
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "The inspection; null for materials of a session alone, and for plans.")
    recognition_session: RecognitionSession | None = one("recognition_session_id", RECOGNITION_SESSIONS, "认定场次: the session; null for plans.")
    item: ChecklistItem | None = one("item_id", ITEMS, "The line of the form it is about.")
    rectification: Rectified | None = one("rectification_id", "gql.opinions:RECTIFICATIONS", "整改: the rectification that it shows (000 §11(三)).")
    agency: Agency | None = one("agency_id", AGENCIES, "The agency concerned.")
    organization: Organization | None = one("organization_id", ORGANIZATIONS, "Who handed it over.")
    person: Person | None = one("person_id", PERSONS, "Who did so for them.")
    withdrawn_at: datetime | None = column("withdrawn_at", "When it was withdrawn: it no longer counts.")
    withdrawn_by: Person | None = one("withdrawn_by", PERSONS, "Who withdrew it.")
    withdrawal: str | None = column("withdrawal", "Why it was withdrawn.")


@strawberry.type(description="资料调取: what the agency was asked to hand over for an inspection.")
class EvidenceRequest(Versioned):
    status: EvidenceRequestStatus = column("status", "Where it stands.")
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "The inspection.")
    agency: Agency | None = one("agency_id", AGENCIES, "Who is asked.")
    wanted: str = column("wanted", "What is asked for.")
    due_at: datetime | None = column("due_at", "Until when.")
    person: Person | None = one("person_id", PERSONS, "Who asked.")
    answered_at: datetime | None = column("answered_at", "When it was answered.")
    answered_by: Person | None = one("answered_by", PERSONS, "Who answered, or recorded the refusal.")
    refusal: str | None = column("refusal", "Why it was refused.")
    ground: EvidenceRefusalGround | None = column("ground", "定性: the ground that the refusal is of a case against the agency.")
    evidence: Connection[Evidence] = page(
        "evidence_request_id", EVIDENCE, "What was handed over.", type=Connection[Evidence], arguments=EVIDENCE_ARGUMENTS
    )
    available_steps: list[Step] = steps(
        Offered("evidenceRequestProvide", Action.EVIDENCE_REQUEST_PROVIDE, ("REQUESTED",), "PROVIDED"),
        Offered("evidenceRequestRefuse", Action.EVIDENCE_REQUEST_REFUSE, ("REQUESTED",), "REFUSED"),
    )


@strawberry.type
class Query:
    evidences: Connection[Evidence] | None = page(
        None, EVIDENCE, "资料: the evidence the caller may see.", type=Connection[Evidence], arguments=EVIDENCE_ARGUMENTS
    )
    evidence: Evidence | None = row(EVIDENCE, "One piece of evidence.", Evidence)
    evidence_requests: Connection[EvidenceRequest] | None = page(
        None, EVIDENCE_REQUESTS, "资料调取: the requests the caller may see.", type=Connection[EvidenceRequest], arguments=REQUEST_ARGUMENTS
    )
    evidence_request: EvidenceRequest | None = row(EVIDENCE_REQUESTS, "One request for evidence.", EvidenceRequest)


@strawberry.input(description="What is said of a file.")
class SaidOfFile(Keyed):
    upload: strawberry.ID = strawberry.field(description="The file, brought by the caller for EVIDENCE, whose bytes have come.")
    kind: EvidenceKind = strawberry.field(description="资料类别.")
    description: str = strawberry.field(description="What it shows, at most 500 characters.")
    taken_at: datetime = strawberry.field(description="When it was taken or written.")
    place: str | None = strawberry.field(default=None, description="Where, at most 200 characters.")
    result: str | None = strawberry.field(
        default=None, description="结果, at most 2000 characters: of SURVEY, TEST and RECHECK, and of no other kind."
    )
    confidentiality: Confidentiality = strawberry.field(default=Confidentiality.INTERNAL, description="密级.")


@strawberry.input(description="Evidence of an inspection.")
class EvidenceAttachInput(SaidOfFile):
    inspection: strawberry.ID = strawberry.field(description="The inspection.")
    item: str | None = strawberry.field(default=None, description="The code of the line of its form that it is about, like F03.")
    evidence_request: strawberry.ID | None = strawberry.field(default=None, description="The request it answers.")
    rectification: strawberry.ID | None = strawberry.field(
        default=None, description="整改: the rectification it shows (000 §11(三)), of this inspection and not reported yet."
    )


@strawberry.input(description="Materials of a session.")
class EvidenceAttachToSessionInput(SaidOfFile):
    recognition_session: strawberry.ID = strawberry.field(description="The session.")


@strawberry.input(description="Which evidence no longer counts, and why.")
class EvidenceWithdrawInput(Keyed):
    evidence: strawberry.ID = strawberry.field(description="The evidence.")
    reason: str = strawberry.field(description="Why, at most 500 characters.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="What the agency shall hand over.")
class EvidenceRequestMakeInput(Keyed):
    inspection: strawberry.ID = strawberry.field(description="The inspection.")
    wanted: str = strawberry.field(description="What is asked for, at most 2000 characters.")
    due_at: datetime | None = strawberry.field(default=None, description="Until when.")


@strawberry.input(description="Which request is met.")
class EvidenceRequestProvideInput(Keyed):
    evidence_request: strawberry.ID = strawberry.field(description="The request.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which request is refused, and why.")
class EvidenceRequestRefuseInput(Keyed):
    evidence_request: strawberry.ID = strawberry.field(description="The request.")
    reason: str = strawberry.field(description="Why, in the agency's words; at most 2000 characters.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.type(description="A piece of evidence after a step.")
class EvidencePayload:
    evidence: Evidence | None = given("evidence", EVIDENCE, "The evidence.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="A request for evidence after a step.")
class EvidenceRequestPayload:
    evidence_request: EvidenceRequest | None = given("evidence_request", EVIDENCE_REQUESTS, "The request.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


def said(input: SaidOfFile, *, item: str | None = None, rectification: RectificationRow | None = None) -> Said:
    return Said(
        kind=input.kind,
        confidentiality=input.confidentiality,
        taken_at=input.taken_at,
        description=input.description,
        place=input.place,
        result=input.result,
        item=item,
        rectification=rectification,
    )


async def answered(call: Call, id: str | None) -> EvidenceRequestRow | None:
    """The request that a piece of evidence answers, where it answers one."""
    return None if id is None else await call.fetch(EVIDENCE_REQUESTS, id, to=Action.EVIDENCE_REQUEST_READ)


async def rectified(call: Call, id: str | None) -> RectificationRow | None:
    """The rectification that a piece of evidence shows, where it shows one."""
    return None if id is None else await call.fetch(source_of("gql.opinions:RECTIFICATIONS"), id, to=Action.RECTIFICATION_READ)


@strawberry.type
class Mutation:
    @mutation(Action.EVIDENCE_ADD, "Attach evidence (资料) to an inspection, as the agency or as a member of the team who is there.")
    async def evidence_attach(call: Call, input: EvidenceAttachInput) -> EvidencePayload:
        upload = await call.fetch(UPLOADS, input.upload, to=Action.UPLOAD_READ)
        request = await answered(call, input.evidence_request)
        visit = await call.fetch(INSPECTIONS, input.inspection, to=Action.EVIDENCE_ADD)
        shown = said(input, item=input.item, rectification=await rectified(call, input.rectification))
        found, event = await evidence.attach(call.session, visit, upload, said=shown, request=request, act=call.act)
        return changed(EvidencePayload, evidence=found.id, event=event.id)

    @mutation(Action.SESSION_ADD_EVIDENCE, "Keep materials (资料) of a session, as its agency.")
    async def evidence_attach_to_session(call: Call, input: EvidenceAttachToSessionInput) -> EvidencePayload:
        upload = await call.fetch(UPLOADS, input.upload, to=Action.UPLOAD_READ)
        recognition = await call.fetch(RECOGNITION_SESSIONS, input.recognition_session, to=Action.SESSION_ADD_EVIDENCE)
        found, event = await evidence.attach_to_session(call.session, recognition, upload, said=said(input), act=call.act)
        return changed(EvidencePayload, evidence=found.id, event=event.id)

    @mutation(
        Action.EVIDENCE_WITHDRAW,
        "Withdraw evidence (撤回): it no longer counts, and stays to be read. Until the form is signed; a plan until a visit on which it may have held begins.",
    )
    async def evidence_withdraw(call: Call, input: EvidenceWithdrawInput) -> EvidencePayload:
        found = await call.fetch(EVIDENCE, input.evidence, to=Action.EVIDENCE_WITHDRAW, version=input.expected_version)
        event = await evidence.withdraw(call.session, found, input.reason, act=call.act)
        return changed(EvidencePayload, evidence=found.id, event=event.id)

    @mutation(Action.EVIDENCE_REQUEST_MAKE, "Ask the agency for material (资料调取), as the dispatcher or as a member of the team who is there.")
    async def evidence_request_make(call: Call, input: EvidenceRequestMakeInput) -> EvidenceRequestPayload:
        visit = await call.fetch(INSPECTIONS, input.inspection, to=Action.EVIDENCE_REQUEST_MAKE)
        found, event = await evidence.request(call.session, visit, input.wanted, due_at=input.due_at, act=call.act)
        return changed(EvidenceRequestPayload, evidence_request=found.id, event=event.id)

    @mutation(Action.EVIDENCE_REQUEST_PROVIDE, "Say that all asked for is handed over, as the agency; something must be.")
    async def evidence_request_provide(call: Call, input: EvidenceRequestProvideInput) -> EvidenceRequestPayload:
        found = await call.fetch(EVIDENCE_REQUESTS, input.evidence_request, to=Action.EVIDENCE_REQUEST_PROVIDE, version=input.expected_version)
        event = await evidence.provide(call.session, found, act=call.act)
        return changed(EvidenceRequestPayload, evidence_request=found.id, event=event.id)

    @mutation(Action.EVIDENCE_REQUEST_REFUSE, "Refuse to hand over (拒绝提供), as the agency, or on record by the team: a ground for a case.")
    async def evidence_request_refuse(call: Call, input: EvidenceRequestRefuseInput) -> EvidenceRequestPayload:
        found = await call.fetch(EVIDENCE_REQUESTS, input.evidence_request, to=Action.EVIDENCE_REQUEST_REFUSE, version=input.expected_version)
        event = await evidence.refuse(call.session, found, input.reason, act=call.act)
        return changed(EvidenceRequestPayload, evidence_request=found.id, event=event.id)
