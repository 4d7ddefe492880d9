"""One plan of visits that can be staffed together."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.calendar import Period
from domain.sampling import Chance, planned_visits

NOON = datetime(2026, 9, 20, 4, 0, tzinfo=UTC)


def chance(n: int, *free: str, agency: int | None = None, hours: int | None = None) -> Chance:
    """At an agency and a time of its own, unless said."""
    starts = NOON + timedelta(hours=10 * n if hours is None else hours)
    return Chance(UUID(int=n), UUID(int=1000 + (n if agency is None else agency)), Period(starts, starts + timedelta(hours=3)), frozenset(free))


@pytest.mark.requirement("N5")
@pytest.mark.parametrize(
    ("chances", "team", "visits"),
    [
        ([], 2, 0),
        ([chance(1, "a")], 2, 0),
        ([chance(1, "a", "b"), chance(2, "a", "b")], 2, 2),
        ([chance(1, "a", "b"), chance(2, "a", "b", hours=11)], 2, 1),
        ([chance(1, "a", "b"), chance(2, "a", "b", hours=13)], 2, 2),
        ([chance(1, "a", "b", agency=7), chance(2, "a", "b", agency=7)], 2, 1),
        ([chance(1, "a", "b", "c", hours=0), chance(2, "a", "b", hours=1), chance(3, "c", hours=2)], 1, 3),
        ([chance(1, "a", "b", "c", "d", hours=0), chance(2, "a", "b", hours=0)], 2, 2),
    ],
)
def test_nobody_is_in_two_places_or_twice_at_one_agency(chances: list[Chance], team: int, visits: int) -> None:
    assert planned_visits(chances, team) == visits
    assert planned_visits(chances[::-1], team) == visits
