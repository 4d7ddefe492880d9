"""The second wall: row-level security on every table with tenant rows.

One role a tier, one equality a policy. The role that serves is a member of each without inheriting from it: until it has entered one, no row
of a tenant is there for it. What the rules must know of a person wherever that one serves is read as `wall_rules`: named columns, nothing else.
"""

from alembic import op

revision: str = "i_walls"
down_revision: str | None = "h_two_persons"
branch_labels = None
depends_on = None

WALLS = ("wall_center", "wall_district", "wall_agency", "wall_person")
SETTINGS = {
    "center_id": "app.center",
    "district_id": "app.district",
    "agency_id": "app.agency",
    "organization_id": "app.organization",
    "person_id": "app.person",
}

USUAL = {"wall_center": "center_id", "wall_district": "district_id", "wall_agency": "agency_id"}
WITH_PERSON = {**USUAL, "wall_person": "person_id"}
NEVER_AN_AGENCY = {"wall_center": "center_id", "wall_district": "district_id"}
OF_PERSON = dict.fromkeys(("wall_center", "wall_district", "wall_agency", "wall_person"), "person_id")
OF_ORGANIZATION = dict.fromkeys(("wall_center", "wall_district", "wall_agency"), "organization_id")

TABLES = {
    **dict.fromkeys(("answer", "blacklist_query", "checklist", "finding", "inspection", "opinion_letter", "recognition_session"), USUAL),
    **dict.fromkeys(("assessor", "rectification", "roster_import", "signature"), USUAL),
    **dict.fromkeys(("appointment", "assignment", "blacklist_entry", "supervisor_case"), WITH_PERSON),
    **dict.fromkeys(("draw", "draw_person", "draw_pick", "monthly_return", "supervision_report"), NEVER_AN_AGENCY),
    **dict.fromkeys(("disclosure", "filing_decision", "filing_refusal"), USUAL),
    **dict.fromkeys(("auditor_proposal", "policy_version", "policy_line", "policy_current"), {"wall_center": "center_id"}),
    "decision": WITH_PERSON,
    "event": {**WITH_PERSON, "wall_agency": "organization_id"},
    "request": OF_PERSON,
    "chain_head": OF_ORGANIZATION,
    "upload": OF_ORGANIZATION,
}

BEFORE_A_WALL = ("policy_version", "policy_line", "policy_current")
"""Read by the serving role itself, to know under which rights somebody may enter."""
HISTORY = ("event", "chain_head", "blacklist_query", "decision", "disclosure")
"""What the auditor's role reads."""

# what domain/facts.py and domain/blacklist.py ask about people of other tenants too
FACTS = {
    "person": "id, birth_date, sex, id_digest",
    "supervisor": "id, person_id, center_id, kind, standing",
    "card": "supervisor_id, person_id, number, status, valid_from, valid_until",
    "appointment": "supervisor_id, status, starts_on, ends_on",
    "employment": "person_id, agency_id, starts_on, ends_on",
    "supervisor_case": "supervisor_id, center_id, sanction, status, in_force_at, suspended_in_id",
    "blacklist_entry": "id, person_id, status, ground, listed_on, review_on",
    "assessor": "person_id, recognition_session_id",
    "recognition_session": "id, status, starts_at, ends_at",
    "assignment": "person_id, supervisor_id, inspection_id, recognition_session_id, status, starts_at, ends_at",
    "inspection": "id, agency_id, scheduled_on, internal, status",
}

# The same for the conditions of rights, which stand inside of one statement and cannot change the role.
IS_LISTED = """
CREATE FUNCTION is_listed(who uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM blacklist_entry b WHERE b.person_id = who AND b.status IN ('LISTED', 'UNDER_REVIEW'))
$$
"""
ASSESSES = """
CREATE FUNCTION assesses(who uuid, recognition uuid, starts timestamptz, ends timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM assessor x JOIN recognition_session r ON r.id = x.recognition_session_id
                 WHERE x.person_id = who AND r.status <> 'CANCELLED' AND (r.id = recognition OR (r.starts_at < ends AND r.ends_at > starts)))
$$
"""
DEFINERS = ("refuse_two_duties(uuid, uuid, timestamptz, timestamptz)",)

# Roles belong to the server and not to this database: the owner may not make them.
THERE = """
DO $$
BEGIN
  IF (SELECT count(*) FROM pg_roles WHERE rolname IN ('wall_center', 'wall_district', 'wall_agency', 'wall_person', 'wall_ticket', 'wall_rules')) < 6 THEN
    RAISE EXCEPTION 'the roles of the second wall are missing' USING HINT = 'As a superuser, run the CREATE ROLE wall_... and GRANT lines of docker/roles.sh.';
  END IF;
END $$
"""

# whatever the serving role may do to a table, it may do from behind a wall; it keeps only what it needs before it stands behind one
SHARE = """
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT table_name, string_agg(privilege_type, ', ') AS allowed FROM information_schema.role_table_grants
             WHERE table_schema = 'public' AND grantee = 'dudao_app' AND table_name NOT IN ('alembic_version', 'attempt') GROUP BY table_name
  LOOP
    EXECUTE format('GRANT %s ON %I TO {walls}', one.allowed, one.table_name);
  END LOOP;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(THERE)
    walls = ", ".join(WALLS)
    op.execute(f"GRANT USAGE ON SCHEMA public TO {walls}, wall_ticket, wall_rules")
    op.execute(SHARE.replace("{walls}", walls))
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE ON TABLES TO {walls}")
    op.execute("GRANT USAGE ON SEQUENCE policy_number TO wall_center")
    for table, said in TABLES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for wall, column in said.items():
            op.execute(f"CREATE POLICY {wall} ON {table} TO {wall} USING ({column} = nullif(current_setting('{SETTINGS[column]}', true), '')::uuid)")
    op.execute("GRANT SELECT, UPDATE ON upload TO wall_ticket")
    op.execute("CREATE POLICY wall_ticket ON upload TO wall_ticket USING (ticket_hash = decode(nullif(current_setting('app.ticket', true), ''), 'hex'))")
    for table in HISTORY:
        op.execute(f"CREATE POLICY auditor ON {table} FOR SELECT TO dudao_auditor USING (true)")
    for table in BEFORE_A_WALL:
        op.execute(f"CREATE POLICY serving ON {table} FOR SELECT TO dudao_app USING (true)")
    for table, columns in FACTS.items():
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO wall_rules")
        if table in TABLES:
            op.execute(f"CREATE POLICY wall_rules ON {table} FOR SELECT TO wall_rules USING (true)")
    op.execute(IS_LISTED)
    op.execute(ASSESSES)
    for function in DEFINERS:
        op.execute(f"ALTER FUNCTION {function} SECURITY DEFINER SET search_path = public, pg_temp")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    walls = ", ".join(WALLS)
    for function in DEFINERS:
        op.execute(f"ALTER FUNCTION {function} SECURITY INVOKER RESET search_path")
    op.execute("DROP FUNCTION assesses(uuid, uuid, timestamptz, timestamptz)")
    op.execute("DROP FUNCTION is_listed(uuid)")
    for table, columns in FACTS.items():
        if table in TABLES:
            op.execute(f"DROP POLICY wall_rules ON {table}")
        op.execute(f"REVOKE SELECT ({columns}) ON {table} FROM wall_rules")
    for table in BEFORE_A_WALL:
        op.execute(f"DROP POLICY serving ON {table}")
    for table in HISTORY:
        op.execute(f"DROP POLICY auditor ON {table}")
    op.execute("DROP POLICY wall_ticket ON upload")
    op.execute("REVOKE SELECT, UPDATE ON upload FROM wall_ticket")
    for table, said in TABLES.items():
        for wall in said:
            op.execute(f"DROP POLICY {wall} ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT, INSERT, UPDATE ON TABLES FROM {walls}")
    op.execute("REVOKE USAGE ON SEQUENCE policy_number FROM wall_center")
    op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {walls}")
    op.execute(f"REVOKE USAGE ON SCHEMA public FROM {walls}, wall_ticket, wall_rules")
