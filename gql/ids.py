"""Typed opaque ids: a prefix that says the noun, then a UUIDv7 in 32 hex digits."""

from collections.abc import Collection
from uuid import UUID

from authz.errors import NotFound

ID_LENGTH = 32


def shown(prefix: str, id: UUID) -> str:
    return f"{prefix}_{id.hex}"


def read(value: str, prefixes: Collection[str]) -> UUID:
    """The id inside. One of another type is as absent as one that never was: NOT_FOUND."""
    prefix, _, digits = value.partition("_")
    if prefix not in prefixes or len(digits) != ID_LENGTH:
        raise NotFound
    try:
        return UUID(hex=digits)
    except ValueError:
        raise NotFound from None


def optional(value: str | None, prefixes: Collection[str]) -> UUID | None:
    """The id inside, where one was given."""
    return None if value is None else read(value, prefixes)
