"""独立填写 (N10): each member answers alone, what differs is shown to all, the leader reconciles it, and only then the form is signed (003 §11-12)."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.alone import entered_alone, refused
from domain.answers import Given, Part, complete, part_of, placed, proper, total
from domain.checklists import Sheet, assess_there, keep, on_duty, present, sheet_of, still_open
from domain.errors import BadInput, Conflict
from domain.machine import Act, Machine, advance, record, tenants
from domain.organizations import InForce, rules_of_visit
from domain.texts import checked
from models.checklists import ChecklistItem
from models.dispatch import Assignment, TeamRole
from models.entries import DoubleEntry, Entry, EntryStatus, Reconciliation
from models.events import Event
from models.inspections import Inspection

LONGEST_CLOSING, LONGEST_REASON = 500, 1000
SAID = ("value", "remark", "correction", "counted", "total", "score", "target", "responsible", "assessor_id")
COMPARED = ("value", "counted", "total", "score", "target", "responsible", "assessor_id")
"""What two entries of a line must have in common to agree: words may differ, findings not."""


class Step(StrEnum):
    COMPARE = "COMPARE"


STEPS: Machine = {(EntryStatus.ALONE, Step.COMPARE): EntryStatus.COMPARED}


async def enter(session: AsyncSession, inspection: Inspection, given: Sequence[Given], *, act: Act) -> tuple[DoubleEntry, Event]:
    """Keeps the caller's own answers, which nobody else reads before all are in; a later one to the same line replaces the earlier."""
    row, sheet, force = await open_for(session, inspection, EntryStatus.ALONE, act=act)
    mine = {one.item_id: one for one in await entries_of(session, row) if one.person_id == act.by}
    if any(one.finished_at for one in mine.values()):
        raise Conflict("STATE", status=row.status.value)
    lines = on_site(given, sheet)
    await assess_there(session, inspection, given)
    for one, item in lines:
        said = proper(one, item, force.rules)
        kept = mine.get(item.id)
        if kept is None:
            kept = Entry(
                double_entry_id=row.id, inspection_id=inspection.id, item_id=item.id, person_id=act.by, value=said.value, **tenants(inspection)
            )
        for name in SAID:
            setattr(kept, name, getattr(said, name))
        session.add(kept)
    return row, await record(session, row, step="ENTER", act=act, before=row.status, after=row.status, profile_id=force.id)


async def finish(session: AsyncSession, inspection: Inspection, *, act: Act) -> tuple[DoubleEntry, Event]:
    """The caller's entry is complete and stays as it is. With the last of those who checked in, all are compared; a team of one is compared at once."""
    row, sheet, force = await open_for(session, inspection, EntryStatus.ALONE, act=act)
    entries = await entries_of(session, row)
    mine = [one for one in entries if one.person_id == act.by]
    complete(sheet.items, {one.item_id for one in mine}, Part.SITE, rules=force.rules)
    if any(one.finished_at for one in mine):
        raise Conflict("STATE", status=row.status.value)
    for one in mine:
        one.finished_at = act.at
    row.finished += 1
    await session.flush()
    event = await record(session, row, step="FINISH", act=act, before=row.status, after=row.status, profile_id=force.id)
    team = await present(session, inspection)
    if {one.person_id for one in team} <= finished(entries):
        event = await compare(session, row, sheet, entries=entries, team=team, force=force, act=act)
    return row, event


async def close(session: AsyncSession, inspection: Inspection, reason: str, *, act: Act) -> tuple[DoubleEntry, Event]:
    """The leader does not wait for the others any longer, and says why (somebody had to leave): what they have entered so far is compared.

    Unmet before the leader's own entry is finished: nobody reads the others' first.
    """
    row, sheet, force = await open_for(session, inspection, EntryStatus.ALONE, act=act)
    team = leads(await present(session, inspection), act.by, force)
    entries = await entries_of(session, row)
    if act.by not in finished(entries):
        raise refused("entry.own_first", force.rules)
    row.closed_by, row.close_reason = act.by, checked("reason", reason, LONGEST_CLOSING)
    return row, await compare(session, row, sheet, entries=entries, team=team, force=force, act=act, reason=row.close_reason)


async def reconcile(session: AsyncSession, inspection: Inspection, given: Given, *, reason: str, act: Act) -> tuple[Reconciliation, Event]:
    """States what holds at a line and why, until the form is signed; also where all erred alike. The entries stay beside it."""
    row, sheet, force = await open_for(session, inspection, EntryStatus.COMPARED, act=act)
    leads(await present(session, inspection), act.by, force)
    ((said, item),) = on_site([given], sheet)
    await assess_there(session, inspection, [given])
    answer = proper(said, item, force.rules)
    mine = (col(Reconciliation.double_entry_id) == row.id, col(Reconciliation.item_id) == item.id)
    found = (await session.exec(select(Reconciliation).where(*mine))).one_or_none()
    line = found or line_of(row, item, differed=False)
    line.value, line.reason, line.person_id, line.reconciled_at = answer.value, checked("reason", reason, LONGEST_REASON), act.by, act.at
    line.version += 1 if found else 0
    session.add(line)
    await session.flush()
    for one in await entries_of(session, row):
        one.reconciliation_id = line.id if one.item_id == item.id else one.reconciliation_id
    keep(session, sheet, item, given=answer, by=act.by)
    summed(sheet)
    return line, await record(session, line, step="RECONCILE", act=act, reason=line.reason, profile_id=force.id)


async def open_for(session: AsyncSession, inspection: Inspection, status: EntryStatus, *, act: Act) -> tuple[DoubleEntry, Sheet, InForce]:
    """The independent entry of a visit for somebody who has checked in. Conflict where the form has none or it stands elsewhere; Unmet once signed."""
    await on_duty(session, inspection, act.by)
    force = await rules_of_visit(session, inspection)
    sheet = await sheet_of(session, inspection)
    await still_open(session, inspection, sheet, part=Part.SITE, rules=force.rules)
    row = await entered_alone(session, sheet.checklist)
    if row is None or row.status is not status:
        raise Conflict("STATE", status=inspection.status.value if row is None else row.status.value)
    return row, sheet, force


async def entries_of(session: AsyncSession, row: DoubleEntry) -> Sequence[Entry]:
    return (await session.exec(select(Entry).where(col(Entry.double_entry_id) == row.id).order_by(col(Entry.id)))).all()


def finished(entries: Iterable[Entry]) -> set[UUID]:
    return {one.person_id for one in entries if one.finished_at is not None}


def on_site(given: Sequence[Given], sheet: Sheet) -> list[tuple[Given, ChecklistItem]]:
    """The lines of the day; those after it are one member's, later (A24)."""
    lines = placed(given, sheet.items)
    if not lines:
        raise BadInput("answers", "required")
    for _, item in lines:
        if part_of(item.phase) is not Part.SITE:
            raise BadInput("answers", "not_on_site", item=item.code)
    return lines


def leads(team: Sequence[Assignment], person_id: UUID, force: InForce) -> Sequence[Assignment]:
    """Unmet for who is not the leader, where the leader came; else any member may."""
    leaders = {one.person_id for one in team if one.role is TeamRole.LEADER}
    if leaders and person_id not in leaders:
        raise refused("team.leader", force.rules)
    return team


def alike(one: Entry, other: Entry) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in COMPARED)


def line_of(row: DoubleEntry, item: ChecklistItem, *, differed: bool) -> Reconciliation:
    return Reconciliation(
        double_entry_id=row.id,
        checklist_id=row.checklist_id,
        inspection_id=row.inspection_id,
        item_id=item.id,
        differed=differed,
        **tenants(row),
    )


def summed(sheet: Sheet) -> None:
    sheet.checklist.score, sheet.checklist.score_of = total(sheet.lines()) or (None, None)
    sheet.checklist.version += 1


async def compare(
    session: AsyncSession,
    row: DoubleEntry,
    sheet: Sheet,
    *,
    entries: Sequence[Entry],
    team: Sequence[Assignment],
    force: InForce,
    act: Act,
    reason: str | None = None,
) -> Event:
    """Shows all entries to all. Where they agree the form has its answer, in the words of the leader; where not, the line is open."""
    first = {one.person_id: n for n, one in enumerate(team)}
    several: dict[UUID, list[Entry]] = {}
    for one in sorted(entries, key=lambda one: first.get(one.person_id, len(first))):
        several.setdefault(one.item_id, []).append(one)
    differing: dict[UUID, Reconciliation] = {}
    for item in sheet.items:
        said = several.get(item.id, [])
        if said and all(alike(said[0], one) for one in said[1:]):
            keep(session, sheet, item, given=as_given(said[0], item), by=said[0].person_id)
        elif said:
            differing[item.id] = line_of(row, item, differed=True)
    session.add_all(differing.values())
    await session.flush()
    for one in entries:
        one.opened_at = act.at
        one.reconciliation_id = differing[one.item_id].id if one.item_id in differing else None
    summed(sheet)
    compared = [item for item, said in several.items() if len(said) > 1]
    row.compared, row.agreed, row.compared_at = len(compared), len([item for item in compared if item not in differing]), act.at
    return await advance(session, row, STEPS, step=Step.COMPARE, act=act, reason=reason, profile_id=force.id)


def as_given(entry: Entry, item: ChecklistItem) -> Given:
    return Given(item.code, **{name: getattr(entry, name) for name in SAID if name != "target"})
