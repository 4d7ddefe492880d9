"""Independent entry: what each member of a team enters alone, and how the team reconciles what differs.

A draw keeps the facts behind its weights, which are frozen with its pool.

Whoever has finished changes no line any more, and nobody enters one after the entries are shown. What is reconciled stands with the first signature.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "t_entry"
down_revision: str | None = "s_figures"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
SETTINGS = {"center_id": "app.center", "district_id": "app.district"}
WALLS = {"wall_center": "center_id", "wall_district": "district_id"}
TENANTS = ("center_id", "district_id", "agency_id")
VALUES = ("YES", "NO", "NOT_APPLICABLE", "NOT_OBSERVED")
TABLES = ("double_entry", "reconciliation", "entry")

ENTERED_ALONE = """
CREATE FUNCTION refuse_other_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF EXISTS (SELECT FROM double_entry d WHERE d.id = NEW.double_entry_id AND d.status <> 'ALONE') OR EXISTS (
      SELECT FROM entry e WHERE e.double_entry_id = NEW.double_entry_id AND e.person_id = NEW.person_id AND e.finished_at IS NOT NULL
    ) THEN
      RAISE EXCEPTION 'nothing is entered after the entry is finished' USING ERRCODE = 'DU001';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' OR ((OLD.finished_at IS NOT NULL OR OLD.opened_at IS NOT NULL)
     AND to_jsonb(OLD) - '{opened_at,reconciliation_id,version,updated_at}'::text[]
      <> to_jsonb(NEW) - '{opened_at,reconciliation_id,version,updated_at}'::text[]) THEN
    RAISE EXCEPTION 'a finished entry is never changed' USING ERRCODE = 'DU001';
  END IF;
  IF OLD.opened_at IS NOT NULL AND NEW.opened_at IS DISTINCT FROM OLD.opened_at THEN
    RAISE EXCEPTION 'what was shown stays shown' USING ERRCODE = 'DU001';
  END IF;
  RETURN NEW;
END $$
"""

FROZEN = """
CREATE OR REPLACE FUNCTION refuse_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.pool, OLD.pool_digest, OLD.secret, OLD.commitment, OLD.algorithm{old}) IS DISTINCT FROM
     (NEW.pool, NEW.pool_digest, NEW.secret, NEW.commitment, NEW.algorithm{new})
     OR (OLD.seed IS NOT NULL AND (OLD.seed, OLD.public_value, OLD.outcome) IS DISTINCT FROM (NEW.seed, NEW.public_value, NEW.outcome)) THEN
    RAISE EXCEPTION 'a frozen draw is never changed' USING ERRCODE = 'DU001';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.add_column("draw", sa.Column("weights", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default="[]", nullable=False))
    op.execute(FROZEN.format(old=", OLD.weights", new=", NEW.weights"))
    double_entries()
    reconciliations()
    entries()
    for columns in (("center_id", "id"), ("district_id", "id")):
        op.create_index(f"ix_double_entry_{'_'.join(columns)}", "double_entry", list(columns))
    op.create_index("ix_reconciliation_inspection_id", "reconciliation", ["inspection_id"])
    for column in ("inspection_id", "reconciliation_id"):
        op.create_index(f"ix_entry_{column}", "entry", [column])
    op.execute(ENTERED_ALONE)
    op.execute("CREATE TRIGGER entered_alone BEFORE INSERT OR UPDATE OR DELETE ON entry FOR EACH ROW EXECUTE FUNCTION refuse_other_entry()")
    op.execute("CREATE TRIGGER signed BEFORE INSERT OR UPDATE ON reconciliation FOR EACH ROW EXECUTE FUNCTION refuse_signed()")
    op.execute(
        "CREATE TRIGGER compared_stays BEFORE UPDATE ON double_entry FOR EACH ROW WHEN (OLD.status = 'COMPARED') EXECUTE FUNCTION refuse_change()"
    )
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for wall, column in WALLS.items():
            op.execute(f"CREATE POLICY {wall} ON {table} TO {wall} USING ({column} = nullif(current_setting('{SETTINGS[column]}', true), '')::uuid)")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_other_entry()")
    op.execute(FROZEN.format(old="", new=""))
    op.drop_column("draw", "weights")


def double_entries() -> None:
    made(
        "double_entry",
        *(id_(name) for name in ("inspection_id", "checklist_id")),
        choice("status", "entry_status", "ALONE", "COMPARED"),
        sa.Column("finished", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("compared", "agreed")),
        sa.Column("compared_at", INSTANT, nullable=True),
        id_("closed_by", given=False),
        sa.Column("close_reason", sa.String(length=500), nullable=True),
        references={"inspection_id": "inspection", "checklist_id": "checklist", "closed_by": "person"},
        checks={
            "compared_has_instant": "(status = 'COMPARED') = (compared_at IS NOT NULL)",
            "compared_is_counted": "(compared_at IS NULL) = (compared IS NULL) AND (compared_at IS NULL) = (agreed IS NULL)",
            "agreed_of_compared": "agreed >= 0 AND agreed <= compared",
            "closed_for_a_reason": "(closed_by IS NULL) = (close_reason IS NULL)",
        },
        unique=(("checklist_id",), ("inspection_id",)),
    )


def reconciliations() -> None:
    made(
        "reconciliation",
        *(id_(name) for name in ("double_entry_id", "checklist_id", "inspection_id", "item_id")),
        sa.Column("differed", sa.Boolean(), nullable=False),
        choice("value", "answer_value", *VALUES, given=False),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        id_("person_id", given=False),
        sa.Column("reconciled_at", INSTANT, nullable=True),
        references={
            "double_entry_id": "double_entry",
            "checklist_id": "checklist",
            "inspection_id": "inspection",
            "item_id": "checklist_item",
            "person_id": "person",
        },
        checks={
            "reconciled_is_stated": "(reconciled_at IS NULL) = (value IS NULL) AND (reconciled_at IS NULL) = (reason IS NULL)"
            " AND (reconciled_at IS NULL) = (person_id IS NULL)",
            "open_where_it_differed": "differed OR reconciled_at IS NOT NULL",
        },
        unique=(("double_entry_id", "item_id"),),
    )


def entries() -> None:
    made(
        "entry",
        *(id_(name) for name in ("double_entry_id", "inspection_id", "item_id", "person_id")),
        choice("value", "answer_value", *VALUES),
        *(sa.Column(name, sa.String(length=1000), nullable=True) for name in ("remark", "correction")),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("counted", "total", "score")),
        choice("target", "finding_target", "AGENCY", "PERSON", "ASSESSOR"),
        sa.Column("responsible", sa.String(length=60), nullable=True),
        id_("assessor_id", given=False),
        *(sa.Column(name, INSTANT, nullable=True) for name in ("finished_at", "opened_at")),
        id_("reconciliation_id", given=False),
        references={
            "double_entry_id": "double_entry",
            "inspection_id": "inspection",
            "item_id": "checklist_item",
            "person_id": "person",
            "assessor_id": "assessor",
            "reconciliation_id": "reconciliation",
        },
        checks={
            "no_needs_remark": "value <> 'NO' OR remark IS NOT NULL",
            "two_numbers_or_none": "(counted IS NULL) = (total IS NULL)",
            "numbers_not_negative": "counted >= 0 AND total >= 0",
            "score_not_negative": "score >= 0",
            "person_is_named": "(target = 'PERSON') = (responsible IS NOT NULL)",
            "assessor_is_named": "(target = 'ASSESSOR') = (assessor_id IS NOT NULL)",
        },
        unique=(("double_entry_id", "person_id", "item_id"),),
    )


def made(table: str, *said: object, references: dict[str, str], checks: dict[str, str], unique: tuple[tuple[str, ...], ...]) -> None:
    """A table with what every table with tenants has: their columns, id, times and version."""
    targets = dict.fromkeys(TENANTS, "organization") | dict(references)
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *(id_(name, given=name == "center_id") for name in TENANTS),
        *said,  # type: ignore[arg-type]
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}")) for column, target in targets.items()),
        *(sa.CheckConstraint(test, name=op.f(f"ck_{table}_{name}")) for name, test in checks.items()),
        *(sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{columns[0] if len(columns) == 1 else '_'.join(columns)}")) for columns in unique),
    )


def id_(name: str, *, given: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=not given)


def choice(column: str, name: str, *values: str, given: bool = True) -> sa.Column[object]:
    return sa.Column(column, sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32), nullable=not given)
