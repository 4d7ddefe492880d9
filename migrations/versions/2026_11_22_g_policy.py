"""The policy is versioned data: its lines never change, two persons put it in force, and what is in force was published."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "g_policy"
down_revision: str | None = "f_decisions"
branch_labels = None
depends_on = None

SETTLED = """
CREATE FUNCTION refuse_settled_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status <> 'PROPOSED'
     OR (OLD.center_id, OLD.number, OLD.base, OLD.digest, OLD.line_count, OLD.reason, OLD.difference, OLD.heads, OLD.proposed_by, OLD.proposed_at)
        IS DISTINCT FROM
        (NEW.center_id, NEW.number, NEW.base, NEW.digest, NEW.line_count, NEW.reason, NEW.difference, NEW.heads, NEW.proposed_by, NEW.proposed_at) THEN
    RAISE EXCEPTION 'a version of the policy is never changed' USING ERRCODE = 'DU001';
  END IF;
  RETURN NEW;
END $$
"""

PUBLISHED = """
CREATE FUNCTION refuse_unpublished_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM policy_version v WHERE v.center_id = NEW.center_id AND v.number = NEW.version AND v.status = 'PUBLISHED') THEN
    RAISE EXCEPTION 'only a published version comes into force' USING ERRCODE = 'DU001';
  END IF;
  RETURN NEW;
END $$
"""

# Waits for the writers of a center in short turns, since whoever waits for this lock keeps new writers waiting.
LOCK = """
CREATE FUNCTION lock_policy(class int, center uuid) RETURNS boolean LANGUAGE plpgsql SET lock_timeout = '150ms' AS $$
BEGIN
  FOR turn IN 1..12 LOOP
    BEGIN
      PERFORM pg_advisory_xact_lock(class, hashtext(center::text));
      RETURN true;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.05);
    END;
  END LOOP;
  RETURN false;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("CREATE SEQUENCE policy_number START WITH 2")
    op.execute("GRANT USAGE ON SEQUENCE policy_number TO PUBLIC")
    versions()
    lines()
    op.create_table(
        "policy_current",
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["organization.id"], name=op.f("fk_policy_current_center_id")),
        sa.ForeignKeyConstraint(
            ["center_id", "version"], ["policy_version.center_id", "policy_version.number"], name=op.f("fk_policy_current_center_id_version")
        ),
        sa.PrimaryKeyConstraint("center_id", name=op.f("pk_policy_current")),
    )
    for function in (SETTLED, PUBLISHED, LOCK):
        op.execute(function)
    op.execute("CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON policy_line FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute("REVOKE UPDATE ON policy_line FROM dudao_app")
    op.execute("CREATE TRIGGER settled BEFORE UPDATE ON policy_version FOR EACH ROW EXECUTE FUNCTION refuse_settled_policy()")
    op.execute("CREATE TRIGGER published BEFORE INSERT OR UPDATE ON policy_current FOR EACH ROW EXECUTE FUNCTION refuse_unpublished_policy()")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    for table in ("policy_current", "policy_line", "policy_version"):
        op.drop_table(table)
    for function in ("lock_policy(int, uuid)", "refuse_unpublished_policy()", "refuse_settled_policy()"):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP SEQUENCE policy_number")


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


def references(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    tenants = dict.fromkeys(("agency_id", "center_id", "district_id"), "organization")
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}")) for column, target in (tenants | columns).items()
    ]


def checks(table: str, **tests: str) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(test, name=op.f(f"ck_{table}_{name}")) for name, test in tests.items()]


def indexed(table: str) -> None:
    for column in ("agency_id", "center_id", "district_id"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def versions() -> None:
    instant = postgresql.TIMESTAMP(timezone=True)
    statuses = sa.Enum(
        "PROPOSED", "PUBLISHED", "REJECTED", name="policy_version_status", native_enum=False, create_constraint=True, length=32
    )
    op.create_table(
        "policy_version",
        *row(),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("status", statuses, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("difference", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("heads", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("approved_difference", sa.String(length=64), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", instant, nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", instant, nullable=True),
        *checks(
            "policy_version",
            decided_is_somebodys="(status = 'PROPOSED') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)",
            two_persons="status <> 'PUBLISHED' OR decided_by <> proposed_by",
            approved_as_shown="(status = 'PUBLISHED') = (approved_difference IS NOT NULL)",
        ),
        *references("policy_version", proposed_by="person", decided_by="person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_version")),
        sa.UniqueConstraint("number", name=op.f("uq_policy_version_number")),
        sa.UniqueConstraint("center_id", "number", name=op.f("uq_policy_version_center_id_number")),
    )
    indexed("policy_version")
    op.create_index("uq_policy_version_one_open", "policy_version", ["center_id"], unique=True, postgresql_where=sa.text("status = 'PROPOSED'"))


def lines() -> None:
    words = {"role": 32, "base": 32, "relation": 32, "object": 40, "action": 40, "effect": 5}
    op.create_table(
        "policy_line",
        *row(),
        sa.Column("policy_version_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=1), nullable=False),
        *(sa.Column(name, sa.String(length=length), nullable=name != "role") for name, length in words.items()),
        sa.Column("article", sa.String(length=500), nullable=False),
        *checks(
            "policy_line",
            kind="kind IN ('p', 'g') AND (kind = 'g') = (base IS NOT NULL)",
            words="num_nonnulls(relation, object, action, effect) = CASE kind WHEN 'p' THEN 4 ELSE 0 END",
            characters="concat(role, base, relation, object, action, effect) ~ '^[A-Za-z_]+$'",
        ),
        *references("policy_line", policy_version_id="policy_version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_line")),
        sa.UniqueConstraint("policy_version_id", "line", name=op.f("uq_policy_line_policy_version_id_line")),
        sa.UniqueConstraint(
            "policy_version_id", "kind", *words, name="uq_policy_line_once", postgresql_nulls_not_distinct=True
        ),
    )
    indexed("policy_line")
