"""Recognition sessions: open to those who supervise them; a drawn supervisor sees the session of the own team."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause

from authz.actions import Action
from authz.actor import Actor
from authz.relations import LIVE_PLACES, OWN_AGENCY, PERSON, SUBTREE, Meaning, Meanings, Relation, World, there_is
from models.base import table_of
from models.dispatch import Assignment
from models.inspections import Inspection
from models.sessions import Assessor, ExamStaff, RecognitionSession


def dispatched_to(t: FromClause, column: str) -> ColumnElement[bool]:
    a, i = table_of(Assignment).alias("sent"), table_of(Inspection).alias("visit")
    return there_is(a, i).where(
        i.c.recognition_session_id == t.c[column], a.c.inspection_id == i.c.id, a.c.person_id == PERSON, a.c.status.in_(LIVE_PLACES)
    )


def was_dispatched_to(actor: Actor, recognition_session_id: UUID, world: World) -> bool:
    visits = {one.id for one in world.inspections if one.recognition_session_id == recognition_session_id}
    return any(one.person_id == actor.person_id and one.inspection_id in visits and one.status in LIVE_PLACES for one in world.assignments)


READ = {RecognitionSession: Action.SESSION_READ, Assessor: Action.ASSESSOR_READ, ExamStaff: Action.ASSESSOR_READ}

NAMED: Mapping[Relation, Meaning] = {
    Relation.SUBTREE: SUBTREE,
    Relation.OWN_ORG: OWN_AGENCY,
    Relation.TEAM_MEMBER: Meaning(
        holds=lambda actor, row, world: was_dispatched_to(actor, row.recognition_session_id, world),
        where=lambda t, _: dispatched_to(t, "recognition_session_id"),
    ),
}
"""Who assesses and who works in a session."""

MEANINGS: Meanings = {
    RecognitionSession: {
        Relation.SUBTREE: SUBTREE,
        Relation.OWN_ORG: OWN_AGENCY,
        Relation.TEAM_MEMBER: Meaning(
            holds=lambda actor, row, world: was_dispatched_to(actor, row.id, world), where=lambda t, _: dispatched_to(t, "id")
        ),
    },
    Assessor: NAMED,
    ExamStaff: NAMED,
}
