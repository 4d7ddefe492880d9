"""What a filter tests: a column, a column of rows beside, or what is worked out of the row; never more than its caller may read."""

from datetime import date
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Date, FromClause, Text, and_, any_, bindparam, cast, func, literal_column, or_, true

from authz.access import scope
from authz.relations import there_is
from gql.reading.declare import Frame, Source, SourceName, source_of
from gql.reading.fragments import constant
from gql.reading.paging import Beside, Met, Worked
from gql.reading.plan import AnyOf, Condition
from models.base import table_of


def tested(test: Condition | AnyOf, frame: Frame) -> ColumnElement[bool]:
    if isinstance(test, AnyOf):
        return or_(*(and_(true(), *(tested(one, frame) for one in branch)) for branch in test.branches))
    what = test.where.what
    match what:
        case Beside():
            r, seen = visible(frame, source_of(what.source), masked=what)
            also = [what.when(r)] if what.when else []
            return there_is(r).where(r.c[what.theirs] == frame.t.c[what.mine], compared(r.c[what.column], test), *also, *seen)
        case Met():
            met: ColumnElement[bool] = what.expression(frame, bindparam(test.parameter, type_=what.kind, required=False))
            return met
        case Worked():
            return compared(what.expression(frame), test)
        case None:
            return compared(frame.t.c[test.where.column], test)
    raise TypeError(what)


def visible(frame: Frame, source: Source, *, masked: Beside | None = None) -> tuple[FromClause, list[ColumnElement[bool]]]:
    """The rows of a source that stand beside the frame's, and what they must meet: the caller may read them, and the column that is asked about."""
    table = table_of(source.model)
    r = table.alias("beside")
    rights = [source.read, *([masked.mask] if masked and masked.mask else [])]
    only = [r.c[source.only[0]].in_([constant(one) for one in source.only[1:]])] if source.only else []
    return r, [*(scope(frame.shape, right, r, of=table) for right in rights), *only]


def compared(stored: ColumnElement[Any], test: Condition) -> ColumnElement[bool]:
    kind = Text() if isinstance(stored.type, Text) or hasattr(stored.type, "enums") else stored.type
    value: ColumnElement[Any] = bindparam(test.parameter, type_=kind, required=False)
    match test.operator:
        case "in":
            return stored == any_(bindparam(test.parameter, type_=ARRAY(kind), required=False))
        case "from":
            return stored >= value
        case "until":
            return stored < value
        case "startsWith":
            return func.starts_with(stored, value)
        case "contains":
            return func.strpos(stored, value) > literal_column("0")
        case _:
            return stored == value


def some(frame: Frame, source: SourceName, theirs: str, *, mine: str = "id", **said: str | ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the caller may read a row of the source that points to this one and says all this."""
    r, seen = visible(frame, source_of(source))
    words = [r.c[name] == (constant(value) if isinstance(value, str) else value) for name, value in said.items()]
    return there_is(r).where(r.c[theirs] == frame.t.c[mine], *words, *seen)


def today() -> ColumnElement[date]:
    """In Shanghai."""
    return cast(func.timezone(constant("Asia/Shanghai"), func.now()), Date)
