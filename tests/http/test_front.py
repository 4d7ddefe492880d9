"""The tables of wrong requests: what each gets, always as a GraphQL error with a code, never a 500."""

import asyncio
import json
import time

import httpx2
import pytest
from starlette.types import Message

from app.front import Gate, Turned, request_of, too_deep
from app.negotiation import Lines
from tests.http.small import error_of, house, served

pytestmark = pytest.mark.anyio

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
ASK = json.dumps({"query": "{ item { name } }"}).encode()
NEW = {"Accept": GRAPHQL, "Content-Type": JSON}


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON};q=0.9", JSON),
        (f"{JSON}, {GRAPHQL}", JSON),
        (f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL),
        (f"{JSON};q=0, */*", GRAPHQL),
        (f"text/csv, {GRAPHQL};q=0.1", GRAPHQL),
    ],
)
async def test_the_answer_has_the_form_that_is_liked_best(client: httpx2.AsyncClient, accept: str | None, media: str) -> None:
    if accept is None:
        del client.headers["Accept"]
    response = await client.post("/graphql", content=ASK, headers={"Content-Type": JSON} | ({"Accept": accept} if accept else {}))
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media}; charset=utf-8"
    assert response.json()["data"] == {"item": {"name": "one"}}


@pytest.mark.parametrize("accept", ["text/csv", "text/event-stream", f"{JSON};q=0", f"{JSON}; charset=latin-1", f"{JSON};q=x"])
async def test_other_forms_are_not_acceptable(client: httpx2.AsyncClient, accept: str) -> None:
    response = await client.post("/graphql", content=ASK, headers={"Content-Type": JSON, "Accept": accept})
    assert response.status_code == 406
    assert error_of(response)["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": JSON, "Content-Encoding": "gzip"},
    ],
)
async def test_other_bodies_are_of_an_unsupported_type(client: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    response = await client.post("/graphql", content=ASK, headers=headers)
    assert response.status_code == 415
    assert error_of(response)["reason"] == "BODY"


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", 'Application/JSON; charset="UTF-8"'])
async def test_the_right_type_in_all_its_spellings(client: httpx2.AsyncClient, content_type: str) -> None:
    response = await client.post("/graphql", content=ASK, headers={"Content-Type": content_type})
    assert response.status_code == 200


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_one_byte_too_long(client: httpx2.AsyncClient, announced: bool) -> None:  # noqa: FBT001
    async def pieces():
        for start in range(0, len(long), 1000):
            yield long[start : start + 1000]

    for extra, status in ((0, 200), (1, 413)):
        long = ASK + b" " * (65536 - len(ASK) + extra)
        response = await client.post("/graphql", content=long if announced else pieces(), headers={"Content-Type": JSON})
        assert response.status_code == status
    assert error_of(response)["max"] == 65536


async def test_a_body_that_does_not_come() -> None:
    sent = [{"type": "http.request", "body": b"{", "more_body": True}]

    async def receive() -> Message:
        if sent:
            return sent.pop()
        await asyncio.sleep(60)
        raise AssertionError

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", b"application/json")]}
    with pytest.raises(Turned) as turned:
        await request_of(scope, Lines(scope), receive, gate=Gate(get=False, body_bytes=65536, read_seconds=0.05))
    assert turned.value.status == 408


BROKEN = {
    "nothing": b"",
    "not utf-8": b'{"query": "{ item { name } } #\xff"}',
    "truncated utf-16": '{"query": "{ item { name } }"}'.encode("utf-16")[:-1],
    "not json": b"{ item { name } }",
    "half an object": b'{"query": "{ item }',
    "not a number": b'{"query": "{ item { name } }", "variables": {"a": NaN}}',
    "null": b"null",
    "a number": b"5",
    "a string": b'"x"',
    "a batch": b'[{"query": "{ item { name } }"}]',
    "an odd batch": b'[{"query":5}]',
    "numbers": b"[1,2]",
    "no document": b"{}",
    "null document": b'{"query": null}',
    "document is a number": b'{"query": 5}',
    "document is an object": b'{"query": {}}',
    "name is a number": b'{"query": "{ item { name } }", "operationName": 5}',
    "name is half a pair": b'{"query": "{ item { name } }", "operationName": "\\ud800"}',
    "variables are a list": b'{"query": "{ item { name } }", "variables": []}',
    "variables are a string": b'{"query": "{ item { name } }", "variables": "{}"}',
    "extensions are a number": b'{"query": "{ item { name } }", "extensions": 0}',
    "depth 33": b'{"query": "{ item { name } }", "variables": {"a": ' + b"[" * 31 + b"]" * 31 + b"}}",
    "depth 60,000": b"[" * 60_000,
    "depth 10,000 of objects": b'{"a":' * 10_000,
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_a_broken_body(client: httpx2.AsyncClient, body: bytes, accept: str) -> None:
    response = await client.post("/graphql", content=body, headers={"Content-Type": JSON, "Accept": accept})
    assert response.status_code == 400
    assert error_of(response) == {"code": "BAD_USER_INPUT", "reason": "BODY"}


async def test_json_100_000_deep_where_the_settings_let_it_in() -> None:
    async with served(house(body_bytes=2**20)) as client:
        response = await client.post("/graphql", content=b"[" * 100_000, headers=NEW)
        assert (response.status_code, error_of(response)["reason"]) == (400, "BODY")
        response = await client.post("/graphql", content=b" " * (30 * 2**20), headers=NEW)
        assert response.status_code == 413


async def test_depth_32_passes_and_brackets_in_strings_do_not_count(client: httpx2.AsyncClient) -> None:
    deep = b'{"query": "{ item { name } } # ' + b"[{" * 100 + b'", "variables": {"a": ' + b"[" * 30 + b"]" * 30 + b"}}"
    response = await client.post("/graphql", content=deep, headers=NEW)
    assert response.status_code == 200


def test_looking_for_depth_takes_linear_time() -> None:
    started = time.perf_counter()
    for evil in (b'"' + b'\\"' * 30_000 + b"[" * 40, b'[]"' * 20_000, b'"\\' * 30_000 + b"{" * 40):
        too_deep(evil)
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "QUERY", "OPTIONS"])
async def test_other_methods(client: httpx2.AsyncClient, method: str) -> None:
    response = await client.request(method, "/graphql?query={item{name}}")
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


async def test_get_when_it_is_on(open_client: httpx2.AsyncClient) -> None:
    query = "query Q($n: String!) { item(name: $n) { name } }"
    response = await open_client.get("/graphql", params={"query": query, "variables": '{"n": "二"}', "operationName": "Q"})
    assert response.json()["data"] == {"item": {"name": "二"}}
    response = await open_client.get("/graphql", params={"query": 'mutation { write(text: "x") }'})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert error_of(response)["code"] == "BAD_USER_INPUT"
    response = await open_client.delete("/graphql")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    "search", ["", "query=%FF", "query={item{name}}&query={item{name}}", "query={item{name}}&variables=[]", "query={item{name}}&variables={"]
)
async def test_a_broken_get(open_client: httpx2.AsyncClient, search: str) -> None:
    response = await open_client.get(f"/graphql?{search}")
    assert (response.status_code, error_of(response)["reason"]) == (400, "BODY")


REQUESTS = [
    ("{ item { ", None, "PARSE"),
    ("", None, "PARSE"),
    ("{ item { } }", None, "PARSE"),
    ("{ itme { name } }", None, "VALIDATION"),
    ("{ item(nmae: 1) { name } }", None, "VALIDATION"),
    ("query ($a: Strng) { item(name: $a) { name } }", None, "VALIDATION"),
    ("{ item { name } item { ...F } } fragment F on Item { ...F }", None, "VALIDATION"),
    ("{ item { name } ... @defer { item { size } } }", None, "VALIDATION"),
    ("type A { b: Int }", None, "VALIDATION"),
    ("fragment F on Item { name }", None, "VALIDATION"),
    ("query A { item { name } } query B { item { size } }", None, "OPERATION"),
    ("query A { item { name } }", "B", "OPERATION"),
    ("subscription { item { name } }", None, "OPERATION"),
    ("query ($a: String!) { item(name: $a) { name } }", None, "VARIABLES"),
]


@pytest.mark.parametrize(("query", "name", "reason"), REQUESTS)
async def test_a_request_error_has_no_data(client: httpx2.AsyncClient, query: str, name: str | None, reason: str) -> None:
    for accept, status in ((GRAPHQL, 400), (JSON, 200)):
        response = await client.post("/graphql", json={"query": query, "operationName": name}, headers={"Accept": accept})
        assert (response.status_code, error_of(response)) == (status, {"code": "BAD_USER_INPUT", "reason": reason})
        assert "Did you mean" not in response.text


async def test_an_unregistered_document(client: httpx2.AsyncClient) -> None:
    for body in ({"documentId": "sha256:00"}, {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "00"}}}):
        response = await client.post("/graphql", json=body, headers=NEW)
        assert (response.status_code, error_of(response)["reason"]) == (400, "DOCUMENT")


async def test_partial_data_is_200(client: httpx2.AsyncClient) -> None:
    query = '{ good: item { name } bad: fails(how: "not found") }'
    response = await client.post("/graphql", json={"query": query}, headers={"Accept": GRAPHQL})
    assert response.status_code == 200
    assert response.json()["data"] == {"good": {"name": "one"}, "bad": None}
    assert response.json()["errors"][0]["path"] == ["bad"]


async def test_ten_duplicate_directives_give_one_error(client: httpx2.AsyncClient) -> None:
    query = "{ item { name" + " @skip(if: false)" * 10 + " } }"
    response = await client.post("/graphql", json={"query": query})
    assert error_of(response)["reason"] == "VALIDATION"
