"""What every mutation is held to: a prepared case of it, its document from the schema, and all the ways its input can be wrong."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql import GraphQLField, GraphQLInputField, GraphQLInputObjectType, GraphQLObjectType, get_named_type, get_nullable_type, is_list_type

from authz.actor import Actor
from gql.schema import schema
from tests.making_policies import present
from tests.world import World, key

Input = Mapping[str, Any]
Path = tuple[str | int, ...]

ROOT = schema._schema.mutation_type
assert ROOT is not None
MUTATIONS: Mapping[str, GraphQLField] = ROOT.fields
HIDDEN = frozenset({"NOT_FOUND", "FORBIDDEN"})
MOVED_ON = frozenset({"CONFLICT"})
AGAIN = frozenset({"OK"})
"""What may be done twice: with another key it is done once more."""


@dataclass(frozen=True)
class Case:
    """A mutation that may be done now, by whom, with what; what a second time under another key is answered, and what a stranger is."""

    world: World
    actor: Actor | str
    input: Input
    at: datetime | None = None
    again: frozenset[str] = MOVED_ON
    stranger: frozenset[str] = HIDDEN

    @property
    def by(self) -> Actor:
        return self.world.actors[self.actor] if isinstance(self.actor, str) else self.actor


def input_of(mutation: str) -> GraphQLInputObjectType:
    found: GraphQLInputObjectType = get_named_type(MUTATIONS[mutation].args["input"].type)  # type: ignore[assignment]
    return found


def document(mutation: str) -> str:
    """Asks for everything the payload says it changed, by id."""
    payload: GraphQLObjectType = get_named_type(MUTATIONS[mutation].type)  # type: ignore[assignment]
    changed = " ".join(f"{name} {{ id }}" for name, one in payload.fields.items() if has_id(one))
    return f"mutation ($input: {input_of(mutation).name}!) {{ {mutation}(input: $input) {{ replayed {changed} }} }}"


def has_id(one: GraphQLField) -> bool:
    kind = get_named_type(one.type)
    return "id" in getattr(kind, "fields", {})


async def sent(mutation: str, case: Case, /, *, by: Actor | str | None = "", into: World | None = None, **changes: Any) -> dict[str, Any]:
    """The whole answer to the case's input with these changes, under a new key unless they name one; `by` somebody else, or nobody."""
    actor = case.actor if by == "" else by
    said = {"idempotencyKey": key(), **case.input, **changes}
    world = into or case.world
    answer = await world.ask(actor, document(mutation), at=case.at, input=said)
    if actor is not None and [one["extensions"].get("reason") for one in answer.get("errors", [])] == ["RIGHTS_CHANGED"]:
        # as a client does: the next request is that of somebody under the policy now in force
        return await world.ask(await present(world, actor), document(mutation), at=case.at, input=said)
    return answer


def leaves(kind: GraphQLInputObjectType, given: Input, before: Path = ()) -> Iterator[tuple[Path, GraphQLInputField]]:
    """Every field of an input that is given a value, those inside lists and other inputs too."""
    for name, value in given.items():
        one = kind.fields[name]
        inner = get_named_type(one.type)
        values = list(enumerate(value)) if is_list_type(get_nullable_type(one.type)) else [(None, value)]
        for n, each in values:
            path = (*before, name) if n is None else (*before, name, n)
            if isinstance(inner, GraphQLInputObjectType):
                yield from leaves(inner, each, path)
            else:
                yield path, one


def named(mutation: str, case: Case, kind: str) -> list[Path]:
    """Where the case's input has a value of this scalar; of a list, where the first of its kind is."""
    found: dict[Path, Path] = {}
    for path, one in leaves(input_of(mutation), case.input):
        if get_named_type(one.type).name == kind:
            found.setdefault(tuple(step for step in path if isinstance(step, str)), path)
    return list(found.values())


def replaced(input: Input, path: Path, value: object) -> dict[str, Any]:
    """The input with another value at one place."""
    copy = deepcopy(dict(input))
    inner: Any = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return copy


def value_at(input: Input, path: Path) -> object:
    inner: Any = input
    for step in path:
        inner = inner[step]
    return inner
