"""The database that app/migrate.py names, as its owner and under a lock timeout: a migration waits five seconds for a table, and then gives up."""

import asyncio
from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, NullPool
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import models

ONE_AT_A_TIME = 7_365_001
OF_A_SESSION = {"lock_timeout": "5s", "idle_in_transaction_session_timeout": "60s", "row_security": "off", "timezone": "UTC"}


def rendered(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    """A written migration knows SQLAlchemy only: the models may change their types, what was written may not."""
    return f"sa.String(length={item.length})" if kind == "type" and isinstance(item, AutoString) else False


def run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=SQLModel.metadata, render_item=rendered)
    with context.begin_transaction():
        connection.exec_driver_sql("SET lock_timeout = 0")  # whoever comes second waits for the first, however long that takes
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})")
        connection.exec_driver_sql(f"SET lock_timeout = '{OF_A_SESSION['lock_timeout']}'")
        context.run_migrations()


async def migrate(url: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool, connect_args={"server_settings": OF_A_SESSION})
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


assert models, "the tables must be imported to stand in the metadata"  # noqa: S101
asyncio.run(migrate(context.config.attributes["url"]))
