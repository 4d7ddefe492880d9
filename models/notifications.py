"""What people and organizations are told; what was reminded of already; how far the events of each organization have been told."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, literal_column
from sqlmodel import Field, SQLModel

from models.base import Instant, Placed, Row, choice, listed


class NotificationKind(StrEnum):
    OFFER_MADE = "OFFER_MADE"
    OFFER_LAPSED = "OFFER_LAPSED"
    OFFER_DECLINED = "OFFER_DECLINED"
    OFFER_WITHDRAWN = "OFFER_WITHDRAWN"
    PLACE_UNFILLED = "PLACE_UNFILLED"
    DRAW_COMMITTED = "DRAW_COMMITTED"
    NOTICE_SERVED = "NOTICE_SERVED"
    OPINION_SERVED = "OPINION_SERVED"
    OPINION_OVERDUE = "OPINION_OVERDUE"
    REPORT_OVERDUE = "REPORT_OVERDUE"
    RECTIFICATION_SUBMITTED = "RECTIFICATION_SUBMITTED"
    RECTIFICATION_SENT_BACK = "RECTIFICATION_SENT_BACK"
    RECTIFICATION_ACCEPTED = "RECTIFICATION_ACCEPTED"
    RECTIFICATION_DUE = "RECTIFICATION_DUE"
    RECTIFICATION_OVERDUE = "RECTIFICATION_OVERDUE"
    MONTHLY_RETURN_DUE = "MONTHLY_RETURN_DUE"
    MONTHLY_RETURN_OVERDUE = "MONTHLY_RETURN_OVERDUE"
    MONTHLY_RETURN_FILED = "MONTHLY_RETURN_FILED"
    MONTHLY_RETURN_SENT_BACK = "MONTHLY_RETURN_SENT_BACK"
    APPOINTMENT_EXPIRING = "APPOINTMENT_EXPIRING"
    APPOINTMENT_EXPIRED = "APPOINTMENT_EXPIRED"
    EDUCATION_DUE = "EDUCATION_DUE"
    EDUCATION_LAPSED = "EDUCATION_LAPSED"
    ASSESSMENT_OVERDUE = "ASSESSMENT_OVERDUE"
    SUPERVISOR_CASE_OPENED = "SUPERVISOR_CASE_OPENED"
    SUPERVISOR_CASE_HEARD = "SUPERVISOR_CASE_HEARD"
    SUPERVISOR_CASE_STATED = "SUPERVISOR_CASE_STATED"
    EXTENSION_REQUESTED = "EXTENSION_REQUESTED"
    EXTENSION_DECIDED = "EXTENSION_DECIDED"
    SUPERVISOR_CASE_APPEALED = "SUPERVISOR_CASE_APPEALED"
    SUPERVISOR_CASE_UPHELD = "SUPERVISOR_CASE_UPHELD"
    CARD_SUSPENDED = "CARD_SUSPENDED"
    CARD_REVOKED = "CARD_REVOKED"
    AGENCY_CASE_OPENED = "AGENCY_CASE_OPENED"
    AGENCY_CASE_CRITICIZED = "AGENCY_CASE_CRITICIZED"
    AGENCY_CASE_ORDERED = "AGENCY_CASE_ORDERED"
    AGENCY_CASE_OVERDUE = "AGENCY_CASE_OVERDUE"
    SERIOUS_VIOLATION_RAISED = "SERIOUS_VIOLATION_RAISED"
    SERIOUS_VIOLATION_DECIDED = "SERIOUS_VIOLATION_DECIDED"
    BLACKLIST_LISTED = "BLACKLIST_LISTED"
    BLACKLIST_REVIEW_DUE = "BLACKLIST_REVIEW_DUE"
    WEBHOOK_SUSPENDED = "WEBHOOK_SUSPENDED"
    EVIDENCE_REQUESTED = "EVIDENCE_REQUESTED"
    EVIDENCE_PROVIDED = "EVIDENCE_PROVIDED"
    EVIDENCE_OVERDUE = "EVIDENCE_OVERDUE"
    EVIDENCE_REFUSED = "EVIDENCE_REFUSED"
    RECOMMENDATION_MADE = "RECOMMENDATION_MADE"
    RECOMMENDATION_ANSWERED = "RECOMMENDATION_ANSWERED"
    ALTERATION_REQUESTED = "ALTERATION_REQUESTED"
    AMENDMENT_ATTACHED = "AMENDMENT_ATTACHED"
    ANNUAL_RATING_GIVEN = "ANNUAL_RATING_GIVEN"
    COMPLAINT_ASSIGNED = "COMPLAINT_ASSIGNED"
    COMPLAINT_DUE = "COMPLAINT_DUE"
    COMPLAINT_CONCLUDED = "COMPLAINT_CONCLUDED"
    OBSTRUCTION_RECORDED = "OBSTRUCTION_RECORDED"
    AGENCY_CASE_REFERRED = "AGENCY_CASE_REFERRED"
    AGENCY_CASE_DISQUALIFIED = "AGENCY_CASE_DISQUALIFIED"
    AGENCY_CASE_RECTIFIED = "AGENCY_CASE_RECTIFIED"
    FILING_SUBMITTED = "FILING_SUBMITTED"
    FILING_OPINION_ISSUED = "FILING_OPINION_ISSUED"
    FILING_FILED = "FILING_FILED"
    FILING_REFUSED = "FILING_REFUSED"
    FILING_SENT_BACK = "FILING_SENT_BACK"
    FILING_REFUSAL_PROPOSED = "FILING_REFUSAL_PROPOSED"
    FILING_REFUSAL_DISMISSED = "FILING_REFUSAL_DISMISSED"
    CREDIT_ENTERED = "CREDIT_ENTERED"
    SUPERVISOR_CASE_DECIDED = "SUPERVISOR_CASE_DECIDED"
    SUPERVISOR_CASE_LIFTED = "SUPERVISOR_CASE_LIFTED"
    SUPERVISOR_CASE_CLOSED = "SUPERVISOR_CASE_CLOSED"
    BLACKLIST_UPHELD = "BLACKLIST_UPHELD"
    BLACKLIST_LIFTED = "BLACKLIST_LIFTED"
    ROSTER_ENTERED = "ROSTER_ENTERED"
    CARD_ISSUED = "CARD_ISSUED"
    CARD_RESTORED = "CARD_RESTORED"
    APPLICATION_DECIDED = "APPLICATION_DECIDED"
    TERM_EVALUATED = "TERM_EVALUATED"
    TERM_RENEWED = "TERM_RENEWED"
    YEAR_ASSESSED = "YEAR_ASSESSED"
    COMMENDED = "COMMENDED"
    INTERNAL_RECUSED = "INTERNAL_RECUSED"
    APPLICATION_WITHDRAWN = "APPLICATION_WITHDRAWN"
    CARD_REPLACED = "CARD_REPLACED"
    MONTHLY_RETURN_ACCEPTED = "MONTHLY_RETURN_ACCEPTED"
    INSPECTION_CANCELLED = "INSPECTION_CANCELLED"
    REPORT_SUBMITTED = "REPORT_SUBMITTED"
    CONFLICT_RECORDED = "CONFLICT_RECORDED"
    CONFLICT_APPLIED = "CONFLICT_APPLIED"
    CONFLICT_ACCEPTED = "CONFLICT_ACCEPTED"
    CONFLICT_REJECTED = "CONFLICT_REJECTED"
    CONFLICT_ENDED = "CONFLICT_ENDED"


class NotificationStatus(StrEnum):
    UNREAD = "UNREAD"
    READ = "READ"


class Notification(Row, Placed, table=True):
    """One event, told to one organization or one person. The tenants are those of whom it is told to; of the matter it has ids and a kind only."""

    __tablename__ = "notification"
    __table_args__ = (
        CheckConstraint("num_nonnulls(organization_id, person_id) = 1", "one_recipient"),
        CheckConstraint("(status = 'READ') = (read_at IS NOT NULL) AND (read_at IS NULL) = (read_by IS NULL)", "read_by_somebody"),
        UniqueConstraint("event_id", "kind", "organization_id", "person_id", postgresql_nulls_not_distinct=True),
        *listed(),
        Index(None, "organization_id", "id"),
        Index(None, "person_id", "id"),
        Index("ix_notification_untold", "center_id", "id", postgresql_where=literal_column("relayed_at IS NULL")),
    )
    kind: NotificationKind = Field(sa_type=choice(NotificationKind))
    organization_id: UUID | None = Field(default=None, foreign_key="organization.id")
    person_id: UUID | None = Field(default=None, foreign_key="person.id")
    event_id: UUID
    """Without a foreign key, as all that speak of events: their table is the first to be divided by time."""
    subject_kind: str = Field(max_length=40)
    subject_id: UUID
    occasion: str | None = Field(default=None, max_length=40)
    at: datetime = Field(sa_type=Instant)
    status: NotificationStatus = Field(default=NotificationStatus.UNREAD, sa_type=choice(NotificationStatus))
    read_at: datetime | None = Field(default=None, sa_type=Instant)
    read_by: UUID | None = Field(default=None, foreign_key="person.id")
    # when it was handed to the webhooks of its organization, or found to have none
    relayed_at: datetime | None = Field(default=None, sa_type=Instant)


class Reminder(Row, Placed, table=True):
    """What was reminded of, once for each occasion, whoever finds it due at the same time. Never changed."""

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("subject_id", "step", "occasion"),)
    subject_id: UUID
    step: str = Field(max_length=40)
    occasion: str = Field(max_length=40)


class Relay(SQLModel, table=True):
    """Up to which event of an organization's chain everything has been told. Its row lock lets one worker tell at a time."""

    __tablename__ = "relay"
    organization_id: UUID = Field(primary_key=True, foreign_key="organization.id")
    center_id: UUID = Field(index=True)
    sequence: int
