"""延期: the agency asks once for more time to rectify, before the day is over; whoever accepts the rectification grants it or refuses.

No text speaks of an extension: it is the house's default, and how far it may go is the profile's.
"""

from datetime import date

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import shanghai_day
from domain.errors import BadInput, Conflict, Unmet
from domain.holidays import working_days_on
from domain.machine import Act, record
from domain.organizations import rules_for
from domain.texts import checked
from models.events import Event
from models.opinions import Rectification, RectificationStatus

ARTICLE = "default 1.5 (Y041)"
LONGEST_REASON = 2000
KEY = "rectification.extension_working_days"
WORKING_DAYS = 10
"""Where the rules of a jurisdiction name no number: those published before there was such a key."""
UNDONE = (RectificationStatus.REQUIRED, RectificationStatus.SENT_BACK)


async def request(session: AsyncSession, row: Rectification, until: date, *, reason: str, act: Act) -> Event:
    """Until a day behind the last one, at most the working days of the profile. Unmet when the day is over, Conflict where it was asked before."""
    why, today = checked("reason", reason, LONGEST_REASON), shanghai_day(act.at)
    if row.status not in UNDONE or row.extension_until is not None:
        raise Conflict("STATE", status=row.status.value, step="REQUEST_EXTENSION")
    force = await rules_for(session, row.center_id, on=today)
    if today > row.due_on:
        raise Unmet("rectification.extension_late", ARTICLE, force.rules.version, until=str(row.due_on))
    days = force.rules.optional_integer(KEY) or WORKING_DAYS
    last = await working_days_on(session, row.center_id, row.due_on, days=days)
    if until <= row.due_on:
        raise BadInput("until", "past")
    if until > last:
        raise Unmet(KEY, ARTICLE, force.rules.version, until=str(last))
    row.extension_until, row.extension_reason, row.extension_asked_at = until, why, act.at
    return await record(session, row, step="REQUEST_EXTENSION", act=act, before=row.status, after=row.status, profile_id=force.id)


async def grant(session: AsyncSession, row: Rectification, *, act: Act) -> Event:
    """The day that was asked for is the last one from now on. What the letter says stays as it was served."""
    waiting(row)
    row.due_on, row.extension_granted = row.extension_until or row.due_on, True
    return await record(session, row, step="GRANT_EXTENSION", act=act, before=row.status, after=row.status)


async def refuse(session: AsyncSession, row: Rectification, reason: str, *, act: Act) -> Event:
    """The last day stays."""
    why = checked("reason", reason, LONGEST_REASON)
    waiting(row)
    row.extension_granted, row.extension_refusal = False, why
    return await record(session, row, step="REFUSE_EXTENSION", act=act, before=row.status, after=row.status, reason=why)


def waiting(row: Rectification) -> None:
    """Conflict where nothing waits for an answer: not asked, answered, or reported meanwhile."""
    if row.extension_until is None or row.extension_granted is not None or row.status not in UNDONE:
        raise Conflict("STATE", status=row.status.value)
