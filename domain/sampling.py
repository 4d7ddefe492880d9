"""抽查欠账: how many inspections a month still lacks of its ratio, and whether they can still be had (003 §11; N5)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, func, literal, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import Month, Period
from domain.exclusions import out_and_excluded
from domain.facts import roster_of
from domain.figures import HELD, INSPECTED, needed
from domain.organizations import rules_for
from domain.pools import Judged, Planned, inspected, judge, sessions_of
from domain.profiles import Profile
from domain.visits import possible_visit
from models.base import table_of
from models.dispatch import Draw
from models.inspections import Inspection, InspectionStatus
from models.organizations import Organization, Tier

MOST = 200
"""So many sessions are looked at, the next ones first."""


@dataclass(frozen=True)
class Chance:
    """A session that may still be inspected, when a visit to it would be, and who of the roster may go, by hex."""

    recognition_session_id: UUID
    agency_id: UUID | None
    span: Period
    free: frozenset[str]


@dataclass(frozen=True)
class Barred:
    """For a reason, how many people it keeps from one of the sessions at least."""

    reason: str
    supervisors: int


@dataclass(frozen=True, kw_only=True)
class Debt:
    """Sessions of a month: held, and not held yet; inspected, and with a team on its way. `needed` is the ratio of all of them, rounded up.

    `reachable` visits can be staffed together: `planned_visits` finds teams for them, so what it says can be done; more may be possible.
    """

    held: int
    planned: int
    inspected: int
    under_way: int
    needed: int
    team: int
    supervisors: int
    chances: Sequence[Chance]
    reachable: int
    barred: Sequence[Barred]

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.inspected - self.under_way)

    @property
    def feasible(self) -> bool:
        return self.reachable >= self.missing


def blank(dispatcher: Organization) -> Draw:
    """A draw of this organization that is not there yet: who may read it may know what it would be drawn from."""
    return Draw.model_construct(dispatcher_id=dispatcher.id, center_id=dispatcher.center_id, district_id=dispatcher.district_id, agency_id=None)


async def debt(session: AsyncSession, dispatcher: Organization, month: Month, *, by: UUID, at: datetime) -> Debt:
    """Of a district, or of a center, whom the ratio does not bind (D16). Judged by the rules of the last day of the month, as the return on it is."""
    rules = (await rules_for(session, dispatcher.center_id, on=month.last_day())).rules
    district = dispatcher.tier is Tier.DISTRICT
    recognitions = await sessions_of(session, dispatcher.id, month, district=district)
    all_of_them = [one.id for one in recognitions]
    signed, anybodys = await visits_of(session, all_of_them, dispatcher.id), await inspected(session, all_of_them)
    open_ = [one for one in recognitions if one.id not in anybodys]
    visits = [Planned(one, visit) for one in open_ if (visit := possible_visit(one, at=at, rules=rules)) is not None]
    planned = sorted(visits, key=lambda one: (one.visit.span.start, one.recognition.id))[:MOST]
    judged = await judge(session, roster_of(dispatcher.center_id), planned, rules=rules, ran_by=by) if planned else Judged((), ())
    chances, team = chances_of(judged, planned), team_of(rules, district=district)
    return Debt(
        held=sum(one.status in HELD for one in recognitions),
        planned=sum(one.status not in HELD for one in recognitions),
        inspected=sum(signed.values()),
        under_way=len(signed) - sum(signed.values()),
        needed=needed(len(recognitions), rules.optional_ratio("sampling.min_ratio") if district else None),
        team=team,
        supervisors=len(frozenset[str]().union(*(one.free for one in chances))),
        chances=chances,
        reachable=planned_visits(chances, team),
        barred=barred(judged),
    )


async def visits_of(session: AsyncSession, recognitions: Sequence[UUID], dispatcher_id: UUID) -> Mapping[UUID, bool]:
    """Which of the sessions have an external inspection of this dispatcher that was not called off (A02), and whether its form is signed."""
    i = table_of(Inspection)
    mine = (i.c.dispatcher_id == dispatcher_id, i.c.internal.is_(False), i.c.status != InspectionStatus.CANCELLED)
    these = i.c.recognition_session_id == any_(literal(list(recognitions), ARRAY(Uuid())))
    query = (
        select(i.c.recognition_session_id, func.bool_or(i.c.status.in_(INSPECTED)).label("signed"))
        .where(these, *mine)
        .group_by(i.c.recognition_session_id)
    )
    found = (await (await session.connection()).execute(query)).all()
    return {one.recognition_session_id: one.signed for one in found}


def team_of(rules: Profile, *, district: bool) -> int:
    """The least team; a center's own where the rules know one (D18)."""
    return rules.integer("team.min" if district or not rules.has("team.min_for_center") else "team.min_for_center")


def chances_of(judged: Judged, planned: Sequence[Planned]) -> list[Chance]:
    out, excluded = out_and_excluded(judged.found)
    everybody = {one.id for one in judged.people} - out.keys()
    return [
        Chance(one.recognition.id, one.recognition.agency_id, one.visit.span, frozenset(everybody - excluded.get(one.recognition.id.hex, {}).keys()))
        for one in planned
    ]


def barred(judged: Judged) -> list[Barred]:
    """The most frequent first."""
    found = Counter(reason for _, reason in {(one.person, str(one.reason)) for one in judged.found})
    return [Barred(reason, count) for reason, count in sorted(found.items(), key=lambda one: (-one[1], one[0]))]


def planned_visits(chances: Sequence[Chance], team: int) -> int:
    """How many visits one plan can staff: the sessions that fewest may go to come first, nobody is in two places or twice at one agency."""
    duties: dict[str, list[Chance]] = {}
    count = 0
    for one in sorted(chances, key=lambda one: (len(one.free), one.span.start, one.recognition_session_id)):
        fit = [person for person in sorted(one.free) if not any(collide(one, other) for other in duties.get(person, ()))][:team]
        if len(fit) == team:
            count += 1
            duties.update({person: [*duties.get(person, []), one] for person in fit})
    return count


def collide(one: Chance, other: Chance) -> bool:
    return one.span.overlaps(other.span) or one.agency_id == other.agency_id
