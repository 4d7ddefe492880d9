"""What stands beside the forms of a crowd: amendments, requests to alter, recommendations about assessors, annual ratings; each in every state."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from models.amendments import AlterationRequest, AlterationRequestStatus, Amendment, AmendmentSignature, AmendmentStatus
from models.candidates import CandidateCheck, CandidateCheckKind
from models.checklists import Checklist
from models.inspections import Inspection
from models.ratings import AnnualRating, Rating
from models.recommendations import AssessorRecommendation, AssessorRecommendationStatus
from models.sessions import Assessor


async def beside(crowd: Any, visits: Sequence[Inspection]) -> None:
    """A rating for every visit, though only annual ones come to one: there must be enough of them to see who does not read them."""
    ours = select(Checklist.template_id).where(col(Checklist.center_id) == crowd.world.center.id)
    standard = (await crowd.session.exec(ours.limit(1))).one()
    for n, visit in enumerate(visits):
        where = {"center_id": visit.center_id, "district_id": visit.district_id, "agency_id": visit.agency_id, "inspection_id": visit.id}
        form = (await crowd.session.exec(select(Checklist).where(col(Checklist.inspection_id) == visit.id))).first()
        if form is not None:
            await amended(crowd, visit, form, where=where)
        score = crowd.dice.randrange(101)
        rating = crowd.dice.choice(list(Rating))
        told = {"year": 2000 + n, "rating": rating, "score": score, "score_of": 100, "template_id": standard}
        await crowd.keep(AnnualRating(rated_at=crowd.world.now, profile_id=crowd.profile, **told, **where))
        for m, kind in enumerate(CandidateCheckKind):
            seen = {"kind": kind, "candidate": f"No.'{m}", "passed": crowd.dice.random() < 0.5, "remark": "照片不符'"}
            await crowd.keep(CandidateCheck(person_id=crowd.dice.choice(crowd.people).id, checked_at=crowd.world.now, **seen, **where))
        await asked(crowd, visit, where=where)
        await recommended(crowd, visit, where=where)


async def amended(crowd: Any, visit: Inspection, form: Checklist, *, where: dict[str, Any]) -> None:
    dice, now = crowd.dice, crowd.world.now
    status = dice.choice(list(AmendmentStatus))
    who = dice.choice(crowd.people)
    row = Amendment(
        checklist_id=form.id,
        dispatcher_id=visit.dispatcher_id,
        status=status,
        text="应为'合格'",
        reason="笔误",
        person_id=who.id,
        proposed_at=now - timedelta(minutes=dice.randrange(3)),
        served_at=now if status is AmendmentStatus.ATTACHED else None,
        **where,
    )
    await crowd.keep(row)
    await crowd.keep(AmendmentSignature(amendment_id=row.id, person_id=who.id, signed_at=now, digest=dice.randbytes(32), **where))


async def asked(crowd: Any, visit: Inspection, *, where: dict[str, Any]) -> None:
    dice, now = crowd.dice, crowd.world.now
    status = dice.choice(list(AlterationRequestStatus))
    answered = status is AlterationRequestStatus.ANSWERED
    await crowd.keep(
        AlterationRequest(
            dispatcher_id=visit.dispatcher_id,
            status=status,
            requester="校长'",
            demand="改为合格",
            requested_at=now - timedelta(hours=dice.randrange(3)),
            person_id=dice.choice(crowd.people).id,
            recorded_at=now,
            answer="不改" if answered else None,
            answered_by=crowd.people[0].id if answered else None,
            answered_at=now if answered else None,
            **where,
        )
    )


async def recommended(crowd: Any, visit: Inspection, *, where: dict[str, Any]) -> None:
    dice, now = crowd.dice, crowd.world.now
    here = select(Assessor).where(col(Assessor.recognition_session_id) == visit.recognition_session_id).order_by(col(Assessor.id))
    for one in (await crowd.session.exec(here)).all():
        status = dice.choice(list(AssessorRecommendationStatus))
        decided = status is not AssessorRecommendationStatus.PROPOSED
        await crowd.keep(
            AssessorRecommendation(
                assessor_id=one.id,
                status=status,
                facts="泄露'试题'",
                person_id=dice.choice(crowd.people).id,
                proposed_at=now,
                decided_by=crowd.people[0].id if decided else None,
                decided_at=now if decided else None,
                reason="经核实" if decided else None,
                profile_id=crowd.profile,
                **where,
            )
        )
