"""Several processes write while another publishes version after version: nothing decided under a version commits after the next one did."""

import asyncio
import sys
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.embedded_postgres import EmbeddedPostgres
from authz.policy import digest_of, line_said
from domain import policies
from domain.errors import Conflict
from domain.policies import Shown
from models.database import Tenant, Wall
from models.decisions import Decision
from models.policies import PolicyVersion
from tests.making_policies import second
from tests.making_returns import again
from tests.world import World

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[2]
WRITERS, FLIPS = 3, 20
SAID = [line_said(1, "g, center_archivist, center", article="house")]
DIFFERENCE = "d" * 64


def administrator(world: World, name: str, *, policy: int) -> Tenant:
    actor = world.actors[name]
    return Tenant(person_id=actor.person_id, organization_id=world.center.id, center_id=world.center.id, wall=Wall.CENTER, policy=policy)


async def proposed(world: World, policy: int) -> PolicyVersion:
    """Proposed by the first administrator, in a transaction as a mutation's."""
    shown = Shown(said=SAID, digest=digest_of(SAID), base=policy, difference=DIFFERENCE, cells=[], heads={})
    act = world.act("center_admin")
    async with world.database.transaction(administrator(world, "center_admin", policy=policy)) as session:
        version = policies.blank(act)
        await policies.propose(session, version, shown, act=act, reason="试")
        return version


async def approved(world: World, version: PolicyVersion, *, by: str) -> int:
    """Put in force by the second; gives how many writes had committed under the version before, when it ceased to be in force."""
    shown = Shown(said=SAID, digest=version.digest, base=version.base, difference=DIFFERENCE, cells=[], heads={})
    async with world.database.transaction(administrator(world, by, policy=version.base)) as session:
        row = await again(session, PolicyVersion, version.id)
        await policies.alone(session, world.center.id)
        count = await written(session, world, version.base)
        await policies.approve(session, row, shown, expected=DIFFERENCE, act=world.act(by))
        return count


async def written(session: AsyncSession, world: World, policy: int) -> int:
    mine = (col(Decision.organization_id) == world.center.id, col(Decision.policy) == policy)
    return (await session.exec(select(func.count()).select_from(Decision).where(*mine))).one()


async def flipped(world: World, policy: int, *, by: str) -> tuple[int, int]:
    """The next version in force, and the writes under the one before. Who finds no gap between the writers tries again."""
    version = await proposed(world, policy)
    for _ in range(10):
        try:
            return int(version.number), await approved(world, version, by=by)
        except Conflict:
            await asyncio.sleep(0.05)
    raise AssertionError("the publisher never had its turn")


async def begun(world: World) -> None:
    """Every writer has written."""
    while len({one.person_id for one in await world.rows(Decision, organization_id=world.center.id)}) < WRITERS:  # noqa: ASYNC110 - of other processes
        await asyncio.sleep(0.1)


@pytest.mark.timeout(180)
async def test_no_write_commits_after_the_version_it_was_decided_under(world: World, cluster: EmbeddedPostgres) -> None:
    by, people = await second(world), ["center_dispatcher", "center_clerk", "center_auditor"]
    writers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.writing_under",
            cluster.url("dudao_app"),
            str(world.center.id),
            str(world.actors[people[n]].person_id),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for n in range(WRITERS)
    ]
    try:
        await asyncio.wait_for(begun(world), 30)
        policy, at_the_end = 1, dict[int, int]()
        for _ in range(FLIPS):
            await asyncio.sleep(0.1)
            following, at_the_end[policy] = await flipped(world, policy, by=by)
            policy = following
    finally:
        said = [(await writer.communicate(b""))[0] for writer in writers]
    done = [[int(word) for word in one.split()] for one in said]
    async with world.transaction() as session:
        for number, count in at_the_end.items():
            assert await written(session, world, number) == count, f"a write under version {number} came after the next one"
        total = sum(at_the_end.values()) + await written(session, world, policy)
    assert total == sum(wrote for wrote, _ in done)
    assert sum(1 for count in at_the_end.values() if count) > FLIPS // 2
    assert all(wrote and turned for wrote, turned in done), "each of them wrote, and each was turned back when its version had passed"
