"""The blacklist in the graph: entries for the center and for the person, listed or not for every institution that asks."""

from collections.abc import Sequence
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import ColumnElement
from strawberry import Info

from authz.access import holds, require_shared, shared
from authz.actions import Action
from authz.actor import Actor
from authz.relations import PERSON, World, there_is
from domain import blacklist, proposals
from domain.blacklist import Question, Subject, Verdict
from domain.proposals import Consequences
from gql import case_words as _  # noqa: F401 - what the enums below mean
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.ids import shown as typed
from gql.organizations import EVENTS, ORGANIZATIONS, Event, Organization, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, given, one, page, steps
from gql.reading.fragments import constant
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from gql.reading.read import signed_in
from gql.supervisors import PERSONS, Person
from models.base import table_of
from models.cases import BlacklistEntry as BlacklistEntryRow
from models.cases import BlacklistStatus, Ground
from models.cases import SupervisorCase as SupervisorCaseRow
from models.events import Event as EventRow

if TYPE_CHECKING:
    from gql.cases import SupervisorCase

BLACKLIST_ENTRIES = Source(BlacklistEntryRow, "BlacklistEntry", "blk")
LIST, REVIEW, UPHOLD, LIFT = Action.BLACKLIST_LIST, Action.BLACKLIST_REVIEW, Action.BLACKLIST_UPHOLD, Action.BLACKLIST_LIFT


def by_another(frame: Frame) -> ColumnElement[bool]:
    return frame.t.c.proposed_by != PERSON


def reviewed_by_another(frame: Frame) -> ColumnElement[bool]:
    return frame.t.c.review_by != PERSON


def decision_stands(frame: Frame) -> ColumnElement[bool]:
    """The revocation behind the entry was not taken back after an appeal."""
    c = table_of(SupervisorCaseRow).alias("behind")
    return ~there_is(c).where(c.c.id == frame.t.c.case_id, c.c.status == constant("LIFTED"))


@strawberry.type(description="质量督导失信黑名单的一条记录: follows a revocation (000 §23), is reviewed, may be lifted (both 本系统默认).")
class BlacklistEntry(Versioned):
    person: Person | None = one("person_id", PERSONS, "Who is listed.")
    ground: Ground = column("ground", "For what.")
    case: Annotated["SupervisorCase", strawberry.lazy("gql.cases")] | None = one("case_id", "gql.cases:CASES", "The case that led to it.")
    listed_by: Organization | None = one("listed_by_id", ORGANIZATIONS, "Who lists: the issuer of the revoked card, or the center by a proposal.")
    proposer: Organization | None = one("proposer_id", ORGANIZATIONS, "Whose proposal it is: of a revocation, the issuer's.")
    proposed_by: Person | None = one("proposed_by", PERSONS, "The first of two persons: who proposed it, or decided the revocation.")
    confirmed_by: Person | None = one("confirmed_by", PERSONS, "The second of them.")
    review_by: Person | None = one("review_by", PERSONS, "Who proposed the lifting, by calling for the latest review.")
    lifted_by: Person | None = one("lifted_by", PERSONS, "Who lifted: never who proposed it.")
    document: str = column("document", "The document it rests on.")
    decision_number: str = column("decision_number", "决定文号: under which all of the revocation stands.")
    status: BlacklistStatus = column("status", "Whether it blocks.")
    listed_on: date = column("listed_on", "Since when; of a proposal, since when it waits.")
    review_on: date = column("review_on", "When it must be looked at again.")
    reason: str | None = column("reason", "The reason of the proposal, or of the latest review, upholding or lifting.")
    available_steps: list[Step] = steps(
        Offered("blacklistEntryConfirm", LIST, ("PROPOSED",), to="LISTED", second_person=True, when=by_another),
        Offered("blacklistEntryDismiss", LIST, ("PROPOSED",), to="DISMISSED"),
        Offered("blacklistEntryReview", REVIEW, ("LISTED",), to="UNDER_REVIEW", second_person=True),
        Offered("blacklistEntryUphold", UPHOLD, ("UNDER_REVIEW",), to="LISTED", when=decision_stands),
        Offered("blacklistEntryLift", LIFT, ("UNDER_REVIEW",), to="LIFTED", second_person=True, when=reviewed_by_another),
    )


@strawberry.input(description="Which entries.")
class BlacklistEntryFilter:
    status: Among[BlacklistStatus] | None = where("status", "Whether they block.")
    ground: Among[Ground] | None = where("ground", "For what.")
    person: IdFilter | None = where("person_id", "Who is listed.", "per")
    listed_on: RangeFilter[date] | None = where("listed_on", "Since when.")
    review_on: RangeFilter[date] | None = where("review_on", "When they must be looked at again.")


@strawberry.enum(description="What entries may be sorted by.")
class BlacklistEntryOrder(Enum):
    LISTED_ON = strawberry.enum_value("listed_on", description="By the day of listing.")
    REVIEW_ON = strawberry.enum_value("review_on", description="By the day of the next review.")


ARGUMENTS = Arguments(BlacklistEntryFilter, BlacklistEntryOrder)


@strawberry.input(one_of=True, description="One person, by one of their numbers.")
class BlacklistSubject:
    id_number: str | None = strawberry.field(default=strawberry.UNSET, description="公民身份号码, 18 characters.")
    card_number: str | None = strawberry.field(default=strawberry.UNSET, description="证卡编号.")

    def asked(self) -> Subject:
        """The number given; the other one stands for not given."""
        return Subject(*(None if one is strawberry.UNSET else one for one in (self.id_number, self.card_number)))


@strawberry.input(description="Whom to look up, and why.")
class BlacklistCheckInput:
    purpose: str = strawberry.field(description="查询用途, 1 to 500 characters; it is kept with the name of who asked.")
    subjects: list[BlacklistSubject] = strawberry.field(description="One person for an agency, up to 50 for districts and centers.")


@strawberry.type(description="The answer about one subject.")
class BlacklistVerdict:
    index: int = strawberry.field(description="The place of the subject in the question, from 0.")
    listed: bool = strawberry.field(description="Whether the person stands on the blacklist, whoever listed them.")
    ground: Ground | None = strawberry.field(description="For what; null for who may not read it.")
    listed_on: date | None = strawberry.field(description="Since when; null for who may not read the ground.")
    review_on: date | None = strawberry.field(description="When it is reviewed; null for who may not read the ground.")


def shown(verdicts: Sequence[Verdict], *, ground: bool) -> list[BlacklistVerdict]:
    """Listed or not for all, what stands beside it for who may read the ground."""
    return [
        BlacklistVerdict(
            index=one.index,
            listed=one.listed,
            ground=one.ground if ground else None,
            listed_on=one.listed_on if ground else None,
            review_on=one.review_on if ground else None,
        )
        for one in verdicts
    ]


async def blacklist_check(info: Info, input: BlacklistCheckInput) -> list[BlacklistVerdict] | None:
    """The one question that writes: its log, in a transaction of its own."""
    context, actor = info.context, signed_in(info.context)
    require_shared(actor, Action.BLACKLIST_CHECK)
    async with context.database.transaction(actor.tenant) as session:
        question, act = Question([one.asked() for one in input.subjects], input.purpose), Call(context, session, actor).act
        found = await blacklist.check(session, question, tenant=actor.tenant, keys=context.id_keys, act=act)
    return shown(found, ground=shared(actor, Action.BLACKLIST_READ_GROUND))


@strawberry.type(description="What confirming or lifting an entry touches in the jurisdiction, before anybody does it.")
class BlacklistConsequences:
    blacklist_entry: strawberry.ID = strawberry.field(description="The entry.")
    open_assignment_count: int = strawberry.field(description="How many places in teams the person holds that listing would free for others.")
    open_assignments: list[strawberry.ID] = strawberry.field(description="These places.")
    inspections: list[strawberry.ID] = strawberry.field(description="The inspections that would lose a member.")
    cards: list[strawberry.ID] = strawberry.field(description="Cards not revoked: of no use while the person is listed, of use again when lifted.")


async def blacklist_consequences(
    info: Info, blacklist_entry: Annotated[strawberry.ID, strawberry.argument(description="The entry.")]
) -> BlacklistConsequences | None:
    """For who may take the step that is due: whoever may not is refused as by the step itself."""
    context, actor = info.context, signed_in(info.context)
    async with context.database.transaction(actor.tenant) as session:
        call = Call(context, session, actor)
        entry = await call.fetch(BLACKLIST_ENTRIES, blacklist_entry, to=Action.BLACKLIST_READ)
        call.require(LIST if entry.status is BlacklistStatus.PROPOSED else LIFT, entry)
        found = await proposals.consequences(session, entry)
    return touched(blacklist_entry, found, actor)


def touched(entry: strawberry.ID, found: Consequences, actor: Actor) -> BlacklistConsequences:
    """Of places only the ones the caller may see, or the answer would break the embargo."""
    world = World(inspections=found.inspections)
    seen = [one for one in found.places if holds(actor, Action.ASSIGNMENT_READ, one, world=world)]
    return BlacklistConsequences(
        blacklist_entry=entry,
        open_assignment_count=len(seen),
        open_assignments=[strawberry.ID(typed("asg", one.id)) for one in seen],
        inspections=[strawberry.ID(typed("insp", one.inspection_id)) for one in seen],
        cards=[strawberry.ID(typed("card", one.id)) for one in found.cards],
    )


@strawberry.type
class Query:
    blacklist_entries: Connection[BlacklistEntry] | None = page(
        None,
        BLACKLIST_ENTRIES,
        "Entries the caller may see: of the jurisdiction, area or issue, and the own.",
        type=Connection[BlacklistEntry],
        arguments=ARGUMENTS,
    )
    blacklist_entry: BlacklistEntry | None = row(BLACKLIST_ENTRIES, "One entry.", BlacklistEntry)
    blacklist_consequences: BlacklistConsequences | None = strawberry.field(
        resolver=blacklist_consequences, description="What confirming or lifting an entry touches, for who may do it."
    )
    blacklist_check: list[BlacklistVerdict] | None = strawberry.field(
        resolver=blacklist_check,
        description="Listed or not (黑名单查询), once an operation. Each question is kept with who asked and why; never the list.",
    )


@strawberry.input(description="Which proposal is confirmed.")
class BlacklistEntryConfirmInput(Keyed):
    blacklist_entry: strawberry.ID = strawberry.field(description="The entry.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="An entry, and why it is looked at again.")
class BlacklistEntryReviewInput(Keyed):
    blacklist_entry: strawberry.ID = strawberry.field(description="The entry.")
    reason: str = strawberry.field(description="Why, at most 2000 characters.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="An entry under review, and why it stays.")
class BlacklistEntryUpholdInput(BlacklistEntryReviewInput):
    pass


@strawberry.input(description="An entry under review, and why it is lifted.")
class BlacklistEntryLiftInput(BlacklistEntryReviewInput):
    pass


@strawberry.input(description="A proposal, and why nobody is listed.")
class BlacklistEntryDismissInput(BlacklistEntryReviewInput):
    pass


@strawberry.type(description="An entry after a step.")
class BlacklistEntryPayload:
    blacklist_entry: BlacklistEntry | None = given("blacklist_entry", BLACKLIST_ENTRIES, "The entry.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


async def taken(call: Call, input: BlacklistEntryReviewInput | BlacklistEntryConfirmInput, action: Action) -> BlacklistEntryRow:
    found: BlacklistEntryRow = await call.fetch(BLACKLIST_ENTRIES, input.blacklist_entry, to=action, version=input.expected_version)
    return found


def after(entry: BlacklistEntryRow, event: EventRow) -> BlacklistEntryPayload:
    return changed(BlacklistEntryPayload, blacklist_entry=entry.id, event=event.id)


@strawberry.type
class Mutation:
    @mutation(LIST, "List a proposed person (列入; 000 §23), by another person than who proposed it. Open places in teams are free for others.")
    async def blacklist_entry_confirm(call: Call, input: BlacklistEntryConfirmInput) -> BlacklistEntryPayload:
        entry = await taken(call, input, LIST)
        return after(entry, await proposals.confirm(call.session, entry, act=call.act))

    @mutation(LIST, "Dismiss a proposal (不予列入; 000 §23). It may be proposed again.")
    async def blacklist_entry_dismiss(call: Call, input: BlacklistEntryDismissInput) -> BlacklistEntryPayload:
        entry = await taken(call, input, LIST)
        return after(entry, await proposals.dismiss(call.session, entry, input.reason, act=call.act))

    @mutation(
        REVIEW, "Propose the lifting of an entry: it comes under review (复核). It blocks until it is lifted (本系统默认, 000 §23 is silent on it)."
    )
    async def blacklist_entry_review(call: Call, input: BlacklistEntryReviewInput) -> BlacklistEntryPayload:
        entry = await taken(call, input, REVIEW)
        return after(entry, await blacklist.review(call.session, entry, input.reason, act=call.act))

    @mutation(
        UPHOLD,
        "End a review: the entry stays, until the next review (本系统默认, 000 §23 is silent on it). Not where its decision was taken back after an appeal.",
    )
    async def blacklist_entry_uphold(call: Call, input: BlacklistEntryUpholdInput) -> BlacklistEntryPayload:
        entry = await taken(call, input, UPHOLD)
        return after(entry, await blacklist.uphold(call.session, entry, input.reason, act=call.act))

    @mutation(LIFT, "Lift an entry under review (解除), by another person than who called for the review (本系统默认, 000 §23 is silent on it).")
    async def blacklist_entry_lift(call: Call, input: BlacklistEntryLiftInput) -> BlacklistEntryPayload:
        entry = await taken(call, input, LIFT)
        return after(entry, await blacklist.lift(call.session, entry, input.reason, act=call.act))
