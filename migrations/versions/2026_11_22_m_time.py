"""What time brings: notifications told from the chains of events, reminders given once, webhooks and their deliveries; terms that are about to end.

The event is its own outbox: it is written in the transaction that causes it, and `relay` says up to which one everything has been told. What had
happened before this release is told to nobody.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "m_time"
down_revision: str | None = "l_life"
branch_labels = None
depends_on = None

HOUSE = "00000000-0000-7000-8000-000000000001"
KINDS = (
    *("OFFER_MADE", "OFFER_LAPSED", "OFFER_DECLINED", "OFFER_WITHDRAWN", "PLACE_UNFILLED", "DRAW_COMMITTED", "NOTICE_SERVED"),
    *("OPINION_SERVED", "OPINION_OVERDUE", "REPORT_OVERDUE", "RECTIFICATION_SUBMITTED", "RECTIFICATION_SENT_BACK", "RECTIFICATION_ACCEPTED"),
    *("RECTIFICATION_DUE", "RECTIFICATION_OVERDUE", "MONTHLY_RETURN_DUE", "MONTHLY_RETURN_OVERDUE", "MONTHLY_RETURN_FILED"),
    *("MONTHLY_RETURN_SENT_BACK", "APPOINTMENT_EXPIRING", "APPOINTMENT_EXPIRED", "SUPERVISOR_CASE_OPENED", "CARD_SUSPENDED", "CARD_REVOKED"),
    *("BLACKLIST_LISTED", "BLACKLIST_REVIEW_DUE", "WEBHOOK_SUSPENDED"),
)
SETTINGS = {"center_id": "app.center", "district_id": "app.district", "agency_id": "app.agency", "person_id": "app.person"}
USUAL = {"wall_center": "center_id", "wall_district": "district_id", "wall_agency": "agency_id"}
TABLES = {
    "notification": {**USUAL, "wall_person": "person_id"},
    "webhook": USUAL,
    "webhook_delivery": USUAL,
    "reminder": {"wall_center": "center_id"},
    "relay": {"wall_center": "center_id"},
}
IN_TERM = "status IN ('ACTIVE', 'EXPIRING')"

TOLD = """
CREATE FUNCTION refuse_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.kind, OLD.organization_id, OLD.person_id, OLD.event_id, OLD.subject_id, OLD.occasion, OLD.at)
     IS DISTINCT FROM (NEW.kind, NEW.organization_id, NEW.person_id, NEW.event_id, NEW.subject_id, NEW.occasion, NEW.at)
     OR (OLD.read_at IS NOT NULL AND (OLD.read_at, OLD.read_by) IS DISTINCT FROM (NEW.read_at, NEW.read_by)) THEN
    RAISE EXCEPTION 'what was told is never changed' USING ERRCODE = 'DU001';
  END IF;
  RETURN NEW;
END $$
"""
FORWARD = """
CREATE FUNCTION refuse_backward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.sequence < OLD.sequence OR NEW.organization_id <> OLD.organization_id THEN
    RAISE EXCEPTION 'nothing is told twice' USING ERRCODE = 'DU001';
  END IF;
  RETURN NEW;
END $$
"""


def chosen(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def instant(name: str, *, nullable: bool = False, now: bool = False) -> "sa.Column[object]":
    default = sa.text("clock_timestamp()") if now else None
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True), server_default=default, nullable=nullable)


def placed() -> "list[sa.Column[object]]":
    """The columns that every row of a tenant has."""
    return [
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        instant("created_at", now=True),
        instant("updated_at", now=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
    ]


def refers(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [sa.ForeignKeyConstraint([one], [f"{to}.id"], name=f"fk_{table}_{one}") for one, to in columns.items()]


def notifications() -> None:
    op.create_table(
        "notification",
        *placed(),
        sa.Column("kind", chosen("notification_kind", *KINDS), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("occasion", sa.String(length=40), nullable=True),
        instant("at"),
        sa.Column("status", chosen("notification_status", "UNREAD", "READ"), nullable=False),
        instant("read_at", nullable=True),
        sa.Column("read_by", sa.Uuid(), nullable=True),
        instant("relayed_at", nullable=True),
        sa.CheckConstraint("num_nonnulls(organization_id, person_id) = 1", name=op.f("ck_notification_one_recipient")),
        sa.CheckConstraint(
            "(status = 'READ') = (read_at IS NOT NULL) AND (read_at IS NULL) = (read_by IS NULL)", name=op.f("ck_notification_read_by_somebody")
        ),
        *refers("notification", organization_id="organization", person_id="person", read_by="person"),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sa.UniqueConstraint(
            "event_id", "kind", "organization_id", "person_id",
            name="uq_notification_event_id_kind_organization_id_person_id", postgresql_nulls_not_distinct=True,
        ),
    )
    for column in ("center_id", "district_id", "agency_id", "organization_id", "person_id"):
        op.create_index(f"ix_notification_{column}_id", "notification", [column, "id"])
    op.create_index("ix_notification_untold", "notification", ["center_id", "id"], postgresql_where=sa.text("relayed_at IS NULL"))
    op.create_table(
        "reminder",
        *placed(),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("occasion", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reminder"),
        sa.UniqueConstraint("subject_id", "step", "occasion", name="uq_reminder_subject_id_step_occasion"),
    )
    op.create_table(
        "relay",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        *refers("relay", organization_id="organization"),
        sa.PrimaryKeyConstraint("organization_id", name="pk_relay"),
    )
    op.create_index("ix_relay_center_id", "relay", ["center_id"])


def webhooks() -> None:
    op.create_table(
        "webhook",
        *placed(),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("kinds", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("status", chosen("webhook_status", "ACTIVE", "SUSPENDED", "CLOSED"), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        instant("failing_since", nullable=True),
        sa.CheckConstraint("status <> 'SUSPENDED' OR failing_since IS NOT NULL", name=op.f("ck_webhook_suspended_for_failing")),
        *refers("webhook", organization_id="organization"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
    )
    op.create_index("ix_webhook_organization_id", "webhook", ["organization_id"])
    op.create_index("uq_webhook_one_open", "webhook", ["organization_id", "url"], unique=True, postgresql_where=sa.text("status <> 'CLOSED'"))
    op.create_table(
        "webhook_delivery",
        *placed(),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("status", chosen("delivery_status", "PENDING", "DELIVERED", "FAILED"), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        instant("next_at"),
        instant("delivered_at", nullable=True),
        sa.Column("tries", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.CheckConstraint("(status = 'DELIVERED') = (delivered_at IS NOT NULL)", name=op.f("ck_webhook_delivery_delivered_has_instant")),
        *refers("webhook_delivery", webhook_id="webhook", organization_id="organization", notification_id="notification"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_delivery"),
        sa.UniqueConstraint("webhook_id", "notification_id", name="uq_webhook_delivery_webhook_id_notification_id"),
    )
    for table in ("webhook", "webhook_delivery"):
        for column in ("center_id", "district_id", "agency_id"):
            op.create_index(f"ix_{table}_{column}_id", table, [column, "id"])
    op.create_index("ix_webhook_delivery_waiting", "webhook_delivery", ["center_id", "next_at"], postgresql_where=sa.text("status = 'PENDING'"))


def walls() -> None:
    for table, said in TABLES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for wall, column in said.items():
            op.execute(f"CREATE POLICY {wall} ON {table} TO {wall} USING ({column} = nullif(current_setting('{SETTINGS[column]}', true), '')::uuid)")


def terms(*statuses: str, held: str) -> None:
    """Which states a term may have, and in which it excludes another."""
    op.drop_constraint("ck_appointment_appointment_status", "appointment")
    op.drop_constraint("ex_appointment_one_at_a_time", "appointment")
    listed = ", ".join(f"'{one}'" for one in statuses)
    op.create_check_constraint(op.f("ck_appointment_appointment_status"), "appointment", f"status IN ({listed})")
    op.create_exclude_constraint(
        "ex_appointment_one_at_a_time", "appointment", ("supervisor_id", "="), (sa.literal_column("daterange(starts_on, ends_on)"), "&&"),
        where=sa.text(held), using="gist",
    )


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    notifications()
    webhooks()
    walls()
    op.execute(TOLD)
    op.execute(FORWARD)
    op.execute("CREATE TRIGGER told BEFORE UPDATE ON notification FOR EACH ROW EXECUTE FUNCTION refuse_told()")
    op.execute("CREATE TRIGGER forward BEFORE UPDATE ON relay FOR EACH ROW EXECUTE FUNCTION refuse_backward()")
    op.execute("CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON reminder FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("REVOKE UPDATE ON reminder FROM dudao_app, wall_center, wall_district, wall_agency, wall_person")
    terms("ACTIVE", "EXPIRING", "EXPIRED", "TERMINATED", held=IN_TERM)
    op.create_index("ix_appointment_ending", "appointment", ["center_id", "ends_on"], postgresql_where=sa.text(IN_TERM))
    for table in ("account", "membership"):
        op.create_check_constraint(op.f(f"ck_{table}_nobody_is_the_house"), table, f"person_id <> '{HOUSE}'")
    op.execute(
        "INSERT INTO relay (organization_id, center_id, sequence)"
        " SELECT h.organization_id, o.center_id, h.sequence FROM chain_head h JOIN organization o ON o.id = h.organization_id"
    )


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    for table in ("account", "membership"):
        op.drop_constraint(f"ck_{table}_nobody_is_the_house", table)
    op.drop_index("ix_appointment_ending", "appointment")
    op.execute("UPDATE appointment SET status = 'ACTIVE' WHERE status = 'EXPIRING'")
    terms("ACTIVE", "EXPIRED", "TERMINATED", held="status = 'ACTIVE'")
    for table in ("webhook_delivery", "webhook", "relay", "reminder", "notification"):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_told()")
    op.execute("DROP FUNCTION refuse_backward()")
