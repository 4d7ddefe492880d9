"""Draws and offers: the dispatcher's; an offer also its person's, the team's, and after the notice the inspected agency's."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, FromClause, and_, func

from authz.actions import Action
from authz.actor import Actor
from authz.relations import DISPATCHER, LIVE_PLACES, ORGANIZATION, PERSON, SELF, SUBTREE, Meaning, Meanings, Relation, World, there_is
from authz.supervisors import barred, employed, is_barred, was_employed
from models.base import table_of
from models.dispatch import Assignment, Draw, DrawPerson, DrawPick
from models.inspections import Inspection

INSPECTION = table_of(Inspection)


def in_team(t: FromClause, column: str) -> ColumnElement[bool]:
    a = table_of(Assignment).alias("place")
    return there_is(a).where(a.c.inspection_id == t.c[column], a.c.person_id == PERSON, a.c.status.in_(LIVE_PLACES))


def is_in_team(actor: Actor, inspection_id: UUID, world: World) -> bool:
    return any(one.inspection_id == inspection_id and one.person_id == actor.person_id and one.status in LIVE_PLACES for one in world.assignments)


def notified(t: FromClause) -> ColumnElement[bool]:
    i = INSPECTION.alias("notified")
    return there_is(i).where(i.c.id == t.c.inspection_id, i.c.agency_id == ORGANIZATION, i.c.notified_at.is_not(None))


def is_notified(actor: Actor, inspection_id: UUID, world: World) -> bool:
    return any(one.id == inspection_id and one.agency_id == actor.organization_id and one.notified_at is not None for one in world.inspections)


def assesses(
    person: ColumnElement[UUID], recognition: ColumnElement[UUID], *, starts: ColumnElement[datetime], ends: ColumnElement[datetime]
) -> ColumnElement[bool]:
    """Assessor of this session, or of any other at an overlapping time (A10), in any jurisdiction: behind another one's wall too."""
    return func.assesses(person, recognition, starts, ends, type_=Boolean())


def is_assessor(person_id: UUID, recognition_id: UUID, *, starts: datetime, ends: datetime, world: World) -> bool:
    mine = {one.recognition_session_id for one in world.assessors if one.person_id == person_id}
    return any(
        one.id in mine and one.status != "CANCELLED" and (one.id == recognition_id or (one.starts_at < ends and one.ends_at > starts))
        for one in world.sessions
    )


def dispatcher_of_draw(t: FromClause) -> ColumnElement[bool]:
    d = table_of(Draw).alias("drawn")
    return there_is(d).where(d.c.id == t.c.draw_id, d.c.dispatcher_id == ORGANIZATION)


READ = {Draw: Action.DRAW_READ, DrawPerson: Action.DRAW_READ, DrawPick: Action.DRAW_READ, Assignment: Action.ASSIGNMENT_READ}

# `world.inspections` carries no draws: a line of a draw is the dispatcher's whose area it lies in
OF_DRAW = Meaning(
    holds=lambda actor, row, _: actor.organization_id is not None and (row.district_id or row.center_id) == actor.organization_id,
    where=lambda t, _: dispatcher_of_draw(t),
)

MEANINGS: Meanings = {
    Draw: {Relation.SUBTREE: SUBTREE, Relation.DISPATCHER: DISPATCHER},
    DrawPerson: {Relation.SUBTREE: SUBTREE, Relation.DISPATCHER: OF_DRAW},
    DrawPick: {Relation.SUBTREE: SUBTREE, Relation.DISPATCHER: OF_DRAW},
    Assignment: {
        Relation.SUBTREE: SUBTREE,
        Relation.DISPATCHER: DISPATCHER,
        Relation.SELF: SELF,
        # who comes, not who was asked and said no
        Relation.INSPECTED: Meaning(
            holds=lambda actor, row, world: row.status in LIVE_PLACES and is_notified(actor, row.inspection_id, world),
            where=lambda t, _: and_(t.c.status.in_(LIVE_PLACES), notified(t)),
        ),
        Relation.TEAM_MEMBER: Meaning(
            holds=lambda actor, row, world: is_in_team(actor, row.inspection_id, world), where=lambda t, _: in_team(t, "inspection_id")
        ),
        Relation.EMPLOYER: Meaning(
            holds=lambda _, row, world: not row.internal and was_employed(row.person_id, row.agency_id, row.duty_on, world=world),
            where=lambda t, _: and_(t.c.internal.is_(False), employed(t.c.person_id, t.c.agency_id, t.c.duty_on)),
        ),
        Relation.ASSESSOR: Meaning(
            holds=lambda _, row, world: is_assessor(row.person_id, row.recognition_session_id, starts=row.starts_at, ends=row.ends_at, world=world),
            where=lambda t, _: assesses(t.c.person_id, t.c.recognition_session_id, starts=t.c.starts_at, ends=t.c.ends_at),
        ),
        Relation.BARRED: Meaning(
            holds=lambda _, row, world: is_barred(row.person_id, row.supervisor_id, row.duty_on, world=world),
            where=lambda t, _: barred(t.c.person_id, t.c.supervisor_id, t.c.duty_on),
        ),
    },
}
