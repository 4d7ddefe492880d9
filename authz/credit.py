"""The credit archive: center and districts see the entries below them, an agency its own."""

from authz.actions import Action
from authz.relations import OWN_AGENCY, SUBTREE, Meanings, Relation
from models.credit import CreditEntry

READ = {CreditEntry: Action.CREDIT_ENTRY_READ}

MEANINGS: Meanings = {CreditEntry: {Relation.SUBTREE: SUBTREE, Relation.OWN_ORG: OWN_AGENCY}}
