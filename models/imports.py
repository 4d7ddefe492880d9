"""Files on their way in: the ticket, and what was put to it; of rosters the dry run with its problems, and the commit."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, literal_column
from sqlmodel import Field

from models.base import Instant, Json, Row, Tenanted, choice, listed


class UploadPurpose(StrEnum):
    ROSTER = "ROSTER"
    EVIDENCE = "EVIDENCE"


class RosterKind(StrEnum):
    DISTRICTS = "DISTRICTS"
    AGENCIES = "AGENCIES"
    SUPERVISORS = "SUPERVISORS"


class RosterImportStatus(StrEnum):
    CHECKED = "CHECKED"
    REJECTED = "REJECTED"
    COMMITTED = "COMMITTED"


class Upload(Row, table=True):
    """A ticket, and then what was put to it: of a roster the bytes themselves, sealed; of evidence the digest by which they lie in the store.

    Evidence is announced: `expected` and `size` are the digest and the length that were promised, and nothing else is taken.
    """

    __tablename__ = "upload"
    __table_args__ = (
        UniqueConstraint("ticket_hash"),
        CheckConstraint("(purpose = 'EVIDENCE') = (expected IS NOT NULL) AND (purpose = 'EVIDENCE') = (size IS NOT NULL)", "evidence_is_announced"),
        CheckConstraint("purpose = 'ROSTER' OR (content IS NULL AND (digest IS NULL OR digest = expected))", "evidence_as_announced"),
        Index("ix_upload_evidence", "organization_id", "expected", postgresql_where=literal_column("purpose = 'EVIDENCE'")),
    )
    person_id: UUID = Field(foreign_key="person.id")
    organization_id: UUID = Field(foreign_key="organization.id")
    ticket_hash: bytes
    expires_at: datetime = Field(sa_type=Instant)
    file_name: str = Field(max_length=120)
    digest: bytes | None = None
    content: bytes | None = None
    purpose: UploadPurpose = Field(default=UploadPurpose.ROSTER, sa_type=choice(UploadPurpose), sa_column_kwargs={"server_default": "ROSTER"})
    expected: bytes | None = None
    size: int | None = None
    media_type: str | None = Field(default=None, max_length=100)
    attached_at: datetime | None = Field(default=None, sa_type=Instant)


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
