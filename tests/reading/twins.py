"""The twin in Python of every expression that a type gives in SQL. A new one without its twin here fails the differential test by name."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from authz.access import POLICY
from authz.actions import Action
from gql.supervisors import PERSONAL
from models.dispatch import Assignment
from models.events import Event
from models.organizations import Profile

Twin = Callable[[Any, Any], Any]


def masked(oracle: Any, row: Any) -> list[str]:
    return [field for field, action in PERSONAL.items() if not oracle.holds(action, row)]


def capabilities(oracle: Any, _: Any) -> list[dict[str, str]]:
    lines = sorted(POLICY.lines, key=lambda one: (one.action, one.number))
    mine = {line.number for action in {one.action for one in lines} for line in POLICY.allowing(oracle.actor.roles, action)}
    return [{"action": one.action.value, "relation": one.relation.value, "article": one.article} for one in lines if one.number in mine]


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def streak(oracle: Any, row: Any) -> int | None:
    if not oracle.holds(Action.SUPERVISOR_READ_STREAK, row):
        return None
    mine = {one.id for one in oracle.rows.of[Assignment] if one.supervisor_id == row.id}
    steps = sorted((one for one in oracle.rows.of[Event] if one.subject_id in mine), key=lambda one: (one.at, one.id))
    count = 0
    for one in steps:
        count = 0 if one.step == "ACCEPT" else count + (one.step in {"DECLINE", "MARK_NO_REPLY"})
    return count


def streak_limit(oracle: Any, row: Any) -> int | None:
    if not oracle.holds(Action.SUPERVISOR_READ_STREAK, row):
        return None
    profiles = [one for one in oracle.rows.of[Profile] if one.organization_id == row.center_id]
    latest = max(profiles, key=lambda one: one.effective_from)
    return next((one["value"] for one in latest.rules if one["id"] == "refusal.max_consecutive"), None)


def keyed(prefix: str, key: str) -> Twin:
    return lambda _, line: f"{prefix}_{line[key]}"


COMPUTED: Mapping[tuple[str, str], Twin] = {
    ("Person", "masked"): masked,
    ("Rule", "value"): lambda _, rule: as_text(rule["value"]),
    ("RefusalStreak", "count"): streak,
    ("RefusalStreak", "limit"): streak_limit,
    ("DrawPerson", "isIn"): lambda _, row: row.reason is None,
    ("Draw", "secret"): lambda _, row: row.secret if row.seed is not None else None,
    ("ReturnLine", "inspection"): keyed("insp", "inspection"),
    ("ReturnLine", "recognitionSession"): keyed("ses", "recognition_session"),
    ("ReturnDifference", "inspection"): keyed("insp", "inspection"),
}
ITEMS: Mapping[tuple[str, str], Twin] = {
    ("Profile", "rules"): lambda _, row: row.rules,
    ("Viewer", "capabilities"): capabilities,
    ("RosterImport", "problems"): lambda _, row: row.problems,
    ("MonthlyReturn", "lines"): lambda _, row: row.lines,
    ("MonthlyReturn", "differences"): lambda _, row: row.differences,
}
MASKED: Mapping[tuple[str, str], Twin] = {("Person", "name"): lambda _, row: row.name[:1] + "**"}
WHEN: Mapping[str, Twin] = {
    "assignmentReplace": lambda _, row: row.status.value != "OFFERED" or row.reply_by <= datetime.now(UTC),
    "supervisorCaseConfirm": lambda oracle, row: row.decided_by != oracle.actor.person_id,
    "supervisorCaseRestore": lambda _, row: row.sanction is not None and row.sanction.value == "SUSPENSION",
}
