"""年检评估评定: the rating that follows from an annual inspection's signed score (000 §10(三), Y036)."""

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import Unmet
from domain.machine import Act, record, tenants
from domain.organizations import InForce
from domain.profiles import Profile
from models.checklists import Checklist
from models.inspections import Inspection
from models.ratings import AnnualRating, Rating

FLOORS = ((Rating.EXCELLENT, "excellent"), (Rating.GOOD, "good"), (Rating.QUALIFIED, "qualified"))


def rating_of(score: int, score_of: int, rules: Profile) -> Rating:
    """The best rating whose share of the points is reached, in hundredths and in whole numbers: 90 of 100 is reached by 45 of 50, not by 89.9."""
    for rating, word in FLOORS:
        if score * 100 >= rules.integer(f"annual_inspection.{word}_from") * score_of:
            return rating
    return Rating.UNQUALIFIED


async def rate(session: AsyncSession, inspection: Inspection, checklist: Checklist, *, force: InForce, act: Act) -> AnnualRating:
    """Records the rating with the last signature. A standard of which nothing was seen rates nobody: Unmet."""
    if not checklist.score_of or checklist.score is None or inspection.year is None:
        raise Unmet("annual_inspection.scored", force.rules.rule("annual_inspection.period").article, force.rules.version)
    row = AnnualRating(
        **tenants(inspection),
        inspection_id=inspection.id,
        year=inspection.year,
        rating=rating_of(checklist.score, checklist.score_of, force.rules),
        score=checklist.score,
        score_of=checklist.score_of,
        template_id=checklist.template_id,
        rated_at=act.at,
        profile_id=force.id,
    )
    session.add(row)
    await session.flush()
    await record(session, row, step="RATE", act=act, after=row.rating.value, profile_id=force.id)
    return row
