"""Appeals: what the person said against a decision, once and for good, who answered and why."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.words import NOTIFICATION_KINDS, allowed, no_more_told

revision: str = "zc_appeals"
down_revision: str | None = "zb_hearings"
branch_labels = None
depends_on = None

KINDS = ("SUPERVISOR_CASE_APPEALED", "SUPERVISOR_CASE_UPHELD")
STATUS = ("supervisor_case", "status", "ck_supervisor_case_supervisor_case_status")
STATES = ("APPEALED", "UPHELD")
COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "appeal": sa.String(4000),
    "appealed_at": sa.TIMESTAMP(timezone=True),
    "appeal_reason": sa.String(2000),
    "appeal_decided_by": sa.Uuid(),
}
CHECKS = {
    "appeal_has_instant": "(appeal IS NULL) = (appealed_at IS NULL)",
    "appeal_is_made": "status NOT IN ('APPEALED', 'UPHELD') OR appeal IS NOT NULL",
    "appeal_is_answered": "num_nonnulls(appeal_reason, appeal_decided_by) <> 1",
    "upheld_by_somebody": "status <> 'UPHELD' OR appeal_decided_by IS NOT NULL",
    "appeal_by_another": "appeal_decided_by <> decided_by AND (confirmed_by IS NULL OR appeal_decided_by <> confirmed_by)",
}
CONFIRMED = "ck_supervisor_case_revocation_confirmed"


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    allowed(*NOTIFICATION_KINDS, more=KINDS)
    allowed(*STATUS, more=STATES)
    for column, kind in COLUMNS.items():
        op.add_column("supervisor_case", sa.Column(column, kind, nullable=True))
    op.create_foreign_key(op.f("fk_supervisor_case_appeal_decided_by"), "supervisor_case", "person", ["appeal_decided_by"], ["id"])
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_supervisor_case_{name}"), "supervisor_case", condition)
    confirmed("'IN_FORCE', 'APPEALED', 'UPHELD'")
    op.execute(
        "CREATE TRIGGER appeal_stays BEFORE UPDATE OF appeal, appealed_at ON supervisor_case FOR EACH ROW"
        " WHEN (OLD.appealed_at IS NOT NULL AND (OLD.appeal, OLD.appealed_at) IS DISTINCT FROM (NEW.appeal, NEW.appealed_at))"
        " EXECUTE FUNCTION refuse_change()"
    )
    # whoever was revoked acts for no organization any more: the appeal continues the chain of the issuer, for which the transaction stands
    op.execute("CREATE POLICY wall_person ON chain_head TO wall_person USING (organization_id = nullif(current_setting('app.organization', true), '')::uuid)")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    op.execute("DROP POLICY wall_person ON chain_head")
    op.execute("DROP TRIGGER appeal_stays ON supervisor_case")
    for name in CHECKS:
        op.drop_constraint(f"ck_supervisor_case_{name}", "supervisor_case")
    op.execute("UPDATE supervisor_case SET status = 'IN_FORCE' WHERE status IN ('APPEALED', 'UPHELD')")
    confirmed("'IN_FORCE'")
    for column in COLUMNS:
        op.drop_column("supervisor_case", column)
    allowed(*STATUS, fewer=STATES)
    no_more_told(KINDS)


def confirmed(words: str) -> None:
    """In which states a revocation needs its second person."""
    op.drop_constraint(CONFIRMED, "supervisor_case")
    op.create_check_constraint(op.f(CONFIRMED), "supervisor_case", f"sanction <> 'REVOCATION' OR status NOT IN ({words}) OR confirmed_by IS NOT NULL")
