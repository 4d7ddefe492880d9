"""Which step tells whom: one line each. What becomes of it stands in notifications.py."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import SQLModel

from models.agency_cases import AgencyCase, Obstruction
from models.amendments import AlterationRequest, Amendment
from models.applications import Application
from models.assessments import Commendation, YearlyAssessment
from models.cases import BlacklistEntry, SupervisorCase
from models.complaints import Complaint
from models.conflicts import Conflict
from models.credit import CreditEntry
from models.dispatch import Assignment, Draw
from models.education import EducationLapse
from models.evidence import EvidenceRequest
from models.filings import FilingDecision, FilingRefusal
from models.inspections import Inspection
from models.notifications import NotificationKind
from models.opinions import OpinionLetter, Rectification, SupervisionReport
from models.organizations import Organization
from models.ratings import AnnualRating
from models.recommendations import AssessorRecommendation
from models.returns import MonthlyReturn
from models.sessions import RecognitionSession
from models.supervisors import Appointment, Card, Supervisor
from models.violations import SeriousViolationReport
from models.webhooks import Webhook

PERSON, TEAM, SENDER = "person_id", "team", "sender"


@dataclass(frozen=True)
class Told:
    """What a step tells, and to whom: columns of its row that name an organization, `person_id` the person, `team` all who hold a place in it,
    `sender` who dispatched the inspection that the row is of. `once`: nobody is told while this column is empty.
    """

    kind: NotificationKind
    to: tuple[str, ...]
    once: str | None = None


def told(kind: NotificationKind, *to: str, once: str | None = None) -> Told:
    return Told(kind, to, once)


K = NotificationKind
TELLS: Mapping[tuple[type[SQLModel], str], Told] = {
    (Assignment, "OFFER"): told(K.OFFER_MADE, PERSON),
    (Assignment, "MARK_NO_REPLY"): told(K.OFFER_LAPSED, PERSON, "dispatcher_id"),
    (Assignment, "DECLINE"): told(K.OFFER_DECLINED, "dispatcher_id"),
    (Assignment, "RECUSE"): told(K.OFFER_DECLINED, "dispatcher_id"),
    (Assignment, "WITHDRAW"): told(K.OFFER_WITHDRAWN, PERSON),
    (Assignment, "LEAVE_UNFILLED"): told(K.PLACE_UNFILLED, "dispatcher_id"),
    (Draw, "FREEZE"): told(K.DRAW_COMMITTED, "center_id"),
    (Inspection, "NOTIFY"): told(K.NOTICE_SERVED, "agency_id"),
    (Inspection, "OPINION_OVERDUE"): told(K.OPINION_OVERDUE, "dispatcher_id"),
    (Inspection, "REPORT_OVERDUE"): told(K.REPORT_OVERDUE, "dispatcher_id", TEAM),
    (OpinionLetter, "SERVE"): told(K.OPINION_SERVED, "agency_id"),
    (SupervisionReport, "SUBMIT"): told(K.REPORT_SUBMITTED, "dispatcher_id"),
    (Rectification, "SUBMIT"): told(K.RECTIFICATION_SUBMITTED, "dispatcher_id"),
    (Rectification, "SEND_BACK"): told(K.RECTIFICATION_SENT_BACK, "agency_id"),
    (Rectification, "ACCEPT"): told(K.RECTIFICATION_ACCEPTED, "agency_id"),
    (Rectification, "REQUEST_EXTENSION"): told(K.EXTENSION_REQUESTED, "dispatcher_id"),
    (Rectification, "GRANT_EXTENSION"): told(K.EXTENSION_DECIDED, "agency_id"),
    (Rectification, "REFUSE_EXTENSION"): told(K.EXTENSION_DECIDED, "agency_id"),
    (Rectification, "REMIND"): told(K.RECTIFICATION_DUE, "agency_id"),
    (Rectification, "OVERDUE"): told(K.RECTIFICATION_OVERDUE, "dispatcher_id", "agency_id"),
    (Organization, "REMIND_MONTHLY_RETURN"): told(K.MONTHLY_RETURN_DUE, "id"),
    (Organization, "MONTHLY_RETURN_OVERDUE"): told(K.MONTHLY_RETURN_OVERDUE, "id", "center_id"),
    (MonthlyReturn, "SUBMIT"): told(K.MONTHLY_RETURN_FILED, "center_id"),
    (MonthlyReturn, "SEND_BACK"): told(K.MONTHLY_RETURN_SENT_BACK, "organization_id"),
    (Appointment, "WARN"): told(K.APPOINTMENT_EXPIRING, PERSON, "dispatcher_id"),
    (Appointment, "EXPIRE"): told(K.APPOINTMENT_EXPIRED, PERSON, "dispatcher_id"),
    (Appointment, "ASSESSMENT_OVERDUE"): told(K.ASSESSMENT_OVERDUE, "dispatcher_id"),
    (Organization, "EDUCATION_DUE"): told(K.EDUCATION_DUE, "id"),
    (EducationLapse, "LAPSE"): told(K.EDUCATION_LAPSED, "agency_id", "center_id"),
    (SupervisorCase, "OPEN"): told(K.SUPERVISOR_CASE_OPENED, "issuer_id", PERSON),
    # both sides of a hearing: whose turn it is
    (SupervisorCase, "HEAR"): told(K.SUPERVISOR_CASE_HEARD, PERSON),
    (SupervisorCase, "STATE"): told(K.SUPERVISOR_CASE_STATED, "issuer_id", "district_id"),
    (SupervisorCase, "APPEAL"): told(K.SUPERVISOR_CASE_APPEALED, "issuer_id", "district_id"),
    (SupervisorCase, "UPHOLD"): told(K.SUPERVISOR_CASE_UPHELD, PERSON),
    (SupervisorCase, "LIFT"): told(K.SUPERVISOR_CASE_LIFTED, PERSON),
    (Card, "SUSPEND"): told(K.CARD_SUSPENDED, PERSON, "issuer_id"),
    (Card, "REVOKE"): told(K.CARD_REVOKED, PERSON, "issuer_id"),
    # a person decides each sanction: these say whose turn it is (000 §20, Y069); the agency learns with the criticism
    (AgencyCase, "OPEN"): told(K.AGENCY_CASE_OPENED, "opener_id", "district_id"),
    (AgencyCase, "CRITICIZE"): told(K.AGENCY_CASE_CRITICIZED, "agency_id"),
    (AgencyCase, "ORDER"): told(K.AGENCY_CASE_ORDERED, "agency_id"),
    (AgencyCase, "OVERDUE"): told(K.AGENCY_CASE_OVERDUE, "opener_id", "center_id", "agency_id"),
    # at once (003 §15, B054), to whom the channel names: a report past the district has no `district_id` (N13), and no agency is ever told
    (SeriousViolationReport, "RAISE"): told(K.SERIOUS_VIOLATION_RAISED, "center_id", "district_id"),
    (SeriousViolationReport, "UPHOLD"): told(K.SERIOUS_VIOLATION_DECIDED, PERSON, "district_id"),
    (SeriousViolationReport, "DISMISS"): told(K.SERIOUS_VIOLATION_DECIDED, PERSON, "district_id"),
    (BlacklistEntry, "LIST"): told(K.BLACKLIST_LISTED, "center_id", PERSON),
    (BlacklistEntry, "CONFIRM"): told(K.BLACKLIST_LISTED, "center_id", PERSON),
    (BlacklistEntry, "REMIND"): told(K.BLACKLIST_REVIEW_DUE, "center_id"),
    (Webhook, "SUSPEND"): told(K.WEBHOOK_SUSPENDED, "organization_id"),
    # 003 §8; 000 §8(二)-(三), §9: what passes between a team, who sent it and the agency
    (Inspection, "CANCEL"): told(K.INSPECTION_CANCELLED, "agency_id", once="notified_at"),
    (EvidenceRequest, "REQUEST"): told(K.EVIDENCE_REQUESTED, "agency_id"),
    (EvidenceRequest, "PROVIDE"): told(K.EVIDENCE_PROVIDED, PERSON),
    (EvidenceRequest, "OVERDUE"): told(K.EVIDENCE_OVERDUE, PERSON, SENDER, "agency_id"),
    (EvidenceRequest, "REFUSE"): told(K.EVIDENCE_REFUSED, PERSON, SENDER),
    (AssessorRecommendation, "PROPOSE"): told(K.RECOMMENDATION_MADE, "agency_id"),
    (AssessorRecommendation, "ACCEPT"): told(K.RECOMMENDATION_ANSWERED, PERSON, SENDER),
    (AssessorRecommendation, "REJECT"): told(K.RECOMMENDATION_ANSWERED, PERSON, SENDER),
    (AlterationRequest, "RECORD"): told(K.ALTERATION_REQUESTED, "center_id", "district_id"),
    (Amendment, "ATTACH"): told(K.AMENDMENT_ATTACHED, "agency_id"),
    (AnnualRating, "RATE"): told(K.ANNUAL_RATING_GIVEN, "agency_id"),
    # neither a complaint nor an obstruction is the agency's to know, and it may have sent the team itself: not to `SENDER`
    (Complaint, "ASSIGN"): told(K.COMPLAINT_ASSIGNED, PERSON),
    (Complaint, "REMIND"): told(K.COMPLAINT_DUE, PERSON, "receiver_id"),
    (Complaint, "SUBSTANTIATE"): told(K.COMPLAINT_CONCLUDED, "receiver_id"),
    (Complaint, "REFUTE"): told(K.COMPLAINT_CONCLUDED, "receiver_id"),
    (Obstruction, "RECORD"): told(K.OBSTRUCTION_RECORDED, "center_id", "district_id"),
    # 000 §20: from the criticism on the agency knows of the case
    (AgencyCase, "REFER"): told(K.AGENCY_CASE_REFERRED, "agency_id", "district_id"),
    (AgencyCase, "DISQUALIFY"): told(K.AGENCY_CASE_DISQUALIFIED, "agency_id", "district_id"),
    (AgencyCase, "RECTIFY"): told(K.AGENCY_CASE_RECTIFIED, "agency_id"),
    # 003 §14, §16: each step of a filing decision is served
    (MonthlyReturn, "ACCEPT"): told(K.MONTHLY_RETURN_ACCEPTED, "organization_id"),
    (FilingDecision, "SUBMIT"): told(K.FILING_SUBMITTED, "center_id"),
    (FilingDecision, "ADVISE"): told(K.FILING_OPINION_ISSUED, "agency_id", "district_id"),
    (FilingDecision, "FILE"): told(K.FILING_FILED, "agency_id", "district_id"),
    (FilingDecision, "REFUSE"): told(K.FILING_REFUSED, "agency_id", "district_id"),
    (FilingDecision, "SEND_BACK"): told(K.FILING_SENT_BACK, "agency_id"),
    (FilingRefusal, "PROPOSE"): told(K.FILING_REFUSAL_PROPOSED, "center_id"),
    (FilingRefusal, "DISMISS"): told(K.FILING_REFUSAL_DISMISSED, "proposer_id"),
    (CreditEntry, "RECORD"): told(K.CREDIT_ENTERED, "agency_id", "district_id"),
    # 000 §15-§16, §18, §21-§23; 003 §17: the person concerned
    (SupervisorCase, "CRITICIZE"): told(K.SUPERVISOR_CASE_DECIDED, PERSON),
    (SupervisorCase, "DISCIPLINE"): told(K.SUPERVISOR_CASE_DECIDED, PERSON),
    (SupervisorCase, "SUSPEND"): told(K.SUPERVISOR_CASE_DECIDED, PERSON),
    (SupervisorCase, "CONFIRM"): told(K.SUPERVISOR_CASE_DECIDED, PERSON),
    (SupervisorCase, "RESTORE"): told(K.SUPERVISOR_CASE_LIFTED, PERSON),
    (SupervisorCase, "CLOSE"): told(K.SUPERVISOR_CASE_CLOSED, PERSON),
    (BlacklistEntry, "UPHOLD"): told(K.BLACKLIST_UPHELD, PERSON),
    (BlacklistEntry, "LIFT"): told(K.BLACKLIST_LIFTED, PERSON, "center_id"),
    (Application, "ISSUE_CARD"): told(K.APPLICATION_DECIDED, PERSON, "employer_id"),
    (Application, "DESIGNATE"): told(K.APPLICATION_DECIDED, PERSON, "employer_id"),
    (Application, "REJECT"): told(K.APPLICATION_DECIDED, PERSON, "employer_id"),
    (Supervisor, "ENLIST"): told(K.ROSTER_ENTERED, PERSON),
    (Card, "ISSUE"): told(K.CARD_ISSUED, PERSON),
    (Card, "RESTORE"): told(K.CARD_RESTORED, PERSON),
    (Appointment, "EVALUATE"): told(K.TERM_EVALUATED, PERSON),
    (Appointment, "RENEW"): told(K.TERM_RENEWED, PERSON),
    (YearlyAssessment, "ASSESS"): told(K.YEAR_ASSESSED, PERSON),
    (Commendation, "COMMEND"): told(K.COMMENDED, PERSON),
    (RecognitionSession, "RECUSE_INTERNAL"): told(K.INTERNAL_RECUSED, "agency_id"),
    (Application, "DECLINE"): told(K.APPLICATION_DECIDED, PERSON),
    (Application, "WITHDRAW"): told(K.APPLICATION_WITHDRAWN, "employer_id", "issuer_id"),
    (Card, "REPLACE"): told(K.CARD_REPLACED, PERSON),
    # 000 §8(八); 003 §10: of an application the person learns when it counts, and of a refused one never
    (Conflict, "DECLARE"): told(K.CONFLICT_RECORDED, "center_id", "district_id"),
    (Conflict, "RECORD"): told(K.CONFLICT_RECORDED, PERSON, "center_id", "district_id"),
    (Conflict, "APPLY"): told(K.CONFLICT_APPLIED, "center_id", "district_id"),
    (Conflict, "ACCEPT"): told(K.CONFLICT_ACCEPTED, PERSON, "organization_id", "center_id", "district_id"),
    (Conflict, "REJECT"): told(K.CONFLICT_REJECTED, "organization_id"),
    (Conflict, "END"): told(K.CONFLICT_ENDED, PERSON, "center_id", "district_id", once="accepted_at"),
}
"""To tell of one more step takes one line here, and for a new kind its name and its words."""

MODELS: Mapping[str, type[SQLModel]] = {model.__name__: model for model, _ in TELLS}
