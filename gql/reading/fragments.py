"""Pieces of SQL that statements are put together from: objects, lists, cursors, comparisons, and how a stored value is shown."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    FromClause,
    LargeBinary,
    Numeric,
    Text,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    true,
)
from sqlalchemy import tuple_ as row_of
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by

from gql.reading.declare import Frame
from gql.reading.paging import Part
from gql.reading.plan import AnyOf, Condition, PageShape
from gql.reading.selection import Chosen, TypeName

NAME = re.compile(r"^[_A-Za-z][_0-9A-Za-z]*$")
KEYS = 50
"""PostgreSQL takes 100 arguments a call; an object of more keys is put together from parts."""

Pair = tuple[ColumnElement[str], ColumnElement[Any]]


def word(name: str) -> ColumnElement[str]:
    """A name of the schema or a response key, as SQL text. GraphQL's grammar lets through nothing that could end the quotes."""
    if not NAME.match(name):
        raise ValueError(name)
    return literal_column(f"'{name}'", Text)


def constant(text: str) -> ColumnElement[str]:
    """A constant of ours as SQL text, spared as a parameter."""
    if "'" in text or "\\" in text:
        raise ValueError(text)
    return literal_column(f"'{text}'", Text)


def quoted(text: str | None) -> ColumnElement[Any]:
    return null() if text is None else word(text)


def built(pairs: Sequence[Pair]) -> ColumnElement[Any]:
    """A JSON object in the order of its keys (json, never jsonb, which would sort them)."""
    if len(pairs) <= KEYS:
        return func.json_build_object(*(one for pair in pairs for one in pair), type_=JSON())
    texts = [cast(built(pairs[start : start + KEYS]), Text) for start in range(0, len(pairs), KEYS)]
    bare = [func.substr(text, 2, func.length(text) - 2) for text in texts]
    return cast(func.concat(constant("{"), func.concat_ws(constant(","), *bare), constant("}")), JSON())


def gathered(value: ColumnElement[Any], *order: Any, only: ColumnElement[bool] | None = None) -> ColumnElement[Any]:
    """A JSON list in a total order, `[]` and not null where there is nothing."""
    found = func.json_agg(aggregate_order_by(value, *order))
    return func.coalesce(found if only is None else found.filter(only), cast(constant("[]"), JSON()), type_=JSON())


def presented(frame: Frame, name: str) -> ColumnElement[Any]:
    """A column as the API shows it: typed ids, instants in UTC with Z, decimals as text."""
    stored = frame.t.c[name]
    if name == "id" and frame.source is not None:
        return typed_id(frame)
    if isinstance(stored.type, DateTime):
        return func.to_char(func.timezone(constant("UTC"), stored), constant('YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
    if isinstance(stored.type, Numeric):
        return cast(stored, Text)
    if isinstance(stored.type, LargeBinary):
        return func.encode(stored, constant("hex"))
    return stored


def typed_id(frame: Frame) -> ColumnElement[str]:
    source = frame.source
    if source is None:
        raise TypeError("an id without its source")
    digits = func.replace(cast(frame.t.c["id"], Text), constant("-"), constant(""))
    if isinstance(source.prefix, str):
        return word(f"{source.prefix}_").concat(digits)
    which = frame.t.c[source.variant_column or ""]
    return case(*((which == constant(value), word(f"{prefix}_")) for value, prefix in source.prefix.items())).concat(digits)


def cursor(shape: PageShape, sort: ColumnElement[Any], id: ColumnElement[Any]) -> ColumnElement[str]:
    """The keyed tag of the list and the row's position, in URL-safe base64 without padding."""
    bar = constant("|")
    text = func.concat(bindparam(f"{shape.name}_tag", type_=Text(), required=False), bar, cast(id, Text), bar, cast(sort, Text))
    encoded = func.encode(func.convert_to(text, constant("UTF8")), constant("base64"))
    return func.rtrim(func.translate(encoded, literal_column("E'+/\\n'", Text), constant("-_")), constant("="))


def after(shape: PageShape, sort: ColumnElement[Any], id: ColumnElement[Any], *, descending: bool) -> list[ColumnElement[bool]]:
    """The rows behind the cursor, in the direction the page is read."""
    if not shape.cursor:
        return []
    place = row_of(
        cast(bindparam(f"{shape.name}_sort", type_=Text(), required=False), sort.type),
        bindparam(f"{shape.name}_id", type_=id.type, required=False),
        types=[sort.type, id.type],
    )
    here = row_of(sort, id)
    return [here < place if descending else here > place]


def tested(test: Condition | AnyOf, t: FromClause) -> ColumnElement[bool]:
    if isinstance(test, AnyOf):
        return or_(*(and_(true(), *(tested(one, t) for one in branch)) for branch in test.branches))
    stored = t.c[test.column]
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


def edge(pairs: Sequence[tuple[Chosen, ColumnElement[Any] | None]], inner: FromClause) -> ColumnElement[Any]:
    """Cursor and node of one row; what is not a node is the cursor or the type's name."""
    return built(
        [
            (word(one.key), node if node is not None else word(one.stored.name) if isinstance(one.stored, TypeName) else inner.c.cursor)
            for one, node in pairs
        ]
    )


def page_info(one: Chosen, inner: FromClause, limit: ColumnElement[int], *, shape: PageShape) -> ColumnElement[Any]:
    if isinstance(one.stored, TypeName):
        return word(one.stored.name)
    more = func.count() > limit
    # the other direction: whoever came by a cursor has rows behind
    other: ColumnElement[bool] = literal_column("true" if shape.cursor else "false")
    first, last = inner.c.n == literal_column("1"), inner.c.n == func.least(limit, inner.c.found)
    match one.stored.name if isinstance(one.stored, Part) else "":
        case "hasNextPage":
            return other if shape.backward else more
        case "hasPreviousPage":
            return more if shape.backward else other
        case "startCursor":
            return func.max(inner.c.cursor).filter(last if shape.backward else first)
        case _:
            return func.max(inner.c.cursor).filter(first if shape.backward else last)
