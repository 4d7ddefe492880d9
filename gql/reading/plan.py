"""From a selection to a plan: what is asked, without any value in it; the values go beside it as parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, cast
from uuid import UUID

from graphql import GraphQLField, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetails, collect_subfields
from graphql.execution.values import get_argument_values
from strawberry import Info

from authz.actor import Actor
from gql import ids
from gql.errors import RequestError
from gql.reading.declare import STORED, Given, Page, Stored, source_of
from gql.reading.execute import execution_of
from gql.reading.paging import LARGEST, Part, Where, position, size, tag
from models.base import table_of

DEFINITION = "strawberry-definition"
BRANCHES = 5


@dataclass(frozen=True)
class TypeName:
    """__typename: a literal of the concrete type."""

    name: str


@dataclass(frozen=True)
class Whole:
    """An object of given parts: the payload of a mutation."""


@dataclass(frozen=True)
class Condition:
    """One comparison of a filter: column, operator, name of its parameter."""

    column: str
    operator: str
    parameter: str


@dataclass(frozen=True)
class AnyOf:
    branches: tuple[tuple["Condition", ...], ...]


@dataclass(frozen=True)
class PageShape:
    """The form of a page: which filters, which order, which end, cursor or not. `name` prefixes its parameters."""

    name: str
    order: tuple[str, bool]
    backward: bool
    cursor: bool
    conditions: tuple[Condition | AnyOf, ...]


@dataclass(frozen=True)
class Chosen:
    """One response key: what it stands for, and per concrete type what is chosen below it."""

    key: str
    stored: Stored | Part | TypeName | Whole
    page: PageShape | None = None
    branches: tuple[tuple[str, tuple["Chosen", ...]], ...] = ()

    def below(self, type: str) -> tuple["Chosen", ...]:
        return next((chosen for name, chosen in self.branches if name == type), ())


@dataclass(frozen=True)
class Plan:
    root: Chosen
    values: Mapping[str, object]


class Collector:
    """Walks one root field's selection with graphql-core's own collector, so that fragments, directives and merges follow its rules."""

    def __init__(self, info: Info, *, actor: Actor, cursor_key: bytes) -> None:
        self.execution = execution_of(info)
        self.raw = info._raw_info  # noqa: SLF001 - strawberry offers no other way to the schema and the nodes
        self.actor = actor
        self.cursor_key = cursor_key
        self.values: dict[str, object] = {}

    def root(self, stored: Given | None = None) -> Chosen:
        """The root field's own selection; `stored` where only the request tells which source it reads, and so which one type is looked at."""
        field = self.raw.parent_type.fields[self.raw.field_name]
        details = [FieldDetails(node, None) for node in self.raw.field_nodes]
        if stored:
            concrete = cast("GraphQLObjectType", self.raw.schema.type_map[source_of(stored.source).type])
            return Chosen(str(self.raw.path.key), stored, None, ((concrete.name, self.children(concrete, details)),))
        return self.chosen(self.raw.path.key, field, details, of=self.raw.parent_type.name)

    def chosen(self, key: Any, field: GraphQLField, details: list[FieldDetails], *, of: str) -> Chosen:
        definition = field.extensions.get(DEFINITION) if field.extensions else None
        what = definition.metadata.get(STORED, Whole()) if definition is not None else Whole()
        shape = self.page(what, field, details[0], of=of) if isinstance(what, Page) else None
        return Chosen(str(key), what, shape, self.branches(field, details))

    def branches(self, field: GraphQLField, details: list[FieldDetails]) -> tuple[tuple[str, tuple[Chosen, ...]], ...]:
        named = get_named_type(field.type)
        if isinstance(named, GraphQLObjectType):
            return ((named.name, self.children(named, details)),)
        if isinstance(named, GraphQLInterfaceType):
            concrete = self.raw.schema.get_possible_types(named)
            return tuple((one.name, self.children(one, details)) for one in sorted(concrete, key=lambda one: one.name))
        return ()

    def children(self, type: GraphQLObjectType, details: list[FieldDetails]) -> tuple[Chosen, ...]:
        execution = self.execution
        grouped = collect_subfields(
            self.raw.schema, execution.fragments, execution.variable_values, self.raw.operation, type, details
        ).grouped_field_set
        return tuple(self.child(type, key, found) for key, found in grouped.items())

    def child(self, type: GraphQLObjectType, key: str, details: list[FieldDetails]) -> Chosen:
        name = details[0].node.name.value
        if name == "__typename":
            return Chosen(key, TypeName(type.name))
        return self.chosen(key, type.fields[name], details, of=type.name)

    def page(self, what: Page, field: GraphQLField, details: FieldDetails, *, of: str) -> PageShape:
        """The form of a page; its values under names of their own. The tag says which list it is: not where in the document it stands."""
        name = f"p{len(self.values)}"
        given = get_argument_values(field, details.node, self.execution.variable_values, details.fragment_variable_values, hide_suggestions=True)
        limit, backward = size(given.get("first"), given.get("last"))
        self.values[f"{name}_limit"] = limit
        order = self.order(what, given.get("orderBy"))
        conditions = self.conditions(field, given.get("filter"), name)
        mine = (self.actor.person_id, self.actor.organization_id, sorted(self.actor.roles))
        expected = tag(self.cursor_key, of, details.node.name.value, order, [self.meant(one) for one in conditions], mine)
        self.values[f"{name}_tag"] = expected
        if given.get("after") is not None and given.get("before") is not None:
            raise RequestError("PAGE")
        cursor = given.get("before" if backward else "after")
        if given.get("after" if backward else "before") is not None:
            raise RequestError("PAGE")
        if cursor is not None:
            place = position(cursor, expected, table_of(source_of(what.source).model).c[order[0]].type.python_type)
            self.values[f"{name}_sort"], self.values[f"{name}_id"] = place.sort, place.id
        return PageShape(name, order, backward, cursor is not None, conditions)

    def order(self, what: Page, given: Mapping[str, Any] | None) -> tuple[str, bool]:
        if given is None:
            return what.order
        return str(plain(given["field"])), plain(given["direction"]) == "DESC"

    def conditions(self, field: GraphQLField, given: Mapping[str, Any] | None, name: str) -> tuple[Condition | AnyOf, ...]:
        if not given:
            return ()
        declared = get_named_type(field.args["filter"].type)
        if not isinstance(declared, GraphQLInputObjectType):
            raise TypeError("a filter is an input object")
        found: list[Condition | AnyOf] = list(self.simple(declared, given, name))
        branches = given.get("anyOf")
        if branches is not None:
            if not 1 <= len(branches) <= BRANCHES:
                raise RequestError("VALUE", "anyOf")
            found.append(AnyOf(tuple(tuple(self.simple(declared, one, name)) for one in branches)))
        return tuple(found)

    def simple(self, declared: GraphQLInputObjectType, given: Mapping[str, Any], name: str) -> Sequence[Condition]:
        found: list[Condition] = []
        for key, test in given.items():
            where: Where | None = (declared.fields[key].extensions or {})[DEFINITION].metadata.get("where")
            if where is None or test is None:
                continue
            for operator, value in test.items() if isinstance(test, Mapping) else [("eq", test)]:
                if value is None:
                    continue
                parameter = f"{name}_f{len(self.values)}"
                self.values[parameter] = self.operand(where, value)
                found.append(Condition(where.column, operator, parameter))
        return found

    def meant(self, test: Condition | AnyOf) -> tuple[object, ...]:
        """A test with its value instead of the name of its parameter."""
        if isinstance(test, AnyOf):
            return tuple(tuple(self.meant(one) for one in branch) for branch in test.branches)
        return test.column, test.operator, self.values[test.parameter]

    def operand(self, where: Where, value: object) -> object:
        if isinstance(value, list):
            if len(value) > LARGEST:
                raise RequestError("VALUE", where.column)
            return [self.operand(where, one) for one in value]
        if where.prefixes:
            return ids.read(str(value), where.prefixes)
        return plain(value)


def plain(value: object) -> str | int | bool | date | datetime | UUID:
    """What the driver takes: an enum's value, and else what graphql-core has coerced already."""
    inner = value.value if isinstance(value, Enum) else value
    if isinstance(inner, datetime):
        return instant(inner)
    if isinstance(inner, str | int | bool | date | UUID) and "\0" not in str(inner):
        return inner
    raise RequestError("VALUE")


def instant(value: datetime) -> datetime:
    """In UTC. One without its offset could be any of 24 instants."""
    if value.tzinfo is None:
        raise RequestError("VALUE")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise RequestError("VALUE") from None
