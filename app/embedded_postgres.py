"""Supervisor of the embedded database: create, start, watch, stop; dies with us, leaves no orphan.

Linux kills the server with us (PR_SET_PDEATHSIG); elsewhere a watcher does, when the pipe to us breaks. One supervisor at a time owns a
folder, by a lock that the kernel releases with its process; whoever only needs the database adopts the server that runs.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from app.postgres_cluster import DATABASE, add_walls, create
from app.postgres_programs import Account, NotStarted, Programs, account_for, home_for, programs_for
from app.processes import command_line

PATIENCE = 30.0
STEP = 0.01
ESCALATION = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
SECONDS_PER_STEP = 10.0
LONGEST_SOCKET = 100
LONGEST_LOG = 10 * 2**20
PR_SET_PDEATHSIG = 1
STILL_THERE = ("still in use", "already exists")


@dataclass(frozen=True)
class Running:
    """What postmaster.pid says of a server."""

    pid: int
    socket: str
    status: str


class EmbeddedPostgres:
    """One PostgreSQL of our own in `folder`. With `fsync=False` a crash of the machine may lose it: for tests only."""

    def __init__(self, folder: Path, *, fsync: bool = True) -> None:
        self.home = home_for(folder.absolute())
        self.data = self.home / "data"
        self._fsync = fsync
        self._account: Account
        self._programs: Programs
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None
        self._socket = ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The server's process, or None when it is not ours."""
        return self._process.pid if self._process else None

    @property
    def account(self) -> str:
        """The name of the account that the database runs as."""
        return account_for(self.data).name

    def url(self, role: str, database: str = DATABASE) -> str:
        """How `role` reaches `database`. Raises KeyError for a role that is not one of ours."""
        password = json.loads((self.home / "roles.json").read_text())[role]
        return f"postgresql+asyncpg://{role}:{password}@/{database}?host={quote(self._socket, safe='')}"

    def start(self, *, adopt: bool = False, meanwhile: Callable[[], object] = bool) -> Self:
        """Return when the server takes connections. With `adopt`, a server that another supervisor runs will do.

        `meanwhile` is done, once, while the server or the making of its cluster keeps another processor busy.

        From the main thread only, since Linux ties the server's life to the thread that started it. Raises NotStarted.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("The embedded database is started from the main thread only.")
        deadline = time.monotonic() + PATIENCE
        if not self._own(deadline, adopt=adopt):
            meanwhile()
            return self
        try:
            self._programs = programs_for(self.home, self._account)
            fresh = not self.data.exists()
            if fresh:
                self._create(meanwhile)
            self._await_end_of_another(deadline)
            add_walls(self.home, self._programs, account=self._account)
            self._launch()
            if not fresh:
                meanwhile()
            self._await_ready(deadline)
        except BaseException:
            self.stop()
            raise
        return self

    def _create(self, meanwhile: Callable[[], object]) -> None:
        """The cluster, in a thread that has ended when we launch the server: between fork and exec no code of ours runs in its children."""
        with ThreadPoolExecutor(1) as beside:
            made = beside.submit(create, self.home, self._programs, account=self._account, fsync=self._fsync)
            meanwhile()
            made.result()

    def revive(self) -> bool:
        """Start the server again if it has died under us; it is not waited for. True when it had died. From the main thread only."""
        if self._process is None or self._process.poll() is None:
            return False
        self._launch()
        return True

    def stop(self) -> None:
        """End our server: fast, after ten seconds at once, after ten more by force. An adopted server is left alone."""
        process, self._process = self._process, None
        for step in ESCALATION:
            if process is None or process.poll() is not None:
                break
            process.send_signal(step)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS_PER_STEP)
        self._dismiss_watcher()
        if process and Path(self._socket) != self.home / "socket":
            with contextlib.suppress(OSError):
                Path(self._socket).rmdir()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _own(self, deadline: float, *, adopt: bool) -> bool:
        """Become the one supervisor of the folder (True), or adopt the server of the one there is (False)."""
        self._account = account_for(self.data)
        if not self.home.exists():
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._account.own(self.home)
        try:
            lock = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except PermissionError:
            raise NotStarted(f"{self.home} belongs to another user: run as that user, or set DUDAO_DATA_DIR.") from None
        waiting = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                running = self._running()
                if adopt and running and running.status == "ready" and self._is_ours(running.pid):
                    os.close(lock)
                    self._socket = running.socket
                    return False
                if time.monotonic() > deadline:
                    os.close(lock)
                    raise NotStarted(f"Another dudao is at work on {self.home}: stop it first, or set DUDAO_DATA_DIR.") from None
                if not waiting:
                    sys.stderr.write(f"Another dudao is at work on {self.home}; waiting up to {PATIENCE:.0f} s for its end.\n")
                waiting = True
                time.sleep(STEP)
            else:
                self._lock = lock
                return True

    def _running(self) -> Running | None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return Running(int(lines[0]), lines[4] if len(lines) > 4 else "", lines[7].strip() if len(lines) > 7 else "")  # noqa: PLR2004
        return None

    def _is_ours(self, pid: int) -> bool:
        line = command_line(pid)
        return "postgres" in line and str(self.data) in line

    def _await_end_of_another(self, deadline: float) -> None:
        """Its supervisor is dead, for we have the lock, and so the server is on its way out."""
        while (running := self._running()) and self._is_ours(running.pid):
            if time.monotonic() > deadline:
                raise NotStarted(f"Process {running.pid} is a PostgreSQL on {self.data} that nobody supervises: end it with kill -INT {running.pid}")
            time.sleep(STEP)
        if running:
            self._renumber(running.pid)

    def _renumber(self, stale: int) -> None:
        """Put a process that is surely dead into postmaster.pid, for PostgreSQL takes any live one of that number for a server.

        The file is kept, because by the rest of it PostgreSQL finds out whether a child of the dead server still holds its memory.
        """
        file = self.data / "postmaster.pid"
        with subprocess.Popen(["true"]) as dead:  # noqa: S607
            dead.wait()
        with contextlib.suppress(FileNotFoundError):
            file.write_text(file.read_text().replace(str(stale), str(dead.pid), 1))

    def _socket_folder(self) -> Path:
        """Beside the cluster, or where that path is longer than a socket's may be, a private folder with a short one."""
        folder = self.home / "socket"
        if len(os.fsencode(folder / ".s.PGSQL.5432")) > LONGEST_SOCKET:
            mark = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
            folder = Path(tempfile.gettempdir()) / f"dudao-{self._account.uid}-{mark}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            self._account.own(folder)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != self._account.uid or stat.S_IMODE(found.st_mode) != stat.S_IRWXU:
            raise NotStarted(f"{folder} must be a folder of the account {self._account.name} and open to nobody else: remove it.")
        return folder

    def _launch(self) -> None:
        self._socket = str(self._socket_folder())
        chosen = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self._socket}"',
            "unix_socket_permissions": "0700",
            "fsync": "on" if self._fsync else "off",
            "synchronous_commit": "on" if self._fsync else "off",
            "max_connections": "250",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",
            "log_error_verbosity": "terse",  # no DETAIL and no CONTEXT: they repeat whole rows, and so telephone numbers
            "log_parameter_max_length": "0",
        }
        words = [
            self._programs.path("postgres"),
            "-D",
            str(self.data),
            *(word for name, value in chosen.items() for word in ("-c", f"{name}={value}")),
        ]
        before = _dying_with_us()
        with (self.home / "log").open("ab") as log:
            if log.tell() > LONGEST_LOG:
                log.truncate(0)
            self._process = subprocess.Popen(  # noqa: S603 (our own words)
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that Ctrl-C reaches us alone, and requests end before their database
                preexec_fn=before,  # noqa: PLW1509 (it only calls the kernel)
                **self._account.run_as(),
            )
        if sys.platform != "linux":
            self._dismiss_watcher()
            self._watcher = watch(self._process.pid, self._account)

    def _dismiss_watcher(self) -> None:
        watcher, self._watcher = self._watcher, None
        if watcher:
            watcher.kill()
            watcher.communicate()

    def _await_ready(self, deadline: float) -> None:
        """Wait on its state and not on a time: recovery after a crash may take minutes."""
        told = time.monotonic() + PATIENCE / 6
        while not ((running := self._running()) and self._process and running.pid == self._process.pid and running.status == "ready"):
            if self._process and self._process.poll() is not None:
                said = (self.home / "log").read_text(errors="replace").splitlines()[-4:]
                if time.monotonic() > deadline or not any(word in line for word in STILL_THERE for line in said):
                    raise NotStarted(f"PostgreSQL did not start; its log is {self.home / 'log'}: {' '.join(said)}")
                self._launch()  # children of a killed server need a moment to see that it is gone
            if time.monotonic() > told:
                told = float("inf")
                sys.stderr.write("The database is recovering from a crash; this may take some minutes.\n")
            time.sleep(STEP)


def _dying_with_us() -> Callable[[], None] | None:
    """What the child does after its change of user, which would undo it, and before it becomes PostgreSQL."""
    if sys.platform != "linux":
        return None
    libc, us = ctypes.CDLL(None), os.getpid()

    def prepare() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)
        if os.getppid() != us:  # we died in between
            os._exit(1)

    return prepare


def watch(pid: int, account: Account) -> subprocess.Popen[bytes]:
    """A process that sends SIGQUIT to `pid` when we are gone, however we went: then the pipe from us to it breaks."""
    words = ["/bin/sh", "-c", 'read -r _; kill -QUIT "$0"', str(pid)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True, **account.run_as())  # noqa: S603
