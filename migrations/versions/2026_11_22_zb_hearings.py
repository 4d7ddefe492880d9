"""Hearings: who called for one, until when the person may speak, and what was said, once and for good."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.words import NOTIFICATION_KINDS, allowed, no_more_told

revision: str = "zb_hearings"
down_revision: str | None = "za_texts"
branch_labels = None
depends_on = None

KINDS = ("SUPERVISOR_CASE_HEARD", "SUPERVISOR_CASE_STATED")
STATUS = ("supervisor_case", "status", "ck_supervisor_case_supervisor_case_status")
COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "hearing_by": sa.Uuid(),
    "hearing_until": sa.Date(),
    "hearing_on": sa.Date(),
    "hearing_place": sa.String(200),
    "statement": sa.String(4000),
    "stated_at": sa.TIMESTAMP(timezone=True),
}
CHECKS = {
    "hearing_is_whole": "num_nonnulls(hearing_by, hearing_until) <> 1 AND (status <> 'HEARING' OR hearing_until IS NOT NULL)",
    "hearing_has_place": "num_nonnulls(hearing_on, hearing_place) <> 1 AND (hearing_on IS NULL OR hearing_on <= hearing_until)",
    "statement_has_instant": "statement IS NULL OR stated_at IS NOT NULL",
    "statement_when_heard": "stated_at IS NULL OR hearing_until IS NOT NULL",
}
DECIDED = "ck_supervisor_case_decided_has_sanction"
ONE_OPEN = "uq_supervisor_case_one_open"


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    allowed(*NOTIFICATION_KINDS, more=KINDS)
    allowed(*STATUS, more=("HEARING",))
    for column, kind in COLUMNS.items():
        op.add_column("supervisor_case", sa.Column(column, kind, nullable=True))
    op.create_foreign_key(op.f("fk_supervisor_case_hearing_by"), "supervisor_case", "person", ["hearing_by"], ["id"])
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_supervisor_case_{name}"), "supervisor_case", condition)
    undecided("'OPENED', 'HEARING'")
    op.execute(
        "CREATE TRIGGER statement_stays BEFORE UPDATE OF statement, stated_at ON supervisor_case FOR EACH ROW"
        " WHEN (OLD.stated_at IS NOT NULL AND (OLD.statement, OLD.stated_at) IS DISTINCT FROM (NEW.statement, NEW.stated_at))"
        " EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    op.execute("DROP TRIGGER statement_stays ON supervisor_case")
    for name in CHECKS:
        op.drop_constraint(f"ck_supervisor_case_{name}", "supervisor_case")
    op.execute("UPDATE supervisor_case SET status = 'OPENED' WHERE status = 'HEARING'")
    undecided("'OPENED'")
    for column in COLUMNS:
        op.drop_column("supervisor_case", column)
    allowed(*STATUS, fewer=("HEARING",))
    no_more_told(KINDS)


def undecided(words: str) -> None:
    """What is open, and needs no sanction yet."""
    op.drop_constraint(DECIDED, "supervisor_case")
    op.create_check_constraint(
        op.f(DECIDED), "supervisor_case", f"status IN ({words}, 'CLOSED') OR (sanction IS NOT NULL AND decided_by IS NOT NULL)"
    )
    op.drop_index(ONE_OPEN, "supervisor_case")
    op.create_index(ONE_OPEN, "supervisor_case", ["card_id", "ground"], unique=True, postgresql_where=sa.text(f"status IN ({words}, 'DECIDED')"))
