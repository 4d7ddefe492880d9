"""Ends of an application beside the card and the rejection: declined by the employer, withdrawn by the person; cards printed anew; recusals that are told."""

import sqlalchemy as sa
from alembic import op

from migrations.words import NOTIFICATION_KINDS, allowed, no_more_told

revision: str = "zg_applications"
down_revision: str | None = "zf_conflicts"
branch_labels = None
depends_on = None

KINDS = ("INTERNAL_RECUSED", "APPLICATION_WITHDRAWN", "CARD_REPLACED")
STATUS = ("application", "status", "ck_application_application_status")
STATES = ("DECLINED", "WITHDRAWN")
ENDED = "'CARD_ISSUED', 'DESIGNATED', 'REJECTED'"
ENDED_NOW = f"{ENDED}, 'DECLINED', 'WITHDRAWN'"
REASONS, REASONS_NOW = (
    ("rejected_has_reasons", "(status = 'REJECTED') = (reasons IS NOT NULL)"),
    (
        "refused_has_reasons",
        "(status IN ('REJECTED', 'DECLINED', 'WITHDRAWN')) = (reasons IS NOT NULL)",
    ),
)
JUDGED = "ck_application_applied_is_judged"
PRINTS = "(print_number = 1) = (replaced_on IS NULL) AND print_number > 0"

SETTLED = """
CREATE OR REPLACE FUNCTION refuse_settled_application() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status IN ({ended})
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
    op.execute("SET LOCAL statement_timeout = '600s'")
    allowed(*NOTIFICATION_KINDS, more=KINDS)
    allowed(*STATUS, more=STATES)
    ends(ENDED_NOW, REASONS, REASONS_NOW)
    judged("(status = 'WITHDRAWN' OR (status = 'DRAFT') = (applied_at IS NULL)) AND (applied_at IS NULL) = (profile_id IS NULL)")
    op.add_column("card", sa.Column("print_number", sa.Integer(), server_default="1", nullable=False))
    op.add_column("card", sa.Column("replaced_on", sa.Date(), nullable=True))
    op.create_check_constraint(op.f("ck_card_prints_count"), "card", PRINTS)


def downgrade() -> None:
    """What was declined or withdrawn becomes rejected: the releases before know no other end. A draft counts as applied for on its last day."""
    op.execute("SET LOCAL statement_timeout = '600s'")
    op.execute("ALTER TABLE application DISABLE TRIGGER settled")
    op.execute(
        "UPDATE application a SET status = 'REJECTED', applied_at = coalesce(applied_at, moved_at), profile_id = coalesce(profile_id,"
        " (SELECT p.id FROM profile p WHERE p.organization_id = a.center_id ORDER BY p.effective_from LIMIT 1))"
        " WHERE status IN ('DECLINED', 'WITHDRAWN')"
    )
    op.execute("ALTER TABLE application ENABLE TRIGGER settled")
    op.drop_constraint("ck_card_prints_count", "card")
    for column in ("replaced_on", "print_number"):
        op.drop_column("card", column)
    judged("(status = 'DRAFT') = (applied_at IS NULL) AND (applied_at IS NULL) = (profile_id IS NULL)")
    ends(ENDED, REASONS_NOW, REASONS)
    allowed(*STATUS, fewer=STATES)
    no_more_told(KINDS)


def ends(words: str, before: tuple[str, str], after: tuple[str, str]) -> None:
    """Which states are the end: another application may begin, this one moves no more, and says why where it led to nothing."""
    op.drop_index("uq_application_one_open", "application")
    op.create_index(
        "uq_application_one_open",
        "application",
        ["person_id", "kind", "employer_id"],
        unique=True,
        postgresql_where=sa.text(f"status NOT IN ({words})"),
    )
    op.execute(SETTLED.format(ended=words))
    op.drop_constraint(f"ck_application_{before[0]}", "application")
    op.create_check_constraint(op.f(f"ck_application_{after[0]}"), "application", after[1])


def judged(condition: str) -> None:
    op.drop_constraint(JUDGED, "application")
    op.create_check_constraint(op.f(JUDGED), "application", condition)
