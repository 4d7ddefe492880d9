"""Who begins to write holds the policy of the center and learns its version in one statement, the one that says for whom the transaction runs.

A function, since each statement inside sees what was committed before it: the version that a publisher left while it was waited for.
"""

from alembic import op

revision: str = "k_entry"
down_revision: str | None = "j_reading"
branch_labels = None
depends_on = None

POLICY_HELD = """
CREATE FUNCTION policy_held(class int, center uuid) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(class, hashtext(center::text));
  RETURN (SELECT p.version FROM policy_current p WHERE p.center_id = center);
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(POLICY_HELD)


def downgrade() -> None:
    op.execute("DROP FUNCTION policy_held(int, uuid)")
