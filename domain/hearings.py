"""听取陈述申辩: whoever may decide a case hears the person first, and decides when the person has spoken, has waived it, or the days have passed.

No text asks for a hearing or counts its days: both are the house's default (regulation.md 1.8), the days are the profile's. A case that was never
put to a hearing is decided as before.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import shanghai_day
from domain.errors import BadInput, Conflict
from domain.holidays import working_days_on
from domain.machine import Act, Machine, advance, record
from domain.organizations import rules_for
from domain.texts import checked
from models.cases import SupervisorCase, SupervisorCaseStatus
from models.events import Event

LONGEST_PLACE = 200
LONGEST_STATEMENT = 4000
WORKING_DAYS = 5
"""Where the rules of a jurisdiction name no number: those published before there was such a key."""


class Step(StrEnum):
    HEAR = "HEAR"


STEPS: Machine = {(SupervisorCaseStatus.OPENED, Step.HEAR): SupervisorCaseStatus.HEARING}


@dataclass(frozen=True)
class Sitting:
    """Where the person is heard, and on which day."""

    day: date
    place: str


async def hear(session: AsyncSession, case: SupervisorCase, sitting: Sitting | None, *, act: Act) -> Event:
    """Puts a case to a hearing, in writing without a sitting. The person has the working days of the profile, and at least until the sitting.

    BadInput for a sitting that is not after today.
    """
    today = shanghai_day(act.at)
    rules = await rules_for(session, case.center_id, on=today)
    days = rules.rules.optional_integer("hearing.working_days") or WORKING_DAYS
    until = await working_days_on(session, case.center_id, today, days=days)
    if case.status is SupervisorCaseStatus.OPENED:
        if sitting is not None:
            if sitting.day <= today:
                raise BadInput("hearingOn", "past")
            case.hearing_place, case.hearing_on = checked("place", sitting.place, LONGEST_PLACE), sitting.day
            until = max(until, sitting.day)
        case.hearing_by, case.hearing_until = act.by, until
    return await advance(session, case, STEPS, step=Step.HEAR, act=act, profile_id=rules.id)


async def state(session: AsyncSession, case: SupervisorCase, said: str | None, *, act: Act) -> Event:
    """What the person says, once and for good; None waives it. Late is taken as long as nothing is decided. Conflict where it was said already."""
    if case.status is not SupervisorCaseStatus.HEARING or case.stated_at is not None:
        raise Conflict("STATE", status=case.status.value, step="STATE")
    case.statement, case.stated_at = None if said is None else checked("statement", said, LONGEST_STATEMENT), act.at
    status = case.status
    return await record(session, case, step="STATE", act=act, before=status, after=status)
