"""Grave acts take two persons: listing and lifting say whose they are, and the filing of a batch is refused by two."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "h_two_persons"
down_revision: str | None = "g_policy"
branch_labels = None
depends_on = None

STATUS = "ck_blacklist_entry_blacklist_status"
LIVE = "uq_blacklist_entry_one_live"
PEOPLE = ("proposed_by", "confirmed_by", "review_by", "lifted_by")
CHECKS = {
    "listed_by_two": "confirmed_by <> proposed_by",
    "listed_is_confirmed": "(status IN ('PROPOSED', 'DISMISSED')) = (confirmed_by IS NULL)",
    "lifted_by_two": "lifted_by <> review_by",
    "lifted_is_somebodys": "(status = 'LIFTED') = (lifted_by IS NOT NULL)",
    "review_is_somebodys": "status NOT IN ('UNDER_REVIEW', 'LIFTED') OR review_by IS NOT NULL",
}

# The two of an entry are those of its revocation; who called for a review and who lifted stands in the history.
KNOWN = (
    """UPDATE blacklist_entry e SET document = c.document, proposer_id = c.issuer_id, proposed_by = c.decided_by, confirmed_by = c.confirmed_by
       FROM supervisor_case c WHERE c.id = e.case_id""",
    *(
        f"""UPDATE blacklist_entry e SET {column} = (SELECT v.person_id FROM event v WHERE v.subject_id = e.id AND v.step = '{step}'
            ORDER BY v.at DESC, v.id DESC LIMIT 1) WHERE e.status IN ({statuses})"""
        for column, step, statuses in (("review_by", "REVIEW", "'UNDER_REVIEW', 'LIFTED'"), ("lifted_by", "LIFT", "'LIFTED'"))
    ),
)


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    listed()
    decisions()
    refusals()


def downgrade() -> None:
    """A proposal has no place in the tables before."""
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.drop_table("filing_refusal")
    op.drop_table("filing_decision")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_blacklist_entry_{name}"), "blacklist_entry", type_="check")
    for column in ("document", "proposer_id", *PEOPLE):
        op.drop_column("blacklist_entry", column)
    op.execute("DELETE FROM blacklist_entry WHERE status IN ('PROPOSED', 'DISMISSED')")
    status("'LISTED', 'UNDER_REVIEW', 'LIFTED'", live="status <> 'LIFTED'")


def listed() -> None:
    op.add_column("blacklist_entry", sa.Column("document", sa.String(length=200)))
    op.add_column("blacklist_entry", sa.Column("proposer_id", sa.Uuid()))
    op.create_foreign_key(op.f("fk_blacklist_entry_proposer_id"), "blacklist_entry", "organization", ["proposer_id"], ["id"])
    for column in PEOPLE:
        op.add_column("blacklist_entry", sa.Column(column, sa.Uuid()))
        op.create_foreign_key(op.f(f"fk_blacklist_entry_{column}"), "blacklist_entry", "person", [column], ["id"])
    for statement in KNOWN:
        op.execute(statement)
    for column in ("document", "proposer_id", "proposed_by"):
        op.alter_column("blacklist_entry", column, nullable=False)
    status("'PROPOSED', 'LISTED', 'UNDER_REVIEW', 'LIFTED', 'DISMISSED'", live="status NOT IN ('LIFTED', 'DISMISSED')")
    for name, test in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_blacklist_entry_{name}"), "blacklist_entry", test)


def status(values: str, *, live: str) -> None:
    op.drop_constraint(op.f(STATUS), "blacklist_entry", type_="check")
    op.create_check_constraint(op.f(STATUS), "blacklist_entry", f"status IN ({values})")
    op.drop_index(LIVE, table_name="blacklist_entry")
    op.create_index(LIVE, "blacklist_entry", ["person_id", "case_id"], unique=True, postgresql_where=sa.text(live))


def row() -> list[sa.Column[object]]:
    """What every table with tenants has."""
    instant = postgresql.TIMESTAMP(timezone=True)
    return [
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", instant, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", instant, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
    ]


def choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def references(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    tenants = dict.fromkeys(("agency_id", "center_id", "district_id"), "organization")
    return [sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}")) for column, target in (tenants | columns).items()]


def checks(table: str, **tests: str) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(test, name=op.f(f"ck_{table}_{name}")) for name, test in tests.items()]


def indexed(table: str, columns: tuple[str, ...]) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def decisions() -> None:
    instant, person = postgresql.TIMESTAMP(timezone=True), "person"
    op.create_table(
        "filing_decision",
        *row(),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("status", choice("filing_status", "PENDING", "OPINION_ISSUED", "FILED", "REFUSED", "SENT_BACK"), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("sessions", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("session_count", sa.Integer(), nullable=False),
        sa.Column("candidate_count", sa.Integer(), nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=False),
        sa.Column("submitted_at", instant, nullable=False),
        sa.Column("opinion", sa.String(length=2000), nullable=True),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("issued_at", instant, nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", instant, nullable=True),
        sa.Column("comment", sa.String(length=2000), nullable=True),
        sa.Column("refusal_proposed_by", sa.Uuid(), nullable=True),
        *checks(
            "filing_decision",
            has_agency="agency_id IS NOT NULL",
            has_results="session_count > 0",
            opinion_before_decision="(status = 'PENDING') = (issued_at IS NULL)",
            opinion_is_somebodys="(issued_at IS NULL) = (opinion IS NULL) AND (issued_at IS NULL) = (issued_by IS NULL)",
            decided_has_instant="(status IN ('FILED', 'REFUSED', 'SENT_BACK')) = (decided_at IS NOT NULL)",
            decision_is_somebodys="(decided_at IS NULL) = (decided_by IS NULL)",
            refused_is_proposed="(status = 'REFUSED') = (refusal_proposed_by IS NOT NULL)",
            refused_by_two="decided_by <> refusal_proposed_by",
        ),
        *references("filing_decision", profile_id="profile", submitted_by=person, issued_by=person, decided_by=person, refusal_proposed_by=person),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_decision")),
        sa.UniqueConstraint("agency_id", "month", name=op.f("uq_filing_decision_agency_id_month")),
    )
    indexed("filing_decision", ("agency_id", "center_id", "district_id"))


def refusals() -> None:
    instant = postgresql.TIMESTAMP(timezone=True)
    grounds = ("FRAUD_IN_RECOGNITION", "SERIOUS_VIOLATION", "ADVERSE_SOCIAL_IMPACT", "SAFETY_ACCIDENT", "MASS_INCIDENT")
    op.create_table(
        "filing_refusal",
        *row(),
        sa.Column("filing_decision_id", sa.Uuid(), nullable=False),
        sa.Column("status", choice("filing_refusal_status", "PROPOSED", "CONFIRMED", "DISMISSED"), nullable=False),
        sa.Column("ground", choice("filing_ground", *grounds), nullable=False),
        sa.Column("document", sa.String(length=200), nullable=False),
        sa.Column("facts", sa.String(length=2000), nullable=False),
        sa.Column("session_count", sa.Integer(), nullable=False),
        sa.Column("candidate_count", sa.Integer(), nullable=False),
        sa.Column("proposer_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", instant, nullable=True),
        sa.Column("reason", sa.String(length=2000), nullable=True),
        *checks(
            "filing_refusal",
            has_agency="agency_id IS NOT NULL",
            decided_is_somebodys="(status = 'PROPOSED') = (decided_by IS NULL)",
            decided_has_instant="(decided_by IS NULL) = (decided_at IS NULL)",
            confirmed_by_another="status <> 'CONFIRMED' OR decided_by <> proposed_by",
            dismissed_has_reason="(status = 'DISMISSED') = (reason IS NOT NULL)",
        ),
        *references("filing_refusal", filing_decision_id="filing_decision", proposer_id="organization", proposed_by="person", decided_by="person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_refusal")),
    )
    indexed("filing_refusal", ("agency_id", "center_id", "district_id", "filing_decision_id"))
    op.create_index(
        "uq_filing_refusal_one_open", "filing_refusal", ["filing_decision_id"], unique=True, postgresql_where=sa.text("status = 'PROPOSED'")
    )
