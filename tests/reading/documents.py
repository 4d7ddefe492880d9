"""Writes documents over the schema: aliases, merged fields, fragments, type conditions, directives, variables, pages both ways, filters, orders."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLEnumType, GraphQLField, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from graphql import get_named_type, is_list_type, is_non_null_type

from gql.node import BY_PREFIX
from gql.reading.declare import STORED, Given, Page, source_of
from gql.reading.plan import DEFINITION

Choose = Callable[[int], int]
"""A number below n; 0 is the simplest."""

Values = Callable[[Any, str, tuple[str, ...], int], Any]
"""A value from the data for a model's column (an id with one of the prefixes), chosen by a number."""

DEPTH = 6
FIELDS = 22
SIZES = (2, 1, 3, 7, 100)


@dataclass
class Scope:
    """What stands under each response key of one merged selection set."""

    keys: dict[str, tuple[str, str, str, "Scope"]] = field(default_factory=dict)


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


class Writer:
    def __init__(self, schema: GraphQLSchema, choose: Choose, values: Values) -> None:
        self.schema = schema
        self.choose = choose
        self.values = values
        self.out = Written()
        self.left = FIELDS
        self.root = ""

    def chance(self, of: int) -> bool:
        """True once in so many times, and never in the simplest document."""
        return self.choose(of) == of - 1

    def pick(self, options: Sequence[Any]) -> Any:
        return options[self.choose(len(options))]

    def document(self) -> Written:
        query = self.schema.query_type
        scope, parts = Scope(), []
        for _ in range(1 + self.choose(3)):
            parts.append(self.root_field(query, scope))
        body = " ".join(parts)
        head = "query Q" + (f"({', '.join(f'${name}: {type}' for name, type in self.out.types.items())})" if self.out.types else "")
        self.out.text = "\n".join([f"{head} {{ {body} }}", *self.out.fragments])
        return self.out

    def root_field(self, query: GraphQLObjectType, scope: Scope) -> str:
        names = [name for name, one in query.fields.items() if isinstance(stored(one), Page | Given) or name == "node"]
        written = self.field(query, self.pick(names), scope, depth=0, live=True)
        match self.choose(8):
            case 6:
                return f"... on Query {{ __typename {written} }}"
            case 7:
                return f"r{FIELDS - self.left}: __typename {written}"
        return written

    def selection(self, type: Any, scope: Scope, *, depth: int, live: bool) -> str:
        parts = [self.part(type, scope, depth=depth, live=live) for _ in range(1 + self.choose(4))]
        return "{ " + " ".join(parts) + " }"

    def part(self, type: Any, scope: Scope, *, depth: int, live: bool) -> str:
        match self.choose(10):
            case 6:
                return self.leaf(type, scope, "__typename")
            case 7 if depth < DEPTH:
                return self.inline(type, scope, depth=depth, live=live)
            case 8 if depth < DEPTH:
                return self.spread(type, scope, depth=depth, live=live)
            case 9 if scope.keys:
                return self.again(type, scope, depth=depth, live=live)
        return self.field(type, self.pick(list(type.fields)), scope, depth=depth, live=live)

    def leaf(self, type: Any, scope: Scope, name: str) -> str:
        return self.keyed(type, name, scope, given="", live=True)[0]

    def keyed(self, type: Any, name: str, scope: Scope, *, given: str, live: bool) -> tuple[str, Scope, str]:
        """A free response key, or one that already stands for the same; with the directives of this place."""
        kind = "String!" if name == "__typename" else str(type.fields[name].type)
        key = self.pick([name, name, f"a{self.choose(3)}", f"_{name}"])
        known = scope.keys.get(key)
        if known is not None and (known[0] != name or known[1] != kind or known[2] != given):
            key = f"k{len(scope.keys)}_{FIELDS - self.left}"
            known = None
        inner = known[3] if known else Scope()
        scope.keys[key] = (name, kind, given, inner)
        return (name if key == name else f"{key}: {name}"), inner, key

    def field(self, type: Any, name: str, scope: Scope, *, depth: int, live: bool) -> str:
        self.left -= 1
        declared: GraphQLField = type.fields[name]
        named = get_named_type(declared.type)
        composite = isinstance(named, GraphQLObjectType | GraphQLInterfaceType)
        if composite and (depth >= DEPTH or self.left <= 0):
            return self.leaf(type, scope, "__typename")
        directive, still = self.directive(live)
        if not composite:
            return self.keyed(type, name, scope, given="", live=still)[0] + directive
        if depth == 0:
            self.root = ""
        given, code, cursor = self.arguments(declared, live=still)
        shown, inner, key = self.keyed(type, name, scope, given=given, live=still)
        if depth == 0:
            self.root = key
        if code:
            self.out.refused.setdefault(self.root, code)
        body = self.selection(named, inner, depth=depth + 1, live=still)
        if cursor:
            body = f"{{ {cursor}: edges {{ cursor }} {body[1:]}"
        return f"{shown}{given}{directive} {body}"

    def again(self, type: Any, scope: Scope, *, depth: int, live: bool) -> str:
        """The same response key once more with another selection: the two merge."""
        key = self.pick(list(scope.keys))
        name, kind, given, inner = scope.keys[key]
        if name not in getattr(type, "fields", {}) or str(type.fields[name].type) != kind:
            return self.leaf(type, scope, "__typename")
        shown = name if key == name else f"{key}: {name}"
        named = get_named_type(type.fields[name].type)
        if not isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            return shown
        if depth >= DEPTH:
            return self.leaf(type, scope, "__typename")
        return f"{shown}{given} {self.selection(named, inner, depth=depth + 1, live=live)}"

    def condition(self, type: Any) -> Any:
        """A type that a fragment may stand on here: the type itself, an interface of it, or one of its types."""
        options = [type, *getattr(type, "interfaces", ())]
        if isinstance(type, GraphQLInterfaceType):
            options += sorted(self.schema.get_possible_types(type), key=lambda one: one.name)
        return self.pick(options)

    def inline(self, type: Any, scope: Scope, *, depth: int, live: bool) -> str:
        directive, still = self.directive(live)
        if self.chance(4):
            return f"...{directive} {self.selection(type, scope, depth=depth, live=still)}"
        on = self.condition(type)
        return f"... on {on.name}{directive} {self.selection(on, scope, depth=depth, live=still)}"

    def spread(self, type: Any, scope: Scope, *, depth: int, live: bool) -> str:
        directive, still = self.directive(live)
        known = [name for name, on in self.out.reusable if on in {type.name, *(one.name for one in getattr(type, "interfaces", ()))}]
        if known and self.chance(2):
            return f"...{self.pick(known)}{directive}"
        on, name = self.condition(type), f"F{len(self.out.fragments)}"
        self.out.fragments.append("")
        place = len(self.out.fragments) - 1
        if self.chance(2):
            leaves = [one for one, it in on.fields.items() if not hasattr(get_named_type(it.type), "fields")][:3]
            body = "{ __typename " + " ".join(leaves) + " }"
            clash = any(scope.keys.get(one, (one,))[0] != one for one in leaves)
            if not clash:
                for one in leaves:
                    scope.keys.setdefault(one, (one, str(on.fields[one].type), "", Scope()))
                self.out.reusable.append((name, on.name))
        else:
            body = self.selection(on, scope, depth=depth, live=still)
        self.out.fragments[place] = f"fragment {name} on {on.name} {body}"
        return f"...{name}{directive}"

    def directive(self, live: bool) -> tuple[str, bool]:
        if not self.chance(6):
            return "", live
        which, value = self.pick(["include", "skip"]), self.choose(2) == 0
        kept = value if which == "include" else not value
        written = json.dumps(value) if self.chance(3) else "$" + self.variable("Boolean!", value)
        return f" @{which}(if: {written})", live and kept

    def variable(self, type: str, value: Any) -> str:
        name = f"v{len(self.out.types)}"
        self.out.types[name] = type
        self.out.variables[name] = value
        return name

    # arguments

    def arguments(self, declared: GraphQLField, *, live: bool) -> tuple[str, str | None, str | None]:
        """The arguments as text, the code they are refused with, and the key of cursors to go on from."""
        what = self.pick(list(BY_PREFIX.values())) if declared is self.schema.query_type.fields["node"] else stored(declared)
        if isinstance(what, Given) and "id" in declared.args:
            source = source_of(what.source)
            prefixes = (source.prefix,) if isinstance(source.prefix, str) else tuple(source.prefix.values())
            id = self.values(source.model, "id", prefixes, self.choose(40))
            return (f'(id: "{id}")' if self.chance(2) else f"(id: ${self.variable('ID!', id)})"), None, None
        if not isinstance(what, Page):
            return "", None, None
        parts, code = [self.size(live)], None
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

    def size(self, live: bool) -> str:
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
        return self.pick(
            [
                'first: 3, after: "rubbish"',
                "first: 0",
                "first: 101",
                "last: 101",
                "last: -1",
                "first: 3, last: 3",
                "first: null",
                "last: null, first: null",
            ]
            + [
                'first: 3, before: "x"',
                'last: 2, after: "x"',
                f"first: ${self.variable('Int', 0)}",
                'first: 3, after: "Y3Vyc29yfGF8Yg"',
                'last: 1, before: ""',
            ]
        )

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
                found[name] = self.values(model, where.column, where.prefixes, self.choose(40))
        return found

    def operand(self, declared: Any, where: Any, model: Any, operator: str) -> Any:
        if self.chance(9):
            return None
        inner = declared.type.of_type if is_non_null_type(declared.type) else declared.type
        if is_list_type(inner):
            return [self.values(model, where.column, where.prefixes, self.choose(40)) for _ in range(self.choose(4))]
        value = self.values(model, where.column, where.prefixes, self.choose(40))
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


def stored(declared: GraphQLField) -> Any:
    definition = (declared.extensions or {}).get(DEFINITION)
    return definition.metadata.get(STORED) if definition else None
