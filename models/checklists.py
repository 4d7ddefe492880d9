"""The checklist: versioned templates as data, answers, signatures, and the findings that follow."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, choice
from models.sessions import RecognitionMode


class Phase(StrEnum):
    """Before, during and after the recognition (督导准备, 督导实施, 督导结果)."""

    BEFORE = "BEFORE"
    DURING = "DURING"
    AFTER = "AFTER"


class AnswerValue(StrEnum):
    YES = "YES"
    NO = "NO"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    NOT_OBSERVED = "NOT_OBSERVED"


class ChecklistTemplate(Row, table=True):
    __tablename__ = "checklist_template"
    __table_args__ = (UniqueConstraint("slug", "edition"),)
    slug: str = Field(max_length=60)
    edition: int
    title: str = Field(max_length=120)
    mode: RecognitionMode = Field(sa_type=choice(RecognitionMode))
    source: str = Field(max_length=120)


class ChecklistItem(Row, table=True):
    __tablename__ = "checklist_item"
    __table_args__ = (UniqueConstraint("template_id", "code"), UniqueConstraint("template_id", "position"))
    template_id: UUID = Field(foreign_key="checklist_template.id")
    position: int
    code: str = Field(max_length=8)
    phase: Phase = Field(sa_type=choice(Phase))
    heading: str = Field(max_length=40)
    text: str = Field(max_length=300)
    numbers: str | None = Field(default=None, max_length=60)


class Checklist(Row, Tenanted, table=True):
    __tablename__ = "checklist"
    __table_args__ = (UniqueConstraint("inspection_id"),)
    inspection_id: UUID = Field(foreign_key="inspection.id")
    template_id: UUID = Field(foreign_key="checklist_template.id")
    advice: str | None = Field(default=None, max_length=2000)
    appraisal: str | None = Field(default=None, max_length=2000)
    site_signed_at: datetime | None = Field(default=None, sa_type=Instant)
    signed_at: datetime | None = Field(default=None, sa_type=Instant)


class Answer(Row, Tenanted, table=True):
    """A ratio is two integers, never a rounded number (A23): wrong of checked, or invigilators to candidates."""

    __tablename__ = "answer"
    __table_args__ = (
        UniqueConstraint("checklist_id", "item_id"),
        CheckConstraint("value <> 'NO' OR remark IS NOT NULL", "no_needs_remark"),
        CheckConstraint("(counted IS NULL) = (total IS NULL)", "two_numbers_or_none"),
        CheckConstraint("counted >= 0 AND total >= 0", "numbers_not_negative"),
    )
    checklist_id: UUID = Field(foreign_key="checklist.id")
    inspection_id: UUID = Field(foreign_key="inspection.id", index=True)
    item_id: UUID = Field(foreign_key="checklist_item.id")
    value: AnswerValue = Field(sa_type=choice(AnswerValue))
    remark: str | None = Field(default=None, max_length=1000)
    correction: str | None = Field(default=None, max_length=1000)
    counted: int | None = None
    total: int | None = None
    person_id: UUID = Field(foreign_key="person.id")


class Signature(Row, Tenanted, table=True):
    """Every member signs, per part: SITE covers what was seen on the day, AFTER the posting of results (A24)."""

    __tablename__ = "signature"
    __table_args__ = (UniqueConstraint("checklist_id", "person_id", "part"),)
    checklist_id: UUID = Field(foreign_key="checklist.id")
    inspection_id: UUID = Field(foreign_key="inspection.id", index=True)
    person_id: UUID = Field(foreign_key="person.id")
    part: str = Field(max_length=8)
    signed_at: datetime = Field(sa_type=Instant)
    digest: bytes


class Finding(Row, Tenanted, table=True):
    """问题: each NO of the signed form, with its correction."""

    __tablename__ = "finding"
    __table_args__ = (UniqueConstraint("inspection_id", "item_id"),)
    inspection_id: UUID = Field(foreign_key="inspection.id")
    item_id: UUID = Field(foreign_key="checklist_item.id")
    remark: str = Field(max_length=1000)
    correction: str | None = Field(default=None, max_length=1000)
