"""Every decision is on record."""

from alembic import op

revision: str = "f_decisions"
down_revision: str | None = "e_members"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
