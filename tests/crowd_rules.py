"""Implementing rules of a crowd in every state, some looser than what is above them now; and the holidays of two years."""

from datetime import date, timedelta
from itertools import product
from typing import Any

from sqlmodel import col, select

from models.holidays import HolidayCalendar
from models.organizations import Profile
from models.overlays import Overlay, OverlayStatus

TEAM = {"id": "team.min", "value": 3, "article": "细则 §4"}
RATIOS = ("1/4", "6/20", "2/3", "1/1")
DIFFERENCE = [{"rule": "team.min", "before": "2", "after": "3", "article": "细则 §4", "above": "003 §11"}]


async def rules(crowd: Any) -> None:
    world, dice = crowd.world, crowd.dice
    await editions(crowd)
    for home in (*world.districts, *world.agencies):
        above: Overlay | None = None
        for number, (status, later) in enumerate(product(OverlayStatus, (False, True)), start=1):
            if later and status is OverlayStatus.PROPOSED:
                continue
            ratio = {"id": "sampling.min_ratio", "value": dice.choice(RATIOS), "article": "细则 '§3'"}
            decided = None if status is OverlayStatus.PROPOSED else dice.choice(crowd.people).id
            row = Overlay(
                **crowd.tenants(home),
                organization_id=home.id,
                number=number,
                title="实施'细则'",
                text=crowd.maybe("第一条 '全文'"),
                effective_from=date(2026, 9 if later else 8, number) + timedelta(days=dice.randrange(20)),
                status=status,
                rules=[ratio, TEAM][: dice.choice([0, 1, 1, 2])],
                difference=DIFFERENCE[: dice.randrange(2)],
                profile_id=crowd.profile,
                parent_id=above.id if above else None,
                proposed_by=dice.choice(crowd.people).id,
                proposed_at=world.now - timedelta(microseconds=number),
                decided_by=decided,
                decided_at=world.now if decided else None,
            )
            await crowd.keep(row)
            above = row
    for year in (2026, 2027):
        off = [f"{year}-10-0{day}" for day in range(1, 1 + dice.randrange(8))]
        await crowd.keep(HolidayCalendar(center_id=world.center.id, year=year, days_off=off, working_days=[]))


async def editions(crowd: Any) -> None:
    """Later editions of the center's rules, all of them long in force, of which only what nothing is counted by is another."""
    first = (await crowd.session.exec(select(Profile).where(col(Profile.id) == crowd.profile))).one()
    lines = [one for one in first.rules if one["id"] != "retention.years"]
    moved = [one | {"article": "003 '§18'"} if one["id"] == "interpreter" else one for one in lines]
    named = [*moved, {"id": "number", "value": "京'人社'〔2025〕1号", "article": "title"}]
    for day, said, code in ((date(2024, 5, 1), lines, None), (date(2024, 6, 1), moved, "一、'廉洁'。"), (date(2025, 1, 1), named, "一、廉洁。")):
        kept = {"slug": first.slug, "organization_id": first.organization_id, "code_digest": code and "0" * 64}
        title = crowd.dice.choice([first.title, "管理'办法'"])
        await crowd.keep(Profile(title=title, effective_from=day, rules=said, code_of_conduct=code, exam_room_rules=crowd.maybe("凭证"), **kept))
