"""Monthly returns: a district's own, and the center's above it."""

from authz.actions import Action
from authz.relations import OWN_ORG, SUBTREE, Meanings, Relation
from models.returns import MonthlyReturn

READ = {MonthlyReturn: Action.MONTHLY_RETURN_READ}

MEANINGS: Meanings = {MonthlyReturn: {Relation.SUBTREE: SUBTREE, Relation.OWN_ORG: OWN_ORG}}
