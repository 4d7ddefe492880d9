"""Whoever changes the chained history is found: every kind of edit, by who may do anything to the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.embedded_postgres import EmbeddedPostgres
from domain import audit
from domain.audit import chains
from models.database import Database
from models.events import ChainHead, Event
from models.organizations import Organization
from models.supervisors import Card
from tests.making_returns import returned
from tests.making_supervisors import revoked, supervisor
from tests.world import World, key, shown

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def tampering(cluster: EmbeddedPostgres) -> AsyncIterator[AsyncSession]:
    """The owner's hands, without the triggers. All is undone at the end, so that other tests find sound chains."""
    database = Database(cluster.url("dudao_owner"), pool_size=1)

    class Undone(Exception):  # noqa: N818
        pass

    try:
        async with database.transaction() as session:
            connection = await session.connection()
            for table in ("event", "decision"):
                await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER append_only"))
            yield session
            raise Undone  # noqa: TRY301 - the only way out of a transaction that undoes it
    except Undone:
        pass
    finally:
        await database.close()


async def fault(session: AsyncSession, organization: Organization) -> str | None:
    [mine] = [one.fault for one in await chains(session) if one.organization_id == organization.id]
    return mine


async def test_a_sound_chain_is_sound(world: World) -> None:
    async with world.transaction() as session:
        [mine] = [one for one in await chains(session) if one.organization_id == world.center.id]
    assert (mine.fault, mine.name, mine.length) == (None, world.center.name, 7)  # profile, two districts, four agencies


@pytest.mark.parametrize("batch", [1, 2, 5_000])
@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE event SET reason = 'nothing' WHERE organization_id = :o AND sequence = 3", "event 3 was changed"),
        ("UPDATE event SET at = at + interval '1 microsecond' WHERE organization_id = :o AND sequence = 1", "event 1 was changed"),
        (
            "UPDATE event SET person_id = (SELECT id FROM person WHERE id <> event.person_id LIMIT 1) WHERE organization_id = :o AND sequence = 7",
            "event 7 was changed",
        ),
        ("UPDATE event SET subject_id = organization_id WHERE organization_id = :o AND sequence = 5", "event 5 was changed"),
        ("UPDATE event SET previous = digest WHERE organization_id = :o AND sequence = 4", "event 4 does not follow the one before it"),
        ("DELETE FROM event WHERE organization_id = :o AND sequence = 1", "event 1 is missing"),
        ("DELETE FROM event WHERE organization_id = :o AND sequence = 4", "event 4 is missing"),
        ("DELETE FROM event WHERE organization_id = :o AND sequence = 7", "events 7 to 7 are missing"),
        ("DELETE FROM event WHERE organization_id = :o", "events 1 to 7 are missing"),
        ("DELETE FROM chain_head WHERE organization_id = :o", "its head is missing"),
        ("UPDATE chain_head SET sequence = 6 WHERE organization_id = :o", "its head does not point to event 7"),
        ("UPDATE chain_head SET digest = '\\x00' WHERE organization_id = :o", "its head does not point to event 7"),
    ],
)
async def test_every_edit_is_found(
    world: World, cluster: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch, *, statement: str, found: str, batch: int
) -> None:
    monkeypatch.setattr(audit, "BATCH", batch)
    async with tampering(cluster) as session:
        connection = await session.connection()
        changed: Any = await connection.execute(text(statement), {"o": world.center.id})
        assert changed.rowcount
        assert await fault(session, world.center) == found


async def test_a_tail_cut_with_its_head_shortened_differs_from_the_head_kept_elsewhere(world: World, cluster: EmbeddedPostgres) -> None:
    """Nobody inside can find this one; that is why `dudao audit verify` prints the heads."""
    async with world.transaction() as session:
        [before] = [one for one in await chains(session) if one.organization_id == world.center.id]
    async with tampering(cluster) as session:
        connection = await session.connection()
        for statement in (
            "DELETE FROM event WHERE organization_id = :o AND sequence = 7",
            "UPDATE chain_head SET sequence = 6, digest = (SELECT digest FROM event e WHERE e.organization_id = :o AND e.sequence = 6) WHERE organization_id = :o",
        ):
            await connection.execute(text(statement), {"o": world.center.id})
        [after] = [one for one in await chains(session) if one.organization_id == world.center.id]
    assert after.fault is None
    assert (after.length, after.head) != (before.length, before.head)


@pytest.mark.requirement("N3")
@pytest.mark.parametrize("printed", ["card", "monthly_return"])
async def test_a_tail_cut_with_its_head_is_found_by_what_was_printed(
    world: World, cluster: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch, printed: str
) -> None:
    """Every step of a card is a link of its issuer's chain. Card and return bear a digest that who cuts the chain cannot write anew elsewhere."""
    monkeypatch.setattr(audit, "BATCH", 5_000)
    row, _ = await supervisor(world)
    await revoked(world, row)
    if printed == "monthly_return":
        filed = await returned(world)
        (head,) = await world.rows(ChainHead, organization_id=world.center.id)
        assert filed.ledger_digest == head.digest.hex()
        statement = "UPDATE card SET ledger_digest = NULL WHERE issuer_id = :o"
    else:
        statement = "UPDATE monthly_return SET ledger_digest = NULL WHERE center_id = :o"
    (card,) = await world.rows(Card, supervisor_id=row.id)
    steps = sorted(await world.rows(Event, subject_id=card.id), key=lambda one: one.sequence)
    assert [one.step for one in steps] == ["ISSUE", "REVOKE"]
    assert card.ledger_digest == steps[-1].digest.hex()
    async with tampering(cluster) as session:
        connection = await session.connection()
        assert await fault(session, world.center) is None
        cut = {"o": world.center.id, "n": steps[-1].sequence}
        head = "SELECT digest FROM event e WHERE e.organization_id = :o AND e.sequence = :n - 1"
        for one in (
            statement,
            "DELETE FROM event WHERE organization_id = :o AND sequence >= :n",
            f"UPDATE chain_head SET sequence = :n - 1, digest = ({head}) WHERE organization_id = :o",
        ):
            await connection.execute(text(one), {name: value for name, value in cut.items() if f":{name}" in one})
        said = await fault(session, world.center)
        assert said is not None
        assert said.startswith(f"the event whose digest is printed on {printed}")


async def refused(world: World) -> None:
    """Three decisions of the center: what its clerk asked for was not there."""
    cancel = "mutation($input: RecognitionSessionCancelInput!) { recognitionSessionCancel(input: $input) { replayed } }"
    for _ in range(3):
        await world.ask("center_clerk", cancel, input={"recognitionSession": shown("ses", uuid4()), "reason": "停电", "idempotencyKey": key()})


@pytest.mark.parametrize("batch", [1, 5_000])
@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE decision SET outcome = 'ALLOWED' WHERE organization_id = :o AND sequence = 2", "decision 2 was changed"),
        ("UPDATE decision SET membership_id = id WHERE organization_id = :o AND sequence = 3", "decision 3 was changed"),
        ("UPDATE decision SET object_id = NULL WHERE organization_id = :o AND sequence = 1", "decision 1 was changed"),
        ("UPDATE decision SET previous = digest WHERE organization_id = :o AND sequence = 2", "decision 2 does not follow the one before it"),
        ("DELETE FROM decision WHERE organization_id = :o AND sequence = 1", "decision 1 is missing"),
        ("DELETE FROM decision WHERE organization_id = :o AND sequence = 3", "decisions 3 to 3 are missing"),
        ("UPDATE chain_head SET decision_sequence = 2 WHERE organization_id = :o", "its head does not point to decision 3"),
        ("UPDATE chain_head SET decision_digest = '\\x00' WHERE organization_id = :o", "its head does not point to decision 3"),
    ],
)
async def test_every_edit_of_a_decision_is_found(
    world: World, cluster: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch, *, statement: str, found: str, batch: int
) -> None:
    monkeypatch.setattr(audit, "BATCH", batch)
    await refused(world)
    async with tampering(cluster) as session:
        [mine] = [one for one in await chains(session) if one.organization_id == world.center.id]
        assert (mine.fault, mine.length, mine.decisions) == (None, 7, 3)
        changed: Any = await (await session.connection()).execute(text(statement), {"o": world.center.id})
        assert changed.rowcount
        assert await fault(session, world.center) == found
