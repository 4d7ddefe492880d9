"""What the operator does for the files: proves that they are what their rows say, and sweeps away what no row refers to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from app.file_store import Away, Store
from domain import evidence, uploads
from models.database import Database
from models.evidence import Evidence

GRACE = timedelta(days=1)
"""So long after it was put, a file is left alone whatever the rows say."""
FIRST = UUID(int=0)


@dataclass
class Swept:
    gone: int = 0
    stay: int = 0
    strange: int = 0
    """Files that we have not put there. They are not ours to remove."""


async def swept(store: Store, owner: Database, *, now: datetime) -> Swept:
    """Beside a running service: nobody loses a file that is just being put, or attached. Raises Away."""
    found = Swept()
    async for one in store.kept():
        place = uploads.read_place(one.key)
        if place is None:
            found.strange += 1
        elif one.at > now - GRACE:
            found.stay += 1
        else:
            # the lock that `needed` takes holds until the file is gone
            async with owner.transaction() as session:
                wanted = await uploads.needed(session, *place, at=now)
                if not wanted:
                    await store.drop(one.key)
            found.stay, found.gone = found.stay + wanted, found.gone + (not wanted)
    return found


async def faults(store: Store, owner: Database) -> tuple[int, list[str]]:
    """Reads every file that a row refers to; how many, and which are missing or other than on the day they came."""
    after, looked, wrong = FIRST, 0, list[str]()
    while True:
        async with owner.transaction() as session:
            part = await evidence.part(session, after=after)
        if not part:
            return looked, wrong
        for row in part:
            looked += 1
            if fault := await fault_of(store, row):
                wrong.append(f"evi_{row.id.hex}: {fault}")
        after = part[-1].id


async def fault_of(store: Store, row: Evidence) -> str | None:
    hashed = sha256()
    key = uploads.place_in_store(row.organization_id, row.digest)
    try:
        if not await store.has(key, size=row.size):
            return "missing, or of another length"
        async for part in store.read(key):
            hashed.update(part)
    except Away as error:
        return str(error)
    return None if hashed.digest() == row.digest else "its bytes were changed"
