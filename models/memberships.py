"""Who holds which role for which organization, from when until when; accounts and logins that prove who it is."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, literal_column
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field, SQLModel

from models.base import Instant, Placed, Row, choice


class AccountKind(StrEnum):
    PERSON = "PERSON"
    MACHINE = "MACHINE"


class Account(Row, table=True):
    """Something that signs in: a person with a password, or another institution's machine with tokens only."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("name"),)
    name: str = Field(max_length=60)
    kind: AccountKind = Field(sa_type=choice(AccountKind))
    person_id: UUID = Field(foreign_key="person.id", index=True)
    organization_id: UUID | None = Field(default=None, foreign_key="organization.id")
    password_hash: str | None = Field(default=None, max_length=200)
    disabled_at: datetime | None = Field(default=None, sa_type=Instant)


class Login(Row, table=True):
    """One token, kept only as a hash: who steals the table cannot sign in with it."""

    __tablename__ = "login"
    __table_args__ = (UniqueConstraint("token_hash"),)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    token_hash: bytes
    expires_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class Attempt(SQLModel, table=True):
    """Failed sign-ins under a name, whether anybody bears it or not: else the delay would tell which names exist.

    The key is the beginning of the name's digest, so that a stranger who tries names cannot fill the disk.
    """

    __tablename__ = "attempt"
    name_digest: bytes = Field(primary_key=True)
    failures: int
    next_try_at: datetime = Field(sa_type=Instant)


class Membership(Row, Placed, table=True):
    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint("valid_until IS NULL OR valid_until > valid_from", "dates_in_order"),
        ExcludeConstraint(
            ("person_id", "="),
            ("role", "="),
            ("organization_id", "="),
            (literal_column("tstzrange(valid_from, valid_until)"), "&&"),
            using="gist",
            name="ex_membership_once",
        ),
    )
    person_id: UUID = Field(foreign_key="person.id", index=True)
    role: str = Field(max_length=32)
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    valid_from: datetime = Field(sa_type=Instant)
    valid_until: datetime | None = Field(default=None, sa_type=Instant)
    granted_by: UUID = Field(foreign_key="person.id")
    reason: str = Field(max_length=500)
