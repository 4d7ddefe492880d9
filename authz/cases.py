"""Cases go to the issuer of the card; the blacklist is the center's, its answers are for every institution."""

from authz.actions import Action
from authz.organizations import SHARED
from authz.relations import ISSUER, ORGANIZATION, SELF, SUBTREE, Meanings, Relation, equal
from models.cases import BlacklistEntry, SupervisorCase

READ = {SupervisorCase: Action.SUPERVISOR_CASE_READ, BlacklistEntry: Action.BLACKLIST_READ}

MEANINGS: Meanings = {
    SupervisorCase: {Relation.SUBTREE: SUBTREE, Relation.ISSUER: ISSUER, Relation.SELF: SELF},
    BlacklistEntry: {
        # only centers hold lines here, and an entry has no lower tenant
        Relation.SUBTREE: equal("center_id", ORGANIZATION, lambda actor: actor.organization_id),
        Relation.SELF: SELF,
        Relation.SHARED: SHARED,
    },
}
