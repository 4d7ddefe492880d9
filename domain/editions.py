"""The next version of a center's rules: what is in force on its day, with the lines that change (N4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import shanghai_day
from domain.errors import BadInput, Conflict
from domain.machine import Act
from domain.organizations import published, rules_for
from domain.profiles import BadProfile, as_json, from_json, to_json
from domain.texts import checked
from domain.tightening import LONGEST_KEY, Said, read_lines
from models.events import Event
from models.organizations import Organization, Profile

LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Amendment:
    """A later version of the rules of a center: the lines that change or come in, and the keys that go out."""

    effective_from: date
    rules: Sequence[Said]
    removes: Sequence[str] = ()
    title: str | None = None


async def amend(session: AsyncSession, center_id: UUID, said: Amendment, *, act: Act) -> tuple[Profile, Event]:
    """Publishes what is in force on the day with these changes, to hold from that day on. What was judged before stays judged (INV15).

    BadInput for a day that has come, or rules that do not fit together; Conflict DUPLICATE where another version begins that day.
    """
    coming("effectiveFrom", said.effective_from, act=act)
    before = (await rules_for(session, center_id, on=said.effective_from)).rules
    lines = {str(one["id"]): one for one in to_json(before)} | {one.id: as_json(one) for one in read_lines(said.rules)}
    absent = next((key for key in said.removes if key not in lines), None)
    if absent is not None:
        raise BadInput("removes", "rule_unknown", key=absent[:LONGEST_KEY])
    kept = [line for key, line in lines.items() if key not in said.removes]
    title = before.title if said.title is None else checked("title", said.title, LONGEST_TITLE)
    try:
        profile = from_json(kept, slug=before.slug, title=title, effective_from=said.effective_from)
    except BadProfile as refused:
        raise BadInput("rules", "rule_value", key=refused.key, form=refused.reason) from refused
    if dict(profile.rules) == dict(before.rules) and title == before.title:
        raise Conflict("DUPLICATE")
    center = (await session.exec(select(Organization).where(col(Organization.id) == center_id))).one()
    return await published(session, center, profile, act=act)


def coming(field: str, day: date, *, act: Act) -> None:
    """Refuses a day that has come: rules of a day never change once it has begun, so that what it judged can be judged again (INV15)."""
    if day <= shanghai_day(act.at):
        raise BadInput(field, "past")
