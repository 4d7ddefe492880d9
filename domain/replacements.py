"""补发证卡: a card that was lost or spoilt is printed anew (000 §13; 003 §9 has the issuer answer for its cards)."""

from datetime import date

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import shanghai_day
from domain.errors import BadInput, Conflict
from domain.machine import Act, record
from domain.supervisors import printed
from domain.texts import checked
from models.events import Event
from models.supervisors import Card, CardStatus

LONGEST_REASON = 500


async def replace(session: AsyncSession, card: Card, *, on: date, reason: str, act: Act) -> Event:
    """The same card, number and validity, under its next print; the print before counts no more, and its day and reason stay in the history.

    Conflict STATE for a card that does not count; BadInput for a day ahead, or before the last print.
    """
    if card.status is not CardStatus.ACTIVE:
        raise Conflict("STATE", status=card.status.value)
    if card.valid_until <= shanghai_day(act.at):
        raise Conflict("STATE", status="EXPIRED")
    if on > shanghai_day(act.at):
        raise BadInput("replacedOn", "future")
    if card.replaced_on is not None and on < card.replaced_on:
        raise BadInput("replacedOn", "dates_reversed")
    why = checked("reason", reason, LONGEST_REASON)
    card.print_number, card.replaced_on = card.print_number + 1, on
    return printed(card, await record(session, card, step="REPLACE", act=act, before=card.status, after=card.status, reason=why))
