"""The policy is versioned data."""

from alembic import op

revision: str = "g_policy"
down_revision: str | None = "f_decisions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
