"""What whoever raised a report proposes (000 §8(七))."""

import sqlalchemy as sa
from alembic import op

revision: str = "zh_advice"
down_revision: str | None = "zg_applications"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("serious_violation_report", sa.Column("advice", sa.String(2000), nullable=True))


def downgrade() -> None:
    op.drop_column("serious_violation_report", "advice")
