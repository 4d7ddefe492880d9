"""Load on one address: by wrk where it is installed, else by a small generator of our own. Each answer's status and length is checked."""

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass

import uvloop

GRACE = 30
MORE = 5

# what wrk calls for each request and answer; `response` looks at all of them, since a wrong answer is often a quick one
SCRIPT = """
wrk.method = "POST"
wrk.body = [==[{body}]==]
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {token}"
wrong = 0
local threads = {{}}
function setup(thread) table.insert(threads, thread) end
function response(status, headers, body)
  if status ~= 200 or #body ~= {length} then wrong = wrong + 1 end
end
function done(summary, latency, requests)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  for _, thread in ipairs(threads) do bad = bad + thread:get("wrong") end
  local form = '{{"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"wrong":%d}}'
  io.write("\\n" .. string.format(form, summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, bad))
end
"""


@dataclass(frozen=True)
class Target:
    """One request, over and over. `length` is how many bytes the right answer has."""

    port: int
    token: str
    body: bytes
    length: int


@dataclass(frozen=True)
class Sample:
    """What was measured in one stretch; latencies in milliseconds."""

    requests_per_second: float
    p50: float
    p99: float


class Voided(Exception):  # noqa: N818 - it says what it does to the run
    """An answer was wrong while the clock ran: no figure of the run counts."""


def tool() -> str:
    found = shutil.which("wrk")
    if not found:
        return "own generator"
    said = subprocess.run([found, "--version"], check=False, capture_output=True, text=True).stdout
    return " ".join(said.split()[:2])


def measure(target: Target, *, connections: int, seconds: float) -> Sample:
    """Closed loop: each connection asks again as soon as it is answered. Who answers nothing in that time is given more, once. Raises Voided."""
    for patience in (seconds, seconds * MORE):
        requests, took, p50, p99 = loaded(target, connections, patience)
        if requests:
            return Sample(requests / took, p50, p99)
    raise Voided(f"nothing was answered in {seconds * MORE:g} s: too slow a machine, or give more --seconds")


def loaded(target: Target, connections: int, seconds: float) -> tuple[int, float, float, float]:
    """Right answers, seconds they took, p50, p99. Raises Voided for a wrong answer; none at all is a matter of the machine."""
    found = shutil.which("wrk")
    *counted, wrong = by_wrk(found, target, connections, seconds) if found else by_us(target, connections, seconds)
    if wrong:
        raise Voided(f"{wrong} of {counted[0]} answers were not the right one")
    requests, took, p50, p99 = counted
    return int(requests), took, p50, p99


def by_wrk(wrk: str, target: Target, connections: int, seconds: float) -> tuple[int, float, float, float, int]:
    with tempfile.NamedTemporaryFile("w", suffix=".lua", encoding="utf-8") as script:
        script.write(SCRIPT.format(body=target.body.decode(), token=target.token, length=target.length))
        script.flush()
        words = [wrk, "--threads", "1", "--connections", str(connections), "--duration", f"{max(1, round(seconds))}s", "--timeout", "10s"]
        words += ["--script", script.name, f"http://127.0.0.1:{target.port}/graphql"]
        said = subprocess.run(words, check=True, capture_output=True, text=True, timeout=seconds + GRACE).stdout
    last = json.loads(said.splitlines()[-1])
    return last["requests"], last["seconds"], last["p50"], last["p99"], last["wrong"]


def by_us(target: Target, connections: int, seconds: float) -> tuple[int, float, float, float, int]:
    """One process that does nothing but ask; it takes more of the machine than wrk, so its figures are lower on both sides."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        started = time.perf_counter()
        found = runner.run(asked(target, connections, until=started + seconds))
        took = time.perf_counter() - started
    latencies = sorted(one for one in found if one)
    if not latencies:
        return 0, took, 0, 0, len(found)
    p50, p99 = (latencies[len(latencies) * percent // 100] * 1e3 for percent in (50, 99))
    return len(latencies), took, p50, p99, len(found) - len(latencies)


async def asked(target: Target, connections: int, *, until: float) -> list[float]:
    """Seconds of each answer, 0 for a wrong one."""
    head = f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\nAuthorization: Bearer {target.token}\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(target.body)}\r\n\r\n".encode() + target.body

    async def client() -> list[float]:
        reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
        found: list[float] = []
        while (began := time.perf_counter()) < until:
            writer.write(request)
            lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
            length = next(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:"))
            await reader.readexactly(length)
            right = lines[0].startswith(b"http/1.1 200") and length == target.length
            found.append(time.perf_counter() - began if right else 0)
        writer.close()
        return found

    return [one for many in await asyncio.gather(*(client() for _ in range(connections))) for one in many]
