"""Addresses of a world's organizations, and deliveries to them, by the trade's own verbs."""

from datetime import datetime, timedelta

from authz.actor import Actor
from domain import webhooks
from models.notifications import NotificationKind
from models.organizations import Organization
from models.webhooks import DeliveryStatus, Webhook, WebhookDelivery
from tests.making_inspections import notified
from tests.making_returns import again
from tests.making_time import Refusing, round_of
from tests.world import ID_KEYS, World

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OUTSIDE = "https://hooks.example.cn/dudao"


async def registered(
    world: World, url: str = OUTSIDE, *, by: str = "agency_admin_0", kinds: list[NotificationKind] | None = None, at: datetime | None = None
) -> Webhook:
    """An address of the organization that somebody administers."""
    actor: Actor = world.actors[by]
    async with world.transaction() as session:
        home = await again(session, Organization, actor.organization_id)  # type: ignore[arg-type]
        made = webhooks.drafted(home, url, kinds=kinds or [], plain=True)
        await webhooks.register(session, made, SECRET, keys=ID_KEYS, act=world.act(by, at=at))
    return made


async def suspended(world: World) -> Webhook:
    """An address of agency 0 that has failed for five days, with a delivery that was given up."""
    hook = await registered(world)
    await notified(world)
    at = world.now + timedelta(hours=2)
    while (await row_of(world, hook)).status == "ACTIVE":
        await round_of(world, at, sender=Refusing())
        at += timedelta(days=1)
    return await row_of(world, hook)


async def row_of(world: World, hook: Webhook) -> Webhook:
    (found,) = await world.rows(Webhook, id=hook.id)
    return found


async def deliveries(world: World, hook: Webhook) -> list[WebhookDelivery]:
    found: list[WebhookDelivery] = await world.rows(WebhookDelivery, webhook_id=hook.id)
    return sorted(found, key=lambda one: one.id)


async def given_up(world: World) -> tuple[Webhook, WebhookDelivery]:
    """Eight tries have failed within a day; the address is not suspended yet."""
    hook = await registered(world)
    await notified(world)
    at = world.now + timedelta(hours=2)
    await round_of(world, at, sender=Refusing())
    while (await deliveries(world, hook))[0].status is DeliveryStatus.PENDING:
        at = (await deliveries(world, hook))[0].next_at
        await round_of(world, at, sender=Refusing())
    return await row_of(world, hook), (await deliveries(world, hook))[0]
