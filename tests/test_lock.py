"""What may be installed: versions and hashes, never where from; no distribution that writes over another's package; nothing below its floor."""

import re
from pathlib import Path

import pytest

LOCK = (Path(__file__).resolve().parent.parent / "requirements.lock").read_text(encoding="utf-8")
PINNED = dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[a-z0-9,_-]+\])?==([^\s;\\]+)", LOCK, re.MULTILINE))
FLOORS = {
    "graphql-core": (3, 3, 1),
    "strawberry-graphql": (0, 327, 2),
    "starlette": (1, 3, 1),
    "uvicorn": (0, 51),
    "pycasbin": (2, 8, 0),
    "simpleeval": (1, 0, 5),
    "sqlalchemy": (2, 1, 9),
    "asyncpg": (0, 32, 0),
}


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.split("+", maxsplit=1)[0])[:3])


@pytest.mark.parametrize("impostor", ["gql", "casbin"])
def test_no_distribution_takes_the_name_of_a_room_or_of_a_package_we_use(impostor: str) -> None:
    assert impostor not in {name.lower() for name in PINNED}


def test_the_lock_names_no_place_to_load_from() -> None:
    assert not re.search(r"://|^\s*(--index-url|--extra-index-url|--find-links|-i|-f|--trusted-host)\b", LOCK, re.MULTILINE)


def test_every_distribution_is_pinned_by_version_and_hash() -> None:
    entries = [one for one in re.split(r"\n(?=[A-Za-z0-9])", LOCK.strip()) if not one.startswith("#")]
    assert len(entries) == len(PINNED)
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", one) for one in entries)


@pytest.mark.parametrize(("name", "floor"), FLOORS.items(), ids=str)
def test_nothing_stands_below_its_floor(name: str, floor: tuple[int, ...]) -> None:
    found = {one.lower().replace("_", "-"): version(text) for one, text in PINNED.items()}
    assert found[name] >= floor
