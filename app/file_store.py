"""Where the bytes of evidence lie, by what they are: in a folder, or in a bucket that speaks the protocol of S3 (docs/decisions/0017)."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from app.settings import Settings

PART = 2**20
"""Bytes that are read, hashed or written at a time."""
INCOMING = ".incoming"


class Away(Exception):  # noqa: N818 - the sentence of what it is
    """The store, or the file in it, cannot be had now. What was asked of it has not happened, or cannot be told."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in the store, and when it was last put there."""

    key: str
    at: datetime


class Store(Protocol):
    """Each may raise Away."""

    async def keep(self, file: Path, key: str) -> None:
        """Puts a copy or the file itself under the key. When this returns, no loss of power takes it back."""
        ...

    async def has(self, key: str, *, size: int) -> bool:
        """Whether it is there, whole."""
        ...

    def read(self, key: str) -> AsyncIterator[bytes]: ...

    def at(self, key: str) -> Path | None:
        """Where whoever answers may read it in parts; None where it can only be read through us."""
        ...

    async def drop(self, key: str) -> None: ...

    def kept(self) -> AsyncIterator[Kept]: ...


def incoming_of(settings: Settings) -> Path:
    """Where files on their way in wait, on a disk of this machine, whatever the store."""
    return settings.data_dir / "files" / INCOMING


def store_of(settings: Settings) -> Store:
    """The store of the settings. What it takes is imported only when it is chosen; nothing is asked of it yet."""
    if settings.files == "s3":
        from app.s3_store import bucket  # noqa: PLC0415

        return bucket(settings)
    return Folder(settings.data_dir / "files")


class Folder:
    """A folder of our own. A file appears in it whole, by a rename on the same disk, or not at all."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def keep(self, file: Path, key: str) -> None:
        try:
            await asyncio.to_thread(moved, file, self._root / key, root=self._root)
        except OSError as error:
            raise Away(str(error)) from error

    async def has(self, key: str, *, size: int) -> bool:
        path = self._root / key
        return await asyncio.to_thread(lambda: path.is_file() and path.stat().st_size == size)

    async def read(self, key: str) -> AsyncIterator[bytes]:
        try:
            file = await asyncio.to_thread((self._root / key).open, "rb")
        except OSError as error:
            raise Away(str(error)) from error
        try:
            while part := await asyncio.to_thread(file.read, PART):
                yield part
        finally:
            file.close()

    def at(self, key: str) -> Path | None:
        return self._root / key

    async def drop(self, key: str) -> None:
        await asyncio.to_thread((self._root / key).unlink, missing_ok=True)

    async def kept(self) -> AsyncIterator[Kept]:
        for one in await asyncio.to_thread(lambda: list(files_below(self._root))):
            yield one


def moved(file: Path, to: Path, *, root: Path) -> None:
    """The bytes are on the disk before the name is, and the name before this returns."""
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    synced(file)
    file.replace(to)
    for folder in to.parents:
        synced(folder)
        if folder == root:
            return


def synced(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def files_below(root: Path) -> Iterator[Kept]:
    for path in root.glob("*/*/*"):
        if path.is_file() and INCOMING not in path.parts:
            yield Kept(path.relative_to(root).as_posix(), datetime.fromtimestamp(path.stat().st_mtime, UTC))
