"""独立填写 in the graph: what each member of a team found alone, where they differ, and what the team made of it."""

from datetime import datetime

import strawberry
from sqlalchemy import ColumnElement

from authz.actions import Action
from authz.relations import there_is
from domain import entries
from domain.answers import Part
from gql.checklists import CHECKLISTS, AnswerInput, Checklist, answered
from gql.enums import described
from gql.fields import Call, changed, mutation, row
from gql.inspections import INSPECTIONS, Inspection, OfInspection, taken
from gql.organizations import EVENTS, Event, Step, Versioned
from gql.reading.declare import Frame, Offered, Source, bound, column, given, many, one, page, steps
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from gql.sessions import ASSESSORS, Assessor
from gql.supervisors import PERSONS, Person
from gql.templates import ITEMS, ChecklistItem
from models.base import table_of
from models.checklists import AnswerValue, FindingTarget, Signature
from models.entries import DoubleEntry as DoubleEntryRow
from models.entries import Entry as EntryRow
from models.entries import EntryStatus
from models.entries import Reconciliation as ReconciliationRow

described(
    EntryStatus,
    "独立填写的状态: where the independent entry of a form stands.",
    ALONE="各自填写中: every member enters alone; nobody reads what another entered.",
    COMPARED="已比对: all entries are open to the team, and what differs is to be reconciled.",
)

DOUBLE_ENTRIES = Source(DoubleEntryRow, "DoubleEntry", "dent")
ENTRIES = Source(EntryRow, "Entry", "ent")
RECONCILIATIONS = Source(ReconciliationRow, "Reconciliation", "rcn")


def unsigned(frame: Frame) -> ColumnElement[bool]:
    """Nobody has signed what was seen on the day yet."""
    s = table_of(Signature).alias("signed")
    return ~there_is(s).where(s.c.checklist_id == frame.t.c.checklist_id, s.c.part == Part.SITE.value)


@strawberry.type(description="独立填写的一项: what one member found at one line, before anybody else's entry was shown. It is never changed later.")
class Entry(Versioned):
    item: ChecklistItem | None = one("item_id", ITEMS, "The line.")
    person: Person | None = one("person_id", PERSONS, "Who entered it.")
    value: AnswerValue = column("value", "What was found.")
    remark: str | None = column("remark", "说明: the remark; a NO always has one.")
    correction: str | None = column("correction", "改正意见: what should be put right.")
    counted: int | None = column("counted", "The first of the two numbers of the line.")
    total: int | None = column("total", "The second of the two numbers of the line.")
    score: int | None = column("score", "打分: the points given.")
    target: FindingTarget = column("target", "Against whom it is.")
    responsible: str | None = column("responsible", "责任人: the person it names.")
    assessor: Assessor | None = one("assessor_id", ASSESSORS, "The assessor it is against.")
    finished_at: datetime | None = column("finished_at", "When the member had finished; null where the leader did not wait for it.")
    opened_at: datetime | None = column("opened_at", "When it was shown to the team.")


@strawberry.type(
    description="分歧与核对: one line at which the entries differ, or that the team corrected before signing; open until it is reconciled."
)
class Reconciliation(Versioned):
    item: ChecklistItem | None = one("item_id", ITEMS, "The line.")
    differed: bool = column("differed", "Whether the entries differ; false where all erred alike.")
    entries: list[Entry] = many("reconciliation_id", ENTRIES, "What each member entered at it.", order=("person_id",), cap=20)
    value: AnswerValue | None = column("value", "核对结果: what holds; null while it is open.")
    reason: str | None = column("reason", "核对理由: why.")
    person: Person | None = one("person_id", PERSONS, "Who reconciled it.")
    reconciled_at: datetime | None = column("reconciled_at", "When; null while it is open.")


@strawberry.input(description="Which entries.")
class EntryFilter:
    item: IdFilter | None = where("item_id", "At which lines.", "item")
    person: IdFilter | None = where("person_id", "By whom.", "per")
    value: Among[AnswerValue] | None = where("value", "What was found.")


ENTRY_ARGUMENTS = Arguments(EntryFilter)


@strawberry.type(
    description="独立填写: every member of a team answers the lines of the day alone; what differs is reconciled before the form is signed."
)
class DoubleEntry(Versioned):
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "The inspection.")
    checklist: Checklist | None = one("checklist_id", CHECKLISTS, "The form; its lines are filled as the entries agree or are reconciled.")
    status: EntryStatus = column("status", "Where it stands.")
    finished: int = column("finished", "How many members have finished their own entry.")
    compared: int | None = column("compared", "How many lines more than one member entered.")
    agreed: int | None = column("agreed", "一致项数: at how many of them all entries are alike.")
    compared_at: datetime | None = column("compared_at", "When the entries were shown to the team.")
    closed_by: Person | None = one("closed_by", PERSONS, "The leader who did not wait for the others; null where all had finished.")
    close_reason: str | None = column("close_reason", "Why.")
    entries: Connection[Entry] = page(
        "double_entry_id", ENTRIES, "What the members entered: one's own, and all once compared.", type=Connection[Entry], arguments=ENTRY_ARGUMENTS
    )
    reconciliations: list[Reconciliation] = many(
        "double_entry_id", RECONCILIATIONS, "分歧: the lines that differ, and those corrected, in the order of the form.", order=("item_id",), cap=100
    )
    available_steps: list[Step] = steps(
        Offered("doubleEntrySave", Action.INSPECTION_ENTER, ("ALONE",)),
        Offered("doubleEntryFinish", Action.INSPECTION_ENTER, ("ALONE",)),
        Offered("doubleEntryClose", Action.INSPECTION_RECONCILE, ("ALONE",), "COMPARED"),
        Offered("doubleEntryReconcile", Action.INSPECTION_RECONCILE, ("COMPARED",), when=unsigned),
    )


@strawberry.input(description="Which independent entries.")
class DoubleEntryFilter:
    status: Among[EntryStatus] | None = where("status", "Where they stand.")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    agency: IdFilter | None = where("agency_id", "At which agency.", "agc")
    compared_at: RangeFilter[datetime] | None = where("compared_at", "When they were compared.")


@strawberry.input(description="What the caller found, as far as it is entered. Lines that are not named stay as they are.")
class DoubleEntrySaveInput(OfInspection):
    answers: list[AnswerInput] = strawberry.field(description="Answers, each line of the day at most once.")


@strawberry.input(description="In which visit the caller has entered all lines of the day.")
class DoubleEntryFinishInput(OfInspection):
    pass


@strawberry.input(description="In which visit the leader does not wait for the others, and why.")
class DoubleEntryCloseInput(OfInspection):
    reason: str = strawberry.field(description="Why, at most 500 characters.")


@strawberry.input(description="What holds at one line, and why.")
class DoubleEntryReconcileInput(OfInspection):
    answer: AnswerInput = strawberry.field(description="What the form says there from now on.")
    reason: str = strawberry.field(description="Why, at most 1000 characters.")


@strawberry.type(description="An independent entry after a step.")
class DoubleEntryPayload:
    double_entry: DoubleEntry | None = given("double_entry", DOUBLE_ENTRIES, "The independent entry.")
    inspection: Inspection | None = given("inspection", INSPECTIONS, "The inspection.")
    reconciliation: Reconciliation | None = given("reconciliation", RECONCILIATIONS, "The line, after it was reconciled.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type
class Query:
    double_entries: Connection[DoubleEntry] | None = page(
        None, DOUBLE_ENTRIES, "独立填写: those the caller may see.", type=Connection[DoubleEntry], arguments=Arguments(DoubleEntryFilter)
    )
    double_entry: DoubleEntry | None = row(DOUBLE_ENTRIES, "One independent entry.", DoubleEntry)


@strawberry.type
class Mutation:
    @mutation(Action.INSPECTION_ENTER, "Keep the caller's own answers (独立填写), which nobody else reads before the entries are compared.")
    async def double_entry_save(call: Call, input: DoubleEntrySaveInput) -> DoubleEntryPayload:
        visit = await taken(call, input, Action.INSPECTION_ENTER)
        found, event = await entries.enter(call.session, visit, answered(input.answers), act=call.act)
        return changed(DoubleEntryPayload, double_entry=found.id, inspection=visit.id, event=event.id)

    @mutation(Action.INSPECTION_ENTER, "Finish the caller's own entry; it stays as it is. With the last member's the entries are compared.")
    async def double_entry_finish(call: Call, input: DoubleEntryFinishInput) -> DoubleEntryPayload:
        visit = await taken(call, input, Action.INSPECTION_ENTER)
        found, event = await entries.finish(call.session, visit, act=call.act)
        return changed(DoubleEntryPayload, double_entry=found.id, inspection=visit.id, event=event.id)

    @mutation(Action.INSPECTION_RECONCILE, "Compare without waiting for members who cannot finish, as the leader, with the reason.")
    async def double_entry_close(call: Call, input: DoubleEntryCloseInput) -> DoubleEntryPayload:
        visit = await taken(call, input, Action.INSPECTION_RECONCILE)
        found, event = await entries.close(call.session, visit, input.reason, act=call.act)
        return changed(DoubleEntryPayload, double_entry=found.id, inspection=visit.id, event=event.id)

    @mutation(
        Action.INSPECTION_RECONCILE, "Reconcile a line (核对), as the leader: what holds and why. The form is not signed while a difference is open."
    )
    async def double_entry_reconcile(call: Call, input: DoubleEntryReconcileInput) -> DoubleEntryPayload:
        visit = await taken(call, input, Action.INSPECTION_RECONCILE)
        (answer,) = answered([input.answer])
        line, event = await entries.reconcile(call.session, visit, answer, reason=input.reason, act=call.act)
        return changed(DoubleEntryPayload, double_entry=line.double_entry_id, inspection=visit.id, reconciliation=line.id, event=event.id)
