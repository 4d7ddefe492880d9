"""Rounds of the jobs over one world, at any instant; and a receiver of webhooks that answers as it is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import anyio
from anyio.abc import SocketStream

from app.webhooks import HttpSender
from app.worker import Center, Round, Sender, Worker
from domain import people
from domain.webhooks import Message, Tried
from models.base import HOUSE
from models.events import Event
from tests.world import ID_KEYS, World

NOTIFICATIONS = """query($filter: NotificationFilter) { notifications(filter: $filter, first: 60) { nodes {
  id kind status at subject subjectKind occasion organization { id } person { id } event { step actor { id } } availableSteps { mutation } } totalCount } }"""


@dataclass
class Refusing:
    """Sends nothing: for rounds that are not about webhooks."""

    sent: list[Message] = field(default_factory=list)

    async def send(self, message: Message, *, now: datetime) -> Tried:
        self.sent.append(message)
        return Tried(now, 1, 503)


async def round_of(world: World, at: datetime, *, sender: Sender | None = None) -> Round:
    """Everything that is due in this world at an instant, done once. `stepped` counts the steps of the jobs."""
    worker = Worker(world.database, sender or Refusing(), chance=lambda: 0)
    async with world.database.transaction() as session:
        await people.house(session)
    done = Round()
    await worker.visit(Center(world.center.id, 1), at, done)
    return done


async def told(world: World, actor: Any, **filter: Any) -> list[dict[str, Any]]:
    """The notifications somebody sees, newest first."""
    return list((await world.done(actor, NOTIFICATIONS, filter=filter or None))["notifications"]["nodes"])


async def kinds(world: World, actor: Any) -> list[str]:
    return sorted(one["kind"] for one in await told(world, actor))


async def steps_of_the_house(world: World) -> list[str]:
    """What nobody did, in its order."""
    found: list[Event] = await world.rows(Event, center_id=world.center.id, person_id=HOUSE)
    return [one.step for one in sorted(found, key=lambda one: one.id)]


@dataclass
class Receiver:
    """A system that is told. `answers` are the statuses it gives, the last one again and again."""

    port: int
    answers: list[int]
    heads: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/hook?of=dudao"

    async def hear(self, stream: SocketStream) -> None:
        async with stream:
            got = b""
            while b"\r\n\r\n" not in got:
                got += await stream.receive()
                if got[:1] != b"P":
                    return  # not HTTP: a greeting of TLS
            head, _, content = got.partition(b"\r\n\r\n")
            request, *lines = head.decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            while len(content) < int(headers.get("content-length", 0)):
                content += await stream.receive()
            self.heads.append({"request": request, **headers})
            self.bodies.append(content)
            status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            await stream.send(f"HTTP/1.1 {status} x\r\nLocation: http://localhost:{self.port}/elsewhere\r\nContent-Length: 0\r\n\r\n".encode())


@asynccontextmanager
async def receiving(*answers: int) -> AsyncIterator[Receiver]:
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        receiver = Receiver(listener.extra(anyio.abc.SocketAttribute.local_port), list(answers) or [204])  # noqa: S610 - of anyio
        tasks.start_soon(listener.serve, receiver.hear)
        yield receiver
        tasks.cancel_scope.cancel()


def trusting() -> HttpSender:
    """May send inside of the own network."""
    return HttpSender(ID_KEYS, inside=True)
