"""The form of each page of a selection and the values it is asked with: the form decides the statement, the values are its parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from graphql import GraphQLField, GraphQLInputObjectType, get_named_type
from graphql.execution.values import VariableValues, get_argument_values

from authz.actor import Actor
from gql import ids
from gql.errors import RequestError
from gql.reading.declare import Page, source_of
from gql.reading.paging import LARGEST, Where, position, size, tag
from gql.reading.selection import DEFINITION, Paged
from models.base import table_of

BRANCHES = 5


@dataclass(frozen=True)
class Condition:
    """One comparison of a filter: what it speaks of, operator, name of its parameter."""

    where: Where
    operator: str
    parameter: str


@dataclass(frozen=True)
class AnyOf:
    branches: tuple[tuple["Condition", ...], ...]


@dataclass(frozen=True)
class PageShape:
    """The form of a page: how long, which filters, which order, which end, cursor or not. `name` prefixes its parameters.

    The length belongs to the form: PostgreSQL keeps one plan for all values only where it knows how few rows are wanted.
    """

    name: str
    size: int
    order: tuple[str, bool]
    backward: bool
    cursor: bool
    conditions: tuple[Condition | AnyOf, ...]


def planned(pages: Sequence[Paged], variables: VariableValues, *, actor: Actor, cursor_key: bytes) -> tuple[tuple[PageShape, ...], dict[str, object]]:
    """The form of each page, in their order, and all their values by the names of the parameters."""
    planner = _Planner(variables, actor=actor, cursor_key=cursor_key)
    return tuple(planner.page(one, f"p{n}") for n, one in enumerate(pages)), planner.values


class _Planner:
    def __init__(self, variables: VariableValues, *, actor: Actor, cursor_key: bytes) -> None:
        self.variables = variables
        self.actor = actor
        self.cursor_key = cursor_key
        self.values: dict[str, object] = {}

    def page(self, asked: Paged, name: str) -> PageShape:
        """A cursor's tag says which list it belongs to: not where in the document that stands."""
        node, local = asked.details.node, asked.details.fragment_variable_values
        given = get_argument_values(asked.field, node, self.variables, local, hide_suggestions=True)
        limit, backward = size(given.get("first"), given.get("last"))
        order = self.order(asked.stored, given.get("orderBy"))
        conditions = self.conditions(asked.field, given.get("filter"), name)
        mine = (self.actor.person_id, self.actor.organization_id, sorted(self.actor.roles))
        expected = tag(self.cursor_key, asked.of, node.name.value, order, [self.meant(one) for one in conditions], mine)
        self.values[f"{name}_tag"] = expected
        if given.get("after") is not None and given.get("before") is not None:
            raise RequestError("PAGE")
        cursor = given.get("before" if backward else "after")
        if given.get("after" if backward else "before") is not None:
            raise RequestError("PAGE")
        if cursor is not None:
            place = position(cursor, expected, table_of(source_of(asked.stored.source).model).c[order[0]].type.python_type)
            self.values[f"{name}_sort"], self.values[f"{name}_id"] = place.sort, place.id
        return PageShape(name, limit, order, backward, cursor is not None, conditions)

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
                found.append(Condition(where, operator, parameter))
        return found

    def meant(self, test: Condition | AnyOf) -> tuple[object, ...]:
        """A test with its value instead of the name of its parameter."""
        if isinstance(test, AnyOf):
            return tuple(tuple(self.meant(one) for one in branch) for branch in test.branches)
        return test.where.column, test.operator, self.values[test.parameter]

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
