"""Rechecks after a revocation, and how often an address has asked about cards.

What was found when a recheck was queued is never changed, and one that is settled not at all. The count of an address belongs to no tenant: no wall
has a right to it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "s_figures"
down_revision: str | None = "r_forms"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
SETTINGS = {"center_id": "app.center", "district_id": "app.district", "agency_id": "app.agency"}
WALLS = {"wall_center": "center_id", "wall_district": "district_id", "wall_agency": "agency_id"}
REFERENCES = {
    **dict.fromkeys(SETTINGS, "organization"),
    "case_id": "supervisor_case",
    "inspection_id": "inspection",
    "person_id": "person",
    "issuer_id": "organization",
    "repeated_by_id": "inspection",
    "decided_by": "person",
}
CHECKS = {
    "entered_of_lines": "lines_entered >= 0 AND lines >= lines_entered",
    "high_without_another": "(risk = 'HIGH') = (NOT independent OR (lines > 0 AND lines_entered = lines))",
    "settled_by_somebody": "(status = 'RECHECK') = (decided_by IS NULL)",
    "settled_is_written": "(decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (reason IS NULL)",
    "repeated_by_a_visit": "(status = 'REPEATED') = (repeated_by_id IS NOT NULL)",
    "repeated_by_another": "repeated_by_id <> inspection_id",
}
FOUND = (
    "id, center_id, district_id, agency_id, case_id, inspection_id, person_id, issuer_id, leader, lines, lines_entered, independent, risk, queued_at"
)


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    rechecks()
    op.create_table(
        "public_check",
        sa.Column("address_digest", sa.LargeBinary(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("address_digest", name=op.f("pk_public_check")),
    )
    op.execute("REVOKE ALL ON public_check FROM wall_center, wall_district, wall_agency, wall_person")
    for columns in (("center_id", "id"), ("district_id", "id"), ("inspection_id",), ("issuer_id", "id")):
        op.create_index(f"ix_recheck_{'_'.join(columns)}", "recheck", list(columns))
    op.execute(f"CREATE TRIGGER found_stays BEFORE UPDATE OF {FOUND} ON recheck FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("CREATE TRIGGER settled_stays BEFORE UPDATE ON recheck FOR EACH ROW WHEN (OLD.status <> 'RECHECK') EXECUTE FUNCTION refuse_change()")
    op.execute("ALTER TABLE recheck ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE recheck FORCE ROW LEVEL SECURITY")
    for wall, column in WALLS.items():
        op.execute(f"CREATE POLICY {wall} ON recheck TO {wall} USING ({column} = nullif(current_setting('{SETTINGS[column]}', true), '')::uuid)")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.drop_table("recheck")
    op.drop_table("public_check")


def rechecks() -> None:
    op.create_table(
        "recheck",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=name in {"district_id", "agency_id", "repeated_by_id", "decided_by"}) for name in REFERENCES),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("leader", "independent")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("lines", "lines_entered")),
        choice("risk", "risk", "HIGH", "MEDIUM", "LOW"),
        choice("status", "recheck_status", "RECHECK", "CONFIRMED", "REPEATED"),
        sa.Column("queued_at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("reason", sa.String(length=2000), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recheck")),
        *(sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_recheck_{column}")) for column, target in REFERENCES.items()),
        *(sa.CheckConstraint(test, name=op.f(f"ck_recheck_{name}")) for name, test in CHECKS.items()),
        sa.UniqueConstraint("case_id", "inspection_id", name=op.f("uq_recheck_case_id_inspection_id")),
    )


def choice(column: str, name: str, *values: str) -> sa.Column[object]:
    return sa.Column(column, sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32), nullable=False)
