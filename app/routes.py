"""All paths of the service, and what stands around them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
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

from app import clock, files, uploads
from app.admission import Room
from app.endpoint import GraphQL, House
from app.health import alive, drain_at_sigterm, readiness
from app.pages import STATIC, Pages
from app.tracing import Traced

SDL = Path(__file__).parent.parent / "gql" / "schema.graphql"


def application(house: House, *, beside: Callable[[], Coroutine[None, None, None]] | None = None) -> Starlette:
    """All routes over one house, and what runs `beside` them. /graphql is a route, not a mount: a mount would answer 405 beside others."""
    pages = Pages(house)
    room = Room(places=house.settings.pool_size, seconds=house.settings.waiting_seconds, turned_away=house.health.turned_away)

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
        Route("/graphql", GraphQL(house, room)),  # first, since it is asked for most
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
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=house.settings.allowed_hosts, www_redirect=False)
    return Starlette(routes=routes, middleware=[Middleware(Traced), hosts], lifespan=lifespan)


async def _ready(house: House, _: Request) -> Response:
    return await readiness(house.health, house.database)


async def _sdl(_: Request) -> Response:
    """The published contract, the same for all; introspection is for integrators."""
    return Response(SDL.read_text(encoding="utf-8"), media_type="text/plain; charset=utf-8")
