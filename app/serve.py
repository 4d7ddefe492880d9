"""From `dudao serve` to the last answer: the database, its tables, the demo, the workers, and all of it down again in order."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType

import uvicorn
import uvloop
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from app import clock, migrate
from app.databases import Databases, connect, opened, refuse_unsafe_role
from app.keys import id_keys, misfit
from app.postgres_programs import NotStarted
from app.processes import age, end_with
from app.protocol import Http
from app.settings import Settings

SECONDS_TO_DRAIN = 20
TICKS_A_SECOND = 10


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; then finish what is under way (at most 20 s) and stop the database. Raises NotStarted."""
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, _leave)
    meanwhile = bool if settings.workers > 1 else imported
    with bound(settings) as listening, opened(settings, adopt=False, meanwhile=meanwhile) as databases:
        prepare(settings, databases)
        _run(settings, databases, listening)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """The server raises the signal anew when it has drained. As an exception it passes every `finally`, the database's among them."""
    raise SystemExit(0)


def bound(settings: Settings) -> socket.socket:
    """The port, taken before anything else is begun; nobody can connect yet."""
    listening = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise NotStarted(f"{settings.host}:{settings.port} cannot be listened on ({error.strerror}): set DUDAO_HOST or DUDAO_PORT.") from None
    return listening


def prepare(settings: Settings, databases: Databases) -> None:
    """The tables are those of this release, the demo's world is there, the serving role is harmless, the keys are those of the rows. Raises NotStarted when not."""
    if databases.owner:
        migrate.upgrade(databases.owner)
    elif asyncio.run(migrate.revision(databases.app)) != migrate.head():
        raise NotStarted("The database is not of this release: run `dudao migrate` with DUDAO_OWNER_DATABASE_URL.")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(examined(settings, databases))


async def examined(settings: Settings, databases: Databases) -> None:
    """Each question on a connection of its own, all at once: what takes time is the greeting."""
    await asyncio.gather(refuse_unsafe_role(databases.app), inhabited(settings, databases))


async def inhabited(settings: Settings, databases: Databases) -> None:
    if settings.demo:
        await seed_if_empty(settings, databases)
    wrong = await misfit(databases.owner or databases.app, id_keys(settings))
    if wrong:
        raise NotStarted(wrong)


async def seed_if_empty(settings: Settings, databases: Databases, *, scale: int = 0) -> bool:
    """Fill an empty database with the demo's world, or with `scale` inspections for measuring. True when it was empty."""
    url = databases.owner or databases.app
    connection = await connect(url)
    try:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM organization)"):
            return False
    finally:
        await connection.close()
    from models.database import Database  # noqa: PLC0415 (most starts find a world and need neither)

    database = Database(url)
    try:
        if scale:
            from seeds.scale import seed_scale  # noqa: PLC0415

            await seed_scale(database, inspections=scale)
        else:
            from app.passwords import Passwords, weight_of  # noqa: PLC0415
            from seeds.demo import seed_demo  # noqa: PLC0415
            from seeds.demo_people import PASSWORD  # noqa: PLC0415

            hashed = await asyncio.to_thread(Passwords(weight_of(demo=settings.demo)).hashed, PASSWORD)
            await seed_demo(database, now=clock.now(), keys=id_keys(settings), password_hash=hashed)
    finally:
        await database.close()
    return True


def application(settings: Settings, database_url: str, parent: int | None) -> ASGIApp:
    """What one worker serves."""
    imported()
    from app.main import create_app  # noqa: PLC0415

    if parent is not None:
        end_with(parent)
    app = create_app(settings, database_url=database_url)
    gc.freeze()
    return app


def imported() -> None:
    """Nearly all of a start is this. Imported where it is needed: the parent of several workers never needs it."""
    gc.disable()  # all that is imported stays: looking for garbage among it would take a quarter of the start
    import app.main  # noqa: F401, PLC0415

    gc.freeze()
    gc.enable()


def _run(settings: Settings, databases: Databases, listening: socket.socket) -> None:
    parent = os.getpid() if settings.workers > 1 else None
    config = uvicorn.Config(
        partial(application, settings, databases.app, parent),
        factory=True,
        host=settings.host,
        port=listening.getsockname()[1],
        loop="uvloop",
        http=Http,
        ws="none",
        lifespan="on",
        workers=settings.workers,
        reset_contextvars=True,  # else a request may find the context of the connection's last one
        limit_concurrency=settings.concurrency,
        timeout_graceful_shutdown=SECONDS_TO_DRAIN,
        forwarded_allow_ips=settings.trusted_proxies,
        access_log=False,
        server_header=False,
        log_level="warning",
    )
    ready = partial(announce, settings, databases, config.port)
    watch: Callable[[], object] = databases.embedded.revive if databases.embedded else bool
    if settings.workers > 1:
        Workers(config, listening, ready=ready, watch=watch).run()
    else:
        Worker(config, ready=ready, watch=watch).run([listening])


def announce(settings: Settings, databases: Databases, port: int) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    kept = ""
    if databases.embedded:
        who = databases.embedded.account
        kept = "; embedded database: evaluation and small offices" + (", as nobody: better add an account `dudao`" if who == "nobody" else "")
    sys.stdout.write(f"Dudao is ready at http://{host}:{port} after {age():.1f} s{kept}\n")
    sys.stdout.flush()


class Worker(uvicorn.Server):
    """The one worker, which also looks after the database: a killed one is started again within a second."""

    def __init__(self, config: uvicorn.Config, *, ready: Callable[[], None], watch: Callable[[], object]) -> None:
        super().__init__(config)
        self._ready = ready
        self._watch = watch

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS_A_SECOND == 0:
            self._watch()
        return await super().on_tick(counter)


class Workers(Multiprocess):
    """Several workers under this process, which looks after them and after the database."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket, *, ready: Callable[[], None], watch: Callable[[], object]) -> None:
        super().__init__(config, [listening])
        self._ready: Callable[[], None] | None = ready
        self._watch = watch

    def keep_subprocess_alive(self) -> None:
        self._watch()
        super().keep_subprocess_alive()
        if self._ready and not self.should_exit.is_set() and all(process.is_ready() for process in self.processes):
            self._ready()
            self._ready = None
