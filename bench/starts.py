"""`python -m bench.starts`: how long `make serve` takes to be ready, on nothing and on what an earlier start left behind."""

import argparse
import shutil
import statistics
from pathlib import Path

from bench import processes
from bench.figures import FIRST_START, MOST_SECONDS, SECOND_START, about_machine
from bench.steady import Figure, Report

AGAIN = 3


def measured(folder: Path, *, again: int = AGAIN) -> Report:
    """The first start once, the second one as often as said, the median. `folder` is emptied before and after."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        first, *later = [started(folder) for _ in range(again + 1)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    about = about_machine() | {"starts": f"the second one {again} times, from {min(later):.2f} to {max(later):.2f} s, the median"}
    figures = [
        Figure(FIRST_START, first, "s", MOST_SECONDS[FIRST_START]),
        Figure(SECOND_START, statistics.median(later), "s", MOST_SECONDS[SECOND_START]),
    ]
    return Report("starts", about, figures=figures)


def started(folder: Path) -> float:
    """Seconds from the start of the process to the first good answer of /readyz; the installation itself is not in it."""
    with processes.service(folder / "start.log", {"DUDAO_DEMO": "on", "DUDAO_DATA_DIR": str(folder / "demo")}) as one:
        return one.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--again", type=int, default=AGAIN, help="how often the second start is measured")
    parser.add_argument("--folder", type=Path, default=processes.ROOT / "var" / "bench-starts", help="emptied before and after")
    given = parser.parse_args()
    report = measured(given.folder, again=given.again)
    print(f"Written to {report.write()}")
    print(report.table())


if __name__ == "__main__":
    main()
