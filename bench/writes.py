"""`python -m bench.writes`: the writes of the trade, each about a row prepared for it and sent once: signing a visit, filing a month, drawing one.

No peer stands beside them: none of the peers can say what these do (rules, rights on record, chained events, one answer for each key).
"""

import argparse
import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import processes
from bench.data import fresh
from bench.figures import about_machine
from bench.mixed import document
from bench.states import PLANNED, Prepared, Ready, prepared
from bench.steady import Figure, Lines, Report, Spread, Tally, closed_loop, request, run

WRITES, DRAWS, ROSTER, WARMING = 200, 24, 1_000, 8
CONNECTIONS = (1, 8)
SIGN, SUBMIT, FREEZE, DRAW = "inspectionSign", "monthlyReturnSubmit", "drawFreeze", "drawRun"


@dataclass
class Writer:
    """Sends each request once and keeps how long it took; the first few of a kind warm the service."""

    port: int
    tally: Tally = field(default_factory=Tally)
    rates: dict[str, float] = field(default_factory=dict)
    drawn: dict[str, str] = field(default_factory=dict)
    """The draw that each token has frozen."""

    async def warmed(self, kind: str, work: Sequence[Ready], make: Callable[[Ready], bytes]) -> None:
        """Shares the work between the numbers of connections, after the warming."""
        lines, share = Lines(self.port), (len(work) - WARMING) // len(CONNECTIONS)
        await closed_loop(1, work[:WARMING], lambda one: self._sent(lines, Tally(), kind, make, one))
        for n, connections in enumerate(CONNECTIONS):
            part, name = work[WARMING + n * share : WARMING + (n + 1) * share], f"{kind}, {connections} connection{'s' * (connections > 1)}"
            took = await closed_loop(connections, part, lambda one, name=name: self._sent(lines, self.tally, name, make, one))  # type: ignore[misc]
            self.rates[name] = len(part) / took
        lines.close()

    async def _sent(self, lines: Lines, tally: Tally, kind: str, make: Callable[[Ready], bytes], one: Ready) -> None:
        answer = await tally.ask(lines, kind, make(one), planned=asyncio.get_running_loop().time())
        if answer.code != "OK":
            raise RuntimeError(f"{kind}: {answer.body[:500].decode()}")
        if b'"drawFreeze"' in answer.body:
            self.drawn[one.token] = json.loads(answer.body)["data"]["drawFreeze"]["draw"]["id"]


async def written(port: int, ready: Prepared) -> Writer:
    """All writes, kind after kind. Leaders sign before members, so that two of one visit do not wait for one another."""
    writer = Writer(port)
    sign, submit, freeze, draw = (document(one) for one in ("inspection_sign", "monthly_return_submit", "draw_freeze", "draw_run"))

    def visit(one: Ready) -> bytes:
        return request(port, one.token, sign, key=f"sign-{one.id}", inspection=f"insp_{one.id.hex}")

    await writer.warmed(SIGN, [*ready.signers[::2], *ready.signers[1::2]], visit)
    await writer.warmed(SUBMIT, ready.clerks, lambda one: request(port, one.token, submit, key="month", month=ready.past))
    await writer.warmed(FREEZE, ready.dispatchers, lambda one: request(port, one.token, freeze, key="freeze", month=ready.coming))
    frozen = [one for one in ready.dispatchers if one.token in writer.drawn]
    await writer.warmed(DRAW, frozen, lambda one: request(port, one.token, draw, key="run", draw=writer.drawn[one.token]))
    return writer


def measured(folder: Path, *, writes: int = WRITES, draws: int = DRAWS) -> Report:
    """On a database and a service of its own; `folder` is emptied before and after. `writes` and `draws` count for each number of connections."""
    count, drawing = (len(CONNECTIONS) * one + WARMING for one in (writes, draws))
    with fresh(folder) as made:
        ready = run(prepared(made.owner, districts=max(count, drawing), people=ROSTER, visits=count // 2, draws=drawing))
        with processes.service(folder / "service.log", {"DUDAO_DATABASE_URL": made.url}) as one:
            writer = run(written(one.port, ready))
    report = Report("writes", about_machine() | {"peers": "none can express these writes"})
    report.about["draws"] = f"{PLANNED} sessions and a roster of at least {ROSTER:,}, with employers, assessors and rotation to exclude by"
    report.kinds = {name: Spread.of(took) for name, took in writer.tally.seconds.items()}
    report.figures = [Figure(name, rate, "/s") for name, rate in writer.rates.items()]
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writes", type=int, default=WRITES, help="signatures and returns for each number of connections")
    parser.add_argument("--draws", type=int, default=DRAWS, help="for each number of connections")
    parser.add_argument("--folder", type=Path, default=processes.ROOT / "var" / "bench-writes", help="emptied before and after")
    given = parser.parse_args()
    report = measured(given.folder, writes=given.writes, draws=given.draws)
    print(f"Written to {report.write()}")
    print(report.table())


if __name__ == "__main__":
    main()
