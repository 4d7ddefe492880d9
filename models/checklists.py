"""The checklist: versioned templates as data, answers, signatures, and the findings that follow."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Json, Row, Tenanted, choice, listed
from models.sessions import RecognitionMode


class Phase(StrEnum):
    """Before, during and after the recognition (督导准备, 督导实施, 督导结果)."""

    BEFORE = "BEFORE"
    DURING = "DURING"
    AFTER = "AFTER"


class TemplateKind(StrEnum):
    """The words of `checklist.templates`: which inspections a form is for."""

    EXAM = "EXAM"
    PROCESS = "PROCESS"
    DIRECT_RESULT = "DIRECT_RESULT"
    ONSITE_SCORED = "ONSITE_SCORED"
    ANNUAL = "ANNUAL"
    AGENCY = "AGENCY"


class LineChange(StrEnum):
    """What an edition makes of a line of the one before it."""

    ADDED = "ADDED"
    CHANGED = "CHANGED"
    REMOVED = "REMOVED"


class Section(StrEnum):
    """000 §8(三): what is examined where a line of the form is looked at."""

    THEORY = "THEORY"
    PRACTICAL = "PRACTICAL"


class FindingCategory(StrEnum):
    """What a line, and a finding at it, is about (000 §8(三)-(五), (九); 003 §5)."""

    ORGANIZATION = "ORGANIZATION"
    ELIGIBILITY = "ELIGIBILITY"
    EXAM_DISCIPLINE = "EXAM_DISCIPLINE"
    EXAM_PAPERS = "EXAM_PAPERS"
    RESULTS = "RESULTS"
    CERTIFICATES = "CERTIFICATES"


class FindingTarget(StrEnum):
    AGENCY = "AGENCY"
    PERSON = "PERSON"
    ASSESSOR = "ASSESSOR"


class InspectionMethod(StrEnum):
    """000 §9."""

    SITE_OBSERVATION = "SITE_OBSERVATION"
    BRIEFING = "BRIEFING"
    DOCUMENT_REVIEW = "DOCUMENT_REVIEW"
    SURVEY_TEST_RECHECK = "SURVEY_TEST_RECHECK"


class AnswerValue(StrEnum):
    YES = "YES"
    NO = "NO"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    NOT_OBSERVED = "NOT_OBSERVED"


class ChecklistTemplate(Row, table=True):
    """`example`: the text names the form and not its lines; these are ours, for a center to replace by its own edition.

    The forms of the house have no organization and hold always; a center's own hold for it from a day on, and go before them.
    """

    __tablename__ = "checklist_template"
    __table_args__ = (
        UniqueConstraint("organization_id", "slug", "edition", postgresql_nulls_not_distinct=True),
        UniqueConstraint("organization_id", "kind", "effective_from"),
        CheckConstraint("(organization_id IS NULL) = (effective_from IS NULL)", "own_has_a_day"),
    )
    slug: str = Field(max_length=60)
    edition: int
    title: str = Field(max_length=120)
    kind: TemplateKind = Field(sa_type=choice(TemplateKind))
    mode: RecognitionMode | None = Field(default=None, sa_type=choice(RecognitionMode))
    example: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    source: str = Field(max_length=120)
    organization_id: UUID | None = Field(default=None, foreign_key="organization.id")
    effective_from: date | None = None
    replaces_id: UUID | None = Field(default=None, foreign_key="checklist_template.id")
    difference: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json, sa_column_kwargs={"server_default": "[]"})


class ChecklistItem(Row, table=True):
    __tablename__ = "checklist_item"
    __table_args__ = (
        UniqueConstraint("template_id", "code"),
        UniqueConstraint("template_id", "position"),
        CheckConstraint("max_score > 0", "score_counts"),
    )
    template_id: UUID = Field(foreign_key="checklist_template.id")
    position: int
    code: str = Field(max_length=8)
    phase: Phase = Field(sa_type=choice(Phase))
    heading: str = Field(max_length=40)
    text: str = Field(max_length=300)
    numbers: str | None = Field(default=None, max_length=60)
    section: Section | None = Field(default=None, sa_type=choice(Section))
    category: FindingCategory | None = Field(default=None, sa_type=choice(FindingCategory))
    max_score: int | None = None
    article: str | None = Field(default=None, max_length=120)


class Checklist(Row, Tenanted, table=True):
    """`agency_name` as it was when the form was opened (F00). `score` of `score_of`: of the lines that were seen; null where the form has no scale."""

    __tablename__ = "checklist"
    __table_args__ = (
        UniqueConstraint("inspection_id"),
        CheckConstraint("(score IS NULL) = (score_of IS NULL)", "score_has_measure"),
        CheckConstraint("score >= 0 AND score <= score_of", "score_within_measure"),
    )
    inspection_id: UUID = Field(foreign_key="inspection.id")
    template_id: UUID = Field(foreign_key="checklist_template.id")
    # guidance stands beside what was found: supervise, inspect and guide (000 §4, Y005; 003 §3, B003)
    advice: str | None = Field(default=None, max_length=2000)
    appraisal: str | None = Field(default=None, max_length=2000)
    agency_name: str | None = Field(default=None, max_length=120)
    methods: list[str] = Field(default_factory=list, sa_type=Json, sa_column_kwargs={"server_default": "[]"})
    score: int | None = None
    score_of: int | None = None
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
        CheckConstraint("score >= 0", "score_not_negative"),
        CheckConstraint("(target = 'PERSON') = (responsible IS NOT NULL)", "person_is_named"),
        CheckConstraint("(target = 'ASSESSOR') = (assessor_id IS NOT NULL)", "assessor_is_named"),
    )
    checklist_id: UUID = Field(foreign_key="checklist.id")
    inspection_id: UUID = Field(foreign_key="inspection.id", index=True)
    item_id: UUID = Field(foreign_key="checklist_item.id")
    value: AnswerValue = Field(sa_type=choice(AnswerValue))
    remark: str | None = Field(default=None, max_length=1000)
    correction: str | None = Field(default=None, max_length=1000)
    counted: int | None = None
    total: int | None = None
    score: int | None = None
    target: FindingTarget = Field(default=FindingTarget.AGENCY, sa_type=choice(FindingTarget), sa_column_kwargs={"server_default": "AGENCY"})
    responsible: str | None = Field(default=None, max_length=60)
    assessor_id: UUID | None = Field(default=None, foreign_key="assessor.id")
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
    """问题: each NO of the signed form, with its correction; against the agency, a person it names or an assessor of the session (000 §8(一), (三))."""

    __tablename__ = "finding"
    __table_args__ = (
        *listed(),
        UniqueConstraint("inspection_id", "item_id"),
        CheckConstraint("(target = 'PERSON') = (responsible IS NOT NULL)", "person_is_named"),
        CheckConstraint("(target = 'ASSESSOR') = (assessor_id IS NOT NULL)", "assessor_is_named"),
    )
    inspection_id: UUID = Field(foreign_key="inspection.id")
    item_id: UUID = Field(foreign_key="checklist_item.id")
    remark: str = Field(max_length=1000)
    correction: str | None = Field(default=None, max_length=1000)
    target: FindingTarget = Field(default=FindingTarget.AGENCY, sa_type=choice(FindingTarget), sa_column_kwargs={"server_default": "AGENCY"})
    responsible: str | None = Field(default=None, max_length=60)
    assessor_id: UUID | None = Field(default=None, foreign_key="assessor.id")
    category: FindingCategory | None = Field(default=None, sa_type=choice(FindingCategory))
