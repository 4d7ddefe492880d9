"""Pieces of SQL that statements are put together from: objects, lists, cursors, comparisons, and how a stored value is shown."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    LargeBinary,
    Null,
    Numeric,
    String,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    type_coerce,
)
from sqlalchemy import tuple_ as row_of
from sqlalchemy.dialects.postgresql import aggregate_order_by

from gql.reading.declare import ELEMENT, Frame
from gql.reading.paging import Part
from gql.reading.plan import PageShape
from gql.reading.selection import Chosen, TypeName

NAME = re.compile(r"^[_A-Za-z][_0-9A-Za-z]*$")


class Told(Text):
    """Finished JSON, as text. Put together by `||`: a third quicker than PostgreSQL's own constructors, which look up the type of each value anew."""


class Plain(Text):
    """Text in which nothing has to be escaped: ids, names of the schema, instants, digits."""


Pair = tuple[str, ColumnElement[Any]]


def word(name: str) -> ColumnElement[str]:
    """A name of the schema or a response key, as SQL text. GraphQL's grammar lets through nothing that could end the quotes."""
    return literal_column(f"'{named(name)}'", Plain)


def named(name: str) -> str:
    if not NAME.match(name):
        raise ValueError(name)
    return name


def constant(text: str) -> ColumnElement[str]:
    """A constant of ours as SQL text, spared as a parameter."""
    if "'" in text or "\\" in text:
        raise ValueError(text)
    return literal_column(f"'{text}'", Text)


def quoted(text: str | None) -> ColumnElement[Any]:
    return null() if text is None else word(text)


def told(value: ColumnElement[Any]) -> ColumnElement[str]:
    """The JSON of a value; the word null where there is none."""
    kind = value.type
    if isinstance(value, Null):
        return constant("null")
    if isinstance(kind, Told):
        text = value
    elif isinstance(kind, JSON | Integer | Boolean):
        text = cast(value, Text)
    elif isinstance(kind, Plain | Uuid | Date) or hasattr(kind, "enums"):
        text = constant('"').concat(cast(value, Text)).concat(constant('"'))
    else:
        text = cast(func.to_json(cast(value, Text) if isinstance(kind, String) else value), Text)
    return func.coalesce(text, constant("null"))


def built(pairs: Sequence[Pair]) -> ColumnElement[str]:
    """A JSON object in the order of its keys."""
    found = constant("{" if pairs else "{}")
    for n, (key, value) in enumerate(pairs):
        found = found.concat(constant(f'{"," if n else ""}"{named(key)}":')).concat(told(value))
    return type_coerce(found.concat(constant("}")) if pairs else found, Told())


def gathered(value: ColumnElement[Any], *order: Any, only: ColumnElement[bool] | None = None) -> ColumnElement[str]:
    """A JSON list in a total order, `[]` and not null where there is nothing."""
    found = func.string_agg(told(value), aggregate_order_by(constant(","), *order))
    return listed(func.coalesce(found if only is None else found.filter(only), constant("")))


def listed(elements: ColumnElement[str]) -> ColumnElement[str]:
    return type_coerce(constant("[").concat(elements).concat(constant("]")), Told())


def presented(frame: Frame, name: str) -> ColumnElement[Any]:
    """A column as the API shows it: typed ids, instants in UTC with Z, decimals as text."""
    stored = frame.t.c[name]
    if name == "id" and frame.source is not None:
        return typed_id(frame)
    if isinstance(stored.type, DateTime):
        return instant(stored)
    if isinstance(stored.type, Numeric):
        return cast(stored, Plain)
    if isinstance(stored.type, LargeBinary):
        return func.encode(stored, constant("hex"), type_=Plain())
    return stored


def instant(stored: ColumnElement[Any]) -> ColumnElement[str]:
    return func.to_char(func.timezone(constant("UTC"), stored), constant('YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), type_=Plain())


def element(frame: Frame, name: str, *, text: bool = False) -> ColumnElement[Any]:
    """A field of an element of a list: a column where the list is a select; where it is JSON, what stands under the key, as JSON or as text."""
    return frame.t.c[name] if name in frame.t.c else frame.t.c[ELEMENT].op("->>" if text else "->")(word(name))


def typed_id(frame: Frame) -> ColumnElement[str]:
    source = frame.source
    if source is None:
        raise TypeError("an id without its source")
    digits = func.replace(cast(frame.t.c["id"], Text), constant("-"), constant(""))
    if isinstance(source.prefix, str):
        return type_coerce(word(f"{source.prefix}_").concat(digits), Plain())
    which = frame.t.c[source.variant_column or ""]
    prefix = case(*((which == constant(value), word(f"{prefix}_")) for value, prefix in source.prefix.items()))
    return type_coerce(prefix.concat(digits), Plain())


def cursor(shape: PageShape, sort: ColumnElement[Any], id: ColumnElement[Any]) -> ColumnElement[str]:
    """The keyed tag of the list and the row's position, in URL-safe base64 without padding."""
    bar = constant("|")
    text = func.concat(bindparam(f"{shape.name}_tag", type_=Text(), required=False), bar, cast(id, Text), bar, cast(sort, Text))
    encoded = func.encode(func.convert_to(text, constant("UTF8")), constant("base64"))
    return func.rtrim(func.translate(encoded, literal_column("E'+/\\n'", Text), constant("-_")), constant("="), type_=Plain())


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


def edge(pairs: Sequence[tuple[Chosen, ColumnElement[Any] | None]], inner: FromClause) -> ColumnElement[Any]:
    """Cursor and node of one row; what is not a node is the cursor or the type's name."""
    return built(
        [
            (one.key, node if node is not None else word(one.stored.name) if isinstance(one.stored, TypeName) else inner.c.cursor)
            for one, node in pairs
        ]
    )


def page_info(one: Chosen, inner: FromClause, limit: ColumnElement[int], *, shape: PageShape) -> ColumnElement[Any]:
    if isinstance(one.stored, TypeName):
        return word(one.stored.name)
    more = func.count() > limit
    # the other direction: whoever came by a cursor has rows behind
    other: ColumnElement[bool] = literal_column("true" if shape.cursor else "false", Boolean)
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
