"""Asks the service about a crowd, counting statements, with limits so wide that only the answers are looked at."""

import json
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from sqlmodel.ext.asyncio.session import AsyncSession

from authz.actor import Actor
from gql.context import Context
from gql.documents import Documents
from gql.limits import SIGNED_IN
from gql.operation import OperationAnswer, OperationRequest, run
from gql.schema import schema
from models.database import NOBODY, Apart, Database, Question, Tenant
from tests.crowd_rows import Crowded
from tests.world import ID_KEYS, NOW, PASSWORDS

WIDE = replace(
    SIGNED_IN,
    characters=10**6,
    tokens=10**5,
    depth=40,
    root_fields=10**3,
    sensitive=10**3,
    aliases=10**4,
    directives=10**4,
    same_name=10**4,
    nodes=10**9,
    cost=10**9,
    query_seconds=60,
)
DOCUMENTS = Documents(schema, signed_in=WIDE)


@dataclass(frozen=True)
class Counted(Apart):
    statements: list[str]

    async def documents(self, asked: Sequence[Question]) -> list[bytes | Exception | None]:
        self.statements.extend(statement for statement, _ in asked)
        return await super().documents(asked)


class CountedDatabase(Database):
    """The real one, which remembers the statements that build answers."""

    statements: list[str]

    def read(self, tenant: Tenant = NOBODY) -> Apart:
        plain = super().read(tenant)
        return Counted(plain.pipelines, plain.tenant, self.statements)

    @asynccontextmanager
    async def transaction(self, tenant: Tenant = NOBODY, *, seconds: float | None = None) -> AsyncIterator[AsyncSession]:
        """Undone at its end: nobody writes to the crowd, and a refusal is not on record there."""
        async with super().transaction(tenant, seconds=seconds) as session:
            yield session
            await session.rollback()


@dataclass
class Bench:
    """A crowd that answers. `ask` gives the whole answer as text, as it would be sent."""

    portal: BlockingPortal
    database: CountedDatabase
    owner: Database
    """Stands behind no wall."""
    crowd: Crowded

    def text(self, caller: str | Actor, document: str, variables: dict[str, Any]) -> str:
        return self.answer(caller, document, variables).body.decode()

    def answer(self, caller: str | Actor, document: str, variables: dict[str, Any]) -> OperationAnswer:
        context = Context(
            actor=self.crowd.actors[caller] if isinstance(caller, str) else caller,
            database=self.database,
            now=NOW,
            language="en",
            request_id="test",
            cursor_key=b"cursor" * 6,
            id_keys=ID_KEYS,
            hashed=PASSWORDS.kept,
            address=secrets.token_hex(6),
        )
        self.database.statements.clear()
        return self.portal.call(run, DOCUMENTS, OperationRequest(document, None, variables), context)

    def ask(self, caller: str | Actor, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text(caller, document, variables or {}))
        return found


@contextmanager
def crowd_bench(crowd: Crowded) -> Iterator[Bench]:
    database = CountedDatabase(crowd.url)
    database.statements = []
    owner = Database(crowd.owner)
    with start_blocking_portal() as portal:
        yield Bench(portal, database, owner, crowd)
        portal.call(database.close)
        portal.call(owner.close)
