"""What the regulations allow after a visit: letter, rectification, report, closing (000 §11), and the monthly return (003 §15)."""

from datetime import date, datetime, timedelta, timezone

from tests.histories.told import History, Judged, Row, day, line, team, to, working
from tests.histories.visiting import made, then, there

CHINA = timezone(timedelta(hours=8))
ACCEPTED = "ACCEPTED"
UNDONE = ("REQUIRED", "SENT_BACK")
RECTIFY_DAYS, MORE_DAYS = 15, 10


def draft(h: History, visit: Row, person: Row, rectify: bool) -> Judged:
    if not there(h, visit, person):
        return "team.checked_in"
    return to(visit, visit["status"], letter="DRAFT", rectify=rectify) if visit["status"] == "CHECKLIST_SIGNED" else "STATE"


def serve(h: History, visit: Row) -> Judged:
    if visit["letter"] != "DRAFT":
        return "STATE"
    asked = {"rectification": "REQUIRED", "due": working(day(h["now"]), RECTIFY_DAYS)} if visit["rectify"] else {}
    return to(visit, "OPINION_SERVED", letter="SERVED", **asked)


def paper(visit: Row, steps: dict[str, str]) -> Judged:
    """A step of the rectification."""
    now = visit["rectification"]
    return to(visit, visit["status"], rectification=steps[now]) if now in steps else "STATE"


def rectify(h: History, visit: Row) -> Judged:
    return paper(visit, dict.fromkeys(UNDONE, "SUBMITTED"))


def send_back(h: History, visit: Row) -> Judged:
    return paper(visit, {"SUBMITTED": "SENT_BACK"})


def approve(h: History, visit: Row) -> Judged:
    return paper(visit, {"SUBMITTED": ACCEPTED})


def ask_time(h: History, visit: Row, days: int) -> Judged:
    """Once, before the last day is over, and not for longer than the house allows (default 1.5)."""
    if visit["rectification"] not in UNDONE or visit["more"]:
        return "STATE"
    if day(h["now"]) > visit["due"]:
        return "rectification.extension_late"
    until = visit["due"] + timedelta(days=days)
    if until <= visit["due"]:
        return "until"
    if until > working(visit["due"], MORE_DAYS):
        return "rectification.extension_working_days"
    return to(visit, visit["status"], more="ASKED", until=until)


def more_time(visit: Row, answer: str, due: date | None) -> Judged:
    """Of who waits for it, and has not reported meanwhile."""
    waits = visit["more"] == "ASKED" and visit["rectification"] in UNDONE
    return to(visit, visit["status"], more=answer, due=due) if waits else "STATE"


def grant_time(h: History, visit: Row) -> Judged:
    return more_time(visit, "GRANTED", visit["until"])


def refuse_time(h: History, visit: Row) -> Judged:
    return more_time(visit, "REFUSED", visit["due"])


def report(h: History, visit: Row, person: Row) -> Judged:
    if not there(h, visit, person):
        return "team.checked_in"
    if visit["status"] != "OPINION_SERVED":
        return "STATE"
    return "DUPLICATE" if visit["report"] else to(visit, visit["status"], report="SUBMITTED")


def close(h: History, visit: Row) -> Judged:
    if visit["status"] != "OPINION_SERVED":
        return "STATE"
    if visit["report"] is None:
        return "inspection.report"
    if not visit["done"]:
        return "inspection.last_phase"
    if visit["rectification"] not in {None, ACCEPTED}:
        return "inspection.rectification"
    return then(to(visit, "CLOSED", report="RECEIVED"), lambda: all_leave(h, visit))


def all_leave(h: History, visit: Row) -> None:
    """Who was there has done the work, who was only asked is free."""
    for one in team(h, visit):
        one["status"] = {"CHECKED_IN": "DONE", "OFFERED": "WITHDRAWN", "ACCEPTED": "WITHDRAWN"}.get(one["status"], one["status"])


def file(h: History, month: str) -> Judged:
    """On a month that is over, also late; again only where it was sent back (A03, A04, INV14)."""
    if not h["rules"]["returns"]:
        return "monthly_return.none"
    year, number = map(int, month.split("-"))
    following = date(year + number // 12, number % 12 + 1, 1)
    if h["now"] < datetime(following.year, following.month, 1, tzinfo=CHINA):
        return "monthly_return.month_over"
    editions = [one for one in h["returns"] if one["month"] == month]
    if editions and editions[-1]["status"] != "SENT_BACK":
        return "DUPLICATE"
    late = h["now"] >= datetime(following.year, following.month, 6, tzinfo=CHINA)
    return lambda: filed(h, month, editions, "LATE" if late else "ON_TIME")


def filed(h: History, month: str, editions: list[Row], timeliness: str) -> Row:
    if editions:
        editions[-1]["status"], timeliness = "REPLACED", editions[0]["timeliness"]
    return made(h, "returns", month=month, status="SUBMITTED", timeliness=timeliness)


def take(h: History, filing: Row) -> Judged:
    return line(filing, {"SUBMITTED": ACCEPTED})


def give_back(h: History, filing: Row) -> Judged:
    return line(filing, {"SUBMITTED": "SENT_BACK"})
