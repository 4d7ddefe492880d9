"""The whole table of rights as text: for each action and role, in each situation, yes or no. `python -m tests.authz.matrix` writes it anew.

Which operations and protected fields stand under an action is read off the schema: a mutation says its right, a read the right of its rows, a masked
field its mask, and any other question the rights that its resolver names.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

from authz.access import POLICY
from authz.actions import Action
from authz.actor import BASE, Role
from authz.relations import Relation
from gql.context import Context
from gql.node import BY_PREFIX
from gql.reading.declare import STORED, Column, Computed, Every, Given, Many, One, Only, Page, source_of
from gql.reading.selection import DEFINITION
from gql.schema import schema

GOLDEN = Path(__file__).parent / "matrix.txt"
ROLES = [role for role in Role if role not in BASE]


def cell(role: Role, action: Action, relation: Relation) -> str:
    """In the situation that this relation holds: + it gives the right, - it takes it away, . it says nothing."""
    denied = relation in {line.relation for line in POLICY.denying(action)}
    given = relation in {line.relation for line in POLICY.allowing([role], action)}
    return "-" if denied else "+" if given else "."


def fields() -> Iterator[tuple[str, str, Any]]:
    """Every field of every type, with its definition."""
    for name, type in schema._schema.type_map.items():
        for field, it in getattr(type, "fields", {}).items():
            if definition := (getattr(it, "extensions", None) or {}).get(DEFINITION):
                yield name, field, definition


def rights_of(function: Any, seen: set[Any]) -> set[Action]:
    """The actions that a function of ours names, itself or in what it calls by name; a source it names stands for the read of its rows."""
    function = inspect.unwrap(function)
    if not isinstance(function, FunctionType) or function in seen or function.__module__.partition(".")[0] not in {"app", "gql", "authz"}:
        return set()
    seen.add(function)
    found: set[Action] = set()
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        match node:
            case ast.Name(id=id):
                what = function.__globals__.get(id)
            case ast.Attribute(value=ast.Name(id=id), attr=attr):
                what = getattr(function.__globals__.get(id), attr, None)
            case _:
                continue
        found |= {what} if isinstance(what, Action) else rights_of(what, seen) if callable(what) else set()
    return found


def rights(type: str, name: str, definition: Any) -> set[Action]:
    """Under which actions a field stands; none for what is part of a row that was read under its own."""
    what = definition.metadata.get(STORED)
    if "action" in definition.metadata:
        return {definition.metadata["action"], *definition.metadata["also"]}
    if isinstance(what, Column):
        return {what.mask} if what.mask else set()
    if isinstance(what, Page | One | Only | Many | Every | Given):
        return {source_of(what.source).read}
    if (type, name) == ("Query", "node"):
        return {source_of(one.source).read for one in BY_PREFIX.values()}
    if isinstance(what, Computed):
        return rights_of(what.expression, set()) if what.expression.__name__ != "<lambda>" else set()
    return rights_of(definition.base_resolver.wrapped_func, set()) if type == "Query" and definition.base_resolver else set()


def used() -> dict[Action, dict[str, None]]:
    """By action the operations and protected fields that stand under it: `name` of a root field, `Type.name` of another."""
    found: dict[Action, dict[str, None]] = {action: {"__schema": None} for action in rights_of(Context.may_introspect.fget, set())}
    for type, name, definition in fields():
        shown = name if type in {"Query", "Mutation"} else f"{type}.{name}"
        named = type in {"Query", "Mutation"} or isinstance(definition.metadata.get(STORED), Column | Computed)
        for action in rights(type, name, definition):
            found.setdefault(action, {}).update({shown: None} if named and name != "node" else {})
    return found


def matrix() -> str:
    """Roles for whom an action is nowhere a + are left out: they never have the right. Supervisors' lines hold for whoever acts in that role."""
    by = used()
    operations, protected = ({one for each in by.values() for one in each if ("." in one) is dotted} for dotted in (False, True))
    lines = [
        "Columns: " + ", ".join(f"{n + 1} {one.value}" for n, one in enumerate(Relation)),
        "+ gives, - takes, . says nothing",
        f"{len(Action)} actions, over {len(operations)} operations and {len(protected)} protected fields",
        "",
    ]
    for action in Action:
        lines.append(f"{action.value}  [{POLICY.article(action) or 'nobody'}]  {' '.join(sorted(by.get(action, {})))}".rstrip())
        for role in ROLES:
            row = "".join(cell(role, action, one) for one in Relation)
            if "+" in row:
                lines.append(f"    {role.value:<22}{row}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    GOLDEN.write_text(matrix(), encoding="utf-8")
