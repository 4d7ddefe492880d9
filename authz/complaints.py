"""Complaints: of who received them, and of who they were given to. Who complained has no reading at all: one act opens it (COMPLAINT_REVEAL)."""

from authz.actions import Action
from authz.relations import SELF, SUBTREE, Meanings, Relation
from models.complaints import Complaint

READ = {Complaint: Action.COMPLAINT_READ}

MEANINGS: Meanings = {Complaint: {Relation.SUBTREE: SUBTREE, Relation.SELF: SELF}}
