"""Two months of a district's work and the month that runs, made with the verbs of the trade; times are given, chance is a digest of names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import checklists, dispatch, evidence, extensions, inspections, offers, opinions, returns, sessions
from domain.answers import Given, Part
from domain.calendar import SHANGHAI, Month
from domain.machine import Act
from domain.sealing import IdKeys
from domain.staffing import OnDuty
from models.checklists import AnswerValue, ChecklistItem, Phase
from models.dispatch import Assignment, Draw
from models.inspections import Inspection
from models.opinions import OpinionLetter, Rectification
from models.organizations import Organization
from models.sessions import ExamDuty, RecognitionMode, RecognitionSession
from models.supervisors import SkillLevel

OCCUPATIONS = (
    ("电工", SkillLevel.SENIOR_3),
    ("中式烹调师", SkillLevel.TECHNICIAN_2),
    ("养老护理员", SkillLevel.INTERMEDIATE_4),
    ("汽车维修工", SkillLevel.SENIOR_3),
)
STAFF = (OnDuty("焦守信", ExamDuty.PERSON_IN_CHARGE), OnDuty("米佳", ExamDuty.EXAM_STAFF), OnDuty("房知远", ExamDuty.INVIGILATOR))
DAYS = (9, 12, 17, 22)
"""On which days of a past month sessions were held."""


@dataclass
class Office:
    """A district (or a center without districts) at work: its people, its agencies with their admins."""

    organization: Organization
    center: Organization
    dispatcher: UUID
    clerk: UUID
    center_clerk: UUID
    agencies: Sequence[tuple[Organization, UUID]]
    keys: IdKeys

    def act(self, by: UUID, at: datetime) -> Act:
        return Act(by, self.organization.id, at)

    def chance(self, *words: object) -> str:
        return sha256(":".join(map(str, (self.organization.code, *words))).encode()).hexdigest()


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), SHANGHAI)


async def plan(session: AsyncSession, office: Office, days: Sequence[date], *, at: datetime) -> list[RecognitionSession]:
    """A session on each of the days, registered by the agencies in turn."""
    found = []
    for n, day in enumerate(days):
        agency, admin = office.agencies[n % len(office.agencies)]
        occupation, level = OCCUPATIONS[n]
        details = sessions.Details(
            occupation=occupation,
            level=level,
            mode=RecognitionMode.EXAM,
            candidate_count=(36, 48, 60, 240)[n],
            place=f"{agency.name}考场{n + 1}",
            starts_at=moment(day, 9),
            ends_at=moment(day, 12),
        )
        act = Act(admin, agency.id, at + timedelta(minutes=n))
        row = await sessions.drafted(session, agency.id, details, act=act)
        await sessions.register(session, row, on_duty=STAFF, keys=office.keys, act=act)
        found.append(row)
    return found


async def hold(session: AsyncSession, office: Office, recognition: RecognitionSession) -> None:
    """The agency holds the session and posts the results two days later."""
    await begin(session, office, recognition)
    await end(session, office, recognition)


async def begin(session: AsyncSession, office: Office, recognition: RecognitionSession, *, internal: UUID | None = None) -> None:
    """With its internal supervisor there, if it has one."""
    at = recognition.starts_at
    if internal is not None:
        await sessions.check_in_internal(session, recognition, act=Act(internal, recognition.agency_id or internal, at))
    await sessions.start(session, recognition, act=holder(office, recognition, at))


async def end(session: AsyncSession, office: Office, recognition: RecognitionSession) -> None:
    await sessions.hold(session, recognition, act=holder(office, recognition, recognition.ends_at))
    await sessions.post_results(session, recognition, act=holder(office, recognition, recognition.ends_at + timedelta(days=2)))


def holder(office: Office, recognition: RecognitionSession, at: datetime) -> Act:
    agency, admin = next(one for one in office.agencies if one[0].id == recognition.agency_id)
    return Act(admin, agency.id, at)


async def draw(session: AsyncSession, office: Office, month: Month, *, at: datetime, wanted: int = 0, run: bool = True) -> Draw:
    """Frozen at `at`, seeded five hours later by a number that nobody knew before."""
    plan = dispatch.Plan(month=str(month), public_source="当日体彩排列5开奖号码", secret=office.chance(month, at, "secret"), sessions=wanted)
    act = office.act(office.dispatcher, at)
    drawn = await dispatch.drafted(session, plan, act=act)
    await dispatch.freeze(session, drawn, plan, act=act)
    if run:
        number = f"{int(office.chance(month, 'public')[:8], 16) % 100_000:05}"
        await dispatch.seed_and_run(session, drawn, number, act=office.act(office.dispatcher, at + timedelta(hours=5)))
    return drawn


async def confirmed(session: AsyncSession, office: Office, drawn: Draw, *, at: datetime) -> list[Inspection]:
    found, _ = await inspections.dispatch_drawn(session, drawn, act=office.act(office.dispatcher, at))
    return found


async def team(session: AsyncSession, inspection: Inspection) -> list[Assignment]:
    return await offers.team_of(session, inspection.id)


async def say_yes(session: AsyncSession, office: Office, inspection: Inspection, *, at: datetime) -> None:
    for place in await team(session, inspection):
        await offers.accept(session, place, act=Act(place.person_id, office.center.id, at))


async def visit(session: AsyncSession, office: Office, inspection: Inspection, *, faults: Sequence[str]) -> None:
    """Notice on the morning of the day, check-in, the form with a NO for each fault, all signatures of the site."""
    start = moment(inspection.scheduled_on, 8, 30)
    await inspections.notify(session, inspection, act=office.act(office.dispatcher, start))
    places = await team(session, inspection)
    for n, place in enumerate(places):
        await checklists.check_in(session, inspection, act=Act(place.person_id, office.center.id, start + timedelta(minutes=15 + n)))
    people = [place.person_id for place in places]
    await written(session, inspection, people, home=office.center.id, start=start, faults=faults)


async def written(
    session: AsyncSession, inspection: Inspection, people: Sequence[UUID], *, home: UUID, start: datetime, faults: Sequence[str]
) -> None:
    """The form of the site by the first of who is there, and the signatures of all."""
    sheet = await checklists.sheet_of(session, inspection)
    site = [item for item in sheet.items if item.phase is not Phase.AFTER]
    await checklists.save(
        session,
        inspection,
        [answer(item, faults) for item in site],
        advice="建议完善现场指引。",
        appraisal="总体规范。",
        act=Act(people[0], home, start + timedelta(hours=2)),
    )
    for n, person in enumerate(people):
        await checklists.sign(session, inspection, Part.SITE, act=Act(person, home, start + timedelta(hours=3, minutes=n)))


def answer(item: ChecklistItem, faults: Sequence[str]) -> Given:
    """NO with a remark where there is a fault, else YES; items with numbers carry two."""
    numbers = (2, 20) if item.numbers else (None, None)
    if item.code in faults:
        score = item.max_score // 2 if item.max_score else None
        return Given(item=item.code, value=AnswerValue.NO, remark="现场与要求不符，已拍照留存。", counted=numbers[0], total=numbers[1], score=score)
    return Given(item=item.code, value=AnswerValue.YES, counted=0 if item.numbers else None, total=numbers[1], score=item.max_score)


async def ask_in_vain(session: AsyncSession, office: Office, inspection: Inspection) -> None:
    """The team asks for a recording on site, and the agency refuses it."""
    at = moment(inspection.scheduled_on, 14)
    asker = Act((await team(session, inspection))[0].person_id, office.center.id, at)
    wanted = "考场监控录像（认定全程）"
    row, _ = await evidence.request(session, inspection, wanted, due_at=at + timedelta(days=2), act=asker)
    admin = next(admin for agency, admin in office.agencies if agency.id == inspection.agency_id)
    theirs = Act(admin, inspection.agency_id or admin, at + timedelta(hours=1))
    await evidence.refuse(session, row, "监控设备故障，未留存录像。", act=theirs)


async def letter(session: AsyncSession, office: Office, inspection: Inspection, *, required: bool) -> OpinionLetter:
    """Drafted the day after, served the day after that."""
    place = (await team(session, inspection))[0]
    day = inspection.scheduled_on + timedelta(days=1)
    act = Act(place.person_id, office.center.id, moment(day, 10))
    row, _ = await opinions.draft(
        session, inspection, "请对督导表中所列问题进行整改。" if required else "未发现问题。", requires_rectification=required, act=act
    )
    await opinions.serve(session, row, act=office.act(office.dispatcher, moment(day + timedelta(days=1), 9)))
    return row


async def rectify(session: AsyncSession, office: Office, inspection: Inspection, *, to: str) -> None:
    """The agency answers; sent back once, more time asked for or answered again, accepted: as far as `to` says."""
    admin = next(admin for agency, admin in office.agencies if agency.id == inspection.agency_id)
    query = select(Rectification).where(col(Rectification.inspection_id) == inspection.id)
    row = (await session.exec(query)).one()
    day = inspection.scheduled_on + timedelta(days=3)
    theirs = Act(admin, inspection.agency_id or admin, moment(day, 10))
    await opinions.submit_rectification(session, row, "已整改，附照片说明。", act=theirs)
    if to == "SUBMITTED":
        return
    await opinions.send_back_rectification(session, row, "请补充整改后的考场照片。", act=office.act(office.dispatcher, moment(day, 15)))
    later = Act(admin, inspection.agency_id or admin, moment(day + timedelta(days=1), 10))
    if to == "SENT_BACK":
        await extensions.request(session, row, row.due_on + timedelta(days=7), reason="照片须待下一场考试补拍。", act=later)
        return
    await opinions.submit_rectification(session, row, "已补充照片。", act=later)
    await opinions.accept_rectification(session, row, act=office.act(office.dispatcher, moment(day + timedelta(days=1), 15)))


async def finish(session: AsyncSession, office: Office, inspection: Inspection) -> None:
    """Results seen posted, the report filed, the inspection closed."""
    places = await team(session, inspection)
    day = inspection.scheduled_on + timedelta(days=5)
    act = Act(places[0].person_id, office.center.id, moment(day, 10))
    sheet = await checklists.sheet_of(session, inspection)
    after = [item for item in sheet.items if item.phase is Phase.AFTER]
    await checklists.save(session, inspection, [answer(item, ()) for item in after], advice=None, appraisal=None, act=act)
    await checklists.sign(session, inspection, Part.AFTER, act=act)
    await opinions.report(session, inspection, "督导组于当日到场，按督导表逐项检查，情况如实记录。", act=act)
    await opinions.close(session, inspection, act=office.act(office.dispatcher, moment(day, 16)))


async def file_return(session: AsyncSession, office: Office, month: Month, *, late: bool, answer: str, now: datetime) -> None:
    """The monthly return, on the 4th or late on the 7th; the center accepts it, sends it back, or has not looked yet. Nothing lies in the future."""
    day = month.next().day(7 if late else 4)
    if moment(day + timedelta(days=1), 12) > now:
        return
    row, _ = await returns.submit(session, office.organization, month, note=None, act=office.act(office.clerk, moment(day, 10)))
    theirs = Act(office.center_clerk, office.center.id, moment(day + timedelta(days=1), 10))
    if answer == "ACCEPTED":
        await returns.accept(session, row, act=theirs)
    if answer == "SENT_BACK":
        await returns.send_back(session, row, "请核对第二场次的考生人数。", act=theirs)
