"""What the regulations allow with the people: roster, card, term (000 §13, §18; 003 §9), cases against them (000 §21; 003 §17), the blacklist."""

from datetime import date, timedelta

from tests.histories.contested import appealed, undecided
from tests.histories.told import IN_EFFECT, RUNNING, UNDECIDED, History, Judged, Row, barred, card_of, day, fresh, line, set_free, to
from tests.histories.visiting import accused, made, then, under_way

CARD_DAYS = 1000
ADMIN = {"center": "center_admin", "district": "district_admin_0"}


def enlist(h: History, person: Row) -> Judged:
    if barred(h, person):
        return "blacklist.blocks"
    return "DUPLICATE" if person["standing"] == "ACTIVE" else lambda: person.update(standing="ACTIVE")


def standing(h: History, person: Row) -> str | None:
    if barred(h, person):
        return "blacklist.blocks"
    return "STATE" if person["standing"] != "ACTIVE" else None


def issue(h: History, person: Row) -> Judged:
    if why := standing(h, person):
        return why
    today = day(h["now"])
    return "DUPLICATE" if card_of(person) else lambda: given(person, "cards", today, today + timedelta(days=CARD_DAYS))


def given(person: Row, kind: str, since: date, until: date | None) -> Row:
    person[kind].append(fresh(status="ACTIVE", **{"from": since, "until": until}))
    return person[kind][-1]  # type: ignore[no-any-return]


def appoint(h: History, person: Row) -> Judged:
    if why := standing(h, person):
        return why
    since = day(h["now"])
    until = later(since, h["rules"]["term_months"])
    return "OVERLAP" if at_a_time(person, since, until) else lambda: given(person, "terms", since, until)


def later(since: date, months: int | None) -> date | None:
    """Whole years: the terms of the regulation are three of them."""
    return None if months is None else since.replace(year=since.year + months // 12)


def at_a_time(person: Row, since: date, until: date | None, *, but: Row | None = None) -> bool:
    kept = [one for one in person["terms"] if one["status"] in {*RUNNING, "RENEWED"} and one is not but]
    return any((until is None or one["from"] < until) and (one["until"] is None or since < one["until"]) for one in kept)


def warn(h: History, person: Row, term: Row) -> Judged:
    today, days = day(h["now"]), h["rules"]["warn_days"]
    near = days is not None and term["until"] is not None and today < term["until"] <= today + timedelta(days=days)
    return to(term, "EXPIRING") if near and term["status"] == "ACTIVE" else "NOT_DUE"


def expire(h: History, person: Row, term: Row) -> Judged:
    over = term["until"] is not None and term["until"] <= day(h["now"])
    return to(term, "EXPIRED") if over and term["status"] in RUNNING else "NOT_DUE"


def evaluate(h: History, person: Row, term: Row, fulfilled: bool) -> Judged:
    return line(term, {"EXPIRING": "EVALUATED"}, fulfilled=fulfilled)


def renew(h: History, person: Row, term: Row) -> Judged:
    """Only after the evaluation, and only of a term that was fulfilled (Y065)."""
    if term["status"] != "EVALUATED":
        return "STATE"
    if not term["fulfilled"]:
        return "appointment.evaluation"
    if why := standing(h, person):
        return why
    since, until = term["until"], later(term["until"], h["rules"]["term_months"])
    if at_a_time(person, since, until, but=term):
        return "OVERLAP"
    return then(to(term, "RENEWED"), lambda: given(person, "terms", since, until))


def accuse(h: History, person: Row, card: Row, ground: str) -> Judged:
    if card["status"] == "REVOKED":
        return "STATE"
    if ground not in h["rules"]["grounds"]:
        return "grounds.supervisor"
    if under_way(h, card, ground):
        return "DUPLICATE"
    return lambda: accused(h, card, person, ground)


def criticize(h: History, case: Row, where: str) -> Judged:
    """In force at once, the card stays as it is."""
    if why := undecided(h, case):
        return why
    return to(case, "IN_FORCE", sanction="CRITICISM", by=ADMIN[where], since=day(h["now"]))


def suspend(h: History, case: Row, where: str) -> Judged:
    """By the center for everywhere: the card is suspended. By a district for its area, where all visits are: the card is not (A11). Open places end."""
    if not h["rules"]["suspends"]:
        return "sanctions.supervisor.ladder"
    if why := undecided(h, case):
        return why
    everywhere = where == "center"
    if everywhere and case["card"]["status"] != "ACTIVE":
        return "STATE"
    after = to(case, "IN_FORCE", sanction="SUSPENSION", where=where, by=ADMIN[where], since=day(h["now"]))
    freed = then(after, lambda: set_free(h, [one for one in h["places"] if one["person"] is case["person"]]))
    return then(freed, to(case["card"], "SUSPENDED") if everywhere else lambda: None)


def revoke(h: History, case: Row, ground: str, by: str) -> Judged:
    if ground not in h["rules"]["grounds"]:
        return "grounds.supervisor"
    if appealed(h, case["card"]):
        return "supervisor_case.appeal_open"
    if why := undecided(h, case):
        return why
    if any(one is not case for one in under_way(h, case["card"], ground)):
        return "DUPLICATE"
    return to(case, "DECIDED", sanction="REVOCATION", ground=ground, by=by)


def confirm(h: History, case: Row, by: str) -> Judged:
    """By another than decided it. Card, terms, place on the roster and open places end, the person is listed (000 §23, Y087-Y089)."""
    if case["status"] != "DECIDED":
        return "STATE"
    if case["by"] == by:
        return "revocation.confirmations"
    if appealed(h, case["card"]):
        return "supervisor_case.appeal_open"
    return "STATE" if case["card"]["status"] == "REVOKED" else lambda: ended(h, case, by)


def ended(h: History, case: Row, by: str) -> Row:
    person, today = case["person"], day(h["now"])
    case.update(status="IN_FORCE", second=by, since=today)
    case["card"]["status"], person["standing"] = "REVOKED", "REMOVED"
    for term in person["terms"]:
        if term["status"] in RUNNING or (term["status"] == "RENEWED" and term["until"] > today):
            term["status"] = "TERMINATED"
    for other in h["cases"]:
        if other["card"] is case["card"] and other["sanction"] == "SUSPENSION" and other["status"] in IN_EFFECT:
            other["status"] = "LIFTED"
    set_free(h, [one for one in h["places"] if one["person"] is person])
    return made(h, "entries", person=person, case=case, status="LISTED", by=None)


def restore(h: History, case: Row, where: str) -> Judged:
    """Whoever suspended lifts it, and the issuer of the card always may."""
    if case["sanction"] != "SUSPENSION":
        return "STATE"
    if where not in {"center", case["where"]}:
        return "suspension.restored_by"
    everywhere = case["where"] == "center"
    if case["status"] not in IN_EFFECT or (everywhere and case["card"]["status"] != "SUSPENDED"):
        return "STATE"
    return then(to(case, "LIFTED"), to(case["card"], "ACTIVE") if everywhere else lambda: None)


def drop(h: History, case: Row) -> Judged:
    steps = dict.fromkeys((*UNDECIDED, "DECIDED"), "CLOSED")
    return line(case, steps, **({"sanction": "NO_ACTION"} if case["status"] in UNDECIDED else {}))


def propose(h: History, case: Row) -> Judged:
    """Every revocation in force has listed already under both regimes: nobody is listed twice for one."""
    return "DUPLICATE" if case["sanction"] == "REVOCATION" and case["status"] in {"IN_FORCE", "UPHELD"} else "STATE"


def review(h: History, entry: Row, by: str) -> Judged:
    return line(entry, {"LISTED": "UNDER_REVIEW"}, by=by)


def uphold(h: History, entry: Row, by: str) -> Judged:
    if entry["status"] == "UNDER_REVIEW" and entry["case"]["status"] == "LIFTED":
        return "blacklist.decision_lifted"
    return line(entry, {"UNDER_REVIEW": "LISTED"})


def lift(h: History, entry: Row, by: str) -> Judged:
    """By another than called for the review (A14)."""
    if entry["status"] != "UNDER_REVIEW":
        return "STATE"
    return "blacklist.two_persons" if entry["by"] == by else to(entry, "LIFTED")
