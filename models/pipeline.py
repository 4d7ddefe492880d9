"""Reading in one round trip: what a transaction begins with and what is asked go to PostgreSQL together, by libpq's pipeline mode.

All between two synchronisation points is one transaction, so that what the first statement sets for it (the tenant, the wall) holds for the
next and for nobody after: also behind a pooler that hands out connections by the transaction. asyncpg, which writes, cannot do this.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime

import psycopg
from psycopg import AsyncConnection, errors, pq
from psycopg.pq.abc import PGresult
from sqlalchemy import make_url

CONNECT_SECONDS = 5
CANCEL_SECONDS = 2
PREPARED = 100
"""Statements kept prepared on one connection; the least recently used one leaves first."""

FINE = frozenset({pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK})

Step = tuple[str, Sequence[bytes | None]]
"""A statement with $1, $2 … and its values, as `written`."""

Heard = PGresult | psycopg.Error
"""What a statement says, or why it failed."""


UNPREPARED = ("prepared_statement_cache_size", "statement_cache_size")
"""Where the URL says that one of these is 0, nothing is kept prepared: for a pooler that hands out connections by the transaction."""


class NoConnection(ConnectionError):  # noqa: N818 - a state, as its name says
    """The database cannot be reached, or all connections have been taken for too long."""


class Pipeline:
    """One connection. It answers one question at a time; where an answer was not heard to its end it is of no more use."""

    def __init__(self, connection: AsyncConnection, *, prepares: bool) -> None:
        self._connection = connection
        self._libpq = connection.pgconn
        self._libpq.enter_pipeline_mode()
        self._loop = asyncio.get_running_loop()
        self._prepares = prepares
        self._prepared: OrderedDict[str, bytes] = OrderedDict()
        self._leaving: list[bytes] = []
        self._made = 0
        self._settled = True
        self._waiting: asyncio.Future[None] | None = None
        self._socket = self._libpq.socket
        self._loop.add_reader(self._socket, self._wake)

    @property
    def usable(self) -> bool:
        """Not while anything is under way: the next question would be given somebody else's answer."""
        return self._settled and bool(self._libpq.status == pq.ConnStatus.OK)

    async def ask(self, *steps: Step) -> list[Heard]:
        """What each of the statements says, all in one transaction, up to and with the first that failed: none after it is run."""
        fresh: list[str] = []
        self._settled = False
        self._close_left()
        for statement, values in steps:
            if not self._prepares:
                self._libpq.send_query_params(statement.encode(), values)
                continue
            if statement not in self._prepared:
                self._prepare(statement)
                fresh.append(statement)
            self._prepared.move_to_end(statement)
            self._libpq.send_query_prepared(self._prepared[statement], values)
        self._libpq.pipeline_sync()
        while self._libpq.flush():
            await self._writable()
        results = await self._results()
        self._settled = True
        said: list[Heard] = [one for one in results if one.status == pq.ExecStatus.TUPLES_OK]
        failed = next((one for one in results if one.status not in FINE), None)
        if failed is not None:
            self._leaving += [self._prepared.pop(statement) for statement in fresh]
            said.append(errors.error_from_result(failed))
        return said

    def _prepare(self, statement: str) -> None:
        """In the same round trip as its first use."""
        if len(self._prepared) >= PREPARED:
            self._leaving.append(self._prepared.popitem(last=False)[1])
        self._made += 1
        name = self._prepared[statement] = b"r%d" % self._made
        self._libpq.send_prepare(name, statement.encode())

    def _close_left(self) -> None:
        """What left since; to close what was never prepared is no error."""
        for name in self._leaving:
            self._libpq.send_close_prepared(name)
        self._leaving.clear()

    async def _results(self) -> list[PGresult]:
        found: list[PGresult] = []
        while True:
            while self._libpq.is_busy():
                await self._readable()
            result = self._libpq.get_result()
            if result is None:
                continue  # the end of one statement's answer
            if result.status == pq.ExecStatus.PIPELINE_SYNC:
                return found
            found.append(result)

    async def _readable(self) -> None:
        self._waiting = self._loop.create_future()
        await self._waiting

    async def _writable(self) -> None:
        free = asyncio.Event()
        self._loop.add_writer(self._socket, free.set)
        try:
            await free.wait()
        finally:
            self._loop.remove_writer(self._socket)

    def _wake(self) -> None:
        failed: Exception | None = None
        try:
            self._libpq.consume_input()
        except psycopg.OperationalError as error:
            self._loop.remove_reader(self._socket)
            failed = NoConnection(str(type(error).__name__))
        waiting = self._waiting
        if waiting is None or waiting.done():
            return
        if failed is not None:
            waiting.set_exception(failed)
        elif not self._libpq.is_busy():
            waiting.set_result(None)

    def close(self) -> None:
        self._loop.remove_reader(self._socket)
        self._libpq.finish()

    async def break_off(self) -> None:
        """Ends the statement that is running, then the connection."""
        with suppress(psycopg.Error, OSError):
            await self._connection.cancel_safe(timeout=CANCEL_SECONDS)
        self.close()


class Pipelines:
    """At most `size` connections, opened when they are needed. The last one that served the same wall is taken first: its plans fit."""

    def __init__(self, url: str, settings: Mapping[str, str], *, size: int, patience: float) -> None:
        plain, self._prepares = without_options(url)
        # a pooler takes no options: there the role's own settings hold
        options = " ".join(f"-c {name}={value}" for name, value in settings.items()) if self._prepares else ""
        self._url, self._options = for_libpq(plain), options
        self._slots = asyncio.Semaphore(size)
        self._patience = patience
        self._idle: list[tuple[str, Pipeline]] = []
        self._leaving: set[asyncio.Task[None]] = set()

    async def ask(self, wall: str, *steps: Step) -> list[Heard]:
        """Raises NoConnection; psycopg.Error where they could not even be sent."""
        await self._slot()
        pipeline = self._kept(wall) or await self._opened()
        try:
            results = await pipeline.ask(*steps)
        except psycopg.Error:
            self._back(wall, pipeline)
            raise
        except BaseException:
            # cut off in the middle, by a deadline or by a client that hung up: its place is free when its statement has ended
            self._later(self._dropped(pipeline))
            raise
        self._back(wall, pipeline)
        return results

    async def _slot(self) -> None:
        if not self._slots.locked():
            await self._slots.acquire()
            return
        try:
            async with asyncio.timeout(self._patience):
                await self._slots.acquire()
        except TimeoutError as error:
            raise NoConnection("all are taken") from error

    def _kept(self, wall: str) -> Pipeline | None:
        for place in range(len(self._idle) - 1, -1, -1):
            stood, pipeline = self._idle[place]
            if not pipeline.usable:
                self._idle.pop(place)
                pipeline.close()
            elif stood == wall:
                return self._idle.pop(place)[1]
        return self._idle.pop(0)[1] if self._idle else None

    async def _opened(self) -> Pipeline:
        """Also where nobody waits for it any more: half of a greeting would stay with the server, and nobody would know of it."""
        opening = asyncio.ensure_future(self._greeted())
        try:
            return await asyncio.shield(opening)
        except BaseException:
            self._later(self._spare(opening))
            raise

    async def _spare(self, opening: asyncio.Future[Pipeline]) -> None:
        try:
            pipeline = await opening
        except NoConnection:
            self._slots.release()
        else:
            self._back("", pipeline)

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _greeted(self) -> Pipeline:
        try:
            connection = await AsyncConnection.connect(self._url, autocommit=True, connect_timeout=CONNECT_SECONDS, options=self._options)
        except (psycopg.Error, OSError) as error:
            raise NoConnection(type(error).__name__) from error
        return Pipeline(connection, prepares=self._prepares)

    def _back(self, wall: str, pipeline: Pipeline) -> None:
        if pipeline.usable:
            self._idle.append((wall, pipeline))
        else:
            pipeline.close()
        self._slots.release()

    async def _dropped(self, pipeline: Pipeline) -> None:
        try:
            await pipeline.break_off()
        finally:
            self._slots.release()

    async def close(self) -> None:
        await asyncio.gather(*self._leaving)
        while self._idle:
            self._idle.pop()[1].close()


def written(value: object) -> bytes | None:
    """A value in PostgreSQL's own text form; its statement says of which type it is."""
    match value:
        case None:
            return None
        case bool():
            return b"true" if value else b"false"
        case bytes():
            return b"\\x" + value.hex().encode()
        case datetime() | date():
            return value.isoformat().encode()
        case list() | tuple():
            return b"{" + b",".join(_element(one) for one in value) + b"}"
    text = str(value).encode()
    if b"\0" in text:
        raise ValueError("a text with a NUL")  # libpq would end the value there
    return text


def _element(value: object) -> bytes:
    text = written(value)
    return b"NULL" if text is None else b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def without_options(url: str) -> tuple[str, bool]:
    """The URL without what it says of prepared statements, and whether they may be kept."""
    parsed = make_url(url)
    prepares = all(parsed.query.get(name) != "0" for name in UNPREPARED)
    return parsed.difference_update_query(UNPREPARED).render_as_string(hide_password=False), prepares


def for_libpq(url: str) -> str:
    """The same in libpq's words."""
    parsed = make_url(url)
    query = {"sslmode" if name == "ssl" else name: value for name, value in parsed.query.items()}
    return parsed.set(drivername="postgresql", query=query).render_as_string(hide_password=False)
