"""A tree of organizations of its own for each test: makes people and rows with the domain's verbs, and asks GraphQL as any of them."""

import itertools
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.passwords import LIGHT, Passwords
from authz.actor import Actor, Role
from domain import organizations
from domain.machine import Act
from domain.numbers import code_check_digit, credit_check_digit
from domain.profiles import parse_profile
from domain.sealing import IdKeys
from gql.context import Context
from gql.documents import Documents
from gql.operation import OperationRequest, run
from gql.schema import schema
from models.database import Database
from models.memberships import Account, AccountKind, Membership
from models.organizations import AgencyKind, Organization
from models.supervisors import Person

PROFILES = Path(__file__).parent.parent / "seeds" / "profiles"
DOCUMENTS = Documents(schema)
PASSWORDS = Passwords(LIGHT)
ID_KEYS = IdKeys(index=[b"id" * 16], seal=[b"seal" * 8])
"""The keys of every world's id numbers."""
CODES = itertools.count(40_000_000)
NOW = datetime(2026, 9, 16, 2, 0, tzinfo=UTC)
"""Ten o'clock in Beijing on a Wednesday in September: the present of every world."""


@dataclass
class World:
    """Asks through `database`, as the service does; makes and looks at rows through `maker`, which stands behind no wall."""

    database: Database
    maker: Database
    center: Organization
    profile: str
    now: datetime = NOW
    districts: list[Organization] = field(default_factory=list)
    agencies: list[Organization] = field(default_factory=list)
    actors: dict[str, Actor] = field(default_factory=dict)

    @classmethod
    async def founded(cls, database: Database, *, profile: str, maker: Database | None = None) -> "World":
        """Under `beijing-municipal`: districts 0 and 1 with agencies 0, 1 and 2, 3. Under Yunnan: agencies 0 and 1 below the center."""
        maker = maker or database
        async with maker.transaction() as session:
            center = await organizations.found_center(session, f"中心{secrets.token_hex(3)}", code=secrets.token_hex(3))
        world = cls(database, maker, center, profile)
        admin = await world.hire("center_admin", center)
        text = (PROFILES / f"{profile}.toml").read_text(encoding="utf-8")
        async with world.transaction() as session:
            await organizations.publish_profile(session, center, parse_profile(text, effective_from=date(2024, 1, 1)), act=world.act(admin))
            for n in range(2 if profile == "beijing-municipal" else 0):
                district, _ = await organizations.register_district(session, center, f"第{n}区", code=f"11010{n}", act=world.act(admin))
                world.districts.append(district)
            for n in range(4 if world.districts else 2):
                parent = world.districts[n // 2] if world.districts else center
                world.agencies.append(await world._agency(session, parent, n, act=world.act(admin)))
        await world.staffed()
        return world

    async def staffed(self) -> None:
        """Everybody but the first administrator, in one transaction: a world is founded for most of the tests."""
        posts = [(role, self.center, role) for role in ("center_dispatcher", "center_clerk", "center_auditor")]
        of_districts = ("district_admin", "district_dispatcher", "district_clerk")
        posts += [(role, one, f"{role}_{n}") for n, one in enumerate(self.districts) for role in of_districts]
        posts += [(role, one, f"{role}_{n}") for n, one in enumerate(self.agencies) for role in ("agency_admin", "agency_clerk")]
        async with self.transaction() as session:
            people = [Person(name=f"人{secrets.token_hex(3)}") for _ in posts]
            session.add_all(people)
            await session.flush()
            for who, (role, organization, name) in zip(people, posts, strict=True):
                self._employed(session, who, role, organization=organization, name=name)

    async def _agency(self, session: AsyncSession, parent: Organization, n: int, *, act: Act) -> Organization:
        agency, _ = await organizations.register_agency(
            session, parent, f"第{n}评价机构", credit_code=credit_code(), kind=AgencyKind.TRAINING_ORGANIZATION, act=act
        )
        return agency

    async def hire(self, role: str, organization: Organization, *, name: str | None = None, person: Person | None = None) -> Actor:
        """A person (new unless given) with one role, and the actor they are when they sign in. Kept in `actors` under `name`, else the role."""
        async with self.transaction() as session:
            who = person or Person(name=f"人{secrets.token_hex(3)}")
            session.add(who)
            await session.flush()
            return self._employed(session, who, role, organization=organization, name=name or role)

    def _employed(self, session: AsyncSession, who: Person, role: str, *, organization: Organization, name: str) -> Actor:
        account = Account(name=secrets.token_hex(6), kind=AccountKind.PERSON, person_id=who.id, organization_id=organization.id)
        tenants = {"center_id": organization.center_id, "district_id": organization.district_id, "agency_id": organization.agency_id}
        since = self.now - timedelta(days=400)
        session.add(account)
        office = Membership(
            person_id=who.id, role=role, organization_id=organization.id, valid_from=since, granted_by=who.id, reason="测试", **tenants
        )
        session.add(office)
        actor = Actor(
            account_id=account.id,
            person_id=who.id,
            organization_id=organization.id,
            tier=organization.tier,
            center_id=organization.center_id,
            district_id=organization.district_id,
            agency_id=organization.agency_id,
            roles=frozenset({Role(role)}),
            memberships={Role(role): office.id},
        )
        self.actors[name] = actor
        return actor

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        async with self.maker.transaction() as session:
            yield session

    def act(self, actor: Actor | str, *, at: datetime | None = None) -> Act:
        who = self.actors[actor] if isinstance(actor, str) else actor
        assert who.organization_id is not None
        return Act(who.person_id, who.organization_id, at or self.now)

    async def ask(
        self, actor: Actor | str | None, document: str, /, *, at: datetime | None = None, address: str = "", **variables: object
    ) -> dict[str, Any]:
        """The whole answer, as a client would get it."""
        who = self.actors[actor] if isinstance(actor, str) else actor
        context = Context(
            actor=who,
            database=self.database,
            now=at or self.now,
            language="en",
            request_id="test",
            cursor_key=b"cursor" * 6,
            id_keys=ID_KEYS,
            hashed=PASSWORDS.kept,
            address=address or secrets.token_hex(6),
        )
        answer = await run(DOCUMENTS, OperationRequest(document, None, variables), context)
        return json.loads(answer.body)

    async def done(self, actor: Actor | str | None, document: str, /, *, at: datetime | None = None, **variables: object) -> dict[str, Any]:
        """The data of an operation that must succeed."""
        answer = await self.ask(actor, document, at=at, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def rows(self, model: type[SQLModel], **equal: object) -> list[Any]:
        """Rows as they are stored, for `nothing changed`."""
        async with self.transaction() as session:
            tests = [col(getattr(model, name)) == value for name, value in equal.items()]
            return list((await session.exec(select(model).where(*tests))).all())


def codes(answer: Mapping[str, Any]) -> list[str]:
    return [one["extensions"]["code"] for one in answer.get("errors", [])]


def key() -> str:
    return secrets.token_hex(12)


def credit_code() -> str:
    """A valid unified social credit code that no other row of this process's databases has."""
    inner = f"{next(CODES):08d}"
    body = f"91110101{inner}{code_check_digit(inner)}"
    return body + credit_check_digit(body)


def shown(prefix: str, id: UUID | None) -> str:
    assert id is not None
    return f"{prefix}_{id.hex}"
