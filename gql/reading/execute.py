"""Where graphql-core and the compiled reader meet: an answer the database finished is spliced in, all else runs as the specification says."""

from typing import Any, cast

from graphql import GraphQLError, GraphQLLeafType, default_field_resolver, default_type_resolver
from graphql.execution import Executor
from graphql.execution.values import VariableValues
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types import Info

from gql.documents import Operation
from gql.errors import TooComplex

RESOLVER_CALLS = 20_000


class Compiled:
    """The reader's answer: already complete, already masked. May hold `orjson.Fragment`s, of bytes the database wrote and nothing else."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


class Unpresentable(Exception):  # noqa: N818
    """A resolver gave a value that its own type refuses: our fault, never the client's."""


class Execution(Executor[None]):
    """graphql-core's plain executor (never the incremental one), with Strawberry's info, our splice, and a count of resolver calls."""

    def __init__(self, asked: Operation, variables: VariableValues, context: object) -> None:
        super().__init__(
            asked.schema,
            asked.definitions,
            asked.fragments,
            None,
            context,
            asked.node,
            variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            hide_suggestions=True,
        )
        self.asked = asked
        self.calls = 0
        self.operation_extensions = {"execution": self}

    def build_resolve_info(self, *args: Any) -> Any:
        build = cast("Any", StrawberryGraphQLCoreExecutionContext.build_resolve_info)
        return build(self, *args)

    def execute_field(self, *args: Any) -> Any:
        self.calls += 1
        if self.calls > RESOLVER_CALLS:
            raise TooComplex("resolvers", RESOLVER_CALLS, self.calls)
        return super().execute_field(*args)

    def complete_value(self, *args: Any) -> Any:
        result = args[4]
        if type(result) is Compiled:
            return result.value
        return super().complete_value(*args)

    @staticmethod
    def complete_leaf_value(return_type: GraphQLLeafType, result: Any) -> Any:
        try:
            return Executor.complete_leaf_value(return_type, result)
        except GraphQLError as error:
            raise Unpresentable(return_type.name) from error


def execution_of(info: Info) -> Execution:
    """The running execution behind a resolver's info: what was `asked`, and with which `variable_values`."""
    return cast("Execution", info.input_extensions["execution"])
