"""A small schema of its own, so that the way of a request is proven without a database and without a noun."""

import asyncio
from uuid import UUID

import httpx2
import strawberry

from app.endpoint import Doorkeeper, House
from app.file_store import incoming_of, store_of
from app.front import Gate
from app.health import Health
from app.incoming import Incoming
from app.keys import id_keys
from app.routes import application
from app.settings import Settings
from authz.actor import Actor, Role
from authz.errors import Forbidden, NotFound, Unauthenticated
from domain.errors import BadInput, Conflict, Unmet
from gql.documents import Documents
from gql.errors import RateLimited
from gql.reading.execute import Compiled
from models.database import Database

SECRET = "110101199003071233"
NOBODY = UUID(int=0)


@strawberry.type
class Item:
    name: str | None
    size: int | None = 0

    @strawberry.field
    def items(self, first: int | None = None, last: int | None = None) -> "list[Item] | None":
        return [Item(name="inner")] * min(first or last or 1, 3)

    @strawberry.field
    def parts(self) -> "list[Item] | None":
        return None

    @strawberry.field
    def broken(self) -> int | None:
        raise NotFound

    @strawberry.field
    def total_count(self) -> int | None:
        return 1


@strawberry.type
class Query:
    @strawberry.field
    def item(self, name: str = "one") -> Item | None:
        return Item(name=name)

    @strawberry.field
    def items(self, first: int | None = None) -> list[Item] | None:
        return [Item(name="one")] * min(first or 1, 3)

    @strawberry.field
    def many(self, count: int) -> list[Item] | None:
        return [Item(name="one")] * count

    @strawberry.field
    async def slow(self, seconds: float) -> int | None:
        await asyncio.sleep(seconds)
        return 1

    @strawberry.field
    def fails(self, how: str) -> int | None:
        raise FAILURES[how]

    @strawberry.field
    def address(self, info: strawberry.Info) -> str | None:
        return str(info.context.address)

    @strawberry.field
    def strict(self) -> int:
        raise NotFound

    @strawberry.field
    def compiled(self) -> Item | None:
        return Compiled({"anything": [1, "two"]})

    @strawberry.field
    def too_big(self) -> int | None:
        return 2**40

    @strawberry.field
    def blacklist_check(self, number: str) -> bool | None:
        return number == "listed"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def write(self, text: str) -> str | None:
        return text


FAILURES: dict[str, Exception] = {
    "not found": NotFound(),
    "forbidden": Forbidden("card:revoke", "京 §12"),
    "state": Conflict("STATE", present="CLOSED"),
    "input": BadInput("remark", "too_long", max=500),
    "rule": Unmet("notice.period", "京 §8", profile="beijing", days=3),
    "too soon": RateLimited(7),
    "anything": RuntimeError(f"the person {SECRET} broke it"),
}

schema = strawberry.Schema(query=Query, mutation=Mutation)


def actor(*roles: Role) -> Actor:
    return Actor(
        account_id=NOBODY,
        person_id=NOBODY,
        organization_id=None,
        tier=None,
        center_id=None,
        district_id=None,
        agency_id=None,
        roles=frozenset(roles),
    )


async def identify(token: str, organization: str | None) -> Actor:
    if token == "away":
        raise ConnectionRefusedError
    if organization is not None:
        raise Forbidden("organization")
    roles = {"clerk": [Role.AGENCY_CLERK], "integrator": [Role.INTEGRATOR]}
    if token not in roles:
        raise Unauthenticated("EXPIRED")
    return actor(*roles[token])


async def sign_in(name: str, password: str) -> str:
    if name == "hasty":
        raise RateLimited(30)
    if (name, password) != ("clerk", "right"):
        raise Unauthenticated("MISSING")
    return "clerk"


ENDED: list[str] = []


async def hashed(password: str) -> str:
    return password[::-1]


async def sign_out(token: str) -> None:
    ENDED.append(token)


DOORKEEPER = Doorkeeper(identify=identify, recall=lambda _token, _organization: None, sign_in=sign_in, sign_out=sign_out, hashed=hashed)


def house(*, get: bool = False, body_bytes: int = 65536, read_seconds: float = 10, demo: bool = False) -> House:
    settings = Settings(id_key="0" * 32, seal_key="2" * 32, cursor_key="1" * 32, demo=demo, allowed_hosts=["dudao.test", "127.0.0.1"])
    gate = Gate(get=get, body_bytes=body_bytes, read_seconds=read_seconds)
    database = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    return House(
        settings=settings,
        id_keys=id_keys(settings),
        database=database,
        documents=Documents(schema),
        health=Health(),
        gate=gate,
        doorkeeper=DOORKEEPER,
        files=store_of(settings),
        incoming=Incoming(incoming_of(settings)),
    )


def served(given: House) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=application(given))
    return httpx2.AsyncClient(transport=transport, base_url="http://dudao.test", headers={"Authorization": "Bearer clerk", "Accept-Language": "en"})


def error_of(response: httpx2.Response) -> dict[str, object]:
    """Every refusal is a GraphQL error object with a code, and has no data."""
    body = response.json()
    assert "data" not in body
    assert response.headers["content-type"].startswith(("application/json", "application/graphql-response+json"))
    assert response.headers["x-request-id"]
    [error] = body["errors"]
    assert error["message"]
    return error["extensions"]
