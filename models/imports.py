"""Roster files on their way in: the bytes as sent, the dry run with its problems, and the commit."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, literal_column
from sqlmodel import Field

from models.base import Instant, Json, Row, Tenanted, choice, listed


class RosterKind(StrEnum):
    DISTRICTS = "DISTRICTS"
    AGENCIES = "AGENCIES"
    SUPERVISORS = "SUPERVISORS"


class RosterImportStatus(StrEnum):
    CHECKED = "CHECKED"
    REJECTED = "REJECTED"
    COMMITTED = "COMMITTED"


class Upload(Row, table=True):
    """A ticket, and then the bytes that were put to it, addressed by their digest."""

    __tablename__ = "upload"
    __table_args__ = (UniqueConstraint("ticket_hash"),)
    person_id: UUID = Field(foreign_key="person.id")
    organization_id: UUID = Field(foreign_key="organization.id")
    ticket_hash: bytes
    expires_at: datetime = Field(sa_type=Instant)
    file_name: str = Field(max_length=120)
    digest: bytes | None = None
    content: bytes | None = None


class RosterImport(Row, Tenanted, table=True):
    __tablename__ = "roster_import"
    __table_args__ = (
        *listed(),
        Index(
            "uq_roster_import_committed_once",
            "center_id",
            "kind",
            "digest",
            unique=True,
            postgresql_where=literal_column("status = 'COMMITTED'"),
        ),
    )
    upload_id: UUID = Field(foreign_key="upload.id")
    kind: RosterKind = Field(sa_type=choice(RosterKind))
    status: RosterImportStatus = Field(sa_type=choice(RosterImportStatus))
    digest: bytes
    rows: int
    problems: list[dict[str, Any]] = Field(sa_type=Json)
    problem_count: int = 0
    known: int = 0
    started_by: UUID = Field(foreign_key="person.id")
