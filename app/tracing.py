"""One line in the log for each request, an id to find it by, and the headers every answer bears. No body is touched, no personal data told."""

import re
import secrets
import sys
import time
from collections.abc import MutableMapping, Sequence
from typing import Any

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import clock

FIRST = {"", "graphql", "graphiql", "login", "logout", "uploads", "files", "healthz", "readyz", "metrics", "schema.graphql", "schema.json", "static"}
NOT_FOUND = 404
PERSONAL = re.compile(r"\d{17}[\dXx]|(?<!\w)1[3-9]\d{9}(?!\w)")
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
STANDING = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"), (b"cache-control", b"no-store"))


def configure_logs(level: str = "info") -> None:
    """JSON lines on standard error, in UTC."""
    structlog.configure(
        processors=[line],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def line(_logger: object, level: str, facts: MutableMapping[str, Any]) -> str:
    """All of it at once: a line is written for every request."""
    return orjson.dumps({**facts, "level": level, "timestamp": clock.now()}, default=repr, option=orjson.OPT_UTC_Z).decode()


class Traced:
    """Outermost. Takes the caller's X-Request-Id if it is one, else makes one; what a route adds to `scope["state"]["log"]` is logged."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = structlog.get_logger("app.requests").bind()  # bound once: one that is not is made anew for every line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(scope)
        facts: dict[str, object] = {}
        scope["state"] = {**scope.get("state", {}), "request_id": request_id, "log": facts}
        status = 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*borne(message["headers"]), (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        finally:
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            self._log.info(
                "request",
                request_id=request_id,
                method=scope["method"],
                path=plain_path(scope["path"], status),
                status=status,
                ms=milliseconds,
                **facts,
            )


def borne(headers: Sequence[tuple[bytes, bytes]]) -> Sequence[tuple[bytes, bytes]]:
    """With those that every answer bears, where it does not say otherwise itself."""
    names = {name for name, _ in headers}
    return [*headers, *(one for one in STANDING if one[0] not in names)]


def plain_path(path: str, status: int) -> str:
    """One of our own paths; of those that end as they like only the beginning. What a stranger types may be anything."""
    first, _, rest = path.removeprefix("/").partition("/")
    return "unknown" if status == NOT_FOUND or first not in FIRST else f"/{first}" + ("/…" if rest else "")


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            if GIVEN_ID.fullmatch(given) and not PERSONAL.search(given):
                return str(given)
    return secrets.token_hex(12)
