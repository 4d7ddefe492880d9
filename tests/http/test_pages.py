"""The pages: complete without any other host, closed to other sites, and honest about health."""

import re
from dataclasses import replace

import httpx2
import pytest

from app.endpoint import Shown
from tests.http.small import ENDED, house, served

pytestmark = pytest.mark.anyio

OURS = {"Sec-Fetch-Site": "same-origin"}


def browser(client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    del client.headers["Authorization"]
    return client


async def test_the_start_page_says_what_this_is_and_how_it_does(client: httpx2.AsyncClient) -> None:
    response = await browser(client).get("/")
    assert response.status_code == 200
    assert "数据库不可用" in response.text
    assert 'action="/login"' in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert not re.search(r"(src|href)=\"(https?:)?//", response.text)
    assert "<script" not in response.text


async def test_the_demo_shows_its_accounts() -> None:
    shown = Shown(name="clerk", password="right", role="<b>", organization="海淀区")
    async with served(replace(house(demo=True), demo_accounts=[shown])) as client:
        page = (await client.get("/")).text
    assert "<td><code>clerk</code></td><td><code>right</code></td><td>&lt;b&gt;</td><td>海淀区</td>" in page


async def test_graphiql_is_for_who_is_signed_in_and_wholly_ours(client: httpx2.AsyncClient) -> None:
    browser(client)
    assert (await client.get("/graphiql")).status_code == 303
    assert (await client.get("/graphiql", headers={"Cookie": "dudao=stolen"})).status_code == 303
    response = await client.get("/graphiql", headers={"Cookie": "dudao=clerk"})
    assert response.status_code == 200
    files = re.findall(r"(?:src|href)=\"([^\"]+)\"", response.text)
    assert len(files) >= 6
    for file in files:
        assert file.startswith(("/static/", "data:"))
        if file.startswith("/static/"):
            assert (await client.get(file)).status_code == 200
    assert (await client.get("/schema.json")).json()["__schema"]["queryType"]["name"] == "Query"


async def test_sign_in_by_the_form_lays_down_a_strict_cookie() -> None:
    async with served(house(demo=True)) as client:
        form = {"name": "clerk", "password": "right"}
        response = await browser(client).post("/login", data=form, headers=OURS)
        assert (response.status_code, response.headers["location"]) == (303, "/")
        cookie = response.headers["set-cookie"]
        assert cookie.startswith("dudao=clerk; Path=/; HttpOnly; SameSite=Strict; Max-Age=")
        for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.cn"}):
            assert (await client.post("/login", data=form, headers=headers)).status_code == 403
        response = await client.post("/login", data=form | {"password": "wrong"}, headers=OURS)
        assert response.status_code == 401
        assert "账号或密码不对" in response.text
        response = await client.post("/logout", headers=OURS | {"Cookie": "dudao=clerk"})
        assert "Max-Age=0" in response.headers["set-cookie"]
        assert ENDED == ["clerk"]


async def test_outside_the_demo_the_form_wants_https(client: httpx2.AsyncClient) -> None:
    form = {"name": "clerk", "password": "right"}
    response = await browser(client).post("/login", data=form, headers=OURS)
    assert response.status_code == 403
    response = await client.post("https://dudao.test/login", data=form, headers=OURS)
    assert response.headers["set-cookie"].startswith("__Host-dudao=clerk; ")
    assert response.headers["set-cookie"].endswith("; Secure")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"name": "clerk", "password": "wrong"}', 401, "UNAUTHENTICATED"),
        (b'{"name": "stranger", "password": "right"}', 401, "UNAUTHENTICATED"),
        (b'{"name": "hasty", "password": "right"}', 429, "RATE_LIMITED"),
        (b'{"name": "clerk"}', 400, "BAD_USER_INPUT"),
        (b'{"name": 5, "password": "right"}', 400, "BAD_USER_INPUT"),
        (b"[]", 400, "BAD_USER_INPUT"),
        (b"\xff", 400, "BAD_USER_INPUT"),
        (b" " * 5000, 413, "BAD_USER_INPUT"),
    ],
)
async def test_sign_in_by_json_refuses(client: httpx2.AsyncClient, body: bytes, status: int, code: str) -> None:
    response = await client.post("/login", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (status, code)
    assert "set-cookie" not in response.headers


async def test_sign_in_by_json_gives_the_token(client: httpx2.AsyncClient) -> None:
    response = await client.post("/login", json={"name": "clerk", "password": "right"})
    assert response.json() == {"token": "clerk"}
    assert response.headers["cache-control"] == "no-store"


async def test_alive_but_not_ready_without_a_database(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "alive"}
    response = await client.get("/readyz")
    assert (response.status_code, response.json(), response.headers["retry-after"]) == (503, {"status": "database away"}, "5")


async def test_the_figures_name_neither_person_nor_document(client: httpx2.AsyncClient) -> None:
    await client.post("/graphql", json={"query": "query Secret { item { name } }"})
    await client.post("/graphql", json={"query": "{ nothing }"})
    figures = (await client.get("/metrics")).text
    assert 'dudao_operations_total{code="OK",kind="query"} 1.0' in figures
    assert 'dudao_operations_total{code="BAD_USER_INPUT",kind="none"} 1.0' in figures
    assert "Secret" not in figures


async def test_another_host_is_not_answered(client: httpx2.AsyncClient) -> None:
    response = await client.get("/", headers={"Host": "evil.cn"})
    assert response.status_code == 400


async def test_a_host_is_judged_also_after_ours_was_known(client: httpx2.AsyncClient) -> None:
    ours, evil = ("Host", "dudao.test"), ("Host", "evil.cn")
    for hosts, status in (([ours], 200), ([evil], 400), ([ours, evil], 200), ([evil], 400), ([evil, ours], 400), ([ours], 200)):
        response = await client.post("/graphql", json={"query": "{ item { name } }"}, headers=[*hosts, ("Authorization", "Bearer clerk")])
        assert response.status_code == status


async def test_every_answer_bears_the_headers_of_the_house(client: httpx2.AsyncClient) -> None:
    for path in ("/", "/healthz", "/nowhere", "/static/page.css"):
        response = await client.get(path)
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["x-request-id"]
