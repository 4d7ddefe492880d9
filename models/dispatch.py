"""Draws, what went into them, whom they picked; offers and what was answered to them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, literal_column
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from models.base import Instant, Json, Row, Tenanted, choice, listed


class DrawStatus(StrEnum):
    POOL_FROZEN = "POOL_FROZEN"
    DRAWN = "DRAWN"
    CONFIRMED = "CONFIRMED"
    VOIDED = "VOIDED"


class TeamRole(StrEnum):
    LEADER = "LEADER"
    MEMBER = "MEMBER"


class AssignmentStatus(StrEnum):
    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    NO_REPLY = "NO_REPLY"
    RECUSED = "RECUSED"
    EXCUSED = "EXCUSED"
    WITHDRAWN = "WITHDRAWN"
    CHECKED_IN = "CHECKED_IN"
    NO_SHOW = "NO_SHOW"
    DONE = "DONE"


class Draw(Row, Tenanted, table=True):
    """One double-random draw. `pool` is the canonical document that was frozen; its commitment was fixed before any seed was known."""

    __tablename__ = "draw"
    __table_args__ = (
        *listed("center_id", "district_id"),
        CheckConstraint("(status = 'POOL_FROZEN') OR (status = 'VOIDED') OR seed IS NOT NULL", "drawn_has_seed"),
        CheckConstraint("(status = 'VOIDED') = (void_reason IS NOT NULL)", "void_has_reason"),
        Index("uq_draw_one_open", "dispatcher_id", "month", unique=True, postgresql_where=literal_column("status IN ('POOL_FROZEN', 'DRAWN')")),
        Index("uq_draw_replaced_once", "replaces_id", unique=True),
    )
    dispatcher_id: UUID = Field(foreign_key="organization.id", index=True)
    month: str = Field(max_length=7)
    public_source: str = Field(default="", max_length=200)
    sessions_held: int = 0
    sessions_inspected: int = 0
    sessions_needed: int = 0
    status: DrawStatus = Field(default=DrawStatus.POOL_FROZEN, sa_type=choice(DrawStatus))
    ran_by: UUID = Field(foreign_key="person.id")
    profile_id: UUID = Field(foreign_key="profile.id")
    algorithm: str = Field(max_length=40)
    pool: str
    pool_digest: str = Field(max_length=64)
    weights: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json, sa_column_kwargs={"server_default": "[]"})
    secret: str = Field(max_length=64)
    commitment: str = Field(max_length=64)
    public_value: str | None = Field(default=None, max_length=200)
    seed: str | None = Field(default=None, max_length=64)
    outcome: dict[str, Any] | None = Field(default=None, sa_type=Json)
    void_reason: str | None = Field(default=None, max_length=500)
    replaces_id: UUID | None = Field(default=None, foreign_key="draw.id")


class DrawPerson(Row, Tenanted, table=True):
    """In or out, and why, for every person of the roster: `reason` is null for who was in. Without a session it holds for the whole draw.

    With a `seat` it says who was drawn for a session, the leader first.
    """

    __tablename__ = "draw_person"
    __table_args__ = (UniqueConstraint("draw_id", "supervisor_id", "recognition_session_id", postgresql_nulls_not_distinct=True),)
    draw_id: UUID = Field(foreign_key="draw.id")
    supervisor_id: UUID = Field(foreign_key="supervisor.id")
    recognition_session_id: UUID | None = Field(default=None, foreign_key="recognition_session.id")
    reason: str | None = Field(default=None, max_length=40)
    fact: str | None = Field(default=None, max_length=500)
    draw_pick_id: UUID | None = Field(default=None, foreign_key="draw_pick.id", index=True)
    seat: int | None = None


class DrawPick(Row, Tenanted, table=True):
    """One drawn session, in the order drawn. `large`: may have more supervisors (B030); `shortfall`: seats that nobody could be drawn for."""

    __tablename__ = "draw_pick"
    __table_args__ = (UniqueConstraint("draw_id", "recognition_session_id"), UniqueConstraint("draw_id", "position"))
    draw_id: UUID = Field(foreign_key="draw.id")
    recognition_session_id: UUID = Field(foreign_key="recognition_session.id")
    position: int
    large: bool = False
    shortfall: int = 0
    inspection_id: UUID | None = Field(default=None, foreign_key="inspection.id")


class Assignment(Row, Tenanted, table=True):
    """A place in a team, offered to one person. `span` of duty may not overlap another live one of the same person, in any district (INV19)."""

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", "times_in_order"),
        CheckConstraint("departed_at >= checked_in_at", "left_after_coming"),
        *listed("center_id", "district_id"),
        Index(None, "agency_id"),
        Index(None, "dispatcher_id", "status"),
        Index("ix_assignment_person_status", "person_id", "status"),
        Index("ix_assignment_inspection", "inspection_id"),
        Index(
            "uq_assignment_once_in_team",
            "inspection_id",
            "person_id",
            unique=True,
            postgresql_where=literal_column("status IN ('OFFERED', 'ACCEPTED', 'CHECKED_IN', 'DONE')"),
        ),
        Index("uq_assignment_internal_once", "recognition_session_id", "supervisor_id", unique=True, postgresql_where=literal_column("internal")),
        ExcludeConstraint(
            ("person_id", "="),
            (literal_column("tstzrange(starts_at, ends_at)"), "&&"),
            using="gist",
            where=literal_column("status IN ('OFFERED', 'ACCEPTED', 'CHECKED_IN')"),
            name="ex_assignment_overlapping_duty",
        ),
    )
    inspection_id: UUID = Field(foreign_key="inspection.id")
    supervisor_id: UUID = Field(foreign_key="supervisor.id", index=True)
    person_id: UUID = Field(foreign_key="person.id")
    dispatcher_id: UUID = Field(foreign_key="organization.id")
    recognition_session_id: UUID | None = Field(default=None, foreign_key="recognition_session.id", index=True)
    duty_on: date
    internal: bool = False
    role: TeamRole = Field(sa_type=choice(TeamRole))
    status: AssignmentStatus = Field(default=AssignmentStatus.OFFERED, sa_type=choice(AssignmentStatus))
    starts_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    reply_by: datetime = Field(sa_type=Instant)
    replied_at: datetime | None = Field(default=None, sa_type=Instant)
    reason: str | None = Field(default=None, max_length=500)
    card_id: UUID | None = Field(default=None, foreign_key="card.id")
    checked_in_at: datetime | None = Field(default=None, sa_type=Instant)
    departed_at: datetime | None = Field(default=None, sa_type=Instant)
    replaces_id: UUID | None = Field(default=None, foreign_key="assignment.id")
    # the rules whose code of conduct was acknowledged with the acceptance (000 §8)
    code_id: UUID | None = Field(default=None, foreign_key="profile.id")
