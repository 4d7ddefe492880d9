"""What a history is told of, in plain dicts: the rules of the two regimes, the clock, and the rows as the model believes them to be.

Nothing here or in the other models comes from the tables of the domain: it is the regulation read a second time.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

Row = dict[str, Any]
History = dict[str, Any]
Move = tuple[Any, ...]
"""A verb and what it is done to: numbers of rows, in the order they were made."""
Then = Callable[[], Row | None]
Judged = str | Then
"""Why a step is refused, or what it brings about; that gives back the row it makes, if it makes one."""

BEIJING: dict[str, Any] = {
    "profile": "beijing-municipal",
    "dispatcher": "district_dispatcher_0",
    "team": 2,
    "grounds": ("NEGLIGENCE", "PRIVATE_GAIN"),
    "other_ground": "FRAUD",
    "suspends": True,
    "by_employer": False,
    "refusals": None,
    "rotation": 1,
    "term_needed": False,
    "term_months": None,
    "warn_days": None,
    "returns": True,
    "once": True,
    "after": {"EXAM": True, "PROCESS": False},
}
YUNNAN: dict[str, Any] = {
    "profile": "yunnan-college-2023",
    "dispatcher": "center_dispatcher",
    "team": 1,
    "grounds": ("FRAUD", "DERELICTION"),
    "other_ground": "NEGLIGENCE",
    "suspends": False,
    "by_employer": True,
    "refusals": 3,
    "rotation": None,
    "term_needed": True,
    "term_months": 36,
    "warn_days": 90,
    "returns": False,
    "once": False,
    "after": {"EXAM": True, "PROCESS": True},
}

REPLY, EARLY = timedelta(hours=48), timedelta(hours=12)

BUSY = ("OFFERED", "ACCEPTED", "CHECKED_IN")
LIVE = (*BUSY, "DONE")
HERE = ("CHECKED_IN", "DONE")
GONE = ("DECLINED", "NO_REPLY", "RECUSED", "EXCUSED", "WITHDRAWN", "NO_SHOW")
"""Who has left a place, which is free for another."""
RUNNING = ("ACTIVE", "EXPIRING", "EVALUATED")
UNDECIDED = ("OPENED", "HEARING")
IN_EFFECT = ("IN_FORCE", "APPEALED", "UPHELD")
"""A sanction holds, whatever is said against it."""
SATURDAY = 5


def begun(regime: dict[str, Any], now: datetime, people: list[Row], *, center: str, district: str | None) -> History:
    return {
        "rules": regime,
        "now": now,
        "people": people,
        "center": center,
        "district": district,
        "kept": {},
        "met": Counter(),
        **{kind: [] for kind in ("sessions", "visits", "places", "cases", "entries", "returns")},
    }


def day(instant: datetime) -> date:
    """In Shanghai."""
    return (instant + timedelta(hours=8)).date()


def working(since: date, count: int) -> date:
    """So many working days later. Nobody here has entered a holiday."""
    while count:
        since += timedelta(days=1)
        count -= since.weekday() < SATURDAY
    return since


def fresh(**row: Any) -> Row:
    return {"id": None, **row}


def card_of(person: Row) -> Row | None:
    """The one in use."""
    return next((one for one in person["cards"] if one["status"] != "REVOKED"), None)


def team(h: History, visit: Row, statuses: tuple[str, ...] = LIVE) -> list[Row]:
    return [one for one in h["places"] if one["visit"] is visit and one["status"] in statuses]


def place_in(h: History, visit: Row, person: Row) -> Row | None:
    return next((one for one in team(h, visit) if one["person"] is person), None)


def set_free(h: History, places: list[Row]) -> None:
    for one in places:
        if one["status"] in {"OFFERED", "ACCEPTED"}:
            one["status"] = "WITHDRAWN"


def barred(h: History, person: Row) -> bool:
    """Listed, also while the entry is under review (000 §23)."""
    return any(one["person"] is person and one["status"] in {"LISTED", "UNDER_REVIEW"} for one in h["entries"])


def to(row: Row, status: str, **more: Any) -> Then:
    return lambda: row.update(status=status, **more)


def line(row: Row, steps: dict[str, str], **more: Any) -> Judged:
    """One step of a row that knows only its status: from where it may come, and where it goes."""
    return to(row, steps[row["status"]], **more) if row["status"] in steps else "STATE"
