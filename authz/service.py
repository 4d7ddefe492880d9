"""A supervisor's years of service: seen by the center, by who appointed, and by the person; stipends by who pays them and by the person."""

from authz.actions import Action
from authz.relations import DISPATCHER, OWN_AGENCY, OWN_ORG, SELF, SUBTREE, Meanings, Relation
from models.service import (
    Commendation,
    EducationAttendance,
    EducationEvent,
    EducationLapse,
    StipendLine,
    StipendRate,
    TermEvaluation,
    YearlyAssessment,
)

READ = {
    EducationEvent: Action.EDUCATION_EVENT_READ,
    EducationAttendance: Action.EDUCATION_ATTENDANCE_READ,
    EducationLapse: Action.EDUCATION_LAPSE_READ,
    TermEvaluation: Action.TERM_EVALUATION_READ,
    YearlyAssessment: Action.YEARLY_ASSESSMENT_READ,
    Commendation: Action.COMMENDATION_READ,
    StipendRate: Action.STIPEND_RATE_READ,
    StipendLine: Action.STIPEND_LINE_READ,
}

OF_THE_AGENCY = {Relation.SUBTREE: SUBTREE, Relation.OWN_ORG: OWN_AGENCY}
OF_WHO_APPOINTED = {Relation.SUBTREE: SUBTREE, Relation.DISPATCHER: DISPATCHER, Relation.SELF: SELF}

MEANINGS: Meanings = {
    EducationEvent: OF_THE_AGENCY,
    EducationAttendance: {**OF_THE_AGENCY, Relation.SELF: SELF},
    EducationLapse: OF_THE_AGENCY,
    TermEvaluation: OF_WHO_APPOINTED,
    YearlyAssessment: OF_WHO_APPOINTED,
    Commendation: OF_WHO_APPOINTED,
    StipendRate: {Relation.SUBTREE: SUBTREE, Relation.OWN_ORG: OWN_ORG},
    StipendLine: OF_WHO_APPOINTED,
}
