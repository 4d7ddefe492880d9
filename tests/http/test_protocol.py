"""An answer leaves in one piece, whatever happens to the connection in the meantime."""

import asyncio

import pytest

from app.protocol import Gathered

pytestmark = pytest.mark.anyio


class Line(asyncio.Transport):
    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
async def gathered(line: Line) -> Gathered:
    return Gathered(line, asyncio.get_running_loop())


async def test_head_and_body_are_one_write_and_the_next_answer_another(line: Line, gathered: Gathered) -> None:
    for _ in range(2):
        gathered.write(b"head ")
        gathered.write(b"body")
        await asyncio.sleep(0)
    assert line.sent == [b"head body"] * 2


async def test_what_was_written_leaves_before_the_connection_is_closed(line: Line, gathered: Gathered) -> None:
    gathered.write(b"the last")
    gathered.close()
    await asyncio.sleep(0)
    assert (line.sent, gathered.is_closing()) == ([b"the last"], True)


async def test_nothing_is_written_to_who_has_hung_up(line: Line, gathered: Gathered) -> None:
    gathered.write(b"too late")
    line.close()
    await asyncio.sleep(0)
    assert line.sent == []
