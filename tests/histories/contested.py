"""What the house allows around a decision against somebody: the hearing before it, the appeal after it (default 1.8, A14)."""

from datetime import timedelta

from tests.histories.told import UNDECIDED, History, Judged, Row, day, to, working
from tests.histories.visiting import then

HEARING_DAYS, APPEAL_DAYS = 5, 15


def hear(h: History, case: Row, days: int | None) -> Judged:
    """In writing, or on a day that is not over: until the later one of both the person may speak."""
    if case["status"] != "OPENED":
        return "STATE"
    if days == 0:
        return "hearingOn"
    today = day(h["now"])
    return to(case, "HEARING", until=max(working(today, HEARING_DAYS), today + timedelta(days=days or 0)))


def state(h: History, case: Row, waived: bool) -> Judged:
    """Once, also late, as long as nothing is decided."""
    return "STATE" if case["status"] != "HEARING" or case["stated"] else to(case, "HEARING", stated=True)


def undecided(h: History, case: Row) -> str | None:
    """Why nothing can be decided: it was, or who is concerned may still speak."""
    if case["status"] not in UNDECIDED:
        return "STATE"
    silent = case["until"] is not None and not case["stated"]
    return "supervisor_case.heard" if silent and day(h["now"]) <= case["until"] else None


def appealed(h: History, card: Row) -> bool:
    """Whether somebody waits for an answer about this card: no revocation may come in between."""
    return any(one["card"] is card and one["status"] == "APPEALED" for one in h["cases"])


def appeal(h: History, case: Row) -> Judged:
    """What the employer's department decided is for that department (000 §21)."""
    if case["status"] != "IN_FORCE":
        return "STATE"
    if case["sanction"] == "CRITICISM" and h["rules"]["by_employer"]:
        return "supervisor_case.appealed_elsewhere"
    return "appeal.working_days" if day(h["now"]) > working(case["since"], APPEAL_DAYS) else to(case, "APPEALED")


def let_stand(h: History, case: Row, by: str) -> Judged:
    return answered(case, by, "UPHELD")


def take_back(h: History, case: Row, by: str) -> Judged:
    """A suspended card serves again. A revoked one does not: its entry goes under review, and another person lifts that."""
    return then(answered(case, by, "LIFTED"), lambda: undone(h, case, by))


def answered(case: Row, by: str, status: str) -> Judged:
    """By somebody without a part in it."""
    if case["status"] != "APPEALED":
        return "STATE"
    return "supervisor_case.appeal_by_another" if by in {case["by"], case["second"]} else to(case, status)


def undone(h: History, case: Row, by: str) -> None:
    if case["sanction"] == "SUSPENSION" and case["where"] == "center":
        case["card"]["status"] = "ACTIVE"
    for one in h["entries"]:
        if one["case"] is case and one["status"] == "LISTED":
            one.update(status="UNDER_REVIEW", by=by)
