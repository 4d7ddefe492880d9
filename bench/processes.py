"""The service and its peers as processes of their own, each with one worker: started, waited for, weighed, stopped."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench import answers

ROOT = Path(__file__).resolve().parent.parent
POSTGRAPHILE = Path(__file__).parent / "peers" / "postgraphile"
PATIENCE = 120
INSTALLING = 600
STEP = 0.005
KEYS = {"DUDAO_ID_KEY": "bench-id-key-" * 3, "DUDAO_SEAL_KEY": "bench-seal-key-" * 3, "DUDAO_CURSOR_KEY": "bench-cursor-key-" * 3}
"""Of databases that live as long as a run."""


@dataclass(frozen=True)
class Side:
    """A process that answers. `seconds`: from its start to its first answer."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    seconds: float
    path: str = answers.PATH

    @property
    def pid(self) -> int:
        return self.process.pid

    def headers(self, token: str) -> dict[str, str]:
        return answers.headers(token)

    def resident(self) -> float:
        """Its memory, in MB of 10^6 bytes."""
        said = subprocess.run(["ps", "-o", "rss=", "-p", str(self.pid)], check=True, capture_output=True, text=True).stdout
        return int(said) * 1024 / 1e6


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def service(log: Path, settings: Mapping[str, str]) -> Iterator[Side]:
    """`dudao serve`, as `make serve` runs it."""
    port = free_port()
    words = [sys.executable, "-m", "app.cli", "serve"]
    with served("service", words, port, log=log, settings=KEYS | {"DUDAO_PORT": str(port)} | dict(settings)) as one:
        yield one


@contextmanager
def idiomatic(log: Path, database_url: str) -> Iterator[Side]:
    port = free_port()
    with served("idiomatic", [sys.executable, "-m", "bench.peers.idiomatic", database_url, str(port)], port, log=log, settings={}) as one:
        yield one


@contextmanager
def by_hand(log: Path, database_url: str) -> Iterator[Side]:
    port = free_port()
    with served("by_hand", [sys.executable, "-m", "bench.peers.by_hand", database_url, str(port)], port, log=log, settings={}) as one:
        yield one


@contextmanager
def postgraphile(log: Path, database_url: str, folder: Path) -> Iterator[Side]:
    """Installed in `folder`, see installed_postgraphile. It asks itself first, and ends where its answer has errors."""
    port, url = free_port(), database_url.replace("+asyncpg", "")
    node = next(folder.glob("node_modules/node*/bin/node"), None) or "node"
    words = [str(node), str(POSTGRAPHILE / "server.mjs"), url, str(port)]
    settings = {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    with served("postgraphile", words, port, log=log, settings=settings, cwd=folder) as one:
        yield one


def installed_postgraphile(folder: Path) -> Path | None:
    """The peer and its Node as the lock file says, in `folder`, from the second time on without a download. None without npm or a registry."""
    lock, mark = POSTGRAPHILE / "package-lock.json", folder / "installed.json"
    if mark.exists() and mark.read_bytes() == lock.read_bytes():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(POSTGRAPHILE / name, folder / name)
    try:
        subprocess.run([npm, "ci", "--ignore-scripts", "--loglevel=error"], check=True, cwd=folder, timeout=INSTALLING, stdout=subprocess.DEVNULL)
    except subprocess.SubprocessError:
        return None
    shutil.copyfile(lock, mark)
    return folder


@contextmanager
def served(name: str, words: list[str], port: int, *, log: Path, settings: Mapping[str, str], cwd: Path = ROOT) -> Iterator[Side]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}
    with log.open("wb") as said:
        began = time.perf_counter()
        process = subprocess.Popen(words, cwd=cwd, env=environment, stdout=said, stderr=said)
        try:
            await_ready(process, port, log=log)
            yield Side(name, process, port, time.perf_counter() - began)
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
