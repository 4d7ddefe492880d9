"""Why somebody may or may not, asked for by who oversees them or by themselves: the answer of the doors, line by line."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import Info

from authz.actions import Action
from authz.actor import Actor
from authz.asking import Acting, Question, Subject
from authz.errors import NotFound
from authz.explain import Explanation, Half, Outcome, Weighed, explained, fits
from authz.relations import Relation
from authz.versions import PolicyUnavailable
from domain.errors import BadInput
from gql import ids
from gql.context import Context
from gql.enums import described
from gql.errors import Language
from gql.ids import shown
from gql.node import BY_PREFIX
from gql.organizations import PREFIXES
from gql.reading.declare import Source, source_of
from gql.reading.read import signed_in
from models.organizations import Tier

described(
    Outcome,
    "判定结果: what would happen to the subject.",
    ALLOWED="允许.",
    DENIED="拒绝: the subject sees the object and may not do this; the act answers FORBIDDEN.",
    HIDDEN="不可见: the subject does not see the object; the act answers NOT_FOUND.",
)
described(Half, "依据行未满足的一半: which half of a line is not met.", ROLE="没有该角色.", RELATION="与对象没有该关系.")

SAYS: Mapping[Relation, Mapping[Language, tuple[str, str]]] = {
    Relation.SUBTREE: {
        "zh": ("在所代表机构的辖区内", "不在所代表机构的辖区内"),
        "en": ("at or below the organization acted for", "not at or below the organization acted for"),
    },
    Relation.OWN_ORG: {"zh": ("属于所代表机构", "不属于所代表机构"), "en": ("of the organization acted for", "not of the organization acted for")},
    Relation.ISSUER: {
        "zh": ("由所代表机构核发", "不是所代表机构核发"),
        "en": ("issued by the organization acted for", "issued by another organization"),
    },
    Relation.DISPATCHER: {
        "zh": ("由所代表机构指派", "不是所代表机构指派"),
        "en": ("dispatched by the organization acted for", "not dispatched by the organization acted for"),
    },
    Relation.INSPECTED: {
        "zh": ("已送达被督导机构", "未送达，或不是被督导机构"),
        "en": ("served on the inspected agency", "not the inspected agency, or not served yet"),
    },
    Relation.TEAM_MEMBER: {"zh": ("是督导组成员", "不是督导组成员"), "en": ("in this team", "not in this team")},
    Relation.SELF: {"zh": ("是本人", "不是本人"), "en": ("about the person", "not about the person")},
    Relation.SHARED: {"zh": ("各机构共享", "不共享"), "en": ("shared by all", "not shared")},
    Relation.EMPLOYER: {
        "zh": ("当日受雇于被督导机构", "当日不受雇于被督导机构"),
        "en": ("employed there on the day", "not employed there on the day"),
    },
    Relation.ASSESSOR: {"zh": ("同时担任考评人员", "未同时担任考评人员"), "en": ("an assessor at the same time", "no assessor at the same time")},
    Relation.BARRED: {
        "zh": ("当日无有效督导员证、聘任，或在黑名单", "证件、聘任有效"),
        "en": ("without a valid card or term, or blacklisted", "not barred"),
    },
}
"""What a relation says of a row when it stands, and when it does not."""


@strawberry.input(description="Whom the question is about, and for which organization they act: exactly one of `person` and `account`.")
class ExplainSubject:
    person: strawberry.ID | None = strawberry.field(default=None, description="The person.")
    account: strawberry.ID | None = strawberry.field(default=None, description="The account, of a person or a machine.")
    organization: strawberry.ID | None = strawberry.field(
        default=None, description="For whom the subject acts; without it, the account's own organization, else the only one where a role is held."
    )


@strawberry.type(description="判定依据: one line of the policy beside the object, with the halves that are not met.")
class ExplainedLine:
    number: int = strawberry.field(description="Its number in that version of the policy.")
    role: str = strawberry.field(description="The role it speaks of; a base role stands for all roles of a tier.")
    relation: str = strawberry.field(description="How the object must relate to the subject.")
    action: str = strawberry.field(description="The verb, `object.action`.")
    allows: bool = strawberry.field(description="Whether it gives the right, or takes it from everybody.")
    article: str = strawberry.field(description="The article behind it.")
    membership: strawberry.ID | None = strawberry.field(
        description="任职: the membership whose role brings the line; none where it holds for anyone."
    )
    missing: list[Half] = strawberry.field(description="The halves that are not met; empty where the line decided.")
    text: str = strawberry.field(description="The same as a sentence.")


@strawberry.type(description="判定说明: what the act would answer the subject, by which line, under which version of the policy.")
class AccessExplanation:
    outcome: Outcome = strawberry.field(description="What would happen.")
    action: str = strawberry.field(
        description="Whose lines decided: reading the object, where it is hidden from the subject; else the action asked about."
    )
    policy_version: int = strawberry.field(description="The version of the policy that was in force at that instant.")
    at: datetime = strawberry.field(
        description="The instant of memberships and policy. The object is looked at as it is now; what it dates by itself, by its own days."
    )
    organization: strawberry.ID | None = strawberry.field(description="For whom the subject acts; none without a role there at that instant.")
    roles: list[str] = strawberry.field(description="The roles in force for the subject there at that instant.")
    line: ExplainedLine | None = strawberry.field(description="The line that decided; none where no line gives the right.")
    walled: bool = strawberry.field(description="The object lies outside the subject's own tenant: the second wall hides it, whatever the lines say.")
    closest: list[ExplainedLine] = strawberry.field(
        description="Where no line gives the right: the lines that come closest, with the half that is missing."
    )


async def explain_access(
    info: Info,
    subject: Annotated[ExplainSubject, strawberry.argument(description="Whom the question is about.")],
    *,
    action: Annotated[str, strawberry.argument(description="The verb, `object.action`, as in `capabilities`.")],
    object: Annotated[strawberry.ID, strawberry.argument(description="On what; the caller must see it.")],
    at: Annotated[datetime | None, strawberry.argument(description="The instant of memberships and policy, not after now; now without it.")] = None,
) -> AccessExplanation | None:
    """NOT_FOUND alike where the caller does not see the object, or may not ask about the subject (audit.explain)."""
    context: Context = info.context
    actor = signed_in(context)
    asked = question(actor, subject, action=action, object=object, at=instant(at, context.now))
    try:
        found = await explained(context.database, actor, asked)
    except PolicyUnavailable:
        raise BadInput("at", "policy_unavailable") from None
    return told(found, at=at or context.now, language=context.language)


def question(asker: Actor, subject: ExplainSubject, *, action: str, object: str, at: datetime) -> Question:
    """Refuses what cannot be asked: an unknown verb, or one that is never asked of such an object."""
    if (subject.person is None) == (subject.account is None):
        raise BadInput("subject", "required")
    if action not in set(Action):
        raise BadInput("action", "unknown")
    given = BY_PREFIX.get(object.partition("_")[0])
    if given is None:
        raise NotFound
    source: Source = source_of(given.source)
    if not fits(asker.policy, Action(action), source.model):
        raise BadInput("action", "not_of_object")
    whom = Subject(
        ids.optional(subject.person, ["per"]),
        ids.optional(subject.account, ["acct"]),
        ids.optional(subject.organization, PREFIXES.values()),
    )
    return Question(whom, Action(action), source.model, ids.read(object, [str(source.prefix)]), at, source.only)


def instant(at: datetime | None, now: datetime) -> datetime:
    if at is None:
        return now
    if at.tzinfo is None:
        raise BadInput("at", "timezone")
    if at > now:
        raise BadInput("at", "future")
    return at


def told(found: Explanation, *, at: datetime, language: Language) -> AccessExplanation:
    acting = found.acting
    return AccessExplanation(
        outcome=found.outcome,
        action=found.action.value,
        policy_version=acting.actor.policy,
        at=at,
        organization=organization_of(acting),
        roles=sorted(str(role) for role in acting.memberships),
        line=line_of(found.line, acting, language) if found.line else None,
        walled=found.walled,
        closest=[line_of(one, acting, language) for one in found.closest],
    )


def organization_of(acting: Acting) -> strawberry.ID | None:
    actor = acting.actor
    return strawberry.ID(shown(PREFIXES[Tier(actor.tier)], actor.organization_id)) if actor.tier and actor.organization_id else None


def line_of(one: Weighed, acting: Acting, language: Language) -> ExplainedLine:
    line, membership = one.line, acting.memberships.get(one.by) if one.by else None
    return ExplainedLine(
        number=line.number,
        role=str(line.role),
        relation=line.relation.value,
        action=line.action.value,
        allows=line.allows,
        article=line.article,
        membership=strawberry.ID(shown("mem", membership)) if membership else None,
        missing=list(one.missing),
        text=sentence(one, language),
    )


def sentence(one: Weighed, language: Language) -> str:
    """`line 41 TEAM_MEMBER: not in this team`."""
    stands, fails = SAYS[one.line.relation][language]
    said = [stands if one.stands else fails]
    if Half.ROLE in one.missing:
        said = [f"需要角色 {one.line.role}" if language == "zh" else f"needs the role {one.line.role}", *([] if one.stands else said)]
    return (
        f"第 {one.line.number} 行 {one.line.relation}：{'；'.join(said)}"
        if language == "zh"
        else f"line {one.line.number} {one.line.relation}: {'; '.join(said)}"
    )


@strawberry.type
class Query:
    explain_access: AccessExplanation | None = strawberry.field(
        resolver=explain_access,
        description="Whether a subject may do something to an object, and why: for who oversees the subject, and for the subject. "
        "As of an instant by the memberships and the policy then; the object and its relations are those of now, but for the days they carry themselves.",
    )
