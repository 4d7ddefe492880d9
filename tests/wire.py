"""A wire to PostgreSQL that breaks at a statement of our choice: what a crash on either side looks like to the other."""

import asyncio
import contextlib
import itertools
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

SOCKET = ".s.PGSQL.5432"
STATEMENTS = {b"Q", b"E"}
"""Messages that make the server do something: a simple query, and the execution of a prepared one."""


class Commit(Enum):
    """Where the line breaks around a COMMIT."""

    UNSENT = "the server never hears of it"
    UNHEARD = "the server has done it, the client never hears of that"


@dataclass
class Wire:
    """Counts the statements that pass. Breaks before the n-th of them, or at the COMMIT."""

    url: str
    seen: int = 0
    before: int | None = None
    commit: Commit | None = None
    broken: bool = False

    def arm(self, *, before: int | None = None, commit: Commit | None = None) -> None:
        """From here on statements are counted anew, and the line breaks once."""
        self.seen, self.before, self.commit, self.broken = 0, before, commit, False

    def breaks_at(self, kind: bytes, body: bytes) -> bool:
        """Whether this message shall not reach the server."""
        if kind not in STATEMENTS or self.broken:
            return False
        self.seen += 1
        self.broken = self.seen == self.before or (self.commit is Commit.UNSENT and is_commit(kind, body))
        return self.broken

    def deafens(self, kind: bytes, body: bytes) -> bool:
        """Whether the answer to this message shall not reach the client."""
        if self.commit is Commit.UNHEARD and not self.broken and is_commit(kind, body):
            self.broken = True
            return True
        return False


def is_commit(kind: bytes, body: bytes) -> bool:
    return kind == b"Q" and body.upper().startswith(b"COMMIT")


@asynccontextmanager
async def wired(url: str) -> AsyncIterator[Wire]:
    """The same database by another url, whose line can be broken."""
    parts = urlsplit(url)
    target = f"{parse_qs(parts.query)['host'][0]}/{SOCKET}"
    with tempfile.TemporaryDirectory(prefix="dudao-wire-") as folder:
        wire = Wire(parts._replace(query=f"host={quote(folder, safe='')}").geturl())

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await carry(wire, reader, writer, target=target)

        server = await asyncio.start_unix_server(connected, str(Path(folder) / SOCKET))
        try:
            yield wire
        finally:
            server.close()


async def carry(wire: Wire, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, target: str) -> None:
    """One connection, until either side leaves or the wire breaks."""
    from_server, to_server = await asyncio.open_unix_connection(target)
    deaf = asyncio.Event()
    both = [
        asyncio.create_task(asked(wire, reader, to_server, deaf=deaf)),
        asyncio.create_task(answered(from_server, writer, deaf=deaf)),
    ]
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    for task in both:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError, asyncio.IncompleteReadError):
            await task
    for end in (writer, to_server):
        end.transport.abort()


async def asked(wire: Wire, reader: asyncio.StreamReader, to_server: asyncio.StreamWriter, *, deaf: asyncio.Event) -> None:
    """From the client, message by message; the first one has no kind."""
    for n in itertools.count():
        kind = await reader.readexactly(1) if n else b""
        length = await reader.readexactly(4)
        body = await reader.readexactly(int.from_bytes(length, "big") - 4)
        if wire.breaks_at(kind, body):
            return
        if wire.deafens(kind, body):
            deaf.set()
        to_server.write(kind + length + body)
        await to_server.drain()


async def answered(from_server: asyncio.StreamReader, writer: asyncio.StreamWriter, *, deaf: asyncio.Event) -> None:
    """From the server, as it comes. The first answer after the wire went deaf says that the work is done, and is lost."""
    while chunk := await from_server.read(65_536):
        if deaf.is_set():
            return
        writer.write(chunk)
        await writer.drain()
