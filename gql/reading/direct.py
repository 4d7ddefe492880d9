"""Operations that need no executor: where every root field is a compiled read, PostgreSQL completes all values and the answer is put around them.

What graphql-core's executor would say of such an operation is said here in the same words; the differential test runs both ways.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import ExecutionResult, GraphQLError
from graphql.error import located_error
from graphql.execution.values import VariableValues, get_argument_values
from graphql.language import OperationType

from gql.context import Context
from gql.documents import Operation
from gql.reading.declare import READS, STORED, Page
from gql.reading.execute import Compiled
from gql.reading.read import Asked, declared, read_together
from gql.reading.selection import RootField, root_fields


def reads(operation: Operation, variables: VariableValues) -> Sequence[RootField] | None:
    """Its root fields, where each of them is a compiled read or __typename."""
    if operation.node.operation is not OperationType.QUERY:
        return None
    try:
        fields = tuple(root_fields(operation, variables).values())
    except GraphQLError:  # a directive on a null: the executor will say it
        return None
    plain = all(one.name == "__typename" or (one.definition is not None and READS in one.definition.metadata) for one in fields)
    return fields if plain else None


async def answered(fields: Sequence[RootField], variables: VariableValues, context: Context) -> ExecutionResult:
    """All root fields at once. A failure empties its own field only, since every root field is nullable."""
    begun = {one.key: _begun(one, variables, context) for one in fields}
    found = begun | await read_together(context, {key: one for key, one in begun.items() if isinstance(one, Asked)})
    errors = [
        located_error(error, [one.node for one in field.details], [field.key]) for field in fields if isinstance(error := found[field.key], Exception)
    ]
    return ExecutionResult({key: _shown(one) for key, one in found.items()}, errors or None)


def _begun(field: RootField, variables: VariableValues, context: Context) -> object:
    """What is to be asked for a root field; or its value or its exception, where there is nothing to ask."""
    if field.name == "__typename":
        return field.type.name
    try:
        return declared(context, field, variables, arguments=_called(field, variables, context))
    except Exception as error:  # noqa: BLE001 - as graphql-core does it; the table of errors decides what it is
        return error


def _called(field: RootField, variables: VariableValues, context: Context) -> Mapping[str, Any]:
    """Its arguments. Those of a page are left to the plan, which reads them for whoever is signed in: to coerce a filter is half of what is done here."""
    if isinstance(field.definition.metadata[STORED], Page) and context.actor is not None:
        return {}
    first = field.details[0]
    return get_argument_values(field.type.fields[field.name], first.node, variables, first.fragment_variable_values, hide_suggestions=True)


def _shown(found: object) -> object:
    return found.value if isinstance(found, Compiled) else None if isinstance(found, Exception) else found
