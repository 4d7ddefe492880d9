"""Random histories of offers, visits, returns, terms, cases, appeals and reviews by the verbs of the domain, beside a plain model, under both regimes.

A history that fails is shortened as far as it still fails, and printed step by step with the number that repeats it: `pytest tests/histories
--history=NUMBER` runs that one alone.
"""

import logging
from random import Random, randrange
from typing import Any

import pytest

from models.database import Database
from tests.histories.ground import Choice, Ground
from tests.histories.moves import VERBS, never
from tests.histories.told import BEIJING, YUNNAN

pytestmark = pytest.mark.anyio
LOG = logging.getLogger(__name__)

HISTORIES, STEPS = 26, 200
"""So many histories of so many steps in each regime: more than ten thousand."""
MOODS = ("onward", "onward", "against", "against", "lawful", "seldom", "curious", "whatever", "whatever")
PATIENCE = 60
"""So many shorter histories are tried before a failing one is printed."""


def history(number: int) -> list[Choice]:
    chance = Random(number)  # noqa: S311 - nobody gains by foreseeing it
    return [(chance.choice(MOODS), chance.randrange(1 << 30)) for _ in range(STEPS)]


async def shortened(ground: Ground, choices: list[Choice]) -> list[Choice]:
    """Without what it fails without: halves first, single steps last."""
    left, size = PATIENCE, len(choices) // 2
    while size and left:
        at = 0
        while at < len(choices) and left:
            left, fewer = left - 1, choices[:at] + choices[at + size :]
            taken, wrong = await ground.run(fewer)
            choices, at = (fewer[: len(taken)], at) if wrong else (choices, at + size)
        size //= 2
    return choices


@pytest.mark.requirement("INV03", "INV10", "INV13", "INV14", "INV19", "Y067", "Y068", "Y089", "B023", "A09", "Y076", "A14")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("regime", [BEIJING, YUNNAN], ids=lambda one: one["profile"])
async def test_any_history_is_as_the_model_says(database: Database, maker: Database, regime: dict[str, Any], request: pytest.FixtureRequest) -> None:
    ground, asked = await Ground.made(database, maker, regime), request.config.getoption("--history")
    for number in [randrange(1 << 30) for _ in range(HISTORIES)] if asked is None else [asked]:  # noqa: S311
        taken, wrong = await ground.run(choices := history(number))
        if wrong:
            LOG.error("--history=%s fails after %s steps: %s; %s", number, len(taken), wrong, taken[-1])
            taken, wrong = await ground.run(await shortened(ground, choices[: len(taken)]))
            pytest.fail("\n".join([f"{regime['profile']}, --history={number}", *taken, str(wrong)]), pytrace=False)
    if asked is None:
        assert ground.steps.total() == HISTORIES * STEPS
        assert {verb for verb in VERBS if not ground.steps[verb, "DONE"]} == never(regime), ground.steps
