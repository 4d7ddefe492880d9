"""Rosters for tests: an empty jurisdiction, rows that no other test has, and the way of a file from ticket to commit."""

import itertools
import secrets
from collections.abc import Sequence
from datetime import date
from typing import Any

from domain import imports, organizations
from domain.profiles import parse_profile
from domain.roster_columns import AGENCY_COLUMNS, DISTRICT_COLUMNS, SUPERVISOR_COLUMNS
from models.imports import Upload
from seeds.rosters import invented
from tests.world import ID_KEYS, PROFILES, World, credit_code, key

BLOCK = 10_000
BLOCKS = itertools.count(10)
"""Each roster of people takes the next ten thousand numbers."""

COLUMNS = {"DISTRICTS": DISTRICT_COLUMNS, "AGENCIES": AGENCY_COLUMNS, "SUPERVISORS": SUPERVISOR_COLUMNS}

FACTS = "status rows known problemCount problems { line column code hint }"
TICKET = "mutation($i: UploadIssueTicketInput!) { uploadIssueTicket(input: $i) { upload { id fileName expiresAt digest } url replayed } }"
START = f"mutation($i: RosterImportStartInput!) {{ rosterImportStart(input: $i) {{ rosterImport {{ id version {FACTS} }} event {{ step toStatus }} replayed }} }}"
COMMIT = (
    f"mutation($i: RosterImportCommitInput!) {{ rosterImportCommit(input: $i)"
    f" {{ rosterImport {{ id version {FACTS} }} event {{ step fromStatus toStatus reason }} replayed }} }}"
)


async def empty(beside: World, *, profile: str = "beijing-municipal") -> World:
    """A center with an administrator and rules, and nothing below it; in the same database."""
    async with beside.transaction() as session:
        center = await organizations.found_center(session, f"中心{secrets.token_hex(3)}", code=secrets.token_hex(3))
    world = World(beside.database, beside.maker, center, profile)
    admin = await world.hire("center_admin", center)
    text = (PROFILES / f"{profile}.toml").read_text(encoding="utf-8")
    async with world.transaction() as session:
        await organizations.publish_profile(session, center, parse_profile(text, effective_from=date(2024, 1, 1)), act=world.act(admin))
    return world


def agencies(count: int) -> list[invented.Row]:
    """Invented, but with codes of their own: a credit code is registered once in the whole database."""
    return [[f"{row[0]}{secrets.token_hex(2)}", credit_code(), *row[2:]] for row in invented.agencies(count)]


def people(count: int, employers: Sequence[invented.Row]) -> list[invented.Row]:
    """Invented, but with numbers of their own: a person is the same in every jurisdiction."""
    codes = {invented.credit_code(place): row[1] for place, row in enumerate(employers, 1)}
    start = next(BLOCKS) * BLOCK
    rows = [invented.supervisor(start + place, len(employers)) for place in range(count)]
    return [[*row[:2], codes.get(str(row[2])), *row[3:]] for row in rows]


def file_of(kind: str, rows: Sequence[Sequence[invented.Cell]]) -> bytes:
    return invented.xlsx([invented.headers(COLUMNS[kind]), *rows])


async def ticket(world: World, *, name: str = "名册.xlsx") -> dict[str, Any]:
    data = await world.done("center_admin", TICKET, i={"idempotencyKey": key(), "fileName": name})
    return data["uploadIssueTicket"]


async def uploaded(world: World, content: bytes, *, name: str = "名册.xlsx") -> str:
    """The id of an upload whose bytes have come, past HTTP."""
    issued = await ticket(world, name=name)
    async with world.transaction() as session:
        [upload] = [one for one in await world.rows(Upload) if f"upl_{one.id.hex}" == issued["upload"]["id"]]
        await imports.receive(session, upload, content, keys=ID_KEYS)
    return str(issued["upload"]["id"])


async def started(world: World, kind: str, content: bytes, *, name: str = "名册.xlsx") -> dict[str, Any]:
    """The dry run of a file."""
    upload = await uploaded(world, content, name=name)
    data = await world.done("center_admin", START, i={"idempotencyKey": key(), "upload": upload, "kind": kind})
    return data["rosterImportStart"]["rosterImport"]


async def brought_in(world: World, kind: str, rows: Sequence[Sequence[invented.Cell]]) -> dict[str, Any]:
    """A clean roster, all the way."""
    checked = await started(world, kind, file_of(kind, rows))
    assert checked["status"] == "CHECKED", checked["problems"]
    data = await world.done("center_admin", COMMIT, i={"idempotencyKey": key(), "rosterImport": checked["id"]})
    return data["rosterImportCommit"]["rosterImport"]
