"""Versions of the policy as tables. Lines are immutable and a number is never given twice, so what was compiled once stays right."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from authz.policy import BadPolicy, Said, Table, digest_of, table_said
from models.database import Reading

SHIPPED = 1
MOST = 256

LINES = """
SELECT json_build_object('digest', v.digest, 'lines', (
  SELECT json_agg(json_build_array(l.line, l.article, l.kind, l.role, l.base, l.relation, l.object, l.action, l.effect) ORDER BY l.line)
    FROM policy_line l WHERE l.policy_version_id = v.id))::text
  FROM policy_version v WHERE v.number = $1
"""


class PolicyUnavailable(Exception):  # noqa: N818 - rights cannot be told, so there are none
    """The version of the policy in force is not to be had: not stored, altered, or refused. Nobody is given the rights of another version instead."""

    def __init__(self, version: int, why: str) -> None:
        super().__init__(f"version {version}: {why}")


class Versions:
    """The tables of the versions lately in force, at most `most`. A table is built and put in place whole; none is ever edited."""

    def __init__(self, shipped: Table, check: Callable[[Table], None], *, most: int = MOST) -> None:
        self.shipped = shipped
        self._check = check
        self._most = most
        self._known: OrderedDict[int, Table | BadPolicy] = OrderedDict()

    def table(self, version: int) -> Table:
        """The table of a version that is ready. Raises PolicyUnavailable."""
        found = self.shipped if version == SHIPPED else self._known.get(version)
        if isinstance(found, Table):
            return found
        raise PolicyUnavailable(version, str(found or "not loaded"))

    def ready(self, version: int) -> bool:
        return version == SHIPPED or isinstance(self._known.get(version), Table)

    async def ensure(self, reading: Reading, version: int) -> Table:
        """The table of a version, loaded and compiled where it is not ready. Raises PolicyUnavailable; one refused is refused without looking again."""
        if version != SHIPPED and version not in self._known:
            said = await self.read(reading, version)
            if version not in self._known:
                self._known[version] = self._tried(said)
                while len(self._known) > self._most:
                    self._known.popitem(last=False)
        if version in self._known:
            self._known.move_to_end(version)
        return self.table(version)

    async def read(self, reading: Reading, version: int) -> tuple[Said, ...]:
        """The lines of a version, in force or not, as they were written. Raises PolicyUnavailable where they are not what was proposed."""
        if version == SHIPPED:
            return self.shipped.said
        found = await reading.document(LINES, [version])
        if found is None:
            raise PolicyUnavailable(version, "not stored")
        stored = orjson.loads(found)
        said = tuple(line_stored(one) for one in stored["lines"] or ())
        if digest_of(said) != stored["digest"]:
            raise PolicyUnavailable(version, "its lines are not the ones that were proposed")
        return said

    def compiled(self, said: Sequence[Said]) -> Table:
        """Lines as a table, held to all that is pinned. Raises BadPolicy."""
        table = table_said(said)
        self._check(table)
        return table

    def _tried(self, said: Sequence[Said]) -> Table | BadPolicy:
        try:
            return self.compiled(said)
        except BadPolicy as refused:
            return refused


def line_stored(row: Sequence[Any]) -> Said:
    number, article, *words = row
    return Said(number, tuple(word for word in words if word is not None), article)
