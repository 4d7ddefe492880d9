"""Why a verb refuses. The rules raise these by name; gql/errors.py alone gives the code and the sentence."""

from typing import Literal

Reason = Literal["STALE", "IN_FLIGHT", "KEY_REUSED", "STATE", "DUPLICATE", "OVERLAP", "RIGHTS_CHANGED"]


class Refused(Exception):  # noqa: N818 - a verb refused; nothing is broken
    """The root of all refusals. Whoever raises one has changed nothing."""

    def __init__(self, **params: str | int) -> None:
        super().__init__(type(self).__name__)
        self.params = params


class Conflict(Refused):
    """The world has moved on: a stale version, the wrong state, a key used twice, a duplicate, a double booking."""

    def __init__(self, reason: Reason, **params: str | int) -> None:
        super().__init__(**params)
        self.reason = reason


class BadInput(Refused):
    """A value of the client's is wrong. `problem` is a key under [problem] of gql/messages.toml."""

    def __init__(self, field: str, problem: str, **params: str | int) -> None:
        super().__init__(**params)
        self.field = field
        self.problem = problem


class Unmet(Refused):
    """A rule of a regulation is not met: its key, the article that says it, and the profile it was read from."""

    def __init__(self, rule: str, article: str, profile: str | None = None, **params: str | int) -> None:
        super().__init__(**params)
        self.rule = rule
        self.article = article
        self.profile = profile
