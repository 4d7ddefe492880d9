"""The twin of the figures that PostgreSQL works out: the same of the rows in hand, by the rules as Python says them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from authz.access import holds, require
from authz.actions import Action
from authz.errors import NotFound
from domain.annual_coverage import DONE
from domain.calendar import Month, shanghai_day
from domain.errors import Unmet
from domain.figures import HELD, INSPECTED, WAS_THERE, Coverage, Line, needed, sealed
from domain.profiles import Profile, from_json, in_force
from domain.returns import blank, blank_of, due_of
from domain.tightening import ALLOWED, Refinement, lines_of, tightened
from models.checklists import Answer, AnswerValue, ChecklistItem, Finding
from models.dispatch import Assignment
from models.inspections import Inspection
from models.opinions import Rectification
from models.organizations import Organization, Tier
from models.organizations import Profile as ProfileRow
from models.overlays import Overlay, OverlayStatus
from models.ratings import AnnualRating
from models.returns import MonthlyReturn
from models.sessions import RecognitionSession


def of_district(oracle: Any, arguments: Mapping[str, Any], *, drafted: bool) -> Any:
    """One district's, or the refusal of who may not see them."""
    found = [one for one in oracle.rows.of[Organization] if one.id == UUID(arguments["district"].split("_")[1])]
    if not found or found[0].tier is not Tier.DISTRICT:
        raise NotFound
    require(oracle.actor, Action.MONTHLY_RETURN_READ, blank(found[0]))
    month = Month.parse(arguments["month"])
    if drafted:
        due_of(month, rules_of(oracle, found[0], month))
    return figures(oracle, found[0], month)


def of_districts(oracle: Any, arguments: Mapping[str, Any]) -> list[Any]:
    """Of every district the caller may see them of."""
    actor, month = oracle.actor, Month.parse(arguments["month"])
    require(actor, Action.MONTHLY_RETURN_READ, blank_of(actor.organization_id, actor.center_id, actor.district_id))
    mine = [one for one in oracle.rows.of[Organization] if one.tier is Tier.DISTRICT and holds(actor, Action.MONTHLY_RETURN_READ, blank(one))]
    return [figures(oracle, one, month) for one in sorted(mine, key=lambda one: one.code)]


def annual(oracle: Any, arguments: Mapping[str, Any]) -> Any:
    """The annual inspections of an area, or the refusal of who may not read their ratings."""
    found = [one for one in oracle.rows.of[Organization] if one.id == UUID(arguments["area"].split("_")[1]) and one.tier is not Tier.AGENCY]
    tenants = {name: getattr(found[0], name) for name in ("center_id", "district_id", "agency_id")} if found else {}
    blank_rating = AnnualRating.model_construct(**tenants, inspection_id=None)
    if not found or not holds(oracle.actor, Action.ANNUAL_RATING_READ, blank_rating, world=oracle.rows.facts):
        raise NotFound
    area, year, agencies = found[0], arguments["year"], [one for one in oracle.rows.of[Organization] if one.tier is Tier.AGENCY]
    below = sorted((one for one in agencies if area.id in {one.center_id, one.district_id}), key=lambda one: one.code)
    visits = {one.agency_id: one for one in oracle.rows.of[Inspection] if one.form == "ANNUAL" and one.year == year and one.status != "CANCELLED"}
    done = {agency for agency, one in visits.items() if one.status in DONE}
    profiles = [one for one in oracle.rows.of[ProfileRow] if one.organization_id == area.center_id and one.effective_from <= date(year, 12, 31)]
    rules = max(profiles, key=lambda one: one.effective_from).rules if profiles else []
    required = any(one["id"] == "annual_inspection.period" for one in rules)
    names = {one.id: one.name for one in oracle.rows.of[Organization]}
    lacking = [one for one in below if one.id not in done] if required else []
    planned = {one.id: visits[one.id].scheduled_on.isoformat() for one in lacking if one.id in visits}
    return SimpleNamespace(
        id=area.id,
        name=area.name,
        year=year,
        required=required,
        agencies=len(below),
        inspected=len([one for one in below if one.id in done]),
        under_way=len([one for one in below if one.id in visits and one.id not in done]),
        lines=[
            {"agency": f"agc_{one.id.hex}", "name": one.name, "district": names.get(one.district_id), "scheduled_on": planned.get(one.id)}
            for one in lacking
        ],
    )


def rules_of(oracle: Any, district: Organization, month: Month) -> Profile:
    mine = [one for one in oracle.rows.of[ProfileRow] if one.organization_id == district.center_id]
    profiles = [from_json(one.rules, slug=one.slug, title=one.title, effective_from=one.effective_from) for one in mine]
    found = in_force(profiles, on=month.last_day())
    if found is None:
        raise Unmet("profile.effective_from", "")
    return refined(oracle, found, district, month)


def refined(oracle: Any, profile: Profile, district: Organization, month: Month) -> Profile:
    """With the district's own implementing rules of the month's last day."""
    mine = [one for one in oracle.rows.of[Overlay] if one.organization_id == district.id and one.status is OverlayStatus.PUBLISHED]
    begun = [one for one in mine if one.effective_from <= month.last_day()]
    if not begun or not profile.flag(ALLOWED):
        return profile
    latest = max(begun, key=lambda one: one.effective_from)
    return tightened(profile, Refinement(latest.id, latest.title, lines_of(latest.rules)))


def figures(oracle: Any, district: Organization, month: Month) -> Any:
    """As a row with all that is asked of any of the three fields."""
    rules, rows = rules_of(oracle, district, month), oracle.rows.of
    held = [one for one in rows[RecognitionSession] if one.district_id == district.id and one.status in HELD and month.bounds().holds(one.starts_at)]
    visits = {
        one.recognition_session_id for one in rows[Inspection] if one.dispatcher_id == district.id and not one.internal and one.status in INSPECTED
    }
    reached = len([one for one in held if one.id in visits])
    coverage = Coverage(len(held), reached, needed(len(held), rules.optional_ratio("sampling.min_ratio")))
    found = lines(rows, district.id, month)
    first = [one.timeliness for one in rows[MonthlyReturn] if (one.district_id, one.month, one.edition) == (district.id, str(month), 1)]
    told = {"month": str(month), "due_at": due_of(month, rules), "digest": sealed(district.id, month, coverage, lines=found).digest, "lines": found}
    return SimpleNamespace(id=district.id, name=district.name, timeliness=next(iter(first), None), **asdict(coverage), **told)


def lines(rows: Mapping[Any, Any], district: UUID, month: Month) -> list[Line]:
    mine = [one for one in rows[Inspection] if one.dispatcher_id == district and not one.internal and one.closed_at]
    closed = [one for one in mine if month.bounds().holds(one.closed_at)]
    return [line(rows, one) for one in sorted(closed, key=lambda one: (one.scheduled_on, one.id))]


def line(rows: Mapping[Any, Any], visit: Inspection) -> Line:
    [visited] = [one for one in rows[RecognitionSession] if one.id == visit.recognition_session_id]
    [agency] = [one for one in rows[Organization] if one.id == visit.agency_id]
    items = {one.id: one for one in rows[ChecklistItem]}
    answers = [one.value for one in rows[Answer] if one.inspection_id == visit.id]
    wrong = sorted((items[one.item_id] for one in rows[Finding] if one.inspection_id == visit.id), key=lambda one: one.position)
    return {
        "inspection": visit.id.hex,
        "recognition_session": visited.id.hex,
        "agency": agency.name,
        "credit_code": agency.credit_code,
        "occupation": visited.occupation,
        "level": visited.level.value,
        "mode": visited.mode.value,
        "candidate_count": visited.candidate_count,
        "held_on": shanghai_day(visited.starts_at).isoformat(),
        "scheduled_on": visit.scheduled_on.isoformat(),
        "closed_on": shanghai_day(visit.closed_at).isoformat() if visit.closed_at else "",
        "team_size": len([one for one in rows[Assignment] if one.inspection_id == visit.id and one.status in WAS_THERE]),
        **{value.lower(): answers.count(value) for value in AnswerValue},
        "findings": [one.code for one in wrong],
        "rectification": next((one.status.value for one in rows[Rectification] if one.inspection_id == visit.id), None),
    }
