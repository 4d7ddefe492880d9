"""From application to card: the application, what was attested, trained and examined, and what a supervisor is versed in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "l_life"
down_revision: str | None = "k_entry"
branch_labels = None
depends_on = None

WALLS = {"wall_center": "center_id", "wall_district": "district_id", "wall_agency": "agency_id", "wall_person": "person_id"}
KEPT = ("attestation", "training", "written_exam")
"""Never changed once written."""
COMPETENCES = ("knows_exam_workflow", "knows_question_bank", "knows_certificates")
STATUSES = ("DRAFT", "APPLIED", "RECOMMENDED", "TRAINED", "EXAM_PASSED", "EXAM_FAILED", "CARD_ISSUED", "DESIGNATED", "REJECTED")
RANKS = (
    "APPRENTICE",
    "JUNIOR_5",
    "INTERMEDIATE_4",
    "SENIOR_3",
    "TECHNICIAN_2",
    "SENIOR_TECHNICIAN_1",
    "SPECIAL_TECHNICIAN",
    "CHIEF_TECHNICIAN",
)

# What was applied for is not rewritten, and what has ended does not move again.
SETTLED = """
CREATE FUNCTION refuse_settled_application() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status IN ('CARD_ISSUED', 'DESIGNATED', 'REJECTED')
     OR (OLD.person_id, OLD.kind, OLD.employer_id, OLD.issuer_id) IS DISTINCT FROM (NEW.person_id, NEW.kind, NEW.employer_id, NEW.issuer_id)
     OR (OLD.status <> 'DRAFT'
         AND (OLD.employed_since, OLD.level, OLD.professional_title, OLD.work, OLD.competences, OLD.applied_at, OLD.profile_id)
             IS DISTINCT FROM
             (NEW.employed_since, NEW.level, NEW.professional_title, NEW.work, NEW.competences, NEW.applied_at, NEW.profile_id)) THEN
    RAISE EXCEPTION 'an application is not rewritten' USING ERRCODE = 'DU001';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    for column in COMPETENCES:
        op.add_column("supervisor", sa.Column(column, sa.Boolean(), server_default="false", nullable=False))
    applications()
    attestations()
    trainings()
    exams()
    for table in ("application", *KEPT):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for wall, column in WALLS.items():
            setting = f"app.{column.removesuffix('_id')}"
            op.execute(f"CREATE POLICY {wall} ON {table} TO {wall} USING ({column} = nullif(current_setting('{setting}', true), '')::uuid)")
    op.execute(SETTLED)
    op.execute("CREATE TRIGGER settled BEFORE UPDATE ON application FOR EACH ROW EXECUTE FUNCTION refuse_settled_application()")
    for table in KEPT:
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"REVOKE UPDATE ON {table} FROM dudao_app, {', '.join(WALLS)}")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    for table in (*reversed(KEPT), "application"):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_settled_application()")
    for column in COMPETENCES:
        op.drop_column("supervisor", column)


def row(*more: str) -> list[sa.Column[object]]:
    """What every table with tenants has, and whose it is."""
    instant = postgresql.TIMESTAMP(timezone=True)
    return [
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", instant, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", instant, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *(id_of(name) for name in ("person_id", "employer_id", "issuer_id", *more)),
    ]


def id_of(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=False)


def choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def references(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    whose = {"person_id": "person", "employer_id": "organization", "issuer_id": "organization"}
    return [sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}")) for column, target in (whose | columns).items()]


def checks(table: str, **tests: str) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(test, name=op.f(f"ck_{table}_{name}")) for name, test in tests.items()]


def indexed(table: str, *several: tuple[str, ...]) -> None:
    for columns in several:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns), unique=False)


def applications() -> None:
    instant, person = postgresql.TIMESTAMP(timezone=True), "person"
    json = postgresql.JSONB(none_as_null=True)
    op.create_table(
        "application",
        *row("drafted_by"),
        sa.Column("kind", choice("supervisor_kind", "EXTERNAL", "INTERNAL"), nullable=False),
        sa.Column("status", choice("application_status", *STATUSES), nullable=False),
        sa.Column("moved_at", instant, nullable=False),
        sa.Column("employed_since", sa.Date(), nullable=False),
        sa.Column("level", choice("skill_level", *RANKS), nullable=True),
        sa.Column("professional_title", choice("title", "ASSISTANT", "MIDDLE", "ASSOCIATE_SENIOR", "SENIOR"), nullable=True),
        sa.Column("work", json, nullable=False),
        sa.Column("competences", json, nullable=False),
        sa.Column("applied_at", instant, nullable=True),
        sa.Column("profile_id", sa.Uuid(), nullable=True),
        sa.Column("conditions", json, nullable=False),
        sa.Column("recommended_by", sa.Uuid(), nullable=True),
        sa.Column("recommended_at", instant, nullable=True),
        sa.Column("recommendation", sa.String(length=2000), nullable=True),
        sa.Column("reasons", sa.String(length=2000), nullable=True),
        sa.Column("supervisor_id", sa.Uuid(), nullable=True),
        sa.Column("card_id", sa.Uuid(), nullable=True),
        *checks(
            "application",
            internal_at_own_agency="kind <> 'INTERNAL' OR (issuer_id = employer_id AND agency_id = employer_id)",
            external_at_center="kind <> 'EXTERNAL' OR issuer_id = center_id",
            applied_is_judged="(status = 'DRAFT') = (applied_at IS NULL) AND (applied_at IS NULL) = (profile_id IS NULL)",
            recommendation_is_somebodys="(recommended_at IS NULL) = (recommended_by IS NULL)",
            recommended_by_another="recommended_by <> person_id",
            rejected_has_reasons="(status = 'REJECTED') = (reasons IS NOT NULL)",
            issued_has_card="(status = 'CARD_ISSUED') = (card_id IS NOT NULL)",
            granted_is_on_roster="(status IN ('CARD_ISSUED', 'DESIGNATED')) = (supervisor_id IS NOT NULL)",
        ),
        *references("application", drafted_by=person, recommended_by=person, profile_id="profile", supervisor_id="supervisor", card_id="card"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
    )
    indexed("application", *((tenant, "id") for tenant in ("center_id", "district_id", "agency_id", "person_id")))
    indexed("application", ("center_id", "status", "moved_at", "id"), ("supervisor_id",))
    op.create_index(
        "uq_application_one_open",
        "application",
        ["person_id", "kind", "employer_id"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('CARD_ISSUED', 'DESIGNATED', 'REJECTED')"),
    )


def attestations() -> None:
    conditions = ("INTEGRITY", "POLICY_KNOWN", "HEALTHY", "ASSESSOR_EXCELLENT")
    op.create_table(
        "attestation",
        *row("application_id", "attester_id", "organization_id"),
        sa.Column("condition", choice("attested_condition", *conditions), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("attested_on", sa.Date(), nullable=False),
        *references("attestation", application_id="application", attester_id="person", organization_id="organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attestation")),
    )
    indexed("attestation", ("application_id",))


def trainings() -> None:
    op.create_table(
        "training",
        *row("application_id", "organization_id"),
        sa.Column("topic", choice("training_topic", "POLICY", "ETHICS", "WORKFLOW"), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        *references("training", application_id="application", organization_id="organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training")),
        sa.UniqueConstraint("application_id", "topic", name=op.f("uq_training_application_id_topic")),
    )


def exams() -> None:
    op.create_table(
        "written_exam",
        *row("application_id", "organization_id", "paper_owner_id"),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("paper", sa.String(length=60), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        *checks("written_exam", score_of_hundred="score BETWEEN 0 AND 100"),
        *references("written_exam", application_id="application", organization_id="organization", paper_owner_id="organization"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_written_exam")),
        sa.UniqueConstraint("application_id", name=op.f("uq_written_exam_application_id")),
    )
