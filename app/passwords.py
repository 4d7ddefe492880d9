"""Passwords: argon2id in two threads, never on the event loop; where the queue is full, the next one is asked to come later."""

import asyncio
import base64
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gql.errors import RateLimited

THREADS = 2
QUEUE = 20
SALT_BYTES, HASH_BYTES = 16, 32


@dataclass(frozen=True)
class Weight:
    """What one guess costs: memory and passes over it."""

    kibibytes: int
    passes: int


STRONG = Weight(64 * 1024, 3)
LIGHT = Weight(19 * 1024, 2)
"""For the demo and the tests: the least that OWASP lets pass."""


def weight_of(*, demo: bool) -> Weight:
    return LIGHT if demo else STRONG


class Passwords:
    def __init__(self, weight: Weight = STRONG) -> None:
        self._hasher = PasswordHasher(time_cost=weight.passes, memory_cost=weight.kibibytes, parallelism=1, hash_len=HASH_BYTES, salt_len=SALT_BYTES)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._inside = 0
        self._nobodys = _nobodys(weight)

    def hashed(self, password: str) -> str:
        """The hash to keep. Takes its time; for commands, not for the event loop."""
        return self._hasher.hash(_bytes(password))

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place in the queue. Raises RateLimited where there is none, before any work is done."""
        if self._inside >= THREADS + QUEUE:
            raise RateLimited(retry_after=QUEUE // THREADS)
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    async def kept(self, password: str) -> str:
        """The same off the event loop. Raises RateLimited where the queue is full."""
        with self.place():
            return await asyncio.get_running_loop().run_in_executor(self._threads, self.hashed, password)

    async def fits(self, kept: str | None, password: str) -> bool:
        """Whether the password is the one of the kept hash. Nobody's hash costs the same work, and fits nothing."""
        loop = asyncio.get_running_loop()
        right = await loop.run_in_executor(self._threads, self._verified, kept or self._nobodys, _bytes(password))
        return right and kept is not None

    def _verified(self, kept: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def _bytes(password: str) -> bytes:
    return password.encode(errors="replace")


def _nobodys(weight: Weight) -> str:
    """A hash in the right form that no password is known for."""
    salt, digest = (base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (SALT_BYTES, HASH_BYTES))
    return f"$argon2id$v=19$m={weight.kibibytes},t={weight.passes},p=1${salt}${digest}"
