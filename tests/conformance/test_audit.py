"""The audit suite of graphql-http: no MUST and no SHOULD fails by default, and nothing at all with GET on."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from app.endpoint import House
from app.routes import application
from tests.http.small import house

HERE = Path(__file__).parent

pytestmark = [pytest.mark.skipif(shutil.which("node") is None, reason="the suite runs in Node, which is not installed"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The suite and its packages, exactly those of the lock file, beside nobody else's."""
    folder = tmp_path_factory.mktemp("suite")
    for name in ("package.json", "package-lock.json", ".npmrc", "audit.mjs"):
        shutil.copy(HERE / name, folder / name)
    subprocess.run(["npm", "ci", "--silent"], cwd=folder, check=True, capture_output=True, text=True)
    return folder


@contextmanager
def listening(given: House) -> Iterator[str]:
    """A server on a free port of the loopback, as in production: httptools and uvloop."""
    config = uvicorn.Config(application(given), host="127.0.0.1", port=0, log_level="error", loop="uvloop", http="httptools", reset_contextvars=True)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/graphql"
    finally:
        server.should_exit = True
        thread.join()


def audit(suite: Path, url: str) -> dict[str, object]:
    ran = subprocess.run(["node", "audit.mjs", url, "integrator"], cwd=suite, check=False, capture_output=True, text=True)
    assert ran.stdout, ran.stderr
    return json.loads(ran.stdout)


def test_no_must_and_no_should_fails_by_default(suite: Path) -> None:
    with listening(house()) as url:
        report = audit(suite, url)
    assert [one for one in report["failed"] if one["kind"] != "MAY"] == []
    assert report["passed"] == report["total"] - 3


def test_all_61_pass_with_get_on(suite: Path) -> None:
    with listening(house(get=True)) as url:
        report = audit(suite, url)
    assert report == {"passed": 61, "total": 61, "failed": []}
