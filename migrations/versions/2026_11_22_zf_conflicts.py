"""Conflicts on record: who may not go to which agency, before any draw.

An agency stands behind the wall of who keeps the row: it sees what it applied for itself and nothing else. The rules read person, agency, days
and status beyond every wall, and no text.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.words import NOTIFICATION_KINDS, allowed, no_more_told

revision: str = "zf_conflicts"
down_revision: str | None = "ze_plans"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
KINDS = ("CONFLICT_RECORDED", "CONFLICT_APPLIED", "CONFLICT_ACCEPTED", "CONFLICT_REJECTED", "CONFLICT_ENDED")
WALLS = {
    "wall_center": ("center_id", "app.center"),
    "wall_district": ("district_id", "app.district"),
    "wall_agency": ("organization_id", "app.organization"),
    "wall_person": ("person_id", "app.person"),
}
REFERENCES = {
    **dict.fromkeys(("center_id", "district_id", "agency_id", "organization_id"), "organization"),
    **dict.fromkeys(("person_id", "declared_by", "decided_by"), "person"),
    "assignment_id": "assignment",
}
CHECKS = {
    "has_agency": "agency_id IS NOT NULL",
    "dates_in_order": "ends_on > starts_on",
    "applied_for_by_the_agency": "(origin = 'AGENCY') = (organization_id = agency_id)",
    "applied_for_on_notice": "(origin = 'AGENCY') = (assignment_id IS NOT NULL)",
    "own_word": "origin <> 'PERSON' OR declared_by = person_id",
    "counts_at_once": "origin = 'AGENCY' OR (accepted_at IS NOT NULL AND decided_by IS NULL)",
    "accepted_has_instant": "status = 'ENDED' OR (status = 'ACCEPTED') = (accepted_at IS NOT NULL)",
    "rejected_is_said": "(status = 'REJECTED') = (answer IS NOT NULL)",
    "decided_by_somebody": "origin <> 'AGENCY' OR (decided_by IS NOT NULL) = (accepted_at IS NOT NULL OR answer IS NOT NULL)",
    "decided_by_another": "decided_by <> person_id",
    "ended_has_instant": "(status = 'ENDED') = (ended_at IS NOT NULL)",
}
INDEXES: dict[str, tuple[str, ...]] = {
    "ix_conflict_center_id_id": ("center_id", "id"),
    "ix_conflict_district_id_id": ("district_id", "id"),
    "ix_conflict_organization_id_id": ("organization_id", "id"),
    "ix_conflict_agency_id": ("agency_id",),
    "ix_conflict_person_agency": ("person_id", "agency_id"),
}
ONE_OPEN = ("person_id", "agency_id", "organization_id", "origin", "kind")
STAYS = ("person_id", "agency_id", "organization_id", "origin", "kind", "text", "starts_on", "ends_on", "declared_by", "declared_at", "assignment_id")
FACTS = "person_id, agency_id, status, starts_on, ends_on"


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    allowed(*NOTIFICATION_KINDS, more=KINDS)
    op.create_table(
        "conflict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=name in {"district_id", "agency_id", "decided_by", "assignment_id"}) for name in REFERENCES),
        choice("kind", "conflict_kind", "KINSHIP", "INTEREST", "FORMER_EMPLOYMENT", "TEACHING", "OTHER"),
        choice("origin", "conflict_origin", "PERSON", "DISPATCHER", "AGENCY"),
        choice("status", "conflict_status", "DECLARED", "ACCEPTED", "REJECTED", "ENDED"),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("declared_at", INSTANT, nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict")),
        *(sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_conflict_{name}")) for name, target in REFERENCES.items()),
        *(sa.CheckConstraint(test, name=op.f(f"ck_conflict_{name}")) for name, test in CHECKS.items()),
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "conflict", list(columns))
    op.create_index("uq_conflict_one_open", "conflict", list(ONE_OPEN), unique=True, postgresql_where=sa.text("status IN ('DECLARED', 'ACCEPTED')"))
    old, new = (", ".join(f"{which}.{column}" for column in STAYS) for which in ("OLD", "NEW"))
    op.execute(
        f"CREATE TRIGGER what_was_said_stays BEFORE UPDATE ON conflict FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))"
        " EXECUTE FUNCTION refuse_change()"
    )
    op.execute("ALTER TABLE conflict ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE conflict FORCE ROW LEVEL SECURITY")
    for wall, (column, setting) in WALLS.items():
        op.execute(f"CREATE POLICY {wall} ON conflict TO {wall} USING ({column} = nullif(current_setting('{setting}', true), '')::uuid)")
    op.execute(f"GRANT SELECT ({FACTS}) ON conflict TO wall_rules")
    op.execute("CREATE POLICY wall_rules ON conflict FOR SELECT TO wall_rules USING (true)")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    op.drop_table("conflict")
    no_more_told(KINDS)


def choice(column: str, name: str, *values: str) -> sa.Column[object]:
    return sa.Column(column, sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32), nullable=False)
