"""One prepared case for each mutation of notifications and webhooks."""

from collections.abc import Mapping

from models.notifications import Notification
from tests.cases_dispatch import REASON, Prepare
from tests.contract import Case
from tests.making_inspections import notified
from tests.making_time import round_of
from tests.making_webhooks import given_up, registered, suspended
from tests.world import World, shown


async def mark_read(world: World) -> Case:
    await notified(world)
    await round_of(world, world.now)
    (found,) = await world.rows(Notification, organization_id=world.agencies[0].id, kind="NOTICE_SERVED")
    return Case(world, "agency_clerk_0", {"notification": shown("ntf", found.id)})


async def register(world: World) -> Case:
    return Case(world, "agency_admin_0", {"url": "https://hooks.example.cn/dudao", "kinds": ["NOTICE_SERVED"]})


async def resume(world: World) -> Case:
    return Case(world, "agency_admin_0", {"webhook": shown("hook", (await suspended(world)).id)})


async def close(world: World) -> Case:
    return Case(world, "agency_admin_0", {"webhook": shown("hook", (await registered(world)).id), "reason": REASON})


async def retry(world: World) -> Case:
    _, delivery = await given_up(world)
    return Case(world, "agency_admin_0", {"webhookDelivery": shown("dlv", delivery.id)})


TIME: Mapping[str, Prepare] = {
    "notificationMarkRead": mark_read,
    "webhookRegister": register,
    "webhookResume": resume,
    "webhookClose": close,
    "webhookDeliveryRetry": retry,
}
