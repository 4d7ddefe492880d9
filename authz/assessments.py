"""Evaluations, assessments and commendations: seen by the center, by who appointed, and by the person."""

from authz.actions import Action
from authz.relations import DISPATCHER, SELF, SUBTREE, Meanings, Relation
from models.assessments import Commendation, TermEvaluation, YearlyAssessment

READ = {
    TermEvaluation: Action.TERM_EVALUATION_READ,
    YearlyAssessment: Action.YEARLY_ASSESSMENT_READ,
    Commendation: Action.COMMENDATION_READ,
}

OF_WHO_APPOINTED = {Relation.SUBTREE: SUBTREE, Relation.DISPATCHER: DISPATCHER, Relation.SELF: SELF}

MEANINGS: Meanings = {TermEvaluation: OF_WHO_APPOINTED, YearlyAssessment: OF_WHO_APPOINTED, Commendation: OF_WHO_APPOINTED}
