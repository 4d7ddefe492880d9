import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import draw
from domain.draw import BadPool, Outcome, Person, Pool, Published, Rules, Session, canonical, commitment_of, needed, read_pool, run, seed_of, verify

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "verify_draw.py"
SECRET = sha256(b"a secret").hexdigest()
RULES = Rules(
    team_size=2, quota=(3, 10), base=10, already=0, wanted=0, method="ROTATION", rotation_last_n=1, extra_above=200, extra_seats=0,
    public_source="福彩3D 2026-09-10",
)  # fmt: skip


def session(number: int, *, hours: tuple[int, int] = (1, 4), candidates: int = 60) -> Session:
    starts, ends = (f"2026-09-{number + 1:02d}T{hour:02d}:00:00Z" for hour in hours)
    return Session(f"rec_{number}", f"agc_{number}", starts, ends, candidates)


def pool_of(sessions: int = 10, people: int = 8, **rules: object) -> Pool:
    return Pool(
        rules=replace(RULES, **rules),
        sessions=tuple(session(number) for number in range(sessions)),
        people=tuple(Person(f"sup_{number}", 0) for number in range(people)),
        out={},
        excluded={},
    )


def publish(pool: Pool, public_value: str = "3 1 4") -> Published:
    text, seed = canonical(pool), seed_of(SECRET, public_value)
    return Published(
        pool=text, commitment=commitment_of(text, SECRET), secret=SECRET, public_value=public_value, seed=seed, outcome=run(read_pool(text), seed),
    )  # fmt: skip


@pytest.mark.requirement("INV05", "B028")
def test_inv05_thirty_percent_are_counted_in_integers():
    assert [needed(held, (3, 10)) for held in (0, 1, 3, 4, 10, 11, 20, 21)] == [0, 1, 1, 2, 3, 4, 6, 7]
    assert all(needed(held, (3, 10)) * 10 >= held * 3 > (needed(held, (3, 10)) - 1) * 10 for held in range(1, 500))


@pytest.mark.requirement("INV04", "B030")
def test_inv04_more_than_two_hundred_candidates_are_a_hint_and_never_a_block():
    assert not draw.wants_more(200, 200)
    assert draw.wants_more(201, 200)
    assert not draw.wants_more(5000, None)
    large = replace(pool_of(1, people=4, base=1), sessions=(session(0, candidates=201),))
    assert len(run(large, "s").teams["rec_0"]) == 2
    assert len(run(replace(large, rules=replace(large.rules, extra_seats=1)), "s").teams["rec_0"]) == 3


@pytest.mark.requirement("Y045")
def test_the_quota_counts_what_was_inspected_before():
    assert len(run(pool_of(base=31, already=7), "s").sessions) == 3
    assert run(pool_of(base=10, already=5), "s").sessions == ()
    assert len(run(pool_of(base=10, wanted=5), "s").sessions) == 5
    assert len(run(pool_of(quota=None, base=0, wanted=1), "s").sessions) == 1
    short = run(pool_of(2, base=31, already=7), "s")
    assert (len(short.sessions), short.sessions_short) == (2, 1)


def test_the_same_pool_and_seed_draw_the_same_in_any_order_of_writing():
    pool = pool_of()
    turned = replace(pool, sessions=pool.sessions[::-1], people=pool.people[::-1])
    assert canonical(pool) == canonical(turned)
    assert run(pool, "s") == run(turned, "s")
    assert run(pool, "s") != run(pool, "t")


@pytest.mark.requirement("B029", "Y027")
def test_whoever_is_out_is_neither_in_a_team_nor_in_a_reserve():
    pool = replace(pool_of(4, people=6, wanted=4), out={"sup_0": "BLACKLISTED"}, excluded={"rec_1": {"sup_1": "OWN_AGENCY", "sup_2": "ROTATION"}})
    outcome = run(pool, "s")
    for one in outcome.sessions:
        everybody = {*outcome.teams[one], *outcome.reserves[one]}
        assert len(everybody) == 6 - 1 - 2 * (one == "rec_1")
        assert "sup_0" not in everybody
    assert not {"sup_1", "sup_2"} & {*outcome.teams["rec_1"], *outcome.reserves["rec_1"]}


@pytest.mark.requirement("B022")
def test_nobody_is_in_two_places_at_once():
    same_hours = tuple(replace(session(0), id=f"rec_{number}") for number in range(3))
    outcome = run(replace(pool_of(people=7, wanted=3), sessions=same_hours), "s")
    picked = [person for team in outcome.teams.values() for person in team]
    assert len(picked) == len(set(picked)) == 6
    touching = (replace(session(0), id="rec_a"), replace(session(0, hours=(4, 7)), id="rec_b"))
    assert run(replace(pool_of(people=2, wanted=2), sessions=touching), "s").shortfalls == {}


def test_too_few_people_are_a_shortfall_on_record():
    same_hours = tuple(replace(session(0), id=f"rec_{number}") for number in range(3))
    outcome = run(replace(pool_of(people=3, wanted=3), sessions=same_hours), "s")
    assert len(outcome.sessions) == 3
    assert [outcome.shortfalls.get(one, 0) for one in outcome.sessions] == [0, 1, 2]


@pytest.mark.requirement("B023", "D18")
def test_rotation_takes_the_least_loaded_first_and_random_does_not_look():
    people = tuple(Person(f"sup_{number}", number) for number in range(8))
    rotated = run(replace(pool_of(10, wanted=4), people=people), "s")
    assert set(rotated.teams[rotated.sessions[0]]) == {"sup_0", "sup_1"}
    counts = Counter(person for team in run(pool_of(16, people=8, wanted=16), "s").teams.values() for person in team)
    assert set(counts.values()) == {4}, "loads grow as the draw goes on, so the work is shared evenly"
    by_lot = run(replace(pool_of(10, wanted=4, method="RANDOM"), people=people), "s")
    assert by_lot == run(pool_of(10, wanted=4, method="RANDOM"), "s")


def test_a_replacement_is_the_next_of_the_committed_order():
    assert draw.replacement(("sup_3", "sup_1", "sup_2"), {"sup_3"}) == "sup_1"
    assert draw.replacement(("sup_3",), {"sup_3"}) is None
    assert draw.replacement((), ()) is None


def chi_square(counts: Counter[str], *, cells: int) -> float:
    expected = counts.total() / cells
    return sum((count - expected) ** 2 / expected for count in counts.values()) + (cells - len(counts)) * expected


@pytest.mark.requirement("Y045")
def test_sessions_and_people_are_drawn_without_bias():
    pool, rounds = pool_of(10, people=7, method="RANDOM"), 3_000
    outcomes = [run(pool, seed_of(SECRET, str(number))) for number in range(rounds)]
    first_sessions = Counter(outcome.sessions[0] for outcome in outcomes)
    first_people = Counter(outcome.teams[outcome.sessions[0]][0] for outcome in outcomes)
    pairs = Counter("+".join(sorted(outcome.teams[outcome.sessions[0]])) for outcome in outcomes)
    assert chi_square(first_sessions, cells=10) < 27.9  # 0.1 % at 9 degrees of freedom
    assert chi_square(first_people, cells=7) < 22.5  # at 6
    assert chi_square(pairs, cells=21) < 45.3  # at 20


@st.composite
def pools(draw_):
    sessions = tuple(
        Session(
            f"rec_{number}", f"agc_{draw_(st.integers(0, 3))}", f"2026-09-0{day}T0{hour}:00:00Z", f"2026-09-0{day}T0{hour + 2}:00:00Z", candidates
        )
        for number, (day, hour, candidates) in enumerate(
            draw_(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 7), st.integers(0, 400)), max_size=8))
        )
    )
    people = tuple(Person(f"sup_{number}", load) for number, load in enumerate(draw_(st.lists(st.integers(0, 3), max_size=9))))
    some = st.dictionaries(st.sampled_from([one.id for one in people]), st.just("原因"), max_size=3) if people else st.just({})
    rules = Rules(
        team_size=draw_(st.integers(1, 3)), quota=draw_(st.sampled_from([None, (3, 10), (1, 2), (1, 1)])), base=draw_(st.integers(0, 30)),
        already=draw_(st.integers(0, 12)), wanted=draw_(st.integers(0, 5)), method=draw_(st.sampled_from(draw.METHODS)),
        rotation_last_n=draw_(st.sampled_from([None, 1])), extra_above=draw_(st.sampled_from([None, 200])), extra_seats=draw_(st.integers(0, 2)),
        public_source="开奖",
    )  # fmt: skip
    return Pool(rules=rules, sessions=sessions, people=people, out=draw_(some), excluded={one.id: draw_(some) for one in sessions})


def load_script() -> dict[str, object]:
    names: dict[str, object] = {"__name__": "verify_draw"}
    exec(compile(SCRIPT.read_text(encoding="utf-8"), str(SCRIPT), "exec"), names)  # noqa: S102 - as a stranger would run it, without our modules
    return names


DIFFERENCES = load_script()["differences"]


@given(pools(), st.text("0123456789", min_size=1))
def test_the_script_and_the_service_agree(pool, public_value):
    published = publish(pool, public_value)
    assert read_pool(published.pool) == read_pool(canonical(read_pool(published.pool)))
    assert verify(published) == []
    assert DIFFERENCES(json.loads(draw.published_json(published))) == []
    assert draw.read_outcome(json.loads(json.dumps(draw.outcome_json(published.outcome)))) == published.outcome


def tampered(published: Published) -> list[tuple[str, Published]]:
    first = published.outcome.sessions[0]
    team, reserve = published.outcome.teams[first], published.outcome.reserves[first]
    teams, reserves = published.outcome.teams, published.outcome.reserves

    def said(**changes: object) -> Published:
        return replace(published, outcome=replace(published.outcome, **changes))

    return [
        ("somebody of the reserve in the team", said(teams={**teams, first: (reserve[0], team[1])})),
        ("the leader changed", said(teams={**teams, first: team[::-1]})),
        ("the reserve in another order", said(reserves={**reserves, first: reserve[::-1]})),
        ("another order of sessions", said(sessions=published.outcome.sessions[::-1])),
        ("a shortfall invented", said(shortfalls={first: 1})),
        ("a quota missed", said(sessions_short=1)),
        ("somebody put out afterwards", replace(published, pool=published.pool.replace('"out":{}', f'"out":{{"{team[0]}":"AGE"}}'))),
        ("a load changed", replace(published, pool=published.pool.replace('"load":0', '"load":1', 1))),
        ("a rule changed", replace(published, pool=published.pool.replace('"team_size":2', '"team_size":1'))),
        ("not canonical", replace(published, pool=published.pool.replace(",", ", ", 1))),
        ("another secret", replace(published, secret=sha256(b"another").hexdigest())),
        ("another public value", replace(published, public_value="2 7 1")),
        ("another seed", replace(published, seed=sha256(b"nicer").hexdigest())),
        ("another commitment", replace(published, commitment=sha256(b"other").hexdigest())),
    ]


TAMPERED = tampered(publish(pool_of()))


@pytest.mark.parametrize("published", [one for _, one in TAMPERED], ids=[name for name, _ in TAMPERED])
def test_any_tampering_is_found_by_both(published):
    assert verify(published) != []
    assert DIFFERENCES(json.loads(draw.published_json(published))) != []


def test_the_script_stands_alone_and_says_ok_or_fails(tmp_path):
    source = SCRIPT.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 60
    assert "domain" not in source
    for published, code in ((publish(pool_of()), 0), (TAMPERED[0][1], 1)):
        file = tmp_path / "draw.json"
        file.write_text(draw.published_json(published), encoding="utf-8")
        done = subprocess.run([sys.executable, "-I", str(SCRIPT), str(file)], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        assert done.stdout == ("OK\n" if code == 0 else "teams differ from what the seed draws\n")


def test_the_draw_uses_the_standard_library_only():
    imported = {
        line.split()[1].partition(".")[0]
        for line in Path(draw.__file__).read_text(encoding="utf-8").splitlines()
        if line.startswith(("import ", "from "))
    }
    assert imported <= sys.stdlib_module_names
    assert not imported & {"random", "secrets", "time", "os"}


@pytest.mark.parametrize(
    "changed",
    [
        {"sessions": (session(0), session(0))},
        {"people": (Person("sup_0", 0), Person("sup_0", 0))},
        {"people": (Person("sup:0", 0),)},
        {"people": (Person("sup_0", -1),)},
        {"people": (Person("sup_0", True),)},
        {"sessions": (replace(session(0), starts="2026-09-01T04:00:00Z"),)},
        {"sessions": (replace(session(0), starts="2026-09-01T01:00:00+08:00"),)},
        {"out": {"sup_99": "AGE"}},
        {"excluded": {"rec_99": {"sup_0": "AGE"}}},
        {"excluded": {"rec_0": {"sup_99": "AGE"}}},
        {"rules": replace(RULES, team_size=0)},
        {"rules": replace(RULES, method="FAVOURITE")},
        {"rules": replace(RULES, algorithm="dudao-draw-3")},
        {"sessions": (replace(session(0), weight=0),)},
        {"sessions": (replace(session(0), weight=True),)},
        {"rules": replace(RULES, algorithm="dudao-draw-1"), "sessions": (replace(session(0), weight=2),)},
        {"rules": replace(RULES, quota=(3, 0))},
        {"rules": replace(RULES, quota=(11, 10))},
        {"rules": replace(RULES, base=-1)},
        {"rules": replace(RULES, public_source=" ")},
    ],
)
def test_a_pool_that_cannot_be_drawn_from_is_refused(changed):
    with pytest.raises(BadPool):
        canonical(replace(pool_of(), **changed))


@settings(max_examples=200)
@given(
    st.one_of(
        st.text(max_size=30), st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3)).map(json.dumps)
    )
)
def test_verification_answers_nonsense_with_a_problem(text):
    empty = Outcome((), {}, {})
    assert verify(Published(pool=text, commitment="", secret=SECRET, public_value="1", seed="", outcome=empty)) != []


def test_secret_and_public_value_must_be_given():
    with pytest.raises(ValueError, match="64 hexadecimal"):
        commitment_of("{}", "short")
    with pytest.raises(ValueError, match="public value"):
        seed_of(SECRET, " ")
    assert verify(replace(publish(pool_of()), secret="short")) != []
    with pytest.raises(ValueError, match="not an outcome"):
        draw.read_outcome({"sessions": []})
