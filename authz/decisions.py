"""The log of decisions: the center's auditor reads that of all below, everybody the own decisions."""

from authz.actions import Action
from authz.relations import SELF, SUBTREE, Meanings, Relation
from models.decisions import Decision

READ = {Decision: Action.AUDIT_READ}

MEANINGS: Meanings = {Decision: {Relation.SUBTREE: SUBTREE, Relation.SELF: SELF}}
