"""From nothing to the last migration is what the models say; down and up again the same; and the role that serves owns and deletes nothing."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, NullPool
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

import models
from app import migrate
from app.embedded_postgres import EmbeddedPostgres
from tests.cluster import ask, scratch_cluster

APPEND_ONLY = (
    "event",
    "decision",
    "disclosure",
    "policy_line",
    "signature",
    "amendment_signature",
    "annual_rating",
    "candidate_check",
    "exam_staff",
    "finding",
    "blacklist_query",
    "credit_entry",
    "obstruction",
    "education_attendance",
    "education_lapse",
    "term_evaluation",
    "commendation",
    "stipend_rate",
    "stipend_line",
    "draw_person",
    "reminder",
    "profile",
    "checklist_template",
    "checklist_item",
    "attestation",
    "training",
    "written_exam",
)
GRANTED = "SELECT has_table_privilege('dudao_app', '{table}', '{right}')"


@pytest.fixture(scope="module")
def empty() -> Iterator[EmbeddedPostgres]:
    with scratch_cluster() as server:
        yield server


def differences(url: str) -> list[Any]:
    def compare(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, SQLModel.metadata))

    async def asked() -> list[Any]:
        engine = create_async_engine(url, poolclass=NullPool)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(compare)
        finally:
            await engine.dispose()

    return [one for one in asyncio.run(asked()) if "alembic_version" not in str(one)]


def catalogue(url: str) -> object:
    """Columns, constraints, indexes, triggers and rights, as one text."""
    return ask(
        url,
        """
        SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
          SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) AS line
            FROM information_schema.columns WHERE table_schema = 'public'
          UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
          UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
          UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
          UNION ALL SELECT concat_ws(' ', grantee, table_name, privilege_type) FROM information_schema.role_table_grants WHERE table_schema = 'public'
        ) AS everything
        """,
    )


def tables() -> list[str]:
    assert models
    return sorted(SQLModel.metadata.tables)


def test_empty_to_head_equals_the_models_and_down_and_up_is_the_same(empty: EmbeddedPostgres) -> None:
    owner = empty.url("dudao_owner")
    assert migrate.upgrade(owner)
    assert differences(owner) == []
    first = catalogue(owner)
    migrate.downgrade(owner, "base")
    left = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    assert ask(owner, left) == 0
    assert ask(owner, "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'refuse%'") == 0
    assert migrate.upgrade(owner)
    assert catalogue(owner) == first
    assert not migrate.upgrade(owner), "there is nothing left to do"


def test_the_role_that_serves_owns_nothing_and_cannot_change_the_tables(cluster: EmbeddedPostgres) -> None:
    owner = cluster.url("dudao_owner")
    owned = "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = 'dudao_app'"
    assert ask(owner, owned) == 0
    assert ask(owner, "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = 'dudao_app'") is False
    assert ask(owner, "SELECT has_schema_privilege('dudao_app', 'public', 'CREATE')") is False


@pytest.mark.parametrize("table", tables())
def test_nothing_is_deleted_and_what_is_appended_stays(cluster: EmbeddedPostgres, table: str) -> None:
    owner = cluster.url("dudao_owner")
    assert ask(owner, GRANTED.format(table=table, right="SELECT")) is True
    for right in ("DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"):
        assert ask(owner, GRANTED.format(table=table, right=right)) is False
    assert ask(owner, GRANTED.format(table=table, right="UPDATE")) is (table not in APPEND_ONLY)


def test_not_even_the_owner_changes_history(crowded: Any) -> None:
    found = ask(crowded.owner, "SELECT count(*) FROM event")
    assert isinstance(found, int)
    assert found > 0
    for change in ("UPDATE event SET reason = 'x'", "DELETE FROM event", "UPDATE signature SET part = 'x'"):
        with pytest.raises(Exception, match="never changed"):
            ask(crowded.owner, change)
