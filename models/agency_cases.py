"""Cases against an agency or one of its staff (000 §20), and the obstruction of an inspection that opens one."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, literal_column
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, choice, listed


class AgencyGround(StrEnum):
    """000 §20: obstruction of supervision (Y070-Y075, in their order)."""

    WITHHOLDS_INFORMATION = "WITHHOLDS_INFORMATION"
    SILENCES_WITNESSES = "SILENCES_WITNESSES"
    REFUSES_IMPROVEMENT = "REFUSES_IMPROVEMENT"
    DECEIVES_SUPERVISION = "DECEIVES_SUPERVISION"
    RETALIATES = "RETALIATES"
    OTHER_OBSTRUCTION = "OTHER_OBSTRUCTION"


class AgencyCaseStatus(StrEnum):
    OPENED = "OPENED"
    CRITICIZED = "CRITICIZED"
    ORDERED = "ORDERED"
    HR_REFERRED = "HR_REFERRED"
    DISQUALIFIED = "DISQUALIFIED"
    RECTIFIED = "RECTIFIED"
    DISMISSED = "DISMISSED"


class AgencyCaseOrigin(StrEnum):
    MANUAL = "MANUAL"
    OBSTRUCTION = "OBSTRUCTION"
    RECTIFICATION_OVERDUE = "RECTIFICATION_OVERDUE"
    EVIDENCE_REFUSED = "EVIDENCE_REFUSED"


OPEN_CASES = (AgencyCaseStatus.OPENED, AgencyCaseStatus.CRITICIZED, AgencyCaseStatus.ORDERED, AgencyCaseStatus.HR_REFERRED)


class AgencyCase(Row, Tenanted, table=True):
    """评价机构案件. Against the agency as a whole, or against the one of its staff that is named (Y098).

    The agency learns of it with the criticism. The last two rungs are the HR department's; here stands under which number and when it decided.
    """

    __tablename__ = "agency_case"
    __table_args__ = (
        *listed(),
        CheckConstraint("agency_id IS NOT NULL", "has_agency"),
        CheckConstraint("(status IN ('OPENED', 'DISMISSED')) = (criticized_at IS NULL)", "criticized_has_instant"),
        CheckConstraint("(criticized_at IS NULL) = (criticism IS NULL)", "criticism_is_written"),
        CheckConstraint("status NOT IN ('ORDERED', 'HR_REFERRED', 'DISQUALIFIED') OR due_on IS NOT NULL", "order_has_due"),
        CheckConstraint("(due_on IS NULL) = (correction IS NULL)", "order_is_written"),
        CheckConstraint("status NOT IN ('HR_REFERRED', 'DISQUALIFIED') OR hr_order_number IS NOT NULL", "hr_has_ordered"),
        CheckConstraint("(hr_order_number IS NULL) = (hr_ordered_on IS NULL)", "hr_order_has_day"),
        CheckConstraint("(status = 'DISQUALIFIED') = (hr_decision_number IS NOT NULL)", "hr_has_decided"),
        CheckConstraint("(hr_decision_number IS NULL) = (hr_decided_on IS NULL)", "hr_decision_has_day"),
        CheckConstraint("status <> 'DISQUALIFIED' OR staff_name IS NULL", "agencies_are_disqualified"),
        CheckConstraint("(status IN ('DISQUALIFIED', 'RECTIFIED', 'DISMISSED')) = (closed_at IS NOT NULL)", "closed_has_instant"),
        Index(
            "uq_agency_case_one_open",
            "inspection_id",
            "ground",
            unique=True,
            postgresql_where=literal_column("status IN ('OPENED', 'CRITICIZED', 'ORDERED', 'HR_REFERRED')"),
        ),
    )
    staff_name: str | None = Field(default=None, max_length=60)
    ground: AgencyGround = Field(sa_type=choice(AgencyGround))
    origin: AgencyCaseOrigin = Field(default=AgencyCaseOrigin.MANUAL, sa_type=choice(AgencyCaseOrigin))
    serious: bool = False
    facts: str = Field(max_length=4000)
    status: AgencyCaseStatus = Field(default=AgencyCaseStatus.OPENED, sa_type=choice(AgencyCaseStatus))
    inspection_id: UUID | None = Field(default=None, foreign_key="inspection.id")
    recognition_session_id: UUID | None = Field(default=None, foreign_key="recognition_session.id")
    rectification_id: UUID | None = Field(default=None, foreign_key="rectification.id")
    evidence_request_id: UUID | None = Field(default=None, foreign_key="evidence_request.id")
    complaint_id: UUID | None = Field(default=None, foreign_key="complaint.id")
    opener_id: UUID = Field(foreign_key="organization.id")
    opened_by: UUID = Field(foreign_key="person.id")
    criticism: str | None = Field(default=None, max_length=2000)
    criticized_at: datetime | None = Field(default=None, sa_type=Instant)
    correction: str | None = Field(default=None, max_length=2000)
    due_on: date | None = None
    hr_order_number: str | None = Field(default=None, max_length=40)
    hr_ordered_on: date | None = None
    hr_decision_number: str | None = Field(default=None, max_length=40)
    hr_decided_on: date | None = None
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    reason: str | None = Field(default=None, max_length=2000)
    profile_id: UUID = Field(foreign_key="profile.id")


class Obstruction(Row, Tenanted, table=True):
    """阻挠督导: what a team met with on an inspection. Never changed, never seen by the agency; it opens a case or a report, as the rules have it.

    With a rectification or a request for evidence it is the house's record of what followed by itself: once for each day due, once for each refusal.
    """

    __tablename__ = "obstruction"
    __table_args__ = (
        *listed("center_id", "district_id"),
        CheckConstraint("agency_id IS NOT NULL", "has_agency"),
        CheckConstraint("(agency_case_id IS NULL) <> (serious_violation_report_id IS NULL)", "opens_one"),
        CheckConstraint("happened_at <= recorded_at", "happened_before"),
        CheckConstraint("num_nonnulls(rectification_id, evidence_request_id) <= 1", "follows_one"),
        UniqueConstraint("rectification_id", "happened_at"),
        UniqueConstraint("evidence_request_id"),
    )
    inspection_id: UUID = Field(foreign_key="inspection.id", index=True)
    staff_name: str | None = Field(default=None, max_length=60)
    ground: AgencyGround = Field(sa_type=choice(AgencyGround))
    facts: str = Field(max_length=4000)
    happened_at: datetime = Field(sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)
    person_id: UUID = Field(foreign_key="person.id")
    rectification_id: UUID | None = Field(default=None, foreign_key="rectification.id")
    evidence_request_id: UUID | None = Field(default=None, foreign_key="evidence_request.id")
    agency_case_id: UUID | None = Field(default=None, foreign_key="agency_case.id", index=True)
    serious_violation_report_id: UUID | None = Field(default=None, foreign_key="serious_violation_report.id")
