"""Texts: editions of forms by a center, the code of conduct and the rules of the exam room with a profile, the full text of implementing rules.

A form of the house has no organization and holds everywhere; a center's own has, and holds for it from a day on. Forms stay a registry that all
institutions read, so no row-level security hides them; a trigger is the wall for who writes.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "za_texts"
down_revision: str | None = "z_internal"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(none_as_null=True)
LONGEST = 8000

WRITTEN_INSIDE = """
CREATE FUNCTION refuse_foreign_form() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.organization_id IS NOT NULL AND (
        current_user IN ('dudao_app', 'wall_district', 'wall_agency', 'wall_person')
        OR (current_user = 'wall_center' AND NEW.organization_id IS DISTINCT FROM nullif(current_setting('app.center', true), '')::uuid)) THEN
        RAISE EXCEPTION 'nobody publishes a form for another center' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL statement_timeout = '60s'")
    forms()
    for column in ("code_of_conduct", "exam_room_rules"):
        op.add_column("profile", sa.Column(column, sa.String(LONGEST), nullable=True))
    op.add_column("profile", sa.Column("code_digest", sa.String(64), nullable=True))
    op.create_check_constraint(op.f("ck_profile_code_has_a_digest"), "profile", "(code_of_conduct IS NULL) = (code_digest IS NULL)")
    op.add_column("overlay", sa.Column("text", sa.String(LONGEST), nullable=True))
    op.execute(
        "CREATE TRIGGER text_stays BEFORE UPDATE OF text ON overlay FOR EACH ROW"
        " WHEN (OLD.text IS DISTINCT FROM NEW.text) EXECUTE FUNCTION refuse_change()"
    )


def forms() -> None:
    op.add_column("checklist_template", sa.Column("organization_id", sa.Uuid(), nullable=True))
    op.add_column("checklist_template", sa.Column("effective_from", sa.Date(), nullable=True))
    op.add_column("checklist_template", sa.Column("replaces_id", sa.Uuid(), nullable=True))
    op.add_column("checklist_template", sa.Column("difference", JSON, server_default="[]", nullable=False))
    op.add_column("checklist_item", sa.Column("article", sa.String(120), nullable=True))
    op.create_foreign_key(op.f("fk_checklist_template_organization_id"), "checklist_template", "organization", ["organization_id"], ["id"])
    op.create_foreign_key(op.f("fk_checklist_template_replaces_id"), "checklist_template", "checklist_template", ["replaces_id"], ["id"])
    op.drop_constraint("uq_checklist_template_slug_edition", "checklist_template")
    op.create_unique_constraint(
        op.f("uq_checklist_template_organization_id_slug_edition"),
        "checklist_template",
        ["organization_id", "slug", "edition"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_unique_constraint(
        op.f("uq_checklist_template_organization_id_kind_effective_from"), "checklist_template", ["organization_id", "kind", "effective_from"]
    )
    op.create_check_constraint(op.f("ck_checklist_template_own_has_a_day"), "checklist_template", "(organization_id IS NULL) = (effective_from IS NULL)")
    op.execute(WRITTEN_INSIDE)
    op.execute("CREATE TRIGGER written_inside BEFORE INSERT ON checklist_template FOR EACH ROW EXECUTE FUNCTION refuse_foreign_form()")


def downgrade() -> None:
    """Refused by its constraint where a center has published a form of its own under the edition of another: it would count for all."""
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TRIGGER text_stays ON overlay")
    op.drop_column("overlay", "text")
    op.drop_constraint("ck_profile_code_has_a_digest", "profile")
    for column in ("code_digest", "exam_room_rules", "code_of_conduct"):
        op.drop_column("profile", column)
    op.execute("DROP TRIGGER written_inside ON checklist_template")
    op.execute("DROP FUNCTION refuse_foreign_form()")
    op.drop_constraint("ck_checklist_template_own_has_a_day", "checklist_template")
    op.drop_constraint("uq_checklist_template_organization_id_kind_effective_from", "checklist_template")
    op.drop_constraint("uq_checklist_template_organization_id_slug_edition", "checklist_template")
    op.drop_column("checklist_item", "article")
    for column in ("difference", "replaces_id", "effective_from", "organization_id"):
        op.drop_column("checklist_template", column)
    op.create_unique_constraint(op.f("uq_checklist_template_slug_edition"), "checklist_template", ["slug", "edition"])
