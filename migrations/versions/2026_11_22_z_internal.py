"""An agency's own inspections (内督) are of a session of its own and sent by itself, one for each session and internal supervisor."""

import sqlalchemy as sa
from alembic import op

revision: str = "z_internal"
down_revision: str | None = "ya_assessed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    op.create_check_constraint(
        op.f("ck_inspection_internal_by_the_agency"),
        "inspection",
        "NOT internal OR (dispatcher_id = agency_id AND recognition_session_id IS NOT NULL AND draw_id IS NULL)",
    )
    op.create_index(
        "uq_assignment_internal_once", "assignment", ["recognition_session_id", "supervisor_id"], unique=True, postgresql_where=sa.literal_column("internal")
    )


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    op.drop_index("uq_assignment_internal_once", table_name="assignment")
    op.drop_constraint("ck_inspection_internal_by_the_agency", "inspection")
