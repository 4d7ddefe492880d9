"""What one operation carries with it: who asks, the doors to the rows, now, the language. Never a session."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from authz.access import shared
from authz.actions import Action
from authz.actor import Actor
from domain.sealing import IdKeys
from gql.errors import Language
from models.database import Database


@dataclass(frozen=True, slots=True)
class Context:
    """Made anew for each operation; nothing in it outlives the answer."""

    actor: Actor | None
    database: Database
    now: datetime
    language: Language
    request_id: str
    cursor_key: bytes
    id_keys: IdKeys
    hashed: Callable[[str], Awaitable[str]]
    """The hash to keep of a password, made off the event loop."""
    address: str = ""
    """From where the request came, as the trusted proxies tell it: what callers without an account are counted by."""
    inside: bool = False
    """Whether webhooks may be registered inside of the own network, and without TLS."""
    evidence_quota: int = 50 * 2**30
    """Bytes of evidence that one organization may keep."""
    disclosed: set[str] = field(default_factory=set)
    """Protected columns of others that the operation has read in clear."""
    ran: list["Ran"] = field(default_factory=list)
    """The statements that read, in the order of their ends."""

    @property
    def may_introspect(self) -> bool:
        return self.actor is not None and shared(self.actor, Action.SCHEMA_INTROSPECT)


@dataclass(frozen=True)
class Ran:
    """One statement for the root field of this response key. `same`: the caller was still who the operation is decided for."""

    key: str
    milliseconds: float
    same: bool
