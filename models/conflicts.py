"""Conflicts on record (回避登记): what ties a person to an agency, who said so, and since when it counts."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, literal_column
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, choice, listed


class ConflictKind(StrEnum):
    """The texts name no kinds: 000 §8(八) speaks of whatever may affect objectivity."""

    KINSHIP = "KINSHIP"
    INTEREST = "INTEREST"
    FORMER_EMPLOYMENT = "FORMER_EMPLOYMENT"
    TEACHING = "TEACHING"
    OTHER = "OTHER"


class ConflictOrigin(StrEnum):
    """Whose word it is. An agency applies (申请回避); the others' word counts at once."""

    PERSON = "PERSON"
    DISPATCHER = "DISPATCHER"
    AGENCY = "AGENCY"


class ConflictStatus(StrEnum):
    """DECLARED is an application that waits; ACCEPTED counts on its days."""

    DECLARED = "DECLARED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    ENDED = "ENDED"


class Conflict(Row, Tenanted, table=True):
    """The tenants are those of the agency concerned. `organization_id` is who keeps it: the dispatcher that recorded it, the agency that applied, of the
    person's own word the center. Half-open days; what was said never changes, it ends.
    """

    __tablename__ = "conflict"
    __table_args__ = (
        *listed("center_id", "district_id", "organization_id"),
        Index(None, "agency_id"),
        Index("ix_conflict_person_agency", "person_id", "agency_id"),
        CheckConstraint("agency_id IS NOT NULL", "has_agency"),
        CheckConstraint("ends_on > starts_on", "dates_in_order"),
        CheckConstraint("(origin = 'AGENCY') = (organization_id = agency_id)", "applied_for_by_the_agency"),
        CheckConstraint("(origin = 'AGENCY') = (assignment_id IS NOT NULL)", "applied_for_on_notice"),
        CheckConstraint("origin <> 'PERSON' OR declared_by = person_id", "own_word"),
        CheckConstraint("origin = 'AGENCY' OR (accepted_at IS NOT NULL AND decided_by IS NULL)", "counts_at_once"),
        CheckConstraint("status = 'ENDED' OR (status = 'ACCEPTED') = (accepted_at IS NOT NULL)", "accepted_has_instant"),
        CheckConstraint("(status = 'REJECTED') = (answer IS NOT NULL)", "rejected_is_said"),
        CheckConstraint("origin <> 'AGENCY' OR (decided_by IS NOT NULL) = (accepted_at IS NOT NULL OR answer IS NOT NULL)", "decided_by_somebody"),
        CheckConstraint("decided_by <> person_id", "decided_by_another"),
        CheckConstraint("(status = 'ENDED') = (ended_at IS NOT NULL)", "ended_has_instant"),
        Index(
            "uq_conflict_one_open",
            "person_id",
            "agency_id",
            "organization_id",
            "origin",
            "kind",
            unique=True,
            postgresql_where=literal_column("status IN ('DECLARED', 'ACCEPTED')"),
        ),
    )
    person_id: UUID = Field(foreign_key="person.id")
    organization_id: UUID = Field(foreign_key="organization.id")
    kind: ConflictKind = Field(sa_type=choice(ConflictKind))
    origin: ConflictOrigin = Field(sa_type=choice(ConflictOrigin))
    text: str = Field(max_length=1000)
    starts_on: date
    ends_on: date | None = None
    status: ConflictStatus = Field(default=ConflictStatus.DECLARED, sa_type=choice(ConflictStatus))
    declared_by: UUID = Field(foreign_key="person.id")
    declared_at: datetime = Field(sa_type=Instant)
    # of an application, the place of which the agency had notice
    assignment_id: UUID | None = Field(default=None, foreign_key="assignment.id")
    accepted_at: datetime | None = Field(default=None, sa_type=Instant)
    decided_by: UUID | None = Field(default=None, foreign_key="person.id")
    answer: str | None = Field(default=None, max_length=500)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
