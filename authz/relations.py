"""The words in which rights are said, and the form of their meaning: each relation once in Python and once in SQL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Exists, FromClause, Uuid, bindparam, exists, literal_column, select
from sqlmodel import SQLModel

from authz.actor import Actor
from models.cases import BlacklistEntry
from models.dispatch import Assignment
from models.inspections import Inspection
from models.organizations import Tier
from models.sessions import Assessor, RecognitionSession
from models.supervisors import Appointment, Card, Employment, Supervisor


class Relation(StrEnum):
    """The first eight give rights; the last three only take them."""

    SUBTREE = "SUBTREE"
    OWN_ORG = "OWN_ORG"
    ISSUER = "ISSUER"
    DISPATCHER = "DISPATCHER"
    INSPECTED = "INSPECTED"
    TEAM_MEMBER = "TEAM_MEMBER"
    SELF = "SELF"
    SHARED = "SHARED"
    EMPLOYER = "EMPLOYER"
    ASSESSOR = "ASSESSOR"
    BARRED = "BARRED"


ONLY_DENIES = frozenset({Relation.EMPLOYER, Relation.ASSESSOR, Relation.BARRED})

# not required while a statement is compiled: one with a list in it is compiled with its values, and there are none yet
ACCOUNT: ColumnElement[UUID] = bindparam("actor_account", type_=Uuid(), required=False)
PERSON: ColumnElement[UUID] = bindparam("actor_person", type_=Uuid(), required=False)
ORGANIZATION: ColumnElement[UUID] = bindparam("actor_organization", type_=Uuid(), required=False)
CENTER: ColumnElement[UUID] = bindparam("actor_center", type_=Uuid(), required=False)

TIER_COLUMN = {Tier.CENTER: "center_id", Tier.DISTRICT: "district_id", Tier.AGENCY: "agency_id"}

LIVE_PLACES = ("OFFERED", "ACCEPTED", "CHECKED_IN", "DONE")
"""Whoever was offered or took a place in the team and has not left it."""


@dataclass(frozen=True)
class World:
    """The rows that the Python halves look at where the SQL halves say EXISTS."""

    employments: Sequence[Employment] = field(default=())
    assessors: Sequence[Assessor] = field(default=())
    sessions: Sequence[RecognitionSession] = field(default=())
    supervisors: Sequence[Supervisor] = field(default=())
    cards: Sequence[Card] = field(default=())
    appointments: Sequence[Appointment] = field(default=())
    assignments: Sequence[Assignment] = field(default=())
    inspections: Sequence[Inspection] = field(default=())
    blacklist: Sequence[BlacklistEntry] = field(default=())


Holds = Callable[[Actor, Any, World], bool]
Where = Callable[[FromClause, Tier | None], ColumnElement[bool]]


@dataclass(frozen=True)
class Meaning:
    """One relation on one table. `holds` is asked about a row in hand (also one not yet saved), `where` of all rows at once."""

    holds: Holds
    where: Where


Meanings = Mapping[type[SQLModel], Mapping[Relation, Meaning]]
"""What the relations mean for the rows of each table of one noun."""


def there_is(*tables: FromClause) -> Exists:
    """EXISTS over these tables; every other one it speaks of belongs to an enclosing statement, however far outside."""
    return exists(select(literal_column("1")).select_from(*tables).correlate_except(*tables))


def refers(row: SQLModel, column: str, to: UUID | None) -> bool:
    """Whether a column of a row in hand holds this id. Unknown is never equal, on either side.

    Of a loaded row it is read without the ORM's instruments, and ids are compared as the numbers they are: the two were most of what a decision costs.
    """
    if to is None:
        return False
    there = row.__dict__
    kept: UUID | None = there[column] if column in there else getattr(row, column)
    return kept is not None and kept.int == to.int


def equal(column: str) -> Meaning:
    """`column` is the organization acted for."""
    return Meaning(holds=lambda actor, row, _: refers(row, column, actor.organization_id), where=lambda t, _: t.c[column] == ORGANIZATION)


SUBTREE = Meaning(
    holds=lambda actor, row, _: actor.tier is not None and refers(row, TIER_COLUMN[actor.tier], actor.organization_id),
    where=lambda t, tier: t.c[TIER_COLUMN[tier or Tier.AGENCY]] == ORGANIZATION,
)
OWN_ORG = equal("organization_id")
OWN_AGENCY = equal("agency_id")
ISSUER = equal("issuer_id")
DISPATCHER = equal("dispatcher_id")
SELF = Meaning(holds=lambda actor, row, _: refers(row, "person_id", actor.person_id), where=lambda t, _: t.c.person_id == PERSON)
