"""What a reader of rights may answer instead of a row: facts, not sentences and not status codes."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from models.organizations import Tier

Proof = Literal["MISSING", "EXPIRED", "STEP_UP"]


@dataclass(frozen=True)
class Issuer:
    """The organization that issued the card an act is about, and on which tier it stands."""

    tier: Tier
    id: UUID


class Unauthenticated(Exception):  # noqa: N818 - a fact, named as the clients know it
    """No proof of who asks, an expired one, or one too old for a grave act."""

    def __init__(self, reason: Proof = "MISSING") -> None:
        super().__init__(reason)
        self.reason = reason


class NotFound(Exception):  # noqa: N818
    """Absent, or not visible to this caller: the two are never told apart."""


class Forbidden(Exception):  # noqa: N818
    """The row may be seen, the act may not be done; `article` is where the regulation says so, `issuer` who alone may do it.

    `line` is the line of the policy that takes the right away, where one does; for the log only.
    """

    def __init__(self, action: str, article: str | None = None, *, issuer: Issuer | None = None, line: int | None = None) -> None:
        super().__init__(action)
        self.action = action
        self.article = article
        self.issuer = issuer
        self.line = line
        self.reason = "ISSUER" if issuer else None
