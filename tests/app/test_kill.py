"""kill -9 of the service or of its database at any moment: what was acknowledged is there once, what was not is there wholly or not at all."""

import asyncio
import http.client
import itertools
import json
import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from app import clock
from app.embedded_postgres import EmbeddedPostgres
from domain import organizations
from domain.accounts import open_account
from domain.machine import Act
from domain.memberships import grant
from domain.profiles import parse_profile
from models.base import new_id
from models.database import Database
from models.memberships import AccountKind
from models.organizations import AgencyKind
from models.supervisors import Person
from tests.app.test_serve import Operator, Service, soon
from tests.cluster import ask, scratch_folder
from tests.world import PROFILES, credit_code

ROUNDS = 6
CLIENTS = 3
SEED = 20_261_122

REGISTER = """mutation ($input: RecognitionSessionRegisterInput!) {
  recognitionSessionRegister(input: $input) { replayed recognitionSession { id } event { id } } }"""

# What the database holds for each key: its row, the session under that name, the event of it. Keys stand in `place`, so that a session tells its key.
HELD = """SELECT coalesce(json_object_agg(key, json_build_array(requests, sessions, events, id)), '{}')::text FROM (
  SELECT key, count(DISTINCT r.id) AS requests, count(DISTINCT s.id) AS sessions, count(DISTINCT e.id) AS events, min(s.id::text) AS id
    FROM (SELECT key FROM request UNION SELECT place FROM recognition_session) keys (key)
    LEFT JOIN request r USING (key) LEFT JOIN recognition_session s ON s.place = key LEFT JOIN event e ON e.subject_id = s.id GROUP BY key) held"""


async def founded(url: str) -> str:
    """A jurisdiction with one agency, by the domain's verbs; the name of its clerk's account."""
    database, at = Database(url), clock.now() - timedelta(days=1)
    text = (PROFILES / "beijing-municipal.toml").read_text(encoding="utf-8")
    async with database.transaction() as session:
        center = await organizations.found_center(session, "某中心", code="110000")
        clerk = Person(id=new_id(), name="某办事员")
        act = Act(clerk.id, center.id, at)
        await open_account(session, "clerk", kind=AccountKind.MACHINE, person=clerk, home=center)
        await organizations.publish_profile(session, center, parse_profile(text, effective_from=date(2024, 1, 1)), act=act)
        kind = AgencyKind.TRAINING_ORGANIZATION
        agency, _ = await organizations.register_agency(session, center, "某评价机构", credit_code=credit_code(), kind=kind, act=act)
        await grant(session, clerk.id, "agency_clerk", organization=agency, act=act, reason="测试")
    await database.close()
    return "clerk"


@dataclass
class Clerk:
    """Registers sessions over HTTP, one after another, and keeps a ledger of what was promised."""

    token: str
    day: datetime
    names: Iterator[int] = field(default_factory=itertools.count)
    sent: list[str] = field(default_factory=list)
    promised: dict[str, str] = field(default_factory=dict)

    def register(self, service: Service, key: str) -> tuple[bool, str] | None:
        """Whether this key was answered before, and the id of the session; None when nothing was promised."""
        said = {"occupation": "电工", "level": "SENIOR_3", "mode": "EXAM", "candidateCount": 40, "place": key, "idempotencyKey": key}
        said |= {"startsAt": self.day.isoformat(), "endsAt": (self.day + timedelta(hours=3)).isoformat()}
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            connection.request("POST", "/graphql", json.dumps({"query": REGISTER, "variables": {"input": said}}), headers)
            answer = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()
        done = (answer.get("data") or {}).get("recognitionSessionRegister")
        return (done["replayed"], done["recognitionSession"]["id"]) if done else None

    def work(self, service: Service, over: threading.Event) -> None:
        """A key that got no answer is sent again, as long as there is time."""
        while not over.is_set():
            key = f"key-{next(self.names)}"
            self.sent.append(key)
            while (answer := self.register(service, key)) is None and not over.wait(0.02):
                pass
            if answer is not None:
                self.promised[key] = answer[1]

    def settle(self, service: Service, held: dict[str, list[object]]) -> None:
        """Every promise is kept, once. What nobody was told of is there wholly or not at all; asked again, it is done, once."""
        for key, id in self.promised.items():
            assert held[key] == [1, 1, 1, held[key][3]], f"{key} was promised"
            assert id.endswith(str(held[key][3]).replace("-", ""))
        for key in self.sent:
            assert held.get(key, [0])[:3] in ([0], [1, 1, 1]), f"half of {key}"
        for key in list(self.promised)[-5:]:
            assert self.register(service, key) == (True, self.promised[key])
        for key in [one for one in self.sent if one not in self.promised]:
            answer = self.register(service, key)
            assert answer is not None
            assert answer[0] is (key in held)
            self.promised[key] = answer[1]


@pytest.fixture
def operator() -> Iterator[Operator]:
    """On a disk and not in memory, so that what is promised has been written."""
    with scratch_folder(Path(tempfile.gettempdir())) as folder:
        folder.mkdir(mode=0o755)
        started = Operator(folder)
        yield started
        for process in started.processes:
            process.kill()
            process.communicate()


def url_of(operator: Operator) -> str:
    return EmbeddedPostgres(operator.folder / "postgres").start(adopt=True).url("dudao_owner")


def held(operator: Operator) -> dict[str, list[object]]:
    found: dict[str, list[object]] = json.loads(str(ask(url_of(operator), HELD)))
    return found


def killed(operator: Operator, service: Service, victim: str) -> Service:
    """The service that goes on afterwards: a new one, or the same with its database revived. Nobody repairs anything."""
    if victim == "service":
        service.end(signal.SIGKILL)
        return operator.serve()
    os.kill(service.database, signal.SIGKILL)
    return service


def is_ready(service: Service) -> bool:
    return service.get("/readyz") == 200


@pytest.mark.timeout(180)
def test_whatever_is_killed_promises_are_kept(operator: Operator) -> None:
    service, dice = operator.serve(), random.Random(SEED)  # noqa: S311
    name = asyncio.run(founded(url_of(operator)))
    token = operator.run("token", "issue", "--account", name, "--hours", "1").stdout.strip()
    clerk = Clerk(token, clock.now() + timedelta(days=30))
    for n in range(ROUNDS):
        over, had = threading.Event(), len(clerk.promised)
        clients = [threading.Thread(target=clerk.work, args=(service, over)) for _ in range(CLIENTS)]
        for one in clients:
            one.start()
        time.sleep(dice.uniform(0.2, 0.8))
        before = len(clerk.promised)
        service = killed(operator, service, ("service", "database")[n % 2])
        over.set()
        for one in clients:
            one.join()
        assert soon(partial(is_ready, service))
        assert before > had
        clerk.settle(service, held(operator))
    verified = operator.run("audit", "verify")
    assert verified.returncode == 0, verified.stdout
    clerk.settle(service, held(operator))
    assert service.end(signal.SIGTERM) == 0
