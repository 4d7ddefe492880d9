"""Every decision is on record, chained beside the events."""

import sqlalchemy as sa
from alembic import op

revision: str = "f_decisions"
down_revision: str | None = "e_members"
branch_labels = None
depends_on = None

INDEXED = ("center_id", "district_id", "agency_id", "person_id", "object_id")


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(32), nullable=True),
        sa.Column("policy", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("article", sa.String(500), nullable=True),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("object_kind", sa.String(40), nullable=True),
        sa.Column("object_id", sa.String(60), nullable=True),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(500), nullable=True),
        sa.Column("request_id", sa.String(128), nullable=True),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("outcome IN ('ALLOWED', 'DENIED')", name=op.f("ck_decision_outcome")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_decision_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("organization_id", "sequence", name=op.f("uq_decision_organization_id_sequence")),
    )
    for column in INDEXED:
        op.create_index(op.f(f"ix_decision_{column}"), "decision", [column])
    op.execute("CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON decision FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("REVOKE UPDATE ON decision FROM dudao_app")
    op.execute("GRANT SELECT ON decision TO dudao_auditor")
    op.add_column("chain_head", sa.Column("decision_sequence", sa.Integer(), server_default="0", nullable=False))
    op.add_column("chain_head", sa.Column("decision_digest", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.drop_column("chain_head", "decision_digest")
    op.drop_column("chain_head", "decision_sequence")
    op.drop_table("decision")
