"""`python -m bench.mixed`: two hundred operations a second, as an office asks them, at a fixed rate; how long they take, and what they leave in memory."""

import argparse
import asyncio
import itertools
import json
import random
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from app import accounts, clock
from bench import processes
from bench.data import fresh
from bench.figures import HERE, about_machine
from bench.steady import Figure, Lines, Report, Spread, Tally, at, paced, request, run
from bench.worlds import clerks_of_agencies
from models.database import Database
from seeds.scale import seed_scale

RATE, SECONDS, CLERKS, SEED = 200, 600.0, 100, 20_261_122
SHARES = {"one inspection": 50, "workbench": 20, "roster of 100": 15, "deep page of 50": 5, "register a session": 10}
"""In a hundred operations."""
WRITES = frozenset({"register a session"})
DISTRICT = "scale-110105"
PROMISED_P50, PROMISED_P99 = 30.0, 200.0


def document(name: str) -> str:
    return (HERE / "queries" / f"{name}.graphql").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Asking:
    """Makes the next request of a kind. Reads are a dispatcher's, each write is another clerk's and under a new key."""

    port: int
    token: str
    inspections: Sequence[str]
    clerks: Sequence[str] = ()
    numbers: Iterator[int] = field(default_factory=itertools.count)
    run: str = field(default_factory=lambda: secrets.token_hex(4))

    def makers(self) -> Mapping[str, Callable[[], bytes]]:
        fixed = {
            "workbench": request(self.port, self.token, document("workbench")),
            "roster of 100": request(self.port, self.token, document("roster"), first=100),
            "deep page of 50": request(self.port, self.token, document("page"), first=50),
        }
        one_row, register = document("one_row"), document("session_register")
        known = [request(self.port, self.token, one_row, id=one) for one in self.inspections]
        turns = itertools.cycle(known)
        made: dict[str, Callable[[], bytes]] = {kind: lambda said=said: said for kind, said in fixed.items()}  # type: ignore[misc]
        made["one inspection"] = lambda: next(turns)
        made["register a session"] = lambda: self.registering(register)
        return made

    def registering(self, text: str) -> bytes:
        n = next(self.numbers)
        starts = clock.now() + timedelta(days=30, minutes=n)
        times = {"startsAt": starts.isoformat(), "endsAt": (starts + timedelta(hours=3)).isoformat()}
        return request(self.port, self.clerks[n % len(self.clerks)], text, key=f"{self.run}-{n}", **times)


async def asking(port: int, token: str, clerks: Sequence[str] = ()) -> Asking:
    """With the newest hundred inspections that the token may see."""
    lines = Lines(port)
    answer = await lines.ask(request(port, token, "{ inspections(first: 100) { nodes { id } } }"))
    lines.close()
    if answer.code != "OK":
        raise RuntimeError(f"the service does not answer: {answer.code}")
    return Asking(port, token, [one["id"] for one in json.loads(answer.body)["data"]["inspections"]["nodes"]], clerks)


def mixture(shares: Mapping[str, int], *, writes: bool) -> Iterator[str]:
    """Kinds at random in these shares, the same at every run."""
    chance = random.Random(SEED)  # noqa: S311 - a mixture, not a secret
    kinds = [kind for kind in shares if writes or kind not in WRITES]
    while True:
        yield from chance.choices(kinds, [shares[kind] for kind in kinds], k=1_000)


@asynccontextmanager
async def weighed(resident: Callable[[], float], every: float) -> AsyncIterator[list[float]]:
    """The memory of the worker, from the beginning to the end."""
    found = [resident()]

    async def watch() -> None:
        while True:
            await asyncio.sleep(every)
            found.append(await asyncio.to_thread(resident))

    watching = asyncio.create_task(watch())
    try:
        yield found
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        found.append(resident())


async def offered(one: processes.Side, asked: Asking, *, rate: float, seconds: float) -> tuple[Tally, list[float]]:
    lines, tally, makers = Lines(one.port), Tally(), asked.makers()
    for kind, make in makers.items():
        await Tally().ask(lines, kind, make(), planned=0)
    kinds = list(itertools.islice(mixture(SHARES, writes=True), round(rate * seconds)))

    async def act(n: int, planned: float) -> None:
        await tally.ask(lines, kinds[n], makers[kinds[n]](), planned=planned)

    async with weighed(one.resident, max(0.5, seconds / 40)) as memory:
        await paced((n / rate for n in range(len(kinds))), act)
    lines.close()
    return tally, memory


def measured(one: processes.Side, owner: str, token: str, *, rate: float = RATE, seconds: float = SECONDS) -> Report:
    """On a running service over `owner`'s database with the inspections of seeds/scale.py; `token` is a dispatcher's. Writes sessions into it."""
    clerks = run(clerks_of_agencies(owner, CLERKS))
    tally, memory = run(offered(one, run(asking(one.port, token, clerks)), rate=rate, seconds=seconds))
    codes, everything = tally.all_codes(), [took for many in tally.seconds.values() for took in many]
    report = Report("mixed", about_machine() | {"load": f"{rate:g} a second for {seconds:g} s at a fixed rate: {shares()}"})
    report.about["answers"] = ", ".join(f"{code} {count:,}" for code, count in sorted(codes.items()))
    report.kinds = {kind: Spread.of(tally.seconds.get(kind, [])) for kind in SHARES}
    half = memory[len(memory) // 2]
    report.figures = [
        Figure("all operations, p50", at(everything, 50) * 1e3, "ms", PROMISED_P50),
        Figure("all operations, p99", at(everything, 99) * 1e3, "ms", PROMISED_P99),
        Figure("answers that are no success", codes.total() - codes["OK"], "", 0),
        Figure("memory of the worker before", memory[0], "MB"),
        Figure("memory of the worker half-way", half, "MB"),
        Figure("memory of the worker after", memory[-1], "MB", 150),
        Figure("growth in the second half", (memory[-1] - half) / max(seconds / 120, 1e-9), "MB a minute", 1),
    ]
    return report


def shares() -> str:
    return ", ".join(f"{share} % {kind}" for kind, share in SHARES.items())


@contextmanager
def standing(folder: Path, inspections: int, settings: Mapping[str, str]) -> Iterator[tuple[processes.Side, str, str]]:
    """A service over a database of its own with so many inspections: the service, the owner's URL, a dispatcher's token. Empties the folder."""
    with fresh(folder) as made:
        token = run(filled(made.owner, inspections))
        with processes.service(folder / "service.log", {"DUDAO_DATABASE_URL": made.url, **settings}) as one:
            yield one, made.owner, token


async def filled(owner: str, inspections: int) -> str:
    database = Database(owner)
    try:
        await seed_scale(database, inspections=inspections)
        return await accounts.issue_token(database, DISTRICT, hours=4, now=clock.now())
    finally:
        await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=RATE, help="operations a second")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--inspections", type=int, default=10_000, help="in the database")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=processes.ROOT / "var" / "bench-mixed", help="emptied before and after")
    given = parser.parse_args()
    with standing(given.folder, given.inspections, {"DUDAO_WORKERS": str(given.workers)}) as (one, owner, token):
        report = measured(one, owner, token, rate=given.rate, seconds=given.seconds)
    print(f"Written to {report.write()}")
    print(report.table())


if __name__ == "__main__":
    main()
