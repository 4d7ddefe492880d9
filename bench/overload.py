"""`python -m bench.overload`: ten times what the service can do. Is the rest refused quickly, is as much done as before, and is all well at once after?"""

import argparse
import asyncio
import http.client
import itertools
import time
from collections.abc import Mapping
from pathlib import Path

from bench import processes
from bench.figures import about_machine
from bench.mixed import SHARES, Asking, asking, mixture, standing
from bench.steady import Figure, Lines, Report, Spread, Tally, at, closed_loop, paced, run

TIMES, SECONDS, FINDING, CLIENTS, LINES = 10, 10.0, 4.0, 32, 2_500
GOODPUT, QUICK, READY = 0.8, 50.0, 10.0
DONE, REFUSED, WRONG = "done", "refused", "anything else"


async def saturation(asked: Asking, *, seconds: float) -> float:
    """Answers a second when nobody waits between two questions. The first second warms."""
    lines, makers = Lines(asked.port), asked.makers()
    kinds = mixture(SHARES, writes=False)
    loop = asyncio.get_running_loop()
    begun = loop.time() + 1
    until, counted = begun + seconds, 0

    async def client(_: int) -> None:
        nonlocal counted
        while (now := loop.time()) < until:
            answer = await lines.ask(makers[next(kinds)]())
            counted += begun <= now and answer.code == "OK"

    await closed_loop(CLIENTS, range(CLIENTS), client)
    lines.close()
    return counted / seconds


def sort_of(code: str, head: bytes) -> str:
    """A refusal is ours only if it says so with a code and when to come again."""
    if code == "OK":
        return DONE
    return REFUSED if code == "OVERLOADED" and b"\r\nretry-after:" in head else WRONG


async def pressed(asked: Asking, *, rate: float, seconds: float) -> tuple[Mapping[str, list[float]], Tally, int]:
    """Offers so much at a fixed rate. Seconds of each answer by its sort, the codes, and what was done while the load lasted."""
    lines, makers, tally = Lines(asked.port, most=LINES), asked.makers(), Tally()
    kinds = list(itertools.islice(mixture(SHARES, writes=False), round(rate * seconds)))
    found: dict[str, list[float]] = {DONE: [], REFUSED: [], WRONG: []}
    await lines.open_all()
    loop = asyncio.get_running_loop()
    until, within = loop.time() + seconds, 0

    async def act(n: int, planned: float) -> None:
        nonlocal within
        answer = await lines.ask(makers[kinds[n]]())
        sort = sort_of(answer.code, answer.head)
        # a refusal is timed on the line: the generator shares the machine and may be late itself
        found[sort].append(loop.time() - planned if sort == DONE else answer.took)
        within += sort == DONE and loop.time() <= until
        tally.note(kinds[n], answer, 0)

    await paced((n / rate for n in range(len(kinds))), act)
    lines.close()
    return found, tally, within


def ready_after(port: int) -> float:
    """Seconds until /readyz says yes again."""
    began = time.monotonic()
    while time.monotonic() < began + READY:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=READY)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == http.HTTPStatus.OK:
                break
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    return time.monotonic() - began


def measured(one: processes.Side, token: str, *, times: float = TIMES, seconds: float = SECONDS) -> Report:
    """On a running service over the inspections of seeds/scale.py; `token` is a dispatcher's. Reads only."""
    asked = run(asking(one.port, token))
    before = run(saturation(asked, seconds=FINDING))
    began = time.monotonic()
    found, tally, within = run(pressed(asked, rate=before * times, seconds=seconds))
    lasted = time.monotonic() - began
    ready = ready_after(one.port)
    after = run(saturation(asked, seconds=FINDING / 2))
    report = Report(
        "overload", about_machine() | {"load": f"{times:g} times {before:.0f} answers a second, for {seconds:g} s at a fixed rate; reads"}
    )
    report.about["answers"] = ", ".join(f"{code} {count:,}" for code, count in sorted(tally.all_codes().items()))
    report.kinds = {sort: Spread.of(took) for sort, took in found.items() if took}
    report.figures = [
        Figure("answers a second before", before, "/s"),
        Figure("questions a second that could be asked, of those before", tally.all_codes().total() / lasted / before, "×"),
        Figure("done under the load, of what was done before", within / seconds / before, "", GOODPUT, least=True),
        Figure("a refusal, p99", at(found[REFUSED], 99) * 1e3, "ms", QUICK),
        Figure("answers that are neither right nor a refusal with its code and time", len(found[WRONG]), "", 0),
        Figure("ready again after", ready, "s", READY),
        Figure("answers a second afterwards, of those before", after / before, "", GOODPUT, least=True),
    ]
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=float, default=TIMES, help="what the service can do")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of the overload")
    parser.add_argument("--inspections", type=int, default=10_000, help="in the database")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=processes.ROOT / "var" / "bench-overload", help="emptied before and after")
    given = parser.parse_args()
    with standing(given.folder, given.inspections, {"DUDAO_WORKERS": str(given.workers)}) as (one, _, token):
        report = measured(one, token, times=given.times, seconds=given.seconds)
    print(f"Written to {report.write()}")
    print(report.table())


if __name__ == "__main__":
    main()
