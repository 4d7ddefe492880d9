"""create_app(settings): routes, start and stop. No logic."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace

import strawberry
from starlette.applications import Starlette

from app import clock, identity
from app.endpoint import Doorkeeper, House, Shown
from app.file_store import incoming_of, store_of
from app.front import Gate
from app.health import Health
from app.incoming import Incoming
from app.keys import id_keys
from app.passwords import Passwords, weight_of
from app.routes import application
from app.settings import Settings
from app.tracing import configure_logs
from authz.actor import Actor
from gql.documents import Documents
from gql.limits import ANONYMOUS, SIGNED_IN
from gql.schema import schema
from models.database import Database


def create_app(settings: Settings, *, database_url: str | None = None) -> Starlette:
    """The service. `database_url` comes before the settings' own: it is where an embedded database listens."""
    url = database_url or settings.database_url
    if url is None:
        raise ValueError("no database: neither database_url nor DUDAO_DATABASE_URL")
    configure_logs(settings.log_level)
    database = database_at(url, settings)

    house = House(
        settings=settings,
        id_keys=id_keys(settings),
        database=database,
        documents=documents(schema, settings),
        health=Health(),
        gate=Gate(get=settings.get, body_bytes=settings.body_bytes, read_seconds=settings.read_seconds),
        doorkeeper=doorkeeper(database, Passwords(weight_of(demo=settings.demo))),
        files=store_of(settings),
        incoming=Incoming(incoming_of(settings)),
        demo_accounts=demo_accounts() if settings.demo else (),
    )
    return application(house, beside=jobs_beside(house) if settings.jobs else None)


def jobs_beside(house: House) -> Callable[[], Coroutine[None, None, None]]:
    """The rounds of the jobs as they run beside the service. Imported after it has begun to serve."""

    async def rounds() -> None:
        from app.working import rounds as run  # noqa: PLC0415

        await run(house.settings, house.database)

    return rounds


def database_at(url: str, settings: Settings) -> Database:
    return Database(url, pool_size=settings.pool_size, statement_seconds=settings.statement_timeout)


def doorkeeper(database: Database, passwords: Passwords) -> Doorkeeper:
    """app/identity.py with the database and the clock put in."""
    remembered = identity.Remembered()

    async def identify(token: str, organization: str | None) -> Actor:
        now = clock.now()
        actor = await identity.actor_of(database, token, organization=organization, now=now)
        remembered.keep(token, organization, actor, now=now)
        return actor

    def recall(token: str, organization: str | None) -> Actor | None:
        return remembered.recall(token, organization, now=clock.now())

    async def sign_in(name: str, password: str) -> str:
        return await identity.sign_in(database, name, password, now=clock.now(), passwords=passwords)

    async def sign_out(token: str) -> None:
        await identity.sign_out(database, token, now=clock.now())

    return Doorkeeper(identify=identify, recall=recall, sign_in=sign_in, sign_out=sign_out, hashed=passwords.kept)


def demo_accounts() -> Sequence[Shown]:
    """Imported where it is needed: outside the demo nothing of the seeds is ever loaded."""
    from seeds.demo_people import ACCOUNTS  # noqa: PLC0415

    return [Shown(name=one.name, password=one.password, role=one.role, organization=one.organization) for one in ACCOUNTS]


def documents(schema: strawberry.Schema, settings: Settings) -> Documents:
    """Anonymous callers have at most the time of the table, and never more than the settings give."""
    return Documents(
        schema,
        signed_in=replace(SIGNED_IN, query_seconds=settings.query_seconds, mutation_seconds=settings.mutation_seconds),
        anonymous=replace(
            ANONYMOUS,
            query_seconds=min(ANONYMOUS.query_seconds, settings.query_seconds),
            mutation_seconds=min(ANONYMOUS.mutation_seconds, settings.mutation_seconds),
        ),
    )
