"""All paths of the service, and what stands around them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from app import clock, files, uploads
from app.admission import Room
from app.endpoint import GraphQL, House
from app.health import alive, drain_at_sigterm, readiness
from app.pages import STATIC, Pages
from app.tracing import Traced

SDL = Path(__file__).parent.parent / "gql" / "schema.graphql"
HOSTS = 100
"""Names that are remembered: with `*.example.cn` there may be any number."""


class Service(Starlette):
    """With a short way to /graphql, which is asked for most: past all of Starlette's own layers."""

    graphql: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/graphql":
            await self.graphql(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class Hosts:
    """Names of ours in the Host header. Starlette judges each; what it has let in once need not be judged again."""

    def __init__(self, app: ASGIApp, *, allowed: Sequence[str]) -> None:
        self._app = app
        self._judge = TrustedHostMiddleware(self._let_in, allowed_hosts=allowed, www_redirect=False)
        self._known: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._app if _host(scope) in self._known else self._judge)(scope, receive, send)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = _host(scope)
        if host is not None and len(self._known) < HOSTS:
            self._known.add(host)
        await self._app(scope, receive, send)


def _host(scope: Scope) -> bytes | None:
    """The only one there is: of several, Starlette may judge another than the one that is read later."""
    given = [value for name, value in scope.get("headers", ()) if name == b"host"]
    return given[0] if len(given) == 1 else None


def application(house: House, *, beside: Callable[[], Coroutine[None, None, None]] | None = None) -> Starlette:
    """All routes over one house, and what runs `beside` them. /graphql is a route, not a mount: a mount would answer 405 beside others."""
    pages = Pages(house)
    room = Room(places=house.settings.pool_size, seconds=house.settings.waiting_seconds, turned_away=house.health.turned_away)
    graphql = GraphQL(house, room)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(beside()) if beside else None
        await asyncio.to_thread(house.incoming.tidy, clock.now())
        with drain_at_sigterm(house.health):
            yield
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await house.database.close()

    routes = [
        Route("/graphql", graphql),
        Route("/", pages.start, methods=["GET"]),
        Route("/graphiql", pages.graphiql, methods=["GET"]),
        Route("/login", pages.login, methods=["POST"]),
        Route("/logout", pages.logout, methods=["POST"]),
        Route("/uploads/{ticket}", partial(uploads.put, house), methods=["PUT"]),
        Route("/files/{id}", partial(files.get, house), methods=["GET"]),
        Route("/healthz", alive, methods=["GET"]),
        Route("/readyz", partial(_ready, house), methods=["GET"]),
        Route("/metrics", house.health.metrics, methods=["GET"]),
        Route("/schema.graphql", _sdl, methods=["GET"]),
        Route("/schema.json", pages.schema_json, methods=["GET"]),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    hosts = partial(Hosts, allowed=house.settings.allowed_hosts)
    service = Service(routes=routes, middleware=[Middleware(Traced), Middleware(hosts)], lifespan=lifespan)
    service.graphql = Traced(hosts(graphql))
    return service


async def _ready(house: House, _: Request) -> Response:
    return await readiness(house.health, house.database)


async def _sdl(_: Request) -> Response:
    """The published contract, the same for all; introspection is for integrators."""
    return Response(SDL.read_text(encoding="utf-8"), media_type="text/plain; charset=utf-8")
