"""Forms of inspection beside those of a draw, scored forms, annual ratings; amendments, requests to alter, recommendations about assessors.

What was proposed, recommended, rated or asked is never changed; of an answer to it, only the first stands.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "r_forms"
down_revision: str | None = "q_service"
branch_labels = None
depends_on = None

INSTANT = postgresql.TIMESTAMP(timezone=True)
FORMS = ("ONSITE", "SPOT_CHECK", "SPECIAL", "ANNUAL", "COMPREHENSIVE")
KINDS = ("EXAM", "PROCESS", "DIRECT_RESULT", "ONSITE_SCORED", "ANNUAL", "AGENCY")
CATEGORIES = ("ORGANIZATION", "ELIGIBILITY", "EXAM_DISCIPLINE", "EXAM_PAPERS", "RESULTS", "CERTIFICATES")
TARGETS = ("AGENCY", "PERSON", "ASSESSOR")
BY_THE_CENTER = "('SPECIAL', 'ANNUAL', 'COMPREHENSIVE')"

CHECKS = {
    "inspection": {
        "session_is_visited": f"form IN {BY_THE_CENTER} OR recognition_session_id IS NOT NULL",
        "sent_by_the_center": f"form NOT IN {BY_THE_CENTER} OR (dispatcher_id = center_id AND draw_id IS NULL)",
        "special_has_topic": "form <> 'SPECIAL' OR topic IS NOT NULL",
        "annual_has_year": "(form = 'ANNUAL') = (year IS NOT NULL)",
        "annual_is_of_the_whole": "form <> 'ANNUAL' OR recognition_session_id IS NULL",
    },
    "assignment": {"left_after_coming": "departed_at >= checked_in_at"},
    "checklist_item": {"score_counts": "max_score > 0"},
    "checklist": {
        "score_has_measure": "(score IS NULL) = (score_of IS NULL)",
        "score_within_measure": "score >= 0 AND score <= score_of",
    },
    "answer": {
        "score_not_negative": "score >= 0",
        "person_is_named": "(target = 'PERSON') = (responsible IS NOT NULL)",
        "assessor_is_named": "(target = 'ASSESSOR') = (assessor_id IS NOT NULL)",
    },
    "finding": {
        "person_is_named": "(target = 'PERSON') = (responsible IS NOT NULL)",
        "assessor_is_named": "(target = 'ASSESSOR') = (assessor_id IS NOT NULL)",
    },
}

SETTINGS = {"center_id": "app.center", "district_id": "app.district", "agency_id": "app.agency"}
NEVER_AN_AGENCY = {"wall_center": "center_id", "wall_district": "district_id"}
USUAL = {**NEVER_AN_AGENCY, "wall_agency": "agency_id"}
WALLS = {
    "annual_rating": USUAL,
    "amendment": USUAL,
    "amendment_signature": USUAL,
    "alteration_request": NEVER_AN_AGENCY,
    "candidate_check": USUAL,
    "assessor_recommendation": USUAL,
}
APPEND_ONLY = ("annual_rating", "amendment_signature", "candidate_check")
SETTLED = {
    "amendment": ("text", "reason", "person_id", "proposed_at", "item_id", "inspection_id", "checklist_id"),
    "alteration_request": ("requester", "demand", "requested_at", "person_id", "recorded_at", "inspection_id"),
    "assessor_recommendation": ("facts", "person_id", "proposed_at", "assessor_id", "inspection_id"),
}
"""Columns that stay as they were written."""
ANSWERS = {"alteration_request": "answered_at", "assessor_recommendation": "decided_at", "amendment": "served_at"}
"""From this instant on nothing of the row changes."""
LISTED = ("center_id", "district_id", "agency_id")
INDEXES: dict[str, tuple[tuple[str, ...], ...]] = {
    "annual_rating": tuple((tenant, "id") for tenant in LISTED),
    "amendment": (("center_id", "id"), ("district_id", "id"), ("inspection_id",)),
    "alteration_request": (("center_id", "id"), ("district_id", "id"), ("inspection_id",)),
    "assessor_recommendation": tuple((tenant, "id") for tenant in LISTED),
}

SIGNED_CHECKLIST = """
CREATE OR REPLACE FUNCTION refuse_signed_checklist() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {total} OR (({old}) IS DISTINCT FROM ({new})
     AND EXISTS (SELECT FROM signature s WHERE s.checklist_id = OLD.id)) THEN
    RAISE EXCEPTION 'a signed checklist is never changed' USING ERRCODE = 'DU001';
  END IF;
  RETURN NEW;
END $$
"""
COVERED = ("advice", "appraisal", "template_id", "inspection_id")
SCORED = "(OLD.signed_at IS NOT NULL AND (OLD.score, OLD.score_of) IS DISTINCT FROM (NEW.score, NEW.score_of))"
"""The total grows with the last part, and stands once that is signed."""


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    visits()
    forms()
    for table, checks in CHECKS.items():
        for name, test in checks.items():
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, test)
    covering(*COVERED, "agency_name", "methods", total=SCORED)
    papers()
    for table, several in INDEXES.items():
        for columns in several:
            op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
    open_ = sa.text("status = 'PROPOSED'")
    op.create_index("ix_assessor_recommendation_open", "assessor_recommendation", ["agency_id", "created_at"], postgresql_where=open_)
    op.create_index("uq_assessor_recommendation_once", "assessor_recommendation", ["inspection_id", "assessor_id"], unique=True)
    never_changed()
    for table, said in WALLS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for wall, column in said.items():
            op.execute(f"CREATE POLICY {wall} ON {table} TO {wall} USING ({column} = nullif(current_setting('{SETTINGS[column]}', true), '')::uuid)")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    for table in ("candidate_check", "assessor_recommendation", "alteration_request", "amendment_signature", "amendment", "annual_rating"):
        op.drop_table(table)
    for table in SETTLED:
        op.execute(f"DROP FUNCTION refuse_settled_{table}()")
    covering(*COVERED)
    for table, checks in CHECKS.items():
        for name in checks:
            op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    for table in ("finding", "answer"):
        for column in ("target", "responsible", "assessor_id"):
            op.drop_column(table, column)
    op.drop_column("finding", "category")
    op.drop_column("answer", "score")
    op.drop_column("opinion_letter", "corrections")
    for column in ("agency_name", "methods", "score", "score_of"):
        op.drop_column("checklist", column)
    for column in ("section", "category", "max_score"):
        op.drop_column("checklist_item", column)
    for column in ("kind", "example"):
        op.drop_column("checklist_template", column)
    op.alter_column("checklist_template", "mode", nullable=False)
    op.drop_column("assignment", "departed_at")
    op.drop_constraint(op.f("ck_evidence_of_something"), "evidence")
    op.alter_column("evidence", "recognition_session_id", nullable=False)
    op.alter_column("assignment", "recognition_session_id", nullable=False)
    op.drop_index("uq_inspection_annual_once", "inspection")
    op.alter_column("inspection", "recognition_session_id", nullable=False)
    op.drop_column("inspection", "year")
    op.drop_column("inspection", "topic")
    one_of("inspection", "form", "inspection_form", FORMS[:2])


def visits() -> None:
    """An inspection may be of an agency's work as a whole; who came also leaves."""
    one_of("inspection", "form", "inspection_form", FORMS)
    op.alter_column("inspection", "recognition_session_id", nullable=True)
    op.add_column("inspection", text("topic", 200))
    op.add_column("inspection", sa.Column("year", sa.Integer(), nullable=True))
    once = sa.text("form = 'ANNUAL' AND status <> 'CANCELLED'")
    op.create_index("uq_inspection_annual_once", "inspection", ["agency_id", "year"], unique=True, postgresql_where=once)
    op.alter_column("assignment", "recognition_session_id", nullable=True)
    op.alter_column("evidence", "recognition_session_id", nullable=True)
    op.create_check_constraint(op.f("ck_evidence_of_something"), "evidence", "inspection_id IS NOT NULL OR recognition_session_id IS NOT NULL")
    op.add_column("assignment", sa.Column("departed_at", INSTANT, nullable=True))


def forms() -> None:
    """Until now a form was found by its mode alone; what was published keeps its meaning, which the owner writes past the ban on changes."""
    op.alter_column("checklist_template", "mode", nullable=True)
    op.add_column("checklist_template", choice("kind", "template_kind", *KINDS, otherwise="EXAM"))
    op.execute("ALTER TABLE checklist_template DISABLE TRIGGER append_only")
    op.execute("UPDATE checklist_template SET kind = CASE mode WHEN 'PROCESS' THEN 'PROCESS' WHEN 'EXAM' THEN 'EXAM' ELSE 'DIRECT_RESULT' END")
    op.execute("ALTER TABLE checklist_template ENABLE TRIGGER append_only")
    op.alter_column("checklist_template", "kind", server_default=None)
    op.add_column("checklist_template", sa.Column("example", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("checklist_item", choice("section", "section", "THEORY", "PRACTICAL", given=False))
    op.add_column("checklist_item", choice("category", "finding_category", *CATEGORIES, given=False))
    op.add_column("checklist_item", sa.Column("max_score", sa.Integer(), nullable=True))
    op.add_column("checklist", text("agency_name", 120))
    op.add_column("checklist", listed("methods"))
    op.add_column("opinion_letter", listed("corrections"))
    for table, column in (("checklist", "score"), ("checklist", "score_of"), ("answer", "score")):
        op.add_column(table, sa.Column(column, sa.Integer(), nullable=True))
    for table in ("answer", "finding"):
        op.add_column(table, choice("target", "finding_target", *TARGETS, otherwise="AGENCY"))
        op.add_column(table, text("responsible", 60))
        op.add_column(table, id_("assessor_id", given=False))
        op.create_foreign_key(op.f(f"fk_{table}_assessor_id"), table, "assessor", ["assessor_id"], ["id"])
    op.add_column("finding", choice("category", "finding_category", *CATEGORIES, given=False))


def papers() -> None:
    made(
        "annual_rating",
        id_("inspection_id"),
        sa.Column("year", sa.Integer(), nullable=False),
        choice("rating", "rating", "EXCELLENT", "GOOD", "QUALIFIED", "UNQUALIFIED"),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("score_of", sa.Integer(), nullable=False),
        id_("template_id"),
        instant("rated_at", given=True),
        id_("profile_id"),
        references={"inspection_id": "inspection", "template_id": "checklist_template", "profile_id": "profile"},
        checks={"has_agency": "agency_id IS NOT NULL", "score_within_measure": "score >= 0 AND score <= score_of"},
        unique=(("inspection_id",), ("agency_id", "year")),
    )
    made(
        "amendment",
        *(id_(name) for name in ("inspection_id", "checklist_id")),
        id_("item_id", given=False),
        id_("dispatcher_id"),
        choice("status", "amendment_status", "PROPOSED", "SIGNED", "ATTACHED"),
        text("text", 2000, given=True),
        text("reason", 1000, given=True),
        id_("person_id"),
        instant("proposed_at", given=True),
        instant("served_at"),
        references={
            "inspection_id": "inspection",
            "checklist_id": "checklist",
            "item_id": "checklist_item",
            "dispatcher_id": "organization",
            "person_id": "person",
        },
        checks={"attached_has_instant": "(status = 'ATTACHED') = (served_at IS NOT NULL)"},
    )
    made(
        "amendment_signature",
        *(id_(name) for name in ("amendment_id", "inspection_id", "person_id")),
        instant("signed_at", given=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        references={"amendment_id": "amendment", "inspection_id": "inspection", "person_id": "person"},
        checks={},
        unique=(("amendment_id", "person_id"),),
    )
    requests()


def requests() -> None:
    made(
        "candidate_check",
        id_("inspection_id"),
        choice("kind", "candidate_check_kind", "ELIGIBILITY", "IDENTITY", "RESULT"),
        text("candidate", 40, given=True),
        sa.Column("passed", sa.Boolean(), nullable=False),
        text("remark", 500),
        id_("person_id"),
        instant("checked_at", given=True),
        references={"inspection_id": "inspection", "person_id": "person"},
        checks={"failed_needs_remark": "passed OR remark IS NOT NULL"},
        unique=(("inspection_id", "kind", "candidate"),),
    )
    made(
        "alteration_request",
        *(id_(name) for name in ("inspection_id", "dispatcher_id")),
        choice("status", "alteration_request_status", "RECORDED", "ANSWERED"),
        text("requester", 120, given=True),
        text("demand", 2000, given=True),
        instant("requested_at", given=True),
        id_("person_id"),
        instant("recorded_at", given=True),
        text("answer", 2000),
        id_("answered_by", given=False),
        instant("answered_at"),
        references={"inspection_id": "inspection", "dispatcher_id": "organization", "person_id": "person", "answered_by": "person"},
        checks={
            "asked_before_recorded": "requested_at <= recorded_at",
            "answered_has_instant": "(status = 'ANSWERED') = (answered_at IS NOT NULL)",
            "answer_is_somebodys": "(answered_at IS NULL) = (answer IS NULL) AND (answered_at IS NULL) = (answered_by IS NULL)",
        },
    )
    made(
        "assessor_recommendation",
        *(id_(name) for name in ("inspection_id", "assessor_id")),
        choice("status", "assessor_recommendation_status", "PROPOSED", "ACCEPTED", "REJECTED"),
        text("facts", 2000, given=True),
        id_("person_id"),
        instant("proposed_at", given=True),
        id_("decided_by", given=False),
        instant("decided_at"),
        text("reason", 2000),
        id_("profile_id"),
        references={"inspection_id": "inspection", "assessor_id": "assessor", "person_id": "person", "decided_by": "person", "profile_id": "profile"},
        checks={
            "has_agency": "agency_id IS NOT NULL",
            "decided_has_instant": "(status = 'PROPOSED') = (decided_at IS NULL)",
            "decision_is_somebodys": "(decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (reason IS NULL)",
        },
    )


def never_changed() -> None:
    for table in APPEND_ONLY:
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        op.execute(f"REVOKE UPDATE ON {table} FROM dudao_app, wall_center, wall_district, wall_agency, wall_person")
    for table, columns in SETTLED.items():
        old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
        op.execute(
            f"CREATE FUNCTION refuse_settled_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF OLD.{ANSWERS[table]} IS NOT NULL OR ({old}) IS DISTINCT FROM ({new}) THEN "
            "RAISE EXCEPTION 'what was written is never changed' USING ERRCODE = 'DU001'; END IF; RETURN NEW; END $$"
        )
        op.execute(f"CREATE TRIGGER settled BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_settled_{table}()")


def covering(*columns: str, total: str = "false") -> None:
    """What a signature covers of the checklist itself."""
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    op.execute(SIGNED_CHECKLIST.replace("{old}", old).replace("{new}", new).replace("{total}", total))


def one_of(table: str, column: str, name: str, values: tuple[str, ...]) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    allowed = ", ".join(f"'{one}'" for one in values)
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"{column} IN ({allowed})")


def made(table: str, *said: object, references: dict[str, str], checks: dict[str, str], unique: tuple[tuple[str, ...], ...] = ()) -> None:
    """A table with what every table with tenants has: their columns, id, times and version."""
    targets = dict.fromkeys(LISTED, "organization") | dict(references)
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        *said,  # type: ignore[arg-type]
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}")) for column, target in targets.items()),
        *(sa.CheckConstraint(test, name=op.f(f"ck_{table}_{name}")) for name, test in checks.items()),
        *(sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}")) for columns in unique),
    )


def id_(name: str, *, given: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=not given)


def text(name: str, most: int, *, given: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(length=most), nullable=not given)


def instant(name: str, *, given: bool = False) -> sa.Column[object]:
    return sa.Column(name, INSTANT, nullable=not given)


def listed(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default="[]", nullable=False)


def choice(column: str, name: str, *values: str, given: bool = True, otherwise: str | None = None) -> sa.Column[object]:
    kind = sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
    return sa.Column(column, kind, nullable=not given, server_default=otherwise)
