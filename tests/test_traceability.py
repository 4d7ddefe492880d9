"""Nothing that the regulations ask is lost: each id is proved by a test and said in a source, or done by somebody else, or told to be open."""

import pytest

from tests.traceability import GOLDEN, OPEN, catalogue, places, proofs, traced


def test_the_table_is_of_today() -> None:
    assert traced() == GOLDEN.read_text(encoding="utf-8"), "read the difference, then: python -m tests.traceability"


def test_a_mark_names_a_requirement() -> None:
    assert set(proofs()) <= set(catalogue())


@pytest.mark.parametrize("id", catalogue())
def test_each_is_proved_or_accounted_for(id: str) -> None:
    proved, otherwise = id in proofs(), catalogue()[id].otherwise
    assert proved != bool(otherwise), f"{id}: proved {proved}, and {otherwise or 'nobody else does it'}"


@pytest.mark.parametrize("id", [id for id in catalogue() if id in proofs() and id[0] in "YBF"])
def test_what_is_proved_is_said_where_it_is_done(id: str) -> None:
    assert id in places(), f"no source cites {id}"


def test_what_is_open_is_told() -> None:
    assert all(one.otherwise == OPEN or one.otherwise.endswith(".") for one in catalogue().values() if one.otherwise)
