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

# One person is not a member of a team and an assessor at the same time (000 §8(八), 003 §10). The answer is that of any double booking,
# so that it does not betray an inspection to the agency that names an assessor. The lock makes two such inserts wait for one another.
ONE_DUTY = """
CREATE FUNCTION refuse_two_duties(who uuid, recognition uuid, starts timestamptz, ends timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM assignment a WHERE a.person_id = who AND a.status IN ('OFFERED', 'ACCEPTED', 'CHECKED_IN', 'DONE')
             AND (a.recognition_session_id = recognition OR (a.starts_at < ends AND a.ends_at > starts)))
     AND EXISTS (SELECT FROM assessor x JOIN recognition_session r ON r.id = x.recognition_session_id WHERE x.person_id = who AND r.status <> 'CANCELLED'
             AND (r.id = recognition OR (r.starts_at < ends AND r.ends_at > starts))) THEN
    RAISE EXCEPTION 'two duties at the same time' USING ERRCODE = '23P01';
  END IF;
END $$
"""

ASSESSOR_DUTY = """
CREATE FUNCTION refuse_assessor_on_duty() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  r recognition_session;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(NEW.person_id::text, 0));
  SELECT * INTO r FROM recognition_session WHERE id = NEW.recognition_session_id;
  PERFORM refuse_two_duties(NEW.person_id, r.id, r.starts_at, r.ends_at);
  RETURN NULL;
END $$
"""

TEAM_DUTY = """
CREATE FUNCTION refuse_member_who_assesses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(NEW.person_id::text, 0));
  PERFORM refuse_two_duties(NEW.person_id, NEW.recognition_session_id, NEW.starts_at, NEW.ends_at);
  RETURN NULL;
END $$
"""

APPEND_ONLY = ("event", "signature", "finding", "blacklist_query", "draw_person", "profile", "checklist_template", "checklist_item")


def upgrade() -> None:
    for function in (NEVER, SIGNED, SIGNED_CHECKLIST, FROZEN, ONE_DUTY, ASSESSOR_DUTY, TEAM_DUTY):
        op.execute(function)
    for table in APPEND_ONLY:
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"REVOKE UPDATE ON {table} FROM dudao_app")
    op.execute("CREATE TRIGGER signed BEFORE INSERT OR UPDATE ON answer FOR EACH ROW EXECUTE FUNCTION refuse_signed()")
    op.execute("CREATE TRIGGER signed BEFORE UPDATE ON checklist FOR EACH ROW EXECUTE FUNCTION refuse_signed_checklist()")
    op.execute("CREATE TRIGGER frozen BEFORE UPDATE ON draw FOR EACH ROW EXECUTE FUNCTION refuse_frozen()")
    op.execute("CREATE TRIGGER one_duty AFTER INSERT ON assessor FOR EACH ROW EXECUTE FUNCTION refuse_assessor_on_duty()")
    op.execute("CREATE TRIGGER one_duty AFTER INSERT ON assignment FOR EACH ROW EXECUTE FUNCTION refuse_member_who_assesses()")
    op.execute("GRANT SELECT ON event, chain_head, blacklist_query TO dudao_auditor")


def downgrade() -> None:
    op.execute("REVOKE SELECT ON event, chain_head, blacklist_query FROM dudao_auditor")
    op.execute("DROP TRIGGER one_duty ON assignment")
    op.execute("DROP TRIGGER one_duty ON assessor")
    op.execute("DROP TRIGGER frozen ON draw")
    op.execute("DROP TRIGGER signed ON checklist")
    op.execute("DROP TRIGGER signed ON answer")
    for table in APPEND_ONLY:
        op.execute(f"GRANT UPDATE ON {table} TO dudao_app")
        op.execute(f"DROP TRIGGER append_only ON {table}")
    op.execute("DROP FUNCTION refuse_two_duties(uuid, uuid, timestamptz, timestamptz)")
    for function in ("refuse_member_who_assesses", "refuse_assessor_on_duty", "refuse_frozen", "refuse_signed_checklist", "refuse_signed", "refuse_change"):
        op.execute(f"DROP FUNCTION {function}()")
