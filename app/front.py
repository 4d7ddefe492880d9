"""The gate before GraphQL: method, media types, size, time, encoding, depth and shape of the JSON. Nothing passes that is not a request."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import TypeVar
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers
from starlette.types import Receive, Scope

from app.negotiation import is_json
from gql.errors import RequestError
from gql.operation import OperationRequest

JSON_DEPTH = 32
T = TypeVar("T")
STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)  # an open string runs to the end, so time stays linear

REQUEST_ERROR = 400  # 422 in some drafts
PARTIAL = 200  # 294 in some drafts
CLOSE = {"Connection": "close"}


@dataclass(frozen=True)
class Gate:
    """How wide the gate stands, from the settings."""

    get: bool
    body_bytes: int
    read_seconds: float
    idle_seconds: float = inf
    """So long nothing at all may come."""

    @property
    def methods(self) -> str:
        return "GET, POST" if self.get else "POST"


class Turned(Exception):  # noqa: N818 - a visitor turned away
    """Turned away with this status. `sentence` is a key of [gate] in gql/messages.toml, or the cause says it."""

    def __init__(self, status: int, sentence: str, *, headers: Mapping[str, str] | None = None, **params: int) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = dict(headers or {})
        self.params = params


class ClientGone(Exception):  # noqa: N818
    """The client hung up; nobody waits for an answer."""


def check_method(scope: Scope, gate: Gate) -> None:
    """Raises Turned 405, before anything else is looked at."""
    if scope["method"] != "POST" and not (gate.get and scope["method"] == "GET"):
        raise wrong_method(gate)


def wrong_method(gate: Gate, sentence: str = "method") -> Turned:
    allow = "POST" if sentence == "mutation_by_get" else gate.methods
    return Turned(405, sentence, headers={"Allow": allow})


async def request_of(scope: Scope, headers: Headers, receive: Receive, *, gate: Gate) -> OperationRequest:
    """The request, after all checks but those of GraphQL itself. Raises Turned, RequestError BODY, ClientGone."""
    if scope["method"] == "GET":
        asked = _from_query(scope["query_string"])
    else:
        _check_media(headers)
        asked = json_of(await body_of(receive, headers, gate))
    return _request(asked, queries_only=scope["method"] == "GET")


def _check_media(headers: Headers) -> None:
    given = headers.getlist("content-type")
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if len(given) != 1 or not is_json(given[0]) or encoding != "identity":
        raise Turned(415, "media_type", headers={"Accept-Post": "application/json"})


async def body_of(receive: Receive, headers: Headers, gate: Gate) -> bytes:
    """The body, whole."""
    body = bytearray()
    async for part in parts_of(receive, headers, gate):
        body += part
    return bytes(body)


async def parts_of(receive: Receive, headers: Headers, gate: Gate) -> AsyncIterator[bytes]:
    """At most so many bytes in at most so many seconds, as they come; the connection is not used again after a refusal."""
    announced = headers.get("content-length", "0")
    if not announced.isascii() or not announced.isdigit() or int(announced[:20]) > gate.body_bytes:
        raise _too_large(gate)
    now = asyncio.get_running_loop().time
    until, size, more = now() + gate.read_seconds, 0, True
    while more:
        wait = min(until - now(), gate.idle_seconds)
        try:
            async with asyncio.timeout(wait):
                message = await receive()
        except TimeoutError as error:
            raise Turned(408, "body_too_slow", headers=CLOSE, seconds=round(min(gate.read_seconds, gate.idle_seconds))) from error
        if message["type"] == "http.disconnect":
            raise ClientGone
        part: bytes = message.get("body", b"")
        size += len(part)
        more = message.get("more_body", False)
        if size > gate.body_bytes:
            raise _too_large(gate)
        yield part


def _too_large(gate: Gate) -> Turned:
    return Turned(413, "body_too_large", headers=CLOSE, max=gate.body_bytes)


def json_of(text: bytes) -> object:
    if too_deep(text):
        raise RequestError("BODY", f"JSON > {JSON_DEPTH}")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise RequestError("BODY", "JSON, UTF-8") from error


def too_deep(text: bytes) -> bool:
    """Whether brackets nest deeper than 32, seen before any parser recurses into them."""
    if text.count(b"{") + text.count(b"[") <= JSON_DEPTH:
        return False
    depth = 0
    for token in STRING_OR_BRACKET.finditer(text):
        first = token[0][:1]
        if first in b"[{":
            depth += 1
            if depth > JSON_DEPTH:
                return True
        elif first in b"]}":
            depth -= 1
    return False


def _request(body: object, *, queries_only: bool) -> OperationRequest:
    """Of an object with members of the right types; others are ignored, null is absent."""
    if not isinstance(body, dict):
        raise RequestError("BODY", "JSON object")
    query, name = _member(body, "query", str), _member(body, "operationName", str)
    variables, extensions = _member(body, "variables", dict), _member(body, "extensions", dict)
    named = _member(body, "documentId", str) is not None or (extensions is not None and isinstance(extensions.get("persistedQuery"), dict))
    if query is None and not named:
        raise RequestError("BODY", "query")
    return OperationRequest(text=query, name=name, variables=variables or {}, queries_only=queries_only)


def _member(body: Mapping[str, object], name: str, kind: type[T]) -> T | None:
    value = body.get(name)
    if value is not None and not isinstance(value, kind):
        raise RequestError("BODY", name)
    return value


def _from_query(query_string: bytes) -> object:
    """The parameters of a GET, the structured ones parsed. A parameter given twice is refused."""
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError as error:
        raise RequestError("BODY", "UTF-8") from error
    if len({name for name, _ in pairs}) < len(pairs):
        raise RequestError("BODY", "duplicate")
    return {name: json_of(value.encode()) if name in {"variables", "extensions"} and value else value for name, value in pairs}
