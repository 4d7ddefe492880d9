"""One memoised pass over the parsed document, before validation: depth, aliases, directives, root fields, merged names, nodes and price.

The pass walks *merged* selection sets, as execution will: the unit of memory is the set of field nodes that answer together, so a fragment
that spreads the next one twice costs two visits, not 2^60. All sums saturate, the work itself is bounded, the first limit ends it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql import GraphQLSchema, get_named_type, is_list_type, is_non_null_type
from graphql.language import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
)

from gql.errors import RequestError, TooComplex

PAGE = 100  # what a page of unknown size counts
PLAIN_LIST = 5  # what a list without pages usually holds
OBJECTS_PER_POINT = 10
MOST = 10**9  # where sums stop growing
STEPS = 10_000  # selections looked at, whatever the document
SECONDS = "seconds"
"""In the metadata of a mutation: the time that it may take where it is asked for alone."""
WEIGHTS: Mapping[str, int] = {"totalCount": 10}
SENSITIVE = frozenset({"blacklistCheck", "verifyCard", "complaintFile"})
INTROSPECTION = frozenset({"__schema", "__type"})


@dataclass(frozen=True)
class Limits:
    """What one operation may ask for; times in seconds."""

    characters: int
    tokens: int
    depth: int
    aliases: int
    directives: int
    root_fields: int
    mutations: int
    operations: int
    same_name: int
    nodes: int
    cost: int
    query_seconds: float
    mutation_seconds: float
    sensitive: int = 1


SIGNED_IN = Limits(
    characters=16_000,
    tokens=2_000,
    depth=10,
    aliases=15,
    directives=20,
    root_fields=10,
    mutations=4,
    operations=10,
    same_name=20,
    nodes=10_000,
    cost=1_000,
    query_seconds=5,
    mutation_seconds=10,
)
ANONYMOUS = Limits(
    characters=4_000,
    tokens=500,
    depth=6,
    aliases=5,
    directives=5,
    root_fields=3,
    mutations=1,
    operations=1,
    same_name=10,
    nodes=1_000,
    cost=100,
    query_seconds=2,
    mutation_seconds=5,
)


@dataclass(frozen=True)
class Price:
    """What an operation would cost at most. While a page size is one of the variables `sizes` it counts 100, and nothing is refused for it."""

    cost: int
    nodes: int
    introspects: bool
    sizes: frozenset[str] = frozenset()
    switches: frozenset[str] = frozenset()
    """Variables that decide of directives."""


@dataclass(frozen=True)
class Sums:
    """Of one merged selection set and all below it, for one parent object."""

    height: int = 0
    nodes: int = 0
    objects: int = 0
    weight: int = 0
    aliases: int = 0


Found = tuple[FieldNode, str | None]  # a field, and the type it is selected on


def analyse(
    document: DocumentNode,
    limits: Limits,
    *,
    schema: GraphQLSchema,
    operation: OperationDefinitionNode | None = None,
    variables: Mapping[str, object] | None = None,
) -> Price:
    """The price of `operation` (without one: of the dearest). Raises TooComplex at the first limit, RequestError at a circle of fragments."""
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    within("operations", limits.operations, len(operations))
    walk = _Walk(document, limits, schema=schema, variables=variables)
    prices = [walk.price(one) for one in (operations if operation is None else [operation])]
    if operation is None:
        walk.look_at_fragments()
    return max(prices, key=lambda price: price.cost, default=Price(cost=0, nodes=0, introspects=False))


def within(limit: str, max: int, found: int) -> None:
    """Refuses what is over the limit."""
    if found > max:
        raise TooComplex(limit, max, found)


class _Walk:
    def __init__(self, document: DocumentNode, limits: Limits, *, schema: GraphQLSchema, variables: Mapping[str, object] | None) -> None:
        self.limits = limits
        self.schema = schema
        self.variables = variables
        self.fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
        self.known: dict[frozenset[int], Sums] = {}
        self.open: set[frozenset[int]] = set()
        self.steps = 0
        self.directives: set[int] = set()
        self.reached: set[str] = set()
        self.sizes: set[str] = set()
        self.switches: set[str] = set()
        self.introspects = False

    def price(self, operation: OperationDefinitionNode) -> Price:
        root = self.schema.get_root_type(operation.operation)
        found = self.collect([(operation.selection_set, root.name if root else None)])
        names = {(field.alias or field.name).value: field.name.value for field, _ in found}
        within("rootFields", self.limits.root_fields, len(names))
        if operation.operation is OperationType.MUTATION:
            within("mutations", self.limits.mutations, len(names))
        within("sensitiveFields", self.limits.sensitive, sum(name in SENSITIVE for name in names.values()))
        self.decorated(operation)
        for variable in operation.variable_definitions or ():
            self.decorated(variable)
        sums = self.sums(found, depth=0)
        price = Price(
            cost=min(MOST, len(names) + -(-sums.objects // OBJECTS_PER_POINT) + sums.weight),
            nodes=sums.nodes,
            introspects=self.introspects,
            sizes=frozenset(self.sizes),
            switches=frozenset(self.switches),
        )
        if not price.sizes:
            within("nodes", self.limits.nodes, price.nodes)
            within("cost", self.limits.cost, price.cost)
        return price

    def look_at_fragments(self) -> None:
        """Those that no operation spreads too, since validation will walk them. Those on the schema's own types are graphql-core's affair."""
        for name, fragment in self.fragments.items():
            if name in self.reached or fragment.type_condition.name.value.startswith("__"):
                continue
            self.sums(self.collect([(fragment.selection_set, fragment.type_condition.name.value)]), depth=0)

    def collect(self, selections: Iterable[tuple[SelectionSetNode, str | None]]) -> list[Found]:
        """The fields of the sets merged, each fragment once, as execution collects them."""
        found: dict[int, Found] = {}
        spread: set[str] = set()
        waiting = list(selections)
        while waiting:
            node, parent = waiting.pop()
            for selection in node.selections:
                self.steps += 1
                within("selections", STEPS, self.steps)
                self.decorated(selection)
                match selection:
                    case FieldNode():
                        found[id(selection)] = (selection, parent)
                    case InlineFragmentNode(type_condition=condition, selection_set=inner):
                        waiting.append((inner, condition.name.value if condition else parent))
                    case FragmentSpreadNode(name=name) if name.value in self.fragments and name.value not in spread:
                        spread.add(name.value)
                        fragment = self.fragments[name.value]
                        self.reached.add(name.value)
                        self.decorated(fragment)
                        waiting.append((fragment.selection_set, fragment.type_condition.name.value))
        return list(found.values())

    def decorated(self, node: OperationDefinitionNode | FragmentDefinitionNode | VariableDefinitionNode | SelectionNode) -> None:
        """Counts each directive where it is written, once."""
        for directive in node.directives or ():
            self.directives.add(id(directive))
            self.switches.update(one.value.name.value for one in directive.arguments or () if isinstance(one.value, VariableNode))
        within("directives", self.limits.directives, len(self.directives))

    def sums(self, found: list[Found], *, depth: int) -> Sums:
        """Ids are safe as a memory here and only here: the document outlives the walk."""
        key = frozenset(id(field) for field, _ in found)
        if key in self.open:
            raise RequestError("VALIDATION", "A fragment spreads itself.")
        if key not in self.known:
            within("depth", self.limits.depth, depth + bool(found))
            self.open.add(key)
            self.known[key] = self.fresh(found, depth=depth)
            self.open.discard(key)
        sums = self.known[key]
        within("depth", self.limits.depth, depth + sums.height)
        within("aliases", self.limits.aliases, sums.aliases)
        return sums

    def fresh(self, found: list[Found], *, depth: int) -> Sums:
        groups: dict[str, list[Found]] = {}
        for field, parent in found:
            groups.setdefault((field.alias or field.name).value, []).append((field, parent))
        within("sameName", self.limits.same_name, max(map(len, groups.values()), default=0))
        parts = [self.group(group, depth=depth) for group in groups.values()]
        return Sums(
            height=max((part.height for part in parts), default=0),
            nodes=min(MOST, sum(part.nodes for part in parts)),
            objects=min(MOST, sum(part.objects for part in parts)),
            weight=min(MOST, sum(part.weight for part in parts)),
            aliases=min(MOST, sum(part.aliases for part in parts)),
        )

    def group(self, group: list[Found], *, depth: int) -> Sums:
        """Fields that answer under one name: their selections are one selection."""
        aliases = sum(field.alias is not None for field, _ in group)
        if any(field.name.value in INTROSPECTION for field, _ in group):
            self.introspects = True  # its depth is limited by graphql-core's own rule
            return Sums(height=1, aliases=aliases)
        selections = [(field.selection_set, self.type_of(field, parent)) for field, parent in group if field.selection_set]
        inner = self.sums(self.collect(selections), depth=depth + 1) if selections else Sums()
        page = max(self.page(field) for field, _ in group)
        many = page or max(self.listed(field, parent) for field, parent in group)
        return Sums(
            height=1 + inner.height,
            nodes=min(MOST, page + (page or 1) * inner.nodes),
            objects=min(MOST, many * (bool(selections) + inner.objects)),
            weight=min(MOST, many * inner.weight + max(WEIGHTS.get(field.name.value, 0) for field, _ in group)),
            aliases=aliases + inner.aliases,
        )

    def page(self, field: FieldNode) -> int:
        """The greater of `first` and `last`; 0 for a field without pages."""
        sizes = [0]
        for argument in field.arguments or ():
            if argument.name.value in {"first", "last"}:
                match argument.value:
                    case IntValueNode(value=digits):
                        sizes.append(min(MOST, abs(int(digits[:12]))))
                    case VariableNode(name=name):
                        sizes.append(self.variable(name.value))
        return max(sizes)

    def variable(self, name: str) -> int:
        if self.variables is None:
            self.sizes.add(name)
            return PAGE
        value = self.variables.get(name)
        return min(MOST, abs(value)) if isinstance(value, int) else 0

    def listed(self, field: FieldNode, parent: str | None) -> int:
        """How many objects a field without page arguments stands for; the lists of a connection were counted with its page."""
        kind = self.schema.type_map.get(parent or "")
        known = getattr(kind, "fields", {}).get(field.name.value)
        if known is None or (parent or "").endswith("Connection"):
            return 1
        bare = known.type.of_type if is_non_null_type(known.type) else known.type
        return PLAIN_LIST if is_list_type(bare) else 1

    def type_of(self, field: FieldNode, parent: str | None) -> str | None:
        kind = self.schema.type_map.get(parent or "")
        known = getattr(kind, "fields", {}).get(field.name.value)
        return get_named_type(known.type).name if known else None
