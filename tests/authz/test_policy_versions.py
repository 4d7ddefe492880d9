"""Versions as tables: loaded once, kept within bounds, never another one instead."""

from collections.abc import Sequence

import orjson
import pytest

from authz.access import POLICY, VERSIONS, sound
from authz.changes import Addition, changed
from authz.policy import Said, digest_of
from authz.versions import SHIPPED, PolicyUnavailable, Versions

pytestmark = pytest.mark.anyio


class Stored:
    """Stands where the database's connection does: versions by number, as PostgreSQL would build their text."""

    def __init__(self, **versions: Sequence[Said]) -> None:
        self.versions = {int(name.removeprefix("v")): said for name, said in versions.items()}
        self.asked = 0

    async def document(self, _statement: str, values: Sequence[object]) -> str | None:
        self.asked += 1
        said = self.versions.get(int(str(values[0])))
        if said is None:
            return None
        lines = [[one.number, one.article, *one.words] for one in said]
        return orjson.dumps({"digest": digest_of(said), "lines": lines}).decode()


def loosened() -> tuple[Said, ...]:
    return changed(POLICY.said, adds=[Addition("p, center_clerk, OWN_ORG, upload, read, allow", "house")], removes=[])


async def test_the_shipped_version_needs_no_database() -> None:
    stored = Stored()
    assert await Versions(POLICY, sound).ensure(stored, SHIPPED) is POLICY
    assert VERSIONS.table(SHIPPED) is POLICY
    assert stored.asked == 0


async def test_a_version_is_read_and_compiled_once() -> None:
    stored, versions = Stored(v5=loosened()), Versions(POLICY, sound)
    with pytest.raises(PolicyUnavailable):
        versions.table(5)
    table = await versions.ensure(stored, 5)
    assert await versions.ensure(stored, 5) is table is versions.table(5)
    assert (stored.asked, len(table.lines)) == (1, len(POLICY.lines) + 1)


async def test_what_is_refused_is_refused_without_looking_again() -> None:
    broken = changed(POLICY.said, adds=[], removes=["p, anyone, EMPLOYER, inspection, sign, deny"])
    stored, versions = Stored(v6=broken), Versions(POLICY, sound)
    for _ in range(3):
        with pytest.raises(PolicyUnavailable, match="own_agency"):
            await versions.ensure(stored, 6)
    assert stored.asked == 1


async def test_what_is_not_stored_may_come_later() -> None:
    stored, versions = Stored(), Versions(POLICY, sound)
    with pytest.raises(PolicyUnavailable, match="not stored"):
        await versions.ensure(stored, 7)
    stored.versions[7] = loosened()
    assert await versions.ensure(stored, 7)


async def test_altered_lines_are_not_used() -> None:
    class Altered(Stored):
        async def document(self, statement: str, values: Sequence[object]) -> str | None:
            return str(await super().document(statement, values)).replace("SUBTREE", "OWN_ORG", 1)

    with pytest.raises(PolicyUnavailable, match="not the ones"):
        await Versions(POLICY, sound).ensure(Altered(v8=loosened()), 8)


async def test_the_ones_lately_in_force_are_kept() -> None:
    said = loosened()
    stored, versions = Stored(v2=said, v3=said, v4=said), Versions(POLICY, sound, most=2)
    for number in (2, 3, 2, 4):
        await versions.ensure(stored, number)
    assert versions.table(2)
    assert versions.table(4)
    with pytest.raises(PolicyUnavailable):
        versions.table(3)
