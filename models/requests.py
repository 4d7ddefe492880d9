"""Idempotency keys and what was answered to them, in the transaction of the effect."""

from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Json, Row


class Request(Row, table=True):
    __tablename__ = "request"
    __table_args__ = (UniqueConstraint("person_id", "mutation", "key"),)
    person_id: UUID = Field(foreign_key="person.id")
    organization_id: UUID | None = Field(default=None, foreign_key="organization.id")
    mutation: str = Field(max_length=60)
    key: str = Field(max_length=255)
    input_digest: bytes
    changed: dict[str, Any] | None = Field(default=None, sa_type=Json)
