"""How a type says where its fields are stored. A declaration is data; `plan.py` collects it, `sql.py` turns it into a statement."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, FromClause, Select
from sqlmodel import SQLModel

from authz.access import READ
from authz.actions import Action
from authz.actor import Actor, Shape
from gql.reading.paging import Arguments, page_resolver

STORED = "stored"
READS = "reads"
"""In the metadata of a root field that is one compiled read: from who asks and its arguments, the values given to its statement; None for null."""
OTHERWISE = "otherwise"
"""Of the same, what is done where the statement finds nothing, if that is not simply NOT_FOUND: it refuses in other words, or answers."""


@dataclass(frozen=True, eq=False)
class Source:
    """Rows of one table as one GraphQL type. `variants` maps a column's values to the concrete types of an interface; `only` keeps
    the rows whose column has one of the values after its name. With `rows` they are worked out and not stored: then the right to see them is
    that to rows of `model`, and they have the columns that its relations speak of.
    """

    model: type[SQLModel]
    type: str
    prefix: str | Mapping[str, str]
    variant_column: str | None = None
    variants: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    rows: Select[Any] | None = None

    @property
    def read(self) -> Action:
        return READ[self.model]


SourceName = Source | str
"""A source, or `module:NAME` where it belongs to a noun that comes later."""


def source_of(name: SourceName) -> Source:
    if isinstance(name, Source):
        return name
    module, attribute = name.split(":")
    found: Source = getattr(import_module(module), attribute)
    return found


@dataclass(frozen=True)
class Frame:
    """Where an expression stands: its table alias (or JSON element), the source, and who asks."""

    t: FromClause
    source: Source | None
    shape: Shape
    may: Callable[[Action], ColumnElement[bool]]


Reads = Callable[[Actor | None, Mapping[str, Any]], Mapping[str, object] | None]

Expression = Callable[[Frame], ColumnElement[Any]]

Objects = Callable[[Frame], Select[Any]]


@dataclass(frozen=True, eq=False)
class Column:
    """A stored column; one that the policy masks gives `masked` (or null) to who may not read it. With `noted`, who reads it of others is noted,
    also where whoever sees the row sees it.
    """

    name: str
    mask: Action | None = None
    masked: Expression | None = None
    noted: bool = False


@dataclass(frozen=True, eq=False)
class Computed:
    """An expression over the row."""

    expression: Expression


@dataclass(frozen=True, eq=False)
class One:
    """The row our column points to."""

    column: str
    source: SourceName


@dataclass(frozen=True, eq=False)
class Only:
    """The one row that points to us."""

    column: str
    source: SourceName


@dataclass(frozen=True, eq=False)
class Many:
    """A list that the domain bounds; at most `cap`, in a total order."""

    column: str
    source: SourceName
    order: tuple[str, ...]
    cap: int


@dataclass(frozen=True, eq=False)
class Page:
    """A connection over the rows that point to us, or over all that are visible where there is no `column`."""

    column: str | None
    source: SourceName
    order: tuple[str, bool]


@dataclass(frozen=True, eq=False)
class Every:
    """All rows that are visible, at the root, where the domain bounds them; nothing where there are none."""

    source: SourceName
    order: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Items:
    """Objects kept in a JSON column, or constants of the policy, in their order. Where they are personal, `noted` is the column's name."""

    expression: Expression
    noted: str | None = None


@dataclass(frozen=True, eq=False)
class Lines:
    """Objects worked out for the row: its right is theirs. What the fields call columns are columns of the select."""

    objects: Objects
    order: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Offered:
    """One step that may be offered: from which states, to which, under which right, and `when` the row alone does not say it by its state."""

    mutation: str
    action: Action
    statuses: tuple[str, ...]
    to: str | None = None
    second_person: bool = False
    when: Expression | None = None


@dataclass(frozen=True, eq=False)
class Steps:
    offers: tuple[Offered, ...]


@dataclass(frozen=True, eq=False)
class Given:
    """The row whose id the resolver gives: the changed object of a payload, or the viewer's own."""

    name: str
    source: SourceName


@dataclass(frozen=True, eq=False)
class Bound:
    """A plain value the resolver gives."""

    name: str


Stored = Column | Computed | One | Only | Many | Page | Every | Items | Lines | Steps | Given | Bound


def stored(what: Stored, description: str, **options: Any) -> Any:
    return strawberry.field(description=description, metadata={STORED: what}, **options)


def column(name: str, description: str, *, mask: Action | None = None, masked: Expression | None = None, noted: bool = False) -> Any:
    return stored(Column(name, mask, masked, noted), description)


def computed(expression: Expression, description: str) -> Any:
    return stored(Computed(expression), description)


def one(name: str, source: SourceName, description: str) -> Any:
    return stored(One(name, source), description)


def only(name: str, source: SourceName, description: str) -> Any:
    return stored(Only(name, source), description)


def many(name: str, source: SourceName, description: str, *, order: Sequence[str], cap: int) -> Any:
    return stored(Many(name, source, tuple(order), cap), description)


def page(
    name: str | None, source: SourceName, description: str, *, arguments: Arguments, type: Any, order: str = "id", descending: bool = True
) -> Any:
    """A connection field; `type` is its connection class. At a root (`name` None) it resolves, nested the reader has done it already."""
    resolver = page_resolver(type, arguments)
    metadata = {STORED: Page(name, source, (order, descending)), READS: nothing_given}
    return strawberry.field(resolver, description=description, metadata=metadata)


def nothing_given(_actor: Actor | None, _arguments: Mapping[str, Any]) -> Mapping[str, object]:
    return {}


def items(expression: Expression, description: str, *, noted: str | None = None) -> Any:
    return stored(Items(expression, noted), description)


def lines(objects: Objects, description: str, *, order: Sequence[str]) -> Any:
    return stored(Lines(objects, tuple(order)), description)


def steps(*offers: Offered) -> Any:
    return stored(Steps(offers), "What the caller may do next: the state table and the caller's rights, in one answer.")


def given(name: str, source: SourceName, description: str) -> Any:
    return stored(Given(name, source), description)


def bound(name: str, description: str) -> Any:
    return stored(Bound(name), description)
