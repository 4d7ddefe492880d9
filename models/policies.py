"""The policy of a jurisdiction: versions with their lines, proposed by one and put in force by another, and which one is in force."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Sequence, UniqueConstraint, literal_column
from sqlmodel import Field, SQLModel

from models.base import Instant, Json, Row, Tenanted, choice

NUMBERS = Sequence("policy_number", start=2, metadata=SQLModel.metadata)
"""Over the whole database, so that a number says which lines are meant; 1 is the policy that comes with the release."""


class PolicyVersionStatus(StrEnum):
    PROPOSED = "PROPOSED"
    PUBLISHED = "PUBLISHED"
    REJECTED = "REJECTED"


class PolicyVersion(Row, Tenanted, table=True):
    """A whole policy under a number. `difference` and `heads` are what was shown when it was proposed, `approved_difference` what to who approved."""

    __tablename__ = "policy_version"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("center_id", "number"),
        CheckConstraint("(status = 'PROPOSED') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)", "decided_is_somebodys"),
        CheckConstraint("status <> 'PUBLISHED' OR decided_by <> proposed_by", "two_persons"),
        CheckConstraint("(status = 'PUBLISHED') = (approved_difference IS NOT NULL)", "approved_as_shown"),
        Index("uq_policy_version_one_open", "center_id", unique=True, postgresql_where=literal_column("status = 'PROPOSED'")),
    )
    number: int = Field(sa_type=BigInteger)
    base: int = Field(sa_type=BigInteger)
    status: PolicyVersionStatus = Field(default=PolicyVersionStatus.PROPOSED, sa_type=choice(PolicyVersionStatus))
    digest: str = Field(max_length=64)
    line_count: int
    reason: str = Field(max_length=2000)
    difference: list[dict[str, Any]] = Field(sa_type=Json)
    heads: list[dict[str, Any]] = Field(sa_type=Json)
    approved_difference: str | None = Field(default=None, max_length=64)
    proposed_by: UUID = Field(foreign_key="person.id")
    proposed_at: datetime = Field(sa_type=Instant)
    decided_by: UUID | None = Field(default=None, foreign_key="person.id")
    decided_at: datetime | None = Field(default=None, sa_type=Instant)


class PolicyLine(Row, Tenanted, table=True):
    """One line of a version, never changed: a right (`p`) or the tier of a role (`g`)."""

    __tablename__ = "policy_line"
    __table_args__ = (
        UniqueConstraint("policy_version_id", "line"),
        UniqueConstraint(
            "policy_version_id",
            "kind",
            "role",
            "base",
            "relation",
            "object",
            "action",
            "effect",
            name="uq_policy_line_once",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("kind IN ('p', 'g') AND (kind = 'g') = (base IS NOT NULL)", "kind"),
        CheckConstraint("num_nonnulls(relation, object, action, effect) = CASE kind WHEN 'p' THEN 4 ELSE 0 END", "words"),
        CheckConstraint("concat(role, base, relation, object, action, effect) ~ '^[A-Za-z_]+$'", "characters"),
    )
    policy_version_id: UUID = Field(foreign_key="policy_version.id")
    line: int
    kind: str = Field(max_length=1)
    role: str = Field(max_length=32)
    base: str | None = Field(default=None, max_length=32)
    relation: str | None = Field(default=None, max_length=32)
    object: str | None = Field(default=None, max_length=40)
    action: str | None = Field(default=None, max_length=40)
    effect: str | None = Field(default=None, max_length=5)
    article: str = Field(max_length=500)


class PolicyCurrent(SQLModel, table=True):
    """Which version is in force for a center; the one that comes with the release where there is no row."""

    __tablename__ = "policy_current"
    __table_args__ = (ForeignKeyConstraint(["center_id", "version"], ["policy_version.center_id", "policy_version.number"]),)
    center_id: UUID = Field(primary_key=True, foreign_key="organization.id")
    version: int = Field(sa_type=BigInteger)
