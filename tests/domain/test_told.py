"""Every step of the trade is told to somebody, or stands here with the reason why nobody is told."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import domain
from domain.telling import SENDER, TELLS
from gql.notifications import SUBJECTS
from models.notifications import NotificationKind

RULES = Path(domain.__file__).parent

ITSELF = "who does it is whom it concerns"
OTHER = "another step of the same act is told: "
SEEN_BY_ALL = "what everybody is under is read, not served"

SILENT: dict[str, dict[str, str]] = {
    "accounts": {"OPEN INVITE DISABLE SET_PASSWORD ISSUE END": "accounts are told by their own letters, outside of the trade"},
    "agency_cases": {"DISMISS": "the agency never learned of the case, and who decides had opened it or been told"},
    "alone": {"BEGIN": "the team is together, on site"},
    "amendments": {
        "PROPOSE SIGN COMPLETE": "the team signs together; it is told to the agency when it is attached",
        "ANSWER": "the agency that asked sees no register; it is answered by word of mouth",
    },
    "applications": {
        "DRAFT ATTEST APPLY RECOMMEND TRAIN PASS FAIL": "the applicant follows the one application on its way; its end is told",
    },
    "assessments": {},
    "blacklist": {"REVIEW": "the entry stands until the review ends, and that is told"},
    "candidates": {"CHECK_CANDIDATES": "part of the form, which is told by the letter"},
    "cases": {
        "REVOKE": "nothing is in force before a second person confirms it, and that is told",
        "SUPERSEDE": OTHER + "the revocation",
    },
    "checklists": {"DEPART OPEN SAVE": "what is written on site reaches the agency with the letter"},
    "complaints": {
        "RECEIVE": ITSELF,
        "INVESTIGATE": ITSELF,
        "ANSWER CLOSE": "the complainant is outside of the service",
        "REVEAL": "a disclosure, which its own log shows",
    },
    "credit": {},
    "dispatch": {"RUN CONFIRM VOID": OTHER + "the offers"},
    "education": {"HOLD": ITSELF, "RECORD": "a failure opens a case, and that is told"},
    "employments": {"EMPLOY END": "an entry in the register of persons, which the person reads"},
    "entries": {"ENTER FINISH COMPARE RECONCILE": "the team is together, on site"},
    "evidence": {"ATTACH WITHDRAW HAND_OUT": OTHER + "the answer to the request"},
    "filings": {"CONFIRM": OTHER + "REFUSE of the batch"},
    "grading": {},
    "identity_numbers": {"REVEAL": "a disclosure, which its own log shows"},
    "imports": {"CHECK COMMIT": ITSELF},
    "inspections": {
        "DISPATCH": OTHER + "the offers",
        "START SIGN SERVE_OPINION": OTHER + "the letter",
        "CLOSE": "the agency has its letter, and its rectification was accepted",
    },
    "internal": {
        "SEAT": ITSELF,
    },
    "jobs": {},
    "leaving": {
        "RETURN DELETE_ENTRY": "what is written down after the end, which the person was told",
        "UNASSIGN_INTERNAL": "within the agency",
    },
    "memberships": {
        "DELEGATE END PROPOSE CONFIRM WITHDRAW": "an office is given in person; what it may do is asked at once of `viewer`",
    },
    "notifications": {"MARK_READ": ITSELF},
    "obstructions": {},
    "offers": {
        "ACCEPT": "a whole team shows in the next step, the notice",
        "EXCUSE": OTHER + "the offer to the next",
        "CHECK_IN FINISH": ITSELF,
        "MARK_NO_SHOW": "the team and its dispatcher are there",
    },
    "opinions": {
        "DRAFT": "the letter reaches the agency when it is served",
        "REQUIRE": OTHER + "SERVE of the letter",
        "RECEIVE": "with the closing, by the dispatcher who is told when it is late",
    },
    "organizations": {"PUBLISH_PROFILE REGISTER": SEEN_BY_ALL},
    "overlays": {"PROPOSE PUBLISH WITHDRAW": SEEN_BY_ALL},
    "policies": {"PROPOSE APPROVE REJECT": SEEN_BY_ALL},
    "proposals": {"PROPOSE DISMISS": "nobody is listed; the second person finds what waits in `blacklistEntries`"},
    "publications": {"ANNOUNCE DISCLOSE VOID PUBLISH WITHDRAW": SEEN_BY_ALL},
    "rechecks": {"ORDER_RECHECK CONFIRM REPEAT": "within the center; a repeated visit is told as one"},
    "recommendations": {},
    "reminders": {},
    "returns": {"REPLACE": OTHER + "the new edition"},
    "sanctions": {"RECOMMEND REFER": "put to who is outside of the service; the case shows it"},
    "sessions": {
        "REGISTER NAME_ASSESSOR START HOLD POST_RESULTS CHECK_IN CANCEL": "the agency's own work, which both tiers read; a visit is called off by itself",
        "ASSIGN_INTERNAL": "within the agency",
    },
    "stipends": {"SET": SEEN_BY_ALL, "ENTER": "the ledger is the person's own to read (000 \u00a718)"},
    "supervisors": {
        "APPOINT": OTHER + "the card and the roster",
        "TERMINATE REMOVE CANCEL": OTHER + "the revocation, or the leaving, which the person asked for",
    },
    "template_editions": {"PUBLISH_TEMPLATE": SEEN_BY_ALL},
    "templates": {"PUBLISH_TEMPLATE": SEEN_BY_ALL},
    "violations": {"RECEIVE INVESTIGATE": "on the way; the end is told"},
    "webhooks": {"REGISTER RESUME CLOSE RETRY": ITSELF},
    "year_end": {},
}
"""Module, steps, reason."""

MODELS: dict[str, str] = {
    "agency_cases": "AgencyCase",
    "amendments": "Amendment AlterationRequest",
    "applications": "Application",
    "assessments": "YearlyAssessment Commendation Appointment",
    "blacklist": "BlacklistEntry",
    "cases": "SupervisorCase",
    "complaints": "Complaint",
    "conflicts": "Conflict",
    "credit": "CreditEntry",
    "dispatch": "Draw",
    "evidence": "EvidenceRequest",
    "extensions": "Rectification",
    "filings": "FilingDecision FilingRefusal",
    "grading": "AnnualRating",
    "appeals": "SupervisorCase",
    "hearings": "SupervisorCase",
    "inspections": "Inspection",
    "obstructions": "Obstruction",
    "offers": "Assignment",
    "opinions": "OpinionLetter Rectification SupervisionReport",
    "proposals": "BlacklistEntry",
    "recommendations": "AssessorRecommendation",
    "replacements": "Card",
    "returns": "MonthlyReturn",
    "sessions": "RecognitionSession",
    "sanctions": "SupervisorCase",
    "supervisors": "Supervisor Card Appointment",
    "violations": "SeriousViolationReport",
    "webhooks": "Webhook",
    "year_end": "EducationLapse",
}
"""Of what rows a module takes the steps."""
NAMES: set[tuple[str, str]] = {(model.__name__, step) for model, step in TELLS}
PLACES = [path for path in sorted(RULES.glob("*.py")) if path.stem not in {"machine", "protected"}]
NEVER_THE_AGENCY = ("SeriousViolationReport", "Obstruction", "Complaint", "AlterationRequest", "FilingRefusal")
"""What no agency may learn of."""


def steps_of(path: Path) -> Iterator[str]:
    """The steps a module takes: members of its enums of steps, and what it names where it records."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef) and node.name.endswith("Step"):
            yield from (one.value.value for one in node.body if isinstance(one, ast.Assign) and isinstance(one.value, ast.Constant))
        elif isinstance(node, ast.keyword) and node.arg == "step" and isinstance(node.value, ast.Constant):
            yield str(node.value.value)


@pytest.mark.requirement("Y067", "B050", "B054", "Y069")
@pytest.mark.parametrize("path", PLACES, ids=lambda path: path.stem)
def test_a_step_is_told_or_it_is_said_why_not(path: Path) -> None:
    steps = set(steps_of(path))
    quiet = {step: why for steps, why in SILENT.get(path.stem, {}).items() for step in steps.split()}
    told = {step for step in steps for model in MODELS.get(path.stem, "").split() if (model, step) in NAMES}
    assert steps - told - set(quiet) == set(), "tell somebody of it in domain/telling.TELLS, or say here why nobody is told"
    assert all(quiet.values())
    assert set(quiet) <= steps, "there is no such step"
    assert set(quiet) & told == set(), "it is told"


@pytest.mark.requirement("N13")
@pytest.mark.parametrize("model", NEVER_THE_AGENCY)
def test_what_an_agency_must_not_know_it_is_not_told(model: str) -> None:
    """Nor by way of who sent the team: that may be the agency itself."""
    for (one, step), said in TELLS.items():
        if one.__name__ == model:
            assert {"agency_id", SENDER} & set(said.to) == set(), step


def test_every_kind_is_told_and_every_subject_has_its_prefix() -> None:
    assert {said.kind for said in TELLS.values()} == set(NotificationKind)
    assert {model for model, _ in NAMES} == set(SUBJECTS)
    for (model, step), said in TELLS.items():
        columns = model.model_fields
        assert all(to in columns for to in said.to if to not in {"team", SENDER}), step
        assert SENDER not in said.to or "inspection_id" in columns
        assert said.once is None or said.once in columns
