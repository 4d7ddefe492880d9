"""Looks for numbers that were planted: plain, reversed, as bytes in hexadecimal, as base64, and in whatever digits the input method wrote."""

import base64
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import asyncpg

from app.databases import connect
from app.embedded_postgres import EmbeddedPostgres
from domain.numbers import holds_id_number

RUN = re.compile(r"\d{11,}[\dXx]?")
BYTES = re.compile(rb"[Xx]?\d{11,}[Xx]?")
HEX = re.compile(r"(?:3\d){11,}(?:58)?")
LOGS = ("event", "decision", "request", "blacklist_query", "roster_import", "disclosure", "attempt")
"""Tables that say what was done or asked."""


class Canary:
    """Knows the planted numbers in every dress."""

    def __init__(self, planted: Collection[str]) -> None:
        self.planted = frozenset(planted)
        self._lengths = sorted({len(one) for one in planted})
        self._encoded = {base64.b64encode(one.encode()).decode().rstrip("=")[:-1]: one for one in planted}

    def found(self, text: str) -> set[str]:
        """Which of them stand in a text."""
        plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
        words = [*RUN.findall(plain), *RUN.findall(plain[::-1]), *(bytes.fromhex(run).decode() for run in HEX.findall(plain))]
        return self._among(words) | {self._encoded[one] for one in re.findall(r"[A-Za-z0-9+/]{12,24}", plain) if one in self._encoded}

    def in_files(self, folder: Path) -> dict[str, set[str]]:
        """Which of them stand plain or reversed in which file, whatever kind of file it is."""
        hits = {path.name: self._pieces(BYTES.findall(path.read_bytes())) for path in sorted(folder.rglob("*")) if path.is_file()}
        return {name: found for name, found in hits.items() if found}

    def _pieces(self, runs: Iterable[bytes]) -> set[str]:
        words = [run.decode() for run in runs]
        return self._among([*words, *(word[::-1] for word in words)])

    def _among(self, words: Iterable[str]) -> set[str]:
        pieces = {run[start : start + length].upper() for run in words for length in self._lengths for start in range(len(run) - length + 1)}
        return pieces & self.planted


async def dumped(connection: asyncpg.Connection, *tables: str) -> Iterator[tuple[str, str]]:
    """Every row as text."""
    there = {row["tablename"] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    chosen = there.intersection(tables) if tables else there
    return iter([(table, row["line"]) for table in sorted(chosen) for row in await connection.fetch(f'SELECT t::text AS line FROM "{table}" t')])


async def leaks(cluster: EmbeddedPostgres) -> list[str]:
    """Any sound id number at all in the logs of a database: told at the end of a run of the whole suite."""
    connection = await connect(cluster.url("postgres"))
    try:
        rows = await dumped(connection, *LOGS)
        hits = [f"{table}: {line}" for table, line in rows if holds_id_number(line)]
    finally:
        await connection.close()
    written = (cluster.home / "log").read_text(encoding="utf-8", errors="replace")
    return hits + [line for line in written.splitlines() if holds_id_number(line)]
