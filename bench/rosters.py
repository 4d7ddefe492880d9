"""A roster of supervisors through the API, as a center brings it in: ticket, bytes, dry run, commit."""

import http.client
import time
from dataclasses import dataclass
from typing import Any

from bench.answers import data, post
from bench.load import Voided
from bench.operations import asked
from seeds.rosters.invented import supervisors_file


@dataclass(frozen=True)
class Took:
    """Seconds of each part. The file itself is made before the clock runs."""

    upload: float
    check: float
    commit: float


def imported(port: int, token: str, *, rows: int) -> Took:
    """Raises Voided unless every row is written."""
    content = supervisors_file(rows)
    began = time.perf_counter()
    ticket = done(port, token, "upload_ticket", key="ticket")["uploadIssueTicket"]
    put(port, ticket["url"], content)
    there = time.perf_counter()
    found = done(port, token, "roster_check", key="check", upload=ticket["upload"]["id"])["rosterImportStart"]["rosterImport"]
    if found["status"] != "CHECKED" or found["rows"] != rows:
        raise Voided(f"the roster was not taken: {found['rows']} rows, {found['problems'][:3]}")
    checked = time.perf_counter()
    written = done(port, token, "roster_commit", key="commit", **{"import": found["id"]})["rosterImportCommit"]["rosterImport"]
    ended = time.perf_counter()
    if written != {"status": "COMMITTED", "rows": rows, "known": 0}:
        raise Voided(f"the roster was not written: {written}")
    return Took(there - began, checked - there, ended - checked)


def done(port: int, token: str, document: str, **variables: str) -> Any:  # noqa: ANN401 - JSON
    return data(post(port, token, asked(document, variables)))


def put(port: int, path: str, content: bytes) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("PUT", path, content, {"Content-Type": "application/octet-stream"})
        status = connection.getresponse().status
    finally:
        connection.close()
    if status != http.HTTPStatus.OK:
        raise Voided(f"the bytes were not taken: {status}")
