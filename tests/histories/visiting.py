"""What the regulations allow of a visit, from the offer to the closing (000 §8, §11, §19; 003 §9-12), as plain functions over plain dicts."""

from datetime import datetime
from typing import Any

from tests.histories.told import (
    BUSY,
    EARLY,
    GONE,
    HERE,
    IN_EFFECT,
    REPLY,
    UNDECIDED,
    History,
    Judged,
    Row,
    barred,
    card_of,
    day,
    fresh,
    line,
    place_in,
    set_free,
    team,
    to,
)

SIGNED = ("CHECKLIST_SIGNED", "OPINION_SERVED")
AHEAD = ("DISPATCHED", "NOTIFIED", "IN_PROGRESS")


def plan(h: History, agency: int, mode: str, starts: datetime, ends: datetime) -> Judged:
    return lambda: made(h, "sessions", agency=agency, mode=mode, starts=starts, ends=ends)


def made(h: History, kind: str, **row: Any) -> Row:
    h[kind].append(fresh(**row))
    return h[kind][-1]


def visited(h: History, session: Row) -> bool:
    return any(one["session"] is session and one["status"] != "CANCELLED" for one in h["visits"])


def dispatch(h: History, session: Row, people: list[Row]) -> Judged:
    """As a draw sends a team: nobody is looked at any more, but nobody is in two places (INV19)."""
    if len(people) < h["rules"]["team"]:
        return "team.min"
    if session["ends"] <= h["now"]:
        return "STATE"
    if any(busy(h, one, session["starts"], session["ends"]) for one in people):
        return "OVERLAP"
    return lambda: sent(h, session, people)


def direct(h: History, session: Row, people: list[Row]) -> Judged:
    """As a dispatcher sends a team: everybody is looked at (000 §8(八); 003 §9-10)."""
    if session["starts"] <= h["now"]:
        return "STATE"
    if h["rules"]["once"] and visited(h, session):
        return "DUPLICATE"
    found = next((why for one in people if (why := unfit(h, one, session))), None)
    if found is not None:
        return found
    return "team.min" if len(people) < h["rules"]["team"] else lambda: sent(h, session, people)


def sent(h: History, session: Row, people: list[Row]) -> Row:
    visit = made(h, "visits", session=session, status="DISPATCHED", on=day(session["starts"]), opened=False, filled=set(), signed={}, done=False)
    visit |= {"letter": None, "rectify": False, "rectification": None, "due": None, "more": None, "until": None, "report": None}
    for one in people:
        asked(h, visit, one)
    return visit


def asked(h: History, visit: Row, person: Row) -> Row:
    starts, ends = visit["session"]["starts"], visit["session"]["ends"]
    by = min(h["now"] + REPLY, starts if h["now"] < starts else ends)
    return made(h, "places", visit=visit, person=person, status="OFFERED", starts=starts, ends=ends, by=by, replaced=False, departed=False)


def busy(h: History, person: Row, starts: datetime, ends: datetime) -> bool:
    return any(one["person"] is person and one["status"] in BUSY and one["starts"] < ends and starts < one["ends"] for one in h["places"])


def unfit(h: History, person: Row, session: Row, *, beside: Row | None = None) -> str | None:
    """The first reason why somebody may not go, in the order of domain knowledge: the person, the agency, the day, the hours."""
    card, on = card_of(person) or (person["cards"] or [None])[-1], day(session["starts"])
    if person["standing"] != "ACTIVE":
        return "team"
    if card is None or card["status"] == "REVOKED":
        return "CARD_INVALID"
    if card["status"] == "SUSPENDED":
        return "SUSPENDED"
    if barred(h, person):
        return "BLACKLISTED"
    if person["employer"] == session["agency"]:
        return "OWN_AGENCY"
    if h["rules"]["rotation"] and was_last(h, person, session, beside):
        return "ROTATION"
    if any(one["card"] is card and one["status"] in IN_EFFECT and one["sanction"] == "SUSPENSION" and one["since"] <= on for one in h["cases"]):
        return "SUSPENDED"
    if not card["from"] <= on < card["until"]:
        return "CARD_INVALID"
    terms = [one for one in person["terms"] if one["status"] in {"ACTIVE", "EXPIRING", "EVALUATED", "RENEWED"}]
    if (terms or h["rules"]["term_needed"]) and not any(one["from"] <= on and (one["until"] is None or on < one["until"]) for one in terms):
        return "TERM_ENDED"
    return "OVERLAPPING_DUTY" if busy(h, person, session["starts"], session["ends"]) else None


def was_last(h: History, person: Row, session: Row, beside: Row | None) -> bool:
    """Whether they were in the agency's last inspection (A09); the one that a place is filled of is not that."""
    there = [one for one in h["visits"] if one is not beside and one["session"]["agency"] == session["agency"] and one["status"] != "CANCELLED"]
    earlier = [one for one in there if one["on"] <= day(session["ends"])]
    return bool(earlier) and place_in(h, min(earlier, key=lambda one: (-one["on"].toordinal(), one["id"])), person) is not None


def accept(h: History, place: Row) -> Judged:
    if place["status"] == "OFFERED" and h["now"] >= place["by"]:
        return "assignment.reply_hours"
    return then(line(place, {"OFFERED": "ACCEPTED"}), lambda: place["person"].update(streak=0))


def then(first: Judged, second: Any) -> Judged:
    """What follows a step, if it is taken."""
    if isinstance(first, str):
        return first

    def both() -> Row | None:
        first()
        return second()  # type: ignore[no-any-return]

    return both


def decline(h: History, place: Row) -> Judged:
    return then(line(place, {"OFFERED": "DECLINED"}), lambda: refused_once_more(h, place["person"]))


def lapse(h: History, place: Row) -> Judged:
    if place["status"] == "OFFERED" and h["now"] < place["by"]:
        return "assignment.reply_hours"
    return then(line(place, {"OFFERED": "NO_REPLY"}), lambda: refused_once_more(h, place["person"]))


def refused_once_more(h: History, person: Row) -> Row | None:
    """The third in a row opens a case at the issuer, under the rules that count (000 §19, INV06)."""
    person["streak"] += 1
    card, limit = card_of(person), h["rules"]["refusals"]
    if limit is None or person["streak"] < limit or card is None or under_way(h, card, "REFUSAL_STREAK"):
        return None
    return accused(h, card, person, "REFUSAL_STREAK")


def accused(h: History, card: Row, person: Row, ground: str) -> Row:
    nothing = dict.fromkeys(("sanction", "where", "by", "second", "since", "until"))
    return made(h, "cases", card=card, person=person, ground=ground, status="OPENED", stated=False, **nothing)


def under_way(h: History, card: Row, ground: str) -> list[Row]:
    return [one for one in h["cases"] if one["card"] is card and one["ground"] == ground and one["status"] in {*UNDECIDED, "DECIDED"}]


def recuse(h: History, place: Row) -> Judged:
    return line(place, dict.fromkeys(("OFFERED", "ACCEPTED"), "RECUSED"))


def excuse(h: History, place: Row) -> Judged:
    return line(place, dict.fromkeys(("OFFERED", "ACCEPTED"), "EXCUSED"))


def withdraw(h: History, place: Row) -> Judged:
    return line(place, dict.fromkeys(("OFFERED", "ACCEPTED"), "WITHDRAWN"))


def no_show(h: History, place: Row) -> Judged:
    return "STATE" if h["now"] < place["starts"] else line(place, {"ACCEPTED": "NO_SHOW"})


def replace(h: History, place: Row, person: Row) -> Judged:
    visit = place["visit"]
    if place["status"] not in GONE or visit["status"] not in AHEAD:
        return "STATE"
    if place["replaced"]:
        return "DUPLICATE"
    if why := unfit(h, person, visit["session"], beside=visit):
        return why
    if visit["session"]["ends"] <= h["now"]:
        return "STATE"
    return then(to(place, place["status"], replaced=True), lambda: asked(h, visit, person))


def notify(h: History, visit: Row) -> Judged:
    if visit["status"] == "DISPATCHED" and len(team(h, visit, ("ACCEPTED", "CHECKED_IN", "DONE"))) < h["rules"]["team"]:
        return "team.min"
    return line(visit, {"DISPATCHED": "NOTIFIED"})


def cancel(h: History, visit: Row) -> Judged:
    return then(line(visit, dict.fromkeys(("DISPATCHED", "NOTIFIED"), "CANCELLED")), lambda: set_free(h, team(h, visit)))


def check_in(h: History, visit: Row, person: Row) -> Judged:
    place, card = place_in(h, visit, person), card_of(person)
    if visit["status"] not in {"NOTIFIED", "IN_PROGRESS"}:
        return "STATE"
    if place is None:
        return "team.checked_in"
    if h["now"] < place["starts"] - EARLY:
        return "inspection.arrival"
    if card is None or card["status"] != "ACTIVE" or not card["from"] <= day(h["now"]) < card["until"]:
        return "card.valid"
    return then(line(place, {"ACCEPTED": "CHECKED_IN"}), lambda: begins(h, visit))


def begins(h: History, visit: Row) -> None:
    """With the least team there, and not before (INV03)."""
    visit["opened"] = True
    if len(team(h, visit, HERE)) >= h["rules"]["team"]:
        visit["status"] = "IN_PROGRESS"


def there(h: History, visit: Row, person: Row) -> bool:
    place = place_in(h, visit, person)
    return place is not None and place["status"] in HERE


def depart(h: History, visit: Row, person: Row) -> Judged:
    if not there(h, visit, person):
        return "team.checked_in"
    place = place_in(h, visit, person)
    assert place is not None
    return "STATE" if place["departed"] else to(place, place["status"], departed=True)


def has_after(h: History, visit: Row) -> bool:
    return bool(h["rules"]["after"][visit["session"]["mode"]])


def fill(h: History, visit: Row, person: Row, part: str) -> Judged:
    if not there(h, visit, person):
        return "team.checked_in"
    if part == "AFTER" and not has_after(h, visit):
        return "answers"
    if visit["signed"].get(part) or visit["status"] == "CLOSED":
        return "checklist.signed"
    if visit["status"] == "NOTIFIED":
        return "team.min"
    return (lambda: visit["filled"].add(part)) if visit["status"] in {"IN_PROGRESS", *SIGNED} else "STATE"


def sign(h: History, visit: Row, person: Row, part: str) -> Judged:
    if not there(h, visit, person):
        return "team.checked_in"
    if part == "AFTER" and visit["status"] in {"NOTIFIED", "IN_PROGRESS"}:
        return "checklist.site_first"
    if visit["status"] == "NOTIFIED":
        return "team.min"
    mine = person["id"] in visit["signed"].get(part, set())
    due = visit["status"] == "IN_PROGRESS" if part == "SITE" else visit["status"] in SIGNED and has_after(h, visit) and not visit["done"]
    if mine or not due:
        return "STATE"
    return (lambda: signs(h, visit, person, part)) if part in visit["filled"] else "checklist.complete"


def signs(h: History, visit: Row, person: Row, part: str) -> None:
    """On site all who are there, afterwards one of them (A24)."""
    visit["signed"].setdefault(part, set()).add(person["id"])
    if part == "AFTER":
        visit["done"] = True
    elif {one["person"]["id"] for one in team(h, visit, HERE)} <= visit["signed"]["SITE"]:
        visit.update(status="CHECKLIST_SIGNED", done=not has_after(h, visit))
