"""`python -m bench.memory`: a million requests to one worker, and what they leave in its memory. Needs wrk (`apt-get install wrk`)."""

import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import processes
from bench.figures import about_machine
from bench.mixed import Asking, asking, standing
from bench.steady import Figure, Report, run

REQUESTS, STEP, CONNECTIONS, MOST_SECONDS = 1_000_000, 50_000, 8, 3_600.0
SHARES = {"one inspection": 92, "workbench": 3, "roster of 100": 2, "deep page of 50": 1}
"""In a hundred requests; the other two are documents that nobody has sent before."""
MOST, GROWTH = 150.0, 2.0
TRIAL = 2.0

# a document is new by its operation's name and by an alias, so that neither its digest nor its plan is known; the round keeps it new in the next one
SCRIPT = """
local asked, unknown, n, threads = {asked}, {unknown}, 0, {{}}
local headers = {{ ["Content-Type"] = "application/json", ["Authorization"] = "Bearer {token}" }}
bad = 0
function setup(thread) table.insert(threads, thread) end
function request()
  n = n + 1
  local place = n % 100
  if place >= #asked then
    local new = string.gsub(unknown, "NEW", "n{round}x" .. n)
    return wrk.format("POST", "/graphql", headers, new)
  end
  return wrk.format("POST", "/graphql", headers, asked[place + 1])
end
function response(status, _, body)
  if status ~= 200 or string.find(body, '"errors"', 1, true) then bad = bad + 1 end
end
function done(summary)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  for _, thread in ipairs(threads) do failed = failed + thread:get("bad") end
  io.write("\\n" .. string.format('{{"requests":%d,"seconds":%f,"wrong":%d}}', summary.requests, summary.duration / 1e6, failed))
end
"""


def bodies(asked: Asking) -> list[str]:
    """Those of a hundred requests, spread evenly, by their shares."""
    makers = asked.makers()
    spread = sorted((place / share, kind) for kind, share in SHARES.items() for place in range(share))
    return [makers[kind]().partition(b"\r\n\r\n")[2].decode() for _, kind in spread]


def script(asked: Asking, round: int) -> str:
    known = ", ".join(f"[==[{one}]==]" for one in bodies(asked))
    query = 'query NEW { NEW: inspection(id: "' + asked.inspections[round % len(asked.inspections)] + '") { id status NEW_a: scheduledOn } }'
    return SCRIPT.format(asked=f"{{ {known} }}", unknown=f"[==[{json.dumps({'query': query})}]==]", round=round, token=asked.token)


def driven(asked: Asking, round: int, *, seconds: float) -> Mapping[str, float]:
    """What wrk did in so many seconds: requests, seconds, wrong answers."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua", encoding="utf-8") as file:
        file.write(script(asked, round))
        file.flush()
        words = ["wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{max(1, round_up(seconds))}s", "--timeout", "10s"]
        words += ["--script", file.name, f"http://127.0.0.1:{asked.port}"]
        said = subprocess.run(words, check=True, capture_output=True, text=True, timeout=seconds + 60).stdout
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found


def round_up(seconds: float) -> int:
    return -int(-seconds // 1)


def growth(weights: Sequence[tuple[float, float]]) -> float:
    """By how many MB the line through the last quarter of the samples rises."""
    last = weights[-max(2, len(weights) // 4) :]
    requests, megabytes = [done for done, _ in last], [weight for _, weight in last]
    return statistics.linear_regression(requests, megabytes).slope * (requests[-1] - requests[0])


def measured(one: processes.Side, token: str, *, requests: int = REQUESTS, step: int = STEP, most_seconds: float = MOST_SECONDS) -> Report:
    """On a running service with one worker over the inspections of seeds/scale.py; `token` is a dispatcher's. Ends after `most_seconds` at the latest."""
    if shutil.which("wrk") is None:
        raise RuntimeError("bench.memory needs wrk: apt-get install wrk")
    asked, began = run(asking(one.port, token)), time.monotonic()
    first = driven(asked, 0, seconds=TRIAL)
    done, wrong, seconds = first["requests"], first["wrong"], first["seconds"]
    weights, round = [(done, one.resident())], 0
    while done < requests and time.monotonic() - began < most_seconds:
        round += 1
        found = driven(asked, round, seconds=min(step, requests - done) * seconds / done)
        done, wrong, seconds = done + found["requests"], wrong + found["wrong"], seconds + found["seconds"]
        weights.append((done, one.resident()))
    report = Report("memory", about_machine() | {"load": f"wrk, {CONNECTIONS} connections, one worker; weighed after every {step:,} requests"})
    report.about["samples"] = " ".join(f"{megabytes:.0f}" for _, megabytes in weights)
    report.figures = [
        Figure("requests answered", done, "", requests, least=True),
        Figure("answers that are no success", wrong, "", 0),
        Figure("requests a second", done / seconds, "/s"),
        Figure("memory of the worker at its most", max(megabytes for _, megabytes in weights), "MB", MOST),
        Figure("growth in the last quarter", growth(weights), "MB", GROWTH),
    ]
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--step", type=int, default=STEP, help="requests between two weighings")
    parser.add_argument("--most-seconds", type=float, default=MOST_SECONDS, help="after which it ends in any case")
    parser.add_argument("--inspections", type=int, default=10_000, help="in the database")
    parser.add_argument("--folder", type=Path, default=processes.ROOT / "var" / "bench-memory", help="emptied before and after")
    given = parser.parse_args()
    with standing(given.folder, given.inspections, {}) as (one, _, token):
        report = measured(one, token, requests=given.requests, step=given.step, most_seconds=given.most_seconds)
    print(f"Written to {report.write()}")
    print(report.table())


if __name__ == "__main__":
    main()
