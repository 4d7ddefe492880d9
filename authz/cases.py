"""Cases go to the issuer of the card; the blacklist is the center's, its answers are for every institution.

Districts and issuers see the entries they may have a word in: of cases of their own area, of cards they issued.
"""

from authz.actions import Action
from authz.organizations import SHARED
from authz.relations import ISSUER, OWN_AGENCY, SELF, SUBTREE, Meanings, Relation
from models.cases import BlacklistEntry, SupervisorCase

READ = {SupervisorCase: Action.SUPERVISOR_CASE_READ, BlacklistEntry: Action.BLACKLIST_READ}

MEANINGS: Meanings = {
    SupervisorCase: {Relation.SUBTREE: SUBTREE, Relation.ISSUER: ISSUER, Relation.SELF: SELF},
    BlacklistEntry: {
        Relation.SUBTREE: SUBTREE,
        # an entry lies with an agency where that agency issued the card
        Relation.ISSUER: OWN_AGENCY,
        Relation.SELF: SELF,
        Relation.SHARED: SHARED,
    },
}
