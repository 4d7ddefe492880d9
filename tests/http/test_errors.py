"""One table from exception to code, two languages, and nothing of what happened inside leaves the house."""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import httpx2
import pytest
from asyncpg.exceptions import LockNotAvailableError, QueryCanceledError
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from authz.errors import Proof
from domain.errors import BadInput, Conflict, Reason
from gql.documents import Documents
from gql.errors import TABLE, WORDS, RateLimited, RequestReason, describe
from gql.limits import SIGNED_IN
from gql.reading.execute import RESOLVER_CALLS
from tests.http.small import SECRET, house, schema, served

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
ROOMS = ("app", "gql", "authz", "domain", "models")
CODES = {"NOT_FOUND", "FORBIDDEN", "UNAUTHENTICATED", "CONFLICT", "RULE_NOT_MET", "BAD_USER_INPUT", "RATE_LIMITED", "TOO_COMPLEX", "INTERNAL"}


@pytest.mark.parametrize(
    ("how", "extensions", "words"),
    [
        ("not found", {"code": "NOT_FOUND"}, "may not see"),
        ("forbidden", {"code": "FORBIDDEN", "action": "card:revoke", "article": "京 §12"}, "京 §12"),
        ("state", {"code": "CONFLICT", "reason": "STATE", "params": {"present": "CLOSED"}}, "present state"),
        ("input", {"code": "BAD_USER_INPUT", "field": "remark", "problem": "too_long", "params": {"max": 500}, "reason": "VALUE"}, "at most 500"),
        ("rule", {"code": "RULE_NOT_MET", "rule": "notice.period", "article": "京 §8", "profile": "beijing", "params": {"days": 3}}, "3 days"),
    ],
)
async def test_each_refusal_has_its_code_and_its_facts(client: httpx2.AsyncClient, how: str, extensions: dict[str, object], words: str) -> None:
    response = await client.post("/graphql", json={"query": "query ($how: String!) { fails(how: $how) }", "variables": {"how": how}})
    [error] = response.json()["errors"]
    assert error["extensions"] == extensions
    assert words in error["message"]
    assert error["path"] == ["fails"]
    assert error["locations"] == [{"line": 1, "column": 25}]


async def test_what_nobody_foresaw_leaves_only_a_reference(client: httpx2.AsyncClient) -> None:
    with capture_logs() as logs:
        response = await client.post("/graphql", json={"query": '{ fails(how: "anything") item { name } }'})
    [error] = response.json()["errors"]
    assert response.json()["data"] == {"fails": None, "item": {"name": "one"}}
    assert set(error["extensions"]) == {"code", "reference"}
    logged = next(line for line in logs if line["event"] == "unforeseen")
    assert logged["reference"] == error["extensions"]["reference"]
    assert logged["type"] == "RuntimeError"
    assert any("small.py" in frame for frame in logged["frames"])
    for leak in (SECRET, "RuntimeError", "small.py", "broke"):
        assert leak not in response.text
    assert SECRET not in str(logs)


async def test_neither_text_nor_variables_are_logged(client: httpx2.AsyncClient) -> None:
    with capture_logs() as logs:
        await client.post("/graphql", json={"query": "query Q($name: String!) { item(name: $name) { name } }", "variables": {"name": SECRET}})
        await client.post("/graphql", json={"query": f"query P{SECRET} {{ item {{ name }} }}"})
        await client.post(f"/graphql?name={SECRET}", json={"query": f'{{ item(name: "{SECRET}") {{ name }} }}'})
        await client.get(f"/{SECRET}")
    assert [line["event"] for line in logs] == ["request"] * 4
    assert SECRET not in str(logs)
    assert "item" not in str(logs)
    assert (logs[0]["kind"], logs[0]["operation"], logs[1]["operation"]) == ("query", "Q", "P_")


async def test_a_value_that_its_own_type_refuses_is_our_fault(client: httpx2.AsyncClient) -> None:
    response = await client.post("/graphql", json={"query": "{ tooBig }"})
    assert response.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert str(2**40) not in response.text


async def test_a_null_that_may_not_be_empties_the_answer_and_keeps_the_code(client: httpx2.AsyncClient) -> None:
    response = await client.post("/graphql", json={"query": "{ strict }"})
    assert (response.status_code, response.json()["data"]) == (200, None)
    assert response.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_the_compiled_answer_is_spliced_in_untouched(client: httpx2.AsyncClient) -> None:
    response = await client.post("/graphql", json={"query": "{ compiled { name } }"})
    assert response.json()["data"] == {"compiled": {"anything": [1, "two"]}}


async def test_at_most_twenty_errors_are_told(client: httpx2.AsyncClient) -> None:
    for count in (20, 21):
        response = await client.post("/graphql", json={"query": "query ($n: Int!) { many(count: $n) { broken } }", "variables": {"n": count}})
        assert len(response.json()["errors"]) == 20
        assert len(response.json()["data"]["many"]) == count


async def test_a_field_that_may_be_asked_again_later_says_when(client: httpx2.AsyncClient) -> None:
    response = await client.post("/graphql", json={"query": '{ a: fails(how: "too soon") b: fails(how: "state") }'})
    assert (response.status_code, response.headers["retry-after"]) == (200, "7")
    assert response.json()["data"] == {"a": None, "b": None}
    assert "retry-after" not in (await client.post("/graphql", json={"query": '{ fails(how: "state") }'})).headers


async def test_who_has_no_account_is_known_by_the_address(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/graphql", json={"query": "{ address }"})).json()["data"] == {"address": "127.0.0.1"}


async def test_one_resolver_call_too_many(client: httpx2.AsyncClient) -> None:
    """The root field is one call, each row's name another."""
    for count, code in ((RESOLVER_CALLS - 1, None), (RESOLVER_CALLS, "TOO_COMPLEX")):
        response = await client.post("/graphql", json={"query": "query ($n: Int!) { many(count: $n) { name } }", "variables": {"n": count}})
        errors = response.json().get("errors")
        assert (errors[0]["extensions"]["code"] if errors else None) == code


async def test_the_deadline(client: httpx2.AsyncClient) -> None:
    quick = replace(house(), documents=Documents(schema, signed_in=replace(SIGNED_IN, query_seconds=0.05)))
    async with served(quick) as hurried:
        response = await hurried.post("/graphql", json={"query": "{ slow(seconds: 5) }"}, headers={"Authorization": "Bearer clerk"})
    body = response.json()
    assert body["data"] is None
    assert body["errors"][0]["extensions"]["limit"] == "time"
    assert (await client.post("/graphql", json={"query": "{ slow(seconds: 0) }"})).json()["data"] == {"slow": 1}


async def test_siblings_run_at_the_same_time(client: httpx2.AsyncClient) -> None:
    response = await client.post("/graphql", json={"query": "{ a: slow(seconds: 0.3) b: slow(seconds: 0.3) c: slow(seconds: 0.3) }"})
    assert response.elapsed.total_seconds() < 0.8
    assert response.json()["data"] == {"a": 1, "b": 1, "c": 1}


class Orig(Exception):  # noqa: N818
    def __init__(self, sqlstate: str) -> None:
        super().__init__("Key (id_number)=(x) already exists in person_id_number_key")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (IntegrityError("insert into person", {}, Orig("23505")), "CONFLICT", "DUPLICATE"),
        (IntegrityError("insert into assignment", {}, Orig("23P01")), "CONFLICT", "OVERLAP"),
        (IntegrityError("insert into person", {}, Orig("23514")), "INTERNAL", None),
        (LockNotAvailableError("canceling statement"), "CONFLICT", "IN_FLIGHT"),
        (QueryCanceledError("canceling statement"), "TOO_COMPLEX", None),
    ],
)
def test_what_the_database_refuses(error: Exception, code: str, reason: str | None) -> None:
    described = describe(error, "en")
    assert (described.code, described.extensions.get("reason")) == (code, reason)
    assert "person" not in str(described)
    assert "statement" not in described.message


def test_a_full_bucket_tells_when_to_come_back() -> None:
    described = describe(RateLimited(7), "zh")
    assert described.extensions == {"code": "RATE_LIMITED", "retryAfter": 7}
    assert "7" in described.message


def test_a_parameter_cannot_reach_into_the_sentence() -> None:
    assert describe(BadInput("{max}", "too_long", max=5), "en").message == "{max} is too long: at most 5 characters."
    assert describe(Conflict("STATE"), "en").message == "The present state does not allow this."


def test_both_languages_say_everything() -> None:
    words = tomllib.loads((ROOT / "gql" / "messages.toml").read_text(encoding="utf-8"))
    for part, sentences in words.items():
        for key, sentence in sentences.items():
            assert set(sentence) == {"zh", "en"}, (part, key)
            assert all(sentence.values()), (part, key)
    assert {entry.code for entry in TABLE.values()} | {"INTERNAL"} == CODES == set(WORDS["codes"])
    for reason in (*get_args(RequestReason), *get_args(Reason), *get_args(Proof)):
        assert reason in WORDS["reasons"]


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    yield str(path.relative_to(ROOT)), node.func.id, node


def literal(node: ast.Call, place: int, name: str) -> str | None:
    """The argument, where it is written out."""
    given = node.args[place] if len(node.args) > place else next((one.value for one in node.keywords if one.arg == name), None)
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None


def test_every_refusal_in_the_tree_has_a_sentence() -> None:
    missing = []
    for path, name, node in calls():
        if name == "BadInput" and (problem := literal(node, 1, "problem")) and problem not in WORDS["problems"]:
            missing.append((path, "problems", problem))
        if name == "Unmet" and (rule := literal(node, 0, "rule")) and rule not in WORDS["rules"]:
            missing.append((path, "rules", rule))
        if name == "Turned" and (sentence := literal(node, 1, "sentence")) and sentence not in WORDS["gate"]:
            missing.append((path, "gate", sentence))
    assert missing == []
