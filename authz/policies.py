"""Versions of the policy: for the administrators and the auditors of the center whose they are."""

from authz.actions import Action
from authz.relations import ORGANIZATION, Meaning, Meanings, Relation
from models.policies import PolicyLine, PolicyVersion

READ = {PolicyVersion: Action.POLICY_READ, PolicyLine: Action.POLICY_READ}

OWN_CENTER = Meaning(
    holds=lambda actor, row, _: actor.organization_id is not None and row.center_id == actor.organization_id,
    where=lambda t, _: t.c.center_id == ORGANIZATION,
)

MEANINGS: Meanings = {PolicyVersion: {Relation.OWN_ORG: OWN_CENTER}, PolicyLine: {Relation.OWN_ORG: OWN_CENTER}}
