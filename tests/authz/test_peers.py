"""What other engines are asked in the benchmark is the whole of what inspections know of rights, and each answers it as we do: else its time says nothing."""

import re
from uuid import UUID

import pytest

from authz.access import POLICY, meaning
from authz.relations import Relation, refers
from bench import rights
from bench.load import Voided
from bench.peers_decisions import HOME, MODULES, REQUIREMENTS, Question, alike, answering, by_casbin, ours, questions
from models.base import new_id, table_of
from models.inspections import Inspection

QUESTIONS = questions(300)
SPOKEN = sorted({line.relation for line in POLICY.lines if line.action.startswith("inspection.")})


def by_lines(asked: Question, *, without: Relation | None = None) -> bool:
    """As the lines say, wall apart, but for those of one relation."""
    world = asked.world()

    def stands(relation: Relation) -> bool:
        return relation is not without and meaning(table_of(Inspection), relation).holds(asked.actor, asked.row, world)

    gives = any(stands(line.relation) for line in POLICY.allowing(asked.actor.roles, asked.action))
    return gives and not any(stands(line.relation) for line in POLICY.denying(asked.action))


@pytest.mark.parametrize("relation", SPOKEN)
def test_each_relation_decides_some_of_the_questions(relation: Relation) -> None:
    assert any(by_lines(one) is not by_lines(one, without=relation) for one in QUESTIONS)


def test_the_wall_decides_some_of_the_questions() -> None:
    assert any(by_lines(one) and not ours(one) for one in QUESTIONS)


def test_enforce_answers_as_we_do() -> None:
    prepared = by_casbin()
    alike("enforce", QUESTIONS[:100], [prepared(one)() for one in QUESTIONS[:100]])


@pytest.mark.skipif(not (HOME / "requirements.txt").exists(), reason="the benchmark has not installed the peers")
@pytest.mark.parametrize("name", MODULES)
def test_the_peers_answer_as_we_do_and_let_themselves_be_timed(name: str) -> None:
    with answering(HOME / "bin" / "python", name, QUESTIONS) as peer:
        assert all(took > 0 for took in peer.timed(3))


def test_one_other_answer_voids_the_peer() -> None:
    answers = [ours(one) for one in QUESTIONS]
    alike("nobody", QUESTIONS, answers)
    with pytest.raises(Voided, match="nobody decides 1 of 300 otherwise"):
        alike("nobody", QUESTIONS, [not answers[0], *answers[1:]])


def test_who_cannot_be_had_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    few: dict[str, int] = dict.fromkeys(rights.TIMES, 2)
    monkeypatch.setattr(rights, "installed", lambda: None)
    monkeypatch.setattr(rights, "TIMES", few)
    monkeypatch.setattr(rights, "QUESTIONS", 3)
    found = rights.Rights({})
    rights.deciding_costs(found)
    assert "| cedarpy, p50 | not installed | |" in found.table()
    assert "| oso, p50 | not installed | |" in found.table()
    assert found.figures[rights.DECISION] > 0


def test_the_peers_are_pinned_by_hash_and_named_by_no_address() -> None:
    text = REQUIREMENTS.read_text(encoding="utf-8")
    assert not re.search(r"://|^\s*(--index-url|--extra-index-url|--find-links|-i|-f|--trusted-host)\b", text, re.MULTILINE)
    entries = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert {"cedarpy", "oso"} <= {one.split("==")[0] for one in entries}
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", one) for one in entries)


class Lazy:
    """A row of which nothing is loaded yet."""

    def __getattr__(self, name: str) -> object:
        return KNOWN if name == "agency_id" else None


KNOWN = new_id()


@pytest.mark.parametrize("row", [Inspection(agency_id=KNOWN, district_id=None), Lazy()], ids=["loaded", "lazy"])
def test_unknown_refers_to_nothing_on_either_side(row: Inspection) -> None:
    assert refers(row, "agency_id", UUID(str(KNOWN))), "equal, not identical"
    assert not refers(row, "agency_id", new_id())
    assert not refers(row, "agency_id", None)
    assert not refers(row, "district_id", None)
    assert not refers(row, "district_id", KNOWN)
