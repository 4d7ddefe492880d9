"""What the machine says of a process."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

BEGAN = time.monotonic()


def command_line(pid: int) -> str:
    """The command line of a process, its words parted by NUL on Linux; empty when it is gone or a zombie."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            return ""
    return subprocess.run(["ps", "-p", str(pid), "-o", "command="], check=False, capture_output=True, text=True).stdout.strip()  # noqa: S603, S607


def age() -> float:
    """Seconds since this process began; where the machine does not say so, since this line was first read."""
    if sys.platform == "linux":
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.monotonic() - BEGAN


def end_with(parent: int) -> None:
    """End this process within half a second of its parent's end, however that came: a worker without it would only hold the port."""

    def watching() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watching, daemon=True).start()
