"""A bucket that speaks the protocol of S3, by obstore. Imported only where the settings choose it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from app.file_store import Away, Kept
from app.settings import Settings

PART, AT_ONCE = 8 * 2**20, 2
"""A long file goes in parts of so many bytes, so many under way: what an upload costs in memory, whatever its size."""
RETRIES = 3
SECONDS = 8
"""For a question that carries no bytes."""


def bucket(settings: Settings) -> "Bucket":
    """The bucket of the settings; nothing is asked of it yet."""
    key, secret = settings.s3_access_key, settings.s3_secret_key
    plain = settings.s3_endpoint is not None and settings.s3_endpoint.startswith("http://")
    store = S3Store(
        settings.s3_bucket,
        endpoint=settings.s3_endpoint,
        region=settings.s3_region,
        access_key_id=key,
        secret_access_key=secret.get_secret_value() if secret else "",
        virtual_hosted_style_request=settings.s3_virtual_host,
        retry_config={"max_retries": RETRIES},
        client_options={"connect_timeout": "5s", "timeout": "120s", "allow_http": plain},
    )
    return Bucket(store)


class Bucket:
    """A put is acknowledged by the server only when it keeps the object, whole; of a long one no part shows before the last."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    async def keep(self, file: Path, key: str) -> None:
        try:
            await obstore.put_async(self._store, key, file, chunk_size=PART, max_concurrency=AT_ONCE)
        except (BaseError, OSError) as error:
            raise Away(told(error)) from error

    async def has(self, key: str, *, size: int) -> bool:
        try:
            async with asyncio.timeout(SECONDS):
                return (await obstore.head_async(self._store, key))["size"] == size
        except FileNotFoundError:
            return False
        except (BaseError, OSError) as error:
            raise Away(told(error)) from error

    async def read(self, key: str) -> AsyncIterator[bytes]:
        try:
            size = (await obstore.head_async(self._store, key))["size"]
            if size <= PART:
                # some servers answer a range that is the whole with the whole, which is then no range
                yield bytes(await (await obstore.get_async(self._store, key)).bytes_async())
                return
            for start in range(0, size, PART):
                # a request for each part: none lasts long, and a broken one costs a part
                yield bytes(await obstore.get_range_async(self._store, key, start=start, end=min(size, start + PART)))
        except (BaseError, OSError) as error:
            raise Away(told(error)) from error

    def at(self, key: str) -> Path | None:  # noqa: ARG002 - no path leads there
        return None

    async def drop(self, key: str) -> None:
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise Away(told(error)) from error

    async def kept(self) -> AsyncIterator[Kept]:
        try:
            async for part in obstore.list(self._store):
                for one in part:
                    yield Kept(one["path"], one["last_modified"])
        except (BaseError, OSError) as error:
            raise Away(told(error)) from error


def told(error: Exception) -> str:
    """The kind of a fault: its text repeats addresses and headers."""
    return type(error).__name__
