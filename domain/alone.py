"""What a form knows of independent entry (N10): whether its lines are entered alone, and whether all that differed is settled."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import Unmet
from domain.machine import Act, record, tenants
from domain.organizations import InForce
from domain.profiles import Profile
from models.checklists import Checklist, ChecklistItem
from models.entries import DoubleEntry, EntryStatus, Reconciliation
from models.inspections import Inspection

RULE = "checklist.entered_alone"
SECOND_PERSON = "003 §11, §12; 000 §8(十)"


async def begin(session: AsyncSession, checklist: Checklist, inspection: Inspection, *, force: InForce, act: Act) -> None:
    """Where the rules of the visit ask for it in this form of inspection; it is settled as the form is opened, for good. Not in an agency's own
    inspection, which one alone fills.
    """
    if inspection.internal or inspection.form not in force.rules.words(RULE):
        return
    row = DoubleEntry(checklist_id=checklist.id, inspection_id=inspection.id, **tenants(inspection))
    session.add(row)
    await session.flush()
    await record(session, row, step="BEGIN", act=act, after=row.status, profile_id=force.id)


async def entered_alone(session: AsyncSession, checklist: Checklist) -> DoubleEntry | None:
    return (await session.exec(select(DoubleEntry).where(col(DoubleEntry.checklist_id) == checklist.id))).one_or_none()


async def together(session: AsyncSession, checklist: Checklist, *, rules: Profile) -> None:
    """Unmet where nobody answers for the others: what was seen on the day is entered alone first, and reconciled then."""
    row = await entered_alone(session, checklist)
    if row is not None:
        raise refused(RULE, rules, finished=row.finished)


async def settled(session: AsyncSession, checklist: Checklist, *, rules: Profile) -> None:
    """Unmet while some have not finished, or a difference is open; it names the lines."""
    row = await entered_alone(session, checklist)
    if row is None:
        return
    if row.status is EntryStatus.ALONE:
        raise refused(RULE, rules, finished=row.finished)
    open_ = (col(Reconciliation.double_entry_id) == row.id, col(Reconciliation.reconciled_at).is_(None))
    query = select(ChecklistItem.code).join(Reconciliation, col(Reconciliation.item_id) == col(ChecklistItem.id)).where(*open_)
    lines = (await session.exec(query.order_by(col(ChecklistItem.position)))).all()
    if lines:
        raise refused("checklist.reconciled", rules, open=", ".join(lines))


def refused(rule: str, rules: Profile, **params: int | str) -> Unmet:
    found = rules.find(RULE)
    return Unmet(rule, found.article if found else SECOND_PERSON, rules.version, **params)
