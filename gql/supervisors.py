"""People on the roster: persons, supervisors, cards, appointments."""

from datetime import date

import strawberry
from sqlalchemy import ColumnElement, case, cast, func
from sqlalchemy.dialects.postgresql import JSON

from authz.actions import Action
from gql.organizations import Node
from gql.reading.declare import Frame, Source, column, computed
from gql.reading.fragments import constant
from models.supervisors import Person as PersonRow

PERSONS = Source(PersonRow, "Person", "per")


def shortened(frame: Frame) -> ColumnElement[str]:
    """张**: the family name stays, so that two colleagues can be told apart in talk but not looked up."""
    return func.concat(func.left(frame.t.c["name"], 1), constant("**"))


PERSONAL = {
    "NAME": Action.PERSON_READ_NAME,
    "PHONE": Action.PERSON_READ_CONTACT,
    "ID_NUMBER": Action.PERSON_READ_IDENTITY,
    "BIRTH_DATE": Action.PERSON_READ_IDENTITY,
    "HEALTHY": Action.PERSON_READ_HEALTH,
}


def masked(frame: Frame) -> ColumnElement[str]:
    words = [case((~frame.may(action), constant(f'"{field}"'))) for field, action in PERSONAL.items()]
    return cast(func.concat(constant("["), func.concat_ws(constant(","), *words), constant("]")), JSON())


@strawberry.type(description="个人: somebody, shared by all who supervise; personal fields only for who may see them.")
class Person(Node):
    name: str | None = column(
        "name", "The name; shortened to the family name for who may not read it.", mask=Action.PERSON_READ_NAME, masked=shortened
    )
    phone: str | None = column("phone", "For who dispatches.", mask=Action.PERSON_READ_CONTACT)
    id_last_four: str | None = column("id_last_four", "The last four characters of the id number.", mask=Action.PERSON_READ_IDENTITY)
    birth_date: date | None = column("birth_date", "For the age limits.", mask=Action.PERSON_READ_IDENTITY)
    healthy: bool | None = column("healthy", "Attested, yes or no.", mask=Action.PERSON_READ_HEALTH)
    masked: list[str] = computed(masked, "Which of these fields the caller may not read.")
