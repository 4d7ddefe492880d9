"""Addresses that an organization registers for its own systems, and the deliveries to them: tried again with growing pauses, then given up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, Machine, advance, record
from domain.sealing import IdKeys
from domain.texts import checked
from models.base import HOUSE, new_id, table_of
from models.events import Event
from models.notifications import Notification, NotificationKind
from models.organizations import Organization
from models.webhooks import DeliveryStatus, Webhook, WebhookDelivery, WebhookStatus

LONGEST_URL, LONGEST_REASON, MOST_OPEN, AT_A_TIME, KEPT_TRIES = 500, 500, 10, 100, 10

PAUSES = tuple(timedelta(seconds=one) for one in (5, 60, 300, 1800, 7200, 21600, 54000))
"""Before each further try: eight tries over a day."""
SPREAD = 0.2
"""How much longer, at most, a pause becomes by chance: what failed together does not come back together."""
LEASE = timedelta(minutes=2)
"""For so long a delivery belongs to the worker that has taken it; it falls due again if that one is lost."""
PATIENCE = timedelta(days=5)
"""After so long without one success an address is suspended."""
GONE = 410


class Step(StrEnum):
    SUSPEND = "SUSPEND"
    RESUME = "RESUME"
    CLOSE = "CLOSE"


class DeliveryStep(StrEnum):
    RETRY = "RETRY"


STEPS: Machine = {
    (WebhookStatus.ACTIVE, Step.SUSPEND): WebhookStatus.SUSPENDED,
    (WebhookStatus.SUSPENDED, Step.RESUME): WebhookStatus.ACTIVE,
    (WebhookStatus.ACTIVE, Step.CLOSE): WebhookStatus.CLOSED,
    (WebhookStatus.SUSPENDED, Step.CLOSE): WebhookStatus.CLOSED,
}

DELIVERY: Machine = {(DeliveryStatus.FAILED, DeliveryStep.RETRY): DeliveryStatus.PENDING}


@dataclass(frozen=True)
class Message:
    """What is to be sent now: the notification, where to, and the sealed secret that signs it."""

    delivery_id: UUID
    webhook_id: UUID
    url: str
    secret_sealed: bytes
    notification: Notification


@dataclass(frozen=True)
class Tried:
    """What came of one try: the status that was answered, or the problem, and the milliseconds it took."""

    at: datetime
    milliseconds: int
    status: int | None = None
    problem: str | None = None

    @property
    def succeeded(self) -> bool:
        return self.problem is None and self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - success, in HTTP


def drafted(organization: Organization, url: str, *, kinds: Sequence[NotificationKind], plain: bool) -> Webhook:
    """The address to be, not saved and without its secret. BadInput for what is no address; `plain` takes http too."""
    return Webhook(
        id=new_id(),
        organization_id=organization.id,
        center_id=organization.center_id,
        district_id=organization.district_id,
        agency_id=organization.agency_id,
        url=address(url, plain=plain),
        kinds=sorted({one.value for one in kinds}),
        secret_sealed=b"",
    )


def address(url: str, *, plain: bool) -> str:
    """An https URL with a host, without user, password and fragment; BadInput else. Where the name leads is looked at when something is sent."""
    text = checked("url", url, LONGEST_URL)
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise BadInput("url", "address") from None
    usual = parts.scheme == "https" or (plain and parts.scheme == "http")
    if not usual or not host or parts.username is not None or parts.fragment or not text.isascii() or any(one.isspace() for one in text):
        raise BadInput("url", "address")
    return text


async def register(session: AsyncSession, webhook: Webhook, secret: str, *, keys: IdKeys, act: Act) -> Event:
    """From now on the address is told. Unmet for more than ten at a time; the database refuses the same address twice."""
    mine = col(Webhook.organization_id) == webhook.organization_id, col(Webhook.status) != WebhookStatus.CLOSED
    have = (await session.exec(select(func.count()).select_from(Webhook).where(*mine))).one()
    if have >= MOST_OPEN:
        raise Unmet("webhook.most", "house", needed=MOST_OPEN, have=have)
    webhook.secret_sealed = keys.seal(secret.encode(), about=webhook.id)
    session.add(webhook)
    await session.flush()
    return await record(session, webhook, step="REGISTER", act=act, after=webhook.status)


async def resume(session: AsyncSession, webhook: Webhook, *, act: Act) -> Event:
    """What was left waiting goes out again."""
    event = await advance(session, webhook, STEPS, step=Step.RESUME, act=act)
    webhook.failing_since = None
    return event


async def close(session: AsyncSession, webhook: Webhook, reason: str, *, act: Act) -> Event:
    """For good; its deliveries stay to be read."""
    return await advance(session, webhook, STEPS, step=Step.CLOSE, act=act, reason=checked("reason", reason, LONGEST_REASON))


async def retry(session: AsyncSession, delivery: WebhookDelivery, *, act: Act) -> Event:
    """Begins anew with one that was given up. Conflict STATE where its address is not told any more."""
    webhook = (await session.exec(select(Webhook).where(col(Webhook.id) == delivery.webhook_id))).one()
    if webhook.status is not WebhookStatus.ACTIVE:
        raise Conflict("STATE", status=webhook.status.value)
    event = await advance(session, delivery, DELIVERY, step=DeliveryStep.RETRY, act=act)
    delivery.attempts, delivery.next_at = 0, act.at
    return event


async def fan_out(session: AsyncSession, center_id: UUID, *, at: datetime) -> int:
    """Hands the next notifications of organizations to their addresses; each once, whichever worker comes first. How many were handed on."""
    n = col(Notification.id)
    waiting = select(Notification).where(col(Notification.center_id) == center_id, col(Notification.relayed_at).is_(None))
    found = (await session.exec(waiting.order_by(n).limit(AT_A_TIME).with_for_update(skip_locked=True))).all()
    homes = {one.organization_id for one in found if one.organization_id is not None}
    query = select(Webhook).where(col(Webhook.organization_id).in_(homes), col(Webhook.status) == WebhookStatus.ACTIVE)
    hooks = (await session.exec(query)).all() if homes else []
    lines = [delivery_of(hook, one, at=at) for one in found for hook in hooks if wants(hook, one)]
    if lines:
        await session.exec(insert(table_of(WebhookDelivery)).values(lines).on_conflict_do_nothing())
    if found:
        told = table_of(Notification)
        await session.exec(update(told).where(told.c.id.in_([one.id for one in found])).values(relayed_at=at))
    return len(found)


def wants(hook: Webhook, notification: Notification) -> bool:
    return hook.organization_id == notification.organization_id and (not hook.kinds or notification.kind in hook.kinds)


def delivery_of(hook: Webhook, notification: Notification, *, at: datetime) -> dict[str, object]:
    places = {"center_id": hook.center_id, "district_id": hook.district_id, "agency_id": hook.agency_id}
    whose = {"webhook_id": hook.id, "organization_id": hook.organization_id, "notification_id": notification.id}
    return {"id": new_id(), "status": DeliveryStatus.PENDING, "attempts": 0, "next_at": at, "tries": [], **places, **whose}


async def taken(session: AsyncSession, center_id: UUID, *, at: datetime) -> list[Message]:
    """The deliveries that are due, for this worker alone until the lease ends."""
    due = (
        select(WebhookDelivery, Webhook, Notification)
        .join(Webhook, col(Webhook.id) == col(WebhookDelivery.webhook_id))
        .join(Notification, col(Notification.id) == col(WebhookDelivery.notification_id))
        .where(
            col(WebhookDelivery.center_id) == center_id,
            col(WebhookDelivery.status) == DeliveryStatus.PENDING,
            col(WebhookDelivery.next_at) <= at,
            col(Webhook.status) == WebhookStatus.ACTIVE,
        )
    )
    locked = due.order_by(col(WebhookDelivery.next_at)).limit(AT_A_TIME).with_for_update(of=WebhookDelivery, skip_locked=True)
    found = (await session.exec(locked)).all()
    for delivery, _, _ in found:
        delivery.next_at = at + LEASE
        session.add(delivery)
    return [Message(one.id, hook.id, hook.url, hook.secret_sealed, notification) for one, hook, notification in found]


async def settle(session: AsyncSession, message: Message, tried: Tried, *, chance: float) -> None:
    """Writes down what came of a try: delivered, due again after the next pause, or given up. `chance` from 0 to 1 spreads the pauses.

    An address that says it is gone, or that has failed for five days, is suspended by the house, and its organization is told.
    """
    locked = select(Webhook).where(col(Webhook.id) == message.webhook_id).with_for_update()
    hook = (await session.exec(locked, execution_options={"populate_existing": True})).one()
    mine = select(WebhookDelivery).where(col(WebhookDelivery.id) == message.delivery_id).with_for_update()
    delivery = (await session.exec(mine, execution_options={"populate_existing": True})).one()
    if delivery.status is not DeliveryStatus.PENDING:
        return
    said = {"at": tried.at.isoformat(), "status": tried.status, "problem": tried.problem, "milliseconds": tried.milliseconds}
    delivery.tries, delivery.attempts = [*delivery.tries, said][-KEPT_TRIES:], delivery.attempts + 1
    session.add_all([delivery, hook])
    if tried.succeeded:
        delivery.status, delivery.delivered_at, hook.failing_since = DeliveryStatus.DELIVERED, tried.at, None
        return
    hook.failing_since = hook.failing_since or tried.at
    pause = pause_after(delivery.attempts, chance)
    if pause is None:
        delivery.status = DeliveryStatus.FAILED
    else:
        delivery.next_at = tried.at + pause
    if hook.status is WebhookStatus.ACTIVE and (tried.status == GONE or tried.at - hook.failing_since >= PATIENCE):
        await advance(session, hook, STEPS, step=Step.SUSPEND, act=Act(HOUSE, hook.organization_id, tried.at))


def pause_after(attempts: int, chance: float) -> timedelta | None:
    """How long to wait after so many tries; None after the last one."""
    return PAUSES[attempts - 1] * (1 + SPREAD * chance) if attempts <= len(PAUSES) else None
