"""Addresses of organizations' own systems that are told of what happens, and what became of each message."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, literal_column
from sqlmodel import Field

from models.base import Instant, Json, Placed, Row, choice, listed


class WebhookStatus(StrEnum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


class DeliveryStatus(StrEnum):
    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class Webhook(Row, Placed, table=True):
    """An address and what it is told of; no kinds are all of them. The secret is sealed: it signs, so a hash would not do."""

    __tablename__ = "webhook"
    __table_args__ = (
        *listed(),
        CheckConstraint("status <> 'SUSPENDED' OR failing_since IS NOT NULL", "suspended_for_failing"),
        Index("uq_webhook_one_open", "organization_id", "url", unique=True, postgresql_where=literal_column("status <> 'CLOSED'")),
    )
    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    url: str = Field(max_length=500)
    kinds: list[str] = Field(sa_type=Json)
    status: WebhookStatus = Field(default=WebhookStatus.ACTIVE, sa_type=choice(WebhookStatus))
    secret_sealed: bytes
    failing_since: datetime | None = Field(default=None, sa_type=Instant)


class WebhookDelivery(Row, Placed, table=True):
    """One notification for one address. `tries` are the last ones, each with its instant, status or problem, and duration."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "notification_id"),
        *listed(),
        CheckConstraint("(status = 'DELIVERED') = (delivered_at IS NOT NULL)", "delivered_has_instant"),
        Index("ix_webhook_delivery_waiting", "center_id", "next_at", postgresql_where=literal_column("status = 'PENDING'")),
    )
    webhook_id: UUID = Field(foreign_key="webhook.id")
    organization_id: UUID = Field(foreign_key="organization.id")
    notification_id: UUID = Field(foreign_key="notification.id")
    status: DeliveryStatus = Field(default=DeliveryStatus.PENDING, sa_type=choice(DeliveryStatus))
    attempts: int = 0
    next_at: datetime = Field(sa_type=Instant)
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
    tries: list[dict[str, Any]] = Field(sa_type=Json)
