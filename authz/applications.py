"""Applications are seen by the person, the employer, and who issues the card; a center sees those of its jurisdiction."""

from sqlmodel import SQLModel

from authz.actions import Action
from authz.relations import ISSUER, SELF, SUBTREE, Meanings, Relation, equal
from models.applications import Application, Attestation, Training, WrittenExam

MODELS: tuple[type[SQLModel], ...] = (Application, Attestation, Training, WrittenExam)
READ = dict.fromkeys(MODELS, Action.APPLICATION_READ)

OF_APPLICATION = {
    Relation.SUBTREE: SUBTREE,
    # the employer, of whatever tier
    Relation.OWN_ORG: equal("employer_id"),
    Relation.ISSUER: ISSUER,
    Relation.SELF: SELF,
}

MEANINGS: Meanings = dict.fromkeys(MODELS, OF_APPLICATION)
