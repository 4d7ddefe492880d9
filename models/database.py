"""The database as the house sees it: one way to read, one way to write. The only commit."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, cast
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

SETTINGS = {
    "application_name": "dudao",
    "timezone": "UTC",
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "10000",
    "jit": "off",
}

# transaction-local, so that the next user of the connection inherits nothing
ENTER = "SELECT set_config('app.person', $1, true), set_config('app.center', $2, true), set_config('app.district', $3, true), set_config('app.agency', $4, true)"
ENTER_NAMED = (
    "SELECT set_config('app.person', :person, true), set_config('app.center', :center, true),"
    " set_config('app.district', :district, true), set_config('app.agency', :agency, true)"
)


@dataclass(frozen=True)
class Tenant:
    """For whom a transaction runs; what the second wall (row-level security) will stand on."""

    person_id: UUID | None = None
    center_id: UUID | None = None
    district_id: UUID | None = None
    agency_id: UUID | None = None

    def settings(self) -> tuple[str, str, str, str]:
        person, center, district, agency = (str(one) if one else "" for one in (self.person_id, self.center_id, self.district_id, self.agency_id))
        return person, center, district, agency


NOBODY = Tenant()


class Driver(Protocol):
    """What the reader needs of an asyncpg connection."""

    async def fetchval(self, statement: str, *values: object) -> object: ...
    async def execute(self, statement: str, *values: object) -> str: ...


@dataclass(frozen=True)
class Reading:
    """One statement's worth of reading."""

    driver: Driver

    async def document(self, statement: str, values: Sequence[object]) -> str | None:
        """The JSON text a compiled statement builds, or None where it finds no row."""
        return cast("str | None", await self.driver.fetchval(statement, *values))


async def driver_of(connection: AsyncConnection) -> Driver:
    raw = await connection.get_raw_connection()
    return cast("Driver", raw.driver_connection)


class Database:
    def __init__(self, url: str, *, pool_size: int = 5, statement_seconds: float = 4) -> None:
        settings = SETTINGS | {"statement_timeout": str(round(statement_seconds * 1000))}
        self._engine = create_async_engine(url, pool_size=pool_size, max_overflow=0, pool_timeout=2, connect_args={"server_settings": settings})
        self._sessions = async_sessionmaker(self._engine, class_=AsyncSession, expire_on_commit=False)

    @asynccontextmanager
    async def read(self, tenant: Tenant = NOBODY) -> AsyncIterator[Reading]:
        """A read-only transaction walled by tenant."""
        async with self._engine.connect() as connection:
            driver = await driver_of(connection)
            await driver.execute("BEGIN READ ONLY")
            try:
                await driver.fetchval(ENTER, *tenant.settings())
                yield Reading(driver)
            finally:
                await driver.execute("ROLLBACK")

    @asynccontextmanager
    async def transaction(self, tenant: Tenant = NOBODY) -> AsyncIterator[AsyncSession]:
        """One transaction: leaving the block commits, an exception undoes all."""
        async with self._sessions() as session, session.begin():
            person, center, district, agency = tenant.settings()
            connection = await session.connection()
            await connection.execute(text(ENTER_NAMED), {"person": person, "center": center, "district": district, "agency": agency})
            yield session

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[Reading]:
        """One reading statement by itself, in one round trip: for who asks, while no tenant is known yet."""
        async with self._engine.connect() as connection:
            yield Reading(await driver_of(connection))

    async def ready(self) -> bool:
        async with self._engine.connect() as connection:
            return (await (await driver_of(connection)).fetchval("SELECT 1")) == 1

    async def close(self) -> None:
        await self._engine.dispose()


async def reading_in(session: AsyncSession) -> Reading:
    """The reader inside a mutation's own transaction: it sees what the verb has just changed."""
    await session.flush()
    return Reading(await driver_of(await session.connection()))
