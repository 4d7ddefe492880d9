"""Id numbers are kept as ciphertext, and who reads personal columns is written down."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "d_identity"
down_revision: str | None = "c_rules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.add_column("person", sa.Column("id_sealed", sa.LargeBinary(), nullable=True))
    op.create_table(
        "disclosure",
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("columns", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_disclosure_{column}_{table}"))
            for column, table in (
                ("center_id", "organization"),
                ("district_id", "organization"),
                ("agency_id", "organization"),
                ("person_id", "person"),
                ("account_id", "account"),
                ("organization_id", "organization"),
            )
        ),
    )
    for column in ("center_id", "district_id", "agency_id", "person_id"):
        op.create_index(op.f(f"ix_disclosure_{column}"), "disclosure", [column])
    op.execute("CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON disclosure FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("REVOKE UPDATE ON disclosure FROM dudao_app")
    op.execute("GRANT SELECT ON disclosure TO dudao_auditor")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.drop_table("disclosure")
    op.drop_column("person", "id_sealed")
