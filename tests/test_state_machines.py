"""docs/state-machines.md is drawn from the tables that the service runs on."""

from tests.state_machines import GOLDEN, ITSELF, drawn, nouns


def test_the_drawing_is_of_today() -> None:
    assert drawn() == GOLDEN.read_text(encoding="utf-8"), "read the difference, then: python -m tests.state_machines"


def test_somebody_takes_each_step() -> None:
    """All but one have a right or a job behind them: a webhook that fails for days is suspended by who delivers."""
    assert [line for line in GOLDEN.read_text(encoding="utf-8").splitlines() if ITSELF in line] == [f"| ACTIVE | SUSPEND | SUSPENDED | {ITSELF} |  |"]


def test_each_status_is_reached() -> None:
    for noun in nouns():
        reached = noun.begins | {one.value for one in noun.lines.values()}
        assert {status.value for status, _ in noun.lines} <= reached
        assert noun.begins, noun.name
