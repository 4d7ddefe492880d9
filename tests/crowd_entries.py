"""Independent entry of a crowd: what members entered alone, in both states, with lines that are open, reconciled and corrected."""

from collections.abc import Sequence
from random import Random
from typing import Any

from models.checklists import AnswerValue, Checklist, ChecklistItem, FindingTarget
from models.entries import DoubleEntry, Entry, EntryStatus, Reconciliation


async def entered(crowd: Any, form: Checklist, *, items: Sequence[ChecklistItem], where: dict[str, Any]) -> None:
    """Before anybody signs: the table refuses it later."""
    dice, now = Random(hash(crowd.dice.getstate()[1])), crowd.world.now  # noqa: S311 - beside the crowd's own, which rolls on as it did
    row = DoubleEntry(checklist_id=form.id, finished=dice.randrange(3), **where)
    await crowd.keep(row)
    of = {"double_entry_id": row.id, **where}
    lines = []
    for item in dice.sample(items, 2):
        stated = dice.random() < 0.5
        said = (
            {"value": dice.choice(list(AnswerValue)), "reason": "当场'复核", "person_id": crowd.people[0].id, "reconciled_at": now} if stated else {}
        )
        line = Reconciliation(checklist_id=form.id, item_id=item.id, differed=not stated or dice.random() < 0.5, **said, **of)
        await crowd.keep(line)
        lines.append(line)
    shown = dice.random() < 0.6
    for person in dice.sample(crowd.people, 2):
        done = dice.choice([None, now])
        for item in items:
            await crowd.keep(one(dice, item, person.id, lines, of=of | {"finished_at": None, "opened_at": now if shown else None}, done=done))
    if shown:
        row.status, row.compared, row.agreed, row.compared_at = EntryStatus.COMPARED, len(items), len(items) - 2, now
        closed = dice.random() < 0.5
        row.closed_by, row.close_reason = (crowd.people[0].id, "一名'成员离场") if closed else (None, None)
        await crowd.keep(row)


def one(dice: Random, item: ChecklistItem, person_id: Any, lines: Sequence[Reconciliation], *, of: dict[str, Any], done: Any) -> Entry:
    value = dice.choice(list(AnswerValue))
    counted = dice.choice([None, 0, 3])
    blamed = {"target": FindingTarget.PERSON, "responsible": "监考'员"} if value is AnswerValue.NO else {}
    return Entry(
        item_id=item.id,
        person_id=person_id,
        value=value,
        remark="无'" if value is AnswerValue.NO else dice.choice([None, "无"]),
        correction=dice.choice([None, "补"]),
        counted=counted,
        total=None if counted is None else 7,
        score=dice.choice([None, 5]),
        reconciliation_id=next((line.id for line in lines if line.item_id == item.id), None),
        **blamed,
        **(of | {"finished_at": done if item.position == 4 else None}),
    )
