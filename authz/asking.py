"""What an explanation must know first: may the asker know of the subject and of the row, and as whom did the subject act at that instant?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, FromClause, Select, Text, Uuid, and_, bindparam, cast, exists, func, literal_column, or_, select, true
from sqlalchemy.dialects.postgresql import asyncpg
from sqlmodel import SQLModel

from authz.access import READ, VERSIONS, holds, scope
from authz.actions import Action
from authz.actor import Actor, Role, Shape
from authz.errors import NotFound
from authz.policy import Table
from authz.versions import SHIPPED
from models.base import Instant, table_of
from models.database import Database, Reading
from models.memberships import Account, AccountKind, Membership
from models.organizations import Organization, Tier
from models.policies import PolicyCurrent, PolicyVersion, PolicyVersionStatus

DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]
NOBODY = UUID(int=0)
"""For whom no account was ever opened."""

PERSON: ColumnElement[UUID] = bindparam("asked_person", type_=Uuid(), required=False)
ACCOUNT: ColumnElement[UUID] = bindparam("asked_account", type_=Uuid(), required=False)
ORGANIZATION: ColumnElement[UUID] = bindparam("asked_organization", type_=Uuid(), required=False)
OBJECT: ColumnElement[UUID] = bindparam("asked_object", type_=Uuid(), required=False)
AT: ColumnElement[datetime] = bindparam("asked_at", type_=Instant, required=False)


@dataclass(frozen=True)
class Subject:
    """Whom the question is about: a person or an account, acting for an organization, or for the one they would sign in to."""

    person_id: UUID | None = None
    account_id: UUID | None = None
    organization_id: UUID | None = None


@dataclass(frozen=True)
class Question:
    """May the subject do this to that row? `only`: a column and the values of it that make a row one of its type."""

    subject: Subject
    action: Action
    model: type[SQLModel]
    id: UUID
    at: datetime
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Acting:
    """The subject as an actor of that instant, and which membership brings each role."""

    actor: Actor
    memberships: Mapping[str, UUID]


@dataclass(frozen=True)
class Prepared:
    """A compiled statement that builds one JSON text, and the names of its parameters in order."""

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, object]

    async def ask(self, reading: Reading, values: Mapping[str, object]) -> str | bytes:
        """The text; JSON `null` where there is no row."""
        given = {**self.constants, **values}
        return await reading.document(self.text, [given.get(name) for name in self.names]) or "null"


def prepared(query: Select[Any]) -> Prepared:
    compiled = query.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    return Prepared(str(compiled), tuple(compiled.positiontup or ()), constants)


async def admitted(database: Database, asker: Actor, question: Question) -> tuple[Acting, int]:
    """The subject as of the instant, and the version of the policy that is in force now, where the asker may ask about them and sees the row; NotFound for every lack of that."""
    subject = question.subject
    values = {
        "asked_person": asker.person_id if subject.account_id == asker.account_id else subject.person_id,
        "asked_account": subject.account_id,
        "asked_organization": subject.organization_id,
        "asked_object": question.id,
        "asked_at": question.at,
    }
    statement = admission(asker.shape, question.model, question.only)
    reading = database.read(asker.tenant)
    found = orjson.loads(await statement.ask(reading, {**asker.binds(), **values}))
    if not found["seen"] or not (found["known"] or oneself(asker, found["person"], subject.organization_id)):
        raise NotFound
    offices = chosen(found, subject.organization_id)
    center = offices[0]["center"] if offices else None
    reading = database.glance()
    then, now = orjson.loads(await PUBLISHED.ask(reading, {"asked_object": identified(center), "asked_at": question.at}))
    return acting_as(found, offices, policy=await VERSIONS.ensure(reading, then), version=then), now


def oneself(asker: Actor, person: str | None, organization_id: UUID | None) -> bool:
    """Everybody may ask about oneself, also who never held a role."""
    mine = Account(name="", kind=AccountKind.PERSON, person_id=asker.person_id)
    return organization_id is None and person == str(asker.person_id) and holds(asker, Action.AUDIT_EXPLAIN, mine)


def chosen(found: Mapping[str, Any], organization_id: UUID | None) -> list[Mapping[str, Any]]:
    """All roles held in one organization count together: the one asked about, else the account's own, else the only one there is."""
    held = {office["organization"] for office in found["offices"] or ()}
    home = str(organization_id) if organization_id else found["home"]
    place = home if home in held else next(iter(held)) if len(held) == 1 else None
    return [office for office in found["offices"] or () if office["organization"] == place]


def acting_as(found: Mapping[str, Any], offices: Sequence[Mapping[str, Any]], *, policy: Table, version: int) -> Acting:
    """A role that the version does not know gives nothing."""
    where = offices[0] if offices else {}
    memberships = {role_called(office["role"]): UUID(office["membership"]) for office in offices}
    actor = Actor(
        account_id=identified(found["account"]) or NOBODY,
        person_id=identified(found["person"]) or NOBODY,
        organization_id=identified(where.get("organization")),
        tier=Tier(where["tier"]) if where else None,
        center_id=identified(where.get("center")),
        district_id=identified(where.get("district")),
        agency_id=identified(where.get("agency")),
        roles=frozenset(role for role in memberships if role in policy.roles) or frozenset({Role.ANYONE}),
        policy=version,
        memberships=memberships,
    )
    return Acting(actor, memberships)


def role_called(name: str) -> str:
    """One of ours, or one that a version of the policy made."""
    return Role(name) if name in set(Role) else name


def identified(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def made_of(parts: Mapping[str, ColumnElement[Any]]) -> ColumnElement[Any]:
    return func.json_build_object(*(one for name, value in parts.items() for one in (literal_column(f"'{name}'"), value)))


def live(m: FromClause) -> ColumnElement[bool]:
    return and_(m.c.valid_from <= AT, or_(m.c.valid_until.is_(None), m.c.valid_until > AT))


@lru_cache(maxsize=1000)
def admission(shape: Shape, model: type[SQLModel], only: tuple[str, ...]) -> Prepared:
    """Of the asker: is the row seen, is the subject in reach, and what does the subject hold there at the instant?"""
    t, read = table_of(model), READ[model]
    m, d, o, a = table_of(Membership).alias("m"), table_of(Membership).alias("d"), table_of(Organization).alias("o"), table_of(Account).alias("a")
    person = func.coalesce(PERSON, select(a.c.person_id).where(a.c.id == ACCOUNT).scalar_subquery())
    account = select(a.c.id, a.c.organization_id).where(a.c.person_id == person, or_(ACCOUNT.is_(None), a.c.id == ACCOUNT)).order_by(a.c.id).limit(1)
    home = account.lateral("home")
    reach = and_(m.c.person_id == person, or_(ORGANIZATION.is_(None), m.c.organization_id == ORGANIZATION), scope(shape, Action.AUDIT_EXPLAIN, m))
    lent = exists().where(d.c.id == m.c.delegated_from, live(d))
    office = {"membership": m.c.id, "role": m.c.role, "organization": o.c.id, "tier": o.c.tier}
    office |= {"center": o.c.center_id, "district": o.c.district_id, "agency": o.c.agency_id}
    offices = (
        select(func.json_agg(made_of(office)))
        .select_from(m.join(o, o.c.id == m.c.organization_id))
        .where(reach, live(m), or_(m.c.delegated_from.is_(None), lent))
    )
    kind = t.c[only[0]].in_(only[1:]) if only else true()
    told: dict[str, ColumnElement[Any]] = {
        "seen": exists().where(t.c.id == OBJECT, scope(shape, read, t), kind),
        "known": exists().where(reach),
        "person": person,
        "account": select(home.c.id).scalar_subquery(),
        "home": select(home.c.organization_id).scalar_subquery(),
        "offices": offices.scalar_subquery(),
    }
    return prepared(select(cast(made_of(told), Text)))


def published() -> Prepared:
    """For a center the numbers of the versions in force at the instant and now: the last one published, else the one that comes with the release."""
    v, c = table_of(PolicyVersion).alias("v"), table_of(PolicyCurrent).alias("c")
    was = and_(v.c.status == PolicyVersionStatus.PUBLISHED, v.c.decided_at <= AT, v.c.number <= c.c.version)
    then = select(v.c.number).join_from(v, c, v.c.center_id == c.c.center_id).where(c.c.center_id == OBJECT, was)
    now = select(c.c.version).where(c.c.center_id == OBJECT)
    numbers = (then.order_by(v.c.decided_at.desc()).limit(1), now)
    return prepared(select(cast(func.json_build_array(*(func.coalesce(one.scalar_subquery(), SHIPPED) for one in numbers)), Text)))


PUBLISHED = published()
