"""What is public in a crowd: of draws and inspections in every state of what is told of them."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from models.dispatch import Draw
from models.inspections import Inspection, InspectionForm
from models.publications import PublicDraw, PublicDrawStatus, PublicResult, PublicResultStatus
from models.ratings import Rating

TARGET = {"agency": "第0'评价机构", "occupation": "电工", "held_on": "2026-09-01", "inspected": True}


async def publications(crowd: Any, visits: Sequence[Inspection]) -> None:
    dice, now = crowd.dice, crowd.world.now
    query = select(Draw).where(col(Draw.center_id) == crowd.world.center.id).order_by(col(Draw.created_at))
    told = []
    for n, draw in enumerate((await crowd.session.exec(query)).all()):
        status = list(PublicDrawStatus)[n % 3]
        out, void = status is PublicDrawStatus.DISCLOSED, status is PublicDrawStatus.VOIDED
        row = PublicDraw(
            center_id=draw.center_id,
            district_id=draw.district_id,
            draw_id=draw.id,
            dispatcher_name=dice.choice(["中心", "第0区"]),
            district_name=dice.choice([None, "第0区"]),
            month=draw.month,
            year=int(draw.month[:4]),
            status=status,
            public_source="双色球",
            pool_digest="0" * 64,
            commitment="1" * 64,
            sessions_needed=dice.randrange(5),
            announced_at=now,
            public_value="7" if out else None,
            secret="2" * 64 if out else None,
            seed="3" * 64 if out else None,
            targets=[TARGET] * dice.randrange(3) if out else [],
            disclosed_at=now if out else None,
            voided_at=now if void else None,
        )
        await crowd.keep(row)
        told.append(row.id)
    for visit in visits:
        for edition, status in enumerate((PublicResultStatus.WITHDRAWN, PublicResultStatus.PUBLISHED), 1):
            gone, points = status is PublicResultStatus.WITHDRAWN, dice.choice([None, 80])
            await crowd.keep(
                PublicResult(
                    center_id=visit.center_id,
                    district_id=visit.district_id,
                    agency_id=visit.agency_id,
                    inspection_id=visit.id,
                    public_draw_id=dice.choice([None, *told]),
                    edition=edition,
                    dispatcher_name="中心",
                    district_name=dice.choice([None, "第0区"]),
                    agency_name=dice.choice(["甲", "乙'丙"]),
                    form=dice.choice(list(InspectionForm)),
                    year=visit.scheduled_on.year,
                    inspected_on=visit.scheduled_on,
                    occupation=dice.choice([None, "电工"]),
                    status=status,
                    lines=15,
                    findings=dice.randrange(15),
                    score=points,
                    score_of=None if points is None else 100,
                    rating=dice.choice([None, *Rating]),
                    requires_rectification=dice.random() < 0.5,
                    published_at=now,
                    withdrawn_at=now if gone else None,
                    withdraw_reason="有误" if gone else None,
                )
            )
