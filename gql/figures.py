"""Figures of a month: how far the inspections of a district reach, and what its return would say now. Worked out when they are asked for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import Info

from authz.access import require
from authz.actions import Action
from authz.actor import Actor
from authz.errors import NotFound
from domain import figures, returns
from gql import ids
from gql.context import Context
from gql.reading.declare import OTHERWISE, READS, STORED, Every, Given, Source, column, lines
from gql.reading.read import read_declared, signed_in
from gql.returns import ReturnLine
from models.organizations import Organization, Tier
from models.returns import MonthlyReturn, Timeliness

DISTRICT_COVERAGES = Source(MonthlyReturn, "DistrictCoverage", "dst", rows=figures.REACHED)
COVERAGES = replace(DISTRICT_COVERAGES, type="Coverage")
DRAFTS = Source(MonthlyReturn, "MonthlyReturnDraft", "dst", rows=figures.DRAFTED)


@strawberry.type(description="抽查比例: counts, never a rounded percentage. `needed` is the required share of `held`, rounded up.")
class Coverage:
    held: int = column("held", "Sessions held.")
    inspected: int = column(
        "inspected", "How many of them the district inspected: by a team of its own whose form is signed, in whatever month that was."
    )
    needed: int = column("needed", "How many it must.")


@strawberry.type(description="各区抽查比例与月报及时性: how far one district reached in a month, and whether it reported in time.")
class DistrictCoverage:
    district: strawberry.ID = column("id", "The district.")
    name: str = column("name", "Its name.")
    held: int = column("held", "Sessions held.")
    inspected: int = column(
        "inspected", "How many of them the district inspected: by a team of its own whose form is signed, in whatever month that was."
    )
    needed: int = column("needed", "How many it must: the required share of `held`, rounded up.")
    timeliness: Timeliness | None = column("timeliness", "Whether its return on the month was on time; null while none is filed.")


@strawberry.type(description="What the return on a month would say now. Nothing is filed.")
class MonthlyReturnDraft:
    month: str = column("month", "The month, YYYY-MM.")
    due_at: datetime = column("due_at", "The instant from which it is late.")
    coverage: Coverage = strawberry.field(description="Sessions held, inspected and needed.")
    lines: list[ReturnLine] = lines(
        lambda frame: figures.lines(frame.t.c["id"]), "The inspections closed in the month so far.", order=("scheduled_on", "inspection")
    )
    digest: str = column("digest", "The digest it would have; the same rows give the same digest.")


OfDistrict = Annotated[strawberry.ID, strawberry.argument(description="The district.")]
OfMonth = Annotated[str, strawberry.argument(description="The month, like 2026-09.")]


def of_district(_actor: Actor | None, arguments: Mapping[str, Any]) -> Mapping[str, object]:
    return {**figures.of_month(returns.month_of(arguments["month"])), "row": ids.read(str(arguments["district"]), ["dst"])}


def of_districts(actor: Actor | None, arguments: Mapping[str, Any]) -> Mapping[str, object]:
    """Whoever may not read the returns of any district is refused, and not given an empty list."""
    given = figures.of_month(returns.month_of(arguments["month"]))
    if actor is not None:
        require(actor, Action.MONTHLY_RETURN_READ, returns.blank_of(actor.organization_id, actor.center_id, actor.district_id))
    return given


async def no_figures(context: Context, arguments: Mapping[str, Any]) -> None:
    """Why there are none of a district: hidden or another's, without rules for the month, or without a return by these."""
    actor, month, id = signed_in(context), returns.month_of(arguments["month"]), ids.read(str(arguments["district"]), ["dst"])
    async with context.database.transaction(actor.tenant) as session:
        await returns.judged(session, readable(actor, await returns.organization(session, id)), month)
    raise NotFound


async def no_coverages(context: Context, arguments: Mapping[str, Any]) -> list[Any]:
    """A center may have no district; one that has any has no rules for the month."""
    actor, month = signed_in(context), returns.month_of(arguments["month"])
    async with context.database.transaction(actor.tenant) as session:
        one = await returns.a_district(session, actor.center_id)
        if one is not None:
            await returns.rules_in(session, one, month)
    return []


def readable(actor: Actor, district: Organization | None) -> Organization:
    """Whoever may read the returns of a district may see what the next one would say."""
    if district is None or district.tier is not Tier.DISTRICT:
        raise NotFound
    require(actor, Action.MONTHLY_RETURN_READ, returns.blank(district))
    return district


async def draft_of(info: Info, district: OfDistrict, month: OfMonth) -> Any:
    return await read_declared(info, {"district": district, "month": month})


async def coverage_of(info: Info, district: OfDistrict, month: OfMonth) -> Any:
    return await read_declared(info, {"district": district, "month": month})


async def coverages_of(info: Info, month: OfMonth) -> Any:
    return await read_declared(info, {"month": month})


@strawberry.type
class Query:
    monthly_return_draft: MonthlyReturnDraft | None = strawberry.field(
        resolver=draft_of,
        description="What a district's return on a month would say now.",
        metadata={STORED: Given("row", DRAFTS), READS: of_district, OTHERWISE: no_figures},
    )
    coverage: Coverage | None = strawberry.field(
        resolver=coverage_of,
        description="抽查比例: how far a district's inspections reach in a month.",
        metadata={STORED: Given("row", COVERAGES), READS: of_district, OTHERWISE: no_figures},
    )
    coverages: list[DistrictCoverage] | None = strawberry.field(
        resolver=coverages_of,
        description="The same of every district whose returns the caller may read, by code, and whether each has reported in time.",
        metadata={STORED: Every(DISTRICT_COVERAGES, ("code",)), READS: of_districts, OTHERWISE: no_coverages},
    )
