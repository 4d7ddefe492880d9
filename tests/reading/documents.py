"""Writes documents over the schema: aliases, merged fields, fragments, type conditions, directives, variables, pages both ways, filters, orders."""

import json
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

from gql.reading.declare import Computed, Every, Given, Items, Lines, Only, Page, Steps
from tests.reading.arguments import Arguments, Choose, Values, Written, stored

DEPTH = 6
FIELDS = 22


Live = frozenset[str]
"""Which concrete types can stand at a place at all; none where a directive or two conditions leave nothing."""


@dataclass
class Scope:
    """What stands under each response key of one merged selection set."""

    keys: dict[str, tuple[str, str, str, "Scope"]] = field(default_factory=dict)


class Writer(Arguments):
    def __init__(self, schema: GraphQLSchema, choose: Choose, values: Values) -> None:
        super().__init__(schema, choose, values)
        self.left = FIELDS

    def document(self) -> Written:
        query = self.schema.query_type
        scope = Scope()
        parts = [self.root_field(query, scope) for _ in range(1 + self.choose(3))]
        body = " ".join(parts)
        head = "query Q" + (f"({', '.join(f'${name}: {type}' for name, type in self.out.types.items())})" if self.out.types else "")
        self.out.text = "\n".join([f"{head} {{ {body} }}", *self.out.fragments])
        return self.out

    def root_field(self, query: GraphQLObjectType, scope: Scope) -> str:
        names = [name for name, one in query.fields.items() if isinstance(stored(one), Page | Given | Every) or name == "node"]
        written = self.field(query, self.pick(names), scope, depth=0, live=frozenset({query.name}))
        match self.choose(8):
            case 6:
                return f"... on Query {{ __typename {written} }}"
            case 7:
                return f"r{FIELDS - self.left}: __typename {written}"
        return written

    def selection(self, type: Any, scope: Scope, *, depth: int, live: Live) -> str:
        parts = [self.part(type, scope, depth=depth, live=live) for _ in range(1 + self.choose(4))]
        return "{ " + " ".join(parts) + " }"

    def part(self, type: Any, scope: Scope, *, depth: int, live: Live) -> str:
        match self.choose(10):
            case 5 if wrought := [name for name, one in type.fields.items() if isinstance(stored(one), Steps | Computed | Items | Lines | Only)]:
                return self.field(type, self.pick(wrought), scope, depth=depth, live=live)
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
        return self.keyed(type, name, scope, given="")[0]

    def keyed(self, type: Any, name: str, scope: Scope, *, given: str) -> tuple[str, Scope, str]:
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

    def field(self, type: Any, name: str, scope: Scope, *, depth: int, live: Live) -> str:
        self.left -= 1
        declared: GraphQLField = type.fields[name]
        named = get_named_type(declared.type)
        composite = isinstance(named, GraphQLObjectType | GraphQLInterfaceType)
        if composite and (depth >= DEPTH or self.left <= 0):
            return self.leaf(type, scope, "__typename")
        directive, still = self.directive(live=live)
        if not composite:
            return self.keyed(type, name, scope, given="")[0] + directive
        if depth == 0:
            self.root = ""
        given, code, cursor = self.arguments(declared, live=bool(still))
        shown, inner, key = self.keyed(type, name, scope, given=given)
        if depth == 0:
            self.root = key
        if code:
            self.out.refused.setdefault(self.root, code)
        reached = frozenset({self.node}) if depth == 0 and name == "node" else self.possible(named)
        body = self.selection(named, inner, depth=depth + 1, live=reached if still else still)
        if cursor:
            body = f"{{ {cursor}: edges {{ cursor }} {body[1:]}"
        return f"{shown}{given}{directive} {body}"

    def again(self, type: Any, scope: Scope, *, depth: int, live: Live) -> str:
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
        return f"{shown}{given} {self.selection(named, inner, depth=depth + 1, live=self.possible(named) if live else live)}"

    def possible(self, type: Any) -> Live:
        return (
            frozenset(one.name for one in self.schema.get_possible_types(type)) if isinstance(type, GraphQLInterfaceType) else frozenset({type.name})
        )

    def condition(self, type: Any) -> Any:
        """A type that a fragment may stand on here: the type itself, an interface of it, or one of its types."""
        options = [type, *getattr(type, "interfaces", ())]
        if isinstance(type, GraphQLInterfaceType):
            options += sorted(self.schema.get_possible_types(type), key=lambda one: one.name)
        return self.pick(options)

    def inline(self, type: Any, scope: Scope, *, depth: int, live: Live) -> str:
        directive, still = self.directive(live=live)
        if self.chance(4):
            return f"...{directive} {self.selection(type, scope, depth=depth, live=still)}"
        on = self.condition(type)
        return f"... on {on.name}{directive} {self.selection(on, scope, depth=depth, live=still & self.possible(on))}"

    def spread(self, type: Any, scope: Scope, *, depth: int, live: Live) -> str:
        directive, still = self.directive(live=live)
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
            body = self.selection(on, scope, depth=depth, live=still & self.possible(on))
        self.out.fragments[place] = f"fragment {name} on {on.name} {body}"
        return f"...{name}{directive}"

    def directive(self, *, live: Live) -> tuple[str, Live]:
        if not self.chance(6):
            return "", live
        which, value = self.pick(["include", "skip"]), self.choose(2) == 0
        kept = value if which == "include" else not value
        written = json.dumps(value) if self.chance(3) else "$" + self.variable("Boolean!", value)
        return f" @{which}(if: {written})", live if kept else frozenset()
