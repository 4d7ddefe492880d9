"""The append-only log of decisions: who was allowed or denied what, in which role, by which line; chained by hash per organization."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Placed, Row, choice, listed


class Outcome(StrEnum):
    ALLOWED = "ALLOWED"
    DENIED = "DENIED"


class Decision(Row, Placed, table=True):
    """One right asked for on one object. The tenants are those of the organization acted for, whose chain it continues.

    The other ids bear no foreign key: their rows are never deleted, and each key would be one more look-up a write. An object that was asked
    for and not found stands here as it was asked for, whether there is one or not.
    """

    __tablename__ = "decision"
    __table_args__ = (UniqueConstraint("organization_id", "sequence"), *listed())
    organization_id: UUID = Field(foreign_key="organization.id")
    sequence: int
    at: datetime = Field(sa_type=Instant)
    account_id: UUID
    person_id: UUID = Field(index=True)
    membership_id: UUID | None = None
    role: str | None = Field(default=None, max_length=32)
    policy: int
    line: int | None = None
    article: str | None = Field(default=None, max_length=500)
    action: str = Field(max_length=60)
    object_kind: str | None = Field(default=None, max_length=40)
    object_id: str | None = Field(default=None, max_length=60, index=True)
    outcome: Outcome = Field(sa_type=choice(Outcome))
    reason: str | None = Field(default=None, max_length=500)
    request_id: str | None = Field(default=None, max_length=128)
    previous: bytes
    digest: bytes
