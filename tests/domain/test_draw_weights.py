"""A session has as many tickets in the lot as its weight; draws of the earlier algorithm hold as they did."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest

from domain import draw
from domain.control import weight_of
from domain.draw import canonical, run, verify
from tests.domain.test_draw import SCRIPT, pool_of, publish, session


@pytest.mark.requirement("N11")
def test_a_session_of_weight_two_is_twice_as_often_first_and_anybody_can_recompute_it(tmp_path):
    plain = pool_of(2, quota=None, wanted=1)
    weighed = replace(plain, sessions=(session(0), replace(session(1), weight=2)))
    first = Counter(run(weighed, f"seed {n}").sessions[0] for n in range(3000))
    assert 1900 < first["rec_1"] < 2100
    assert all(run(plain, f"seed {n}") == run(replace(plain, rules=replace(plain.rules, algorithm="dudao-draw-1")), f"seed {n}") for n in range(50))
    file = tmp_path / "draw.json"
    for pool in (weighed, replace(plain, rules=replace(plain.rules, algorithm="dudao-draw-1"))):
        published = publish(pool)
        assert verify(published) == []
        file.write_text(draw.published_json(published), encoding="utf-8")
        assert subprocess.run([sys.executable, SCRIPT, file], capture_output=True, text=True, check=True).stdout == "OK\n"
    assert "weight" not in canonical(replace(plain, rules=replace(plain.rules, algorithm="dudao-draw-1")))
    heavier = publish(weighed, "3 1 5")
    lighter = replace(heavier, pool=heavier.pool.replace('"weight":2', '"weight":1'))
    assert "the commitment does not match pool and secret" in verify(lighter)


@pytest.mark.requirement("N11")
def test_each_begun_tenth_that_was_missed_adds_one_up_to_the_bound():
    assert [weight_of(*one, 3) for one in ((0, 0), (20, 0), (20, 1), (20, 2), (20, 3), (20, 5), (20, 20))] == [1, 1, 2, 2, 3, 3, 3]
    assert weight_of(20, 20, 1) == 1
