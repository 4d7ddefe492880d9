from datetime import date
from pathlib import Path

import pytest

from domain.grading import rating_of
from domain.profiles import parse_profile

FOLDER = Path(__file__).parents[2] / "seeds" / "profiles"
RULES = parse_profile((FOLDER / "yunnan-college-2023.toml").read_text(encoding="utf-8"), effective_from=date(2024, 1, 1))


@pytest.mark.requirement("Y036")
@pytest.mark.parametrize(
    ("score", "score_of", "rating"),
    [
        (100, 100, "EXCELLENT"),
        (90, 100, "EXCELLENT"),
        (45, 50, "EXCELLENT"),
        (89, 100, "GOOD"),
        (899, 1000, "GOOD"),
        (80, 100, "GOOD"),
        (79, 100, "QUALIFIED"),
        (60, 100, "QUALIFIED"),
        (59, 100, "UNQUALIFIED"),
        (0, 10, "UNQUALIFIED"),
    ],
)
def test_a_rating_is_a_share_of_the_points_compared_in_whole_numbers(score: int, score_of: int, rating: str) -> None:
    assert rating_of(score, score_of, RULES) == rating
