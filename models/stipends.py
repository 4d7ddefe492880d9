"""What a dispatcher pays for a duty, and what it paid. Added and never changed."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from models.base import Instant, Row, Tenanted, listed


class StipendRate(Row, Tenanted, table=True):
    """补助标准: what an organization pays for a duty, in fen, from a day on. The latest that has taken effect holds (000 §18)."""

    __tablename__ = "stipend_rate"
    __table_args__ = (
        UniqueConstraint("organization_id", "effective_from"),
        *listed("center_id", "district_id"),
        CheckConstraint("leader_fen > 0 AND member_fen > 0", "pays_something"),
    )
    organization_id: UUID = Field(foreign_key="organization.id")
    effective_from: date
    leader_fen: int
    member_fen: int
    document: str = Field(max_length=200)
    set_by: UUID = Field(foreign_key="person.id")


class StipendLine(Row, Tenanted, table=True):
    """津贴补助: one for a duty that is done, once its supervision report is in. In fen, by the rate of the day of duty."""

    __tablename__ = "stipend_line"
    __table_args__ = (*listed("center_id", "district_id"), UniqueConstraint("assignment_id"), Index(None, "person_id"))
    assignment_id: UUID = Field(foreign_key="assignment.id")
    supervisor_id: UUID = Field(foreign_key="supervisor.id")
    person_id: UUID = Field(foreign_key="person.id")
    dispatcher_id: UUID = Field(foreign_key="organization.id")
    stipend_rate_id: UUID = Field(foreign_key="stipend_rate.id")
    amount_fen: int
    entered_by: UUID = Field(foreign_key="person.id")
    entered_at: datetime = Field(sa_type=Instant)
