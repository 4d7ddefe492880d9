"""People and their cards: the roster is shared, personal columns are not."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, FromClause, func, or_

from authz.actions import Action
from authz.actor import Actor
from authz.organizations import SHARED
from authz.relations import (
    DISPATCHER,
    ISSUER,
    LIVE_PLACES,
    ORGANIZATION,
    OWN_AGENCY,
    OWN_ORG,
    PERSON,
    SELF,
    SUBTREE,
    TIER_COLUMN,
    Meaning,
    Meanings,
    Relation,
    World,
    there_is,
)
from models.base import table_of
from models.cases import BLOCKING
from models.dispatch import Assignment
from models.inspections import Inspection
from models.organizations import Tier
from models.supervisors import MANDATED, Appointment, Card, Employment, Person, Supervisor

ASSIGNMENT, CARD, SUPERVISOR = table_of(Assignment), table_of(Card), table_of(Supervisor)


def on_roster(t: FromClause, person: str, tier: Tier | None) -> ColumnElement[bool]:
    s = SUPERVISOR.alias("roster")
    return there_is(s).where(s.c.person_id == t.c[person], s.c[TIER_COLUMN[tier or Tier.AGENCY]] == ORGANIZATION)


def is_on_roster(actor: Actor, person_id: UUID, world: World) -> bool:
    if actor.tier is None or actor.organization_id is None:
        return False
    column = TIER_COLUMN[actor.tier]
    return any(one.person_id == person_id and getattr(one, column) == actor.organization_id for one in world.supervisors)


def teammate(t: FromClause) -> ColumnElement[bool]:
    mine, theirs = ASSIGNMENT.alias("mine"), ASSIGNMENT.alias("theirs")
    return there_is(mine, theirs).where(
        mine.c.inspection_id == theirs.c.inspection_id,
        mine.c.person_id == PERSON,
        theirs.c.person_id == t.c.id,
        mine.c.status.in_(LIVE_PLACES),
        theirs.c.status.in_(LIVE_PLACES),
    )


def is_teammate(actor: Actor, row: Person, world: World) -> bool:
    live = [one for one in world.assignments if one.status in LIVE_PLACES]
    mine = {one.inspection_id for one in live if one.person_id == actor.person_id}
    return any(one.person_id == row.id and one.inspection_id in mine for one in live)


def announced_to(t: FromClause) -> ColumnElement[bool]:
    a, i = ASSIGNMENT.alias("announced"), table_of(Inspection).alias("notified")
    return there_is(a, i).where(
        a.c.person_id == t.c.id,
        a.c.inspection_id == i.c.id,
        a.c.status.in_(LIVE_PLACES),
        i.c.agency_id == ORGANIZATION,
        i.c.notified_at.is_not(None),
    )


def is_announced_to(actor: Actor, row: Person, world: World) -> bool:
    known = {one.id for one in world.inspections if one.notified_at is not None and one.agency_id == actor.organization_id}
    return any(one.person_id == row.id and one.inspection_id in known and one.status in LIVE_PLACES for one in world.assignments)


def dispatched_by(t: FromClause, person: str) -> ColumnElement[bool]:
    a = ASSIGNMENT.alias("dispatched")
    return there_is(a).where(a.c.person_id == t.c[person], a.c.dispatcher_id == ORGANIZATION)


def card_from(t: FromClause) -> ColumnElement[bool]:
    c = CARD.alias("issued")
    return there_is(c).where(c.c.person_id == t.c.id, c.c.issuer_id == ORGANIZATION)


def was_dispatched_by(actor: Actor, person_id: UUID, world: World) -> bool:
    return any(one.person_id == person_id and one.dispatcher_id == actor.organization_id for one in world.assignments)


def employed(person: ColumnElement[UUID], agency: ColumnElement[UUID], day: ColumnElement[date]) -> ColumnElement[bool]:
    """The agency employed the person on the day; an open end is still employed."""
    e = table_of(Employment).alias("employed")
    return there_is(e).where(e.c.person_id == person, e.c.agency_id == agency, e.c.starts_on <= day, or_(e.c.ends_on.is_(None), e.c.ends_on > day))


def was_employed(person_id: UUID, agency_id: UUID | None, day: date, *, world: World) -> bool:
    return any(
        one.person_id == person_id and one.agency_id == agency_id and one.starts_on <= day and (one.ends_on is None or one.ends_on > day)
        for one in world.employments
    )


def barred(person: ColumnElement[UUID], supervisor: ColumnElement[Any], day: ColumnElement[date]) -> ColumnElement[bool]:
    """No active card valid on the day, no term on the day, or on the blacklist. Unknown is barred."""
    c, a = CARD.alias("valid"), table_of(Appointment).alias("term")
    return or_(
        ~there_is(c).where(c.c.supervisor_id == supervisor, c.c.status == "ACTIVE", c.c.valid_from <= day, c.c.valid_until > day),
        ~there_is(a).where(
            a.c.supervisor_id == supervisor, a.c.status.in_(MANDATED), a.c.starts_on <= day, or_(a.c.ends_on.is_(None), a.c.ends_on > day)
        ),
        func.is_listed(person, type_=Boolean()),  # by any center, also behind another one's wall
    )


def is_barred(person_id: UUID, supervisor_id: UUID | None, day: date, *, world: World) -> bool:
    card = any(one.supervisor_id == supervisor_id and one.status == "ACTIVE" and one.valid_from <= day < one.valid_until for one in world.cards)
    term = any(
        one.supervisor_id == supervisor_id and one.status in MANDATED and one.starts_on <= day and (one.ends_on is None or one.ends_on > day)
        for one in world.appointments
    )
    listed = any(one.person_id == person_id and one.status in BLOCKING for one in world.blacklist)
    return not card or not term or listed


READ = {
    Person: Action.PERSON_READ,
    Employment: Action.EMPLOYMENT_READ,
    Supervisor: Action.SUPERVISOR_READ,
    Card: Action.CARD_READ,
    Appointment: Action.APPOINTMENT_READ,
}

MEANINGS: Meanings = {
    Person: {
        Relation.SHARED: SHARED,
        Relation.SELF: Meaning(holds=lambda actor, row, _: row.id == actor.person_id, where=lambda t, _: t.c.id == PERSON),
        Relation.SUBTREE: Meaning(holds=lambda actor, row, world: is_on_roster(actor, row.id, world), where=lambda t, tier: on_roster(t, "id", tier)),
        Relation.ISSUER: Meaning(
            holds=lambda actor, row, world: any(one.person_id == row.id and one.issuer_id == actor.organization_id for one in world.cards),
            where=lambda t, _: card_from(t),
        ),
        Relation.DISPATCHER: Meaning(
            holds=lambda actor, row, world: was_dispatched_by(actor, row.id, world), where=lambda t, _: dispatched_by(t, "id")
        ),
        Relation.INSPECTED: Meaning(holds=is_announced_to, where=lambda t, _: announced_to(t)),
        Relation.TEAM_MEMBER: Meaning(holds=is_teammate, where=lambda t, _: teammate(t)),
    },
    Employment: {
        Relation.SUBTREE: Meaning(
            holds=lambda actor, row, world: is_on_roster(actor, row.person_id, world), where=lambda t, tier: on_roster(t, "person_id", tier)
        ),
        Relation.OWN_ORG: OWN_AGENCY,
        Relation.SELF: SELF,
    },
    Supervisor: {
        Relation.SHARED: SHARED,
        Relation.SUBTREE: SUBTREE,
        Relation.SELF: SELF,
        # who keeps the roster row is who issues its card (Y049, Y050)
        Relation.ISSUER: OWN_ORG,
    },
    Card: {
        Relation.SHARED: SHARED,
        Relation.SUBTREE: SUBTREE,
        Relation.ISSUER: ISSUER,
        Relation.SELF: SELF,
        Relation.DISPATCHER: Meaning(
            holds=lambda actor, row, world: was_dispatched_by(actor, row.person_id, world), where=lambda t, _: dispatched_by(t, "person_id")
        ),
    },
    Appointment: {Relation.SUBTREE: SUBTREE, Relation.DISPATCHER: DISPATCHER, Relation.SELF: SELF},
}
