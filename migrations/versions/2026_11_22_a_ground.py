"""What tables stand on: equality inside GiST, and the rights of the two roles that serve.

The app role reads and writes rows and owns nothing; the auditor reads the history only.
"""

from alembic import op

revision: str = "a_ground"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute("GRANT USAGE ON SCHEMA public TO dudao_app, dudao_auditor")
    op.execute("GRANT SELECT ON alembic_version TO dudao_app")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE ON TABLES TO dudao_app")


def downgrade() -> None:
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT, INSERT, UPDATE ON TABLES FROM dudao_app")
    op.execute("REVOKE USAGE ON SCHEMA public FROM dudao_app, dudao_auditor")
    op.execute("REVOKE SELECT ON alembic_version FROM dudao_app")
    op.execute("DROP EXTENSION IF EXISTS btree_gist")
