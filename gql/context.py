"""What one operation carries with it: who asks, the doors to the rows, now, the language. Never a session."""

from dataclasses import dataclass
from datetime import datetime

from authz.actor import Actor
from gql.errors import Language
from models.database import Database


@dataclass(frozen=True)
class Context:
    """Made anew for each operation; nothing in it outlives the answer."""

    actor: Actor | None
    database: Database
    now: datetime
    language: Language
    request_id: str
    cursor_key: bytes
    id_key: bytes
    may_introspect: bool
