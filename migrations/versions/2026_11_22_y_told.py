"""More is told, and what a step rests on is named: filing opinions and refusals, cases against agencies, obstructions, evidence of a rectification.

Of a filing opinion the basis is frozen with it; what a refusal or a case was said to rest on is never changed.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "y_told"
down_revision: str | None = "x_people"
branch_labels = None
depends_on = None

KIND = "ck_notification_notification_kind"
SHARED = (
    *("AGENCY_CASE_OPENED", "AGENCY_CASE_CRITICIZED", "AGENCY_CASE_ORDERED", "AGENCY_CASE_OVERDUE"),
    *("SERIOUS_VIOLATION_RAISED", "SERIOUS_VIOLATION_DECIDED"),
)
"""Another release of the same day adds these too, so they stay whichever of the two is taken back."""
KINDS = (
    "INSPECTION_CANCELLED REPORT_SUBMITTED EVIDENCE_REQUESTED EVIDENCE_PROVIDED EVIDENCE_OVERDUE EVIDENCE_REFUSED RECOMMENDATION_MADE RECOMMENDATION_ANSWERED "
    "ALTERATION_REQUESTED AMENDMENT_ATTACHED ANNUAL_RATING_GIVEN COMPLAINT_ASSIGNED COMPLAINT_DUE COMPLAINT_CONCLUDED OBSTRUCTION_RECORDED "
    "AGENCY_CASE_REFERRED AGENCY_CASE_DISQUALIFIED AGENCY_CASE_RECTIFIED MONTHLY_RETURN_ACCEPTED FILING_SUBMITTED FILING_OPINION_ISSUED "
    "FILING_FILED FILING_REFUSED FILING_SENT_BACK FILING_REFUSAL_PROPOSED FILING_REFUSAL_DISMISSED CREDIT_ENTERED SUPERVISOR_CASE_DECIDED "
    "SUPERVISOR_CASE_LIFTED SUPERVISOR_CASE_CLOSED BLACKLIST_UPHELD BLACKLIST_LIFTED ROSTER_ENTERED CARD_ISSUED CARD_RESTORED "
    "APPLICATION_DECIDED TERM_EVALUATED TERM_RENEWED YEAR_ASSESSED COMMENDED"
).split()

REFERENCES = {
    "filing_decision": {"monthly_return_id": "monthly_return"},
    "filing_refusal": {
        "serious_violation_report_id": "serious_violation_report",
        "credit_entry_id": "credit_entry",
        "inspection_id": "inspection",
    },
    "agency_case": {"rectification_id": "rectification", "evidence_request_id": "evidence_request", "complaint_id": "complaint"},
    "evidence": {"rectification_id": "rectification"},
}
FIXED = {
    "filing_refusal": "serious_violation_report_id, credit_entry_id, inspection_id",
    "agency_case": "rectification_id, evidence_request_id, complaint_id",
}
"""What was named is never changed."""


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    allowed([*said(), *(one for one in (*SHARED, *KINDS) if one not in said())])
    for table, columns in REFERENCES.items():
        for column, referred in columns.items():
            op.add_column(table, sa.Column(column, sa.Uuid(), nullable=True))
            op.create_foreign_key(op.f(f"fk_{table}_{column}"), table, referred, [column], ["id"])
    op.add_column("filing_decision", sa.Column("basis", postgresql.JSONB(), server_default="[]", nullable=False))
    op.add_column("obstruction", sa.Column("staff_name", sa.String(60), nullable=True))
    op.create_check_constraint(op.f("ck_evidence_rectified_on_a_visit"), "evidence", "rectification_id IS NULL OR inspection_id IS NOT NULL")
    op.create_check_constraint(op.f("ck_filing_decision_basis_of_an_opinion"), "filing_decision", "issued_at IS NOT NULL OR basis = '[]'")
    op.create_index("ix_evidence_rectification_id", "evidence", ["rectification_id"])
    op.create_index("ix_filing_refusal_serious_violation_report_id", "filing_refusal", ["serious_violation_report_id"])
    for table, stays in FIXED.items():
        op.execute(f"CREATE TRIGGER grounds_stay BEFORE UPDATE OF {stays} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    for table in FIXED:
        op.execute(f"DROP TRIGGER grounds_stay ON {table}")
    op.drop_constraint("ck_evidence_rectified_on_a_visit", "evidence")
    op.drop_constraint("ck_filing_decision_basis_of_an_opinion", "filing_decision")
    op.drop_column("obstruction", "staff_name")
    op.drop_column("filing_decision", "basis")
    for table, columns in REFERENCES.items():
        for column in columns:
            op.drop_column(table, column)
    allowed([one for one in said() if one not in KINDS])


def said() -> list[str]:
    """The words the CHECK allows today: another release may have added its own."""
    found = op.get_bind().scalar(sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": KIND})
    return str(found).split("'")[1::2]


def allowed(words: list[str]) -> None:
    op.drop_constraint(KIND, "notification")
    listed = ", ".join(f"'{one}'" for one in words)
    op.create_check_constraint(op.f(KIND), "notification", f"kind IN ({listed})")
