"""A file on its way in: from the wire to a disk of this machine, hashed on the way, and never whole in memory."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from app.file_store import PART, Away

AT_ONCE = 8
"""Files that one worker takes in at the same time: so much of the disk may be under way."""
RESERVE = 256 * 2**20
"""Bytes of the disk that stay free for everything else."""
FORGOTTEN = timedelta(days=1)
"""After this a file that is still waiting belongs to a process that is no more."""


@dataclass(frozen=True, slots=True)
class Arrived:
    path: Path
    digest: bytes
    size: int


@dataclass
class Incoming:
    """The folder of files under way, and how many there are."""

    folder: Path
    under_way: int = field(default=0, init=False)

    @asynccontextmanager
    async def taken(self, parts: AsyncIterator[bytes], *, size: int) -> AsyncIterator[Arrived]:
        """The whole file, for as long as the block; whoever has not moved it by then never will. Raises Away where there is no room for `size` bytes."""
        if self.under_way >= AT_ONCE:
            raise Away("too many files at once")
        self.under_way += 1
        path: Path | None = None
        try:
            path = await asyncio.to_thread(self._made, size)
            yield await written(path, parts)
        except OSError as error:
            raise Away(str(error)) from error
        finally:
            self.under_way -= 1
            if path is not None:
                path.unlink(missing_ok=True)

    def _made(self, size: int) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if shutil.disk_usage(self.folder).free < size + RESERVE:
            raise Away("the disk is full")
        descriptor, name = tempfile.mkstemp(dir=self.folder)
        with open(descriptor, "wb"):  # noqa: PTH123 - a descriptor
            return Path(name)

    def tidy(self, now: datetime) -> None:
        """Removes what a process has left behind that was killed."""
        if not self.folder.is_dir():
            return
        for path in self.folder.iterdir():
            if path.stat().st_mtime < (now - FORGOTTEN).timestamp():
                path.unlink(missing_ok=True)


async def written(path: Path, parts: AsyncIterator[bytes]) -> Arrived:
    """The parts in one file. Long ones are written and hashed off the event loop."""
    hashed, size = sha256(), 0
    with path.open("wb", buffering=0) as file:

        def put(part: bytes) -> None:
            hashed.update(part)
            rest = memoryview(part)
            while rest:
                rest = rest[file.write(rest) :]

        waiting = bytearray()
        async for part in parts:
            waiting += part
            if len(waiting) >= PART:
                size += len(waiting)
                await asyncio.to_thread(put, bytes(waiting))
                waiting.clear()
        await asyncio.to_thread(put, bytes(waiting))
    return Arrived(path, hashed.digest(), size + len(waiting))
