"""The double-random draw (000 §12, 003 §10-11) as a lot that anyone can recompute. Standard library only; docs/decisions/0004-the-draw.md.

The pool is frozen as canonical JSON. Its digest and the digest of a secret are committed to before the public value is known;
the seed is made of both, so that nobody chooses it. All order is by keyed SHA-256, which has no remainder and therefore no bias.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self, cast

ALGORITHM, EARLIER, MOST_WEIGHT = "dudao-draw-2", "dudao-draw-1", 100
METHODS = ("RANDOM", "ROTATION", "RANDOM_WITH_ROTATION")

# Ids hold no colon, so that no two sentences that are hashed can be the same; instants in one form compare as text.
ID = re.compile(r"[A-Za-z0-9_.-]{1,80}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
SECRET = re.compile(r"[0-9a-f]{64}")


class BadPool(ValueError):  # noqa: N818 - the pool is refused, nothing is broken
    """A pool that cannot be drawn from; the text says which part and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the profile and the dispatcher fix before the seed is known.

    `quota` is the ratio as (3, 10), or None where there is none; `base` counts the sessions the ratio is taken of (held or planned in
    the period, the pool's own included), `already` those of them inspected before. `wanted` asks for more than the quota, or stands alone.
    `public_source` names beforehand where the public value will come from, so that it cannot be shopped for.
    """

    team_size: int
    quota: tuple[int, int] | None
    base: int
    already: int
    wanted: int
    method: str
    rotation_last_n: int | None
    extra_above: int | None
    extra_seats: int
    public_source: str
    algorithm: str = ALGORITHM


@dataclass(frozen=True, slots=True)
class Session:
    """A recognition session; `starts` and `ends` as 2026-09-10T01:00:00Z, half-open. It has as many tickets in the lot as its `weight`."""

    id: str
    agency: str
    starts: str
    ends: str
    candidates: int
    weight: int = 1

    def overlaps(self, other: Self) -> bool:
        return self.starts < other.ends and other.starts < self.ends


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on the roster; `load` counts earlier duties and matters under ROTATION only (A09)."""

    id: str
    load: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    rules: Rules
    sessions: tuple[Session, ...]
    people: tuple[Person, ...]
    out: Mapping[str, str]
    excluded: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Sessions in the order drawn; team and reserve of each; how many seats stay empty, and how many sessions the quota lacks."""

    sessions: tuple[str, ...]
    teams: Mapping[str, tuple[str, ...]]
    reserves: Mapping[str, tuple[str, ...]]
    shortfalls: Mapping[str, int] = field(default_factory=dict)
    sessions_short: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """All that a stranger needs to recompute the draw. `pool` is the canonical text itself, as frozen."""

    pool: str
    commitment: str
    secret: str
    public_value: str
    seed: str
    outcome: Outcome


def needed(held: int, ratio: tuple[int, int]) -> int:
    """The least number of inspections that reaches the ratio: 10 ask for 3, 11 for 4, 0 for 0 (003 §11, A01). In integers."""
    numerator, denominator = ratio
    return -(-held * numerator // denominator)


def wants_more(candidates: int, extra_above: int | None) -> bool:
    """A hint and never a block: strictly more than 200 candidates may have more supervisors (INV04; 003 §11, A26)."""
    return extra_above is not None and candidates > extra_above


def canonical(pool: Pool) -> str:
    """The one text of a pool: keys sorted, no blanks, people and sessions by id. BadPool if it cannot be drawn from."""
    _check(pool)
    told = [name for name in Session.__slots__ if name != "weight" or pool.rules.algorithm != EARLIER]
    document = {
        "rules": {name: getattr(pool.rules, name) for name in Rules.__slots__},
        "sessions": [{name: getattr(one, name) for name in told} for one in sorted(pool.sessions, key=lambda one: one.id)],
        "people": [{"id": one.id, "load": one.load} for one in sorted(pool.people, key=lambda one: one.id)],
        "out": dict(pool.out),
        "excluded": {session: dict(reasons) for session, reasons in pool.excluded.items() if reasons},
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read_pool(text: str) -> Pool:
    """The pool back from its canonical text; BadPool for any other text."""
    try:
        document = json.loads(text)
        rules = dict(document["rules"])
        rules["quota"] = None if rules["quota"] is None else cast("tuple[int, int]", tuple(rules["quota"]))
        pool = Pool(
            rules=Rules(**rules),
            sessions=tuple(Session(**one) for one in document["sessions"]),
            people=tuple(Person(**one) for one in document["people"]),
            out=document["out"],
            excluded=document["excluded"],
        )
        again = canonical(pool)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadPool(f"not a pool: {error}") from error
    if again != text:
        raise BadPool("not in canonical form")
    return pool


def digest(pool: str) -> str:
    return _sha(pool)


def commitment_of(pool: str, secret: str) -> str:
    """Published when the pool is frozen. The secret is 32 random bytes in hex: a shorter one could be found by trying."""
    if SECRET.fullmatch(secret) is None:
        raise ValueError("a secret is 64 hexadecimal digits")
    return _sha(f"{digest(pool)}:{_sha(secret)}")


def seed_of(secret: str, public_value: str) -> str:
    """The seed: neither who keeps the secret nor who brings the public value can choose it alone."""
    if not public_value.strip():
        raise ValueError("a public value is needed")
    return _sha(f"{secret}:{public_value}")


def run(pool: Pool, seed: str) -> Outcome:
    """Draw the sessions, then a team for each in that order. A session without enough people stays drawn and shows its shortfall."""
    order = sorted(pool.sessions, key=lambda one: (_ticket(seed, one), one.id))
    count = sessions_needed(pool.rules)
    drawn = order[:count]
    load = {one.id: one.load for one in pool.people}
    booked: dict[str, list[Session]] = {one.id: [] for one in pool.people}
    teams: dict[str, tuple[str, ...]] = {}
    reserves: dict[str, tuple[str, ...]] = {}
    for session in drawn:
        free = [one.id for one in pool.people if _is_in(pool, session, one.id) and not any(map(session.overlaps, booked[one.id]))]
        free.sort(key=lambda person: _rank(pool.rules, seed, session.id, person=person, load=load))
        seats = _seats(pool.rules, session)
        teams[session.id], reserves[session.id] = tuple(free[:seats]), tuple(free[seats:])
        for person in teams[session.id]:
            load[person] += 1
            booked[person].append(session)
    short = {one.id: _seats(pool.rules, one) - len(teams[one.id]) for one in drawn if len(teams[one.id]) < _seats(pool.rules, one)}
    return Outcome(tuple(one.id for one in drawn), teams, reserves, short, max(0, count - len(order)))


def replacement(reserve: Sequence[str], unavailable: Collection[str]) -> str | None:
    """The next of the committed order who is still free. Who was asked, took another duty since, or may no longer go, is passed over."""
    return next((person for person in reserve if person not in unavailable), None)


def verify(published: Published) -> list[str]:
    """Everything that does not follow from the pool, the secret and the public value; empty for an honest draw. Never raises."""
    try:
        pool = read_pool(published.pool)
        problems = (
            [] if commitment_of(published.pool, published.secret) == published.commitment else ["the commitment does not match pool and secret"]
        )
        seed = seed_of(published.secret, published.public_value)
    except ValueError as error:
        return [str(error)]
    if seed != published.seed:
        problems.append("the seed does not follow from secret and public value")
    said, found = outcome_json(published.outcome), outcome_json(run(pool, seed))
    return problems + [f"{part} differ from what the seed draws" for part in found if said[part] != found[part]]


def outcome_json(outcome: Outcome) -> dict[str, object]:
    """The outcome in JSON's own types, as published."""
    return {
        "sessions": list(outcome.sessions),
        "teams": {session: list(people) for session, people in outcome.teams.items()},
        "reserves": {session: list(people) for session, people in outcome.reserves.items()},
        "shortfalls": dict(outcome.shortfalls),
        "sessions_short": outcome.sessions_short,
    }


def read_outcome(document: Mapping[str, object]) -> Outcome:
    """The outcome back from `outcome_json`; ValueError for anything else."""
    try:
        teams, reserves = (cast("Mapping[str, list[str]]", document[part]) for part in ("teams", "reserves"))
        return Outcome(
            tuple(cast("list[str]", document["sessions"])),
            {session: tuple(people) for session, people in teams.items()},
            {session: tuple(people) for session, people in reserves.items()},
            dict(cast("Mapping[str, int]", document["shortfalls"])),
            cast("int", document["sessions_short"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an outcome: {error}") from error


def published_json(published: Published) -> str:
    """The file that docs/verify_draw.py reads."""
    document = {name: getattr(published, name) for name in Published.__slots__ if name != "outcome"}
    return json.dumps({**document, "digest": digest(published.pool), "outcome": outcome_json(published.outcome)}, sort_keys=True, ensure_ascii=False)


def _sha(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def sessions_needed(rules: Rules) -> int:
    quota = 0 if rules.quota is None else needed(rules.base, rules.quota) - rules.already
    return max(quota, rules.wanted, 0)


def _ticket(seed: str, session: Session) -> str:
    """The first of its tickets to come up: of two sessions, one of weight 2 is first twice as often."""
    return min(_sha(f"{seed}:session:{session.id}" + (f":{number}" if number > 1 else "")) for number in range(1, session.weight + 1))


def _seats(rules: Rules, session: Session) -> int:
    return rules.team_size + (rules.extra_seats if wants_more(session.candidates, rules.extra_above) else 0)


def _is_in(pool: Pool, session: Session, person: str) -> bool:
    return person not in pool.out and person not in pool.excluded.get(session.id, {})


def _rank(rules: Rules, seed: str, session: str, *, person: str, load: Mapping[str, int]) -> tuple[int, str, str]:
    first = load[person] if rules.method == "ROTATION" else 0
    return first, _sha(f"{seed}:person:{session}:{person}"), person


def _check(pool: Pool) -> None:
    rules, people, sessions = pool.rules, [one.id for one in pool.people], [one.id for one in pool.sessions]
    counts = [rules.base, rules.already, rules.wanted, rules.extra_seats]
    counts += [*(one.load for one in pool.people), *(one.candidates for one in pool.sessions)]
    weights = range(1, 2 if rules.algorithm == EARLIER else MOST_WEIGHT + 1)
    for wrong, why in (
        (rules.algorithm not in {ALGORITHM, EARLIER}, "unknown algorithm"),
        (any(type(one.weight) is not int or one.weight not in weights for one in pool.sessions), "a weight out of range"),
        (rules.method not in METHODS, "unknown method"),
        (type(rules.team_size) is not int or rules.team_size < 1, "a team has at least one member"),
        (any(type(one) is not int or one < 0 for one in counts), "a count is negative or no integer"),
        (rules.quota is not None and not _is_ratio(rules.quota), "no ratio"),
        (not rules.public_source.strip(), "the source of the public value must be named"),
        (len(set(people)) < len(people) or len(set(sessions)) < len(sessions), "an id stands twice"),
        (any(ID.fullmatch(one) is None for one in (*people, *sessions)), "an id has a wrong form"),
        (any(INSTANT.fullmatch(instant) is None for one in pool.sessions for instant in (one.starts, one.ends)), "an instant has a wrong form"),
        (any(one.starts >= one.ends for one in pool.sessions), "a session ends before it starts"),
        (not set(pool.excluded) <= set(sessions), "an unknown session in excluded"),
        (not set(pool.out).union(*pool.excluded.values()) <= set(people), "an unknown person in out or excluded"),
    ):
        if wrong:
            raise BadPool(why)


def _is_ratio(quota: tuple[int, int]) -> bool:
    pair = len(quota) == len(("numerator", "denominator")) and all(type(one) is int for one in quota)
    return pair and 0 < quota[0] <= quota[1]
