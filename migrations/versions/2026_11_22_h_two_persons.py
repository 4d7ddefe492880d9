"""Grave acts take two persons."""

from alembic import op

revision: str = "h_two_persons"
down_revision: str | None = "g_policy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
