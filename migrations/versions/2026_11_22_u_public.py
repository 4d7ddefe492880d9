"""What the public is told of draws and inspections (一公开).

Everybody reads these rows, so no row-level security hides them; a trigger is the wall for who writes: only what lies in the own center or district.
What was told is never changed: an outcome is added to a draw once, a result is withdrawn once.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "u_public"
down_revision: str | None = "t_entry"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
TENANTS = ("center_id", "district_id", "agency_id")
TOLD = {
    "public_draw": "draw_id, dispatcher_name, district_name, month, year, public_source, pool_digest, commitment, sessions_needed, announced_at",
    "public_result": "inspection_id, public_draw_id, edition, dispatcher_name, district_name, agency_name, form, year, inspected_on, occupation, lines,"
    " findings, score, score_of, rating, requires_rectification, published_at",
}
OVER = {"public_draw": "ANNOUNCED", "public_result": "PUBLISHED"}
"""The one state that something may still be added in."""

WRITTEN_INSIDE = """
CREATE FUNCTION refuse_foreign_publication() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user IN ('dudao_app', 'wall_agency', 'wall_person')
        OR (current_user = 'wall_center' AND NEW.center_id IS DISTINCT FROM nullif(current_setting('app.center', true), '')::uuid)
        OR (current_user = 'wall_district' AND NEW.district_id IS DISTINCT FROM nullif(current_setting('app.district', true), '')::uuid) THEN
        RAISE EXCEPTION 'nothing is published for another center or district' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    draws()
    results()
    op.create_index("uq_public_result_one_in_force", "public_result", ["inspection_id"], unique=True, postgresql_where=sa.text("status = 'PUBLISHED'"))
    for columns in (("public_draw_id",), ("published_at", "id"), ("inspected_on", "id")):
        op.create_index(f"ix_public_result_{'_'.join(columns)}", "public_result", list(columns))
    op.execute(WRITTEN_INSIDE)
    for table, told in TOLD.items():
        op.execute(
            f"CREATE TRIGGER told_stays BEFORE UPDATE OF id, {', '.join(TENANTS)}, {told} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER over_stays BEFORE UPDATE ON {table} FOR EACH ROW"
            f" WHEN (OLD.status <> '{OVER[table]}') EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER written_inside BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_foreign_publication()"
        )


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    for table in reversed(TOLD):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_foreign_publication()")


def made(table: str, *said: sa.Column[object], references: dict[str, str], checks: dict[str, str], unique: tuple[str, ...]) -> None:
    targets = dict.fromkeys(TENANTS, "organization") | references
    optional = {"district_id", "agency_id", "public_draw_id"}
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *(sa.Column(column, sa.Uuid(), nullable=column in optional) for column in targets),
        *said,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}")) for column, target in targets.items()),
        *(sa.CheckConstraint(test, name=op.f(f"ck_{table}_{name}")) for name, test in checks.items()),
        sa.UniqueConstraint(*unique, name=op.f(f"uq_{table}_{'_'.join(unique)}")),
    )


def draws() -> None:
    made(
        "public_draw",
        *(text("dispatcher_name", 120), text("district_name", 120, nullable=True), text("month", 7), integer("year")),
        choice("status", "public_draw_status", "ANNOUNCED", "DISCLOSED", "VOIDED"),
        *(text("public_source", 200), text("pool_digest", 64), text("commitment", 64), integer("sessions_needed"), instant("announced_at")),
        *(text("public_value", 200, nullable=True), text("secret", 64, nullable=True), text("seed", 64, nullable=True)),
        sa.Column("targets", postgresql.JSONB(none_as_null=True), server_default="[]", nullable=False),
        *(instant("disclosed_at", nullable=True), instant("voided_at", nullable=True)),
        references={"draw_id": "draw"},
        checks={
            "disclosed_when": "(status = 'DISCLOSED') = (disclosed_at IS NOT NULL)",
            "voided_when": "(status = 'VOIDED') = (voided_at IS NOT NULL)",
            "seed_with_its_parts": "num_nulls(seed, secret, public_value, disclosed_at) IN (0, 4)",
            "targets_with_the_seed": "seed IS NOT NULL OR targets = '[]'",
        },
        unique=("draw_id",),
    )


def results() -> None:
    made(
        "public_result",
        *(integer("edition"), text("dispatcher_name", 120), text("district_name", 120, nullable=True), text("agency_name", 120)),
        choice("form", "inspection_form", "ONSITE", "SPOT_CHECK", "SPECIAL", "ANNUAL", "COMPREHENSIVE"),
        integer("year"),
        day("inspected_on"),
        text("occupation", 80, nullable=True),
        choice("status", "public_result_status", "PUBLISHED", "WITHDRAWN"),
        *(integer("lines"), integer("findings"), integer("score", nullable=True), integer("score_of", nullable=True)),
        choice("rating", "rating", "EXCELLENT", "GOOD", "QUALIFIED", "UNQUALIFIED", nullable=True),
        yes_or_no("requires_rectification"),
        instant("published_at"),
        *(instant("withdrawn_at", nullable=True), text("withdraw_reason", 500, nullable=True)),
        references={"inspection_id": "inspection", "public_draw_id": "public_draw"},
        checks={
            "has_agency": "agency_id IS NOT NULL",
            "withdrawn_when": "(status = 'WITHDRAWN') = (withdrawn_at IS NOT NULL)",
            "withdrawn_has_reason": "(withdrawn_at IS NULL) = (withdraw_reason IS NULL)",
            "score_has_measure": "(score IS NULL) = (score_of IS NULL)",
            "findings_of_lines": "findings >= 0 AND findings <= lines",
        },
        unique=("inspection_id", "edition"),
    )


def text(name: str, most: int, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(length=most), nullable=nullable)


def integer(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, INSTANT, nullable=nullable)


def choice(column: str, name: str, *values: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(column, sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32), nullable=nullable)


def day(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=False)


def yes_or_no(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean(), nullable=False)
