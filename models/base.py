"""What every table has: a time-ordered id, times, a version; the names of constraints and the forms of columns."""

from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar, cast
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import Enum, Index, MetaData, Table, func
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlmodel import Field, SQLModel

# rows are made by rules and by the database, never validated: their validators would be a tenth of importing the tables, for nothing
SQLModel.model_config["defer_build"] = True

SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention

# sqlmodel types `sa_type` as a class although it takes a configured type as well
Instant = cast("type[Any]", TIMESTAMP(timezone=True))
Json = cast("type[Any]", JSONB(none_as_null=True))

HOUSE = UUID("00000000-0000-7000-8000-000000000001")
"""系统: the person of the steps that nobody takes, when a time runs out. It has no account and no role, so that nobody ever acts as it."""

T = TypeVar("T", bound=SQLModel)


def new_id() -> UUID:
    """A UUIDv7: ids made later sort later, so pages by id follow time and indexes grow at one end."""
    return uuid_utils.compat.uuid7()


def choice(values: type[StrEnum]) -> type[Any]:
    """Text with a CHECK: text compares leakproof under row-level security, a native enum would not."""
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in values.__name__).strip("_")
    stored = Enum(
        values, native_enum=False, create_constraint=True, length=32, name=name, values_callable=lambda members: [one.value for one in members]
    )
    return cast("type[Any]", stored)


class Row(SQLModel):
    id: UUID = Field(default_factory=new_id, primary_key=True)
    created_at: datetime | None = Field(default=None, sa_type=Instant, nullable=False, sa_column_kwargs={"server_default": func.clock_timestamp()})
    updated_at: datetime | None = Field(
        default=None, sa_type=Instant, nullable=False, sa_column_kwargs={"server_default": func.clock_timestamp(), "onupdate": func.clock_timestamp()}
    )
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})


class Tenanted(SQLModel):
    """Three fixed tiers, written once, so that a scope is an equality. The key of later distribution too.

    Indexed only where rows are listed by their tenant (`listed`): what is reached through its inspection or draw alone has that one's index.
    """

    center_id: UUID = Field(foreign_key="organization.id")
    district_id: UUID | None = Field(default=None, foreign_key="organization.id")
    agency_id: UUID | None = Field(default=None, foreign_key="organization.id")


class Placed(SQLModel):
    """The same three tiers where the row names its organization beside them, and that one bears the foreign key.

    The tiers are copied from it by whoever writes. Three look-ups less a row: a third of what a roster of 20,000 costs PostgreSQL.
    """

    center_id: UUID
    district_id: UUID | None = None
    agency_id: UUID | None = None


def listed(*tenants: str) -> tuple[Index, ...]:
    """For a table with a list of its own: the newest rows of a tenant stand at one end of an index, however many there are."""
    return tuple(Index(None, tenant, "id") for tenant in tenants or ("center_id", "district_id", "agency_id"))


def every_table() -> list[type[SQLModel]]:
    """All models imported so far; `models` imports them all."""
    return [one.class_ for one in SQLModel._sa_registry.mappers]  # noqa: SLF001 - sqlmodel offers no other list


def table_of(model: type[T]) -> Table:
    """The Core table of a model; `type[SQLModel]` itself does not know that it has one."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table
