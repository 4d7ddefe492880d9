"""证卡核验 in the graph: the one question that needs no login, and the check that holder and issuer give along with the number of a card."""

from datetime import date, datetime
from typing import Annotated

import strawberry
from strawberry import Info

from authz.actions import Action
from domain.calendar import shanghai_day
from domain.verification import Verdict, Verified, check_of, seconds_to_wait, verify
from gql.enums import described
from gql.errors import RateLimited
from gql.fields import Call
from gql.reading.read import signed_in
from gql.supervisors import CARDS
from models.supervisors import SupervisorKind

described(
    Verdict,
    "核验结果: what a card is worth today.",
    called="CardStanding",
    VALID="有效.",
    SUSPENDED="暂停.",
    REVOKED="已取消.",
    CANCELLED="已注销: the holder no longer supervises.",
    EXPIRED="不在有效期内: past its validity, or before it.",
    UNKNOWN="无此证卡: no card of this number and check.",
)


@strawberry.type(
    description="证卡核验结果: what anybody may learn of a card. Nothing but the status of one that is unknown, and no name of one that is revoked."
)
class CardVerdict:
    status: Verdict = strawberry.field(description="What it is worth today.")
    kind: SupervisorKind | None = strawberry.field(description="External or internal.")
    masked_name: str | None = strawberry.field(description="The holder's name, shortened to the family name.")
    issuer: str | None = strawberry.field(description="核发机构: the name of who issued it.")
    valid_until: date | None = strawberry.field(description="The first day it no longer counts.")
    ledger_digest: str | None = strawberry.field(
        description="证卡台账: the digest, in hex, of the card's newest entry in its issuer's chained ledger. Whoever keeps it can tell later whether it was taken away."
    )
    print_number: int | None = strawberry.field(description="第几次印制: which print of the card counts; an earlier one was replaced (补发).")
    checked_at: datetime = strawberry.field(description="When this was said.")


@strawberry.type(description="证卡核验码: what the holder gives along with the number, for whoever wants to verify the card.")
class CardCheck:
    number: str = strawberry.field(description="证卡编号.")
    check: str = strawberry.field(description="核验码, like ABCD-EFGH-IJKL-MNOP.")


Number = Annotated[str, strawberry.argument(description="证卡编号, as it stands on the card, at most 40 characters.")]
Check = Annotated[str, strawberry.argument(description="核验码, at most 40 characters; hyphens, blanks and small letters do not matter.")]
OfCard = Annotated[strawberry.ID, strawberry.argument(description="The card.")]


async def verify_card(info: Info, number: Number, check: Check) -> CardVerdict | None:
    """Behind no wall: nothing of any tenant is there, and of the registry it reads one card."""
    context = info.context
    async with context.database.transaction() as session:
        in_time(await seconds_to_wait(session, context.address, at=context.now))
    async with context.database.transaction() as session:
        found = await verify(session, number, check, keys=context.id_keys, on=shanghai_day(context.now))
    return shown(found, at=context.now)


def in_time(wait: int | None) -> None:
    if wait is not None:
        raise RateLimited(wait)


def shown(found: Verified, *, at: datetime) -> CardVerdict:
    return CardVerdict(
        status=found.status,
        kind=found.kind,
        masked_name=found.name,
        issuer=found.issuer,
        valid_until=found.valid_until,
        ledger_digest=found.ledger_digest,
        print_number=found.print_number,
        checked_at=at,
    )


async def card_check(info: Info, card: OfCard) -> CardCheck | None:
    context, actor = info.context, signed_in(info.context)
    async with context.database.transaction(actor.tenant) as session:
        row = await Call(context, session, actor).fetch(CARDS, card, to=Action.CARD_READ_CHECK)
    return CardCheck(number=row.number, check=check_of(row.id, row.number, context.id_keys))


@strawberry.type
class Query:
    verify_card: CardVerdict | None = strawberry.field(
        resolver=verify_card,
        description="证卡核验: whether a card is good, by its number and check. Needs no login; once an operation, thirty times a quarter of an hour.",
    )
    card_check: CardCheck | None = strawberry.field(resolver=card_check, description="核验码: the check of a card, for its holder and its issuer.")
