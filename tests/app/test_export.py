"""An export of the chains is proved without a database: whatever is done to the file is found, and named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from app.cli import app
from domain.canonical import canonical
from domain.rollups import Verified, exported, rolled_up, signing_key, verified
from models.database import Database
from tests.app.test_audit import tampering
from tests.making_sessions import recognition
from tests.world import World, key, shown

pytestmark = pytest.mark.anyio

KEY = signing_key("a secret of thirty-two characters")
PUBLIC = KEY.public_key().public_bytes_raw().hex()
CANCEL = "mutation($input: RecognitionSessionCancelInput!) { recognitionSessionCancel(input: $input) { replayed } }"
EVENTS, DECISIONS = 6, 4
"""Of the agency below: three sessions registered and cancelled, one refused."""

Lines = list[dict[str, Any]]


@pytest.fixture
async def lines(world: World) -> list[str]:
    """The first agency's export: the roll-up, six events, four decisions."""
    for _ in range(3):
        row = await recognition(world)
        await world.done("agency_admin_0", CANCEL, input={"recognitionSession": shown("ses", row.id), "reason": "停电", "idempotencyKey": key()})
    await world.ask("agency_admin_0", CANCEL, input={"recognitionSession": shown("ses", uuid4()), "reason": "停电", "idempotencyKey": key()})
    async with world.maker.snapshot() as session:
        roll_up = await rolled_up(session, KEY, at=world.now)
        return [one async for one in exported(session, world.agencies[0].id, roll_up)]


def changed(lines: list[str], change: Callable[[Lines], object]) -> Verified:
    documents: Lines = [json.loads(one) for one in lines]
    change(documents)
    return verified([canonical(one).decode() for one in documents])


def test_the_pair_belongs_to_the_secret() -> None:
    assert signing_key("a secret of thirty-two characters").public_key().public_bytes_raw().hex() == PUBLIC
    assert signing_key("another secret of the same length").public_key().public_bytes_raw().hex() != PUBLIC


async def test_a_sound_export_is_sound(world: World, lines: list[str]) -> None:
    assert len(lines) == 1 + EVENTS + DECISIONS
    found = verified(lines, public_key=PUBLIC)
    assert found == Verified(str(world.agencies[0].id), world.now.isoformat(), EVENTS, DECISIONS, PUBLIC, None)


def shortened(documents: Lines) -> None:
    """Cut the tail and the statement of its length: the signature tells."""
    del documents[-1]
    (one,) = (one for one in documents[0]["roll_up"]["chains"] if one["organization"] == documents[0]["organization"])
    one["decision"] = {"length": DECISIONS - 1, "head": documents[-1]["decision"]["digest"]}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda x: x[3]["event"].update(reason="别的"), "line 4: event 3 was changed"),
        (lambda x: x[2]["event"].update(at="2026-01-01T00:00:00+00:00"), "line 3: event 2 was changed"),
        (lambda x: x[8]["decision"].update(outcome="DENIED"), "line 9: decision 2 was changed"),
        (lambda x: x[8]["decision"].update(membership_id=None), "line 9: decision 2 was changed"),
        (lambda x: x[9]["decision"].update(digest="00" * 32), "line 10: decision 3 was changed"),
        (lambda x: x.pop(4), "line 5: event 4 is missing"),
        (lambda x: x.pop(7), "line 8: decision 1 is missing"),
        (lambda x: x.insert(2, x.pop(3)), "line 3: event 2 is missing"),
        (lambda x: x.insert(8, x.pop(9)), "line 9: decision 2 is missing"),
        (lambda x: x.insert(3, x[2]), "line 4: event 3 is missing"),
        (lambda x: x.pop(6), "events 6 to 6 are missing"),
        (lambda x: x.pop(), "decisions 4 to 4 are missing"),
        (lambda x: x.__delitem__(slice(7, None)), "decisions 1 to 4 are missing"),
        (shortened, "the signature of the roll-up is wrong"),
        (lambda x: x[0].update(signature="00" * 64), "the signature of the roll-up is wrong"),
        (lambda x: x[0].update(public_key="00" * 31), "the signature of the roll-up is wrong"),
        (lambda x: x[0]["roll_up"].update(at="2026-01-01T00:00:00+00:00"), "the signature of the roll-up is wrong"),
        (lambda x: x[0]["roll_up"].update(format="dudao-roll-up-0"), "the roll-up has another format"),
    ],
)
async def test_every_change_is_found(lines: list[str], change: Callable[[Lines], object], fault: str) -> None:
    assert changed(lines, change).fault == fault


async def test_another_organizations_export_is_told_apart(world: World, lines: list[str]) -> None:
    def renamed(id: object) -> Callable[[Lines], object]:
        return lambda x: x[0].update(organization=str(id))

    other = uuid4()
    assert changed(lines, renamed(other)).fault == f"the roll-up does not speak of {other}"
    assert changed(lines, renamed(world.center.id)).fault == "line 2: event 1 belongs to another organization"


async def test_an_export_signed_anew_by_somebody_else_bears_another_key(lines: list[str]) -> None:
    """Who writes everything anew needs the key too; so the public half must be known from elsewhere."""
    thief = signing_key("another secret of the same length")
    first = json.loads(lines[0])
    first |= {"signature": thief.sign(canonical(first["roll_up"])).hex(), "public_key": thief.public_key().public_bytes_raw().hex()}
    forged = [canonical(first).decode(), *lines[1:]]
    assert verified(forged).fault is None
    assert verified(forged, public_key=PUBLIC).fault == "the roll-up bears the signature of another key"


async def test_a_broken_chain_is_not_signed(world: World, cluster: Any) -> None:
    async with tampering(cluster) as session:
        from sqlalchemy import text  # noqa: PLC0415

        await (await session.connection()).execute(
            text("UPDATE event SET reason = 'x' WHERE organization_id = :o AND sequence = 3"), {"o": world.center.id}
        )
        with pytest.raises(ValueError, match="event 3 was changed"):
            await rolled_up(session, KEY, at=world.now)


async def test_the_snapshot_changes_nothing(database: Database) -> None:
    from models.events import ChainHead  # noqa: PLC0415

    with pytest.raises(Exception, match="read-only transaction"):
        async with database.snapshot() as session:
            session.add(ChainHead(organization_id=uuid4(), sequence=0, digest=b""))


async def test_the_command_needs_no_database(tmp_path: Path, lines: list[str]) -> None:
    """No setting is given here, so that nothing could be reached."""
    file = tmp_path / "export.jsonl"
    file.write_text("".join(lines), encoding="utf-8")

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["audit", "verify", str(file), *words], env={})
        return done.exit_code, done.output

    code, said = run("--public-key", PUBLIC)
    assert code == 0
    assert said.startswith("well")
    assert f"{EVENTS} events, {DECISIONS} decisions" in said
    assert run("--public-key", "00" * 32) == (1, run("--public-key", "00" * 32)[1])
    file.write_text("".join(lines[:-1]), encoding="utf-8")
    code, said = run()
    assert code == 1
    assert "decisions 4 to 4 are missing" in said
    file.write_text("no export\n", encoding="utf-8")
    assert run()[0] == 2
    file.write_text("", encoding="utf-8")
    assert run()[0] == 2
