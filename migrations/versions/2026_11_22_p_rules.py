"""实施细则 of districts and agencies, and the working days of a center.

Both are registries: implementing rules and holidays are read by all institutions, and a proposal is kept from others by right. What a version says
never changes, and a version that was decided does not change at all.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "p_rules"
down_revision: str | None = "o_evidence"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
JSON = postgresql.JSONB(none_as_null=True)
TENANTS = ("center_id", "district_id", "agency_id")

DECIDED = """
CREATE FUNCTION refuse_decided_overlay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status <> 'PROPOSED'
     OR (OLD.organization_id, OLD.number, OLD.title, OLD.effective_from, OLD.rules) IS DISTINCT FROM
        (NEW.organization_id, NEW.number, NEW.title, NEW.effective_from, NEW.rules) THEN
    RAISE EXCEPTION 'implementing rules are never changed, a later version stands for them' USING ERRCODE = 'DU001';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    overlays()
    holidays()
    op.execute(DECIDED)
    op.execute("CREATE TRIGGER decided BEFORE UPDATE ON overlay FOR EACH ROW EXECUTE FUNCTION refuse_decided_overlay()")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.drop_table("holiday_calendar")
    op.drop_table("overlay")
    op.execute("DROP FUNCTION refuse_decided_overlay()")


def every() -> list[sa.Column[object]]:
    """What every table with tenants has."""
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
    ]


def refers(table: str, column: str, target: str = "organization") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def overlays() -> None:
    status = sa.Enum("PROPOSED", "PUBLISHED", "WITHDRAWN", name="overlay_status", native_enum=False, create_constraint=True, length=32)
    decided = "(status = 'PROPOSED') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)"
    op.create_table(
        "overlay",
        *every(),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("status", status, nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("difference", JSON, nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overlay")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_overlay_organization_id_number")),
        *(refers("overlay", column) for column in (*TENANTS, "organization_id")),
        *(refers("overlay", column, "person") for column in ("proposed_by", "decided_by")),
        refers("overlay", "profile_id", "profile"),
        refers("overlay", "parent_id", "overlay"),
        sa.CheckConstraint("organization_id <> center_id AND organization_id IN (district_id, agency_id)", name=op.f("ck_overlay_below_the_center")),
        sa.CheckConstraint(decided, name=op.f("ck_overlay_decided_is_somebodys")),
        sa.CheckConstraint("number > 0", name=op.f("ck_overlay_number_counts")),
    )
    for tenant in TENANTS:
        op.create_index(f"ix_overlay_{tenant}_id", "overlay", [tenant, "id"])
    open_, published = sa.text("status = 'PROPOSED'"), sa.text("status = 'PUBLISHED'")
    op.create_index("uq_overlay_one_open", "overlay", ["organization_id"], unique=True, postgresql_where=open_)
    op.create_index("uq_overlay_one_a_day", "overlay", ["organization_id", "effective_from"], unique=True, postgresql_where=published)


def holidays() -> None:
    op.create_table(
        "holiday_calendar",
        *every(),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("days_off", JSON, nullable=False),
        sa.Column("working_days", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holiday_calendar")),
        sa.UniqueConstraint("center_id", "year", name=op.f("uq_holiday_calendar_center_id_year")),
        *(refers("holiday_calendar", column) for column in TENANTS),
        sa.CheckConstraint("district_id IS NULL AND agency_id IS NULL", name=op.f("ck_holiday_calendar_of_a_center")),
        sa.CheckConstraint("year BETWEEN 2000 AND 2999", name=op.f("ck_holiday_calendar_year")),
    )
