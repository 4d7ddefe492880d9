"""Who holds which role for which organization, from when until when; accounts and logins that prove who it is."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, literal_column
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field, SQLModel

from models.base import HOUSE, Instant, Placed, Row, choice, listed

IN_FORCE = """(m.valid_from <= {at} AND (m.valid_until IS NULL OR m.valid_until > {at})
     AND (m.delegated_from IS NULL OR EXISTS (SELECT FROM membership d
          WHERE d.id = m.delegated_from AND d.valid_from <= {at} AND (d.valid_until IS NULL OR d.valid_until > {at}))))"""
"""When a membership `m` counts, for the two statements that begin every request: a delegated one only while the one it stands in for does."""


class AccountKind(StrEnum):
    """An operator never signs in: the account names who works with the commands, so that no role is given to that person."""

    PERSON = "PERSON"
    MACHINE = "MACHINE"
    OPERATOR = "OPERATOR"


class LoginKind(StrEnum):
    SESSION = "SESSION"
    INVITATION = "INVITATION"
    MACHINE = "MACHINE"


class AuditorProposalStatus(StrEnum):
    PROPOSED = "PROPOSED"
    CONFIRMED = "CONFIRMED"
    WITHDRAWN = "WITHDRAWN"


class Home(SQLModel):
    """The organization an account belongs to, and its tiers; none for people who only came in by the operator. A trigger keeps them together."""

    organization_id: UUID | None = Field(default=None, index=True)
    center_id: UUID | None = Field(default=None, index=True)
    district_id: UUID | None = Field(default=None, index=True)
    agency_id: UUID | None = Field(default=None, index=True)


class Account(Row, Home, table=True):
    """Something that signs in: a person with a password, or another institution's machine with tokens only."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("name"),
        ForeignKeyConstraint(["organization_id"], ["organization.id"]),
        CheckConstraint("kind = 'PERSON' OR password_hash IS NULL", "only_people_have_passwords"),
        CheckConstraint(f"person_id <> '{HOUSE}'", "nobody_is_the_house"),
    )
    name: str = Field(max_length=60)
    kind: AccountKind = Field(sa_type=choice(AccountKind))
    person_id: UUID = Field(foreign_key="person.id", index=True)
    password_hash: str | None = Field(default=None, max_length=200)
    disabled_at: datetime | None = Field(default=None, sa_type=Instant)


class Login(Row, Home, table=True):
    """One token, kept only as a hash: who steals the table cannot sign in with it. Person and home are those of the account."""

    __tablename__ = "login"
    __table_args__ = (UniqueConstraint("token_hash"),)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    person_id: UUID | None = Field(default=None, nullable=False, index=True)
    kind: LoginKind = Field(default=LoginKind.SESSION, sa_type=choice(LoginKind), sa_column_kwargs={"server_default": "SESSION"})
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
    """A role in an organization for a time. A delegated one names the membership it stands in for, and has an end.

    Who keeps the rights never also keeps the record of their use, at no time and in no organization (GB/T 22239).
    """

    __tablename__ = "membership"
    __table_args__ = (
        *listed(),
        CheckConstraint("valid_until IS NULL OR valid_until > valid_from", "dates_in_order"),
        CheckConstraint(f"person_id <> '{HOUSE}'", "nobody_is_the_house"),
        CheckConstraint("delegated_from IS NULL OR valid_until IS NOT NULL", "delegated_has_end"),
        CheckConstraint("(delegated_from IS NULL) = (delegator_id IS NULL) AND delegator_id <> person_id", "delegated_by_another"),
        ExcludeConstraint(
            ("person_id", "="),
            ("role", "<>"),
            (literal_column("tstzrange(valid_from, valid_until)"), "&&"),
            using="gist",
            where=literal_column("role IN ('center_admin', 'center_auditor')"),
            name="ex_membership_administrators_apart",
        ),
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
    delegated_from: UUID | None = Field(default=None, foreign_key="membership.id", index=True)
    delegator_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)


class AuditorProposal(Row, Placed, table=True):
    """The audit administrator of a center is made, and unmade, by two: one proposes, another confirms. `ends_id` is the membership to end."""

    __tablename__ = "auditor_proposal"
    __table_args__ = (
        *listed("center_id"),
        CheckConstraint("(status = 'CONFIRMED') = (confirmed_by IS NOT NULL) AND confirmed_by <> proposed_by", "two_persons"),
        CheckConstraint("person_id <> proposed_by AND person_id <> confirmed_by", "not_about_oneself"),
        Index("uq_auditor_proposal_one_open", "organization_id", "person_id", unique=True, postgresql_where=literal_column("status = 'PROPOSED'")),
    )
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    ends_id: UUID | None = Field(default=None, foreign_key="membership.id")
    status: AuditorProposalStatus = Field(default=AuditorProposalStatus.PROPOSED, sa_type=choice(AuditorProposalStatus))
    reason: str = Field(max_length=500)
    proposed_by: UUID = Field(foreign_key="person.id")
    confirmed_by: UUID | None = Field(default=None, foreign_key="person.id")
