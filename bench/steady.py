"""Load at a fixed rate. Each request has its planned moment and its latency counts from there: a service that stalls cannot slow the questions down."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson
import uvloop

from bench.figures import HERE

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)")
PATIENCE = 30.0


@dataclass(frozen=True)
class Answer:
    """`status` is 0 where the connection broke or nothing came for half a minute. `took`: seconds on the line, our own waiting not among them."""

    status: int
    head: bytes
    body: bytes
    took: float = 0.0

    @property
    def code(self) -> str:
        """OK, the code of the first error, or the bare status where the body is none of ours."""
        if self.status == 200 and b'"errors"' not in self.body:  # noqa: PLR2004
            return "OK"
        try:
            return str(orjson.loads(self.body)["errors"][0]["extensions"]["code"])
        except (ValueError, KeyError, IndexError, TypeError):
            return f"status {self.status}"


BROKEN = Answer(0, b"", b"")


class Line(asyncio.Protocol):
    """One keep-alive connection: one question, one answer."""

    def __init__(self) -> None:
        self.open = False
        self.asked = 0
        self._began = 0.0
        self._buffer = bytearray()
        self._waiting: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self.open = True

    def connection_lost(self, _: Exception | None) -> None:
        self.open = False
        self._settle(BROKEN)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        length = LENGTH.search(head)
        whole = end + 4 + (int(length[1]) if length else 0)
        if len(self._buffer) < whole:
            return
        body = bytes(self._buffer[end + 4 : whole])
        self._buffer.clear()
        self.open = self.open and b"\r\nconnection: close" not in head
        self._settle(Answer(int(head[9:12]), head, body, time.perf_counter() - self._began))

    def _settle(self, answer: Answer) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)

    async def ask(self, request: bytes) -> Answer:
        self.asked += 1
        self._began = time.perf_counter()
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._waiting
        except TimeoutError:
            self.close()
            return BROKEN

    def close(self) -> None:
        self.open = False
        self._transport.close()


class Lines:
    """As many connections as are needed at once, at most `most`, each used again; the last one used first."""

    def __init__(self, port: int, *, most: int = 400) -> None:
        self.port = port
        self._most = most
        self._free: list[Line] = []
        self._room = asyncio.Semaphore(most)

    async def open_all(self) -> None:
        """Beforehand, for who measures answers and not how quickly connections are taken."""
        self._free += [await self._opened() for _ in range(self._most)]

    async def ask(self, request: bytes) -> Answer:
        """The answer. Asked once more where the service had closed a used connection in the same moment, as every client does."""
        async with self._room:
            line = await self._line()
            used = line.asked > 0
            answer = await line.ask(request)
            if answer is BROKEN and used:
                line = await self._opened()
                answer = await line.ask(request)
            if line.open:
                self._free.append(line)
            else:
                line.close()
            return answer

    async def _line(self) -> Line:
        while self._free:
            line = self._free.pop()
            if line.open:
                return line
        return await self._opened()

    async def _opened(self) -> Line:
        _, line = await asyncio.get_running_loop().create_connection(Line, "127.0.0.1", self.port)
        return line

    def close(self) -> None:
        for line in self._free:
            line.close()


def request(port: int, token: str, query: str, **variables: object) -> bytes:
    """A whole HTTP request."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    head = f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@dataclass
class Tally:
    """What came of the requests, by kind."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    codes: dict[str, Counter[str]] = field(default_factory=dict)

    async def ask(self, lines: Lines, kind: str, asked: bytes, *, planned: float) -> Answer:
        answer = await lines.ask(asked)
        self.note(kind, answer, asyncio.get_running_loop().time() - planned)
        return answer

    def note(self, kind: str, answer: Answer, seconds: float) -> None:
        self.seconds.setdefault(kind, []).append(seconds)
        self.codes.setdefault(kind, Counter())[answer.code] += 1

    def all_codes(self) -> Counter[str]:
        return sum(self.codes.values(), Counter())


async def paced(moments: Iterable[float], act: Callable[[int, float], Coroutine[Any, Any, None]]) -> None:
    """Starts `act(n, planned)` at each moment, in seconds from now, whatever became of those before; returns when all are done."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.TaskGroup() as group:
        for n, moment in enumerate(moments):
            planned = began + moment
            if (pause := planned - loop.time()) > 0:
                await asyncio.sleep(pause)
            group.create_task(act(n, planned))


async def closed_loop(clients: int, work: Sequence[Any], act: Callable[[Any], Awaitable[None]]) -> float:
    """Each client takes the next piece of work when it has done its last; gives the seconds."""
    loop = asyncio.get_running_loop()
    waiting, began = iter(work), loop.time()

    async def client() -> None:
        for one in waiting:
            await act(one)

    await asyncio.gather(*(client() for _ in range(clients)))
    return loop.time() - began


def run(work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def at(values: Sequence[float], percent: float) -> float:
    """The value below which so many percent lie; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


@dataclass(frozen=True)
class Spread:
    """Answers of one kind; latencies in milliseconds."""

    answers: int
    p50: float
    p99: float
    most: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Spread":
        return cls(len(seconds), *(at(seconds, percent) * 1e3 for percent in (50, 99, 100)))


@dataclass(frozen=True)
class Figure:
    """One line: what, how much, and the goal where there is one, from above or (`least`) from below."""

    what: str
    figure: float
    unit: str = ""
    goal: float | None = None
    least: bool = False

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.figure >= self.goal if self.least else self.figure <= self.goal

    def line(self) -> str:
        bound = "" if self.goal is None else f"{'≥' if self.least else '≤'} {self.goal:g} {self.unit}: {'met' if self.met else '**missed**'}"
        return f"| {self.what} | {self.figure:,.4g} {self.unit} | {bound} |"


@dataclass
class Report:
    """One part of the programme."""

    part: str
    about: dict[str, str]
    kinds: dict[str, Spread] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)

    def write(self) -> Path:
        file = HERE / "results" / f"{self.part}.json"
        file.parent.mkdir(exist_ok=True)
        said = asdict(self) | {"figures": [asdict(one) | {"met": one.met} for one in self.figures]}
        file.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return file

    def table(self) -> str:
        rows = [f"| {kind} | {one.answers:,} | {one.p50:.1f} | {one.p99:.1f} | {one.most:.1f} |" for kind, one in self.kinds.items()]
        spreads = ["| Answers | number | p50 ms | p99 ms | longest ms |", "|---|---|---|---|---|", *rows, ""] if rows else []
        lines = ["| What | Figure | Goal |", "|---|---|---|", *(one.line() for one in self.figures)]
        return "\n".join([*spreads, *lines, "", *(f"- {what}: {said}" for what, said in self.about.items())])
