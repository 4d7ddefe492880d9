"""The second wall, as the application says it: which column of which table row-level security compares (migrations, `walls`).

Every condition of a scope begins with it (INV11: by no path does one district read another's), so that what a right allows lies inside the wall by construction, and the query names its tenant.
"""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, FromClause, Uuid, bindparam, false
from sqlmodel import SQLModel

from authz.actor import Shape
from authz.relations import CENTER, ORGANIZATION, PERSON
from models.agency_cases import Obstruction
from models.amendments import AlterationRequest
from models.applications import Application, Attestation, Training, WrittenExam
from models.assessments import Commendation, TermEvaluation, YearlyAssessment
from models.base import every_table, table_of
from models.cases import BlacklistEntry, SupervisorCase
from models.checklists import ChecklistItem, ChecklistTemplate
from models.complaints import Complainant, Complaint
from models.conflicts import Conflict
from models.database import Wall
from models.decisions import Decision
from models.dispatch import Assignment, Draw, DrawPerson, DrawPick
from models.education import EducationAttendance
from models.entries import DoubleEntry, Entry, Reconciliation
from models.events import ChainHead, Event
from models.holidays import HolidayCalendar
from models.imports import Upload
from models.memberships import Account, Attempt, AuditorProposal, Login, Membership
from models.notifications import Notification, Relay, Reminder
from models.opinions import SupervisionReport
from models.organizations import Organization, Profile
from models.overlays import Overlay
from models.policies import PolicyCurrent, PolicyLine, PolicyVersion
from models.publications import PublicDraw, PublicResult
from models.requests import Request
from models.returns import MonthlyReturn
from models.stipends import StipendLine, StipendRate
from models.supervisors import Appointment, Card, Employment, Person, Supervisor
from models.verification import PublicCheck
from models.violations import SeriousViolationReport

DISTRICT = bindparam("actor_district", type_=Uuid(), required=False)
AGENCY = bindparam("actor_agency", type_=Uuid(), required=False)

BINDS = {"center_id": CENTER, "district_id": DISTRICT, "agency_id": AGENCY, "organization_id": ORGANIZATION, "person_id": PERSON}
"""What each column of a wall is compared with."""

REGISTRY: Mapping[type[SQLModel], str] = {
    Organization: "every institution knows the others",
    Profile: "rules are public to institutions",
    Overlay: "implementing rules judge whoever they bind, in any tier; a proposal is kept by right",
    HolidayCalendar: "working days are public to institutions",
    ChecklistTemplate: "forms are public to institutions",
    ChecklistItem: "forms are public to institutions",
    Person: "one person serves several tenants; personal columns are masked",
    Employment: "recusal asks about anybody's employers",
    Supervisor: "one roster for all who dispatch (B022)",
    Card: "what a card says is public to institutions (B021)",
    Account: "read before any wall stands",
    Login: "read before any wall stands",
    Attempt: "read before any wall stands",
    PublicCheck: "counted for callers who have no tenant",
    Membership: "read before any wall stands",
    PublicDraw: "public; a trigger keeps writers inside of their own center or district",
    PublicResult: "public; a trigger keeps writers inside of their own center or district",
}
"""Tables without a wall, and why."""

USUAL = {Wall.CENTER: "center_id", Wall.DISTRICT: "district_id", Wall.AGENCY: "agency_id"}
WITH_PERSON = {**USUAL, Wall.PERSON: "person_id"}
ONLY_A_CENTER = {Wall.CENTER: "center_id"}
OF_PERSON = dict.fromkeys((Wall.CENTER, Wall.DISTRICT, Wall.AGENCY, Wall.PERSON), "person_id")
OF_ORGANIZATION = dict.fromkeys((Wall.CENTER, Wall.DISTRICT, Wall.AGENCY), "organization_id")
NEVER_AN_AGENCY = {Wall.CENTER: "center_id", Wall.DISTRICT: "district_id"}

UNUSUAL: Mapping[type[SQLModel], Mapping[Wall, str]] = {
    Request: OF_PERSON,
    ChainHead: {**OF_ORGANIZATION, Wall.PERSON: "organization_id"},
    Upload: OF_ORGANIZATION,
    # an agency's own steps only: those of others tell of inspections it has no notice of
    Event: {**WITH_PERSON, Wall.AGENCY: "organization_id"},
    # of these a person sees the own rows also without holding any office
    **dict.fromkeys((Appointment, Assignment, BlacklistEntry, Decision, Notification, SupervisorCase), WITH_PERSON),
    **dict.fromkeys((Application, Attestation, Training, WrittenExam), WITH_PERSON),
    **dict.fromkeys((AuditorProposal, PolicyVersion, PolicyLine, PolicyCurrent), ONLY_A_CENTER),
    # the house's own, which works behind the center's wall
    **dict.fromkeys((Relay, Reminder), ONLY_A_CENTER),
    # an agency what it applied for itself, a person what is on record about them
    Conflict: {**WITH_PERSON, Wall.AGENCY: "organization_id"},
    Draw: NEVER_AN_AGENCY,
    DrawPerson: NEVER_AN_AGENCY,
    DrawPick: NEVER_AN_AGENCY,
    SupervisionReport: NEVER_AN_AGENCY,
    MonthlyReturn: NEVER_AN_AGENCY,
    # the agency has the form as the team signed it
    **dict.fromkeys((DoubleEntry, Entry, Reconciliation), NEVER_AN_AGENCY),
    # of years of service a person sees the own; what is paid is between the dispatcher and the person
    **dict.fromkeys((EducationAttendance, TermEvaluation, YearlyAssessment, Commendation), WITH_PERSON),
    StipendRate: NEVER_AN_AGENCY,
    StipendLine: {**NEVER_AN_AGENCY, Wall.PERSON: "person_id"},
    # an agency learns of none of these, nor from whom they come
    **dict.fromkeys((SeriousViolationReport, Obstruction, Complaint, Complainant, AlterationRequest), NEVER_AN_AGENCY),
}


def columns(model: type[SQLModel]) -> Mapping[Wall, str]:
    """By wall the column that row-level security compares; a wall that is missing hides all rows. Nothing for a registry."""
    if model in REGISTRY:
        return {}
    return UNUSUAL.get(model, USUAL)


WALLED: Mapping[FromClause, Mapping[Wall, str]] = {table_of(one): columns(one) for one in every_table()}


def inside(t: FromClause, shape: Shape, *, of: FromClause | None = None) -> list[ColumnElement[bool]]:
    """The condition that row-level security adds as well; none for a registry. `of` is the table that the rows of `t` would be of."""
    kind = t if of is None else of
    wanted = WALLED[getattr(kind, "element", kind)]
    if not wanted:
        return []
    column = wanted.get(shape.wall)
    return [false() if column is None else t.c[column] == BINDS[column]]
