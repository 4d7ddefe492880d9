"""What the public is told (一公开): of a draw its digest before and its outcome after, of an inspection its result. A row exists once it is public."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, literal_column
from sqlmodel import Field

from models.base import Instant, Json, Row, Tenanted, choice
from models.inspections import InspectionForm
from models.ratings import Rating


class PublicDrawStatus(StrEnum):
    ANNOUNCED = "ANNOUNCED"
    DISCLOSED = "DISCLOSED"
    VOIDED = "VOIDED"


class PublicResultStatus(StrEnum):
    PUBLISHED = "PUBLISHED"
    WITHDRAWN = "WITHDRAWN"


class PublicDraw(Row, Tenanted, table=True):
    """Names as they were then; nothing of any person. `targets` are told with the seed, which before would let an agency reckon its chance (A18)."""

    __tablename__ = "public_draw"
    __table_args__ = (
        UniqueConstraint("draw_id"),
        CheckConstraint("(status = 'DISCLOSED') = (disclosed_at IS NOT NULL)", "disclosed_when"),
        CheckConstraint("(status = 'VOIDED') = (voided_at IS NOT NULL)", "voided_when"),
        CheckConstraint("num_nulls(seed, secret, public_value, disclosed_at) IN (0, 4)", "seed_with_its_parts"),
        CheckConstraint("seed IS NOT NULL OR targets = '[]'", "targets_with_the_seed"),
    )
    draw_id: UUID = Field(foreign_key="draw.id")
    dispatcher_name: str = Field(max_length=120)
    district_name: str | None = Field(default=None, max_length=120)
    month: str = Field(max_length=7)
    year: int
    status: PublicDrawStatus = Field(default=PublicDrawStatus.ANNOUNCED, sa_type=choice(PublicDrawStatus))
    public_source: str = Field(max_length=200)
    pool_digest: str = Field(max_length=64)
    commitment: str = Field(max_length=64)
    sessions_needed: int
    announced_at: datetime = Field(sa_type=Instant)
    public_value: str | None = Field(default=None, max_length=200)
    secret: str | None = Field(default=None, max_length=64)
    seed: str | None = Field(default=None, max_length=64)
    targets: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json, sa_column_kwargs={"server_default": "[]"})
    disclosed_at: datetime | None = Field(default=None, sa_type=Instant)
    voided_at: datetime | None = Field(default=None, sa_type=Instant)


class PublicResult(Row, Tenanted, table=True):
    """Figures, never words of the team, which may speak of persons. What was published wrong is withdrawn with a reason; the next edition puts it right."""

    __tablename__ = "public_result"
    __table_args__ = (
        UniqueConstraint("inspection_id", "edition"),
        Index("uq_public_result_one_in_force", "inspection_id", unique=True, postgresql_where=literal_column("status = 'PUBLISHED'")),
        Index(None, "public_draw_id"),
        Index(None, "published_at", "id"),
        Index(None, "inspected_on", "id"),
        CheckConstraint("agency_id IS NOT NULL", "has_agency"),
        CheckConstraint("(status = 'WITHDRAWN') = (withdrawn_at IS NOT NULL)", "withdrawn_when"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdraw_reason IS NULL)", "withdrawn_has_reason"),
        CheckConstraint("(score IS NULL) = (score_of IS NULL)", "score_has_measure"),
        CheckConstraint("findings >= 0 AND findings <= lines", "findings_of_lines"),
    )
    inspection_id: UUID = Field(foreign_key="inspection.id")
    public_draw_id: UUID | None = Field(default=None, foreign_key="public_draw.id")
    edition: int
    dispatcher_name: str = Field(max_length=120)
    district_name: str | None = Field(default=None, max_length=120)
    agency_name: str = Field(max_length=120)
    form: InspectionForm = Field(sa_type=choice(InspectionForm))
    year: int
    inspected_on: date
    occupation: str | None = Field(default=None, max_length=80)
    status: PublicResultStatus = Field(default=PublicResultStatus.PUBLISHED, sa_type=choice(PublicResultStatus))
    lines: int
    findings: int
    score: int | None = None
    score_of: int | None = None
    rating: Rating | None = Field(default=None, sa_type=choice(Rating))
    requires_rectification: bool
    published_at: datetime = Field(sa_type=Instant)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)
    withdraw_reason: str | None = Field(default=None, max_length=500)
