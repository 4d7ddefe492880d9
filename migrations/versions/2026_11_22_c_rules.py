"""Rules that need no reader: what may never change does not, whoever asks and however.

Rows are never deleted by the service (no DELETE is granted). History is append-only; a signed part of a checklist cannot change;
the pool and the seed of a draw stay what they were.
"""

from alembic import op

revision: str = "c_rules"
down_revision: str | None = "b_first_tables"
branch_labels = None
depends_on = None

NEVER = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'DU001';
END $$
"""

SIGNED = """
CREATE FUNCTION refuse_signed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  covered text;
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.checklist_id, OLD.inspection_id, OLD.item_id) IS DISTINCT FROM (NEW.checklist_id, NEW.inspection_id, NEW.item_id) THEN
    RAISE EXCEPTION 'an answer stays at its item' USING ERRCODE = 'DU001';
  END IF;
  SELECT CASE WHEN item.phase = 'AFTER' THEN 'AFTER' ELSE 'SITE' END INTO covered FROM checklist_item item WHERE item.id = NEW.item_id;
  IF EXISTS (SELECT FROM signature s WHERE s.checklist_id = NEW.checklist_id AND s.part = covered) THEN
    RAISE EXCEPTION 'a signed checklist is never changed' USING ERRCODE = 'DU001';
  END IF;
  RETURN NEW;
END $$
"""

SIGNED_CHECKLIST = """
CREATE FUNCTION refuse_signed_checklist() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.advice, OLD.appraisal, OLD.template_id, OLD.inspection_id) IS DISTINCT FROM (NEW.advice, NEW.appraisal, NEW.template_id, NEW.inspection_id)
     AND EXISTS (SELECT FROM signature s WHERE s.checklist_id = OLD.id) THEN
    RAISE EXCEPTION 'a signed checklist is never changed' USING ERRCODE = 'DU001';
  END IF;
  RETURN NEW;
END $$
"""

FROZEN = """
CREATE FUNCTION refuse_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.pool, OLD.pool_digest, OLD.secret, OLD.commitment, OLD.algorithm) IS DISTINCT FROM (NEW.pool, NEW.pool_digest, NEW.secret, NEW.commitment, NEW.algorithm)
     OR (OLD.seed IS NOT NULL AND (OLD.seed, OLD.public_value, OLD.outcome) IS DISTINCT FROM (NEW.seed, NEW.public_value, NEW.outcome)) THEN
    RAISE EXCEPTION 'a frozen draw is never changed' USING ERRCODE = 'DU001';
  END IF;
  RETURN NEW;
END $$
"""

APPEND_ONLY = ("event", "signature", "finding", "blacklist_query", "draw_person", "profile", "checklist_template", "checklist_item")


def upgrade() -> None:
    for function in (NEVER, SIGNED, SIGNED_CHECKLIST, FROZEN):
        op.execute(function)
    for table in APPEND_ONLY:
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"REVOKE UPDATE ON {table} FROM dudao_app")
    op.execute("CREATE TRIGGER signed BEFORE INSERT OR UPDATE ON answer FOR EACH ROW EXECUTE FUNCTION refuse_signed()")
    op.execute("CREATE TRIGGER signed BEFORE UPDATE ON checklist FOR EACH ROW EXECUTE FUNCTION refuse_signed_checklist()")
    op.execute("CREATE TRIGGER frozen BEFORE UPDATE ON draw FOR EACH ROW EXECUTE FUNCTION refuse_frozen()")
    op.execute("GRANT SELECT ON event, chain_head, blacklist_query TO dudao_auditor")


def downgrade() -> None:
    op.execute("REVOKE SELECT ON event, chain_head, blacklist_query FROM dudao_auditor")
    op.execute("DROP TRIGGER frozen ON draw")
    op.execute("DROP TRIGGER signed ON checklist")
    op.execute("DROP TRIGGER signed ON answer")
    for table in APPEND_ONLY:
        op.execute(f"GRANT UPDATE ON {table} TO dudao_app")
        op.execute(f"DROP TRIGGER append_only ON {table}")
    for function in ("refuse_frozen", "refuse_signed_checklist", "refuse_signed", "refuse_change"):
        op.execute(f"DROP FUNCTION {function}()")
