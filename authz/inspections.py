"""Inspections and what hangs on them. INSPECTED begins with the notice: before it the agency's own inspection does not exist for it."""

from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, FromClause, and_, func, or_, select

from authz.actions import Action
from authz.actor import Actor
from authz.dispatch import assesses, in_team, is_assessor, is_in_team, is_notified, notified
from authz.organizations import SHARED
from authz.relations import DISPATCHER, LIVE_PLACES, ORGANIZATION, OWN_ORG, PERSON, SUBTREE, Meaning, Meanings, Relation, World, there_is
from authz.supervisors import barred, employed, is_barred, was_employed
from models.amendments import AlterationRequest, Amendment, AmendmentSignature
from models.base import table_of
from models.candidates import CandidateCheck
from models.cases import BLOCKING
from models.checklists import Answer, Checklist, ChecklistItem, ChecklistTemplate, Finding, Signature
from models.dispatch import Assignment
from models.inspections import Inspection
from models.opinions import OpinionLetter, Rectification, SupervisionReport
from models.ratings import AnnualRating
from models.recommendations import AssessorRecommendation
from models.sessions import RecognitionSession
from models.supervisors import RosterStanding, Supervisor


def assesses_at(t: FromClause) -> ColumnElement[bool]:
    s = table_of(RecognitionSession).alias("own_session")
    mine = assesses(PERSON, s.c.id, starts=s.c.starts_at, ends=s.c.ends_at)
    return there_is(s).where(s.c.id == t.c.recognition_session_id, mine)


def is_assessor_at(actor: Actor, row: Inspection, world: World) -> bool:
    here = [one for one in world.sessions if one.id == row.recognition_session_id]
    return any(is_assessor(actor.person_id, one.id, starts=one.starts_at, ends=one.ends_at, world=world) for one in here)


def barred_at(t: FromClause) -> ColumnElement[bool]:
    """Without a place in the team there is no card to look at: unknown is barred."""
    a = table_of(Assignment).alias("own_place")
    own = (
        select(a.c.supervisor_id)
        .where(a.c.inspection_id == t.c.id, a.c.person_id == PERSON, a.c.status.in_(LIVE_PLACES))
        .limit(1)
        .correlate_except(a)
        .scalar_subquery()
    )
    return or_(func.is_listed(PERSON, type_=Boolean()), and_(~cardless(t), barred(PERSON, own, t.c.scheduled_on)))


def cardless(t: FromClause) -> ColumnElement[bool]:
    """Internal, still on the roster, and seated without a card: where nobody issues any there is none to look at (D07)."""
    a, s = table_of(Assignment).alias("own_seat"), table_of(Supervisor).alias("own_row")
    mine = (a.c.inspection_id == t.c.id, a.c.person_id == PERSON, a.c.status.in_(LIVE_PLACES), a.c.internal, a.c.card_id.is_(None))
    return there_is(a, s).where(*mine, s.c.id == a.c.supervisor_id, s.c.standing == RosterStanding.ACTIVE)


def is_cardless(actor: Actor, row: Inspection, world: World) -> bool:
    active = {one.id for one in world.supervisors if one.standing is RosterStanding.ACTIVE}
    return any(
        one.inspection_id == row.id and one.person_id == actor.person_id and one.status in LIVE_PLACES and one.internal and one.card_id is None
        for one in world.assignments
        if one.supervisor_id in active
    )


def is_barred_at(actor: Actor, row: Inspection, world: World) -> bool:
    own = next(
        (
            one.supervisor_id
            for one in world.assignments
            if one.inspection_id == row.id and one.person_id == actor.person_id and one.status in LIVE_PLACES
        ),
        None,
    )
    if is_cardless(actor, row, world):
        return any(one.person_id == actor.person_id and one.status in BLOCKING for one in world.blacklist)
    return is_barred(actor.person_id, own, row.scheduled_on, world=world)


def employed_at(t: FromClause, inspection: str) -> ColumnElement[bool]:
    """The asker was employed by the inspected agency on the day of the inspection that `t` follows from."""
    i = table_of(Inspection).alias("visited")
    return there_is(i).where(i.c.id == t.c[inspection], i.c.internal.is_(False), employed(PERSON, i.c.agency_id, i.c.scheduled_on))


def was_employed_at(actor: Actor, inspection_id: UUID, world: World) -> bool:
    return any(
        one.id == inspection_id and not one.internal and was_employed(actor.person_id, one.agency_id, one.scheduled_on, world=world)
        for one in world.inspections
    )


READ = {
    Inspection: Action.INSPECTION_READ,
    ChecklistTemplate: Action.PROFILE_READ,
    ChecklistItem: Action.PROFILE_READ,
    Checklist: Action.INSPECTION_READ,
    Answer: Action.INSPECTION_READ,
    Signature: Action.INSPECTION_READ,
    Finding: Action.INSPECTION_READ,
    CandidateCheck: Action.INSPECTION_READ,
    OpinionLetter: Action.OPINION_READ,
    Rectification: Action.RECTIFICATION_READ,
    SupervisionReport: Action.REPORT_READ,
    Amendment: Action.AMENDMENT_READ,
    AmendmentSignature: Action.AMENDMENT_READ_SIGNATURES,
    AlterationRequest: Action.ALTERATION_REQUEST_READ,
    AssessorRecommendation: Action.ASSESSOR_RECOMMENDATION_READ,
    AnnualRating: Action.ANNUAL_RATING_READ,
}

OF_INSPECTION = {
    Relation.SUBTREE: SUBTREE,
    Relation.INSPECTED: Meaning(holds=lambda actor, row, world: is_notified(actor, row.inspection_id, world), where=lambda t, _: notified(t)),
    Relation.TEAM_MEMBER: Meaning(
        holds=lambda actor, row, world: is_in_team(actor, row.inspection_id, world), where=lambda t, _: in_team(t, "inspection_id")
    ),
}

SERVED = Meaning(
    holds=lambda actor, row, _: actor.organization_id is not None and row.agency_id == actor.organization_id and row.served_at is not None,
    where=lambda t, _: and_(t.c.agency_id == ORGANIZATION, t.c.served_at.is_not(None)),
)

FOLLOWING = {
    **OF_INSPECTION,
    Relation.INSPECTED: SERVED,
    Relation.DISPATCHER: DISPATCHER,
    Relation.EMPLOYER: Meaning(
        holds=lambda actor, row, world: was_employed_at(actor, row.inspection_id, world), where=lambda t, _: employed_at(t, "inspection_id")
    ),
}

MEANINGS: Meanings = {
    Inspection: {
        Relation.SUBTREE: SUBTREE,
        Relation.DISPATCHER: DISPATCHER,
        Relation.INSPECTED: Meaning(
            holds=lambda actor, row, _: actor.organization_id is not None and row.agency_id == actor.organization_id and row.notified_at is not None,
            where=lambda t, _: and_(t.c.agency_id == ORGANIZATION, t.c.notified_at.is_not(None)),
        ),
        Relation.TEAM_MEMBER: Meaning(holds=lambda actor, row, world: is_in_team(actor, row.id, world), where=lambda t, _: in_team(t, "id")),
        Relation.EMPLOYER: Meaning(
            holds=lambda actor, row, world: not row.internal and was_employed(actor.person_id, row.agency_id, row.scheduled_on, world=world),
            where=lambda t, _: and_(t.c.internal.is_(False), employed(PERSON, t.c.agency_id, t.c.scheduled_on)),
        ),
        Relation.ASSESSOR: Meaning(holds=is_assessor_at, where=lambda t, _: assesses_at(t)),
        Relation.BARRED: Meaning(holds=is_barred_at, where=lambda t, _: barred_at(t)),
    },
    ChecklistTemplate: {Relation.SHARED: SHARED, Relation.OWN_ORG: OWN_ORG},
    ChecklistItem: {Relation.SHARED: SHARED},
    Checklist: OF_INSPECTION,
    Answer: OF_INSPECTION,
    Signature: OF_INSPECTION,
    Finding: OF_INSPECTION,
    CandidateCheck: OF_INSPECTION,
    OpinionLetter: FOLLOWING,
    Rectification: FOLLOWING,
    Amendment: FOLLOWING,
    # the agency reads the amendment, once attached: what is being signed it does not
    AmendmentSignature: {relation: meaning for relation, meaning in OF_INSPECTION.items() if relation is not Relation.INSPECTED},
    # no agency sees who tried, nor who told (N9)
    AlterationRequest: {relation: meaning for relation, meaning in FOLLOWING.items() if relation is not Relation.INSPECTED},
    AssessorRecommendation: OF_INSPECTION,
    AnnualRating: OF_INSPECTION,
    # the inspected agency has the letter, never the report (Y043)
    SupervisionReport: {relation: meaning for relation, meaning in FOLLOWING.items() if relation is not Relation.INSPECTED},
}
