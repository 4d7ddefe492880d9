"""What is asked: ten reads, each as every side must be asked it, and whether all who are asked say the same."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from app import accounts, clock
from app.databases import connect
from bench.answers import data, difference, hollow, normalised, post
from bench.load import Target, Voided
from bench.processes import KEYS, POSTGRAPHILE, Side
from gql.ids import shown
from gql.reading.paging import tag
from models.database import Database

QUERIES = Path(__file__).parent / "queries"
THEIRS = POSTGRAPHILE / "queries"
CALLERS = {"district": "scale-110105", "center": "scale-center"}
HOURS = 12
SIZE = 50
ROSTER = 100
DEEP = 1_000
CARDS = 50

ORDER = ['__inspection__."scheduled_on"', '__inspection__."id"']
NEWEST_FIRST = sha256(json.dumps(ORDER, separators=(",", ":")).encode()).hexdigest()[:10]
"""How PostGraphile 5.1 marks a cursor of inspections by day and id. With another mark it answers an error, which voids the run."""


@dataclass(frozen=True)
class Operation:
    """One read. `bodies`: by side what is posted, in ASCII, so that it can stand in any script; a side that cannot express it has none."""

    name: str
    document: str
    bodies: Mapping[str, bytes]
    caller: str
    token: str


@dataclass(frozen=True)
class Place:
    """Where a page begins: after the inspection `id` of that `day`. `tag` is what the service signs such a cursor with."""

    page: int
    day: date
    id: UUID
    tag: str


@dataclass(frozen=True)
class Facts:
    """What the operations ask about, the same at every run on the same database but for the tokens, which are new."""

    callers: Mapping[str, str]
    inspection: UUID
    agency: UUID
    district: UUID
    month: str
    cards: Sequence[str]
    deep: Place


WHO = """
SELECT a.name, m.person_id, m.organization_id, array_agg(m.role ORDER BY m.role) AS roles FROM account a JOIN membership m ON m.person_id = a.person_id
 WHERE a.name = ANY ($1) GROUP BY 1, 2, 3
"""
INSPECTION = "SELECT id FROM inspection WHERE district_id = $1 ORDER BY scheduled_on DESC, id DESC LIMIT 1"
# one with something open, if there is any, and among those the busiest
AGENCY = """
SELECT i.agency_id FROM inspection i LEFT JOIN rectification r ON r.inspection_id = i.id AND r.status <> 'ACCEPTED'
 WHERE i.district_id = $1 GROUP BY 1 ORDER BY count(r.id) > 0 DESC, count(*) DESC, 1 LIMIT 1
"""
# the latest one reported on; without any return, the latest that is over
MONTH = """
SELECT coalesce((SELECT max(month) FROM monthly_return), to_char(max(scheduled_on) - interval '1 month', 'YYYY-MM')) FROM inspection
"""
ALL = "SELECT count(*) FROM inspection WHERE center_id = $1"
NTH = "SELECT scheduled_on, id FROM inspection WHERE center_id = $1 ORDER BY scheduled_on DESC, id DESC OFFSET $2 LIMIT 1"
NUMBERS = "SELECT number FROM card ORDER BY number LIMIT $1"


async def facts_of(owner_url: str) -> Facts:
    """Looked up as the owner. With fewer inspections than fill a thousand pages, the deepest full page stands for that one."""
    connection = await connect(owner_url)
    try:
        who = {row["name"]: row for row in await connection.fetch(WHO, list(CALLERS.values()))}
        asking = who[CALLERS["center"]]
        district, center = who[CALLERS["district"]]["organization_id"], asking["organization_id"]
        page = min(DEEP, await connection.fetchval(ALL, center) // SIZE)
        [(day, id)] = await connection.fetch(NTH, center, (page - 1) * SIZE - 1)
        mine = (asking["person_id"], center, asking["roles"])
        signed = tag(KEYS["DUDAO_CURSOR_KEY"].encode(), "Query", "inspections", ("scheduled_on", True), [], mine)
        return Facts(
            callers=await tokens(owner_url),
            inspection=await connection.fetchval(INSPECTION, district),
            agency=await connection.fetchval(AGENCY, district),
            district=district,
            month=await connection.fetchval(MONTH),
            cards=[row["number"] for row in await connection.fetch(NUMBERS, CARDS)],
            deep=Place(page, day, id, signed),
        )
    finally:
        await connection.close()


async def tokens(owner_url: str) -> dict[str, str]:
    database = Database(owner_url)
    try:
        return {name: await accounts.issue_token(database, account, hours=HOURS, now=clock.now()) for name, account in CALLERS.items()}
    finally:
        await database.close()


def asked(document: str, variables: Mapping[str, object], *, folder: Path = QUERIES) -> bytes:
    """A document of a folder with its variables, as a client posts it."""
    text = (folder / f"{document}.graphql").read_text(encoding="utf-8")
    return json.dumps({"query": text, "variables": variables}).encode()


def by_hand(document: str, *values: object) -> bytes:
    return json.dumps({"read": document, "values": values}).encode()


def operations(facts: Facts) -> list[Operation]:
    cursor = encoded(f"{facts.deep.tag}|{facts.deep.id}|{facts.deep.day}")
    deep = {"first": SIZE, "after": cursor}
    theirs = {"first": SIZE, "after": encoded(json.dumps([NEWEST_FIRST, str(facts.deep.day), str(facts.deep.id)], separators=(",", ":")))}
    cards = {"subjects": [{"cardNumber": one} for one in facts.cards]}
    district = {"district": shown("dst", facts.district), "month": facts.month}

    def read(name: str, document: str, bodies: Mapping[str, bytes], caller: str = "district") -> Operation:
        return Operation(name, document, bodies, caller, facts.callers[caller])

    return [
        read(f"deep page of {SIZE}", "page", {**first("page", SIZE), "idiomatic": asked("page", {"first": SIZE})}),
        read(
            f"deep page of {SIZE} at page {facts.deep.page:,}",
            "page_at",
            {**both("page_at", deep, theirs), "by_hand": by_hand("page_at", SIZE, str(facts.deep.day), str(facts.deep.id))},
            "center",
        ),
        read("one-row look-up", "one_row", one_row(facts.inspection)),
        read(f"roster page of {ROSTER}", "roster", first("roster", ROSTER)),
        read(
            "agency file",
            "agency_file",
            {
                **both("agency_file", {"agency": shown("agc", facts.agency)}, {"agency": str(facts.agency)}),
                "by_hand": by_hand("agency_file", str(facts.agency)),
            },
        ),
        read("workbench of a district", "workbench", {"service": asked("workbench", {}), "by_hand": by_hand("workbench")}),
        read("month of a district", "month", {"service": asked("month", district), "by_hand": by_hand("month", facts.month, str(facts.district))}),
        read(f"blacklistCheck of {len(facts.cards)}", "blacklist_check", {"service": asked("blacklist_check", cards)}),
        read(
            "month of all districts",
            "districts",
            {"service": asked("districts", {"month": facts.month}), "by_hand": by_hand("districts", facts.month)},
            "center",
        ),
        read(f"list of {SIZE} with its count", "counted", first("counted", SIZE)),
    ]


def both(document: str, ours: Mapping[str, object], theirs: Mapping[str, object]) -> dict[str, bytes]:
    return {"service": asked(document, ours), "postgraphile": asked(document, theirs, folder=THEIRS)}


def first(document: str, size: int) -> dict[str, bytes]:
    """A first page, asked alike everywhere."""
    return {**both(document, {"first": size}, {"first": size}), "by_hand": by_hand(document, size)}


def one_row(id: UUID) -> dict[str, bytes]:
    ours = asked("one_row", {"id": shown("insp", id)})
    return {**both("one_row", {"id": shown("insp", id)}, {"id": str(id)}), "by_hand": by_hand("one_row", str(id)), "idiomatic": ours}


def encoded(cursor: str) -> str:
    return base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")


def compare(operation: Operation, sides: Mapping[str, Side]) -> None:
    """Raises Voided where two of the sides that can answer say different things, or where there is nothing to compare."""
    answers = {
        name: normalised(data(post(side.port, operation.token, operation.bodies[name]))) for name, side in sides.items() if name in operation.bodies
    }
    agreed(operation.name, answers)


def agreed(name: str, answers: Mapping[str, dict[str, object]]) -> None:
    """Raises Voided unless all of them say the same, and something at all."""
    reference, ours = next(iter(answers.items()))
    if hollow(ours):
        raise Voided(f"{name}: {reference} answers with nothing to compare")
    for side, theirs in answers.items():
        if found := difference(ours, theirs):
            raise Voided(f"{name}: {side} answers otherwise than {reference} at {found}")


def target(operation: Operation, side: Side) -> Target:
    """The operation at one side, with the length of its right answer."""
    body = operation.bodies[side.name]
    return Target(side.port, operation.token, body, len(post(side.port, operation.token, body)))
