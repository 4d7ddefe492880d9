"""Memberships may be delegated."""

from alembic import op

revision: str = "e_members"
down_revision: str | None = "d_identity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
