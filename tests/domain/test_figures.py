import json
from hashlib import sha256
from itertools import product
from uuid import UUID

import pytest

from domain import returns
from domain.calendar import Month
from domain.canonical import canonical
from domain.errors import BadInput
from domain.figures import Coverage, differences, needed, sealed
from models.returns import MonthlyReturnStatus

DISTRICT = UUID(int=5)


@pytest.mark.requirement("INV05", "B028", "A01")
@pytest.mark.parametrize(("held", "least"), [(0, 0), (1, 1), (3, 1), (4, 2), (10, 3), (11, 4), (20, 6), (21, 7), (100, 30), (101, 31)])
def test_three_in_ten_rounded_up_in_integers(held: int, least: int) -> None:
    found = needed(held, (3, 10))
    assert found == least
    assert found * 10 >= held * 3
    assert found == 0 or (found - 1) * 10 < held * 3


def test_without_a_ratio_none_is_needed() -> None:
    assert needed(50, None) == 0


@pytest.mark.requirement("N12")
def test_the_same_content_is_the_same_bytes() -> None:
    lines = [{"inspection": "b", "agency": "第一评价机构"}, {"agency": "第二评价机构", "inspection": "a"}]
    again = [{"agency": "第一评价机构", "inspection": "b"}, {"inspection": "a", "agency": "第二评价机构"}]
    first, second = (sealed(DISTRICT, Month(2026, 8), Coverage(10, 3, 3), lines=one) for one in (lines, again))
    assert first.document == second.document
    assert first.digest == second.digest == sha256(first.document).hexdigest()
    assert json.loads(first.document) == {
        "district": DISTRICT.hex, "month": "2026-08", "held": 10, "inspected": 3, "needed": 3, "lines": lines,
    }  # fmt: skip
    assert sealed(DISTRICT, Month(2026, 8), Coverage(10, 4, 3), lines=lines).digest != first.digest
    assert canonical({"二": 1, "a": None}) == '{"a":null,"二":1}'.encode()


@pytest.mark.requirement("N12", "B053")
def test_a_nil_return_is_a_document_too() -> None:
    nil = sealed(DISTRICT, Month(2026, 8), Coverage(0, 0, 0), lines=[])
    assert json.loads(nil.document)["lines"] == []
    assert len(nil.digest) == 64


@pytest.mark.requirement("N12")
def test_differences_name_the_lines_that_changed() -> None:
    before = [{"inspection": "a", "no": 1}, {"inspection": "b", "no": 0}, {"inspection": "c", "no": 0}]
    after = [{"inspection": "b", "no": 2}, {"inspection": "c", "no": 0}, {"inspection": "d", "no": 0}]
    assert differences(before, after) == [
        {"inspection": "a", "change": "REMOVED"},
        {"inspection": "b", "change": "CHANGED"},
        {"inspection": "d", "change": "ADDED"},
    ]
    assert differences(before, before) == []


def test_the_state_table_of_returns() -> None:
    S, T = MonthlyReturnStatus, returns.Step  # noqa: N806
    allowed = {(S.SUBMITTED, T.ACCEPT): S.ACCEPTED, (S.SUBMITTED, T.SEND_BACK): S.SENT_BACK, (S.SENT_BACK, T.REPLACE): S.REPLACED}
    for one in product(S, T):
        assert returns.STEPS.get(one) == allowed.get(one)


@pytest.mark.parametrize("text", ["", "2026-13", "2026-8", "2026-08-01", "２０２６-08", "August"])
def test_only_a_month_is_a_month(text: str) -> None:
    with pytest.raises(BadInput):
        returns.month_of(text)
