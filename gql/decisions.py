"""The log of decisions in the graph: for the auditor of the center, and for everybody the own ones."""

from datetime import datetime
from enum import Enum

import strawberry

from gql.enums import described
from gql.fields import row
from gql.organizations import MEMBERSHIPS, ORGANIZATIONS, PERSONS, PREFIXES, Membership, Node, Organization, Somebody
from gql.reading.declare import Source, column, one, page
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, TextFilter, where
from models.decisions import Decision as DecisionRow
from models.decisions import Outcome

described(
    Outcome,
    "授权结果: what became of a right that was asked for.",
    called="DecisionOutcome",
    ALLOWED="准许: the act was done under it.",
    DENIED="拒绝: nothing was done.",
)

DECISIONS = Source(DecisionRow, "Decision", "dcn")


@strawberry.type(description="授权记录: one decision of the rights, as it was recorded and chained with the act or its refusal.")
class Decision(Node):
    at: datetime = column("at", "When.")
    sequence: int = column("sequence", "Its place in the chain of the organization.")
    action: str = column("action", "The right that was asked for, `object.action`.")
    outcome: Outcome = column("outcome", "准许或拒绝: allowed or denied.")
    object_kind: str | None = column("object_kind", "To what kind of object.")
    object_id: str | None = column(
        "object_id", "The id asked for; without it the act made the object. It does not tell whether there is such an object."
    )
    reason: str | None = column(
        "reason", "Of a refusal: NOT_FOUND; the ROLE or the RELATION that was missing; or the relation that takes the right (DENY)."
    )
    role: str | None = column("role", "The role that the line speaks to.")
    line: int | None = column("line", "The number of the line that gave the right, or took it.")
    policy: int = column("policy", "The version of the policy in force.")
    article: str | None = column("article", "依据条款: the article behind it.")
    request_id: str | None = column("request_id", "The request, as the service's log calls it.")
    digest: str = column("digest", "SHA-256 over this decision and the digest before it, in hex.")
    actor: Somebody | None = one("person_id", PERSONS, "Who asked.")
    membership: Membership | None = one("membership_id", MEMBERSHIPS, "The membership that carried the right.")
    organization: Organization | None = one("organization_id", ORGANIZATIONS, "The organization acted for.")


@strawberry.input(description="Which decisions.")
class DecisionFilter:
    person: IdFilter | None = where("person_id", "Who asked.", "per")
    organization: IdFilter | None = where("organization_id", "For which organization.", *PREFIXES.values())
    action: TextFilter | None = where("action", "The right, `object.action`.")
    outcome: Among[Outcome] | None = where("outcome", "Allowed or denied.")
    object_id: TextFilter | None = where("object_id", "The id asked for.")
    at: RangeFilter[datetime] | None = where("at", "When.")


@strawberry.enum(description="What decisions may be sorted by.")
class DecisionOrder(Enum):
    AT = strawberry.enum_value("at", description="By time.")


@strawberry.type
class Query:
    decisions: Connection[Decision] | None = page(
        None,
        DECISIONS,
        "授权记录: the decisions of the caller's jurisdiction for its auditor, the own ones for everybody else.",
        type=Connection[Decision],
        arguments=Arguments(DecisionFilter, DecisionOrder),
    )
    decision: Decision | None = row(DECISIONS, "One decision.", Decision)
