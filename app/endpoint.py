"""/graphql: through the gate, as somebody, into the one pipeline, and out again. A plain ASGI application, since nothing may wrap the bodies."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import orjson
import structlog
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app import clock
from app.admission import CODE, SENTENCE, Room
from app.cookies import bearer_or_cookie
from app.file_store import Store
from app.front import REQUEST_ERROR, ClientGone, Gate, Turned, check_method, request_of, wrong_method
from app.health import RETRY_AFTER, Health, away
from app.incoming import Incoming
from app.negotiation import Lines, Media, language_of, media_of
from app.settings import Settings
from authz.actor import Actor
from domain.sealing import IdKeys
from gql.context import Context
from gql.documents import Documents
from gql.errors import Json, Language, gate_sentence
from gql.operation import MutationByGet, OperationAnswer, OperationRequest, plain_name, refused, run, run_recalled
from models.database import Database

log = structlog.get_logger("app.endpoint")

STATUSES: Mapping[str, int] = {"UNAUTHENTICATED": 401, "FORBIDDEN": 403, "NOT_FOUND": 403, "RATE_LIMITED": 429, "INTERNAL": 500}
QUICK_SECONDS = 0.05
"""Before that nobody looks whether the client is still there."""
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="dudao"'}


@dataclass(frozen=True)
class Shown:
    """An account of the demo, as the start page tells it."""

    name: str
    password: str
    role: str
    organization: str


@dataclass(frozen=True)
class Doorkeeper:
    """Who may come in: app/identity.py, bound to one database. Each raises Unauthenticated, `sign_in` also RateLimited."""

    identify: Callable[[str, str | None], Awaitable[Actor]]  # of a token and the organization acted for
    recall: Callable[[str, str | None], Actor | None]  # who that was a moment ago
    sign_in: Callable[[str, str], Awaitable[str]]  # of name and password; gives the token
    sign_out: Callable[[str], Awaitable[None]]
    hashed: Callable[[str], Awaitable[str]]  # of a new password


@dataclass(frozen=True)
class House:
    """What every route needs. One per worker."""

    settings: Settings
    id_keys: IdKeys
    database: Database
    documents: Documents
    health: Health
    gate: Gate
    doorkeeper: Doorkeeper
    files: Store
    incoming: Incoming
    demo_accounts: Sequence[Shown] = ()


Proof = tuple[str, str | None]
"""A token, and the organization that its bearer acts for."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who stands at the door, before it is known who that is."""

    proof: Proof | None
    language: Language
    request_id: str
    address: str


class GraphQL:
    def __init__(self, house: House, room: Room) -> None:
        self._house = house
        self._room = room
        self._cursor_key = house.settings.cursor_key.get_secret_value().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        headers = Lines(scope)
        language = language_of(headers)
        media = media_of(headers)
        with self._house.health.running.track_inprogress():
            try:
                response, answer = await self._answer(scope, headers, receive, media=media, language=language)
            except ClientGone:
                return
            except Exception as error:  # noqa: BLE001 - the last net: no request ends without a body of ours
                response, answer = refusal(error, language, media=media or Media.JSON), None
        self._house.health.count(kind=answer.kind if answer else None, code=_code(response, answer), seconds=time.perf_counter() - started)
        _note(scope, answer)
        if answer is not None and self._house.settings.log_level == "debug":
            _note_reads(scope, answer)
        await response(scope, receive, send)

    async def _answer(
        self, scope: Scope, headers: Headers, receive: Receive, *, media: Media | None, language: Language
    ) -> tuple[Response, OperationAnswer]:
        if self._house.health.draining:
            raise Turned(503, "draining", headers={"Retry-After": RETRY_AFTER})
        check_method(scope, self._house.gate)
        if media is None:
            raise Turned(406, "not_acceptable")
        self._room.refuse_if_full()
        visitor = Visitor(proof_of(scope, headers), language, scope["state"]["request_id"], (scope.get("client") or ("",))[0])
        request = await request_of(scope, headers, receive, gate=self._house.gate)
        try:
            with _Watched(receive):
                answer = await self._placed(request, visitor)
        except MutationByGet:
            raise wrong_method(self._house.gate, "mutation_by_get") from None
        return _response(answer, media), answer

    async def _placed(self, request: OperationRequest, visitor: Visitor) -> OperationAnswer:
        """In a place of its own. Who hangs up while waiting for one leaves the room."""
        async with self._room.place():
            return await self._run(request, visitor)

    async def _run(self, request: OperationRequest, visitor: Visitor) -> OperationAnswer:
        """For somebody who is only remembered, what PostgreSQL confirms on the way; all else for who the proof says it is."""
        documents = self._house.documents
        recalled = None if visitor.proof is None else self._house.doorkeeper.recall(*visitor.proof)
        if recalled is not None:
            answer = await run_recalled(documents, request, self._context(recalled, visitor))
            if answer is not None:
                return answer
        return await run(documents, request, self._context(await actor_of(self._house, visitor.proof), visitor))

    def _context(self, actor: Actor | None, visitor: Visitor) -> Context:
        return Context(
            actor=actor,
            database=self._house.database,
            now=clock.now(),
            language=visitor.language,
            request_id=visitor.request_id,
            cursor_key=self._cursor_key,
            id_keys=self._house.id_keys,
            hashed=self._house.doorkeeper.hashed,
            address=visitor.address,
            inside=self._house.settings.webhooks_inside,
            evidence_quota=self._house.settings.evidence_bytes,
        )


def proof_of(scope: Scope, headers: Headers) -> Proof | None:
    token = bearer_or_cookie(headers, https=scope["scheme"] == "https")
    return None if token is None else (token, headers.get("dudao-organization"))


async def actor_of(house: House, proof: Proof | None) -> Actor | None:
    """Who asks; None without any proof. Raises Unauthenticated for a bad proof: nobody is ever taken for anonymous instead."""
    return None if proof is None else await house.doorkeeper.identify(*proof)


class _Watched:
    """When the client hangs up first, the work of the block is cancelled, and its statement with it; then the block raises ClientGone."""

    __slots__ = ("_gone", "_receive", "_timer", "_watching", "_working")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._gone = False
        self._watching: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        self._working = cast("asyncio.Task[object]", asyncio.current_task())
        self._timer = asyncio.get_running_loop().call_later(QUICK_SECONDS, self._watch)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._timer.cancel()
        if self._watching is not None:
            self._watching.cancel()
        if self._gone and self._working.uncancel() == 0 and kind is asyncio.CancelledError:
            raise ClientGone

    def _watch(self) -> None:
        self._watching = asyncio.ensure_future(self._until_gone())

    async def _until_gone(self) -> None:
        await self._receive()
        self._gone = True
        self._working.cancel()


def _response(answer: OperationAnswer, media: Media) -> Response:
    """Before execution, a request error is 400; but 200 for who wants plain JSON, as the specification's older clients expect."""
    if answer.ran:
        status = 200
    elif answer.code in {"INTERNAL", "RATE_LIMITED"}:
        status = STATUSES[answer.code]
    else:
        status = REQUEST_ERROR if media is Media.GRAPHQL else 200
    return spoken(answer.body, media, status=status, headers=_retry(answer))


def refusal(error: Exception, language: Language, *, media: Media) -> Response:
    """The answer of the gate, of a bad proof, of a broken body, and of a bug outside the pipeline."""
    if away(error):
        error = Turned(503, "draining", headers={"Retry-After": RETRY_AFTER})
    if isinstance(error, Turned):
        body = orjson.dumps({"errors": [turned(error, language)]})
        return spoken(body, media, status=error.status, headers=error.headers)
    answer = refused(error, language)
    headers = CHALLENGE if answer.code == "UNAUTHENTICATED" else _retry(answer)
    return spoken(answer.body, media, status=STATUSES.get(answer.code or "", REQUEST_ERROR), headers=headers)


def _retry(answer: OperationAnswer) -> Mapping[str, str]:
    return {"Retry-After": str(answer.retry_after)} if answer.retry_after else {}


def turned(error: Turned, language: Language) -> Json:
    """A GraphQL error also where GraphQL was never reached."""
    code = CODE if error.sentence == SENTENCE else {503: "INTERNAL", 403: "FORBIDDEN"}.get(error.status, "BAD_USER_INPUT")
    facts: dict[str, object] = {"code": code, **error.params}
    if code == "BAD_USER_INPUT":
        facts["reason"] = "BODY"
    if "Retry-After" in error.headers:
        facts["retryAfter"] = int(error.headers["Retry-After"])
    return {"message": gate_sentence(error.sentence, language, **error.params), "extensions": facts}


def spoken(body: bytes, media: Media, *, status: int, headers: Mapping[str, str]) -> Response:
    return Response(body, status_code=status, headers={**headers, "Vary": "Accept, Accept-Language"}, media_type=f"{media}; charset=utf-8")


def _note(scope: Scope, answer: OperationAnswer | None) -> None:
    """For the log: what kind of operation, its name, which document, which code. Never the text or a variable, nor a number hidden in a name."""
    if answer is not None:
        scope["state"]["log"].update(kind=answer.kind, operation=plain_name(answer.name), document=answer.digest, code=answer.code)


def _note_reads(scope: Scope, answer: OperationAnswer) -> None:
    """The statements it read by, each with its root field and the milliseconds: one a root field."""
    log.debug("reads", request_id=scope["state"]["request_id"], statements=[(plain_name(one.key), one.milliseconds) for one in answer.reads])


def _code(response: Response, answer: OperationAnswer | None) -> str | None:
    return answer.code if answer else str(response.status_code)
