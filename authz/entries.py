"""Independent entry (N10): what a member entered alone is the member's until all of it is compared; the inspected agency never reads it."""

from sqlalchemy import and_, or_

from authz.actions import Action
from authz.dispatch import in_team, is_in_team
from authz.inspections import OF_INSPECTION
from authz.relations import PERSON, SUBTREE, Meaning, Meanings, Relation, refers
from models.entries import DoubleEntry, Entry, Reconciliation

READ = {DoubleEntry: Action.ENTRY_READ, Entry: Action.ENTRY_READ, Reconciliation: Action.ENTRY_READ}

OF_TEAM = {relation: OF_INSPECTION[relation] for relation in (Relation.SUBTREE, Relation.TEAM_MEMBER)}

MEANINGS: Meanings = {
    DoubleEntry: OF_TEAM,
    Reconciliation: OF_TEAM,
    Entry: {
        Relation.SUBTREE: Meaning(
            holds=lambda actor, row, world: row.opened_at is not None and SUBTREE.holds(actor, row, world),
            where=lambda t, tier: and_(t.c.opened_at.is_not(None), SUBTREE.where(t, tier)),
        ),
        Relation.TEAM_MEMBER: Meaning(
            holds=lambda actor, row, world: (
                (row.opened_at is not None or refers(row, "person_id", actor.person_id)) and is_in_team(actor, row.inspection_id, world)
            ),
            where=lambda t, _: and_(or_(t.c.opened_at.is_not(None), t.c.person_id == PERSON), in_team(t, "inspection_id")),
        ),
    },
}
