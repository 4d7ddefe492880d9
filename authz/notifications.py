"""Notifications: whom they are for. Webhooks and their deliveries: the organization's own administrators."""

from authz.actions import Action
from authz.relations import OWN_ORG, SELF, Meanings, Relation
from models.notifications import Notification
from models.webhooks import Webhook, WebhookDelivery

READ = {Notification: Action.NOTIFICATION_READ, Webhook: Action.WEBHOOK_READ, WebhookDelivery: Action.WEBHOOK_READ}

MEANINGS: Meanings = {
    Notification: {Relation.OWN_ORG: OWN_ORG, Relation.SELF: SELF},
    Webhook: {Relation.OWN_ORG: OWN_ORG},
    WebhookDelivery: {Relation.OWN_ORG: OWN_ORG},
}
