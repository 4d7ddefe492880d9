"""The part of a crowd that time brings: notifications of every kind, reminders, webhooks and their deliveries."""

from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from models.events import Event
from models.notifications import Notification, NotificationKind, NotificationStatus, Relay, Reminder
from models.webhooks import DeliveryStatus, Webhook, WebhookDelivery, WebhookStatus

SUBJECTS = ("Assignment", "Inspection", "Rectification", "Organization", "Webhook")
TRY = {"at": "2026-09-16T02:00:00+00:00", "status": None, "problem": "NAME'", "milliseconds": 3}


async def times(crowd: Any) -> None:
    dice, world = crowd.dice, crowd.world
    events = list((await crowd.session.exec(select(Event.id).where(col(Event.center_id) == world.center.id).limit(200))).all())
    places = (world.center, *world.districts, *world.agencies)
    hooks = [await hook(crowd, place, n) for place in places for n, _ in enumerate(WebhookStatus)]
    for kind in NotificationKind:
        for place in dice.sample(places, 2):
            row = notification(crowd, kind, dice.choice(events), organization_id=place.id, **crowd.tenants(place))
            await crowd.keep(row)
            for one in (one for one in hooks if one.organization_id == place.id):
                await crowd.keep(delivery(crowd, one, row))
        who = dice.choice(crowd.people)
        await crowd.keep(notification(crowd, kind, dice.choice(events), person_id=who.id, **crowd.tenants(world.center)))
    for n, place in enumerate(places):
        await crowd.keep(Reminder(subject_id=place.id, step="REMIND", occasion=f"2026-0{n + 1}", **crowd.tenants(place)))
        crowd.session.add(Relay(organization_id=place.id, center_id=world.center.id, sequence=n))
    await crowd.session.flush()


def notification(crowd: Any, kind: NotificationKind, event: Any, **whose: Any) -> Notification:
    read = crowd.dice.random() < 0.4
    return Notification(
        kind=kind,
        event_id=event,
        subject_kind=crowd.dice.choice(SUBJECTS),
        subject_id=crowd.dice.choice(crowd.people).id,
        occasion=crowd.maybe("2026-08"),
        at=crowd.world.now - timedelta(minutes=crowd.dice.randrange(9)),
        status=NotificationStatus.READ if read else NotificationStatus.UNREAD,
        read_at=crowd.world.now if read else None,
        read_by=crowd.dice.choice(crowd.people).id if read else None,
        **whose,
    )


async def hook(crowd: Any, place: Any, n: int) -> Webhook:
    status = list(WebhookStatus)[n]
    row = Webhook(
        organization_id=place.id,
        url=f"https://hooks.example.cn/{n}'",
        kinds=crowd.dice.choice([[], ["NOTICE_SERVED", "OFFER_MADE"]]),
        status=status,
        secret_sealed=b"sealed",
        failing_since=crowd.world.now if status is WebhookStatus.SUSPENDED else None,
        **crowd.tenants(place),
    )
    await crowd.keep(row)
    return row


def delivery(crowd: Any, hook: Webhook, row: Notification) -> WebhookDelivery:
    status = crowd.dice.choice(list(DeliveryStatus))
    return WebhookDelivery(
        webhook_id=hook.id,
        organization_id=hook.organization_id,
        notification_id=row.id,
        status=status,
        attempts=crowd.dice.randrange(9),
        next_at=crowd.world.now,
        delivered_at=crowd.world.now if status is DeliveryStatus.DELIVERED else None,
        tries=crowd.dice.choice([[], [TRY, TRY | {"status": 204, "problem": None}]]),
        center_id=hook.center_id,
        district_id=hook.district_id,
        agency_id=hook.agency_id,
    )
