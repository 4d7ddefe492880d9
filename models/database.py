"""The database as the house sees it: one way to read, one way to write. The only commit."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Protocol, cast
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from models.memberships import IN_FORCE
from models.pipeline import Pipelines, Step, without_options, written

SETTINGS = {
    "application_name": "dudao",
    "timezone": "UTC",
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "10000",
    "jit": "off",
}

PATIENCE = 2
"""Seconds that somebody waits for a connection."""

PATIENT = "SELECT set_config('statement_timeout', :time, true), set_config('idle_in_transaction_session_timeout', :time, true)"

POLICY_LOCK = 7_365_002
"""With the center's hash, what a mutation holds shared and a publisher of rights alone: nothing decided under a version commits after the next."""


class Wall(StrEnum):
    """The database role behind which a transaction runs. Row-level security shows each its own rows, and NONE no tenant's at all."""

    NONE = "none"
    CENTER = "wall_center"
    DISTRICT = "wall_district"
    AGENCY = "wall_agency"
    PERSON = "wall_person"
    TICKET = "wall_ticket"
    RULES = "wall_rules"


class RightsChanged(Exception):  # noqa: N818 - a fact: what was known of the caller a moment ago holds no longer
    """The token ended, the offices held are others, or another version of the policy is in force than the request was decided under."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True)
class Tenant:
    """For whom a transaction runs, and behind which wall; with a login, also what must still be true of it when the transaction begins."""

    person_id: UUID | None = None
    organization_id: UUID | None = None
    center_id: UUID | None = None
    district_id: UUID | None = None
    agency_id: UUID | None = None
    wall: Wall = Wall.NONE
    ticket: bytes | None = None
    login_id: UUID | None = None
    offices: frozenset[UUID] = frozenset()
    policy: int = 1

    @cached_property
    def settings(self) -> dict[str, str]:
        """By the names of ENTER's parameters, empty for what there is not."""
        ids = {"person": self.person_id, "organization": self.organization_id, "center": self.center_id, "district": self.district_id}
        ids |= {"agency": self.agency_id, "login": self.login_id}
        texts = {"ticket": self.ticket.hex() if self.ticket else "", "wall": self.wall.value, "policy": str(self.policy)}
        return {name: str(one) if one else "" for name, one in ids.items()} | texts | {"offices": " ".join(sorted(map(str, self.offices)))}

    @cached_property
    def entry(self) -> Step:
        """The statement that begins a transaction for this tenant, with its values in their order."""
        values = self.settings | {"readonly": "on"}
        return PLACED, [values[name].encode() for name in NAMES]


NOBODY = Tenant()

VERSION = "(SELECT p.version FROM policy_current p WHERE p.center_id = CAST(nullif(:center, '') AS uuid))"
VERSION_HELD = f"policy_held({POLICY_LOCK}, CAST(nullif(:center, '') AS uuid))"
"""The same, once no publisher of rights is at work; none begins until the transaction ends. A function of the database: it sees what was
published while it waited, which the statement around it would not."""

# transaction-local, so that the next user of the connection inherits nothing; the role last, since it may see less
ENTER = f"""
SELECT set_config('app.person', :person, true), set_config('app.organization', :organization, true), set_config('app.center', :center, true),
       set_config('app.district', :district, true), set_config('app.agency', :agency, true), set_config('app.ticket', :ticket, true),
       CASE WHEN :center <> '' AND :policy <> coalesce({VERSION}, 1)::text THEN 'POLICY'
            WHEN :login = '' THEN 'SAME'
            WHEN NOT EXISTS (SELECT FROM login l JOIN account a ON a.id = l.account_id WHERE l.id = CAST(nullif(:login, '') AS uuid)
                             AND l.ended_at IS NULL AND l.expires_at > clock_timestamp() AND a.disabled_at IS NULL) THEN 'LOGIN'
            WHEN :offices <> coalesce((SELECT string_agg(m.id::text, ' ' ORDER BY m.id) FROM membership m
                             WHERE m.person_id = CAST(nullif(:person, '') AS uuid) AND {IN_FORCE.format(at="clock_timestamp()")}
                             AND NOT EXISTS (SELECT FROM login i WHERE i.id = CAST(:login AS uuid) AND i.kind = 'INVITATION')), '') THEN 'ROLES'
            ELSE 'SAME' END,
       set_config('transaction_read_only', :readonly, true), set_config('role', :wall, true)
"""
NAMES = tuple(dict.fromkeys(re.findall(r"(?<!:):([a-z]+)", ENTER)))


def placed(statement: str) -> str:
    """With its parameters by their place, each of them text."""
    return re.sub(r"(?<!:):([a-z]+)", lambda found: f"${NAMES.index(found[1]) + 1}::text", statement)


PLACED, PLACED_TO_WRITE = placed(ENTER), placed(ENTER.replace(VERSION, VERSION_HELD))
STANDING = 6


class Driver(Protocol):
    """What is needed of an asyncpg connection."""

    async def fetchval(self, statement: str, *values: object) -> object: ...
    async def execute(self, statement: str, *values: object) -> str: ...


class Reading(Protocol):
    """One way to read: behind which wall and in whose name is settled."""

    async def document(self, statement: str, values: Sequence[object]) -> str | bytes | None:
        """The JSON text a statement builds, or None where it finds no row."""
        ...


Question = tuple[str, Sequence[object]]
"""A statement that builds JSON, and its values."""


@dataclass(frozen=True)
class Apart:
    """In a transaction of its own, read-only, and one round trip. Of nobody's, it is entered by nobody: for who asks, while no tenant is known yet."""

    pipelines: Pipelines
    tenant: Tenant | None

    async def document(self, statement: str, values: Sequence[object]) -> bytes | None:
        """Raises RightsChanged, and whatever fails."""
        [found] = await self.documents([(statement, values)])
        if isinstance(found, Exception):
            raise found
        return found

    async def documents(self, asked: Sequence[Question]) -> list[bytes | Exception | None]:
        """What each says, up to and with the first that failed. Raises RightsChanged: then what was read is not even looked at."""
        steps = [(statement, [written(value) for value in values]) for statement, values in asked]
        if self.tenant is None:
            said = await self.pipelines.ask("", *steps)
        else:
            entered, *said = await self.pipelines.ask(self.tenant.wall, self.tenant.entry, *steps)
            if isinstance(entered, Exception):
                raise entered
            unchanged((entered.get_value(0, STANDING) or b"").decode())
        return [one if isinstance(one, Exception) else one.get_value(0, 0) if one.ntuples else None for one in said]


@dataclass(frozen=True)
class Within:
    """Inside of a mutation's own transaction: it sees what the verb has just changed."""

    driver: Driver

    async def document(self, statement: str, values: Sequence[object]) -> str | None:
        return cast("str | None", await self.driver.fetchval(statement, *values))


async def driver_of(connection: AsyncConnection) -> Driver:
    raw = await connection.get_raw_connection()
    return cast("Driver", raw.driver_connection)


class Database:
    def __init__(self, url: str, *, pool_size: int = 5, statement_seconds: float = 4, statements: int = 100) -> None:
        """`statements` are those that a connection keeps prepared, where it may keep any."""
        settings = SETTINGS | {"statement_timeout": str(round(statement_seconds * 1000))}
        plain, prepares = without_options(url)
        said: dict[str, object] = {"server_settings": settings, "prepared_statement_cache_size": statements if prepares else 0}
        said |= {} if prepares else {"statement_cache_size": 0}
        self._engine = create_async_engine(plain, pool_size=pool_size, max_overflow=0, pool_timeout=PATIENCE, hide_parameters=True, connect_args=said)
        self._sessions = async_sessionmaker(self._engine, class_=AsyncSession, expire_on_commit=False)
        self._pipelines = Pipelines(url, settings, size=pool_size, patience=PATIENCE)

    def read(self, tenant: Tenant = NOBODY) -> Apart:
        """Reading walled by tenant."""
        return Apart(self._pipelines, tenant)

    def glance(self) -> Apart:
        """Reading by the role that serves, which sees who may sign in and what is shared by all."""
        return Apart(self._pipelines, None)

    @asynccontextmanager
    async def transaction(self, tenant: Tenant = NOBODY, *, seconds: float | None = None) -> AsyncIterator[AsyncSession]:
        """One transaction: leaving the block commits, an exception undoes all. For `seconds`, PostgreSQL breaks off no statement and no pause of it."""
        async with self._sessions() as session, session.begin():
            if seconds is not None:
                await (await session.connection()).execute(text(PATIENT), {"time": str(round(seconds * 1000))})
            await enter(session, tenant)
            yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """Many reading statements of one instant, for proofs over the whole: nothing is changed, whatever happens meanwhile."""
        async with self._sessions() as session, session.begin():
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
            yield session

    async def ready(self) -> bool:
        return await self.glance().document("SELECT '1'", []) == b"1"

    async def close(self) -> None:
        await self._pipelines.close()
        await self._engine.dispose()


async def enter(session: AsyncSession, tenant: Tenant) -> None:
    """From here on the transaction runs for `tenant`. Raises RightsChanged where that is no longer who asked."""
    values = tenant.settings | {"readonly": "off"}
    entered = await (await session.connection()).exec_driver_sql(PLACED_TO_WRITE, tuple(values[name] for name in NAMES))
    unchanged(entered.one()[STANDING])
    session.info["wall"] = tenant.wall


@asynccontextmanager
async def beyond(session: AsyncSession) -> AsyncIterator[None]:
    """What the rules must know of a person wherever that one serves: reading only, and only the columns granted to `wall_rules`.

    Nobody is in two places, and who is listed is listed everywhere (Y089): no tenant's wall may hide that from a draw. What is read so
    is judged by the domain and never shown.
    """
    await session.flush()
    wall: Wall = session.info.get("wall", Wall.NONE)
    if wall is Wall.NONE:
        yield
        return
    await become(session, Wall.RULES)
    yield
    await become(session, wall)


@asynccontextmanager
async def standing_for(session: AsyncSession, organization_id: UUID) -> AsyncIterator[None]:
    """Inside, the wall takes this organization for the one acted for: its chain of events can be continued. Nothing else hangs on that name.

    For what an organization must not find in its own chain. Raises nothing of its own; an exception ends the transaction anyway.
    """
    await session.flush()
    connection = await session.connection()
    before = (await connection.execute(text("SELECT current_setting('app.organization', true)"))).scalar_one()
    naming = text("SELECT set_config('app.organization', :organization, true)")
    await connection.execute(naming, {"organization": str(organization_id)})
    yield
    await session.flush()
    await connection.execute(naming, {"organization": before or ""})


async def become(session: AsyncSession, wall: Wall) -> None:
    await (await session.connection()).execute(text("SELECT set_config('role', :wall, true)"), {"wall": wall.value})


def unchanged(standing: str) -> None:
    if standing != "SAME":
        raise RightsChanged(standing)


async def reading_in(session: AsyncSession) -> Reading:
    """The reader inside a mutation's own transaction."""
    await session.flush()
    return Within(await driver_of(await session.connection()))
