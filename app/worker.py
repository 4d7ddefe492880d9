"""The scheduler: round after round over all centers, each job on each row that is due, then what is to be told and sent. Any number may run at once."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import orjson
import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import col, select

from domain import notifications, people, webhooks
from domain.errors import Refused
from domain.jobs import JOBS, Job
from domain.machine import Act
from domain.reminders import Due
from domain.webhooks import Message, Tried
from models.base import HOUSE
from models.database import Database, RightsChanged, Tenant, Wall
from models.organizations import Organization
from models.pipeline import NoConnection

log = structlog.get_logger("app.worker")

AT_ONCE = 10
"""Messages on their way at the same time."""

CENTERS = """
SELECT coalesce(json_agg(json_build_object('id', o.id, 'policy', coalesce(c.version, 1)) ORDER BY o.id), '[]')::text
  FROM organization o LEFT JOIN policy_current c ON c.center_id = o.id WHERE o.tier = 'CENTER'
"""

PASSING = (SQLAlchemyError, RightsChanged, NoConnection, OSError)
"""What the next round may find gone: a lock, a connection, a policy that has just changed."""


class Sender(Protocol):
    """Sends one message once and says what came of it. Never raises."""

    async def send(self, message: Message, *, now: datetime) -> Tried: ...


@dataclass(frozen=True)
class Center:
    """A jurisdiction, behind whose wall the house works; the policy is named only because nobody enters under an old one."""

    id: UUID
    policy: int

    def tenant(self, organization_id: UUID | None = None) -> Tenant:
        """For an organization of the center: whose chain of events the house continues."""
        return Tenant(person_id=HOUSE, organization_id=organization_id or self.id, center_id=self.id, wall=Wall.CENTER, policy=self.policy)


@dataclass
class Round:
    """What one round has done."""

    stepped: int = 0
    told: int = 0
    sent: int = 0


@dataclass(frozen=True)
class Worker:
    """Asks no clock: `now` is told. `chance` gives numbers from 0 to 1."""

    database: Database
    sender: Sender
    jobs: Sequence[Job] = JOBS
    chance: Callable[[], float] = random.random

    async def round(self, now: datetime) -> Round:
        """Everything that is due now. What fails is logged and left to the next round; the rest goes on."""
        async with self.database.transaction() as session:
            await people.house(session)
        done = Round()
        for center in await self.centers():
            await self.visit(center, now, done)
        return done

    async def visit(self, center: Center, now: datetime, done: Round) -> None:
        """One jurisdiction. Steps first, so that what they cause is told and sent in the same round."""
        for work in (self.work, self.tell, self.deliver):
            try:
                await work(center, now, done)
            except PASSING as error:
                log.warning("round_broken_off", center=str(center.id), work=work.__name__, **said(error))

    async def centers(self) -> list[Center]:
        found = await self.database.glance().document(CENTERS, [])
        return [Center(UUID(one["id"]), one["policy"]) for one in orjson.loads(found or "[]")]

    async def work(self, center: Center, now: datetime, done: Round) -> None:
        for job in self.jobs:
            for due in await self.due(job, center, now):
                done.stepped += await self.step(job, center, Act(HOUSE, due.organization_id, now), due=due)

    async def due(self, job: Job, center: Center, now: datetime) -> Sequence[Due]:
        """Nothing where the job cannot look: a center may have no rules in force yet (A29), and the other jobs do not wait for it."""
        try:
            async with self.database.transaction(center.tenant()) as session:
                return await job.found(session, center.id, now)
        except (Refused, *PASSING) as error:
            log.warning("job_not_looked_for", job=job.name, center=str(center.id), **said(error))
            return []

    async def step(self, job: Job, center: Center, act: Act, *, due: Due) -> bool:
        """One row, in a transaction of its own. A rule that refuses it is heard; another reason leaves it to the next round."""
        try:
            return await self.alone(job.done, center, act, due=due)
        except (Refused, IntegrityError) as error:
            if job.refused is not None:
                return await self.alone(job.refused, center, act, due=due)
            log.warning("job_refused", job=job.name, subject=str(due.subject_id), **said(error))
        except PASSING as error:
            log.warning("job_broken_off", job=job.name, subject=str(due.subject_id), **said(error))
        return False

    async def alone(self, done: Callable[..., object], center: Center, act: Act, *, due: Due) -> bool:
        async with self.database.transaction(center.tenant(act.organization_id)) as session:
            return bool(await done(session, due, act))  # type: ignore[misc]

    async def tell(self, center: Center, now: datetime, done: Round) -> None:
        """From events to notifications, and from notifications to deliveries, until nothing is left."""
        async with self.database.transaction(center.tenant()) as session:
            behind = await notifications.behind(session, center.id)
        for one in behind:
            more = True
            while more:
                async with self.database.transaction(center.tenant(one)) as session:
                    organization = (await session.exec(select(Organization).where(col(Organization.id) == one))).one()
                    more, made = await notifications.relay(session, organization)
                done.told += made
        handed = -1
        while handed:
            async with self.database.transaction(center.tenant()) as session:
                handed = await webhooks.fan_out(session, center.id, at=now)

    async def deliver(self, center: Center, now: datetime, done: Round) -> None:
        """No transaction is open while a message is on its way. What is lost in between is sent again: at least once, under the same id."""
        async with self.database.transaction(center.tenant()) as session:
            messages = await webhooks.taken(session, center.id, at=now)
        places = asyncio.Semaphore(AT_ONCE)

        async def deliver(message: Message) -> None:
            async with places:
                tried = await self.sender.send(message, now=now)
            async with self.database.transaction(center.tenant(message.notification.organization_id)) as session:
                await webhooks.settle(session, message, tried, chance=self.chance())

        await asyncio.gather(*(deliver(one) for one in messages))
        done.sent += len(messages)


def said(error: Exception) -> dict[str, object]:
    """Of an error its kind, and the database's code: its text may hold what stands in a row."""
    return {"kind": type(error).__name__, "code": getattr(getattr(error, "orig", None), "sqlstate", None)}


async def run(worker: Worker, *, now: Callable[[], datetime], pause: float) -> None:
    """Rounds until cancelled, `pause` seconds between two."""
    while True:
        try:
            found = await worker.round(now())
        except Exception:
            # whatever it was: the limits of other rows still run out
            log.exception("round_failed")
        else:
            if found != Round():
                log.info("round", **vars(found))
        await asyncio.sleep(pause)
