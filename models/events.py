"""The append-only log of every step, chained by hash per organization."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from models.base import Instant, Row, Tenanted


class Event(Row, Tenanted, table=True):
    """One step of one row. `subject_*` says what moved; `organization_id` for whom it was done and whose chain it continues."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("organization_id", "sequence"),)
    organization_id: UUID = Field(foreign_key="organization.id")
    sequence: int
    at: datetime = Field(sa_type=Instant)
    person_id: UUID = Field(foreign_key="person.id")
    subject_kind: str = Field(max_length=40)
    subject_id: UUID = Field(index=True)
    step: str = Field(max_length=40)
    from_status: str | None = Field(default=None, max_length=32)
    to_status: str | None = Field(default=None, max_length=32)
    profile_id: UUID | None = Field(default=None, foreign_key="profile.id")
    reason: str | None = Field(default=None, max_length=2000)
    previous: bytes
    digest: bytes


class ChainHead(SQLModel, table=True):
    """The newest links of an organization's two chains, of events and of decisions. Its row lock is what makes them one after another."""

    __tablename__ = "chain_head"
    organization_id: UUID = Field(primary_key=True, foreign_key="organization.id")
    sequence: int
    digest: bytes
    decision_sequence: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    decision_digest: bytes | None = None
