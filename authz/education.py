"""Yearly education: the agency's, the center's that supervises it; of an attendance the person's too."""

from authz.actions import Action
from authz.relations import OWN_AGENCY, SELF, SUBTREE, Meanings, Relation
from models.education import EducationAttendance, EducationEvent, EducationLapse

READ = {
    EducationEvent: Action.EDUCATION_EVENT_READ,
    EducationAttendance: Action.EDUCATION_ATTENDANCE_READ,
    EducationLapse: Action.EDUCATION_LAPSE_READ,
}

OF_THE_AGENCY = {Relation.SUBTREE: SUBTREE, Relation.OWN_ORG: OWN_AGENCY}

MEANINGS: Meanings = {EducationEvent: OF_THE_AGENCY, EducationAttendance: {**OF_THE_AGENCY, Relation.SELF: SELF}, EducationLapse: OF_THE_AGENCY}
