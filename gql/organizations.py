"""Centers, districts, agencies; the profile in force; accounts, memberships and the history of every object."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import strawberry
from sqlalchemy import ColumnElement, Date, Integer, Text, cast, literal
from sqlalchemy.dialects.postgresql import JSONB

from authz.access import VERSIONS
from gql.agencies import NO_RULES, WITHOUT_RULES, disqualified, not_inspected, not_rated, of_disqualification, without_implementing_rules
from gql.enums import described
from gql.fields import own, row
from gql.reading.declare import Frame, Source, column, computed, given, items, lines, one, page
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, TextFilter, where, where_met, where_worked
from gql.rules import ProfileChange, Rule, against_before, against_first, begun_before, ended_by, said
from models.events import Event as EventRow
from models.memberships import Account
from models.memberships import Membership as MembershipRow
from models.organizations import AgencyKind, Tier
from models.organizations import Organization as OrganizationRow
from models.organizations import Profile as ProfileRow

if TYPE_CHECKING:
    from gql.evidence import Evidence
    from gql.supervisors import Person

described(Tier, "层级: where an organization stands.", CENTER="省、市鉴定中心.", DISTRICT="区鉴定管理中心.", AGENCY="评价机构.")
described(
    AgencyKind,
    "评价机构的类别: what kind of agency it is.",
    TRAINING_ORGANIZATION="社会培训评价组织.",
    EMPLOYER="用人单位.",
    TECHNICAL_SCHOOL="技工院校.",
)

PREFIXES = {"CENTER": "ctr", "DISTRICT": "dst", "AGENCY": "agc"}
CONCRETE = {"CENTER": "Center", "DISTRICT": "District", "AGENCY": "Agency"}

ORGANIZATIONS = Source(OrganizationRow, "Organization", PREFIXES, "tier", CONCRETE)
CENTERS = Source(OrganizationRow, "Center", "ctr", only=("tier", "CENTER"))
DISTRICTS = Source(OrganizationRow, "District", "dst", only=("tier", "DISTRICT"))
AGENCIES = Source(OrganizationRow, "Agency", "agc", only=("tier", "AGENCY"))
PROFILES = Source(ProfileRow, "Profile", "prof")
EVENTS = Source(EventRow, "Event", "evt")
VIEWERS = Source(Account, "Viewer", "acct")
MEMBERSHIPS = Source(MembershipRow, "Membership", "mem")

PERSONS = "gql.supervisors:PERSONS"
Somebody = Annotated["Person", strawberry.lazy("gql.supervisors")]
Paper = Annotated["Evidence", strawberry.lazy("gql.evidence")]


@strawberry.interface(description="Anything with an id of its own.")
class Node:
    id: strawberry.ID = column("id", "Opaque: the prefix tells the type, the rest orders by time of creation.")


@strawberry.type(description="规则集: the rules of a jurisdiction from a day on, each with its article.")
class Profile(Node):
    slug: str = column("slug", "Its short name.")
    title: str = column("title", "The title of the regulation.")
    number: str | None = computed(said("number"), "文号; null where the text has none.")
    issuer: str = computed(said("issuer"), "发布机构: who issued the regulation.")
    adopted_by: str | None = computed(said("adopted_by"), "审议: by which meeting it was adopted; null where the text does not say.")
    authority: str = computed(said("authority"), "依据: the higher documents it rests on.")
    interpreter: str = computed(said("interpreter"), "解释机构: who interprets it.")
    effective_from: date = column("effective_from", "The first day it holds.")
    organization: Annotated["Organization", strawberry.lazy("gql.organizations")] | None = one(
        "organization_id", ORGANIZATIONS, "For whom, and all below."
    )
    rules: list[Rule] = items(lambda frame: frame.t.c["rules"], "All rules that are on.")
    until: date | None = computed(ended_by, "终止日期: the first day a later edition holds instead; null while none is published.")
    previous_from: date | None = computed(begun_before, "The first day of the edition before it; null for the first of its center.")
    difference: list[ProfileChange] = lines(
        against_before,
        "修订内容: rule by rule, what it changes in the edition that holds until its day, whichever was published first; empty for the first.",
        order=("rule",),
    )
    difference_from_first: list[ProfileChange] = lines(
        against_first,
        "与最初版本的差异: the same against the edition the center began with, commonly the regulation that comes with this service.",
        order=("rule",),
    )
    code_of_conduct: str | None = column("code_of_conduct", "工作守则, in full (000 §8(八)); null where the center has entered none.")
    code_digest: str | None = column("code_digest", "SHA-256 over the UTF-8 of that text, in hex: what the step ACCEPT of an assignment names.")
    exam_room_rules: str | None = column("exam_room_rules", "考场规则, in full (000 §8(八)); null where the center has entered none.")


@strawberry.input(description="Which profiles.")
class ProfileFilter:
    organization: IdFilter | None = where("organization_id", "For whom, and all below.", "ctr")
    effective_from: RangeFilter[date] | None = where("effective_from", "Since when they hold.")


@strawberry.enum(description="What profiles may be sorted by.")
class ProfileOrder(Enum):
    EFFECTIVE_FROM = strawberry.enum_value("effective_from", description="By the first day they hold.")


@strawberry.interface(description="机构: an organization of any tier.")
class Organization(Node):
    name: str = column("name", "Its full name.")
    code: str = column("code", "GB/T 2260 code of a district or center, credit code of an agency.")
    tier: Tier = column("tier", "Where it stands.")
    place: str | None = column("place", "Its address.")
    parent: Annotated["Organization", strawberry.lazy("gql.organizations")] | None = one("parent_id", ORGANIZATIONS, "The organization above it.")


@strawberry.input(description="Which districts.")
class DistrictFilter:
    name: TextFilter | None = where("name", "Its name.")
    center: IdFilter | None = where("center_id", "Its center.", "ctr")
    without_implementing_rules_on: date | None = where_met(NO_RULES, without_implementing_rules, WITHOUT_RULES, kind=Date())


@strawberry.input(description="Which agencies.")
class AgencyFilter:
    name: TextFilter | None = where("name", "Its name.")
    credit_code: TextFilter | None = where("credit_code", "Its credit code.")
    district: IdFilter | None = where("district_id", "Its district.", "dst")
    center: IdFilter | None = where("center_id", "Its center.", "ctr")
    kind: Among[AgencyKind] | None = where("kind", "Its kind.")
    not_inspected_in: int | None = where_met(
        "not_inspected_in",
        not_inspected,
        "Without an annual inspection (年检评估) of this year, called off ones aside, as far as the caller may see them (000 §10(三)).",
        kind=Integer(),
    )
    not_rated_in: int | None = where_met(
        "not_rated_in", not_rated, "Without a 年检评估评定 of this year, as far as the caller may see them (000 §10(三)).", kind=Integer()
    )
    without_implementing_rules_on: date | None = where_met(NO_RULES, without_implementing_rules, WITHOUT_RULES, kind=Date())
    disqualified: bool | None = where_worked(
        "disqualified", disqualified, "取消资格: whether the HR department has disqualified them, as far as the caller may read the case (000 §20)."
    )


@strawberry.enum(description="What agencies may be sorted by.")
class AgencyOrder(Enum):
    NAME = strawberry.enum_value("name", description="By name.")
    CODE = strawberry.enum_value("code", description="By credit code.")
    CREATED_AT = strawberry.enum_value("created_at", description="By time of registration.")


@strawberry.type(description="评价机构: recognizes skills; is inspected.")
class Agency(Organization):
    kind: AgencyKind | None = column("kind", "What kind of agency it is.")
    credit_code: str = column("credit_code", "统一社会信用代码 (GB 32100).")
    district: Annotated["District", strawberry.lazy("gql.organizations")] | None = one(
        "district_id", DISTRICTS, "Its district, where there is that tier."
    )
    disqualified_on: date | None = computed(
        of_disqualification("hr_decided_on"),
        "取消资格: on which day the HR department disqualified it (000 §20); null too where the caller may not read the case.",
    )
    disqualification_number: str | None = computed(of_disqualification("hr_decision_number"), "取消资格文号: by which decision.")
    plans: Connection[Paper] = page(
        "agency_id", "gql.plans:PLANS", "备案方案、实施方案: its own, withdrawn ones too (003 §13).", type=Connection[Paper], arguments=Arguments()
    )


AGENCY_ARGUMENTS = Arguments(AgencyFilter, AgencyOrder)


@strawberry.type(description="区职业技能鉴定管理中心: supervises daily in its area.")
class District(Organization):
    agencies: Connection[Agency] = page("district_id", AGENCIES, "The agencies of the district.", type=Connection[Agency], arguments=AGENCY_ARGUMENTS)


@strawberry.type(description="省、市职业技能鉴定中心: manages supervision in its territory.")
class Center(Organization):
    districts: Connection[District] = page(
        "center_id", DISTRICTS, "Its districts.", type=Connection[District], arguments=Arguments(DistrictFilter), order="code", descending=False
    )
    agencies: Connection[Agency] = page("center_id", AGENCIES, "All agencies below it.", type=Connection[Agency], arguments=AGENCY_ARGUMENTS)


@strawberry.type(description="One step that the caller may take now.")
class Step:
    mutation: str = column("mutation", "The mutation that takes it.")
    to: str | None = column("to", "The state after it.")
    second_person: bool = column("secondPerson", "It needs a second person to come into force.")


@strawberry.type(description="One step of one object, as it was recorded and chained.")
class Event(Node):
    at: datetime = column("at", "When.")
    sequence: int = column("sequence", "Its place in the chain of the organization.")
    step: str = column("step", "What was done.")
    subject_kind: str = column("subject_kind", "To what kind of object.")
    from_status: str | None = column("from_status", "The state before.")
    to_status: str | None = column("to_status", "The state after.")
    reason: str | None = column("reason", "Why, where a reason was given.")
    digest: str = column("digest", "SHA-256 over this event and the digest before it, in hex.")
    actor: Somebody | None = one("person_id", PERSONS, "Who did it.")
    organization: Organization | None = one("organization_id", ORGANIZATIONS, "For which organization.")
    profile: Profile | None = one("profile_id", PROFILES, "The rules it was judged by.")


@strawberry.interface(description="An object that changes in steps.")
class Versioned(Node):
    version: int = column("version", "Grows with each change; `expectedVersion` of a mutation compares with it.")
    created_at: datetime = column("created_at", "When it was made.")
    updated_at: datetime = column("updated_at", "When it last changed.")
    history: Connection[Event] = page(
        "subject_id", EVENTS, "Its steps, as far as the caller may see them.", type=Connection[Event], arguments=Arguments(), order="sequence"
    )


@strawberry.type(description="Who holds which role for which organization, from when until when.")
class Membership(Versioned):
    role: str = column("role", "The role.")
    organization: Organization | None = one("organization_id", ORGANIZATIONS, "For which organization.")
    person: Somebody | None = one("person_id", PERSONS, "Who holds it.")
    valid_from: datetime = column("valid_from", "From when.")
    valid_until: datetime | None = column("valid_until", "Until when; open without it.")
    reason: str = column("reason", "Why it was given.")
    granted_by: Somebody | None = one("granted_by", PERSONS, "Who gave it.")
    delegator: Somebody | None = one("delegator_id", PERSONS, "代岗: who lent it; null for a role of one's own.")
    delegated_from: Annotated["Membership", strawberry.lazy("gql.organizations")] | None = one(
        "delegated_from", MEMBERSHIPS, "The role that was lent. The lent one ends with it."
    )


@strawberry.type(description="One right of the caller, from a line of the policy.")
class Capability:
    action: str = column("action", "The verb, `object.action`.")
    relation: str = column("relation", "On which rows: how they must relate to the caller.")
    article: str = column("article", "The article behind it.")


def capabilities(frame: Frame) -> ColumnElement[Any]:
    """The lines of the policy for the caller's roles; a constant of the shape."""
    policy = VERSIONS.table(frame.shape.policy)
    lines = [
        {"action": line.action.value, "relation": line.relation.value, "article": line.article}
        for action in sorted({one.action for one in policy.lines})
        for line in policy.allowing(frame.shape.roles, action)
    ]
    return cast(literal(orjson.dumps(lines).decode(), Text), JSONB)


@strawberry.type(description="The caller.")
class Viewer(Node):
    name: str = column("name", "The name the caller signed in with.")
    person: Somebody | None = one("person_id", PERSONS, "Who that is.")
    organization: Organization | None = given("organization", ORGANIZATIONS, "The organization acted for in this request.")
    memberships: Connection[Membership] = page(
        None, MEMBERSHIPS, "Roles that the caller may see, the own ones among them.", type=Connection[Membership], arguments=Arguments()
    )
    capabilities: list[Capability] = items(capabilities, "What the caller may do, on which rows, by which article.")


@strawberry.type
class Query:
    centers: Connection[Center] | None = page(
        None, CENTERS, "All centers.", type=Connection[Center], arguments=Arguments(), order="code", descending=False
    )
    center: Center | None = row(CENTERS, "One center.", Center)
    districts: Connection[District] | None = page(
        None, DISTRICTS, "All districts.", type=Connection[District], arguments=Arguments(DistrictFilter), order="code", descending=False
    )
    district: District | None = row(DISTRICTS, "One district.", District)
    agencies: Connection[Agency] | None = page(None, AGENCIES, "All agencies.", type=Connection[Agency], arguments=AGENCY_ARGUMENTS)
    agency: Agency | None = row(AGENCIES, "One agency.", Agency)
    profiles: Connection[Profile] | None = page(
        None, PROFILES, "All published rules.", type=Connection[Profile], arguments=Arguments(ProfileFilter, ProfileOrder)
    )
    profile: Profile | None = row(PROFILES, "One profile.", Profile)

    viewer: Viewer | None = own(VIEWERS, "The caller; null when nobody signed in.", Viewer)
