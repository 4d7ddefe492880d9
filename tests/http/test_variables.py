"""Where graphql-core is not asked to coerce variables, it would have left each as it is."""

import pytest
from graphql import OperationDefinitionNode, build_schema, parse
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import example, given
from hypothesis import strategies as st

from gql.documents import Operation
from gql.errors import RequestError
from gql.limits import SIGNED_IN, Price

TYPES = build_schema("""
    type Query { a(id: ID, string: String, int: Int, boolean: Boolean, float: Float, kind: Kind, deep: Deep, any: Any): Int }
    input Deep { size: Int!, more: [Deep!] }
    enum Kind { A B }
    scalar Any
""")
NAMES = ["ID", "String", "Int", "Boolean", "Float", "Kind", "Deep", "Any"]
FORMS = ["%s", "%s!", "[%s]", "[%s!]!", "%s = null", "[%s] = []"]

leaves = st.none() | st.booleans() | st.integers(-(2**33), 2**33) | st.floats(allow_nan=False) | st.sampled_from(["", "A", "1", "督导"])
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["size", "more"]), inner), max_leaves=4)
types = st.builds(str.__mod__, st.sampled_from(FORMS), st.sampled_from(NAMES))


def operation(variables: dict[str, str]) -> Operation:
    defined = f"({', '.join(f'${name}: {type}' for name, type in variables.items())})" if variables else ""
    document = parse(f"query {defined} {{ a }}")
    [node] = document.definitions
    assert isinstance(node, OperationDefinitionNode)
    return Operation(TYPES, "", document, node, SIGNED_IN, Price(1, 0, introspects=False))


def told(found: VariableValues) -> str:
    """With the types of the values: 1 is not true and not 1.0."""
    return repr((found.coerced, [(name, one.signature.name, one.signature.type, one.value) for name, one in found.sources.items()]))


@given(st.dictionaries(st.sampled_from("abc"), types), st.dictionaries(st.sampled_from("abcd"), values))
@example({"a": "Int!", "b": "ID", "c": "Boolean = true"}, {"a": 2**31 - 1, "b": "1", "c": False})
@example({"a": "Int!"}, {"a": 2**31})
@example({"a": "ID!"}, {"a": 1})
@example({"a": "Int"}, {"a": True})
@example({"a": "String"}, {"a": None})
@example({"a": "String = null"}, {})
def test_variables_are_what_graphql_core_makes_of_them(defined: dict[str, str], sent: dict[str, object]) -> None:
    asked = operation(defined)
    found = get_variable_values(TYPES, asked.node.variable_definitions or (), sent)
    if isinstance(found, list):
        with pytest.raises(RequestError):
            asked.variables(sent)
    else:
        assert told(asked.variables(sent)) == told(found)
