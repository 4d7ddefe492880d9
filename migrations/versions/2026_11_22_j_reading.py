"""Indexes as the reads want them: a page of a tenant's rows is read off one end of an index; tables without a list of their own keep none.

What belongs to an inspection, a draw or a person is reached through it alone: three indexes by tenant served no read of such a table and cost each
row written. Where a list stands, the tenant's index goes on with the id, by which it is sorted unless asked otherwise.
"""

from alembic import op

revision: str = "j_reading"
down_revision: str | None = "i_walls"
branch_labels = None
depends_on = None

TENANTS = ("center_id", "district_id", "agency_id")
BELOW: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("answer", "assessor", "blacklist_query", "checklist", "disclosure", "draw_person", "draw_pick", "event", "finding"), TENANTS),
    **dict.fromkeys(("appointment", "card", "policy_line", "policy_version", "signature", "supervision_report"), TENANTS),
    "supervisor": ("district_id",),
}
"""Reached through something else, or seen by all: no read asks by these columns."""

LISTED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("blacklist_entry", "decision", "filing_refusal", "membership", "roster_import", "supervisor_case"), TENANTS),
    **dict.fromkeys(("assignment", "draw", "filing_decision", "inspection", "opinion_letter", "recognition_session"), ("center_id", "district_id")),
    "rectification": ("center_id", "district_id"),
    "monthly_return": ("center_id",),
    "auditor_proposal": ("center_id",),
}
"""The same columns, followed by the id."""

DOUBLED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("draw", "filing_decision", "recognition_session"), ("agency_id",)),
    **dict.fromkeys(("auditor_proposal", "monthly_return"), ("district_id", "agency_id")),
    "inspection": ("agency_id", "dispatcher_id"),
    "assignment": ("dispatcher_id",),
}
"""Another index begins with them, or no agency ever sees such a row."""

FOR_LISTS: dict[str, list[tuple[str, ...]]] = {
    "assignment": [("dispatcher_id", "status")],
    "inspection": [
        ("dispatcher_id", "closed_at"),
        ("center_id", "status", "scheduled_on", "id"),
        ("district_id", "status", "scheduled_on", "id"),
    ],
    "opinion_letter": [("center_id", "status", "created_at", "id"), ("district_id", "status", "created_at", "id")],
    "rectification": [("center_id", "status", "due_on", "id"), ("district_id", "status", "due_on", "id")],
    "supervisor": [("kind", "created_at", "id")],
}
"""Open offers, the month of a return, open inspections, letters to serve, rectifications to look at, the roster."""

ASKED = "blacklist_query"
"""Its rows name their organization, which has a key of its own: three look-ups less for each of fifty subjects of a question."""


def gone() -> list[tuple[str, str]]:
    """Table and column of each index that another one replaces, or none."""
    return [(table, column) for said in (BELOW, LISTED, DOUBLED) for table, columns in said.items() for column in columns]


def come() -> list[tuple[str, tuple[str, ...]]]:
    listed: list[tuple[str, tuple[str, ...]]] = [(table, (column, "id")) for table, columns in LISTED.items() for column in columns]
    return listed + [(table, columns) for table, several in FOR_LISTS.items() for columns in several]


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    for table, columns in come():
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
    for table, column in gone():
        op.drop_index(f"ix_{table}_{column}", table)
    for column in TENANTS:
        op.drop_constraint(f"fk_{ASKED}_{column}", ASKED)


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '600s'")
    for column in TENANTS:
        op.create_foreign_key(f"fk_{ASKED}_{column}", ASKED, "organization", [column], ["id"])
    for table, column in gone():
        op.create_index(f"ix_{table}_{column}", table, [column])
    for table, columns in come():
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
