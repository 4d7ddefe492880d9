"""Beside a closed inspection of the college: an amendment, and somebody who wanted another result; and a special inspection that is asked for."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import amendments, directed, internal
from domain.amendments import Correction, Demand
from domain.calendar import shanghai_day
from domain.directed import Errand
from domain.machine import Act
from models.inspections import Inspection, InspectionForm
from models.organizations import Organization
from models.sessions import RecognitionSession
from models.supervisors import Card, Supervisor, SupervisorKind
from seeds import demo_work as work
from seeds.demo_work import Office, moment, team


async def scored(session: AsyncSession, office: Office, inspection: Inspection, *, college: Organization, now: datetime) -> None:
    """The visit with its points, to the closing, and what comes after it."""
    await work.visit(session, office, inspection, faults=("S08",))
    await work.ask_in_vain(session, office, inspection)
    await work.letter(session, office, inspection, required=True)
    await work.rectify(session, office, inspection, to="RECTIFIED")
    await work.finish(session, office, inspection)
    await beside(session, office, inspection, college=college, now=now)


async def watched(session: AsyncSession, recognition: RecognitionSession, *, by: UUID) -> None:
    """内督 of the session as it runs, signed; its agency has not served the letter yet."""
    start, home = recognition.starts_at, recognition.agency_id or by
    visit, _ = await internal.open_internal(session, recognition, act=Act(by, home, start))
    await work.written(session, visit, [by], home=home, start=start, faults=("S08",))


async def beside(session: AsyncSession, office: Office, inspection: Inspection, *, college: Organization, now: datetime) -> None:
    """The team amends what it signed, the dispatcher attaches it; a demand to raise the score is on record and refused."""
    places = await team(session, inspection)
    day = inspection.scheduled_on + timedelta(days=7)
    leader = Act(places[0].person_id, office.center.id, moment(day, 9))
    said = Correction("S08 项所指考场为第二理论考场。", "原记录写成第一理论考场。", "S08")
    amendment, _ = await amendments.propose(session, inspection, said, act=leader)
    for place in places[1:]:
        await amendments.sign(session, amendment, act=Act(place.person_id, office.center.id, moment(day, 10)))
    await amendments.attach(session, amendment, act=office.act(office.dispatcher, moment(day, 15)))
    demand = Demand("某评价机构负责人（电话）", "要求将 S08 项改为满分。", moment(day, 8))
    request, _ = await amendments.record_request(session, inspection, demand, act=leader)
    await amendments.answer_request(session, request, "督导结果不予更改。", act=office.act(office.dispatcher, moment(day, 16)))
    await sent(session, office, college, but=places[0].supervisor_id, now=now)


async def sent(session: AsyncSession, office: Office, college: Organization, *, but: UUID, now: datetime) -> None:
    """专项督导 of the college's question bank in ten days, by two who were not there."""
    mine = (
        col(Supervisor.organization_id) == office.center.id,
        col(Supervisor.kind) == SupervisorKind.EXTERNAL,
        col(Card.number).startswith("云外督"),
    )
    query = select(Supervisor).join(Card, col(Card.supervisor_id) == col(Supervisor.id)).where(*mine, col(Supervisor.id) != but)
    people = (await session.exec(query.order_by(col(Card.number).desc()).limit(2))).all()
    day = shanghai_day(now) + timedelta(days=10)
    errand = Errand(form=InspectionForm.SPECIAL, topic="题库和试卷管理", starts_at=moment(day, 9), ends_at=moment(day, 17))
    await directed.send(session, college, errand, team=people, act=office.act(office.dispatcher, now - timedelta(hours=3)))
