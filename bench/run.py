"""`make bench`: a database of its own, 100,000 inspections, the service and its peer, the figures. Ends by itself."""

import argparse
import asyncio
import shlex
import shutil
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from app import accounts, clock, migrate
from app.databases import connect
from app.embedded_postgres import EmbeddedPostgres
from bench import chain, operations, processes, rights, rosters, walls
from bench.figures import (
    COMMIT,
    DRY_RUN,
    FIRST_START,
    IDIOMATIC_MEMORY,
    IMPORT,
    IMPORT_MEMORY,
    MEMORY,
    SECOND_START,
    Figures,
    Measured,
    about_machine,
)
from bench.load import Sample, Voided, loaded, measure, tool
from models.database import Database
from seeds.scale import seed_scale

SIZE = 50
CARDS = 50
ROSTER = 20_000
DISTRICT, CENTER = "scale-110105", "scale-center"
WARMING = 2.0
HOURS = 2


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inspections", type=int, default=100_000, help="how many to load")
    parser.add_argument("--connections", type=int, default=8, help="how many at a time")
    parser.add_argument("--seconds", type=float, default=5, help="of each stretch of load")
    parser.add_argument("--rounds", type=int, default=3, help="stretches of each operation and side, in turn")
    parser.add_argument("--roster", type=int, default=ROSTER, help="rows of the roster that is imported")
    parser.add_argument("--writes", type=int, default=100, help="of each kind and side, for the cost of the chains")
    parser.add_argument("--name", default="bench", help="of the file in bench/results")
    parser.add_argument("--folder", type=Path, default=processes.ROOT / "var" / "bench", help="for the databases; emptied before and after")
    return parser.parse_args()


def tell(sentence: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {sentence}", flush=True)


def starts(figures: Figures, folder: Path) -> None:
    """First on nothing, then on what the first start left; the installation itself is not in it."""
    settings = {"DUDAO_DEMO": "on", "DUDAO_DATA_DIR": str(folder / "demo")}
    for what in (FIRST_START, SECOND_START):
        with processes.service(folder / "start.log", settings) as one:
            figures.seconds[what] = one.seconds
        tell(f"{what}: {one.seconds:.2f} s")


async def filled(owner: str, inspections: int) -> dict[str, str]:
    """Fills the database; gives a token for each account that asks."""
    database = Database(owner)
    try:
        await seed_scale(database, inspections=inspections)
        connection = await connect(owner)
        await connection.execute("VACUUM ANALYZE")
        await connection.close()
        return {name: await accounts.issue_token(database, name, hours=HOURS, now=clock.now()) for name in (DISTRICT, CENTER)}
    finally:
        await database.close()


def rounds(operation: operations.Operation, token: str, ports: Mapping[str, int], *, given: argparse.Namespace) -> Measured:
    """Warms each side, then measures them in turn."""
    targets = {side: operations.target(operation, port, token) for side, port in ports.items()}
    for target in targets.values():
        loaded(target, given.connections, min(WARMING, given.seconds))
    found: dict[str, list[Sample]] = {side: [] for side in targets}
    for _ in range(given.rounds):
        for side, target in targets.items():
            found[side].append(measure(target, connections=given.connections, seconds=given.seconds))
    measured = Measured(operation.name, found)
    tell(f"{operation.name}: " + ", ".join(f"{side} {measured.middle(side).requests_per_second:.0f}/s" for side in targets))
    return measured


def under_load(figures: Figures, token: str, ports: Mapping[str, int], *, given: argparse.Namespace) -> None:
    """Compares first: one wrong answer and no figure counts."""
    for size in (1, 7, SIZE):
        newest = operations.compare(operations.page(size), token, ports)["inspections"]["nodes"]
    for node in newest[:5]:
        operations.compare(operations.one_row(node["id"]), token, ports)
    tell("Both sides answer the same.")
    cards = [f"京督S{n:07d}" for n in range(CARDS)]
    asked = [operations.page(SIZE), operations.one_row(newest[0]["id"]), operations.blacklist_check(cards[:1]), operations.blacklist_check(cards)]
    for operation in asked:
        sides = ports if operation.peered else {"service": ports["service"]}
        figures.operations.append(rounds(operation, token, sides, given=given))


def whole(figures: Figures, given: argparse.Namespace) -> walls.Walls:
    folder: Path = given.folder
    starts(figures, folder)
    with ExitStack() as stack:
        postgres = stack.enter_context(EmbeddedPostgres(folder / "postgres"))
        owner, url = postgres.url("dudao_owner"), postgres.url("dudao_app")
        migrate.upgrade(owner)
        began = time.perf_counter()
        tokens = asyncio.run(filled(owner, given.inspections))
        tell(f"{given.inspections:,} inspections are loaded after {time.perf_counter() - began:.0f} s")
        behind = walls.costs(owner, url, {"district": tokens[DISTRICT], "center": tokens[CENTER]})
        tell("The cost of the walls is known.")
        ours = stack.enter_context(processes.service(folder / "service.log", {"DUDAO_DATABASE_URL": url}))
        with processes.idiomatic(folder / "idiomatic.log", url) as theirs:
            under_load(figures, tokens[DISTRICT], {"service": ours.port, "idiomatic": theirs.port}, given=given)
            figures.megabytes |= {MEMORY: ours.resident(), IDIOMATIC_MEMORY: theirs.resident()}
        imported(figures, ours.port, tokens[CENTER], rows=given.roster)
        figures.megabytes[IMPORT_MEMORY] = ours.resident()
    return behind


def imported(figures: Figures, port: int, token: str, *, rows: int) -> None:
    """An import that the service gives up, after the time it has for a mutation, is a missed goal; the other figures count all the same."""
    try:
        took = rosters.imported(port, token, rows=rows)
    except Voided as error:
        figures.refused[IMPORT] = str(error)
    else:
        figures.seconds |= {IMPORT: took.upload + took.check + took.commit, DRY_RUN: took.check, COMMIT: took.commit}
    tell(f"{IMPORT}: {figures.refused.get(IMPORT) or figures.seconds[IMPORT]}")


def main() -> None:
    given = arguments()
    about = {
        "data": f"{given.inspections:,} inspections in 16 districts",
        "load": f"{tool()}, {given.connections} connections, {given.rounds} rounds of {given.seconds:g} s in turn, medians; one worker each",
        "command": shlex.join(["python", "-m", "bench.run", *sys.argv[1:]]),
    }
    figures = Figures(about_machine() | about)
    shutil.rmtree(given.folder, ignore_errors=True)
    given.folder.mkdir(parents=True)
    try:
        behind = whole(figures, given)
    finally:
        shutil.rmtree(given.folder, ignore_errors=True)
    decisions, chains = rights.measured(given.folder), chain.costs(given.folder, given.writes)
    tell(f"Written to {decisions.write()}, {behind.write()}")
    tell(f"Written to {figures.write(given.name, beside=(behind.table(), decisions.table(), chains))}")
    print(figures.table(), behind.table(), decisions.table(), chains, sep="\n\n")


if __name__ == "__main__":
    main()
