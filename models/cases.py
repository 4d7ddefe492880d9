"""Cases against supervisors, and the blacklist with the log of who asked it."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, literal_column
from sqlmodel import Field

from models.base import Instant, Placed, Row, Tenanted, choice, listed


class Ground(StrEnum):
    """000 §21 in its order (Y077-Y082), 003 §17 (B060; 未认真履行职责 is a breach of §12, B033), and the streak of refusals, which opens a case by itself (Y068)."""

    DERELICTION = "DERELICTION"
    FRAUD = "FRAUD"
    ABUSE_OF_POWER = "ABUSE_OF_POWER"
    SHIELDING_OR_RETALIATION = "SHIELDING_OR_RETALIATION"
    IMPROPER_GAIN = "IMPROPER_GAIN"
    OTHER_BAD_EFFECT = "OTHER_BAD_EFFECT"
    NEGLIGENCE = "NEGLIGENCE"
    PRIVATE_GAIN = "PRIVATE_GAIN"
    REFUSAL_STREAK = "REFUSAL_STREAK"
    EDUCATION_FAILED = "EDUCATION_FAILED"
    EDUCATION_ABSENT = "EDUCATION_ABSENT"
    ASSESSMENT_FAILED = "ASSESSMENT_FAILED"


class CaseOrigin(StrEnum):
    MANUAL = "MANUAL"
    REFUSAL_STREAK = "REFUSAL_STREAK"
    EDUCATION = "EDUCATION"
    ASSESSMENT = "ASSESSMENT"
    AGENCY_REPORT = "AGENCY_REPORT"


class SupervisorCaseStatus(StrEnum):
    OPENED = "OPENED"
    HEARING = "HEARING"
    DECIDED = "DECIDED"
    IN_FORCE = "IN_FORCE"
    APPEALED = "APPEALED"
    UPHELD = "UPHELD"
    LIFTED = "LIFTED"
    CLOSED = "CLOSED"


UNDECIDED = (SupervisorCaseStatus.OPENED, SupervisorCaseStatus.HEARING)
IN_EFFECT = (SupervisorCaseStatus.IN_FORCE, SupervisorCaseStatus.APPEALED, SupervisorCaseStatus.UPHELD)
"""The sanction holds: an appeal does not put it off."""


class Sanction(StrEnum):
    NO_ACTION = "NO_ACTION"
    CRITICISM = "CRITICISM"
    ADMIN_DISCIPLINE = "ADMIN_DISCIPLINE"
    SUSPENSION = "SUSPENSION"
    REVOCATION = "REVOCATION"


class BlacklistStatus(StrEnum):
    PROPOSED = "PROPOSED"
    LISTED = "LISTED"
    UNDER_REVIEW = "UNDER_REVIEW"
    LIFTED = "LIFTED"
    DISMISSED = "DISMISSED"


BLOCKING = (BlacklistStatus.LISTED, BlacklistStatus.UNDER_REVIEW)
"""What keeps a person out everywhere: neither a proposal nor what was dismissed or lifted."""


class SupervisorCase(Row, Tenanted, table=True):
    """督导员案件, addressed to the issuer of the card. Decided by one person, confirmed by another: the table holds what the code promises."""

    __tablename__ = "supervisor_case"
    __table_args__ = (
        *listed(),
        UniqueConstraint("issuer_id", "decision_number"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> decided_by", "two_persons"),
        CheckConstraint(
            "sanction <> 'REVOCATION' OR status NOT IN ('IN_FORCE', 'APPEALED', 'UPHELD') OR confirmed_by IS NOT NULL", "revocation_confirmed"
        ),
        CheckConstraint("status IN ('OPENED', 'HEARING', 'CLOSED') OR (sanction IS NOT NULL AND decided_by IS NOT NULL)", "decided_has_sanction"),
        CheckConstraint("(criticism IS NOT NULL) = (sanction IS NOT DISTINCT FROM 'CRITICISM')", "criticism_is_said"),
        CheckConstraint("sanction <> 'ADMIN_DISCIPLINE' OR (authority IS NOT NULL AND decided_on IS NOT NULL)", "discipline_by_authority"),
        CheckConstraint("review_on IS NULL OR sanction = 'SUSPENSION'", "review_of_suspension"),
        CheckConstraint("num_nonnulls(put_to, put_on) <> 1", "put_is_whole"),
        CheckConstraint("(origin = 'AGENCY_REPORT') = (reported_by_id IS NOT NULL)", "reported_by_agency"),
        CheckConstraint(
            "(judicial_number IS NULL) = (judicial_referred_on IS NULL) AND (judicial_number IS NULL) = (judicial_referred_by IS NULL)",
            "referral_is_whole",
        ),
        CheckConstraint("num_nonnulls(hearing_by, hearing_until) <> 1 AND (status <> 'HEARING' OR hearing_until IS NOT NULL)", "hearing_is_whole"),
        CheckConstraint("num_nonnulls(hearing_on, hearing_place) <> 1 AND (hearing_on IS NULL OR hearing_on <= hearing_until)", "hearing_has_place"),
        CheckConstraint("statement IS NULL OR stated_at IS NOT NULL", "statement_has_instant"),
        CheckConstraint("stated_at IS NULL OR hearing_until IS NOT NULL", "statement_when_heard"),
        CheckConstraint("(appeal IS NULL) = (appealed_at IS NULL)", "appeal_has_instant"),
        CheckConstraint("status NOT IN ('APPEALED', 'UPHELD') OR appeal IS NOT NULL", "appeal_is_made"),
        CheckConstraint("num_nonnulls(appeal_reason, appeal_decided_by) <> 1", "appeal_is_answered"),
        CheckConstraint("status <> 'UPHELD' OR appeal_decided_by IS NOT NULL", "upheld_by_somebody"),
        CheckConstraint("appeal_decided_by <> decided_by AND (confirmed_by IS NULL OR appeal_decided_by <> confirmed_by)", "appeal_by_another"),
        Index(
            "uq_supervisor_case_one_open",
            "card_id",
            "ground",
            unique=True,
            postgresql_where=literal_column("status IN ('OPENED', 'HEARING', 'DECIDED')"),
        ),
    )
    supervisor_id: UUID = Field(foreign_key="supervisor.id", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    card_id: UUID = Field(foreign_key="card.id", index=True)
    issuer_id: UUID = Field(foreign_key="organization.id", index=True)
    origin: CaseOrigin = Field(sa_type=choice(CaseOrigin))
    ground: Ground = Field(sa_type=choice(Ground))
    facts: str = Field(max_length=4000)
    document: str | None = Field(default=None, max_length=200)
    status: SupervisorCaseStatus = Field(default=SupervisorCaseStatus.OPENED, sa_type=choice(SupervisorCaseStatus))
    sanction: Sanction | None = Field(default=None, sa_type=choice(Sanction))
    decision_number: str | None = Field(default=None, max_length=40)
    opened_by: UUID = Field(foreign_key="person.id")
    decided_by: UUID | None = Field(default=None, foreign_key="person.id")
    confirmed_by: UUID | None = Field(default=None, foreign_key="person.id")
    in_force_at: datetime | None = Field(default=None, sa_type=Instant)
    # 移送司法机关: beside whatever is decided, never instead of it (000 §21, Y099)
    judicial_number: str | None = Field(default=None, max_length=40)
    judicial_referred_on: date | None = None
    judicial_referred_by: UUID | None = Field(default=None, foreign_key="person.id")
    # whose area a suspension holds in: a district's own, the card stays ACTIVE elsewhere (A11)
    suspended_in_id: UUID | None = Field(default=None, foreign_key="organization.id")
    # by when who suspended looks at it again
    review_on: date | None = None
    # 批评教育 or 行政处分: what was said, by which department, on which day (000 §21, 003 §17)
    criticism: str | None = Field(default=None, max_length=2000)
    authority: str | None = Field(default=None, max_length=120)
    decided_on: date | None = None
    # 建议所在部门给予行政处分
    put_to: str | None = Field(default=None, max_length=120)
    put_on: date | None = None
    # the inspected agency that reported the misconduct: never told to the person (000 §21(四))
    reported_by_id: UUID | None = Field(default=None, foreign_key="organization.id")
    # 听取陈述申辩: who called for it, until when, and where and on which day if not in writing
    hearing_by: UUID | None = Field(default=None, foreign_key="person.id")
    hearing_until: date | None = None
    hearing_on: date | None = None
    hearing_place: str | None = Field(default=None, max_length=200)
    # what the person said, once; an instant without words is a waiver
    statement: str | None = Field(default=None, max_length=4000)
    stated_at: datetime | None = Field(default=None, sa_type=Instant)
    # 申诉: what was said against the decision, once; who answered it and why
    appeal: str | None = Field(default=None, max_length=4000)
    appealed_at: datetime | None = Field(default=None, sa_type=Instant)
    appeal_reason: str | None = Field(default=None, max_length=2000)
    appeal_decided_by: UUID | None = Field(default=None, foreign_key="person.id")


class BlacklistEntry(Row, Tenanted, table=True):
    """质量督导失信黑名单. The tenancy says who keeps the entry; wherever it was made, it blocks everywhere (Y089).

    Nobody is listed and nobody is lifted by one person: by a revocation the two are who decided and who confirmed it.
    """

    __tablename__ = "blacklist_entry"
    __table_args__ = (
        *listed(),
        CheckConstraint("(status = 'LIFTED') = (lifted_at IS NOT NULL)", "lifted_has_instant"),
        CheckConstraint("confirmed_by <> proposed_by", "listed_by_two"),
        CheckConstraint("(status IN ('PROPOSED', 'DISMISSED')) = (confirmed_by IS NULL)", "listed_is_confirmed"),
        CheckConstraint("lifted_by <> review_by", "lifted_by_two"),
        CheckConstraint("(status = 'LIFTED') = (lifted_by IS NOT NULL)", "lifted_is_somebodys"),
        CheckConstraint("status NOT IN ('UNDER_REVIEW', 'LIFTED') OR review_by IS NOT NULL", "review_is_somebodys"),
        Index(
            "uq_blacklist_entry_one_live",
            "person_id",
            "case_id",
            unique=True,
            postgresql_where=literal_column("status NOT IN ('LIFTED', 'DISMISSED')"),
        ),
    )
    person_id: UUID = Field(foreign_key="person.id", index=True)
    case_id: UUID = Field(foreign_key="supervisor_case.id", index=True)
    listed_by_id: UUID = Field(foreign_key="organization.id")
    ground: Ground = Field(sa_type=choice(Ground))
    decision_number: str = Field(max_length=40)
    document: str = Field(max_length=200)
    status: BlacklistStatus = Field(default=BlacklistStatus.LISTED, sa_type=choice(BlacklistStatus))
    proposer_id: UUID = Field(foreign_key="organization.id")
    proposed_by: UUID = Field(foreign_key="person.id")
    confirmed_by: UUID | None = Field(default=None, foreign_key="person.id")
    # who called for the review that runs, and who lifted
    review_by: UUID | None = Field(default=None, foreign_key="person.id")
    lifted_by: UUID | None = Field(default=None, foreign_key="person.id")
    # of a proposal, since when it waits
    listed_on: date
    review_on: date
    lifted_at: datetime | None = Field(default=None, sa_type=Instant)
    reason: str | None = Field(default=None, max_length=2000)


class BlacklistQuery(Row, Placed, table=True):
    """Who asked about whom and why. A row for a hit and for a miss alike; the subject is the keyed digest, never the number."""

    __tablename__ = "blacklist_query"
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    asked_by: UUID = Field(foreign_key="person.id")
    purpose: str = Field(max_length=500)
    subject_digest: bytes
    listed: bool
