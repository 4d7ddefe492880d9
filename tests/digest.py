"""The state of a whole database as one value: equal before and after means that nothing has changed."""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import BigInteger, CompoundSelect, Text, cast, func, literal, select, union_all
from sqlmodel import SQLModel

import models  # noqa: F401 - importing the room completes the metadata
from app import migrate
from app.embedded_postgres import EmbeddedPostgres
from models.database import Database
from tests.cluster import ask, scratch_cluster

UNWATCHED = frozenset({"attempt", "login", "decision", "chain_head"})
"""Failed sign-ins and tokens belong to the door, not to what a mutation does; and a refusal is on record although it changes nothing."""

PATIENCE = 60.0
"""It reads every row there is, on a machine that may do something else."""
NUMBERS = itertools.count(10**6, 10**6)
State = Mapping[str, tuple[int, int]]
"""Of each table how many rows it has, and the texts of all of them in 64 bits, in whatever order they lie."""


def counted() -> CompoundSelect[str, int, int]:
    """One statement over every table there is."""
    whole = []
    for name, table in sorted(SQLModel.metadata.tables.items()):
        if name not in UNWATCHED:
            texts = func.bit_xor(func.hashtextextended(cast(table.table_valued(), Text), cast(0, BigInteger)))
            whole.append(select(literal(name), func.count(), func.coalesce(texts, 0)).select_from(table))
    return union_all(*whole)


STATEMENT = counted()


async def state(database: Database) -> State:
    async with database.transaction(seconds=PATIENCE) as session:
        rows = (await (await session.connection()).execute(STATEMENT)).all()
    return {name: (count, texts) for name, count, texts in rows}


@contextmanager
def quiet_cluster() -> Iterator[EmbeddedPostgres]:
    """A database that nobody else writes to."""
    with scratch_cluster() as server:
        migrate.upgrade(server.url("dudao_owner"))
        # a process knows versions of the policy by their number, and this one serves several databases
        ask(server.url("dudao_owner"), f"ALTER SEQUENCE policy_number RESTART WITH {next(NUMBERS)}", "SELECT 1")
        yield server
