"""Center, district, agency: the registry that institutions share; and the profile (rules) bound to a subtree."""

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.base import Json, Row, choice


class Tier(StrEnum):
    """Who manages the whole (B004), who supervises an area day by day (B007), and who is supervised."""

    CENTER = "CENTER"
    DISTRICT = "DISTRICT"
    AGENCY = "AGENCY"


class AgencyKind(StrEnum):
    TRAINING_ORGANIZATION = "TRAINING_ORGANIZATION"
    EMPLOYER = "EMPLOYER"
    TECHNICAL_SCHOOL = "TECHNICAL_SCHOOL"


class Organization(Row, table=True):
    __tablename__ = "organization"
    __table_args__ = (
        CheckConstraint("(tier = 'CENTER') = (parent_id IS NULL)", "root_is_center"),
        CheckConstraint("(tier = 'AGENCY') = (agency_id IS NOT NULL)", "agency_is_itself"),
        CheckConstraint("(tier = 'AGENCY') = (credit_code IS NOT NULL)", "agency_has_credit_code"),
        CheckConstraint("tier <> 'DISTRICT' OR district_id = id", "district_is_itself"),
        CheckConstraint("tier <> 'CENTER' OR center_id = id", "center_is_itself"),
        UniqueConstraint("credit_code"),
        UniqueConstraint("center_id", "tier", "code"),
    )
    tier: Tier = Field(sa_type=choice(Tier))
    name: str = Field(max_length=120)
    code: str = Field(max_length=18)
    parent_id: UUID | None = Field(default=None, foreign_key="organization.id", index=True)
    center_id: UUID = Field(foreign_key="organization.id", index=True)
    district_id: UUID | None = Field(default=None, foreign_key="organization.id", index=True)
    agency_id: UUID | None = Field(default=None, foreign_key="organization.id")
    kind: AgencyKind | None = Field(default=None, sa_type=choice(AgencyKind))
    credit_code: str | None = Field(default=None, max_length=18)
    place: str | None = Field(default=None, max_length=200)


class Profile(Row, table=True):
    """The rules of a jurisdiction, immutable once published; the latest whose day has come is in force.

    `code_of_conduct` (工作守则) and `exam_room_rules` (考场规则) are the texts that 000 §8(八) names; `code_digest` is SHA-256 over the first, in hex.
    """

    __tablename__ = "profile"
    __table_args__ = (
        UniqueConstraint("organization_id", "effective_from"),
        CheckConstraint("(code_of_conduct IS NULL) = (code_digest IS NULL)", "code_has_a_digest"),
    )
    slug: str = Field(max_length=60)
    title: str = Field(max_length=200)
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    effective_from: date
    rules: list[dict[str, Any]] = Field(sa_type=Json)
    code_of_conduct: str | None = Field(default=None, max_length=8000)
    exam_room_rules: str | None = Field(default=None, max_length=8000)
    code_digest: str | None = Field(default=None, max_length=64)
