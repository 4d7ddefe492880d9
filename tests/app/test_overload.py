"""More than can be done: a bounded waiting room, and a refusal that says so, quickly, with a code and when to come again."""

import asyncio

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from app.admission import Room
from app.endpoint import GraphQL
from app.front import Turned
from app.tracing import Traced
from tests.http.small import house

pytestmark = pytest.mark.anyio

FOREVER = 60.0


async def turn(*, times: int = 20) -> None:
    """Lets everybody else have their turn."""
    for _ in range(times):
        await asyncio.sleep(0)


async def occupied(room: Room, until: asyncio.Event) -> None:
    async with room.place():
        await until.wait()


async def crowded(room: Room, group: asyncio.TaskGroup, *, count: int) -> list[asyncio.Event]:
    """So many come one after another; each stays until its event."""
    ends = [asyncio.Event() for _ in range(count)]
    for one in ends:
        group.create_task(occupied(room, one))
        await turn()
    return ends


def slowed(room: Room, *, pace: float) -> Room:
    """A room in which places have become free at this pace of late."""
    room._pace = pace
    return room


async def test_so_many_work_and_the_others_have_their_turn_in_order() -> None:
    room, entered = Room(places=2, seconds=FOREVER), list[int]()
    ends = [asyncio.Event() for _ in range(5)]

    async def work(n: int) -> None:
        async with room.place():
            entered.append(n)
            await ends[n].wait()

    async with asyncio.TaskGroup() as group:
        for n in range(5):
            group.create_task(work(n))
        await turn()
        assert entered == [0, 1]
        ends[1].set()
        await turn()
        assert entered == [0, 1, 2]
        for one in ends:
            one.set()
    assert entered == [0, 1, 2, 3, 4]
    assert not room.full


async def test_whoever_would_wait_too_long_is_turned_away_at_once() -> None:
    room = slowed(Room(places=1, seconds=1.0), pace=0.4)
    async with asyncio.TaskGroup() as group:
        ends = await crowded(room, group, count=4)
        assert room.full, "three times 0.4 s"
        with pytest.raises(Turned) as refused:
            async with room.place():
                raise AssertionError
        assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "1")
        ends[0].set()
        await turn()
        assert not room.full, "one has left, so there is room for one more"
        for one in ends:
            one.set()


async def test_a_quick_house_lets_many_wait() -> None:
    room = slowed(Room(places=1, seconds=1.0), pace=0.001)
    async with asyncio.TaskGroup() as group:
        ends = await crowded(room, group, count=500)
        assert not room.full
        for one in ends:
            one.set()


async def test_the_pace_follows_what_happens() -> None:
    room = Room(places=1, seconds=FOREVER)
    async with asyncio.TaskGroup() as group:
        for one in await crowded(room, group, count=100):
            one.set()
            await asyncio.sleep(0.001)
    assert room._pace > 0.0005
    quick = room._pace
    async with asyncio.TaskGroup() as group:
        for one in await crowded(room, group, count=20):
            await asyncio.sleep(0.02)
            one.set()
    assert room._pace > quick, "an idle time between is no work, but a slow one is"


async def test_nobody_waits_for_ever_even_where_the_pace_was_wrong() -> None:
    room = Room(places=1, seconds=0.01)
    async with asyncio.TaskGroup() as group:
        [end] = await crowded(room, group, count=1)
        with pytest.raises(Turned):
            async with room.place():
                raise AssertionError
        end.set()
    async with room.place():
        assert not room.full


async def test_who_is_cancelled_while_waiting_or_working_leaves_the_place_to_the_next() -> None:
    room = Room(places=1, seconds=FOREVER)
    works, waits = (asyncio.create_task(occupied(room, asyncio.Event())) for _ in range(2))
    await turn()
    waits.cancel()
    await turn()
    works.cancel()
    await asyncio.gather(works, waits, return_exceptions=True)
    async with asyncio.timeout(5), room.place():
        assert not room.full


@pytest.mark.parametrize(("language", "message"), [("zh", "系统繁忙，请稍后重试。"), ("en", "The service is busy. Try again shortly.")])
async def test_the_refusal_says_so_with_a_code_and_when_to_come_again(language: str, message: str) -> None:
    counted: list[int] = []
    room = slowed(Room(places=1, seconds=1.0, turned_away=lambda: counted.append(1)), pace=2.0)
    given = house()
    app = Starlette(routes=[Route("/graphql", GraphQL(given, room))], middleware=[Middleware(Traced)])
    async with asyncio.TaskGroup() as group, httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://dudao.test") as client:
        ends = await crowded(room, group, count=2)
        headers = {"Accept-Language": language, "Authorization": "Bearer clerk"}
        refused = await client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
        for one in ends:
            one.set()
        await turn()
        served = await client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.json() == {"errors": [{"message": message, "extensions": {"code": "OVERLOADED", "retryAfter": 1}}]}
    assert (counted, served.status_code) == ([1], 200)
