"""资格申报: drafted, attested, applied for and recommended; the conditions are judged on that day and kept, each by itself (000 §6, §13; 003 §7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypedDict
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import shanghai_day
from domain.errors import BadInput, Conflict, Unmet
from domain.machine import Act, Machine, advance, record
from domain.organizations import InForce, rules_for
from domain.qualifications import eligibility
from domain.supervisors import employ, in_order, unlisted
from domain.texts import checked
from models.applications import ENDED, Application, ApplicationStatus, Attestation, AttestedCondition, WorkArea
from models.events import Event
from models.memberships import Membership
from models.organizations import Organization, Tier
from models.supervisors import CompetenceArea, Employment, Person, SkillLevel, SupervisorKind, Title

LONGEST_TEXT = 2000
LONGEST_PLACE = 100
MOST_WORK = 30
WITHOUT = "1.6 D08"


class Step(StrEnum):
    DRAFT = "DRAFT"
    ATTEST = "ATTEST"
    APPLY = "APPLY"
    RECOMMEND = "RECOMMEND"
    TRAIN = "TRAIN"
    PASS = "PASS"  # noqa: S105 - a written exam
    FAIL = "FAIL"
    ISSUE_CARD = "ISSUE_CARD"
    DESIGNATE = "DESIGNATE"
    REJECT = "REJECT"
    DECLINE = "DECLINE"
    WITHDRAW = "WITHDRAW"


READY = (ApplicationStatus.APPLIED, ApplicationStatus.RECOMMENDED, ApplicationStatus.TRAINED, ApplicationStatus.EXAM_PASSED)
"""From where somebody may be given the qualification: which of them suffices, the profile says (D08)."""

REJECTABLE = (*READY, ApplicationStatus.EXAM_FAILED)
WITHDRAWABLE = (ApplicationStatus.DRAFT, *REJECTABLE)

STEPS: Machine = {
    (ApplicationStatus.DRAFT, Step.DRAFT): ApplicationStatus.DRAFT,
    (ApplicationStatus.DRAFT, Step.ATTEST): ApplicationStatus.DRAFT,
    (ApplicationStatus.DRAFT, Step.APPLY): ApplicationStatus.APPLIED,
    (ApplicationStatus.APPLIED, Step.RECOMMEND): ApplicationStatus.RECOMMENDED,
    (ApplicationStatus.APPLIED, Step.TRAIN): ApplicationStatus.TRAINED,
    (ApplicationStatus.RECOMMENDED, Step.TRAIN): ApplicationStatus.TRAINED,
    (ApplicationStatus.TRAINED, Step.PASS): ApplicationStatus.EXAM_PASSED,
    (ApplicationStatus.TRAINED, Step.FAIL): ApplicationStatus.EXAM_FAILED,
    **{(one, Step.ISSUE_CARD): ApplicationStatus.CARD_ISSUED for one in READY},
    **{(one, Step.DESIGNATE): ApplicationStatus.DESIGNATED for one in READY},
    **{(one, Step.REJECT): ApplicationStatus.REJECTED for one in REJECTABLE},
    (ApplicationStatus.APPLIED, Step.DECLINE): ApplicationStatus.DECLINED,
    **{(one, Step.WITHDRAW): ApplicationStatus.WITHDRAWN for one in WITHDRAWABLE},
}


@dataclass(frozen=True)
class Work:
    """Some years of work; an open end still goes on."""

    area: WorkArea
    place: str
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True)
class Facts:
    """What the form of application says of the person (000 §13, Y048)."""

    employed_since: date
    level: SkillLevel | None = None
    professional_title: Title | None = None
    work: Sequence[Work] = ()
    competences: Sequence[CompetenceArea] = ()


async def organization(session: AsyncSession, id: UUID) -> Organization | None:
    return (await session.exec(select(Organization).where(col(Organization.id) == id))).one_or_none()


def blank(person: Person, employer: Organization, kind: SupervisorKind, *, act: Act) -> Application:
    """An application not saved yet. External ones go to the center, internal ones to the agency that employs the person (000 §13, 003 §6)."""
    if kind is SupervisorKind.INTERNAL and employer.tier is not Tier.AGENCY:
        raise BadInput("employer", "kind_of_organization")
    return Application(
        person_id=person.id,
        kind=kind,
        employer_id=employer.id,
        issuer_id=employer.center_id if kind is SupervisorKind.EXTERNAL else employer.id,
        center_id=employer.center_id,
        district_id=employer.district_id,
        agency_id=employer.agency_id,
        drafted_by=act.by,
        moved_at=act.at,
        employed_since=shanghai_day(act.at),
    )


async def draft(session: AsyncSession, row: Application, facts: Facts, *, by_number: bool = False, act: Act) -> tuple[Application, Event]:
    """By the person, or by the employer in that person's name. Until it is applied for, a second draft replaces the first.

    Unmet for a stranger: the conditions tell an age, so one names the own people, or whoever's id number one was given (`by_number`).
    """
    if not by_number and row.person_id != act.by:
        await own_people(session, row, act=act)
    before = await _open(session, row)
    if before is not None and before.status is not ApplicationStatus.DRAFT:
        raise Conflict("STATE", status=before.status.value)
    draft = before or row
    if facts.employed_since > shanghai_day(act.at):
        raise BadInput("employedSince", "future")
    draft.employed_since, draft.level, draft.professional_title = facts.employed_since, facts.level, facts.professional_title
    draft.work, draft.competences = _written(facts.work), [one.value for one in CompetenceArea if one in facts.competences]
    if before is not None:
        return draft, await step(session, draft, Step.DRAFT, act=act)
    session.add(draft)
    await session.flush()
    return draft, await record(session, draft, step=Step.DRAFT, act=act, after=draft.status.value)


async def own_people(session: AsyncSession, row: Application, *, act: Act) -> None:
    """Unmet for who neither works nor holds an office with the employer named."""
    today = shanghai_day(act.at)
    works = select(Employment.id).where(
        col(Employment.person_id) == row.person_id,
        col(Employment.agency_id) == row.employer_id,
        col(Employment.starts_on) <= today,
        col(Employment.ends_on).is_(None) | (col(Employment.ends_on) > today),
    )
    office = select(Membership.id).where(
        col(Membership.person_id) == row.person_id,
        col(Membership.organization_id) == row.employer_id,
        col(Membership.valid_from) <= act.at,
        col(Membership.valid_until).is_(None) | (col(Membership.valid_until) > act.at),
    )
    if (await session.exec(works)).first() is None and (await session.exec(office)).first() is None:
        raise Unmet("application.own_people", "000 §13")


async def attest(
    session: AsyncSession, application: Application, condition: AttestedCondition, *, holds: bool, on: date, act: Act
) -> tuple[Attestation, Event]:
    """Vouches for what cannot be computed, with name and day (Y009, B011, B016). 优秀 is the employer's to say, never one's own (A16)."""
    if on > shanghai_day(act.at):
        raise BadInput("attestedOn", "future")
    if condition is AttestedCondition.ASSESSOR_EXCELLENT and (act.by == application.person_id or act.organization_id != application.employer_id):
        raise Unmet("eligibility.assessor_excellent", "000 §6(三) (A16)")
    event = await step(session, application, Step.ATTEST, act=act, reason=condition.value)
    row = Attestation(condition=condition, holds=holds, attester_id=act.by, organization_id=act.organization_id, attested_on=on, **whose(application))
    session.add(row)
    await session.flush()
    return row, event


async def apply(session: AsyncSession, application: Application, *, act: Act) -> Event:
    """提出申请: the conditions are checked and the result kept with its reasons (Y097).

    Unmet where one of them is not met on that day, and for who is on the blacklist: they do not leave DRAFT (Y089).
    """
    await unlisted(session, application.person_id)
    found = await eligibility(session, application, on=shanghai_day(act.at))
    found.require()
    application.conditions, application.applied_at, application.profile_id = found.kept, act.at, found.rules.id
    return await step(session, application, Step.APPLY, act=act, rules=found.rules)


async def recommend(session: AsyncSession, application: Application, statement: str, *, act: Act) -> Event:
    """所在单位推荐 (000 §13, Y047): the employer signs for the person, and with it that they are employed there."""
    rules = await rules_for(session, application.center_id, on=shanghai_day(act.at))
    application.recommendation = checked("statement", statement, LONGEST_TEXT)
    application.recommended_by, application.recommended_at = act.by, act.at
    event = await step(session, application, Step.RECOMMEND, act=act, rules=rules)
    await employment(session, application)
    return event


async def reject(session: AsyncSession, application: Application, reasons: str, *, act: Act) -> Event:
    """不予通过, with reasons, from any state after DRAFT. The person may apply anew."""
    application.reasons = checked("reasons", reasons, LONGEST_TEXT)
    return await step(session, application, Step.REJECT, act=act, reason=application.reasons)


async def decline(session: AsyncSession, application: Application, reasons: str, *, act: Act) -> Event:
    """不予推荐, with reasons, by the employer (000 §13). Unmet where these rules ask for no recommendation: then nothing of it hangs on the employer."""
    rules = await rules_for(session, application.center_id, on=shanghai_day(act.at))
    if not rules.rules.flag("application.recommendation"):
        raise Unmet("application.not_recommended", WITHOUT, rules.rules.version)
    application.reasons = checked("reasons", reasons, LONGEST_TEXT)
    return await step(session, application, Step.DECLINE, act=act, rules=rules, reason=application.reasons)


async def withdraw(session: AsyncSession, application: Application, reasons: str, *, act: Act) -> Event:
    """撤回申报, by the person and at any time before its end; also a draft that the employer wrote, and after a failed exam."""
    application.reasons = checked("reasons", reasons, LONGEST_TEXT)
    return await step(session, application, Step.WITHDRAW, act=act, reason=application.reasons)


async def employment(session: AsyncSession, application: Application) -> None:
    """What the form says of the employer becomes known with the employer's or issuer's word, so that recusal is proven by it (B025)."""
    if application.agency_id != application.employer_id:
        return
    known = select(Employment.id).where(
        col(Employment.person_id) == application.person_id,
        col(Employment.agency_id) == application.employer_id,
        col(Employment.ends_on).is_(None) | (col(Employment.ends_on) > shanghai_day(application.moved_at)),
    )
    if (await session.exec(known)).first() is None:
        employer = (await session.exec(select(Organization).where(col(Organization.id) == application.employer_id))).one()
        person = (await session.exec(select(Person).where(col(Person.id) == application.person_id))).one()
        await employ(session, person, employer, starts_on=application.employed_since)


async def step(
    session: AsyncSession, application: Application, which: Step, *, act: Act, rules: InForce | None = None, reason: str | None = None
) -> Event:
    application.moved_at = act.at
    return await advance(session, application, STEPS, step=which, act=act, reason=reason, profile_id=rules.id if rules else None)


class Whose(TypedDict):
    application_id: UUID
    person_id: UUID
    employer_id: UUID
    issuer_id: UUID
    center_id: UUID
    district_id: UUID | None
    agency_id: UUID | None


def whose(application: Application) -> Whose:
    """The columns by which what belongs to an application lies where it lies."""
    return {
        "application_id": application.id,
        "person_id": application.person_id,
        "employer_id": application.employer_id,
        "issuer_id": application.issuer_id,
        "center_id": application.center_id,
        "district_id": application.district_id,
        "agency_id": application.agency_id,
    }


async def _open(session: AsyncSession, row: Application) -> Application | None:
    """The one of the same person, kind and employer that has not ended, locked."""
    query = select(Application).where(
        col(Application.person_id) == row.person_id,
        col(Application.kind) == row.kind,
        col(Application.employer_id) == row.employer_id,
        col(Application.status).not_in(ENDED),
    )
    return (await session.exec(query.with_for_update())).one_or_none()


def _written(work: Sequence[Work]) -> list[dict[str, object]]:
    if len(work) > MOST_WORK:
        raise BadInput("work", "too_many", most=MOST_WORK)
    for one in work:
        in_order("work", one.starts_on, one.ends_on)
    return [
        {
            "area": one.area.value,
            "place": checked("place", one.place, LONGEST_PLACE),
            "starts_on": one.starts_on.isoformat(),
            "ends_on": one.ends_on.isoformat() if one.ends_on else None,
        }
        for one in sorted(work, key=lambda one: (one.starts_on, one.area, one.place))
    ]
