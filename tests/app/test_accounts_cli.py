"""The operator's commands against a service that runs: accounts, roles, tokens, the audit, a published draw."""

import asyncio
import contextlib
import http.client
import json
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app import clock
from app.cli import app
from app.databases import connect
from app.embedded_postgres import EmbeddedPostgres
from domain import draw
from models.database import Database
from tests.app.test_serve import ROOT, Operator, Service
from tests.cluster import memory, scratch_folder
from tests.domain.test_draw import pool_of, publish
from tests.world import World, shown

PASSWORD = "a long enough password"


@dataclass
class Desk:
    """An operator beside a running service with one jurisdiction in it."""

    operator: Operator
    service: Service
    world: World

    def run(self, *words: str, said: str = "") -> Result:
        """The command in this process, which spares its start; `test_as_a_process` starts one."""
        return CliRunner().invoke(app, words, input=said, env=self.operator.environment())

    def done(self, *words: str, said: str = "") -> str:
        finished = self.run(*words, said=said)
        assert (finished.exit_code, finished.stderr) == (0, "")
        return finished.stdout

    def refused(self, *words: str, said: str = "") -> str:
        finished = self.run(*words, said=said)
        assert (finished.exit_code, finished.stdout) == (1, "")
        return finished.stderr

    def post(self, path: str, document: object, **headers: str) -> tuple[int, Any]:
        body = json.dumps(document)
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=10)) as connection:
            connection.request("POST", path, body, {"Content-Type": "application/json", "Accept": "application/graphql-response+json", **headers})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")

    def viewer(self, token: str) -> tuple[int, Any]:
        status, answer = self.post("/graphql", {"query": "{ viewer { name organization { name } } }"}, Authorization=f"Bearer {token}")
        return status, (answer.get("data") or {}).get("viewer")


def within(url: str, work: Any) -> Any:
    async def inside() -> Any:
        database = Database(url, pool_size=2)
        try:
            return await work(database)
        finally:
            await database.close()

    coroutine: Coroutine[Any, Any, Any] = inside()
    return asyncio.run(coroutine)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with scratch_folder(memory()) as folder:
        folder.mkdir(mode=0o755)
        operator = Operator(folder)
        try:
            service = operator.serve()
            postgres = EmbeddedPostgres(folder / "postgres").start(adopt=True)
            world = within(postgres.url("dudao_owner"), lambda database: World.founded(database, profile="beijing-municipal"))
            yield Desk(operator, service, world)
        finally:
            for process in operator.processes:
                process.kill()
                process.communicate()


def listed(desk: Desk, name: str) -> dict[str, Any]:
    [mine] = [one for one in json.loads(desk.done("account", "list", "--json")) if one["name"] == name]
    return mine


def test_an_account_from_its_making_to_its_end(desk: Desk) -> None:
    center = desk.world.center
    words = ("--person", "王芳", "--role", "center_admin", "--organization", center.name)
    assert desk.done("account", "create", "wang", *words, said=PASSWORD + "\n") == "wang was created.\n"
    assert listed(desk, "wang") == {
        "name": "wang",
        "kind": "PERSON",
        "person": "王芳",
        "disabled": False,
        "roles": ["center_admin"],
        "organizations": [center.name],
        "memberships": [{"role": "center_admin", "organization": shown("ctr", center.id), "name": center.name, "delegated_by": None, "until": None}],
    }
    status, answer = desk.post("/login", {"name": "wang", "password": PASSWORD})
    assert status == 200
    assert desk.viewer(answer["token"]) == (200, {"name": "wang", "organization": {"name": center.name}})
    assert desk.post("/login", {"name": "wang", "password": "wrong"})[0] == 401
    assert desk.post("/login", {"name": "wang", "password": PASSWORD})[0] == 429

    assert "already" in desk.refused("account", "create", "wang", *words, said=PASSWORD + "\n")
    assert "12 characters" in desk.refused("account", "create", "li", *words, said="short\n")
    assert "belongs to a district" in desk.refused(
        "account", "create", "li", "--person", "李", "--role", "district_admin", "--organization", center.name, said=PASSWORD
    )
    assert "no role" in desk.refused(
        "account", "create", "li", "--person", "李", "--role", "supervisor_external", "--organization", center.name, said=PASSWORD
    )
    assert "names not one organization" in desk.refused("account", "create", "li", "--person", "李", "--organization", "无", said=PASSWORD)
    assert "li" not in [one["name"] for one in json.loads(desk.done("account", "list", "--json"))]

    assert desk.done("account", "disable", "wang") == "wang is disabled; 1 tokens ended.\n"
    assert desk.viewer(answer["token"])[0] == 401
    assert "disabled" in desk.refused("token", "issue", "--account", "wang", "--hours", "1")


def test_a_machine_has_tokens_only(desk: Desk) -> None:
    agency = desk.world.agencies[0]
    desk.done(
        "account", "create", "school-42", "--machine", "--person", "学校接口", "--role", "integrator", "--organization", str(agency.credit_code)
    )
    token = desk.done("token", "issue", "--account", "school-42", "--hours", "1").removesuffix("\n")
    assert "\n" not in token
    assert len(token) >= 43
    assert desk.viewer(token) == (200, {"name": "school-42", "organization": {"name": agency.name}})
    asked = desk.post("/graphql", {"query": "{ __schema { queryType { name } } }"}, Authorization=f"Bearer {token}")
    assert asked == (200, {"data": {"__schema": {"queryType": {"name": "Query"}}}, "extensions": asked[1]["extensions"]})
    assert "tokens only" in desk.refused("account", "password", "school-42", said=PASSWORD)

    other = desk.done("token", "issue", "--account", "school-42").strip()
    assert desk.done("token", "revoke", said=token) == "1 tokens ended.\n"
    assert (desk.viewer(token)[0], desk.viewer(other)[0]) == (401, 200)
    assert desk.done("token", "revoke", "--account", "school-42") == "1 tokens ended.\n"
    assert desk.viewer(other)[0] == 401
    assert desk.run("token", "revoke", "--account", "school-42").exit_code == 1
    for hours in ("0", "-1", "9000", "nan"):
        assert "--hours" in desk.refused("token", "issue", "--account", "school-42", "--hours", hours)
    assert "no account" in desk.refused("token", "issue", "--account", "nobody", "--hours", "1")


def test_a_role_is_given_and_ended_and_the_audit_knows(desk: Desk) -> None:
    district = desk.world.districts[1]
    desk.done("account", "create", "zhao", "--person", "赵六", said=PASSWORD)
    office = ("--account", "zhao", "--role", "district_clerk", "--organization", shown("dst", district.id))
    desk.done("membership", "grant", *office, "--reason", "任命")
    assert "already" in desk.refused("membership", "grant", *office)
    assert "past" in desk.refused("membership", "grant", *office[:3], "district_admin", *office[4:], "--until", "2020-01-01")
    assert listed(desk, "zhao")["roles"] == ["district_clerk"]
    desk.done("membership", "end", *office)
    assert "does not hold" in desk.refused("membership", "end", *office)
    assert listed(desk, "zhao")["roles"] == []
    lines = desk.done("audit", "verify").splitlines()
    assert any(line.startswith(f"well  {district.name}: 2 events, head ") for line in lines)


def test_a_role_is_lent_until_a_day(desk: Desk) -> None:
    district = desk.world.districts[0]
    office = ("--role", "district_dispatcher", "--organization", shown("dst", district.id))
    desk.done("account", "create", "qian", "--person", "钱七", *office, said=PASSWORD)
    desk.done("account", "create", "zhou", "--person", "周八", "--role", "district_clerk", *office[2:], said=PASSWORD)
    desk.done("account", "create", "wu", "--person", "吴九", said=PASSWORD)
    soon = f"{clock.now() + timedelta(days=14):%Y-%m-%d}"
    lending = ("membership", "delegate", "--account", "qian", *office, "--reason", "休假")
    assert "until a day" in desk.refused(*lending, "--to", "zhou")
    assert "past" in desk.refused(*lending, "--to", "zhou", "--until", "2020-01-01")
    assert "delegation.longest" in desk.refused(*lending, "--to", "zhou", "--until", "2999-01-01")
    assert "no account of" in desk.refused(*lending, "--to", "wu", "--until", soon)
    assert "does not hold" in desk.refused("membership", "delegate", "--account", "zhou", "--to", "qian", *office, "--until", soon)
    assert desk.done(*lending, "--to", "zhou", "--until", soon) == "zhou stands in for qian as district_dispatcher.\n"
    assert "already" in desk.refused(*lending, "--to", "zhou", "--until", soon)
    lent = {one["role"]: (one["delegated_by"], one["until"]) for one in listed(desk, "zhou")["memberships"]}
    assert lent == {"district_clerk": (None, None), "district_dispatcher": ("钱七", f"{soon}T00:00:00+00:00")}
    assert f"district_dispatcher {district.name} lent by 钱七 until {soon} 00:00 UTC" in desk.done("account", "list")
    desk.done("membership", "end", "--account", "qian", *office)
    assert listed(desk, "zhou")["roles"] == ["district_clerk"]


def test_an_operator_never_signs_in_and_holds_no_role(desk: Desk) -> None:
    district = desk.world.districts[0]
    place = ("--organization", shown("dst", district.id))
    assert "no role" in desk.refused("account", "create", "ops", "--operator", "--person", "运维", "--role", "district_clerk", *place)
    assert desk.done("account", "create", "ops", "--operator", "--person", "运维") == "ops was created.\n"
    assert listed(desk, "ops")["kind"] == "OPERATOR"
    assert "holds no role" in desk.refused("membership", "grant", "--account", "ops", "--role", "district_clerk", *place)
    assert "never signs in" in desk.refused("token", "issue", "--account", "ops")
    assert "never signs in" in desk.refused("account", "password", "ops", said=PASSWORD)
    assert desk.post("/login", {"name": "ops", "password": PASSWORD})[0] == 401


def test_administrator_and_auditor_are_two_people(desk: Desk) -> None:
    place = ("--organization", shown("ctr", desk.world.center.id))
    desk.done("account", "create", "shen", "--person", "沈", "--role", "center_auditor", *place, said=PASSWORD)
    assert "never one person" in desk.refused("membership", "grant", "--account", "shen", "--role", "center_admin", *place)
    assert listed(desk, "shen")["roles"] == ["center_auditor"]


def test_the_audit_finds_a_changed_event_and_says_where(desk: Desk) -> None:
    async def tampered(url: str, statement: str) -> None:
        connection = await connect(url)
        try:
            await connection.execute("ALTER TABLE event DISABLE TRIGGER append_only")
            await connection.execute(statement, desk.world.center.id)
            await connection.execute("ALTER TABLE event ENABLE TRIGGER append_only")
        finally:
            await connection.close()

    edit = "UPDATE event SET reason = $2 WHERE organization_id = $1 AND sequence = 2"
    url = EmbeddedPostgres(desk.operator.folder / "postgres").start(adopt=True).url("dudao_owner")
    asyncio.run(tampered(url, edit.replace("$2", "'x'")))
    found = desk.run("audit", "verify")
    assert found.exit_code == 1
    assert f"BAD   {desk.world.center.name}: event 2 was changed" in found.stdout.splitlines()
    asyncio.run(tampered(url, edit.replace("$2", "NULL")))
    assert desk.run("audit", "verify").exit_code == 0


def test_the_chains_are_signed_and_exported(desk: Desk, tmp_path: Path) -> None:
    file, statement = tmp_path / "export.jsonl", tmp_path / "roll-up.json"
    export = ("audit", "export", "--organization", shown("ctr", desk.world.center.id), "--out", str(file))
    assert "DUDAO_AUDIT_KEY" in desk.refused(*export)
    signing = replace(desk, operator=replace(desk.operator, settings={**desk.operator.settings, "DUDAO_AUDIT_KEY": "a" * 32}))
    assert "names not one organization" in signing.refused("audit", "export", "--organization", "nowhere", "--out", str(file))
    assert not file.exists()
    signing.done("audit", "roll-up", "--out", str(statement))
    signed = json.loads(statement.read_text(encoding="utf-8"))
    assert {one["organization"] for one in signed["roll_up"]["chains"]} >= {str(desk.world.center.id)}
    assert json.loads(signing.done("audit", "roll-up"))["public_key"] == signed["public_key"]
    assert signing.done(*export).startswith(str(file))
    assert desk.done("audit", "verify", str(file), "--public-key", signed["public_key"]).startswith("well")
    file.write_text(file.read_text(encoding="utf-8").replace("PUBLISH_PROFILE", "PUBLISH_PROFILES", 1), encoding="utf-8")
    assert "line 2: event 1 was changed" in desk.run("audit", "verify", str(file)).stdout


def test_a_published_draw_is_recomputed(desk: Desk, tmp_path: Path) -> None:
    honest = publish(pool_of())
    file = tmp_path / "draw.json"
    file.write_text(draw.published_json(honest), encoding="utf-8")
    assert desk.done("verify-draw", str(file)) == "OK\n"
    file.write_text(draw.published_json(replace(honest, public_value="chosen")), encoding="utf-8")
    changed = desk.run("verify-draw", str(file))
    assert changed.exit_code == 1
    assert "the seed does not follow from secret and public value" in changed.stdout
    for text in ("", "[]", "{}", '{"pool": 1}'):
        file.write_text(text)
        assert desk.run("verify-draw", str(file)).exit_code == 2
    assert desk.run("verify-draw", str(tmp_path / "absent.json")).exit_code == 2


def test_as_a_process(desk: Desk) -> None:
    desk.done("account", "create", "sun", "--person", "孙", said=PASSWORD)
    command = [sys.executable, "-m", "app.cli", "token", "issue", "--account", "sun", "--hours", "1"]
    finished = subprocess.run(command, cwd=ROOT, env=desk.operator.environment(), capture_output=True, text=True, check=True, timeout=60)
    assert finished.stderr == ""
    assert desk.viewer(finished.stdout.removesuffix("\n")) == (200, {"name": "sun", "organization": None})
