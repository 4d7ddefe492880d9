"""What one request costs, read from what the other programmes measured, each figure with the file it came from."""

import asyncio
import json
import os
import shutil
import statistics
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import accounts, clock, migrate
from app.databases import connect
from app.embedded_postgres import EmbeddedPostgres
from app.passwords import Passwords
from bench.chain import register
from bench.country import CHECK, PAGE, RETURN, ROW, SIGN_IN, WRITE
from bench.figures import HERE, MEMORY
from models.database import Database
from seeds.scale import seed_scale
from tests.making_draws import crowd, ran
from tests.world import World

RESULTS = HERE / "results"
FILES = ("operations", "writes", "bench")
"""The first that knows an operation counts."""

CONNECTIONS, MOST_SHARE = 8, 0.9
REGISTER = "recognitionSessionRegister"
STANDS_FOR = {
    PAGE: (PAGE,),
    ROW: (ROW,),
    CHECK: (CHECK,),
    WRITE: ("inspectionSign", REGISTER),
    RETURN: (RETURN, "inspectionSign", REGISTER),
    SIGN_IN: (SIGN_IN,),
}
"""By whose figure an operation counts: the first that was measured."""

AT_ITS_MOST = "memory of the worker at its most"
WALLED = "district, deep page"
INSPECTIONS, WRITES, TOKENS, ENOUGH = 10_000, 400, 1_000, 150
PEOPLE, DRAWN, GUESSES = 400, 30, 5

SIZES = """
SELECT relname, pg_table_size(relid) + pg_indexes_size(relid) AS bytes, n_live_tup AS rows FROM pg_stat_user_tables
"""


class Unmeasured(Exception):  # noqa: N818 - a fact: nobody has measured it yet
    """No file in results/ knows this figure."""


@dataclass(frozen=True)
class Cost:
    """Core seconds of one request in each tier. Of a measured load or latency an upper bound: what else the machine did is charged to it too."""

    service: float
    database: float
    of: str
    file: str
    how: str


@dataclass(frozen=True)
class Own:
    """What no other programme measures: bytes of a row by table, its part of all indexes included; core seconds of a write and of a password."""

    sizes: Mapping[str, float]
    write: Mapping[str, float]
    password: float


def loaded(name: str) -> dict[str, Any] | None:
    file = RESULTS / f"{name}.json"
    found: dict[str, Any] | None = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
    return found


def cores(about: Mapping[str, str]) -> int:
    """Of the machine that measured, as `about` begins: `2 × …`."""
    return int(about["machine"].split()[0])


def under_load(name: str, operation: str) -> tuple[float, str] | None:
    """All cores of the machine, service, database and generator, for as long as one request took of them: the load left no core idle."""
    document = loaded(name) or {}
    rates = [one["figure"] for one in document.get("figures", ()) if one["what"] == f"{operation}, {CONNECTIONS} connections"]
    rates += [
        statistics.median(sample["requests_per_second"] for sample in one["rounds"]["service"])
        for one in [*document.get("operations", ()), *document.get("measured", ())]
        if one["operation"] == operation and one.get("connections", CONNECTIONS) == CONNECTIONS and one["rounds"].get("service")
    ]
    return (cores(document["about"]) / rates[0], f"{rates[0]:.0f} requests/s on all cores") if rates else None


def cost(operation: str, own: Own, share: float) -> Cost:
    """`share` of it falls to the database where the measurement does not say. Raises Unmeasured."""
    for name in STANDS_FOR[operation]:
        for file in FILES:
            found = under_load(file, name)
            if found is not None:
                seconds, how = found
                return Cost(seconds * (1 - share), seconds * share, name, f"{file}.json", how)
        if name == REGISTER:
            return Cost(own.write["service"], own.write["database"], name, "scale_out.json", "processor time of both tiers, by `--measure`")
        if name == SIGN_IN:
            return Cost(own.password, 0, name, "scale_out.json", "processor time of the password, by `--measure`")
    raise Unmeasured(operation)


def database_share() -> tuple[float, str]:
    """Of a deep page, the part of all its core seconds in which its statement ran. Raises Unmeasured."""
    walls = loaded("walls")
    for name in FILES:
        page = under_load(name, PAGE)
        if walls is not None and page is not None:
            statement = walls["figures"][WALLED]["walled"]
            return min(MOST_SHARE, statement / 1e3 / page[0]), f"walls.json: {statement:.2f} ms of the {page[0] * 1e3:.1f} ms of {name}.json"
    raise Unmeasured(f"{PAGE}, walls")


def memory() -> tuple[float, str]:
    """MB of one worker. Raises Unmeasured."""
    for one in (loaded("memory") or {}).get("figures", ()):
        if one["what"] == AT_ITS_MOST:
            return float(one["figure"]), "memory.json"
    found = (loaded("bench") or {}).get("megabytes", {}).get(MEMORY)
    if found is None:
        raise Unmeasured(MEMORY)
    return float(found), "bench.json"


async def taken(postgres: EmbeddedPostgres) -> Own:
    """Of the large world, and beside it of mutations through the API."""
    owner = postgres.url("dudao_owner")
    maker, database = Database(owner), Database(postgres.url("dudao_app"))
    try:
        await seed_scale(maker, inspections=INSPECTIONS)
        for _ in range(TOKENS):
            await accounts.issue_token(maker, "scale-center", hours=1, now=clock.now())
        world = await World.founded(database, maker=maker, profile="beijing-municipal")
        await crowd(world, people=PEOPLE, sessions=DRAWN)
        await ran(world)
        await register(world)
        before = worked(postgres)
        for _ in range(WRITES):
            await register(world)
        write = {tier: (after - before[tier]) / WRITES for tier, after in worked(postgres).items()}
    finally:
        await database.close()
        await maker.close()
    connection = await connect(owner)
    try:
        await connection.execute("VACUUM ANALYZE")
        sizes = {row["relname"]: row["bytes"] / row["rows"] for row in await connection.fetch(SIZES) if row["rows"] >= ENOUGH}
    finally:
        await connection.close()
    return Own(dict(sorted(sizes.items())), write, statistics.median(guess() for _ in range(GUESSES)))


def worked(postgres: EmbeddedPostgres) -> dict[str, float]:
    """Seconds of a processor that we, who are service and client in one, and all processes of the database have used. On Linux only."""
    ticks = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            words = file.read_text().rpartition(")")[2].split()
            if int(words[1]) == postgres.pid or file.parent.name == str(postgres.pid):
                ticks += sum(map(int, words[11:15] if file.parent.name == str(postgres.pid) else words[11:13]))
    return {"service": time.process_time(), "database": ticks / os.sysconf("SC_CLK_TCK")}


def guess() -> float:
    """Of a password that is checked, outside of the demo."""
    began = time.thread_time()
    Passwords().hashed("a password")
    return time.thread_time() - began


def measured(folder: Path) -> Own:
    """On a database of its own in `folder`, which is emptied before and after."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with EmbeddedPostgres(folder) as postgres:
            migrate.upgrade(postgres.url("dudao_owner"))
            return asyncio.run(taken(postgres))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
