"""资格申报: from a draft to the card. What is attested, trained and examined is kept beside the application and never changed."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, literal_column
from sqlmodel import Field, SQLModel

from models.base import Instant, Json, Placed, Row, choice, listed
from models.supervisors import SkillLevel, SupervisorKind, Title


class ApplicationStatus(StrEnum):
    DRAFT = "DRAFT"
    APPLIED = "APPLIED"
    RECOMMENDED = "RECOMMENDED"
    TRAINED = "TRAINED"
    EXAM_PASSED = "EXAM_PASSED"
    EXAM_FAILED = "EXAM_FAILED"
    CARD_ISSUED = "CARD_ISSUED"
    DESIGNATED = "DESIGNATED"
    REJECTED = "REJECTED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"


ENDED = (
    ApplicationStatus.CARD_ISSUED,
    ApplicationStatus.DESIGNATED,
    ApplicationStatus.REJECTED,
    ApplicationStatus.DECLINED,
    ApplicationStatus.WITHDRAWN,
)


class WorkArea(StrEnum):
    """What sort of work the conditions ask about: 000 §6(三) the first two and the last, 003 §7(三) the third."""

    MANAGEMENT = "MANAGEMENT"
    TECHNICAL = "TECHNICAL"
    TECHNICAL_MANAGEMENT = "TECHNICAL_MANAGEMENT"
    ASSESSING = "ASSESSING"


class AttestedCondition(StrEnum):
    """What cannot be computed: somebody vouches for it on a day. Of health yes or no is kept, nothing else (B016)."""

    INTEGRITY = "INTEGRITY"
    POLICY_KNOWN = "POLICY_KNOWN"
    HEALTHY = "HEALTHY"
    ASSESSOR_EXCELLENT = "ASSESSOR_EXCELLENT"


class TrainingTopic(StrEnum):
    """000 §14 (Y051-Y053)."""

    POLICY = "POLICY"
    ETHICS = "ETHICS"
    WORKFLOW = "WORKFLOW"


class Application(Row, Placed, table=True):
    """One person's way to one kind of qualification. It lies where the employer lies; `issuer_id` is the center, or the agency for its own."""

    __tablename__ = "application"
    __table_args__ = (
        *listed(),
        Index(None, "center_id", "status", "moved_at", "id"),
        Index(None, "person_id", "id"),
        Index(
            "uq_application_one_open",
            "person_id",
            "kind",
            "employer_id",
            unique=True,
            postgresql_where=literal_column("status NOT IN ('CARD_ISSUED', 'DESIGNATED', 'REJECTED', 'DECLINED', 'WITHDRAWN')"),
        ),
        CheckConstraint("kind <> 'INTERNAL' OR (issuer_id = employer_id AND agency_id = employer_id)", "internal_at_own_agency"),
        CheckConstraint("kind <> 'EXTERNAL' OR issuer_id = center_id", "external_at_center"),
        CheckConstraint(
            "(status = 'WITHDRAWN' OR (status = 'DRAFT') = (applied_at IS NULL)) AND (applied_at IS NULL) = (profile_id IS NULL)", "applied_is_judged"
        ),
        CheckConstraint("(recommended_at IS NULL) = (recommended_by IS NULL)", "recommendation_is_somebodys"),
        CheckConstraint("recommended_by <> person_id", "recommended_by_another"),
        CheckConstraint("(status IN ('REJECTED', 'DECLINED', 'WITHDRAWN')) = (reasons IS NOT NULL)", "refused_has_reasons"),
        CheckConstraint("(status = 'CARD_ISSUED') = (card_id IS NOT NULL)", "issued_has_card"),
        CheckConstraint("(status IN ('CARD_ISSUED', 'DESIGNATED')) = (supervisor_id IS NOT NULL)", "granted_is_on_roster"),
    )
    person_id: UUID = Field(foreign_key="person.id")
    kind: SupervisorKind = Field(sa_type=choice(SupervisorKind))
    employer_id: UUID = Field(foreign_key="organization.id")
    issuer_id: UUID = Field(foreign_key="organization.id")
    status: ApplicationStatus = Field(default=ApplicationStatus.DRAFT, sa_type=choice(ApplicationStatus))
    drafted_by: UUID = Field(foreign_key="person.id")
    moved_at: datetime = Field(sa_type=Instant)
    employed_since: date
    level: SkillLevel | None = Field(default=None, sa_type=choice(SkillLevel))
    professional_title: Title | None = Field(default=None, sa_type=choice(Title))
    work: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    competences: list[str] = Field(default_factory=list, sa_type=Json)
    applied_at: datetime | None = Field(default=None, sa_type=Instant)
    profile_id: UUID | None = Field(default=None, foreign_key="profile.id")
    conditions: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    recommended_by: UUID | None = Field(default=None, foreign_key="person.id")
    recommended_at: datetime | None = Field(default=None, sa_type=Instant)
    recommendation: str | None = Field(default=None, max_length=2000)
    reasons: str | None = Field(default=None, max_length=2000)
    supervisor_id: UUID | None = Field(default=None, foreign_key="supervisor.id", index=True)
    card_id: UUID | None = Field(default=None, foreign_key="card.id")


class OfApplication(SQLModel):
    """Whose it is, as the application says: who may see the one sees the other."""

    application_id: UUID = Field(foreign_key="application.id")
    person_id: UUID = Field(foreign_key="person.id")
    employer_id: UUID = Field(foreign_key="organization.id")
    issuer_id: UUID = Field(foreign_key="organization.id")


class Attestation(Row, Placed, OfApplication, table=True):
    """Who vouched for which condition, for which organization, as of which day. The latest one counts."""

    __tablename__ = "attestation"
    __table_args__ = (Index(None, "application_id"),)
    condition: AttestedCondition = Field(sa_type=choice(AttestedCondition))
    holds: bool
    attester_id: UUID = Field(foreign_key="person.id")
    organization_id: UUID = Field(foreign_key="organization.id")
    attested_on: date


class Training(Row, Placed, OfApplication, table=True):
    """One topic somebody was trained in (000 §14), by whom and when."""

    __tablename__ = "training"
    __table_args__ = (UniqueConstraint("application_id", "topic"),)
    topic: TrainingTopic = Field(sa_type=choice(TrainingTopic))
    organization_id: UUID = Field(foreign_key="organization.id")
    held_on: date


class WrittenExam(Row, Placed, OfApplication, table=True):
    """考核（笔试）: which paper of whose, and the result (000 §15). No text has a pass mark: who examines says passed or not."""

    __tablename__ = "written_exam"
    __table_args__ = (UniqueConstraint("application_id"), CheckConstraint("score BETWEEN 0 AND 100", "score_of_hundred"))
    held_on: date
    paper: str = Field(max_length=60)
    paper_owner_id: UUID = Field(foreign_key="organization.id")
    score: int
    passed: bool
    organization_id: UUID = Field(foreign_key="organization.id")
