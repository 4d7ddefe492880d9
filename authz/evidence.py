"""Evidence: who handed it over, the team that goes, who supervises; what is need-to-know is for the dispatcher and the team alone (Y014)."""

from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_, or_

from authz.actions import Action
from authz.actor import Actor
from authz.inspections import OF_INSPECTION
from authz.relations import DISPATCHER, OWN_ORG, PERSON, SELF, SUBTREE, Meaning, Meanings, Relation, World, there_is
from models.base import table_of
from models.dispatch import Assignment
from models.evidence import Confidentiality, Evidence, EvidenceRequest
from models.inspections import Inspection

TAKEN = ("ACCEPTED", "CHECKED_IN", "DONE")
"""Who was only asked has nothing to know yet."""


def goes(t: FromClause) -> ColumnElement[bool]:
    """The asker took a place in the team of the visit; of a session's own materials, in that of any visit to it; of an agency's plans, to the agency.

    A visit may be of no session: then the visit alone says it.
    """
    a, i = table_of(Assignment).alias("goes"), table_of(Inspection).alias("gone_to")
    return there_is(a, i).where(
        or_(
            i.c.id == t.c.inspection_id,
            and_(t.c.inspection_id.is_(None), i.c.recognition_session_id == t.c.recognition_session_id),
            and_(t.c.holds_from.is_not(None), i.c.agency_id == t.c.agency_id),
        ),
        a.c.inspection_id == i.c.id,
        a.c.person_id == PERSON,
        a.c.status.in_(TAKEN),
    )


def is_going(actor: Actor, row: Evidence, world: World) -> bool:
    visits: set[UUID] = {
        one.id
        for one in world.inspections
        if one.id == row.inspection_id
        or (row.inspection_id is None and row.recognition_session_id is not None and one.recognition_session_id == row.recognition_session_id)
        or (row.holds_from is not None and one.agency_id == row.agency_id)
    }
    return any(one.person_id == actor.person_id and one.inspection_id in visits and one.status in TAKEN for one in world.assignments)


READ = {Evidence: Action.EVIDENCE_READ, EvidenceRequest: Action.EVIDENCE_REQUEST_READ}

MEANINGS: Meanings = {
    Evidence: {
        Relation.SUBTREE: Meaning(
            holds=lambda actor, row, world: row.confidentiality is Confidentiality.INTERNAL and SUBTREE.holds(actor, row, world),
            where=lambda t, tier: and_(t.c.confidentiality == Confidentiality.INTERNAL, SUBTREE.where(t, tier)),
        ),
        Relation.DISPATCHER: DISPATCHER,
        Relation.OWN_ORG: OWN_ORG,
        Relation.SELF: SELF,
        Relation.TEAM_MEMBER: Meaning(holds=is_going, where=lambda t, _: goes(t)),
    },
    EvidenceRequest: OF_INSPECTION,
}
