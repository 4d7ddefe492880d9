"""Applications of a crowd in every state, with what was attested, trained and examined."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from models.applications import Application, ApplicationStatus, Attestation, AttestedCondition, Training, TrainingTopic, WorkArea, WrittenExam
from models.organizations import Organization
from models.supervisors import Card, CompetenceArea, SkillLevel, SupervisorKind, Title

WORK = {"area": WorkArea.TECHNICAL_MANAGEMENT.value, "place": "甲'厂", "starts_on": "2015-01-01", "ends_on": None}
CONDITION = {
    "group": 1,
    "condition": "RANK",
    "required": ">=SENIOR_3",
    "value": None,
    "met": False,
    "shown_by": None,
    "rule": "eligibility.internal",
    "article": "003 §7",
}
GRANTED = {ApplicationStatus.CARD_ISSUED, ApplicationStatus.DESIGNATED}
REFUSED = {ApplicationStatus.REJECTED, ApplicationStatus.DECLINED, ApplicationStatus.WITHDRAWN}


async def applications(crowd: Any, cards: Sequence[Card]) -> None:
    dice, world = crowd.dice, crowd.world
    places = [world.center, *world.districts, *world.agencies]
    for person in crowd.people:
        for employer in dice.sample(places, dice.choice([0, 1, 2])):
            await one_application(crowd, person.id, employer, card=dice.choice(cards))


async def one_application(crowd: Any, person_id: Any, employer: Organization, *, card: Card) -> None:
    dice, now = crowd.dice, crowd.world.now
    internal = employer in crowd.world.agencies and dice.random() < 0.6
    status = dice.choice(list(ApplicationStatus))
    draft = status is ApplicationStatus.DRAFT or (status is ApplicationStatus.WITHDRAWN and dice.random() < 0.5)
    recommended = dice.random() < 0.5
    others = [one.id for one in crowd.people if one.id != person_id]
    row = Application(
        person_id=person_id,
        kind=SupervisorKind.INTERNAL if internal else SupervisorKind.EXTERNAL,
        employer_id=employer.id,
        issuer_id=employer.id if internal else employer.center_id,
        status=status,
        drafted_by=dice.choice([person_id, *others]),
        moved_at=now - timedelta(days=dice.randrange(5), microseconds=dice.choice([0, 1])),
        employed_since=date(2020, 2, 29),
        level=crowd.maybe(dice.choice(list(SkillLevel))),
        professional_title=crowd.maybe(dice.choice(list(Title))),
        work=[WORK] * dice.randrange(3),
        competences=dice.sample([one.value for one in CompetenceArea], dice.randrange(3)),
        applied_at=None if draft else now - timedelta(days=dice.randrange(9)),
        profile_id=None if draft else crowd.profile,
        conditions=[] if draft else [CONDITION],
        recommended_by=dice.choice(others) if recommended else None,
        recommended_at=now if recommended else None,
        recommendation="推荐'" if recommended else None,
        reasons="材料\n不全" if status in REFUSED else None,
        supervisor_id=card.supervisor_id if status in GRANTED else None,
        card_id=card.id if status is ApplicationStatus.CARD_ISSUED else None,
        **crowd.tenants(employer),
    )
    await crowd.keep(row)
    whose = {"application_id": row.id, "person_id": person_id, "employer_id": row.employer_id, "issuer_id": row.issuer_id, **crowd.tenants(employer)}
    by = {"organization_id": employer.id}
    for condition in dice.sample(list(AttestedCondition), dice.randrange(4)):
        said = {"holds": dice.random() < 0.7, "attester_id": dice.choice(others), "attested_on": now.date()}
        await crowd.keep(Attestation(condition=condition, **said, **by, **whose))
    for topic in dice.sample(list(TrainingTopic), dice.randrange(4)):
        await crowd.keep(Training(topic=topic, held_on=now.date() - timedelta(days=dice.randrange(3)), **by, **whose))
    if dice.random() < 0.5:
        await crowd.keep(
            WrittenExam(held_on=now.date(), paper="A卷'", paper_owner_id=row.issuer_id, score=60, passed=dice.random() < 0.5, **by, **whose)
        )
