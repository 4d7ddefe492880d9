"""Who asks, and whether the service may answer: proofs, cookies, draining, hanging up, languages."""

import asyncio
import json
import time

import httpx2
import pytest
from starlette.types import Message

from app.admission import Room
from app.endpoint import GraphQL
from tests.http.small import error_of, house, served

pytestmark = pytest.mark.anyio

ASK = json.dumps({"query": "{ item { name } }"}).encode()
NEW = {"Accept": "application/graphql-response+json", "Content-Type": "application/json"}


@pytest.mark.parametrize("header", ["Bearer stolen", "Bearer", "Bearer  ", "Basic Y2xlcms6", "clerk"])
async def test_a_bad_proof_is_never_taken_for_none(client: httpx2.AsyncClient, header: str) -> None:
    response = await client.post("/graphql", json={"query": "{ item { name } }"}, headers={"Authorization": header})
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert error_of(response) == {"code": "UNAUTHENTICATED", "reason": "EXPIRED"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "http://dudao.test"}, 200),
        ({"Origin": "http://dudao.test.evil.cn"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://dudao.test"}, 403),
        ({}, 403),
    ],
)
async def test_a_cookie_must_come_from_our_own_page(client: httpx2.AsyncClient, headers: dict[str, str], status: int) -> None:
    del client.headers["Authorization"]
    response = await client.post("/graphql", json={"query": "{ item { name } }"}, headers=headers | {"Cookie": "dudao=clerk"})
    assert response.status_code == status


async def test_an_organization_that_is_not_ours_and_a_database_that_is_away(client: httpx2.AsyncClient) -> None:
    response = await client.post("/graphql", json={"query": "{ item { name } }"}, headers={"Dudao-Organization": "dst_1"})
    assert (response.status_code, error_of(response)["code"]) == (403, "FORBIDDEN")
    response = await client.post("/graphql", json={"query": "{ item { name } }"}, headers={"Authorization": "Bearer away"})
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert error_of(response)["retryAfter"] == 5


async def test_draining() -> None:
    stopping = house()
    stopping.health.drain()
    async with served(stopping) as client:
        response = await client.post("/graphql", content=ASK, headers=NEW)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert error_of(response)["code"] == "INTERNAL"


async def test_the_request_id_is_the_callers_if_it_is_one(client: httpx2.AsyncClient) -> None:
    for given, kept in (("a-1", True), ("x" * 65, False), ("a b", False)):
        response = await client.post("/graphql", content=ASK, headers=NEW | {"X-Request-Id": given})
        assert (response.headers["x-request-id"] == given) is kept


@pytest.mark.parametrize(
    ("language", "words"), [("en", "exist"), ("en-GB,zh;q=0.5", "exist"), ("zh-CN,en;q=0.9", "不存在"), ("fr", "不存在"), ("", "不存在")]
)
async def test_the_language_of_the_sentence(client: httpx2.AsyncClient, language: str, words: str) -> None:
    response = await client.post("/graphql", json={"query": '{ fails(how: "not found") }'}, headers={"Accept-Language": language})
    assert words in response.json()["errors"][0]["message"]


async def test_who_hangs_up_ends_the_work() -> None:
    """The disconnect comes while the field sleeps; the answer is never made and the sleep is cancelled."""
    given = house()
    messages: list[Message] = [{"type": "http.request", "body": json.dumps({"query": "{ slow(seconds: 4) }"}).encode()}]
    sent: list[Message] = []

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await asyncio.sleep(0.05)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"authorization", b"Bearer clerk"), (b"host", b"dudao.test")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "scheme": "http", "headers": headers, "state": {"request_id": "r", "log": {}}}
    started = time.perf_counter()
    await GraphQL(given, Room(places=1, seconds=1))(scope, receive, send)
    assert time.perf_counter() - started < 2
    assert sent == []
