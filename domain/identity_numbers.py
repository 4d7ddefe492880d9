"""Id numbers in the tables: who is found after a key has changed, all numbers put under the newest keys, and one number told to who may know it."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, TableValuedAlias, Uuid, column, exists, func, literal, not_, update
from sqlalchemy.types import LargeBinary
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import BadInput
from domain.machine import Act, Within, chained
from domain.sealing import IdKeys, Unreadable
from domain.texts import checked
from models.base import table_of
from models.complaints import Complainant
from models.events import Event
from models.imports import Upload
from models.supervisors import Person
from models.webhooks import Webhook

LONGEST_PURPOSE = 500
PART = 500
PERSON, UPLOAD = table_of(Person), table_of(Upload)
SEALED: tuple[tuple[type[Upload | Webhook | Complainant], str], ...] = ((Upload, "content"), (Webhook, "secret_sealed"), (Complainant, "identity"))
"""What is sealed beside the numbers of persons: rosters that wait for their commit, secrets of webhooks, who complained."""


async def reveal(session: AsyncSession, person: Person, purpose: str, *, keys: IdKeys, within: Within, act: Act) -> tuple[str, Event]:
    """The whole number, and the event that says who had it shown and why (PIPL 28). BadInput where the digest alone is kept."""
    why = checked("purpose", purpose, LONGEST_PURPOSE)
    if person.id_sealed is None:
        raise BadInput("person", "number_not_kept")
    number = keys.open_number(person.id_sealed, of=person.id)
    return number, await chained(session, person, within=within, step="REVEAL", act=act, reason=why)


async def brought_up(session: AsyncSession, numbers: Iterable[str], *, keys: IdKeys) -> None:
    """While the key of the index changes: whoever of these stands under an earlier one stands under the newest from now on.

    So every look-up asks by the newest digest alone. One statement, and none outside a rotation.
    """
    if len(keys.index) == 1:
        return
    digests = [keys.digests(number) for number in numbers]
    moves = [(before, newest) for newest, *others in digests for before in others]
    if moves:
        given = _rows(("before", [before for before, _ in moves]), ("digest", [after for _, after in moves]))
        await session.exec(
            update(PERSON).values(id_digest=given.c.digest).where(PERSON.c.id_digest == given.c.before, not_(_taken(given))), params={}
        )


@dataclass(frozen=True)
class Part:
    """What one part of a rotation found. `last` is where the next one goes on; None after the last one.

    `left`: changed meanwhile, or the number stands a second time under the newest key.
    """

    last: UUID | None
    moved: int = 0
    current: int = 0
    digest_only: int = 0
    unreadable: int = 0
    left: int = 0

    def __add__(self, other: "Part") -> "Part":
        names = ("moved", "current", "digest_only", "unreadable", "left")
        return Part(other.last, *(getattr(self, name) + getattr(other, name) for name in names))


async def rotate_part(session: AsyncSession, *, keys: IdKeys, after: UUID, most: int = PART) -> Part:
    """Puts the next persons under the newest keys. Whoever is there already stays, so it may be broken off and begun again at any time.

    Two may run at once, and beside a service that knows the same keys: a row that has changed meanwhile is left as it is.
    """
    query = select(Person.id, Person.id_digest, Person.id_sealed).where(col(Person.id) > after, col(Person.id_digest).is_not(None))
    rows = (await session.exec(query.order_by(col(Person.id)).limit(most))).all()
    last = rows[-1][0] if len(rows) == most else None
    moves: list[tuple[UUID, bytes, bytes, bytes]] = []
    current = unreadable = 0
    for person, digest, sealed in rows:
        if sealed is None:
            continue
        try:
            number = keys.open_number(sealed, of=person)
        except Unreadable:
            unreadable += 1
            continue
        if keys.current(sealed) and digest == keys.digest(number):
            current += 1
        else:
            moves.append((person, sealed, keys.digest(number), keys.seal_number(number, of=person)))
    moved = await _moved(session, moves) if moves else 0
    return Part(last, moved, current, sum(one[2] is None for one in rows), unreadable, len(moves) - moved)


async def rotate_next(session: AsyncSession, model: type[Upload | Webhook | Complainant], column: str, *, keys: IdKeys, after: UUID) -> UUID | None:
    """The next row with something sealed in this column, put under the newest key; its id, and None after the last one. Raises Unreadable."""
    sealed = table_of(model).c[column]
    query = select(model).where(col(model.id) > after, sealed.is_not(None)).order_by(col(model.id)).limit(1).with_for_update()
    row = (await session.exec(query)).one_or_none()
    if row is None:
        return None
    before = getattr(row, column)
    if not keys.current(before):
        setattr(row, column, keys.seal(keys.open(before, about=row.id), about=row.id))
        session.add(row)
    return row.id


async def _moved(session: AsyncSession, moves: list[tuple[UUID, bytes, bytes, bytes]]) -> int:
    ids, before, digests, sealed = (list(one) for one in zip(*moves, strict=True))
    given = _rows(("before", before), ("digest", digests), ("sealed", sealed), ids=ids)
    same = PERSON.c.id == given.c.id, PERSON.c.id_sealed == given.c.before, not_(_taken(given))
    statement = update(PERSON).values(id_digest=given.c.digest, id_sealed=given.c.sealed).where(*same).returning(PERSON.c.id)
    return len((await session.exec(statement)).all())


def _rows(*columns: tuple[str, list[bytes]], ids: list[UUID] | None = None) -> TableValuedAlias:
    """Arrays as a table: one parameter each, however many rows."""
    arrays = [literal(values, ARRAY(LargeBinary)) for _, values in columns] + ([literal(ids, ARRAY(Uuid()))] if ids else [])
    names = [column(name, LargeBinary) for name, _ in columns] + ([column("id", Uuid())] if ids else [])
    return func.unnest(*arrays).table_valued(*names, name="given").render_derived()


def _taken(given: TableValuedAlias) -> ColumnElement[bool]:
    """Somebody else stands under the new digest: two rows of one person, which a process without the earlier key has made."""
    twin = PERSON.alias("twin")
    return exists().where(twin.c.id_digest == given.c.digest, twin.c.id != PERSON.c.id).correlate(PERSON, given)
