"""Addresses of an organization's own systems, and what became of each message to them."""

import base64
import secrets
from datetime import datetime
from enum import Enum

import strawberry

from authz.actions import Action
from domain import memberships, webhooks
from gql.enums import described
from gql.fields import VERSION, Call, Keyed, changed, mutation, row
from gql.notifications import NOTIFICATIONS, Notification
from gql.organizations import EVENTS, ORGANIZATIONS, Event, Organization, Step, Versioned
from gql.reading.declare import Offered, Source, bound, column, given, items, one, page, steps
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from models.notifications import NotificationKind
from models.webhooks import DeliveryStatus, WebhookStatus
from models.webhooks import Webhook as WebhookRow
from models.webhooks import WebhookDelivery as WebhookDeliveryRow

described(
    WebhookStatus,
    "回调地址的状态: whether an address is told.",
    ACTIVE="启用.",
    SUSPENDED="已停用: it failed for five days, or said that it is gone.",
    CLOSED="已注销.",
)
described(DeliveryStatus, "投递状态: what became of a message.", PENDING="待投递.", DELIVERED="已送达.", FAILED="已放弃, after eight tries.")

MANAGE = Action.WEBHOOK_MANAGE
SECRET_BYTES = 32
WEBHOOKS = Source(WebhookRow, "Webhook", "hook")
DELIVERIES = Source(WebhookDeliveryRow, "WebhookDelivery", "dlv")


@strawberry.type(description="One try to deliver.")
class WebhookTry:
    at: datetime = column("at", "When.")
    status: int | None = column("status", "The HTTP status that was answered; 2xx is a success.")
    problem: str | None = column("problem", "Why there was no answer: ADDRESS (not allowed), NAME, CONNECTION, TLS, TIMEOUT, SECRET.")
    milliseconds: int = column("milliseconds", "How long it took.")


@strawberry.type(description="投递: one notification on its way to one address; sent at least once, always under the same `webhook-id`.")
class WebhookDelivery(Versioned):
    status: DeliveryStatus = column("status", "What became of it.")
    notification: Notification | None = one("notification_id", NOTIFICATIONS, "What is told.")
    attempts: int = column("attempts", "How often it was tried since it was last begun.")
    next_at: datetime = column("next_at", "When it is tried next, while it waits.")
    delivered_at: datetime | None = column("delivered_at", "When it was taken.")
    tries: list[WebhookTry] = items(lambda frame: frame.t.c["tries"], "The last ten tries, oldest first.")
    available_steps: list[Step] = steps(Offered("webhookDeliveryRetry", MANAGE, ("FAILED",), to="PENDING"))


@strawberry.input(description="Which deliveries.")
class WebhookDeliveryFilter:
    status: Among[DeliveryStatus] | None = where("status", "What became of them.")
    webhook: IdFilter | None = where("webhook_id", "To which address.", "hook")
    notification: IdFilter | None = where("notification_id", "Of which notification.", "ntf")
    created_at: RangeFilter[datetime] | None = where("created_at", "When they were begun.")


@strawberry.enum(description="What deliveries may be sorted by.")
class WebhookDeliveryOrder(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="By when they were begun.")
    NEXT_AT = strawberry.enum_value("next_at", description="By when they are tried next.")


DELIVERY_ARGUMENTS = Arguments(WebhookDeliveryFilter, WebhookDeliveryOrder)


@strawberry.type(
    description="回调地址: where an organization's own system is told, signed as Standard Webhooks says. Its secret is never shown again."
)
class Webhook(Versioned):
    status: WebhookStatus = column("status", "Whether it is told.")
    url: str = column("url", "The address.")
    kinds: list[NotificationKind] = column("kinds", "What it is told of; everything where there are none.")
    organization: Organization | None = one("organization_id", ORGANIZATIONS, "Whose it is.")
    failing_since: datetime | None = column("failing_since", "Since when nothing was taken; null while it works.")
    deliveries: Connection[WebhookDelivery] = page(
        "webhook_id", DELIVERIES, "What was sent there, newest first.", type=Connection[WebhookDelivery], arguments=DELIVERY_ARGUMENTS
    )
    available_steps: list[Step] = steps(
        Offered("webhookResume", MANAGE, ("SUSPENDED",), to="ACTIVE"), Offered("webhookClose", MANAGE, ("ACTIVE", "SUSPENDED"), to="CLOSED")
    )


@strawberry.input(description="Which addresses.")
class WebhookFilter:
    status: Among[WebhookStatus] | None = where("status", "Whether they are told.")


@strawberry.input(description="An address to tell.")
class WebhookRegisterInput(Keyed):
    url: str = strawberry.field(description="An https address outside of the own network, at most 500 characters.")
    kinds: list[NotificationKind] = strawberry.field(description="What to tell of; everything where the list is empty.")


@strawberry.input(description="Which address is told again.")
class WebhookResumeInput(Keyed):
    webhook: strawberry.ID = strawberry.field(description="The address.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="Which address is told no more.")
class WebhookCloseInput(WebhookResumeInput):
    reason: str = strawberry.field(description="Why, at most 500 characters.")


@strawberry.input(description="Which delivery to begin anew.")
class WebhookDeliveryRetryInput(Keyed):
    webhook_delivery: strawberry.ID = strawberry.field(description="One that was given up.")
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.type(description="A new address and its secret.")
class WebhookRegisterPayload:
    webhook: Webhook | None = given("webhook", WEBHOOKS, "The address.")
    secret: str | None = bound("secret", "The secret that signs, `whsec_…`: shown this once, null under the same key again.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="An address after a step.")
class WebhookPayload:
    webhook: Webhook | None = given("webhook", WEBHOOKS, "The address.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


@strawberry.type(description="A delivery after a step.")
class WebhookDeliveryPayload:
    webhook_delivery: WebhookDelivery | None = given("webhook_delivery", DELIVERIES, "The delivery.")
    event: Event | None = given("event", EVENTS, "The event written.")
    replayed: bool = bound("replayed", "Whether this key was answered before.")


def fresh_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


@strawberry.type
class Query:
    webhooks: Connection[Webhook] | None = page(
        None, WEBHOOKS, "The addresses of the own organization.", type=Connection[Webhook], arguments=Arguments(WebhookFilter)
    )
    webhook: Webhook | None = row(WEBHOOKS, "One address.", Webhook)
    webhook_deliveries: Connection[WebhookDelivery] | None = page(
        None, DELIVERIES, "What was sent to the own addresses, newest first.", type=Connection[WebhookDelivery], arguments=DELIVERY_ARGUMENTS
    )
    webhook_delivery: WebhookDelivery | None = row(DELIVERIES, "One delivery.", WebhookDelivery)


@strawberry.type
class Mutation:
    @mutation(MANAGE, "Register an address of the own organization's system; at most ten at a time.")
    async def webhook_register(call: Call, input: WebhookRegisterInput) -> WebhookRegisterPayload:
        home = await memberships.place_of(call.session, call.act.organization_id)
        made = webhooks.drafted(home, input.url, kinds=input.kinds, plain=call.context.inside)
        call.require(MANAGE, made)
        call.told["secret"] = fresh_secret()
        event = await webhooks.register(call.session, made, call.told["secret"], keys=call.context.id_keys, act=call.act)
        return changed(WebhookRegisterPayload, webhook=made.id, event=event.id)

    @mutation(MANAGE, "Tell a suspended address again, also of what has waited since.")
    async def webhook_resume(call: Call, input: WebhookResumeInput) -> WebhookPayload:
        found = await call.fetch(WEBHOOKS, input.webhook, to=MANAGE, version=input.expected_version)
        event = await webhooks.resume(call.session, found, act=call.act)
        return changed(WebhookPayload, webhook=found.id, event=event.id)

    @mutation(MANAGE, "注销: tell an address no more. Its deliveries stay to be read.")
    async def webhook_close(call: Call, input: WebhookCloseInput) -> WebhookPayload:
        found = await call.fetch(WEBHOOKS, input.webhook, to=MANAGE, version=input.expected_version)
        event = await webhooks.close(call.session, found, input.reason, act=call.act)
        return changed(WebhookPayload, webhook=found.id, event=event.id)

    @mutation(MANAGE, "Begin anew with a delivery that was given up.")
    async def webhook_delivery_retry(call: Call, input: WebhookDeliveryRetryInput) -> WebhookDeliveryPayload:
        found = await call.fetch(DELIVERIES, input.webhook_delivery, to=MANAGE, version=input.expected_version)
        event = await webhooks.retry(call.session, found, act=call.act)
        return changed(WebhookDeliveryPayload, webhook_delivery=found.id, event=event.id)
