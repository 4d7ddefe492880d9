"""A world full of rows of every table, made without the verbs: what the rules would never let happen is in it too, and so are NULLs."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Boolean, Date, DateTime, Integer, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from authz.actor import Actor
from domain.directed import BY_THE_CENTER
from domain.machine import record
from models.base import table_of
from models.dispatch import Assignment, AssignmentStatus, TeamRole
from models.inspections import Inspection, InspectionForm, InspectionStatus, Venue
from models.memberships import Account, AccountKind
from models.organizations import Organization, Profile
from models.sessions import Assessor, RecognitionMode, RecognitionSession, RecognitionSessionStatus
from models.supervisors import (
    IN_USE,
    Appointment,
    AppointmentStatus,
    Card,
    CardStatus,
    Employment,
    LeavingGround,
    Person,
    RosterStanding,
    Sex,
    SkillLevel,
    Supervisor,
    SupervisorKind,
)
from tests.crowd_applications import applications
from tests.crowd_beside import beside
from tests.crowd_conflicts import conflicts
from tests.crowd_decisions import decisions
from tests.crowd_evidence import evidence
from tests.crowd_figures import rechecks
from tests.crowd_members import members
from tests.crowd_papers import papers
from tests.crowd_plans import plans
from tests.crowd_policies import policies
from tests.crowd_publications import publications
from tests.crowd_rest import cases, draws, filings, imports, returns
from tests.crowd_rules import rules
from tests.crowd_time import times
from tests.crowd_voices import voices
from tests.crowd_years import years
from tests.world import World

T = TypeVar("T")
LIVE = {AssignmentStatus.OFFERED, AssignmentStatus.ACCEPTED, AssignmentStatus.CHECKED_IN, AssignmentStatus.DONE}
NAMES = ("张伟", "𠮷野家", "欧阳'娜", 'O"Brien', "back\\slash", "王%_", "new\nline", "é́", "李", "Ａ全角", "a", "Z", "</script>", "😀", "{}", "张伟")


@dataclass
class Crowd:
    """What was made, for the next maker to choose from."""

    world: World
    session: AsyncSession
    dice: Random
    people: list[Person]
    profile: UUID

    def maybe(self, value: T, often: float = 0.6) -> T | None:
        return value if self.dice.random() < often else None

    def tenants(self, organization: Organization) -> dict[str, UUID | None]:
        return {"center_id": organization.center_id, "district_id": organization.district_id, "agency_id": organization.agency_id}

    async def keep(self, *rows: T) -> Sequence[T]:
        for row in rows:
            self.complete(row)
        self.session.add_all(rows)
        await self.session.flush()
        return rows

    def complete(self, row: object) -> None:
        """A column that came later and that no maker here speaks of is filled with the least its type allows."""
        for column in table_of(type(row)).columns:
            if not column.nullable and column.default is None and column.server_default is None and getattr(row, column.key) is None:
                setattr(row, column.key, least(column.type))


def least(kind: object) -> object:
    match kind:
        case JSONB():
            return []
        case Integer():
            return 0
        case Boolean():
            return False
        case Date():
            return date(2026, 9, 16)
        case DateTime():
            return datetime(2026, 9, 16, tzinfo=UTC)
        case LargeBinary():
            return b""
    return "填"


async def populate(world: World, *, seed: int) -> None:
    """Fills a founded world. Some of the people are its actors, so that every relation holds for somebody."""
    dice = Random(seed)  # noqa: S311 - no secret, the same at every run
    async with world.transaction() as session:
        new = [
            Person(
                name=dice.choice(NAMES),
                id_digest=dice.choice([None, dice.randbytes(32)]),
                id_last_four=dice.choice([None, "123X"]),
                sex=dice.choice([None, *Sex]),
                birth_date=dice.choice([None, date(1970, 2, 28), date(1968, 2, 29)]),
                phone=dice.choice([None, "13800000000"]),
                healthy=dice.choice([None, True, False]),
            )
            for _ in range(12)
        ]
        session.add_all(new)
    for n, role in enumerate(("supervisor_external", "supervisor_external", "supervisor_internal")):
        place = world.agencies[0] if role == "supervisor_internal" else world.center
        await world.hire(role, place, person=new[n], name=f"supervisor_{n}")
    await world.hire("center_dispatcher", world.center, person=new[3], name="moonlighter")
    await world.hire("integrator", world.agencies[0], name="integrator")
    async with world.transaction() as session:
        account = Account(name=secrets.token_hex(6), kind=AccountKind.PERSON, person_id=new[4].id)
        session.add(account)
    world.actors["nobody"] = Actor(account.id, new[4].id, None, None, None, None, None, frozenset())
    async with world.transaction() as session:
        ours = {actor.person_id for actor in world.actors.values()}
        people = list((await session.exec(select(Person).where(col(Person.id).in_(ours | {one.id for one in new})).order_by(col(Person.id)))).all())
        profile = (await session.exec(select(Profile.id).where(col(Profile.organization_id) == world.center.id))).one()
        crowd = Crowd(world, session, dice, people, profile)
        await members(crowd)
        supervisors = await roster(crowd)
        cards = await carded(crowd, supervisors)
        sessions = await recognitions(crowd)
        visits = await inspections(crowd, sessions)
        await teams(crowd, visits, supervisors)
        await draws(crowd, sessions, supervisors)
        await cases(crowd, cards)
        await rechecks(crowd, visits)
        await returns(crowd)
        await filings(crowd, sessions)
        await voices(crowd, visits)
        await imports(crowd)
        await papers(crowd, visits)
        await evidence(crowd, visits)
        await beside(crowd, visits)
        await decisions(crowd)
        await policies(crowd)
        await applications(crowd, cards)
        await years(crowd)
        await times(crowd)
        await rules(crowd)
        await publications(crowd, visits)
        await plans(crowd, sessions)
        await conflicts(crowd)


async def roster(crowd: Crowd) -> Sequence[Supervisor]:
    world, dice = crowd.world, crowd.dice
    made = []
    for person in crowd.people:
        for place in dice.sample([world.center, *world.agencies], dice.choice([0, 1, 1, 2])):
            internal = place is not world.center
            standing = dice.choice([one for one in RosterStanding if internal or one is not RosterStanding.SUSPENDED])
            made.append(
                Supervisor(
                    person_id=person.id,
                    organization_id=place.id,
                    kind=SupervisorKind.INTERNAL if internal else SupervisorKind.EXTERNAL,
                    standing=standing,
                    **stood(crowd, standing),
                    level=crowd.maybe(dice.choice(list(SkillLevel))),
                    verified_at=crowd.maybe(world.now),
                    knows_question_bank=internal,
                    **crowd.tenants(place),
                )
            )
        for agency in dice.sample(world.agencies, dice.choice([0, 1, 2])):
            starts = world.now.date() - timedelta(days=dice.randrange(-2, 30))
            await crowd.keep(
                Employment(
                    person_id=person.id, agency_id=agency.id, starts_on=starts, ends_on=crowd.maybe(starts + timedelta(days=dice.randrange(1, 30)))
                )
            )
    return await crowd.keep(*made)


def stood(crowd: Crowd, standing: RosterStanding) -> dict[str, Any]:
    """When a suspension is looked at again; for whom is off the roster, whether and why the person left, and what the platform still says."""
    day = crowd.world.now.date()
    if standing is RosterStanding.SUSPENDED:
        return {"review_on": day + timedelta(days=30)}
    if standing is RosterStanding.ACTIVE or not crowd.maybe(1):
        return {}
    return {"left_on": day, "left_ground": crowd.dice.choice(list(LeavingGround)), "platform_deleted_on": crowd.maybe(day)}


async def carded(crowd: Crowd, supervisors: Sequence[Supervisor]) -> Sequence[Card]:
    world, dice = crowd.world, crowd.dice
    today = world.now.date()
    cards = []
    for n, one in enumerate(supervisors):
        fit = n % 3 == 0  # somebody must be able to work
        starts = today - timedelta(days=100 if fit else dice.choice([-3, 0, 100]))
        whose = {
            "supervisor_id": one.id,
            "person_id": one.person_id,
            "center_id": one.center_id,
            "district_id": one.district_id,
            "agency_id": one.agency_id,
        }
        if fit or dice.random() < 0.8:
            status = CardStatus.ACTIVE if fit else dice.choice([CardStatus.ACTIVE, CardStatus.ACTIVE, *CardStatus])
            until = starts + timedelta(days=365 if fit else dice.choice([1, 100, 365]))
            cards.append(
                Card(
                    returned_on=None if status in IN_USE else crowd.maybe(until),
                    number=f"{n}'号",
                    title="督导员证",
                    issuer_id=one.organization_id,
                    status=status,
                    valid_from=starts,
                    valid_until=until,
                    print_number=1 + n % 2,
                    replaced_on=starts if n % 2 else None,
                    **whose,
                )
            )
        if fit or dice.random() < 0.8:
            status_ = AppointmentStatus.ACTIVE if fit else dice.choice([AppointmentStatus.ACTIVE, AppointmentStatus.ACTIVE, *AppointmentStatus])
            ends = crowd.maybe(starts + timedelta(days=365 if fit else dice.choice([1, 365])))
            await crowd.keep(Appointment(dispatcher_id=one.organization_id, status=status_, starts_on=starts, ends_on=ends, **whose))
    return await crowd.keep(*cards)


async def recognitions(crowd: Crowd) -> Sequence[RecognitionSession]:
    world, dice = crowd.world, crowd.dice
    made = []
    for agency in world.agencies:
        for _ in range(4):
            starts = world.now + timedelta(days=dice.randrange(-3, 4), hours=dice.randrange(0, 8), microseconds=dice.choice([0, 1, 500_000]))
            status = dice.choice(list(RecognitionSessionStatus))
            made.append(
                RecognitionSession(
                    occupation=dice.choice(["电工", "焊工", "西式'面点师"]),
                    level=dice.choice(list(SkillLevel)),
                    mode=dice.choice(list(RecognitionMode)),
                    candidate_count=dice.randrange(1, 200),
                    place="𠮷路1号",
                    starts_at=starts,
                    ends_at=starts + timedelta(hours=dice.randrange(1, 30)),
                    status=status,
                    cancel_reason="停电" if status is RecognitionSessionStatus.CANCELLED else None,
                    results_posted_at=starts + timedelta(days=1) if status is RecognitionSessionStatus.RESULTS_POSTED else None,
                    **crowd.tenants(agency),
                )
            )
    sessions = await crowd.keep(*made)
    for one in sessions:
        for person in dice.sample(crowd.people, dice.randrange(0, 4)):
            tenants = {"center_id": one.center_id, "district_id": one.district_id, "agency_id": one.agency_id}
            await crowd.keep(Assessor(recognition_session_id=one.id, person_id=person.id, name=person.name, **tenants))
    return sessions


def dispatcher_of(crowd: Crowd, row: RecognitionSession) -> UUID:
    return crowd.dice.choice([row.district_id, row.center_id, row.center_id]) or row.center_id


async def inspections(crowd: Crowd, sessions: Sequence[RecognitionSession]) -> Sequence[Inspection]:
    dice, profile = crowd.dice, crowd.profile
    made = []
    for one in sessions:
        for nth in range(dice.choice([0, 1, 1, 2])):
            status = dice.choice(list(InspectionStatus))
            known = status not in {InspectionStatus.DISPATCHED, InspectionStatus.CANCELLED} or dice.random() < 0.3
            form = dice.choice(list(InspectionForm))
            sent = form in BY_THE_CENTER
            own = nth == 0 and not sent and dice.random() < 0.4  # by the agency itself, at most once for a session
            made.append(
                Inspection(
                    form=form,
                    topic=crowd.maybe("考风'考纪") if form is not InspectionForm.SPECIAL else "考风'考纪",
                    year=2000 + len(made) if form is InspectionForm.ANNUAL else None,
                    venue=dice.choice(list(Venue)),
                    internal=own,
                    dispatcher_id=one.center_id if sent else one.agency_id if own else dispatcher_of(crowd, one),
                    recognition_session_id=None if form is InspectionForm.ANNUAL else crowd.maybe(one.id) if sent else one.id,
                    profile_id=profile,
                    scheduled_on=one.starts_at.date(),
                    status=status,
                    notified_at=crowd.world.now if known else None,
                    closed_at=crowd.world.now if status is InspectionStatus.CLOSED else None,
                    cancel_reason="不再需要" if status is InspectionStatus.CANCELLED else None,
                    center_id=one.center_id,
                    district_id=one.district_id,
                    agency_id=one.agency_id,
                )
            )
    found = await crowd.keep(*made)
    for row in found:
        await record(crowd.session, row, step="DISPATCH", act=crowd.world.act("center_admin"), after=row.status, reason=crowd.maybe('因"故"'))
    return found


async def teams(crowd: Crowd, visits: Sequence[Inspection], supervisors: Sequence[Supervisor]) -> None:
    dice = crowd.dice
    duties: dict[UUID, list[tuple[datetime, datetime]]] = {}
    actors = {actor.person_id for actor in crowd.world.actors.values()}
    for visit in visits:
        seen: set[UUID] = set()
        for one in dice.sample(supervisors, 3) + [one for one in supervisors if one.person_id in actors and dice.random() < 0.2]:
            starts = crowd.world.now + timedelta(days=dice.randrange(-3, 4), hours=dice.randrange(0, 8))
            ends = starts + timedelta(hours=dice.randrange(1, 12))
            status = dice.choice(list(AssignmentStatus))
            busy = any(starts < there and ends > here for here, there in duties.get(one.person_id, []))
            if one.person_id in seen or (busy and status in LIVE):
                continue
            seen.add(one.person_id)
            if status in LIVE:
                duties.setdefault(one.person_id, []).append((starts, ends))
            place = Assignment(
                inspection_id=visit.id,
                supervisor_id=one.id,
                person_id=one.person_id,
                dispatcher_id=visit.dispatcher_id,
                recognition_session_id=visit.recognition_session_id,
                duty_on=visit.scheduled_on,
                internal=visit.internal,
                role=dice.choice(list(TeamRole)),
                status=status,
                starts_at=starts,
                ends_at=ends,
                checked_in_at=crowd.maybe(starts + timedelta(minutes=dice.choice([-1, 0, 1]))),
                departed_at=crowd.maybe(ends + timedelta(minutes=dice.choice([-1, 0, 1]))),
                reply_by=starts,
                replied_at=crowd.maybe(starts),
                reason=crowd.maybe("有'事"),
                center_id=visit.center_id,
                district_id=visit.district_id,
                agency_id=visit.agency_id,
            )
            await crowd.keep(place)
            for step in dice.sample(["ACCEPT", "DECLINE", "MARK_NO_REPLY", "DECLINE"], dice.randrange(3)):
                await record(crowd.session, place, step=step, act=crowd.world.act("center_admin"))
