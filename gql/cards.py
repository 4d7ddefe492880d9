"""What is done to people and cards: a card issued at once, an id number shown once."""

from datetime import date

import strawberry

from authz.actions import Action
from domain import replacements
from domain.identity_numbers import reveal
from domain.training import NewCard, issue_at_once
from gql.fields import VERSION, Call, Keyed, changed, mutation
from gql.organizations import EVENTS, Event
from gql.reading.declare import bound, given
from gql.supervisors import CARDS, PERSONS, SUPERVISORS, Card, Person


@strawberry.input(description="A card to issue.")
class CardIssueInput(Keyed):
    supervisor: strawberry.ID = strawberry.field(description="For whom; on the roster of the issuer.")
    number: str = strawberry.field(description="证卡编号, at most 40 characters; once per issuer.")
    valid_from: date = strawberry.field(description="The first day it counts.")
    valid_until: date = strawberry.field(description="The first day it no longer counts; every card has one (本系统默认, the text names no end).")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="A card to print anew.")
class CardReplaceInput(Keyed):
    card: strawberry.ID = strawberry.field(description="The card that was lost or spoilt.")
    replaced_on: date = strawberry.field(description="补发日期: today at the latest.")
    reason: str = strawberry.field(description="遗失、损毁等事由, at most 500 characters.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Whose id number to show, and why.")
class PersonRevealIdentityInput(Keyed):
    person: strawberry.ID = strawberry.field(description="Whose.")
    purpose: str = strawberry.field(description="查询用途, 1 to 500 characters; it is kept with the name of who asked.")


@strawberry.type(description="An id number, shown once.")
class PersonRevealIdentityPayload:
    person: Person | None = given("person", PERSONS, "Whose it is.")
    id_number: str | None = bound("id_number", "公民身份号码. Kept in no log and not said again: null where the key was answered before.")
    event: Event | None = given("event", EVENTS, "The event written: who had it shown, when, and why.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="A card after a step.")
class CardPayload:
    card: Card | None = given("card", CARDS, "The card.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type
class Mutation:
    @mutation(
        Action.CARD_ISSUE,
        "Issue a card (核发证卡) to somebody on the own roster, where the rules ask for no training and exam first. Not to who is on the blacklist.",
    )
    async def card_issue(call: Call, input: CardIssueInput) -> CardPayload:
        supervisor = await call.fetch(SUPERVISORS, input.supervisor, to=Action.CARD_ISSUE, version=input.expected_version)
        card, event = await issue_at_once(call.session, supervisor, NewCard(input.number, input.valid_from, input.valid_until), act=call.act)
        return changed(CardPayload, card=card.id, event=event.id)

    @mutation(
        Action.CARD_REPLACE,
        "Print a lost or spoilt card anew (补发证卡), as its issuer: the same number and validity under the next print number. The print before counts no "
        "more, and stays in the history with day and reason. No text speaks of it (本系统默认).",
    )
    async def card_replace(call: Call, input: CardReplaceInput) -> CardPayload:
        card = await call.fetch(CARDS, input.card, to=Action.CARD_REPLACE, version=input.expected_version)
        event = await replacements.replace(call.session, card, on=input.replaced_on, reason=input.reason, act=call.act)
        return changed(CardPayload, card=card.id, event=event.id)

    @mutation(Action.PERSON_REVEAL_IDENTITY, "Show somebody's whole id number (查看身份号码) once, for a purpose. Each time is recorded.")
    async def person_reveal_identity(call: Call, input: PersonRevealIdentityInput) -> PersonRevealIdentityPayload:
        person = await call.fetch(PERSONS, input.person, to=Action.PERSON_REVEAL_IDENTITY)
        number, event = await reveal(call.session, person, input.purpose, keys=call.context.id_keys, within=call.actor.tenant, act=call.act)
        call.told["id_number"] = number
        return changed(PersonRevealIdentityPayload, person=person.id, event=event.id)
