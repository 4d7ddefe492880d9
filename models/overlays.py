"""实施细则 (003 §18): what a district or an agency makes stricter in the rules above it, in numbered versions."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, literal_column
from sqlmodel import Field

from models.base import Instant, Json, Row, Tenanted, choice, listed


class OverlayStatus(StrEnum):
    PROPOSED = "PROPOSED"
    PUBLISHED = "PUBLISHED"
    WITHDRAWN = "WITHDRAWN"


class Overlay(Row, Tenanted, table=True):
    """One version, whole: the latest published one whose day has come is in force. What it says never changes, nor does it once it is decided.

    `difference` is what it changes in `profile_id` (and, below a district, in `parent_id`), as shown when proposed and again when published.
    """

    __tablename__ = "overlay"
    __table_args__ = (
        *listed(),
        UniqueConstraint("organization_id", "number"),
        CheckConstraint("organization_id <> center_id AND organization_id IN (district_id, agency_id)", "below_the_center"),
        CheckConstraint("(status = 'PROPOSED') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)", "decided_is_somebodys"),
        CheckConstraint("number > 0", "number_counts"),
        Index("uq_overlay_one_open", "organization_id", unique=True, postgresql_where=literal_column("status = 'PROPOSED'")),
        Index("uq_overlay_one_a_day", "organization_id", "effective_from", unique=True, postgresql_where=literal_column("status = 'PUBLISHED'")),
    )
    organization_id: UUID = Field(foreign_key="organization.id")
    number: int
    title: str = Field(max_length=200)
    text: str | None = Field(default=None, max_length=8000)
    effective_from: date
    status: OverlayStatus = Field(default=OverlayStatus.PROPOSED, sa_type=choice(OverlayStatus))
    rules: list[dict[str, Any]] = Field(sa_type=Json)
    difference: list[dict[str, Any]] = Field(sa_type=Json)
    profile_id: UUID = Field(foreign_key="profile.id")
    parent_id: UUID | None = Field(default=None, foreign_key="overlay.id")
    proposed_by: UUID = Field(foreign_key="person.id")
    proposed_at: datetime = Field(sa_type=Instant)
    decided_by: UUID | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
