"""年检覆盖 in the graph: how far the annual inspections of a year have come, and which agencies still lack theirs."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import strawberry
from strawberry import Info

from authz.actor import Actor
from domain import annual_coverage
from gql import ids
from gql.reading.declare import READS, STORED, Given, Source, column, lines
from gql.reading.read import read_declared
from models.ratings import AnnualRating

AREAS = Source(AnnualRating, "AnnualCoverage", {}, rows=annual_coverage.AREAS)


@strawberry.type(description="未年检机构: an agency without an annual inspection that is done.")
class AgencyNotInspected:
    agency: strawberry.ID = column("agency", "The agency.")
    name: str = column("name", "Its name.")
    district: str | None = column("district", "In which district; null where there is none.")
    scheduled_on: date | None = column("scheduled_on", "The day of the annual inspection that is planned or going on; null where there is none.")


@strawberry.type(description="年检覆盖: how many agencies of an area had their annual inspection in a year (000 §10(三)).")
class AnnualCoverage:
    name: str = column("name", "The center or district.")
    year: int = column("year", "The year.")
    required: bool = column("required", "Whether the rules at the end of the year ask for one; those of Beijing do not.")
    agencies: int = column("agencies", "How many agencies there are.")
    inspected: int = column("inspected", "How many of them had one: signed by the team, or further.")
    under_way: int = column("under_way", "For how many it is planned or going on.")
    missing: list[AgencyNotInspected] = lines(
        lambda frame: annual_coverage.missing(frame.t.c["id"], frame.t.c["required"]),
        "Those that had none yet, by code; the first two hundred. Empty where none is required.",
        order=("code",),
    )


OfArea = Annotated[strawberry.ID, strawberry.argument(description="The center or district.")]
OfYear = Annotated[int, strawberry.argument(description="The year, from 2000 to 2999.")]


def of_area(_actor: Actor | None, arguments: Mapping[str, Any]) -> Mapping[str, object]:
    return {"row": ids.read(str(arguments["area"]), ["ctr", "dst"]), "year": annual_coverage.year_of(arguments["year"])}


async def coverage_of(info: Info, area: OfArea, year: OfYear) -> Any:
    return await read_declared(info, {"area": area, "year": year})


@strawberry.type
class Query:
    annual_coverage: AnnualCoverage | None = strawberry.field(
        resolver=coverage_of,
        description="年检覆盖: which agencies of an area had no annual inspection in a year.",
        metadata={STORED: Given("row", AREAS), READS: of_area},
    )
