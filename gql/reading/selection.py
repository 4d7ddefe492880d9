"""What an operation selects, whatever values it is sent with: found once for a document, by graphql-core's own collector."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues

from gql.documents import Operation
from gql.reading.declare import STORED, Given, Page, Stored, source_of
from gql.reading.paging import Part

DEFINITION = "strawberry-definition"


@dataclass(frozen=True)
class TypeName:
    """__typename: a literal of the concrete type."""

    name: str


@dataclass(frozen=True)
class Whole:
    """An object of given parts: the payload of a mutation."""


@dataclass(frozen=True, eq=False)
class Chosen:
    """One response key: what it stands for, and per concrete type what is chosen below it. `page` is its place among the selection's pages."""

    key: str
    stored: Stored | Part | TypeName | Whole
    page: int | None = None
    branches: tuple[tuple[str, tuple["Chosen", ...]], ...] = ()

    def below(self, type: str) -> tuple["Chosen", ...]:
        return next((chosen for name, chosen in self.branches if name == type), ())


@dataclass(frozen=True, eq=False)
class Paged:
    """A page in a selection: its arguments are in `details`, their values come with each request. `of` is the type it is a field of."""

    stored: Page
    field: GraphQLField
    details: FieldDetails
    of: str


@dataclass(frozen=True, eq=False)
class Selection:
    """All below one root field, and the pages in it in the order of the walk."""

    root: Chosen
    pages: tuple[Paged, ...]


@dataclass(frozen=True, eq=False)
class RootField:
    """One response key of an operation, with the nodes that ask for it."""

    key: str
    type: GraphQLObjectType
    details: tuple[FieldDetails, ...]
    operation: Operation
    variables: VariableValues
    """Of the directives only."""

    @property
    def name(self) -> str:
        return str(self.details[0].node.name.value)

    @property
    def definition(self) -> Any:
        """As strawberry made it; None for __typename."""
        field = self.type.fields.get(self.name)
        return field.extensions.get(DEFINITION) if field else None


def root_fields(operation: Operation, variables: VariableValues) -> Mapping[str, RootField]:
    """By response key, in their order."""
    return _root_fields(operation, tuple((name, variables.coerced[name]) for name in operation.switches if name in variables.coerced))


@lru_cache(maxsize=1000)
def _root_fields(operation: Operation, turned: tuple[tuple[str, object], ...]) -> Mapping[str, RootField]:
    """Kept by the way the directives turn: no other value may be seen here."""
    variables = VariableValues({}, dict(turned))
    type = cast("GraphQLObjectType", operation.schema.get_root_type(operation.node.operation))
    found = collect_fields(operation.schema, operation.fragments, variables, type, operation.node, hide_suggestions=True).grouped_field_set
    return {key: RootField(key, type, tuple(details), operation, variables) for key, details in found.items()}


@lru_cache(maxsize=1000)
def selection(field: RootField, stored: Given | None = None) -> Selection:
    """What stands below a root field; `stored` where only the request tells which source it reads, and so which one type is looked at."""
    walk = _Walk(field)
    if stored is None:
        root = walk.chosen(field.key, field.type.fields[field.name], list(field.details), of=field.type.name)
    else:
        concrete = cast("GraphQLObjectType", field.operation.schema.type_map[source_of(stored.source).type])
        root = Chosen(field.key, stored, None, ((concrete.name, walk.children(concrete, list(field.details))),))
    return Selection(root, tuple(walk.pages))


class _Walk:
    """Down a selection, so that fragments, directives and merges follow graphql-core's rules."""

    def __init__(self, root: RootField) -> None:
        self.schema = root.operation.schema
        self.root = root
        self.pages: list[Paged] = []

    def chosen(self, key: str, field: GraphQLField, details: Sequence[FieldDetails], *, of: str) -> Chosen:
        definition = field.extensions.get(DEFINITION) if field.extensions else None
        what = definition.metadata.get(STORED, Whole()) if definition is not None else Whole()
        place = None
        if isinstance(what, Page):
            place = len(self.pages)
            self.pages.append(Paged(what, field, details[0], of))
        return Chosen(key, what, place, self.branches(field, details))

    def branches(self, field: GraphQLField, details: Sequence[FieldDetails]) -> tuple[tuple[str, tuple[Chosen, ...]], ...]:
        named = get_named_type(field.type)
        if isinstance(named, GraphQLObjectType):
            return ((named.name, self.children(named, details)),)
        if isinstance(named, GraphQLInterfaceType):
            concrete = self.schema.get_possible_types(named)
            return tuple((one.name, self.children(one, details)) for one in sorted(concrete, key=lambda one: one.name))
        return ()

    def children(self, type: GraphQLObjectType, details: Sequence[FieldDetails]) -> tuple[Chosen, ...]:
        operation = self.root.operation
        grouped = collect_subfields(
            self.schema, operation.fragments, self.root.variables, operation.node, type, list(details), hide_suggestions=True
        ).grouped_field_set
        return tuple(self.child(type, str(key), found) for key, found in grouped.items())

    def child(self, type: GraphQLObjectType, key: str, details: Sequence[FieldDetails]) -> Chosen:
        name = details[0].node.name.value
        if name == "__typename":
            return Chosen(key, TypeName(type.name))
        return self.chosen(key, type.fields[name], details, of=type.name)
