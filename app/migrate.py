"""What is stored follows what is written. Alembic is imported only when there is something to do: every start asks, few find anything."""

import asyncio
import re
from pathlib import Path

from app.databases import connect

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = ROOT / "migrations" / "versions"
REVISION = re.compile(r"^revision\b[^=]*=\s*[\"'](\w+)", re.MULTILINE)
BEFORE = re.compile(r"^down_revision\b[^=]*=\s*[\"'](\w+)", re.MULTILINE)


def head() -> str | None:
    """The last migration there is, read from the files without running them."""
    texts = [path.read_text() for path in VERSIONS.glob("*.py")]
    all_of_them = {found[1] for text in texts if (found := REVISION.search(text))}
    followed = {found[1] for text in texts if (found := BEFORE.search(text))}
    last = sorted(all_of_them - followed)
    return last[0] if last else None


async def revision(url: str) -> str | None:
    """The migration that the database stands at; None when it has seen none."""
    connection = await connect(url)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        found: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return found
    finally:
        await connection.close()


def upgrade(url: str, to: str = "head") -> bool:
    """Bring the database up, as its owner. True when there was something to do. Not inside an event loop: Alembic runs its own."""
    wanted = head() if to == "head" else to
    if asyncio.run(revision(url)) == wanted:
        return False
    _alembic("upgrade", url, revision=to)
    return True


def downgrade(url: str, to: str) -> None:
    _alembic("downgrade", url, revision=to)


def revise(url: str, message: str) -> None:
    """Write the next migration: what the tables of `models` have and the database at `url` has not."""
    _alembic("revision", url, message=message, autogenerate=True)


def _alembic(verb: str, url: str, **words: str | bool) -> None:
    from alembic import command  # noqa: PLC0415 (a quarter of a second that few starts need)
    from alembic.config import Config  # noqa: PLC0415

    getattr(command, verb)(Config(toml_file=ROOT / "pyproject.toml", attributes={"url": url}), **words)
