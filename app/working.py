"""From `dudao worker` to its end: the database, the rounds, and a signal that ends them between two steps."""

import asyncio
import signal
import sys
from contextlib import suppress

from app import clock
from app.databases import Databases, opened, refuse_unsafe_role
from app.keys import id_keys, misfit
from app.main import database_at
from app.postgres_programs import NotStarted
from app.settings import Settings
from app.tracing import configure_logs
from app.webhooks import HttpSender
from app.worker import Worker, run
from models.database import Database


def work(settings: Settings) -> None:
    """Rounds until SIGTERM or SIGINT. Raises NotStarted. What is under way is undone, and done again by the next."""
    configure_logs(settings.log_level)
    with opened(settings) as databases:
        asyncio.run(until_told(settings, databases))


async def until_told(settings: Settings, databases: Databases) -> None:
    await refuse_unsafe_role(databases.app)
    wrong = await misfit(databases.owner or databases.app, id_keys(settings))
    if wrong:
        raise NotStarted(wrong)
    database = database_at(databases.app, settings)
    task = asyncio.create_task(rounds(settings, database))
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, task.cancel)
    sys.stdout.write(f"Dudao's clock runs: a round every {settings.jobs_seconds:g} s\n")
    sys.stdout.flush()
    try:
        with suppress(asyncio.CancelledError):
            await task
    finally:
        await database.close()


async def rounds(settings: Settings, database: Database) -> None:
    """As they run here or beside the service."""
    worker = Worker(database, HttpSender(id_keys(settings), inside=settings.webhooks_inside))
    await run(worker, now=clock.now, pause=settings.jobs_seconds)
