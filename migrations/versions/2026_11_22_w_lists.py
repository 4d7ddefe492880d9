"""Indexes of lists that stood only behind another row until now: findings, checks of candidates, supervision reports, terms."""

import sqlalchemy as sa
from alembic import op

revision: str = "w_lists"
down_revision: str | None = "v_follow"
branch_labels = None
depends_on = None

TIERS = ("center_id", "district_id", "agency_id")
LISTED = {"appointment": TIERS, "candidate_check": TIERS, "finding": TIERS, "supervision_report": ("center_id", "district_id")}


def upgrade() -> None:
    op.execute(sa.text("SET LOCAL statement_timeout = '60s'"))
    for table, tiers in LISTED.items():
        for tier in tiers:
            op.create_index(f"ix_{table}_{tier}_id", table, [tier, "id"])


def downgrade() -> None:
    op.execute(sa.text("SET LOCAL statement_timeout = '60s'"))
    for table, tiers in LISTED.items():
        for tier in tiers:
            op.drop_index(f"ix_{table}_{tier}_id", table)
