"""A supervisor's years of service: yearly education, evaluations of terms, yearly assessments, commendations, stipends; terms that are renewed.

All of these rows are added and never changed. Stipends are between the dispatcher and the person: no agency has a wall into them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "q_service"
down_revision: str | None = "p_rules"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
SETTINGS = {"center_id": "app.center", "district_id": "app.district", "agency_id": "app.agency", "person_id": "app.person"}
NEVER_AN_AGENCY = {"wall_center": "center_id", "wall_district": "district_id"}
USUAL = {**NEVER_AN_AGENCY, "wall_agency": "agency_id"}
WITH_PERSON = {**USUAL, "wall_person": "person_id"}
WALLS = {
    "education_event": USUAL,
    "education_attendance": WITH_PERSON,
    "education_lapse": USUAL,
    "term_evaluation": WITH_PERSON,
    "yearly_assessment": WITH_PERSON,
    "commendation": WITH_PERSON,
    "stipend_rate": NEVER_AN_AGENCY,
    "stipend_line": {**NEVER_AN_AGENCY, "wall_person": "person_id"},
}
ACTED_ON = ("education_event", "yearly_assessment")
"""Locked while something is added to them, which takes the right to update; the trigger lets nobody."""
LISTED = ("center_id", "district_id", "agency_id")
TIERS = tuple((tenant, "id") for tenant in LISTED)
INDEXES: dict[str, tuple[tuple[str, ...], ...]] = {
    "education_event": (*TIERS, ("agency_id", "year")),
    "education_attendance": (TIERS[0], TIERS[2], ("supervisor_id", "year"), ("person_id",)),
    "education_lapse": TIERS[:2],
    "term_evaluation": (("supervisor_id",), ("person_id",)),
    "yearly_assessment": (*TIERS, ("person_id",)),
    "commendation": (("supervisor_id",), ("person_id",)),
    "stipend_rate": TIERS[:2],
    "stipend_line": (*TIERS[:2], ("person_id",)),
}
WIDER = (
    ("appointment", "status", "ck_appointment_appointment_status", ("EVALUATED", "RENEWED")),
    ("supervisor_case", "origin", "ck_supervisor_case_case_origin", ("EDUCATION", "ASSESSMENT")),
    ("supervisor_case", "ground", "ck_supervisor_case_ground", ("EDUCATION_FAILED", "EDUCATION_ABSENT", "ASSESSMENT_FAILED")),
    ("blacklist_entry", "ground", "ck_blacklist_entry_ground", ("EDUCATION_FAILED", "EDUCATION_ABSENT", "ASSESSMENT_FAILED")),
    ("notification", "kind", "ck_notification_notification_kind", ("EDUCATION_DUE", "EDUCATION_LAPSED", "ASSESSMENT_OVERDUE")),
)
"""Table, column, constraint and the words it allows from now on."""


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    for table, column, name, words in WIDER:
        allowed(table, column, name, words=[*said(name), *words])
    terms("'ACTIVE', 'EXPIRING', 'EVALUATED'", excluding="'ACTIVE', 'EXPIRING', 'EVALUATED', 'RENEWED'")
    op.add_column("appointment", sa.Column("renews_id", sa.Uuid(), nullable=True))
    op.create_foreign_key("fk_appointment_renews_id", "appointment", "appointment", ["renews_id"], ["id"])
    op.create_unique_constraint("uq_appointment_renews_id", "appointment", ["renews_id"])
    op.add_column("assignment", sa.Column("code_id", sa.Uuid(), nullable=True))
    op.create_foreign_key("fk_assignment_code_id", "assignment", "profile", ["code_id"], ["id"])
    education()
    judgements()
    stipends()
    for table, several in INDEXES.items():
        for columns in several:
            op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
    for table, walls in WALLS.items():
        closed(table, walls)


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    for table in reversed(WALLS):
        op.drop_table(table)
    for table, column in (("assignment", "code_id"), ("appointment", "renews_id")):
        op.drop_column(table, column)
    op.execute("UPDATE appointment SET status = 'EXPIRING' WHERE status IN ('EVALUATED', 'RENEWED')")
    terms("'ACTIVE', 'EXPIRING'", excluding="'ACTIVE', 'EXPIRING'")
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


def terms(held: str, *, excluding: str) -> None:
    """Which states end with the term, and in which it excludes another one."""
    op.drop_constraint("ex_appointment_one_at_a_time", "appointment")
    op.drop_index("ix_appointment_ending", "appointment")
    op.create_exclude_constraint(
        "ex_appointment_one_at_a_time",
        "appointment",
        ("supervisor_id", "="),
        (sa.literal_column("daterange(starts_on, ends_on)"), "&&"),
        where=sa.text(f"status IN ({excluding})"),
        using="gist",
    )
    op.create_index("ix_appointment_ending", "appointment", ["center_id", "ends_on"], postgresql_where=sa.text(f"status IN ({held})"))


def closed(table: str, walls: dict[str, str]) -> None:
    op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    if table not in ACTED_ON:
        op.execute(f"REVOKE UPDATE ON {table} FROM dudao_app, wall_center, wall_district, wall_agency, wall_person")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for wall, column in walls.items():
        op.execute(f"CREATE POLICY {wall} ON {table} TO {wall} USING ({column} = nullif(current_setting('{SETTINGS[column]}', true), '')::uuid)")


def made(table: str, *said: object, references: dict[str, str], checks: dict[str, str], unique: tuple[str, ...] = ()) -> None:
    """A table with what every table with tenants has: their columns, id, times and version."""
    targets = dict.fromkeys(LISTED, "organization") | references
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        *(sa.Column(column, sa.Uuid(), nullable=column == "case_id") for column in references),
        *said,  # type: ignore[arg-type]
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}")) for column, target in targets.items()),
        *(sa.CheckConstraint(test, name=op.f(f"ck_{table}_{name}")) for name, test in checks.items()),
        *([sa.UniqueConstraint(*unique, name=op.f(f"uq_{table}_{'_'.join(unique)}"))] if unique else []),
    )


def text(name: str, most: int) -> sa.Column[object]:
    return sa.Column(name, sa.String(length=most), nullable=False)


def integer(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=False)


def day(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=False)


def choice(column: str, name: str, *values: str) -> sa.Column[object]:
    return sa.Column(column, sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32), nullable=False)


def education() -> None:
    made(
        "education_event",
        *(integer("year"), day("held_on"), text("topic", 200)),
        references={"recorded_by": "person", "profile_id": "profile"},
        checks={"has_agency": "agency_id IS NOT NULL"},
    )
    made(
        "education_attendance",
        *(integer("year"), choice("result", "education_result", "PASSED", "FAILED", "ABSENT")),
        references={"education_event_id": "education_event", "supervisor_id": "supervisor", "person_id": "person", "recorded_by": "person"},
        checks={},
        unique=("education_event_id", "supervisor_id"),
    )
    made(
        "education_lapse",
        *(integer("year"), sa.Column("recorded_at", INSTANT, nullable=False)),
        references={"profile_id": "profile"},
        checks={"has_agency": "agency_id IS NOT NULL"},
        unique=("agency_id", "year"),
    )


def judgements() -> None:
    whose = {"supervisor_id": "supervisor", "person_id": "person", "dispatcher_id": "organization"}
    made(
        "term_evaluation",
        *(choice("result", "term_result", "FULFILLED", "UNFULFILLED"), text("statement", 4000)),
        sa.Column("evaluated_at", INSTANT, nullable=False),
        references={**whose, "appointment_id": "appointment", "evaluated_by": "person", "profile_id": "profile"},
        checks={},
        unique=("appointment_id",),
    )
    made(
        "yearly_assessment",
        *(integer("year"), choice("result", "assessment_result", "EXCELLENT", "QUALIFIED", "UNQUALIFIED")),
        *(sa.Column(one, sa.Boolean(), nullable=False) for one in ("meets_duty", "meets_conduct", "meets_knowledge")),
        *(text("statement", 4000), day("due_on"), day("assessed_on")),
        references={**whose, "appointment_id": "appointment", "assessed_by": "person", "case_id": "supervisor_case", "profile_id": "profile"},
        checks={"excellent_in_all": "result <> 'EXCELLENT' OR (meets_duty AND meets_conduct AND meets_knowledge)"},
        unique=("supervisor_id", "year"),
    )
    made(
        "commendation",
        *(text("title", 100), text("document", 200), day("given_on")),
        references={**whose, "yearly_assessment_id": "yearly_assessment", "given_by": "person"},
        checks={},
        unique=("yearly_assessment_id",),
    )


def stipends() -> None:
    made(
        "stipend_rate",
        *(day("effective_from"), integer("leader_fen"), integer("member_fen"), text("document", 200)),
        references={"organization_id": "organization", "set_by": "person"},
        checks={"pays_something": "leader_fen > 0 AND member_fen > 0"},
        unique=("organization_id", "effective_from"),
    )
    made(
        "stipend_line",
        *(integer("amount_fen"), sa.Column("entered_at", INSTANT, nullable=False)),
        references={
            "assignment_id": "assignment",
            "supervisor_id": "supervisor",
            "person_id": "person",
            "dispatcher_id": "organization",
            "stipend_rate_id": "stipend_rate",
            "entered_by": "person",
        },
        checks={},
        unique=("assignment_id",),
    )
