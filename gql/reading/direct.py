"""Operations that need no executor: where every root field is a compiled read, PostgreSQL completes all values and the answer is put around them.

What graphql-core's executor would say of such an operation is said here in the same words; the differential test runs both ways.
"""

import asyncio
from collections.abc import Sequence

from graphql import ExecutionResult, GraphQLError
from graphql.error import located_error
from graphql.execution.values import VariableValues, get_argument_values
from graphql.language import OperationType

from gql.context import Context
from gql.documents import Operation
from gql.reading.declare import READS
from gql.reading.execute import Compiled
from gql.reading.read import prepared, read_apart
from gql.reading.selection import RootField, root_fields, selection


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
    """Root fields beside each other. A failure empties its own field only, since every root field is nullable."""
    if len(fields) == 1:
        values = [await _tried(fields[0], variables, context)]
    else:
        values = await asyncio.gather(*(_tried(one, variables, context) for one in fields))
    errors = [one for one in values if isinstance(one, GraphQLError)]
    data = {field.key: None if isinstance(one, GraphQLError) else one for field, one in zip(fields, values, strict=True)}
    return ExecutionResult(data, errors or None)


async def _tried(field: RootField, variables: VariableValues, context: Context) -> object:
    try:
        return await _value(field, variables, context)
    except Exception as error:  # noqa: BLE001 - as graphql-core does it; the table of errors decides what it is
        return located_error(error, [one.node for one in field.details], [field.key])


async def _value(field: RootField, variables: VariableValues, context: Context) -> object:
    if field.name == "__typename":
        return field.type.name
    first = field.details[0]
    arguments = get_argument_values(field.type.fields[field.name], first.node, variables, first.fragment_variable_values, hide_suggestions=True)
    given = field.definition.metadata[READS](context.actor, arguments)
    if given is None:
        return None
    found: Compiled = await read_apart(context, field.key, prepared(context, selection(field), variables, given=given))
    return found.value
