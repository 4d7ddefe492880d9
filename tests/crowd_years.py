"""The years of service of a crowd: education, evaluations, assessments, commendations and stipends, also where no rule would let them be."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlmodel import col, select

from models.assessments import AssessmentResult, Commendation, TermEvaluation, TermResult, YearlyAssessment
from models.cases import SupervisorCase
from models.dispatch import Assignment
from models.education import EducationAttendance, EducationEvent, EducationLapse, EducationResult
from models.stipends import StipendLine, StipendRate
from models.supervisors import Appointment, Supervisor


async def years(crowd: Any) -> None:
    await education(crowd)
    await judged(crowd)
    await paid(crowd)


async def of_center(crowd: Any, model: Any) -> Sequence[Any]:
    query = select(model).where(col(model.center_id) == crowd.world.center.id).order_by(col(model.id))
    return (await crowd.session.exec(query)).all()


async def education(crowd: Any) -> None:
    dice, world = crowd.dice, crowd.world
    supervisors = await of_center(crowd, Supervisor)
    for agency in world.agencies:
        mine = [one for one in supervisors if one.agency_id == agency.id]
        for year in (2025, 2026):
            said = {"year": year, "profile_id": crowd.profile, **crowd.tenants(agency)}
            await crowd.keep(EducationLapse(recorded_at=world.now, **said))
            held = date(year, dice.randrange(1, 9), 2)
            event = EducationEvent(held_on=held, topic="学'习", recorded_by=dice.choice(crowd.people).id, **said)
            await crowd.keep(event)
            for one in mine:
                await crowd.keep(
                    EducationAttendance(
                        education_event_id=event.id,
                        supervisor_id=one.id,
                        person_id=one.person_id,
                        year=year,
                        result=dice.choice(list(EducationResult)),
                        recorded_by=dice.choice(crowd.people).id,
                        **crowd.tenants(agency),
                    )
                )


async def judged(crowd: Any) -> None:
    dice, world = crowd.dice, crowd.world
    cases, seen = await of_center(crowd, SupervisorCase), set()
    for term in await of_center(crowd, Appointment):
        by = dice.choice(crowd.people).id
        tenants = {"center_id": term.center_id, "district_id": term.district_id, "agency_id": term.agency_id}
        whose = {"supervisor_id": term.supervisor_id, "person_id": term.person_id, "dispatcher_id": term.dispatcher_id, **tenants}
        if dice.random() < 0.7:
            said = {"result": dice.choice(list(TermResult)), "statement": "履职\n情况", "evaluated_at": world.now}
            await crowd.keep(TermEvaluation(appointment_id=term.id, evaluated_by=by, profile_id=crowd.profile, **said, **whose))
        for year in () if term.supervisor_id in seen else (2024, 2025):
            excellent = dice.random() < 0.4
            row = YearlyAssessment(
                appointment_id=term.id,
                year=year,
                result=AssessmentResult.EXCELLENT if excellent else dice.choice([AssessmentResult.QUALIFIED, AssessmentResult.UNQUALIFIED]),
                meets_duty=True,
                meets_conduct=excellent or dice.random() < 0.5,
                meets_knowledge=excellent or dice.random() < 0.5,
                statement="考核'意见",
                due_on=date(year + 1, 1, 31),
                assessed_on=date(year + 1, 1, 31) + timedelta(days=dice.randrange(-1, 2)),
                assessed_by=by,
                case_id=crowd.maybe(dice.choice(cases).id) if cases else None,
                profile_id=crowd.profile,
                **whose,
            )
            await crowd.keep(row)
            if dice.random() < 0.5:
                said = {"title": "优秀督导员", "document": "通报'1号", "given_on": row.assessed_on, "given_by": by}
                await crowd.keep(Commendation(yearly_assessment_id=row.id, **said, **whose))
        seen.add(term.supervisor_id)


async def paid(crowd: Any) -> None:
    dice, world = crowd.dice, crowd.world
    rates = []
    for place in (world.center, *world.districts):
        for n in range(2):
            said = {"effective_from": date(2026, 1 + n, 1), "leader_fen": 30_000 + n, "member_fen": 20_000, "document": "标准'"}
            rates.append(StipendRate(organization_id=place.id, set_by=dice.choice(crowd.people).id, **said, **crowd.tenants(place)))
    await crowd.keep(*rates)
    for place in await of_center(crowd, Assignment):
        place.code_id = crowd.maybe(crowd.profile)
        if dice.random() < 0.5:
            continue
        await crowd.keep(
            StipendLine(
                assignment_id=place.id,
                supervisor_id=place.supervisor_id,
                person_id=place.person_id,
                dispatcher_id=place.dispatcher_id,
                stipend_rate_id=dice.choice(rates).id,
                amount_fen=dice.randrange(1, 90_000),
                entered_by=dice.choice(crowd.people).id,
                entered_at=world.now - timedelta(minutes=dice.randrange(9)),
                center_id=place.center_id,
                district_id=place.district_id,
                agency_id=place.agency_id,
            )
        )
