"""现行规则 in the graph: what holds for one organization on a day, with where each line comes from."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import Info

from authz.access import require
from authz.actions import Action
from authz.errors import NotFound
from domain import returns
from domain.profiles import value_shown
from domain.rule_keys import KEYS, Tighter
from domain.standing import Line, Standing, standing
from gql import ids
from gql.enums import described
from gql.organizations import PREFIXES
from gql.reading.read import signed_in
from models.organizations import Profile as ProfileRow

described(
    Tighter,
    "从严方向: which way implementing rules may move a rule (003 §18).",
    HIGHER="只能提高.",
    LOWER="只能降低.",
    ON="只能启用.",
    MORE="只能增加.",
)


@strawberry.type(description="现行规则的一项: one rule as it holds, and where it comes from.")
class StandingRule:
    key: str = strawberry.field(description="The name of the rule, like `team.min`.")
    value: str = strawberry.field(description="Its value as text.")
    article: str = strawberry.field(description="依据: where the text it comes from says so.")
    source: strawberry.ID = strawberry.field(description="来源: the profile or the implementing rules that it comes from.")
    profile_value: str | None = strawberry.field(description="What the profile itself says, where implementing rules are stricter.")
    profile_article: str | None = strawberry.field(description="And where it says so.")
    tighter: Tighter | None = strawberry.field(description="Which way implementing rules may move it; null where they may not.")


@strawberry.type(
    description="现行规则: what holds for an organization on a day (003 §18, 000 §24): the profile of its center, refined by those below."
)
class StandingRules:
    on: date = strawberry.field(description="The day.")
    profile: strawberry.ID = strawberry.field(description="规则集: the profile in force.")
    overlays: list[strawberry.ID] = strawberry.field(description="实施细则: those in force, the district's before the agency's.")
    version: str = strawberry.field(description="As a refusal names them together.")
    rules: list[StandingRule] = strawberry.field(description="Every rule that is on.")


OfOrganization = Annotated[strawberry.ID, strawberry.argument(description="The center, district or agency.")]
OnDay = Annotated[date, strawberry.argument(description="The day.")]


async def rules_in_force(info: Info, organization: OfOrganization, on: OnDay) -> StandingRules | None:
    context, actor = info.context, signed_in(info.context)
    id = ids.read(str(organization), PREFIXES.values())
    async with context.database.transaction(actor.tenant) as session:
        found = await returns.organization(session, id)
        if found is None or not str(organization).startswith(PREFIXES[found.tier]):
            raise NotFound
        require(actor, Action.PROFILE_READ, ProfileRow.model_construct(organization_id=found.center_id))
        return shown(await standing(session, found, on=on), on)


def shown(found: Standing, on: date) -> StandingRules:
    profile = ids.shown("prof", found.force.id)
    return StandingRules(
        on=on,
        profile=strawberry.ID(profile),
        overlays=[strawberry.ID(ids.shown("ovl", one)) for one in found.refined_by],
        version=found.version,
        rules=[rule(one, profile) for one in found.lines],
    )


def rule(line: Line, profile: str) -> StandingRule:
    return StandingRule(
        key=line.rule.id,
        value=value_shown(line.rule.value),
        article=line.rule.article,
        source=strawberry.ID(profile if line.by is None else ids.shown("ovl", line.by)),
        profile_value=None if line.above is None else value_shown(line.above.value),
        profile_article=None if line.above is None else line.above.article,
        tighter=KEYS[line.rule.id].tighter,
    )


@strawberry.type
class Query:
    rules_in_force: StandingRules | None = strawberry.field(
        resolver=rules_in_force, description="现行规则: the rules in force for an organization on a day, and what each line comes from."
    )
