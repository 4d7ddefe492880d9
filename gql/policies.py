"""The policy of a jurisdiction in the graph: what a change would do, who proposed which version, and the second person who puts it in force."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement
from strawberry import Info

from authz.access import VERSIONS
from authz.actions import Action
from authz.policy import Said
from authz.relations import PERSON, Relation, there_is
from domain import memberships, policies
from domain.errors import BadInput
from gql import ids
from gql.accounts import ACCOUNTS
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.members import GRANT, MembershipPayload
from gql.organizations import EVENTS, PREFIXES, Event, Step, Versioned
from gql.policy_changes import (
    PolicyChange,
    PolicyChangesInput,
    PolicyDifference,
    PolicyHeads,
    asked_for,
    base_of,
    lines_of,
    own_role,
    presented,
    weighed,
)
from gql.reading.declare import Frame, Offered, Source, bound, column, computed, given, items, one, page, steps
from gql.reading.paging import Among, Arguments, Connection, where
from gql.reading.read import signed_in
from gql.supervisors import PERSONS, Person
from models.base import table_of
from models.memberships import Account, AccountKind
from models.memberships import Membership as MembershipRow
from models.policies import PolicyCurrent, PolicyVersionStatus
from models.policies import PolicyLine as PolicyLineRow
from models.policies import PolicyVersion as PolicyVersionRow

described(
    PolicyVersionStatus,
    "权限策略版本的状态: how far a version has come.",
    PROPOSED="已提出, waits for a second administrator.",
    PUBLISHED="已发布: it is in force, or was.",
    REJECTED="未采纳.",
)
READ, PROPOSE, APPROVE = Action.POLICY_READ, Action.POLICY_PROPOSE, Action.POLICY_APPROVE
POLICY_VERSIONS = Source(PolicyVersionRow, "PolicyVersion", "pol")
POLICY_LINES = Source(PolicyLineRow, "PolicyLine", "pline")


def in_force(frame: Frame) -> ColumnElement[bool]:
    now = table_of(PolicyCurrent).alias("current")
    return there_is(now).where(now.c.center_id == frame.t.c.center_id, now.c.version == frame.t.c.number)


def by_another(frame: Frame) -> ColumnElement[bool]:
    return frame.t.c["proposed_by"] != PERSON


@strawberry.type(description="策略的一行: a right (`p`), or the tier of a role (`g`).")
class PolicyLine:
    id: strawberry.ID = column("id", "Opaque.")
    line: int = column("line", "Its number.")
    kind: str = column("kind", "`p` for a right, `g` for a role.")
    role: str = column("role", "角色: whose right it is, or which role stands below `base`.")
    base: str | None = column("base", "The base role of a `g` line.")
    relation: Relation | None = column("relation", "On which rows.")
    object: str | None = column("object", "The noun.")
    action: str | None = column("action", "The verb.")
    effect: str | None = column("effect", "`allow` or `deny`.")
    article: str = column("article", "依据: the article it stands on.")


@strawberry.type(
    description="权限策略的一个版本: a whole policy. It comes into force when a second administrator approves what the difference shows."
)
class PolicyVersion(Versioned):
    number: int = column("number", "版本号: never given twice; 1 is the policy that comes with the release.")
    status: PolicyVersionStatus = column("status", "How far it has come.")
    in_force: bool = computed(in_force, "Whether it is the one in force.")
    base: int = column("base", "The number of the version in force when it was proposed.")
    digest: str = column("digest", "SHA-256 of its lines, in hex.")
    line_count: int = column("line_count", "How many lines it has.")
    reason: str = column("reason", "Why.")
    difference: list[PolicyChange] = items(lambda frame: frame.t.c["difference"], "What it changes in `base`, the first 500, as shown when proposed.")
    heads: list[PolicyHeads] = items(lambda frame: frame.t.c["heads"], "How many people held each role when it was proposed.")
    proposed_by: Person | None = one("proposed_by", PERSONS, "Who proposed it.")
    proposed_at: datetime = column("proposed_at", "When that was.")
    decided_by: Person | None = one("decided_by", PERSONS, "Who put it in force, never who proposed it, or who rejected it.")
    decided_at: datetime | None = column("decided_at", "When that was.")
    approved_difference: str | None = column("approved_difference", "The digest of the difference that was approved.")
    lines: Connection[PolicyLine] = page(
        "policy_version_id", POLICY_LINES, "Its lines.", type=Connection[PolicyLine], arguments=Arguments(), order="line", descending=False
    )
    available_steps: list[Step] = steps(
        Offered("policyVersionApprove", APPROVE, ("PROPOSED",), to="PUBLISHED", second_person=True, when=by_another),
        Offered("policyVersionReject", APPROVE, ("PROPOSED",), to="REJECTED"),
    )


@strawberry.input(description="Which versions.")
class PolicyVersionFilter:
    status: Among[PolicyVersionStatus] | None = where("status", "How far they have come.")


@strawberry.enum(description="What versions may be sorted by.")
class PolicyVersionOrder(Enum):
    NUMBER = strawberry.enum_value("number", description="By number.")


@strawberry.input(one_of=True, description="A change, or a version that was proposed.")
class PolicyDifferenceInput:
    changes: PolicyChangesInput | None = strawberry.field(default=strawberry.UNSET, description="A change that nobody has proposed yet.")
    policy_version: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="A version.")


async def policy_difference(info: Info, input: PolicyDifferenceInput) -> PolicyDifference | None:
    """For who may read the policy; nothing is kept, and nobody waits for it."""
    context, actor = info.context, signed_in(info.context)
    async with context.database.transaction(actor.tenant) as session:
        call = Call(context, session, actor)
        if input.policy_version:
            version: PolicyVersionRow = await call.fetch(POLICY_VERSIONS, input.policy_version, to=READ)
            return presented(*await weighed(call, await lines_of(session, version.number)))
        call.require(READ, policies.blank(call.act))
        _, base = await base_of(call)
        return presented(*await weighed(call, asked_for(base.said, input.changes or PolicyChangesInput())))


@strawberry.type
class Query:
    policy_versions: Connection[PolicyVersion] | None = page(
        None,
        POLICY_VERSIONS,
        "Versions of the policy of the own center. While none is in force, the one that comes with the release is.",
        type=Connection[PolicyVersion],
        arguments=Arguments(PolicyVersionFilter, PolicyVersionOrder),
    )
    policy_version: PolicyVersion | None = row(POLICY_VERSIONS, "One version of the policy.", PolicyVersion)
    policy_difference: PolicyDifference | None = strawberry.field(
        resolver=policy_difference, description="试运行: who would gain and lose what, in which situations, and how many people hold the roles."
    )


@strawberry.input(description="A change of the policy, and why.")
class PolicyVersionProposeInput(Keyed):
    changes: PolicyChangesInput = strawberry.field(description="What changes in the policy in force.")
    reason: str = strawberry.field(description="Why, at most 2000 characters.")


@strawberry.input(description="Back to which version, and why.")
class PolicyVersionRollBackInput(Keyed):
    policy_version: strawberry.ID | None = strawberry.field(default=None, description="A version; left out, the one that comes with the release.")
    reason: str = strawberry.field(description="Why, at most 2000 characters.")


@strawberry.input(description="Which version comes into force, and what was shown of it.")
class PolicyVersionApproveInput(Keyed):
    policy_version: strawberry.ID = strawberry.field(description="The proposed version.")
    expected_difference: str = strawberry.field(
        description="The `digest` of `policyDifference` of this version: refused where it would now do otherwise."
    )
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which version comes to nothing, and why.")
class PolicyVersionRejectInput(Keyed):
    policy_version: strawberry.ID = strawberry.field(description="The proposed version.")
    reason: str = strawberry.field(description="Why, at most 2000 characters.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="A role that the policy in force brings itself, to give.")
class MembershipGrantOwnRoleInput(Keyed):
    account: strawberry.ID = strawberry.field(description="Whose: a person's account that is at home in the own subtree.")
    organization: strawberry.ID = strawberry.field(description="For which organization, of the role's tier.")
    role: str = strawberry.field(description="自定义角色: its name in the policy.")
    until: datetime | None = strawberry.field(default=None, description="When it ends by itself; open without it.")
    reason: str = strawberry.field(description="Why, at most 500 characters.")


@strawberry.type(description="A version after a step.")
class PolicyVersionPayload:
    policy_version: PolicyVersion | None = given("policy_version", POLICY_VERSIONS, "The version.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def proposed(call: Call, version: PolicyVersionRow, said: Sequence[Said], *, reason: str) -> PolicyVersionPayload:
    """Keeps the policy as a new version."""
    shown, _ = await weighed(call, said)
    event = await policies.propose(call.session, version, shown, act=call.act, reason=reason)
    return changed(PolicyVersionPayload, policy_version=version.id, event=event.id)


def asked(call: Call) -> PolicyVersionRow:
    """A blank version that the caller may propose."""
    version = policies.blank(call.act)
    call.require(PROPOSE, version)
    return version


async def drafted(call: Call, account: Account, input: MembershipGrantOwnRoleInput) -> MembershipRow:
    """The membership to be, in a role of the policy's own and of the organization's tier. Raises BadInput, Forbidden."""
    place = await memberships.place_of(call.session, ids.read(input.organization, PREFIXES.values()))
    membership = memberships.drafted(account.person_id, input.role.strip(), organization=place, act=call.act, reason=input.reason, until=input.until)
    call.require(GRANT, membership)
    own_role(VERSIONS.table(call.actor.policy), membership.role, tier=place.tier)
    if account.kind is not AccountKind.PERSON:
        raise BadInput("role", "role_of_kind")
    return membership


async def earlier(call: Call, input: PolicyVersionRollBackInput) -> tuple[Said, ...]:
    """The lines of a version that was, or of the one that comes with the release."""
    if input.policy_version is None:
        return VERSIONS.shipped.said
    version: PolicyVersionRow = await call.fetch(POLICY_VERSIONS, input.policy_version, to=PROPOSE)
    return await lines_of(call.session, version.number)


@strawberry.type
class Mutation:
    @mutation(PROPOSE, "提出权限策略的修改: nothing changes before a second administrator approves it.")
    async def policy_version_propose(call: Call, input: PolicyVersionProposeInput) -> PolicyVersionPayload:
        version = asked(call)
        _, base = await base_of(call)
        return await proposed(call, version, asked_for(base.said, input.changes), reason=input.reason)

    @mutation(PROPOSE, "提出恢复以前的版本: an earlier version is proposed anew, with what it would now change.")
    async def policy_version_roll_back(call: Call, input: PolicyVersionRollBackInput) -> PolicyVersionPayload:
        before = await earlier(call, input)  # first what it names: who may not see that learns nothing else
        return await proposed(call, asked(call), before, reason=input.reason)

    @mutation(APPROVE, "发布权限策略: by another administrator than who proposed it, who approves exactly the difference shown. In force at once.")
    async def policy_version_approve(call: Call, input: PolicyVersionApproveInput) -> PolicyVersionPayload:
        version = await call.fetch(POLICY_VERSIONS, input.policy_version, to=APPROVE, version=input.expected_version)
        await policies.alone(call.session, version.center_id)
        shown, _ = await weighed(call, await lines_of(call.session, version.number))
        event = await policies.approve(call.session, version, shown, expected=input.expected_difference, act=call.act)
        return changed(PolicyVersionPayload, policy_version=version.id, event=event.id)

    @mutation(APPROVE, "不采纳权限策略的修改: by any administrator, also by who proposed it.")
    async def policy_version_reject(call: Call, input: PolicyVersionRejectInput) -> PolicyVersionPayload:
        version = await call.fetch(POLICY_VERSIONS, input.policy_version, to=APPROVE, version=input.expected_version)
        event = await policies.reject(call.session, version, input.reason, act=call.act)
        return changed(PolicyVersionPayload, policy_version=version.id, event=event.id)

    @mutation(GRANT, "Give a role that the policy in force brings itself (自定义角色), from now on. Not to oneself.")
    async def membership_grant_own_role(call: Call, input: MembershipGrantOwnRoleInput) -> MembershipPayload:
        account = await call.fetch(ACCOUNTS, input.account, to=GRANT)
        membership = await drafted(call, account, input)
        event = await memberships.give(call.session, membership, act=call.act)
        return changed(MembershipPayload, membership=membership.id, event=event.id)
