"""What a change of the policy would do, in the graph: its lines in, who gains and loses what out."""

from collections.abc import Sequence

import strawberry
from sqlmodel.ext.asyncio.session import AsyncSession

from authz.access import VERSIONS
from authz.actor import Role
from authz.changes import Addition, Cell, difference, digest_between
from authz.changes import changed as applied
from authz.policy import BadPolicy, Said, Table, digest_of
from authz.relations import Relation
from authz.situations import Place, tiers_of
from domain import policies
from domain.errors import BadInput
from domain.policies import MOST_SHOWN, Shown
from gql.enums import described
from gql.fields import Call
from gql.reading.declare import column
from models.database import reading_in
from models.organizations import Tier

described(
    Relation,
    "关系: how a row stands to who asks.",
    SUBTREE="At or below the organization acted for.",
    OWN_ORG="Of the organization acted for itself.",
    ISSUER="发证机构: the organization issued the card.",
    DISPATCHER="指派机构: the organization dispatched or appointed.",
    INSPECTED="被督导评价机构, once it has been served.",
    TEAM_MEMBER="督导组成员.",
    SELF="本人.",
    SHARED="Rows that everybody may see.",
    EMPLOYER="所在单位: the inspected agency employs the person; only takes rights.",
    ASSESSOR="考评人员 at the same time; only takes rights.",
    BARRED="No valid card or term, or on the blacklist; only takes rights.",
)
described(
    Place,
    "位置: where a row lies, seen from the organization acted for.",
    OWN="本机构.",
    SAME_DISTRICT="本区.",
    SAME_CENTER="同一中心.",
    ELSEWHERE="其他辖区.",
)

MOST_CHANGES = 200
LONGEST_LINE = 200


@strawberry.type(description="差异的一项: in situations of this form a role gains an action or loses it.")
class PolicyChange:
    role: str = column("role", "角色; `anyone` for everybody who signed in.")
    action: str = column("action", "The verb, `object.action`.")
    gains: bool = column("gains", "Whether it is gained; else it is lost.")
    standing: list[Relation] = column("standing", "The relations that stand there.")
    lacking: list[Relation] = column("lacking", "The relations that do not; all others make no difference.")
    places: list[Place] = column("places", "Where such rows lie.")
    situations: int = column("situations", "How many situations have this form, of 1024.")


@strawberry.type(description="持有人数: how many people hold a role in the jurisdiction.")
class PolicyHeads:
    role: str = column("role", "角色; `anyone` for everybody with a role.")
    people: int = column("people", "How many people hold it at that time.")


@strawberry.type(description="试运行的结果: what a policy would change in the one in force. Nothing is stored.")
class PolicyDifference:
    base: int = strawberry.field(description="The number of the version in force, against which it is held.")
    digest: str = strawberry.field(description="What `policyVersionApprove` expects: it stands for this text and this difference.")
    count: int = strawberry.field(description="How many changes there are.")
    changes: list[PolicyChange] = strawberry.field(description="The first 500 of them.")
    heads: list[PolicyHeads] = strawberry.field(description="How many people hold the roles of these changes now.")


@strawberry.input(description="A line to add.")
class PolicyLineInput:
    line: str = strawberry.field(description="`p, role, RELATION, object, action, allow` or `g, new_role, center`; new roles stand below one tier.")
    article: str = strawberry.field(description="依据: the article, at most 500 characters.")


@strawberry.input(description="A change of the policy in force, at most 200 lines each way.")
class PolicyChangesInput:
    adds: list[PolicyLineInput] = strawberry.field(default_factory=list, description="Lines to add.")
    removes: list[str] = strawberry.field(default_factory=list, description="Lines to take out, each as it stands.")


def compiled(said: Sequence[Said]) -> Table:
    """Raises BadInput naming the line at fault."""
    try:
        return VERSIONS.compiled(said)
    except BadPolicy as refused:
        raise BadInput("changes", refused.problem, line=refused.said[:LONGEST_LINE]) from None


def asked_for(said: Sequence[Said], changes: PolicyChangesInput) -> tuple[Said, ...]:
    """The lines after the change. Raises BadInput."""
    if not changes.adds and not changes.removes:
        raise BadInput("changes", "required")
    if max(len(changes.adds), len(changes.removes)) > MOST_CHANGES:
        raise BadInput("changes", "too_many", most=MOST_CHANGES)
    try:
        return applied(said, adds=[Addition(one.line, one.article) for one in changes.adds], removes=changes.removes)
    except BadPolicy as refused:
        raise BadInput("changes", refused.problem, line=refused.said[:LONGEST_LINE]) from None


async def base_of(call: Call) -> tuple[int, Table]:
    """The version in force, as the transaction sees it."""
    number = await policies.current(call.session, call.act.organization_id)
    return number, await VERSIONS.ensure(await reading_in(call.session), number)


async def weighed(call: Call, said: Sequence[Said]) -> tuple[Shown, tuple[Cell, ...]]:
    """A policy beside the one in force. Raises BadInput where it may not be one."""
    number, base = await base_of(call)
    cells = difference(base, compiled(said))
    shown = Shown(
        said=said,
        digest=digest_of(said),
        base=number,
        difference=digest_between(number, said, cells),
        cells=[one.stored() for one in cells],
        heads=await policies.heads(call.session, call.act.organization_id, at=call.act.at),
    )
    return shown, cells


async def lines_of(session: AsyncSession, number: int) -> tuple[Said, ...]:
    return await VERSIONS.read(await reading_in(session), number)


def presented(shown: Shown, cells: Sequence[Cell]) -> PolicyDifference:
    roles = dict.fromkeys(one.role for one in cells)
    return PolicyDifference(
        base=shown.base,
        digest=shown.difference,
        count=len(cells),
        changes=[PolicyChange(**{**one.stored(), "action": one.action.value}) for one in cells[:MOST_SHOWN]],
        heads=[PolicyHeads(role=role, people=shown.heads.get(role, 0)) for role in roles],
    )


def own_role(policy: Table, role: str, *, tier: Tier) -> None:
    """Raises BadInput where the policy brings no such role, or brings it for another tier. Roles of ours are given by their own mutations."""
    if role not in policy.roles or role in set(Role):
        raise BadInput("role", "unknown")
    if tier not in tiers_of(role, policy):
        raise BadInput("role", "role_of_tier")
