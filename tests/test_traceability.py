"""Nothing that the regulations ask is lost: each id is proved by a test and said in a source, or done by somebody else, or told to be open."""

import tomllib

import pytest

from tests.traceability import GOLDEN, OPEN, ROOT, catalogue, places, proofs, traced


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


SLIPS = ("现成考察", "本责令", "认定评价")


@pytest.mark.requirement("A30")
def test_slips_of_the_text_stand_in_the_catalogue_and_in_nothing_that_is_read() -> None:
    """The catalogue keeps the words of the text with the correction beside them; what a client reads has the corrected ones."""
    assert "现成(场)" in catalogue()["Y038"].original
    assert "本(并)责令" in catalogue()["Y069"].original
    read = [ROOT / "gql" / "schema.graphql", ROOT / "gql" / "messages.toml", *(ROOT / "seeds" / "checklists").glob("*.toml")]
    shown = [path.read_text(encoding="utf-8") for path in read]
    rules = [tomllib.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "seeds" / "profiles").glob("*.toml")]
    assert len(rules) == 2
    assert [slip for slip in SLIPS for text in (*shown, *map(str, rules)) if slip in text] == []
    assert {one["title"] for one in rules} >= {"云南机电职业技术学院职业技能等级认定质量督导人员管理办法（试行）"}
