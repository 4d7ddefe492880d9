"""Memberships may be delegated; accounts and logins lie in their tenants; administrators are held apart; auditors are made by two."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "e_members"
down_revision: str | None = "d_identity"
branch_labels = None
depends_on = None

TENANTS = ("center_id", "district_id", "agency_id")

# Whoever writes an account names its home alone; an account and its logins never lie elsewhere.
AT_HOME = """
CREATE FUNCTION account_at_home() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT o.center_id, o.district_id, o.agency_id INTO NEW.center_id, NEW.district_id, NEW.agency_id FROM organization o WHERE o.id = NEW.organization_id;
  RETURN NEW;
END $$
"""
LOGIN_AT_HOME = """
CREATE FUNCTION login_at_home() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  SELECT a.person_id, a.organization_id, a.center_id, a.district_id, a.agency_id
    INTO NEW.person_id, NEW.organization_id, NEW.center_id, NEW.district_id, NEW.agency_id FROM account a WHERE a.id = NEW.account_id;
  RETURN NEW;
END $$
"""

# Only a role that is held, in the same organization, by another person, not longer, and only once removed.
DELEGATION = """
CREATE FUNCTION refuse_delegation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.delegated_from, OLD.delegator_id, OLD.person_id, OLD.role, OLD.organization_id, OLD.valid_from)
     IS DISTINCT FROM (NEW.delegated_from, NEW.delegator_id, NEW.person_id, NEW.role, NEW.organization_id, NEW.valid_from) THEN
    RAISE EXCEPTION 'a membership only ends' USING ERRCODE = 'DU001';
  END IF;
  IF NEW.delegated_from IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.valid_until > OLD.valid_until) AND NOT EXISTS (
       SELECT FROM membership m WHERE m.id = NEW.delegated_from AND m.delegated_from IS NULL AND m.role = NEW.role
          AND m.organization_id = NEW.organization_id AND m.person_id = NEW.delegator_id
          AND tstzrange(m.valid_from, m.valid_until) @> tstzrange(NEW.valid_from, NEW.valid_until)) THEN
    RAISE EXCEPTION 'a delegation gives what one does not hold' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$
"""

# The system administrator (the operator) holds no role: neither is one given to an operator, nor does an operator come out of who holds one.
# One lock for all, shared by whoever gives roles: a lock for each person of a roster of 50,000 is more than PostgreSQL has room for.
OPERATOR = """
CREATE FUNCTION refuse_operator_with_role() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_TABLE_NAME = 'membership' THEN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('operators', 0));
    IF NOT EXISTS (SELECT FROM given g JOIN account a ON a.person_id = g.person_id WHERE a.kind = 'OPERATOR') THEN
      RETURN NULL;
    END IF;
  ELSE
    PERFORM pg_advisory_xact_lock(hashtextextended('operators', 0));
    IF NOT EXISTS (SELECT FROM membership m WHERE m.person_id = NEW.person_id) THEN
      RETURN NULL;
    END IF;
  END IF;
  RAISE EXCEPTION 'an operator holds no role' USING ERRCODE = '23514';
END $$
"""

# A roster gives 20,000 people a role, none of them delegated: what looks at each row by itself is called for the few it may refuse.
TRIGGERS_OF_ROLES = (
    "delegation BEFORE INSERT ON membership FOR EACH ROW WHEN (NEW.delegated_from IS NOT NULL) EXECUTE FUNCTION refuse_delegation()",
    "only_ends BEFORE UPDATE ON membership FOR EACH ROW EXECUTE FUNCTION refuse_delegation()",
    "no_operator AFTER INSERT ON membership REFERENCING NEW TABLE AS given FOR EACH STATEMENT EXECUTE FUNCTION refuse_operator_with_role()",
    "no_role AFTER INSERT OR UPDATE OF kind, person_id ON account FOR EACH ROW"
    " WHEN (NEW.kind = 'OPERATOR') EXECUTE FUNCTION refuse_operator_with_role()",
)

# Asked before an account is opened for somebody, or opened anew: what lies behind another wall counts too. It answers yes or no, nothing more.
ELSEWHERE = """
CREATE FUNCTION holds_elsewhere(who uuid, place uuid, at timestamptz) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM membership m WHERE m.person_id = who AND (m.valid_until IS NULL OR m.valid_until > at)
    AND place IS DISTINCT FROM m.center_id AND place IS DISTINCT FROM m.district_id AND place IS DISTINCT FROM m.agency_id)
$$
"""


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    placed("account", "organization o", "id = t.organization_id")
    op.create_index(op.f("ix_account_organization_id"), "account", ["organization_id"])
    kinds("'PERSON', 'MACHINE', 'OPERATOR'")
    op.create_check_constraint(op.f("ck_account_only_people_have_passwords"), "account", "kind = 'PERSON' OR password_hash IS NULL")
    logins()
    memberships()
    proposals()
    for function in (AT_HOME, LOGIN_AT_HOME, DELEGATION, OPERATOR, ELSEWHERE):
        op.execute(function)
    op.execute("CREATE TRIGGER at_home BEFORE INSERT OR UPDATE OF organization_id ON account FOR EACH ROW EXECUTE FUNCTION account_at_home()")
    op.execute("CREATE TRIGGER at_home BEFORE INSERT ON login FOR EACH ROW EXECUTE FUNCTION login_at_home()")
    for trigger in TRIGGERS_OF_ROLES:
        op.execute(f"CREATE TRIGGER {trigger}")


def placed(table: str, source: str, joined: str) -> None:
    """The three tenants, copied from where the row belongs."""
    alias = source.rsplit(maxsplit=1)[-1]
    for name in TENANTS:
        op.add_column(table, sa.Column(name, sa.Uuid(), nullable=True))
    copied = ", ".join(f"{name} = {alias}.{name}" for name in TENANTS)
    op.execute(f"UPDATE {table} t SET {copied} FROM {source} WHERE {alias}.{joined}")
    for name in TENANTS:
        op.create_index(op.f(f"ix_{table}_{name}"), table, [name])


def kinds(allowed: str) -> None:
    op.drop_constraint(op.f("ck_account_account_kind"), "account", type_="check")
    op.create_check_constraint(op.f("ck_account_account_kind"), "account", f"kind IN ({allowed})")


def logins() -> None:
    op.add_column("login", sa.Column("organization_id", sa.Uuid(), nullable=True))
    op.add_column("login", sa.Column("person_id", sa.Uuid(), nullable=True))
    kind = sa.Enum("SESSION", "INVITATION", "MACHINE", name="login_kind", native_enum=False, create_constraint=True, length=32)
    op.add_column("login", sa.Column("kind", kind, server_default="SESSION", nullable=False))
    op.execute("UPDATE login t SET organization_id = a.organization_id, person_id = a.person_id FROM account a WHERE a.id = t.account_id")
    op.execute("UPDATE login t SET kind = 'MACHINE' FROM account a WHERE a.id = t.account_id AND a.kind = 'MACHINE'")
    op.alter_column("login", "person_id", nullable=False)
    placed("login", "account a", "id = t.account_id")
    for name in ("organization_id", "person_id"):
        op.create_index(op.f(f"ix_login_{name}"), "login", [name])


def memberships() -> None:
    op.add_column("membership", sa.Column("delegated_from", sa.Uuid(), nullable=True))
    op.add_column("membership", sa.Column("delegator_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_membership_delegated_from"), "membership", "membership", ["delegated_from"], ["id"])
    op.create_foreign_key(op.f("fk_membership_delegator_id"), "membership", "person", ["delegator_id"], ["id"])
    for name in ("delegated_from", "delegator_id"):
        op.create_index(op.f(f"ix_membership_{name}"), "membership", [name])
    by_another = "(delegated_from IS NULL) = (delegator_id IS NULL) AND delegator_id <> person_id"
    op.create_check_constraint(op.f("ck_membership_delegated_has_end"), "membership", "delegated_from IS NULL OR valid_until IS NOT NULL")
    op.create_check_constraint(op.f("ck_membership_delegated_by_another"), "membership", by_another)
    op.create_exclude_constraint(
        "ex_membership_administrators_apart",
        "membership",
        ("person_id", "="),
        ("role", "<>"),
        (sa.literal_column("tstzrange(valid_from, valid_until)"), "&&"),
        using="gist",
        where=sa.literal_column("role IN ('center_admin', 'center_auditor')"),
    )


def proposals() -> None:
    status = sa.Enum("PROPOSED", "CONFIRMED", "WITHDRAWN", name="auditor_proposal_status", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "auditor_proposal",
        *(sa.Column(name, sa.Uuid(), nullable=name != "center_id") for name in TENANTS),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.Column(name, postgresql.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)
            for name in ("created_at", "updated_at")
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("ends_id", sa.Uuid(), nullable=True),
        sa.Column("status", status, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(status = 'CONFIRMED') = (confirmed_by IS NOT NULL) AND confirmed_by <> proposed_by", name=op.f("ck_auditor_proposal_two_persons")
        ),
        sa.CheckConstraint("person_id <> proposed_by AND person_id <> confirmed_by", name=op.f("ck_auditor_proposal_not_about_oneself")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_auditor_proposal_organization_id")),
        sa.ForeignKeyConstraint(["ends_id"], ["membership.id"], name=op.f("fk_auditor_proposal_ends_id")),
        *(
            sa.ForeignKeyConstraint([name], ["person.id"], name=op.f(f"fk_auditor_proposal_{name}"))
            for name in ("person_id", "proposed_by", "confirmed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auditor_proposal")),
    )
    for name in (*TENANTS, "organization_id", "person_id"):
        op.create_index(op.f(f"ix_auditor_proposal_{name}"), "auditor_proposal", [name])
    op.create_index(
        "uq_auditor_proposal_one_open",
        "auditor_proposal",
        ["organization_id", "person_id"],
        unique=True,
        postgresql_where=sa.literal_column("status = 'PROPOSED'"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    for trigger, table in (
        ("no_role", "account"),
        ("no_operator", "membership"),
        ("only_ends", "membership"),
        ("delegation", "membership"),
        ("at_home", "login"),
        ("at_home", "account"),
    ):
        op.execute(f"DROP TRIGGER {trigger} ON {table}")
    op.execute("DROP FUNCTION holds_elsewhere(uuid, uuid, timestamptz)")
    for function in ("refuse_operator_with_role", "refuse_delegation", "login_at_home", "account_at_home"):
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_table("auditor_proposal")
    op.drop_constraint("ex_membership_administrators_apart", "membership")
    for name in ("delegated_by_another", "delegated_has_end"):
        op.drop_constraint(op.f(f"ck_membership_{name}"), "membership", type_="check")
    # what was lent is not given: without the column it would be
    op.execute(
        "UPDATE membership SET valid_until = least(valid_until, greatest(clock_timestamp(), valid_from + interval '1 microsecond')) WHERE delegated_from IS NOT NULL"
    )
    for name in ("delegator_id", "delegated_from"):
        op.drop_column("membership", name)
    op.execute("UPDATE login SET ended_at = clock_timestamp() WHERE kind = 'INVITATION' AND ended_at IS NULL")
    for name in ("kind", "person_id", "organization_id", *TENANTS):
        op.drop_column("login", name)
    op.drop_constraint(op.f("ck_account_only_people_have_passwords"), "account", type_="check")
    # an account that may never sign in
    op.execute("UPDATE account SET kind = 'PERSON', disabled_at = coalesce(disabled_at, clock_timestamp()) WHERE kind = 'OPERATOR'")
    kinds("'PERSON', 'MACHINE'")
    op.drop_index(op.f("ix_account_organization_id"), "account")
    for name in TENANTS:
        op.drop_column("account", name)
