"""Rechecks: center and district see those of the inspections below them, the issuer of the revoked card those it answers for."""

from authz.actions import Action
from authz.relations import ISSUER, SUBTREE, Meanings, Relation
from models.rechecks import Recheck

READ = {Recheck: Action.RECHECK_READ}

MEANINGS: Meanings = {Recheck: {Relation.SUBTREE: SUBTREE, Relation.ISSUER: ISSUER}}
