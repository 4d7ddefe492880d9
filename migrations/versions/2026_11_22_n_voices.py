"""Serious-violation reports, the credit archive, cases against agencies with the obstructions that open them, complaints and who complained.

No agency has a wall into reports, obstructions, complaints or complainants: what is not there cannot leak. The archive and what a team met with are
never changed.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "n_voices"
down_revision: str | None = "m_time"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
CREDIT_GROUNDS = ("FRAUD_IN_RECOGNITION", "SERIOUS_VIOLATION", "ADVERSE_SOCIAL_IMPACT", "SAFETY_ACCIDENT", "MASS_INCIDENT")
AGENCY_GROUNDS = ("WITHHOLDS_INFORMATION", "SILENCES_WITNESSES", "REFUSES_IMPROVEMENT", "DECEIVES_SUPERVISION", "RETALIATES", "OTHER_OBSTRUCTION")
OPEN_CASES = "status IN ('OPENED', 'CRITICIZED', 'ORDERED', 'HR_REFERRED')"

SETTINGS = {"center_id": "app.center", "district_id": "app.district", "agency_id": "app.agency"}
NEVER_AN_AGENCY = {"wall_center": "center_id", "wall_district": "district_id"}
USUAL = {**NEVER_AN_AGENCY, "wall_agency": "agency_id"}
WALLS = {
    "serious_violation_report": NEVER_AN_AGENCY,
    "credit_entry": USUAL,
    "agency_case": USUAL,
    "obstruction": NEVER_AN_AGENCY,
    "complaint": NEVER_AN_AGENCY,
    "complainant": NEVER_AN_AGENCY,
}
APPEND_ONLY = ("credit_entry", "obstruction")
LISTED = ("center_id", "district_id", "agency_id")
INDEXES: dict[str, tuple[tuple[str, ...], ...]] = {
    "serious_violation_report": (("center_id", "id"), ("district_id", "id"), ("agency_id", "status"), ("person_id",)),
    "credit_entry": tuple((tenant, "id") for tenant in LISTED),
    "agency_case": tuple((tenant, "id") for tenant in LISTED),
    "obstruction": (("center_id", "id"), ("district_id", "id"), ("inspection_id",), ("agency_case_id",)),
    "complaint": (("center_id", "id"), ("district_id", "id"), ("person_id",)),
}


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    reports()
    archive()
    cases()
    obstructions()
    complaints()
    for table, several in INDEXES.items():
        for columns in several:
            op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
    op.create_index("uq_agency_case_one_open", "agency_case", ["inspection_id", "ground"], unique=True, postgresql_where=sa.text(OPEN_CASES))
    for table in APPEND_ONLY:
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"REVOKE UPDATE ON {table} FROM dudao_app, wall_center, wall_district, wall_agency, wall_person")
    for table, said in WALLS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for wall, column in said.items():
            op.execute(f"CREATE POLICY {wall} ON {table} TO {wall} USING ({column} = nullif(current_setting('{SETTINGS[column]}', true), '')::uuid)")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    for table in ("complainant", "complaint", "obstruction", "agency_case", "credit_entry", "serious_violation_report"):
        op.drop_table(table)


def made(table: str, *said: object, references: dict[str, str], checks: dict[str, str], unique: str | None = None) -> None:
    """A table with what every table with tenants has: their columns, id, times and version."""
    targets = dict.fromkeys(LISTED, "organization") | dict(references)
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        *said,  # type: ignore[arg-type]
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}")) for column, target in targets.items()),
        *(sa.CheckConstraint(test, name=op.f(f"ck_{table}_{name}")) for name, test in checks.items()),
        *([sa.UniqueConstraint(unique, name=op.f(f"uq_{table}_{unique}"))] if unique else []),
    )


def id_(name: str, *, given: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=not given)


def text(name: str, most: int, *, given: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(length=most), nullable=not given)


def instant(name: str, *, given: bool = False) -> sa.Column[object]:
    return sa.Column(name, INSTANT, nullable=not given)


def day(name: str, *, given: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=not given)


def choice(column: str, name: str, *values: str) -> sa.Column[object]:
    return sa.Column(column, sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32), nullable=False)


def reports() -> None:
    made(
        "serious_violation_report",
        id_("area_id", given=False),
        choice("kind", "serious_violation_kind", "SERIOUS_VIOLATION", "MAJOR_ISSUE"),
        choice("channel", "report_channel", "CENTER", "DISTRICT", "DIRECT", "OBSTRUCTION"),
        choice("status", "serious_violation_status", "RAISED", "RECEIVED", "INVESTIGATING", "UPHELD", "DISMISSED"),
        text("facts", 4000, given=True),
        id_("recognition_session_id", given=False),
        id_("person_id"),
        instant("discovered_at", given=True),
        instant("raised_at", given=True),
        *(instant(name) for name in ("due_at", "received_at")),
        id_("decided_by", given=False),
        instant("decided_at"),
        text("reason", 2000),
        id_("profile_id"),
        references={
            "area_id": "organization",
            "recognition_session_id": "recognition_session",
            "person_id": "person",
            "decided_by": "person",
            "profile_id": "profile",
        },
        checks={
            "has_agency": "agency_id IS NOT NULL",
            "found_before_raised": "discovered_at <= raised_at",
            "direct_passes_the_district": "channel <> 'DIRECT' OR district_id IS NULL",
            "received_has_instant": "(status = 'RAISED') = (received_at IS NULL)",
            "decided_has_instant": "(status IN ('UPHELD', 'DISMISSED')) = (decided_at IS NOT NULL)",
            "decision_is_somebodys": "(decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (reason IS NULL)",
        },
    )


def archive() -> None:
    made(
        "credit_entry",
        choice("ground", "credit_ground", *CREDIT_GROUNDS),
        text("document", 200, given=True),
        text("facts", 2000, given=True),
        day("occurred_on", given=True),
        instant("recorded_at", given=True),
        id_("recorded_by"),
        id_("organization_id"),
        id_("serious_violation_report_id", given=False),
        id_("profile_id"),
        references={
            "recorded_by": "person",
            "organization_id": "organization",
            "serious_violation_report_id": "serious_violation_report",
            "profile_id": "profile",
        },
        checks={"has_agency": "agency_id IS NOT NULL"},
        unique="serious_violation_report_id",
    )


def cases() -> None:
    made(
        "agency_case",
        text("staff_name", 60),
        choice("ground", "agency_ground", *AGENCY_GROUNDS),
        sa.Column("serious", sa.Boolean(), nullable=False),
        text("facts", 4000, given=True),
        choice("status", "agency_case_status", "OPENED", "CRITICIZED", "ORDERED", "HR_REFERRED", "DISQUALIFIED", "RECTIFIED", "DISMISSED"),
        id_("inspection_id", given=False),
        id_("recognition_session_id", given=False),
        id_("opener_id"),
        id_("opened_by"),
        text("criticism", 2000),
        instant("criticized_at"),
        text("correction", 2000),
        day("due_on"),
        text("hr_order_number", 40),
        day("hr_ordered_on"),
        text("hr_decision_number", 40),
        day("hr_decided_on"),
        instant("closed_at"),
        text("reason", 2000),
        id_("profile_id"),
        references={
            "inspection_id": "inspection",
            "recognition_session_id": "recognition_session",
            "opener_id": "organization",
            "opened_by": "person",
            "profile_id": "profile",
        },
        checks={
            "has_agency": "agency_id IS NOT NULL",
            "criticized_has_instant": "(status IN ('OPENED', 'DISMISSED')) = (criticized_at IS NULL)",
            "criticism_is_written": "(criticized_at IS NULL) = (criticism IS NULL)",
            "order_has_due": "status NOT IN ('ORDERED', 'HR_REFERRED', 'DISQUALIFIED') OR due_on IS NOT NULL",
            "order_is_written": "(due_on IS NULL) = (correction IS NULL)",
            "hr_has_ordered": "status NOT IN ('HR_REFERRED', 'DISQUALIFIED') OR hr_order_number IS NOT NULL",
            "hr_order_has_day": "(hr_order_number IS NULL) = (hr_ordered_on IS NULL)",
            "hr_has_decided": "(status = 'DISQUALIFIED') = (hr_decision_number IS NOT NULL)",
            "hr_decision_has_day": "(hr_decision_number IS NULL) = (hr_decided_on IS NULL)",
            "agencies_are_disqualified": "status <> 'DISQUALIFIED' OR staff_name IS NULL",
            "closed_has_instant": "(status IN ('DISQUALIFIED', 'RECTIFIED', 'DISMISSED')) = (closed_at IS NOT NULL)",
        },
    )


def obstructions() -> None:
    made(
        "obstruction",
        id_("inspection_id"),
        choice("ground", "agency_ground", *AGENCY_GROUNDS),
        text("facts", 4000, given=True),
        instant("happened_at", given=True),
        instant("recorded_at", given=True),
        id_("person_id"),
        id_("agency_case_id", given=False),
        id_("serious_violation_report_id", given=False),
        references={
            "inspection_id": "inspection",
            "person_id": "person",
            "agency_case_id": "agency_case",
            "serious_violation_report_id": "serious_violation_report",
        },
        checks={
            "has_agency": "agency_id IS NOT NULL",
            "opens_one": "(agency_case_id IS NULL) <> (serious_violation_report_id IS NULL)",
            "happened_before": "happened_at <= recorded_at",
        },
    )


def complaints() -> None:
    statuses = ("RECEIVED", "ASSIGNED", "INVESTIGATING", "SUBSTANTIATED", "UNSUBSTANTIATED", "ANSWERED", "CLOSED")
    made(
        "complaint",
        choice("status", "complaint_status", *statuses),
        id_("receiver_id"),
        id_("received_by"),
        instant("received_at", given=True),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        text("facts", 4000, given=True),
        id_("recognition_session_id", given=False),
        day("due_on", given=True),
        id_("person_id", given=False),
        instant("assigned_at"),
        sa.Column("substantiated", sa.Boolean(), nullable=True),
        text("conclusion", 2000),
        text("answer", 2000),
        instant("answered_at"),
        instant("closed_at"),
        id_("profile_id"),
        references={
            "receiver_id": "organization",
            "received_by": "person",
            "recognition_session_id": "recognition_session",
            "person_id": "person",
            "profile_id": "profile",
        },
        checks={
            "has_agency": "agency_id IS NOT NULL",
            "assigned_to_somebody": "(status = 'RECEIVED') = (person_id IS NULL)",
            "concluded_is_written": "(status IN ('RECEIVED', 'ASSIGNED', 'INVESTIGATING')) = (conclusion IS NULL)",
            "concluded_either_way": "(conclusion IS NULL) = (substantiated IS NULL)",
            "answered_has_instant": "(status IN ('ANSWERED', 'CLOSED')) = (answered_at IS NOT NULL)",
            "answer_is_written": "(answered_at IS NULL) = (answer IS NULL)",
            "closed_has_instant": "(status = 'CLOSED') = (closed_at IS NOT NULL)",
        },
    )
    made(
        "complainant",
        id_("complaint_id"),
        sa.Column("identity", sa.LargeBinary(), nullable=False),
        references={"complaint_id": "complaint"},
        checks={},
        unique="complaint_id",
    )
