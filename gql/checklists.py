"""Checklists (督导表): the versioned forms, what a team answered and signed on them, and what they found."""

from collections.abc import Sequence
from datetime import datetime

import strawberry

from authz.actions import Action
from domain.answers import Given, Part
from domain.checklists import check_in, depart, save, sheet_of, sign
from gql import ids
from gql.enums import described
from gql.fields import Call, Keyed, changed, mutation, row
from gql.inspections import INSPECTIONS, Inspection, OfInspection, taken
from gql.offers import ASSIGNMENTS, Assignment
from gql.organizations import EVENTS, Event, Node, Versioned
from gql.reading.declare import Source, bound, column, given, many, one
from gql.sessions import ASSESSORS, Assessor
from gql.supervisors import PERSONS, Person
from gql.templates import ITEMS, TEMPLATES, ChecklistItem, ChecklistTemplate
from models.checklists import Answer as AnswerRow
from models.checklists import AnswerValue, FindingCategory, FindingTarget, InspectionMethod
from models.checklists import Checklist as ChecklistRow
from models.checklists import Finding as FindingRow
from models.checklists import Signature as SignatureRow

described(
    AnswerValue,
    "结果: what was found at a line of the form.",
    YES="是: satisfactory.",
    NO="否: not satisfactory; needs a remark and becomes a finding.",
    NOT_APPLICABLE="不适用: blank on the printed form.",
    NOT_OBSERVED="未观察: blank on the printed form.",
)
described(
    Part,
    "签字部分: what one signature covers.",
    SITE="现场: the lines before and during recognition; every member who checked in signs.",
    AFTER="结果公示: the lines after it; one member signs, later if need be.",
)

CHECKLISTS = Source(ChecklistRow, "Checklist", "chk")
ANSWERS = Source(AnswerRow, "Answer", "ans")
SIGNATURES = Source(SignatureRow, "Signature", "sig")
FINDINGS = Source(FindingRow, "Finding", "find")


@strawberry.type(description="结果与说明: what the team found at one line.")
class Answer(Versioned):
    item: ChecklistItem | None = one("item_id", ITEMS, "The line.")
    value: AnswerValue = column("value", "What was found.")
    remark: str | None = column("remark", "说明: the remark; a NO always has one.")
    correction: str | None = column("correction", "改正意见: what should be put right.")
    counted: int | None = column("counted", "The first of the two numbers of the line.")
    total: int | None = column("total", "The second of the two numbers of the line.")
    score: int | None = column("score", "打分: the points given, where the line has points and was seen.")
    target: FindingTarget = column("target", "Against whom it is.")
    responsible: str | None = column("responsible", "责任人: the person it names.")
    assessor: Assessor | None = one("assessor_id", ASSESSORS, "The assessor it is against.")
    person: Person | None = one("person_id", PERSONS, "Who entered it last.")


@strawberry.type(description="质量督导员签字: one member's signature under one part.")
class Signature(Node):
    person: Person | None = one("person_id", PERSONS, "Who signed.")
    part: Part = column("part", "What it covers.")
    signed_at: datetime = column("signed_at", "When.")
    digest: str = column("digest", "SHA-256, in hex, over the canonical JSON of what was signed: form, edition, answers, advice, appraisal.")


@strawberry.type(description="督导表: the form of one inspection. What is signed on it, nobody can change.")
class Checklist(Versioned):
    template: ChecklistTemplate | None = one("template_id", TEMPLATES, "The edition of the form.")
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "The inspection.")
    answers: list[Answer] = many("checklist_id", ANSWERS, "The answers so far, in the order of the form.", order=("item_id",), cap=100)
    signatures: list[Signature] = many("checklist_id", SIGNATURES, "Who has signed which part.", order=("signed_at",), cap=100)
    agency_name: str | None = column("agency_name", "被督导评价机构名称 (F00), as it was when the form was opened.")
    methods: list[InspectionMethod] = column("methods", "督导方式: how the team inspected.")
    score: int | None = column("score", "总分: the points given so far; null where the form has none.")
    score_of: int | None = column("score_of", "Of how many points: those of the lines that were seen.")
    advice: str | None = column("advice", "改进建议 (F16).")
    appraisal: str | None = column("appraisal", "总体评价 (F17).")
    site_signed_at: datetime | None = column("site_signed_at", "When the last member signed the site part.")
    signed_at: datetime | None = column("signed_at", "When the last part was signed.")


@strawberry.type(description="问题: a NO of the signed form.")
class Finding(Node):
    item: ChecklistItem | None = one("item_id", ITEMS, "The line of the form.")
    remark: str = column("remark", "What was wrong.")
    correction: str | None = column("correction", "改正意见: what should be put right.")
    target: FindingTarget = column("target", "Against whom it is.")
    responsible: str | None = column("responsible", "责任人: the person it names.")
    assessor: Assessor | None = one("assessor_id", ASSESSORS, "The assessor it is against.")
    category: FindingCategory | None = column("category", "What it is about.")
    found_at: datetime = column("created_at", "When it was put on record: with the signature of the form.")
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "The inspection.")


@strawberry.input(description="What was found at one line of the form.")
class AnswerInput:
    item: str = strawberry.field(description="The code of the line, like F03.")
    value: AnswerValue = strawberry.field(description="What was found.")
    remark: str | None = strawberry.field(default=None, description="说明, at most 1000 characters; a NO needs one.")
    correction: str | None = strawberry.field(default=None, description="改正意见, at most 1000 characters.")
    counted: int | None = strawberry.field(default=None, description="The first number, where the line has numbers.")
    total: int | None = strawberry.field(default=None, description="The second number, where the line has numbers.")
    score: int | None = strawberry.field(
        default=None, description="打分, from 0 to the points of the line; a line with points that was seen needs it."
    )
    responsible: str | None = strawberry.field(default=None, description="责任人: whom a NO is against, if not the agency; at most 60 characters.")
    assessor: strawberry.ID | None = strawberry.field(default=None, description="The assessor of the session whom a NO is against.")


@strawberry.input(description="Which visit the caller has come to.")
class InspectionCheckInInput(OfInspection):
    pass


@strawberry.input(description="Which visit the caller leaves.")
class InspectionDepartInput(OfInspection):
    pass


@strawberry.input(description="What to keep on the form. Lines that are not named stay as they are.")
class ChecklistSaveInput(Keyed):
    inspection: strawberry.ID = strawberry.field(description="The inspection.")
    answers: list[AnswerInput] = strawberry.field(description="Answers, each line at most once.")
    advice: str | None = strawberry.field(default=None, description="改进建议 (F16), at most 2000 characters.")
    appraisal: str | None = strawberry.field(default=None, description="总体评价 (F17), at most 2000 characters.")
    methods: list[InspectionMethod] = strawberry.field(
        default_factory=list, description="督导方式, as a whole; an empty list leaves them as they are."
    )
    expected_version: int | None = strawberry.field(default=None, description="Refuses if the form has moved on since this version.")


@strawberry.input(description="Which part of which form to sign.")
class InspectionSignInput(OfInspection):
    part: Part = strawberry.field(description="The part.")


@strawberry.type(description="A form after a step.")
class ChecklistPayload:
    checklist: Checklist | None = given("checklist", CHECKLISTS, "The form.")
    inspection: Inspection | None = given("inspection", INSPECTIONS, "The inspection.")
    assignment: Assignment | None = given("assignment", ASSIGNMENTS, "The place in the team, after a check-in.")
    signature: Signature | None = given("signature", SIGNATURES, "The signature, after signing.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


def answered(answers: Sequence[AnswerInput]) -> list[Given]:
    of = [str(ASSESSORS.prefix)]
    return [
        Given(
            one.item,
            one.value,
            one.remark,
            one.correction,
            one.counted,
            one.total,
            one.score,
            one.responsible,
            ids.optional(one.assessor, of),
        )
        for one in answers
    ]


@strawberry.type
class Query:
    checklist: Checklist | None = row(CHECKLISTS, "One form.", Checklist)


@strawberry.type
class Mutation:
    @mutation(
        Action.INSPECTION_CHECK_IN,
        "Check in on site with a valid card (000 §8(十), 003 §12), once the notice is served, which may be on arrival. The visit begins when the least team is "
        "there (003 §11).",
    )
    async def inspection_check_in(call: Call, input: InspectionCheckInInput) -> ChecklistPayload:
        visit = await taken(call, input, Action.INSPECTION_CHECK_IN)
        place, event = await check_in(call.session, visit, act=call.act)
        sheet = await sheet_of(call.session, visit)
        return changed(ChecklistPayload, checklist=sheet.checklist.id, inspection=visit.id, assignment=place.id, event=event.id)

    @mutation(Action.INSPECTION_DEPART, "Leave the visit (离场), once, as a member who has checked in.")
    async def inspection_depart(call: Call, input: InspectionDepartInput) -> ChecklistPayload:
        visit = await taken(call, input, Action.INSPECTION_DEPART)
        place, event = await depart(call.session, visit, act=call.act)
        return changed(ChecklistPayload, inspection=visit.id, assignment=place.id, event=event.id)

    @mutation(
        Action.INSPECTION_FILL,
        "Keep answers, advice and appraisal on the form, as a member who has checked in. Refused once signed, and for lines to be entered alone.",
    )
    async def checklist_save(call: Call, input: ChecklistSaveInput) -> ChecklistPayload:
        visit = await call.fetch(INSPECTIONS, input.inspection, to=Action.INSPECTION_FILL)
        checklist, event = await save(
            call.session,
            visit,
            answered(input.answers),
            advice=input.advice,
            appraisal=input.appraisal,
            methods=input.methods,
            act=call.act,
            version=input.expected_version,
        )
        return changed(ChecklistPayload, checklist=checklist.id, inspection=visit.id, event=event.id)

    @mutation(Action.INSPECTION_SIGN, "Sign a part of the form (签字). From the first signature on the part cannot be changed by anyone.")
    async def inspection_sign(call: Call, input: InspectionSignInput) -> ChecklistPayload:
        visit = await taken(call, input, Action.INSPECTION_SIGN)
        signature, event = await sign(call.session, visit, input.part, act=call.act)
        return changed(ChecklistPayload, checklist=signature.checklist_id, inspection=visit.id, signature=signature.id, event=event.id)
