"""Stipends: between the dispatcher that pays and the person who is paid; the center supervises both."""

from authz.actions import Action
from authz.relations import DISPATCHER, OWN_ORG, SELF, SUBTREE, Meanings, Relation
from models.stipends import StipendLine, StipendRate

READ = {StipendRate: Action.STIPEND_RATE_READ, StipendLine: Action.STIPEND_LINE_READ}

MEANINGS: Meanings = {
    StipendRate: {Relation.SUBTREE: SUBTREE, Relation.OWN_ORG: OWN_ORG},
    StipendLine: {Relation.SUBTREE: SUBTREE, Relation.DISPATCHER: DISPATCHER, Relation.SELF: SELF},
}
