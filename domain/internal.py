"""内督: an agency's own inspection of a session, by the internal supervisor who watches it (000 §5, §12, Y008, Y044; 003 §6, B010).

The agency is its own dispatcher (000 §6, 指派机构). It counts towards no ratio, rotation or stipend; it is compared with the external one (N11).
"""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import Period, shanghai_day
from domain.checklists import opened, valid_card
from domain.errors import Conflict
from domain.inspections import random_form
from domain.machine import Act, record, tenants
from domain.organizations import InForce
from domain.sessions import lacking, rules_of, valid_internal
from domain.visits import Visit, venue_of
from models.dispatch import Assignment, AssignmentStatus, TeamRole
from models.events import Event
from models.inspections import Inspection, InspectionStatus
from models.sessions import RecognitionSession, RecognitionSessionStatus
from models.supervisors import Supervisor

WATCHED = (RecognitionSessionStatus.STARTED, RecognitionSessionStatus.HELD)
"""From the beginning until the results are posted: what is written down later has not been watched."""
OPEN = "OPEN_INTERNAL"


async def open_internal(session: AsyncSession, recognition: RecognitionSession, *, act: Act) -> tuple[Inspection, Event]:
    """The inspection of who was named and has checked in, as leader and only member, on the form that the session's mode has.

    It is under way at once: nobody is asked, and the agency needs no notice of its own visit. Unmet for anybody else and before the check-in;
    Conflict STATE before the session begins and after its results, DUPLICATE the second time, OVERLAP with another duty of that time.
    """
    if recognition.status not in WATCHED:
        raise Conflict("STATE", status=recognition.status.value)
    force = await rules_of(session, recognition)
    watcher = await watching(session, recognition, force=force, act=act)
    mine = (col(Assignment.recognition_session_id) == recognition.id, col(Assignment.supervisor_id) == watcher.id)
    if (await session.exec(select(Assignment.id).where(*mine, col(Assignment.internal)))).first() is not None:
        raise Conflict("DUPLICATE")
    visit = Visit(venue_of(recognition, force.rules), Period(recognition.starts_at, recognition.ends_at))
    row = Inspection(
        **tenants(recognition),
        form=random_form(force.rules),
        venue=visit.venue,
        internal=True,
        dispatcher_id=act.organization_id,
        recognition_session_id=recognition.id,
        profile_id=force.id,
        scheduled_on=visit.day,
        status=InspectionStatus.IN_PROGRESS,
        notified_at=act.at,
    )
    session.add(row)
    await session.flush()
    event = await record(session, row, step=OPEN, act=act, after=row.status, profile_id=force.id)
    await seat(session, row, recognition, watcher=watcher, force=force, act=act)
    await opened(session, row, force, act=act)
    return row, event


async def watching(session: AsyncSession, recognition: RecognitionSession, *, force: InForce, act: Act) -> Supervisor:
    """Who was named, has come and acts; still valid on the day of the session."""
    query = select(Supervisor).where(col(Supervisor.id) == recognition.internal_supervisor_id, col(Supervisor.person_id) == act.by)
    found = (await session.exec(query)).one_or_none()
    if found is None or recognition.internal_checked_in_at is None:
        raise lacking(force)
    return await valid_internal(session, recognition, found.id, rules=force)


async def seat(
    session: AsyncSession, row: Inspection, recognition: RecognitionSession, *, watcher: Supervisor, force: InForce, act: Act
) -> Assignment:
    """The place of who is there already, with the card it was checked by; without one where nobody issues any (D07)."""
    carded = force.rules.text("card.issuer.internal") != "NONE"
    card = await valid_card(session, watcher.id, on=shanghai_day(recognition.starts_at)) if carded else None
    place = Assignment(
        **tenants(row),
        inspection_id=row.id,
        supervisor_id=watcher.id,
        person_id=watcher.person_id,
        dispatcher_id=row.dispatcher_id,
        recognition_session_id=recognition.id,
        duty_on=row.scheduled_on,
        internal=True,
        role=TeamRole.LEADER,
        status=AssignmentStatus.CHECKED_IN,
        starts_at=recognition.starts_at,
        ends_at=recognition.ends_at,
        reply_by=act.at,
        replied_at=act.at,
        card_id=card.id if card else None,
        checked_in_at=recognition.internal_checked_in_at,
    )
    session.add(place)
    await session.flush()
    await record(session, place, step="SEAT", act=act, after=place.status, profile_id=force.id)
    return place
