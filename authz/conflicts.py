"""Conflicts on record: of the area the agency lies in, of who keeps them, and of the person; an agency sees what it applied for itself.

Of an application the person learns when it counts, and never of one that was refused: no agency has to fear the visit that follows.
"""

from sqlalchemy import and_

from authz.actions import Action
from authz.relations import ORGANIZATION, PERSON, SUBTREE, Meaning, Meanings, Relation, refers
from models.conflicts import Conflict, ConflictOrigin


def kept_by(origin: ConflictOrigin) -> Meaning:
    """The organization acted for keeps it, and it is of this origin."""
    return Meaning(
        holds=lambda actor, row, _: row.origin == origin and refers(row, "organization_id", actor.organization_id),
        where=lambda t, _: and_(t.c.origin == origin, t.c.organization_id == ORGANIZATION),
    )


READ = {Conflict: Action.CONFLICT_READ}

MEANINGS: Meanings = {
    Conflict: {
        Relation.SUBTREE: SUBTREE,
        Relation.OWN_ORG: kept_by(ConflictOrigin.AGENCY),
        Relation.DISPATCHER: kept_by(ConflictOrigin.DISPATCHER),
        Relation.SELF: Meaning(
            holds=lambda actor, row, _: row.accepted_at is not None and refers(row, "person_id", actor.person_id),
            where=lambda t, _: and_(t.c.accepted_at.is_not(None), t.c.person_id == PERSON),
        ),
    },
}
