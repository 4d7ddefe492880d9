"""How id numbers are kept: found by a keyed digest, sealed by AES-256-GCM, under keys that can change while the service runs (PIPL 51)."""

import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NAME, NONCE = 4, 12
"""Bytes before the ciphertext: which key sealed it, and the nonce."""


class Unreadable(Exception):  # noqa: N818 - the sentence of what it is
    """Sealed with a key that we do not have, changed since, or another row's. A fault of keys or rows, never of the caller: INTERNAL."""


class IdKeys:
    """The keys of id numbers, newest first. New rows take the newest; what the others have made is still found and opened."""

    def __init__(self, *, index: Sequence[bytes], seal: Sequence[bytes]) -> None:
        self.index = tuple(index)
        self._seals = {_derived(key, "name")[:NAME]: key for key in seal}
        self._nonces = _derived(seal[0], "nonce")
        self.newest = next(iter(self._seals))
        self._ciphers: dict[bytes, AESGCM] = {}

    def digest(self, number: str) -> bytes:
        """What finds a person again; without the key nobody can try all numbers."""
        return hmac.digest(self.index[0], number.encode(), "sha256")

    def digests(self, number: str) -> list[bytes]:
        """Under every key, the newest first."""
        return [hmac.digest(key, number.encode(), "sha256") for key in self.index]

    def seal(self, content: bytes, *, about: UUID) -> bytes:
        """Readable with our keys alone, and as the secret of this row alone.

        The nonce follows from row and content (as in SIV): the same is sealed alike, whatever differs has another nonce, and no chance is needed.
        """
        nonce = hmac.digest(self._nonces, about.bytes + content, "sha256")[:NONCE]
        return self.newest + nonce + self._cipher(self.newest).encrypt(nonce, content, about.bytes)

    def open(self, sealed: bytes, *, about: UUID) -> bytes:
        """What was sealed. Raises Unreadable."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 (20 ms that a start without sealed rows need not take)

        name, nonce = sealed[:NAME], sealed[NAME : NAME + NONCE]
        if name not in self._seals or len(sealed) < NAME + NONCE:
            raise Unreadable
        try:
            return self._cipher(name).decrypt(nonce, sealed[NAME + NONCE :], about.bytes)
        except InvalidTag:
            raise Unreadable from None

    def current(self, sealed: bytes) -> bool:
        """Whether the newest key sealed it."""
        return sealed[:NAME] == self.newest

    def seal_number(self, number: str, *, of: UUID) -> bytes:
        return self.seal(number.encode(), about=of)

    def open_number(self, sealed: bytes, *, of: UUID) -> str:
        """Raises Unreadable."""
        return self.open(sealed, about=of).decode()

    def _cipher(self, name: bytes) -> "AESGCM":
        if name not in self._ciphers:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

            self._ciphers[name] = AESGCM(_derived(self._seals[name], "cipher"))
        return self._ciphers[name]


def _derived(key: bytes, use: str) -> bytes:
    """A key for one use alone, 32 bytes, out of the secret of the settings."""
    return hmac.digest(key, f"dudao id numbers: {use}".encode(), "sha256")
