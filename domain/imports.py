"""Rosters on their way in: a ticket, the bytes, a dry run, and a commit that does all or nothing and nothing twice (003 §4, §9, §17; 000 §16, Y059)."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.calendar import shanghai_day
from domain.errors import BadInput, Conflict, Unmet
from domain.identity_numbers import brought_up
from domain.machine import Act, Machine, advance, record
from domain.organizations import InForce, rules_for
from domain.registered import Judge, Registered, look_up, texts
from domain.registering import register
from domain.roster_columns import ID_NUMBER, Problem
from domain.rosters import Checked, Table, agencies, districts, read_table, supervisors
from domain.sealing import IdKeys
from domain.sheets import BadSheet
from domain.texts import checked
from models.events import Event
from models.imports import RosterImport, RosterImportStatus, RosterKind, Upload
from models.organizations import Organization

TICKET_HOLDS = timedelta(minutes=15)
KEPT = timedelta(days=7)
"""So long a file may wait for its commit; then it goes when a place for the next one is asked for."""
ENDINGS = (".xlsx", ".csv")
LONGEST_FILE_NAME = 120
MOST_PROBLEMS = 1_000
"""So many are told; of the others only the number."""

ROWS: dict[RosterKind, Callable[..., Iterator[Any]]] = {
    RosterKind.DISTRICTS: districts,
    RosterKind.AGENCIES: agencies,
    RosterKind.SUPERVISORS: supervisors,
}
PART = 2_500
"""Rows that are checked while those before them are written."""


class Step(StrEnum):
    CHECK = "CHECK"
    COMMIT = "COMMIT"


STEPS: Machine = {(RosterImportStatus.CHECKED, Step.COMMIT): RosterImportStatus.COMMITTED}


def ticket(file_name: str, *, id: UUID, ticket_hash: bytes, act: Act) -> Upload:
    """A place for one file, open for a quarter of an hour. BadInput for a name that is too long or ends otherwise than .xlsx or .csv."""
    name = checked("fileName", file_name, LONGEST_FILE_NAME)
    if not name.lower().endswith(ENDINGS):
        raise BadInput("fileName", "roster_ending")
    return Upload(
        id=id, person_id=act.by, organization_id=act.organization_id, ticket_hash=ticket_hash, expires_at=act.at + TICKET_HOLDS, file_name=name
    )


async def place_of(session: AsyncSession, ticket_hash: bytes, *, at: datetime) -> Upload | None:
    """The upload the ticket is for, locked; None for a ticket that is unknown or too old."""
    query = select(Upload).where(col(Upload.ticket_hash) == ticket_hash, col(Upload.expires_at) > at)
    return (await session.exec(query.with_for_update())).one_or_none()


async def receive(session: AsyncSession, upload: Upload, content: bytes, *, keys: IdKeys) -> None:
    """Keeps the bytes, sealed: they hold id numbers. The same once more is no harm; Conflict STATE for others, since a dry run may have seen the first."""
    digest = sha256(content).digest()
    if upload.digest not in {None, digest}:
        raise Conflict("STATE")
    if upload.content is None:
        upload.content, upload.digest = await asyncio.to_thread(keys.seal, content, about=upload.id), digest
        session.add(upload)
        await session.flush()


async def reserve(session: AsyncSession, upload: Upload, *, act: Act) -> None:
    """Saves the place of a file. The bytes of those of the organization that nobody has committed in a week go."""
    session.add(upload)
    old = col(Upload.organization_id) == act.organization_id, col(Upload.expires_at) < act.at - KEPT
    await session.exec(update(Upload).where(*old, col(Upload.content).is_not(None)).values(content=None))


def forget(session: AsyncSession, upload: Upload) -> None:
    """The bytes of a file that is in, or refused. Their digest stays (PIPL 47: no longer than the purpose needs)."""
    upload.content = None
    session.add(upload)


def dry_run(upload: Upload, kind: RosterKind, *, act: Act) -> RosterImport:
    """The row of a dry run that is still to be done, for the center acted for. BadInput where no bytes were put to the ticket."""
    if upload.digest is None:
        raise BadInput("upload", "bytes_missing")
    return RosterImport(
        center_id=act.organization_id,
        upload_id=upload.id,
        kind=kind,
        status=RosterImportStatus.REJECTED,
        digest=upload.digest,
        rows=0,
        problems=[],
        started_by=act.by,
    )


async def check(session: AsyncSession, row: RosterImport, upload: Upload, *, act: Act, keys: IdKeys) -> tuple[RosterImport, Event | None]:
    """The dry run. A file that was committed before answers with that import: nothing of it is left to do.

    BadInput where the file as a whole cannot be read; Unmet for districts where the rules know no such tier (D01).
    """
    before = await committed(session, row)
    if before is not None:
        forget(session, upload)
        return before, None
    file = await _opened(session, row, upload, act=act, keys=keys)
    found = await asyncio.to_thread(lambda: [one for part in file.parts() for one in part.problems])
    row.rows, row.problem_count = len(file.table.rows), len(found)
    row.problems = [as_json(one) for one in sorted(found, key=lambda one: one.line)[:MOST_PROBLEMS]]
    row.status = RosterImportStatus.REJECTED if found else RosterImportStatus.CHECKED
    if found:
        forget(session, upload)
    session.add(row)
    await session.flush()
    return row, await record(session, row, step=Step.CHECK, act=act, after=row.status, reason=facts(row))


async def bring_in(session: AsyncSession, row: RosterImport, *, act: Act, keys: IdKeys) -> tuple[RosterImport, Event | None]:
    """All rows of the file, or none, in one event. Conflict STATE for one that was rejected or committed, or that no longer fits the registry.

    A file whose bytes another import has brought in meanwhile answers with that one.
    """
    if (row.status, Step.COMMIT) not in STEPS:
        raise Conflict("STATE", status=row.status.value)
    await _alone(session, row.center_id)
    before = await committed(session, row)
    upload = (await session.exec(select(Upload).where(col(Upload.id) == row.upload_id))).one()
    if before is not None:
        forget(session, upload)
        return before, None
    file = await _opened(session, row, upload, act=act, keys=keys)
    row.known = len(file.table.rows) - await register(session, file.parts(), file.registered, rules=file.rules.rules, keys=keys, act=act)
    forget(session, upload)
    return row, await advance(session, row, STEPS, step=Step.COMMIT, act=act, reason=facts(row), profile_id=file.rules.id)


async def committed(session: AsyncSession, row: RosterImport) -> RosterImport | None:
    """The import that brought in the same bytes as the same kind for the same center."""
    query = select(RosterImport).where(
        col(RosterImport.center_id) == row.center_id,
        col(RosterImport.kind) == row.kind,
        col(RosterImport.digest) == row.digest,
        col(RosterImport.status) == RosterImportStatus.COMMITTED,
    )
    return (await session.exec(query)).one_or_none()


async def _alone(session: AsyncSession, center_id: UUID) -> None:
    """One commit of a center after another. Rows that refer to the center may be written meanwhile."""
    await session.exec(select(Organization.id).where(col(Organization.id) == center_id).with_for_update(key_share=True))


@dataclass(frozen=True)
class File:
    """A file that can be read, beside the registry and the rules as they are now."""

    kind: RosterKind
    table: Table
    registered: Registered
    rules: InForce
    today: date

    def parts(self) -> Iterator[Checked[Any]]:
        """Part by part the sound rows and what is wrong with the others. Takes its time: for a thread."""
        problems: list[Problem] = []
        rows = ROWS[self.kind](self.table, self.registered.known, problems, on=self.today)
        judge = Judge(self.registered, self.rules.rules, on=self.today)
        while True:
            part = list(islice(rows, PART))
            if self.kind is RosterKind.SUPERVISORS:
                problems += (problem for row in part for problem in judge.problems(row))
            yield Checked(part, list(problems))
            problems.clear()
            if len(part) < PART:
                return


async def _opened(session: AsyncSession, row: RosterImport, upload: Upload, *, act: Act, keys: IdKeys) -> File:
    sealed = upload.content
    if sealed is None:
        raise BadInput("upload", "bytes_missing")
    today = shanghai_day(act.at)
    rules = await rules_for(session, row.center_id, on=today)
    tiers = rules.rules.rule("tiers")
    if row.kind is RosterKind.DISTRICTS and "DISTRICT" not in rules.rules.words("tiers"):
        raise Unmet(tiers.id, tiers.article, rules.rules.version)
    try:
        table = await asyncio.to_thread(lambda: read_table(keys.open(sealed, about=upload.id), upload.file_name))
    except BadSheet as bad:
        raise BadInput("upload", f"sheet_{bad.problem.lower()}") from None
    await brought_up(session, texts(table, ID_NUMBER), keys=keys)
    registered = await look_up(session, table, row.kind, center_id=row.center_id, digest=keys.digest)
    return File(row.kind, table, registered, rules, today)


def facts(row: RosterImport) -> str:
    return f"{row.kind} {row.rows} rows, {row.known} known, {row.problem_count} problems, sha256:{row.digest.hex()}"


def as_json(problem: Problem) -> dict[str, str | int]:
    """As it is kept and shown; never more of a number than its last four."""
    return {"line": problem.line, "column": problem.column, "code": problem.code.value, "hint": problem.value_hint}
