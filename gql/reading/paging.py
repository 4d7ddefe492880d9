"""Keyset connections: arguments, page sizes, cursors. A position is a sort value and an id; a keyed tag binds it to one list of one caller."""

import base64
import binascii
import hmac
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import strawberry

from gql.errors import RequestError

LARGEST = 100
CURSOR_PARTS = 3

Node = TypeVar("Node")
Field = TypeVar("Field")
Value = TypeVar("Value")


@strawberry.enum(description="升序, 降序: which end comes first.")
class Direction(Enum):
    ASC = strawberry.enum_value("ASC", description="Smallest, earliest first.")
    DESC = strawberry.enum_value("DESC", description="Largest, latest first.")


@dataclass(frozen=True, eq=False)
class Part:
    """A field of a connection, an edge or a page info."""

    name: str


def part(name: str, description: str) -> Any:
    return strawberry.field(description=description, metadata={"stored": Part(name)})


@strawberry.type(description="Whether there is more, and where to go on.")
class PageInfo:
    has_next_page: bool = part("hasNextPage", "More rows follow the last edge.")
    has_previous_page: bool = part("hasPreviousPage", "Rows stand before the first edge.")
    start_cursor: str | None = part("startCursor", "The cursor of the first edge.")
    end_cursor: str | None = part("endCursor", "The cursor of the last edge, for `after`.")


@strawberry.type(description="A row with its place in the list.")
class Edge(Generic[Node]):
    cursor: str = part("cursor", "The place of the row in this list, for `after` and `before` of the same list only.")
    node: Node = part("node", "The row.")


@strawberry.type(description="A page of a list, in a stable order.")
class Connection(Generic[Node]):
    edges: list[Edge[Node]] = part("edges", "The rows of the page with their cursors.")
    nodes: list[Node] = part("nodes", "The rows of the page.")
    page_info: PageInfo = part("pageInfo", "What stands before and after the page.")
    total_count: int = part("totalCount", "All rows of the list the caller may see, after the filter; counted only if asked for.")


@strawberry.input(description="Exactly this value, or any of these.")
class Among(Generic[Value]):
    eq: Value | None = strawberry.field(default=None, description="Exactly this.")
    in_: list[Value] | None = strawberry.field(default=None, name="in", description="Any of these, at most 100.")


@strawberry.input(description="The row with this id, or with any of these.")
class IdFilter:
    eq: strawberry.ID | None = strawberry.field(default=None, description="Exactly this id.")
    in_: list[strawberry.ID] | None = strawberry.field(default=None, name="in", description="Any of these ids, at most 100.")


@strawberry.input(description="Text that begins with, contains or equals.")
class TextFilter:
    eq: str | None = strawberry.field(default=None, description="Exactly this.")
    starts_with: str | None = strawberry.field(default=None, description="Begins with this.")
    contains: str | None = strawberry.field(default=None, description="Contains this.")


@strawberry.input(description="From a value, included, until another, excluded.")
class RangeFilter(Generic[Value]):
    from_: Value | None = strawberry.field(default=None, name="from", description="The first value that counts.")
    until: Value | None = strawberry.field(default=None, description="The first value that no longer counts.")


@strawberry.input(description="What to sort by and which end first.")
class By(Generic[Field]):
    field: Field = strawberry.field(description="The field to sort by; the id decides between equals.")
    direction: Direction = strawberry.field(description="Which end first.")


@dataclass(frozen=True, eq=False)
class Beside:
    """A column of the rows of another source that point to us by `theirs`, or to which `mine` points: only of rows its caller may read,
    and with `mask` only where the column may be read in clear; with `when` only those that meet it.
    """

    source: Any
    mine: str
    theirs: str
    column: str
    mask: Any = None
    when: Callable[[Any], Any] | None = None


@dataclass(frozen=True, eq=False)
class Worked:
    """What is worked out of the row, as a column would be; null meets nothing."""

    expression: Callable[[Any], Any]


@dataclass(frozen=True, eq=False)
class Met:
    """Whether a row meets a value, bound as this kind of column."""

    expression: Callable[[Any, Any], Any]
    kind: Any


@dataclass(frozen=True)
class Where:
    """Which column a field of a filter speaks of; an id names the prefixes it may have. Where it is no column of ours, `what` says what it is,
    and `column` is a name for it, other than that of any column.
    """

    column: str
    prefixes: tuple[str, ...] = ()
    what: Beside | Worked | Met | None = None


def where(column: str, description: str, *prefixes: str) -> Any:
    return tests(Where(column, prefixes), description)


def where_beside(name: str, what: Beside, description: str, *prefixes: str) -> Any:
    return tests(Where(name, prefixes, what), description)


def where_worked(name: str, expression: Callable[[Any], Any], description: str) -> Any:
    return tests(Where(name, what=Worked(expression)), description)


def where_met(name: str, expression: Callable[[Any, Any], Any], description: str, *prefixes: str, kind: Any) -> Any:
    return tests(Where(name, prefixes, Met(expression, kind)), description)


def tests(what: Where, description: str) -> Any:
    return strawberry.field(default=None, description=description, metadata={"where": what})


@dataclass(frozen=True)
class Arguments:
    """The filter input of a list and the enum of what it may be sorted by; the enum's values are columns."""

    filter: type | None = None
    order: type[Enum] | None = None


@cache
def with_branches(filter: type) -> Any:
    """The filter with one `anyOf` more. Its branches are the plain filter under another name, so they do not nest."""
    known: Any = filter
    name: str = known.__strawberry_definition__.name
    branch: Any = strawberry.input(type(f"{name}Branch", (filter,), {}), description="One of several: rows that meet all of this.")
    any_of = strawberry.field(default=None, description="And at least one of these: 1 to 5 branches.")
    wider = type(name, (filter,), {"__annotations__": {"any_of": list[branch] | None}, "any_of": any_of})
    return strawberry.input(wider, description=known.__strawberry_definition__.description)


def page_resolver(connection: Any, arguments: Arguments) -> Callable[..., Any]:
    """A resolver with a list's arguments. Only at the root is it called: below, the reader has answered already."""
    from gql.reading.read import read_page  # noqa: PLC0415 - the declaration stands below the reader

    async def resolve(info: strawberry.Info, **_: object) -> Any:
        return await read_page(info)

    sorting: Any = By
    words = {
        "filter": (with_branches(arguments.filter) if arguments.filter else None, "Only rows that meet all of this."),
        "order_by": (sorting[arguments.order] if arguments.order else None, "In which order; by default newest first."),
        "first": (int, "How many from the start, 1 to 100; exactly one of first and last."),
        "after": (str, "Only what follows this cursor."),
        "last": (int, "How many from the end, 1 to 100."),
        "before": (str, "Only what stands before this cursor."),
    }
    return with_arguments(resolve, connection | None if isinstance(connection, type) else connection, words)


def with_arguments(resolve: Callable[..., Any], answer: Any, words: Mapping[str, tuple[Any, str]]) -> Callable[..., Any]:
    """Gives a resolver the signature that strawberry reads: one optional argument a word."""
    parameters = [inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=strawberry.Info)]
    name: str
    kind: Any
    for name, (kind, description) in words.items():
        if kind is None:
            continue
        annotation: Any = Annotated[kind | None, strawberry.argument(description=description)]
        parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation))
    resolve.__signature__ = inspect.Signature(parameters, return_annotation=answer)  # type: ignore[attr-defined]
    resolve.__annotations__ = {one.name: one.annotation for one in parameters} | {"return": answer}
    return resolve


@dataclass(frozen=True)
class Position:
    sort: str
    id: UUID


def size(first: int | None, last: int | None) -> tuple[int, bool]:
    """How many rows, and whether from the end."""
    asked = [one for one in (first, last) if one is not None]
    if len(asked) != 1 or not 1 <= asked[0] <= LARGEST:
        raise RequestError("PAGE")
    return asked[0], last is not None


def tag(key: bytes, *parts: object) -> str:
    """Binds a cursor to field, order, filter and caller. Without the key nobody can make one for another list."""
    return hmac.new(key, repr(parts).encode(), sha256).hexdigest()[:24]


def position(cursor: str, expected: str, kind: type = str) -> Position:
    """Where a cursor points, if it was made for this very list; refused otherwise. Only the list is signed, so the place must be read with care."""
    try:
        text = base64.b64decode(cursor.replace("-", "+").replace("_", "/") + "=" * (-len(cursor) % 4), validate=True).decode()
        found, id, sort = text.split("|", CURSOR_PARTS - 1)
        place = Position(sortable(sort, kind), UUID(hex=id))
    except (ValueError, OverflowError, binascii.Error):
        raise RequestError("CURSOR") from None
    if not hmac.compare_digest(found, expected):
        raise RequestError("CURSOR")
    return place


def sortable(text: str, kind: type) -> str:
    """A sort value in the one spelling the database will take for its type; ValueError or OverflowError where it is none."""
    if "\0" in text:
        raise ValueError(text)
    if issubclass(kind, datetime):
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    if issubclass(kind, date):
        return date.fromisoformat(text).isoformat()
    if issubclass(kind, int):
        return str(int.from_bytes(int(text).to_bytes(4, signed=True), signed=True))
    return str(UUID(text)) if issubclass(kind, UUID) else text
