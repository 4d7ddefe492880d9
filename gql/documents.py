"""From a text to a parsed, analysed and validated document, kept in a bounded memory. What fails is never kept."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import cast

import strawberry
from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLInputType,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLString,
    GraphQLSyntaxError,
    parse,
    validate,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from graphql.language import DocumentNode, FragmentDefinitionNode, OperationDefinitionNode
from graphql.validation import OverlappingFieldsCanBeMergedRule, specified_rules
from graphql.validation.validation_context import ValidationContext

from gql.errors import SUGGESTION, RequestError, TooComplex
from gql.limits import ANONYMOUS, SIGNED_IN, Limits, Price, analyse, within

COMPARISONS = 40_000  # units of graphql-core's budget; one comparison of two fields spends two
COMMENTS = 200


class ThriftyOverlapRule(OverlappingFieldsCanBeMergedRule):
    """graphql-core's rule of merged fields, whose work is quadratic, with a tenth of its budget."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.remaining_complexity_budget = COMPARISONS


RULES = tuple(ThriftyOverlapRule if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules)


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation of a document that may run, with all that its text alone decides. Known by identity, so that what is kept for it can be found quickly."""

    schema: GraphQLSchema
    digest: str
    document: DocumentNode
    node: OperationDefinitionNode
    limits: Limits
    price: Price

    @property
    def name(self) -> str | None:
        return self.node.name.value if self.node.name else None

    @cached_property
    def definitions(self) -> dict[str, FragmentDefinitionNode]:
        return {one.name.value: one for one in self.document.definitions if isinstance(one, FragmentDefinitionNode)}

    @cached_property
    def fragments(self) -> dict[str, FragmentDetails]:
        """As graphql-core's collector wants them; the grammar that we parse has no variables of fragments."""
        return {name: FragmentDetails(one) for name, one in self.definitions.items()}

    @cached_property
    def switches(self) -> tuple[str, ...]:
        """Variables that decide which fields are asked for."""
        return tuple(sorted(self.price.switches))

    @cached_property
    def sizes(self) -> tuple[str, ...]:
        """Variables that are sizes of pages."""
        return tuple(sorted(self.price.sizes))

    @cached_property
    def signatures(self) -> dict[str, GraphQLVariableSignature]:
        """Its variables, as graphql-core would look at them anew in every request. Each has one, since the document is valid."""
        found = (get_variable_signature(self.schema, one) for one in self.node.variable_definitions or ())
        return {one.name: one for one in found if not isinstance(one, GraphQLError)}

    def variables(self, given: Mapping[str, object]) -> VariableValues:
        """graphql-core coerces them; nothing of ours reinterprets a value. Raises RequestError VARIABLES.

        It is not asked where all are given and it would leave every one of them as it is.
        """
        signatures = self.signatures
        if all(stays(given.get(name), one.type) for name, one in signatures.items()):
            sources = {name: VariableValueSource(one, given[name]) for name, one in signatures.items()}
            return VariableValues(sources, {name: given[name] for name in signatures})
        nodes = self.node.variable_definitions or ()
        found = get_variable_values(self.schema, nodes, dict(given), max_errors=1, hide_suggestions=True)
        if isinstance(found, list):
            raise RequestError("VARIABLES", SUGGESTION.sub("", found[0].message))
        return found

    def priced(self, variables: VariableValues) -> Price:
        """The price at these sizes of pages. Raises TooComplex."""
        price = _priced(self, tuple(variables.coerced.get(name) for name in self.sizes)) if self.sizes else self.price
        within("nodes", self.limits.nodes, price.nodes)
        within("cost", self.limits.cost, price.cost)
        return price


def stays(value: object, type: GraphQLInputType) -> bool:
    """Whether a value of one of the specification's scalars, that is not null, remains the same when it is coerced."""
    kind = value.__class__
    if isinstance(type, GraphQLNonNull):
        type = type.of_type
    if kind is str:
        return type is GraphQLID or type is GraphQLString
    if kind is int:
        return type is GraphQLInt and GRAPHQL_MIN_INT <= cast("int", value) <= GRAPHQL_MAX_INT
    return kind is bool and type is GraphQLBoolean


@lru_cache(maxsize=1000)
def _priced(operation: Operation, sizes: tuple[object, ...]) -> Price:
    known = dict(zip(operation.sizes, sizes, strict=True))
    return analyse(operation.document, operation.limits, schema=operation.schema, operation=operation.node, variables=known)


@dataclass(frozen=True)
class Document:
    """A document that may run."""

    digest: str
    operations: Mapping[str | None, Operation]

    def operation(self, name: str | None) -> Operation:
        """The one named, or the only one; a choice is never made for the client."""
        if name is None and len(self.operations) > 1:
            raise RequestError("OPERATION", "The document holds several operations, give operationName.")
        found = next(iter(self.operations.values()), None) if name is None else self.operations.get(name)
        if found is None:
            raise RequestError("OPERATION", "No operation of that name." if self.operations else "The document holds none.")
        return found


class Shelf:
    """So many documents and so many characters; the least recently used leaves first."""

    def __init__(self, *, count: int, characters: int) -> None:
        self._count = count
        self._characters = characters
        self._held = 0
        self._documents: OrderedDict[str, tuple[Document, int]] = OrderedDict()

    def get(self, digest: str) -> Document | None:
        found = self._documents.get(digest)
        if found is None:
            return None
        self._documents.move_to_end(digest)
        return found[0]

    def put(self, document: Document, characters: int) -> None:
        self._documents[document.digest] = (document, characters)
        self._held += characters
        while self._held > self._characters or len(self._documents) > self._count:
            _, (_, left) = self._documents.popitem(last=False)
            self._held -= left

    def __len__(self) -> int:
        return len(self._documents)


class Documents:
    """The documents of one schema. Anonymous texts have a small shelf of their own, so they drive nobody else's out."""

    def __init__(self, schema: strawberry.Schema, *, signed_in: Limits = SIGNED_IN, anonymous: Limits = ANONYMOUS) -> None:
        self.schema: GraphQLSchema = schema._schema  # noqa: SLF001 - the one place that reaches for graphql-core's schema
        self._limits = {False: signed_in, True: anonymous}
        self._shelves = {False: Shelf(count=1_000, characters=2_000_000), True: Shelf(count=100, characters=200_000)}

    def get(self, text: str, *, anonymous: bool) -> Document:
        """Raises TooComplex or RequestError of PARSE, VALIDATION."""
        within("characters", self._limits[anonymous].characters, len(text))
        digest = sha256(text.encode()).hexdigest()
        document = self._shelves[anonymous].get(digest)
        if document is None:
            document = self._read(text, self._limits[anonymous], digest=digest)
            self._shelves[anonymous].put(document, len(text))
        return document

    def _read(self, text: str, limits: Limits, *, digest: str) -> Document:
        node = _parsed(text, limits)
        analyse(node, limits, schema=self.schema)
        operations = {one.name.value if one.name else None: one for one in node.definitions if isinstance(one, OperationDefinitionNode)}
        for one in operations.values():
            if self.schema.get_root_type(one.operation) is None:
                raise RequestError("OPERATION", f"The schema has no {one.operation.value}.")
        errors = validate(self.schema, node, rules=RULES, max_errors=1, hide_suggestions=True)
        if errors:
            raise RequestError("VALIDATION", SUGGESTION.sub("", errors[0].message))
        prices = {name: analyse(node, limits, schema=self.schema, operation=one) for name, one in operations.items()}
        return Document(digest, {name: Operation(self.schema, digest, node, one, limits, prices[name]) for name, one in operations.items()})


def _parsed(text: str, limits: Limits) -> DocumentNode:
    try:
        node = parse(text, max_lexical_tokens=limits.tokens, max_comments=COMMENTS, allow_empty_selection_sets=False)
    except GraphQLSyntaxError as error:
        if "Document contains more than" in error.message:
            limit, most = ("comments", COMMENTS) if "comments" in error.message else ("tokens", limits.tokens)
            raise TooComplex(limit, most, most + 1) from error
        raise RequestError("PARSE", f"{error.message.removeprefix('Syntax Error: ')} ({_place(error)})") from error
    except GraphQLError as error:
        raise RequestError("PARSE", error.message) from error
    if not all(isinstance(one, OperationDefinitionNode | FragmentDefinitionNode) for one in node.definitions):
        raise RequestError("VALIDATION", "Only operations and fragments may be sent.")
    return node


def _place(error: GraphQLError) -> str:
    return ", ".join(f"{place.line}:{place.column}" for place in error.locations or ())
