"""A mutation has the time of all mutations, and one that takes a whole file its own, where it is asked for alone."""

import json
from dataclasses import replace
from typing import Any

import pytest
import strawberry

from authz.actions import Action
from domain.errors import Conflict
from gql.context import Context
from gql.documents import Documents
from gql.fields import Call, Keyed, mutation
from gql.imports import UploadTicketPayload
from gql.limits import SECONDS, SIGNED_IN
from gql.operation import OperationRequest, run
from gql.reading.selection import DEFINITION
from gql.schema import schema
from models.database import reading_in
from tests.world import ID_KEYS, PASSWORDS, World, key

pytestmark = pytest.mark.anyio

HURRY = replace(SIGNED_IN, mutation_seconds=0.001)
SEEN: list[object] = []


@strawberry.input
class Given(Keyed):
    pass


@strawberry.type
class Query:
    one: int | None = 1


async def refuses(_: Call, input: Given) -> UploadTicketPayload:
    raise Conflict("STATE", key=input.idempotency_key)


async def notes(call: Call, input: Given) -> UploadTicketPayload:
    """How long PostgreSQL bears a statement of it."""
    SEEN.append(await (await reading_in(call.session)).driver.fetchval("SHOW statement_timeout"))
    raise Conflict("STATE", key=input.idempotency_key)


@strawberry.type
class Mutation:
    usual = mutation(Action.UPLOAD_ISSUE, "As any other.")(refuses)
    patient = mutation(Action.UPLOAD_ISSUE, "With a time of its own.", seconds=60)(notes)


HURRIED = Documents(strawberry.Schema(query=Query, mutation=Mutation), signed_in=HURRY)


async def extensions(world: World, fields: str) -> dict[str, Any]:
    context = Context(
        actor=world.actors["center_admin"],
        database=world.database,
        now=world.now,
        language="en",
        request_id="test",
        cursor_key=b"cursor" * 6,
        id_keys=ID_KEYS,
        hashed=PASSWORDS.kept,
    )
    answer = await run(HURRIED, OperationRequest(f"mutation($i: Given!) {{ {fields} }}", None, {"i": {"idempotencyKey": key()}}), context)
    found: dict[str, Any] = json.loads(answer.body)["errors"][0]["extensions"]
    return found


async def test_alone_it_has_its_own_time_before_the_database_too(world: World) -> None:
    SEEN.clear()
    assert (await extensions(world, "patient(input: $i) { replayed }"))["reason"] == "STATE"
    assert SEEN == ["1min"]


@pytest.mark.parametrize(
    "fields",
    [
        "usual(input: $i) { replayed }",
        "one: patient(input: $i) { replayed } two: patient(input: $i) { replayed }",
        "... on Mutation { patient(input: $i) { replayed } }",
    ],
)
async def test_in_any_other_company_it_has_that_of_all(world: World, *, fields: str) -> None:
    found = await extensions(world, fields)
    assert (found["code"], found["limit"]) == ("TOO_COMPLEX", "time")


async def test_a_mutation_of_nothing_but_its_type_name(world: World) -> None:
    assert await world.done("center_admin", "mutation { __typename }") == {"__typename": "Mutation"}


def test_only_rosters_have_a_time_of_their_own() -> None:
    root = schema._schema.mutation_type
    assert root is not None
    times = {name: field.extensions[DEFINITION].metadata[SECONDS] for name, field in root.fields.items()}
    assert {name: time for name, time in times.items() if time is not None} == {"rosterImportStart": 60, "rosterImportCommit": 60}
