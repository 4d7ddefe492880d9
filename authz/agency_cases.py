"""Cases against agencies, and obstructions. An agency sees a case once it was criticized, or where it opened one against its own staff."""

from sqlalchemy import or_

from authz.actions import Action
from authz.dispatch import in_team, is_in_team
from authz.relations import ORGANIZATION, OWN_AGENCY, SUBTREE, Meaning, Meanings, Relation, refers
from models.agency_cases import AgencyCase, Obstruction

READ = {AgencyCase: Action.AGENCY_CASE_READ, Obstruction: Action.OBSTRUCTION_READ}

TOLD = Meaning(
    holds=lambda actor, row, world: (
        OWN_AGENCY.holds(actor, row, world) and (row.criticized_at is not None or refers(row, "opener_id", actor.organization_id))
    ),
    where=lambda t, _: (t.c.agency_id == ORGANIZATION) & or_(t.c.criticized_at.is_not(None), t.c.opener_id == ORGANIZATION),
)

MEANINGS: Meanings = {
    AgencyCase: {Relation.SUBTREE: SUBTREE, Relation.OWN_ORG: TOLD},
    Obstruction: {
        Relation.SUBTREE: SUBTREE,
        Relation.TEAM_MEMBER: Meaning(
            holds=lambda actor, row, world: is_in_team(actor, row.inspection_id, world), where=lambda t, _: in_team(t, "inspection_id")
        ),
    },
}
