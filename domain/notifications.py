"""From events to notifications. The event is its own outbox: what is told of it, and to whom, stands in one table."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.machine import Act, Machine, advance
from domain.telling import MODELS, PERSON, SENDER, TEAM, TELLS, Told
from models.base import HOUSE, new_id, table_of
from models.dispatch import Assignment, AssignmentStatus
from models.events import Event
from models.inspections import Inspection
from models.notifications import Notification, NotificationStatus, Relay
from models.organizations import Organization

LIVE = (AssignmentStatus.OFFERED, AssignmentStatus.ACCEPTED, AssignmentStatus.CHECKED_IN, AssignmentStatus.DONE)
AT_A_TIME = 200
LONGEST_OCCASION = 40


class Step(StrEnum):
    MARK_READ = "MARK_READ"


STEPS: Machine = {(NotificationStatus.UNREAD, Step.MARK_READ): NotificationStatus.READ}


async def behind(session: AsyncSession, center_id: UUID) -> Sequence[UUID]:
    """The organizations of a center of which something has happened that was not told yet."""
    o, e, r = table_of(Organization), table_of(Event), table_of(Relay)
    more = exists().where(e.c.organization_id == o.c.id, e.c.sequence > func.coalesce(r.c.sequence, 0)).correlate_except(e)
    homes = select(o.c.id).outerjoin(r, r.c.organization_id == o.c.id).where(o.c.center_id == center_id, more)
    return (await session.exec(homes.order_by(o.c.id))).all()


async def relay(session: AsyncSession, organization: Organization) -> tuple[bool, int]:
    """Tells the next events of an organization's chain, in their order, each once: whether there may be more, and how many
    notifications that made.

    A chain has no gaps and its order is that of the commits, so a number is all that must be kept. Nothing while another worker tells it.
    """
    first = insert(table_of(Relay)).values(organization_id=organization.id, center_id=organization.center_id, sequence=0)
    await session.exec(first.on_conflict_do_nothing())
    mine = select(Relay).where(col(Relay.organization_id) == organization.id).with_for_update(skip_locked=True)
    place = (await session.exec(mine, execution_options={"populate_existing": True})).one_or_none()
    if place is None:
        return False, 0
    after = select(Event).where(col(Event.organization_id) == organization.id, col(Event.sequence) > place.sequence)
    events = (await session.exec(after.order_by(col(Event.sequence)).limit(AT_A_TIME))).all()
    if not events:
        return False, 0
    place.sequence = events[-1].sequence
    session.add(place)
    return len(events) == AT_A_TIME, await tell(session, organization.center_id, events)


async def tell(session: AsyncSession, center_id: UUID, events: Sequence[Event]) -> int:
    spoken = [one for one in events if told_of(one) is not None]
    subjects = await subjects_of(session, spoken)
    teams = await teams_of(session, [one.subject_id for one in spoken if TEAM in to_whom(one)])
    senders = await senders_of(session, {one.subject_id: subjects.get(one.subject_id) for one in spoken if SENDER in to_whom(one)})
    organizations = await named(session, spoken, subjects, senders=senders)
    lines = [line for one in spoken for line in told_by(one, subjects.get(one.subject_id), teams=teams, organizations=organizations)]
    mine = [one | {"center_id": center_id} for one in lines]
    if mine:
        await session.exec(insert(table_of(Notification)).values(mine).on_conflict_do_nothing())
    return len(mine)


def told_of(event: Event) -> Told | None:
    model = MODELS.get(event.subject_kind)
    return TELLS.get((model, event.step)) if model else None


def to_whom(event: Event) -> tuple[str, ...]:
    found = told_of(event)
    return found.to if found else ()


async def subjects_of(session: AsyncSession, events: Iterable[Event]) -> dict[UUID, Any]:
    """What the events are about, one statement a kind."""
    found: dict[UUID, Any] = {}
    kinds: dict[str, set[UUID]] = {}
    for one in events:
        kinds.setdefault(one.subject_kind, set()).add(one.subject_id)
    for kind, ids in kinds.items():
        model: Any = MODELS[kind]
        found |= {row.id: row for row in (await session.exec(select(model).where(model.id.in_(ids)))).all()}
    return found


async def teams_of(session: AsyncSession, inspections: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    query = select(Assignment.inspection_id, Assignment.person_id).where(
        col(Assignment.inspection_id).in_(inspections), col(Assignment.status).in_(LIVE)
    )
    found: dict[UUID, list[UUID]] = {}
    for inspection, person in (await session.exec(query.order_by(col(Assignment.id)))).all() if inspections else ():
        found.setdefault(inspection, []).append(person)
    return found


async def senders_of(session: AsyncSession, rows: Mapping[UUID, Any]) -> dict[UUID, UUID]:
    """Who dispatched the inspection of each row."""
    visits = {id: row.inspection_id for id, row in rows.items() if row is not None}
    query = select(Inspection.id, Inspection.dispatcher_id).where(col(Inspection.id).in_(visits.values()))
    senders = dict((await session.exec(query)).all()) if visits else {}
    return {id: senders[visit] for id, visit in visits.items()}


async def named(
    session: AsyncSession, events: Sequence[Event], subjects: Mapping[UUID, Any], *, senders: Mapping[UUID, UUID]
) -> dict[UUID, Organization]:
    """The organizations that are told, for the tenants of each; by its row, too, who sent the team."""
    columns = [(subjects.get(one.subject_id), to) for one in events for to in to_whom(one) if to not in {PERSON, TEAM, SENDER}]
    ids = {getattr(row, to) for row, to in columns if row is not None} - {None} | set(senders.values())
    found = {one.id: one for one in (await session.exec(select(Organization).where(col(Organization.id).in_(ids)))).all()} if ids else {}
    return found | {row: found[sender] for row, sender in senders.items()}


def told_by(
    event: Event,
    row: Any,  # noqa: ANN401 - a row of any kind
    *,
    teams: Mapping[UUID, Sequence[UUID]],
    organizations: Mapping[UUID, Organization],
) -> list[dict[str, object]]:
    """The notifications of one event, as columns. Of what the house writes the reason is an occasion; of people it may hold more than an id."""
    about = told_of(event)
    if about is None or row is None or (about.once is not None and getattr(row, about.once) is None):
        return []
    occasion = (event.reason or "")[:LONGEST_OCCASION] or None if event.person_id == HOUSE else None
    said = {"kind": about.kind, "event_id": event.id, "subject_kind": event.subject_kind, "subject_id": event.subject_id, "at": event.at}
    said |= {"occasion": occasion, "status": NotificationStatus.UNREAD}
    lines: list[dict[str, object]] = []
    for to in about.to:
        people = teams.get(event.subject_id, ()) if to == TEAM else [row.person_id] if to == PERSON else ()
        lines += [{**said, "id": new_id(), **nowhere(person_id=one)} for one in people if one != HOUSE]
        place = organizations.get(row.id if to == SENDER else getattr(row, to)) if to not in {PERSON, TEAM} else None
        if place is not None:
            lines.append(
                {**said, "id": new_id(), **nowhere(organization_id=place.id), "district_id": place.district_id, "agency_id": place.agency_id}
            )
    return lines


def nowhere(*, organization_id: UUID | None = None, person_id: UUID | None = None) -> dict[str, object]:
    """To whom, behind no wall but the center's."""
    return {"organization_id": organization_id, "person_id": person_id, "district_id": None, "agency_id": None}


async def mark_read(session: AsyncSession, notification: Notification, *, act: Act) -> Event:
    """已阅: by the person it is for, or by anybody in office where it is for an organization. Conflict STATE the second time."""
    if notification.status is NotificationStatus.UNREAD:
        notification.read_at, notification.read_by = act.at, act.by
    return await advance(session, notification, STEPS, step=Step.MARK_READ, act=act)
