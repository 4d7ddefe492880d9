"""People, employment, supervisors, cards, appointments: five things with dates of their own, never merged."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, literal_column
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from models.base import Instant, Placed, Row, choice, listed


class Sex(StrEnum):
    FEMALE = "FEMALE"
    MALE = "MALE"


class SupervisorKind(StrEnum):
    """External ones are chosen by the center (Y007), internal ones by the agency whose own they inspect (Y006, Y008)."""

    EXTERNAL = "EXTERNAL"
    INTERNAL = "INTERNAL"


class RosterStanding(StrEnum):
    """SUSPENDED is of internal supervisors without a card, whom the agency manages itself (003 §6); with a card it is the card."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    REMOVED = "REMOVED"


class LeavingGround(StrEnum):
    """Why somebody is off the roster without a revocation."""

    OWN_WISH = "OWN_WISH"
    EMPLOYMENT_ENDED = "EMPLOYMENT_ENDED"
    DEATH = "DEATH"
    REMOVED_BY_AGENCY = "REMOVED_BY_AGENCY"


class CardStatus(StrEnum):
    """REVOKED is a sanction; CANCELLED (已注销) is the card of somebody who left."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    REVOKED = "REVOKED"
    CANCELLED = "CANCELLED"


IN_USE = (CardStatus.ACTIVE, CardStatus.SUSPENDED)


class AppointmentStatus(StrEnum):
    ACTIVE = "ACTIVE"
    EXPIRING = "EXPIRING"
    EVALUATED = "EVALUATED"
    RENEWED = "RENEWED"
    EXPIRED = "EXPIRED"
    TERMINATED = "TERMINATED"


IN_TERM = (AppointmentStatus.ACTIVE, AppointmentStatus.EXPIRING, AppointmentStatus.EVALUATED)
"""A mandate holds until its end, warned of or not; at most one of these at a time."""

MANDATED = (*IN_TERM, AppointmentStatus.RENEWED)
"""On the days of its term also one whose successor waits: nobody loses the last weeks by being appointed again."""


class SkillLevel(StrEnum):
    """The eight ranks, lowest first: 学徒工 … 首席技师 (A06)."""

    APPRENTICE = "APPRENTICE"
    JUNIOR_5 = "JUNIOR_5"
    INTERMEDIATE_4 = "INTERMEDIATE_4"
    SENIOR_3 = "SENIOR_3"
    TECHNICIAN_2 = "TECHNICIAN_2"
    SENIOR_TECHNICIAN_1 = "SENIOR_TECHNICIAN_1"
    SPECIAL_TECHNICIAN = "SPECIAL_TECHNICIAN"
    CHIEF_TECHNICIAN = "CHIEF_TECHNICIAN"


class Title(StrEnum):
    """Professional titles (专业技术职务), lowest first."""

    ASSISTANT = "ASSISTANT"  # 初级
    MIDDLE = "MIDDLE"  # 中级
    ASSOCIATE_SENIOR = "ASSOCIATE_SENIOR"  # 副高级
    SENIOR = "SENIOR"  # 正高级


class CompetenceArea(StrEnum):
    """What a supervisor is versed in (000 §8(三)-(五), Y095), for composing a team."""

    EXAM_WORKFLOW = "EXAM_WORKFLOW"
    QUESTION_BANK = "QUESTION_BANK"
    CERTIFICATES = "CERTIFICATES"


class Person(Row, table=True):
    """Shared by all tenants. A keyed digest of the id number finds the person, four digits show them; the number itself is sealed."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("id_digest"),)
    name: str = Field(max_length=60)
    id_digest: bytes | None = None
    id_sealed: bytes | None = None
    id_last_four: str | None = Field(default=None, max_length=4)
    sex: Sex | None = Field(default=None, sa_type=choice(Sex))
    birth_date: date | None = None
    phone: str | None = Field(default=None, max_length=20)
    healthy: bool | None = None
    healthy_on: date | None = None


class Employment(Row, table=True):
    """Who employed a person on which days, half-open; an open end means still employed."""

    __tablename__ = "employment"
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", "dates_in_order"),
        Index("ix_employment_person_agency", "person_id", "agency_id"),
    )
    person_id: UUID = Field(foreign_key="person.id")
    agency_id: UUID = Field(foreign_key="organization.id", index=True)
    starts_on: date
    ends_on: date | None = None


class Supervisor(Row, Placed, table=True):
    """A person in one kind on one roster; `organization_id` is who manages the row: the center, or the agency for internal ones."""

    __tablename__ = "supervisor"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", "organization_id"),
        Index(None, "center_id"),
        Index(None, "agency_id"),
        Index(None, "kind", "created_at", "id"),
        CheckConstraint("(kind = 'INTERNAL') = (agency_id IS NOT NULL)", "internal_has_agency"),
        CheckConstraint("standing <> 'SUSPENDED' OR (kind = 'INTERNAL' AND review_on IS NOT NULL)", "suspended_until_review"),
        CheckConstraint("num_nonnulls(left_on, left_ground) <> 1 AND (left_on IS NULL OR standing = 'REMOVED')", "left_is_removed"),
        CheckConstraint("platform_deleted_on IS NULL OR standing = 'REMOVED'", "deleted_is_removed"),
    )
    person_id: UUID = Field(foreign_key="person.id", index=True)
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    kind: SupervisorKind = Field(sa_type=choice(SupervisorKind))
    standing: RosterStanding = Field(default=RosterStanding.ACTIVE, sa_type=choice(RosterStanding))
    level: SkillLevel | None = Field(default=None, sa_type=choice(SkillLevel))
    verified_at: datetime | None = Field(default=None, sa_type=Instant)
    knows_exam_workflow: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    knows_question_bank: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    knows_certificates: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    review_on: date | None = None
    left_on: date | None = None
    left_ground: LeavingGround | None = Field(default=None, sa_type=choice(LeavingGround))
    platform_deleted_on: date | None = None


class Card(Row, Placed, table=True):
    """督导员证卡: proves competence. Who issued it alone may revoke it (Y068)."""

    __tablename__ = "card"
    __table_args__ = (
        UniqueConstraint("issuer_id", "number"),
        CheckConstraint("valid_until > valid_from", "dates_in_order"),
        CheckConstraint("returned_on IS NULL OR status IN ('REVOKED', 'CANCELLED')", "returned_has_ended"),
        CheckConstraint("(print_number = 1) = (replaced_on IS NULL) AND print_number > 0", "prints_count"),
        Index("uq_card_one_in_use", "supervisor_id", unique=True, postgresql_where=literal_column("status IN ('ACTIVE', 'SUSPENDED')")),
    )
    supervisor_id: UUID = Field(foreign_key="supervisor.id", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    number: str = Field(max_length=40, index=True)
    title: str = Field(max_length=60)
    issuer_id: UUID = Field(foreign_key="organization.id", index=True)
    status: CardStatus = Field(default=CardStatus.ACTIVE, sa_type=choice(CardStatus))
    valid_from: date
    valid_until: date
    returned_on: date | None = None
    print_number: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    replaced_on: date | None = None
    ledger_digest: str | None = Field(default=None, max_length=64)
    """Of the last step of this card in the chain of its issuer: printed where outsiders read it, so that a cut tail is noticed (N3)."""


class Appointment(Row, Placed, table=True):
    """聘任 (Y063): proves the mandate, a term of days, half-open; no end where the profile knows no term (D09). `renews_id`: the term before it (000 §18)."""

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", "dates_in_order"),
        ExcludeConstraint(
            ("supervisor_id", "="),
            (literal_column("daterange(starts_on, ends_on)"), "&&"),
            using="gist",
            where=literal_column("status IN ('ACTIVE', 'EXPIRING', 'EVALUATED', 'RENEWED')"),
            name="ex_appointment_one_at_a_time",
        ),
        Index("ix_appointment_ending", "center_id", "ends_on", postgresql_where=literal_column("status IN ('ACTIVE', 'EXPIRING', 'EVALUATED')")),
        UniqueConstraint("renews_id"),
        *listed(),
    )
    supervisor_id: UUID = Field(foreign_key="supervisor.id", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    dispatcher_id: UUID = Field(foreign_key="organization.id", index=True)
    status: AppointmentStatus = Field(default=AppointmentStatus.ACTIVE, sa_type=choice(AppointmentStatus))
    starts_on: date
    ends_on: date | None = None
    renews_id: UUID | None = Field(default=None, foreign_key="appointment.id")
