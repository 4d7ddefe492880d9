"""How root fields are made: reads are declared, a mutation is answered once for each key in one transaction."""

import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, TypeVar, cast
from uuid import UUID

import orjson
import strawberry
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession
from strawberry import Info
from strawberry.utils.str_converters import to_camel_case

from authz.access import fetch, require
from authz.actions import Action
from authz.actor import Actor
from authz.deciding import Verdict, allowed, granted
from authz.errors import Forbidden, NotFound
from domain.decisions import note, settle
from domain.errors import BadInput
from domain.machine import Act, stale
from domain.requests import Claim, answered, claimed, done
from domain.texts import without_id_number
from gql import ids
from gql.context import Context
from gql.decided import Asked, entry, named, refuse
from gql.errors import RequestError
from gql.limits import SECONDS
from gql.reading import read_back, read_one
from gql.reading.declare import READS, STORED, Given, Source
from gql.reading.execute import Compiled
from gql.reading.read import noted, signed_in
from models.database import reading_in

T = TypeVar("T", bound=SQLModel)

LONGEST_KEY = 255
VERSION = "Refuses if the object has moved on since this version."


@strawberry.input(description="What every mutation takes.")
class Keyed:
    idempotency_key: str = strawberry.field(
        description="Chosen by the client, at most 255 characters: the same key gives the same answer, once done."
    )


Changed = Mapping[str, UUID]
"""Which rows the payload shows, by the names its fields give them."""


P = TypeVar("P")


def changed(payload: type[P], **rows: UUID) -> P:  # noqa: ARG001 - the type says what the resolver promises, the reader keeps the promise
    """What a verb answers: which rows its payload will show, read back from the database in the same transaction."""
    return cast("P", rows)


@dataclass(frozen=True)
class Call:
    """One mutation on its way: its transaction, who asks, and the doors to the rows."""

    context: Context
    session: AsyncSession
    actor: Actor
    told: dict[str, str] = field(default_factory=dict)
    """Texts of the payload that are said this once and kept nowhere: under the same key again they are null."""
    asked: Asked = field(default_factory=lambda: Asked(""))

    @property
    def act(self) -> Act:
        """For the events. Whoever may do anything at all acts for an organization."""
        if self.actor.organization_id is None:
            raise RequestError("VALUE", "Dudao-Organization")
        return Act(self.actor.person_id, self.actor.organization_id, self.context.now)

    async def fetch(self, source: Source, id: str, *, to: Action, version: int | None = None) -> Any:
        """The row to act on, locked; refused if hidden (NOT_FOUND), not ours to act on (FORBIDDEN) or moved on (CONFLICT)."""
        self.asked.about(to)
        found, by = ids.read(id, prefixes(source)), list[int]()
        self.asked.about(to, *named(source, found, asked=id))
        row: Any = await fetch(self.session, self.actor, source.model, id=found, to=to, by=by)
        self.note(allowed(self.actor, to, by=next(iter(by), None)))
        stale(row, version)
        return row

    def require(self, action: Action, row: SQLModel) -> None:
        self.asked.about(action, type(row).__name__)
        self.note(granted(self.actor, require(self.actor, action, row)))

    def note(self, verdict: Verdict) -> None:
        """Puts a right that was given on record, with the effect."""
        decided = entry(self.context, self.actor, self.asked, verdict=verdict)
        self.asked.noted = True
        if decided is not None:
            note(self.session, decided)


def prefixes(source: Source) -> Collection[str]:
    return [source.prefix] if isinstance(source.prefix, str) else source.prefix.values()


Said = Callable[[Context, Changed], Mapping[str, str]]
"""Texts of a payload that no row keeps, from the changed rows alone, so that the same key gives them again."""


def mutation(
    action: Action, description: str, *, also: Collection[Action] = (), said: Said | None = None, seconds: float | None = None
) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """A field of Mutation from a verb `(call, input) -> Payload`. `action` is the right it needs, for the generated matrix.

    `also`: what some inputs need instead; the verb says which.

    `seconds`: so long it may take where it is asked for alone, if that is longer than other mutations have.
    """

    def made(verb: Callable[..., Awaitable[Any]]) -> Any:
        kind = inspect.signature(verb).parameters["input"].annotation
        answer = inspect.signature(verb).return_annotation

        async def resolve(info: Info, input: Any) -> Any:
            return await once(info, verb, input, action=action, seconds=seconds, said=said or (lambda _context, _rows: {}))

        resolve.__annotations__ = {"info": Info, "input": kind, "return": answer | None}
        resolve.__name__ = verb.__name__
        return strawberry.field(resolver=resolve, description=description, metadata={"action": action, "also": also, SECONDS: seconds})

    return made


async def once(
    info: Info, verb: Callable[..., Awaitable[Any]], input: Keyed, *, action: Action, seconds: float | None = None, said: Said
) -> Compiled:
    """Runs the verb unless its key was answered before; key, effect, event, decision and payload share one transaction. A refusal has its own."""
    context: Context = info.context
    actor = signed_in(context)
    claim, reading, asked = claim_of(info, actor, input), context.database.read(actor.tenant), Asked(action)
    with noted(context, [str(info.path.key)]):
        before = await answered(reading, claim)
    if before is not None:
        return await read_back(info, reading, before, replayed=True, said=said(context, before))
    try:
        async with context.database.transaction(actor.tenant, seconds=seconds) as session:
            return await carried_out(info, partial(verb, input=input), claim, call=Call(context, session, actor, asked=asked), said=said)
    except (Forbidden, NotFound) as error:
        await refuse(context, actor, asked, error=error)
        raise


def claim_of(info: Info, actor: Actor, input: Keyed) -> Claim:
    """The key and what is asked under it, checked as far as every input is."""
    if not 1 <= len(input.idempotency_key) <= LONGEST_KEY:
        raise BadInput("idempotencyKey", "length", most=LONGEST_KEY)
    asked = asdict(input)
    without_nul("input", asked)
    without_id_number("idempotencyKey", input.idempotency_key)
    # keyed, since an input may hold an id number and a plain digest of one can be guessed
    digests = info.context.id_keys.digests(orjson.dumps(asked, default=str, option=orjson.OPT_SORT_KEYS).decode())
    return Claim(actor.person_id, actor.organization_id, info.field_name, input.idempotency_key, digests)


async def carried_out(info: Info, verb: Callable[[Call], Awaitable[Any]], claim: Claim, *, call: Call, said: Said) -> Compiled:
    """The payload of the verb, run now; or as it was, where somebody with the same key was quicker."""
    context, session = call.context, call.session
    request, before = await claimed(session, claim)
    if before is not None:
        return await read_back(info, await reading_in(session), before, replayed=True, said=said(context, before))
    action = Action(call.asked.action)
    rows: Changed = await verb(call)
    if not call.asked.noted:
        call.note(allowed(call.actor, action))
    await settle(session)
    await done(session, request, rows)
    return await read_back(info, await reading_in(session), rows, replayed=False, said={**said(context, rows), **call.told})


def without_nul(field: str, value: object) -> None:
    """Refuses the one character that no text in the database can hold."""
    match value:
        case dict():
            for name, one in value.items():
                without_nul(str(name), one)
        case list():
            for one in value:
                without_nul(field, one)
        case str() if "\0" in value:
            raise BadInput(to_camel_case(field), "characters")


def row(source: Source, description: str, type: Any) -> Any:
    """A root field that answers with one row by its id."""

    def asked(_actor: Actor | None, arguments: Mapping[str, Any]) -> Mapping[str, object]:
        return {"row": ids.read(arguments["id"], prefixes(source))}

    async def resolve(info: Info, id: strawberry.ID) -> Any:
        return await read_one(info, asked(info.context.actor, {"id": id}))

    resolve.__annotations__ = {"info": Info, "id": strawberry.ID, "return": type | None}
    return strawberry.field(resolver=resolve, description=description, metadata={STORED: Given("row", source), READS: asked})


def own(source: Source, description: str, type: Any) -> Any:
    """A root field that answers with the caller's own account, and null when nobody signed in."""

    def asked(actor: Actor | None, _arguments: Mapping[str, Any]) -> Mapping[str, object] | None:
        return {} if actor else None  # the reader itself gives whom the caller is

    async def resolve(info: Info) -> Any:
        given = asked(info.context.actor, {})
        return None if given is None else await read_one(info, given)

    resolve.__annotations__ = {"info": Info, "return": type | None}
    return strawberry.field(resolver=resolve, description=description, metadata={STORED: Given("viewer", source), READS: asked})
