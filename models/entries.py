"""Independent entry (独立填写, N10): what each member of a team found alone, and how the team settled what differed."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, choice, listed
from models.checklists import AnswerValue, FindingTarget


class EntryStatus(StrEnum):
    ALONE = "ALONE"
    COMPARED = "COMPARED"


class DoubleEntry(Row, Tenanted, table=True):
    """Of one form: until it is COMPARED nobody reads what another entered. `agreed` of the `compared` lines were alike. Once compared it stays."""

    __tablename__ = "double_entry"
    __table_args__ = (
        *listed("center_id", "district_id"),
        UniqueConstraint("checklist_id"),
        UniqueConstraint("inspection_id"),
        CheckConstraint("(status = 'COMPARED') = (compared_at IS NOT NULL)", "compared_has_instant"),
        CheckConstraint("(compared_at IS NULL) = (compared IS NULL) AND (compared_at IS NULL) = (agreed IS NULL)", "compared_is_counted"),
        CheckConstraint("agreed >= 0 AND agreed <= compared", "agreed_of_compared"),
        CheckConstraint("(closed_by IS NULL) = (close_reason IS NULL)", "closed_for_a_reason"),
    )
    inspection_id: UUID = Field(foreign_key="inspection.id")
    checklist_id: UUID = Field(foreign_key="checklist.id")
    status: EntryStatus = Field(default=EntryStatus.ALONE, sa_type=choice(EntryStatus))
    finished: int = 0
    compared: int | None = None
    agreed: int | None = None
    compared_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_by: UUID | None = Field(default=None, foreign_key="person.id")
    close_reason: str | None = Field(default=None, max_length=500)


class Reconciliation(Row, Tenanted, table=True):
    """One line that the team settled: it `differed`, and stays open until somebody has stated what holds and why; or all erred alike."""

    __tablename__ = "reconciliation"
    __table_args__ = (
        UniqueConstraint("double_entry_id", "item_id"),
        CheckConstraint(
            "(reconciled_at IS NULL) = (value IS NULL) AND (reconciled_at IS NULL) = (reason IS NULL) AND (reconciled_at IS NULL) = (person_id IS NULL)",
            "reconciled_is_stated",
        ),
        CheckConstraint("differed OR reconciled_at IS NOT NULL", "open_where_it_differed"),
    )
    double_entry_id: UUID = Field(foreign_key="double_entry.id")
    checklist_id: UUID = Field(foreign_key="checklist.id")
    inspection_id: UUID = Field(foreign_key="inspection.id", index=True)
    item_id: UUID = Field(foreign_key="checklist_item.id")
    differed: bool
    value: AnswerValue | None = Field(default=None, sa_type=choice(AnswerValue))
    reason: str | None = Field(default=None, max_length=1000)
    person_id: UUID | None = Field(default=None, foreign_key="person.id")
    reconciled_at: datetime | None = Field(default=None, sa_type=Instant)


class Entry(Row, Tenanted, table=True):
    """One line by one member. Its own until `finished_at`; the team's and the supervision's to read from `opened_at` on. Then nothing of it changes."""

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("double_entry_id", "person_id", "item_id"),
        CheckConstraint("value <> 'NO' OR remark IS NOT NULL", "no_needs_remark"),
        CheckConstraint("(counted IS NULL) = (total IS NULL)", "two_numbers_or_none"),
        CheckConstraint("counted >= 0 AND total >= 0", "numbers_not_negative"),
        CheckConstraint("score >= 0", "score_not_negative"),
        CheckConstraint("(target = 'PERSON') = (responsible IS NOT NULL)", "person_is_named"),
        CheckConstraint("(target = 'ASSESSOR') = (assessor_id IS NOT NULL)", "assessor_is_named"),
    )
    double_entry_id: UUID = Field(foreign_key="double_entry.id")
    inspection_id: UUID = Field(foreign_key="inspection.id", index=True)
    item_id: UUID = Field(foreign_key="checklist_item.id")
    person_id: UUID = Field(foreign_key="person.id")
    value: AnswerValue = Field(sa_type=choice(AnswerValue))
    remark: str | None = Field(default=None, max_length=1000)
    correction: str | None = Field(default=None, max_length=1000)
    counted: int | None = None
    total: int | None = None
    score: int | None = None
    target: FindingTarget = Field(default=FindingTarget.AGENCY, sa_type=choice(FindingTarget))
    responsible: str | None = Field(default=None, max_length=60)
    assessor_id: UUID | None = Field(default=None, foreign_key="assessor.id")
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    opened_at: datetime | None = Field(default=None, sa_type=Instant)
    reconciliation_id: UUID | None = Field(default=None, foreign_key="reconciliation.id", index=True)
