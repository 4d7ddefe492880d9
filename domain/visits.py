"""When and where a visit to a session takes place: on site while it is held, or at the desk over its results (003 §13, B067)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from domain.calendar import SHANGHAI, WEEKENDS_ONLY, Holidays, Period, next_working_day, shanghai_day
from domain.errors import Unmet
from domain.profiles import Profile
from models.inspections import Venue
from models.sessions import RecognitionSession

OPENS, CLOSES = time(9), time(17)
"""Office hours in Shanghai: the duty of a check of records, which has no hours of its own."""


@dataclass(frozen=True, slots=True)
class Visit:
    venue: Venue
    span: Period

    @property
    def day(self) -> date:
        return shanghai_day(self.span.start)


def visit_to(recognition: RecognitionSession, venue: Venue, *, at: datetime, rules: Profile, holidays: Holidays = WEEKENDS_ONLY) -> Visit:
    """A visit at this venue. DESK for EXAM or PROCESS is refused: those are checked where they happen (INV20). A check at the desk takes place in
    office hours on the first working day by which everybody asked has answered, and not before the session.
    """
    if venue is Venue.ONSITE:
        return Visit(venue, Period(recognition.starts_at, recognition.ends_at))
    if recognition.mode not in rules.words("inspection.desk_modes"):
        rule = rules.rule("inspection.desk_modes")
        raise Unmet(rule.id, rule.article, rules.version, mode=recognition.mode.value)
    first = shanghai_day(at + timedelta(hours=rules.integer("assignment.reply_hours"))) + timedelta(days=1)
    day = max(shanghai_day(recognition.starts_at), next_working_day(first, holidays))
    return Visit(venue, Period(datetime.combine(day, OPENS, SHANGHAI), datetime.combine(day, CLOSES, SHANGHAI)))


def possible_visit(recognition: RecognitionSession, *, at: datetime, rules: Profile, holidays: Holidays = WEEKENDS_ONLY) -> Visit | None:
    """The visit the mode calls for; None where it could only be on site and the session has begun."""
    visit = visit_to(recognition, venue_of(recognition, rules), at=at, rules=rules, holidays=holidays)
    return visit if at < visit.span.start else None


def venue_of(recognition: RecognitionSession, rules: Profile) -> Venue:
    """EXAM and PROCESS are checked on site, DIRECT and RESULT over their records (003 §13)."""
    return Venue.DESK if recognition.mode in rules.words("inspection.desk_modes") else Venue.ONSITE
