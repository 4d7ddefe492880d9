"""Writes the sample rosters beside this file, clean and messy: `python -m seeds.rosters.make`. The same bytes at every run."""

from pathlib import Path

from seeds.rosters.invented import clean_files
from seeds.rosters.mess import messy_agencies, messy_supervisors

HERE = Path(__file__).parent


def files() -> dict[str, bytes]:
    """Each sample roster by its name."""
    return {**clean_files(), "supervisors-messy.xlsx": messy_supervisors()[0], "agencies-messy.csv": messy_agencies()[0]}


def main() -> None:
    for name, content in files().items():
        (HERE / name).write_bytes(content)
        print(f"{name}: {len(content)} bytes")


if __name__ == "__main__":
    main()
