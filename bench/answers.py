"""Asking a side, and what two answers have in common: ids, instants and the order of keys are each side's own affair."""

import http.client
import json
import re
from datetime import UTC, datetime
from typing import Any

from bench.load import Voided

PATH = "/graphql"
PATIENCE = 60
TYPED = re.compile(r"[a-z]+_([0-9a-f]{32})")
PLAIN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)")
SHOWN = 100


def headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def post(port: int, token: str, body: bytes) -> bytes:
    """The body of the answer. Raises Voided unless it is a 200 without errors."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("POST", PATH, body, headers(token))
        response = connection.getresponse()
        said = response.read()
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK or json.loads(said).get("errors"):
        raise Voided(f"{response.status} {said[:500].decode()}")
    return said


def data(said: bytes) -> Any:  # noqa: ANN401 - JSON
    """The data of an answer; escapes do not count, and in a comparison neither does the order of keys."""
    return json.loads(said)["data"]


def normalised(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same with ids as bare digits and instants in UTC."""
    if isinstance(value, dict):
        return {key: normalised(one) for key, one in value.items()}
    if isinstance(value, list):
        return [normalised(one) for one in value]
    return text(value) if isinstance(value, str) else value


def text(value: str) -> str:
    if found := TYPED.fullmatch(value):
        return found[1]
    if PLAIN.fullmatch(value):
        return value.replace("-", "")
    if INSTANT.fullmatch(value):
        return datetime.fromisoformat(value).astimezone(UTC).isoformat()
    return value


def difference(ours: Any, theirs: Any, at: str = "data") -> str | None:  # noqa: ANN401 - JSON
    """Where two answers differ first, and how; None where they are the same."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        return next((found for key in ours if (found := difference(ours[key], theirs[key], f"{at}.{key}"))), None)
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return next((found for n, (one, other) in pairs if (found := difference(one, other, f"{at}.{n}"))), None)
    return None if ours == theirs else f"{at}: {json.dumps(ours)[:SHOWN]} and {json.dumps(theirs)[:SHOWN]}"


def hollow(answer: dict[str, Any]) -> bool:
    """Whether it says nothing that could be compared: a field is missing, or not one holds a row."""
    rows = [one["nodes"] if isinstance(one, dict) and "nodes" in one else one for one in answer.values()]
    return None in rows or not any(rows)
