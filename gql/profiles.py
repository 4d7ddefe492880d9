"""Rules as a client writes them, and the next version of a center's profile."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

import strawberry
from strawberry import Info

from authz.actions import Action
from domain import editions
from domain.editions import Amendment
from domain.organizations import Texts
from domain.tightening import Said
from gql.fields import Call, Keyed, changed, mutation
from gql.ids import shown
from gql.organizations import EVENTS, PROFILES, Event, Profile
from gql.reading.declare import bound, given
from gql.reading.read import signed_in
from gql.rules import ProfileChange
from models.organizations import Profile as ProfileRow

PUBLISH = Action.PROFILE_PUBLISH
HEADING = ("number", "issuer", "adopted_by", "authority", "interpreter")
"""What stands above the articles: rules of the profile too, under these keys."""


@strawberry.input(description="规则: one rule, and the article that says so.")
class RuleInput:
    key: str = strawberry.field(description="The name of the rule, like `team.min`.")
    value: str = strawberry.field(description="Its value: a number, `true`, `false` or a list as JSON, anything else as it is; a ratio is `2/5`.")
    article: str = strawberry.field(description="依据: where it is written, at most 200 characters.")


def said(rules: Sequence[RuleInput]) -> list[Said]:
    return [Said(one.key, one.value, one.article) for one in rules]


@strawberry.input(description="What would change in the rules of the center, and from which day on.")
class ProfilePreviewInput:
    effective_from: date = strawberry.field(description="施行日期: the first day it holds, tomorrow at the earliest.")
    title: str | None = strawberry.field(default=None, description="The title, at most 200 characters; without it, as before.")
    number: str | None = strawberry.field(
        default=None, description="文号, at most 2000 characters; without it, as before. So with the four that follow."
    )
    issuer: str | None = strawberry.field(default=None, description="发布机构: who issues it, at most 2000 characters.")
    adopted_by: str | None = strawberry.field(default=None, description="审议: by which meeting it was adopted, at most 2000 characters.")
    authority: str | None = strawberry.field(default=None, description="依据: the higher documents it rests on, at most 2000 characters.")
    interpreter: str | None = strawberry.field(default=None, description="解释机构: who interprets it, at most 2000 characters.")
    code_of_conduct: str | None = strawberry.field(
        default=None,
        description="工作守则 (000 §8(八)), in full, at most 8000 characters: what `assignmentAccept` acknowledges. Without it, as before; blank, none.",
    )
    exam_room_rules: str | None = strawberry.field(
        default=None, description="考场规则 (000 §8(八)), in full, at most 8000 characters. Without it, as before; blank, none."
    )
    rules: list[RuleInput] = strawberry.field(default_factory=list, description="Rules that change or come in, at most 120.")
    removes: list[str] = strawberry.field(default_factory=list, description="The names of rules that go out; what every profile needs may not.")

    def amendment(self) -> Amendment:
        heading = {key: getattr(self, key) for key in HEADING}
        return Amendment(self.effective_from, said(self.rules), self.removes, self.title, heading, Texts(self.code_of_conduct, self.exam_room_rules))


@strawberry.input(description="What changes in the rules of the center, and from which day on.")
class ProfilePublishInput(ProfilePreviewInput, Keyed):
    pass


@strawberry.type(description="预览: what publishing an edition would change. Nothing is stored.")
class ProfilePreview:
    profile: strawberry.ID = strawberry.field(description="The edition it would take the place of.")
    until: date | None = strawberry.field(
        description="The first day of an edition that is published already and would take its place; null: it would stay."
    )
    difference: list[ProfileChange] = strawberry.field(description="修订内容: as `Profile.difference` would then say.")


async def profile_preview(info: Info, input: ProfilePreviewInput) -> ProfilePreview | None:
    """For who may publish one: whoever may not is refused as by the act itself, and so is what the act would refuse."""
    context, actor = info.context, signed_in(info.context)
    async with context.database.transaction(actor.tenant) as session:
        call = Call(context, session, actor)
        call.require(PUBLISH, ProfileRow.model_construct(organization_id=call.act.organization_id))
        made = await editions.drafted(session, call.act.organization_id, input.amendment(), act=call.act)
    return ProfilePreview(
        profile=strawberry.ID(shown("prof", made.before.id)),
        until=made.until,
        difference=[ProfileChange(**asdict(one)) for one in editions.difference(made)],
    )


@strawberry.type(description="A version just published.")
class ProfilePayload:
    profile: Profile | None = given("profile", PROFILES, "The whole version.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type
class Query:
    profile_preview: ProfilePreview | None = strawberry.field(
        resolver=profile_preview, description="修订预览: what `profilePublish` would change in the rules that hold until then, for who may publish."
    )


@strawberry.type
class Mutation:
    @mutation(PUBLISH, "发布规则集的新版本: the rules in force on that day with these changes. What was judged before stays judged.")
    async def profile_publish(call: Call, input: ProfilePublishInput) -> ProfilePayload:
        call.require(PUBLISH, ProfileRow.model_construct(organization_id=call.act.organization_id))
        profile, event = await editions.amend(call.session, call.act.organization_id, input.amendment(), act=call.act)
        return changed(ProfilePayload, profile=profile.id, event=event.id)
