"""Implementing rules and holidays of a world, by the trade's own verbs."""

from datetime import date, datetime, timedelta

from domain import holidays, overlays
from domain.calendar import start_of_day
from domain.holidays import Days
from domain.overlays import Proposal
from domain.tightening import Said
from models.holidays import HolidayCalendar
from models.organizations import Organization
from models.overlays import Overlay
from tests.making_returns import again
from tests.world import World

TOMORROW = date(2026, 9, 17)
"""The day after the present of every world."""

TEAM = Said("team.min", "3", "细则 §2")
"""A team of three, where the regulation asks for two."""

NATIONAL_DAY = Days(off=[date(2026, 10, day) for day in range(1, 8)], worked=[date(2026, 9, 20), date(2026, 10, 10)])


def administrator(world: World, organization: Organization) -> str:
    """Who writes the implementing rules of a district or an agency."""
    if organization in world.districts:
        return f"district_admin_{world.districts.index(organization)}"
    return f"agency_admin_{world.agencies.index(organization)}"


async def proposed(world: World, *rules: Said, of: Organization | None = None, since: date = TOMORROW, title: str = "实施细则") -> Overlay:
    """By the first district, unless `of` says whose; the day before it should hold, if that was before the present."""
    home = of or world.districts[0]
    act = world.act(administrator(world, home), at=before(world, since))
    async with world.transaction() as session:
        organization = await again(session, Organization, home.id)
        row, _ = await overlays.propose(session, organization, Proposal(title, since, rules or [TEAM]), act=act)
    return row


async def overlaid(world: World, *rules: Said, of: Organization | None = None, since: date = TOMORROW, title: str = "实施细则") -> Overlay:
    """The same, published."""
    row = await proposed(world, *rules, of=of, since=since, title=title)
    act = world.act(administrator(world, of or world.districts[0]), at=before(world, since))
    async with world.transaction() as session:
        row = await again(session, Overlay, row.id)
        await overlays.publish(session, row, act=act)
    return row


def before(world: World, day: date) -> datetime:
    return min(world.now, start_of_day(day) - timedelta(hours=1))


async def entered(world: World, days: Days = NATIONAL_DAY, *, year: int = 2026) -> HolidayCalendar:
    """The holidays of a year, entered by the center's administrator."""
    act = world.act("center_admin")
    async with world.transaction() as session:
        row = await holidays.of_year(session, year, act=act)
        await holidays.enter(session, row, days, act=act)
    return row
