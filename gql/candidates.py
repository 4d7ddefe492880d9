"""Checks of single candidates in the graph."""

from datetime import datetime
from enum import Enum

import strawberry

from authz.actions import Action
from domain.candidates import Looked, look
from gql.enums import described
from gql.fields import Call, changed, mutation
from gql.inspections import INSPECTIONS, Inspection, InspectionPayload, OfInspection, taken
from gql.organizations import Node
from gql.reading.declare import Source, column, one, page
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from gql.supervisors import PERSONS, Person
from models.candidates import CandidateCheck as CandidateCheckRow
from models.candidates import CandidateCheckKind

described(CandidateCheckKind, "抽查内容: what a candidate was looked at for.", ELIGIBILITY="报考条件.", IDENTITY="身份.", RESULT="认定结果.")

CANDIDATE_CHECKS = Source(CandidateCheckRow, "CandidateCheck", "cchk")


@strawberry.type(description="抽查认定人员: one candidate the team looked at (003 §5, §13(一)).")
class CandidateCheck(Node):
    kind: CandidateCheckKind = column("kind", "抽查内容.")
    candidate: str = column("candidate", "准考证号: the number of the admission ticket.")
    passed: bool = column("passed", "Whether all was in order.")
    remark: str | None = column("remark", "What was not; whoever did not pass always has one.")
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "At which inspection.")
    person: Person | None = one("person_id", PERSONS, "Who of the team looked.")
    checked_at: datetime = column("checked_at", "When.")


@strawberry.input(description="Which checks of candidates.")
class CandidateCheckFilter:
    kind: Among[CandidateCheckKind] | None = where("kind", "抽查内容.")
    passed: bool | None = where("passed", "Whether all was in order.")
    agency: IdFilter | None = where("agency_id", "At which agency.", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    inspection: IdFilter | None = where("inspection_id", "At which inspection.", "insp")
    checked_at: RangeFilter[datetime] | None = where("checked_at", "When.")


@strawberry.enum(description="What checks of candidates may be sorted by.")
class CandidateCheckOrder(Enum):
    CHECKED_AT = strawberry.enum_value("checked_at", description="By time of the check.")


@strawberry.type
class Query:
    candidate_checks: Connection[CandidateCheck] | None = page(
        None,
        CANDIDATE_CHECKS,
        "抽查认定人员 over several inspections, as far as the caller may see these (003 §5, §13(一)).",
        type=Connection[CandidateCheck],
        arguments=Arguments(CandidateCheckFilter, CandidateCheckOrder),
    )


@strawberry.input(description="One candidate who was looked at.")
class CandidateCheckInput:
    kind: CandidateCheckKind = strawberry.field(description="抽查内容.")
    candidate: str = strawberry.field(description="准考证号, at most 40 characters; never an id number.")
    passed: bool = strawberry.field(description="Whether all was in order.")
    remark: str | None = strawberry.field(default=None, description="What was not, at most 500 characters.")


@strawberry.input(description="Which candidates were looked at, at most 100 for an inspection.")
class InspectionCheckCandidatesInput(OfInspection):
    checks: list[CandidateCheckInput] = strawberry.field(description="The candidates.")


@strawberry.type
class Mutation:
    @mutation(Action.INSPECTION_FILL, "Record which candidates were looked at (抽查认定人员), as a member who has checked in. Never changed.")
    async def inspection_check_candidates(call: Call, input: InspectionCheckCandidatesInput) -> InspectionPayload:
        visit = await taken(call, input, Action.INSPECTION_FILL)
        seen = [Looked(each.kind, each.candidate, each.passed, each.remark) for each in input.checks]
        event = await look(call.session, visit, seen, act=call.act)
        return changed(InspectionPayload, inspection=visit.id, event=event.id)
