"""The twin in Python of every expression that a type gives in SQL. A new one without its twin here fails the differential test by name."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from authz.access import POLICY
from authz.actions import Action
from domain.agency_cases import ARTICLES
from domain.calendar import Holidays, add_working_days, shanghai_day
from gql.notifications import OF_AGENCIES, SUBJECTS
from gql.supervisors import PERSONAL
from models.agency_cases import OPEN_CASES, AgencyCase
from models.assessments import TermEvaluation
from models.cases import BlacklistEntry, SupervisorCase
from models.checklists import Signature
from models.dispatch import Assignment
from models.events import Event
from models.evidence import Evidence
from models.filings import FilingDecision, FilingRefusal
from models.holidays import HolidayCalendar
from models.inspections import Inspection
from models.organizations import Organization, Profile
from models.publications import PublicDraw
from models.sessions import Assessor, RecognitionSession
from models.supervisors import Supervisor
from models.violations import OPEN_REPORTS, SeriousViolationReport

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


def conflict_text(oracle: Any, row: Any) -> str | None:
    if row.person_id == oracle.actor.person_id:
        return None if row.origin.value == "AGENCY" else str(row.text)
    return row.text if oracle.holds(Action.CONFLICT_READ_TEXT, row) else None


def listed_by_nobody(oracle: Any, row: Any) -> bool:
    entered = any(one.case_id == row.id and one.status.value != "DISMISSED" for one in oracle.rows.of[BlacklistEntry])
    return row.sanction is not None and row.sanction.value == "REVOCATION" and not entered


def unsigned(oracle: Any, row: Any) -> bool:
    return not any(one.checklist_id == row.checklist_id and one.part == "SITE" for one in oracle.rows.of[Signature])


def reporter(oracle: Any, row: Any) -> str | None:
    if not oracle.holds(Action.SUPERVISOR_CASE_READ_REPORTER, row):
        return None
    return next((one.name for one in oracle.rows.of[Organization] if one.id == row.reported_by_id), None)


def undisputed(oracle: Any, row: Any) -> bool:
    return not any(one.filing_decision_id == row.id and one.status.value == "PROPOSED" for one in oracle.rows.of[FilingRefusal])


def ready(oracle: Any, row: Any) -> bool:
    (batch,) = (one for one in oracle.rows.of[FilingDecision] if one.id == row.filing_decision_id)
    return bool(row.proposed_by != oracle.actor.person_id and batch.status.value == "OPINION_ISSUED")


def fileable(oracle: Any, row: Any) -> bool:
    batch = {UUID(one["recognition_session"]) for one in row.sessions}
    open_ = [one for one in oracle.rows.of[SeriousViolationReport] if one.status in OPEN_REPORTS]
    open_ += [one for one in oracle.rows.of[AgencyCase] if one.status in OPEN_CASES and (one.serious or one.status.value == "HR_REFERRED")]
    about = [one for one in open_ if one.agency_id == row.agency_id and one.recognition_session_id in {None, *batch}]
    return undisputed(oracle, row) and not about and not upheld(oracle, row)


def is_own(oracle: Any, row: Any) -> bool:
    mine = {one.id for one in oracle.rows.of[Supervisor] if one.person_id == oracle.actor.person_id and oracle.holds(Action.SUPERVISOR_READ, one)}
    return row.internal_supervisor_id in mine


def upheld(oracle: Any, row: Any) -> list[Any]:
    """The upheld reports that hold a batch, in the order of their ids."""
    batch = {UUID(one["recognition_session"]) for one in row.sessions}
    refusals = [one for one in oracle.rows.of[FilingRefusal] if one.filing_decision_id == row.id and one.status.value == "DISMISSED"]
    freed = {one.serious_violation_report_id for one in refusals}
    found = [one for one in oracle.rows.of[SeriousViolationReport] if one.agency_id == row.agency_id and one.status.value == "UPHELD"]
    whole = [one for one in found if one.recognition_session_id is None and f"{shanghai_day(one.decided_at):%Y-%m}" >= row.month]
    return sorted((one for one in found if one.id not in freed and (one.recognition_session_id in batch or one in whole)), key=lambda one: one.id)


def blocked_by(oracle: Any, row: Any) -> list[dict[str, str]]:
    if not (oracle.holds(Action.FILING_ADVISE, row) or oracle.holds(Action.FILING_DECIDE, row)):
        return []
    batch = {None, *(UUID(one["recognition_session"]) for one in row.sessions)}
    refusals = [one for one in oracle.rows.of[FilingRefusal] if one.filing_decision_id == row.id and one.status.value == "PROPOSED"]
    reports = [one for one in oracle.rows.of[SeriousViolationReport] if one.status in OPEN_REPORTS and one.agency_id == row.agency_id]
    cases = [one for one in oracle.rows.of[AgencyCase] if one.status in OPEN_CASES and one.agency_id == row.agency_id]
    cases = [one for one in cases if one.serious or one.status.value == "HR_REFERRED"]
    kinds = (
        ("REFUSAL_PROPOSED", "fref", refusals),
        ("REPORT_OPEN", "svr", [one for one in reports if one.recognition_session_id in batch]),
        ("REPORT_UPHELD", "svr", upheld(oracle, row)),
        ("CASE_OPEN", "acase", [one for one in cases if one.recognition_session_id in batch]),
    )
    return [{"kind": kind, "subject": f"{prefix}_{one.id.hex}"} for kind, prefix, found in kinds for one in sorted(found, key=lambda one: one.id)]


def judging(oracle: Any, row: Any) -> bool:
    return bool(oracle.actor.organization_id in {None, row.opener_id} or row.agency_id != oracle.actor.organization_id)


def fulfilled(oracle: Any, row: Any) -> bool:
    return any(one.appointment_id == row.id and one.result.value == "FULFILLED" for one in oracle.rows.of[TermEvaluation])


def watched(_: Any, row: Any) -> bool | None:
    if row.departed_at is None:
        return None
    # where the arrival is unknown, only a departure before the end is certain
    if row.checked_in_at is None:
        return False if row.departed_at < row.ends_at else None
    return bool(row.checked_in_at <= row.starts_at and row.departed_at >= row.ends_at)


def assessed_there(oracle: Any, row: Any) -> Any:
    if not oracle.holds(Action.ASSIGNMENT_EXCUSE, row):
        return None
    held = {one.id: one for one in oracle.rows.of[RecognitionSession]}
    seen = [one for one in oracle.rows.of[Assessor] if one.person_id == row.person_id and oracle.holds(Action.ASSESSOR_READ, one)]
    mine = [held[one.recognition_session_id] for one in seen]
    there = [one.starts_at for one in mine if one.agency_id == row.agency_id and one.status != "CANCELLED"]
    last = max((one for one in there if row.starts_at - timedelta(days=365) <= one < row.starts_at), default=None)
    return last and last.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def report_due(oracle: Any, inspection_id: UUID) -> date | None:
    (visit,) = (one for one in oracle.rows.of[Inspection] if one.id == inspection_id)
    (profile,) = (one for one in oracle.rows.of[Profile] if one.id == visit.profile_id)
    count = next((one["value"] for one in profile.rules if one["id"] == "supervision_report.working_days"), None)
    years = [one for one in oracle.rows.of[HolidayCalendar] if one.center_id == visit.center_id]
    off, worked = ({date.fromisoformat(day) for one in years for day in getattr(one, name)} for name in ("days_off", "working_days"))
    return None if count is None or visit.internal else add_working_days(visit.scheduled_on, count, Holidays(frozenset(off), frozenset(worked)))


def report_late(oracle: Any, row: Any) -> bool | None:
    due = report_due(oracle, row.inspection_id)
    return None if due is None else shanghai_day(row.submitted_at) > due


def due_as_text(oracle: Any, inspection_id: UUID) -> str | None:
    due = report_due(oracle, inspection_id)
    return None if due is None else due.isoformat()


def keyed(prefix: str, key: str) -> Twin:
    return lambda _, line: f"{prefix}_{line[key]}"


def in_force(name: str) -> Twin:
    def value(_: Any, row: Any) -> Any:
        found = getattr(row, name)
        return getattr(found, "value", found) if row.status.value == "PUBLISHED" else None

    return value


def ruling(column: str) -> Twin:
    def value(oracle: Any, row: Any) -> Any:
        gone = [one for one in oracle.rows.of[AgencyCase] if one.agency_id == row.id and one.status.value == "DISQUALIFIED"]
        seen = [one for one in gone if oracle.holds(Action.AGENCY_CASE_READ, one)]
        last = max(seen, key=lambda one: (one.hr_decided_on, one.id), default=None)
        found = None if last is None else getattr(last, column)
        return found.isoformat() if isinstance(found, date) else found

    return value


def held_plans(oracle: Any, visit: Any) -> list[Any]:
    """The last of each kind and occupation that had begun by the day, for the occupation of the session or for all."""
    about = {one.id: one.occupation for one in oracle.rows.of[RecognitionSession]}.get(visit.recognition_session_id)
    known = [one for one in oracle.rows.of[Evidence] if one.agency_id == visit.agency_id and one.holds_from and one.withdrawn_at is None]
    begun = sorted((one for one in known if one.holds_from <= visit.scheduled_on), key=lambda one: (one.holds_from, one.id))
    last = {(one.kind, one.occupation): one for one in begun}.values()
    return [one for one in last if None in {about, one.occupation} or one.occupation == about]


SAID = {one: one for one in ("lines", "findings", "score", "rating")} | {
    "scoreOf": "score_of",
    "requiresRectification": "requires_rectification",
}


def said(key: str) -> Twin:
    return lambda _, profile: next((as_text(one["value"]) for one in profile.rules if one["id"] == key), None)


def editions(oracle: Any, row: Any) -> list[Any]:
    """Of one center, by the day they begin."""
    return sorted((one for one in oracle.rows.of[Profile] if one.organization_id == row.organization_id), key=lambda one: one.effective_from)


def begun_before(oracle: Any, row: Any) -> str | None:
    return max((one.effective_from.isoformat() for one in editions(oracle, row) if one.effective_from < row.effective_from), default=None)


def ended_by(oracle: Any, row: Any) -> str | None:
    return min((one.effective_from.isoformat() for one in editions(oracle, row) if one.effective_from > row.effective_from), default=None)


def changed_in(place: int) -> Twin:
    """Against the next edition before it (-1), or the first of all (0)."""

    def changes(oracle: Any, row: Any) -> list[dict[str, str | None]]:
        earlier = [one for one in editions(oracle, row) if one.effective_from < row.effective_from]
        return made_of(lines_of(earlier[place]), lines_of(row)) if earlier else []

    return changes


def lines_of(row: Any) -> dict[str, tuple[str | None, str | None]]:
    lines = {one["id"]: (as_text(one["value"]), one["article"]) for one in row.rules}
    return lines | {name: (getattr(row, name), None) for name in ("title", "code_of_conduct", "exam_room_rules")}


def made_of(was: dict[str, tuple[str | None, str | None]], now: dict[str, tuple[str | None, str | None]]) -> list[dict[str, str | None]]:
    found = []
    for rule in sorted(was.keys() | now.keys()):
        before, after = was.get(rule, (None, None)), now.get(rule, (None, None))
        if before != after:
            how = "ADDED" if before[0] is None else "REMOVED" if after[0] is None else "CHANGED"
            said = {"before": before[0], "after": after[0], "article_before": before[1], "article_after": after[1]}
            found.append({"rule": rule, "change": how, **said})
    return found


COMPUTED: Mapping[tuple[str, str], Twin] = {
    ("Profile", "until"): ended_by,
    ("Profile", "previousFrom"): begun_before,
    ("Profile", "number"): said("number"),
    ("Profile", "issuer"): said("issuer"),
    ("Profile", "adoptedBy"): said("adopted_by"),
    ("Profile", "authority"): said("authority"),
    ("Profile", "interpreter"): said("interpreter"),
    ("Notification", "subject"): lambda _, row: f"{'agc' if row.kind in OF_AGENCIES else SUBJECTS[row.subject_kind]}_{row.subject_id.hex}",
    ("Person", "masked"): masked,
    ("Rule", "value"): lambda _, rule: as_text(rule["value"]),
    ("RefusalStreak", "count"): streak,
    ("SupervisorCase", "reporter"): reporter,
    ("RefusalStreak", "limit"): streak_limit,
    ("Conflict", "text"): conflict_text,
    ("DrawPerson", "isIn"): lambda _, row: row.reason is None,
    ("DrawWeight", "agency"): keyed("agc", "agency"),
    ("Draw", "secret"): lambda _, row: row.secret if row.seed is not None else None,
    ("PublicDraw", "secret"): lambda _, row: row.secret if row.seed is not None else None,
    ("ReturnLine", "inspection"): keyed("insp", "inspection"),
    ("ReturnLine", "recognitionSession"): keyed("ses", "recognition_session"),
    ("FilingSession", "recognitionSession"): keyed("ses", "recognition_session"),
    ("ReturnDifference", "inspection"): keyed("insp", "inspection"),
    ("SeriousViolationReport", "hoursElapsed"): lambda _, row: int((row.raised_at - row.discovered_at).total_seconds() // 3600),
    ("SeriousViolationReport", "late"): lambda _, row: None if row.due_at is None else row.raised_at > row.due_at,
    ("AgencyCase", "article"): lambda _, row: ARTICLES[row.ground],
    ("YearlyAssessment", "late"): lambda _, row: row.assessed_on > row.due_on,
    ("WorkLedgerLine", "minutes"): lambda _, row: int((row.ends_at - row.starts_at).total_seconds() // 60),
    ("Assignment", "wholeProcess"): watched,
    ("Assignment", "assessedThereAt"): assessed_there,
    ("Complaint", "late"): lambda _, row: None if row.answered_at is None else shanghai_day(row.answered_at) > row.due_on,
    ("SupervisionReport", "dueOn"): lambda oracle, row: due_as_text(oracle, row.inspection_id),
    ("SupervisionReport", "late"): report_late,
    ("Inspection", "reportDueOn"): lambda oracle, row: due_as_text(oracle, row.id),
    ("Evidence", "url"): lambda _, row: f"/files/evi_{row.id.hex}",
    ("Agency", "disqualifiedOn"): ruling("hr_decided_on"),
    ("Agency", "disqualificationNumber"): ruling("hr_decision_number"),
    **{("PublicResult", name): in_force(stored) for name, stored in SAID.items()},
    # in the crowd the policy that comes with the release is in force, which has no row
    ("PolicyVersion", "inForce"): lambda _, __: False,
}
WORKED: Mapping[tuple[str, str], Twin] = {("Inspection", "plans"): held_plans}
"""Of lists whose rows are worked out: which rows stand in it."""
ITEMS: Mapping[tuple[str, str], Twin] = {
    ("Profile", "difference"): changed_in(-1),
    ("Profile", "differenceFromFirst"): changed_in(0),
    ("WebhookDelivery", "tries"): lambda _, row: row.tries,
    ("Profile", "rules"): lambda _, row: row.rules,
    ("Draw", "weights"): lambda _, row: row.weights,
    ("Overlay", "rules"): lambda _, row: row.rules,
    ("Overlay", "difference"): lambda _, row: row.difference,
    ("ChecklistTemplate", "difference"): lambda _, row: row.difference,
    ("Viewer", "capabilities"): capabilities,
    ("RosterImport", "problems"): lambda _, row: row.problems,
    ("FilingDecision", "sessions"): lambda _, row: row.sessions,
    ("FilingDecision", "basis"): lambda _, row: row.basis,
    ("FilingDecision", "blockedBy"): blocked_by,
    ("FilingBasis", "inspection"): keyed("insp", "inspection"),
    ("OpinionLetter", "corrections"): lambda _, row: row.corrections,
    ("MonthlyReturn", "lines"): lambda _, row: row.lines,
    ("MonthlyReturn", "differences"): lambda _, row: row.differences,
    ("Application", "work"): lambda _, row: row.work,
    ("Application", "conditions"): lambda _, row: row.conditions,
    ("PolicyVersion", "difference"): lambda _, row: row.difference,
    ("PolicyVersion", "heads"): lambda _, row: row.heads,
    ("PublicDraw", "targets"): lambda _, row: row.targets,
}
MASKED: Mapping[tuple[str, str], Twin] = {("Person", "name"): lambda _, row: row.name[:1] + "**"}
WHEN: Mapping[str, Twin] = {
    "policyVersionApprove": lambda oracle, row: row.proposed_by != oracle.actor.person_id,
    "auditorProposalConfirm": lambda oracle, row: row.proposed_by != oracle.actor.person_id,
    "recognitionSessionRecuseInternal": is_own,
    "inspectionOpenInternal": lambda _, row: row.internal_checked_in_at is not None,
    **dict.fromkeys(("inspectionCheckIn", "supervisionReportSubmit"), lambda _, row: not row.internal),
    "assignmentReplace": lambda _, row: row.status.value != "OFFERED" or row.reply_by <= datetime.now(UTC),
    "blacklistEntryPropose": listed_by_nobody,
    "blacklistEntryConfirm": lambda oracle, row: row.proposed_by != oracle.actor.person_id,
    "blacklistEntryUphold": lambda oracle, row: all(one.id != row.case_id or one.status.value != "LIFTED" for one in oracle.rows.of[SupervisorCase]),
    "blacklistEntryLift": lambda oracle, row: row.review_by != oracle.actor.person_id,
    "filingDecisionFile": fileable,
    **dict.fromkeys(("agencyCaseCriticize", "agencyCaseOrder", "agencyCaseRectify", "agencyCaseDismiss"), judging),
    "agencyCaseDisqualify": lambda _, row: row.staff_name is None,
    "drawDisclose": lambda oracle, row: any(one.draw_id == row.id and one.status.value == "ANNOUNCED" for one in oracle.rows.of[PublicDraw]),
    "complaintReveal": lambda _, row: not row.anonymous,
    "filingDecisionSendBack": undisputed,
    "filingRefusalPropose": undisputed,
    "filingRefusalConfirm": ready,
    "appointmentRenew": fulfilled,
    "doubleEntryReconcile": unsigned,
    "supervisorCaseConfirm": lambda oracle, row: row.decided_by != oracle.actor.person_id,
    "supervisorCaseRecommend": lambda _, row: row.put_on is None,
    "rectificationRequestExtension": lambda _, row: row.extension_until is None and row.due_on >= shanghai_day(datetime.now(UTC)),
    **dict.fromkeys(
        ("rectificationGrantExtension", "rectificationRefuseExtension"),
        lambda _, row: row.extension_until is not None and row.extension_granted is None,
    ),
    "supervisorCaseAppeal": lambda _, row: row.authority is None,
    "supervisorCaseDecideAppeal": lambda oracle, row: oracle.actor.person_id not in {row.decided_by, row.confirmed_by},
    "supervisorCaseState": lambda _, row: row.stated_at is None,
    **dict.fromkeys(("conflictAccept", "conflictReject"), lambda oracle, row: row.person_id != oracle.actor.person_id),
    "conflictEnd": lambda oracle, row: row.person_id != oracle.actor.person_id or row.origin.value == "PERSON",
    "cardReturn": lambda _, row: row.returned_on is None,
    "supervisorCaseRefer": lambda _, row: row.judicial_number is None,
    "supervisorCaseRestore": lambda _, row: row.sanction is not None and row.sanction.value == "SUSPENSION",
}
