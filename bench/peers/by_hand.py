"""The same reads without a house: Starlette, asyncpg and one statement each. What the service's own machinery costs is measured against it.

It names a read and its values instead of a GraphQL document. Whose token it is, it asks the first time only; every read is a transaction behind
the wall all the same. Served as the service is: `python -m bench.peers.by_hand <database url> <port>`.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.peers.statements import STATEMENTS

CONNECTIONS = 10
"""As many as a worker of the service has."""

WHO = """
SELECT a.person_id AS person, o.id AS organization, o.center_id AS center, o.district_id AS district, o.agency_id AS agency, lower(o.tier) AS tier
  FROM login l JOIN account a ON a.id = l.account_id JOIN membership m ON m.person_id = a.person_id JOIN organization o ON o.id = m.organization_id
 WHERE l.token_hash = $1 AND l.ended_at IS NULL AND l.expires_at > now()
"""


async def prepared(connection: asyncpg.Connection) -> None:
    """JSON as the bytes that go out."""
    await connection.set_type_codec("json", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary")


async def untouched(_: asyncpg.Connection) -> None:
    """Nothing to undo when a connection is given back: all settings are the transaction's."""


@dataclass
class Peer:
    url: str
    entrances: dict[str, str] = field(default_factory=dict)

    async def entrance(self, token: str) -> str:
        """How a transaction of this token begins, as one message. Raises LookupError."""
        if token not in self.entrances:
            found = await self.pool.fetch(WHO, sha256(token.encode()).digest())
            if len(found) != 1:
                raise LookupError("no such token")
            ids = {name: one for name, one in found[0].items() if name != "tier" and one is not None}
            settings = "; ".join(f"SET LOCAL app.{name} = '{one}'" for name, one in ids.items())
            self.entrances[token] = f"BEGIN READ ONLY; {settings}; SET LOCAL ROLE wall_{found[0]['tier']}"
        return self.entrances[token]

    async def read(self, request: Request) -> Response:
        asked = orjson.loads(await request.body())
        statement = STATEMENTS[asked["read"]]
        entrance = await self.entrance(request.headers["authorization"].removeprefix("Bearer "))
        async with self.pool.acquire() as connection:
            await connection.execute(entrance)
            try:
                found: Any = await connection.fetchval(statement, *asked["values"])
            finally:
                await connection.execute("COMMIT")
        return Response(b'{"data":%b}' % found, media_type="application/json")

    async def ready(self, _: Request) -> Response:
        return Response()

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        settings = {"timezone": "UTC", "jit": "off"}
        pool = asyncpg.create_pool(
            self.url.replace("+asyncpg", ""), min_size=CONNECTIONS, max_size=CONNECTIONS, init=prepared, reset=untouched, server_settings=settings
        )
        async with pool as self.pool:
            yield

    def application(self) -> Starlette:
        routes = [Route("/graphql", self.read, methods=["POST"]), Route("/readyz", self.ready)]
        return Starlette(routes=routes, lifespan=self.lifespan)


if __name__ == "__main__":
    uvicorn.run(
        Peer(sys.argv[1]).application(),
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        server_header=False,
        log_level="warning",
    )
