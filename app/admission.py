"""The way in when more comes than can be done: so many operations at work, so many waiting for a moment, and the rest told at once to come again."""

import asyncio
import time
from collections.abc import Callable

from app.front import Turned

SENTENCE, CODE = "overloaded", "OVERLOADED"
RETRY_AFTER = 1
WEIGHT = 1 / 32
"""Of the newest in the pace."""


class Room:
    """Places for the operations at work, one connection of the pool for each, and a waiting room before them. One per worker.

    How many may wait is no number but a time: as many as will have their turn within it, at the pace at which places have become free of late. So a
    short stall turns nobody away, and whoever is let in is also answered.
    """

    def __init__(self, *, places: int, seconds: float, turned_away: Callable[[], object] = bool) -> None:
        self._places = asyncio.Semaphore(places)
        self._seconds = seconds
        self._waiting = 0
        self._pace = 0.0
        self._freed = 0.0
        self.turned_away = turned_away
        """Called for each one, for the metrics."""

    @property
    def full(self) -> bool:
        """Whether another one would have to wait too long."""
        return self._waiting * self._pace > self._seconds

    def refuse_if_full(self) -> None:
        """Before anything is read of a request. Raises Turned 503."""
        if self.full:
            raise self._overloaded()

    def place(self) -> "Place":
        """A place for as long as the block lasts, first come first served. Raises Turned 503."""
        return Place(self)

    async def enter(self) -> None:
        if self._places.locked():
            await self._wait()
        else:
            await self._places.acquire()

    async def _wait(self) -> None:
        """The pace is a guess, the time is a promise: whoever has waited twice as long as was guessed is turned away after all."""
        self.refuse_if_full()
        self._waiting += 1
        try:
            async with asyncio.timeout(2 * self._seconds):
                await self._places.acquire()
        except TimeoutError:
            raise self._overloaded() from None
        finally:
            self._waiting -= 1

    def _overloaded(self) -> Turned:
        self.turned_away()
        return Turned(503, SENTENCE, headers={"Retry-After": str(RETRY_AFTER)})

    def leave(self, began: float) -> None:
        """Between two that end one after the other there was this much time for one, unless the later one began only then."""
        now = time.monotonic()
        self._pace += (now - max(self._freed, began) - self._pace) * WEIGHT if self._waiting else 0
        self._freed = now
        self._places.release()


class Place:
    """Of one operation. A class, since what `asynccontextmanager` makes of a function takes twice as long."""

    __slots__ = ("_began", "_room")

    def __init__(self, room: Room) -> None:
        self._room = room

    async def __aenter__(self) -> None:
        await self._room.enter()
        self._began = time.monotonic()

    async def __aexit__(self, *_: object) -> None:
        self._room.leave(self._began)
