"""Serious-violation reports: the center's, a district's where it may know, and of who raised one. For an agency there is no relation at all."""

from authz.actions import Action
from authz.relations import SELF, SUBTREE, Meanings, Relation
from models.violations import SeriousViolationReport

READ = {SeriousViolationReport: Action.SERIOUS_VIOLATION_REPORT_READ}

MEANINGS: Meanings = {SeriousViolationReport: {Relation.SUBTREE: SUBTREE, Relation.SELF: SELF}}
