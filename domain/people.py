"""Persons, shared by all: found by the keyed digest of their number, made where nobody bears it yet."""

from datetime import date

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import BadInput
from domain.identity_numbers import brought_up
from domain.numbers import citizen, id_problem, last_four
from domain.sealing import IdKeys
from models.base import HOUSE, new_id, table_of
from models.supervisors import Person


async def person_by_number(session: AsyncSession, number: str, *, name: str, keys: IdKeys, on: date) -> Person:
    """Who bears the number. A known person keeps the known name: a caller learns nothing by guessing. Two at once make one person."""
    problem = id_problem(number, on=on)
    if problem is not None:
        raise BadInput("idNumber", "id_number", reason=problem.value)
    await brought_up(session, [number], keys=keys)
    id, digest, bearer = new_id(), keys.digest(number), citizen(number)
    kept = {"id_digest": digest, "id_sealed": keys.seal_number(number, of=id), "id_last_four": last_four(number)}
    facts = {"name": name, "sex": bearer.sex, "birth_date": bearer.birth}
    await session.exec(insert(table_of(Person)).values(id=id, **kept, **facts).on_conflict_do_nothing(index_elements=["id_digest"]))
    return (await session.exec(select(Person).where(col(Person.id_digest) == digest))).one()


async def house(session: AsyncSession) -> None:
    """系统 is registered: as whom steps stand in the chain that nobody took, since a time ran out."""
    await session.exec(insert(table_of(Person)).values(id=HOUSE, name="系统").on_conflict_do_nothing())
