"""Evidence files and requests for them; an upload may be one of evidence, announced by digest and length.

Evidence is written once. What is added later is its withdrawal, once, and nothing is ever taken away: not the row, and so not the bytes.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "o_evidence"
down_revision: str | None = "n_voices"
branch_labels = None
depends_on = None

WALLS = {"wall_center": ("center_id", "app.center"), "wall_district": ("district_id", "app.district"), "wall_agency": ("agency_id", "app.agency")}
TENANTS = ("center_id", "district_id", "agency_id")
BELOW = {"evidence_request": ("inspection_id",), "evidence": ("inspection_id", "recognition_session_id", "evidence_request_id", "digest")}
POINTS = {
    "evidence_request": {
        **dict.fromkeys(TENANTS, "organization"),
        "inspection_id": "inspection",
        "person_id": "person",
        "answered_by": "person",
    },
    "evidence": {
        **dict.fromkeys((*TENANTS, "dispatcher_id", "organization_id"), "organization"),
        "inspection_id": "inspection",
        "recognition_session_id": "recognition_session",
        "evidence_request_id": "evidence_request",
        "item_id": "checklist_item",
        "upload_id": "upload",
        **dict.fromkeys(("person_id", "withdrawn_by"), "person"),
    },
}

WRITTEN_ONCE = """
CREATE FUNCTION refuse_other_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.withdrawn_at IS NOT NULL
     OR to_jsonb(OLD) - '{withdrawn_at,withdrawn_by,withdrawal,version,updated_at}'::text[]
        <> to_jsonb(NEW) - '{withdrawn_at,withdrawn_by,withdrawal,version,updated_at}'::text[] THEN
    RAISE EXCEPTION 'evidence is never changed' USING ERRCODE = 'DU001';
  END IF;
  RETURN NEW;
END $$
"""

ANSWERED_ONCE = """
CREATE FUNCTION refuse_other_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.status <> 'REQUESTED'
     OR (OLD.inspection_id, OLD.wanted, OLD.due_at, OLD.person_id) IS DISTINCT FROM (NEW.inspection_id, NEW.wanted, NEW.due_at, NEW.person_id) THEN
    RAISE EXCEPTION 'a request for evidence is never changed, nor its answer' USING ERRCODE = 'DU001';
  END IF;
  RETURN NEW;
END $$
"""


def base() -> "list[sa.Column[object]]":
    now = sa.func.clock_timestamp()
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=now, nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), server_default=now, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("center_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Uuid(), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
    ]


def rules(table: str) -> list[sa.Constraint]:
    keys = [sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}")) for column, to in POINTS[table].items()]
    return [*keys, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]


def requests() -> None:
    op.create_table(
        "evidence_request",
        *base(),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("wanted", sa.String(2000), nullable=False),
        sa.Column("due_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("ground", sa.String(32), nullable=True),
        sa.Column("refusal", sa.String(2000), nullable=True),
        sa.CheckConstraint("status IN ('REQUESTED', 'PROVIDED', 'REFUSED')", name=op.f("ck_evidence_request_evidence_request_status")),
        sa.CheckConstraint("ground IN ('WITHHOLDS_INFORMATION')", name=op.f("ck_evidence_request_evidence_refusal_ground")),
        sa.CheckConstraint("(status = 'REQUESTED') = (answered_at IS NULL)", name=op.f("ck_evidence_request_answered_once")),
        sa.CheckConstraint("(status = 'REFUSED') = (ground IS NOT NULL)", name=op.f("ck_evidence_request_refused_has_ground")),
        sa.CheckConstraint("(status = 'REFUSED') = (refusal IS NOT NULL)", name=op.f("ck_evidence_request_refused_has_reason")),
        *rules("evidence_request"),
    )


def evidence() -> None:
    withdrawn = "(withdrawn_at IS NULL) = (withdrawal IS NULL) AND (withdrawn_at IS NULL) = (withdrawn_by IS NULL)"
    answers = "inspection_id IS NOT NULL OR (evidence_request_id IS NULL AND item_id IS NULL)"
    kinds = "kind IN ('DOCUMENT', 'PHOTO', 'VIDEO', 'SURVEY', 'TEST', 'RECHECK')"
    op.create_table(
        "evidence",
        *base(),
        sa.Column("inspection_id", sa.Uuid(), nullable=True),
        sa.Column("recognition_session_id", sa.Uuid(), nullable=False),
        sa.Column("evidence_request_id", sa.Uuid(), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("dispatcher_id", sa.Uuid(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("confidentiality", sa.String(32), nullable=False),
        sa.Column("file_name", sa.String(120), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("place", sa.String(200), nullable=True),
        sa.Column("description", sa.String(500), nullable=False),
        sa.Column("result", sa.String(2000), nullable=True),
        sa.Column("withdrawn_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawal", sa.String(500), nullable=True),
        sa.CheckConstraint(kinds, name=op.f("ck_evidence_evidence_kind")),
        sa.CheckConstraint("confidentiality IN ('INTERNAL', 'NEED_TO_KNOW')", name=op.f("ck_evidence_confidentiality")),
        sa.CheckConstraint("agency_id IS NOT NULL", name=op.f("ck_evidence_has_agency")),
        sa.CheckConstraint("octet_length(digest) = 32 AND size > 0", name=op.f("ck_evidence_has_bytes")),
        sa.CheckConstraint("(kind IN ('SURVEY', 'TEST', 'RECHECK')) = (result IS NOT NULL)", name=op.f("ck_evidence_method_has_result")),
        sa.CheckConstraint(answers, name=op.f("ck_evidence_answers_its_inspection")),
        sa.CheckConstraint(withdrawn, name=op.f("ck_evidence_withdrawn_by_somebody")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_evidence_upload_id")),
        *rules("evidence"),
    )


def uploads() -> None:
    op.add_column("upload", sa.Column("purpose", sa.String(32), server_default="ROSTER", nullable=False))
    op.add_column("upload", sa.Column("expected", sa.LargeBinary(), nullable=True))
    op.add_column("upload", sa.Column("size", sa.Integer(), nullable=True))
    op.add_column("upload", sa.Column("media_type", sa.String(100), nullable=True))
    op.add_column("upload", sa.Column("attached_at", sa.TIMESTAMP(timezone=True), nullable=True))
    announced = "(purpose = 'EVIDENCE') = (expected IS NOT NULL) AND (purpose = 'EVIDENCE') = (size IS NOT NULL)"
    as_announced = "purpose = 'ROSTER' OR (content IS NULL AND (digest IS NULL OR digest = expected))"
    op.create_check_constraint(op.f("ck_upload_upload_purpose"), "upload", "purpose IN ('ROSTER', 'EVIDENCE')")
    op.create_check_constraint(op.f("ck_upload_evidence_is_announced"), "upload", announced)
    op.create_check_constraint(op.f("ck_upload_evidence_as_announced"), "upload", as_announced)
    op.create_index("ix_upload_evidence", "upload", ["organization_id", "expected"], postgresql_where=sa.text("purpose = 'EVIDENCE'"))


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    uploads()
    requests()
    evidence()
    for table, columns in BELOW.items():
        for column in TENANTS:
            op.create_index(op.f(f"ix_{table}_{column}_id"), table, [column, "id"])
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for wall, (column, setting) in WALLS.items():
            op.execute(f"CREATE POLICY {wall} ON {table} TO {wall} USING ({column} = nullif(current_setting('{setting}', true), '')::uuid)")
    op.execute(WRITTEN_ONCE)
    op.execute(ANSWERED_ONCE)
    op.execute("CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON evidence FOR EACH ROW EXECUTE FUNCTION refuse_other_evidence()")
    op.execute("CREATE TRIGGER answered_once BEFORE UPDATE OR DELETE ON evidence_request FOR EACH ROW EXECUTE FUNCTION refuse_other_answer()")


def downgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.drop_table("evidence")
    op.drop_table("evidence_request")
    op.execute("DROP FUNCTION refuse_other_evidence()")
    op.execute("DROP FUNCTION refuse_other_answer()")
    op.drop_index("ix_upload_evidence", "upload")
    for constraint in ("evidence_as_announced", "evidence_is_announced", "upload_purpose"):
        op.drop_constraint(op.f(f"ck_upload_{constraint}"), "upload")
    for column in ("attached_at", "media_type", "size", "expected", "purpose"):
        op.drop_column("upload", column)
