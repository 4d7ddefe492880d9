"""Annual ratings in the graph: what an annual inspection rated an agency, against which standard."""

from datetime import datetime
from enum import Enum

import strawberry

from gql.enums import described
from gql.fields import row
from gql.inspections import INSPECTIONS, Inspection
from gql.organizations import AGENCIES, Agency, Node
from gql.reading.declare import Source, column, one, page
from gql.reading.paging import Among, Arguments, Connection, IdFilter, RangeFilter, where
from gql.templates import TEMPLATES, ChecklistTemplate
from models.ratings import AnnualRating as AnnualRatingRow
from models.ratings import Rating

described(Rating, "评定等级: what the score amounts to.", EXCELLENT="优秀.", GOOD="良好.", QUALIFIED="合格.", UNQUALIFIED="不合格.")

RATINGS = Source(AnnualRatingRow, "AnnualRating", "arat")


@strawberry.type(description="年检评估评定: one for an agency and a year (000 §10(三)). It follows from the signed score and is never changed.")
class AnnualRating(Node):
    agency: Agency | None = one("agency_id", AGENCIES, "Who is rated.")
    year: int = column("year", "The year.")
    rating: Rating = column("rating", "评定等级.")
    score: int = column("score", "得分.")
    score_of: int = column("score_of", "Of how many points.")
    standard: ChecklistTemplate | None = one("template_id", TEMPLATES, "年检评估标准: the edition it was rated against.")
    inspection: Inspection | None = one("inspection_id", INSPECTIONS, "The annual inspection.")
    rated_at: datetime = column("rated_at", "When the last member of the team signed.")


@strawberry.input(description="Which ratings.")
class AnnualRatingFilter:
    agency: IdFilter | None = where("agency_id", "Of whom.", "agc")
    district: IdFilter | None = where("district_id", "In which district.", "dst")
    year: RangeFilter[int] | None = where("year", "Of which year.")
    rating: Among[Rating] | None = where("rating", "评定等级.")


@strawberry.enum(description="What ratings may be sorted by.")
class AnnualRatingOrder(Enum):
    YEAR = strawberry.enum_value("year", description="By year.")
    SCORE = strawberry.enum_value("score", description="By score.")
    RATED_AT = strawberry.enum_value("rated_at", description="By time.")


@strawberry.type
class Query:
    annual_ratings: Connection[AnnualRating] | None = page(
        None,
        RATINGS,
        "年检评估评定: the ratings the caller may see.",
        type=Connection[AnnualRating],
        arguments=Arguments(AnnualRatingFilter, AnnualRatingOrder),
    )
    annual_rating: AnnualRating | None = row(RATINGS, "One rating.", AnnualRating)
