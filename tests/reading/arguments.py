"""Writes the arguments of generated fields: pages both ways, cursors, filters and orders, as literals and as variables, absent, null and wrong."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLEnumType, GraphQLField, GraphQLInputObjectType, GraphQLSchema, get_named_type, is_list_type, is_non_null_type

from gql.node import BY_PREFIX
from gql.reading.declare import STORED, Every, Given, Page, source_of
from gql.reading.paging import Beside, Where
from gql.reading.selection import DEFINITION
from models.organizations import Organization
from models.returns import MonthlyReturn

Choose = Callable[[int], int]
"""A number below n; 0 is the simplest."""

Values = Callable[[Any, str, tuple[str, ...], int], Any]
"""A value from the data for a model's column (an id with one of the prefixes), chosen by a number."""

SIZES = (2, 1, 3, 7, 100)
MONTHS = ("2026-09", "2026-08", "2011-02")
"""This one, one that was reported, and one before there were rules."""

BAD = (
    'first: 3, after: "rubbish"',
    "first: 0",
    "first: 101",
    "last: 101",
    "last: -1",
    "first: 3, last: 3",
    "first: null",
    "last: null, first: null",
    'first: 3, before: "x"',
    'last: 2, after: "x"',
    'first: 3, after: "Y3Vyc29yfGF8Yg"',
    'last: 1, before: ""',
    None,
)


@dataclass
class Written:
    """A document on its way, and what is known of it beforehand."""

    text: str = ""
    variables: dict[str, Any] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)  # variable -> the response key of the cursors it is chosen from
    refused: dict[str, str] = field(default_factory=dict)  # root key -> code
    fragments: list[str] = field(default_factory=list)
    reusable: list[tuple[str, str]] = field(default_factory=list)


class Arguments:
    """What a document's arguments are written with, and what is known of the document so far."""

    def __init__(self, schema: GraphQLSchema, choose: Choose, values: Values) -> None:
        self.schema = schema
        self.choose = choose
        self.values = values
        self.out = Written()
        self.root = ""
        self.node = ""

    def chance(self, of: int) -> bool:
        """True once in so many times, and never in the simplest document."""
        return self.choose(of) == of - 1

    def pick(self, options: Sequence[Any]) -> Any:
        return options[self.choose(len(options))]

    def variable(self, type: str, value: Any) -> str:
        name = f"v{len(self.out.types)}"
        self.out.types[name] = type
        self.out.variables[name] = value
        return name

    def arguments(self, declared: GraphQLField, *, live: bool) -> tuple[str, str | None, str | None]:
        """The arguments as text, the code they are refused with, and the key of cursors to go on from."""
        what = stored(declared)
        if declared is self.schema.query_type.fields["node"]:
            what = self.pick(list(BY_PREFIX.values()))
            self.node = source_of(what.source).type
        if isinstance(what, Given | Every) and "month" in declared.args:
            whose = self.values(*self.pick([(MonthlyReturn, "district_id"), (Organization, "id")]), ("dst",), self.choose(8))
            district = f'district: "{whose}", ' if "district" in declared.args else ""
            return f'({district}month: "{self.pick(MONTHS)}")', None, None
        if isinstance(what, Given) and "area" in declared.args:
            return (
                f'(area: "{self.values(Organization, "id", ("ctr", "dst"), self.choose(8))}", year: {self.pick((2026, 2000, 2003, 2007))})',
                None,
                None,
            )
        if isinstance(what, Given) and "id" in declared.args:
            source = source_of(what.source)
            prefixes = (source.prefix,) if isinstance(source.prefix, str) else tuple(source.prefix.values())
            id = self.values(source.model, "id", prefixes, self.choose(40))
            return (f'(id: "{id}")' if self.chance(2) else f"(id: ${self.variable('ID!', id)})"), None, None
        if not isinstance(what, Page):
            return "", None, None
        parts, code = [self.size()], None
        if live and self.root not in self.out.refused and self.chance(25):
            parts, code = [self.bad()], "BAD_USER_INPUT"
        elif live and self.chance(4):
            parts.append(cursor := self.cursor("after" if "first" in parts[0].split(":")[0] else "before"))
            name = cursor.split("$")[1]
            self.out.cursors[name] = f"c_{name}"
        if "filter" in declared.args and self.chance(2):
            parts.append(self.filter(declared, source_of(what.source).model))
        if "orderBy" in declared.args and self.chance(2):
            parts.append(self.order(get_named_type(declared.args["orderBy"].type)))
        key = self.out.cursors.get(parts[1].split("$")[1]) if len(parts) > 1 and parts[1].startswith(("after: $", "before: $")) else None
        return f"({', '.join(part for part in parts if part)})", code, key

    def size(self) -> str:
        which, other = self.pick([("first", "last"), ("first", "last"), ("last", "first")])
        size = self.pick(SIZES)
        written = f"${self.variable('Int', size)}" if self.chance(3) else str(size)
        match self.choose(8):
            case 6:
                return f"{which}: {written}, {other}: null"
            case 7:
                absent = self.variable("Int", None)
                if self.chance(2):
                    del self.out.variables[absent]
                return f"{which}: {written}, {other}: ${absent}"
        return f"{which}: {written}"

    def bad(self) -> str:
        return self.pick(BAD) or f"first: ${self.variable('Int', 0)}"

    def cursor(self, which: str) -> str:
        return f"{which}: ${self.variable('String', None)}"

    def order(self, type: Any) -> str:
        if self.chance(5):
            return "orderBy: null"
        names = type.fields["field"].type.of_type
        value = {"field": self.pick(list(names.values)), "direction": self.pick(["ASC", "DESC"])}
        return self.given("orderBy", type, value)

    def filter(self, declared: GraphQLField, model: Any) -> str:
        type = get_named_type(declared.args["filter"].type)
        return self.given("filter", type, None if self.chance(6) else self.tests(type, model))

    def given(self, name: str, type: Any, value: Any) -> str:
        return f"{name}: ${self.variable(type.name, value)}" if self.chance(2) else f"{name}: {self.literal(type, value)}"

    def tests(self, type: GraphQLInputObjectType, model: Any, *, nested: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in range(self.choose(3) + (not nested)):
            name = self.pick(list(type.fields))
            kind = get_named_type(type.fields[name].type)
            if name == "anyOf":
                if not nested:
                    found[name] = [self.tests(type, model, nested=True) for _ in range(1 + self.choose(3))]
                continue
            where = type.fields[name].extensions[DEFINITION].metadata.get("where")
            if where is None or self.chance(8):
                found[name] = None
            elif isinstance(kind, GraphQLInputObjectType):
                found[name] = {one: self.operand(it, where, model, one) for one, it in kind.fields.items() if self.chance(2)}
            else:
                found[name] = self.values(*held(model, where), where.prefixes, self.choose(40))
        return found

    def operand(self, declared: Any, where: Any, model: Any, operator: str) -> Any:
        if self.chance(9):
            return None
        inner = declared.type.of_type if is_non_null_type(declared.type) else declared.type
        if is_list_type(inner):
            return [self.values(*held(model, where), where.prefixes, self.choose(40)) for _ in range(self.choose(4))]
        value = self.values(*held(model, where), where.prefixes, self.choose(40))
        if operator in {"startsWith", "contains"}:
            return value[: self.choose(3)] if operator == "startsWith" else value[-self.choose(3) :]
        return value

    def literal(self, type: Any, value: Any) -> str:
        if is_non_null_type(type):
            return self.literal(type.of_type, value)
        if value is None:
            return "null"
        if is_list_type(type):
            return "[" + ", ".join(self.literal(type.of_type, one) for one in value) + "]"
        if isinstance(type, GraphQLInputObjectType):
            return "{" + ", ".join(f"{name}: {self.inner(type.fields[name].type, one)}" for name, one in value.items()) + "}"
        return str(value) if isinstance(type, GraphQLEnumType) else json.dumps(value, ensure_ascii=False)

    def inner(self, type: Any, value: Any) -> str:
        """A literal, or a variable for it; a null may be a variable that is absent."""
        if is_non_null_type(type) or not self.chance(4):
            return self.literal(type, value)
        name = self.variable(str(type), value)
        if value is None and self.chance(2):
            del self.out.variables[name]
        return f"${name}"


def held(model: Any, where: Where) -> tuple[Any, str]:
    """The model and the column whose values a filter is asked with."""
    beside = where.what
    return (source_of(beside.source).model, beside.column) if isinstance(beside, Beside) else (model, where.column)


def stored(declared: GraphQLField) -> Any:
    definition = (declared.extensions or {}).get(DEFINITION)
    return definition.metadata.get(STORED) if definition else None
