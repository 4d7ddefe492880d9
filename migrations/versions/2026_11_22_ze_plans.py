"""What a session is held against: plans of an agency from a day on, who works in a session, when its results were posted; the visit behind a report."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.words import allowed

revision: str = "ze_plans"
down_revision: str | None = "zd_extensions"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
PLANS = ("FILED_PLAN", "IMPLEMENTATION_PLAN")
A_PLAN = "kind IN ('FILED_PLAN', 'IMPLEMENTATION_PLAN')"
KINDS = ("evidence", "kind", "ck_evidence_evidence_kind")
OF_SOMETHING = "ck_evidence_of_something"
CHECKS = {
    "of_something": f"({A_PLAN}) = (inspection_id IS NULL AND recognition_session_id IS NULL)",
    "plan_has_day": f"({A_PLAN}) = (holds_from IS NOT NULL)",
    "plan_is_the_agencys": "holds_from IS NULL OR (organization_id = agency_id AND confidentiality = 'INTERNAL')",
    "plan_of_occupation": "occupation IS NULL OR holds_from IS NOT NULL",
}
SETTINGS = {"center_id": "app.center", "district_id": "app.district", "agency_id": "app.agency"}
WALLS = {"wall_center": "center_id", "wall_district": "district_id", "wall_agency": "agency_id"}
POSTED = {"center": "center_id", "district": "district_id", "agency": "agency_id"}


def plans() -> None:
    op.add_column("evidence", sa.Column("holds_from", sa.Date(), nullable=True))
    op.add_column("evidence", sa.Column("occupation", sa.String(80), nullable=True))
    allowed(*KINDS, more=PLANS)
    op.drop_constraint(OF_SOMETHING, "evidence")
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_evidence_{name}"), "evidence", condition)
    op.create_index("ix_evidence_plan", "evidence", ["agency_id", "kind", "holds_from"], postgresql_where=sa.literal_column("holds_from IS NOT NULL"))


def posted() -> None:
    """Of sessions whose results are posted already, the chain of events knows when."""
    op.add_column("recognition_session", sa.Column("results_posted_at", INSTANT, nullable=True))
    op.execute(
        "UPDATE recognition_session s SET results_posted_at = coalesce((SELECT max(e.at) FROM event e"
        " WHERE e.subject_id = s.id AND e.step = 'POST_RESULTS'), s.updated_at) WHERE s.status = 'RESULTS_POSTED'"
    )
    op.create_check_constraint(
        op.f("ck_recognition_session_posted_has_instant"),
        "recognition_session",
        "(status = 'RESULTS_POSTED') = (results_posted_at IS NOT NULL)",
    )
    for tier, column in POSTED.items():
        op.create_index(
            f"ix_recognition_session_{tier}_posted",
            "recognition_session",
            [column, "results_posted_at"],
            postgresql_where=sa.literal_column("results_posted_at IS NOT NULL"),
        )


def staff() -> None:
    now = sa.func.clock_timestamp()
    points = {**dict.fromkeys(SETTINGS, "organization"), "recognition_session_id": "recognition_session"}
    op.create_table(
        "exam_staff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=now, nullable=False),
        sa.Column("updated_at", INSTANT, server_default=now, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        sa.Column("recognition_session_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("duty", sa.String(32), nullable=False),
        sa.CheckConstraint("duty IN ('PERSON_IN_CHARGE', 'EXAM_STAFF', 'INVIGILATOR')", name=op.f("ck_exam_staff_exam_duty")),
        *(sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_exam_staff_{column}")) for column, to in points.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_staff")),
    )
    op.create_index(op.f("ix_exam_staff_recognition_session_id"), "exam_staff", ["recognition_session_id"])
    op.execute("ALTER TABLE exam_staff ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE exam_staff FORCE ROW LEVEL SECURITY")
    for wall, column in WALLS.items():
        setting = f"nullif(current_setting('{SETTINGS[column]}', true), '')::uuid"
        op.execute(f"CREATE POLICY {wall} ON exam_staff TO {wall} USING ({column} = {setting})")
    op.execute("REVOKE UPDATE ON exam_staff FROM dudao_app, wall_center, wall_district, wall_agency, wall_person")


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    plans()
    posted()
    staff()
    op.add_column("serious_violation_report", sa.Column("inspection_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_serious_violation_report_inspection_id"), "serious_violation_report", "inspection", ["inspection_id"], ["id"]
    )
    op.create_index(op.f("ix_serious_violation_report_inspection_id"), "serious_violation_report", ["inspection_id"])


def downgrade() -> None:
    """What only this release can keep is taken back with it."""
    op.execute("SET LOCAL statement_timeout = '600s'")
    op.drop_index("ix_serious_violation_report_inspection_id", "serious_violation_report")
    op.drop_constraint("fk_serious_violation_report_inspection_id", "serious_violation_report")
    op.drop_column("serious_violation_report", "inspection_id")
    op.drop_table("exam_staff")
    for tier in POSTED:
        op.drop_index(f"ix_recognition_session_{tier}_posted", "recognition_session")
    op.drop_constraint("ck_recognition_session_posted_has_instant", "recognition_session")
    op.drop_column("recognition_session", "results_posted_at")
    op.execute("ALTER TABLE evidence DISABLE TRIGGER written_once")
    op.execute(f"DELETE FROM evidence WHERE {A_PLAN}")  # noqa: S608 - words of this release
    op.execute("ALTER TABLE evidence ENABLE TRIGGER written_once")
    op.drop_index("ix_evidence_plan", "evidence")
    for name in CHECKS:
        op.drop_constraint(f"ck_evidence_{name}", "evidence")
    op.create_check_constraint(op.f(OF_SOMETHING), "evidence", "inspection_id IS NOT NULL OR recognition_session_id IS NOT NULL")
    for column in ("occupation", "holds_from"):
        op.drop_column("evidence", column)
    allowed(*KINDS, fewer=PLANS)
