"""Persons, shared by all: found by the keyed digest of their number, made where nobody bears it yet."""

from datetime import date

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.errors import BadInput
from domain.numbers import citizen, id_digest, id_problem, last_four
from models.base import new_id, table_of
from models.supervisors import Person


async def person_by_number(session: AsyncSession, number: str, *, name: str, key: bytes, on: date) -> Person:
    """Who bears the number. A known person keeps the known name: a caller learns nothing by guessing. Two at once make one person."""
    problem = id_problem(number, on=on)
    if problem is not None:
        raise BadInput("idNumber", "id_number", reason=problem.value)
    digest, bearer = id_digest(number, key=key), citizen(number)
    facts = {"name": name, "id_last_four": last_four(number), "sex": bearer.sex, "birth_date": bearer.birth}
    await session.exec(insert(table_of(Person)).values(id=new_id(), id_digest=digest, **facts).on_conflict_do_nothing(index_elements=["id_digest"]))
    return (await session.exec(select(Person).where(col(Person.id_digest) == digest))).one()
