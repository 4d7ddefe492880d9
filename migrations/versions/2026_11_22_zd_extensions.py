"""More time to rectify: until when it was asked for and why, and the answer."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.words import NOTIFICATION_KINDS, allowed, no_more_told

revision: str = "zd_extensions"
down_revision: str | None = "zc_appeals"
branch_labels = None
depends_on = None

KINDS = ("EXTENSION_REQUESTED", "EXTENSION_DECIDED")
COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "extension_until": sa.Date(),
    "extension_reason": sa.String(2000),
    "extension_asked_at": sa.TIMESTAMP(timezone=True),
    "extension_granted": sa.Boolean(),
    "extension_refusal": sa.String(2000),
}
CHECKS = {
    "extension_is_whole": "num_nonnulls(extension_until, extension_reason, extension_asked_at) IN (0, 3)",
    "extension_is_asked": "extension_granted IS NULL OR extension_until IS NOT NULL",
    "extension_refusal_is_said": "(extension_refusal IS NOT NULL) = (extension_granted IS FALSE)",
    "extension_counts": "extension_granted IS NOT TRUE OR due_on = extension_until",
}


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    allowed(*NOTIFICATION_KINDS, more=KINDS)
    for column, kind in COLUMNS.items():
        op.add_column("rectification", sa.Column(column, kind, nullable=True))
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_rectification_{name}"), "rectification", condition)
    op.execute(
        "CREATE TRIGGER extension_stays BEFORE UPDATE OF extension_until, extension_reason, extension_asked_at ON rectification FOR EACH ROW"
        " WHEN (OLD.extension_until IS NOT NULL AND (OLD.extension_until, OLD.extension_reason, OLD.extension_asked_at)"
        " IS DISTINCT FROM (NEW.extension_until, NEW.extension_reason, NEW.extension_asked_at)) EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    op.execute("DROP TRIGGER extension_stays ON rectification")
    for name in CHECKS:
        op.drop_constraint(f"ck_rectification_{name}", "rectification")
    for column in COLUMNS:
        op.drop_column("rectification", column)
    no_more_told(KINDS)
