"""The service and its peer as processes of their own, each with one worker: started, waited for, weighed, stopped."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120
STEP = 0.005
KEYS = {"DUDAO_ID_KEY": "bench-id-key-" * 3, "DUDAO_SEAL_KEY": "bench-seal-key-" * 3, "DUDAO_CURSOR_KEY": "bench-cursor-key-" * 3}
"""Of databases that live as long as a run."""


@dataclass(frozen=True)
class Served:
    """A process that answers. `seconds`: from its start to its first answer."""

    process: subprocess.Popen[bytes]
    port: int
    seconds: float

    def resident(self) -> float:
        """Its memory, in MB of 10^6 bytes."""
        said = subprocess.run(["ps", "-o", "rss=", "-p", str(self.process.pid)], check=True, capture_output=True, text=True).stdout
        return int(said) * 1024 / 1e6


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def service(log: Path, settings: Mapping[str, str]) -> Iterator[Served]:
    """`dudao serve`, as `make serve` runs it."""
    port = free_port()
    with served([sys.executable, "-m", "app.cli", "serve"], port, log=log, settings=KEYS | {"DUDAO_PORT": str(port)} | dict(settings)) as one:
        yield one


@contextmanager
def idiomatic(log: Path, database_url: str) -> Iterator[Served]:
    port = free_port()
    with served([sys.executable, "-m", "bench.peers.idiomatic", database_url, str(port)], port, log=log, settings={}) as one:
        yield one


@contextmanager
def served(words: list[str], port: int, *, log: Path, settings: Mapping[str, str]) -> Iterator[Served]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}
    with log.open("wb") as said:
        began = time.perf_counter()
        process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=said, stderr=said)
        try:
            await_ready(process, port, log=log)
            yield Served(process, port, time.perf_counter() - began)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def await_ready(process: subprocess.Popen[bytes], port: int, *, log: Path) -> None:
    """Return at the first good answer. Raises RuntimeError with what the process last said when there is none."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            try:
                connection.request("GET", "/readyz")
                if connection.getresponse().status == http.HTTPStatus.OK:
                    return
            finally:
                connection.close()
        time.sleep(STEP)
    last = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise RuntimeError(f"{log.stem} does not get ready: {last}")
