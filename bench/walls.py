"""What the second wall costs a read: the same compiled statements behind the wall and, by the owner, without it; in turn, on one database."""

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import event

from app import clock, identity
from authz.actor import Actor
from bench.figures import verdict, written
from bench.operations import QUERIES
from bench.processes import KEYS
from domain.sealing import IdKeys
from gql.context import Context
from gql.documents import Documents
from gql.operation import OperationRequest, run
from gql.schema import schema
from models.database import NOBODY, Apart, Database, Question, Tenant, Wall, reading_in

ROUNDS = 200
ID_KEY = b"bench" * 7
LIST = "{ inspections(first: 50) { nodes { id status scheduledOn } pageInfo { hasNextPage } } }"
COUNT = "{ inspections(first: 1) { totalCount } }"
MOST = {"list": 1.3, "deep page": 1.3, "count": 1.5}


AT_THE_DOOR = ("set_config(", "pg_advisory_xact_lock")
"""Statements that enter a transaction and ask nothing."""


@dataclass(frozen=True)
class Noting(Apart):
    """Reads, and remembers what with."""

    said: list[Question]

    async def documents(self, asked: Sequence[Question]) -> list[bytes | Exception | None]:
        self.said.extend(asked)
        return await super().documents(asked)


class NotingDatabase(Database):
    """Remembers each statement that was asked, in a transaction or outside of one."""

    def __init__(self, url: str) -> None:
        super().__init__(url, pool_size=1, statement_seconds=60)
        self.said: list[Question] = []
        event.listen(self._engine.sync_engine, "before_cursor_execute", self._noted)

    def _noted(self, *called: Any) -> None:  # noqa: ANN401 - as SQLAlchemy calls it
        statement, values, many = called[2], called[3], called[5]
        if not any(word in statement for word in AT_THE_DOOR):
            self.said.append((statement, values[0] if many else values))

    def read(self, tenant: Tenant = NOBODY) -> Apart:
        plain = super().read(tenant)
        return Noting(plain.pipelines, plain.tenant, self.said)


@dataclass
class Walls:
    """By who asks and what, milliseconds behind the wall and without, and the median ratio of neighbours."""

    rounds: int
    figures: dict[str, dict[str, float]] = field(default_factory=dict)

    def write(self) -> Path:
        return written("walls", asdict(self))

    def table(self) -> str:
        lines = ["| Read | behind the wall, ms | without, ms | Ratio | Goal |", "|---|---|---|---|---|"]
        for what, one in self.figures.items():
            most = MOST[what.split(", ")[1]]
            lines.append(f"| {what} | {one['walled']:.2f} | {one['bare']:.2f} | {one['ratio']:.2f} × | {verdict(one['ratio'], most, '×')} |")
        return "\n".join(lines)


async def statements_of(database: NotingDatabase, actor: Actor, text: str, variables: Mapping[str, object]) -> list[Question]:
    """The statements that the service makes of a document for this caller."""

    async def never(_: str) -> str:
        raise RuntimeError("nobody sets a password here")

    context = Context(
        actor=actor,
        database=database,
        now=clock.now(),
        language="en",
        request_id="bench",
        cursor_key=KEYS["DUDAO_CURSOR_KEY"].encode(),
        id_keys=IdKeys(index=(ID_KEY,), seal=(ID_KEY,)),
        hashed=never,
    )
    database.said.clear()
    answer = await run(Documents(schema), OperationRequest(text, None, variables), context)
    if answer.code is not None:
        raise RuntimeError(answer.body[:300].decode())
    return list(database.said)


async def timed(database: Database, tenant: Tenant, statement: Question) -> float:
    """Milliseconds of the statement alone, inside of a transaction that has been entered."""
    async with database.transaction(tenant) as session:
        reading = await reading_in(session)
        began = time.perf_counter()
        await reading.document(*statement)
        return (time.perf_counter() - began) * 1000


async def measured(owner: str, url: str, tokens: Mapping[str, str], *, rounds: int = ROUNDS) -> Walls:
    """For each account the list, the deep page and the count, warmed, in turn."""
    found, walled, bare = Walls(rounds), NotingDatabase(url), Database(owner, pool_size=1, statement_seconds=60)
    documents = {"list": (LIST, {}), "deep page": ((QUERIES / "page.graphql").read_text(encoding="utf-8"), {"first": 50}), "count": (COUNT, {})}
    try:
        for name, token in tokens.items():
            actor = await identity.actor_of(walled, token, organization=None, now=clock.now())
            for what, (text, variables) in documents.items():
                [statement] = await statements_of(walled, actor, text, variables)
                sides = ((walled, actor.tenant), (bare, replace(actor.tenant, wall=Wall.NONE)))
                times: list[tuple[float, float]] = []
                for n in range(-10, rounds):
                    took = [await timed(database, tenant, statement) for database, tenant in (sides if n % 2 else sides[::-1])]
                    if n >= 0:
                        times.append((took[0], took[1]) if n % 2 else (took[1], took[0]))
                found.figures[f"{name}, {what}"] = {
                    "walled": statistics.median(ours for ours, _ in times),
                    "bare": statistics.median(theirs for _, theirs in times),
                    "ratio": statistics.median(ours / theirs for ours, theirs in times),
                }
    finally:
        await walled.close()
        await bare.close()
    return found


def costs(owner: str, url: str, tokens: Mapping[str, str]) -> Walls:
    return asyncio.run(measured(owner, url, tokens))
