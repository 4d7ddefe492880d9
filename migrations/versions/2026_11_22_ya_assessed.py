"""Which agency a session was at, for the rules that look beyond the wall: who was an assessor there lately."""

from alembic import op

revision: str = "ya_assessed"
down_revision: str | None = "y_told"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("GRANT SELECT (agency_id) ON recognition_session TO wall_rules")


def downgrade() -> None:
    op.execute("REVOKE SELECT (agency_id) ON recognition_session FROM wall_rules")
