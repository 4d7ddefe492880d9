"""What is asked, and whether all who are asked say the same."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.load import Target, Voided

QUERIES = Path(__file__).parent / "queries"


@dataclass(frozen=True)
class Operation:
    """One document with its variables; `peered` where the idiomatic peer can answer it too."""

    name: str
    document: str
    variables: Mapping[str, Any]
    peered: bool = True

    @property
    def body(self) -> bytes:
        """As a client sends it: in ASCII, so that it can stand in any script."""
        text = (QUERIES / f"{self.document}.graphql").read_text(encoding="utf-8")
        return json.dumps({"query": text, "variables": self.variables}).encode()


def page(size: int) -> Operation:
    return Operation(f"deep page of {size}", "page", {"first": size})


def one_row(id: str) -> Operation:
    return Operation("one-row look-up", "one_row", {"id": id})


def blacklist_check(cards: list[str]) -> Operation:
    return Operation(f"blacklistCheck of {len(cards)}", "blacklist_check", {"subjects": [{"cardNumber": card} for card in cards]}, peered=False)


def post(port: int, token: str, body: bytes) -> bytes:
    """The body of the answer. Raises Voided unless it is a 200 without errors."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", "/graphql", body, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        response = connection.getresponse()
        said = response.read()
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK or json.loads(said).get("errors"):
        raise Voided(f"{response.status} {said[:500].decode()}")
    return said


def data(said: bytes) -> Any:  # noqa: ANN401 - JSON
    """The data of an answer, in a form that compares: key order and escapes of either side do not count."""
    return json.loads(said)["data"]


def target(operation: Operation, port: int, token: str) -> Target:
    """The operation at one address, with the length of its right answer."""
    return Target(port, token, operation.body, len(post(port, token, operation.body)))


def compare(operation: Operation, token: str, ports: Mapping[str, int]) -> Any:  # noqa: ANN401
    """What all of them answer. Raises Voided where two differ, or where there is nothing to compare."""
    answers = {name: data(post(port, token, operation.body)) for name, port in ports.items()}
    first = next(iter(answers.values()))
    differing = [name for name, answer in answers.items() if answer != first]
    if differing or not all(first.values()):
        raise Voided(f"{operation.name}: {differing or 'nothing'} answered otherwise than {next(iter(answers))}")
    return first
