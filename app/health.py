"""Alive, and ready; and the figures of this process. Labels are bounded: never a person, a document or a name a client chose."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from models.database import Database

READY_SECONDS = 2.0
RETRY_AFTER = "5"


class Health:
    """The state of one worker. `drain()` is called at SIGTERM: what runs is finished, what comes is sent elsewhere."""

    def __init__(self) -> None:
        self.draining = False
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._operations = cache(Counter("dudao_operations", "Operations answered.", ["kind", "code"], registry=self.registry).labels)
        self._seconds = cache(Histogram("dudao_operation_seconds", "Time from request to answer.", ["kind"], registry=self.registry).labels)
        self._turned_away = Counter("dudao_operations_turned_away", "Operations refused at once: too many were waiting.", registry=self.registry)
        self.running = Gauge("dudao_operations_running", "Operations being answered.", registry=self.registry)

    def turned_away(self) -> None:
        self._turned_away.inc()

    def drain(self) -> None:
        self.draining = True

    def count(self, *, kind: str | None, code: str | None, seconds: float) -> None:
        self._operations(kind or "none", code or "OK").inc()
        self._seconds(kind or "none").observe(seconds)

    async def metrics(self, _: Request) -> Response:
        return Response(generate_latest(self.registry), media_type="text/plain; version=0.0.4")


@contextmanager
def drain_at_sigterm(health: Health) -> Iterator[None]:
    """From the signal on new operations are refused; then the server's own handler has its turn. Only the main thread may ask for this."""
    before = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return

    def drain(number: int, frame: FrameType | None) -> None:
        health.drain()
        before(number, frame)

    signal.signal(signal.SIGTERM, drain)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


async def alive(_: Request) -> Response:
    return JSONResponse({"status": "alive"})


async def readiness(health: Health, database: Database) -> Response:
    """200 while new requests are welcome: the database answers and nobody asked us to stop."""
    status = "draining" if health.draining else "ready" if await answers(database) else "database away"
    if status == "ready":
        return JSONResponse({"status": status})
    return JSONResponse({"status": status}, status_code=503, headers={"Retry-After": RETRY_AFTER})


def away(error: BaseException) -> bool:
    """Whether this says that the database cannot be reached at all, and not that it disliked a statement."""
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    return isinstance(error, OSError | PoolTimeout) or (isinstance(state, str) and state.startswith(("08", "53", "57P")))


async def answers(database: Database) -> bool:
    """Whether the database says 1 within two seconds. Why it does not is in its own log."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            return await database.ready()
    except Exception:  # noqa: BLE001 - whatever it is, it is not ready
        return False
