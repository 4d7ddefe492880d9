"""Rechecks of a crowd: of every inspection in every state, after whatever case there is."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from domain.rechecks import risk_of
from models.cases import SupervisorCase
from models.inspections import Inspection
from models.rechecks import Recheck, RecheckStatus


async def rechecks(crowd: Any, visits: Sequence[Inspection]) -> None:
    dice, now = crowd.dice, crowd.world.now
    query = select(SupervisorCase).where(col(SupervisorCase.center_id) == crowd.world.center.id).order_by(col(SupervisorCase.created_at))
    cases = list((await crowd.session.exec(query)).all())
    for visit in visits:
        for status, case in zip(RecheckStatus, dice.sample(cases, min(len(cases), len(RecheckStatus))), strict=False):
            lines, settled = dice.randrange(4), status is not RecheckStatus.RECHECK
            entered, independent = dice.randint(0, lines), dice.random() < 0.5
            other = next((one.id for one in visits if one.id != visit.id and one.agency_id == visit.agency_id), visits[visit is visits[0]].id)
            row = Recheck(
                center_id=visit.center_id,
                district_id=visit.district_id,
                agency_id=visit.agency_id,
                case_id=case.id,
                inspection_id=visit.id,
                person_id=case.person_id,
                issuer_id=dice.choice([visit.agency_id, visit.center_id]),
                leader=dice.random() < 0.5,
                lines=lines,
                lines_entered=entered,
                independent=independent,
                risk=risk_of(lines, entered, independent=independent),
                status=status,
                queued_at=now,
                repeated_by_id=other if status is RecheckStatus.REPEATED else None,
                decided_by=dice.choice(crowd.people).id if settled else None,
                decided_at=now if settled else None,
                reason="无'影响" if settled else None,
            )
            await crowd.keep(row)
