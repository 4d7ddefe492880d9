"""One embedded cluster for the run, migrated once; every test has a tenant of its own, so nothing is cleaned up."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from app import migrate
from app.embedded_postgres import EmbeddedPostgres
from models.database import Database
from tests.canary import leaks
from tests.cluster import memory, scratch_folder, sweep
from tests.crowd_bench import Bench, crowd_bench
from tests.crowd_rows import Crowded, crowded_cluster
from tests.world import World

# no test asserts a time: a busy machine is not a fault
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--documents", type=int, default=5_000, help="how many generated documents the compiled reader is compared on")
    parser.addoption("--history", type=int, help="the number of the one random history to run")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def cluster() -> Iterator[EmbeddedPostgres]:
    sweep()
    with scratch_folder(memory()) as folder:
        server = EmbeddedPostgres(folder, fsync=False)
        server.start()
        try:
            migrate.upgrade(server.url("dudao_owner"))
            yield server
            assert asyncio.run(leaks(server)) == [], "an id number stands in a log, after all tests of this process"
        finally:
            server.stop()


@pytest.fixture(scope="session")
async def database(cluster: EmbeddedPostgres) -> AsyncIterator[Database]:
    """As the service has it: nothing of a tenant's is there until a transaction stands behind a wall."""
    database = Database(cluster.url("dudao_app"))
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def maker(cluster: EmbeddedPostgres) -> AsyncIterator[Database]:
    """As the owner, who stands behind no wall: worlds are made and looked at through it, by more statements than any service would keep."""
    database = Database(cluster.url("dudao_owner"), statements=1000)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def crowded() -> Iterator[Crowded]:
    """A database of its own with two full worlds, which nobody writes to."""
    with crowded_cluster() as found:
        yield found


@pytest.fixture(scope="session")
def bench(crowded: Crowded) -> Iterator[Bench]:
    """Asks about that crowd and counts the statements."""
    with crowd_bench(crowded) as found:
        yield found


@pytest.fixture
async def world(database: Database, maker: Database) -> World:
    """A jurisdiction of its own under the rules of Beijing: center, two districts, two agencies each, people in every role."""
    return await World.founded(database, maker=maker, profile="beijing-municipal")


@pytest.fixture
async def elsewhere(database: Database, maker: Database) -> World:
    """Another jurisdiction in the same database: the stranger."""
    return await World.founded(database, maker=maker, profile="beijing-municipal")


@pytest.fixture
async def yunnan(database: Database, maker: Database) -> World:
    """A jurisdiction without a district tier, under the rules of the Yunnan college."""
    return await World.founded(database, maker=maker, profile="yunnan-college-2023")
