"""备案方案 and 实施方案 in the graph: an agency's own papers, and which of them held on the day of a visit."""

from datetime import date, datetime

import strawberry

from authz.actions import Action
from domain import plans
from domain.evidence import Said
from domain.plans import Plan
from gql.evidence import EvidencePayload
from gql.fields import Call, Keyed, changed, mutation
from gql.imports import UPLOADS
from gql.reading.declare import Source
from models.evidence import Confidentiality, EvidenceKind
from models.evidence import Evidence as EvidenceRow

PLANS = Source(EvidenceRow, "Evidence", "evi", only=("kind", "FILED_PLAN", "IMPLEMENTATION_PLAN"))
HELD = Source(EvidenceRow, "Evidence", "evi", rows=plans.HELD)


@strawberry.input(description="A plan of the agency itself: seen by the center, its district, and the teams that visit it.")
class EvidenceAttachToAgencyInput(Keyed):
    upload: strawberry.ID = strawberry.field(description="The file, brought by the caller for EVIDENCE, whose bytes have come.")
    kind: EvidenceKind = strawberry.field(description="备案方案 or 实施方案, and no other kind.")
    description: str = strawberry.field(description="What it is, at most 500 characters.")
    taken_at: datetime = strawberry.field(description="When it was written.")
    holds_from: date = strawberry.field(description="生效日期: the day from which it holds; after the last visit that has begun.")
    occupation: str | None = strawberry.field(default=None, description="职业(工种), at most 80 characters; without one it is for all.")

    def plan(self) -> Plan:
        said = Said(kind=self.kind, confidentiality=Confidentiality.INTERNAL, taken_at=self.taken_at, description=self.description)
        return Plan(said=said, holds_from=self.holds_from, occupation=self.occupation)


@strawberry.type
class Mutation:
    @mutation(
        Action.EVIDENCE_FILE_PLAN,
        "Keep a plan of one's own agency (备案方案、实施方案, 003 §13): it holds from its day until a later one of its kind and occupation does. Not with a "
        "day on or before that of a visit that has begun (本系统默认): that was held against the plans of then.",
    )
    async def evidence_attach_to_agency(call: Call, input: EvidenceAttachToAgencyInput) -> EvidencePayload:
        upload = await call.fetch(UPLOADS, input.upload, to=Action.UPLOAD_READ)
        agency = await plans.home(call.session, call.act.organization_id)
        call.require(Action.EVIDENCE_FILE_PLAN, plans.blank(agency))
        found, event = await plans.attach(call.session, agency, upload, plan=input.plan(), act=call.act)
        return changed(EvidencePayload, evidence=found.id, event=event.id)
