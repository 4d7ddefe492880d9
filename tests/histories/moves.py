"""Which steps there are to try, and what the model says to each."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import permutations, product
from random import Random
from typing import Any

from tests.histories import contested, following, serving, visiting
from tests.histories.told import History, Judged, Move, Row

Tries = Callable[[History], Iterator[tuple[Any, ...]]]
PARTS = ("SITE", "AFTER")
ADMINS = ("center_admin", "center_admin_2")
JUDGES = (*ADMINS, "center_admin_3")
SITTINGS = (None, 0, 12)
MORE_DAYS = (0, 6, 40)
"""Behind the last day: none, few enough, too many."""
HOURS = (1, 13, 49, 400)
MONTHS = ("2026-08", "2026-09", "2026-10")


def sessions(h: History) -> list[Row]:
    return h["sessions"][-5:]


def visits(h: History) -> list[Row]:
    return h["visits"][-6:]


def undrawn(h: History) -> list[Row]:
    return [one for one in sessions(h) if not visiting.visited(h, one)]


def teams(h: History) -> list[list[Row]]:
    return [list(some) for size in (1, 2) for some in permutations(h["people"], size)]


def able(h: History, session: Row) -> list[list[Row]]:
    """As the lot leaves them: only hours may have come between since."""
    return [team for team in teams(h) if all(visiting.unfit(h, one, session) in {None, "OVERLAPPING_DUTY"} for one in team)]


def planned(h: History) -> Iterator[tuple[Any, ...]]:
    for agency, mode, days, hours in product((0, 1), ("EXAM", "PROCESS"), (1, 3, 4), (0, 2)):
        starts = h["now"] + timedelta(days=days, hours=hours)
        yield agency, mode, starts, starts + timedelta(hours=3)


def of_visits(h: History) -> Iterator[tuple[Any, ...]]:
    return ((one,) for one in visits(h))


def of_places(h: History) -> Iterator[tuple[Any, ...]]:
    return ((one,) for one in h["places"] if one["visit"] in visits(h))


def of_members(*more: tuple[Any, ...]) -> Tries:
    return lambda h: ((visit, person, *rest) for visit, person, *rest in product(visits(h), h["people"], *more))


def of_people(h: History) -> Iterator[tuple[Any, ...]]:
    return ((one,) for one in h["people"])


def of_terms(*more: tuple[Any, ...]) -> Tries:
    return lambda h: ((person, term, *rest) for person in h["people"] for term, *rest in product(person["terms"], *more))


def of_cases(*more: tuple[Any, ...]) -> Tries:
    return lambda h: product(h["cases"][-6:], *more)


def of_entries(h: History) -> Iterator[tuple[Any, ...]]:
    return product(h["entries"][-3:], ADMINS)


def grounds(h: History) -> tuple[str, ...]:
    return (*h["rules"]["grounds"], h["rules"]["other_ground"])


def papers(key: str, *more: tuple[Any, ...]) -> Tries:
    return lambda h: product((one for one in visits(h) if one[key] is not None), *more)


def places(h: History) -> tuple[str, ...]:
    return ("center", "district") if h["district"] else ("center",)


VERBS: dict[str, tuple[Callable[..., Judged], Tries]] = {
    "plan": (visiting.plan, planned),
    "dispatch": (visiting.dispatch, lambda h: ((one, team) for one in undrawn(h) for team in able(h, one))),
    "direct": (visiting.direct, lambda h: product(sessions(h), teams(h))),
    "accept": (visiting.accept, of_places),
    "decline": (visiting.decline, of_places),
    "lapse": (visiting.lapse, of_places),
    "recuse": (visiting.recuse, of_places),
    "excuse": (visiting.excuse, of_places),
    "withdraw": (visiting.withdraw, of_places),
    "no_show": (visiting.no_show, of_places),
    "replace": (visiting.replace, lambda h: ((place, one) for (place,) in of_places(h) for one in h["people"])),
    "notify": (visiting.notify, of_visits),
    "cancel": (visiting.cancel, of_visits),
    "check_in": (visiting.check_in, of_members()),
    "depart": (visiting.depart, of_members()),
    "fill": (visiting.fill, of_members(PARTS[:1])),
    "sign": (visiting.sign, of_members(PARTS[:1])),
    "fill_after": (visiting.fill, of_members(PARTS[1:])),
    "sign_after": (visiting.sign, of_members(PARTS[1:])),
    "draft": (following.draft, of_members((True, True, False))),
    "serve": (following.serve, papers("letter")),
    "rectify": (following.rectify, papers("rectification")),
    "send_back": (following.send_back, papers("rectification")),
    "approve": (following.approve, papers("rectification")),
    "ask_time": (following.ask_time, papers("rectification", MORE_DAYS)),
    "grant_time": (following.grant_time, papers("rectification")),
    "refuse_time": (following.refuse_time, papers("rectification")),
    "report": (following.report, of_members()),
    "close": (following.close, of_visits),
    "file": (following.file, lambda h: ((one,) for one in MONTHS)),
    "take": (following.take, lambda h: ((one,) for one in h["returns"])),
    "give_back": (following.give_back, lambda h: ((one,) for one in h["returns"])),
    "enlist": (serving.enlist, of_people),
    "issue": (serving.issue, of_people),
    "appoint": (serving.appoint, of_people),
    "warn": (serving.warn, of_terms()),
    "expire": (serving.expire, of_terms()),
    "evaluate": (serving.evaluate, of_terms((True, False))),
    "renew": (serving.renew, of_terms()),
    "accuse": (serving.accuse, lambda h: ((one, card, why) for one in h["people"] for card in one["cards"] for why in grounds(h))),
    "hear": (contested.hear, of_cases(SITTINGS)),
    "state": (contested.state, of_cases((True, False))),
    "criticize": (serving.criticize, lambda h: of_cases(places(h))(h)),
    "suspend": (serving.suspend, lambda h: of_cases(places(h))(h)),
    "revoke": (serving.revoke, lambda h: of_cases(grounds(h), ADMINS)(h)),
    "confirm": (serving.confirm, of_cases(ADMINS)),
    "restore": (serving.restore, lambda h: of_cases(places(h))(h)),
    "drop": (serving.drop, of_cases()),
    "appeal": (contested.appeal, of_cases()),
    "let_stand": (contested.let_stand, of_cases(JUDGES)),
    "take_back": (contested.take_back, of_cases(JUDGES)),
    "propose": (serving.propose, of_cases()),
    "review": (serving.review, of_entries),
    "uphold": (serving.uphold, of_entries),
    "lift": (serving.lift, of_entries),
    "wait": (lambda h, hours: lambda: h.update(now=h["now"] + timedelta(hours=hours)), lambda h: ((one,) for one in HOURS)),
}

THE_VISIT = (
    *("accept", "lapse", "notify", "check_in", "fill", "sign", "draft", "serve"),
    *("ask_time", "grant_time", "refuse_time", "rectify", "send_back", "approve"),
    *("report", "fill_after", "sign_after", "close"),
)
A_CASE = (
    *("hear", "state", "criticize", "suspend", "revoke", "confirm"),
    *("appeal", "let_stand", "take_back", "restore", "review", "uphold", "lift"),
)
BEGINNINGS = ("dispatch", "direct", "replace", "file", "warn", "evaluate", "renew", "enlist", "issue", "appoint")
ALL = tuple(VERBS)


def judged(h: History, move: Move) -> Judged:
    name, *about = move
    return VERBS[name][0](h, *about)


def outcome(said: Judged) -> str:
    return said if isinstance(said, str) else "DONE"


def never(rules: dict[str, Any]) -> set[str]:
    """Verbs that these rules let nobody take: with or without suspensions, monthly returns, terms that end."""
    unknown = {"suspends": {"suspend", "restore"}, "returns": {"file", "take", "give_back"}, "warn_days": {"warn", "evaluate", "renew"}}
    return {"propose"}.union(*(verbs for rule, verbs in unknown.items() if not rules[rule]))


def tries(h: History, name: str, pick: int) -> list[Move]:
    """All with one verb, from one of them on."""
    found = [(name, *about) for about in VERBS[name][1](h)]
    turn = pick % len(found) if found else 0
    return found[turn:] + found[:turn]


def shuffled(names: tuple[str, ...], pick: int) -> list[str]:
    """Not turned: else what stands behind steps that are hardly ever possible would come most."""
    return Random(pick).sample(names, len(names))  # noqa: S311 - nobody gains by foreseeing it


def least(h: History, names: tuple[str, ...], pick: int) -> list[str]:
    """Shuffled, and those first that this history has taken least."""
    return sorted(shuffled(names, pick), key=lambda name: h["met"][name, "DONE"])


def whatever(h: History, pick: int) -> Move:
    """Any step, sensible or not."""
    return next(move for name in shuffled(ALL, pick) for move in tries(h, name, pick // len(ALL)))


def curious(h: History, pick: int, names: tuple[str, ...] = ALL, *, most: int = 3) -> Move | None:
    """By `most` of these verbs, the step of which the model says what this history has met least."""
    some = [move for name in shuffled(names, pick)[:most] for move in tries(h, name, pick // len(names))]
    return min(some, default=None, key=lambda move: h["met"][move[0], outcome(judged(h, move))])


def first(h: History, names: Iterable[str], pick: int) -> Move | None:
    """By the first of these verbs that the model allows anything."""
    some = (move for name in names for move in tries(h, name, pick))
    return next((move for move in some if not isinstance(judged(h, move), str)), None)


def lawful(h: History, pick: int, names: tuple[str, ...] = ALL) -> Move | None:
    """A step that the model allows."""
    return first(h, shuffled(names, pick), pick // len(names))


def seldom(h: History, pick: int, names: tuple[str, ...] = ALL) -> Move | None:
    """A step that the model allows, by the verb that this history has taken least."""
    return first(h, least(h, names, pick), pick // len(names))


def along(h: History, pick: int) -> Move | None:
    """A step of a visit, by the verb that was taken least; not what was written before and may be written again."""
    some = (move for name in least(h, THE_VISIT, pick) for move in tries(h, name, pick // len(THE_VISIT)))
    return next((move for move in some if new(move) and not isinstance(judged(h, move), str)), None)


def new(move: Move) -> bool:
    name, row, *about = move
    return about[-1] not in row["filled"] if name in {"fill", "fill_after"} else name != "draft" or row["letter"] is None


def onward(h: History, pick: int) -> Move:
    """What brings visits to their end: else random steps would hardly ever get there."""
    ahead = [one["session"]["starts"] - h["now"] for one in visits(h) if one["status"] == "NOTIFIED" and one["session"]["starts"] > h["now"]]
    hop = ("wait", -(-min(ahead) // timedelta(hours=1))) if ahead else None
    open_ = any(one["starts"] > h["now"] for one in undrawn(h))
    return along(h, pick) or hop or lawful(h, pick, BEGINNINGS if open_ else ("plan",)) or ("wait", HOURS[pick % len(HOURS)])


def against(h: History, pick: int) -> Move | None:
    """What brings cases to their end; or such a step too early, too late, or by the wrong one."""
    return seldom(h, pick, A_CASE) if pick % 2 else curious(h, pick, A_CASE, most=len(A_CASE))


BY_MOOD: dict[str, Callable[[History, int], Move | None]] = {
    "onward": onward,
    "against": against,
    "lawful": lawful,
    "seldom": seldom,
    "curious": curious,
    "whatever": whatever,
}


def chosen(h: History, mood: str, pick: int) -> Move:
    return BY_MOOD[mood](h, pick) or ("wait", 1)
