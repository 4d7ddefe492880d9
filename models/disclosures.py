"""Who has had personal columns of others shown in clear: one row for each operation that reads them (PIPL 51, 55)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field

from models.base import Instant, Json, Row, Tenanted


class Disclosure(Row, Tenanted, table=True):
    """Append-only. `columns` are those chosen that the policy shows the caller beyond the own row; a single number revealed is an event of its person."""

    __tablename__ = "disclosure"
    at: datetime = Field(sa_type=Instant)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    account_id: UUID = Field(foreign_key="account.id")
    organization_id: UUID = Field(foreign_key="organization.id")
    columns: list[Any] = Field(sa_type=Json)
    operation: str = Field(max_length=64)
    document: str = Field(max_length=64)
