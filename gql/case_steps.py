"""When a step of a case is offered, beside its states and the right to it."""

from sqlalchemy import ColumnElement

from authz.relations import PERSON, there_is
from gql.reading.declare import Frame
from gql.reading.fragments import constant
from models.base import table_of
from models.cases import BlacklistEntry


def by_another(frame: Frame) -> ColumnElement[bool]:
    return frame.t.c.decided_by != PERSON


def by_strangers(frame: Frame) -> ColumnElement[bool]:
    """Who asks neither decided nor confirmed."""
    return (frame.t.c.decided_by != PERSON) & frame.t.c.confirmed_by.is_distinct_from(PERSON)


def own_ruling(frame: Frame) -> ColumnElement[bool]:
    """Decided here and not by the employer's department."""
    return frame.t.c.authority.is_(None)


def unstated(frame: Frame) -> ColumnElement[bool]:
    return frame.t.c.stated_at.is_(None)


def suspended(frame: Frame) -> ColumnElement[bool]:
    return frame.t.c.sanction == constant("SUSPENSION")


def put_to_nobody(frame: Frame) -> ColumnElement[bool]:
    return frame.t.c.put_on.is_(None)


def unreferred(frame: Frame) -> ColumnElement[bool]:
    return frame.t.c.judicial_number.is_(None)


def listed_by_nobody(frame: Frame) -> ColumnElement[bool]:
    """A revocation that has not listed the person and is not proposed to."""
    e = table_of(BlacklistEntry).alias("entered")
    entered = there_is(e).where(e.c.case_id == frame.t.c.id, e.c.status != constant("DISMISSED"))
    return (frame.t.c.sanction == constant("REVOCATION")) & ~entered
