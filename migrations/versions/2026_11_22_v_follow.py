"""What follows by itself: how a case against an agency came about, and what an obstruction rests on; referral to the judiciary beside a case against
a supervisor; the digest of the chained ledger, as cards and monthly returns bear it.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "v_follow"
down_revision: str | None = "u_public"
branch_labels = None
depends_on = None

ORIGINS = ("MANUAL", "OBSTRUCTION", "RECTIFICATION_OVERDUE", "EVIDENCE_REFUSED")
KINDS = (
    *("AGENCY_CASE_OPENED", "AGENCY_CASE_CRITICIZED", "AGENCY_CASE_ORDERED", "AGENCY_CASE_OVERDUE"),
    *("SERIOUS_VIOLATION_RAISED", "SERIOUS_VIOLATION_DECIDED"),
)
KIND = "ck_notification_notification_kind"
WHOLE = "(judicial_number IS NULL) = (judicial_referred_on IS NULL) AND (judicial_number IS NULL) = (judicial_referred_by IS NULL)"


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    told(*said(), *KINDS)
    chosen = sa.Enum(*ORIGINS, name="agency_case_origin", native_enum=False, create_constraint=True, length=32)
    op.add_column("agency_case", sa.Column("origin", chosen, nullable=False, server_default="MANUAL"))
    op.execute("UPDATE agency_case SET origin = 'OBSTRUCTION' WHERE inspection_id IS NOT NULL")
    op.alter_column("agency_case", "origin", server_default=None)
    for column, table in (("rectification_id", "rectification"), ("evidence_request_id", "evidence_request")):
        op.add_column("obstruction", sa.Column(column, sa.Uuid(), nullable=True))
        op.create_foreign_key(op.f(f"fk_obstruction_{column}"), "obstruction", table, [column], ["id"])
    op.create_unique_constraint(op.f("uq_obstruction_rectification_id_happened_at"), "obstruction", ["rectification_id", "happened_at"])
    op.create_unique_constraint(op.f("uq_obstruction_evidence_request_id"), "obstruction", ["evidence_request_id"])
    op.create_check_constraint(op.f("ck_obstruction_follows_one"), "obstruction", "num_nonnulls(rectification_id, evidence_request_id) <= 1")
    op.add_column("supervisor_case", sa.Column("judicial_number", sa.String(length=40), nullable=True))
    op.add_column("supervisor_case", sa.Column("judicial_referred_on", sa.Date(), nullable=True))
    op.add_column("supervisor_case", sa.Column("judicial_referred_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_supervisor_case_judicial_referred_by"), "supervisor_case", "person", ["judicial_referred_by"], ["id"])
    op.create_check_constraint(op.f("ck_supervisor_case_referral_is_whole"), "supervisor_case", WHOLE)
    for table in ("card", "monthly_return"):
        op.add_column(table, sa.Column("ledger_digest", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    for table in ("card", "monthly_return"):
        op.drop_column(table, "ledger_digest")
    for column in ("judicial_referred_by", "judicial_referred_on", "judicial_number"):
        op.drop_column("supervisor_case", column)
    for column in ("evidence_request_id", "rectification_id"):
        op.drop_column("obstruction", column)
    op.drop_column("agency_case", "origin")
    told(*(one for one in said() if one not in KINDS))


def said() -> list[str]:
    """The kinds of notifications there are: another release may have added its own."""
    found = op.get_bind().scalar(sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": KIND})
    return str(found).split("'")[1::2]


def told(*kinds: str) -> None:
    op.drop_constraint(KIND, "notification")
    listed = ", ".join(f"'{one}'" for one in kinds)
    op.create_check_constraint(op.f(KIND), "notification", f"kind IN ({listed})")
