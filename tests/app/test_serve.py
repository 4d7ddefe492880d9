"""`dudao serve` as an operator meets it: processes, signals, a banner, a port. Each start is a real one."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.processes import command_line
from tests.cluster import alive, memory, scratch_folder

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Operator:
    """Someone with a folder of his own who runs commands in it."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        keys = {
            "DUDAO_ID_KEY": "i" * 32,
            "DUDAO_SEAL_KEY": "s" * 32,
            "DUDAO_CURSOR_KEY": "c" * 32,
            "DUDAO_PORT": "0",
            "DUDAO_DATA_DIR": str(self.folder),
        }
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **keys, **self.settings}

    def serve(self) -> "Service":
        words = [sys.executable, "-m", "app.cli", "serve"]
        process = subprocess.Popen(words, cwd=ROOT, env=self.environment(), stdout=subprocess.PIPE, text=True)
        self.processes.append(process)
        assert process.stdout
        banner = process.stdout.readline()
        found = re.search(r"ready at http://127\.0\.0\.1:(\d+) after [\d.]+ s", banner)
        assert found, banner
        return Service(process, int(found[1]), self.folder)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *words], cwd=ROOT, env=self.environment(), capture_output=True, text=True, check=False, timeout=60
        )


@dataclass
class Service:
    """A service that runs."""

    process: subprocess.Popen[str]
    port: int
    folder: Path

    @property
    def database(self) -> int:
        return int((self.folder / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])

    def get(self, path: str) -> int:
        """The status, or 0 when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def end(self, by: signal.Signals) -> int:
        self.process.send_signal(by)
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with scratch_folder(memory()) as place:
        place.mkdir(mode=0o755)
        yield place


@pytest.fixture
def operator(folder: Path) -> Iterator[Operator]:
    """His folder is that of the test before: whatever happened there, the next start must cope."""
    started = Operator(folder)
    yield started
    for process in started.processes:
        process.kill()
        process.communicate()


def soon(happens: Callable[[], bool], *, within: float = 15) -> bool:
    deadline = time.monotonic() + within
    while not (happened := happens()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return happened


def gone(pid: int) -> bool:
    return not alive(pid) or "postgres" not in command_line(pid)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_told_and_leaves_nothing(operator: Operator, by: signal.Signals) -> None:
    service = operator.serve()
    database = service.database
    assert service.get("/healthz") == service.get("/readyz") == 200
    doctor = operator.run("doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert "BAD" not in doctor.stdout
    assert service.end(by) == 0
    assert gone(database)


def test_a_killed_service_takes_its_database_along_and_the_next_start_needs_no_repair(operator: Operator) -> None:
    service = operator.serve()
    database = service.database
    assert service.end(signal.SIGKILL) == -signal.SIGKILL
    again = operator.serve()
    assert gone(database)
    assert again.get("/readyz") == 200
    assert again.end(signal.SIGTERM) == 0


def test_a_killed_database_comes_back_under_the_running_service(operator: Operator) -> None:
    service = operator.serve()
    database = service.database
    os.kill(database, signal.SIGKILL)
    assert soon(lambda: gone(database) and service.get("/readyz") == 200)
    assert service.end(signal.SIGTERM) == 0


def test_workers_do_not_outlive_their_killed_parent(operator: Operator) -> None:
    operator.settings["DUDAO_WORKERS"] = "2"
    service = operator.serve()
    database = service.database
    assert service.get("/healthz") == 200
    service.end(signal.SIGKILL)
    assert soon(lambda: gone(database) and service.get("/healthz") == 0)


def test_a_port_that_is_taken_is_told_before_anything_is_made(operator: Operator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        operator.settings.update(DUDAO_PORT=str(taken.getsockname()[1]), DUDAO_DATA_DIR=str(operator.folder / "fresh"))
        ran = operator.run("serve")
    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 1
    assert "DUDAO_PORT" in ran.stderr
    assert not (operator.folder / "fresh").exists()


def test_a_database_that_does_not_answer_is_told_in_a_sentence(operator: Operator) -> None:
    operator.settings["DUDAO_DATABASE_URL"] = f"postgresql://dudao_app:hush-hush@/dudao?host={operator.folder / 'nowhere'}"
    ran = operator.run("serve")
    assert ran.returncode == 1
    assert ran.stderr.startswith("The database does not let us in")
    assert len(ran.stderr.splitlines()) == 1
    assert "hush-hush" not in ran.stderr


def test_a_worker_runs_beside_the_service_until_told(operator: Operator) -> None:
    service = operator.serve()
    words = [sys.executable, "-m", "app.cli", "worker"]
    worker = subprocess.Popen(words, cwd=ROOT, env=operator.environment(), stdout=subprocess.PIPE, text=True)
    operator.processes.append(worker)
    assert worker.stdout is not None
    assert worker.stdout.readline().startswith("Dudao's clock runs")
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=30)
    assert worker.returncode == 0
    assert service.get("/readyz") == 200, "the database is the service's, not the worker's to end"
    assert service.end(signal.SIGTERM) == 0


def test_the_clock_runs_beside_the_service_where_it_is_set(operator: Operator) -> None:
    operator.settings["DUDAO_JOBS"] = "on"
    service = operator.serve()
    assert service.get("/readyz") == 200
    assert service.end(signal.SIGTERM) == 0
