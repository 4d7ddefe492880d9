"""`python -m bench.storm`: all districts file their monthly return in the same minute, each three times under one key. Is each filed once, and quickly?"""

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from uuid import UUID

from app.databases import connect
from bench import processes
from bench.data import fresh
from bench.figures import HERE, about_machine
from bench.states import Prepared, Ready, prepared
from bench.steady import Answer, Figure, Lines, Report, Spread, Tally, at, closed_loop, paced, request, run

DISTRICTS, SECONDS, GOAL, WORKERS = 3_000, 60.0, 500.0, 2
WARMING = 30
"""So many districts more file before, one after another, and are not counted: the first filing of a process makes its statements."""

SUBMIT = (HERE / "queries" / "monthly_return_submit.graphql").read_text(encoding="utf-8")
FIRST, AT_ONCE, AFTERWARDS = "first of a key", "retry at the same moment", "retry after the answer"

WRITTEN = """
SELECT json_object_agg(o.id, json_build_array(
  (SELECT count(*) FROM monthly_return r WHERE r.district_id = o.id),
  (SELECT count(*) FROM event e WHERE e.organization_id = o.id AND e.subject_kind = 'MonthlyReturn' AND e.step = 'SUBMIT'),
  (SELECT count(*) FROM decision d WHERE d.organization_id = o.id AND d.action = 'monthly_return.submit' AND d.outcome = 'ALLOWED'),
  (SELECT count(*) FROM request q WHERE q.organization_id = o.id AND q.mutation = 'monthlyReturnSubmit')))::text
  FROM organization o WHERE o.tier = 'DISTRICT'
"""
"""Of each district: returns, their events, decisions and keys. Each is to be one."""


@dataclass
class Herd:
    """All districts, and what they were answered."""

    port: int
    month: str
    lines: Lines
    tally: Tally = field(default_factory=Tally)
    answers: dict[UUID, list[Answer]] = field(default_factory=dict)

    async def file(self, n: int, planned: float, clerk: Ready) -> None:
        """Three times: every other district sends two of them at the same moment, as an impatient clerk does; the rest come after the answer."""
        asked = request(self.port, clerk.token, SUBMIT, key=f"return-{self.month}", month=self.month)
        kinds = [FIRST, AT_ONCE] if n % 2 else [FIRST]
        found = list(await asyncio.gather(*(self.tally.ask(self.lines, kind, asked, planned=planned) for kind in kinds)))
        while len(found) < 3:  # noqa: PLR2004
            found.append(await self.tally.ask(self.lines, AFTERWARDS, asked, planned=asyncio.get_running_loop().time()))
        self.answers[clerk.id] = found

    def unlike(self) -> int:
        """Districts that were not told the same thrice, or not once as new and twice as replayed."""
        return sum(not alike(three) for three in self.answers.values())


def alike(three: Sequence[Answer]) -> bool:
    try:
        told = [json.loads(one.body)["data"]["monthlyReturnSubmit"] for one in three]
        flags = Counter(one.pop("replayed") for one in told)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    return flags == {False: 1, True: 2} and all(one == told[0] for one in told)


def failed(one: Answer) -> bool:
    return not one.status or one.status >= HTTPStatus.INTERNAL_SERVER_ERROR


async def stormed(port: int, ready: Prepared, *, seconds: float) -> Herd:
    early, clerks = ready.clerks[:WARMING], ready.clerks[WARMING:]
    first, herd = (Herd(port, ready.past, Lines(port)) for _ in range(2))
    await closed_loop(2, list(enumerate(early)), lambda one: first.file(one[0], asyncio.get_running_loop().time(), one[1]))
    step = seconds / len(clerks)
    await paced((n * step for n in range(len(clerks))), lambda n, planned: herd.file(n, planned, clerks[n]))
    for one in (first, herd):
        one.lines.close()
    return herd


async def written(owner: str) -> Mapping[str, list[int]]:
    connection = await connect(owner)
    try:
        found: dict[str, list[int]] = json.loads(await connection.fetchval(WRITTEN))
        return found
    finally:
        await connection.close()


def told(herd: Herd, rows: Mapping[str, list[int]], *, about: Mapping[str, str]) -> Report:
    """The verdict: what the clerks were answered, and what stands in the database."""
    everything = [one for many in herd.tally.seconds.values() for one in many]
    codes = herd.tally.all_codes()
    asked = {str(one) for one in herd.answers}
    report = Report("storm", {**about, "answers": ", ".join(f"{code} {count:,}" for code, count in sorted(codes.items()))})
    report.kinds = {kind: Spread.of(seconds) for kind, seconds in herd.tally.seconds.items()}
    report.figures = [
        Figure("returns filed, p99 of all three requests", at(everything, 99) * 1e3, "ms", GOAL),
        Figure("answers that are no success", codes.total() - codes["OK"], "", 0),
        Figure("answers with a status of 5xx, or none", sum(failed(one) for many in herd.answers.values() for one in many), "", 0),
        Figure("districts without exactly one return, event, decision and key", sum(rows.get(one) != [1, 1, 1, 1] for one in asked), "", 0),
        Figure("districts not told the same thrice, once new and twice replayed", herd.unlike(), "", 0),
    ]
    return report


def measured(folder: Path, *, districts: int = DISTRICTS, seconds: float = SECONDS, workers: int = WORKERS) -> Report:
    """On a database and a service of its own; `folder` is emptied before and after."""
    with fresh(folder) as made:
        ready = run(prepared(made.owner, districts=districts + WARMING))
        with processes.service(folder / "service.log", {"DUDAO_DATABASE_URL": made.url, "DUDAO_WORKERS": str(workers)}) as one:
            about = about_machine() | {"load": f"{districts:,} districts in {seconds:g} s, each three times; workers: {workers}"}
            herd = run(stormed(one.port, ready, seconds=seconds))
            return told(herd, run(written(made.owner)), about=about)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--districts", type=int, default=DISTRICTS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="in which all of them file")
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--folder", type=Path, default=processes.ROOT / "var" / "bench-storm", help="emptied before and after")
    given = parser.parse_args()
    report = measured(given.folder, districts=given.districts, seconds=given.seconds, workers=given.workers)
    print(f"Written to {report.write()}")
    print(report.table())


if __name__ == "__main__":
    main()
