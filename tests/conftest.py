"""One embedded cluster for the run, migrated once; every test has a tenant of its own, so nothing is cleaned up."""

from collections.abc import AsyncIterator, Iterator

import pytest

from app import migrate
from app.embedded_postgres import EmbeddedPostgres
from models.database import Database
from tests.cluster import memory, scratch_folder, sweep
from tests.crowd_bench import Bench, crowd_bench
from tests.crowd_rows import Crowded, crowded_cluster
from tests.world import World


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--documents", type=int, default=2_000, help="how many generated documents the compiled reader is compared on")


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
        finally:
            server.stop()


@pytest.fixture(scope="session")
async def database(cluster: EmbeddedPostgres) -> AsyncIterator[Database]:
    database = Database(cluster.url("dudao_app"))
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
async def world(database: Database) -> World:
    """A jurisdiction of its own under the rules of Beijing: center, two districts, two agencies each, people in every role."""
    return await World.founded(database, profile="beijing-municipal")


@pytest.fixture
async def elsewhere(database: Database) -> World:
    """Another jurisdiction in the same database: the stranger."""
    return await World.founded(database, profile="beijing-municipal")


@pytest.fixture
async def yunnan(database: Database) -> World:
    """A jurisdiction without a district tier, under the rules of the Yunnan college."""
    return await World.founded(database, profile="yunnan-college-2023")
