"""What follows short of a revocation: criticism and discipline; who leaves; the card that came back.

A suspension has a day of review. Who left and why stays on the roster's row, as does the day the service platform deleted the entry.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "x_people"
down_revision: str | None = "w_lists"
branch_labels = None
depends_on = None

WIDER = (
    ("supervisor_case", "sanction", "ck_supervisor_case_sanction", ("CRITICISM", "ADMIN_DISCIPLINE")),
    ("supervisor_case", "origin", "ck_supervisor_case_case_origin", ("AGENCY_REPORT",)),
    ("supervisor", "standing", "ck_supervisor_roster_standing", ("SUSPENDED",)),
    ("card", "status", "ck_card_card_status", ("CANCELLED",)),
)
"""Table, column, constraint and the words it allows from now on."""
GROUNDS = "'OWN_WISH', 'EMPLOYMENT_ENDED', 'DEATH', 'REMOVED_BY_AGENCY'"
TEXTS = {
    "supervisor_case": {"criticism": 2000, "authority": 120, "put_to": 120},
    "supervisor": {"left_ground": 32},
    "card": {},
}
DAYS = {
    "supervisor_case": ("review_on", "decided_on", "put_on"),
    "supervisor": ("review_on", "left_on", "platform_deleted_on"),
    "card": ("returned_on",),
}
CHECKS = {
    "supervisor_case": {
        "criticism_is_said": "(criticism IS NOT NULL) = (sanction IS NOT DISTINCT FROM 'CRITICISM')",
        "discipline_by_authority": "sanction <> 'ADMIN_DISCIPLINE' OR (authority IS NOT NULL AND decided_on IS NOT NULL)",
        "review_of_suspension": "review_on IS NULL OR sanction = 'SUSPENSION'",
        "put_is_whole": "num_nonnulls(put_to, put_on) <> 1",
        "reported_by_agency": "(origin = 'AGENCY_REPORT') = (reported_by_id IS NOT NULL)",
    },
    "supervisor": {
        "leaving_ground": f"left_ground IN ({GROUNDS})",
        "suspended_until_review": "standing <> 'SUSPENDED' OR (kind = 'INTERNAL' AND review_on IS NOT NULL)",
        "left_is_removed": "num_nonnulls(left_on, left_ground) <> 1 AND (left_on IS NULL OR standing = 'REMOVED')",
        "deleted_is_removed": "platform_deleted_on IS NULL OR standing = 'REMOVED'",
    },
    "card": {"returned_has_ended": "returned_on IS NULL OR status IN ('REVOKED', 'CANCELLED')"},
}


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    for table, column, name, words in WIDER:
        allowed(table, column, name, words=[*said(name), *words])
    op.add_column("supervisor_case", sa.Column("reported_by_id", sa.Uuid(), nullable=True))
    op.create_foreign_key("fk_supervisor_case_reported_by_id", "supervisor_case", "organization", ["reported_by_id"], ["id"])
    for table, days in DAYS.items():
        for column, length in TEXTS[table].items():
            op.add_column(table, sa.Column(column, sa.String(length), nullable=True))
        for column in days:
            op.add_column(table, sa.Column(column, sa.Date(), nullable=True))
        for name, condition in CHECKS[table].items():
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    in_use("status IN ('ACTIVE', 'SUSPENDED')")
    op.execute(
        "CREATE TRIGGER return_stays BEFORE UPDATE OF returned_on ON card FOR EACH ROW"
        " WHEN (OLD.returned_on IS NOT NULL AND OLD.returned_on IS DISTINCT FROM NEW.returned_on) EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    op.execute("DROP TRIGGER return_stays ON card")
    for table, days in DAYS.items():
        for name in CHECKS[table]:
            op.drop_constraint(f"ck_{table}_{name}", table)
        for column in (*days, *TEXTS[table]):
            op.drop_column(table, column)
    op.drop_column("supervisor_case", "reported_by_id")
    op.execute("UPDATE supervisor_case SET origin = 'MANUAL' WHERE origin = 'AGENCY_REPORT'")
    op.execute("UPDATE supervisor_case SET sanction = 'NO_ACTION', status = 'CLOSED' WHERE sanction IN ('CRITICISM', 'ADMIN_DISCIPLINE')")
    op.execute("UPDATE supervisor SET standing = 'ACTIVE' WHERE standing = 'SUSPENDED'")
    op.execute("UPDATE card SET status = 'REVOKED' WHERE status = 'CANCELLED'")
    in_use("status <> 'REVOKED'")
    for table, column, name, words in WIDER:
        allowed(table, column, name, words=[one for one in said(name) if one not in words])


def said(constraint: str) -> list[str]:
    """The words a CHECK allows today: another release may have added its own."""
    found = op.get_bind().scalar(sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": constraint})
    return str(found).split("'")[1::2]


def allowed(table: str, column: str, constraint: str, *, words: list[str]) -> None:
    op.drop_constraint(constraint, table)
    listed = ", ".join(f"'{one}'" for one in words)
    op.create_check_constraint(op.f(constraint), table, f"{column} IN ({listed})")


def in_use(condition: str) -> None:
    """Which cards of a supervisor there is one of at most."""
    op.drop_index("uq_card_one_in_use", "card")
    op.create_index("uq_card_one_in_use", "card", ["supervisor_id"], unique=True, postgresql_where=sa.text(condition))
